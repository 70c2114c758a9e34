//! A region straightened: rows of brightness across the bars, each moved so that every bar stands upright.
//!
//! Tilt and curvature bend the bars of a symbol. A polynomial of five terms says by how many pixels each row
//! is to be moved at each place, and is found by least squares against the mean of the rows so far
//! (Lucas and Kanade's registration, in one dimension), from the middle row outward.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of rows and columns are small and positive"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "the terms of a polynomial have no better names"
)]

use crate::pipeline::decode::lanes::{sum, total};
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::pool::{Lent, Pools, Profile};
use crate::pipeline::decode::raster::{Row, View};
use crate::pipeline::decode::registration::{Equations, Moments, TERMS};
use crate::pipeline::symbol::{Corners, Point};

/// Rows that are looked at to find the polynomial.
const ALIGN_ROWS: usize = 9;

/// Bands of rows that are averaged apart from each other: they are what must agree.
pub const BANDS: usize = 8;

/// The mean profile of each of them, from top to bottom.
pub type Bands = [Vec<f32>; BANDS];

/// Pixels by which the terms of the polynomial may yet change where bars stand upright.
const UPRIGHT: f32 = 0.05;

/// One in so many columns tells whether a row has the same bars.
const REACH_STEP: usize = 3;

/// Columns a strip may have: a longer symbol is not one of ours.
const MAX_COLUMNS: usize = 4096;

/// A region with the way to its rows.
#[derive(Debug, Clone)]
pub struct Strip<'a> {
    picture: View<'a>,
    pools: &'a Pools,
    region: Region,
    /// Columns of a profile.
    pub columns: usize,
    /// Pixels a column.
    pub step: f32,
    half: f32,
    shift: [f32; TERMS],
    /// Pixels around the picture that were put there.
    rim: f32,
}

impl<'a> Strip<'a> {
    /// The strip of `region`, its rows aligned no better than the region says; `None` when it is too long to be a symbol.
    pub fn new(picture: View<'a>, region: Region, pools: &'a Pools) -> Option<Self> {
        // Room for the quiet zones, and for the end of a symbol that the region has lost.
        let half = region.across * 1.12 + 24.0;
        let step = if half < 280.0 { 0.5 } else { 1.0 };
        let columns = (2.0 * half / step) as usize;
        let fits = (16..MAX_COLUMNS).contains(&columns);
        // Where bars turn to the right, they lean to the left.
        let lean = -region.fan * half * region.along;
        fits.then_some(Self {
            picture,
            pools,
            region,
            columns,
            step,
            half,
            shift: [0.0, lean, 0.0, 0.0, 0.0],
            rim: 0.0,
        })
    }

    /// The same in a picture around which so many pixels were put.
    #[must_use]
    pub fn with_rim(self, rim: f32) -> Self {
        Self { rim, ..self }
    }

    /// The same of one in `n` columns.
    #[must_use]
    pub fn thinned(&self, n: usize) -> Self {
        Self { columns: self.columns / n.max(1), step: self.step * n as f32, ..self.clone() }
    }

    /// Pixels around the picture that were put there.
    pub fn rim(&self) -> f32 {
        self.rim
    }

