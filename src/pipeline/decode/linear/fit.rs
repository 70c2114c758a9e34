//! Where blur and low resolution leave no edges: the characters most like the profile, place by place.
//!
//! The two ends of a symbol and the number of its characters give every character's place. Each place is compared
//! with every character as it would look through the blur; the symbol's own ends tell how much blur there is.
//! What comes out is judged by how much worse the next best character would be, at the worst place.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of characters are small and positive"
)]

pub mod model;
pub mod template;

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::fit::model::{Kind, Model, Ratio};
use crate::pipeline::decode::linear::fit::template::{
    Elements, Optics, Sampler, normalise, product, render,
};
use crate::pipeline::decode::linear::{Reading, Slot, code39, code128, ean};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// The blurs that are tried, in modules.
const BLURS: [f32; 4] = [0.35, 0.55, 0.75, 1.0];

/// The growths of bars that are tried, in modules.
const GROWTHS: [f32; 3] = [0.0, -0.3, 0.3];

/// Least and most columns a module.
const PITCH: (f32, f32) = (0.95, 14.0);

/// The models of a stretch whose ends fit best are followed through; the others are dropped.
const FOLLOWED: usize = 4;

/// By how much the modules at an end may differ from the mean.
const END_SCALES: [f32; 5] = [1.0, 0.95, 1.05, 0.9, 1.1];

/// Least mean correlation of both ends at the mean module.
const WORTH_TRYING: f32 = 0.5;

/// Characters of a place that are compared between its true neighbours.
const LIKELY: usize = 10;

/// Least mean correlation of both ends with their characters.
const MIN_ENDS: f32 = 0.8;

/// A kind of symbol laid on a stretch of the profile, judged by its two ends.
#[derive(Debug, Clone, Copy)]
pub struct Hypothesis {
    kind: Kind,
    from: f32,
    to: f32,
    optics: Optics,
    /// Columns a module at the first character.
    pitch: f32,
    score: f32,
}

/// The same for the guards of an EAN, which are short; the rest of it must tell.
const MIN_GUARDS: f32 = 0.6;

/// What a place was read as.
#[derive(Debug, Clone, Copy)]
struct Choice {
    row: usize,
    at: f32,
    pitch: f32,
    correlation: f32,
    /// What the best character leaves unexplained, against the next best: 0 (nothing) to 1 (as much).
    doubt: f32,
}

/// A profile seen from one of its ends.
#[derive(Debug)]
pub struct Side {
    sampler: Sampler,
    /// Columns of the profile where it is seen from its last column.
    mirrored: Option<usize>,
}

impl Side {
    /// `profile` from its first column and from its last.
    pub fn both(profile: &[f32]) -> [Self; 2] {
        let reversed: Vec<f32> = profile.iter().rev().copied().collect();
        [
            Self { sampler: Sampler::new(profile), mirrored: None },
            Self { sampler: Sampler::new(&reversed), mirrored: Some(profile.len()) },
        ]
    }

    /// What `hypothesis`, made for this side, reads here.
    pub fn read(&self, hypothesis: &Hypothesis) -> Option<Reading> {
        let mut reading = follow(hypothesis, &self.sampler)?;
        if let Some(columns) = self.mirrored {
            // Positions of the mirrored profile, as the readers of mirrored bars have them.
            let last = columns as f32 - 1.0;
            reading.ends = (reading.ends.0 - last, reading.ends.1 - last);
            reading.backward = true;
        }
        Some(reading)
    }
}

/// What `profile`, of which `side` is one, may be: the likeliest first.
pub fn hypotheses(profile: &[f32], side: &Side, formats: &Formats) -> Vec<Hypothesis> {
    let ends = EndTables::new();
    let mut found = Vec::new();
    for (from, to) in stretches(profile) {
        let (from, to) = match side.mirrored {
            None => (from, to),
            Some(columns) => (columns as f32 - 1.0 - to, columns as f32 - 1.0 - from),
        };
        for kind in kinds(to - from, formats) {
            found.extend(ends.judge(kind, from, to, &side.sampler));
        }
    }
    found.sort_by(|a: &Hypothesis, b| b.score.total_cmp(&a.score));
    if std::env::var("FITDBG").is_ok() {
        eprintln!(
            "stretches {:?} found {:?}",
            stretches(profile),
            found.iter().take(6).map(|h| (h.kind, h.score)).collect::<Vec<_>>()
        );
    }
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
    chosen.extend(ean.into_iter().take(2).flat_map(blurs));
    chosen
}

