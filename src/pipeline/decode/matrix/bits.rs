//! The modules of a symbol: sampled where its grid lies in a picture, and told dark from light.

use std::ops::Range;

use crate::pipeline::decode::matrix::grid::{Grid, Map};
use crate::pipeline::decode::pool::{Lent, Pools, Profile};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Confidence;

/// How far beside its centre a module is looked at, too, in modules.
const BESIDE: f32 = 0.18;

/// How far off its centre a module is looked at where a line without ink may lie in it, in modules.
const OFF_LINE: f32 = 0.3;

/// As many modules as this, and up to twice as many, tell as well as all of them how clear a grid is.
const MANY: usize = 250;

/// Columns whose levels are found at once.
const LANES: usize = 8;

/// How a line without ink runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BareLine {
    /// Along the rows.
    Level,
    /// Along the columns.
    Upright,
}

/// The brightness of each module of a symbol.
#[derive(Debug)]
pub struct Modules<'p> {
    pools: &'p Pools,
    /// Modules a row.
    columns: usize,
    /// Rows.
    rows: usize,
    /// Their brightness, row by row.
    luma: Profile<'p>,
}

impl<'p> Modules<'p> {
    /// The modules of so many columns and rows that `map` shows in `view`, each the mean of its centre and four places
    /// beside it.
    pub fn of(
        (view, pools): (View<'_>, &'p Pools),
        map: &Map,
        (columns, rows): (usize, usize),
    ) -> Self {
        let (step_u, step_v) = (1.0 / columns as f32, 1.0 / rows as f32);
        let mut luma = pools.profiles.empty();
        for row in 0..rows {
            for column in 0..columns {
                let (u, v) = (column as f32 + 0.5, row as f32 + 0.5);
                let look = |du: f32, dv: f32| {
                    let place = map.at((u + du) * step_u, (v + dv) * step_v);
                    view.sample(place.x, place.y)
                };
                let around = look(BESIDE, BESIDE)
                    + look(-BESIDE, BESIDE)
                    + look(BESIDE, -BESIDE)
                    + look(-BESIDE, -BESIDE);
                luma.push((look(0.0, 0.0) + around) / 5.0);
            }
        }
        Self { pools, columns, rows, luma }
    }

    /// The modules as dark as they are at some height, or `Upright` at some width: where a worn head has left a line
    /// without ink, what it left of a dark module shows beside it.
    pub fn darkest(
        (view, pools): (View<'_>, &'p Pools),
        map: &Map,
        (columns, rows): (usize, usize),
        line: BareLine,
    ) -> Self {
        let (step_u, step_v) = (1.0 / columns as f32, 1.0 / rows as f32);
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        let module = |(column, row): (usize, usize)| {
            let (u, v) = (column as f32 + 0.5, row as f32 + 0.5);
            let look = |beside: f32, off: f32| {
                let (du, dv) = if line == BareLine::Level { (beside, off) } else { (off, beside) };
                let place = map.at((u + du) * step_u, (v + dv) * step_v);
                view.sample(place.x, place.y)
            };
            let mean = |off: f32| (look(-BESIDE, off) + look(0.0, off) + look(BESIDE, off)) / 3.0;
            mean(-OFF_LINE).min(mean(0.0)).min(mean(OFF_LINE))
        };
        Self { pools, columns, rows, luma: pools.profiles.collect(places.map(module)) }
    }

    /// The same with what a blur took from each module's neighbours given back.
    #[must_use]
    pub fn sharpened(&self, share: f32) -> Self {
        let at = |column: usize, row: usize| {
            let (column, row) = (column.min(self.columns - 1), row.min(self.rows - 1));
            self.luma.get(row * self.columns + column).copied().unwrap_or_default()
        };
        let sharp = |(k, value): (usize, &f32)| {
            let (column, row) = (k % self.columns, k / self.columns);
            let around = at(column + 1, row)
                + at(column.saturating_sub(1), row)
                + at(column, row + 1)
                + at(column, row.saturating_sub(1));
            value + share * (value - around / 4.0)
        };
        let luma = self.pools.profiles.collect(self.luma.iter().enumerate().map(sharp));
        Self { luma, ..*self }
    }

