//! What the decoder makes of a picture on its way to the symbols, for pictures of each stage.
//!
//! It finds places by the same functions as [`Decoder`](super::Decoder), so it shows what was found, not why each choice fell.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "brightness and counts of rows are small and positive"
)]

use crate::pipeline::decode::cells::Cells;
use crate::pipeline::decode::locate::{self, Region};
use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::patches::Patches;
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::raster::{Gray, View};
use crate::pipeline::decode::reduced::Reduced;
use crate::pipeline::decode::strip::Strip;
use crate::pipeline::decode::{Decoded, Formats, contains, regions};
use crate::pipeline::frame::Picture;

/// How far beyond a region its strip is shown, as a share of its height.
const BEYOND: f32 = 1.2;

/// Most rows of a strip that are shown.
const MAX_ROWS: usize = 160;

/// Rows in the mean that is shown as the profile.
const PROFILE_ROWS: usize = 32;

/// The stages of one picture.
#[derive(Debug)]
pub struct Explained<'a> {
    /// The structure of the picture, by cells of a picture reduced.
    pub cells: Cells,
    /// How many pixels of the picture a pixel of the reduced one is wide.
    pub factor: f32,
    /// The regions of bars, in the order in which they are read; worn ones come last.
    pub regions: Vec<Bar>,
    /// The patches of texture.
    pub patches: Vec<Patch>,
    /// What was read in the end.
    pub decoded: &'a Decoded,
}

/// A region of bars and what it looks like straightened.
#[derive(Debug)]
pub struct Bar {
    /// Where it is.
    pub region: Region,
    /// Its rows as the region's box has them.
    pub straight: Gray,
    /// The same rows aligned, so that bars stand upright.
    pub aligned: Gray,
    /// The mean of its aligned rows, a value a column.
    pub profile: Vec<f32>,
    /// Its edges, in columns.
    pub edges: Vec<f32>,
    /// Which of the symbols lies there.
    pub symbol: Option<usize>,
}

/// The stages of `picture` on the way to what was `decoded` of it.
pub fn explain<'a>(picture: &Picture, formats: &Formats, decoded: &'a Decoded) -> Explained<'a> {
    let view = View::of(picture);
    let pools = Pools::default();
    let mut reduced = Reduced::of(view, formats, &pools);
    let mut found = regions(&reduced, &pools);
    for (worn, _) in &*locate::worn_regions(&reduced.cells, &pools) {
        let region = worn.scaled(reduced.factor);
        if !region.is_among(&found) {
            found.push(region);
        }
    }
    let regions = found.iter().filter_map(|region| bar((view, &pools), *region, decoded)).collect();
    let smaller = reduced.halvings(view, &pools);
    let patches = Patches::of(view, &reduced, &smaller, &pools).boxes();
    let cells = std::mem::take(&mut *reduced.cells);
    Explained { cells, factor: reduced.factor, regions, patches, decoded }
}

fn bar((view, pools): (View<'_>, &Pools), region: Region, decoded: &Decoded) -> Option<Bar> {
    let mut strip = Strip::new(view, region, pools)?;
    let straight = rows(&strip);
    strip.align();
    let profile = strip.mean(-0.9, 0.9, PROFILE_ROWS);
    let edges = Bars::of(&profile, 0.25, pools).edges.clone();
    let profile = profile.to_vec();
    let symbol = decoded.symbols.iter().position(|symbol| contains(symbol, region.centre));
    Some(Bar { region, straight, aligned: rows(&strip), profile, edges, symbol })
}

/// The rows of `strip`, one a pixel of its height.
fn rows(strip: &Strip<'_>) -> Gray {
    let n = (2.0 * BEYOND * strip.region().along) as usize;
    let n = n.clamp(4, MAX_ROWS);
    let v = |k: usize| BEYOND * (2.0 * (k as f32 + 0.5) / n as f32 - 1.0);
    let row =
        |k: usize| strip.mean(v(k), v(k), 1).iter().map(|value| *value as u8).collect::<Vec<u8>>();
    Gray { width: strip.columns, height: n, luma: (0..n).flat_map(row).collect() }
}
