//! The start and stop patterns of PDF417 (ISO/IEC 15438, 5.3.3), each followed from row to row.

use crate::pipeline::decode::least_squares::solve;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::micro;
use crate::pipeline::decode::matrix::pdf417::scan::Scan;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::profile::Bars;

/// Widths of the start pattern in modules, a bar first.
pub const START: [u8; 8] = [8, 1, 1, 1, 1, 1, 1, 3];

/// Widths of the stop pattern in modules, a bar first.
pub const STOP: [u8; 9] = [7, 1, 1, 3, 1, 1, 1, 2, 1];

/// Both as a symbol shows them that is turned by half.
const TURNED: ([u8; 8], [u8; 9]) = (turned(START), turned(STOP));

const fn turned<const N: usize>(mut widths: [u8; N]) -> [u8; N] {
    let mut k = 0;
    while k < N / 2 {
        (widths[k], widths[N - 1 - k]) = (widths[N - 1 - k], widths[k]);
        k += 1;
    }
    widths
}

/// By how many modules a bar or space may be wider or narrower.
const MOST_OFF: f32 = 0.95;

/// By how many modules the edges of a pattern may be off their places, as a root of mean squares.
const MOST_ASTRAY: f32 = 0.42;

/// Lines that must show a pattern at about one place.
const MIN_LINES: usize = 3;

/// Which pattern, and whether it is seen from its own left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The start pattern.
    Start,
    /// The stop pattern.
    Stop,
    /// The start pattern of a symbol that is turned by half.
    StartTurned,
    /// The stop pattern of one.
    StopTurned,
}

/// A pattern in a line.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// Which.
    pub kind: Kind,
    /// The line.
    pub v: f32,
    /// Its end toward the free space.
    pub outer: f32,
    /// Pixels a module.
    pub module: f32,
}

/// Patterns in several lines.
type Sights<'p> = Lent<'p, Vec<Sight>>;

/// A start or stop pattern from its first row to its last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rail {
    /// Its end toward the free space, as a polynomial of v.
    pub outer: [f32; 3],
    /// Pixels a module, as one.
    pub module: [f32; 2],
    /// The first and the last v where it was seen.
    pub reach: (f32, f32),
    /// Lines that showed it.
    pub lines: usize,
}

impl Rail {
    /// Its end toward the free space at `v`.
    pub fn outer(&self, v: f32) -> f32 {
        let [a, b, c] = self.outer;
        a + v * (b + v * c)
    }

    /// Pixels a module at `v`.
    pub fn module(&self, v: f32) -> f32 {
        (self.module[0] + v * self.module[1]).max(0.3)
    }

    /// Where module `m` from its end is at `v`, counted toward the other end, if each module is by `grow` wider than
    /// the one before.
    pub fn toward(&self, v: f32, m: f32, grow: f32) -> f32 {
        self.outer(v) + m * (self.module(v) + m * grow / 2.0)
    }

    /// The same in a scan that is turned by half.
    fn turned(self) -> Self {
        let ([a, b, c], [m, n]) = (self.outer, self.module);
        let reach = (-self.reach.1, -self.reach.0);
        Self { outer: [-a, b, -c], module: [m, -n], reach, ..self }
    }
}

/// Both ends of a symbol as far as they were seen, in a scan in which it stands upright.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'a> {
    /// The picture in the symbol's directions.
    pub scan: Scan<'a>,
    /// The start pattern.
    pub start: Option<Rail>,
    /// The stop pattern.
    pub stop: Option<Rail>,
}

/// Which symbologies are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// `PDF417`.
    Plain,
    /// `MicroPDF417`.
    Micro,
    /// Both.
    Both,
}

/// What a few lines across a region show: print shows nothing of this.
#[derive(Debug, Clone, Copy, Default)]
pub struct Glance {
    /// A start or stop pattern.
    pub has_guard: bool,
    /// A row of `MicroPDF417`.
    pub has_addresses: bool,
}

impl Glance {
    /// What `region` shows of `wanted`: where that is no `MicroPDF417`, its rows are not looked for.
    pub fn of(scan: &Scan<'_>, region: &Region, wanted: Wanted) -> Self {
        let reach = reach(region);
        let (mut has_guard, mut rows) = (false, Vec::new());
        let mut look = |t: f32| {
            let v = t * region.along;
            let bars = scan.edges(v, reach, 2);
            has_guard = has_guard || (wanted != Wanted::Micro && is_guard(scan, reach, &bars, v));
            if wanted != Wanted::Plain {
                rows.extend(micro::row_at(scan, region, &bars, v));
            }
            rows.len()
        };
        let n: usize = [0.0, -0.5, 0.5].into_iter().map(&mut look).max().unwrap_or(0);
        if n > 0 {
            for t in [-0.85, -0.7, -0.6, -0.36, -0.24, -0.12, 0.12, 0.24, 0.36, 0.6, 0.7, 0.85] {
                look(t);
            }
        }
        // Where little else is looked for, one row is enough for a closer look.
        let is_enough = wanted == Wanted::Micro && !rows.is_empty();
        Self { has_guard, has_addresses: is_enough || micro::are_of_one(&rows) }
    }
}

