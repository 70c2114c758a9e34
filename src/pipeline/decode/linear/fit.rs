//! Where blur and low resolution leave no edges: the characters most like the profile, place by place.
//!
//! The two ends of a symbol and the number of its characters give every character's place. Each place is compared
//! with every character as it would look through the blur; the symbol's own ends tell how much blur there is.
//! What comes out is judged by how much worse the next best character would be, at the worst place.

pub mod hypothesis;
pub mod model;
pub mod pools;
pub mod run;
pub mod table;
pub mod template;

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::pipeline::decode::lanes::dot;
use crate::pipeline::decode::linear::fit::hypothesis::{Hypothesis, N_OPTICS, rank};
use crate::pipeline::decode::linear::fit::model::{Kind, Model};
use crate::pipeline::decode::linear::fit::table::Table;
use crate::pipeline::decode::linear::fit::template::{
    Elements, Optics, Sampler, add_beside, alone, normalise, render,
};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::linear::{code39, code128, ean};
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::symbol::Symbology;

/// Characters of a place that are compared between its true neighbours.
const LIKELY: usize = 10;

/// Least mean correlation of the characters of a reading.
const MIN_MEAN: f32 = 0.85;

/// The same of their first choice, which a better place may raise by a few hundredths.
const MIN_FIRST: f32 = 0.75;

/// Where the next character is looked for, in modules beside where it should be.
const SHIFTS: [f32; 5] = [0.0, -0.2, 0.2, -0.4, 0.4];

/// What a place was read as.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The row of its alphabet.
    pub row: usize,
    /// Where it begins, in columns.
    pub at: f32,
    /// Columns a module.
    pub pitch: f32,
    /// Its correlation with the profile.
    pub correlation: f32,
    /// What the best character leaves unexplained, against the next best: 0 (nothing) to 1 (as much).
    pub doubt: f32,
}

/// A profile seen from one of its ends.
#[derive(Debug)]
pub struct Side<'p> {
    sampler: Lent<'p, Sampler>,
    /// Columns of the profile where it is seen from its last column.
    mirrored: Option<usize>,
}

impl<'p> Side<'p> {
    /// `profile` from its first column and from its last.
    pub fn both(profile: &[f32], pools: &'p Pools) -> [Self; 2] {
        let [mut forward, mut backward] = [pools.fit.samplers.lend(), pools.fit.samplers.lend()];
        forward.take(profile.iter().copied());
        backward.take(profile.iter().rev().copied());
        [
            Self { sampler: forward, mirrored: None },
            Self { sampler: backward, mirrored: Some(profile.len()) },
        ]
    }

    /// What `hypothesis`, made for this side, reads here.
    pub fn read(&self, hypothesis: &Hypothesis, pools: &Pools) -> Option<Reading> {
        let mut reading = follow(hypothesis, &self.sampler, &mut pools.fit.rooms.lend())?;
        if let Some(columns) = self.mirrored {
            // Positions of the mirrored profile, as the readers of mirrored bars have them.
            let last = columns as f32 - 1.0;
            reading.ends = (reading.ends.0 - last, reading.ends.1 - last);
            reading.backward = true;
        }
        Some(reading)
    }

    /// Columns from `from` to `to` of the profile as they are seen from this side, or back.
    fn mirror(&self, (from, to): (f32, f32)) -> (f32, f32) {
        match self.mirrored {
            None => (from, to),
            Some(columns) => (columns as f32 - 1.0 - to, columns as f32 - 1.0 - from),
        }
    }
}

/// Room in which a profile is compared with characters.
#[derive(Debug, Default)]
pub struct Room {
    view: View,
    /// The characters so far, and what they stand for.
    choices: Vec<Choice>,
    values: Vec<usize>,
    /// The darkness of the neighbours of a place, and with one of its characters.
    around: Vec<f32>,
    among: Vec<f32>,
    /// Modules of a start character that were tried.
    tried: Vec<run::Start>,
}

/// Where a character begins, columns a module and its modules.
type Place = (f32, f32, f32);

/// A window of a profile and how much characters look like it.
#[derive(Debug, Default)]
pub struct View {
    window: Vec<f32>,
    likeness: Vec<f32>,
}

