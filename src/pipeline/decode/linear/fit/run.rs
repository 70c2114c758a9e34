//! Characters followed one by one from where a symbol begins, whatever their number: perspective and curvature change
//! the modules from end to end, so the two ends do not tell it.

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::fit::hypothesis::{
    BLURS, END_TABLES, EndTable, optics, stretches,
};
use crate::pipeline::decode::linear::fit::model::{Kind, MOST_SLOTS};
use crate::pipeline::decode::linear::fit::template::{Optics, Sampler};
use crate::pipeline::decode::linear::fit::{Room, Side, place, tables};
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// Modules that are tried for a start character, each so many times the one before.
const STEP: f32 = 1.04;

/// Least correlation of a start character.
const MIN_START: f32 = 0.85;

/// The same through a plain blur, before the growth of bars is tried.
const WORTH_TRYING: f32 = 0.78;

/// Least mean correlation of the characters.
const MIN_LIKENESS: f32 = 0.7;

/// Most modules by which the last character may miss the end of the bars.
const MAX_MISS: f32 = 2.0;

/// Where the next character is looked for, in modules beside where it should be.
const SHIFTS: [f32; 7] = [0.0, -0.2, 0.2, -0.4, 0.4, -0.6, 0.6];

/// Columns a module that a start character may have, in what the number of edges says of the mean of all: blur loses
/// up to half of the edges, noise adds some, and perspective makes the modules of one end wider.
const NEAR_MEAN: (f32, f32) = (0.45, 1.6);

/// Characters of a symbol, start, check and stop counted.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=MOST_SLOTS;

/// The way from one end of a symbol to the other.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// What it is of.
    pub kind: Kind,
    /// Where it begins and ends, in columns.
    pub ends: (f32, f32),
    /// How its modules change from end to end: the terms of t (1 - t) and of t² (1 - t), t from 0 to 1.
    pub curve: (f32, f32),
    /// The blur of its start character.
    pub optics: Optics,
    /// Mean correlation of its characters.
    pub likeness: f32,
    /// Whether it goes from the last column of the profile to the first.
    pub is_backward: bool,
}

/// A start character by which a symbol may be followed.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// How much it looks like it.
    likeness: f32,
    /// Columns a module.
    pitch: f32,
    /// The blur that suits it.
    optics: Optics,
}

/// What `profile` can be followed as from either end.
pub fn runs<'p>(profile: &[f32], formats: &Formats, pools: &'p Pools) -> Lent<'p, Vec<Run>> {
    let mut found = pools.fit.runs.empty();
    let stretches = stretches(profile, pools);
    if stretches.is_empty() {
        return found;
    }
    let edges = &Bars::of(profile, 0.2, pools).edges;
    for side in Side::both(profile, pools) {
        let ends = stretches.iter().map(|ends| side.mirror(*ends));
        let mut ends = pools.fit.stretches.collect(ends);
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
        // What may begin at one place may end at several.
        for ends in ends.chunk_by(|a, b| (a.0 - b.0).abs() < 0.1) {
            let room = &mut pools.fit.rooms.lend();
            add_runs(ends, (edges, &side), formats, room, &mut found);
        }
    }
    found
}

