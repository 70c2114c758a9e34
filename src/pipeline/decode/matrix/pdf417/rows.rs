//! Which row lies where: the row indicators beside the start and stop patterns (ISO/IEC 15438, 5.11.3), read line by line.

use crate::pipeline::decode::matrix::pdf417::layout::Frame;
use crate::pipeline::decode::matrix::pdf417::rails::{Ends, Rail, START, STOP, fit};
use crate::pipeline::decode::matrix::pdf417::scan::Scan;
use crate::pipeline::decode::matrix::pdf417::templates::{
    Blur, Likeness, MODULES, PER_MODULE, Print, Templates,
};
use crate::pipeline::decode::pool::Lent;

/// Modules of the start pattern.
pub const START_MODULES: f32 = 17.0;

/// Modules of the stop pattern.
pub const STOP_MODULES: f32 = 18.0;

/// More rows than there are: indicators tell them all apart.
const NO_PERIOD: f32 = 1000.0;

/// Most lines in which indicators are read.
const MAX_LINES: f32 = 150.0;

/// By what share of itself a module is wider than the one before it on the way inward, in turn: a bent label is nearer in
/// its middle.
const INWARD: [f32; 5] = [0.0, 0.005, 0.01, 0.015, -0.005];

/// Votes that leave no doubt.
const ENOUGH: f32 = 25.0;

/// Most of the variance that an indicator may leave, and the least margin to the next.
const CLEAR: (f32, f32) = (0.5, 0.12);

/// What the row indicators tell of the whole symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns of codewords between the indicators.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// The level of error correction, 0 to 8.
    pub level: usize,
}

impl Size {
    /// Codewords for correction.
    pub fn check(self) -> usize {
        2 << self.level
    }
}

/// Which end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Beside the start pattern.
    Left,
    /// Beside the stop pattern.
    Right,
}

/// One end of the rows: its rail, and by how much each module toward the other end is wider than the one before.
#[derive(Debug, Clone, Copy)]
struct End {
    side: Side,
    rail: Rail,
    grow: f32,
}

impl End {
    /// Where the place `x` modules into the indicator is at `v`.
    fn place(&self, v: f32, x: f32) -> f32 {
        match self.side {
            Side::Left => self.rail.toward(v, START_MODULES + x, self.grow),
            Side::Right => {
                let m = STOP_MODULES + MODULES as f32 - x;
                self.rail.outer(v) - m * (self.rail.module(v) - m * self.grow / 2.0)
            }
        }
    }
}

/// What tells the row of a line.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// The line.
    pub v: f32,
    /// The row it is of.
    pub row: f32,
    /// How sure that is.
    pub weight: f32,
    /// The cluster of an indicator, counted from 0.
    pub cluster: usize,
    /// What an indicator tells besides the row.
    pub rest: usize,
}

/// The row at a place along a rail: row = offset + v * slope, whole at a row's upper edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowMap {
    offset: f32,
    slope: f32,
}

impl RowMap {
    /// The row at `v`.
    pub fn row(self, v: f32) -> f32 {
        self.offset + v * self.slope
    }

    /// The same with other numbers: `by` more.
    #[must_use]
    pub fn renumbered(self, by: f32) -> Self {
        Self { offset: self.offset + by, ..self }
    }

    /// Where along the rail `row` is.
    pub fn place(self, row: f32) -> f32 {
        (row - self.offset) / self.slope
    }

    /// Pixels a row; negative where rows go up, as in a mirror.
    pub fn height(self) -> f32 {
        1.0 / self.slope
    }

    /// The same rows `by` pixels farther along.
    #[must_use]
    pub fn moved(self, by: f32) -> Self {
        Self { offset: self.offset - by * self.slope, ..self }
    }
}

