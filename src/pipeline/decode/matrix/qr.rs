//! QR Code (ISO/IEC 18004): from its three finder patterns to a grid, with perspective and bend.
//!
//! The timing patterns between them tell the version and the perspective, the alignment pattern the fourth corner;
//! the grid is then moved to where its fixed patterns and its modules are clearest. Reed-Solomon has to hold.
#![expect(clippy::cast_possible_truncation, reason = "counts of modules are small and positive")]

use crate::pipeline::decode::engine::modules::{self, Doubts};
use crate::pipeline::decode::lead::lead;
use crate::pipeline::decode::matrix::bits::{self, BareLine, Bits, Modules};
use crate::pipeline::decode::matrix::grid::Grid;
use crate::pipeline::decode::matrix::rings::Rings;
use crate::pipeline::decode::matrix::sheet::Sheet;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// Most finder patterns that are put together.
const MAX_FINDERS: usize = 8;

/// Most triples of finder patterns that are followed.
const MAX_TRIPLES: usize = 4;

/// Most sizes that are tried for one triple.
const MAX_SIZES: usize = 2;

/// Most guesses of the perspective of one size that are followed.
const MAX_GUESSES: usize = 2;

/// Least mean contrast of the two timing patterns: of their steps from module to module, -1 to 1.
const MIN_TIMING: f32 = 0.4;

/// Least contrast of the upper one: what was read had 0.5, all but one 0.7.
const MIN_UPPER: f32 = 0.25;

/// Least fit of the fixed modules under a first grid, -1 to 1: other patterns stay below 0.45, symbols above 0.75.
const MIN_FIXED: f32 = 0.5;

/// Least fit of the fixed modules under a grid that was moved to where they fit best.
const MIN_CLIMBED: f32 = 0.45;

/// Least fit of an alignment pattern.
const MIN_ALIGNMENT: f32 = 0.3;

/// Least evidence that it is not noise: see [`modules::Correction`].
const MIN_BITS: f32 = 28.0;

/// Modules from the outer edge of a finder pattern to its centre.
const IN: f32 = 3.5;

/// The QR code of a patch, dark on light, with these finder patterns.
pub fn read((view, pools): (View<'_>, &Pools), finders: &[Rings]) -> Option<Symbol> {
    let triples = triples(finders, pools);
    triples.first()?;
    let sheet = Sheet::of(view);
    triples.iter().take(MAX_TRIPLES).find_map(|(three, _)| {
        let frames = three.frames(&sheet, pools);
        frames.iter().take(MAX_SIZES).find_map(|(frame, _)| frame.symbol(&sheet, (view, pools)))
    })
}

/// Three finder patterns: at the symbol's corner and, clockwise on the screen, after and before it.
#[derive(Debug, Clone, Copy)]
pub struct Three {
    corner: Point,
    right: Point,
    bottom: Point,
    /// A module, in pixels.
    module: f32,
}

/// The triples of `finders` that may be of one symbol, the few likeliest first, and how far each is from a square.
fn triples<'p>(finders: &[Rings], pools: &'p Pools) -> Lent<'p, Vec<(Three, f32)>> {
    let finders = finders.get(..MAX_FINDERS).unwrap_or(finders);
    let mut found = pools.matrix.threes.empty();
    for (k, corner) in finders.iter().enumerate() {
        for (i, a) in finders.iter().enumerate() {
            for b in finders.iter().skip(i + 1).filter(|b| *b != corner) {
                if i != k {
                    found.extend(triple(corner, a, b));
                }
            }
        }
    }
    lead(&mut found, MAX_TRIPLES, |a, b| a.1.total_cmp(&b.1));
    found
}

/// The triple with its first at the corner, and how far it is from a right angle with even sides.
fn triple(corner: &Rings, a: &Rings, b: &Rings) -> Option<(Three, f32)> {
    let at = |other: &Rings| {
        Point::new(other.centre.x - corner.centre.x, other.centre.y - corner.centre.y)
    };
    let (p, q) = (at(a), at(b));
    let (m, n) = (p.x.hypot(p.y), q.x.hypot(q.y));
    let area = p.x * q.y - p.y * q.x;
    let cosine = (p.x * q.x + p.y * q.y) / (m * n);
    let modules = [corner.module, a.module, b.module];
    let largest = modules.iter().copied().fold(0.0, f32::max);
    let least = modules.iter().copied().fold(f32::MAX, f32::min);
    let uneven = (m / n).ln().abs();
    // What a row or a column crosses at an angle is longer by up to the square root of two.
    let module = modules.iter().sum::<f32>() / 3.0 * angled(p, q);
    let is_one = cosine.abs() < 0.55
        && uneven < 0.6
        && largest < 1.9 * least
        && (10.0..185.0).contains(&(m.midpoint(n) / module));
    let (right, bottom) = if area > 0.0 { (a.centre, b.centre) } else { (b.centre, a.centre) };
    let three = Three { corner: corner.centre, right, bottom, module };
    is_one.then_some((three, cosine.abs() + uneven + 0.5 * (largest / least).ln()))
}

