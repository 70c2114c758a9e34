//! A scene and a reading in turns, until both suit each other best.

use crate::pipeline::decode::linear::ean;
use crate::pipeline::decode::linear::fit::content;
use crate::pipeline::decode::linear::fit::model::{Kind, MOST_SLOTS, Model};
use crate::pipeline::decode::linear::joint::bank::{Bank, REACH, SAMPLES};
use crate::pipeline::decode::linear::joint::light;
use crate::pipeline::decode::linear::joint::scene::{Scene, TERMS};
use crate::pipeline::decode::linear::joint::spread::Shape;
use crate::pipeline::decode::linear::joint::trellis::{Rule, Trellis};
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::pool::{Lent, Pools, Profile};

/// Most turns.
const MOST_TURNS: usize = 7;

/// Most of the variance that the best reading may leave unexplained, in the first turns: what was read had 0.41, 0.21,
/// 0.085 and 0.05.
const MAX_TURNS: [f32; 3] = [0.45, 0.25, 0.12];

/// The same of an EAN (0.33, 0.15 and 0.085), which is begun with wherever there are bars.
const MAX_EAN_TURNS: [f32; 3] = [0.4, 0.18, 0.11];

/// The same in all later turns.
const MAX_LAST: f32 = 0.08;

/// The same of a reading.
const MAX_REST: f32 = 0.04;

/// By how much modules may change from one part to the other and be of one spread.
const MAX_CHANGE: f32 = 1.15;

/// Modules of spread or growth that make no difference.
const FINE: f32 = 0.008;

/// Error of the next best reading, in errors of the best, that is surely far.
const FAR: f32 = 4.0;

/// Least error of the next best whole reading, in errors of the best, in a profile of a part of the rows.
const MIN_PART: f32 = 1.1;

/// What a reading leaves unexplained although its light is right: above it, the light is taken place by place.
const MAX_EVEN: f32 = 0.015;

/// A whole reading that is the best of all, those with a wrong check character among them, and what it leaves
/// unexplained.
#[derive(Debug)]
pub struct Fitted<'p> {
    /// The scene it was found in.
    pub scene: Scene,
    /// Its rows.
    pub rows: Lent<'p, Vec<usize>>,
    /// The share of the profile's variance that is unexplained.
    pub rest: f32,
    /// The error of the next best whole reading, in errors of this one; 4 at most: what is farther is not looked for.
    pub ratio: f32,
}

/// The best whole reading near `scene`, unless the way there is one of those that `led` elsewhere or nowhere: what was
/// read in the second turn, one after another.
pub fn settled<'p>(
    profile: &[f32],
    model: &Model,
    mut scene: Scene,
    led: &mut Vec<usize>,
    pools: &'p Pools,
) -> Option<Fitted<'p>> {
    // The profile in even light, and the light it had before.
    let (mut flat, mut uneven): (Option<Profile<'p>>, _) = (None, None);
    let mut rows = pools.joint.rows.empty();
    // The characters through the blur of the turn before.
    let mut lens = Lens::of(model, &scene, pools);
    let is_ean = matches!(model.kind, Kind::Ean13 | Kind::Ean8);
    let most = if is_ean { &MAX_EAN_TURNS } else { &MAX_TURNS };
    for turn in 0..MOST_TURNS {
        let profile = flat.as_ref().map_or(profile, |flat| flat.as_slice());
        let trellis = lens.reading(profile, model, &scene);
        let path = trellis.best();
        if path.error > most.get(turn).unwrap_or(&MAX_LAST) * trellis.variance() {
            return None;
        }
        let same = *path.rows == *rows;
        rows = path.rows;
        if turn == 1 {
            if led.chunks_exact(rows.len().max(1)).any(|known| known == rows.as_slice()) {
                return None;
            }
            led.extend_from_slice(&rows);
        }
        scene.refine(profile, model, &rows, pools)?;
        let error = scene.refine(profile, model, &rows, pools)?;
        if same && turn > 1 {
            let is_plain = scene.terms < TERMS || path.error < MAX_EVEN * trellis.variance();
            if uneven.is_some() || is_plain {
                break;
            }
            uneven = Some(scene.light);
            let (even, lit) = light::evened(profile, model, &rows, &scene, pools);
            (flat, scene) = (Some(even), lit);
        } else if turn == 1 {
            scene = shaped((profile, model), &rows, scene, error, pools);
        }
    }
    let profile = flat.as_ref().map_or(profile, |flat| flat.as_slice());
    let trellis = lens.reading(profile, model, &scene);
    let light = uneven.unwrap_or(scene.light);
    whole(&trellis, model, Scene { light, ..scene })
}

