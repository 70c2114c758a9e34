//! Where bars are: cells of one direction, joined into turned boxes.
//!
//! Bars have one direction of gradient over many cells (coherence near 1); print and texture have many.
//! It knows nothing of symbologies. Its boxes are rough; [`super::strip`] looks again at full size.
#![expect(
    clippy::cast_possible_truncation,
    reason = "cell indices are far below the limits of their types"
)]

use crate::pipeline::decode::cells::{CELL, Cells, Levels, MIN_ENERGY};
use crate::pipeline::symbol::Point;

/// Least coherence of a cell of bars.
const MIN_COHERENCE: f32 = 0.65;

/// The same where lines cross the bars.
const WORN_COHERENCE: f32 = 0.25;

/// Cosine of twice the greatest angle between neighbouring cells of one symbol (12 degrees).
const JOINED: f32 = 0.913;

/// Least number of cells of a symbol.
const MIN_CELLS: usize = 8;

/// Most joined regions of one picture.
const MAX_JOINED: usize = 8;

/// Most regions of several parts in a row.
const MAX_CHAINS: usize = 4;

/// A turned box around bars, in pixels of the picture it was found in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Its centre.
    pub centre: Point,
    /// The direction across the bars, in radians.
    pub angle: f32,
    /// Half its extent across the bars.
    pub across: f32,
    /// Half its extent along the bars.
    pub along: f32,
    /// How far its middle line goes along the bars, a pixel across them: perspective shears a label.
    pub slope: f32,
    /// How far the ends of its middle line are bent along the bars, in pixels.
    pub bend: f32,
    /// By how much the bars turn, in radians a pixel across them: perspective spreads them like a fan.
    pub fan: f32,
}

impl Region {
    /// The same region in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(self, factor: f32) -> Self {
        // Pixel centres: 0 of the small picture lies between 0 and `factor` - 1 of the large one.
        let shift = (factor - 1.0) / 2.0;
        Self {
            centre: Point::new(self.centre.x * factor + shift, self.centre.y * factor + shift),
            across: self.across * factor,
            along: self.along * factor,
            bend: self.bend * factor,
            fan: self.fan / factor,
            ..self
        }
    }

    /// Whether one of `others` is the same region, or one that it is a part of.
    pub fn is_among(&self, others: &[Self]) -> bool {
        others.iter().any(|other| {
            let (u, v) = other.local(self.centre);
            u.abs() < 0.7 * other.across
                && (v - other.middle(u)).abs() < 0.7 * other.along
                && other.across > 0.6 * self.across
        })
    }

    /// Whether a closer look at one would see what a look at the other has seen.
    pub fn is_like(&self, other: &Self) -> bool {
        let (u, v) = other.local(self.centre);
        let alike = |a: f32, b: f32, most: f32| a < most * b && b < most * a;
        u.abs() < 0.05 * other.across
            && v.abs() < 0.2 * other.along
            && alike(self.across, other.across, 1.08)
            && alike(self.along, other.along, 1.3)
            && (self.angle - other.angle).sin().abs() < 0.03
    }

    /// The unit vectors across and along the bars.
    pub fn axes(&self) -> (Point, Point) {
        let (sin, cos) = self.angle.sin_cos();
        (Point::new(cos, sin), Point::new(-sin, cos))
    }

    /// How far along the bars the middle line lies, `u` across them from the centre.
    pub fn middle(&self, u: f32) -> f32 {
        let t = u / self.across.max(1.0);
        u * self.slope + t * t * self.bend
    }

    /// `point` in the region's own axes, from its centre.
    pub fn local(&self, point: Point) -> (f32, f32) {
        let (u, v) = self.axes();
        let (dx, dy) = (point.x - self.centre.x, point.y - self.centre.y);
        (dx * u.x + dy * u.y, dx * v.x + dy * v.y)
    }
}

/// The regions of bars in `cells`, largest first.
pub fn regions(cells: &Cells) -> Vec<Region> {
    coherent(cells, directed(cells, cells.levels, MIN_COHERENCE).collect())
}

/// The same of cells that have the gradient of bars themselves.
pub fn own_regions(cells: &Cells) -> Vec<Region> {
    let directed = directed(cells, cells.own_levels(&mut Vec::new()), MIN_COHERENCE);
    coherent(cells, directed.zip(cells.are_own()).map(|(is, is_own)| is && is_own).collect())
}

