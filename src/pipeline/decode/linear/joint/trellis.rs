//! All characters of a symbol at once: the whole reading that explains a profile best, and the next best one.
//!
//! The darkness of a blurred symbol is the sum of its characters' darknesses, each spread by itself, so the square
//! error of a reading falls into terms of one character and terms of two neighbours: the best of all readings is
//! found by dynamic programming (Viterbi), without a guess at any place.

use crate::pipeline::decode::lanes::{dot, least_sum};
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::fit::template::Elements;
use crate::pipeline::decode::linear::joint::spread::{Shape, Spread};

/// Samples a module.
pub const SAMPLES: usize = 4;

/// Modules to each side of a character that its darkness reaches.
pub const REACH: usize = 3;

/// Samples of a reach.
const TAIL: usize = REACH * SAMPLES;

/// Most characters of one place that are followed.
const FOLLOWED: usize = 16;

/// Characters as they look through one blur.
#[derive(Debug)]
pub struct Bank {
    /// The darkness of each row of each alphabet, from [`REACH`] modules before it to as many after it.
    rows: Vec<Vec<Vec<f32>>>,
    /// The energy of each.
    energies: Vec<Vec<f32>>,
    /// The products of the rows of two alphabets where characters of both are neighbours: those of the first
    /// change faster.
    beside: Vec<((usize, usize), Vec<f32>)>,
}

impl Bank {
    /// The characters of `model`, through a spread of `deviation` modules, bars `growth` modules too wide.
    pub fn new(model: &Model, shape: Shape, deviation: f32, growth: f32) -> Self {
        let spread = Spread::of(shape);
        let most = model.alphabets.iter().map(|a| n_samples(a.modules)).max().unwrap_or(0);
        let steps = Steps::new(spread, most, (deviation, growth));
        let rows: Vec<Vec<Vec<f32>>> = model
            .alphabets
            .iter()
            .map(|a| a.rows.iter().map(|row| darkness(row, &steps)).collect())
            .collect();
        let energy = |row: &Vec<f32>| row.iter().map(|v| v * v).sum::<f32>();
        let energies = rows.iter().map(|a| a.iter().map(energy).collect()).collect();
        let mut beside: Vec<((usize, usize), Vec<f32>)> = Vec::new();
        for pair in model.slots.windows(2) {
            let pair = (pair[0], pair[1]);
            if !beside.iter().any(|(known, _)| *known == pair) {
                let (before, after) = (&rows[pair.0], &rows[pair.1]);
                let products = after.iter().flat_map(|a| before.iter().map(move |b| overlap(b, a)));
                beside.push((pair, products.collect()));
            }
        }
        Self { rows, energies, beside }
    }

    /// The products of the rows of a pair of alphabets.
    fn products(&self, pair: (usize, usize)) -> &[f32] {
        self.beside.iter().find(|(known, _)| *known == pair).map_or(&[], |(_, products)| products)
    }
}

impl Bank {
    /// The costs of the rows of `slot` between average neighbours.
    fn means_beside(
        &self,
        own: &[f32],
        slot: usize,
        before: Option<usize>,
        after: Option<usize>,
    ) -> Vec<f32> {
        let mut costs = own.to_vec();
        let n = own.len();
        if let Some(before) = before {
            let width = self.rows[before].len();
            for (cost, products) in
                costs.iter_mut().zip(self.products((before, slot)).chunks(width))
            {
                *cost += products.iter().sum::<f32>() / width as f32;
            }
        }
        if let Some(after) = after {
            let height = self.rows[after].len() as f32;
            for products in self.products((slot, after)).chunks(n) {
                costs.iter_mut().zip(products).for_each(|(cost, p)| *cost += p / height);
            }
        }
        costs
    }

