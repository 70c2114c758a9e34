//! A known pattern in a profile: finder patterns, and the check character of Limited.

use crate::pipeline::decode::profile::Bars;

/// The pattern that elements are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Its place in the table.
    pub index: usize,
    /// By how much bars are too wide, in modules.
    pub growth: f32,
    /// Columns a module.
    pub module: f32,
}

/// The greatest mean square distance, in modules.
const MAX_ERROR: f32 = 0.08;

/// How many times farther the next pattern is.
const CLEAR: f32 = 2.5;

/// The greatest growth, in modules.
const MAX_GROWTH: f32 = 0.75;

/// The one of `patterns` that the elements from `k` on are, whatever their module and growth; `None` where that
/// is not clear.
pub fn find<const N: usize>(
    bars: &Bars,
    k: usize,
    patterns: impl Iterator<Item = [u8; N]>,
) -> Option<Found> {
    let mut widths = bars.widths::<N>(k)?;
    if k % 2 == 1 {
        // A pattern that begins with a space: what makes it wide makes bars narrow.
        widths = widths.map(|w| -w);
    }
    let mut best: Option<(f32, Found)> = None;
    let mut next = f32::MAX;
    for (index, pattern) in patterns.enumerate() {
        let (error, module, growth) = fitted(&widths, &pattern);
        if best.is_none_or(|(known, _)| error < known) {
            next = best.map_or(next, |(known, _)| known);
            best = Some((error, Found { index, growth, module: module.abs() }));
        } else {
            next = next.min(error);
        }
    }
    let (error, found) = best?;
    let clear = error < MAX_ERROR && next > CLEAR * error.max(0.01);
    (clear && found.module > 0.0 && found.growth.abs() < MAX_GROWTH).then_some(found)
}

/// The least mean square distance of `widths` to `pattern`, in modules, with the module and the growth at which it is.
fn fitted<const N: usize>(widths: &[f32; N], pattern: &[u8; N]) -> (f32, f32, f32) {
    // widths = module * pattern + growth * sign, by least squares.
    let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
    let (mut pp, mut ps, mut xp, mut xs) = (0.0_f32, 0.0, 0.0, 0.0);
    for (k, (x, p)) in widths.iter().zip(pattern).enumerate() {
        let (p, s) = (f32::from(*p), sign(k));
        pp += p * p;
        ps += p * s;
        xp += x * p;
        xs += x * s;
    }
    let n = N as f32;
    let determinant = (pp * n - ps * ps).max(1e-6);
    let module = (xp * n - xs * ps) / determinant;
    let growth = (xs * pp - xp * ps) / determinant;
    let square = |(k, (x, p)): (usize, (&f32, &u8))| {
        let off = x - module * f32::from(*p) - growth * sign(k);
        off * off
    };
    let error: f32 = widths.iter().zip(pattern).enumerate().map(square).sum();
    let scale = module.abs().max(1e-6);
    (error / (n * scale * scale), module, growth / scale)
}

/// The eight elements from `k` on as odd and even ones, in modules, brought to `modules` in sum and freed of
/// `growth`; from the last to the first where `mirrored`.
pub fn eight(
    bars: &Bars,
    k: usize,
    modules: f32,
    growth: f32,
    mirrored: bool,
) -> Option<([f32; 4], [f32; 4])> {
    let mut widths = bars.widths::<8>(k)?;
    let scale = modules / widths.iter().sum::<f32>().max(1e-6);
    for (n, width) in widths.iter_mut().enumerate() {
        let is_bar = (k + n).is_multiple_of(2);
        *width = *width * scale + if is_bar { -growth } else { growth };
    }
    if mirrored {
        widths.reverse();
    }
    let [a, b, c, d, e, f, g, h] = widths;
    Some(([a, c, e, g], [b, d, f, h]))
}

/// The length of `n` elements from `k` on, in columns.
pub fn length(bars: &Bars, k: usize, n: usize) -> Option<f32> {
    Some(bars.edges.get(k + n)? - bars.edges.get(k)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_through_growth() {
        // 3 8 2 1 1 of 5 columns a module, a leading bar, bars 0.4 modules too wide.
        let widths = [7.0, 13.0, 42.0, 8.0, 7.0, 3.0];
        let mut edges = vec![10.0];
        for w in widths {
            edges.push(edges.last().unwrap() + w);
        }
        let patterns = [[3, 5, 5, 1, 1], [3, 8, 2, 1, 1]];
        let bars = Bars { edges };
        let found = find(&bars, 1, patterns.into_iter()).unwrap();
        assert_eq!(found.index, 1);
        assert!((found.module - 5.0).abs() < 0.01, "{found:?}");
        assert!((found.growth - 0.4).abs() < 0.01, "{found:?}");
    }
}
