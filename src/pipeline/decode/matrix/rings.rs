//! Concentric squares: the bull's eye of Aztec and the finder patterns of QR codes, by the runs of rows and columns.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are in the patch, modules positive"
)]

use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Least length of a run of a bull's eye, in pixels.
const MIN_RUN: f32 = 0.9;

/// How much longer or shorter than its modules a run may be for want of pixels, in pixels.
const ROUGH: f32 = 0.4;

/// Least height of a finder pattern as rows and columns show it, in modules: what was read had 1, nearly all 1.3.
const MIN_HIGH: f32 = 0.9;

/// Places in which a row may go on: the last that were found. A checkerboard has thousands.
const MOST_NEAR: usize = 200;

/// Pixels on a side of a block whose darkest and lightest pixel are taken.
const BLOCK: usize = 16;

/// Most borders of a run of squares: those of seven runs.
const MAX_BORDERS: usize = 8;

/// A patch in two colours, whose borders lie between pixels.
#[derive(Debug)]
pub struct Relief {
    width: usize,
    height: usize,
    /// How much brighter each pixel is than what parts dark from light there, in no certain unit.
    off: Vec<f32>,
    /// Where the runs of one colour begin in each row, row by row, and where the last of them ends.
    borders: Vec<f32>,
    /// Where in `borders` each row ends.
    ends: Vec<usize>,
}

/// Concentric squares seen in a patch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rings {
    /// Their centre.
    pub centre: Point,
    /// A module along the rows, in pixels.
    pub module: f32,
    /// Whether the innermost is dark.
    pub is_dark: bool,
}

/// A finder pattern as rows see it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    rings: Rings,
    /// How many rows do.
    n: usize,
    /// The first of them, and the last.
    from: usize,
    to: usize,
}

impl Seen {
    /// The same, seen in row `y`, too: the mean of the middles is its centre.
    fn add(&mut self, rings: Rings, y: usize) {
        let share = 1.0 / (self.n as f32 + 1.0);
        let mean = |a: f32, b: f32| a + (b - a) * share;
        let own = &mut self.rings;
        let (a, b) = (own.centre, rings.centre);
        own.centre = Point::new(mean(a.x, b.x), mean(a.y, b.y));
        own.module = mean(own.module, rings.module);
        self.n += 1;
        self.to = y;
    }

    /// Whether it is as high as the inner square of a finder pattern: three modules, or two where a line runs.
    fn is_high(&self) -> bool {
        let high = (self.to - self.from + 1) as f32 / self.rings.module;
        (1.9..4.8).contains(&high) && self.n as f32 > 1.4 * self.rings.module
    }

    /// The same of rows for columns.
    fn transposed(self) -> Self {
        let Point { x, y } = self.rings.centre;
        Self { rings: Rings { centre: Point::new(y, x), ..self.rings }, ..self }
    }
}

impl Rings {
    /// Whether one of such modules and colour may be of the same symbol.
    fn is_like(&self, module: f32, is_dark: bool) -> bool {
        is_dark == self.is_dark && (module / self.module).max(self.module / module) < 1.5
    }
}

impl Relief {
    /// `view` against a little less than the mean of what is within a sixth of its shorter side: so plain ground stays
    /// light, whatever its noise.
    pub fn of(view: View<'_>) -> Self {
        Self::below(view, None)
    }

    /// The same against no more than the middle between the darkest and the lightest pixels nearby: beside paper the
    /// mean is lighter than the light modules of a finder pattern that are blurred between dark ones.
    pub fn of_fine(view: View<'_>) -> Self {
        Self::below(view, Some(&Middles::of(view)))
    }

