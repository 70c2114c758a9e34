//! What a stretch of bars may be, judged by its two ends alone: cheap, and it tells the blur.

use std::ops::Range;
use std::sync::LazyLock;

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::fit::model::{Alphabet, Kind, RATIOS};
use crate::pipeline::decode::linear::fit::table::Table;
use crate::pipeline::decode::linear::fit::template::{Optics, Sampler};
use crate::pipeline::decode::linear::fit::{Place, Side, View, template};
use crate::pipeline::decode::pool::{Lent, Pools};
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

/// The pair of that rank.
pub fn optics(rank: usize) -> Optics {
    let [blur, growth] = [BLURS[rank % BLURS.len()], GROWTHS[rank / BLURS.len() % GROWTHS.len()]];
    Optics { blur, growth }
}

/// Least and most columns a module.
const PITCH: (f32, f32) = (0.95, 14.0);

/// The models of a stretch whose ends fit best are followed through; the others are dropped.
const FOLLOWED: usize = 6;

/// By how much the modules at an end may differ from the mean.
const END_SCALES: [f32; 5] = [1.0, 0.95, 1.05, 0.9, 1.1];

/// Least mean correlation of both ends at the mean module.
const WORTH_TRYING: f32 = 0.5;

/// What no correlation exceeds, be it rounded.
const MOST: f32 = 1.01;

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

/// What a profile, of which `side` is one, may be in these stretches: the likeliest first.
pub fn hypotheses<'p>(
    stretches: &[(f32, f32)],
    side: &Side<'_>,
    formats: &Formats,
    pools: &'p Pools,
) -> Lent<'p, Vec<Hypothesis>> {
    let ends = &*END_TABLES;
    let mut found = pools.fit.hypotheses.empty();
    let view = &mut pools.fit.rooms.lend().view;
    for stretch in stretches {
        let (from, to) = side.mirror(*stretch);
        for kind in kinds(to - from, formats) {
            found.extend(ends.judge(kind, (from, to), &side.sampler, view));
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut chosen = pools.fit.hypotheses.empty();
    let is_ean = |h: &&Hypothesis| h.kind == Kind::Ean13;
    for other in found.iter().filter(|h| !is_ean(h)) {
        if chosen.len() < FOLLOWED && chosen.iter().all(|known| known.kind != other.kind) {
            chosen.push(*other);
        }
    }
    // The guards of an EAN are too short to tell the blur, so each is tried.
    let blurs = |h: &Hypothesis| {
        BLURS.map(|blur| Hypothesis { optics: Optics { blur, growth: 0.0 }, ..*h })
    };
    chosen.extend(found.iter().filter(is_ean).take(3).flat_map(blurs));
    chosen
}

/// Where symbols may begin and end: at edges beside free space.
pub fn stretches<'p>(profile: &[f32], pools: &'p Pools) -> Lent<'p, Vec<(f32, f32)>> {
    // A thin bar at an end is faint in a blur: it is looked for at a low threshold too.
    let [clear, faint] = [0.3, 0.12].map(|share| Bars::of(profile, share, pools));
    let mut found = pools.fit.stretches.empty();
    let Some((first, last)) = starts(&faint).next().zip(ends(&faint).next()) else {
        return found;
    };
    for start in starts(&faint).chain(starts(&clear)) {
        for end in ends(&faint).chain(ends(&clear)) {
            let same = |(from, to): &(f32, f32)| (from - start).abs() + (to - end).abs() < 1.0;
            if end - start > 0.45 * (last - first) && !found.iter().any(same) {
                add_by_length(&mut found, (start, end));
            }
        }
    }
    found.truncate(4);
    found
}

/// Adds a stretch behind those that are as long.
pub fn add_by_length(found: &mut Vec<(f32, f32)>, (from, to): (f32, f32)) {
    let length = to - from;
    found.insert(found.partition_point(|(a, b)| (b - a).total_cmp(&length).is_ge()), (from, to));
}

/// The first edges into a bar that have free space before them.
fn starts(bars: &Bars) -> impl Iterator<Item = f32> + '_ {
    let free = free(bars);
    let into = (0..bars.edges.len()).step_by(2).filter(move |k| bars.before(*k) > free);
    into.take(3).map(|k| bars.edges[k])
}

/// From the right, those out of a bar that have it after them.
fn ends(bars: &Bars) -> impl Iterator<Item = f32> + '_ {
    let free = free(bars);
    let out_of = (1..bars.edges.len()).step_by(2).rev().filter(move |k| bars.after(*k) > free);
    out_of.take(3).map(|k| bars.edges[k])
}

/// Columns that are free space among these bars.
fn free(bars: &Bars) -> f32 {
    let ends = bars.edges.first().zip(bars.edges.last());
    ends.map_or(0.0, |(first, last)| 0.03 * (last - first))
}

/// The kinds of symbols that `length` columns may hold.
fn kinds(length: f32, formats: &Formats) -> impl Iterator<Item = Kind> + '_ {
    let code39 = |ratio| (6..24).map(move |n| Kind::Code39(n, ratio));
    let all = [Kind::Ean13].into_iter();
    let all = all.chain((6..45).map(Kind::Code128)).chain(RATIOS.into_iter().flat_map(code39));
    let is_wanted = |kind: &Kind| match kind {
        Kind::Ean13 | Kind::Ean8 => formats.has(Symbology::Ean13) || formats.has(Symbology::UpcA),
        Kind::Code128(_) => formats.has(Symbology::Code128),
        Kind::Code39(..) => formats.has(Symbology::Code39),
    };
    let fits = move |kind: &Kind| (PITCH.0..PITCH.1).contains(&(length / kind.modules()));
    all.filter(fits).filter(is_wanted)
}

