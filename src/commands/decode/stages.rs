//! `scanstation decode --explain DIR`: what the decoder made of each picture, drawn stage by stage.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "colours and columns are small and positive"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::commands::decode::canvas::{Canvas, Colour};
use crate::pipeline::decode::cells::{CELL, Cells, MIN_ENERGY};
use crate::pipeline::decode::explain::{Bar, Explained, explain};
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::{Decoded, Formats};
use crate::pipeline::frame::Picture;
use crate::pipeline::show;
use crate::pipeline::symbol::{Point, Symbol};

const GROUND: Colour = [255; 3];
const READ: Colour = [0, 170, 60];
const UNREAD: Colour = [220, 40, 30];
const PATCH: Colour = [40, 90, 230];
const SYMBOL: Colour = [240, 190, 0];
const INK: Colour = [40; 3];
const EDGE: Colour = [150, 190, 255];

/// Pixels between the parts of the picture of strips.
const GAP: usize = 4;

/// Rows of the drawing of a profile.
const PROFILE: usize = 64;

/// A strip of fewer edges is not drawn, unless it was read: it is the rim of a box, or a letter.
const FEW_EDGES: usize = 12;

/// Writes the stages of `picture`, of which this was `decoded`, into `folder`, under names that begin with `name`.
pub(super) fn write(
    folder: &Path,
    name: &str,
    (picture, decoded): (&Picture, &Decoded),
    formats: &Formats,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let explained = explain(picture, formats, decoded);
    let view = View::of(picture);
    let pictures = [
        ("1-cells.png", cells(&explained.cells)),
        ("2-boxes.png", boxes(view, &explained)),
        ("3-strips.png", strips(&explained.regions)),
    ];
    for (stage, canvas) in pictures {
        let path = folder.join(format!("{name}-{stage}"));
        canvas.write(&path).with_context(|| format!("write {}", path.display()))?;
    }
    let path = folder.join(format!("{name}.txt"));
    fs::write(&path, legend(&explained)).with_context(|| format!("write {}", path.display()))
}

/// The block map: the hue tells the direction across the bars, the colour's depth how much there is of one direction
/// alone, its brightness the energy.
fn cells(cells: &Cells) -> Canvas {
    let mut canvas = Canvas::new(cells.columns * CELL, cells.rows * CELL, [0; 3]);
    let full = nearly_most(cells);
    for (k, [xx, yy, xy]) in cells.tensors().enumerate() {
        let (x, y) = (xx - yy, 2.0 * xy);
        let (energy, length) = (xx + yy, x.hypot(y));
        let bright = (energy / full).sqrt().min(1.0);
        let colour = hue(y.atan2(x), length / energy.max(1e-6), bright);
        let (left, top) = (k % cells.columns * CELL, k / cells.columns * CELL);
        for place in 0..CELL * CELL {
            let (dx, dy) = (place % CELL, place / CELL);
            canvas.dot((left + dx) as f32, (top + dy) as f32, colour);
        }
    }
    canvas
}

/// The energy that few cells exceed.
fn nearly_most(cells: &Cells) -> f32 {
    let mut energies: Vec<f32> = cells.tensors().map(|[xx, yy, _]| xx + yy).collect();
    if energies.is_empty() {
        return MIN_ENERGY;
    }
    let at = (energies.len() - 1) * 97 / 100;
    energies.select_nth_unstable_by(at, f32::total_cmp).1.max(MIN_ENERGY)
}

/// A colour of the wheel at `angle` radians, its depth and brightness from 0 to 1.
fn hue(angle: f32, depth: f32, bright: f32) -> Colour {
    let part = |shift: f32| {
        let wave = 0.5 + 0.5 * (angle - shift).cos();
        (255.0 * bright * (1.0 - depth + depth * wave)) as u8
    };
    let third = std::f32::consts::TAU / 3.0;
    [part(0.0), part(third), part(2.0 * third)]
}

/// The picture with the regions, the patches and the symbols that were read.
fn boxes(view: View<'_>, explained: &Explained<'_>) -> Canvas {
    let mut canvas = Canvas::new(view.width, view.height, GROUND);
    canvas.show(view, 0, 0);
    for patch in &explained.patches {
        let (left, top) = (patch.left as f32, patch.top as f32);
        let (right, bottom) = (left + patch.width as f32, top + patch.height as f32);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        canvas.outline(&corners.map(|(x, y)| Point::new(x, y)), PATCH);
    }
    for bar in &explained.regions {
        let colour = if bar.symbol.is_some() { READ } else { UNREAD };
        canvas.outline(&outline(&bar.region), colour);
    }
    for symbol in &explained.decoded.symbols {
        canvas.outline(&symbol.corners, SYMBOL);
    }
    canvas
}