    fn below(view: View<'_>, middles: Option<&Middles>) -> Self {
        let (width, height) = (view.width, view.height);
        let less = clearance(view);
        let reach = (width.min(height) / 6).max(6);
        let near = |k: usize, n: usize| (k + reach + 1).min(n) - k.saturating_sub(reach);
        let columns_near: Vec<f32> = (0..width).map(|x| near(x, width) as f32).collect();
        // Of each column, what is within reach of the row; and of the columns before each, to the rim and beyond.
        let mut sums = vec![0_i32; width];
        let mut before = vec![0_i32; width + 2 * reach + 1];
        for y in 0..reach.min(height) {
            sums.iter_mut().zip(view.row(y)).for_each(|(sum, v)| *sum += i32::from(*v));
        }
        let mut off = Vec::with_capacity(width * height);
        let mut most = vec![f32::MAX; width];
        for y in 0..height {
            if let Some(middles) = middles {
                middles.lay(y, &mut most);
            }
            let entering = view.row(y + reach);
            sums.iter_mut().zip(entering).for_each(|(sum, v)| *sum += i32::from(*v));
            let leaving = y.checked_sub(reach + 1).map_or(&[][..], |y| view.row(y));
            sums.iter_mut().zip(leaving).for_each(|(sum, v)| *sum -= i32::from(*v));
            let mut total = 0;
            let (inner, beyond) = before.split_at_mut(reach + 1).1.split_at_mut(width);
            for (before, sum) in inner.iter_mut().zip(&sums) {
                total += sum;
                *before = total;
            }
            beyond.fill(total);
            let rows_near = near(y, height) as f32;
            let around = before.iter().zip(before.get(2 * reach + 1..).unwrap_or_default());
            let values = view.row(y).iter().zip(&most).zip(&columns_near).zip(around);
            off.extend(values.map(|(((v, most), columns), (left, right))| {
                let area = columns * rows_near;
                f32::from(*v) * area - ((right - left) as f32 - less * area).min(most * area)
            }));
        }
        Self::with_borders(off, width, height)
    }

    fn with_borders(off: Vec<f32>, width: usize, height: usize) -> Self {
        let (mut borders, mut ends) = (Vec::new(), Vec::with_capacity(height));
        let mut changes = vec![0; width];
        for row in off.chunks_exact(width.max(1)) {
            // Each place is written, and written over unless it is a change: there is no branch to be guessed.
            let mut n = 0;
            for (x, pair) in row.windows(2).enumerate() {
                changes[n] = x;
                n += usize::from((pair[0] < 0.0) != (pair[1] < 0.0));
            }
            let places = changes[..n].iter().filter_map(|x| border(*x, row[*x], row[x + 1]));
            borders.push(-0.5);
            borders.extend(places);
            borders.push(width as f32 - 0.5);
            ends.push(borders.len());
        }
        Self { width, height, off, borders, ends }
    }

    /// The finder patterns of QR codes, those seen in most rows first; last those that only rows, or only columns,
    /// show, where a line without ink runs through.
    pub fn finders(&self) -> Vec<Rings> {
        let mut crossed = self.crossings(None);
        crossed.retain(|seen| seen.n as f32 > MIN_HIGH * seen.rings.module);
        crossed.sort_by_key(|seen| std::cmp::Reverse(seen.n));
        let mut found: Vec<Rings> = crossed.iter().map(|seen| seen.rings).collect();
        let Some(like) = found.first().filter(|_| found.len() < 3).copied() else { return found };
        let columns = self.transposed().crossings(Some(&like)).into_iter().map(Seen::transposed);
        let mut bare: Vec<Seen> = self.crossings(Some(&like)).into_iter().chain(columns).collect();
        bare.retain(Seen::is_high);
        bare.sort_by_key(|seen| std::cmp::Reverse(seen.n));
        for Seen { rings, .. } in bare {
            let is_new = |other: &Rings| other.centre.distance(rings.centre) > 3.0 * rings.module;
            if found.iter().all(is_new) {
                found.push(rings);
            }
        }
        found
    }

    /// Where runs of rows are as through a finder pattern: with those of the column through their middle; or, without,
    /// about as large as those of `like`.
    fn crossings(&self, like: Option<&Rings>) -> Vec<Seen> {
        let mut found: Vec<Seen> = Vec::new();
        for (y, borders) in self.rows() {
            for (k, six) in borders.windows(6).enumerate() {
                let Some(module) = finder(six) else { continue };
                let x = f32::midpoint(six[2], six[3]);
                let is_dark = self.is_dark(y, k + 2);
                let crossed = match like {
                    None => self.column(Point::new(x, y as f32), module, 6, finder),
                    Some(like) => like.is_like(module, is_dark).then_some((y as f32, module)),
                };
                let Some((middle, height)) = crossed else { continue };
                let centre = Point::new(x, middle);
                let rings = Rings { centre, module: module.midpoint(height), is_dark };
                add(&mut found, rings, y, 2.0 * module);
            }
        }
        found
    }

    /// Rows for columns.
    fn transposed(&self) -> Self {
        let mut off = Vec::with_capacity(self.off.len());
        for x in 0..self.width {
            off.extend(self.off.iter().skip(x).step_by(self.width));
        }
        Self::with_borders(off, self.height, self.width)
    }

