//! By how much rows are to be moved to lie on their mean: least squares over a polynomial (Lucas and Kanade's registration,
//! in one dimension).

use crate::pipeline::decode::lanes::dot;
use crate::pipeline::decode::least_squares;
use crate::pipeline::decode::pool::{Pools, Profile};

/// Terms of the polynomial that moves rows.
pub const TERMS: usize = 5;

/// What the rows of a strip add to the equations of their mean: slopes and powers of the place.
#[derive(Debug)]
pub struct Moments<'p> {
    /// The slopes of the mean, times powers 0 to 2 of the place, -1 to 1.
    slopes: [Profile<'p>; 3],
    /// The sums of the products of those and the mean.
    own: [f32; 3],
    /// The sums of the squares of slopes, times powers 0 to 4 of the place: those of every row.
    pub weights: [f32; 5],
}

impl<'p> Moments<'p> {
    /// Those of rows whose mean is `mean`, a column being `step` pixels.
    pub fn of(mean: &[f32], step: f32, pools: &'p Pools) -> Self {
        let n = mean.len();
        let at = |k: usize| mean.get(k.min(n - 1)).copied().unwrap_or_default();
        let slope = |k: usize| (at(k + 1) - at(k.saturating_sub(1))) / (2.0 * step);
        let flat = pools.profiles.collect((0..n).map(slope));
        let half = n as f32 / 2.0;
        let tilted = |values: &[f32]| {
            let times = |(k, v): (usize, &f32)| v * (k as f32 / half - 1.0);
            pools.profiles.collect(values.iter().enumerate().map(times))
        };
        let linear = tilted(&flat);
        let square = tilted(&linear);
        let weights = [
            dot(&flat, &flat),
            dot(&flat, &linear),
            dot(&linear, &linear),
            dot(&linear, &square),
            dot(&square, &square),
        ];
        let slopes = [flat, linear, square];
        let own = slopes.each_ref().map(|slopes| dot(slopes, mean));
        Self { slopes, own, weights }
    }

    /// The sums of slopes and errors of one row, times powers 0 to 2 of the place.
    pub fn errors(&self, row: &[f32]) -> [f32; 3] {
        std::array::from_fn(|k| self.own[k] - dot(&self.slopes[k], row))
    }
}

/// The normal equations of the polynomial's terms.
#[derive(Debug, Default)]
pub struct Equations {
    normal: [[f64; TERMS]; TERMS],
    right: [f64; TERMS],
}

impl Equations {
    /// Adds the sums of row `v`: the terms are powers of t times powers of v.
    pub fn add(&mut self, (weights, errors): ([f32; 5], [f32; 3]), v: f32) {
        let power = [0, 1, 0, 2, 1];
        let scale = [v, v, v * v, v, v * v].map(f64::from);
        for j in 0..TERMS {
            self.right[j] += scale[j] * f64::from(errors[power[j]]);
            for k in 0..TERMS {
                self.normal[j][k] += scale[j] * scale[k] * f64::from(weights[power[j] + power[k]]);
            }
        }
    }

    /// Solves the first `n` of them; the unknowns after them are zero.
    pub fn solve(self, n: usize) -> Option<[f64; TERMS]> {
        let Self { mut normal, right } = self;
        // A little weight on no change at all keeps flat regions from running away.
        let trace: f64 = (0..n).map(|k| normal[k][k]).sum();
        (0..n).for_each(|k| normal[k][k] += 1e-3 * trace + 1e-9);
        least_squares::solve(normal, right, n)
    }
}
