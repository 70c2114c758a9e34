//! Picture to symbols: `decode(&Picture, &Formats) -> Vec<Symbol>`.
//!
//! Pure and single-threaded; what reads nothing is an empty list, never an error.

pub mod engine;
pub mod linear;
pub mod locate;
pub mod matrix;
pub mod profile;
pub mod raster;
pub mod strip;
pub mod texture;

use crate::pipeline::decode::locate::{CELL, Cells, Region};
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::strip::Strip;
use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// The symbologies to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats(Vec<Symbology>);

impl Formats {
    /// All that the decoder knows.
    pub fn all() -> Self {
        Self(Symbology::ALL.to_vec())
    }

    /// Just these.
    pub fn only(symbologies: impl IntoIterator<Item = Symbology>) -> Self {
        let mut list: Vec<Symbology> = symbologies.into_iter().collect();
        list.sort_unstable();
        list.dedup();
        Self(list)
    }

    /// Whether `symbology` is looked for.
    pub fn has(&self, symbology: Symbology) -> bool {
        self.0.contains(&symbology)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Symbology> + '_ {
        self.0.iter().copied()
    }
}

/// Most regions of bars that are read in one picture.
const MAX_REGIONS: usize = 40;

/// A picture of fewer pixels than this is searched at its full size.
const SMALL: usize = 640 * 480;

/// All symbols of `picture` that are of `formats`: each place once, from the top left on.
pub fn decode(picture: &Picture, formats: &Formats) -> Vec<Symbol> {
    let view = View::of(picture);
    let reduced = Reduced::of(view);
    let mut symbols = Vec::new();
    for region in regions(view, &reduced).into_iter().take(MAX_REGIONS) {
        if symbols.iter().any(|symbol| contains(symbol, region.centre)) {
            continue;
        }
        let Some(mut strip) = Strip::new(view, region) else { continue };
        add(&mut symbols, linear::read(&mut strip, formats), view);
    }
    matrix::read(view, &reduced, formats, &mut symbols);
    sort(&mut symbols);
    symbols
}

/// The regions of bars: those of the reduced picture, and those whose bars only the whole one shows.
fn regions(view: View<'_>, reduced: &Reduced) -> Vec<Region> {
    let scaled = |region: Region| region.scaled(reduced.factor);
    let mut found: Vec<Region> = locate::regions(&reduced.cells).into_iter().map(scaled).collect();
    if reduced.factor > 1.0 {
        // The same grid of cells, so the same regions but for the fine ones.
        let fine = Cells::of(view, 2 * CELL);
        for region in locate::regions(&fine).into_iter().map(|r| r.scaled(2.0)) {
            let known = |other: &Region| {
                let (u, v) = other.local(region.centre);
                u.abs() < 0.7 * other.across
                    && (v - other.middle(u)).abs() < 0.7 * other.along
                    && other.across > 0.6 * region.across
            };
            if !found.iter().any(known) {
                found.push(region);
            }
        }
    }
    found
}

/// Adds what lies whole in the picture and is not there yet.
pub(crate) fn add(
    symbols: &mut Vec<Symbol>,
    found: impl IntoIterator<Item = Symbol>,
    view: View<'_>,
) {
    for symbol in found {
        // The corners of a matrix symbol without a quiet zone lie on the rim, or a little outside.
        let margin = if symbol.symbology.is_linear() { 1.0 } else { -3.0 };
        let whole = symbol.corners.iter().all(|c| view.holds(c.x, c.y, margin));
        if whole && !symbols.iter().any(|other| is_same(other, &symbol)) {
            symbols.push(symbol);
        }
    }
}

/// The structure of a picture, in cells of a picture perhaps reduced.
#[derive(Debug)]
pub struct Reduced {
    cells: Cells,
    /// How many pixels of the picture one of the reduced is wide.
    factor: f32,
}

impl Reduced {
    fn of(view: View<'_>) -> Self {
        if view.width * view.height < SMALL {
            return Self { cells: Cells::of(view, CELL), factor: 1.0 };
        }
        let half = view.halved();
        Self { cells: Cells::of(half.view(), CELL), factor: 2.0 }
    }
}

/// Whether `point` lies in `symbol`.
pub(crate) fn contains(symbol: &Symbol, point: Point) -> bool {
    let corners = &symbol.corners;
    let side = |k: usize| {
        let (a, b) = (corners[k], corners[(k + 1) % 4]);
        (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
    };
    let sides: [f32; 4] = std::array::from_fn(side);
    sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0)
}

fn sort(symbols: &mut [Symbol]) {
    let key = |s: &Symbol| (s.corners[0].y, s.corners[0].x);
    symbols.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal));
}

/// Whether two readings are of one symbol: the same content at the same place.
fn is_same(a: &Symbol, b: &Symbol) -> bool {
    let centre = |s: &Symbol| {
        let sum = s.corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.x, sum.1 + c.y));
        Point::new(sum.0 / 4.0, sum.1 / 4.0)
    };
    let height = a.corners[0].distance(a.corners[3]).max(b.corners[0].distance(b.corners[3]));
    a.symbology == b.symbology
        && a.text == b.text
        && centre(a).distance(centre(b)) < height.max(8.0)
}