    /// The bull's eyes, each once, those seen in most rows first.
    pub fn bulls_eyes(&self) -> Vec<Rings> {
        let mut found: Vec<Seen> = Vec::new();
        for (y, borders) in self.rows() {
            for (k, eight) in borders.windows(8).enumerate() {
                let Some(module) = even(eight) else { continue };
                let x = f32::midpoint(eight[3], eight[4]);
                let crossed = self.column(Point::new(x, y as f32), module, 8, even);
                let Some((middle, height)) = crossed else { continue };
                let (centre, module) = (Point::new(x, middle), module.max(height));
                let is_dark = self.is_dark(y, k + 3);
                add(&mut found, Rings { centre, module, is_dark }, y, 1.5 * module);
            }
        }
        found.sort_by_key(|seen| std::cmp::Reverse(seen.n));
        found.into_iter().map(|seen| seen.rings).collect()
    }

    /// Each row with the borders of its runs.
    fn rows(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let rows = starts.zip(&self.ends).enumerate();
        rows.map(|(y, (start, end))| (y, self.borders.get(start..*end).unwrap_or_default()))
    }

    /// Whether run `k` of row `y` is dark: each other one is.
    fn is_dark(&self, y: usize, k: usize) -> bool {
        self.at(0, y).is_some_and(|first| (first < 0.0) == k.is_multiple_of(2))
    }

    fn at(&self, x: usize, y: usize) -> Option<f32> {
        self.off.get(y * self.width + x).copied()
    }

