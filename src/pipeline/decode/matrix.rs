//! Matrix symbols: patches of texture, cut out and enlarged, to the readers of matrix symbols.

use crate::pipeline::decode::engine::{self, Effort, Family, Threshold};
use crate::pipeline::decode::raster::{Gray, View};
use crate::pipeline::decode::texture::{Patch, patches};
use crate::pipeline::decode::{Formats, Reduced, add, contains};
use crate::pipeline::symbol::{Point, Symbol};

/// Most patches that are read in one picture.
const MAX_PATCHES: usize = 24;

/// A crop with a shorter side than this is enlarged.
const SMALL_SIDE: usize = 110;

/// A picture of at most this many pixels is also read whole.
const WHOLE: usize = 1300 * 1300;

/// A picture of at most this many pixels is read enlarged, too.
const TINY: usize = 400 * 400;

/// Adds the matrix symbols of `view` to `symbols`.
pub fn read(view: View<'_>, reduced: &Reduced, formats: &Formats, symbols: &mut Vec<Symbol>) {
    let is_wanted = |family: &Family| family.symbologies().iter().any(|s| formats.has(*s));
    let families: Vec<Family> = Family::ALL.into_iter().filter(is_wanted).collect();
    let factor = if reduced.factor > 1.0 { 2 } else { 1 };
    let patches = patches(&reduced.cells);
    for patch in patches.iter().take(MAX_PATCHES) {
        let patch = patch.scaled(factor);
        if symbols.iter().any(|symbol| contains(symbol, middle(&patch))) {
            continue;
        }
        let crop = Crop::of(view, &patch);
        for &family in families.iter().take(2) {
            let read = |threshold| engine::read(crop.gray.view(), family, threshold, Effort::Quick);
            let found = read(Threshold::Local).or_else(|| read(Threshold::Global));
            if let Some(symbol) = found {
                add(symbols, [crop.placed(symbol)], view);
                break;
            }
        }
    }
    if symbols.is_empty() && view.width * view.height <= WHOLE {
        read_whole(view, &families, symbols);
    }
}

/// Reads a picture that is itself little more than a symbol.
fn read_whole(view: View<'_>, families: &[Family], symbols: &mut Vec<Symbol>) {
    let whole = Patch { left: 0, top: 0, width: view.width, height: view.height };
    let enlarged = (view.width * view.height <= TINY).then(|| Crop::enlarged(view, &whole));
    for &family in families {
        let found = engine::read(view, family, Threshold::Local, Effort::Hard)
            .or_else(|| engine::read(view, family, Threshold::Global, Effort::Quick))
            .or_else(|| {
                // Its reader trusts a single row, and in an enlarged picture sees what is not there.
                let crop = enlarged.as_ref().filter(|_| family != Family::DataBar)?;
                let found = engine::read(crop.gray.view(), family, Threshold::Local, Effort::Hard);
                found.map(|symbol| crop.placed(symbol))
            });
        add(symbols, found, view);
        if !symbols.is_empty() {
            return;
        }
    }
}

/// The middle of `patch`.
fn middle(patch: &Patch) -> Point {
    let middle = |from: usize, n: usize| from as f32 + n as f32 / 2.0;
    Point::new(middle(patch.left, patch.width), middle(patch.top, patch.height))
}

/// A patch cut out with room around it, perhaps enlarged.
struct Crop {
    gray: Gray,
    left: f32,
    top: f32,
    scale: f32,
}

impl Crop {
    fn of(view: View<'_>, patch: &Patch) -> Self {
        // The quiet zone, and the rim that the threshold cut away.
        let room = 10 + patch.width.min(patch.height) / 8;
        let (left, top) = (patch.left.saturating_sub(room), patch.top.saturating_sub(room));
        let right = (patch.left + patch.width + room).min(view.width);
        let bottom = (patch.top + patch.height + room).min(view.height);
        let roomy = Patch { left, top, width: right - left, height: bottom - top };
        if patch.width.min(patch.height) < SMALL_SIDE {
            return Self::enlarged(view, &roomy);
        }
        let rows = (top..bottom).filter_map(|y| view.row(y).get(left..right));
        let luma = rows.flatten().copied().collect();
        let gray = Gray { width: roomy.width, height: roomy.height, luma };
        Self { gray, left: left as f32, top: top as f32, scale: 1.0 }
    }

    /// `patch` at twice its size.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "samples are 0 to 255"
    )]
    fn enlarged(view: View<'_>, patch: &Patch) -> Self {
        let (width, height) = (2 * patch.width, 2 * patch.height);
        let (left, top) = (patch.left as f32, patch.top as f32);
        // The centre of a small pixel lies a quarter of a large one off its middle.
        let at = |k: usize| k as f32 / 2.0 - 0.25;
        let mut luma = Vec::with_capacity(width * height);
        for row in 0..height {
            let y = top + at(row);
            luma.extend((0..width).map(|column| view.sample(left + at(column), y) as u8));
        }
        Self { gray: Gray { width, height, luma }, left, top, scale: 2.0 }
    }

    /// `symbol` with its corners in the whole picture.
    fn placed(&self, mut symbol: Symbol) -> Symbol {
        for corner in &mut symbol.corners {
            *corner =
                Point::new(self.left + corner.x / self.scale, self.top + corner.y / self.scale);
        }
        symbol
    }
}
