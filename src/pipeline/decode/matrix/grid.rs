//! From the modules of a symbol to the pixels of a picture: perspective, and the bend of a label around a box.

use crate::pipeline::symbol::{Corners, Point};

/// The modules' square, 0 to 1 each way from the symbol's own top left, as it lies in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Where its corners are: clockwise from the symbol's own top left.
    pub corners: Corners,
    /// How far the middles of lines are off their ends' midpoints, in pixels: along the rows, along the columns.
    pub bend: [Point; 2],
}

impl Grid {
    /// The flat square with these corners.
    pub fn flat(corners: Corners) -> Self {
        Self { corners, bend: [Point::new(0.0, 0.0); 2] }
    }

    /// The map of this square; `None` if its corners are no convex quadrilateral.
    pub fn map(&self) -> Option<Map> {
        let [a, b, c, d] = self.corners;
        let (dx1, dy1) = (b.x - c.x, b.y - c.y);
        let (dx2, dy2) = (d.x - c.x, d.y - c.y);
        let (sx, sy) = (a.x - b.x + c.x - d.x, a.y - b.y + c.y - d.y);
        let area = dx1 * dy2 - dx2 * dy1;
        let (g, h) = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
        // The horizon does not cross the square.
        let is_convex = area.abs() > 1e-3 && g > -0.9 && h > -0.9 && g + h > -0.9;
        is_convex.then_some(Map {
            x: [b.x - a.x + g * b.x, d.x - a.x + h * d.x, a.x],
            y: [b.y - a.y + g * b.y, d.y - a.y + h * d.y, a.y],
            w: [g, h],
            bend: self.bend,
        })
    }

    /// This square moved and bent, at most by about a module, to where `score` is greatest nearby.
    #[must_use]
    pub fn climbed(self, module: f32, score: impl Fn(&Self) -> f32) -> Self {
        let (mut best, mut highest) = (self, score(&self));
        // A step that leads nowhere does not the second time either.
        let mut is_top = false;
        for (n, step) in [0.4, 0.4, 0.2, 0.2, 0.1, 0.1].into_iter().enumerate() {
            if is_top && n % 2 == 1 {
                continue;
            }
            is_top = true;
            for (k, sign) in (0..12).flat_map(|k| [(k, -1.0), (k, 1.0)]) {
                let mut moved = best;
                let point = match k / 2 {
                    side @ 0..4 => &mut moved.corners[side],
                    side => &mut moved.bend[side - 4],
                };
                let shift = sign * step * module;
                *(if k % 2 == 0 { &mut point.x } else { &mut point.y }) += shift;
                let there = score(&moved);
                // Less is the light, which falls to one side.
                if there > highest + 0.0003 * highest.abs() {
                    (best, highest, is_top) = (moved, there, false);
                }
            }
        }
        best
    }

    /// Mean length of the sides, in pixels: across and down.
    pub fn sides(&self) -> (f32, f32) {
        let [a, b, c, d] = self.corners;
        (f32::midpoint(a.distance(b), d.distance(c)), f32::midpoint(a.distance(d), b.distance(c)))
    }
}

/// The perspective map of a unit square, and its bend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map {
    x: [f32; 3],
    y: [f32; 3],
    w: [f32; 2],
    bend: [Point; 2],
}

impl Map {
    /// Where a place of the square is in the picture.
    #[inline]
    pub fn at(&self, u: f32, v: f32) -> Point {
        let w = 1.0 / (self.w[0] * u + self.w[1] * v + 1.0);
        let (p, q) = (4.0 * u * (1.0 - u), 4.0 * v * (1.0 - v));
        let [a, b] = self.bend;
        Point::new(
            (self.x[0] * u + self.x[1] * v + self.x[2]) * w + p * a.x + q * b.x,
            (self.y[0] * u + self.y[1] * v + self.y[2]) * w + p * a.y + q * b.y,
        )
    }
}

/// The modules of a Data Matrix that says "SERIAL 0123456789".
#[cfg(test)]
pub(crate) const DATA_MATRIX: [&str; 16] = [
    "#.#.#.#.#.#.#.#.",
    "#.##....##....##",
    "#..#....#.....#.",
    "##.....##......#",
    "#.###...###..#..",
    "#...###.###..###",
    "#........##..##.",
    "####.#.#.####..#",
    "####.#####.###..",
    "##.###.#....##.#",
    "#.##..#####.###.",
    "#..#....#..##..#",
    "##.#..##.#..#.#.",
    "#...#.#.######.#",
    "#..#..#.#..##.#.",
    "################",
];

/// A picture of a symbol, its modules `#` for dark, under light that falls to the right, slightly blurred.
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test's numbers")]
pub(crate) fn drawn(
    rows: &[&str],
    grid: &Grid,
    (width, height): (usize, usize),
) -> crate::pipeline::decode::raster::Gray {
    let map = grid.map().unwrap();
    let (n_rows, n_columns) = (rows.len(), rows[0].len());
    let mut luma: Vec<f32> =
        (0..width * height).map(|k| 210.0 - 0.4 * (k % width) as f32).collect();
    // Each module as a dense cloud of points, as many as its pixels and more.
    let n = 4 * width.max(height) / n_rows.max(n_columns) + 8;
    for (y, row) in rows.iter().enumerate() {
        for x in row.bytes().enumerate().filter(|(_, byte)| *byte == b'#').map(|(x, _)| x) {
            for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let u = (x as f32 + (i as f32 + 0.5) / n as f32) / n_columns as f32;
                let v = (y as f32 + (j as f32 + 0.5) / n as f32) / n_rows as f32;
                let place = map.at(u, v);
                let (column, line) = (place.x.round() as usize, place.y.round() as usize);
                luma[line * width + column] = 60.0 - 0.1 * column as f32;
            }
        }
    }
    let at = |x: usize, y: usize| luma[y.min(height - 1) * width + x.min(width - 1)];
    let blurred = (0..width * height).map(|k| {
        let (x, y) = (k % width, k / width);
        let around =
            at(x + 1, y) + at(x.saturating_sub(1), y) + at(x, y + 1) + at(x, y.saturating_sub(1));
        (0.5 * at(x, y) + 0.125 * around) as u8
    });
    crate::pipeline::decode::raster::Gray { width, height, luma: blurred.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_takes_the_square_to_its_corners() {
        let corners = [(10.0, 12.0), (90.0, 5.0), (110.0, 80.0), (2.0, 70.0)];
        let corners = corners.map(|(x, y)| Point::new(x, y));
        let map = Grid::flat(corners).map().unwrap();
        for (corner, (u, v)) in corners.iter().zip([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
        {
            assert!(map.at(u, v).distance(*corner) < 0.01);
        }
        // The diagonals of the square meet where those of the quadrilateral do.
        let middle = map.at(0.5, 0.5);
        let side =
            |a: Point, b: Point| (b.x - a.x) * (middle.y - a.y) - (b.y - a.y) * (middle.x - a.x);
        assert!(
            side(corners[0], corners[2]).abs() < 1.0 && side(corners[1], corners[3]).abs() < 1.0
        );
        let crossed = [corners[0], corners[2], corners[1], corners[3]];
        assert_eq!(Grid::flat(crossed).map(), None);
    }
}
