//! From modules and rows of a PDF417 symbol to the places of a picture, between two rails that need not be parallel.

use crate::pipeline::decode::matrix::pdf417::rails::Rail;
use crate::pipeline::decode::matrix::pdf417::rows::RowMap;
use crate::pipeline::decode::matrix::pdf417::scan::Scan;
use crate::pipeline::decode::matrix::pdf417::templates::{PER_MODULE, PLACES};
use crate::pipeline::symbol::{Corners, Point};

/// Places a module in which a column is looked for.
const FINE: usize = 8;

/// The same to each side of where a column should be.
const REACH: usize = 12;

/// How well a column fits each of them.
type Scores = [f32; 2 * REACH + 1];

/// The ends of a symbol's rows.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The left end, and the rows along it.
    pub left: (Rail, RowMap),
    /// The right end, and the rows along it.
    pub right: (Rail, RowMap),
    /// Rows.
    pub rows: usize,
    /// Modules of a row from end to end.
    pub modules: f32,
    /// The modules between which something was seen: an end may be damaged, or cut off.
    pub seen: (f32, f32),
}

/// Where everything of a symbol lies.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    scan: Scan<'a>,
    /// The ends of its rows.
    pub frame: Frame,
    /// How far the middle of the first and of the last row is bent along the columns, in rows.
    pub bend: [f32; 2],
    /// Modules at which every row turns from light to dark, and by how many modules each is off its place.
    knots: Vec<(f32, f32)>,
}

/// One row: a curve between its ends.
#[derive(Debug, Clone, Copy)]
struct Line {
    from: Point,
    chord: Point,
    length: f32,
    /// Pixels a row at both ends, times the modules: the slopes at the ends.
    slopes: (f32, f32),
    /// Across the row in the middle: its bend.
    bend: Point,
}

impl Line {
    /// The place at share `s` of the row's modules.
    #[inline]
    fn at(&self, s: f32) -> Point {
        let (a, b) = self.slopes;
        let t = 1.0 - s;
        // Hermite's cubic: through both ends with the widths of modules there.
        let x = self.length * s * s * (3.0 - 2.0 * s) + s * t * (a * t - b * s);
        let bent = 4.0 * s * t;
        Point::new(
            self.from.x + x * self.chord.x + bent * self.bend.x,
            self.from.y + x * self.chord.y + bent * self.bend.y,
        )
    }
}

impl<'a> Layout<'a> {
    /// The layout between the ends `frame`, of rows that all turn from light to dark at some modules.
    pub fn of(scan: Scan<'a>, frame: Frame, modules: impl Iterator<Item = f32>) -> Self {
        let knots = modules.map(|m| (m, 0.0)).collect();
        let mut layout = Self { scan, frame, bend: [0.0; 2], knots };
        layout.settle();
        layout
    }

    fn line(&self, row: f32) -> Line {
        let Frame { left: (start, left), right: (stop, right), modules, .. } = &self.frame;
        let (v, w) = (left.place(row), right.place(row));
        let from = self.scan.at(start.outer(v), v);
        let to = self.scan.at(stop.outer(w), w);
        let length = from.distance(to).max(1.0);
        let chord = Point::new((to.x - from.x) / length, (to.y - from.y) / length);
        let slopes = (start.module(v) * modules, stop.module(w) * modules);
        let [first, last] = self.bend;
        let bend = first + (last - first) * row / self.frame.rows as f32;
        let height = f32::midpoint(left.height(), right.height()) * bend;
        let bend = Point::new(-chord.y * height, chord.x * height);
        Line { from, chord, length, slopes, bend }
    }

    /// By how much module `m` of a row is off.
    fn shift(&self, m: f32) -> f32 {
        let k = self.knots.partition_point(|knot| knot.0 <= m);
        let last = k.checked_sub(1).and_then(|k| self.knots.get(k));
        match (last, self.knots.get(k)) {
            (Some((from, a)), Some((to, b))) => a + (m - from) / (to - from) * (b - a),
            (Some((_, shift)), None) | (None, Some((_, shift))) => *shift,
            (None, None) => 0.0,
        }
    }

