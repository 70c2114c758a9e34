//! Profiles of several bands of rows: what is in all of them, and what is in most.

use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::strip::{BANDS, Bands, correlation, mean_into};

/// Columns that are worked on at once.
const LANES: usize = 8;

/// Profiles of several bands.
pub type Pooled = [Vec<f32>; 4];

/// Profiles of several bands: all that are alike, their median, the upper half, the lower half.
pub fn pooled<'p>(bands: &Bands, pools: &'p Pools) -> Lent<'p, Pooled> {
    let mut pooled = pools.pooled.lend();
    let [whole, median, above, below] = &mut *pooled;
    mean_into(whole, bands);
    let alike = bands.each_ref().map(|band| correlation(band, whole) > 0.7);
    let n_alike = alike.iter().filter(|is| **is).count();
    if (2..BANDS).contains(&n_alike) {
        let alike = bands.iter().zip(alike).filter(|(_, is)| *is);
        mean_into(whole, alike.map(|(band, _)| band));
    }
    median_into(median, bands);
    let (upper, lower) = bands.split_at(BANDS / 2);
    mean_into(above, upper);
    mean_into(below, lower);
    pooled
}

/// Pairs of a network that sorts eight values (Batcher's merges), as far as the two in the middle need it.
const MIDDLE: [(usize, usize); 16] = [
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 7),
    (0, 2),
    (1, 3),
    (4, 6),
    (5, 7),
    (1, 2),
    (5, 6),
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
    (2, 4),
    (3, 5),
];

/// The median of the bands, column by column: what a scratch or a stroke of a pen does not reach.
fn median_into(median: &mut Vec<f32>, bands: &Bands) {
    let columns = bands.iter().map(Vec::len).min().unwrap_or(0);
    median.clear();
    median.reserve(columns + LANES);
    for first in (0..columns).step_by(LANES) {
        // Several columns at once, by comparisons that branch nowhere.
        let mut values = bands.each_ref().map(|band| {
            let mut lanes = [0.0_f32; LANES];
            lanes.iter_mut().zip(&band[first..]).for_each(|(lane, value)| *lane = *value);
            lanes
        });
        for (a, b) in MIDDLE {
            let (mut low, mut high) = (values[a], values[b]);
            for (x, y) in low.iter_mut().zip(&mut high) {
                (*x, *y) = if *x < *y { (*x, *y) } else { (*y, *x) };
            }
            (values[a], values[b]) = (low, high);
        }
        median.extend(values[3].iter().zip(&values[4]).map(|(a, b)| 0.5 * (a + b)));
    }
    median.truncate(columns);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_mean_of_the_two_in_the_middle() {
        let value =
            |band: usize, column: usize| ((band * 37 + column * 53 + band * column) % 101) as f32;
        let bands: Bands =
            std::array::from_fn(|band| (0..21).map(|column| value(band, column)).collect());
        let sorted = |column: usize| {
            let mut values = bands.each_ref().map(|band| band[column]);
            values.sort_by(f32::total_cmp);
            f32::midpoint(values[3], values[4])
        };
        let mut median = Vec::new();
        median_into(&mut median, &bands);
        assert_eq!(median, (0..21).map(sorted).collect::<Vec<f32>>());
    }
}
