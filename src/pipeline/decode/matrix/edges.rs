//! Straight edges of a patch: a Hough transform of its gradients, each line then fitted between pixels.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bins and pixels of a patch are far below the limits of their types"
)]

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU};

use multiversion::multiversion;

use crate::pipeline::decode::matrix::line::Line;
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Directions that are told apart, over the full circle.
const DIRECTIONS: usize = 120;

/// Most lines of one patch.
const MAX_LINES: usize = 16;

/// How many directions to each side of a line's own its pixels may have: 15 degrees.
const BESIDE: usize = 5;

/// How far off a rough line the pixels of an edge may be: it turns by up to two degrees when it is fitted.
const NEAR: f32 = 6.0;

/// Least change across an edge, in gray values a pixel.
const MIN_SLOPE: f32 = 2.5;

/// What a place without weighs on a line against one with a pixel of it: nothing, where a side is worn; and so much that
/// print in line with a side is not taken for a part of it.
const GAPS: [f32; 2] = [0.0, 1.6];

/// The gradient of a patch.
#[derive(Debug)]
pub struct Edges {
    width: usize,
    height: usize,
    /// Eighths of gray values a pixel, to the right and down.
    slopes: Vec<[i16; 2]>,
    /// A change across an edge that counts as a whole one.
    full: f32,
    /// The pixels on an edge, in the order of the direction of their gradient.
    pixels: Vec<Pixel>,
    /// Where those of each direction begin, and where the last ones end.
    starts: Vec<usize>,
}

/// A pixel on an edge.
#[derive(Debug, Clone, Copy)]
struct Pixel {
    x: f32,
    y: f32,
    slope: [f32; 2],
}

impl Pixel {
    /// How far across a line with such a normal and offset it lies.
    #[inline]
    fn off(&self, across: Point, offset: f32) -> f32 {
        across.x * self.x + across.y * self.y - offset
    }

    /// How far along a line with such a normal it lies.
    #[inline]
    fn along(&self, across: Point) -> f32 {
        across.x * self.y - across.y * self.x
    }

    /// Whether its gradient is within some 15 degrees of `across`.
    fn is_across(&self, across: Point) -> bool {
        let [x, y] = self.slope;
        let rise = across.x * x + across.y * y;
        rise > 0.0 && rise * rise > 0.93 * (x * x + y * y)
    }
}

impl Edges {
    /// Those of `view`.
    pub fn of(view: View<'_>) -> Self {
        let (width, height) = (view.width, view.height);
        let slopes = slopes(view);
        // One pixel in ten is steeper than this: in a symbol those are edges.
        let mut ordered: Vec<i32> = slopes.iter().step_by(7).copied().map(square).collect();
        let rank = ordered.len() * 9 / 10;
        let steep = if rank < ordered.len() {
            (*ordered.select_nth_unstable(rank).1 as f32).sqrt() / 8.0
        } else {
            MIN_SLOPE
        };
        let (full, least) = ((0.6 * steep).max(MIN_SLOPE), (0.25 * steep).max(MIN_SLOPE));
        let (pixels, starts) = by_direction(&slopes, width, (64.0 * least * least) as i32);
        Self { width, height, slopes, full, pixels, starts }
    }

    /// The pixels whose gradient is within some 15 degrees of that direction.
    fn along(&self, across: Point) -> impl Iterator<Item = &Pixel> {
        let direction = (turn(across.x, across.y) + 0.5) as usize % DIRECTIONS;
        let (from, to) = (direction + DIRECTIONS - BESIDE, direction + BESIDE + 1);
        // Those that go round past the last direction lie at the other end.
        let (from, to) = (from % DIRECTIONS, (to - 1) % DIRECTIONS + 1);
        let of = |from: usize, to: usize| {
            self.pixels.get(self.starts[from]..self.starts[to]).unwrap_or_default()
        };
        let [first, second] =
            if from < to { [of(from, to), &[]] } else { [of(from, DIRECTIONS), of(0, to)] };
        first.iter().chain(second)
    }

