//! All characters of a symbol at once: the whole reading that explains a profile best, and the next best one.
//!
//! The darkness of a blurred symbol is the sum of its characters' darknesses, each spread by itself, so the square
//! error of a reading falls into terms of one character and terms of two neighbours: the best of all readings is
//! found by dynamic programming (Viterbi), without a guess at any place.

use crate::pipeline::decode::linear::fit::model::{MOST_SLOTS, Model};
use crate::pipeline::decode::linear::joint::bank::{Bank, Beside, FOLLOWED, TAIL};
use crate::pipeline::decode::pool::{Lent, Pools, Profile};

/// What makes a reading a whole one: a sum of weighted values that is 0 in a modulus, of rows that are allowed.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The modulus of the sum; 1 where there is no check character.
    pub modulus: usize,
    /// The sum before the first place.
    pub start: usize,
    /// The weight of each place.
    pub weights: [usize; MOST_SLOTS],
    /// Values are taken in this modulus (digits: 10).
    pub values: usize,
    /// The rows that are allowed at each place.
    pub allowed: [(usize, usize); MOST_SLOTS],
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
#[derive(Debug)]
pub struct Path<'p> {
    /// The row of each place.
    pub rows: Lent<'p, Vec<usize>>,
    /// The sum of square errors.
    pub error: f32,
}

/// The rows that are followed, place after place.
#[derive(Debug, Default)]
pub struct Places {
    rows: Vec<usize>,
    /// The cost of each by itself.
    own: Vec<f32>,
    /// The cost of each beside each row of the place before, which changes faster.
    beside: Vec<f32>,
    /// Where each place ends among the rows and among what is beside them.
    ends: Vec<(usize, usize)>,
    room: Room,
}

/// Room in which a place is worked out.
#[derive(Debug, Default)]
struct Room {
    /// The costs of all rows, by themselves and between average neighbours.
    own: Vec<f32>,
    between: Vec<f32>,
    /// The rows that are kept.
    kept: Vec<usize>,
    beside: Beside,
}

/// One place: the rows that are followed there.
#[derive(Debug, Clone, Copy)]
struct Place<'t> {
    rows: &'t [usize],
    own: &'t [f32],
    beside: &'t [f32],
}

impl Places {
    fn clear(&mut self) {
        self.rows.clear();
        self.own.clear();
        self.beside.clear();
        self.ends.clear();
    }

    /// Adds place `k` of `model`, of whose characters `bank` shows how they look, where darkness is `window`.
    fn add(&mut self, (model, k): (&Model, usize), bank: &Bank, window: &[f32]) {
        let slot = model.slot(k);
        let before = k.checked_sub(1).map(|k| model.slot(k));
        let after = (k + 1 < model.kind.slots()).then(|| model.slot(k + 1));
        let Self { rows, own, beside, ends, room } = self;
        bank.own(slot, window, &mut room.own);
        let kept = &mut room.kept;
        kept.clear();
        kept.extend(0..room.own.len());
        if kept.len() > 2 * FOLLOWED {
            room.between.clone_from(&room.own);
            bank.add_means_beside(&mut room.between, slot, (before, after));
            let cost = |row: &usize| room.between[*row];
            kept.select_nth_unstable_by(FOLLOWED, |a, b| cost(a).total_cmp(&cost(b)));
            kept.truncate(FOLLOWED);
        }
        if let Some(before) = before {
            let first = ends.len().checked_sub(2).map_or(0, |k| ends[k].0);
            bank.add_beside((before, slot), (&rows[first..], kept), &mut room.beside, beside);
        } else {
            beside.resize(kept.len(), 0.0);
        }
        own.extend(kept.iter().map(|row| room.own[*row]));
        rows.extend_from_slice(kept);
        ends.push((rows.len(), beside.len()));
    }

    /// The places from the first to the last.
    fn iter(&self) -> impl DoubleEndedIterator<Item = Place<'_>> + ExactSizeIterator + Clone {
        (0..self.ends.len()).map(|k| {
            let (first, at) = k.checked_sub(1).map_or((0, 0), |before| self.ends[before]);
            let (last, end) = self.ends[k];
            Place {
                rows: &self.rows[first..last],
                own: &self.own[first..last],
                beside: &self.beside[at..end],
            }
        })
    }
}

