//! A picture looked at in the directions of a region of bars.

use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::raster::{Row, View};
use crate::pipeline::symbol::Point;

/// Share of the contrast nearby by which a peak and a valley differ.
const SWING: f32 = 0.2;

/// Pixels of a line that is looked at in half pixels.
const FINE: f32 = 320.0;

/// Most places of a line that are looked at.
const MAX_PLACES: f32 = 3000.0;

/// A picture in the directions of a region: `u` across the bars, `v` along them, in pixels from its centre.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    view: View<'a>,
    pools: &'a Pools,
    centre: Point,
    axis: Point,
    down: Point,
}

impl<'a> Scan<'a> {
    /// `view` in the directions of `region`.
    pub fn of(view: View<'a>, region: &Region, pools: &'a Pools) -> Self {
        let (axis, down) = region.axes();
        Self { view, pools, centre: region.centre, axis, down }
    }

    /// What its lines are lent from.
    pub fn pools(&self) -> &'a Pools {
        self.pools
    }

    /// The same from the other side.
    #[must_use]
    pub fn turned(self) -> Self {
        let turn = |p: Point| Point::new(-p.x, -p.y);
        Self { axis: turn(self.axis), down: turn(self.down), ..self }
    }

    /// The place `u`, `v` in the picture.
    #[inline]
    pub fn at(&self, u: f32, v: f32) -> Point {
        Point::new(
            self.centre.x + u * self.axis.x + v * self.down.x,
            self.centre.y + u * self.axis.y + v * self.down.y,
        )
    }

    /// The brightness at `u`, `v`.
    #[inline]
    pub fn sample(&self, u: f32, v: f32) -> f32 {
        let place = self.at(u, v);
        self.view.sample(place.x, place.y)
    }

    /// The brightness at a place of the picture.
    #[inline]
    pub fn look(&self, place: Point) -> f32 {
        self.view.sample(place.x, place.y)
    }

    /// The place of the picture nearest to `place`.
    pub fn within(&self, place: Point) -> Point {
        let (right, bottom) = (self.view.width as f32 - 1.0, self.view.height as f32 - 1.0);
        Point::new(place.x.clamp(0.0, right), place.y.clamp(0.0, bottom))
    }

    /// Whether `u`, `v` lies in the picture.
    pub fn holds(&self, u: f32, v: f32) -> bool {
        let place = self.at(u, v);
        self.view.holds(place.x, place.y, -0.5)
    }

    /// How far to both sides a line at `v` is within the picture, from `from` to `to` at most.
    pub fn clipped(&self, v: f32, (from, to): (f32, f32)) -> (f32, f32) {
        let start = self.at(0.0, v);
        let (mut low, mut high) = (from, to);
        let sides = [
            (start.x, self.axis.x, self.view.width as f32 - 1.0),
            (start.y, self.axis.y, self.view.height as f32 - 1.0),
        ];
        for (at, by, last) in sides {
            if by.abs() > 1e-4 {
                let (a, b) = (-at / by, (last - at) / by);
                (low, high) = (low.max(a.min(b)), high.min(a.max(b)));
            } else if at < -0.5 || at > last + 0.5 {
                high = low;
            }
        }
        (low, high)
    }

    /// Adds the brightness of places across, `step` pixels apart from `first` on, to `sums`.
    fn add_line(&self, first: (f32, f32), step: f32, sums: &mut [f32]) {
        let (axis, down) = (self.axis, self.down);
        let (shift, sink) = ([0.0; 3], [0.0; 2]);
        let row = Row { middle: self.at(0.0, first.1), axis, down, shift, sink };
        self.view.add_row(&row, (first.0, step), sums);
    }

    /// The edges at `v` between two places across, in pixels: `rows` lines a pixel apart are averaged.
    pub fn edges(&self, v: f32, reach: (f32, f32), rows: u8) -> Lent<'a, Bars> {
        self.edges_by(v, reach, rows, 0.0)
    }

    /// The same in steps of at least so many pixels.
    pub fn edges_by(&self, v: f32, reach: (f32, f32), rows: u8, least: f32) -> Lent<'a, Bars> {
        // Paper continues beyond the rim of a picture that is all symbol.
        let (from, to) = self.clipped(v, reach);
        let step = least.max(if to - from < FINE { 0.5 } else { 1.0 });
        let n = ((to - from) / step).clamp(0.0, MAX_PLACES);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let n = n as usize;
        let mut line = self.pools.profiles.empty();
        line.resize(n + 2 * PAPER, 0.0);
        for row in 0..rows {
            let v = v + f32::from(row) - f32::from(rows - 1) / 2.0;
            self.add_line((from, v), step, line.get_mut(PAPER..PAPER + n).unwrap_or_default());
        }
        // As light as it is near there.
        let light = |near: &[f32]| near.iter().copied().fold(0.0, f32::max);
        let near = line.len().min(NEAR);
        let (first, last) = (light(&line[..near]), light(&line[line.len() - near..]));
        line.iter_mut().take(PAPER).for_each(|v| *v = first);
        line.iter_mut().skip(PAPER + n).for_each(|v| *v = last);
        let mut bars = Bars::of(&line, SWING, self.pools);
        bars.edges.iter_mut().for_each(|edge| *edge = from + (*edge - PAPER as f32) * step);
        bars
    }
}

/// Places at an end of a line among which the lightest is paper.
const NEAR: usize = 160;

/// Light places that are set at both ends of a line.
const PAPER: usize = 4;