/// The share of a side of a square that turned rows and columns see longer.
fn angled(p: Point, q: Point) -> f32 {
    let cosine = |v: Point| v.x.abs().max(v.y.abs()) / v.x.hypot(v.y).max(1.0);
    f32::midpoint(cosine(p), cosine(q))
}

impl Three {
    /// The sizes whose timing patterns are there, the few clearest first, and how clear they are.
    fn frames<'p>(self, sheet: &Sheet<'_>, pools: &'p Pools) -> Lent<'p, Vec<(Frame, f32)>> {
        let across = self.corner.distance(self.right) / self.module;
        let down = self.corner.distance(self.bottom) / self.module;
        let about = f32::midpoint(across, down) + 2.0 * IN;
        // Of what was read it was 0.92 to 1.05 of this.
        let (low, high) = (0.85 * about - 2.0, 1.15 * about + 2.0);
        let sizes = (1..=40).map(|version| 17 + 4 * version);
        let near = sizes.filter(|side| (low..high).contains(&(*side as f32)));
        let mut found = pools.matrix.frames.collect(near.filter_map(|side| {
            let frame = Frame { three: self, side, tilt: [0.0, 0.0] };
            let upper = |g, wanted| frame.timing(sheet, [g, 0.0], false, wanted);
            let (g, x) = best_tilt(MIN_UPPER, upper).filter(|(_, score)| *score > MIN_UPPER)?;
            let left = |h, wanted| frame.timing(sheet, [g, h], true, wanted);
            let (h, y) = best_tilt(2.0 * MIN_TIMING - x, left)?;
            let score = f32::midpoint(x, y);
            (score > MIN_TIMING).then_some((Frame { tilt: [g, h], ..frame }, score))
        }));
        lead(&mut found, MAX_SIZES, |a, b| b.1.total_cmp(&a.1));
        found
    }
}

/// The tilt of one side, and what it scores, that fits best; `score` is told a tilt and what is wanted of it, more than
/// `least`, and need not say what is below.
fn best_tilt(least: f32, score: impl Fn(f32, f32) -> Option<f32>) -> Option<(f32, f32)> {
    let mut best: Option<(f32, f32)> = None;
    for tilt in (-6..=6).map(|k| k as f32 * 0.06) {
        let wanted = best.map_or(least, |(_, highest)| highest.max(least));
        let scored = score(tilt, wanted).map(|score| (tilt, score - 0.02 * tilt.abs()));
        let is_best = |scored: &(f32, f32)| best.is_none_or(|(_, highest)| scored.1 >= highest);
        best = scored.filter(is_best).or(best);
    }
    best
}

/// Three finder patterns of a symbol of `side` modules, and the perspective along its upper and its left side.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    three: Three,
    side: usize,
    tilt: [f32; 2],
}

impl Frame {
    /// Where the place `x`, `y`, in modules from the symbol's corner, is in the picture.
    fn at(&self, x: f32, y: f32) -> Point {
        let span = self.side as f32 - 2.0 * IN;
        let (u, v) = ((x - IN) / span, (y - IN) / span);
        let [g, h] = self.tilt;
        let (p, q) = (u * (1.0 + g), v * (1.0 + h));
        let w = 1.0 / (1.0 + g * u + h * v);
        let Three { corner, right, bottom, .. } = self.three;
        let mix = |a: f32, b: f32, c: f32| (a * (1.0 - u - v) + b * p + c * q) * w;
        Point::new(mix(corner.x, right.x, bottom.x), mix(corner.y, right.y, bottom.y))
    }