/// The same with bars that lines cross, as dots of a worn printing head leave them.
pub fn worn_regions(cells: &Cells) -> Vec<Region> {
    coherent(cells, directed(cells, cells.levels, WORN_COHERENCE).collect())
}

/// The boxes around joined cells, of those that are `open`.
fn coherent(cells: &Cells, mut open: Vec<bool>) -> Vec<Region> {
    let mut found = Vec::new();
    let mut members = Vec::new();
    let mut start = 0;
    while let Some(next) = open.get(start..).and_then(|rest| rest.iter().position(|on| *on)) {
        start += next;
        grow(start, cells, &mut open, &mut members);
        if members.len() >= MIN_CELLS {
            found.extend(region(&members));
        }
    }
    found.sort_by(|a, b| (b.across * b.along).total_cmp(&(a.across * a.along)));
    found
}

/// The regions that two of `regions`, one beside the other, may be the parts of: glare, tape or a scratch splits
/// a symbol.
pub fn joined(regions: &[Region]) -> Vec<Region> {
    let mut found = Vec::new();
    for (k, a) in regions.iter().enumerate() {
        found.extend(regions[k + 1..].iter().filter_map(|b| join(a, b)));
    }
    found.truncate(MAX_JOINED);
    found
}

fn join(a: &Region, b: &Region) -> Option<Region> {
    let turn = (a.angle - b.angle).sin().abs();
    let (u, v) = a.local(b.centre);
    let gap = u.abs() - a.across - b.across;
    let beside = (v - a.middle(u)).abs() < 0.6 * a.along.max(b.along);
    let alike = a.along < 2.0 * b.along && b.along < 2.0 * a.along;
    let near = gap > -0.5 * b.across && gap < 0.8 * (a.across + b.across);
    if turn > 0.21 || !beside || !alike || !near {
        return None;
    }
    let (from, to) = ((-a.across).min(u - b.across), a.across.max(u + b.across));
    let middle = f32::midpoint(from, to);
    let (axis, down) = a.axes();
    // The line through both centres is the middle line.
    let slope = v / u;
    let sunk = middle * slope;
    let centre = Point::new(
        a.centre.x + middle * axis.x + sunk * down.x,
        a.centre.y + middle * axis.y + sunk * down.y,
    );
    let along = a.along.min(b.along);
    Some(Region { centre, across: (to - from) / 2.0, along, slope, bend: 0.0, ..*a })
}

/// The regions that several of `regions` in a row may be the parts of, with room for parts that were not found at its
/// ends: wide bars seen from the side and lines across the bars leave but pieces.
pub fn chained(regions: &[Region]) -> Vec<Region> {
    let mut rest: Vec<Region> = regions.to_vec();
    let mut found = Vec::new();
    while let Some(mut chain) = rest.pop() {
        let mut n_parts = 1;
        while let Some(next) = rest.iter().position(|other| chain.is_in_row_with(other)) {
            chain = chain.with(&rest.remove(next));
            n_parts += 1;
        }
        if n_parts > 1 {
            found.push(Region { across: chain.across + chain.along, ..chain });
        }
    }
    found.sort_by(|a, b| (b.across * b.along).total_cmp(&(a.across * a.along)));
    found.truncate(MAX_CHAINS);
    found
}

impl Region {
    /// Whether `other` lies beside it in the direction across the bars, no farther away than bars
    /// are high, and not much higher: labels that were taken for one are no piece.
    fn is_in_row_with(&self, other: &Self) -> bool {
        let (u, v) = self.local(other.centre);
        let (low, high) = (self.along.min(other.along), self.along.max(other.along));
        (self.angle - other.angle).sin().abs() < 0.1
            && v.abs() < 0.6 * high
            && high < 8.0 * low
            && u.abs() - self.across - other.across < 2.0 * high
    }

    /// The straight box around it and `other`, as high as the higher of both.
    fn with(&self, other: &Self) -> Self {
        let (high, low) = if self.along > other.along { (self, other) } else { (other, self) };
        let (u, _) = high.local(low.centre);
        let (from, to) = ((-high.across).min(u - low.across), high.across.max(u + low.across));
        let middle = f32::midpoint(from, to);
        let (axis, _) = high.axes();
        let centre = Point::new(high.centre.x + middle * axis.x, high.centre.y + middle * axis.y);
        Self { centre, across: (to - from) / 2.0, slope: 0.0, bend: 0.0, fan: 0.0, ..*high }
    }
}