/// Adds what begins at one place and has one of these `ends`, the farthest first.
fn add_runs(
    ends: &[(f32, f32)],
    (edges, side): (&[f32], &Side<'_>),
    formats: &Formats,
    room: &mut Room,
    found: &mut Vec<Run>,
) {
    let Some(longest) = ends.first() else { return };
    let (from, to) = side.mirror(*longest);
    let n_elements = edges.iter().filter(|e| (from..to).contains(*e)).count();
    for (kind, [table, _]) in &END_TABLES.tables {
        let wanted = match kind {
            Kind::Code128(_) => formats.has(Symbology::Code128),
            Kind::Code39(..) => formats.has(Symbology::Code39),
            Kind::Ean13 | Kind::Ean8 => false,
        };
        if !wanted {
            continue;
        }
        let starts = starts((*kind, table), (*longest, n_elements), &side.sampler, room);
        for start in starts.into_iter().flatten() {
            let follow = |ends: &(f32, f32)| follow((*kind, *ends), start, side, room);
            found.extend(ends.iter().filter_map(follow));
        }
    }
}

/// The modules that a start character at the first of two ends, between which there are so many bars and spaces, may have, at most two, and the blur that suits each.
fn starts(
    (kind, table): (Kind, &EndTable),
    ((from, to), n_elements): ((f32, f32), usize),
    sampler: &Sampler,
    Room { view, tried, .. }: &mut Room,
) -> [Option<Start>; 2] {
    let (modules, _) = kind.ends();
    let columns = |characters: usize| (to - from) / (modules * characters as f32);
    let in_character = if matches!(kind, Kind::Code39(..)) { 10.0 } else { 6.0 };
    let mean = (to - from) / n_elements.max(1) as f32 * in_character / modules;
    let most = columns(*LENGTHS.start() - 1).min(14.0).min(NEAR_MEAN.1 * mean);
    let mut pitch = columns(*LENGTHS.end()).max(0.95).max(NEAR_MEAN.0 * mean);
    tried.clear();
    while pitch < most {
        let plain = likeliest(&table.plain((from, pitch, modules), sampler, view));
        let grown =
            plain.filter(|p| p.1 > WORTH_TRYING).and_then(|_| likeliest(&table.grown(view)));
        let grown = grown.map(|(k, likeness)| (k + BLURS.len(), likeness));
        let best = plain.into_iter().chain(grown).max_by(|a, b| a.1.total_cmp(&b.1));
        tried.extend(best.map(|(k, likeness)| Start { likeness, pitch, optics: optics(k) }));
        pitch *= STEP;
    }
    let at = |k: usize| tried.get(k).map_or(-1.0, |t| t.likeness);
    let is_peak = |k: usize| at(k) >= at(k + 1) && k.checked_sub(1).is_none_or(|b| at(k) > at(b));
    let peaks = tried.iter().enumerate().filter(|(k, t)| t.likeness > MIN_START && is_peak(*k));
    // The two highest, the first of those that are as high.
    peaks.fold([None, None], |[first, second]: [Option<Start>; 2], (_, peak)| {
        let is_higher = |than: Option<Start>| than.is_none_or(|than| peak.likeness > than.likeness);
        match (is_higher(first), is_higher(second)) {
            (true, _) => [Some(*peak), first],
            (false, true) => [first, Some(*peak)],
            (false, false) => [first, second],
        }
    })
}

/// The place of the greatest likeness, and it.
fn likeliest(likeness: &[f32]) -> Option<(usize, f32)> {
    likeness.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Follows the characters of a kind of symbol from the first of `ends` until the second is reached.
fn follow(
    (like, ends): (Kind, (f32, f32)),
    Start { pitch: first, optics, .. }: Start,
    side: &Side<'_>,
    Room { view, choices, .. }: &mut Room,
) -> Option<Run> {
    let model = like.model();
    let tables = &*tables(&model, optics);
    let (opening, closing) = like.ends();
    let (mut at, mut pitch, mut drift) = (ends.0, first, 0.0_f32);
    choices.clear();
    let mut likeness = 0.0;
    let mut is_last = false;
    while !is_last {
        is_last = (ends.1 - at) / pitch < closing + 0.4 * opening;
        let slot = if choices.is_empty() { 0 } else { 1 + usize::from(is_last) };
        let modules = model.alphabets.get(slot)?.modules;
        let shifts = if choices.is_empty() { &SHIFTS[..1] } else { &SHIFTS[..] };
        let table = tables.among.get(slot)?;
        let choice = view.nearest(table, (at, pitch, modules), shifts, &side.sampler)?;
        // The place is corrected at once, the module by and by, and so is how fast it changes.
        let shift = (choice.at - at) / pitch;
        drift = (drift + 0.1 * shift / opening).clamp(-0.03, 0.03);
        pitch *= 1.0 + drift + 0.35 * shift / opening;
        at += (0.6 * shift + modules) * pitch;
        likeness += choice.correlation;
        choices.push(choice);
        let n = choices.len();
        let is_alike = n < 4 || likeness > MIN_LIKENESS * n as f32;
        if !is_alike || n > *LENGTHS.end() || !(0.5..2.0).contains(&(pitch / first)) {
            return None;
        }
    }
    let n = choices.len();
    if (at - ends.1).abs() > MAX_MISS * pitch || !LENGTHS.contains(&n) {
        return None;
    }
    let kind = match like {
        Kind::Code128(_) => Kind::Code128(n),
        Kind::Code39(_, ratio) => Kind::Code39(n, ratio),
        Kind::Ean13 | Kind::Ean8 => like,
    };
    let curve = place(choices, &kind.model(), ends)?;
    let (likeness, is_backward) = (likeness / n as f32, side.mirrored.is_some());
    Some(Run { kind, ends, curve, optics, likeness, is_backward })
}
