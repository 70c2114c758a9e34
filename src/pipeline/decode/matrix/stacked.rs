//! Stacked symbols, PDF417: gathered from regions of bars that no linear reader has read, straightened and read.

use crate::pipeline::decode::engine::{self, Effort, Family, Threshold};
use crate::pipeline::decode::gather;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::Crop;
use crate::pipeline::decode::matrix::guards::has_guard;
use crate::pipeline::decode::raster::{Gray, View};
use crate::pipeline::decode::texture::Patch;
use crate::pipeline::decode::{Formats, add, contains};
use crate::pipeline::symbol::{Point, Symbol};

/// Most heaps of regions that are read in one picture.
const MAX_HEAPS: usize = 1;

/// Most straightened regions that are read in one picture.
const MAX_STRAIGHT: usize = 3;

/// Room around a region of bars: a quiet zone, in pixels.
const ROOM_PX: f32 = 16.0;

/// A region of fewer pixels across its bars is enlarged.
const SMALL_ACROSS: f32 = 500.0;

/// Adds the stacked symbols, PDF417, among `regions` of bars that no linear reader has read.
pub fn read(view: View<'_>, regions: &[Region], formats: &Formats, symbols: &mut Vec<Symbol>) {
    if !formats.has_any(Family::Pdf417.symbologies()) {
        return;
    }
    let mut stacks = gather::gathered(regions);
    stacks.sort_by(|a, b| (b.across * b.along).total_cmp(&(a.across * a.along)));
    for region in stacks.iter().take(MAX_STRAIGHT) {
        // What shows no guard need not be enlarged.
        let plain = Straight::of(view, region, 1.0);
        if !has_guard(plain.gray.view()) {
            continue;
        }
        let is_small = 2.0 * region.across < SMALL_ACROSS;
        let straight = if is_small { Straight::of(view, region, 2.0) } else { plain };
        let found =
            engine::read(straight.gray.view(), Family::Pdf417, Threshold::Local, Effort::Quick);
        add(symbols, found.map(|symbol| straight.placed(symbol)), view);
    }
    for patch in heaps(view, regions).iter().take(MAX_HEAPS) {
        let centre = Point::new(
            patch.left as f32 + patch.width as f32 / 2.0,
            patch.top as f32 + patch.height as f32 / 2.0,
        );
        if symbols.iter().any(|symbol| contains(symbol, centre)) {
            continue;
        }
        let crop = Crop::of(view, patch);
        let found = pdf417(crop.gray.view(), Effort::Quick);
        add(symbols, found.map(|symbol| crop.placed(symbol)), view);
    }
}

/// The PDF417 symbol of `view`, which must show a guard: print does not, and rxing's search is dear.
pub fn pdf417(view: View<'_>, effort: Effort) -> Option<Symbol> {
    let read = || engine::read(view, Family::Pdf417, Threshold::Local, effort);
    has_guard(view).then(read)?
}

/// A region turned so that its bars stand upright, with room around it.
struct Straight {
    gray: Gray,
    region: Region,
    /// Its pixels to one of the picture.
    scale: f32,
}

impl Straight {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "brightness is 0 to 255, sides are bounded by the picture"
    )]
    /// `region` at `scale` pixels to one of the picture.
    fn of(view: View<'_>, region: &Region, scale: f32) -> Self {
        let side = |half: f32| ((half * 1.06 + ROOM_PX) * 2.0 * scale) as usize;
        let (width, height) = (side(region.across), side(region.along));
        let straight = Self { gray: Gray::default(), region: *region, scale };
        let mut luma = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let place = straight.place(x as f32, y as f32, (width, height));
                luma.push((view.sample(place.x, place.y) + 0.5) as u8);
            }
        }
        Self { gray: Gray { width, height, luma }, ..straight }
    }

    /// Where a place of the straightened picture of this size is in the whole.
    fn place(&self, x: f32, y: f32, (width, height): (usize, usize)) -> Point {
        let (axis, down) = self.region.axes();
        let (u, v) = (
            (x - (width as f32 - 1.0) / 2.0) / self.scale,
            (y - (height as f32 - 1.0) / 2.0) / self.scale,
        );
        let Point { x, y } = self.region.centre;
        Point::new(x + u * axis.x + v * down.x, y + u * axis.y + v * down.y)
    }

    /// `symbol` with its corners in the whole picture.
    fn placed(&self, mut symbol: Symbol) -> Symbol {
        let size = (self.gray.width, self.gray.height);
        symbol.corners = symbol.corners.map(|corner| self.place(corner.x, corner.y, size));
        symbol
    }
}

/// Where `regions` lie close together: the rows of a stacked symbol do not look alike, and come in parts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the picture's sides"
)]
fn heaps(view: View<'_>, regions: &[Region]) -> Vec<Patch> {
    let mut boxes: Vec<[f32; 4]> = regions.iter().map(bounds).collect();
    let mut n_parts: Vec<usize> = vec![1; boxes.len()];
    let mut k = 0;
    while k < boxes.len() {
        let near = |a: &[f32; 4], b: &[f32; 4]| {
            a[0] < b[2] + ROOM_PX
                && b[0] < a[2] + ROOM_PX
                && a[1] < b[3] + ROOM_PX
                && b[1] < a[3] + ROOM_PX
        };
        let here = boxes[k];
        if let Some(other) = (k + 1..boxes.len()).find(|j| near(&here, &boxes[*j])) {
            let b = boxes.swap_remove(other);
            n_parts[k] += n_parts.swap_remove(other);
            let a = &mut boxes[k];
            *a = [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
        } else {
            k += 1;
        }
    }
    let side = |v: f32, most: usize| v.clamp(0.0, most as f32) as usize;
    let patch = |b: [f32; 4]| {
        let (left, top) = (side(b[0], view.width), side(b[1], view.height));
        let (right, bottom) = (side(b[2], view.width), side(b[3], view.height));
        Patch { left, top, width: right - left, height: bottom - top }
    };
    let in_parts = boxes.into_iter().zip(n_parts).filter(|(_, n)| *n > 1);
    let mut patches: Vec<Patch> = in_parts.map(|(b, _)| patch(b)).collect();
    patches.sort_by_key(|patch| std::cmp::Reverse(patch.width * patch.height));
    patches
}

/// The upright box around `region`: left, top, right, bottom.
fn bounds(region: &Region) -> [f32; 4] {
    let (sin, cos) = region.angle.sin_cos();
    let x = region.across * cos.abs() + region.along * sin.abs();
    let y = region.across * sin.abs() + region.along * cos.abs();
    let Point { x: cx, y: cy } = region.centre;
    [cx - x, cy - y, cx + x, cy + y]
}
