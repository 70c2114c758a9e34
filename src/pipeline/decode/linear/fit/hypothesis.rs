//! What a stretch of bars may be, judged by its two ends alone: cheap, and it tells the blur.

use std::sync::LazyLock;

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::fit::model::{self, Kind, Ratio};
use crate::pipeline::decode::linear::fit::template::{Optics, Sampler};
use crate::pipeline::decode::linear::fit::{Side, best_of, template};
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// The blurs that are tried, in modules.
pub const BLURS: [f32; 4] = [0.35, 0.55, 0.75, 1.0];

/// The growths of bars that are tried, in modules.
const GROWTHS: [f32; 3] = [0.0, -0.3, 0.3];

/// Pairs of a blur and a growth.
pub const N_OPTICS: usize = BLURS.len() * GROWTHS.len();

/// Which of the pairs of a blur and a growth `optics` is.
pub fn rank(optics: Optics) -> Option<usize> {
    let blur = BLURS.iter().position(|blur| blur.total_cmp(&optics.blur).is_eq())?;
    let growth = GROWTHS.iter().position(|growth| growth.total_cmp(&optics.growth).is_eq())?;
    Some(growth * BLURS.len() + blur)
}

/// Least and most columns a module.
const PITCH: (f32, f32) = (0.95, 14.0);

/// The models of a stretch whose ends fit best are followed through; the others are dropped.
const FOLLOWED: usize = 6;

/// By how much the modules at an end may differ from the mean.
const END_SCALES: [f32; 5] = [1.0, 0.95, 1.05, 0.9, 1.1];

/// Least mean correlation of both ends at the mean module.
const WORTH_TRYING: f32 = 0.5;

/// Least mean correlation of both ends with their characters.
const MIN_ENDS: f32 = 0.8;

/// A kind of symbol laid on a stretch of the profile, judged by its two ends.
#[derive(Debug, Clone, Copy)]
pub struct Hypothesis {
    /// What it may be.
    pub kind: Kind,
    /// Where it begins, in columns.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
    /// The blur that suits its ends best.
    pub optics: Optics,
    /// Columns a module at the first character.
    pub pitch: f32,
    /// Mean correlation of its ends.
    pub score: f32,
}

/// The same for the guards of an EAN, which are short; the rest of it must tell.
const MIN_GUARDS: f32 = 0.6;

/// What `profile`, of which `side` is one, may be: the likeliest first.
pub fn hypotheses(
    profile: &[f32],
    side: &Side,
    formats: &Formats,
    pools: &Pools,
) -> Vec<Hypothesis> {
    let ends = &*END_TABLES;
    let mut found = Vec::new();
    let mut windows = Windows::default();
    for (from, to) in stretches(profile, pools) {
        let (from, to) = match side.mirrored {
            None => (from, to),
            Some(columns) => (columns as f32 - 1.0 - to, columns as f32 - 1.0 - from),
        };
        for kind in kinds(to - from, formats) {
            found.extend(ends.judge(kind, (from, to), &side.sampler, &mut windows));
        }
    }
    found.sort_by(|a: &Hypothesis, b| b.score.total_cmp(&a.score));
    let is_ean = |h: &Hypothesis| h.kind == Kind::Ean13;
    let (ean, mut chosen): (Vec<_>, Vec<_>) = found.into_iter().partition(is_ean);
    let mut kinds = Vec::new();
    chosen.retain(|h| {
        !kinds.contains(&h.kind) && {
            kinds.push(h.kind);
            true
        }
    });
    chosen.truncate(FOLLOWED);
    // The guards of an EAN are too short to tell the blur, so each is tried.
    let blurs =
        |h: Hypothesis| BLURS.map(|blur| Hypothesis { optics: Optics { blur, growth: 0.0 }, ..h });
    chosen.extend(ean.into_iter().take(3).flat_map(blurs));
    chosen
}

/// Where symbols may begin and end: at edges beside free space.
pub fn stretches(profile: &[f32], pools: &Pools) -> Vec<(f32, f32)> {
    // A thin bar at an end is faint in a blur: it is looked for at a low threshold too.
    let [clear, faint] = [0.3, 0.12].map(|share| ends(&Bars::of(profile, share, pools)));
    let Some((first, last)) = faint.0.first().copied().zip(faint.1.first().copied()) else {
        return Vec::new();
    };
    let starts = [faint.0, clear.0].concat();
    let ends = [faint.1, clear.1].concat();
    let mut found = Vec::new();
    for start in &starts {
        for end in &ends {
            let same = |(from, to): &(f32, f32)| (from - start).abs() + (to - end).abs() < 1.0;
            if end - start > 0.45 * (last - first) && !found.iter().any(same) {
                found.push((*start, *end));
            }
        }
    }
    found.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
    found.truncate(4);
    found
}

/// The edges into a bar that have free space before them, and from the right those out of one that have it after.
fn ends(bars: &Bars) -> (Vec<f32>, Vec<f32>) {
    let Some((first, last)) = bars.edges.first().zip(bars.edges.last()) else {
        return (Vec::new(), Vec::new());
    };
    let free = 0.03 * (last - first);
    let edges = 0..bars.edges.len();
    let starts = edges.clone().step_by(2).filter(|k| bars.before(*k) > free);
    let ends = edges.skip(1).step_by(2).rev().filter(|k| bars.after(*k) > free);
    let place = |k: usize| bars.edges[k];
    (starts.take(3).map(place).collect(), ends.take(3).map(place).collect())
}

