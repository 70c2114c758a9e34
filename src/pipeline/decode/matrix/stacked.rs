//! Stacked symbols, PDF417: looked for in regions of bars that no linear reader has read.

use crate::pipeline::decode::gather;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417;
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::{Formats, add, contains};
use crate::pipeline::symbol::{Symbol, Symbology};

/// Most regions that are looked at in one picture.
const MAX_REGIONS: usize = 40;

/// Adds the stacked symbols, PDF417, among `regions` of bars that no linear reader has read.
pub fn read(view: View<'_>, regions: &[Region], formats: &Formats, symbols: &mut Vec<Symbol>) {
    if !formats.has(Symbology::PDF417) {
        return;
    }
    let gathered = gather::gathered(regions);
    // The parts of a symbol first: each has the direction of its own bars.
    for region in regions.iter().take(MAX_REGIONS).chain(&gathered) {
        if symbols.iter().any(|symbol| contains(symbol, region.centre)) {
            continue;
        }
        add(symbols, pdf417::read(view, region), view);
    }
    if symbols.is_empty() {
        let upright = [0.0, std::f32::consts::FRAC_PI_2];
        let whole = |angle| gather::whole(view.width as f32, view.height as f32, angle);
        add(symbols, upright.iter().find_map(|angle| pdf417::read(view, &whole(*angle))), view);
    }
}
