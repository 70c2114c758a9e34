//! The edges of a patch: its gradients, and the pixels where they are steep, by direction.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "directions and pixels of a patch are far below the limits of their types"
)]

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU};
use std::ops::Range;

use multiversion::multiversion;

use crate::pipeline::decode::lanes::fill;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Directions that are told apart, over the full circle.
pub const DIRECTIONS: usize = 120;

/// How many directions to each side of a line's own its pixels may have: 15 degrees.
const BESIDE: usize = 5;

/// Least change across an edge, in gray values a pixel.
const MIN_SLOPE: f32 = 2.5;

/// The gradient of a patch.
#[derive(Debug, Default)]
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
    room: Room,
}

/// Room in which the pixels on edges are found.
#[derive(Debug, Default)]
struct Room {
    /// The squares of some slopes.
    squares: Vec<i32>,
    /// The columns of one row that have a pixel on an edge.
    columns: Vec<usize>,
    /// The slopes of such pixels, row by row, their columns and rows, and their directions.
    steep: Vec<[i16; 2]>,
    places: Vec<[f32; 2]>,
    directions: Vec<u8>,
}

/// A pixel on an edge.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pixel {
    x: f32,
    y: f32,
    slope: [f32; 2],
}

impl Pixel {
    /// How far across a line with such a normal and offset it lies.
    #[inline]
    pub fn off(&self, across: Point, offset: f32) -> f32 {
        across.x * self.x + across.y * self.y - offset
    }

    /// How far along a line with such a normal it lies.
    #[inline]
    pub fn along(&self, across: Point) -> f32 {
        across.x * self.y - across.y * self.x
    }

    /// Whether its gradient is within some 15 degrees of `across`.
    pub fn is_across(&self, across: Point) -> bool {
        let [x, y] = self.slope;
        let rise = across.x * x + across.y * y;
        rise > 0.0 && rise * rise > 0.93 * (x * x + y * y)
    }
}

impl Edges {
    /// Those of `view`.
    pub fn of<'p>(view: View<'_>, pools: &'p Pools) -> Lent<'p, Self> {
        let mut edges = pools.matrix.edges.lend();
        edges.find(view);
        edges
    }

    fn find(&mut self, view: View<'_>) {
        (self.width, self.height) = (view.width, view.height);
        lay_slopes(view, &mut self.slopes);
        // One pixel in ten is steeper than this: in a symbol those are edges.
        let squares = &mut self.room.squares;
        squares.clear();
        squares.extend(self.slopes.iter().step_by(7).copied().map(square));
        let rank = squares.len() * 9 / 10;
        let steep = if rank < squares.len() {
            (*squares.select_nth_unstable(rank).1 as f32).sqrt() / 8.0
        } else {
            MIN_SLOPE
        };
        let least = (0.25 * steep).max(MIN_SLOPE);
        self.full = (0.6 * steep).max(MIN_SLOPE);
        self.sort((64.0 * least * least) as i32);
    }

    /// Columns and rows of the patch.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The pixels whose gradient is within some 15 degrees of that direction.
    pub fn along(&self, across: Point) -> impl Iterator<Item = &Pixel> {
        let direction = usize::from(direction(across.x, across.y));
        let (from, to) = (direction + DIRECTIONS - BESIDE, direction + BESIDE + 1);
        // Those that go round past the last direction lie at the other end.
        let (from, to) = (from % DIRECTIONS, (to - 1) % DIRECTIONS + 1);
        let of = |directions: Range<usize>| self.of_directions(directions);
        let [first, second] =
            if from < to { [of(from..to), &[]] } else { [of(from..DIRECTIONS), of(0..to)] };
        first.iter().chain(second)
    }

    /// The pixels of some directions.
    pub fn of_directions(&self, directions: Range<usize>) -> &[Pixel] {
        let (from, to) = (self.starts[directions.start], self.starts[directions.end]);
        self.pixels.get(from..to).unwrap_or_default()
    }

