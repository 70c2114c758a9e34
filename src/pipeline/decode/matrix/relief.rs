//! A patch in two colours: dark and light by what is nearby, with borders between pixels.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are in the patch"
)]

use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Pixels on a side of a block whose darkest and lightest pixel are taken.
const BLOCK: usize = 16;

/// Most borders of a run of squares: those of seven runs.
const MAX_BORDERS: usize = 8;

/// A patch in two colours, whose borders lie between pixels.
#[derive(Debug, Default)]
pub struct Relief {
    width: usize,
    height: usize,
    /// How much brighter each pixel is than what parts dark from light there, in no certain unit.
    off: Vec<f32>,
    /// Where the runs of one colour begin in each row, row by row, and where the last of them ends.
    borders: Vec<f32>,
    /// Where in `borders` each row ends.
    ends: Vec<usize>,
    room: Room,
}

/// Room in which that is worked out, a row at a time.
#[derive(Debug, Default)]
struct Room {
    /// How many columns are within reach of each.
    columns_near: Vec<f32>,
    /// Of each column, what is within reach of the row.
    sums: Vec<i32>,
    /// What is in the columns before each, to the rim and beyond.
    before: Vec<i32>,
    /// Pixels behind which the colour changes.
    changes: Vec<usize>,
    /// The darkest and the lightest pixel of each block.
    ranges: Vec<(u8, u8)>,
    /// The middle between the darkest and the lightest pixels near each.
    middles: Vec<f32>,
}

impl Relief {
    /// `view` against a little less than the mean of what is within a sixth of its shorter side: so plain ground stays
    /// light, whatever its noise.
    pub fn of<'p>(view: View<'_>, pools: &'p Pools) -> Lent<'p, Self> {
        let mut relief = pools.matrix.reliefs.lend();
        relief.lay(view);
        relief.find_borders();
        relief
    }

    /// Makes it, of the same `view`, one against no more than the middle between the darkest and the lightest pixels
    /// nearby: beside paper the mean is lighter than the light modules of a finder pattern that are blurred between dark
    /// ones.
    pub fn refine(&mut self, view: View<'_>) {
        let Self { width, height, off, room, .. } = self;
        let columns = lay_middles(view, room);
        let reach = reach(view);
        for (y, row) in off.chunks_exact_mut((*width).max(1)).enumerate() {
            let rows_near = near(y, *height, reach) as f32;
            let middles = room.middles.get(y / BLOCK * columns..).unwrap_or_default();
            let values = view.row(y).chunks(BLOCK).zip(room.columns_near.chunks(BLOCK));
            for ((off, middle), (values, near)) in row.chunks_mut(BLOCK).zip(middles).zip(values) {
                for ((off, value), columns_near) in off.iter_mut().zip(values).zip(near) {
                    let area = columns_near * rows_near;
                    *off = off.max(f32::from(*value) * area - middle * area);
                }
            }
        }
        self.find_borders();
    }

    /// Tells the dark pixels of `view` from the light ones.
    fn lay(&mut self, view: View<'_>) {
        let (width, height) = (view.width, view.height);
        let less = clearance(view);
        let reach = reach(view);
        let Self { off, room: Room { columns_near, sums, before, .. }, .. } = self;
        (self.width, self.height) = (width, height);
        off.clear();
        columns_near.clear();
        columns_near.extend((0..width).map(|x| near(x, width, reach) as f32));
        sums.clear();
        sums.resize(width, 0);
        before.clear();
        before.resize(width + 2 * reach + 1, 0);
        for y in 0..reach.min(height) {
            sums.iter_mut().zip(view.row(y)).for_each(|(sum, v)| *sum += i32::from(*v));
        }
        for y in 0..height {
            let entering = view.row(y + reach);
            sums.iter_mut().zip(entering).for_each(|(sum, v)| *sum += i32::from(*v));
            let leaving = y.checked_sub(reach + 1).map_or(&[][..], |y| view.row(y));
            sums.iter_mut().zip(leaving).for_each(|(sum, v)| *sum -= i32::from(*v));
            let mut total = 0;
            let (inner, beyond) = before.split_at_mut(reach + 1).1.split_at_mut(width);
            for (before, sum) in inner.iter_mut().zip(&*sums) {
                total += sum;
                *before = total;
            }
            beyond.fill(total);
            let rows_near = near(y, height, reach) as f32;
            let around = before.iter().zip(before.get(2 * reach + 1..).unwrap_or_default());
            let values = view.row(y).iter().zip(&*columns_near).zip(around);
            off.extend(values.map(|((v, columns), (left, right))| {
                let area = columns * rows_near;
                f32::from(*v) * area - ((right - left) as f32 - less * area)
            }));
        }
    }

    /// Finds where each row changes from one to the other.
    fn find_borders(&mut self) {
        let Self { width, off, borders, ends, room: Room { changes, .. }, .. } = self;
        borders.clear();
        ends.clear();
        changes.resize(*width, 0);
        for row in off.chunks_exact((*width).max(1)) {
            // Each place is written, and written over unless it is a change: there is no branch to be guessed.
            let mut n = 0;
            for (x, pair) in row.windows(2).enumerate() {
                changes[n] = x;
                n += usize::from((pair[0] < 0.0) != (pair[1] < 0.0));
            }
            let places = changes[..n].iter().filter_map(|x| border(*x, row[*x], row[x + 1]));
            borders.push(-0.5);
            borders.extend(places);
            borders.push(*width as f32 - 0.5);
            ends.push(borders.len());
        }
    }