/// What codewords look like in this picture, by the start and stop patterns.
pub fn templates<'a>(ends: &Ends<'a>) -> Option<Lent<'a, Templates>> {
    let (pools, mut blur) = (ends.scan.pools(), Blur::default());
    let rails = [(ends.start, &START[..], 2, 0), (ends.stop, &STOP[..], 0, 2)];
    for (rail, widths, before, after) in rails {
        let Some(rail) = rail else { continue };
        let length: f32 = widths.iter().map(|w| f32::from(*w)).sum();
        // The last module before the stop pattern is light.
        let (print, skipped) = if before > 0 {
            (Print::of(widths, before, 0), 2.0)
        } else {
            (Print::of(widths, 1, after), 1.0)
        };
        let n = print.n_places();
        let mut seen = pools.profiles.collect(std::iter::repeat_n(0.0, n));
        let lines = 24;
        for line in 0..lines {
            let (low, high) = rail.reach;
            let v = low + (high - low) * (line as f32 + 0.5) / lines as f32;
            let module = rail.module(v);
            let from = if before > 0 { rail.outer(v) } else { rail.outer(v) - length * module };
            for (k, value) in seen.iter_mut().enumerate() {
                let at = (k as f32 + 0.5) / PER_MODULE as f32 - skipped;
                *value += ends.scan.sample(from + at * module, v) / lines as f32;
            }
        }
        blur.add(&print, &seen);
    }
    let kernel = blur.kernel()?;
    let mut templates = pools.stacked.templates.lend();
    templates.look_through(&kernel);
    Some(templates)
}

/// What the indicators of both ends tell.
#[derive(Debug)]
struct Told {
    /// A third of the rows, what is left of them and the level, columns: votes of indicators.
    votes: [[f32; 30]; 3],
    left: Option<RowMap>,
    right: Option<RowMap>,
    /// How sure all of it is.
    weight: f32,
}

impl Told {
    fn of(ends: &Ends<'_>, grow: (f32, f32), templates: &Templates) -> Self {
        let read = |rail: Option<Rail>, side, grow| {
            let mut found = ends.scan.pools().stacked.marks.empty();
            if let Some(rail) = rail {
                add_marks(&mut found, &ends.scan, &End { side, rail, grow }, templates);
            }
            found
        };
        let left = read(ends.start, Side::Left, grow.0);
        let right = read(ends.stop, Side::Right, grow.1);
        let maps = [&left, &right].map(|marks| row_map(marks, NO_PERIOD));
        let mut votes = [[0.0_f32; 30]; 3];
        for (marks, map, shift) in [(left, maps[0], 0), (right, maps[1], 2)] {
            let Some(map) = map else { continue };
            for mark in marks.iter().filter(|mark| is_on(mark, map, NO_PERIOD)) {
                votes[(mark.cluster + shift) % 3][mark.rest] += mark.weight;
            }
        }
        let weight = votes.iter().flatten().sum();
        Self { votes, left: maps[0], right: maps[1], weight }
    }
}

/// The size and the rows of the symbol between `ends`: with modules at the ends as wide as on average there, and,
/// where that tells little, as they are on a bent or tilted label.
pub fn rows(ends: &Ends<'_>, templates: &Templates) -> Option<(Size, Frame)> {
    let mut best: Option<(f32, (Size, Frame))> = None;
    for share in INWARD {
        let (eased, grow) = eased(ends, share);
        let told = Told::of(&eased, grow, templates);
        let is_more = best.is_none_or(|(most, _)| told.weight > most);
        let framed = is_more.then(|| frame(&eased, &told)).flatten();
        best = framed.map(|framed| (told.weight, framed)).or(best);
        if best.is_some_and(|(weight, _)| weight > ENOUGH) {
            break;
        }
    }
    best.map(|(_, framed)| framed)
}