    /// What is halfway between the dark and the light ones within `reach` modules of each.
    pub fn thresholds(&self, reach: usize) -> Profile<'p> {
        let levels = self.levels(reach);
        self.pools.profiles.collect(levels.iter().map(|(low, high)| f32::midpoint(*low, *high)))
    }

    /// Which of them are dark, by the dark and the light ones within `reach` modules.
    pub fn bits(&self, reach: usize) -> Bits<'p> {
        let levels = self.levels(reach);
        let n = levels.len().max(1) as f32;
        let contrast = levels.iter().map(|(low, high)| high - low).sum::<f32>() / n;
        let (mut dark, mut sure) = (self.pools.matrix.bools.empty(), self.pools.profiles.empty());
        let mut margin = 0.0;
        for (value, (low, high)) in self.luma.iter().zip(&*levels) {
            let threshold = f32::midpoint(*low, *high);
            dark.push(*value < threshold);
            let off = 2.0 * (value - threshold).abs();
            margin += (off / (high - low).max(1.0)).min(1.0);
            // What covers a part of the symbol is as sure of itself as it has contrast.
            sure.push((off / (high - low).max(0.7 * contrast).max(1.0)).min(1.0));
        }
        let (pools, columns, rows) = (self.pools, self.columns, self.rows);
        Bits { pools, columns, rows, dark, sure, contrast: contrast / 255.0, margin: margin / n }
    }

    /// The mean of the dark and of the light ones within `reach` modules of each.
    fn levels(&self, reach: usize) -> Lent<'p, Vec<(f32, f32)>> {
        // Several columns are worked on at once. Beside the rows is what is lighter than no mean.
        let width = self.columns.next_multiple_of(LANES) + 2 * reach;
        let mut wide = self.pools.profiles.empty();
        wide.resize(width * self.rows, f32::MIN);
        let rows = self.luma.chunks_exact(self.columns.max(1));
        for (wide, row) in wide.chunks_exact_mut(width.max(1)).zip(rows) {
            wide[reach..reach + self.columns].copy_from_slice(row);
        }
        let mut found = self.pools.matrix.levels.empty();
        let mut of_columns = self.pools.profiles.lend();
        for row in 0..self.rows {
            let (from, to) = (row.saturating_sub(reach), (row + reach + 1).min(self.rows));
            self.sum(from..to, &mut of_columns);
            let near = |column: usize| {
                column.saturating_sub(reach)..(column + reach + 1).min(self.columns)
            };
            let lines = wide.get(from * width..to * width).unwrap_or_default();
            for first in (0..self.columns).step_by(LANES) {
                let (mut all, mut means) = ([(0.0, 0.0); LANES], [0.0; LANES]);
                let own = first..(first + LANES).min(self.columns);
                for ((column, all), mean) in own.clone().zip(&mut all).zip(&mut means) {
                    let near = near(column);
                    let n = ((to - from) * near.len()) as f32;
                    *all = (n, of_columns[near].iter().sum::<f32>());
                    *mean = all.1 / n;
                }
                let near = lines
                    .chunks_exact(width)
                    .map(|line| line.get(first..first + LANES + 2 * reach));
                let (light, n_light) = lighter(&means, near.map(Option::unwrap_or_default));
                let all = all.iter().zip(light.iter().zip(&n_light)).take(own.len());
                found.extend(all.map(|((n, sum), (light, n_light))| {
                    ((sum - light) / f32::max(n - n_light, 1.0), light / f32::max(*n_light, 1.0))
                }));
            }
        }
        found
    }

    /// Makes `columns` the sums of the modules of `rows`, one of each column.
    fn sum(&self, rows: Range<usize>, columns: &mut Vec<f32>) {
        columns.clear();
        columns.resize(self.columns, 0.0);
        for row in rows {
            let line = self.luma.get(row * self.columns..).unwrap_or_default();
            columns.iter_mut().zip(line).for_each(|(sum, v)| *sum += v);
        }
    }
}

/// `grid`, of `columns` and `rows`, moved and bent to where its modules are most dark or light.
#[must_use]
pub fn cleared(
    grid: Grid,
    (view, pools): (View<'_>, &Pools),
    (columns, rows): (usize, usize),
) -> Grid {
    let Some(map) = grid.map() else { return grid };
    let thresholds = Modules::of((view, pools), &map, (columns, rows)).thresholds(4);
    let step = (thresholds.len() / MANY).max(1);
    // Every n-th of rows that have a multiple of n would be some columns alone.
    let step = if step > 1 && columns.is_multiple_of(step) { step + 1 } else { step };
    let some = || thresholds.iter().enumerate().step_by(step);
    let clearness = |grid: &Grid| {
        let Some(map) = grid.map() else { return 0.0 };
        let mut sum = 0.0;
        for (k, threshold) in some() {
            let (column, row) = ((k % columns) as f32 + 0.5, (k / columns) as f32 + 0.5);
            let place = map.at(column / columns as f32, row / rows as f32);
            sum += (view.sample(place.x, place.y) - threshold).abs();
        }
        sum
    };
    let (across, down) = grid.sides();
    grid.climbed((across / columns as f32).min(down / rows as f32), clearness)
}

/// For each of some columns, the sum and the number of the values near it that are lighter than its mean: in each of
/// `lines` the first column's begin at the first value, the next one's at the second.
fn lighter<'a>(
    means: &[f32; LANES],
    lines: impl Iterator<Item = &'a [f32]>,
) -> ([f32; LANES], [f32; LANES]) {
    let (mut sums, mut counts) = ([0.0; LANES], [0.0; LANES]);
    for line in lines {
        for values in line.windows(LANES) {
            let lanes = sums.iter_mut().zip(&mut counts).zip(means.iter().zip(values));
            for ((sum, count), (mean, value)) in lanes {
                let [here, one] = if value > mean { [*value, 1.0] } else { [0.0, 0.0] };
                (*sum, *count) = (*sum + here, *count + one);
            }
        }
    }
    (sums, counts)
}