/// Where symbols may begin and end: at edges beside free space.
fn stretches(profile: &[f32]) -> Vec<(f32, f32)> {
    // A thin bar at an end is faint in a blur: it is looked for at a low threshold too.
    let [clear, faint] = [0.3, 0.12].map(|share| ends(&Bars::of(profile, share)));
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

/// The characters at both ends of each kind of symbol, under each blur.
struct EndTables {
    tables: Vec<(Kind, Vec<EndRows>)>,
}

/// The templates of the first and of the last character under one blur.
struct EndRows {
    optics: Optics,
    first: Vec<Vec<f32>>,
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
    fn judge(&self, kind: Kind, from: f32, to: f32, sampler: &Sampler) -> Option<Hypothesis> {
        let (_, tables) = self.tables.iter().find(|(other, _)| other.is_like(kind))?;
        let mean = (to - from) / kind.modules();
        let (opening, closing) = kind.ends();
        let window = |scale: f32| {
            let (mut first, mut last) = (Vec::new(), Vec::new());
            let pitch = mean * scale;
            sampler.window(from, pitch, opening, &mut first);
            sampler.window(to - closing * pitch, pitch, closing, &mut last);
            (first, last)
        };
        // The mean module through the plain blurs says whether it is worth trying the others.
        let (first, last) = window(1.0);
        let likeness =
            |rows: &EndRows| best_of(&rows.first, &first).1 + best_of(&rows.last, &last).1;
        if tables.iter().take(BLURS.len()).map(likeness).fold(0.0, f32::max) < 2.0 * WORTH_TRYING {
            return None;
        }
        let windows = END_SCALES.map(window);
        let score = |rows: &EndRows| {
            let (mut first, mut last) = ((0.0, 1.0), 0.0_f32);
            for (scale, (opening, closing)) in END_SCALES.iter().zip(&windows) {
                let likeness = best_of(&rows.first, opening).1;
                if likeness > first.0 {
                    first = (likeness, *scale);
                }
                last = last.max(best_of(&rows.last, closing).1);
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
        let least = if kind == Kind::Ean13 { MIN_GUARDS } else { MIN_ENDS };
        (score > least).then_some(Hypothesis { kind, from, to, optics, pitch, score })
    }
}

fn template(row: &Elements, alphabet: &model::Alphabet, optics: Optics) -> Vec<f32> {
    let mut values = render(row, 0.0, alphabet.modules, optics, alphabet.around);
    normalise(&mut values);
    values
}

/// The row most like `window`, its correlation and the next best one's.
fn best_of(rows: &[Vec<f32>], window: &[f32]) -> (usize, f32, f32) {
    let (mut best, mut next) = ((0, -1.0), -1.0);
    for (k, row) in rows.iter().enumerate() {
        let likeness = product(row, window);
        if likeness > best.1 {
            (best, next) = ((k, likeness), best.1);
        } else if likeness > next {
            next = likeness;
        }
    }
    (best.0, best.1, next)
}

fn follow(hypothesis: &Hypothesis, sampler: &Sampler) -> Option<Reading> {
    let model = &hypothesis.kind.model();
    let optics = &hypothesis.optics;
    let tables: Vec<Vec<Vec<f32>>> = model
        .alphabets
        .iter()
        .map(|a| a.rows.iter().map(|row| template(row, a, *optics)).collect())
        .collect();
    let mut choices = track(hypothesis, model, &tables, sampler)?;
    for _ in 0..2 {
        place(&mut choices, model, hypothesis)?;
        choose(&mut choices, model, *optics, &tables, sampler);
    }
    let worst = choices.iter().map(|c| c.doubt).fold(0.0, f32::max);
    let mean = choices.iter().map(|c| c.correlation).sum::<f32>() / choices.len() as f32;
    let values: Vec<usize> =
        choices.iter().enumerate().map(|(k, c)| model.alphabet(k).first + c.row).collect();
    if std::env::var("FITDBG").is_ok() && hypothesis.kind == Kind::Ean13 {
        eprintln!(
            "ean {:?} {:?} {values:?} worst {worst:.2} mean {mean:.2} {:?}",
            hypothesis.from..hypothesis.to,
            optics,
            choices.iter().map(|c| (c.doubt * 100.0) as i32).collect::<Vec<_>>()
        );
    }
    let (symbology, text, identifier) = content(model, &values)?;
    if mean < 0.85 || worst > 0.8 {
        return None;
    }
    let mut reading = Reading::new(symbology, text, identifier, (hypothesis.from, hypothesis.to));
    reading.module = (hypothesis.to - hypothesis.from) / model.modules();
    reading.margin = 1.0 - worst;
    reading.growth = optics.growth;
    let slot = |(k, c): (usize, &Choice)| {
        let alphabet = model.alphabet(k);
        Slot { from: c.at, to: c.at + c.pitch * alphabet.modules, value: alphabet.first + c.row }
    };
    reading.slots = choices.iter().enumerate().map(slot).collect();
    Some(reading)
}

/// From character to character, the place of the next one corrected by where this one fits best.
fn track(
    hypothesis: &Hypothesis,
    model: &Model,
    tables: &[Vec<Vec<f32>>],
    sampler: &Sampler,
) -> Option<Vec<Choice>> {
    let mut likeness = 0.0;
    let (mut at, mut pitch) = (hypothesis.from, hypothesis.pitch);
    let mut window = Vec::new();
    let mut choices = Vec::with_capacity(model.slots.len());
    for slot in &model.slots {
        let modules = model.alphabets[*slot].modules;
        let mut best: Option<(f32, Choice)> = None;
        // A guard is too short to say where it is.
        let shifts: &[f32] = if modules < 6.0 { &[0.0] } else { &[0.0, -0.2, 0.2, -0.4, 0.4] };
        for &shift in shifts {
            let here = at + shift * pitch;
            sampler.window(here, pitch, modules, &mut window);
            let (row, correlation, _) = best_of(&tables[*slot], &window);
            // Far shifts must pay for themselves.
            let score = correlation - 0.05 * shift.abs();
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, Choice { row, at: here, pitch, correlation, doubt: 1.0 }));
            }
        }
        let (_, choice) = best?;
        let shift = (choice.at - at) / pitch;
        pitch *= 1.0 + 0.35 * shift / modules.max(5.0);
        at = at + 0.6 * shift * pitch + modules * pitch;
        likeness += choice.correlation;
        choices.push(choice);
        if choices.len() > 3 && likeness < 0.7 * choices.len() as f32 {
            return None;
        }
    }
    // It must end where the symbol ends.
    ((at - hypothesis.to).abs() < 1.2 * pitch).then_some(choices)
}