/// Whether `bars`, those at `v`, have a start or stop pattern that the lines below have too.
fn is_guard(scan: &Scan<'_>, reach: (f32, f32), bars: &Bars, v: f32) -> bool {
    let mut seen = sights(bars, v).peekable();
    if seen.peek().is_none() {
        return false;
    }
    let below = scan.edges(v + 2.0, reach, 2);
    let goes_on =
        |a: &Sight, b: &Sight| a.kind == b.kind && (a.outer - b.outer).abs() < 2.0 + a.module;
    seen.any(|a| sights(&below, v).any(|b| goes_on(&a, &b)))
}

/// How far across a region is looked at: bars at its ends may be outside.
pub fn reach(region: &Region) -> (f32, f32) {
    let half = region.across * 1.1 + 24.0;
    (-half, half)
}

/// The ends of the symbol in `region`.
pub fn ends<'a>(scan: Scan<'a>, region: &Region) -> Option<Ends<'a>> {
    let half = region.along * 1.1 + 6.0;
    let seen = survey(&scan, reach(region), (-half, half));
    let count = |kinds: [Kind; 2]| seen.iter().filter(|s| kinds.contains(&s.kind)).count();
    let is_turned = count([Kind::StartTurned, Kind::StopTurned]) > count([Kind::Start, Kind::Stop]);
    let (first, last) =
        if is_turned { (Kind::StartTurned, Kind::StopTurned) } else { (Kind::Start, Kind::Stop) };
    let (mut start, mut stop) = (rail(&seen, first, scan.pools()), rail(&seen, last, scan.pools()));
    // The other end may be far outside: the middle of a symbol has not one direction.
    let forward = if is_turned { -1.0 } else { 1.0 };
    let beyond = |rail: &Rail, sign: f32, kind: Kind| {
        let from = rail.outer[0] + sign * 20.0 * rail.module[0];
        let to = rail.outer[0] + sign * LONGEST * rail.module[0];
        let (low, high) = rail.reach;
        // The other end may lie higher or lower: a tilted label is slanted.
        let room = 0.5 * (high - low) + 20.0 * rail.module[0];
        let seen = survey(&scan, (from.min(to), from.max(to)), (low - room, high + room));
        self::rail(&seen, kind, scan.pools())
    };
    if let (Some(rail), None) = (&start, &stop) {
        stop = beyond(rail, forward, last);
    } else if let (None, Some(rail)) = (&start, &stop) {
        start = beyond(rail, -forward, first);
    }
    start.or(stop)?;
    if !is_turned {
        return Some(Ends { scan, start, stop });
    }
    let turned = |rail: Option<Rail>| rail.map(Rail::turned);
    Some(Ends { scan: scan.turned(), start: turned(start), stop: turned(stop) })
}

/// Modules of the longest row: 34 columns and the last bar.
const LONGEST: f32 = 590.0;

/// Most lines of a survey.
const MAX_LINES: f32 = 48.0;

/// The patterns in lines across between two places, over a height.
fn survey<'a>(scan: &Scan<'a>, reach: (f32, f32), (low, high): (f32, f32)) -> Sights<'a> {
    let step = ((high - low) / MAX_LINES).max(1.5);
    let rows = if step < 2.5 { 2 } else { 3 };
    let mut seen = scan.pools().stacked.sights.empty();
    let mut v = low;
    while v <= high {
        seen.extend(sights(&scan.edges(v, reach, rows), v));
        v += step;
    }
    seen
}

/// The patterns among the bars of one line.
fn sights(bars: &Bars, v: f32) -> impl Iterator<Item = Sight> {
    let here = move |k: usize| {
        let edges = &bars.edges[k..];
        if k % 2 == 1 {
            return [sight(Kind::StartTurned, edges, &TURNED.0, v), None, None];
        }
        [
            sight(Kind::Start, edges, &START, v),
            sight(Kind::Stop, edges, &STOP, v),
            sight(Kind::StopTurned, edges, &TURNED.1, v),
        ]
    };
    (0..bars.edges.len()).flat_map(here).flatten()
}

