//! All characters of a symbol at once: the whole reading that explains a profile best, and the next best one.
//!
//! The darkness of a blurred symbol is the sum of its characters' darknesses, each spread by itself, so the square
//! error of a reading falls into terms of one character and terms of two neighbours: the best of all readings is
//! found by dynamic programming (Viterbi), without a guess at any place.

use crate::pipeline::decode::lanes::dot;
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::joint::bank::{Bank, FOLLOWED, TAIL};

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
                kept.select_nth_unstable_by(FOLLOWED, |a, b| costs[*a].total_cmp(&costs[*b]));
                kept.truncate(FOLLOWED);
            }
            let beside = match (places.last(), before) {
                (Some(last), Some(before)) => bank.beside((*before, *slot), &last.rows, &kept),
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
