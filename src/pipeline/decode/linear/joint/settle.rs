//! A scene and a reading in turns, until both suit each other best.

use std::borrow::Cow;

use crate::pipeline::decode::linear::ean;
use crate::pipeline::decode::linear::fit::content;
use crate::pipeline::decode::linear::fit::model::{Kind, Model};
use crate::pipeline::decode::linear::joint::bank::{Bank, REACH, SAMPLES};
use crate::pipeline::decode::linear::joint::light;
use crate::pipeline::decode::linear::joint::scene::{Scene, TERMS};
use crate::pipeline::decode::linear::joint::spread::Shape;
use crate::pipeline::decode::linear::joint::trellis::{Rule, Trellis};
use crate::pipeline::decode::linear::reading::Reading;

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
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The scene it was found in.
    pub scene: Scene,
    /// Its rows.
    pub rows: Vec<usize>,
    /// The share of the profile's variance that is unexplained.
    pub rest: f32,
    /// The error of the next best whole reading, in errors of this one; 4 at most: what is farther is not looked for.
    pub ratio: f32,
}

/// The best whole reading near `scene`, unless the way there is one of those that `led` elsewhere or nowhere: what was
/// read in the second turn.
pub fn settled(
    profile: &[f32],
    model: &Model,
    mut scene: Scene,
    led: &mut Vec<Vec<usize>>,
) -> Option<Fitted> {
    let (mut profile, mut rows) = (Cow::Borrowed(profile), Vec::new());
    // The light before it was evened, and the characters through the blur of the turn before.
    let (mut uneven, mut lens) = (None, None);
    let is_ean = matches!(model.kind, Kind::Ean13 | Kind::Ean8);
    let most = if is_ean { &MAX_EAN_TURNS } else { &MAX_TURNS };
    for turn in 0..MOST_TURNS {
        let trellis = reading(&profile, model, &scene, &mut lens);
        let path = trellis.best();
        if path.error > most.get(turn).unwrap_or(&MAX_LAST) * trellis.variance() {
            return None;
        }
        let same = path.rows == rows;
        rows = path.rows;
        if turn == 1 {
            if led.contains(&rows) {
                return None;
            }
            led.push(rows.clone());
        }
        scene.refine(&profile, model, &rows)?;
        let error = scene.refine(&profile, model, &rows)?;
        if same && turn > 1 {
            let is_plain = scene.terms < TERMS || path.error < MAX_EVEN * trellis.variance();
            if uneven.is_some() || is_plain {
                break;
            }
            uneven = Some(scene.light);
            let (flat, lit) = light::evened(&profile, model, &rows, &scene);
            (profile, scene) = (Cow::Owned(flat), lit);
        }
        if turn == 1 {
            scene = shaped(&profile, model, &rows, scene, error);
        }
    }
    let trellis = reading(&profile, model, &scene, &mut lens);
    let variance = trellis.variance().max(1e-6);
    let free = trellis.best();
    if free.error > MAX_REST * variance {
        return None;
    }
    // A reading with a wrong check character that is better than all with a right one: neither is sure.
    let rules = rules(model);
    if !rules.iter().any(|rule| rule.is_kept_by(model, &free.rows)) {
        return None;
    }
    let [_, next] = trellis.two_least(&rules, FAR * free.error);
    Some(Fitted {
        scene: Scene { light: uneven.unwrap_or(scene.light), ..scene },
        rest: free.error / variance,
        ratio: next / free.error.max(1e-6),
        rows: free.rows,
    })
}

/// Whether `profile`, of a part of the rows, reads as `best` too: its place and its light are its own, the blur that
/// `lens` shows is that of the whole.
pub fn is_confirmed(profile: &[f32], model: &Model, best: &Fitted, lens: &Lens) -> bool {
    let mut scene = best.scene;
    for _ in 0..2 {
        if scene.refine(profile, model, &best.rows).is_none() {
            return false;
        }
    }
    let rules = rules(model);
    let says_so = |profile: &[f32], scene: &Scene| {
        let trellis = Trellis::new(model, &lens.banks, &darkness(profile, model, scene));
        let Some(error) = trellis.error_of(&best.rows) else { return false };
        if trellis.best().error > MAX_REST * trellis.variance().max(1e-6) {
            return false;
        }
        // Any other that is as good is the first, or this one the second.
        let [_, next] = trellis.two_least(&rules, MIN_PART * error);
        next >= MIN_PART * error
    };
    if says_so(profile, &scene) {
        return true;
    }
    let may_be_uneven = scene.terms == TERMS;
    may_be_uneven && {
        let (flat, lit) = light::evened(profile, model, &best.rows, &scene);
        says_so(&flat, &lit)
    }
}

/// The scene with the shape of spread that suits `rows` best.
fn shaped(profile: &[f32], model: &Model, rows: &[usize], scene: Scene, error: f32) -> Scene {
    let mut best = (error, scene);
    for shape in Shape::ALL.into_iter().filter(|shape| *shape != scene.shape) {
        // One step to suit it; the next tells how well it does.
        let mut other = Scene { shape, ..scene };
        let _ = other.refine(profile, model, rows);
        if let Some(error) = other.refine(profile, model, rows)
            && error < 0.95 * best.0
        {
            best = (error, other);
        }
    }
    best.1
}

/// The characters of a model through the spread of a scene: of each of as many parts, or of the whole.
#[derive(Debug)]
pub struct Lens {
    shape: Shape,
    growth: f32,
    /// In modules.
    spreads: Vec<f32>,
    banks: Vec<Bank>,
}

