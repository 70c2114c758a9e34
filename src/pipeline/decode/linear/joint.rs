//! A whole symbol at once against a profile: for what is too blurred for edges, and for characters one by one.
//!
//! A scene (place, spread, light) gives the best reading, and a reading gives the best scene: in turns. The reading
//! is judged by how much worse the next best whole reading with a right check character would be.

pub mod bank;
pub mod followed;
pub mod light;
pub mod pools;
pub mod scene;
pub mod settle;
pub mod spread;
pub mod stretch;
pub mod trellis;

use std::sync::LazyLock;

use crate::pipeline::decode::linear::fit::model::{Kind, Model};
use crate::pipeline::decode::linear::joint::bank::Bank;
use crate::pipeline::decode::linear::joint::scene::{LIGHT, Scene, TERMS};
use crate::pipeline::decode::linear::joint::settle::{
    Fitted, Lens, as_reading, darkness, is_confirmed, settled,
};
use crate::pipeline::decode::linear::joint::spread::Shape;
use crate::pipeline::decode::linear::joint::stretch::{Wanted, explained, stretches};
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::pool::{Lent, Pools, Profile};
use crate::pipeline::decode::pooled::Pooled;

/// The spreads that are tried: shape, and standard deviation in modules.
const SPREADS: [(Shape, f32); 4] =
    [(Shape::Mixed, 0.8), (Shape::Mixed, 0.45), (Shape::Defocus, 1.15), (Shape::Defocus, 1.5)];

/// Those of them that a pair of ends is judged by.
const ROUGH: [usize; 2] = [0, 3];

/// By how many modules the two ends are tried beside where edges show them.
const OFFSETS: [(f32, f32); 9] = [
    (0.0, 0.0),
    (0.0, -0.8),
    (0.0, 0.8),
    (-0.8, 0.0),
    (-0.8, -0.8),
    (-0.8, 0.8),
    (0.8, 0.0),
    (0.8, -0.8),
    (0.8, 0.8),
];

/// Most of the variance that a pair of ends may leave unexplained.
const MAX_ROUGH: f32 = 0.45;

/// Starts that are followed.
const FOLLOWED: usize = 8;

/// Most of the variance that a start may leave unexplained.
const MAX_START: f32 = 0.35;

/// Terms of the light of a short symbol.
const FEW_TERMS: usize = 3;

/// The characters of a kind of symbol through each of [`SPREADS`].
type Banks = [Bank; SPREADS.len()];

/// Two ends of a symbol, through one of the blurs that are tried.
#[derive(Debug, Clone, Copy)]
pub struct Rough {
    /// How much speaks for them.
    explained: f32,
    /// Whether they are of the profile seen from its last column.
    is_backward: bool,
    /// In columns.
    ends: (f32, f32),
    spread: usize,
}

/// A scene to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The share of the variance that is left unexplained.
    rest: f32,
    /// Whether it is of the profile seen from its last column.
    is_backward: bool,
    scene: Scene,
}

/// The characters of an EAN through the spreads of a start.
static EAN_BANKS: LazyLock<Banks> = LazyLock::new(|| banks(Kind::Ean13));

/// The same of an EAN-8.
static EAN_8_BANKS: LazyLock<Banks> = LazyLock::new(|| banks(Kind::Ean8));

fn banks(kind: Kind) -> Banks {
    let model = kind.model();
    SPREADS.map(|(shape, spread)| Bank::new(&model, shape, (spread, 0.0), &Pools::default()))
}

/// What a kind of symbol must keep to be taken for one.
struct Limits {
    banks: &'static Banks,
    /// The pairs of ends that are looked at.
    wanted: Wanted,
    /// Pairs of ends, of both directions, that are searched.
    searched: usize,
    /// Most of the variance that a reading may leave unexplained.
    rest: f32,
    /// Least error of the next best whole reading, in errors of the best.
    ratio: f32,
}

