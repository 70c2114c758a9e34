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
    /// The trellis of `darkness`, which has a bank's samples a module and its reach around the symbol, through
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

    /// The error of the reading `rows`; `None` where one of them is not followed.
    pub fn error_of(&self, rows: &[usize]) -> Option<f32> {
        let (mut error, mut before) = (self.energy, None);
        for (place, row) in self.places.iter().zip(rows) {
            let at = place.rows.iter().position(|known| known == row)?;
            let width = place.beside.len() / place.rows.len().max(1);
            error += place.own[at] + before.map_or(0.0, |b: usize| place.beside[at * width + b]);
            before = Some(at);
        }
        Some(error)
    }

    /// The two least errors of readings that keep one of `rules`; `limit` where there is none as small.
    pub fn two_least(&self, rules: &[Rule], limit: f32) -> [f32; 2] {
        let ahead = self.ahead();
        let mut least = [limit; 2];
        for rule in rules {
            for error in self.two_least_by(rule, &ahead, limit - self.energy) {
                keep(&mut least, error.map_or(limit, |error| error + self.energy));
            }
        }
        least
    }

    /// What the places after each of its rows add, at least.
    fn ahead(&self) -> Vec<Vec<f32>> {
        let mut ahead: Vec<Vec<f32>> =
            self.places.iter().map(|p| vec![0.0; p.rows.len()]).collect();
        for (k, next) in self.places.iter().enumerate().skip(1).rev() {
            let (before, after) = ahead.split_at_mut(k);
            let (Some(before), Some(after)) = (before.last_mut(), after.first()) else { continue };
            before.fill(f32::MAX);
            let ways = next.beside.chunks(before.len().max(1));
            for (pairs, (own, after)) in ways.zip(next.own.iter().zip(after)) {
                for (least, pair) in before.iter_mut().zip(pairs) {
                    *least = least.min(pair + own + after);
                }
            }
        }
        ahead
    }

    /// The same of one rule. A state is a row and a sum; only those are followed from which `limit` can be kept.
    fn two_least_by(&self, rule: &Rule, ahead: &[Vec<f32>], limit: f32) -> [Option<f32>; 2] {
        let modulus = rule.modulus;
        // As if a row of no cost were before the first.
        let mut states = States::new(modulus);
        states.reach(rule.start % modulus, 0.0);
        for (k, (place, ahead)) in self.places.iter().zip(ahead).enumerate() {
            let first = self.model.alphabet(k).first;
            let (low, high) = rule.allowed[k];
            let width = place.beside.len() / place.rows.len().max(1);
            let mut next = States::new(place.rows.len() * modulus);
            let rows = place.rows.iter().enumerate();
            for (j, row) in rows.filter(|(_, row)| (low..high).contains(row)) {
                let add = rule.weights[k] * ((first + row) % rule.values) % modulus;
                for state in &states.live {
                    let cost = place.beside[j * width + state / modulus] + place.own[j];
                    let there = j * modulus + (state % modulus + add) % modulus;
                    let keeps = |error: &f32| *error < f32::MAX && error + cost + ahead[j] <= limit;
                    let ways = states.least[*state].into_iter().filter(keeps);
                    ways.for_each(|error| next.reach(there, error + cost));
                }
            }
            states = next;
        }
        let mut least = [f32::MAX; 2];
        for state in states.live.iter().filter(|state| state.is_multiple_of(modulus)) {
            states.least[*state].iter().for_each(|error| keep(&mut least, *error));
        }
        least.map(|error| (error < f32::MAX).then_some(error))
    }
}

/// The two least errors of the ways to each state, and the states to which there are any.
struct States {
    least: Vec<[f32; 2]>,
    live: Vec<usize>,
}

impl States {
    fn new(n: usize) -> Self {
        Self { least: vec![[f32::MAX; 2]; n], live: Vec::new() }
    }

    fn reach(&mut self, state: usize, error: f32) {
        if self.least[state][0] >= f32::MAX {
            self.live.push(state);
        }
        keep(&mut self.least[state], error);
    }
}

fn keep(least: &mut [f32; 2], error: f32) {
    if error < least[0] {
        *least = [error, least[0]];
    } else if error < least[1] {
        least[1] = error;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::linear::fit::model::Kind;
    use crate::pipeline::decode::linear::joint::spread::Shape;

    #[test]
    fn a_limit_hides_what_is_beyond_it_and_nothing_else() {
        let model = Kind::Ean8.model();
        let bank = Bank::new(&model, Shape::Mixed, 0.6, 0.0);
        let places = model.slots.len();
        let allowed = (0..places).map(|k| (0, model.alphabet(k).rows.len())).collect();
        let weights = (0..places).map(|k| 1 + 2 * (k % 2)).collect();
        let rules = [Rule { modulus: 10, start: 0, weights, values: 10, allowed }];
        for seed in 1..5 {
            let shade = |k: usize| ((k * k * seed + 7 * k) % 23) as f32 / 23.0;
            let darkness: Vec<f32> = (0..4 * (67 + 6)).map(shade).collect();
            let trellis = Trellis::new(&model, std::slice::from_ref(&bank), &darkness);
            let path = trellis.best();
            let error = trellis.error_of(&path.rows).unwrap();
            assert!((error - path.error).abs() < 1e-3, "{error} {}", path.error);
            let [least, next] = trellis.two_least(&rules, 1e6);
            assert!(path.error <= least + 1e-3 && least < next && next < 1e6);
            let between = f32::midpoint(least, next);
            for (limit, second) in [(next + 0.01, next), (between, between)] {
                let [first, found] = trellis.two_least(&rules, limit);
                assert!((first - least).abs() < 1e-4 && (found - second).abs() < 1e-4);
            }
        }
    }
}