    /// How well the timing pattern lies along the upper side or, `down`, the left, -1 to 1; `None` once that is seen to be
    /// less than `wanted`.
    fn timing(&self, sheet: &Sheet<'_>, tilt: [f32; 2], down: bool, wanted: f32) -> Option<f32> {
        let frame = Self { tilt, ..*self };
        let look = |k: usize| {
            let along = k as f32 + 0.5;
            let place = if down { frame.at(6.5, along) } else { frame.at(along, 6.5) };
            sheet.look(place)
        };
        // Dark at every even module, from the edge of one finder pattern to that of the other.
        let (from, to) = (6, self.side - 7);
        // No step adds more than one. Sums are rounded.
        let enough = wanted * (to - from) as f32 - 0.01;
        let mut before = look(from);
        let mut sum = 0.0;
        for k in from + 1..=to {
            if sum + ((to + 1 - k) as f32) < enough {
                return None;
            }
            let here = look(k);
            sum += sheet.step(if k % 2 == 1 { here - before } else { before - here });
            before = here;
        }
        Some(sum / (to - from) as f32)
    }

    /// The same with the place `at` modules from the corner each way at `there`; `None` if no perspective does that.
    fn through(&self, at: f32, there: Point) -> Option<Self> {
        let a = (at - IN) / (self.side as f32 - 2.0 * IN);
        let Three { corner, right, bottom, .. } = self.three;
        // a g (right - there) + a h (bottom - there) = there - corner - a (right - corner) - a (bottom - corner)
        let rest = |there: f32, corner: f32, right: f32, bottom: f32| {
            there - corner - a * (right - corner) - a * (bottom - corner)
        };
        let (x, y) = (
            rest(there.x, corner.x, right.x, bottom.x),
            rest(there.y, corner.y, right.y, bottom.y),
        );
        let (px, py) = (a * (right.x - there.x), a * (right.y - there.y));
        let (qx, qy) = (a * (bottom.x - there.x), a * (bottom.y - there.y));
        let area = px * qy - qx * py;
        let tilt = [(x * qy - qx * y) / area, (px * y - x * py) / area];
        let is_one = area.abs() > 1.0 && tilt.iter().all(|t| t.abs() < 0.75);
        is_one.then_some(Self { tilt, ..*self })
    }

    /// The square of the symbol.
    fn grid(&self) -> Grid {
        let side = self.side as f32;
        Grid::flat([self.at(0.0, 0.0), self.at(side, 0.0), self.at(side, side), self.at(0.0, side)])
    }

    /// The symbol, if its error correction holds.
    fn symbol(&self, sheet: &Sheet<'_>, view: (View<'_>, &Pools)) -> Option<Symbol> {
        let fixed = Fixed::of(self.side, view.1);
        let score = |grid: &Grid| fixed.score(sheet, grid);
        if score(&self.grid()) < MIN_FIXED {
            return None;
        }
        let flat = Self { tilt: [0.0, 0.0], ..*self };
        // The smallest symbols have no alignment pattern. What two guesses do not read, more do not either.
        let aligned = [*self, flat].into_iter().filter_map(|guess| guess.aligned(sheet));
        aligned.chain([*self, flat]).take(MAX_GUESSES).find_map(|frame| {
            let grid = frame.grid();
            let as_is = || symbol(view, grid, self.side);
            let climbed = || {
                let grid = grid.climbed(self.three.module, score);
                let size = (self.side, self.side);
                let is_clear = score(&grid) > MIN_CLIMBED;
                let moved = || symbol(view, grid, self.side);
                let cleared = || symbol(view, bits::cleared(grid, view, size), self.side);
                let damaged = || damaged(view, grid, self.side);
                is_clear.then(|| moved().or_else(cleared).or_else(damaged))?
            };
            as_is().or_else(climbed)
        })
    }

    /// The same with the alignment pattern next to the fourth corner where it fits best nearby.
    fn aligned(&self, sheet: &Sheet<'_>) -> Option<Self> {
        (self.side > 21).then_some(())?;
        let far = self.side as f32 - 6.5;
        let about = self.at(far, far);
        let step = 0.5 * self.three.module;
        let steps = ((2.0 + 0.06 * self.side as f32).min(6.0) * 2.0) as i32;
        let places = (-steps..=steps).flat_map(|i| (-steps..=steps).map(move |j| (i, j)));
        let scored = places.filter_map(|(i, j)| {
            let there = Point::new(about.x + i as f32 * step, about.y + j as f32 * step);
            let frame = self.through(far, there)?;
            Some((frame, frame.alignment(sheet)))
        });
        let best = scored.max_by(|a, b| a.1.total_cmp(&b.1));
        best.filter(|(_, score)| *score > MIN_ALIGNMENT).map(|(frame, _)| frame)
    }

    /// How well the alignment pattern next to the fourth corner lies, -1 to 1.
    fn alignment(&self, sheet: &Sheet<'_>) -> f32 {
        let far = self.side as f32 - 6.5;
        let places = (-2..=2).flat_map(|y: i32| (-2..=2).map(move |x: i32| (x, y)));
        let look = |(x, y): (i32, i32)| {
            let is_dark = x.abs().max(y.abs()) != 1;
            (sheet.look(self.at(far + x as f32, far + y as f32)), is_dark)
        };
        let mut values = [(0.0, false); 25];
        values.iter_mut().zip(places.map(look)).for_each(|(value, there)| *value = there);
        let sum = |dark: bool| values.iter().filter(|v| v.1 == dark).map(|v| v.0).sum::<f32>();
        // Seventeen modules are dark, eight are light: both weigh as much.
        let middle = f32::midpoint(sum(true) / 17.0, sum(false) / 8.0);
        let fit = |(value, is_dark): &(f32, bool)| {
            let off = 2.0 * (value - middle);
            if *is_dark { sheet.step(-off) / 34.0 } else { sheet.step(off) / 16.0 }
        };
        values.iter().map(fit).sum()
    }
}