impl Lens {
    /// What `scene` shows, not drawn yet.
    pub fn of(model: &Model, scene: &Scene) -> Self {
        // One spread in columns is more modules where perspective makes them narrow.
        let total = model.modules();
        let local = |t: f32| (scene.column(t + 0.02) - scene.column(t - 0.02)) / (0.04 * total);
        let pitches = [1.0, 3.0, 5.0].map(|sixths| local(sixths / 6.0).max(0.1));
        let least = pitches.iter().copied().fold(f32::MAX, f32::min);
        let mean = [(scene.to - scene.from) / total];
        let is_even = pitches.iter().all(|pitch| *pitch < MAX_CHANGE * least);
        let pitches = if is_even { &mean[..] } else { &pitches };
        let spreads = pitches.iter().map(|pitch| scene.spread / pitch).collect();
        Self { shape: scene.shape, growth: scene.growth, spreads, banks: Vec::new() }
    }

    /// Whether it shows the same as `other`.
    fn is_like(&self, other: &Self) -> bool {
        self.shape == other.shape
            && (self.growth - other.growth).abs() < FINE
            && self.spreads.len() == other.spreads.len()
            && self.spreads.iter().zip(&other.spreads).all(|(a, b)| (a - b).abs() < FINE)
    }

    /// The same with its characters.
    #[must_use]
    pub fn drawn(mut self, model: &Model) -> Self {
        let bank = |spread: &f32| Bank::new(model, self.shape, *spread, self.growth);
        self.banks = self.spreads.iter().map(bank).collect();
        self
    }
}

/// The trellis of the profile under `scene`; what `known` shows is drawn anew when it no longer suits.
fn reading<'a>(
    profile: &[f32],
    model: &'a Model,
    scene: &Scene,
    known: &mut Option<Lens>,
) -> Trellis<'a> {
    let wanted = Lens::of(model, scene);
    let lens = match known.take() {
        Some(lens) if lens.is_like(&wanted) => lens,
        _ => wanted.drawn(model),
    };
    let trellis = Trellis::new(model, &lens.banks, &darkness(profile, model, scene));
    *known = Some(lens);
    trellis
}

/// The profile's darkness, 0 (paper) to 1 (ink), sampled by modules.
pub fn darkness(profile: &[f32], model: &Model, scene: &Scene) -> Vec<f32> {
    let total = model.modules();
    let n = ((total + 2.0 * REACH as f32) * SAMPLES as f32).round() as usize;
    let last = profile.len().saturating_sub(1);
    let modules = |k: usize| (k as f32 + 0.5) / SAMPLES as f32 - REACH as f32;
    // First all places, then the light there, then what is there: places and light are worked out several at once.
    let mut values: Vec<f32> = (0..n).map(|k| scene.column(modules(k) / total)).collect();
    let light: Vec<(f32, f32)> = values.iter().map(|column| scene.light_at(*column)).collect();
    for (value, (paper, ink)) in values.iter_mut().zip(light) {
        let column = value.max(0.0).min(last as f32);
        // By way of i32, which is one instruction.
        let k = column as i32 as usize;
        let (a, b) = (profile[k.min(last)], profile[(k + 1).min(last)]);
        *value = (paper - (a + (b - a) * (column - k as f32))) / ink.max(4.0);
    }
    values
}

/// What a whole reading of `model` must keep: any of these.
fn rules(model: &Model) -> Vec<Rule> {
    let places = model.slots.len();
    let all: Vec<(usize, usize)> = (0..places).map(|k| (0, model.alphabet(k).rows.len())).collect();
    let rule = |leading: usize, sets: u8| {
        let mut allowed = all.clone();
        let mut weights = vec![0; places];
        // Start, middle and end have no value.
        let half = (places - 3) / 2;
        for n in 0..2 * half {
            let k = if n < half { n + 1 } else { n + 2 };
            weights[k] = if n.is_multiple_of(2) { 3 } else { 1 };
            if n < half {
                let b = usize::from(sets >> (half - 1 - n) & 1);
                allowed[k] = (10 * b, 10 * b + 10);
            }
        }
        Rule { modulus: 10, start: leading, weights, values: 10, allowed }
    };
    match model.kind {
        Kind::Ean13 => ean::LEADING.iter().enumerate().map(|(k, sets)| rule(k, *sets)).collect(),
        Kind::Ean8 => vec![rule(0, 0)],
        Kind::Code128(n) => {
            // ISO/IEC 15417, annex A: the start character and the first after it count once, the next twice, ….
            let characters = (1..n.saturating_sub(2)).map(|k| k % 103);
            let weights = [1].into_iter().chain(characters).chain([102, 0]).collect();
            vec![Rule { modulus: 103, start: 0, weights, values: 103, allowed: all }]
        }
        Kind::Code39(..) => {
            // It checks nothing; the ends are its start and stop characters.
            let mut allowed = all;
            allowed.first_mut().into_iter().for_each(|rows| *rows = (0, 1));
            allowed.last_mut().into_iter().for_each(|rows| *rows = (0, 1));
            vec![Rule { modulus: 1, start: 0, weights: vec![0; places], values: 1, allowed }]
        }
    }
}

/// The reading of `fitted`: the characters and where they lie.
pub fn as_reading(fitted: &Fitted, model: &Model) -> Option<Reading> {
    let values: Vec<usize> =
        fitted.rows.iter().enumerate().map(|(k, row)| model.alphabet(k).first + row).collect();
    let (symbology, text, identifier) = content(model, &values)?;
    let scene = &fitted.scene;
    let mut reading = Reading::new(symbology, text, identifier, (scene.from, scene.to));
    reading.module = (scene.to - scene.from) / model.modules();
    reading.margin = 1.0 - 1.0 / fitted.ratio.max(1.0);
    reading.growth = scene.growth;
    Some(reading)
}