    /// Rows for columns.
    pub fn transposed<'p>(&self, pools: &'p Pools) -> Lent<'p, Self> {
        let mut turned = pools.matrix.reliefs.lend();
        (turned.width, turned.height) = (self.height, self.width);
        turned.off.clear();
        for x in 0..self.width {
            turned.off.extend(self.off.iter().skip(x).step_by(self.width));
        }
        turned.find_borders();
        turned
    }

    /// Each row with the borders of its runs.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let rows = starts.zip(&self.ends).enumerate();
        rows.map(|(y, (start, end))| (y, self.borders.get(start..*end).unwrap_or_default()))
    }

    /// Whether run `k` of row `y` is dark: each other one is.
    pub fn is_dark(&self, y: usize, k: usize) -> bool {
        self.at(0, y).is_some_and(|first| (first < 0.0) == k.is_multiple_of(2))
    }

    fn at(&self, x: usize, y: usize) -> Option<f32> {
        self.off.get(y * self.width + x).copied()
    }

    /// The middle and module of the column's runs around a place, as many as have `n` borders, if `fits` takes them.
    pub fn column(
        &self,
        place: Point,
        module: f32,
        n: usize,
        fits: impl Fn(&[f32]) -> Option<f32>,
    ) -> Option<(f32, f32)> {
        let (x, y) = ((place.x + 0.5) as usize, (place.y + 0.5) as usize);
        let reach = (12.0 * module) as usize;
        let mut borders = [0.0; MAX_BORDERS];
        let (above, below) = borders.get_mut(..n)?.split_at_mut(n / 2);
        let change = |y: usize| border(y, self.at(x, y)?, self.at(x, y + 1)?);
        let up = (y.saturating_sub(reach)..y).rev().filter_map(change);
        let down = (y..y + reach).filter_map(change);
        // A run may end at the rim.
        let n_above = fill(above.iter_mut().rev(), up.chain([-0.5]));
        let n_below = fill(below.iter_mut(), down.chain([self.height as f32 - 0.5]));
        (n_above == n / 2 && n_below == n / 2).then_some(())?;
        let height = fits(borders.get(..n)?)?;
        Some((f32::midpoint(borders[n / 2 - 1], borders[n / 2]), height))
    }
}

/// How far off a pixel others are near it.
fn reach(view: View<'_>) -> usize {
    (view.width.min(view.height) / 6).max(6)
}

/// How many of `n` in a row are within `reach` of number `k`.
#[inline]
fn near(k: usize, n: usize, reach: usize) -> usize {
    (k + reach + 1).min(n) - k.saturating_sub(reach)
}

/// Finds the middle between the darkest and the lightest pixels near each block of `view`, row by row: how many a row.
fn lay_middles(view: View<'_>, Room { ranges, middles, .. }: &mut Room) -> usize {
    let columns = view.width.div_ceil(BLOCK).max(1);
    let rows = view.height.div_ceil(BLOCK);
    ranges.clear();
    ranges.resize(columns * rows, (u8::MAX, u8::MIN));
    for y in 0..view.height {
        let of_row = ranges.iter_mut().skip(y / BLOCK * columns);
        for ((low, high), block) in of_row.zip(view.row(y).chunks(BLOCK)) {
            *low = block.iter().copied().fold(*low, u8::min);
            *high = block.iter().copied().fold(*high, u8::max);
        }
    }
    let near = |k: usize, n: usize| k.saturating_sub(1)..(k + 2).min(n);
    let middle = |k: usize| {
        let (mut low, mut high) = (u8::MAX, u8::MIN);
        for row in near(k / columns, rows) {
            let of_row = near(k % columns, columns).map(|column| ranges[row * columns + column]);
            for (darkest, lightest) in of_row {
                (low, high) = (low.min(darkest), high.max(lightest));
            }
        }
        f32::midpoint(f32::from(low), f32::from(high))
    };
    middles.clear();
    middles.extend((0..ranges.len()).map(middle));
    columns
}

/// A twentieth of what lies between the dark and the light pixels of `view`.
fn clearance(view: View<'_>) -> f32 {
    let counts = view.counts(3);
    let few = view.luma.len() / 150;
    // The first count that, with those before it, is more than a few.
    let mut n = [0; 2];
    let mut is_past = |k: usize, count: &usize| {
        n[k] += count;
        n[k] > few
    };
    let low = counts.iter().position(|count| is_past(0, count)).unwrap_or_default();
    let high = counts.iter().rposition(|count| is_past(1, count)).unwrap_or_default();
    (high.saturating_sub(low) / 20) as f32
}

/// Where between pixel `at` and the next one is dark and the other light, if they are.
fn border(at: usize, here: f32, next: f32) -> Option<f32> {
    ((here < 0.0) != (next < 0.0)).then(|| at as f32 + here / (here - next))
}

/// Sets `places` to `values` as far as both go: how many.
fn fill<'a>(places: impl Iterator<Item = &'a mut f32>, values: impl Iterator<Item = f32>) -> usize {
    places.zip(values).map(|(place, value)| *place = value).count()
}