/// A profile's darkness against the characters of a model.
#[derive(Debug)]
pub struct Trellis<'p> {
    model: Model,
    places: Lent<'p, Places>,
    pools: &'p Pools,
    energy: f32,
    mean_energy: f32,
}

impl<'p> Trellis<'p> {
    /// The trellis of `darkness`, which has a bank's samples a module and its reach around the symbol, through
    /// the blurs of `banks`: each is that of as many characters, from the first to the last.
    pub fn new(model: &Model, banks: &[Bank], darkness: &[f32], pools: &'p Pools) -> Self {
        let energy = darkness.iter().map(|v| v * v).sum();
        let sum: f32 = darkness.iter().sum();
        let mean_energy = sum * sum / darkness.len().max(1) as f32;
        let mut places = pools.joint.places.lend();
        places.clear();
        let mut at = 0;
        for (k, slot) in model.slots().enumerate() {
            let bank = &banks[k * banks.len() / model.kind.slots()];
            let length = bank.length(slot);
            places.add((model, k), bank, darkness.get(at..at + length).unwrap_or_default());
            at += length.saturating_sub(2 * TAIL);
        }
        Self { model: *model, places, pools, energy, mean_energy }
    }

    /// The energy of the profile's darkness about its mean.
    pub fn variance(&self) -> f32 {
        self.energy - self.mean_energy
    }

    /// The best reading, whether its check character is right or not.
    pub fn best(&self) -> Path<'p> {
        let [mut costs, mut next] = [(); 2].map(|()| self.pools.profiles.empty());
        // From which row of the place before the best way to each row comes.
        let [mut from, mut rows] = [(); 2].map(|()| self.pools.joint.rows.empty());
        for place in self.places.iter() {
            next.clear();
            for (own, beside) in place.own.iter().zip(place.beside.chunks(costs.len().max(1))) {
                let ways = costs.iter().zip(beside).map(|(cost, pair)| cost + pair).enumerate();
                let best = ways.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0));
                next.push(best.1 + own);
                from.push(best.0);
            }
            std::mem::swap(&mut costs, &mut next);
        }
        let last = costs.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        let (mut at, error) = last.unwrap_or((0, f32::MAX));
        for place in self.places.iter().rev() {
            rows.push(place.rows.get(at).copied().unwrap_or_default());
            let before = from.len() - place.rows.len();
            at = from.get(before + at).copied().unwrap_or_default();
            from.truncate(before);
        }
        rows.reverse();
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
    pub fn two_least(&self, rules: impl Iterator<Item = Rule>, limit: f32) -> [f32; 2] {
        let ahead = self.ahead();
        let mut states = self.pools.joint.states.lend();
        let mut least = [limit; 2];
        for rule in rules {
            for error in self.two_least_by(&rule, &ahead, limit - self.energy, &mut states) {
                keep(&mut least, error.map_or(limit, |error| error + self.energy));
            }
        }
        least
    }

    /// What the places after each row add, at least: place after place.
    fn ahead(&self) -> Profile<'p> {
        let mut ahead = self.pools.profiles.empty();
        ahead.resize(self.places.rows.len(), 0.0);
        let mut rest = &mut ahead[..];
        let mut places = self.places.iter().rev().peekable();
        while let (Some(next), Some(place)) = (places.next(), places.peek()) {
            let (others, after) = rest.split_at_mut(rest.len() - next.rows.len());
            let (_, before) = others.split_at_mut(others.len() - place.rows.len());
            before.fill(f32::MAX);
            let ways = next.beside.chunks(before.len().max(1));
            for (pairs, (own, after)) in ways.zip(next.own.iter().zip(after)) {
                for (least, pair) in before.iter_mut().zip(pairs) {
                    *least = least.min(pair + own + *after);
                }
            }
            rest = others;
        }
        ahead
    }

    /// The same of one rule. A state is a row and a sum; only those are followed from which `limit` can be kept.
    fn two_least_by(
        &self,
        rule: &Rule,
        mut ahead: &[f32],
        limit: f32,
        [states, next]: &mut [States; 2],
    ) -> [Option<f32>; 2] {
        let modulus = rule.modulus;
        // As if a row of no cost were before the first.
        states.clear(modulus);
        states.reach(State::new(0, rule.start % modulus, modulus), 0.0);
        for (k, place) in self.places.iter().enumerate() {
            let first = self.model.alphabet(k).first;
            let (low, high) = rule.allowed[k];
            let width = place.beside.len() / place.rows.len().max(1);
            next.clear(place.rows.len() * modulus);
            let rows = place.rows.iter().enumerate();
            for (j, row) in rows.filter(|(_, row)| (low..high).contains(row)) {
                let add = rule.weights[k] * ((first + row) % rule.values) % modulus;
                for state in &states.live {
                    let cost = place.beside[j * width + state.row] + place.own[j];
                    let there = State::new(j, state.sum + add, modulus);
                    let keeps = |error: &f32| *error < f32::MAX && error + cost + ahead[j] <= limit;
                    let ways = states.least[state.at].into_iter().filter(keeps);
                    ways.for_each(|error| next.reach(there, error + cost));
                }
            }
            ahead = &ahead[place.rows.len()..];
            std::mem::swap(states, next);
        }
        let mut least = [f32::MAX; 2];
        for state in states.live.iter().filter(|state| state.sum == 0) {
            states.least[state.at].iter().for_each(|error| keep(&mut least, *error));
        }
        least.map(|error| (error < f32::MAX).then_some(error))
    }
}

