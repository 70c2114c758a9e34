//! The codewords of a symbol whose layout is known: what each looks like, and what all of them say once set right.

use crate::pipeline::decode::matrix::pdf417::field;
use crate::pipeline::decode::matrix::pdf417::layout::Layout;
use crate::pipeline::decode::matrix::pdf417::templates::{Likeness, Templates};
use crate::pipeline::symbol::{Confidence, Symbol, Symbology};

/// Least evidence, in bits.
pub const MIN_BITS: f32 = 28.0;

/// Shares of what the likeliest codeword leaves to what the next one leaves, above which it is an erasure, in turn.
const UNCLEAR: [f32; 4] = [0.93, 0.8, 0.65, 0.5];

/// Share of what the likeliest codeword leaves to what the next one leaves, below which it is clear.
const CLEAR: f32 = 0.6;

/// How far rows may be bent to each side, in quarters of a row.
const MOST_BENT: i8 = 10;

/// A symbol's rows of codewords.
#[derive(Debug)]
pub struct Words<'a> {
    /// Where everything lies.
    pub layout: Layout<'a>,
    /// What codewords look like.
    pub templates: &'a Templates,
    /// The modules at which codewords of data and correction begin.
    pub starts: Vec<f32>,
    /// The cluster of the first row, counted from 0.
    pub cluster: usize,
}

/// What codewords say.
#[derive(Debug)]
pub struct Reading {
    /// Which symbology it is.
    pub symbology: Symbology,
    /// Its content.
    pub text: String,
    /// Its symbology identifier.
    pub identifier: &'static str,
    /// Codewords that were changed or filled in.
    pub changed: usize,
}

/// Codewords as they look, row by row.
pub type Seen = [Option<Likeness>];

impl Words<'_> {
    /// The symbol, if `says` makes something of its codewords: with straight rows, then with bent ones.
    pub fn symbol(&mut self, says: impl Fn(&Seen) -> Option<Reading>) -> Option<Symbol> {
        let straight = self.seen();
        if let Some(reading) = says(&straight) {
            return Some(self.told(&straight, reading));
        }
        // Where rows are bent, their ends are still clear.
        let is_clear = |like: &&Likeness| like.error < CLEAR * like.next;
        if 8 * straight.iter().flatten().filter(is_clear).count() < straight.len() {
            return None;
        }
        self.bend();
        let bent = self.seen();
        says(&bent).map(|reading| self.told(&bent, reading))
    }

    fn likest(&self, row: usize, start: f32) -> Option<Likeness> {
        self.templates.likest(self.layout.stretch(start, row), (row + self.cluster) % 3)
    }

    fn seen(&self) -> Vec<Option<Likeness>> {
        let rows = 0..self.layout.frame.rows;
        let mut seen = Vec::with_capacity(rows.len() * self.starts.len());
        for row in rows {
            seen.extend(self.starts.iter().map(|start| self.likest(row, *start)));
        }
        seen
    }

    /// Bends the first and the last row to where the codewords in their middles look most like some.
    fn bend(&mut self) {
        let (rows, n) = (self.layout.frame.rows, self.starts.len());
        let bends: Vec<f32> = (-MOST_BENT..=MOST_BENT).map(|k| f32::from(k) / 4.0).collect();
        let middle: Vec<f32> = self.starts[n / 4..n - n / 4].to_vec();
        let mut scores = vec![vec![0.0_f32; bends.len()]; rows];
        for (k, bend) in bends.iter().enumerate() {
            self.layout.bend = [*bend; 2];
            for (row, scores) in scores.iter_mut().enumerate() {
                let likest = middle.iter().filter_map(|start| self.likest(row, *start));
                scores[k] = likest.map(|like| 1.0 - like.error).sum();
            }
        }
        let last_row = rows.saturating_sub(1).max(1);
        let at = |first: usize, last: usize| {
            let between =
                |row: usize| (first * (last_row - row.min(last_row)) + last * row) / last_row;
            let rows = scores.iter().enumerate();
            rows.filter_map(|(row, scores)| scores.get(between(row))).sum::<f32>()
        };
        let all =
            (0..bends.len()).flat_map(|first| (0..bends.len()).map(move |last| (first, last)));
        let best = all.max_by(|a, b| at(a.0, a.1).total_cmp(&at(b.0, b.1)));
        self.layout.bend = best.map_or([0.0; 2], |(first, last)| [bends[first], bends[last]]);
    }

    fn told(&self, seen: &Seen, reading: Reading) -> Symbol {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let n = seen.len().max(1) as f32;
        let likest = || seen.iter().flatten();
        let confidence = Confidence {
            rows: count(self.layout.frame.rows),
            margin: likest().map(Likeness::margin).sum::<f32>() / n,
            px_per_module: self.layout.pixels().0,
            contrast: likest().map(|like| like.contrast).sum::<f32>() / n,
            errors_corrected: count(reading.changed),
        };
        Symbol {
            symbology: reading.symbology,
            text: reading.text,
            identifier: reading.identifier.to_owned(),
            corners: self.layout.corners(),
            confidence: Some(confidence),
            add_on: None,
        }
    }
}

/// The data of codewords as they look, `check` of them for correction, and how many of all were changed.
///
/// `sure` tells how much more evidence than correction the data are, in bits, if they may be right.
pub fn corrected(
    seen: &Seen,
    check: usize,
    sure: impl Fn(&[u16]) -> Option<f32>,
) -> Option<(Vec<u16>, usize)> {
    let n_data = seen.len().checked_sub(check).filter(|n| *n > 0)?;
    let words: Vec<u16> = seen.iter().map(|like| like.map_or(0, |like| like.value)).collect();
    let mut last = usize::MAX;
    for least in UNCLEAR {
        let is_unclear = |like: &Option<Likeness>| like.is_none_or(|l| l.error > least * l.next);
        let unclear = seen.iter().enumerate().filter(|(_, like)| is_unclear(like));
        let erased: Vec<usize> = unclear.map(|(k, _)| k).collect();
        if erased.len() == last || erased.len() > check {
            continue;
        }
        last = erased.len();
        let Some((mut data, changed)) = field::corrected(&words, check, &erased) else { continue };
        data.truncate(n_data);
        let bits = field::evidence(words.len(), check, erased.len(), changed);
        if sure(&data).is_some_and(|more| bits + more >= MIN_BITS) {
            return Some((data, changed + erased.len()));
        }
    }
    None
}