    /// Pixels a module and a row, about.
    pub fn pixels(&self) -> (f32, f32) {
        let middle = self.line(self.frame.rows as f32 / 2.0);
        (middle.length / self.frame.modules, self.frame.left.1.height().abs())
    }

    /// The corners, clockwise from the symbol's own top left.
    pub fn corners(&self) -> Corners {
        let (first, last) = self.frame.seen;
        let ends = |row: f32| {
            let line = self.line(row);
            (line.at(first / self.frame.modules), line.at(last / self.frame.modules))
        };
        let ((a, b), (d, c)) = (ends(0.0), ends(self.frame.rows as f32));
        [a, b, c, d].map(|corner| self.scan.within(corner))
    }

    /// The brightness of the places of the codeword that begins at module `first`, in `row`.
    pub fn stretch(&self, first: f32, row: usize) -> [f32; PLACES] {
        let (_, height) = self.pixels();
        // Rows mix at their edges.
        let n = if height < 4.0 {
            2
        } else if height < 9.0 {
            3
        } else {
            5
        };
        let mut sums = [0.0; PLACES];
        for k in 0..n {
            let within = 0.5 + 0.5 * ((k as f32 + 0.5) / n as f32 - 0.5);
            let line = self.line(row as f32 + within);
            for (k, sum) in sums.iter_mut().enumerate() {
                let m = first + (k as f32 + 0.5) / PER_MODULE as f32;
                *sum += self.scan.look(line.at((m + self.shift(m)) / self.frame.modules));
            }
        }
        sums.map(|sum| sum / n as f32)
    }

    /// Moves each column to where most rows turn from light to dark: every codeword ends light and begins dark.
    fn settle(&mut self) {
        let mut scores = vec![Scores::default(); self.knots.len()];
        for row in 0..self.frame.rows {
            let line = self.line(row as f32 + 0.5);
            for ((m, _), scores) in self.knots.iter().zip(&mut scores) {
                let seen: [f32; 2 * (REACH + FINE)] = std::array::from_fn(|k| {
                    let at = m + (k as f32 + 0.5 - (REACH + FINE) as f32) / FINE as f32;
                    self.scan.look(line.at(at / self.frame.modules))
                });
                // What a module before is lighter than a module after.
                for (score, near) in scores.iter_mut().zip(seen.windows(2 * FINE)) {
                    let (before, after) = near.split_at(FINE);
                    *score += before.iter().sum::<f32>() - after.iter().sum::<f32>();
                }
            }
        }
        let shifts = smoothest(&scores);
        self.knots.iter_mut().zip(shifts).for_each(|(knot, shift)| knot.1 = shift);
    }
}

/// The way through `scores`, one of each, that is high and without leaps (Viterbi), in modules.
fn smoothest(scores: &[Scores]) -> Vec<f32> {
    let most = scores.iter().flatten().copied().fold(1.0, f32::max);
    // A leap of a quarter of a module costs a fifth of the highest score.
    let leap = |a: usize, b: usize| 3.2 * (a.abs_diff(b) as f32 / FINE as f32).powi(2);
    let mut best = Scores::default();
    let mut ways = Vec::with_capacity(scores.len());
    for scores in scores {
        let (mut way, mut next) = ([0; 2 * REACH + 1], Scores::default());
        for k in 0..best.len() {
            let from = |j: &usize| best[*j] - leap(*j, k);
            let last = (0..best.len()).max_by(|a, b| from(a).total_cmp(&from(b))).unwrap_or(k);
            way[k] = last;
            next[k] = from(&last) + scores[k] / most;
        }
        best = next;
        ways.push(way);
    }
    let mut k = (0..best.len()).max_by(|a, b| best[*a].total_cmp(&best[*b])).unwrap_or(REACH);
    let mut shifts = Vec::with_capacity(scores.len());
    for way in ways.iter().rev() {
        shifts.push((k as f32 - REACH as f32) / FINE as f32);
        k = way[k];
    }
    shifts.reverse();
    shifts
}