fn frame(ends: &Ends<'_>, told: &Told) -> Option<(Size, Frame)> {
    let [thirds, rest, columns] = told.votes.map(|votes| winner(&votes));
    // A symbol of few rows, or a damaged one, may not show the number of its columns.
    let (rest, thirds) = (rest?, thirds?);
    let seen = ends.start.zip(ends.stop).map(|(start, stop)| modules_between(&start, &stop));
    let nearest = |seen: f32| (1..=30).min_by_key(|n| off_by(modules_of(*n), seen));
    let columns = columns.map_or_else(|| seen.and_then(nearest), |c| Some(c + 1))?;
    let size = Size { columns, rows: 3 * thirds + rest % 3 + 1, level: rest / 3 };
    let modules = modules_of(columns);
    // The middle of a bent symbol is nearer, so its modules are wider.
    let fits = seen.is_none_or(|seen| off_by(modules, seen) < 350);
    if !(3..=90).contains(&size.rows) || size.level > 8 || !fits {
        return None;
    }
    let beside = |rail: &Rail, sign: f32| {
        let ([a, b, c], m) = (rail.outer, rail.module[0]);
        Rail { outer: [a + sign * modules * m, b, c], ..*rail }
    };
    let start = ends.start.or_else(|| ends.stop.map(|stop| beside(&stop, -1.0)))?;
    let stop = ends.stop.or_else(|| ends.start.map(|start| beside(&start, 1.0)))?;
    let (left, right) = both_maps(told, (&start, &stop), size.rows)?;
    // A truncated symbol ends with one bar after its codewords.
    let first = if ends.start.is_some() { 0.0 } else { START_MODULES + MODULES as f32 };
    let end = if ends.stop.is_some() { 0.0 } else { STOP_MODULES + MODULES as f32 };
    let seen = (first, modules - end);
    let (left, right) = ((start, left), (stop, right));
    Some((size, Frame { left, right, rows: size.rows, modules, seen }))
}

/// Where the rows lie along both ends: where one end tells nothing, as the other says.
fn both_maps(told: &Told, (start, stop): (&Rail, &Rail), rows: usize) -> Option<(RowMap, RowMap)> {
    let middle = |rail: &Rail| f32::midpoint(rail.reach.0, rail.reach.1);
    let by = middle(stop) - middle(start);
    // By how much the rows are more or fewer than the length in which the end was seen.
    let off = |map: RowMap, rail: &Rail| {
        ((rail.reach.1 - rail.reach.0) / map.height() / rows as f32).abs().ln().abs()
    };
    match (told.left, told.right) {
        (Some(left), Some(right)) if (0.6..1.7).contains(&(left.slope / right.slope)) => {
            Some((left, right))
        }
        // Both cannot be right.
        (Some(left), Some(right)) if off(left, start) > off(right, stop) => {
            Some((right.moved(-by), right))
        }
        (Some(left), _) => Some((left, left.moved(by))),
        (None, right) => right.map(|right| (right.moved(-by), right)),
    }
}

/// Modules of a row of so many columns, from the start pattern to the stop pattern.
pub fn modules_of(columns: usize) -> f32 {
    START_MODULES + STOP_MODULES + ((columns + 2) * MODULES) as f32
}

/// How many modules lie between two rails, as wide as those of the rails.
fn modules_between(start: &Rail, stop: &Rail) -> f32 {
    let v = f32::midpoint(start.reach.0, start.reach.1);
    let w = f32::midpoint(stop.reach.0, stop.reach.1);
    (stop.outer(w) - start.outer(v)) / f32::midpoint(start.module(v), stop.module(w))
}

/// By how many thousandths one number is off another.
#[expect(clippy::cast_possible_truncation, reason = "a ratio, and what is not one is far off")]
fn off_by(a: f32, b: f32) -> i32 {
    ((a / b.max(1.0) - 1.0).abs() * 1000.0) as i32
}

/// The ends with the modules at the very ends, and by how much each module from the left is wider than the one before:
/// at the left end and at the right one. Inward each is by the `share` of a module wider besides.
fn eased<'a>(ends: &Ends<'a>, share: f32) -> (Ends<'a>, (f32, f32)) {
    let grow = ends.start.zip(ends.stop).map_or(0.0, |(start, stop)| {
        let between = modules_between(&start, &stop) - f32::midpoint(START_MODULES, STOP_MODULES);
        (stop.module[0] - start.module[0]) / between.max(MODULES as f32)
    });
    let inward = |rail: Option<Rail>| rail.map_or(0.0, |rail| share * rail.module[0]);
    let grow = (grow + inward(ends.start), grow - inward(ends.stop));
    let by = |rail: Rail, change: f32| {
        let [m, n] = rail.module;
        Rail { module: [m + change, n], ..rail }
    };
    let start = ends.start.map(|rail| by(rail, -grow.0 * START_MODULES / 2.0));
    let stop = ends.stop.map(|rail| by(rail, grow.1 * STOP_MODULES / 2.0));
    (Ends { start, stop, ..*ends }, grow)
}