    /// The share of a segment from `a` to `b` whose brightness rises along `across`, less where it falls, of places so many
    /// pixels apart.
    pub fn rise(&self, (a, b): (Point, Point), across: Point, apart: f32) -> f32 {
        let n = (a.distance(b) / apart).max(4.0) as usize;
        let step = Point::new((b.x - a.x) / n as f32, (b.y - a.y) / n as f32);
        let per = 1.0 / (8.0 * self.full);
        let mut sum = 0.0;
        for k in 0..n {
            let (x, y) = (a.x + (k as f32 + 0.5) * step.x, a.y + (k as f32 + 0.5) * step.y);
            let (column, row) = ((x + 0.5) as i32, (y + 0.5) as i32);
            if column >= 0
                && row >= 0
                && (column as usize) < self.width
                && (row as usize) < self.height
            {
                let slope = self.slopes[row as usize * self.width + column as usize];
                let [sx, sy] = slope.map(f32::from);
                sum += ((sx * across.x + sy * across.y) * per).clamp(-1.0, 1.0);
            }
        }
        sum / n as f32
    }

    /// The negative of the picture has these.
    pub fn reverse(&mut self) {
        for [x, y] in &mut self.slopes {
            (*x, *y) = (-*x, -*y);
        }
    }

    /// The straight edges of at least `least` pixels, longest first.
    pub fn lines(&self, least: f32) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut near = Vec::new();
        for (across, offset) in self.peaks(least) {
            let is_known = |line: &Line| line.is_like(across, offset, 1.0);
            if lines.iter().any(is_known) {
                continue;
            }
            near.clear();
            let is_near = |pixel: &&Pixel| pixel.off(across, offset).abs() < NEAR;
            near.extend(self.along(across).filter(is_near));
            let Some(line) = fitted(&near, across, offset) else { continue };
            let stretches = GAPS.iter().filter_map(|missing| self.stretch(&near, &line, *missing));
            let mut found: Vec<Line> = stretches.filter(|line| line.length() >= least).collect();
            found.dedup_by(|b, a| b.length() > 0.8 * a.length());
            if !lines.iter().any(|other| other.is_like(line.across, line.offset, 2.0)) {
                lines.extend(found);
            }
            if lines.len() >= MAX_LINES {
                break;
            }
        }
        lines.sort_by(|a, b| b.length().total_cmp(&a.length()));
        lines
    }

    /// The peaks of the Hough transform that may be edges of at least `least` pixels: normals and offsets.
    fn peaks(&self, least: f32) -> Vec<(Point, f32)> {
        let reach = (self.width as f32).hypot(self.height as f32).ceil() as usize + 1;
        let n_offsets = 2 * reach + 1;
        let mut votes = vec![0_u16; DIRECTIONS * n_offsets];
        let axes: Vec<Point> = (0..DIRECTIONS)
            .map(|d| (TAU * d as f32 / DIRECTIONS as f32).sin_cos())
            .map(|(sin, cos)| Point::new(cos, sin))
            .collect();
        for (own, ends) in self.starts.windows(2).enumerate() {
            let pixels = self.pixels.get(ends[0]..ends[1]).unwrap_or_default();
            for turn in [DIRECTIONS - 1, 0, 1] {
                let direction = (own + turn) % DIRECTIONS;
                let axis = axes[direction];
                let row = &mut votes[direction * n_offsets..(direction + 1) * n_offsets];
                for pixel in pixels {
                    let offset = usize::from((pixel.off(axis, -(reach as f32) - 0.5)) as u16);
                    row[offset] = row[offset].saturating_add(1);
                }
            }
        }
        // An edge is about two pixels wide, and a bent one is spread.
        let wanted = (0.6 * least) as u16;
        let mut peaks: Vec<(u16, usize, usize)> = Vec::new();
        for (direction, row) in votes.chunks(n_offsets).enumerate() {
            let beside = [DIRECTIONS - 1, 0, 1].map(|turn| {
                let from = (direction + turn) % DIRECTIONS * n_offsets;
                votes.get(from..from + n_offsets).unwrap_or_default()
            });
            for offset in high(row, wanted).filter(|offset| (1..n_offsets - 1).contains(offset)) {
                let here = row[offset];
                if beside.iter().all(|row| row[offset - 1..=offset + 1].iter().all(|n| *n <= here))
                {
                    peaks.push((here, direction, offset));
                }
            }
        }
        peaks.sort_by_key(|(n, ..)| std::cmp::Reverse(*n));
        peaks.truncate(2 * MAX_LINES);
        let rough = |(_, direction, offset)| (axes[direction], offset as f32 - reach as f32);
        peaks.into_iter().map(rough).collect()
    }

    /// The stretch of `line` that has most of the pixels `near` it on it, small gaps bridged, each place without
    /// weighing `missing`.
    fn stretch(&self, near: &[&Pixel], line: &Line, missing: f32) -> Option<Line> {
        let reach = (self.width as f32).hypot(self.height as f32).ceil();
        let mut on = vec![false; 2 * reach as usize + 2];
        for pixel in near {
            if pixel.off(line.across, line.offset).abs() < 1.8 {
                let along = pixel.along(line.across) + reach;
                if let Some(cell) = on.get_mut(along.round().max(0.0) as usize) {
                    *cell = true;
                }
            }
        }
        let gap = 4 + self.width.min(self.height) / 25;
        let (mut best, mut start, mut last, mut score) = ((0.0, 0, 0), 0, 0, 0.0);
        for (k, _) in on.iter().enumerate().filter(|(_, on)| **on) {
            score -= missing * (k - last).saturating_sub(1) as f32;
            if score <= 0.0 || k - last > gap {
                (start, score) = (k, 0.0);
            }
            score += 1.0;
            last = k;
            if score > best.0 {
                best = (score, start, k);
            }
        }
        let (score, from, to) = best;
        let length = (to - from + 1) as f32;
        let n_on = (score + missing * length) / (1.0 + missing);
        // The sides of a symbol's data are broken every few modules.
        (n_on > 0.62 * length).then_some(Line {
            from: from as f32 - reach - 0.5,
            to: to as f32 - reach + 0.5,
            ..*line
        })
    }
}

