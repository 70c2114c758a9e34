//! Data Matrix (ISO/IEC 16022): found by the two solid edges of its finder, measured by the two of its timing pattern.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of modules are small and positive"
)]

use crate::pipeline::decode::engine::modules::{self, Doubts, Reading};
use crate::pipeline::decode::lead::lead;
use crate::pipeline::decode::matrix::bits::{self, BareLine, Bits, Modules};
use crate::pipeline::decode::matrix::edges::Edges;
use crate::pipeline::decode::matrix::grid::{Grid, Map};
use crate::pipeline::decode::matrix::line::Line;
use crate::pipeline::decode::matrix::sheet::Sheet;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// Most corners of a finder that are followed in one patch.
const MAX_CORNERS: usize = 8;

/// Least share of a side with a timing pattern along which brightness rises: half of it is ink (read: 0.45, median 0.63).
const MIN_RISE: f32 = 0.35;

/// Least mean contrast of a side of the timing pattern: of its steps from module to module, -1 to 1.
const MIN_TIMING: f32 = 0.35;

/// Least fit of a finder, -1 to 1, of a symbol of which parts may be missing.
const MIN_FINDER: f32 = 0.5;

/// Least evidence that it is not noise: see [`modules::Correction`].
const MIN_BITS: f32 = 28.0;

/// Rows and columns of the rectangular symbols (table 7, and those of ISO/IEC 21471).
const RECTANGLES: [(usize, usize); 24] = [
    (8, 18),
    (8, 32),
    (12, 26),
    (12, 36),
    (16, 36),
    (16, 48),
    (8, 48),
    (8, 64),
    (8, 80),
    (8, 96),
    (8, 120),
    (8, 144),
    (12, 64),
    (12, 88),
    (16, 64),
    (20, 36),
    (20, 44),
    (20, 64),
    (22, 48),
    (24, 48),
    (24, 64),
    (26, 40),
    (26, 48),
    (26, 64),
];

/// Modules a side of the square symbols above 26: those with alignment patterns.
const SQUARES: [usize; 14] = [32, 36, 40, 44, 48, 52, 64, 72, 80, 88, 96, 104, 120, 132];

/// The Data Matrix symbol of a patch, if it has one.
pub fn read((view, pools): (View<'_>, &Pools), edges: &Edges, lines: &[Line]) -> Option<Symbol> {
    let corners = corners(lines, pools);
    corners.first()?;
    let sheet = Sheet::of(view);
    corners.iter().take(MAX_CORNERS).find_map(|corner| {
        let grid = corner.grid(edges)?;
        let (rows, columns) =
            Timing { sheet: &sheet, map: grid.map()?, pools }.size(grid.sides())?;
        let size = (rows, columns);
        // By its finder, where that is whole; by its modules, where a finder is bent or blurred.
        let grid = fitted(&sheet, grid, size);
        let view = (view, pools);
        symbol(view, grid, size).or_else(|| {
            let cleared = bits::cleared(grid, view, (columns, rows));
            let is_one = finder(&sheet, &grid, size) > MIN_FINDER;
            let damaged = || [grid, cleared].into_iter().find_map(|grid| damaged(view, grid, size));
            symbol(view, cleared, size).or_else(|| is_one.then(damaged)?)
        })
    })
}

/// Two solid edges that meet: the finder of a symbol, dark on light.
#[derive(Debug, Clone, Copy)]
pub struct Corner {
    bottom: Line,
    left: Line,
    /// Where they meet, and their other ends.
    at: Point,
    right: Point,
    top: Point,
}

/// Whether two of `lines` may be a finder.
pub fn has_corner(lines: &[Line]) -> bool {
    lines.iter().any(|a| lines.iter().any(|b| corner(a, b).is_some()))
}

/// The pairs of `lines` that may be a finder, the largest few first.
fn corners<'p>(lines: &[Line], pools: &'p Pools) -> Lent<'p, Vec<Corner>> {
    let pairs = lines.iter().flat_map(|a| lines.iter().map(move |b| (a, b)));
    let mut found = pools.matrix.corners.collect(pairs.filter_map(|(a, b)| corner(a, b)));
    lead(&mut found, MAX_CORNERS, |a, b| {
        let size = |c: &Corner| c.at.distance(c.right) + c.at.distance(c.top);
        size(b).total_cmp(&size(a))
    });
    found
}