    /// What its profiles are lent from.
    pub fn pools(&self) -> &'a Pools {
        self.pools
    }

    /// The region it was made of.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The strip of the same place with straight rows: different bars above each other make a bent middle line.
    pub fn straight(&self) -> Option<Self> {
        let region = Region { slope: 0.0, bend: 0.0, ..self.region };
        Self::new(self.picture, region, self.pools).map(|strip| strip.with_rim(self.rim))
    }

    /// The strip of the same bars between rows `from` and `to`, and between two columns.
    pub fn part(&self, (from, to): (f32, f32), (first, last): (f32, f32)) -> Option<Self> {
        let (axis, down) = self.region.axes();
        let u = f32::midpoint(first, last) * self.step - self.half;
        let v = f32::midpoint(from, to) * self.region.along + self.region.middle(u);
        let centre = Point::new(
            self.region.centre.x + u * axis.x + v * down.x,
            self.region.centre.y + u * axis.y + v * down.y,
        );
        let across = (last - first) / 2.0 * self.step;
        let along = (to - from) / 2.0 * self.region.along;
        let region = Region { centre, across, along, bend: 0.0, ..self.region };
        Self::new(self.picture, region, self.pools).map(|strip| strip.with_rim(self.rim))
    }

    /// The same whose middle line and whose bars' lean go straight on from two columns: what bends between them says
    /// nothing of what is far beyond.
    #[must_use]
    pub fn extended(&self, (first, last): (f32, f32)) -> Self {
        let region = &self.region;
        let [u, w] = [first, last].map(|column| column * self.step - self.half);
        // The chord of a parabola through two of its points.
        let bend = region.bend / (region.across * region.across).max(1.0);
        let (_, down) = region.axes();
        let sunk = -bend * u * w;
        let centre = Point::new(region.centre.x + sunk * down.x, region.centre.y + sunk * down.y);
        let slope = region.slope + bend * (u + w);
        let [a, b, c, d, e] = self.shift;
        let shift =
            [a - d * u * w / (self.half * self.half), b + d * (u + w) / self.half, c, 0.0, e];
        Self { region: Region { centre, slope, bend: 0.0, ..*region }, shift, ..self.clone() }
    }

    /// Whether `point` lies in the picture, at least `margin` pixels from its rim.
    pub fn shows(&self, point: Point, margin: f32) -> bool {
        self.picture.holds(point.x, point.y, margin)
    }

    /// Whether a camera saw `point`, rather than that it lies outside.
    pub fn is_seen(&self, point: Point) -> bool {
        self.picture.holds(point.x, point.y, self.rim)
    }

    /// Where a column of the profile lies in the picture, `v` from -1 (top row) to 1 (bottom row).
    pub fn point(&self, column: f32, v: f32) -> Point {
        let u = column * self.step - self.half;
        let moved = u + shift_at(&self.shift, u / self.half, v);
        let (axis, down) = self.region.axes();
        let along = v * self.region.along + self.region.middle(u);
        Point::new(
            self.region.centre.x + moved * axis.x + along * down.x,
            self.region.centre.y + moved * axis.y + along * down.y,
        )
    }

    /// The corners of what lies between two columns and two values of v, clockwise from its own top left.
    pub fn corners(&self, columns: (f32, f32), rows: (f32, f32), backward: bool) -> Corners {
        let ((from, to), (top, bottom)) = (columns, rows);
        let [a, b, c, d] = [(from, top), (to, top), (to, bottom), (from, bottom)]
            .map(|(column, v)| self.point(column, v));
        if backward { [c, d, a, b] } else { [a, b, c, d] }
    }

    /// Adds row `v` to `sum`.
    fn add_row(&self, v: f32, sum: &mut [f32]) {
        self.add_at(v, -self.half, sum);
    }

    /// Adds the columns of row `v` from `first`, pixels from the middle, on to `sum`.
    fn add_at(&self, v: f32, first: f32, sum: &mut [f32]) {
        let (axis, down) = self.region.axes();
        let along = v * self.region.along;
        let x = self.region.centre.x + along * down.x;
        let y = self.region.centre.y + along * down.y;
        // Only three terms are left once v is fixed.
        let [a, b, c, d, e] = self.shift;
        let per_half = 1.0 / self.half;
        let row = Row {
            middle: Point::new(x, y),
            axis,
            down,
            shift: [v * (a + c * v), v * (b + e * v) * per_half, d * v * per_half * per_half],
            sink: [self.region.slope, self.region.bend / self.region.across.powi(2)],
        };
        self.picture.add_row(&row, (first, self.step), sum);
    }

    /// The mean of `n` rows between `from` and `to`.
    pub fn mean(&self, from: f32, to: f32, n: usize) -> Profile<'a> {
        let mut mean = self.pools.profiles.lend();
        self.mean_into(&mut mean, (from, to), n);
        mean
    }

    /// The mean of at most `most` rows between `from` and `to`, in these columns, which may lie beyond the strip's own.
    pub fn mean_of_columns(
        &self,
        (first, last): (f32, f32),
        (from, to): (f32, f32),
        most: usize,
    ) -> Profile<'a> {
        let n = ((to - from).abs() * self.region.along).ceil().clamp(1.0, most.max(1) as f32);
        let mut sum = self.pools.profiles.empty();
        sum.resize((last - first).clamp(0.0, MAX_COLUMNS as f32) as usize, 0.0);
        for k in 0..n as usize {
            let v = from + (to - from) * (k as f32 + 0.5) / n;
            self.add_at(v, first * self.step - self.half, &mut sum);
        }
        for value in &mut *sum {
            *value /= n;
        }
        sum
    }

    /// Makes `sum` the mean of `n` rows between `from` and `to`.
    pub fn mean_into(&self, sum: &mut Vec<f32>, (from, to): (f32, f32), n: usize) {
        sum.clear();
        sum.resize(self.columns, 0.0);
        for k in 0..n {
            let v = from + (to - from) * (k as f32 + 0.5) / n as f32;
            self.add_row(v, sum);
        }
        for value in sum {
            *value /= n as f32;
        }
    }

    /// Turns and bends the rows so that bars stand upright.
    pub fn align(&mut self) {
        // The reach, the terms in play: first a mere slant near the middle, in the end all of it.
        let mut rows = std::array::from_fn(|_| self.pools.profiles.lend());
        for (reach, terms) in [(0.3, 2), (0.6, 2), (0.9, TERMS), (0.95, TERMS)] {
            let moved = self.refine(reach, terms, &mut rows);
            if terms == TERMS && moved < UPRIGHT {
                break;
            }
        }
    }

    /// One step of least squares over the rows within `reach` of the middle: the greatest change of a term, in pixels.
    fn refine(&mut self, reach: f32, terms: usize, rows: &mut [Profile<'a>; ALIGN_ROWS]) -> f32 {
        let v_of = |k: usize| reach * (2.0 * (k as f32 + 0.5) / ALIGN_ROWS as f32 - 1.0);
        for (k, row) in rows.iter_mut().enumerate() {
            row.clear();
            row.resize(self.columns, 0.0);
            self.add_row(v_of(k), row);
        }
        let mean = mean_of(&*rows, self.pools);
        let moments = Moments::of(&mean, self.step, self.pools);
        let mut equations = Equations::default();
        for (k, row) in rows.iter().enumerate() {
            if correlation(row, &mean) > 0.4 {
                equations.add((moments.weights, moments.errors(row)), v_of(k));
            }
        }
        let Some(change) = equations.solve(terms) else { return 0.0 };
        let most = change.iter().fold(0.0, |most: f64, c| most.max(c.abs()));
        // A step of more than a few pixels is a bar mistaken for its neighbour.
        if most < 8.0 {
            for (term, step) in self.shift.iter_mut().zip(change) {
                *term += step as f32;
            }
        }
        most as f32
    }

    /// The mean profile of each band of at most `rows` rows, from top to bottom.
    pub fn bands(&self, rows: usize) -> Lent<'a, Bands> {
        let mut bands = self.pools.bands.lend();
        self.bands_into(&mut bands, rows);
        bands
    }

    /// Makes `bands` the mean profile of each band.
    pub fn bands_into(&self, bands: &mut Bands, rows: usize) {
        let n = (2.0 * self.region.along / BANDS as f32).ceil().max(1.0) as usize;
        let edge = |k: usize| 2.0 * k as f32 / BANDS as f32 - 1.0;
        for (k, band) in bands.iter_mut().enumerate() {
            self.mean_into(band, (edge(k), edge(k + 1)), n.min(rows));
        }
    }

    /// How far the bars of columns `from` to `to` go up and down from `known`, as values of v.
    pub fn reach(
        &self,
        profile: &[f32],
        (from, to): (usize, usize),
        known: (f32, f32),
    ) -> (f32, f32) {
        let picked = profile.get(from..to).unwrap_or_default().iter().step_by(REACH_STEP);
        let wanted = self.pools.profiles.collect(picked.copied());
        let thin = self.thinned(REACH_STEP);
        let pixel = 3.0 / self.region.along.max(1.0);
        let mut row = self.pools.profiles.empty();
        row.resize(wanted.len(), 0.0);
        let mut walk = |start: f32, direction: f32| {
            let mut v = start;
            let mut misses = 0;
            let mut last = v;
            while misses < 2 && v.abs() < 3.0 {
                v += direction * pixel;
                let ends = [from, to].map(|column| self.point(column as f32, v));
                if !ends.iter().all(|end| self.picture.holds(end.x, end.y, 0.0)) {
                    break;
                }
                row.fill(0.0);
                thin.add_at(v, from as f32 * self.step - self.half, &mut row);
                if correlation(&row, &wanted) > 0.6 {
                    (last, misses) = (v, 0);
                } else {
                    misses += 1;
                }
            }
            last
        };
        (walk(known.0, -1.0), walk(known.1, 1.0))
    }
}

