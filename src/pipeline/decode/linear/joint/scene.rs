//! A reading laid on a profile: where its modules lie, how edges are spread, and the light on it.
//!
//! All of it is fitted at once by least squares (Gauss and Newton), given the reading.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "columns are clamped to the profile before they become indices"
)]

use multiversion::multiversion;

use crate::pipeline::decode::least_squares::solve;
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::joint::spread::{REACH, Shape, Spread};
use crate::pipeline::decode::pool::{Lent, Pools};

/// Terms of the brightness of paper, and of contrast: powers of the place from -1 to 1.
pub const TERMS: usize = 5;

/// Unknowns of the light: brightness of paper, then contrast.
pub const LIGHT: usize = 2 * TERMS;

/// Unknowns in all: then both ends, two of curvature, spread and growth.
const UNKNOWNS: usize = LIGHT + 6;

/// Modules of free space that are looked at beside a symbol.
const FREE: f32 = 2.5;

/// Columns a module that tell its place: of more, one in several is looked at. The blur that is fitted is wider.
const ENOUGH: f32 = 2.0;

/// Columns of a profile, from the first on.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// The first.
    pub first: usize,
    /// How many.
    pub n: usize,
    /// From one to the next.
    pub step: usize,
}

/// The darkness of a column, and its slopes by both ends, curvature, spread and growth.
pub type Slopes = (f32, [f32; 6]);

/// How a symbol lies on a profile and in what light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Where it begins, in columns.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
    /// By how much its modules change from end to end.
    pub curve: (f32, f32),
    /// Standard deviation of the spread, in columns.
    pub spread: f32,
    /// By how much bars are too wide, in modules.
    pub growth: f32,
    /// Brightness of paper, then how much darker ink is: each by powers of the place, -1 to 1.
    pub light: [f32; LIGHT],
    /// Terms of the light that are fitted, at most [`TERMS`].
    pub terms: usize,
    /// What spreads the edges.
    pub shape: Shape,
}

impl Scene {
    /// The column of a place from 0 (begin) to 1 (end).
    pub fn column(&self, t: f32) -> f32 {
        let (a, b) = self.curve;
        self.from + (self.to - self.from) * (t + t * (1.0 - t) * (a + b * t))
    }

    /// -1 to 1 over the symbol.
    fn place(&self, column: f32) -> f32 {
        2.0 * (column - self.from) / (self.to - self.from).max(1.0) - 1.0
    }

    /// The brightness of paper and how much darker ink is, at `column`.
    pub fn light_at(&self, column: f32) -> (f32, f32) {
        let u = self.place(column);
        let at = |terms: &[f32]| terms.iter().rev().fold(0.0, |sum, term| term + u * sum);
        let (paper, ink) = self.light.split_at(TERMS);
        (at(paper), at(ink))
    }

    /// The columns of `profile` that are looked at.
    pub fn columns(&self, profile: &[f32], pitch: f32) -> (usize, usize) {
        let first = (self.from - FREE * pitch).max(0.0) as usize;
        (first, ((self.to + FREE * pitch).max(0.0) as usize).min(profile.len()))
    }

    /// One step of least squares with `rows` as the reading; the mean square error that was there before it.
    pub fn refine(
        &mut self,
        profile: &[f32],
        model: &Model,
        rows: &[usize],
        pools: &Pools,
    ) -> Option<f32> {
        let total = model.modules();
        let pitch = (self.to - self.from) / total;
        let (first, last) = self.columns(profile, pitch);
        let step = ((pitch / ENOUGH) as usize).clamp(1, 4);
        let seen = profile.get(first..last)?.iter().step_by(step);
        let columns = Columns { first, n: seen.len(), step };
        let darkness = self.darkness(columns, model, rows, pools);
        let mut sums = Sums::default();
        let mut error = 0.0;
        for (k, (value, (dark, slopes))) in seen.zip(&*darkness).enumerate() {
            let column = (first + k * step) as f32;
            let u = self.place(column);
            let (paper, ink) = self.light_at(column);
            let rest = value - (paper - ink * dark);
            error += rest * rest;
            let mut row = [0.0; UNKNOWNS];
            let mut power = 1.0;
            for k in 0..self.terms {
                (row[k], row[TERMS + k]) = (power, -dark * power);
                power *= u;
            }
            for (r, slope) in row[LIGHT..].iter_mut().zip(slopes) {
                *r = -ink * slope;
            }
            sums.add(row, rest);
        }
        // As many as there are columns in all, so that what is held back weighs the same.
        let (mut normal, right) = sums.whole(step as f64);
        self.hold(&mut normal, pitch);
        let change = solve(normal, right, UNKNOWNS)?;
        self.apply(&change, pitch);
        Some(error / columns.n.max(1) as f32)
    }

    /// Holds back what a reading may explain by mere change of shape.
    fn hold(&self, normal: &mut [[f64; UNKNOWNS]; UNKNOWNS], pitch: f32) {
        let ink = f64::from(self.light[TERMS].abs().max(1.0));
        let pitch = f64::from(pitch);
        let weak = |unit: f64| 0.02 * ink * ink / (unit * unit);
        for (k, unit) in [pitch, pitch, 0.05, 0.05, 0.3 * pitch, 0.2].into_iter().enumerate() {
            normal[LIGHT + k][LIGHT + k] += weak(unit);
        }
        for (k, row) in normal.iter_mut().enumerate().take(LIGHT) {
            row[k] += match k % TERMS {
                0 | 1 => 0.3,
                power if power < self.terms => 3.0,
                _ => 1e12,
            };
        }
    }