/// The best reading of `trellis`, of `scene`, if it is a whole one.
fn whole<'p>(trellis: &Trellis<'p>, model: &Model, scene: Scene) -> Option<Fitted<'p>> {
    let variance = trellis.variance().max(1e-6);
    let free = trellis.best();
    if free.error > MAX_REST * variance {
        return None;
    }
    // A reading with a wrong check character that is better than all with a right one: neither is sure.
    if !rules(model).any(|rule| rule.is_kept_by(model, &free.rows)) {
        return None;
    }
    let [_, next] = trellis.two_least(rules(model), FAR * free.error);
    let (rest, ratio) = (free.error / variance, next / free.error.max(1e-6));
    Some(Fitted { scene, rows: free.rows, rest, ratio })
}

/// Whether `profile`, of a part of the rows, reads as `best` too: its place and its light are its own, the blur that
/// `lens` shows is that of the whole.
pub fn is_confirmed(profile: &[f32], model: &Model, best: &Fitted<'_>, lens: &Lens<'_>) -> bool {
    let pools = lens.pools;
    let mut scene = best.scene;
    for _ in 0..2 {
        if scene.refine(profile, model, &best.rows, pools).is_none() {
            return false;
        }
    }
    let says_so = |profile: &[f32], scene: &Scene| {
        let trellis = lens.trellis(profile, model, scene);
        let Some(error) = trellis.error_of(&best.rows) else { return false };
        if trellis.best().error > MAX_REST * trellis.variance().max(1e-6) {
            return false;
        }
        // Any other that is as good is the first, or this one the second.
        let [_, next] = trellis.two_least(rules(model), MIN_PART * error);
        next >= MIN_PART * error
    };
    if says_so(profile, &scene) {
        return true;
    }
    let may_be_uneven = scene.terms == TERMS;
    may_be_uneven && {
        let (flat, lit) = light::evened(profile, model, &best.rows, &scene, pools);
        says_so(&flat, &lit)
    }
}

/// The scene with the shape of spread that suits `rows` best.
fn shaped(
    (profile, model): (&[f32], &Model),
    rows: &[usize],
    scene: Scene,
    error: f32,
    pools: &Pools,
) -> Scene {
    let mut best = (error, scene);
    for shape in Shape::ALL.into_iter().filter(|shape| *shape != scene.shape) {
        // One step to suit it; the next tells how well it does.
        let mut other = Scene { shape, ..scene };
        let _ = other.refine(profile, model, rows, pools);
        if let Some(error) = other.refine(profile, model, rows, pools)
            && error < 0.95 * best.0
        {
            best = (error, other);
        }
    }
    best.1
}

/// Parts of a symbol that may each have a spread of its own.
pub const PARTS: usize = 3;

/// What spreads the edges of a symbol: those of each of as many parts, or of the whole.
#[derive(Debug, Clone, Copy)]
struct Blur {
    shape: Shape,
    growth: f32,
    /// In modules.
    spreads: [f32; PARTS],
    n_parts: usize,
}

impl Blur {
    /// That of `scene`.
    fn of(model: &Model, scene: &Scene) -> Self {
        // One spread in columns is more modules where perspective makes them narrow.
        let total = model.modules();
        let local = |t: f32| (scene.column(t + 0.02) - scene.column(t - 0.02)) / (0.04 * total);
        let pitches = [1.0, 3.0, 5.0].map(|sixths| local(sixths / 6.0).max(0.1));
        let least = pitches.iter().copied().fold(f32::MAX, f32::min);
        let mean = (scene.to - scene.from) / total;
        let is_even = pitches.iter().all(|pitch| *pitch < MAX_CHANGE * least);
        let (pitches, n_parts) = if is_even { ([mean; PARTS], 1) } else { (pitches, PARTS) };
        let spreads = pitches.map(|pitch| scene.spread / pitch);
        Self { shape: scene.shape, growth: scene.growth, spreads, n_parts }
    }

    /// Whether it looks the same as `other`.
    fn is_like(&self, other: &Self) -> bool {
        self.shape == other.shape
            && (self.growth - other.growth).abs() < FINE
            && self.n_parts == other.n_parts
            && self.spreads.iter().zip(&other.spreads).all(|(a, b)| (a - b).abs() < FINE)
    }
}

/// The characters of a model through a blur.
#[derive(Debug)]
pub struct Lens<'p> {
    blur: Blur,
    banks: Lent<'p, [Bank; PARTS]>,
    pools: &'p Pools,
}

impl<'p> Lens<'p> {
    /// What `scene` shows.
    pub fn of(model: &Model, scene: &Scene, pools: &'p Pools) -> Self {
        let mut lens =
            Self { blur: Blur::of(model, scene), banks: pools.joint.banks.lend(), pools };
        lens.draw(model);
        lens
    }

    fn draw(&mut self, model: &Model) {
        let Blur { shape, growth, spreads, n_parts } = self.blur;
        for (bank, spread) in self.banks.iter_mut().zip(spreads).take(n_parts) {
            bank.draw(model, shape, (spread, growth), self.pools);
        }
    }

