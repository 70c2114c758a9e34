//! The characters of a model as they look through one blur, and how neighbours add up.

use crate::pipeline::decode::lanes::{dot, least_sum};
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::fit::template::Elements;
use crate::pipeline::decode::linear::joint::spread::{Shape, Spread};
use crate::pipeline::decode::strip::mean_into;

/// Samples a module.
pub const SAMPLES: usize = 4;

/// Modules to each side of a character that its darkness reaches.
pub const REACH: usize = 3;

/// Samples of a reach.
pub const TAIL: usize = REACH * SAMPLES;

/// Most characters of one place that are followed.
pub const FOLLOWED: usize = 16;

/// Characters as they look through one blur.
#[derive(Debug)]
pub struct Bank {
    /// The darkness of each row of each alphabet, from [`REACH`] modules before it to as many after it.
    pub rows: Vec<Vec<Vec<f32>>>,
    /// The energy of each.
    pub energies: Vec<Vec<f32>>,
    /// The pairs of alphabets whose characters are neighbours.
    pairs: Vec<Pair>,
}

/// Two alphabets of which characters are neighbours: products of rows where both are dark.
#[derive(Debug)]
struct Pair {
    alphabets: (usize, usize),
    /// The products of each two rows, those of the first change faster; none where there are too many for all to be
    /// followed.
    products: Vec<f32>,
    /// Those of each row of the first and the mean of the second.
    of_first: Vec<f32>,
    /// Those of each row of the second and the mean of the first.
    of_second: Vec<f32>,
}

impl Pair {
    fn new(alphabets: (usize, usize), rows: &[Vec<Vec<f32>>]) -> Self {
        let (before, after) = (&rows[alphabets.0], &rows[alphabets.1]);
        let is_small = before.len().max(after.len()) <= 2 * FOLLOWED;
        let pairs = after.iter().flat_map(|a| before.iter().map(move |b| overlap(b, a)));
        let products = if is_small { pairs.collect() } else { Vec::new() };
        let (mut first, mut second) = (Vec::new(), Vec::new());
        mean_into(&mut first, before);
        mean_into(&mut second, after);
        let of_first = before.iter().map(|b| overlap(b, &second)).collect();
        let of_second = after.iter().map(|a| overlap(&first, a)).collect();
        Self { alphabets, products, of_first, of_second }
    }
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
        let energy = |row: &Vec<f32>| dot(row, row);
        let energies = rows.iter().map(|a| a.iter().map(energy).collect()).collect();
        let mut pairs: Vec<Pair> = Vec::new();
        for slots in model.slots.windows(2) {
            let alphabets = (slots[0], slots[1]);
            if !pairs.iter().any(|known| known.alphabets == alphabets) {
                pairs.push(Pair::new(alphabets, &rows));
            }
        }
        Self { rows, energies, pairs }
    }

    fn pair(&self, alphabets: (usize, usize)) -> Option<&Pair> {
        self.pairs.iter().find(|known| known.alphabets == alphabets)
    }

    /// The products of the rows of a pair of alphabets.
    fn products(&self, alphabets: (usize, usize)) -> &[f32] {
        self.pair(alphabets).map_or(&[], |pair| &pair.products)
    }

    /// The products of some rows of a pair of alphabets.
    pub fn beside(&self, alphabets: (usize, usize), before: &[usize], after: &[usize]) -> Vec<f32> {
        let products = self.products(alphabets);
        let (first, second) = (&self.rows[alphabets.0], &self.rows[alphabets.1]);
        let product = |b: usize, a: usize| {
            let known = products.get(a * first.len() + b).copied();
            known.unwrap_or_else(|| overlap(&first[b], &second[a]))
        };
        after.iter().flat_map(|a| before.iter().map(move |b| product(*b, *a))).collect()
    }

    /// The costs of the rows of `slot` between average neighbours.
    pub fn means_beside(
        &self,
        own: &[f32],
        slot: usize,
        before: Option<usize>,
        after: Option<usize>,
    ) -> Vec<f32> {
        let mut costs = own.to_vec();
        let of_second = before.and_then(|before| self.pair((before, slot))).map(|p| &p.of_second);
        let of_first = after.and_then(|after| self.pair((slot, after))).map(|p| &p.of_first);
        for products in of_second.into_iter().chain(of_first) {
            costs.iter_mut().zip(products).for_each(|(cost, product)| *cost += product);
        }
        costs
    }

    /// The error of the best reading of `darkness`, as the best way of a trellis has it, and its variance: all rows are
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
    for width in row.widths.iter() {
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

/// Twice the product of two neighbours where both are dark.
fn overlap(before: &[f32], after: &[f32]) -> f32 {
    let from = before.len().saturating_sub(2 * TAIL);
    2.0 * dot(&before[from..], after.get(..2 * TAIL).unwrap_or(after))
}