impl View {
    /// How much each row of `table` looks like the character at `place`.
    fn compare(&mut self, table: &Table, (at, pitch, modules): Place, sampler: &Sampler) -> &[f32] {
        sampler.window(at, pitch, modules, &mut self.window);
        self.compare_again(table)
    }

    /// The same at the place that was seen last.
    fn compare_again(&mut self, table: &Table) -> &[f32] {
        table.products(&self.window, &mut self.likeness);
        &self.likeness
    }

    /// The row of `table` that looks most like a character at one of `shifts`, in modules, beside `at`.
    fn nearest(
        &mut self,
        table: &Table,
        (at, pitch, modules): Place,
        shifts: &[f32],
        sampler: &Sampler,
    ) -> Option<Choice> {
        let choice = |shift: &f32| {
            let at = at + shift * pitch;
            let likeness = self.compare(table, (at, pitch, modules), sampler);
            let (row, correlation, _) = best_two(likeness.iter().copied());
            // Far shifts must pay for themselves.
            let score = correlation - 0.05 * shift.abs();
            (score, Choice { row, at, pitch, correlation, doubt: 1.0 })
        };
        let choices = shifts.iter().map(choice);
        let best = choices.reduce(|best, other| if other.0 > best.0 { other } else { best });
        best.map(|(_, choice)| choice)
    }
}

fn template(row: &Elements, alphabet: &model::Alphabet, optics: Optics) -> Vec<f32> {
    let mut values = render(row, 0.0, alphabet.modules, optics, alphabet.around);
    normalise(&mut values);
    values
}

/// The place of the greatest likeness, it and the next greatest.
fn best_two(likeness: impl Iterator<Item = f32>) -> (usize, f32, f32) {
    let (mut best, mut next) = ((0, -1.0), -1.0);
    for (k, likeness) in likeness.enumerate() {
        if likeness > best.1 {
            (best, next) = ((k, likeness), best.1);
        } else if likeness > next {
            next = likeness;
        }
    }
    (best.0, best.1, next)
}

/// The characters of a model through one blur.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Between average neighbours, normalised: a table for each alphabet.
    pub among: Vec<Table>,
    /// Each alone on paper, as [`alone`] has it: a list for each alphabet.
    pub alone: Vec<Vec<Vec<f32>>>,
}

/// Those of each kind of symbol and of all optics that hypotheses have, drawn when first needed.
static TABLES: [OnceLock<Tables>; Kind::N_LIKE * N_OPTICS] =
    [const { OnceLock::new() }; Kind::N_LIKE * N_OPTICS];

/// The rows of `model` through `optics`.
pub fn tables(model: &Model, optics: Optics) -> Cow<'static, Tables> {
    let draw = || {
        let among = |a: &model::Alphabet| Table::of(a.rows.iter().map(|r| template(r, a, optics)));
        let alone = |a: &model::Alphabet| a.rows.iter().map(|r| alone(r, optics)).collect();
        Tables {
            among: model.alphabets.iter().map(among).collect(),
            alone: model.alphabets.iter().map(alone).collect(),
        }
    };
    let known = rank(optics).and_then(|rank| TABLES.get(model.kind.like() * N_OPTICS + rank));
    known.map_or_else(|| Cow::Owned(draw()), |known| Cow::Borrowed(known.get_or_init(draw)))
}

fn follow(hypothesis: &Hypothesis, sampler: &Sampler, room: &mut Room) -> Option<Reading> {
    let model = &hypothesis.kind.model();
    let optics = &hypothesis.optics;
    let tables = &*tables(model, *optics);
    track(hypothesis, &tables.among, sampler, room)?;
    for least in [MIN_FIRST, MIN_MEAN] {
        place(&mut room.choices, model, (hypothesis.from, hypothesis.to))?;
        choose(model, tables, sampler, room);
        let choices = &room.choices;
        let mean = choices.iter().map(|c| c.correlation).sum::<f32>() / choices.len() as f32;
        if mean < least {
            return None;
        }
    }
    let Room { choices, values, .. } = room;
    let worst = choices.iter().map(|c| c.doubt).fold(0.0, f32::max);
    values.clear();
    values.extend(choices.iter().enumerate().map(|(k, c)| model.alphabet(k).first + c.row));
    let (symbology, text, identifier) = content(model, values)?;
    let most = if model.kind == Kind::Ean13 { 0.65 } else { 0.8 };
    if worst > most {
        return None;
    }
    let mut reading = Reading::new(symbology, text, identifier, (hypothesis.from, hypothesis.to));
    reading.module = (hypothesis.to - hypothesis.from) / model.modules();
    reading.margin = 1.0 - worst;
    reading.growth = optics.growth;
    Some(reading)
}

