//! Regions where one by one they do not show a symbol: gathered from parts, or a whole picture.

use crate::pipeline::decode::glance::may_be_symbol;
use crate::pipeline::decode::linear::databar::stacked;
use crate::pipeline::decode::linear::{Desk, Unclear};
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::pool::{Pools, Regions};
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::strip::Strip;
use crate::pipeline::decode::{Formats, add, contains, linear};
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// Most regions that are looked at for rows of a stack.
const MAX_STACKS: usize = 40;

/// Pixels around a picture that is all symbol.
pub const RIM: usize = 16;

/// Most boxes around several regions in one picture.
const MAX_GATHERED: usize = 6;

/// A whole picture of so many pixels, the direction across its bars being `angle`.
pub fn whole(width: f32, height: f32, angle: f32) -> Region {
    let (x, y) = (width / 2.0, height / 2.0);
    let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
    let centre = Point::new(x - 0.5, y - 0.5);
    let (across, along) = (x * cos + y * sin, x * sin + y * cos);
    Region { centre, angle, across, along, slope: 0.0, bend: 0.0, fan: 0.0 }
}

/// The boxes around those of `regions` that lie together and have one direction: the rows of a stacked symbol, the
/// parts of one whose wide bars have no gradient inside.
pub fn gathered<'p>(regions: &[Region], pools: &'p Pools) -> Regions<'p> {
    let mut found = pools.regions.collect(regions.iter().copied());
    let mut n_parts = pools.counts.collect(regions.iter().map(|_| 1));
    let mut k = 0;
    while k < found.len() {
        let here = found[k];
        let near = |b: &Region| (here.angle - b.angle).sin().abs() < 0.2 && is_near(&here, b);
        if let Some(other) = (k + 1..found.len()).find(|j| near(&found[*j])) {
            found[k] = around(&here, &found.remove(other));
            n_parts[k] += n_parts.remove(other);
        } else {
            k += 1;
        }
    }
    let mut n_parts = n_parts.iter();
    found.retain(|_| n_parts.next().is_some_and(|n| *n > 1));
    found.truncate(MAX_GATHERED);
    found
}

/// Whether less than half the smaller one's size is between both, across and along the bars.
fn is_near(a: &Region, b: &Region) -> bool {
    let (u, v) = a.local(b.centre);
    u.abs() - a.across - b.across < 0.5 * a.across.min(b.across).max(a.along.min(b.along))
        && v.abs() - a.along - b.along < 0.5 * a.along.min(b.along)
}

/// The box around `a` and `b` in the directions of `a`.
fn around(a: &Region, b: &Region) -> Region {
    let (u, v) = a.local(b.centre);
    let (left, right) = ((-a.across).min(u - b.across), a.across.max(u + b.across));
    let (top, bottom) = ((-a.along).min(v - b.along), a.along.max(v + b.along));
    let (x, y) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
    let (axis, down) = a.axes();
    let centre =
        Point::new(a.centre.x + x * axis.x + y * down.x, a.centre.y + x * axis.y + y * down.y);
    let (across, along) = ((right - left) / 2.0, (bottom - top) / 2.0);
    Region { centre, across, along, slope: 0.0, bend: 0.0, ..*a }
}

/// Adds the stacked GS1 `DataBar` symbols among `regions` of bars that were not read.
pub fn read_stacks(
    regions: &[Region],
    (view, pools): (View<'_>, &Pools),
    formats: &Formats,
    symbols: &mut Vec<Symbol>,
) {
    if !formats.has(Symbology::DataBar) && !formats.has(Symbology::DataBarExpanded) {
        return;
    }
    for region in regions.iter().take(MAX_STACKS) {
        let is_read = symbols.iter().any(|symbol| contains(symbol, region.centre));
        if is_read || !may_be_symbol(region) {
            continue;
        }
        let Some(strip) = Strip::new(view, *region, pools) else { continue };
        add(symbols, stacked::read(&strip, formats), view);
    }
}

/// What a picture that is all symbol may show, which has a rim of so many pixels around it in `padded`: it has no
/// ground from which bars would stand out, nor a rim beyond them.
pub fn wholes(
    padded: View<'_>,
    rim: f32,
    largest: Option<&Region>,
) -> impl Iterator<Item = Region> {
    let upright = [0.0, std::f32::consts::FRAC_PI_2];
    let turned = largest.map(|region| region.angle).filter(|a| (2.0 * a).sin().abs() > 0.1);
    let side = |n: usize| n as f32 - 2.0 * rim;
    let (width, height) = (side(padded.width), side(padded.height));
    let region = move |angle| {
        let region = whole(width, height, angle);
        let centre = Point::new(region.centre.x + rim, region.centre.y + rim);
        Region { centre, ..region }
    };
    upright.into_iter().chain(turned).map(region)
}

/// Puts on `desk` what `strip`, a whole picture, reads by its edges, and adds what may yet be fitted to `unclear`.
pub fn read_whole<'a>(
    strip: Strip<'a>,
    formats: &Formats,
    desk: &mut Desk,
    unclear: &mut Vec<Unclear<'a>>,
) {
    // The rows of a stack are not alike, so they are read before rows are aligned.
    match stacked::read(&strip, formats) {
        Some(symbol) => desk.found.push(symbol),
        None => linear::read(strip, formats, desk, unclear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(x: f32, y: f32, angle: f32) -> Region {
        Region {
            centre: Point::new(x, y),
            angle,
            across: 50.0,
            along: 10.0,
            slope: 0.0,
            bend: 0.0,
            fan: 0.0,
        }
    }

    #[test]
    fn rows_of_one_stack_are_gathered_and_others_are_not() {
        let rows = [region(100.0, 50.0, 0.0), region(400.0, 50.0, 0.0), region(104.0, 73.0, 0.02)];
        let pools = Pools::default();
        let [found] = &gathered(&rows, &pools)[..] else { panic!("{rows:?}") };
        assert!((found.centre.x - 102.0).abs() < 1.0 && (found.centre.y - 61.5).abs() < 1.0);
        assert!((found.across - 52.0).abs() < 1.0 && (found.along - 21.5).abs() < 1.0);
        let crossed = [region(100.0, 50.0, 0.0), region(104.0, 73.0, 1.5)];
        assert!(gathered(&crossed, &pools).is_empty());
    }
}