/// The modules of a symbol as dark and light.
#[derive(Debug)]
pub struct Bits<'p> {
    pools: &'p Pools,
    /// Modules a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Whether each is dark, row by row.
    pub dark: Lent<'p, Vec<bool>>,
    /// How sure that is, 0 to 1, row by row: how far each is off the threshold.
    pub sure: Profile<'p>,
    /// Light against dark modules, 0 to 1.
    pub contrast: f32,
    /// How far a module is off the threshold, as a share of what is between it and its kind: 0 to 1.
    pub margin: f32,
}

impl Bits<'_> {
    /// What a reading of them rests on, of which `changed` codewords were wrong; `grid` is where they were sampled.
    pub fn confidence(&self, grid: &Grid, changed: usize) -> Confidence {
        let (across, down) = grid.sides();
        Confidence {
            rows: 1,
            margin: self.margin,
            px_per_module: (across / self.columns as f32).min(down / self.rows as f32),
            contrast: self.contrast.clamp(0.0, 1.0),
            errors_corrected: u32::try_from(changed).unwrap_or(u32::MAX),
        }
    }

    /// Whether the module at `column`, `row` is dark; outside is light.
    pub fn at(&self, column: usize, row: usize) -> bool {
        column < self.columns
            && self.dark.get(row * self.columns + column).copied().unwrap_or(false)
    }

    /// Rows for columns: the symbol as a mirror shows it.
    #[must_use]
    pub fn transposed(&self) -> Self {
        self.arranged((self.rows, self.columns), |x, y| (y, x))
    }

    /// So many columns and rows, each module that of the place which `from` tells for its column and row.
    #[must_use]
    pub fn arranged(
        &self,
        (columns, rows): (usize, usize),
        from: impl Fn(usize, usize) -> (usize, usize),
    ) -> Self {
        let places = || {
            let places = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
            places.map(|(x, y)| from(x, y))
        };
        let dark = self.pools.matrix.bools.collect(places().map(|(x, y)| self.at(x, y)));
        let sure = self.pools.profiles.collect(places().map(|(x, y)| self.sure_at(x, y)));
        Self { columns, rows, dark, sure, ..*self }
    }

    /// The same with each module as dark as `dark` says, which is told its place in both lists.
    #[must_use]
    pub fn with_dark(&self, dark: impl Fn(usize) -> bool) -> Self {
        let sure = self.pools.profiles.collect(self.sure.iter().copied());
        let dark = self.pools.matrix.bools.collect((0..self.dark.len()).map(dark));
        Self { dark, sure, ..*self }
    }

    /// The same with each module as sure as `sure` says, which is told its place in both lists.
    #[must_use]
    pub fn with_sure(&self, sure: impl Fn(usize) -> f32) -> Self {
        let dark = self.pools.matrix.bools.collect(self.dark.iter().copied());
        let sure = self.pools.profiles.collect((0..self.sure.len()).map(sure));
        Self { dark, sure, ..*self }
    }

    /// How sure the module at `column`, `row` is.
    pub fn sure_at(&self, column: usize, row: usize) -> f32 {
        self.sure.get(row * self.columns + column).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_follow_the_light_nearby() {
        // A chessboard under light that falls to a fifth.
        let luma = (0..100).map(|k| {
            let light = 200.0 - 16.0 * (k % 10) as f32;
            if (k % 10 + k / 10) % 2 == 0 { light * 0.4 } else { light }
        });
        let pools = Pools::default();
        let luma = pools.profiles.collect(luma);
        let modules = Modules { pools: &pools, columns: 10, rows: 10, luma };
        let bits = modules.bits(2);
        assert!((0..100).all(|k| bits.at(k % 10, k / 10) == ((k % 10 + k / 10) % 2 == 0)));
        assert!(bits.margin > 0.7, "{}", bits.margin);
    }
}