/// Whether each cell may be of bars: strong, and of one direction.
fn directed(cells: &Cells, levels: Levels, coherence: f32) -> impl Iterator<Item = bool> {
    let threshold = MIN_ENERGY.max(3.0 * levels.noise).max(0.02 * levels.strong);
    cells.tensors().map(move |[xx, yy, xy]| {
        let energy = xx + yy;
        let (x, y) = (xx - yy, 2.0 * xy);
        let least = coherence * (energy - levels.noise);
        energy > threshold && x * x + y * y > least * least
    })
}

/// A cell of a region.
struct Member {
    cell: usize,
    /// Its column and its row.
    place: (u32, u32),
    /// xx, yy and xy of its window.
    tensor: [f32; 3],
}

impl Member {
    fn of(cells: &Cells, cell: usize) -> Self {
        let (at, columns) = (cell as u32, cells.columns as u32);
        Self { cell, place: (at % columns, at / columns), tensor: cells.tensor(cell) }
    }

    /// Whether the directions of both are nearly one.
    fn is_like(&self, other: &Self) -> bool {
        let double = |[xx, yy, xy]: [f32; 3]| (xx - yy, 2.0 * xy);
        let (a, b) = (double(self.tensor), double(other.tensor));
        let dot = a.0 * b.0 + a.1 * b.1;
        let square = |(x, y): (f32, f32)| x * x + y * y;
        dot > 0.0 && dot * dot > JOINED * JOINED * square(a) * square(b)
    }
}

/// Takes the cells joined to `start`, from neighbour to neighbour of like direction.
fn grow(start: usize, cells: &Cells, open: &mut [bool], members: &mut Vec<Member>) {
    members.clear();
    members.push(Member::of(cells, start));
    open[start] = false;
    let mut next = 0;
    while let Some(here) = members.get(next) {
        next += 1;
        let (cell, column) = (here.cell, here.place.0 as usize);
        let is_within = [column > 0, column + 1 < cells.columns, true, true];
        // The row above the first and the one below the last are not there.
        let near = [
            cell.wrapping_sub(1),
            cell + 1,
            cell.wrapping_sub(cells.columns),
            cell + cells.columns,
        ];
        let mut joined = [None, None, None, None];
        for ((there, is_within), joined) in near.into_iter().zip(is_within).zip(&mut joined) {
            if let Some(on) = open.get_mut(there).filter(|on| is_within && **on) {
                let other = Member::of(cells, there);
                if here.is_like(&other) {
                    *on = false;
                    *joined = Some(other);
                }
            }
        }
        members.extend(joined.into_iter().flatten());
    }
}

/// The box around `members`; `None` for what has not the shape of a symbol.
fn region(members: &[Member]) -> Option<Region> {
    let sum = members.iter().fold([0.0_f32; 3], |sum, Member { tensor: [xx, yy, xy], .. }| {
        [sum[0] + xx, sum[1] + yy, sum[2] + xy]
    });
    let angle = (2.0 * sum[2]).atan2(sum[0] - sum[1]) / 2.0;
    let (sin, cos) = angle.sin_cos();
    let place = |member: &Member| {
        let centre = |k: u32| k as f32 * CELL as f32 + (CELL as f32 - 1.0) / 2.0;
        let (x, y) = (centre(member.place.0), centre(member.place.1));
        (x * cos + y * sin, y * cos - x * sin)
    };
    let places: Vec<(f32, f32)> = members.iter().map(place).collect();
    let mut us: Vec<f32> = places.iter().map(|p| p.0).collect();
    let (u0, u1) = ends(&mut us, 1);
    let u = f32::midpoint(u0, u1);
    let half = CELL as f32 / 2.0;
    let across = (u1 - u0) / 2.0 + half;
    let line = MiddleLine::of(places.iter().map(|p| ((p.0 - u) / across, p.1)));
    let mut vs: Vec<f32> = places.iter().map(|p| p.1 - line.at((p.0 - u) / across)).collect();
    let (v0, v1) = ends(&mut vs, 2);
    let along = (v1 - v0) / 2.0 + half;
    let fill = (members.len() * CELL * CELL) as f32 / (4.0 * across * along);
    let v = line.at(0.0) + f32::midpoint(v0, v1);
    let centre = Point::new(u * cos - v * sin, u * sin + v * cos);
    let shaped = across >= 10.0 && along >= 3.0 && fill >= 0.35;
    if !shaped {
        return None;
    }
    let (slope, bend) = (line.slope / across, line.bend);
    let twice = (2.0 * angle).sin_cos();
    let turns = members.iter().map(|member| turn(member.tensor, twice));
    let fan = fan(places.iter().map(|place| place.0 - u).zip(turns), across);
    Some(Region { centre, angle, across, along, slope, bend, fan })
}