/// The modules of a symbol that are the same in all of its size.
struct Fixed<'p> {
    side: usize,
    /// Pairs of neighbours, the first dark, the second light.
    pairs: Lent<'p, Vec<[(f32, f32); 2]>>,
}

impl<'p> Fixed<'p> {
    fn of(side: usize, pools: &'p Pools) -> Self {
        let mut pairs = pools.matrix.pairs.empty();
        let last = side as f32 - 7.0;
        for (x, y) in [(0.0, 0.0), (last, 0.0), (0.0, last)] {
            rings(&mut pairs, (x + 3.0, y + 3.0), &[(1.0, 2.0), (3.0, 2.0), (3.0, 4.0)]);
        }
        for k in (8..side - 8).step_by(2) {
            let k = k as f32;
            for next in [k - 1.0, k + 1.0] {
                pairs.push([(k, 6.0), (next, 6.0)]);
                pairs.push([(6.0, k), (6.0, next)]);
            }
        }
        for x in modules::qr_alignment(side) {
            for y in modules::qr_alignment(side) {
                let is_finder = |a: usize, b: usize| a == 6 && (b == 6 || b + 7 == side);
                if !is_finder(x, y) && !is_finder(y, x) {
                    rings(&mut pairs, (x as f32, y as f32), &[(0.0, 1.0), (2.0, 1.0)]);
                }
            }
        }
        Self { side, pairs }
    }

    /// How well they lie under `grid`, -1 to 1.
    fn score(&self, sheet: &Sheet<'_>, grid: &Grid) -> f32 {
        let Some(map) = grid.map() else { return -1.0 };
        let step = 1.0 / self.side as f32;
        let look = |(x, y): (f32, f32)| sheet.look(map.at((x + 0.5) * step, (y + 0.5) * step));
        let steps = self.pairs.iter().map(|[dark, light]| sheet.step(look(*light) - look(*dark)));
        steps.sum::<f32>() / self.pairs.len() as f32
    }
}

/// Adds pairs along squares around `centre`: a dark one so many modules out, and a light one.
fn rings(pairs: &mut Vec<[(f32, f32); 2]>, (x, y): (f32, f32), squares: &[(f32, f32)]) {
    for (dark, light) in squares {
        let reach = dark.min(*light) as i32;
        for k in -reach..=reach {
            let k = k as f32;
            pairs.push([(x + k, y - dark), (x + k, y - light)]);
            pairs.push([(x + k, y + dark), (x + k, y + light)]);
            pairs.push([(x - dark, y + k), (x - light, y + k)]);
            pairs.push([(x + dark, y + k), (x + light, y + k)]);
        }
    }
}

