//! Stacked symbols, PDF417 and `MicroPDF417`: looked for in regions of bars that no linear reader has read.

use std::f32::consts::FRAC_PI_2;

use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::rails::Wanted;
use crate::pipeline::decode::matrix::pdf417::scan::Scan;
use crate::pipeline::decode::matrix::{self, pdf417};
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::{Formats, SMALL, add, contains, gather};
use crate::pipeline::symbol::{Symbol, Symbology};

/// Most regions that are looked at in one picture.
const MAX_REGIONS: usize = 40;

/// Most of them, the largest, in which `MicroPDF417` is looked for: it has no start pattern that costs little to find.
const MAX_MICRO: usize = 10;

/// By how much a small picture as a whole may be turned, in turn, in radians.
const TURNS: [f32; 7] = [0.0, 0.08, -0.08, 0.16, -0.16, 0.24, -0.24];

/// Adds the stacked symbols, PDF417 and `MicroPDF417`, among `regions` of bars that no linear reader has read, and
/// among the boxes around those `gathered` of them.
pub fn read(
    (view, pools): (View<'_>, &Pools),
    (regions, gathered): (&[Region], &[Region]),
    formats: &Formats,
    symbols: &mut Vec<Symbol>,
) {
    let wanted = match [Symbology::PDF417, Symbology::MicroPDF417].map(|kind| formats.has(kind)) {
        [true, true] => Wanted::Both,
        [true, false] => Wanted::Plain,
        [false, true] => Wanted::Micro,
        [false, false] => return,
    };
    // The parts of a symbol first: each has the direction of its own bars.
    let parts = regions.iter().take(MAX_REGIONS).enumerate();
    for (k, region) in parts.chain(gathered.iter().map(|region| (0, region))) {
        if symbols.iter().any(|symbol| contains(symbol, region.centre)) {
            continue;
        }
        let wanted = if k < MAX_MICRO || wanted == Wanted::Micro { wanted } else { Wanted::Plain };
        add(symbols, pdf417::read(Scan::of(view, region, pools), region, wanted), view);
    }
    if symbols.is_empty() && view.width * view.height <= matrix::WHOLE {
        add(symbols, read_whole(view, wanted, pools), view);
    }
}

/// The symbol that fills `view`: its middle has not one direction, and its ends may be wider than a window of cells.
fn read_whole(view: View<'_>, wanted: Wanted, pools: &Pools) -> Option<Symbol> {
    let read = |angle, wanted| {
        let region = gather::whole(view.width as f32, view.height as f32, angle);
        pdf417::read(Scan::of(view, &region, pools), &region, wanted)
    };
    // Of a large picture, the whole of which is print more often than a symbol, it has to show a start or stop pattern.
    let is_large = view.width * view.height >= SMALL;
    let wanted = match wanted {
        Wanted::Micro if is_large => return None,
        Wanted::Both if is_large => Wanted::Plain,
        wanted => wanted,
    };
    let upright = || [0.0, FRAC_PI_2].into_iter();
    if let Some(found) = upright().find_map(|angle| read(angle, wanted)) {
        return Some(found);
    }
    if wanted == Wanted::Plain {
        return None;
    }
    let angles = TURNS.iter().flat_map(|turn| upright().map(move |angle| angle + turn));
    angles.into_iter().find_map(|angle| read(angle, Wanted::Micro))
}