fn corner(bottom: &Line, left: &Line) -> Option<Corner> {
    let cosine = bottom.across.x * left.across.x + bottom.across.y * left.across.y;
    if cosine.abs() > 0.6 {
        return None;
    }
    let at = bottom.crossing(left)?;
    let far_end = |line: &Line| {
        let along = line.along(at);
        let (near, far) = if along < f32::midpoint(line.from, line.to) {
            (line.from, line.to)
        } else {
            (line.to, line.from)
        };
        ((near - along).abs() < 3.0 + 0.12 * line.length()).then(|| line.at(far))
    };
    let (right, top) = (far_end(bottom)?, far_end(left)?);
    let (a, b) =
        (Point::new(right.x - at.x, right.y - at.y), Point::new(top.x - at.x, top.y - at.y));
    // Clockwise on the screen from the left side to the bottom: rows go down.
    let is_handed = a.x * b.y - a.y * b.x < 0.0;
    let inside = |line: &Line, v: Point| line.across.x * v.x + line.across.y * v.y < 0.0;
    (is_handed && inside(bottom, b) && inside(left, a)).then_some(Corner {
        bottom: *bottom,
        left: *left,
        at,
        right,
        top,
    })
}

impl Corner {
    /// The square of the symbol, its other two sides found by the outer edge of the timing pattern.
    fn grid(&self, edges: &Edges) -> Option<Grid> {
        let (at, right, top) = (self.at, self.right, self.top);
        let far = Point::new(right.x + top.x - at.x, right.y + top.y - at.y);
        let right_side = outermost(edges, [at, right], [top, far])?;
        let top_side = outermost(edges, [at, top], [right, far])?;
        let corners = [
            top_side.crossing(&self.left)?,
            top_side.crossing(&right_side)?,
            right_side.crossing(&self.bottom)?,
            at,
        ];
        Some(Grid::flat(corners))
    }
}

/// The side across from one that starts at `near[0]` and `far[0]`: somewhere beyond or before `near[1]` and `far[1]`.
fn outermost(edges: &Edges, near: [Point; 2], far: [Point; 2]) -> Option<Line> {
    let along = |[a, b]: [Point; 2], shift: f32| {
        let length = a.distance(b).max(1.0);
        Point::new(b.x + (b.x - a.x) / length * shift, b.y + (b.y - a.y) / length * shift)
    };
    let length = near[0].distance(near[1]);
    let width = near[0].distance(far[0]);
    let outside = along(near, length);
    // The solid edge ends here; where perspective puts the other end is not known.
    let (near_reach, far_reach) = (3.0 + 0.05 * length, 3.0 + 0.04 * length + 0.16 * width);
    let mut best = (MIN_RISE / 2.0, None);
    let mut reach = (near_reach, far_reach);
    // Where a side is, every second pixel tells; how it lies, more of them.
    let (mut at, mut step, mut apart) = ((0.0, 0.0), 2.0_f32, 2.0);
    for _ in 0..3 {
        let n = |reach: f32| (reach / step).ceil() as i32;
        let (n_near, n_far) = (n(reach.0), n(reach.1));
        let (near_at, far_at): (f32, f32) = at;
        best.0 = MIN_RISE / 2.0;
        for i in -n_near..=n_near {
            let a = along(near, near_at + i as f32 * step);
            for j in -n_far..=n_far {
                let b = along(far, far_at + j as f32 * step);
                let line = Line::through(a, b, outside);
                if let Some(rise) = edges.rise((a, b), line.across, apart, best.0) {
                    best = (rise, Some(line));
                    at = (near_at + i as f32 * step, far_at + j as f32 * step);
                }
            }
        }
        // Where nothing rises at all, a finer look would not either.
        best.1?;
        reach = (step, step);
        (step, apart) = (step / 2.5, 1.5);
    }
    best.1.filter(|_| best.0 > MIN_RISE)
}

/// The timing pattern under a map of the symbol.
struct Timing<'a> {
    sheet: &'a Sheet<'a>,
    map: Map,
    pools: &'a Pools,
}