/// The kinds of symbols that `length` columns may hold.
fn kinds(length: f32, formats: &Formats) -> Vec<Kind> {
    let mut found = Vec::new();
    if formats.has(Symbology::Ean13) || formats.has(Symbology::UpcA) {
        found.push(Kind::Ean13);
    }
    if formats.has(Symbology::Code128) {
        found.extend((6..45).map(Kind::Code128));
    }
    if formats.has(Symbology::Code39) {
        for ratio in [Ratio::Two, Ratio::TwoAndAHalf, Ratio::Three] {
            found.extend((6..24).map(|n| Kind::Code39(n, ratio)));
        }
    }
    found.retain(|kind| (PITCH.0..PITCH.1).contains(&(length / kind.modules())));
    found
}

/// How both ends of a stretch look at each of [`END_SCALES`], the first of which is 1.
type Windows = [(Vec<f32>, Vec<f32>); END_SCALES.len()];

/// The tables of all.
pub static END_TABLES: LazyLock<EndTables> = LazyLock::new(EndTables::new);

/// The characters at both ends of each kind of symbol, under each blur.
#[derive(Debug)]
pub struct EndTables {
    /// Each kind with those under each blur, the ones without growth of bars first.
    pub tables: Vec<(Kind, Vec<EndRows>)>,
}

/// The templates of the first and of the last character under one blur.
#[derive(Debug)]
pub struct EndRows {
    /// The blur.
    pub optics: Optics,
    /// What may be first.
    pub first: Vec<Vec<f32>>,
    last: Vec<Vec<f32>>,
}

impl EndTables {
    fn new() -> Self {
        let ratios = [Ratio::Two, Ratio::TwoAndAHalf, Ratio::Three];
        let kinds = [Kind::Ean13, Kind::Code128(3)]
            .into_iter()
            .chain(ratios.map(|ratio| Kind::Code39(3, ratio)));
        Self { tables: kinds.map(|kind| (kind, Self::rows(kind))).collect() }
    }

    fn rows(kind: Kind) -> Vec<EndRows> {
        let model = kind.model();
        let (opening, closing) = (model.alphabet(0), model.alphabet(model.slots.len() - 1));
        let all =
            GROWTHS.iter().flat_map(|growth| BLURS.map(|blur| Optics { blur, growth: *growth }));
        all.map(|optics| {
            let rows = |alphabet: &model::Alphabet| {
                alphabet.rows.iter().map(|row| template(row, alphabet, optics)).collect()
            };
            EndRows { optics, first: rows(opening), last: rows(closing) }
        })
        .collect()
    }

    /// How well the ends of the stretch look like the ends of `kind`, under the blur that suits them best.
    fn judge(
        &self,
        kind: Kind,
        (from, to): (f32, f32),
        sampler: &Sampler,
        windows: &mut Windows,
    ) -> Option<Hypothesis> {
        let (_, tables) = self.tables.iter().find(|(other, _)| other.is_like(kind))?;
        let mean = (to - from) / kind.modules();
        let (opening, closing) = kind.ends();
        let look = |scale: f32, (first, last): &mut (Vec<f32>, Vec<f32>)| {
            let pitch = mean * scale;
            sampler.window(from, pitch, opening, first);
            sampler.window(to - closing * pitch, pitch, closing, last);
        };
        // The mean module through the plain blurs says whether it is worth trying the others.
        let [plain, others @ ..] = windows;
        look(1.0, plain);
        let likeness =
            |rows: &EndRows| best_of(&rows.first, &plain.0).1 + best_of(&rows.last, &plain.1).1;
        if tables.iter().take(BLURS.len()).map(likeness).fold(0.0, f32::max) < 2.0 * WORTH_TRYING {
            return None;
        }
        for (scale, window) in END_SCALES.iter().skip(1).zip(others) {
            look(*scale, window);
        }
        let score = |rows: &EndRows| {
            let (mut first, mut last) = ((0.0, 1.0), 0.0_f32);
            for (scale, (opening, closing)) in END_SCALES.iter().zip(windows.iter()) {
                // A code of one character more or less differs by a few percent: the mean is likelier.
                let penalty = 0.4 * (scale - 1.0).abs();
                let likeness = best_of(&rows.first, opening).1 - penalty;
                if likeness > first.0 {
                    first = (likeness, *scale);
                }
                last = last.max(best_of(&rows.last, closing).1 - penalty);
            }
            (f32::midpoint(first.0, last), first.1)
        };
        let mut best: Option<(f32, f32, Optics)> = None;
        for rows in tables {
            let (score, scale) = score(rows);
            if best.is_none_or(|(known, ..)| score > known) {
                best = Some((score, mean * scale, rows.optics));
            }
        }
        let (score, pitch, optics) = best?;
        let threshold = if kind == Kind::Ean13 { MIN_GUARDS } else { MIN_ENDS };
        (score > threshold).then_some(Hypothesis { kind, from, to, optics, pitch, score })
    }
}