/// Puts the characters on a smooth curve through where they were found and the two ends.
fn place(choices: &mut [Choice], model: &Model, hypothesis: &Hypothesis) -> Option<()> {
    let total = model.modules();
    let length = hypothesis.to - hypothesis.from;
    // x = from + length * (t + t (1 - t) (a + b t)): least squares for a and b.
    let (mut saa, mut sab, mut sbb, mut sa, mut sb) = (1e-3, 0.0, 1e-3, 0.0, 0.0);
    let mut done = 0.0;
    for (k, choice) in choices.iter().enumerate() {
        let t = done / total;
        done += model.alphabet(k).modules;
        let (u, v) = (t * (1.0 - t), t * t * (1.0 - t));
        let off = (choice.at - hypothesis.from) / length - t;
        let weight = choice.correlation.max(0.0).powi(4);
        saa += weight * u * u;
        sab += weight * u * v;
        sbb += weight * v * v;
        sa += weight * u * off;
        sb += weight * v * off;
    }
    let determinant: f32 = saa * sbb - sab * sab;
    let (a, b) = if determinant.abs() > 1e-9 {
        ((sa * sbb - sb * sab) / determinant, (saa * sb - sab * sa) / determinant)
    } else {
        (sa / saa, 0.0)
    };
    let x = |t: f32| hypothesis.from + length * (t + t * (1.0 - t) * (a + b * t));
    let mut done = 0.0;
    for (k, choice) in choices.iter_mut().enumerate() {
        let modules = model.alphabet(k).modules;
        let (from, to) = (x(done / total), x((done + modules) / total));
        done += modules;
        if to - from <= 0.0 {
            return None;
        }
        (choice.at, choice.pitch) = (from, (to - from) / modules);
    }
    Some(())
}

