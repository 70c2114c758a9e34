//! The start and stop patterns of PDF417 (ISO/IEC 15438, 5.3.3): print has none, and a search for the whole symbol is dear.

use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::raster::View;

/// Start and stop pattern, and the stop pattern from behind: widths in modules, a bar first.
const OF_BAR: [&[u8]; 3] =
    [&[8, 1, 1, 1, 1, 1, 1, 3], &[7, 1, 1, 3, 1, 1, 1, 2, 1], &[1, 2, 1, 1, 1, 3, 1, 1, 7]];

/// The start pattern from behind, a space first.
const OF_SPACE: [&[u8]; 1] = [&[3, 1, 1, 1, 1, 1, 1, 8]];

/// By how many modules a bar or space may be wider or narrower.
const MOST_OFF: f32 = 0.95;

/// Lines above each other that must show a pattern at about one place.
const LINES: usize = 2;

/// About so many lines of each direction are looked at.
const LOOKED_AT: usize = 60;

/// Pixels of paper that are set at the ends of a line.
const PAPER: usize = 4;

/// Whether rows or columns of `view` cross a guard, in either direction.
pub fn has_guard(view: View<'_>) -> bool {
    let row = |y: usize| beside_paper(view.row(y).iter());
    let column = |x: usize| beside_paper(view.luma.iter().skip(x).step_by(view.width.max(1)));
    is_crossed(view.height, row) || is_crossed(view.width, column)
}

/// A line with paper at both ends, which a picture that is all symbol has not.
fn beside_paper<'a>(line: impl Iterator<Item = &'a u8>) -> Vec<f32> {
    let mut values = vec![255.0; PAPER];
    values.extend(line.map(|v| f32::from(*v)));
    let light = values.iter().skip(PAPER).copied().fold(0.0, f32::max);
    values.iter_mut().take(PAPER).for_each(|v| *v = light);
    values.extend([light; PAPER]);
    values
}

/// Whether several of `n` lines show a guard at about one place.
fn is_crossed(n: usize, line: impl Fn(usize) -> Vec<f32>) -> bool {
    let step = (n / LOOKED_AT).max(2);
    // Where a guard is, its length, how many lines have shown it, and which was the last.
    let mut known: Vec<(f32, f32, usize, usize)> = Vec::new();
    for k in (0..n).step_by(step) {
        for (at, length) in guards(&Bars::of(&line(k), 0.25)) {
            let near = |(other, size, _, last): &&mut (f32, f32, usize, usize)| {
                let reach = 0.2 * length + step as f32;
                (at - *other).abs() < reach
                    && (length - *size).abs() < reach
                    && k - *last <= 2 * step
            };
            match known.iter_mut().find(near) {
                Some(guard) if guard.3 < k => {
                    *guard = (at, length, guard.2 + 1, k);
                    if guard.2 >= LINES {
                        return true;
                    }
                }
                Some(_) => {}
                None => known.push((at, length, 1, k)),
            }
        }
    }
    false
}

/// Where the guards in a line begin, and their lengths.
fn guards(bars: &Bars) -> Vec<(f32, f32)> {
    let at = |k: usize| {
        let kinds = if k.is_multiple_of(2) { &OF_BAR[..] } else { &OF_SPACE };
        kinds.iter().find_map(|widths| {
            let edges = bars.edges.get(k..=k + widths.len())?;
            let length = edges.last()? - edges.first()?;
            let module = length / f32::from(widths.iter().sum::<u8>());
            let is_near = |(pair, width): (&[f32], &u8)| {
                (pair[1] - pair[0] - f32::from(*width) * module).abs() < MOST_OFF * module
            };
            (module >= 1.0 && edges.windows(2).zip(*widths).all(is_near))
                .then_some((*edges.first()?, length))
        })
    };
    (0..bars.edges.len()).filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose rows are bars and spaces of these widths in modules of 2 pixels, `n` of them rows.
    fn picture(widths: &[u8], n: usize) -> (usize, Vec<u8>) {
        let bars = widths.iter().enumerate();
        let bars =
            bars.flat_map(|(k, w)| vec![if k % 2 == 0 { 30 } else { 220 }; 2 * usize::from(*w)]);
        let row: Vec<u8> = vec![220; 40].into_iter().chain(bars).chain(vec![220; 40]).collect();
        (row.len(), row.repeat(n))
    }

    #[test]
    fn a_guard_is_seen_from_both_ends_and_other_bars_are_not() {
        let start = [8, 1, 1, 1, 1, 1, 1, 3, 4, 2, 1, 5];
        let reversed: Vec<u8> = [2].iter().chain(start[..8].iter().rev()).copied().collect();
        let has = |widths: &[u8], n| {
            let (width, luma) = picture(widths, n);
            has_guard(View { width, height: n, luma: &luma })
        };
        assert!(has(&start, 20) && has(&reversed, 20));
        assert!(!has(&[2, 1, 3, 1, 2, 2, 1, 4, 1, 1, 2], 20) && !has(&start, 2));
    }
}
