//! The face of a box, drawn flat: paper, ink, lettering and symbols, whose true places are kept.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are clamped to the face before they become dots"
)]

use anyhow::ensure;

use crate::font;
use crate::zint::Spec;

/// Canvas dots to a unit of the face; a unit is about a pixel of the camera.
pub(crate) const DOTS: f32 = 3.0;
/// Reflectance of ink.
const INK: u8 = 32;
/// Reflectance of a label's paper.
const PAPER: u8 = 228;

/// What a face is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stuff {
    /// Brown corrugated board.
    Cardboard,
    /// White coated board of a retail box.
    Coated,
    /// A sheet of paper.
    Paper,
    /// A grey plastic tote.
    Tote,
}

/// A symbol on a face: what it is and its corners, in units of the face.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The symbol.
    pub(crate) spec: Spec,
    /// Left, top, right and bottom of its modules.
    pub(crate) edges: [f32; 4],
    /// Units to a module.
    pub(crate) module: f32,
}

/// A rectangle of a face, in its units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    /// From the left.
    pub(crate) x: f32,
    /// From the top.
    pub(crate) y: f32,
    /// Across.
    pub(crate) width: f32,
    /// Down.
    pub(crate) height: f32,
}

/// The face of a box and what is printed and stuck on it.
#[derive(Debug, Clone)]
pub(crate) struct Face {
    /// What it is made of.
    pub(crate) stuff: Stuff,
    /// Its width in units.
    pub(crate) width: f32,
    /// Its height in units.
    pub(crate) height: f32,
    /// Its symbols.
    pub(crate) symbols: Vec<Placed>,
    // Reflectance of what covers the stuff, dot by dot; 0 where the stuff shows.
    dots: Vec<u8>,
    columns: usize,
}

/// A line of a label.
#[derive(Debug, Clone)]
pub(crate) enum Row {
    /// Lettering of a height in units.
    Text(f32, String),
    /// A symbol with dots a module, and its text under it.
    Shown(Spec, f32),
    /// A symbol with dots a module, without its text.
    Bare(Spec, f32),
    /// Rows side by side.
    Beside(Vec<Vec<Self>>),
}

impl Face {
    /// An empty face of `width` by `height` units.
    pub(crate) fn new(stuff: Stuff, width: f32, height: f32) -> Self {
        let (columns, rows) = (dot(width), dot(height));
        Self { stuff, width, height, symbols: Vec::new(), dots: vec![0; columns * rows], columns }
    }

    /// The reflectance of what covers the dot at `x`, `y`; `None` where the stuff shows.
    pub(crate) fn cover(&self, x: f32, y: f32) -> Option<f32> {
        if x < 0.0 || y < 0.0 || x >= self.width || y >= self.height {
            return None;
        }
        let (column, row) = ((x * DOTS) as usize, (y * DOTS) as usize);
        let dot = self.dots.get(row * self.columns + column).copied().unwrap_or(0);
        (dot > 0).then(|| f32::from(dot))
    }

    /// Fills `area` with a reflectance.
    pub(crate) fn fill(&mut self, area: Area, reflectance: u8) {
        let rows = dot(area.y)..dot(area.y + area.height);
        let columns = dot(area.x)..dot(area.x + area.width).min(self.columns);
        for row in rows {
            let line = row * self.columns;
            if let Some(dots) = self.dots.get_mut(line + columns.start..line + columns.end) {
                dots.fill(reflectance);
            }
        }
    }

    /// Letters of `height` units with their top left at `x`, `y`, in a reflectance.
    pub(crate) fn letter(&mut self, at: (f32, f32), height: f32, text: &str, reflectance: u8) {
        let unit = height / font::HEIGHT;
        for (n, character) in text.chars().enumerate() {
            let left = at.0 + n as f32 * font::ADVANCE * unit;
            for [from, to] in font::strokes(character) {
                let from = (left + from.0 * unit, at.1 + from.1 * unit);
                let to = (left + to.0 * unit, at.1 + to.1 * unit);
                self.stroke([from, to], unit * 0.55, reflectance);
            }
        }
    }

    /// A round stroke of `radius` from point to point.
    pub(crate) fn stroke(&mut self, ends: [(f32, f32); 2], radius: f32, reflectance: u8) {
        let [a, b] = ends;
        let (left, right) = (dot(a.0.min(b.0) - radius), dot(a.0.max(b.0) + radius));
        let (top, bottom) = (dot(a.1.min(b.1) - radius), dot(a.1.max(b.1) + radius));
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let square = (dx * dx + dy * dy).max(f32::EPSILON);
        for (row, column) in (top..=bottom).flat_map(|r| (left..=right).map(move |c| (r, c))) {
            let (x, y) = ((column as f32 + 0.5) / DOTS - a.0, (row as f32 + 0.5) / DOTS - a.1);
            let along = ((x * dx + y * dy) / square).clamp(0.0, 1.0);
            let is_inside = (x - along * dx).hypot(y - along * dy) <= radius;
            let place = row * self.columns + column;
            if is_inside
                && column < self.columns
                && let Some(dot) = self.dots.get_mut(place)
            {
                *dot = reflectance;
            }
        }
    }