    /// The error of the best reading of `darkness`, as [`Trellis::best`] has it, and its variance: all rows are
    /// followed and none is kept.
    pub fn least(&self, model: &Model, darkness: &[f32]) -> (f32, f32) {
        let energy: f32 = dot(darkness, darkness);
        let sum: f32 = darkness.iter().sum();
        let (mut costs, mut next): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
        let mut at = 0;
        for (k, slot) in model.slots.iter().enumerate() {
            let rows = &self.rows[*slot];
            let length = rows.first().map_or(0, Vec::len);
            let window = darkness.get(at..at + length).unwrap_or_default();
            let own = rows.iter().zip(&self.energies[*slot]).map(|(r, e)| e - 2.0 * dot(r, window));
            next.clear();
            if let Some(before) = k.checked_sub(1).and_then(|k| model.slots.get(k)) {
                let ways = self.products((*before, *slot)).chunks(costs.len().max(1));
                next.extend(own.zip(ways).map(|(own, pairs)| own + least_sum(&costs, pairs)));
            } else {
                next.extend(own);
            }
            std::mem::swap(&mut costs, &mut next);
            at += length.saturating_sub(2 * TAIL);
        }
        let error = costs.iter().copied().fold(f32::MAX, f32::min);
        (error + energy, energy - sum * sum / darkness.len().max(1) as f32)
    }
}

/// Samples of a character of so many modules, those before and after it counted.
fn n_samples(modules: f32) -> usize {
    (modules * SAMPLES as f32).round() as usize + 2 * TAIL
}

/// The brightness beside an edge into a bar and one out of it, sample by sample: edges lie between samples, so all
/// characters have the same.
struct Steps {
    into: Vec<f32>,
    out_of: Vec<f32>,
    /// The sample before which the edge is.
    edge: usize,
}

impl Steps {
    /// Those of characters of at most `most` samples, through a spread of `deviation` modules, bars `growth` too wide.
    fn new(spread: &Spread, most: usize, (deviation, growth): (f32, f32)) -> Self {
        let per = 1.0 / deviation.max(0.05);
        let side = |moved: f32| {
            let past = |k: usize| (k as f32 + 0.5 - most as f32) / SAMPLES as f32;
            (0..2 * most).map(|k| spread.at((past(k) - moved) * per).0).collect()
        };
        Self { into: side(-growth / 2.0), out_of: side(growth / 2.0), edge: most }
    }
}

/// The darkness of one character, 0 to 1, at [`SAMPLES`] a module.
fn darkness(row: &Elements, steps: &Steps) -> Vec<f32> {
    let mut values = vec![0.0; n_samples(row.modules())];
    let mut at = 0.0;
    let mut dark = row.dark_first;
    for width in &row.widths {
        if dark {
            let from = |modules: f32| {
                (steps.edge - TAIL).saturating_sub((modules * SAMPLES as f32).round() as usize)
            };
            let bar =
                steps.into.iter().skip(from(at)).zip(steps.out_of.iter().skip(from(at + width)));
            values.iter_mut().zip(bar).for_each(|(value, (into, out_of))| *value += into - out_of);
        }
        at += width;
        dark = !dark;
    }
    values
}

/// What makes a reading a whole one: a sum of weighted values that is 0 in a modulus, of rows that are allowed.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The modulus of the sum; 1 where there is no check character.
    pub modulus: usize,
    /// The sum before the first place.
    pub start: usize,
    /// The weight of each place.
    pub weights: Vec<usize>,
    /// Values are taken in this modulus (digits: 10).
    pub values: usize,
    /// The rows that are allowed at each place.
    pub allowed: Vec<(usize, usize)>,
}

impl Rule {
    /// Whether `rows` of `model` keep it.
    pub fn is_kept_by(&self, model: &Model, rows: &[usize]) -> bool {
        let value = |(k, row): (usize, &usize)| (model.alphabet(k).first + row) % self.values;
        let products = rows.iter().enumerate().zip(&self.weights).map(|(r, w)| value(r) * w);
        let allowed = |(row, (low, high)): (&usize, &(usize, usize))| (low..high).contains(&row);
        (self.start + products.sum::<usize>()).is_multiple_of(self.modulus)
            && rows.iter().zip(&self.allowed).all(allowed)
    }
}