    /// The middle and module of the column's runs around a place, as many as have `n` borders, if `fits` takes them.
    fn column(
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

/// The middle between the darkest and the lightest pixels near each block of a patch.
struct Middles {
    /// Blocks a row.
    columns: usize,
    /// Row by row.
    values: Vec<f32>,
}

impl Middles {
    fn of(view: View<'_>) -> Self {
        let columns = view.width.div_ceil(BLOCK).max(1);
        let mut ranges = vec![(u8::MAX, u8::MIN); columns * view.height.div_ceil(BLOCK)];
        for y in 0..view.height {
            let of_row = ranges.iter_mut().skip(y / BLOCK * columns);
            for ((low, high), block) in of_row.zip(view.row(y).chunks(BLOCK)) {
                *low = block.iter().copied().fold(*low, u8::min);
                *high = block.iter().copied().fold(*high, u8::max);
            }
        }
        let rows: Vec<&[(u8, u8)]> = ranges.chunks_exact(columns).collect();
        let near = |k: usize, n: usize| k.saturating_sub(1)..(k + 2).min(n);
        let middle = |k: usize| {
            let (mut low, mut high) = (u8::MAX, u8::MIN);
            for row in &rows[near(k / columns, rows.len())] {
                for (darkest, lightest) in &row[near(k % columns, columns)] {
                    (low, high) = (low.min(*darkest), high.max(*lightest));
                }
            }
            f32::midpoint(f32::from(low), f32::from(high))
        };
        Self { columns, values: (0..ranges.len()).map(middle).collect() }
    }

    /// Sets `places` to those of the pixels of row `y`.
    fn lay(&self, y: usize, places: &mut [f32]) {
        let of_row = self.values.get(y / BLOCK * self.columns..).unwrap_or_default();
        places.chunks_mut(BLOCK).zip(of_row).for_each(|(places, value)| places.fill(*value));
    }
}

/// A twentieth of what lies between the dark and the light pixels of `view`.
fn clearance(view: View<'_>) -> f32 {
    let mut counts = [0_usize; 256];
    for value in view.luma.iter().step_by(3) {
        counts[usize::from(*value)] += 1;
    }
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

/// Adds what row `y` shows to what is within `apart` of it, or as something new.
fn add(found: &mut Vec<Seen>, rings: Rings, y: usize, apart: f32) {
    let same = |other: &&mut Seen| {
        let (x, y) = (other.rings.centre.x - rings.centre.x, other.rings.centre.y - rings.centre.y);
        x * x + y * y < apart * apart && other.rings.is_dark == rings.is_dark
    };
    let near = found.len().saturating_sub(MOST_NEAR);
    match found.iter_mut().skip(near).find(same) {
        Some(seen) => seen.add(rings, y),
        None => found.push(Seen { rings, n: 1, from: y, to: y }),
    }
}

/// Sets `places` to `values` as far as both go: how many.
fn fill<'a>(places: impl Iterator<Item = &'a mut f32>, values: impl Iterator<Item = f32>) -> usize {
    places.zip(values).map(|(place, value)| *place = value).count()
}

/// A module of runs between these borders that are as long as those through a finder pattern: 1, 1, 3, 1, 1
/// (ISO/IEC 18004, 6.3.3.1).
fn finder(borders: &[f32]) -> Option<f32> {
    let module = (borders.last()? - borders.first()?) / 7.0;
    // Ink that has spread, or shrunk, makes all dark runs longer, or shorter, by as much.
    let fits = |n: f32, k: f32| (n - k * module).abs() < (0.55 + 0.1 * k) * module + ROUGH;
    let wide = [1.0, 1.0, 3.0, 1.0, 1.0];
    let is_one = module >= 0.8 && borders.windows(2).zip(wide).all(|(b, k)| fits(b[1] - b[0], k));
    is_one.then_some(module)
}

/// The mean length of the runs between these borders if all are about as long.
fn even(borders: &[f32]) -> Option<f32> {
    let mean = (borders.last()? - borders.first()?) / (borders.len() as f32 - 1.0);
    let fits = |n: f32| n >= MIN_RUN && (n - mean).abs() < 0.45 * mean + ROUGH;
    borders.windows(2).all(|b| fits(b[1] - b[0])).then_some(mean)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    /// A picture of squares around `centre`, every other one dark from the innermost on, each pixel the mean of 64 places.
    fn squares(centre: Point, halves: &[f32]) -> Vec<u8> {
        let is_dark = |x: f32, y: f32| {
            let out = (x - centre.x).abs().max((y - centre.y).abs());
            halves.iter().filter(|half| out < **half).count() % 2 == 1
        };
        let pixel = |k: usize| {
            let places = (0..64).map(|n| (n % 8, n / 8));
            let at = |k: usize, n: usize| k as f32 + (n as f32 + 0.5) / 8.0 - 0.5;
            let dark = places.filter(|(i, j)| is_dark(at(k % 48, *i), at(k / 48, *j))).count();
            210 - 2 * dark as u8
        };
        (0..48 * 48).map(pixel).collect()
    }

    #[test_case(1.7, &[3.5, 2.5, 1.5], true; "a finder pattern")]
    #[test_case(1.8, &[4.5, 3.5, 2.5, 1.5, 0.5], false; "a bulls eye")]
    fn squares_of_less_than_two_pixels_are_seen_between_pixels(
        module: f32,
        halves: &[f32],
        is_finder: bool,
    ) {
        let centre = Point::new(22.3, 24.6);
        let halves: Vec<f32> = halves.iter().map(|half| half * module).collect();
        let luma = squares(centre, &halves);
        let relief = Relief::of(View { width: 48, height: 48, luma: &luma });
        let (finders, eyes) = (relief.finders(), relief.bulls_eyes());
        assert_eq!((finders.is_empty(), eyes.is_empty()), (!is_finder, is_finder));
        let seen = finders.iter().chain(&eyes).next().unwrap();
        assert!(seen.is_dark && seen.centre.distance(centre) < 0.2, "{seen:?}");
        assert!((seen.module - module).abs() < 0.15, "{seen:?}");
    }

    #[test]
    fn a_finder_pattern_blurred_beside_paper_is_seen_against_the_middle() {
        let centre = Point::new(22.3, 24.6);
        let sharp = squares(centre, &[3.5, 2.5, 1.5].map(|half| 1.45 * half));
        let view = View { width: 48, height: 48, luma: &sharp };
        // What the blur of a lens leaves, and a camera's pixels.
        let blurred = |k: usize| {
            let (x, y) = (k % 48, k / 48);
            let near = |at: usize| at.saturating_sub(1)..(at + 2).min(48);
            let around: Vec<u32> = near(y)
                .flat_map(|y| near(x).map(move |x| u32::from(view.luma[y * 48 + x])))
                .collect();
            let own = 5 * u32::from(sharp[k]);
            ((own + around.iter().sum::<u32>()) / (5 + around.len() as u32)) as u8
        };
        let luma: Vec<u8> = (0..48 * 48).map(blurred).collect();
        let view = View { width: 48, height: 48, luma: &luma };
        assert!(Relief::of(view).finders().is_empty());
        let found = Relief::of_fine(view).finders();
        assert!(found.len() == 1 && found[0].centre.distance(centre) < 0.3, "{found:?}");
    }
}