    /// A label of white paper with `rows` from top to bottom; the area it takes.
    pub(crate) fn label(&mut self, x: f32, y: f32, rows: &[Row]) -> anyhow::Result<Area> {
        const MARGIN: f32 = 16.0;
        let (width, height) = size_of(rows)?;
        let area = Area { x, y, width: width + 2.0 * MARGIN, height: height + 2.0 * MARGIN };
        ensure!(
            area.x + area.width <= self.width && area.y + area.height <= self.height,
            "a label of {} x {} at {x}, {y} does not fit a face of {} x {}",
            area.width,
            area.height,
            self.width,
            self.height,
        );
        self.fill(Area { x: x - 0.7, y: y - 0.7, ..area }, PAPER - 60);
        self.fill(Area { x: x + 1.0, y: y + 1.4, ..area }, PAPER - 90);
        self.fill(area, PAPER);
        self.rows((x + MARGIN, y + MARGIN), rows)?;
        Ok(area)
    }

    /// `rows` printed on the face itself, with the top left at `at`.
    pub(crate) fn rows(&mut self, at: (f32, f32), rows: &[Row]) -> anyhow::Result<()> {
        let mut y = at.1;
        for row in rows {
            match row {
                Row::Text(height, text) => self.letter((at.0, y), *height, text, INK),
                Row::Shown(spec, dots) => {
                    let below = self.symbol((at.0, y), spec, *dots)?;
                    let text: String = spec.text.chars().filter(|c| !c.is_control()).collect();
                    self.letter(below, HRI, &text, INK);
                }
                Row::Bare(spec, dots) => {
                    self.symbol((at.0, y), spec, *dots)?;
                }
                Row::Beside(columns) => {
                    let mut x = at.0;
                    for column in columns {
                        self.rows((x, y), column)?;
                        x += size_of(column)?.0 + GAP;
                    }
                }
            }
            y += size_of(std::slice::from_ref(row))?.1 + GAP;
        }
        Ok(())
    }

    /// Prints a symbol, and gives the place of its human-readable interpretation.
    fn symbol(&mut self, at: (f32, f32), spec: &Spec, dots: f32) -> anyhow::Result<(f32, f32)> {
        let modules = spec.encode()?;
        let quiet = quiet(spec, dots);
        let module = dots / DOTS;
        let height = symbol_height(spec, dots, modules.height);
        let row_height = height / modules.height as f32;
        let (left, top) = (at.0 + quiet, at.1 + if spec.is_linear() { 0.0 } else { quiet });
        let width = modules.width as f32 * module;
        for (x, y) in (0..modules.width).flat_map(|x| (0..modules.height).map(move |y| (x, y))) {
            if modules.is_dark(x, y) {
                let (x, y) = (left + x as f32 * module, top + y as f32 * row_height);
                self.fill(Area { x, y, width: module, height: row_height }, INK);
            }
        }
        let edges = [left, top, left + width, top + height];
        self.symbols.push(Placed { spec: spec.clone(), edges, module });
        Ok((left, top + height + 5.0))
    }
}

/// Between the rows of a label.
const GAP: f32 = 12.0;
/// Height of the human-readable interpretation.
const HRI: f32 = 17.0;

/// Width and height of `rows`, without a margin.
fn size_of(rows: &[Row]) -> anyhow::Result<(f32, f32)> {
    let (mut width, mut height) = (0.0_f32, 0.0_f32);
    for row in rows {
        let (w, h) = match row {
            Row::Text(height, text) => (letters_width(*height, text), *height),
            Row::Shown(spec, dots) => {
                let (w, h) = symbol_size(spec, *dots)?;
                (w.max(letters_width(HRI, &spec.text)), h + 5.0 + HRI)
            }
            Row::Bare(spec, dots) => symbol_size(spec, *dots)?,
            Row::Beside(columns) => {
                let sizes = columns.iter().map(|c| size_of(c)).collect::<Result<Vec<_>, _>>()?;
                let gaps = GAP * sizes.len().saturating_sub(1) as f32;
                let highest = sizes.iter().map(|s| s.1).fold(0.0, f32::max);
                (sizes.iter().map(|s| s.0).sum::<f32>() + gaps, highest)
            }
        };
        width = width.max(w);
        height += h + if height > 0.0 { GAP } else { 0.0 };
    }
    Ok((width, height))
}

fn letters_width(height: f32, text: &str) -> f32 {
    text.chars().count() as f32 * font::ADVANCE * height / font::HEIGHT
}

/// Width and height of a symbol with its quiet zones: a linear one needs none above and below.
fn symbol_size(spec: &Spec, dots: f32) -> anyhow::Result<(f32, f32)> {
    let modules = spec.encode()?;
    let quiet = quiet(spec, dots);
    let height = symbol_height(spec, dots, modules.height);
    let width = modules.width as f32 * dots / DOTS + 2.0 * quiet;
    Ok((width, if spec.is_linear() { height } else { height + 2.0 * quiet }))
}

fn quiet(spec: &Spec, dots: f32) -> f32 {
    let modules = if spec.is_linear() { 10.0 } else { 3.0 };
    modules * dots / DOTS
}

fn symbol_height(spec: &Spec, dots: f32, rows: usize) -> f32 {
    match spec.format {
        "EAN-13" | "EAN-8" | "UPC-A" => 80.0,
        _ if spec.is_linear() => 64.0,
        _ => rows as f32 * dots / DOTS,
    }
}

/// The dot that a place in units falls on; what is left of or above the face is its edge.
fn dot(units: f32) -> usize {
    (units.max(0.0) * DOTS).round() as usize
}
