//! Concentric squares: the bull's eye of Aztec and the finder patterns of QR codes, by the runs of rows and columns.

use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Least length of a run, in pixels.
const MIN_RUN: usize = 2;

/// The widths of a QR code's finder pattern (ISO/IEC 18004, 6.3.3.1), dark first.
const FINDER: [u8; 5] = [1, 1, 3, 1, 1];

/// A patch in two colours.
#[derive(Debug)]
pub struct Binary {
    width: usize,
    height: usize,
    dark: Vec<bool>,
}

/// Concentric squares seen in a patch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rings {
    /// Their centre.
    pub centre: Point,
    /// A module along the rows, in pixels.
    pub module: f32,
    /// Whether the innermost is dark.
    pub is_dark: bool,
}

impl Binary {
    /// `view` against the mean of what is within a sixth of its shorter side.
    pub fn of(view: View<'_>) -> Self {
        let (width, height) = (view.width, view.height);
        let reach = (width.min(height) / 6).max(6);
        // Sums of all pixels above and to the left.
        let mut sums = vec![0_u32; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for (x, value) in view.row(y).iter().enumerate() {
                row += u32::from(*value);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
            }
        }
        let mut dark = Vec::with_capacity(width * height);
        for y in 0..height {
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
            let (above, below) = (top * (width + 1), bottom * (width + 1));
            for (x, value) in view.row(y).iter().enumerate() {
                let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
                let sum = sums[below + right] + sums[above + left]
                    - sums[below + left]
                    - sums[above + right];
                let n = u32::try_from((right - left) * (bottom - top)).unwrap_or(u32::MAX);
                dark.push(u32::from(*value) * n < sum);
            }
        }
        Self { width, height, dark }
    }

    /// Whether rows, and columns at the same place, cross something with the widths of a QR code's finder pattern.
    pub fn has_finder(&self) -> bool {
        let crosses = |y: &usize| {
            let runs = self.runs(*y, 0..self.width);
            runs.windows(5).any(|five| {
                let (start, n) = five[2];
                self.dark[y * self.width + start]
                    && is_like(five, &FINDER, 0.9)
                    && self.column_crosses(start + n / 2, *y, 5 * n)
            })
        };
        (0..self.height).filter(crosses).nth(1).is_some()
    }

    /// Whether column `x` shows a finder pattern around row `y`, `reach` pixels up and down at most.
    fn column_crosses(&self, x: usize, y: usize, reach: usize) -> bool {
        let rows = y.saturating_sub(reach)..(y + reach).min(self.height);
        let runs = self.runs_down(x, rows);
        let middle = runs.iter().position(|(start, n)| (*start..start + n).contains(&y));
        let five = middle.and_then(|k| runs.get(k.checked_sub(2)?..k + 3));
        five.is_some_and(|five| is_like(five, &FINDER, 1.0))
    }

    /// The bull's eyes, each once.
    pub fn bulls_eyes(&self) -> Vec<Rings> {
        let mut found: Vec<(Rings, usize)> = Vec::new();
        for y in (0..self.height).step_by(2) {
            let runs = self.runs(y, 0..self.width);
            for (k, seven) in runs.windows(7).enumerate() {
                let Some(module) = even(seven) else { continue };
                let (start, n) = runs[k + 3];
                let x = start + n / 2;
                let Some((middle, height)) = self.column(x, y, module) else { continue };
                let centre = Point::new(start as f32 + n as f32 / 2.0 - 0.5, middle);
                let rings = Rings {
                    centre,
                    module: module.max(height),
                    is_dark: self.dark[y * self.width + x],
                };
                let same = |(other, _): &&mut (Rings, usize)| {
                    other.centre.distance(centre) < 1.5 * rings.module
                        && other.is_dark == rings.is_dark
                };
                match found.iter_mut().find(same) {
                    Some((_, n)) => *n += 1,
                    None => found.push((rings, 1)),
                }
            }
        }
        found.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        found.into_iter().map(|(rings, _)| rings).collect()
    }

    /// The middle and module of seven even runs of column `x` around row `y`.
    fn column(&self, x: usize, y: usize, module: f32) -> Option<(f32, f32)> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
        let reach = (12.0 * module) as usize;
        let from = y.saturating_sub(reach);
        let to = (y + reach).min(self.height);
        let runs = self.runs_down(x, from..to);
        let middle = runs.iter().position(|(start, n)| (*start..start + n).contains(&y))?;
        let seven = runs.get(middle.checked_sub(3)?..middle + 4)?;
        let height = even(seven)?;
        let (start, n) = runs[middle];
        Some((start as f32 + n as f32 / 2.0 - 0.5, height))
    }

    /// The runs of one colour in column `x`.
    fn runs_down(&self, x: usize, rows: std::ops::Range<usize>) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut last = None;
        for y in rows {
            let here = self.dark[y * self.width + x];
            match runs.last_mut().filter(|_| last == Some(here)) {
                Some((_, n)) => *n += 1,
                None => runs.push((y, 1)),
            }
            last = Some(here);
        }
        runs
    }

    /// The runs of one colour in row `y`: where each begins and its length.
    fn runs(&self, y: usize, columns: std::ops::Range<usize>) -> Vec<(usize, usize)> {
        let row = self.dark.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for x in columns {
            match runs.last_mut() {
                Some((start, n)) if row[*start] == row[x] => *n += 1,
                _ => runs.push((x, 1)),
            }
        }
        runs
    }
}

/// Whether the first of `runs` are so wide in modules, each but for `most` modules.
fn is_like(runs: &[(usize, usize)], widths: &[u8], most: f32) -> bool {
    let Some(runs) = runs.get(..widths.len()) else { return false };
    let n_modules: u8 = widths.iter().sum();
    let module = runs.iter().map(|(_, n)| n).sum::<usize>() as f32 / f32::from(n_modules);
    let off =
        |(run, width): (&(usize, usize), &u8)| (run.1 as f32 - f32::from(*width) * module).abs();
    module >= 1.0 && runs.iter().zip(widths).all(|pair| off(pair) < most * module + 0.3)
}

/// The mean length of runs that are all about as long.
fn even(runs: &[(usize, usize)]) -> Option<f32> {
    let mean = runs.iter().map(|(_, n)| n).sum::<usize>() as f32 / runs.len() as f32;
    let fits = |n: usize| n >= MIN_RUN && (n as f32 - mean).abs() < 0.45 * mean + 0.6;
    runs.iter().all(|(_, n)| fits(*n)).then_some(mean)
}