/// Rows of the places, and the square error that is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The row of each place.
    pub rows: Vec<usize>,
    /// The sum of square errors.
    pub error: f32,
}

/// One place of the trellis: the rows that are followed there.
#[derive(Debug)]
struct Place {
    rows: Vec<usize>,
    /// The cost of each by itself.
    own: Vec<f32>,
    /// The cost of each beside each row of the place before, which changes faster.
    beside: Vec<f32>,
}

/// A profile's darkness against the characters of a model.
#[derive(Debug)]
pub struct Trellis<'a> {
    model: &'a Model,
    places: Vec<Place>,
    energy: f32,
    mean_energy: f32,
}

impl<'a> Trellis<'a> {
    /// The trellis of `darkness`, which has [`SAMPLES`] a module and [`REACH`] modules around the symbol, through
    /// the blurs of `banks`: each is that of as many characters, from the first to the last.
    pub fn new(model: &'a Model, banks: &[Bank], darkness: &[f32]) -> Self {
        let energy = darkness.iter().map(|v| v * v).sum();
        let sum: f32 = darkness.iter().sum();
        let mean_energy = sum * sum / darkness.len().max(1) as f32;
        let mut places: Vec<Place> = Vec::with_capacity(model.slots.len());
        let mut at = 0;
        for (k, slot) in model.slots.iter().enumerate() {
            let bank = &banks[k * banks.len() / model.slots.len()];
            let rows = &bank.rows[*slot];
            let length = rows.first().map_or(0, Vec::len);
            let window = darkness.get(at..at + length).unwrap_or_default();
            let own: Vec<f32> = rows
                .iter()
                .zip(&bank.energies[*slot])
                .map(|(row, energy)| energy - 2.0 * dot(row, window))
                .collect();
            let mut kept: Vec<usize> = (0..rows.len()).collect();
            let (before, after) =
                (k.checked_sub(1).and_then(|k| model.slots.get(k)), model.slots.get(k + 1));
            if kept.len() > 2 * FOLLOWED {
                let costs = bank.means_beside(&own, *slot, before.copied(), after.copied());
                kept.sort_by(|a, b| costs[*a].total_cmp(&costs[*b]));
                kept.truncate(FOLLOWED);
            }
            let beside = match (places.last(), before) {
                (Some(last), Some(before)) => {
                    let products = bank.products((*before, *slot));
                    let width = bank.rows[*before].len();
                    let pairs =
                        kept.iter().flat_map(|row| last.rows.iter().map(move |b| row * width + b));
                    pairs.map(|k| products[k]).collect()
                }
                _ => vec![0.0; kept.len()],
            };
            let own = kept.iter().map(|row| own[*row]).collect();
            places.push(Place { rows: kept, own, beside });
            at += length.saturating_sub(2 * TAIL);
        }
        Self { model, places, energy, mean_energy }
    }

    /// The energy of the profile's darkness about its mean.
    pub fn variance(&self) -> f32 {
        self.energy - self.mean_energy
    }