    /// The share of a segment from `a` to `b` whose brightness rises along `across`, less where it falls, of places so many
    /// pixels apart; `None` if it is not above `least`.
    pub fn rise(
        &self,
        (a, b): (Point, Point),
        across: Point,
        apart: f32,
        least: f32,
    ) -> Option<f32> {
        let n = (a.distance(b) / apart).max(4.0) as usize;
        let step = Point::new((b.x - a.x) / n as f32, (b.y - a.y) / n as f32);
        let per = 1.0 / (8.0 * self.full);
        // No place adds more than one. Sums are rounded.
        let enough = least * n as f32 - 0.01;
        let mut sum = 0.0;
        for k in 0..n {
            if k % 8 == 0 && sum + (n - k) as f32 <= enough {
                return None;
            }
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
        Some(sum / n as f32).filter(|share| *share > least)
    }

    /// The negative of the picture has these.
    pub fn reverse(&mut self) {
        for [x, y] in &mut self.slopes {
            (*x, *y) = (-*x, -*y);
        }
    }

    /// Takes the pixels whose slope, squared, is above `least`, in the order of their directions.
    fn sort(&mut self, least: i32) {
        let Self { width, slopes, pixels, starts, room, .. } = self;
        let Room { columns, steep, places, directions, .. } = room;
        columns.resize(*width, 0);
        steep.clear();
        places.clear();
        for (row, slopes) in slopes.chunks_exact((*width).max(1)).enumerate() {
            // Each place is written, and written over unless it is on an edge: there is no branch to be guessed.
            let mut n = 0;
            for (column, slope) in slopes.iter().enumerate() {
                columns[n] = column;
                n += usize::from(square(*slope) > least);
            }
            steep.extend(columns[..n].iter().map(|column| slopes[*column]));
            places.extend(columns[..n].iter().map(|column| [*column as f32, row as f32]));
        }
        fill(directions, steep.iter().map(|[x, y]| direction(f32::from(*x), f32::from(*y))));
        // How many there are of each, then where they end.
        starts.clear();
        starts.resize(DIRECTIONS + 1, 0);
        for direction in directions.iter() {
            starts[usize::from(*direction)] += 1;
        }
        let mut end = 0;
        for start in starts.iter_mut() {
            end += *start;
            *start = end;
        }
        pixels.resize(steep.len(), Pixel::default());
        // From the last one on, each before those that were laid down: where the first lies its direction begins.
        for ((direction, slope), [x, y]) in directions.iter().zip(&*steep).zip(&*places).rev() {
            let place = &mut starts[usize::from(*direction)];
            *place -= 1;
            pixels[*place] = Pixel { x: *x, y: *y, slope: slope.map(f32::from) };
        }
    }
}

/// Makes `slopes` eight times the change a pixel, to the right and down (Sobel's operator); none along the rim.
fn lay_slopes(view: View<'_>, slopes: &mut Vec<[i16; 2]>) {
    let (width, height) = (view.width, view.height);
    slopes.resize(width * height, [0; 2]);
    for (y, out) in slopes.chunks_exact_mut(width.max(1)).enumerate() {
        out.fill([0; 2]);
        if (1..height - 1).contains(&y) {
            let inner = out.get_mut(1..width - 1).unwrap_or_default();
            add_slopes([view.row(y - 1), view.row(y), view.row(y + 1)], inner);
        }
    }
}

/// The slopes of all pixels of the second of three rows but the first and the last.
#[multiversion(targets("x86_64+avx2"))]
fn add_slopes([above, row, below]: [&[u8]; 3], slopes: &mut [[i16; 2]]) {
    let windows = above.array_windows().zip(row.array_windows()).zip(below.array_windows());
    for (slope, ((above, row), below)) in slopes.iter_mut().zip(windows) {
        // Each by itself: what maps an array of arrays is called, once a pixel.
        let [a, b, c] = *above;
        let [d, _, f] = *row;
        let [g, h, i] = *below;
        let at = |value: u8| i16::from(value);
        *slope = [
            at(c) + 2 * at(f) + at(i) - at(a) - 2 * at(d) - at(g),
            at(g) + 2 * at(h) + at(i) - at(a) - 2 * at(b) - at(c),
        ];
    }
}

fn square([x, y]: [i16; 2]) -> i32 {
    let (x, y) = (i32::from(x), i32::from(y));
    x * x + y * y
}

/// The direction of a vector, of [`DIRECTIONS`] a circle.
fn direction(x: f32, y: f32) -> u8 {
    // By way of i32, which is one instruction.
    ((turn(x, y) + 0.5) as i32 as usize % DIRECTIONS) as u8
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
