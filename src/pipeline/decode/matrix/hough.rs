//! Straight edges of a patch: a Hough transform of its gradients, each line then fitted between pixels.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bins and pixels of a patch are far below the limits of their types"
)]

use std::cmp::Reverse;
use std::f32::consts::TAU;

use crate::pipeline::decode::matrix::edges::{DIRECTIONS, Edges, Pixel};
use crate::pipeline::decode::matrix::line::Line;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::symbol::Point;

/// Most lines of one patch.
const MAX_LINES: usize = 16;

/// How far off a rough line the pixels of an edge may be: it turns by up to two degrees when it is fitted.
const NEAR: f32 = 6.0;

/// What a place without weighs on a line against one with a pixel of it: nothing, where a side is worn; and so much that
/// print in line with a side is not taken for a part of it.
const GAPS: [f32; 2] = [0.0, 1.6];

/// Room in which lines are found.
#[derive(Debug, Default)]
pub struct Hough {
    /// How many pixels lie at each offset, direction by direction.
    votes: Vec<u16>,
    /// The votes, the direction and the offset of each peak.
    peaks: Vec<(u16, usize, usize)>,
    /// The pixels near a peak.
    near: Vec<Pixel>,
    /// Whether there is one on the line, from place to place along it.
    on: Vec<bool>,
}

/// The straight edges of at least `least` pixels, longest first.
pub fn lines<'p>(edges: &Edges, least: f32, pools: &'p Pools) -> Lent<'p, Vec<Line>> {
    let mut lines = pools.matrix.lines.empty();
    let mut hough = pools.matrix.houghs.lend();
    hough.vote(edges, least);
    let Hough { peaks, near, on, .. } = &mut *hough;
    for (_, direction, offset) in peaks.iter().take(2 * MAX_LINES) {
        let (across, offset) = (axis(*direction), *offset as f32 - reach(edges) as f32);
        let is_known = |line: &Line| line.is_like(across, offset, 1.0);
        if lines.iter().any(is_known) {
            continue;
        }
        near.clear();
        let is_near = |pixel: &&Pixel| pixel.off(across, offset).abs() < NEAR;
        near.extend(edges.along(across).filter(is_near));
        let Some(line) = fitted(near, across, offset) else { continue };
        if !lines.iter().any(|other| other.is_like(line.across, line.offset, 2.0)) {
            lay(near, &line, edges.size(), on);
            let found = GAPS.map(|missing| stretch(on, &line, edges.size(), missing));
            let [bridged, dense] = found.map(|line| line.filter(|line| line.length() >= least));
            let is_other = |b: &Line| bridged.is_none_or(|a| b.length() <= 0.8 * a.length());
            lines.extend(bridged.into_iter().chain(dense.filter(is_other)));
        }
        if lines.len() >= MAX_LINES {
            break;
        }
    }
    // So few are sorted where they are.
    lines.sort_by(|a, b| b.length().total_cmp(&a.length()));
    lines
}

impl Hough {
    /// Finds the peaks of the Hough transform that may be edges of at least `least` pixels, those of most votes first.
    fn vote(&mut self, edges: &Edges, least: f32) {
        let Self { votes, peaks, .. } = self;
        let reach = reach(edges);
        let n_offsets = 2 * reach + 1;
        votes.resize(DIRECTIONS * n_offsets, 0);
        for (direction, row) in votes.chunks_exact_mut(n_offsets).enumerate() {
            row.fill(0);
            let axis = axis(direction);
            for turn in [DIRECTIONS - 1, 0, 1] {
                let own = (direction + turn) % DIRECTIONS;
                for pixel in edges.of_directions(own..own + 1) {
                    let offset = usize::from((pixel.off(axis, -(reach as f32) - 0.5)) as u16);
                    row[offset] = row[offset].saturating_add(1);
                }
            }
        }
        // An edge is about two pixels wide, and a bent one is spread.
        let wanted = (0.6 * least) as u16;
        peaks.clear();
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
        peaks.sort_unstable_by_key(|(n, direction, offset)| (Reverse(*n), *direction, *offset));
    }
}

/// How far from the first pixel of the patch a line may be.
fn reach(edges: &Edges) -> usize {
    let (width, height) = edges.size();
    (width as f32).hypot(height as f32).ceil() as usize + 1
}

/// Marks the places along `line`, in a patch of such a size, that have a pixel on it.
fn lay(near: &[Pixel], line: &Line, (width, height): (usize, usize), on: &mut Vec<bool>) {
    let reach = (width as f32).hypot(height as f32).ceil();
    on.clear();
    on.resize(2 * reach as usize + 2, false);
    for pixel in near {
        if pixel.off(line.across, line.offset).abs() < 1.8 {
            let along = pixel.along(line.across) + reach;
            if let Some(cell) = on.get_mut(along.round().max(0.0) as usize) {
                *cell = true;
            }
        }
    }
}

/// The stretch of `line` that has most of the places that are `on` it, small gaps bridged, each place without weighing
/// `missing`.
fn stretch(
    on: &[bool],
    line: &Line,
    (width, height): (usize, usize),
    missing: f32,
) -> Option<Line> {
    let reach = (width as f32).hypot(height as f32).ceil();
    let gap = 4 + width.min(height) / 25;
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

/// The unit vector of a direction.
fn axis(direction: usize) -> Point {
    let (sin, cos) = (TAU * direction as f32 / DIRECTIONS as f32).sin_cos();
    Point::new(cos, sin)
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
fn fitted(near: &[Pixel], mut across: Point, mut offset: f32) -> Option<Line> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::matrix::grid::{Grid, drawn};
    use crate::pipeline::decode::raster::View;

    #[test]
    fn the_sides_of_a_dark_square_are_four_lines_between_pixels() {
        let corners = [(30.0, 42.0), (91.5, 25.0), (103.0, 88.0), (38.0, 97.0)];
        let corners = corners.map(|(x, y)| Point::new(x, y));
        let picture = drawn(&["#"], &Grid::flat(corners), (130, 120));
        let pools = Pools::default();
        let lines = lines(&Edges::of(picture.view(), &pools), 20.0, &pools);
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
        let pools = Pools::default();
        let lines = lines(&Edges::of(View { width, height, luma: &luma }, &pools), 40.0, &pools);
        let left: Vec<&Line> = lines.iter().filter(|line| line.across.x < -0.99).collect();
        let begins =
            |at: f32| left.iter().any(|l| (l.at(l.from).y.min(l.at(l.to).y) - at).abs() < 4.0);
        assert!(begins(10.0) && begins(70.0), "{left:?}");
    }
}