impl Limits {
    fn of(kind: Kind) -> Self {
        match kind {
            // So few digits are easily seen in something else.
            Kind::Ean8 => Self {
                banks: &EAN_8_BANKS,
                wanted: Wanted { quiet: 4.5, edges: 12..46, most: 12 },
                searched: 2,
                rest: 0.02,
                ratio: 3.0,
            },
            _ => Self {
                banks: &EAN_BANKS,
                wanted: Wanted { quiet: 3.0, edges: 12..64, most: 40 },
                searched: 4,
                rest: 0.04,
                ratio: 1.6,
            },
        }
    }

    fn are_kept_by(&self, fitted: &Fitted<'_>) -> bool {
        fitted.rest < self.rest && fitted.ratio > self.ratio
    }
}

/// What the pooled profiles of a strip read, and in which of them (bit k is profile k).
pub fn read(pooled: &Pooled, kind: Kind, pools: &Pools) -> Option<(Reading, u32)> {
    let model = &kind.model();
    let [whole, ..] = pooled;
    let backward = pools.profiles.collect(whole.iter().rev().copied());
    let limits = Limits::of(kind);
    let mut led = [(); 2].map(|()| pools.joint.rows.empty());
    let starts = begin([whole, &backward], model, &limits, pools);
    let mut fits = starts.iter().filter_map(|Start { is_backward, scene, .. }| {
        let [forth, back] = &mut led;
        let (profile, led) = if *is_backward { (&*backward, back) } else { (whole, forth) };
        Some((*is_backward, settled(profile, model, *scene, led, pools)?))
    });
    let (is_backward, best) = fits.find(|(_, fitted)| limits.are_kept_by(fitted))?;
    let bits = agreeing((pooled, is_backward), model, &best, pools);
    let reading = as_reading(&best, model, pools)?;
    Some((if is_backward { mirrored(reading, whole.len()) } else { reading }, bits))
}

/// The pooled profiles that read as `best`, which the first did, where they are seen from its side.
fn agreeing(
    (pooled, is_backward): (&Pooled, bool),
    model: &Model,
    best: &Fitted<'_>,
    pools: &Pools,
) -> u32 {
    let lens = Lens::of(model, &best.scene, pools);
    let agrees = |profile: &[f32]| {
        if is_backward {
            let backward = pools.profiles.collect(profile.iter().rev().copied());
            is_confirmed(&backward, model, best, &lens)
        } else {
            is_confirmed(profile, model, best, &lens)
        }
    };
    let parts = pooled.iter().enumerate().skip(1).filter(|(_, profile)| agrees(profile));
    parts.fold(1, |bits, (k, _)| bits | 1 << k)
}

/// `reading` of a mirrored profile of so many columns as the readers of mirrored bars have it.
fn mirrored(mut reading: Reading, columns: usize) -> Reading {
    let last = columns as f32 - 1.0;
    reading.ends = (reading.ends.0 - last, reading.ends.1 - last);
    reading.backward = true;
    reading
}

/// The scenes to begin with on both sides, the likeliest first.
fn begin<'p>(
    sides: [&[f32]; 2],
    model: &Model,
    limits: &Limits,
    pools: &'p Pools,
) -> Lent<'p, Vec<Start>> {
    let mut rough = pools.joint.roughs.empty();
    for (profile, is_backward) in sides.into_iter().zip([false, true]) {
        for ends in &*stretches(profile, model.modules(), &limits.wanted, pools) {
            let Some(between) = Between::of(profile, model, *ends, pools) else { continue };
            for spread in ROUGH {
                let (rest, _) = between.attempt(model, limits.banks, spread, pools);
                let explained = explained(rest, *ends);
                let new = Rough { explained, is_backward, ends: *ends, spread };
                rough.extend((rest < MAX_ROUGH).then_some(new));
            }
        }
    }
    let mut found = pools.joint.starts.empty();
    for _ in 0..limits.searched {
        // The first of those for which most speaks.
        let first = rough.iter().min_by(|a, b| b.explained.total_cmp(&a.explained)).copied();
        let Some(first) = first else { break };
        let place = |rough: &Rough| (rough.is_backward, rough.ends);
        rough.retain(|other| place(other) != place(&first));
        add_starts(sides, model, (limits.banks, first), &mut found, pools);
    }
    found.retain(|start| start.rest < MAX_START);
    let explains = |start: &Start| explained(start.rest, (start.scene.from, start.scene.to));
    found.sort_by(|a, b| explains(b).total_cmp(&explains(a)));
    found.truncate(FOLLOWED);
    found
}