    /// The trellis of the profile under `scene`, whose characters are drawn anew when those it has no longer suit.
    fn reading(&mut self, profile: &[f32], model: &Model, scene: &Scene) -> Trellis<'p> {
        let wanted = Blur::of(model, scene);
        if !self.blur.is_like(&wanted) {
            self.blur = wanted;
            self.draw(model);
        }
        self.trellis(profile, model, scene)
    }

    /// The trellis of the profile under `scene`.
    fn trellis(&self, profile: &[f32], model: &Model, scene: &Scene) -> Trellis<'p> {
        let banks = self.banks.get(..self.blur.n_parts).unwrap_or_default();
        Trellis::new(model, banks, &darkness(profile, model, scene, self.pools), self.pools)
    }
}

/// Places of a profile that are worked out at once.
const BLOCK: usize = 16;

/// The profile's darkness, 0 (paper) to 1 (ink), sampled by modules.
pub fn darkness<'p>(
    profile: &[f32],
    model: &Model,
    scene: &Scene,
    pools: &'p Pools,
) -> Profile<'p> {
    let total = model.modules();
    let n = ((total + 2.0 * REACH as f32) * SAMPLES as f32).round() as usize;
    let last = profile.len().saturating_sub(1);
    let modules = |k: usize| (k as f32 + 0.5) / SAMPLES as f32 - REACH as f32;
    let mut values = pools.profiles.collect((0..n).map(|k| scene.column(modules(k) / total)));
    // First the light at several places, then what is there.
    for values in values.chunks_mut(BLOCK) {
        let mut light = [(0.0, 0.0); BLOCK];
        light.iter_mut().zip(&*values).for_each(|(light, column)| *light = scene.light_at(*column));
        for (value, (paper, ink)) in values.iter_mut().zip(light) {
            let column = value.max(0.0).min(last as f32);
            // By way of i32 there and back, each of which is one instruction.
            let whole = column as i32;
            let k = whole as usize;
            let (a, b) = (profile[k.min(last)], profile[(k + 1).min(last)]);
            *value = (paper - (a + (b - a) * (column - whole as f32))) / ink.max(4.0);
        }
    }
    values
}

/// What a whole reading of `model` must keep: any of these.
fn rules(model: &Model) -> impl Iterator<Item = Rule> {
    let leading = if model.kind == Kind::Ean13 { &ean::LEADING[..] } else { &[0] };
    let kind = model.kind;
    leading.iter().enumerate().map(move |(digit, sets)| rule(kind, digit, *sets))
}

/// That of `kind`; of an EAN, which begins with the digit `leading`, `sets` says what digits on the left are of set B.
fn rule(kind: Kind, leading: usize, sets: u8) -> Rule {
    let (mut weights, mut allowed) = ([0; MOST_SLOTS], [(0, usize::MAX); MOST_SLOTS]);
    match kind {
        Kind::Ean13 | Kind::Ean8 => {
            // Start, middle and end have no value.
            let half = (kind.slots() - 3) / 2;
            for n in 0..2 * half {
                let k = if n < half { n + 1 } else { n + 2 };
                weights[k] = if n.is_multiple_of(2) { 3 } else { 1 };
                if n < half {
                    let b = usize::from(sets >> (half - 1 - n) & 1);
                    allowed[k] = (10 * b, 10 * b + 10);
                }
            }
            Rule { modulus: 10, start: leading, weights, values: 10, allowed }
        }
        Kind::Code128(n) => {
            // ISO/IEC 15417, annex A: the start character and the first after it count once, the next twice, ….
            let characters = (1..n.saturating_sub(2)).map(|k| k % 103);
            let all = [1].into_iter().chain(characters).chain([102, 0]);
            weights.iter_mut().zip(all).for_each(|(weight, of)| *weight = of);
            Rule { modulus: 103, start: 0, weights, values: 103, allowed }
        }
        Kind::Code39(n, _) => {
            // It checks nothing; the ends are its start and stop characters.
            for end in [0, n.saturating_sub(1)] {
                allowed[end] = (0, 1);
            }
            Rule { modulus: 1, start: 0, weights, values: 1, allowed }
        }
    }
}

/// The reading of `fitted`: the characters and where they lie.
pub fn as_reading(fitted: &Fitted<'_>, model: &Model, pools: &Pools) -> Option<Reading> {
    let rows = fitted.rows.iter().enumerate();
    let values = pools.joint.rows.collect(rows.map(|(k, row)| model.alphabet(k).first + row));
    let (symbology, text, identifier) = content(model, &values)?;
    let scene = &fitted.scene;
    let mut reading = Reading::new(symbology, text, identifier, (scene.from, scene.to));
    reading.module = (scene.to - scene.from) / model.modules();
    reading.margin = 1.0 - 1.0 / fitted.ratio.max(1.0);
    reading.growth = scene.growth;
    Some(reading)
}