impl Timing<'_> {
    /// Rows and columns of the symbol, whose sides are so long, if its timing pattern is there.
    fn size(&self, (across, down): (f32, f32)) -> Option<(usize, usize)> {
        let columns = self.pools.matrix.scores.collect(self.counts(across, |t, depth| (t, depth)));
        let rows =
            self.pools.matrix.scores.collect(self.counts(down, |t, depth| (1.0 - depth, 1.0 - t)));
        let pairs = rows.iter().flat_map(|r| columns.iter().map(move |c| (r, c)));
        let sized = pairs.filter(|((rows, _), (columns, _))| is_size(*rows, *columns));
        let best = sized.max_by(|a, b| (a.0.1 + a.1.1).total_cmp(&(b.0.1 + b.1.1)))?;
        (best.0.1 > MIN_TIMING && best.1.1 > MIN_TIMING).then_some((best.0.0, best.1.0))
    }

    /// How well each number of modules fits a side; `place` takes how far along it and how deep to the square.
    fn counts(
        &self,
        length: f32,
        place: impl Fn(f32, f32) -> (f32, f32),
    ) -> impl Iterator<Item = (usize, f32)> {
        let most = ((length / 1.6) as usize).min(144);
        let score = move |n: usize| {
            let step = 1.0 / n as f32;
            let look = |k: usize| {
                let (u, v) = place((k as f32 + 0.5) * step, 0.5 * step);
                self.sheet.look(self.map.at(u, v))
            };
            let mut before = look(0);
            let mut sum = 0.0;
            for k in 1..n {
                let here = look(k);
                // Dark first, then in turn.
                let rise = if k % 2 == 1 { here - before } else { before - here };
                sum += self.sheet.step(rise);
                before = here;
            }
            (n, sum / (n - 1) as f32)
        };
        (8..=most).step_by(2).map(score)
    }
}

fn is_size(rows: usize, columns: usize) -> bool {
    let is_square =
        rows == columns && ((10..=26).contains(&rows) || SQUARES.contains(&rows) || rows == 144);
    is_square || RECTANGLES.contains(&(rows, columns))
}

/// How well the finder and the timing pattern of so many rows and columns lie under `grid`, -1 to 1.
fn finder(sheet: &Sheet<'_>, grid: &Grid, (rows, columns): (usize, usize)) -> f32 {
    let Some(map) = grid.map() else { return -1.0 };
    let (du, dv) = (1.0 / columns as f32, 1.0 / rows as f32);
    let look = |x: f32, y: f32| sheet.look(map.at((x + 0.5) * du, (y + 0.5) * dv));
    let (last, bottom) = (columns as f32 - 1.0, rows as f32 - 1.0);
    let mut sum = 0.0;
    for k in 0..columns {
        let x = k as f32;
        sum += sheet.step(look(x, bottom + 1.0) - look(x, bottom));
        if k + 1 < columns {
            let rise = look(x + 1.0, 0.0) - look(x, 0.0);
            sum += sheet.step(if k % 2 == 0 { rise } else { -rise });
        }
        if k % 2 == 0 {
            sum += sheet.step(look(x, -1.0) - look(x, 0.0));
        }
    }
    for k in 0..rows {
        let y = bottom - k as f32;
        sum += sheet.step(look(-1.0, y) - look(0.0, y));
        if k + 1 < rows {
            let rise = look(last, y - 1.0) - look(last, y);
            sum += sheet.step(if k % 2 == 0 { rise } else { -rise });
        }
        if k % 2 == 0 {
            sum += sheet.step(look(last + 1.0, y) - look(last, y));
        }
    }
    sum / (2.5 * (rows + columns) as f32)
}

/// `grid` moved and bent to where its finder fits best.
fn fitted(sheet: &Sheet<'_>, grid: Grid, size: (usize, usize)) -> Grid {
    let (across, down) = grid.sides();
    let module = (across / size.1 as f32).min(down / size.0 as f32);
    grid.climbed(module, |grid| finder(sheet, grid, size))
}

/// The symbol that `grid` shows, if its error correction holds.
fn symbol(view: (View<'_>, &Pools), grid: Grid, (rows, columns): (usize, usize)) -> Option<Symbol> {
    let modules = Modules::of(view, &grid.map()?, (columns, rows));
    let read = |bits: Bits<'_>| {
        let reading = modules::data_matrix(&bits, Doubts::Believed).filter(is_sure)?;
        Some(named(reading, &bits, &grid))
    };
    read(modules.bits(3)).or_else(|| read(modules.sharpened(0.6).bits(3)))
}