/// The pattern of these widths, if the first of `edges` are its.
fn sight<const N: usize>(kind: Kind, edges: &[f32], widths: &[u8; N], v: f32) -> Option<Sight> {
    let (from, module) = fitted(edges, widths)?;
    let length = f32::from(widths.iter().sum::<u8>()) * module;
    let is_left = matches!(kind, Kind::Start | Kind::StopTurned);
    Some(Sight { kind, v, outer: if is_left { from } else { from + length }, module })
}

/// Where a pattern of these widths begins and how wide its modules are, if the first of `edges` are its.
fn fitted<const N: usize>(edges: &[f32], widths: &[u8; N]) -> Option<(f32, f32)> {
    let edges = edges.get(..=N)?;
    let (first, last) = (edges.first()?, edges.last()?);
    let total = f32::from(widths.iter().sum::<u8>());
    let module = (last - first) / total;
    let is_near = |(pair, width): (&[f32], &u8)| {
        (pair[1] - pair[0] - f32::from(*width) * module).abs() < MOST_OFF * module
    };
    if module < 0.6 || !edges.windows(2).zip(widths).all(is_near) {
        return None;
    }
    let next = |place: &mut f32, width: &u8| {
        *place += f32::from(*width);
        Some(*place)
    };
    let placed = || [0].iter().chain(widths).scan(0.0, next).zip(edges);
    let mut sums = [0.0_f32; 4];
    for (p, edge) in placed() {
        let terms = [p, p * p, edge - first, p * (edge - first)];
        sums.iter_mut().zip(terms).for_each(|(s, t)| *s += t);
    }
    let n = edges.len() as f32;
    let [p, pp, e, pe] = sums;
    let slope = (n * pe - p * e) / (n * pp - p * p);
    let offset = (e - slope * p) / n;
    let square = |(p, edge): (f32, &f32)| (edge - first - offset - slope * p).powi(2);
    let astray = (placed().map(square).sum::<f32>() / n).sqrt();
    (slope > 0.5 && astray < MOST_ASTRAY * slope).then_some((first + offset, slope))
}

/// The rail that most sights of one kind lie on.
pub fn rail(seen: &[Sight], kind: Kind, pools: &Pools) -> Option<Rail> {
    let seen = pools.stacked.sights.collect(seen.iter().filter(|s| s.kind == kind).copied());
    let mut best: Option<(usize, &Sight, f32)> = None;
    let stride = seen.len() / 40 + 1;
    for (k, a) in seen.iter().enumerate().step_by(stride) {
        for b in seen[k + 1..].iter().step_by(stride) {
            let (dv, ratio) = (b.v - a.v, b.module / a.module);
            let slope = (b.outer - a.outer) / dv;
            if dv.abs() < 2.0 || slope.abs() > 0.5 || !(0.8..1.25).contains(&ratio) {
                continue;
            }
            let n = seen.iter().filter(|s| is_on(s, a, slope)).count();
            if best.is_none_or(|(most, ..)| n > most) {
                best = Some((n, a, slope));
            }
        }
    }
    let (lines, a, slope) = best.filter(|(n, ..)| *n >= MIN_LINES)?;
    let on = || seen.iter().filter(|s| is_on(s, a, slope));
    let outer = fit(on().map(|s| (s.v, s.outer)), if lines < 12 { 2 } else { 3 });
    let module = fit(on().map(|s| (s.v, s.module)), if lines < 6 { 1 } else { 2 });
    let low = on().map(|s| s.v).fold(f32::MAX, f32::min);
    let high = on().map(|s| s.v).fold(f32::MIN, f32::max);
    let module = [module[0], module[1]];
    Some(Rail { outer, module, reach: (low, high), lines })
}

/// Whether a sight lies on the line through `a` of this slope.
fn is_on(s: &Sight, a: &Sight, slope: f32) -> bool {
    let ratio = s.module / a.module;
    (s.outer - a.outer - slope * (s.v - a.v)).abs() < 0.7 * a.module
        && (0.75..1.33).contains(&ratio)
}

/// The polynomial of `terms` terms, at most 3, through `points` by least squares.
#[expect(clippy::cast_possible_truncation, reason = "pixels and modules")]
pub fn fit(points: impl Iterator<Item = (f32, f32)>, terms: usize) -> [f32; 3] {
    let mut normal = [[0.0_f64; 3]; 3];
    let mut right = [0.0_f64; 3];
    for (x, y) in points {
        let (x, y) = (f64::from(x), f64::from(y));
        let powers = [1.0, x, x * x];
        for (j, power) in powers.iter().enumerate() {
            right[j] += power * y;
            normal[j].iter_mut().zip(powers).for_each(|(n, p)| *n += power * p);
        }
    }
    // Fewer where the places do not tell so many.
    let solved = (1..=terms).rev().find_map(|n| solve(normal, right, n)).unwrap_or_default();
    solved.map(|v| v as f32)
}