/// The outline of a region, its long sides bent as it is.
fn outline(region: &Region) -> Vec<Point> {
    let (axis, down) = region.axes();
    let at = |u: f32, v: f32| {
        let (u, v) = (u * region.across, v * region.along + region.middle(u * region.across));
        let (x, y) = (u * axis.x + v * down.x, u * axis.y + v * down.y);
        Point::new(region.centre.x + x, region.centre.y + y)
    };
    let ends = [-1.0, -0.5, 0.0, 0.5, 1.0];
    let upper = ends.iter().map(|u| at(*u, -1.0));
    upper.chain(ends.iter().rev().map(|u| at(*u, 1.0))).collect()
}

/// Each region straightened, the same with its rows aligned, and its profile with its edges.
fn strips(regions: &[Bar]) -> Canvas {
    let regions: Vec<&Bar> = regions.iter().filter(|bar| is_drawn(bar)).collect();
    let height = |bar: &&Bar| bar.straight.height + bar.aligned.height + PROFILE + 3 * GAP;
    let width = regions.iter().map(|bar| bar.profile.len()).max().unwrap_or(1);
    let all = regions.iter().map(&height).sum::<usize>().max(1);
    let mut canvas = Canvas::new(width + 2 * GAP, all, GROUND);
    let mut top = 0;
    for bar in &regions {
        let colour = if bar.symbol.is_some() { READ } else { UNREAD };
        let side = [top, top + height(bar) - GAP].map(|y| Point::new(0.0, y as f32));
        canvas.line(side[0], side[1], colour);
        canvas.show(bar.straight.view(), GAP, top);
        canvas.show(bar.aligned.view(), GAP, top + bar.straight.height + GAP);
        let bottom = top + height(bar) - GAP;
        profile(&mut canvas, bar, bottom);
        top += height(bar);
    }
    canvas
}

fn is_drawn(bar: &Bar) -> bool {
    bar.symbol.is_some() || bar.edges.len() >= FEW_EDGES
}

/// Draws the profile of `bar`, black at row `bottom`.
fn profile(canvas: &mut Canvas, bar: &Bar, bottom: usize) {
    let left = GAP as f32;
    let row = |value: f32| bottom as f32 - value / 256.0 * PROFILE as f32;
    for edge in &bar.edges {
        let ends = [row(0.0), row(255.0)].map(|y| Point::new(left + edge, y));
        canvas.line(ends[0], ends[1], EDGE);
    }
    let place = |(k, value): (usize, &f32)| Point::new(left + k as f32, row(*value));
    let places: Vec<Point> = bar.profile.iter().enumerate().map(place).collect();
    for pair in places.windows(2) {
        canvas.line(pair[0], pair[1], INK);
    }
}

/// What the pictures show, in words: the regions, of which strips are drawn from top to bottom, then the symbols.
fn legend(explained: &Explained<'_>) -> String {
    let Explained { regions, patches, decoded, factor, .. } = explained;
    let Decoded { symbols, skipped, .. } = decoded;
    let mut text = format!(
        "cells of {} pixels; {} regions, {} patches, {} symbols, {skipped} regions skipped\n",
        CELL as f32 * factor,
        regions.len(),
        patches.len(),
        symbols.len(),
    );
    for bar in regions {
        let Region { centre, angle, across, along, .. } = bar.region;
        let _ = write!(
            text,
            "{} at {:.0},{:.0}, {:.0}x{:.0} turned by {:.0} degrees, {} edges: ",
            if is_drawn(bar) { "strip" } else { "region" },
            centre.x,
            centre.y,
            2.0 * across,
            2.0 * along,
            angle.to_degrees(),
            bar.edges.len(),
        );
        let read = bar.symbol.and_then(|k| symbols.get(k)).map(named);
        text.push_str(read.as_deref().unwrap_or("not read"));
        text.push('\n');
    }
    for symbol in symbols {
        let _ = writeln!(text, "symbol {}", named(symbol));
    }
    text
}

fn named(symbol: &Symbol) -> String {
    format!("{} {}", symbol.symbology, show::printable(&symbol.text))
}
