//! Where bars are: cells of one direction, joined into turned boxes.
//!
//! Bars have one direction of gradient over many cells (coherence near 1); print and texture have many.
//! It knows nothing of symbologies. Its boxes are rough; [`super::strip`] looks again at full size.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use crate::pipeline::decode::cells::{Cells, Levels, MIN_ENERGY};
use crate::pipeline::decode::growth::Member;
use crate::pipeline::decode::pool::{Lent, Pools, Regions};
use crate::pipeline::symbol::Point;

/// Least number of cells of a symbol.
const MIN_CELLS: usize = 8;

/// The same of worn bars, or of a piece of them: with 40, 2 of 1419 that are read were lost, with 24 none. Print has less
/// in most places.
const MIN_WORN_CELLS: usize = 24;

/// Least coherence of a cell of bars.
const MIN_COHERENCE: f32 = 0.65;

/// The same where lines cross the bars.
const WORN_COHERENCE: f32 = 0.25;

/// The coherence of all cells of a worn region together: what was read had 0.47. Print has less in one of three.
const WORN_WHOLE: f32 = 0.45;

/// The share of its cells that are as coherent as those of bars: what was read had 0.15 to 0.82. Print has less in one of
/// three; and with more it is a region of bars, which was looked at before.
const WORN_SHARE: RangeInclusive<f32> = 0.12..=0.88;

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
pub fn regions<'p>(cells: &Cells, pools: &'p Pools) -> Regions<'p> {
    grown(cells, directed(cells, cells.levels, MIN_COHERENCE), pools)
}

/// The same of cells that have the gradient of bars themselves.
pub fn own_regions<'p>(cells: &Cells, pools: &'p Pools) -> Regions<'p> {
    let levels = cells.own_levels(&mut pools.workspaces.lend());
    let directed = directed(cells, levels, MIN_COHERENCE).zip(cells.are_own());
    grown(cells, directed.map(|(is, is_own)| is && is_own), pools)
}

/// The boxes around joined cells of those that are `open`, largest first.
fn grown<'p>(
    cells: &Cells,
    open: impl ExactSizeIterator<Item = bool>,
    pools: &'p Pools,
) -> Regions<'p> {
    let mut found = pools.regions.empty();
    pools.growths.lend().each(cells, (open, MIN_CELLS), |region, _| found.push(region));
    found.sort_unstable_by(by_size);
    found
}

/// The larger one first.
fn by_size(a: &Region, b: &Region) -> Ordering {
    (b.across * b.along).total_cmp(&(a.across * a.along))
}

/// The same with bars that lines cross, as dots of a worn printing head leave them, and whether each may be worn bars by
/// itself. If not, it may be a piece of some.
pub fn worn_regions<'p>(cells: &Cells, pools: &'p Pools) -> Lent<'p, Vec<(Region, bool)>> {
    let directed = directed(cells, cells.levels, WORN_COHERENCE);
    let mut found = pools.worn.empty();
    let take = |region, members: &[Member]| found.push((region, may_be_worn(members)));
    pools.growths.lend().each(cells, (directed, MIN_WORN_CELLS), take);
    found.sort_unstable_by(|(a, _), (b, _)| by_size(a, b));
    found
}

/// Whether `members` may be of bars that lines cross: together they have one direction, and neither hardly any nor nearly
/// all of them have it by themselves.
fn may_be_worn(members: &[Member]) -> bool {
    let has = |[xx, yy, xy]: [f32; 3], coherence: f32| {
        let least = coherence * (xx + yy);
        (xx - yy) * (xx - yy) + 4.0 * xy * xy >= least * least
    };
    let n_directed = members.iter().filter(|member| has(member.tensor, MIN_COHERENCE)).count();
    let sum = members
        .iter()
        .fold([0.0; 3], |sum: [f32; 3], member| std::array::from_fn(|k| sum[k] + member.tensor[k]));
    WORN_SHARE.contains(&(n_directed as f32 / members.len() as f32)) && has(sum, WORN_WHOLE)
}

/// The regions that two of `regions`, one beside the other, may be the parts of: glare, tape or a scratch splits
/// a symbol.
pub fn joined<'p>(regions: &[Region], pools: &'p Pools) -> Regions<'p> {
    let mut found = pools.regions.empty();
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
pub fn chained<'p>(regions: &[Region], pools: &'p Pools) -> Regions<'p> {
    let mut rest = pools.regions.collect(regions.iter().copied());
    let mut found = pools.regions.empty();
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
    found.sort_unstable_by(by_size);
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
fn directed(cells: &Cells, levels: Levels, coherence: f32) -> impl ExactSizeIterator<Item = bool> {
    let threshold = MIN_ENERGY.max(3.0 * levels.noise).max(0.02 * levels.strong);
    cells.tensors().map(move |[xx, yy, xy]| {
        let energy = xx + yy;
        let (x, y) = (xx - yy, 2.0 * xy);
        let least = coherence * (energy - levels.noise);
        energy > threshold && x * x + y * y > least * least
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::cells::CELL;
    use crate::pipeline::decode::raster::View;

    /// The largest region of worn bars, if what is dark where `is_dark` says so has some, and whether it may be so by itself.
    fn worn(is_dark: impl Fn(usize, usize) -> bool) -> Option<bool> {
        let pixel = |k: usize| if is_dark(k % 480, k / 480) { 40 } else { 220 };
        let luma: Vec<u8> = (0..480 * 440).map(pixel).collect();
        let cells = Cells::of(View { width: 480, height: 440, luma: &luma }, CELL);
        let pools = Pools::default();
        worn_regions(&cells, &pools).first().map(|(_, may_be)| *may_be)
    }

    /// Whether it is so in the middle of a picture.
    fn may_be_worn(is_dark: impl Fn(usize, usize) -> bool) -> bool {
        let is_inside = |x: usize, y: usize| (80..400).contains(&x) && (40..400).contains(&y);
        worn(|x, y| is_inside(x, y) && is_dark(x, y)) == Some(true)
    }

    #[test]
    fn a_few_cells_are_no_piece_of_worn_bars() {
        let bars = |width: usize, height: usize| {
            worn(move |x, y| {
                (80..80 + width).contains(&x) && (40..40 + height).contains(&y) && x % 9 < 4
            })
        };
        assert!(bars(18, 8).is_none() && bars(60, 20).is_some());
    }

    #[test]
    fn worn_bars_are_told_from_plain_ones_and_from_squares() {
        assert!(may_be_worn(|x, y| x % 9 < 4 && y % 24 > 2), "lines without ink");
        assert!(!may_be_worn(|x, _| x % 9 < 4), "plain bars were looked at before");
        assert!(!may_be_worn(|x, y| (x / 6 + y / 6) % 2 == 0), "no one direction");
        let is_ring = |x: usize, y: usize| {
            let (x, y) = (x as f32 - 240.0, y as f32 - 220.0);
            x.hypot(y) % 9.0 < 4.0
        };
        assert!(!may_be_worn(|x, y| is_ring(x, y) && y % 24 > 2), "rings have all directions");
    }
}
