//! From modules and rows of a PDF417 symbol to the places of a picture, between two rails that need not be parallel.

use crate::pipeline::decode::matrix::pdf417::rails::Scan;
use crate::pipeline::decode::matrix::pdf417::rows::{
    Rows, START_MODULES, STOP_MODULES, modules_of,
};
use crate::pipeline::decode::matrix::pdf417::templates::{MODULES, PER_MODULE, PLACES};
use crate::pipeline::symbol::{Corners, Point};

/// How far a column may be off its place, in modules.
const MOST_SHIFT: f32 = 1.5;

/// Places a module in which a column is looked for.
const FINE: f32 = 8.0;

/// Where everything of a symbol lies.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    scan: Scan<'a>,
    /// Size and ends of the rows.
    pub rows: Rows,
    /// Modules of a row.
    modules: f32,
    /// How far the middle of the first and of the last row is bent along the columns, in rows.
    pub bend: [f32; 2],
    /// By how many modules the left end of each codeword is off, from the left row indicator on.
    shifts: Vec<f32>,
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
    /// The layout between the rails of `rows`.
    pub fn of(scan: Scan<'a>, rows: Rows) -> Self {
        let shifts = vec![0.0; rows.size.columns + 3];
        Self { scan, rows, modules: modules_of(rows.size.columns), bend: [0.0; 2], shifts }
    }

    fn line(&self, row: f32) -> Line {
        let Rows { left, right, start, stop, .. } = &self.rows;
        let (v, w) = (left.place(row), right.place(row));
        let from = self.scan.at(start.outer(v), v);
        let to = self.scan.at(stop.outer(w), w);
        let length = from.distance(to).max(1.0);
        let chord = Point::new((to.x - from.x) / length, (to.y - from.y) / length);
        let slopes = (start.module(v) * self.modules, stop.module(w) * self.modules);
        let [first, last] = self.bend;
        let bend = first + (last - first) * row / self.rows.size.rows as f32;
        let height = f32::midpoint(left.height(), right.height()) * bend;
        let bend = Point::new(-chord.y * height, chord.x * height);
        Line { from, chord, length, slopes, bend }
    }

    /// By how much module `m` of a row is off.
    fn shift(&self, m: f32) -> f32 {
        let at = ((m - MODULES as f32) / MODULES as f32).clamp(0.0, self.shifts.len() as f32 - 1.0);
        let (low, part) = (at.floor(), at.fract());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let k = low as usize;
        let here = self.shifts.get(k).copied().unwrap_or_default();
        let next = self.shifts.get(k + 1).copied().unwrap_or(here);
        here + part * (next - here)
    }

    /// Pixels a module and a row, about.
    pub fn pixels(&self) -> (f32, f32) {
        let middle = self.line(self.rows.size.rows as f32 / 2.0);
        (middle.length / self.modules, self.rows.left.height().abs())
    }

    /// The place of the picture nearest to `place`.
    pub fn within(&self, place: Point) -> Point {
        self.scan.within(place)
    }

    /// Light against dark, 0 to 1, by the start pattern.
    pub fn contrast(&self) -> f32 {
        let line = self.line(self.rows.size.rows as f32 / 2.0);
        let look = |m: f32| self.scan.look(line.at(m / self.modules));
        ((look(15.5) - look(4.0)) / 255.0).clamp(0.0, 1.0)
    }

    /// The corners, clockwise from the symbol's own top left.
    pub fn corners(&self) -> Corners {
        let bottom = self.rows.size.rows as f32;
        // A truncated symbol ends with one bar after its codewords.
        let indicator = MODULES as f32;
        let first = if self.rows.has_start { 0.0 } else { START_MODULES + indicator };
        let last = self.modules - if self.rows.has_stop { 0.0 } else { STOP_MODULES + indicator };
        let ends = |row: f32| {
            let line = self.line(row);
            (line.at(first / self.modules), line.at(last / self.modules))
        };
        let ((a, b), (d, c)) = (ends(0.0), ends(bottom));
        [a, b, c, d]
    }

    /// The brightness of the places of codeword `column`, the left row indicator being 0, in `row`.
    pub fn stretch(&self, column: usize, row: usize) -> [f32; PLACES] {
        let (_, height) = self.pixels();
        // Rows mix at their edges.
        let n = if height < 4.0 {
            2
        } else if height < 9.0 {
            3
        } else {
            5
        };
        let first = ((column + 1) * MODULES) as f32;
        let mut sums = [0.0; PLACES];
        for k in 0..n {
            let within = 0.5 + 0.5 * ((k as f32 + 0.5) / n as f32 - 0.5);
            let line = self.line(row as f32 + within);
            for (k, sum) in sums.iter_mut().enumerate() {
                let m = first + (k as f32 + 0.5) / PER_MODULE as f32;
                *sum += self.scan.look(line.at((m + self.shift(m)) / self.modules));
            }
        }
        sums
    }

    /// Moves each column to where most rows turn from light to dark: every codeword ends light and begins dark.
    pub fn settle(&mut self) {
        let n_columns = self.shifts.len();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small numbers"
        )]
        let reach = (MOST_SHIFT * FINE) as usize;
        let mut scores = vec![vec![0.0_f32; 2 * reach + 1]; n_columns];
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number"
        )]
        let module = FINE as usize;
        for row in 0..self.rows.size.rows {
            let line = self.line(row as f32 + 0.5);
            for (column, scores) in scores.iter_mut().enumerate() {
                let m = ((column + 1) * MODULES) as f32;
                let place = |k: usize| {
                    let at = m + (k as f32 + 0.5 - (reach + module) as f32) / FINE;
                    self.scan.look(line.at(at / self.modules))
                };
                let seen: Vec<f32> = (0..2 * (reach + module)).map(place).collect();
                // What a module before is lighter than a module after.
                for (score, near) in scores.iter_mut().zip(seen.windows(2 * module)) {
                    let (before, after) = near.split_at(module);
                    *score += before.iter().sum::<f32>() - after.iter().sum::<f32>();
                }
            }
        }
        self.shifts = smoothest(&scores, reach);
    }
}

/// The way through `scores`, one of each, that is high and without leaps (Viterbi), in modules.
fn smoothest(scores: &[Vec<f32>], reach: usize) -> Vec<f32> {
    let most = scores.iter().flatten().copied().fold(1.0, f32::max);
    let n = 2 * reach + 1;
    // A leap of a quarter of a module costs a fifth of the highest score.
    let leap = |a: usize, b: usize| 3.2 * (a.abs_diff(b) as f32 / FINE).powi(2);
    let mut best = vec![0.0_f32; n];
    let mut ways: Vec<Vec<usize>> = Vec::new();
    for scores in scores {
        let mut way = vec![0; n];
        let mut next = vec![0.0; n];
        for k in 0..n {
            let from = |j: &usize| best[*j] - leap(*j, k);
            let last = (0..n).max_by(|a, b| from(a).total_cmp(&from(b))).unwrap_or(k);
            way[k] = last;
            next[k] = from(&last) + scores[k] / most;
        }
        best = next;
        ways.push(way);
    }
    let mut k = (0..n).max_by(|a, b| best[*a].total_cmp(&best[*b])).unwrap_or(reach);
    let mut shifts = Vec::with_capacity(scores.len());
    for way in ways.iter().rev() {
        shifts.push((k as f32 - reach as f32) / FINE);
        k = way[k];
    }
    shifts.reverse();
    shifts
}