    fn apply(&mut self, change: &[f64; UNKNOWNS], pitch: f32) {
        let step = |k: usize, most: f32| (change[k] as f32).clamp(-most, most);
        for (k, light) in self.light.iter_mut().enumerate() {
            *light += step(k, 80.0);
        }
        self.from += step(LIGHT, 0.7 * pitch);
        self.to += step(LIGHT + 1, 0.7 * pitch);
        self.curve.0 = (self.curve.0 + step(LIGHT + 2, 0.03)).clamp(-0.25, 0.25);
        self.curve.1 = (self.curve.1 + step(LIGHT + 3, 0.03)).clamp(-0.25, 0.25);
        self.spread =
            (self.spread + step(LIGHT + 4, 0.25 * pitch)).clamp(0.15 * pitch, 1.6 * pitch);
        self.growth = (self.growth + step(LIGHT + 5, 0.15)).clamp(-0.5, 0.5);
    }

    /// The darkness of each column and its slopes.
    pub fn darkness<'p>(
        &self,
        Columns { first, n, step }: Columns,
        model: &Model,
        rows: &[usize],
        pools: &'p Pools,
    ) -> Lent<'p, Vec<Slopes>> {
        let mut values = pools.joint.slopes.empty();
        values.resize(n, (0.0, [0.0; 6]));
        // Whole steps, past the reach of their edges.
        let mut steps = pools.profiles.empty();
        steps.resize(n + 1, 0.0);
        let spread = Spread::of(self.shape);
        let total = model.modules();
        let length = self.to - self.from;
        let (a, b) = self.curve;
        let per = 1.0 / self.spread.max(0.05);
        let mut edge = |modules: f32, rises: bool| {
            let sign = if rises { 1.0 } else { -1.0 };
            let t = modules / total;
            let q = t + t * (1.0 - t) * (a + b * t);
            let at = self.from + length * q - sign * self.growth / 2.0 * length / total;
            let bow = length * t * (1.0 - t);
            let moves = [1.0 - q, q, bow, bow * t, 0.0, -sign * length / total / 2.0];
            let reach = REACH * self.spread;
            let local =
                |x: f32| (((x - first as f32) / step as f32).ceil().max(0.0) as usize).min(n);
            let (low, high) = (local(at - reach), local(at + reach));
            for (k, (dark, slopes)) in values[low..high].iter_mut().enumerate() {
                let x = ((first + (low + k) * step) as f32 - at) * per;
                let (share, slope) = spread.at(x);
                *dark += sign * share;
                let slope = sign * slope * per;
                for (s, m) in slopes.iter_mut().zip(moves) {
                    *s -= slope * m;
                }
                slopes[4] -= slope * x;
            }
            steps[high] += sign;
        };
        let mut at = 0.0;
        for (k, row) in rows.iter().enumerate() {
            let Some(elements) = model.alphabet(k).rows.get(*row) else { continue };
            let mut dark = elements.dark_first;
            for width in elements.widths.iter() {
                if dark {
                    edge(at, true);
                    edge(at + width, false);
                }
                at += width;
                dark = !dark;
            }
        }
        let mut level = 0.0;
        for ((dark, _), step) in values.iter_mut().zip(&*steps) {
            level += step;
            *dark += level;
        }
        values
    }
}

/// Columns whose equations are summed up in short numbers.
const FEW: usize = 16;

/// Equations summed up over columns: those of a few columns at a time in short numbers, which are worked on several at
/// once, and all in long ones.
#[derive(Debug, Default)]
struct Sums {
    rows: [[f32; UNKNOWNS]; FEW],
    rests: [f32; FEW],
    n_few: usize,
    normal: [[f64; UNKNOWNS]; UNKNOWNS],
    right: [f64; UNKNOWNS],
}

impl Sums {
    fn add(&mut self, row: [f32; UNKNOWNS], rest: f32) {
        (self.rows[self.n_few], self.rests[self.n_few]) = (row, rest);
        self.n_few += 1;
        if self.n_few == FEW {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Self { rows, rests, n_few, normal, right } = self;
        add_products(&rows[..*n_few], &rests[..*n_few], normal, right);
        *n_few = 0;
    }

    /// Both sides, as if each column had been added so many times.
    fn whole(mut self, times: f64) -> ([[f64; UNKNOWNS]; UNKNOWNS], [f64; UNKNOWNS]) {
        self.flush();
        (self.normal.map(|row| row.map(|sum| times * sum)), self.right.map(|sum| times * sum))
    }
}

/// Adds the products of the unknowns of each row by each other, and by what is left there, to both sides.
#[multiversion(targets("x86_64+avx2"))]
fn add_products(
    rows: &[[f32; UNKNOWNS]],
    rests: &[f32],
    normal: &mut [[f64; UNKNOWNS]; UNKNOWNS],
    right: &mut [f64; UNKNOWNS],
) {
    let mut sums = [0.0_f32; UNKNOWNS];
    for (row, rest) in rows.iter().zip(rests) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += rest * value);
    }
    right.iter_mut().zip(sums).for_each(|(all, few)| *all += f64::from(few));
    for (k, normal) in normal.iter_mut().enumerate() {
        let mut sums = [0.0_f32; UNKNOWNS];
        for row in rows {
            let factor = row[k];
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
        }
        normal.iter_mut().zip(sums).for_each(|(all, few)| *all += f64::from(few));
    }
}
