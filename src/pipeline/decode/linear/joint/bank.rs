//! The characters of a model as they look through one blur, and how neighbours add up.

use std::ops::Range;
use std::slice::ChunksExact;

use crate::pipeline::decode::lanes::{dot, least_sum};
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::fit::table::Table;
use crate::pipeline::decode::linear::fit::template::Elements;
use crate::pipeline::decode::linear::joint::spread::{Shape, Spread};
use crate::pipeline::decode::pool::{Pools, Profile};
use crate::pipeline::decode::strip::mean_of;

/// Samples a module.
pub const SAMPLES: usize = 4;

/// Modules to each side of a character that its darkness reaches.
pub const REACH: usize = 3;

/// Samples of a reach.
pub const TAIL: usize = REACH * SAMPLES;

/// Most characters of one place that are followed.
pub const FOLLOWED: usize = 16;

/// Characters as they look through one blur.
#[derive(Debug, Default)]
pub struct Bank {
    /// The darkness of each row of each alphabet, from [`REACH`] modules before it to as many after it: row after row.
    rows: Vec<f32>,
    /// The energy of each.
    energies: Vec<f32>,
    /// Where those of each alphabet are.
    alphabets: Vec<Span>,
    /// The same rows for comparison, a table for each alphabet; there may be more from an earlier model.
    tables: Vec<Table>,
    /// The pairs of alphabets whose characters are neighbours.
    pairs: Vec<Pair>,
    /// What pairs have products of.
    products: Vec<f32>,
}

/// The rows of an alphabet among all of a bank.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// How many come before them, and how many there are.
    first: usize,
    n: usize,
    /// Where their samples begin.
    at: usize,
    /// Samples of each.
    length: usize,
}

/// Two alphabets of which characters are neighbours: products of rows where both are dark.
#[derive(Debug, Clone)]
struct Pair {
    alphabets: (usize, usize),
    /// The products of each two rows, those of the first change faster; none where there are too many for all to be
    /// followed.
    each: Range<usize>,
    /// Those of each row of the first and the mean of the second.
    of_first: Range<usize>,
    /// Those of each row of the second and the mean of the first.
    of_second: Range<usize>,
}

/// Room in which rows that are neighbours are compared.
#[derive(Debug, Default)]
pub struct Beside {
    table: Table,
    products: Vec<f32>,
}

impl Bank {
    /// The characters of `model`, through a spread of `deviation` modules, bars `growth` modules too wide.
    pub fn new(
        model: &Model,
        shape: Shape,
        (deviation, growth): (f32, f32),
        pools: &Pools,
    ) -> Self {
        let mut bank = Self::default();
        bank.draw(model, shape, (deviation, growth), pools);
        bank
    }

    /// Makes it that of `model`, through a spread of `deviation` modules, bars `growth` modules too wide.
    pub fn draw(
        &mut self,
        model: &Model,
        shape: Shape,
        (deviation, growth): (f32, f32),
        pools: &Pools,
    ) {
        let most = model.alphabets.iter().map(|a| n_samples(a.modules)).max().unwrap_or(0);
        let steps = Steps::new(Spread::of(shape), most, (deviation, growth), pools);
        let Self { rows, energies, alphabets, tables, .. } = self;
        rows.clear();
        energies.clear();
        alphabets.clear();
        tables.resize_with(tables.len().max(model.alphabets.len()), Table::default);
        for (alphabet, table) in model.alphabets.iter().zip(tables) {
            let (n, length) = (alphabet.rows.len(), n_samples(alphabet.modules));
            let (first, at) = (energies.len(), rows.len());
            rows.resize(at + n * length, 0.0);
            let own = &mut rows[at..];
            let elements = alphabet.rows.iter();
            elements
                .zip(own.chunks_exact_mut(length))
                .for_each(|(row, values)| add_darkness(row, &steps, values));
            energies.extend(own.chunks_exact(length).map(|row| dot(row, row)));
            table.fill(own.chunks_exact(length));
            alphabets.push(Span { first, n, at, length });
        }
        self.pair_up(model, pools);
    }

    /// Works out the products of what may be neighbours in `model`.
    fn pair_up(&mut self, model: &Model, pools: &Pools) {
        self.pairs.clear();
        self.products.clear();
        for alphabets in model.slots().zip(model.slots().skip(1)) {
            if self.pair(alphabets).is_some() {
                continue;
            }
            let (before, after) = (self.rows(alphabets.0), self.rows(alphabets.1));
            let [mean_before, mean_after] =
                [before.clone(), after.clone()].map(|rows| mean_of(rows, pools));
            let mut products = pools.profiles.empty();
            // Where all are followed.
            if before.len().max(after.len()) <= 2 * FOLLOWED {
                products
                    .extend(after.clone().flat_map(|a| before.clone().map(move |b| overlap(b, a))));
            }
            let n_each = products.len();
            products.extend(before.map(|b| overlap(b, &mean_after)));
            let n_first = products.len();
            products.extend(after.map(|a| overlap(&mean_before, a)));
            let from = self.products.len();
            let [each, first, second] = [n_each, n_first, products.len()].map(|n| from + n);
            self.products.extend_from_slice(&products);
            self.pairs.push(Pair {
                alphabets,
                each: from..each,
                of_first: each..first,
                of_second: first..second,
            });
        }
    }