/// From character to character, the place of the next one corrected by where this one fits best.
fn track(
    hypothesis: &Hypothesis,
    tables: &[Table],
    sampler: &Sampler,
    Room { view, choices, .. }: &mut Room,
) -> Option<()> {
    let model = hypothesis.kind.model();
    let mut likeness = 0.0;
    let (mut at, mut pitch) = (hypothesis.from, hypothesis.pitch);
    choices.clear();
    for slot in model.slots() {
        let modules = model.alphabets[slot].modules;
        // A guard is too short to say where it is.
        let shifts = if modules < 6.0 { &SHIFTS[..1] } else { &SHIFTS };
        let choice = view.nearest(&tables[slot], (at, pitch, modules), shifts, sampler)?;
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
    ((at - hypothesis.to).abs() < 1.2 * pitch).then_some(())
}

/// Puts the characters on a smooth curve through where they were found and the two ends: what it returns are the
/// terms of t (1 - t) and of t² (1 - t), t from 0 to 1.
pub fn place(
    choices: &mut [Choice],
    model: &Model,
    (begin, end): (f32, f32),
) -> Option<(f32, f32)> {
    let total = model.modules();
    let length = end - begin;
    // x = from + length * (t + t (1 - t) (a + b t)): least squares for a and b.
    let (mut saa, mut sab, mut sbb, mut sa, mut sb) = (1e-3, 0.0, 1e-3, 0.0, 0.0);
    let mut done = 0.0;
    for (k, choice) in choices.iter().enumerate() {
        let t = done / total;
        done += model.alphabet(k).modules;
        let (u, v) = (t * (1.0 - t), t * t * (1.0 - t));
        let off = (choice.at - begin) / length - t;
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
    let x = |t: f32| begin + length * (t + t * (1.0 - t) * (a + b * t));
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
    Some((a, b))
}

/// Chooses each character anew, now between the neighbours that it has.
fn choose(
    model: &Model,
    tables: &Tables,
    sampler: &Sampler,
    Room { view, choices, around, among, .. }: &mut Room,
) {
    for k in 0..choices.len() {
        let (slot, alphabet) = (model.slot(k), model.alphabet(k));
        let place = (choices[k].at, choices[k].pitch, alphabet.modules);
        let (likely, n) = likely(view.compare(&tables.among[slot], place, sampler));
        let likely = &likely[..n];
        let window = &view.window;
        // Darkness adds up: that of the neighbours is the same for each row.
        around.clear();
        around.resize(window.len(), 0.0);
        let neighbour = |k: usize| &tables.alone[model.slot(k)][choices[k].row];
        if let Some(before) = k.checked_sub(1) {
            add_beside(around, neighbour(before), model.alphabet(before).modules);
        }
        if k + 1 < choices.len() {
            add_beside(around, neighbour(k + 1), -alphabet.modules);
        }
        // Where only one character may stand, it has to look more like it than like any other.
        let others = if alphabet.rows.len() < 2 { model.others() } else { None };
        let others = others.map_or(&[][..], |slot| &tables.alone[slot]);
        let rows = likely.iter().map(|row| &tables.alone[slot][*row]).chain(others);
        let likeness = rows.map(|row| {
            among.clone_from(around);
            add_beside(among, row, 0.0);
            normalise(among);
            dot(among, window)
        });
        let (row, best, next) = best_two(likeness);
        let unexplained = |c: f32| 1.0 - c.max(0.0) * c.max(0.0);
        let doubt = match likely.get(row) {
            Some(_) if likely.len() + others.len() < 2 => 0.0,
            Some(_) => unexplained(best) / unexplained(next).max(1e-6),
            None => 1.0,
        };
        let row = row.min(likely.len().saturating_sub(1));
        choices[k] = Choice { row: likely[row], correlation: best, doubt, ..choices[k] };
    }
}

/// The few rows of the greatest `likeness`, the greatest first, and how many they are.
fn likely(likeness: &[f32]) -> ([usize; LIKELY], usize) {
    let (mut rows, mut n) = ([0; LIKELY], 0);
    for (row, value) in likeness.iter().enumerate() {
        // Behind those that are as alike.
        let at =
            rows[..n].partition_point(|known: &usize| likeness[*known].total_cmp(value).is_ge());
        if at < LIKELY {
            n = (n + 1).min(LIKELY);
            rows[at..n].rotate_right(1);
            rows[at] = row;
        }
    }
    (rows, n)
}

/// The content of the characters; `None` where a check character or parity is wrong.
pub fn content(model: &Model, values: &[usize]) -> Option<(Symbology, Text, &'static str)> {
    let inner = values.get(1..values.len() - 1)?;
    match model.symbology {
        Symbology::Code128 => {
            let (text, identifier) = code128::text(&values[..values.len() - 1])?;
            Some((Symbology::Code128, text, identifier))
        }
        Symbology::Code39 => Some((Symbology::Code39, code39::text(inner)?, "]A0")),
        Symbology::Ean8 => {
            let (symbology, text) = ean::ean_8(&digits::<8>(inner)?)?;
            Some((symbology, text, "]E4"))
        }
        _ => {
            let (symbology, text) = ean::ean_13(&digits::<12>(inner)?)?;
            Some((symbology, text, "]E0"))
        }
    }
}

/// The digits on both sides of the guard in the middle.
fn digits<const N: usize>(inner: &[usize]) -> Option<[usize; N]> {
    let (left, right) = (inner.get(..N / 2)?, inner.get(N / 2 + 1..=N)?);
    let mut digits = [0; N];
    digits.iter_mut().zip(left.iter().chain(right)).for_each(|(to, digit)| *to = *digit);
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::Formats;
    use crate::pipeline::decode::linear::fit::hypothesis::{hypotheses, stretches};
    use crate::pipeline::decode::profile::smoothed;

    /// A profile of 3 columns a module of Code 128 values, stop character not given.
    fn profile(values: &[usize], blur: usize) -> Vec<f32> {
        let mut columns = vec![220.0_f32; 60];
        let widths = values.iter().chain([&106]).flat_map(|v| code128::PATTERNS[*v]).chain([2]);
        for (k, width) in widths.enumerate() {
            let value = if k % 2 == 0 { 30.0 } else { 220.0 };
            columns.extend(std::iter::repeat_n(value, 3 * usize::from(width)));
        }
        columns.extend([220.0; 60]);
        let pools = Pools::default();
        smoothed(&smoothed(&columns, blur, &pools), blur, &pools).to_vec()
    }

    fn texts(profile: &[f32]) -> Vec<Text> {
        let pools = Pools::default();
        let sides = Side::both(profile, &pools);
        let read = |side: &Side<'_>| {
            let found = hypotheses(&stretches(profile, &pools), side, &Formats::all(), &pools);
            found.iter().filter_map(|h| side.read(h, &pools)).map(|r| r.text).collect::<Vec<_>>()
        };
        let mut texts: Vec<Text> = sides.iter().flat_map(read).collect();
        texts.dedup();
        texts
    }

    #[test]
    fn a_symbol_without_clear_edges_is_fitted_from_both_ends() {
        let values = [104, 33, 34, 35, 36, 37, 38, 39, 40];
        let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
        let values = [&values[..], &[sum % 103]].concat();
        for blur in [0, 1, 2] {
            let mut profile = profile(&values, blur);
            assert_eq!(texts(&profile), ["ABCDEFGH"], "blur {blur}");
            profile.reverse();
            assert_eq!(texts(&profile), ["ABCDEFGH"], "blur {blur}, reversed");
        }
    }

    #[test]
    fn a_wrong_check_character_fits_nothing() {
        let values = [104, 33, 34, 35, 36, 37, 38, 39, 40, 1];
        assert_eq!(texts(&profile(&values, 1)), Vec::<Text>::new());
    }
}