/// Eight times the change a pixel, to the right and down (Sobel's operator); none along the rim.
fn slopes(view: View<'_>) -> Vec<[i16; 2]> {
    let (width, height) = (view.width, view.height);
    let mut slopes = vec![[0_i16; 2]; width * height];
    for y in 1..height.saturating_sub(1) {
        let (above, row, below) = (view.row(y - 1), view.row(y), view.row(y + 1));
        let out = slopes.get_mut(y * width + 1..(y + 1) * width - 1).unwrap_or_default();
        add_slopes([above, row, below], out);
    }
    slopes
}

/// The slopes of all pixels of the second of three rows but the first and the last.
#[multiversion(targets("x86_64+avx2"))]
fn add_slopes([above, row, below]: [&[u8]; 3], slopes: &mut [[i16; 2]]) {
    let windows = above.array_windows().zip(row.array_windows()).zip(below.array_windows());
    for (slope, ((a, r), b)) in slopes.iter_mut().zip(windows) {
        let [a, r, b] = [a, r, b].map(|near: &[u8; 3]| near.map(i16::from));
        *slope = [
            a[2] + 2 * r[2] + b[2] - a[0] - 2 * r[0] - b[0],
            b[0] + 2 * b[1] + b[2] - a[0] - 2 * a[1] - a[2],
        ];
    }
}

fn square([x, y]: [i16; 2]) -> i32 {
    let (x, y) = (i32::from(x), i32::from(y));
    x * x + y * y
}

/// The pixels whose slope, squared, is above `least`, in the order of their directions; and where each direction begins.
fn by_direction(slopes: &[[i16; 2]], width: usize, least: i32) -> (Vec<Pixel>, Vec<usize>) {
    let mut found: Vec<(u8, Pixel)> = Vec::with_capacity(slopes.len() / 4);
    let mut starts = vec![0; DIRECTIONS + 1];
    for (row, slopes) in slopes.chunks(width.max(1)).enumerate() {
        for (column, slope) in slopes.iter().enumerate() {
            if square(*slope) > least {
                let slope = slope.map(f32::from);
                let direction = (turn(slope[0], slope[1]) + 0.5) as usize % DIRECTIONS;
                starts[direction + 1] += 1;
                found.push((direction as u8, Pixel { x: column as f32, y: row as f32, slope }));
            }
        }
    }
    for direction in 0..DIRECTIONS {
        starts[direction + 1] += starts[direction];
    }
    let mut next = starts.clone();
    let nothing = Pixel { x: 0.0, y: 0.0, slope: [0.0; 2] };
    let mut pixels = vec![nothing; found.len()];
    for (direction, pixel) in found {
        let place = &mut next[usize::from(direction)];
        pixels[*place] = pixel;
        *place += 1;
    }
    (pixels, starts)
}