/// Chooses each character anew, now between the neighbours that it has.
fn choose(
    choices: &mut [Choice],
    model: &Model,
    optics: Optics,
    tables: &[Vec<Vec<f32>>],
    sampler: &Sampler,
) {
    let mut window = Vec::new();
    for k in 0..choices.len() {
        let alphabet = model.alphabet(k);
        let neighbour = |k: usize| &model.alphabet(k).rows[choices[k].row];
        let before = k.checked_sub(1).map(neighbour);
        let after = (k + 1 < choices.len()).then(|| neighbour(k + 1));
        sampler.window(choices[k].at, choices[k].pitch, alphabet.modules, &mut window);
        let likely = likely(&tables[model.slots[k]], &window);
        let rows: Vec<Vec<f32>> = likely
            .iter()
            .map(|row| {
                let (elements, lead) = joined(before, &alphabet.rows[*row], after);
                let mut values = render(&elements, lead, alphabet.modules, optics, (false, false));
                normalise(&mut values);
                values
            })
            .collect();
        let (row, best, next) = best_of(&rows, &window);
        let unexplained = |c: f32| 1.0 - c.max(0.0) * c.max(0.0);
        let doubt =
            if rows.len() < 2 { 0.0 } else { unexplained(best) / unexplained(next).max(1e-6) };
        choices[k] = Choice { row: likely[row], correlation: best, doubt, ..choices[k] };
    }
}

/// The few rows most like `window` between average neighbours.
fn likely(rows: &[Vec<f32>], window: &[f32]) -> Vec<usize> {
    let mut ranked: Vec<(f32, usize)> =
        rows.iter().enumerate().map(|(k, row)| (product(row, window), k)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(LIKELY).map(|(_, k)| k).collect()
}

/// `row` between its neighbours, and the modules before it.
fn joined(before: Option<&Elements>, row: &Elements, after: Option<&Elements>) -> (Elements, f32) {
    let mut widths = Vec::with_capacity(30);
    let mut dark_first = row.dark_first;
    let mut lead = 0.0;
    if let Some(before) = before {
        widths.extend_from_slice(&before.widths);
        dark_first = before.dark_first;
        lead = before.modules();
    }
    append(&mut widths, dark_first, row);
    if let Some(after) = after {
        append(&mut widths, dark_first, after);
    }
    (Elements { dark_first, widths }, lead)
}

/// Appends `more`; where both are of one colour, the two elements become one.
fn append(widths: &mut Vec<f32>, dark_first: bool, more: &Elements) {
    let next_dark = dark_first == widths.len().is_multiple_of(2);
    let mut rest = &more.widths[..];
    if next_dark != more.dark_first
        && let (Some(last), Some((first, others))) = (widths.last_mut(), rest.split_first())
    {
        *last += first;
        rest = others;
    }
    widths.extend_from_slice(rest);
}

/// The content of the characters; `None` where a check character or parity is wrong.
fn content(model: &Model, values: &[usize]) -> Option<(Symbology, String, &'static str)> {
    let inner = values.get(1..values.len() - 1)?;
    match model.symbology {
        Symbology::Code128 => {
            let (text, identifier) = code128::text(&values[..values.len() - 1])?;
            Some((Symbology::Code128, text, identifier))
        }
        Symbology::Code39 => Some((Symbology::Code39, code39::text(inner)?, "]A0")),
        _ => {
            let digits = [inner.get(..6)?, inner.get(7..)?].concat();
            let (symbology, text) = ean::ean_13(&digits)?;
            Some((symbology, text, "]E0"))
        }
    }
}