/// Adds the indicators along one end to `found`.
fn add_marks(found: &mut Vec<Mark>, scan: &Scan<'_>, end: &End, templates: &Templates) {
    let (low, high) = end.rail.reach;
    let room = 0.15 * (high - low) + 2.0;
    let (low, high) = (low - room, high + room);
    let step = ((high - low) / MAX_LINES).max(0.5);
    // Two lines for each, less apart where rows may be thin.
    let apart = (0.004 * (high - low)).clamp(0.1, 0.5);
    let mut v = low;
    while v <= high {
        if scan.holds(end.place(v, 8.5), v) {
            let seen = std::array::from_fn(|k| {
                let u = end.place(v, (k as f32 + 0.5) / PER_MODULE as f32);
                scan.sample(u, v - apart) + scan.sample(u, v + apart)
            });
            found.extend(templates.likest_of_all(seen).and_then(|like| mark(&like, v)));
        }
        v += step;
    }
}

fn mark(like: &Likeness, v: f32) -> Option<Mark> {
    let value = usize::from(like.value);
    let row = (3 * (value / 30) + like.cluster) as f32;
    let is_clear = like.error < CLEAR.0 && like.margin() > CLEAR.1 && row < 90.0;
    let weight = (1.0 - like.error) * like.margin();
    is_clear.then_some(Mark { v, row, cluster: like.cluster, rest: value % 30, weight })
}

/// By how many rows `mark` is off `map`, where every so many rows are marked alike.
fn off(mark: &Mark, map: RowMap, period: f32) -> f32 {
    let off = mark.row + 0.5 - map.row(mark.v);
    off - period * (off / period).round()
}

/// Whether `mark` is of the row that `map` says.
fn is_on(mark: &Mark, map: RowMap, period: f32) -> bool {
    off(mark, map, period).abs() < 0.8
}

/// The map that most of `marks` agree with, where every `period` rows are marked alike.
pub fn row_map(marks: &[Mark], period: f32) -> Option<RowMap> {
    let mut best: Option<(f32, RowMap)> = None;
    let stride = marks.len() / 50 + 1;
    for (k, a) in marks.iter().enumerate().step_by(stride) {
        for b in marks[k + 1..].iter().step_by(stride) {
            let between = b.row - a.row;
            let between = between - period * (between / period).round();
            let slope = between / (b.v - a.v);
            if between.abs() < 2.0 || !(0.01..1.1).contains(&slope.abs()) {
                continue;
            }
            let map = RowMap { offset: a.row + 0.5 - slope * a.v, slope };
            let weight: f32 =
                marks.iter().filter(|m| is_on(m, map, period)).map(|m| m.weight).sum();
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, map));
            }
        }
    }
    let (_, mut map) = best?;
    for _ in 0..3 {
        let on = marks.iter().filter(|mark| is_on(mark, map, period));
        let row = |mark: &Mark| map.row(mark.v) + off(mark, map, period);
        let [offset, slope, _] = fit(on.map(|mark| (mark.v, row(mark))), 2);
        if !(0.01..1.1).contains(&slope.abs()) {
            return None;
        }
        map = RowMap { offset, slope };
    }
    let on = marks.iter().filter(|mark| is_on(mark, map, period)).count();
    (on >= 4 && 5 * on > 2 * marks.len()).then_some(map)
}

/// The place of the greatest vote, unless another is nearly as great.
fn winner(votes: &[f32]) -> Option<usize> {
    let (best, most) = votes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let next = votes.iter().enumerate().filter(|(k, _)| *k != best).map(|(_, v)| *v);
    let next = next.fold(0.0, f32::max);
    (*most > 0.0 && next < 0.7 * most).then_some(best)
}
