//! One symbol character: measured widths against the patterns of a symbology.

use crate::pipeline::decode::profile::Bars;

/// The pattern nearest to measured widths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Its place in the table.
    pub index: usize,
    /// Mean square distance of the widths to it, in modules.
    pub error: f32,
    /// How much farther the next pattern is: 0 (as near) to 1.
    pub margin: f32,
}

/// The greatest mean square distance at which a character still counts as read.
pub const MAX_ERROR: f32 = 0.16;

/// The smallest margin at which a character still counts as read.
pub const MIN_MARGIN: f32 = 0.25;

impl Match {
    /// Whether the widths are near this pattern and no other.
    pub fn is_clear(&self) -> bool {
        self.error < MAX_ERROR && self.margin > MIN_MARGIN
    }
}

/// A table of patterns, element by element, so that a width is compared with that of several patterns at once.
pub type Columns<const N: usize, const M: usize> = [[f32; M]; N];

/// The columns of the first `M` of `table`.
pub const fn columns<const N: usize, const M: usize>(table: &[[u8; N]]) -> Columns<N, M> {
    let mut columns = [[0.0; M]; N];
    let mut row = 0;
    while row < M {
        let mut k = 0;
        while k < N {
            columns[k][row] = table[row][k] as f32;
            k += 1;
        }
        row += 1;
    }
    columns
}

/// The pattern of `table` nearest to `widths`, which are brought to `modules` in sum.
///
/// `growth` is by how much the first element is printed too wide, and the next too narrow, in modules.
pub fn nearest<const N: usize, const M: usize>(
    widths: &[f32; N],
    table: &Columns<N, M>,
    modules: f32,
    growth: f32,
) -> Match {
    let scale = modules / widths.iter().sum::<f32>().max(1e-6);
    let mut sign = growth;
    let measured = widths.map(|w| {
        let corrected = w * scale - sign;
        sign = -sign;
        corrected
    });
    let mut distances = [0.0_f32; M];
    for (measured, column) in measured.iter().zip(table) {
        for (d, pattern) in distances.iter_mut().zip(column) {
            *d += (measured - pattern) * (measured - pattern);
        }
    }
    let (mut best, mut next) = ((0, f32::MAX), f32::MAX);
    for (index, d) in distances.into_iter().enumerate() {
        if d < best.1 {
            (best, next) = ((index, d), best.1);
        } else if d < next {
            next = d;
        }
    }
    let margin = (next - best.1) / (next + best.1).max(1e-6);
    Match { index: best.0, error: best.1 / N as f32, margin }
}

/// By how much bars are too wide, in modules, where `widths` is known to be `pattern` and begins with a bar.
pub fn growth<const N: usize>(widths: &[f32; N], pattern: &[u8; N]) -> f32 {
    let modules: u8 = pattern.iter().sum();
    let scale = f32::from(modules) / widths.iter().sum::<f32>().max(1e-6);
    let excess = |k: usize| widths[k] * scale - f32::from(pattern[k]);
    let bars: f32 = (0..N).step_by(2).map(excess).sum::<f32>() / N.div_ceil(2) as f32;
    let spaces: f32 = (1..N).step_by(2).map(excess).sum::<f32>() / (N / 2).max(1) as f32;
    (bars - spaces) / 2.0
}

/// The pattern of wide and narrow elements (Code 39, Codabar) nearest to `widths`: a set bit is a wide element, the
/// first one's highest; a wide element is `ratio` narrow ones.
pub fn nearest_two_width<const N: usize>(
    widths: &[f32; N],
    table: &[u16],
    ratio: f32,
    growth: f32,
) -> Match {
    let (mut best, mut next) = ((0, f32::MAX), f32::MAX);
    for (index, wide) in table.iter().enumerate() {
        let ideal = |k: usize| {
            let width = if wide >> (N - 1 - k) & 1 == 1 { ratio } else { 1.0 };
            width + if k.is_multiple_of(2) { growth } else { -growth }
        };
        let total: f32 = (0..N).map(ideal).sum();
        let scale = total / widths.iter().sum::<f32>().max(1e-6);
        let square = |k: usize| (widths[k] * scale - ideal(k)) * (widths[k] * scale - ideal(k));
        let d: f32 = (0..N).map(square).sum();
        if d < best.1 {
            (best, next) = ((index, d), best.1);
        } else if d < next {
            next = d;
        }
    }
    let margin = (next - best.1) / (next + best.1).max(1e-6);
    Match { index: best.0, error: best.1 / N as f32, margin }
}

/// The mean width of the narrow elements of `widths`, which is known to be `wide`, the ratio of wide to narrow
/// and the growth in narrow elements; `None` where that is no character of two widths.
pub fn two_widths<const N: usize>(widths: &[f32; N], wide: u16) -> Option<(f32, f32, f32)> {
    let mut sums = [(0.0_f32, 0.0_f32); 4];
    for (k, width) in widths.iter().enumerate() {
        let class = 2 * usize::from(wide >> (N - 1 - k) & 1 == 1) + k % 2;
        sums[class].0 += width;
        sums[class].1 += 1.0;
    }
    let mean = |class: usize| sums[class].0 / sums[class].1.max(1.0);
    let narrow = f32::midpoint(mean(0), mean(1));
    // A pattern without a wide bar, or without a wide space, says less of growth but all of the ratio.
    let wide = match (sums[2].1 > 0.0, sums[3].1 > 0.0) {
        (true, true) => f32::midpoint(mean(2), mean(3)),
        (true, false) => mean(2) - (mean(0) - mean(1)) / 2.0,
        (false, true) => mean(3) + (mean(0) - mean(1)) / 2.0,
        (false, false) => return None,
    };
    let ratio = wide / narrow.max(1e-6);
    let growth = (mean(0) - mean(1)) / 2.0 / narrow.max(1e-6);
    let sane = (1.6..3.7).contains(&ratio) && growth.abs() < 0.6;
    sane.then_some((narrow, ratio, growth))
}

/// Whether there is free space of `modules` of `module` columns before edge `k`.
pub fn is_quiet_before(bars: &Bars, k: usize, module: f32, modules: f32) -> bool {
    bars.before(k) >= modules * module
}

/// Whether there is free space of `modules` of `module` columns after edge `k`.
pub fn is_quiet_after(bars: &Bars, k: usize, module: f32, modules: f32) -> bool {
    bars.after(k) >= modules * module
}
