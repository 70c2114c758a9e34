//! Boxes, totes and papers as they lie on a packing table, and what is printed on them.

use crate::face::{Area, Face, Row, Stuff};
use crate::zint::{self, Role, Spec};

/// Dots to a module of a linear symbol (8 are 2.7 pixels).
const LINEAR: f32 = 8.0;
/// Dots to a module of a product code.
const RETAIL: f32 = 8.0;
/// Dots to a module of a matrix symbol.
const MATRIX: f32 = 14.0;

/// A line of lettering.
pub(crate) fn text(height: f32, text: &str) -> Row {
    Row::Text(height, text.to_owned())
}

/// A symbol with its text under it, in the size usual for its symbology.
pub(crate) fn shown(spec: Spec) -> Row {
    let dots = usual(&spec);
    Row::Shown(spec, dots)
}

/// A symbol alone, in the size usual for its symbology.
pub(crate) fn bare(spec: Spec) -> Row {
    let dots = usual(&spec);
    Row::Bare(spec, dots)
}

fn usual(spec: &Spec) -> f32 {
    match spec.format {
        "UPC-A" | "EAN-13" | "EAN-8" => RETAIL,
        "PDF417" => 9.0,
        "DataBar" => 12.0,
        _ if spec.is_linear() => LINEAR,
        "Aztec" => 18.0,
        _ => MATRIX,
    }
}

/// A row of bars that is none of our business, such as a MAC address or a part number.
pub(crate) fn foreign(caption: &str, content: &str) -> Vec<Row> {
    vec![text(14.0, caption), shown(zint::code128(content))]
}

/// How a box is cut and printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carton {
    /// What it is made of.
    pub(crate) stuff: Stuff,
    /// The maker's name, large.
    pub(crate) brand: &'static str,
    /// What is in it.
    pub(crate) product: &'static str,
}

impl Carton {
    /// A broad face with the columns of `labels` side by side, each with its labels from the top down.
    pub(crate) fn wide(self, labels: &[&[&[Row]]]) -> anyhow::Result<Face> {
        let mut face = self.blank(1190.0, 640.0);
        let mut x = 40.0;
        for column in labels {
            let mut next = x;
            let mut y = 124.0;
            for rows in *column {
                let area = face.label(x, y, rows)?;
                y += area.height + 22.0;
                next = f32::max(next, x + area.width + 26.0);
            }
            x = next;
        }
        Ok(face)
    }

    /// A face for a box that lies on its side: the labels from the top down.
    pub(crate) fn tall(self, labels: &[&[Row]]) -> anyhow::Result<Face> {
        let mut face = self.blank(676.0, 1130.0);
        let mut y = 150.0;
        for rows in labels {
            let area = face.label(30.0, y, rows)?;
            y += area.height + 28.0;
        }
        Ok(face)
    }

    /// The face with its print and no labels.
    pub(crate) fn blank(self, width: f32, height: f32) -> Face {
        let mut face = Face::new(self.stuff, width, height);
        let ink = if self.stuff == Stuff::Coated { 70 } else { 82 };
        face.letter((42.0, 26.0), 46.0, self.brand, ink);
        face.letter((44.0, 86.0), 20.0, self.product, ink);
        if self.stuff == Stuff::Coated {
            let band = Area { x: 0.0, y: height - 26.0, width, height: 26.0 };
            face.fill(band, 120);
        } else {
            arrows(&mut face, width - 150.0, 24.0, ink);
            face.letter((width - 330.0, height - 30.0), 14.0, "RECYCLE - PAP 20 - 12.4 KG", ink);
        }
        face
    }
}

/// "This side up": two arrows on a line.
fn arrows(face: &mut Face, x: f32, y: f32, ink: u8) {
    for left in [x, x + 50.0] {
        face.stroke([(left, y + 6.0), (left, y + 62.0)], 5.0, ink);
        face.stroke([(left, y + 6.0), (left - 14.0, y + 24.0)], 5.0, ink);
        face.stroke([(left, y + 6.0), (left + 14.0, y + 24.0)], 5.0, ink);
    }
    face.stroke([(x - 20.0, y + 76.0), (x + 70.0, y + 76.0)], 4.0, ink);
}

/// The rows of a shipping label: where the parcel goes, and the order's code.
pub(crate) fn shipping(code: &str) -> Vec<Row> {
    vec![
        text(16.0, "SHIP VIA  GROUND      1 OF 1"),
        text(30.0, "SEA8  CYCLE 1"),
        shown(zint::code128(code).role(Role::CallUp)),
    ]
}

/// A parcel with its shipping label and a carrier's number.
pub(crate) fn parcel(code: &str, carrier: Option<&str>) -> anyhow::Result<Face> {
    let carton =
        Carton { stuff: Stuff::Cardboard, brand: "FULFILLED", product: "handle with care" };
    let mut face = carton.blank(900.0, 560.0);
    let mut rows = shipping(code);
    if let Some(carrier) = carrier {
        // It could call an order up: only the orders tell that this one does not.
        rows.push(shown(zint::code128(carrier).role(Role::CallUp)));
    }
    face.label(120.0, 140.0, &rows)?;
    Ok(face)
}

/// A packing slip on the table, small enough for the small pictures.
pub(crate) fn slip(code: &str) -> anyhow::Result<Face> {
    let mut face = Face::new(Stuff::Paper, 530.0, 200.0);
    let rows = [text(18.0, "PACKING SLIP"), shown(zint::code128(code).role(Role::CallUp))];
    face.rows((14.0, 30.0), &rows)?;
    Ok(face)
}

/// A tote with its licence plate.
pub(crate) fn tote(code: &str) -> anyhow::Result<Face> {
    let mut face = Face::new(Stuff::Tote, 760.0, 420.0);
    let ridge = |y: f32| Area { x: 0.0, y, width: 760.0, height: 6.0 };
    for y in [20.0, 40.0, 370.0, 390.0] {
        face.fill(ridge(y), 70);
    }
    face.label(90.0, 120.0, &[shown(zint::code128(code).role(Role::CallUp)), text(16.0, "TOTE")])?;
    Ok(face)
}

/// A laminated card with a command to the station.
pub(crate) fn card(title: &str, command: &str) -> anyhow::Result<Face> {
    let mut face = Face::new(Stuff::Paper, 780.0, 300.0);
    let rows = [text(52.0, title), shown(zint::code128(command).role(Role::Command))];
    face.rows((40.0, 50.0), &rows)?;
    Ok(face)
}

/// A paper with `rows`.
pub(crate) fn sheet(width: f32, height: f32, rows: &[Row]) -> anyhow::Result<Face> {
    let mut face = Face::new(Stuff::Paper, width, height);
    face.rows((20.0, 24.0), rows)?;
    Ok(face)
}