/// A row of a place, and the sum of the values up to there.
#[derive(Debug, Clone, Copy)]
struct State {
    row: usize,
    sum: usize,
    /// Its place among all.
    at: usize,
}

impl State {
    /// That of a sum which is less than twice the modulus.
    fn new(row: usize, sum: usize, modulus: usize) -> Self {
        let sum = if sum < modulus { sum } else { sum - modulus };
        Self { row, sum, at: row * modulus + sum }
    }
}

/// The two least errors of the ways to each state, and the states to which there are any.
#[derive(Debug, Default)]
pub struct States {
    least: Vec<[f32; 2]>,
    live: Vec<State>,
}

impl States {
    /// Makes them `n` states to which there is no way.
    fn clear(&mut self, n: usize) {
        for state in self.live.drain(..) {
            self.least[state.at] = [f32::MAX; 2];
        }
        self.least.resize(n.max(self.least.len()), [f32::MAX; 2]);
    }

    fn reach(&mut self, state: State, error: f32) {
        let least = &mut self.least[state.at];
        if least[0] >= f32::MAX {
            self.live.push(state);
        }
        keep(least, error);
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
        let pools = Pools::default();
        let bank = Bank::new(&model, Shape::Mixed, (0.6, 0.0), &pools);
        let allowed = [(0, usize::MAX); MOST_SLOTS];
        let weights = std::array::from_fn(|k| 1 + 2 * (k % 2));
        let rules =
            || std::iter::once(Rule { modulus: 10, start: 0, weights, values: 10, allowed });
        for seed in 1..5 {
            let shade = |k: usize| ((k * k * seed + 7 * k) % 23) as f32 / 23.0;
            let darkness: Vec<f32> = (0..4 * (67 + 6)).map(shade).collect();
            let trellis = Trellis::new(&model, std::slice::from_ref(&bank), &darkness, &pools);
            let path = trellis.best();
            let error = trellis.error_of(&path.rows).unwrap();
            assert!((error - path.error).abs() < 1e-3, "{error} {}", path.error);
            let [least, next] = trellis.two_least(rules(), 1e6);
            assert!(path.error <= least + 1e-3 && least < next && next < 1e6);
            let between = f32::midpoint(least, next);
            for (limit, second) in [(next + 0.01, next), (between, between)] {
                let [first, found] = trellis.two_least(rules(), limit);
                assert!((first - least).abs() < 1e-4 && (found - second).abs() < 1e-4);
            }
        }
    }
}
