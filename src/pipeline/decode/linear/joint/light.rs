//! The light on a symbol before its reading is known, and what of it a reading leaves unexplained.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "columns are clamped to the profile before they become indices"
)]

use crate::pipeline::decode::least_squares::solve;
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::joint::scene::{Columns, LIGHT, Scene, TERMS};
use crate::pipeline::decode::pool::{Lent, Pools, Profile};

/// Places at which the light is taken.
const PLACES: u8 = 32;

/// Modules to each side of a place by which its light is told, before the reading is known.
const WIDE: f32 = 14.0;

/// The same by a reading.
const NEAR: f32 = 11.0;

/// Deviation of the darkness of characters through a common blur: half of them is dark.
const DEVIATION: f64 = 0.4;

/// Least contrast of a place, of the symbol's.
const MIN_INK: f64 = 0.2;

/// Brightness of paper in even light.
const PAPER: f32 = 200.0;

/// How much darker ink is there.
const INK: f32 = 150.0;

/// The light on a symbol between `ends`: each part of it tells by its mean and its deviation.
pub fn of_parts(
    profile: &[f32],
    (from, to): (f32, f32),
    pitch: f32,
    pools: &Pools,
) -> Option<[f32; LIGHT]> {
    let squares = profile.iter().map(|v| [f64::from(*v), f64::from(*v).powi(2)]);
    let sums = Running::of(squares, pools);
    let mut normal = [[0.0_f64; TERMS]; TERMS];
    let (mut papers, mut inks) = ([0.0_f64; TERMS], [0.0_f64; TERMS]);
    for k in 0..PLACES {
        let share = (f32::from(k) + 0.5) / f32::from(PLACES);
        let at = from + share * (to - from);
        let column = |at: f32| (at.clamp(from, to).max(0.0) as usize).min(profile.len());
        let (low, high) = (column(at - WIDE * pitch), column(at + WIDE * pitch));
        let n = high.checked_sub(low).filter(|n| *n > 4)? as f64;
        let [mean, square] = sums.between(low, high).map(|sum| sum / n);
        let ink = (square - mean * mean).max(0.0).sqrt() / DEVIATION;
        let paper = mean + 0.5 * ink;
        let powers: [f64; TERMS] = std::array::from_fn(|j| {
            f64::from(2.0 * share - 1.0).powi(i32::try_from(j).unwrap_or_default())
        });
        for (j, power) in powers.iter().enumerate() {
            papers[j] += power * paper;
            inks[j] += power * ink;
            normal[j].iter_mut().zip(&powers).for_each(|(sum, other)| *sum += power * other);
        }
    }
    // What differs from even light is held back a little.
    normal.iter_mut().enumerate().skip(1).for_each(|(k, row)| row[k] += 0.5);
    let terms = [solve(normal, papers, TERMS)?, solve(normal, inks, TERMS)?];
    let mut light = [0.0; LIGHT];
    light.iter_mut().zip(terms.as_flattened()).for_each(|(to, term)| *to = *term as f32);
    Some(light)
}

/// `profile` and `scene` in even light: the light near each place is what lays `rows` on the profile best there.
pub fn evened<'p>(
    profile: &[f32],
    model: &Model,
    rows: &[usize],
    scene: &Scene,
    pools: &'p Pools,
) -> (Profile<'p>, Scene) {
    let mut light = [0.0; LIGHT];
    (light[0], light[TERMS]) = (PAPER, INK);
    let even = Scene { light, ..*scene };
    let mut flat = pools.profiles.empty();
    flat.resize(profile.len(), PAPER);
    let pitch = (scene.to - scene.from) / model.modules();
    let (first, last) = scene.columns(profile, pitch);
    let Some(seen) = profile.get(first..last) else { return (flat, even) };
    let columns = Columns { first, n: seen.len(), step: 1 };
    let darkness = scene.darkness(columns, model, rows, pools);
    let products = seen.iter().zip(&*darkness).map(|(value, (dark, _))| {
        let (v, d) = (f64::from(*value), f64::from(*dark));
        [1.0, d, d * d, v, v * d]
    });
    let sums = Running::of(products, pools);
    let ink = |[n, d, dd, v, vd]: [f64; 5]| (v * d - n * vd) / (n * dd - d * d).max(1e-6);
    let least = (MIN_INK * ink(sums.between(0, seen.len()))).max(1.0);
    let reach = (NEAR * pitch) as usize + 1;
    for (k, (value, flat)) in seen.iter().zip(flat.iter_mut().skip(first)).enumerate() {
        let near = sums.between(k.saturating_sub(reach), (k + reach).min(seen.len()));
        let ink = ink(near).max(least);
        let paper = (near[3] + ink * near[1]) / near[0].max(1.0);
        *flat = PAPER - INK * ((paper - f64::from(*value)) / ink) as f32;
    }
    (flat, even)
}

/// Running sums of several values at once.
struct Running<'p, const N: usize>(Lent<'p, Vec<f64>>);

impl<'p, const N: usize> Running<'p, N> {
    fn of(values: impl Iterator<Item = [f64; N]>, pools: &'p Pools) -> Self {
        let mut sum = [0.0; N];
        let mut sums = pools.joint.sums.empty();
        sums.extend_from_slice(&sum);
        for values in values {
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            sums.extend_from_slice(&sum);
        }
        Self(sums)
    }

    /// The sums of the values from `from` to before `to`.
    fn between(&self, from: usize, to: usize) -> [f64; N] {
        let (sums, _) = self.0.as_chunks();
        let at = |k: usize| sums.get(k).or(sums.last()).copied().unwrap_or([0.0; N]);
        let (before, after) = (at(from), at(to));
        std::array::from_fn(|k| after[k] - before[k])
    }
}