/// What lies between two ends, whatever spreads its edges.
struct Between<'p> {
    scene: Scene,
    darkness: Profile<'p>,
}

impl<'p> Between<'p> {
    fn of(
        profile: &[f32],
        model: &Model,
        (from, to): (f32, f32),
        pools: &'p Pools,
    ) -> Option<Self> {
        let pitch = (to - from) / model.modules();
        let light = light(profile, from, to, pitch)?;
        let (curve, shape) = ((0.0, 0.0), Shape::Mixed);
        let (spread, growth, terms) = (0.0, 0.0, FEW_TERMS);
        let scene = Scene { from, to, curve, spread, growth, light, terms, shape };
        Some(Self { scene, darkness: darkness(profile, model, &scene, pools) })
    }

    /// How much a reading through one of [`SPREADS`] may leave unexplained, at least.
    fn attempt(&self, model: &Model, banks: &Banks, spread: usize, pools: &Pools) -> (f32, Scene) {
        let (shape, deviation) = SPREADS[spread];
        let pitch = (self.scene.to - self.scene.from) / model.modules();
        let (error, variance) = banks[spread].least(model, &self.darkness, pools);
        let scene = Scene { spread: deviation * pitch, shape, ..self.scene };
        (error / variance.max(1e-6), scene)
    }
}

/// Adds the scenes to begin with near `first`: ends and spreads under which some reading explains most, the best first.
fn add_starts(
    sides: [&[f32]; 2],
    model: &Model,
    (banks, first): (&Banks, Rough),
    found: &mut Vec<Start>,
    pools: &Pools,
) {
    let Rough { is_backward, ends: (from, to), spread, .. } = first;
    let profile = sides[usize::from(is_backward)];
    let pitch = (to - from) / model.modules();
    let better = |a: &(f32, Scene), b: &(f32, Scene)| a.0.total_cmp(&b.0);
    let mut tried = OFFSETS.map(|(l, r)| {
        let ends = (from + l * pitch, to + r * pitch);
        let between = Between::of(profile, model, ends, pools)?;
        Some((between.attempt(model, banks, spread, pools), between))
    });
    let rest = |tried: &Option<((f32, Scene), Between<'_>)>| {
        tried.as_ref().map_or(f32::INFINITY, |t| t.0.0)
    };
    tried.sort_by(|a, b| rest(a).total_cmp(&rest(b)));
    let n_known = found.len();
    for (start, between) in tried.iter().flatten().take(4) {
        let others = (0..SPREADS.len()).filter(|k| *k != spread);
        let tries = others.map(|k| between.attempt(model, banks, k, pools));
        let (rest, scene) =
            tries.min_by(better).filter(|other| other.0 < start.0).unwrap_or(*start);
        found.push(Start { rest, is_backward, scene });
    }
    found[n_known..].sort_by(|a, b| a.rest.total_cmp(&b.rest));
    found.truncate(n_known + 3);
}