/// The tables of all.
pub static END_TABLES: LazyLock<EndTables> = LazyLock::new(EndTables::new);

/// The characters at both ends of each kind of symbol, under each blur.
#[derive(Debug)]
pub struct EndTables {
    /// Each kind with those that may be first, and those that may be last.
    pub tables: Vec<(Kind, [EndTable; 2])>,
}

/// The templates of the characters at one end under each of the optics: of the plain blurs, and of those with growth
/// of bars.
#[derive(Debug)]
pub struct EndTable {
    plain: Table,
    grown: Table,
}

impl EndTable {
    /// Those of `alphabet`.
    fn of(alphabet: &Alphabet) -> Self {
        let rows = |of: Range<usize>| {
            let optics = of.map(optics);
            let rows =
                optics.flat_map(|o| alphabet.rows.iter().map(move |r| template(r, alphabet, o)));
            Table::of(rows)
        };
        Self { plain: rows(0..BLURS.len()), grown: rows(BLURS.len()..N_OPTICS) }
    }

    /// How much the likeliest character at `place` looks like it, through each of the plain blurs.
    pub fn plain(&self, place: Place, sampler: &Sampler, view: &mut View) -> [f32; BLURS.len()] {
        likeliest(view.compare(&self.plain, place, sampler))
    }

    /// The same at the place that was seen last, through each of the blurs with growth of bars.
    pub fn grown(&self, view: &mut View) -> [f32; N_OPTICS - BLURS.len()] {
        likeliest(view.compare_again(&self.grown))
    }

    /// The same through each of the optics.
    fn all(&self, place: Place, sampler: &Sampler, view: &mut View) -> [f32; N_OPTICS] {
        let plain = self.plain(place, sampler, view);
        let mut both = plain.into_iter().chain(self.grown(view));
        std::array::from_fn(|_| both.next().unwrap_or_default())
    }
}

/// The greatest likeness of each of as many parts.
fn likeliest<const N: usize>(likeness: &[f32]) -> [f32; N] {
    let mut most = [-1.0; N];
    let parts = likeness.chunks((likeness.len() / N).max(1));
    most.iter_mut()
        .zip(parts)
        .for_each(|(most, part)| *most = part.iter().copied().fold(-1.0, f32::max));
    most
}

impl EndTables {
    fn new() -> Self {
        let kinds = [Kind::Ean13, Kind::Code128(3)]
            .into_iter()
            .chain(RATIOS.map(|ratio| Kind::Code39(3, ratio)));
        let ends = |kind: Kind| {
            let model = kind.model();
            let closing = model.alphabet(kind.slots() - 1);
            (kind, [model.alphabet(0), closing].map(EndTable::of))
        };
        Self { tables: kinds.map(ends).collect() }
    }

    /// How well the ends of the stretch look like the ends of `kind`, under the blur that suits them best.
    fn judge(
        &self,
        kind: Kind,
        (from, to): (f32, f32),
        sampler: &Sampler,
        view: &mut View,
    ) -> Option<Hypothesis> {
        let (_, [first, last]) = self.tables.iter().find(|(other, _)| other.is_like(kind))?;
        let mean = (to - from) / kind.modules();
        let (opening, closing) = kind.ends();
        let at_first = |pitch: f32| (from, pitch, opening);
        let at_last = |pitch: f32| (to - closing * pitch, pitch, closing);
        // The mean module through the plain blurs says whether it is worth trying the others.
        let openings = first.plain(at_first(mean), sampler, view);
        if openings.iter().copied().fold(-1.0, f32::max) + MOST < 2.0 * WORTH_TRYING {
            return None;
        }
        let closings = last.plain(at_last(mean), sampler, view);
        let both = openings.iter().zip(&closings).map(|(a, b)| a + b);
        if both.fold(0.0, f32::max) < 2.0 * WORTH_TRYING {
            return None;
        }
        // Of each of the optics how well they suit the first, at which scale, and how well the last.
        let mut ends = [((0.0, 1.0), 0.0_f32); N_OPTICS];
        for scale in END_SCALES {
            let pitch = mean * scale;
            // A code of one character more or less differs by a few percent: the mean is likelier.
            let penalty = 0.4 * (scale - 1.0).abs();
            let openings = first.all(at_first(pitch), sampler, view);
            let closings = last.all(at_last(pitch), sampler, view);
            for ((first, last), (opening, closing)) in
                ends.iter_mut().zip(openings.iter().zip(closings))
            {
                let opening = opening - penalty;
                *first = if opening > first.0 { (opening, scale) } else { *first };
                *last = last.max(closing - penalty);
            }
        }
        let scores = ends.map(|((first, scale), last)| (f32::midpoint(first, last), scale));
        let better =
            |best: usize, other: usize| if scores[other].0 > scores[best].0 { other } else { best };
        let best = (0..N_OPTICS).reduce(better)?;
        let ((score, scale), optics) = (scores[best], optics(best));
        let pitch = mean * scale;
        let threshold = if kind == Kind::Ean13 { MIN_GUARDS } else { MIN_ENDS };
        (score > threshold).then_some(Hypothesis { kind, from, to, optics, pitch, score })
    }
}