/// The symbol that `grid` shows, if its error correction holds.
fn symbol(view: (View<'_>, &Pools), grid: Grid, side: usize) -> Option<Symbol> {
    let modules = Modules::of(view, &grid.map()?, (side, side));
    let read = |bits: Bits<'_>| named(&bits, &grid, Doubts::Believed);
    read(modules.bits(4)).or_else(|| read(modules.sharpened(0.6).bits(4)))
}

/// The same where print is missing or something lies over a part: what is not sure is left to error correction.
fn damaged(view: (View<'_>, &Pools), grid: Grid, side: usize) -> Option<Symbol> {
    let map = grid.map()?;
    let ways = [
        Modules::of(view, &map, (side, side)),
        Modules::darkest(view, &map, (side, side), BareLine::Level),
        Modules::darkest(view, &map, (side, side), BareLine::Upright),
    ];
    ways.iter().find_map(|modules| named(&modules.bits(4), &grid, Doubts::Erased))
}

fn named(bits: &Bits<'_>, grid: &Grid, doubts: Doubts) -> Option<Symbol> {
    let reading = modules::qr(bits, doubts).filter(|found| found.correction.bits >= MIN_BITS)?;
    let confidence = bits.confidence(grid, reading.correction.changed);
    Some(Symbol {
        symbology: Symbology::QRCode,
        text: reading.text,
        identifier: reading.identifier,
        corners: grid.corners,
        confidence: Some(confidence),
        add_on: None,
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::matrix::grid::drawn;
    use crate::pipeline::decode::matrix::relief::Relief;
    use crate::pipeline::decode::matrix::rings::finders;

    const ROWS: [&str; 25] = [
        "#######.#..##..##.#######",
        "#.....#..##.....#.#.....#",
        "#.###.#...#.#..##.#.###.#",
        "#.###.#.....#...#.#.###.#",
        "#.###.#..#.#..###.#.###.#",
        "#.....#...#.#..##.#.....#",
        "#######.#.#.#.#.#.#######",
        "........#.##.#.##........",
        "##.##.#..###.#....#.....#",
        "##...#...#..##..#..##.#..",
        "..#######.##.#.###...###.",
        "#...##.#######..##.#.##.#",
        ".#..#.##.#.###.##.#.#..#.",
        "#####....#...##.#...##...",
        "####.##..#####..#..#..#..",
        "#.###..#.#.#...#.###.#.#.",
        "#....##.#.....#.#######..",
        "........#.#######...#####",
        "#######..#.#...##.#.###..",
        "#.....#..##.#.#.#...#..#.",
        "#.###.#.##..#########.#.#",
        "#.###.#.#.#...###.#.#.#.#",
        "#.###.#..##.#.##.##.##.##",
        "#.....#.#.....#.#.....##.",
        "#######.#.#..##..#.#.#.##",
    ];

    fn found(view: View<'_>) -> Option<Symbol> {
        let pools = Pools::default();
        read((view, &pools), &finders(&Relief::of(view, &pools), &pools))
    }

    fn texts(rows: &[&str], corners: [(f32, f32); 4], bend: f32) -> Option<(String, u32)> {
        let corners = corners.map(|(x, y)| Point::new(x, y));
        let grid =
            Grid { bend: [Point::new(0.0, bend), Point::new(0.0, 0.0)], ..Grid::flat(corners) };
        let picture = drawn(rows, &grid, (190, 180));
        let symbol = found(picture.view())?;
        // The corners are the symbol's own, from its top left.
        assert!(symbol.corners[0].distance(corners[0]) < 4.0, "{symbol:?}");
        Some((symbol.text, symbol.confidence?.errors_corrected))
    }

    const UPRIGHT: [(f32, f32); 4] = [(40.0, 30.0), (140.0, 30.0), (140.0, 130.0), (40.0, 130.0)];

    #[test_case(UPRIGHT, 0.0; "upright")]
    #[test_case(UPRIGHT, 3.0; "on a curved label")]
    #[test_case([(150.0, 80.0), (90.0, 150.0), (20.0, 90.0), (80.0, 20.0)], 0.0; "turned")]
    #[test_case([(40.0, 30.0), (150.0, 45.0), (135.0, 125.0), (25.0, 150.0)], 0.0; "in perspective")]
    fn a_symbol_is_read(corners: [(f32, f32); 4], bend: f32) {
        let text = texts(&ROWS, corners, bend).map(|(text, _)| text);
        assert_eq!(text.as_deref(), Some("SERIAL 0123456789"));
    }

    #[test]
    fn a_mirrored_symbol_is_read() {
        let [a, b, c, d] = UPRIGHT;
        let grid = Grid::flat([a, d, c, b].map(|(x, y)| Point::new(x, y)));
        let picture = drawn(&ROWS, &grid, (190, 180));
        let symbol = found(picture.view());
        assert_eq!(symbol.map(|s| s.text).as_deref(), Some("SERIAL 0123456789"));
    }

    #[test]
    fn damage_is_counted_and_ends_in_no_reading() {
        let damaged = |rows: std::ops::Range<usize>| {
            let mut modules: Vec<String> = ROWS.iter().map(|row| (*row).to_owned()).collect();
            for row in rows {
                modules[row].replace_range(9..17, "........");
            }
            let rows: Vec<&str> = modules.iter().map(String::as_str).collect();
            texts(&rows, UPRIGHT, 0.0)
        };
        let (text, n_corrected) = damaged(10..12).unwrap();
        assert!(text == "SERIAL 0123456789" && n_corrected > 0, "{text} {n_corrected}");
        assert_eq!(damaged(9..24), None);
    }
}