/// Paper as beside the symbol; ink so that half of the symbol is dark.
fn light(profile: &[f32], from: f32, to: f32, pitch: f32) -> Option<[f32; LIGHT]> {
    let mean = |from: f32, to: f32| {
        let column = |x: f32| (x.max(0.0) as usize).min(profile.len());
        let part = &profile[column(from)..column(to).max(column(from))];
        (!part.is_empty()).then(|| part.iter().sum::<f32>() / part.len() as f32)
    };
    let left = mean(from - 3.5 * pitch, from - 1.0 * pitch)?;
    let right = mean(to + 1.0 * pitch, to + 3.5 * pitch)?;
    let inside = mean(from, to)?;
    let paper = f32::midpoint(left, right);
    let ink = (paper - inside) / 0.49;
    let mut light = [0.0; LIGHT];
    (light[0], light[1], light[TERMS]) = (paper, (right - left) / 2.0, ink);
    (ink > 8.0).then_some(light)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::linear::ean;

    /// A profile of 3 columns a module of an EAN of which `sets` says what digits on the left are of set B, through
    /// a lens out of focus by a disc of `radius` columns.
    fn seen(digits: &[usize], sets: u8, radius: i32) -> Vec<f32> {
        let guard = |n: usize| vec![1; n];
        let mut widths = guard(3);
        let half = digits.len() / 2;
        for (k, digit) in digits.iter().enumerate() {
            let b = k < half && sets >> (half - 1 - k) & 1 == 1;
            widths.extend(ean::PATTERNS[digit + if b { 10 } else { 0 }]);
            if k == half - 1 {
                widths.extend(guard(5));
            }
        }
        widths.extend(guard(3));
        let mut sharp = vec![210.0_f32; 60];
        for (k, width) in widths.iter().enumerate() {
            let value = if k % 2 == 0 { 40.0 } else { 210.0 };
            sharp.extend(std::iter::repeat_n(value, 3 * usize::from(*width)));
        }
        sharp.extend([210.0; 60]);
        let weight = |k: i32| ((radius * radius - k * k) as f32 + 1.0).sqrt();
        let sum: f32 = (-radius..=radius).map(weight).sum();
        let at = |k: i32| sharp[usize::try_from(k).unwrap_or(0).min(sharp.len() - 1)];
        let seen = |k: i32| (-radius..=radius).map(|d| weight(d) * at(k + d)).sum::<f32>() / sum;
        (0..i32::try_from(sharp.len()).unwrap()).map(seen).collect()
    }

    /// The same of an EAN-13 that begins with 5.
    fn profile(digits: [usize; 12], radius: i32) -> Vec<f32> {
        seen(&digits, ean::LEADING[5], radius)
    }

    /// What is pooled where all bands are the same.
    fn four(profile: &[f32]) -> Pooled {
        std::array::from_fn(|_| profile.to_vec())
    }

    const RIGHT: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0];

    #[test]
    fn an_ean_is_read_through_a_disc_of_two_modules() {
        for radius in [3, 6] {
            let mut profile = profile(RIGHT, radius);
            for backward in [false, true] {
                let (reading, bits) =
                    read(&four(&profile), Kind::Ean13, &Pools::default()).unwrap();
                assert_eq!((reading.text.as_str(), bits), ("5012345678900", 15), "radius {radius}");
                assert_eq!(reading.backward, backward);
                profile.reverse();
            }
        }
    }

    #[test]
    fn an_end_that_runs_into_a_wide_bar_is_found() {
        let digits = [7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 9];
        for radius in [3, 4] {
            let (reading, _) =
                read(&four(&profile(digits, radius)), Kind::Ean13, &Pools::default()).unwrap();
            assert_eq!(reading.text, "5712345678909", "radius {radius}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_never_made_right() {
        for check in 1..10 {
            let mut digits = RIGHT;
            digits[11] = check;
            for radius in [2, 4, 6, 8] {
                assert!(
                    read(&four(&profile(digits, radius)), Kind::Ean13, &Pools::default()).is_none()
                );
            }
        }
    }

    #[test_case(4, 0, Some("96385074"); "as it is")]
    #[test_case(5, 0, None; "a wrong check digit")]
    #[test_case(4, 0b0010, None; "a digit of set B")]
    fn an_ean_8_is_read_through_blur(check: usize, sets: u8, text: Option<&str>) {
        for radius in [3, 5] {
            let profile = seen(&[9, 6, 3, 8, 5, 0, 7, check], sets, radius);
            let found = read(&four(&profile), Kind::Ean8, &Pools::default())
                .map(|(reading, _)| reading.text);
            assert_eq!(found.as_deref(), text, "radius {radius}");
        }
    }
}
