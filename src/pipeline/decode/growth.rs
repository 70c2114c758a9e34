//! Cells of one direction joined from neighbour to neighbour, and the turned box around them.
#![expect(
    clippy::cast_possible_truncation,
    reason = "cell indices are far below the limits of their types"
)]

use crate::pipeline::decode::cells::{CELL, Cells};
use crate::pipeline::decode::lanes::{fill, first};
use crate::pipeline::decode::locate::Region;
use crate::pipeline::symbol::Point;

/// Cosine of twice the greatest angle between neighbouring cells of one symbol (12 degrees).
const JOINED: f32 = 0.913;

/// Room in which cells are joined to regions.
#[derive(Debug, Default)]
pub struct Growth {
    /// Whether each cell may be of bars and was not joined to others yet.
    open: Vec<bool>,
    /// The cells of one region.
    members: Vec<Member>,
    /// Their places across and along its bars.
    places: Vec<(f32, f32)>,
    /// Some of these to be sorted.
    sorted: Vec<f32>,
}

/// A cell of a region.
#[derive(Debug)]
pub struct Member {
    cell: usize,
    /// Its column and its row.
    place: (u32, u32),
    /// xx, yy and xy of its window.
    pub tensor: [f32; 3],
}

impl Member {
    fn of(cells: &Cells, cell: usize, place: (u32, u32)) -> Self {
        Self { cell, place, tensor: cells.tensor(cell) }
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

impl Growth {
    /// Gives `take` the boxes around `least` or more joined ones of `cells`, of those that are `open`, each with these cells.
    pub fn each(
        &mut self,
        cells: &Cells,
        (open, least): (impl ExactSizeIterator<Item = bool>, usize),
        mut take: impl FnMut(Region, &[Member]),
    ) {
        fill(&mut self.open, open);
        let mut start = 0;
        while let Some(next) = self.open.get(start..).and_then(|rest| first(rest, |on| *on)) {
            start += next;
            grow(start, cells, &mut self.open, &mut self.members);
            if self.members.len() >= least
                && let Some(region) = self.region()
            {
                take(region, &self.members);
            }
        }
    }

    /// The box around the cells; `None` for what has not the shape of a symbol.
    fn region(&mut self) -> Option<Region> {
        let Self { members, places, sorted, .. } = self;
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
        places.clear();
        places.extend(members.iter().map(place));
        sorted.clear();
        sorted.extend(places.iter().map(|p| p.0));
        let (u0, u1) = ends(sorted, 1);
        let u = f32::midpoint(u0, u1);
        let half = CELL as f32 / 2.0;
        let across = (u1 - u0) / 2.0 + half;
        let line = MiddleLine::of(places.iter().map(|p| ((p.0 - u) / across, p.1)));
        sorted.clear();
        sorted.extend(places.iter().map(|p| p.1 - line.at((p.0 - u) / across)));
        let (v0, v1) = ends(sorted, 2);
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
}

/// Takes the cells joined to `start`, from neighbour to neighbour of like direction.
fn grow(start: usize, cells: &Cells, open: &mut [bool], members: &mut Vec<Member>) {
    members.clear();
    let (at, columns) = (start as u32, cells.columns as u32);
    members.push(Member::of(cells, start, (at % columns, at / columns)));
    open[start] = false;
    let mut next = 0;
    while let Some(here) = members.get(next) {
        next += 1;
        let (cell, (x, y)) = (here.cell, here.place);
        // The row above the first and the one below the last are not there.
        let near = [
            (x > 0, cell.wrapping_sub(1), (x.wrapping_sub(1), y)),
            (x + 1 < columns, cell + 1, (x + 1, y)),
            (true, cell.wrapping_sub(cells.columns), (x, y.wrapping_sub(1))),
            (true, cell + cells.columns, (x, y + 1)),
        ];
        let mut joined = [None, None, None, None];
        for ((is_within, there, place), joined) in near.into_iter().zip(&mut joined) {
            if let Some(on) = open.get_mut(there).filter(|on| is_within && **on) {
                let other = Member::of(cells, there, place);
                if here.is_like(&other) {
                    *on = false;
                    *joined = Some(other);
                }
            }
        }
        members.extend(joined.into_iter().flatten());
    }
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
