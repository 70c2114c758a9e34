//! Concentric squares: the bull's eye of Aztec and the finder patterns of QR codes, by the runs of rows and columns.

use crate::pipeline::decode::matrix::relief::Relief;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::symbol::Point;

/// Least length of a run of a bull's eye, in pixels.
const MIN_RUN: f32 = 0.9;

/// How much longer or shorter than its modules a run may be for want of pixels, in pixels.
const ROUGH: f32 = 0.4;

/// Least height of a finder pattern as rows and columns show it, in modules: what was read had 1, nearly all 1.3.
const MIN_HIGH: f32 = 0.9;

/// Places in which a row may go on: the last that were found. A checkerboard has thousands.
const MOST_NEAR: usize = 200;

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

/// Concentric squares as rows see them.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    rings: Rings,
    /// How many rows do.
    n: usize,
    /// The first of them, and the last.
    from: usize,
    to: usize,
    /// Its place among others.
    place: usize,
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

/// The finder patterns of QR codes, those seen in most rows first; last those that only rows, or only columns,
/// show, where a line without ink runs through.
pub fn finders<'p>(relief: &Relief, pools: &'p Pools) -> Lent<'p, Vec<Rings>> {
    let mut seen = pools.matrix.seen.empty();
    add_crossings(relief, None, &mut seen);
    seen.retain(|seen| seen.n as f32 > MIN_HIGH * seen.rings.module);
    sort(&mut seen);
    let mut found = pools.matrix.rings.collect(seen.iter().map(|seen| seen.rings));
    let Some(like) = found.first().filter(|_| found.len() < 3).copied() else { return found };
    seen.clear();
    add_crossings(relief, Some(&like), &mut seen);
    let mut columns = pools.matrix.seen.empty();
    add_crossings(&relief.transposed(pools), Some(&like), &mut columns);
    seen.extend(columns.drain(..).map(Seen::transposed));
    seen.retain(Seen::is_high);
    sort(&mut seen);
    for Seen { rings, .. } in &*seen {
        let is_new = |other: &Rings| other.centre.distance(rings.centre) > 3.0 * rings.module;
        if found.iter().all(is_new) {
            found.push(*rings);
        }
    }
    found
}

/// Adds where runs of rows are as through a finder pattern: with those of the column through their middle; or,
/// without, about as large as those of `like`.
fn add_crossings(relief: &Relief, like: Option<&Rings>, found: &mut Vec<Seen>) {
    for (y, borders) in relief.rows() {
        for (k, six) in borders.windows(6).enumerate() {
            let Some(module) = finder(six) else { continue };
            let x = f32::midpoint(six[2], six[3]);
            let is_dark = relief.is_dark(y, k + 2);
            let crossed = match like {
                None => relief.column(Point::new(x, y as f32), module, 6, finder),
                Some(like) => like.is_like(module, is_dark).then_some((y as f32, module)),
            };
            let Some((middle, height)) = crossed else { continue };
            let centre = Point::new(x, middle);
            let rings = Rings { centre, module: module.midpoint(height), is_dark };
            add(found, rings, y, 2.0 * module);
        }
    }
}

/// The bull's eyes, each once, those seen in most rows first.
pub fn bulls_eyes<'p>(relief: &Relief, pools: &'p Pools) -> Lent<'p, Vec<Rings>> {
    let mut seen = pools.matrix.seen.empty();
    for (y, borders) in relief.rows() {
        for (k, eight) in borders.windows(8).enumerate() {
            let Some(module) = even(eight) else { continue };
            let x = f32::midpoint(eight[3], eight[4]);
            let crossed = relief.column(Point::new(x, y as f32), module, 8, even);
            let Some((middle, height)) = crossed else { continue };
            let (centre, module) = (Point::new(x, middle), module.max(height));
            let is_dark = relief.is_dark(y, k + 3);
            add(&mut seen, Rings { centre, module, is_dark }, y, 1.5 * module);
        }
    }
    sort(&mut seen);
    pools.matrix.rings.collect(seen.iter().map(|seen| seen.rings))
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
        None => found.push(Seen { rings, n: 1, from: y, to: y, place: 0 }),
    }
}

/// Orders them by how many rows see them; of equal ones the first comes first.
fn sort(found: &mut [Seen]) {
    found.iter_mut().enumerate().for_each(|(k, seen)| seen.place = k);
    found.sort_unstable_by_key(|seen| (std::cmp::Reverse(seen.n), seen.place));
}

/// A module of runs between these borders that are as long as those through a finder pattern: 1, 1, 3, 1, 1
/// (ISO/IEC 18004, 6.3.3.1).
fn finder(borders: &[f32]) -> Option<f32> {
    let &[a, b, c, d, e, f] = borders else { return None };
    let module = (f - a) / 7.0;
    // Ink that has spread, or shrunk, makes all dark runs longer, or shorter, by as much.
    let fits = |n: f32, k: f32| (n - k * module).abs() < (0.55 + 0.1 * k) * module + ROUGH;
    // The middle one tells most others.
    let is_one = module >= 0.8
        && fits(d - c, 3.0)
        && [b - a, c - b, e - d, f - e].iter().all(|run| fits(*run, 1.0));
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
    use crate::pipeline::decode::raster::View;

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
            210 - 2 * u8::try_from(dark).unwrap()
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
        let pools = Pools::default();
        let relief = Relief::of(View { width: 48, height: 48, luma: &luma }, &pools);
        let (finders, eyes) = (finders(&relief, &pools), bulls_eyes(&relief, &pools));
        assert_eq!((finders.is_empty(), eyes.is_empty()), (!is_finder, is_finder));
        let seen = finders.iter().chain(&*eyes).next().unwrap();
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
            let around: Vec<usize> = near(y)
                .flat_map(|y| near(x).map(move |x| usize::from(view.luma[y * 48 + x])))
                .collect();
            let own = 5 * usize::from(sharp[k]);
            u8::try_from((own + around.iter().sum::<usize>()) / (5 + around.len())).unwrap()
        };
        let luma: Vec<u8> = (0..48 * 48).map(blurred).collect();
        let view = View { width: 48, height: 48, luma: &luma };
        let pools = Pools::default();
        let mut relief = Relief::of(view, &pools);
        assert!(finders(&relief, &pools).is_empty());
        relief.refine(view);
        let found = finders(&relief, &pools);
        assert!(found.len() == 1 && found[0].centre.distance(centre) < 0.3, "{found:?}");
    }
}
