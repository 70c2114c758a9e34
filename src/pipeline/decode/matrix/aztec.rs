//! Aztec Code (ISO/IEC 24778): from its bull's eye outward.
//!
//! The rings give the centre and the perspective, the mode message how large it is; its rows are then added a
//! few at a time, the grid fitted anew each time. Both Reed-Solomon codes have to hold.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of modules are small"
)]

use std::f32::consts::TAU;

use crate::pipeline::decode::engine::modules::{self, AztecMode};
use crate::pipeline::decode::lanes;
use crate::pipeline::decode::matrix::bits::{Bits, Modules, cleared};
use crate::pipeline::decode::matrix::grid::Grid;
use crate::pipeline::decode::matrix::rings::Rings;
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// Directions in which the rings are looked for.
const RAYS: usize = 96;

/// Least evidence that it is not noise: see [`modules::Correction`].
const MIN_BITS: f32 = 28.0;

/// Modules added around what is fitted already.
const GROWTH: usize = 6;

/// The symbol around `rings`, dark on light.
pub fn read(view: (View<'_>, &Pools), rings: &Rings) -> Option<Symbol> {
    let eye = Eye::of(view, rings)?;
    let side = if eye.is_compact { 11 } else { 15 };
    let core = cleared(eye.grid(side)?, view, (side, side));
    let bits = bits(view, &core, side)?;
    (0..8).find_map(|turn| {
        let turned = turned(&bits, turn);
        let marks = wrong_marks(&turned);
        let mode = modules::aztec_mode(&mode_message(&turned), marks == 0)?;
        (marks <= 1).then_some(())?;
        let grid = turned_grid(core, turn);
        match mode {
            AztecMode::Rune(value) if eye.is_compact && is_alone(view, &grid) => {
                Some(rune(&grid, value, &turned))
            }
            AztecMode::Rune(_) => None,
            AztecMode::Layers { layers, words } => whole(view, grid, &eye, (layers, words)),
        }
    })
}

/// What the rings tell: the corners of the outermost light ring's middle.
#[derive(Debug, Clone, Copy)]
struct Eye {
    corners: [Point; 4],
    /// Half its side in modules.
    half: f32,
    is_compact: bool,
}

impl Eye {
    fn of(view: (View<'_>, &Pools), rings: &Rings) -> Option<Self> {
        let rays = rays(view, rings)?;
        // A full symbol has two rings more.
        let is_full = |ray: &&[f32; 6]| (ray[5] / ray[3] - 5.5 / 3.5).abs() < 0.16;
        let is_compact = rays.iter().filter(is_full).count() * 10 < RAYS * 8;
        // The middle of a ring lies where it should even where ink has spread.
        let (ring, half) = if is_compact { (3, 3.0) } else { (5, 5.0) };
        let mut outline = [None; RAYS];
        for (k, (place, ray)) in outline.iter_mut().zip(&rays).enumerate() {
            let radius = f32::midpoint(ray[ring - 1], ray[ring]);
            *place = (ray[ring] > 0.0).then(|| on_ray(rings, k, radius));
        }
        if outline.iter().flatten().count() * 10 < RAYS * 8 {
            return None;
        }
        let corners = quadrilateral(&outline, rings.centre, view.1)?;
        Some(Self { corners, half, is_compact })
    }

    /// The square of the innermost `side` modules.
    fn grid(&self, side: usize) -> Option<Grid> {
        let map = Grid::flat(self.corners).map()?;
        let out = (side as f32 / 2.0 / self.half - 1.0) / 2.0;
        let (low, high) = (-out, 1.0 + out);
        let corners = [map.at(low, low), map.at(high, low), map.at(high, high), map.at(low, high)];
        Grid::flat(corners).map().is_some().then_some(Grid::flat(corners))
    }
}

/// The changes along all rays around `rings`, unless many of them do not lie like rings, which a few rays tell of print.
fn rays((view, pools): (View<'_>, &Pools), rings: &Rings) -> Option<[[f32; 6]; RAYS]> {
    let mut rays = [[0.0; 6]; RAYS];
    let mut values = pools.profiles.lend();
    let mut n_off = 0;
    for n in 0..RAYS {
        // All around from the first on: the step and the number of rays have no common divisor.
        let k = n * 37 % RAYS;
        rays[k] = changes(view, rings, k, &mut values);
        n_off += usize::from(!is_even(&rays[k]));
        if n_off > 2 + n / 4 {
            return None;
        }
    }
    Some(rays)
}

/// Whether a ray changes as it does through rings of one width, about: so 87 of 96 did at least where a symbol was read.
fn is_even(ray: &[f32; 6]) -> bool {
    let is_at = |k: usize, modules: f32| (ray[k] / ray[3] - modules / 3.5).abs() < 0.15;
    ray[3] > 0.0 && is_at(1, 1.5) && is_at(2, 2.5)
}

fn on_ray(rings: &Rings, k: usize, radius: f32) -> Point {
    let (sin, cos) = (TAU * k as f32 / RAYS as f32).sin_cos();
    Point::new(rings.centre.x + radius * cos, rings.centre.y + radius * sin)
}

/// How far out ray `k`, whose brightness is put into `values`, changes between dark and light, from the innermost change on;
/// 0 where it does not.
fn changes(view: View<'_>, rings: &Rings, k: usize, values: &mut Vec<f32>) -> [f32; 6] {
    let mut out = [0.0; 6];
    let step = (rings.module / 6.0).max(0.3);
    let most = (9.0 * rings.module / step) as usize;
    let look = |n: usize| {
        let place = on_ray(rings, k, n as f32 * step);
        if rings.is_dark {
            view.sample(place.x, place.y)
        } else {
            255.0 - view.sample(place.x, place.y)
        }
    };
    values.clear();
    values.extend((0..most).map(look));
    // What is within a module and a half has both colours.
    let window = (1.6 * rings.module / step) as usize + 1;
    let mut is_dark = true;
    let mut n_found = 0;
    for n in 1..most {
        let near = values.get(n.saturating_sub(window)..(n + window).min(most)).unwrap_or_default();
        let (low, high) = lanes::range(near);
        let middle = f32::midpoint(low, high);
        if high - low > 12.0 && (values[n] < middle) != is_dark {
            let share = (middle - values[n - 1]) / (values[n] - values[n - 1] + 1e-6);
            out[n_found] = (n as f32 - 1.0 + share.clamp(0.0, 1.0)) * step;
            (is_dark, n_found) = (!is_dark, n_found + 1);
            if n_found == out.len() {
                break;
            }
        }
    }
    out
}

/// The four corners of a closed outline, clockwise on the screen, its sides fitted by lines.
fn quadrilateral(
    outline: &[Option<Point>; RAYS],
    centre: Point,
    pools: &Pools,
) -> Option<[Point; 4]> {
    let n = outline.len();
    let farthest = |distance: &dyn Fn(Point) -> f32| {
        let far = outline.iter().enumerate().filter_map(|(k, p)| p.map(|p| (k, distance(p))));
        far.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(k, _)| k)
    };
    let first = farthest(&|p| p.distance(centre))?;
    let a = outline[first]?;
    let second = farthest(&|p| p.distance(a))?;
    let b = outline[second]?;
    let off = |p: Point| (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
    let mut corners = [first, second, farthest(&off)?, farthest(&|p| -off(p))?];
    corners.sort_unstable();
    let side = |k: usize| {
        let (from, to) = (corners[k], corners[(k + 1) % 4] + if k == 3 { n } else { 0 });
        let skipped = (to - from) / 6 + 1;
        let places = (from + skipped..=to.checked_sub(skipped)?).filter_map(|k| outline[k % n]);
        line(&mut pools.points.collect(places))
    };
    let sides = [side(0)?, side(1)?, side(2)?, side(3)?];
    let corner = |k: usize| {
        let ((p, u), (q, v)) = (sides[(k + 3) % 4], sides[k]);
        let area = u.x * v.y - u.y * v.x;
        let t = ((q.x - p.x) * v.y - (q.y - p.y) * v.x) / area;
        (area.abs() > 0.3).then(|| Point::new(p.x + t * u.x, p.y + t * u.y))
    };
    Some([corner(0)?, corner(1)?, corner(2)?, corner(3)?])
}

/// A line through points: one on it and its direction. Points far off it are left out of a second fit.
fn line(kept: &mut Vec<Point>) -> Option<(Point, Point)> {
    let mut fit = None;
    for _ in 0..2 {
        let n = kept.len() as f32;
        if n < 4.0 {
            return fit;
        }
        let sum = kept.iter().fold((0.0, 0.0), |s, p| (s.0 + p.x, s.1 + p.y));
        let mean = Point::new(sum.0 / n, sum.1 / n);
        let moments = kept.iter().fold((0.0, 0.0, 0.0), |m, p| {
            let (x, y) = (p.x - mean.x, p.y - mean.y);
            (m.0 + x * x, m.1 + y * y, m.2 + x * y)
        });
        let angle = 0.5 * (2.0 * moments.2).atan2(moments.0 - moments.1);
        let along = Point::new(angle.cos(), angle.sin());
        let off = |p: &Point| ((p.x - mean.x) * along.y - (p.y - mean.y) * along.x).abs();
        let spread = kept.iter().map(off).sum::<f32>() / n;
        kept.retain(|p| off(p) <= 2.0 * spread + 0.1);
        fit = Some((mean, along));
    }
    fit
}

fn bits<'p>(view: (View<'_>, &'p Pools), grid: &Grid, side: usize) -> Option<Bits<'p>> {
    Some(Modules::of(view, &grid.map()?, (side, side)).bits(4))
}

/// `bits` turned by quarters, and as the mirror shows them from the fourth on.
fn turned<'p>(bits: &Bits<'p>, turn: usize) -> Bits<'p> {
    let n = bits.columns;
    bits.arranged((n, n), |mut x, mut y| {
        for _ in 0..turn % 4 {
            (x, y) = (y, n - 1 - x);
        }
        if turn >= 4 { (y, x) } else { (x, y) }
    })
}

/// The grid whose modules are those of [`turned`].
fn turned_grid(grid: Grid, turn: usize) -> Grid {
    let Grid { corners: [a, b, c, d], bend: [p, q] } = grid;
    let mut corners = if turn >= 4 { [a, d, c, b] } else { [a, b, c, d] };
    let mut bend = if turn >= 4 { [q, p] } else { [p, q] };
    for _ in 0..turn % 4 {
        corners.rotate_right(1);
        bend.swap(0, 1);
    }
    Grid { corners, bend }
}

/// How many of the twelve orientation marks at the corners of the core are not as they should be.
fn wrong_marks(core: &Bits<'_>) -> usize {
    let last = core.columns - 1;
    let marks = [
        (0, 0, true),
        (1, 0, true),
        (0, 1, true),
        (last, 0, true),
        (last, 1, true),
        (last - 1, 0, false),
        (last, last - 1, true),
        (last, last, false),
        (last - 1, last, false),
        (0, last, false),
        (0, last - 1, false),
        (1, last, false),
    ];
    marks.into_iter().filter(|(x, y, dark)| core.at(*x, *y) != *dark).count()
}

/// The mode message: clockwise around the core from its top left, the reference grid left out.
fn mode_message(core: &Bits<'_>) -> Vec<bool> {
    let last = core.columns - 1;
    let middle = core.columns / 2;
    let is_full = core.columns == 15;
    let places: Vec<usize> = (2..last - 1).filter(|k| !(is_full && *k == middle)).collect();
    let top = places.iter().map(|k| core.at(*k, 0));
    let right = places.iter().map(|k| core.at(last, *k));
    let bottom = places.iter().rev().map(|k| core.at(*k, last));
    let left = places.iter().rev().map(|k| core.at(0, *k));
    top.chain(right).chain(bottom).chain(left).collect()
}

/// Whether nothing is around the core: a rune has no data.
fn is_alone(view: (View<'_>, &Pools), core: &Grid) -> bool {
    let Some(wide) = widened(core, 11, 13) else { return false };
    let Some(bits) = bits(view, &wide, 13) else { return false };
    let rim = (0..13).flat_map(|k| [(k, 0), (k, 12), (0, k), (12, k)]);
    rim.filter(|(x, y)| bits.at(*x, *y)).count() <= 2
}

/// The square of `to` modules around that of `from`.
fn widened(grid: &Grid, from: usize, to: usize) -> Option<Grid> {
    let map = grid.map()?;
    let out = (to as f32 / from as f32 - 1.0) / 2.0;
    let (low, high) = (-out, 1.0 + out);
    let corners = [map.at(low, low), map.at(high, low), map.at(high, high), map.at(low, high)];
    let share = (to as f32 / from as f32).powi(2);
    let bend = grid.bend.map(|b| Point::new(b.x * share, b.y * share));
    Some(Grid { corners, bend })
}

/// The symbol of so many layers and data codewords around its core.
fn whole(view: (View<'_>, &Pools), core: Grid, eye: &Eye, mode: (usize, usize)) -> Option<Symbol> {
    let start = if eye.is_compact { 11 } else { 15 };
    let side = modules::aztec_side(mode.0, eye.is_compact);
    let read = |grid: Grid| {
        let modules = Modules::of(view, &grid.map()?, (side, side));
        let read = |bits: Bits<'_>| {
            let reading = modules::aztec(&bits, mode, eye.is_compact)?;
            let is_clear = reading.correction.bits >= MIN_BITS;
            let changed = reading.correction.changed;
            is_clear.then(|| symbol(reading.text, "]z0", &grid, (&bits, changed)))
        };
        read(modules.bits(4)).or_else(|| read(modules.sharpened(0.6).bits(4)))
    };
    let grown = || {
        let (mut grid, mut size) = (core, start);
        while size < side {
            let next = (size + GROWTH).min(side);
            grid = cleared(widened(&grid, size, next)?, view, (next, next));
            size = next;
        }
        Some(grid)
    };
    // A flat symbol lies where its core tells.
    widened(&core, start, side).and_then(read).or_else(|| read(grown()?))
}

fn rune(grid: &Grid, value: u8, bits: &Bits<'_>) -> Symbol {
    symbol(format!("{value:03}"), "]zC", grid, (bits, 0))
}

fn symbol(
    text: String,
    identifier: &str,
    grid: &Grid,
    (bits, changed): (&Bits<'_>, usize),
) -> Symbol {
    let confidence = bits.confidence(grid, changed);
    Symbol {
        symbology: Symbology::Aztec,
        text,
        identifier: identifier.to_owned(),
        corners: grid.corners,
        confidence: Some(confidence),
        add_on: None,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::matrix::grid::drawn;
    use crate::pipeline::decode::matrix::relief::Relief;
    use crate::pipeline::decode::matrix::rings::bulls_eyes;

    const COMPACT: [&str; 19] = [
        "#..#..##...#.##.#.#",
        "#.....###.#####.#.#",
        "....#####.##.#.###.",
        ".##.###.##.###.....",
        "#.####.#..#...#..##",
        "#.#.##############.",
        ".#####.......##..##",
        "#...##.#####.###..#",
        "#..#.#.#...#.######",
        "#.#..#.#.#.#.#.####",
        "...#.#.#...#.###.##",
        ".#.###.#####.#..#..",
        "...#.#.......###...",
        "##.#.############..",
        ".###....#..##......",
        "####.#....##.##....",
        "###.#.##.####..#..#",
        "...#.#....##.##.#..",
        "..#...##.#####.#.##",
    ];

    const FULL: [&str; 31] = [
        "#.##....#..####.#####.#.#.#.#..",
        "#......#..#...#######.#.......#",
        ".....##...#.#.#.###.##.##.#..#.",
        ".##.....#....#####.##.#.###..##",
        "#.###.#.#...#.#...#.#.#.#...#..",
        "#.#......##.#.###.##.##..##....",
        ".#.##.#....###...#..##...#.#.##",
        "#.##.#.######.##.#.##...#......",
        "#.#.###.##...##.......#....###.",
        "#..###.################...###.#",
        "..##..####...........#.#.#..##.",
        ".###.##..#.#########.#..#.#####",
        "...###.#.#.#.......#.###.#...##",
        "##..#.#..#.#.#####.#.#..#..##.#",
        ".##..#####.#.#...#.#.#....##...",
        ".#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.",
        "######..##.#.#...#.#.##..#.##..",
        "###.####.#.#.#####.#.####.#....",
        "...##..#.#.#.......#.##.#.#.###",
        ".....##..#.#########.#....##...",
        "#...#.#.##...........#..###..#.",
        ".##..#...##############.###..#.",
        "....##.#..##.##..#.......##.###",
        ".#..#.#######.##...####.#.#.#..",
        "#.###.#..#..##..##.##..#####...",
        "#.##....##.##.##.###.##.#.##.#.",
        ".......#.###....####.####..#..#",
        "#.#..##..##.####.....#.#.#####.",
        "#.###..#...#.....###.###.####.#",
        "#.##.#.######..#######.#...####",
        "#.##...#...#.##.#..#.##....##..",
    ];

    const RUNE: [&str; 11] = [
        "###.##..#.#",
        "###########",
        ".#.......##",
        ".#.#####.##",
        ".#.#...#.#.",
        "##.#.#.#.##",
        "##.#...#.##",
        "##.#####.#.",
        "##.......##",
        ".##########",
        "..#..#.....",
    ];

    fn text(rows: &[&str], corners: [(f32, f32); 4]) -> Option<String> {
        let grid = Grid::flat(corners.map(|(x, y)| Point::new(x, y)));
        let picture = drawn(rows, &grid, (260, 240));
        let pools = Pools::default();
        let eyes = bulls_eyes(&Relief::of(picture.view(), &pools), &pools);
        let found = eyes.iter().find_map(|rings| read((picture.view(), &pools), rings))?;
        let module = found.confidence?.px_per_module;
        assert!(found.corners[0].distance(grid.corners[0]) < 0.6 * module, "{found:?}");
        Some(found.text)
    }

    const UPRIGHT: [(f32, f32); 4] = [(40.0, 30.0), (200.0, 30.0), (200.0, 190.0), (40.0, 190.0)];
    const TURNED: [(f32, f32); 4] = [(210.0, 140.0), (100.0, 215.0), (30.0, 100.0), (140.0, 30.0)];
    const TILTED: [(f32, f32); 4] = [(70.0, 50.0), (190.0, 40.0), (220.0, 170.0), (40.0, 190.0)];

    #[test_case(UPRIGHT; "upright")]
    #[test_case(TURNED; "turned")]
    #[test_case(TILTED; "in perspective")]
    fn a_symbol_is_read(corners: [(f32, f32); 4]) {
        assert_eq!(text(&COMPACT, corners).as_deref(), Some("SERIAL 0123"));
        assert_eq!(text(&FULL, corners).as_deref(), Some("SERIAL 0123456789"));
        assert_eq!(text(&RUNE, corners).as_deref(), Some("025"));
    }

    #[test]
    fn a_core_whose_data_are_lost_is_no_symbol() {
        let rows: Vec<String> = COMPACT
            .iter()
            .enumerate()
            .map(
                |(y, row)| {
                    if (4..15).contains(&y) { (*row).to_owned() } else { ".".repeat(row.len()) }
                },
            )
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        assert_eq!(text(&rows, UPRIGHT), None);
    }
}
