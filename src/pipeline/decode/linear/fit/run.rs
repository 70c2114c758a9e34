//! Characters followed one by one from where a symbol begins, whatever their number: perspective and curvature change
//! the modules from end to end, so the two ends do not tell it.

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::fit::hypothesis::{BLURS, END_TABLES, EndRows, stretches};
use crate::pipeline::decode::linear::fit::model::Kind;
use crate::pipeline::decode::linear::fit::template::{Optics, Sampler};
use crate::pipeline::decode::linear::fit::{Choice, Side, best_of, place, tables};
use crate::pipeline::decode::pool::Pools;
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
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=45;

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
}

/// What `profile`, of which `side` is one, can be followed as.
pub fn runs(profile: &[f32], side: &Side, formats: &Formats, pools: &Pools) -> Vec<Run> {
    let mirror = |(from, to): (f32, f32)| match side.mirrored {
        None => (from, to),
        Some(columns) => (columns as f32 - 1.0 - to, columns as f32 - 1.0 - from),
    };
    let mut ends: Vec<(f32, f32)> = stretches(profile, pools).into_iter().map(mirror).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let edges = &Bars::of(profile, 0.2, pools).edges;
    let mut found = Vec::new();
    // What may begin at one place may end at several.
    for ends in ends.chunk_by(|a, b| (a.0 - b.0).abs() < 0.1) {
        for (kind, rows) in &END_TABLES.tables {
            let wanted = match kind {
                Kind::Code128(_) => formats.has(Symbology::Code128),
                Kind::Code39(..) => formats.has(Symbology::Code39),
                Kind::Ean13 | Kind::Ean8 => false,
            };
            if wanted && let Some(longest) = ends.first() {
                let (from, to) = mirror(*longest);
                let n_elements = edges.iter().filter(|e| (from..to).contains(*e)).count();
                for start in starts(*kind, rows, (*longest, n_elements), &side.sampler) {
                    let follow = |ends: &(f32, f32)| follow(*kind, *ends, start, &side.sampler);
                    found.extend(ends.iter().filter_map(follow));
                }
            }
        }
    }
    found
}

/// The modules that a start character at the first of two ends, between which there are so many bars and spaces, may have, at most two, and the blur that suits each.
fn starts(
    kind: Kind,
    rows: &[EndRows],
    ((from, to), n_elements): ((f32, f32), usize),
    sampler: &Sampler,
) -> Vec<(f32, Optics)> {
    let (modules, _) = kind.ends();
    let columns = |characters: usize| (to - from) / (modules * characters as f32);
    let in_character = if matches!(kind, Kind::Code39(..)) { 10.0 } else { 6.0 };
    let mean = (to - from) / n_elements.max(1) as f32 * in_character / modules;
    let most = columns(*LENGTHS.start() - 1).min(14.0).min(NEAR_MEAN.1 * mean);
    let mut pitch = columns(*LENGTHS.end()).max(0.95).max(NEAR_MEAN.0 * mean);
    let mut window = Vec::new();
    let mut tried: Vec<(f32, f32, Optics)> = Vec::new();
    let likeness = |rows: &EndRows, window: &[f32]| (best_of(&rows.first, window).1, rows.optics);
    while pitch < most {
        sampler.window(from, pitch, modules, &mut window);
        let (plain, grown) = rows.split_at(BLURS.len().min(rows.len()));
        let best_among = |rows: &[EndRows]| {
            rows.iter().map(|r| likeness(r, &window)).max_by(|a, b| a.0.total_cmp(&b.0))
        };
        let plain = best_among(plain);
        let grown = plain.filter(|p| p.0 > WORTH_TRYING).and_then(|_| best_among(grown));
        let best = plain.into_iter().chain(grown).max_by(|a, b| a.0.total_cmp(&b.0));
        tried.extend(best.map(|(likeness, optics)| (likeness, pitch, optics)));
        pitch *= STEP;
    }
    let at = |k: usize| tried.get(k).map_or(-1.0, |t| t.0);
    let is_peak = |k: usize| at(k) >= at(k + 1) && k.checked_sub(1).is_none_or(|b| at(k) > at(b));
    let peaks = tried.iter().enumerate().filter(|(k, t)| t.0 > MIN_START && is_peak(*k));
    let mut peaks: Vec<_> = peaks.map(|(_, peak)| *peak).collect();
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
    peaks.into_iter().take(2).map(|(_, pitch, optics)| (pitch, optics)).collect()
}

/// Follows the characters of a kind of symbol from the first of `ends` until the second is reached.
fn follow(
    like: Kind,
    ends: (f32, f32),
    (first, optics): (f32, Optics),
    sampler: &Sampler,
) -> Option<Run> {
    let model = like.model();
    let tables = &*tables(&model, optics);
    let (opening, closing) = like.ends();
    let (mut at, mut pitch, mut drift) = (ends.0, first, 0.0_f32);
    let mut choices: Vec<Choice> = Vec::new();
    let mut likeness = 0.0;
    let mut is_last = false;
    while !is_last {
        is_last = (ends.1 - at) / pitch < closing + 0.4 * opening;
        let slot = if choices.is_empty() { 0 } else { 1 + usize::from(is_last) };
        let modules = model.alphabets.get(slot)?.modules;
        let shifts = if choices.is_empty() { &SHIFTS[..1] } else { &SHIFTS[..] };
        let choice = nearest(tables.among.get(slot)?, (at, pitch, modules), shifts, sampler)?;
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
    let curve = place(&mut choices, &kind.model(), ends)?;
    Some(Run { kind, ends, curve, optics, likeness: likeness / n as f32 })
}

/// The row most like the profile about `at`.
fn nearest(
    rows: &[Vec<f32>],
    (at, pitch, modules): (f32, f32, f32),
    shifts: &[f32],
    sampler: &Sampler,
) -> Option<Choice> {
    let mut window = Vec::new();
    let choice = |shift: &f32| {
        let at = at + shift * pitch;
        sampler.window(at, pitch, modules, &mut window);
        let (row, correlation, _) = best_of(rows, &window);
        // Far shifts must pay for themselves.
        let score = correlation - 0.05 * shift.abs();
        (score, Choice { row, at, pitch, correlation, doubt: 1.0 })
    };
    shifts.iter().map(choice).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, choice)| choice)
}