/// The places in `row` of `wanted` votes or more.
fn high(row: &[u16], wanted: u16) -> impl Iterator<Item = usize> {
    // Few have so many, so many are asked at once.
    let is_high = move |chunk: &[u16]| chunk.iter().fold(0, |most, n| most.max(*n)) >= wanted;
    let chunks = row.chunks(16).enumerate().filter(move |(_, chunk)| is_high(chunk));
    chunks.flat_map(move |(k, chunk)| {
        let places = chunk.iter().enumerate().filter(move |(_, n)| **n >= wanted);
        places.map(move |(j, _)| 16 * k + j)
    })
}

/// A line through the pixels `near` a rough one, twice, the second time nearer.
fn fitted(near: &[&Pixel], mut across: Point, mut offset: f32) -> Option<Line> {
    for reach in [2.5, 1.8] {
        let mut sums = [0.0_f64; 5];
        for pixel in near {
            let off = pixel.off(across, offset);
            if off.abs() < reach && pixel.is_across(across) {
                let (along, off) = (f64::from(pixel.along(across)), f64::from(off));
                let terms = [1.0, along, along * along, off, off * along];
                sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            }
        }
        let [n, s, ss, o, os] = sums;
        let area = n * ss - s * s;
        if n < 6.0 || area < 1e-3 {
            return None;
        }
        let slope = ((n * os - s * o) / area) as f32;
        let shift = ((o * ss - s * os) / area) as f32;
        // off = shift + slope * along: turn the normal against the slope.
        let length = slope.hypot(1.0);
        let turned = Point::new(
            (across.x + slope * across.y) / length,
            (across.y - slope * across.x) / length,
        );
        offset = (offset + shift) / length;
        across = turned;
    }
    Some(Line { across, offset, from: 0.0, to: 0.0 })
}

/// The direction of a vector in steps of [`DIRECTIONS`] a circle, 0 to all of them, to a tenth of a step.
fn turn(x: f32, y: f32) -> f32 {
    let (low, high) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
    let z = low / high.max(1e-6);
    // An arc tangent from 0 to 1, within 0.004.
    let angle = z * (FRAC_PI_4 + 0.273 * (1.0 - z));
    let angle = if y.abs() > x.abs() { FRAC_PI_2 - angle } else { angle };
    let angle = if x < 0.0 { PI - angle } else { angle };
    let angle = if y < 0.0 { TAU - angle } else { angle };
    angle * (DIRECTIONS as f32 / TAU)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::matrix::grid::{Grid, drawn};

    #[test]
    fn the_sides_of_a_dark_square_are_four_lines_between_pixels() {
        let corners = [(30.0, 42.0), (91.5, 25.0), (103.0, 88.0), (38.0, 97.0)];
        let corners = corners.map(|(x, y)| Point::new(x, y));
        let picture = drawn(&["#"], &Grid::flat(corners), (130, 120));
        let lines = Edges::of(picture.view()).lines(20.0);
        assert_eq!(lines.len(), 4, "{lines:?}");
        for (k, corner) in corners.iter().enumerate() {
            let next = corners[(k + 1) % 4];
            let middle =
                Point::new(f32::midpoint(corner.x, next.x), f32::midpoint(corner.y, next.y));
            let off =
                |line: &Line| line.across.x * middle.x + line.across.y * middle.y - line.offset;
            let nearest = lines.iter().map(|line| off(line).abs()).fold(f32::MAX, f32::min);
            assert!(nearest < 0.7, "{nearest}");
        }
    }

    #[test]
    fn print_in_line_with_a_side_is_not_a_part_of_it() {
        // A square, and above its left side dashes of seven pixels in twelve.
        let (width, height) = (140, 160);
        let mut luma = vec![220_u8; width * height];
        let mut fill = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            rows.for_each(|y| luma[y * width + columns.start..y * width + columns.end].fill(40));
        };
        fill(70..140, 40..110);
        (10..70).step_by(12).for_each(|y| fill(y..y + 7, 40..60));
        let lines = Edges::of(View { width, height, luma: &luma }).lines(40.0);
        let left: Vec<&Line> = lines.iter().filter(|line| line.across.x < -0.99).collect();
        let begins =
            |at: f32| left.iter().any(|l| (l.at(l.from).y.min(l.at(l.to).y) - at).abs() < 4.0);
        assert!(begins(10.0) && begins(70.0), "{left:?}");
    }
}