/// The energy of a cell and by how much its direction is turned from an angle, in radians, whose double has this sine and
/// cosine.
fn turn([xx, yy, xy]: [f32; 3], (sin, cos): (f32, f32)) -> (f32, f32) {
    let (x, y) = (xx - yy, 2.0 * xy);
    let (up, along) = (y * cos - x * sin, x * cos + y * sin);
    let t = up / along.max(1e-6);
    // Nearly all cells of a region have nearly its direction, and the series of the arc tangent is short there.
    let turn =
        if t.abs() < 0.5 { t * (1.0 - t * t * (1.0 / 3.0 - t * t / 5.0)) } else { up.atan2(along) };
    (xx + yy, turn / 2.0)
}

/// How the direction of cells turns a pixel across the bars, by least squares over their places, energies and turns.
fn fan(cells: impl Iterator<Item = (f32, (f32, f32))>, across: f32) -> f32 {
    // A little weight on no turn at all, for regions of few cells.
    let (mut right, mut left) = (0.0, 1e-6);
    let mut sums = [0.0_f32; 3];
    for (u, (weight, turn)) in cells {
        right += weight * u * turn;
        left += weight * u * u;
        sums.iter_mut().zip([weight, weight * u, weight * turn]).for_each(|(s, v)| *s += v);
    }
    let [weight, us, turns] = sums;
    let spread = left - us * us / weight.max(1e-6);
    if spread < 0.05 * weight * across * across {
        return 0.0;
    }
    (right - us * turns / weight) / spread
}

/// The values below and above which `cut` percent lie.
fn ends(values: &mut [f32], cut: usize) -> (f32, f32) {
    let Some(last) = values.len().checked_sub(1) else { return (0.0, 0.0) };
    let mut at = |k: usize| *values.select_nth_unstable_by(k, f32::total_cmp).1;
    (at(last * cut / 100), at(last * (100 - cut) / 100))
}

/// The middle of the cells along the bars, as a parabola over t from -1 (one end) to 1 (the other).
struct MiddleLine {
    offset: f32,
    slope: f32,
    bend: f32,
}

impl MiddleLine {
    /// By least squares over the places of the cells.
    fn of(places: impl Iterator<Item = (f32, f32)>) -> Self {
        let mut sums = [0.0_f32; 5];
        let mut right = [0.0_f32; 3];
        for (t, v) in places {
            let t2 = t * t;
            sums.iter_mut().zip([1.0, t, t2, t2 * t, t2 * t2]).for_each(|(s, p)| *s += p);
            right.iter_mut().zip([v, v * t, v * t2]).for_each(|(r, p)| *r += p);
        }
        let [n, t1, t2, t3, t4] = sums;
        let [r0, r1, r2] = right;
        let determinant =
            n * (t2 * t4 - t3 * t3) - t1 * (t1 * t4 - t2 * t3) + t2 * (t1 * t3 - t2 * t2);
        if n < 12.0 || determinant.abs() < 1e-3 * n * n * n {
            return Self { offset: r0 / n.max(1.0), slope: 0.0, bend: 0.0 };
        }
        // Cramer's rule.
        let offset = r0 * (t2 * t4 - t3 * t3) - t1 * (r1 * t4 - t3 * r2) + t2 * (r1 * t3 - t2 * r2);
        let slope = n * (r1 * t4 - r2 * t3) - r0 * (t1 * t4 - t2 * t3) + t2 * (t1 * r2 - t2 * r1);
        let bend = n * (t2 * r2 - t3 * r1) - t1 * (t1 * r2 - t2 * r1) + r0 * (t1 * t3 - t2 * t2);
        Self { offset: offset / determinant, slope: slope / determinant, bend: bend / determinant }
    }

    fn at(&self, t: f32) -> f32 {
        self.offset + t * (self.slope + t * self.bend)
    }
}