    /// The rows of an alphabet.
    fn rows(&self, alphabet: usize) -> ChunksExact<'_, f32> {
        let Span { n, at, length, .. } = self.alphabets[alphabet];
        self.rows[at..at + n * length].chunks_exact(length.max(1))
    }

    /// One of them.
    fn row(&self, alphabet: usize, row: usize) -> &[f32] {
        let Span { at, length, .. } = self.alphabets[alphabet];
        &self.rows[at + row * length..][..length]
    }

    /// Samples of the rows of an alphabet.
    pub fn length(&self, alphabet: usize) -> usize {
        self.alphabets[alphabet].length
    }

    /// Makes `costs` those of the rows of an alphabet by themselves at `window`.
    pub fn own(&self, alphabet: usize, window: &[f32], costs: &mut Vec<f32>) {
        let Span { first, n, .. } = self.alphabets[alphabet];
        self.tables[alphabet].products(window, costs);
        let energies = &self.energies[first..first + n];
        costs.iter_mut().zip(energies).for_each(|(cost, energy)| *cost = energy - 2.0 * *cost);
    }

    fn pair(&self, alphabets: (usize, usize)) -> Option<&Pair> {
        self.pairs.iter().find(|known| known.alphabets == alphabets)
    }

    /// The products of the rows of a pair of alphabets.
    fn products(&self, alphabets: (usize, usize)) -> &[f32] {
        self.pair(alphabets).map_or(&[], |pair| &self.products[pair.each.clone()])
    }

    /// Adds the products of some rows of a pair of alphabets to `found`.
    pub fn add_beside(
        &self,
        alphabets: (usize, usize),
        (before, after): (&[usize], &[usize]),
        Beside { table, products }: &mut Beside,
        found: &mut Vec<f32>,
    ) {
        let known = self.products(alphabets);
        let n_before = self.alphabets[alphabets.0].n;
        if !known.is_empty() {
            let product = |b: &usize, a: &usize| known[a * n_before + b];
            found.extend(after.iter().flat_map(|a| before.iter().map(move |b| product(b, a))));
            return;
        }
        table.fill(before.iter().map(|b| tail(self.row(alphabets.0, *b))));
        for row in after {
            table.products(head(self.row(alphabets.1, *row)), products);
            found.extend(products.iter().map(|product| 2.0 * product));
        }
    }

    /// Adds to the costs of the rows of `slot` what average neighbours add.
    pub fn add_means_beside(
        &self,
        costs: &mut [f32],
        slot: usize,
        (before, after): (Option<usize>, Option<usize>),
    ) {
        let of_second = before.and_then(|before| self.pair((before, slot))).map(|p| &p.of_second);
        let of_first = after.and_then(|after| self.pair((slot, after))).map(|p| &p.of_first);
        for products in of_second.into_iter().chain(of_first) {
            let products = &self.products[products.clone()];
            costs.iter_mut().zip(products).for_each(|(cost, product)| *cost += product);
        }
    }

    /// The error of the best reading of `darkness`, as the best way of a trellis has it, and its variance: all rows are
    /// followed and none is kept.
    pub fn least(&self, model: &Model, darkness: &[f32], pools: &Pools) -> (f32, f32) {
        let energy: f32 = dot(darkness, darkness);
        let sum: f32 = darkness.iter().sum();
        let [mut costs, mut next, mut own] = [(); 3].map(|()| pools.profiles.empty());
        let mut at = 0;
        let mut before = None;
        for slot in model.slots() {
            let length = self.length(slot);
            self.own(slot, darkness.get(at..at + length).unwrap_or_default(), &mut own);
            if let Some(before) = before.replace(slot) {
                let ways = self.products((before, slot)).chunks(costs.len().max(1));
                next.clear();
                next.extend(
                    own.iter().zip(ways).map(|(own, pairs)| own + least_sum(&costs, pairs)),
                );
                std::mem::swap(&mut costs, &mut next);
            } else {
                std::mem::swap(&mut costs, &mut own);
            }
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
struct Steps<'p> {
    into: Profile<'p>,
    out_of: Profile<'p>,
    /// The sample before which the edge is.
    edge: usize,
}

impl<'p> Steps<'p> {
    /// Those of characters of at most `most` samples, through a spread of `deviation` modules, bars `growth` too wide.
    fn new(
        spread: &Spread,
        most: usize,
        (deviation, growth): (f32, f32),
        pools: &'p Pools,
    ) -> Self {
        let per = 1.0 / deviation.max(0.05);
        let side = |moved: f32| {
            let past = |k: usize| (k as f32 + 0.5 - most as f32) / SAMPLES as f32;
            pools.profiles.collect((0..2 * most).map(|k| spread.at((past(k) - moved) * per).0))
        };
        Self { into: side(-growth / 2.0), out_of: side(growth / 2.0), edge: most }
    }
}

/// Adds the darkness of one character, 0 to 1, at [`SAMPLES`] a module.
fn add_darkness(row: &Elements, steps: &Steps<'_>, values: &mut [f32]) {
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
}

/// What a character darkens of the one after it.
fn tail(row: &[f32]) -> &[f32] {
    &row[row.len().saturating_sub(2 * TAIL)..]
}

/// What a character darkens of the one before it.
fn head(row: &[f32]) -> &[f32] {
    row.get(..2 * TAIL).unwrap_or(row)
}

/// Twice the product of two neighbours where both are dark.
fn overlap(before: &[f32], after: &[f32]) -> f32 {
    2.0 * dot(tail(before), head(after))
}