    /// The best reading, whether its check character is right or not.
    pub fn best(&self) -> Path {
        let mut costs: Vec<f32> = Vec::new();
        let mut from: Vec<Vec<usize>> = Vec::new();
        for place in &self.places {
            let width = costs.len().max(1);
            let mut next = Vec::with_capacity(place.rows.len());
            let mut back = Vec::with_capacity(place.rows.len());
            for (own, beside) in place.own.iter().zip(place.beside.chunks(width)) {
                let ways = costs.iter().zip(beside).map(|(cost, pair)| cost + pair).enumerate();
                let best = ways.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0));
                next.push(best.1 + own);
                back.push(best.0);
            }
            costs = next;
            from.push(back);
        }
        let (mut at, error) = costs
            .iter()
            .copied()
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, f32::MAX));
        let mut rows = vec![0; self.places.len()];
        for (k, place) in self.places.iter().enumerate().rev() {
            rows[k] = place.rows.get(at).copied().unwrap_or_default();
            at = from[k].get(at).copied().unwrap_or_default();
        }
        Path { rows, error: error + self.energy }
    }

    /// The two best readings that keep `rule`.
    pub fn best_two(&self, rule: &Rule) -> Vec<Path> {
        // A state is a row and a sum; each keeps its two best ways and where they come from.
        let mut layers: Vec<Vec<[(f32, usize); 2]>> = Vec::new();
        let none = [(f32::MAX, 0); 2];
        for (k, place) in self.places.iter().enumerate() {
            let first = self.model.alphabet(k).first;
            let (low, high) = rule.allowed[k];
            let mut layer = vec![none; place.rows.len() * rule.modulus];
            let last = layers.last();
            let width = if k == 0 { 1 } else { self.places[k - 1].rows.len() };
            for (j, row) in place.rows.iter().enumerate() {
                if !(low..high).contains(row) {
                    continue;
                }
                let add = rule.weights[k] * ((first + row) % rule.values) % rule.modulus;
                let Some(last) = last else {
                    layer[j * rule.modulus + (rule.start + add) % rule.modulus][0] =
                        (place.own[j], 0);
                    continue;
                };
                let steps = &place.beside[j * width..(j + 1) * width];
                let states = &mut layer[j * rule.modulus..(j + 1) * rule.modulus];
                for (b, pair) in steps.iter().enumerate() {
                    let known = &last[b * rule.modulus..(b + 1) * rule.modulus];
                    extend(states, known, (add, pair + place.own[j], b * rule.modulus));
                }
            }
            layers.push(layer);
        }
        self.traced(rule, &layers)
    }

    fn traced(&self, rule: &Rule, layers: &[Vec<[(f32, usize); 2]>]) -> Vec<Path> {
        let Some(last) = layers.last() else { return Vec::new() };
        let mut ends: Vec<(f32, usize)> = Vec::new();
        for (state, ways) in last.iter().enumerate() {
            if state.is_multiple_of(rule.modulus) {
                let whole = ways.iter().enumerate().filter(|(_, way)| way.0 < f32::MAX);
                ends.extend(whole.map(|(rank, way)| (way.0, state * 2 + rank)));
            }
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let trace = |(error, end): (f32, usize)| {
            let mut rows = vec![0; layers.len()];
            let mut at = end;
            for (k, layer) in layers.iter().enumerate().rev() {
                let (state, rank) = (at / 2, at % 2);
                rows[k] = self.places[k].rows[state / rule.modulus];
                at = layer[state][rank].1;
            }
            Path { rows, error: error + self.energy }
        };
        ends.into_iter().take(2).map(trace).collect()
    }
}

/// Extends the ways to each sum by a row that adds `add` to the sum and `cost` to the error; the first of `known`
/// is state `first`.
fn extend(
    states: &mut [[(f32, usize); 2]],
    known: &[[(f32, usize); 2]],
    (add, cost, first): (usize, f32, usize),
) {
    let modulus = states.len();
    for (sum, ways) in known.iter().enumerate() {
        for (rank, (error, _)) in ways.iter().enumerate() {
            if *error < f32::MAX {
                keep(&mut states[(sum + add) % modulus], (error + cost, 2 * (first + sum) + rank));
            }
        }
    }
}

fn keep(state: &mut [(f32, usize); 2], way: (f32, usize)) {
    if way.0 < state[0].0 {
        state[1] = state[0];
        state[0] = way;
    } else if way.0 < state[1].0 {
        state[1] = way;
    }
}

/// Twice the product of two neighbours where both are dark.
fn overlap(before: &[f32], after: &[f32]) -> f32 {
    let from = before.len().saturating_sub(2 * TAIL);
    2.0 * dot(&before[from..], after.get(..2 * TAIL).unwrap_or(after))
}