fn shift_at(shift: &[f32; TERMS], t: f32, v: f32) -> f32 {
    let [a, b, c, d, e] = shift;
    v * (a + b * t + d * t * t + v * (c + e * t))
}

/// The mean of several profiles.
pub fn mean_of<'p, 'r, R: AsRef<[f32]> + ?Sized + 'r>(
    rows: impl IntoIterator<Item = &'r R>,
    pools: &'p Pools,
) -> Profile<'p> {
    let mut mean = pools.profiles.lend();
    mean_into(&mut mean, rows);
    mean
}

/// Makes `mean` the mean of several profiles.
pub fn mean_into<'r, R: AsRef<[f32]> + ?Sized + 'r>(
    mean: &mut Vec<f32>,
    rows: impl IntoIterator<Item = &'r R>,
) {
    mean.clear();
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else { return };
    mean.extend_from_slice(first.as_ref());
    let mut n = 1;
    for row in rows {
        mean.iter_mut().zip(row.as_ref()).for_each(|(m, v)| *m += v);
        n += 1;
    }
    let share = 1.0 / n as f32;
    for value in mean {
        *value *= share;
    }
}

/// How alike two profiles are, whatever their brightness and contrast: -1 to 1.
pub fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().max(1) as f32;
    let (mean_a, mean_b) = (sum(a) / n, sum(b) / n);
    let mut sums = [[0.0_f32; 8]; 3];
    let mut add = |lane: usize, x: f32, y: f32| {
        let (x, y) = (x - mean_a, y - mean_b);
        sums[0][lane] += x * x;
        sums[1][lane] += y * y;
        sums[2][lane] += x * y;
    };
    let ((left, rest_left), (right, rest_right)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (x, y) in left.iter().zip(right) {
        (0..8).for_each(|lane| add(lane, x[lane], y[lane]));
    }
    let rest = rest_left.iter().zip(rest_right);
    rest.enumerate().for_each(|(lane, (x, y))| add(lane, *x, *y));
    let [aa, bb, ab] = sums.map(total);
    ab / (aa * bb).sqrt().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::cells::{CELL, Cells};
    use crate::pipeline::decode::locate::regions;
    use crate::pipeline::decode::pool::Pools;

    #[test]
    fn bars_that_spread_like_a_fan_stand_upright_from_the_start() {
        let (width, height) = (480, 160);
        let shade = |x: f32, y: f32| {
            let across = (x - 240.0) / (1.0 + (y - 80.0) * 0.0012);
            // Bars of two widths, so that no bar is like its neighbour's neighbour.
            let wave = (across * 0.5).sin() + (across * 0.31).sin();
            if across.abs() < 180.0 && (y - 80.0).abs() < 60.0 {
                120.0 + 50.0 * wave
            } else {
                220.0
            }
        };
        let pixels = (0..width * height).map(|k| shade((k % width) as f32, (k / width) as f32));
        let luma: Vec<u8> = pixels.map(|v| v as u8).collect();
        let view = View { width, height, luma: &luma };
        let pools = Pools::default();
        let region = regions(&Cells::of(view, CELL), &pools)[0];
        let ends = |region: Region| {
            let strip = Strip::new(view, region, &pools).unwrap();
            correlation(&strip.mean(-0.75, -0.65, 3), &strip.mean(0.65, 0.75, 3))
        };
        assert!(ends(region) > 0.9 && ends(Region { fan: 0.0, ..region }) < 0.7);
    }

    #[test]
    fn an_extended_strip_goes_through_two_places_and_straight_on() {
        let pools = Pools::default();
        let luma = vec![0; 40_000];
        let view = View { width: 200, height: 200, luma: &luma };
        let centre = Point::new(100.0, 100.0);
        let (angle, slope) = (0.3, 0.1);
        let region =
            Region { centre, angle, across: 40.0, along: 20.0, slope, bend: 4.0, fan: 0.0 };
        let shift = [0.5, 1.0, 0.0, 2.0, 0.0];
        let bent = Strip { shift, ..Strip::new(view, region, &pools).unwrap() };
        let straight = bent.extended((30.0, 160.0));
        for (column, v) in [(30.0, 0.5), (160.0, 0.5), (30.0, -0.5), (160.0, -0.5)] {
            let apart = bent.point(column, v).distance(straight.point(column, v));
            assert!(apart < 1e-3, "{apart}");
        }
        let [a, b, c] = [30.0, 160.0, 290.0].map(|column| straight.point(column, 0.5));
        assert!(b.distance(Point::new(a.x.midpoint(c.x), a.y.midpoint(c.y))) < 1e-3);
    }
}