/// The same where print is missing or something lies over a part: what is not sure is left to error correction.
fn damaged(
    view: (View<'_>, &Pools),
    grid: Grid,
    (rows, columns): (usize, usize),
) -> Option<Symbol> {
    let map = grid.map()?;
    let size = (columns, rows);
    let ways = [
        Modules::of(view, &map, size),
        Modules::darkest(view, &map, size, BareLine::Level),
        Modules::darkest(view, &map, size, BareLine::Upright),
    ];
    ways.into_iter()
        .flat_map(|modules| {
            let bits = modules.bits(3);
            [lined(&bits), bits]
        })
        .find_map(|bits| {
            let reading = modules::data_matrix(&bits, Doubts::Erased).filter(is_sure)?;
            Some(named(reading, &bits, &grid))
        })
}

/// `bits` with the light modules of a row or column in doubt where its module of the finder is light, too.
fn lined<'p>(bits: &Bits<'p>) -> Bits<'p> {
    let (columns, rows) = (bits.columns, bits.rows);
    let (right, bottom) = (columns - 1, rows - 1);
    let is_bare_row =
        |y: usize| !bits.at(0, y) || ((bottom - y).is_multiple_of(2) && !bits.at(right, y));
    let is_bare_column = |x: usize| !bits.at(x, bottom) || (x.is_multiple_of(2) && !bits.at(x, 0));
    bits.with_sure(|k| {
        let (column, row) = (k % columns, k / columns);
        let is_doubted = !bits.at(column, row) && (is_bare_row(row) || is_bare_column(column));
        if is_doubted { 0.0 } else { bits.sure_at(column, row) }
    })
}

fn named(reading: Reading, bits: &Bits<'_>, grid: &Grid) -> Symbol {
    let confidence = bits.confidence(grid, reading.correction.changed);
    Symbol {
        symbology: Symbology::DataMatrix,
        text: reading.text,
        identifier: reading.identifier,
        corners: grid.corners,
        confidence: Some(confidence),
        add_on: None,
    }
}

fn is_sure(reading: &Reading) -> bool {
    reading.correction.bits >= MIN_BITS
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::matrix::grid::{DATA_MATRIX, drawn};
    use crate::pipeline::decode::matrix::hough::lines;

    fn texts(rows: &[&str], corners: [(f32, f32); 4], bend: f32) -> Option<(String, u32)> {
        let corners = corners.map(|(x, y)| Point::new(x, y));
        let grid =
            Grid { bend: [Point::new(0.0, bend), Point::new(0.0, 0.0)], ..Grid::flat(corners) };
        let picture = drawn(rows, &grid, (130, 120));
        let pools = Pools::default();
        let edges = Edges::of(picture.view(), &pools);
        let symbol = read((picture.view(), &pools), &edges, &lines(&edges, 20.0, &pools))?;
        let confidence = symbol.confidence?;
        // The corners are the symbol's own, from its top left.
        assert!(symbol.corners[0].distance(corners[0]) < 3.0, "{symbol:?}");
        Some((symbol.text, confidence.errors_corrected))
    }

    #[test_case([(30.0, 20.0), (94.0, 20.0), (94.0, 84.0), (30.0, 84.0)], 0.0; "upright")]
    #[test_case([(96.0, 44.0), (66.0, 94.0), (18.0, 62.0), (48.0, 14.0)], 0.0; "turned")]
    #[test_case([(30.0, 20.0), (100.0, 30.0), (92.0, 82.0), (22.0, 92.0)], 0.0; "in perspective")]
    #[test_case([(30.0, 20.0), (94.0, 20.0), (94.0, 84.0), (30.0, 84.0)], 1.5; "on a curved label")]
    fn a_symbol_is_read(corners: [(f32, f32); 4], bend: f32) {
        assert_eq!(texts(&DATA_MATRIX, corners, bend), Some(("SERIAL 0123456789".to_owned(), 0)));
    }

    #[test]
    fn damage_is_counted_and_ends_in_no_reading() {
        let corners = [(30.0, 20.0), (94.0, 20.0), (94.0, 84.0), (30.0, 84.0)];
        let damaged = |rows: std::ops::Range<usize>| {
            let mut modules: Vec<String> =
                DATA_MATRIX.iter().map(|row| (*row).to_owned()).collect();
            for row in rows {
                modules[row].replace_range(4..10, "......");
            }
            let rows: Vec<&str> = modules.iter().map(String::as_str).collect();
            texts(&rows, corners, 0.0)
        };
        let (text, n_corrected) = damaged(4..6).unwrap();
        assert!(text == "SERIAL 0123456789" && n_corrected > 0, "{text} {n_corrected}");
        assert_eq!(damaged(2..14), None);
    }
}
