//! What a decoder found in a picture: symbols, each with its symbology, its content and its place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A symbology, by the name that `decode`, models and samples all use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Symbology {
    /// ISO/IEC 15417, GS1-128 included.
    Code128,
    /// ISO/IEC 16388.
    Code39,
    /// AIM BC5.
    Code93,
    /// AIM BC3.
    Codabar,
    /// Interleaved 2 of 5, ISO/IEC 16390.
    ITF,
    /// ISO/IEC 15420, 13 digits.
    #[serde(rename = "EAN-13")]
    Ean13,
    /// ISO/IEC 15420, 8 digits.
    #[serde(rename = "EAN-8")]
    Ean8,
    /// ISO/IEC 15420, 12 digits.
    #[serde(rename = "UPC-A")]
    UpcA,
    /// ISO/IEC 15420, zero-suppressed, 8 digits with number system and check digit.
    #[serde(rename = "UPC-E")]
    UpcE,
    /// ISO/IEC 24724, omnidirectional and its kin.
    DataBar,
    /// ISO/IEC 24724, expanded.
    DataBarExpanded,
    /// ISO/IEC 16022, ECC 200.
    DataMatrix,
    /// ISO/IEC 18004.
    QRCode,
    /// ISO/IEC 18004, Micro QR.
    MicroQRCode,
    /// ISO/IEC 23941.
    #[serde(rename = "rMQR")]
    Rmqr,
    /// ISO/IEC 24778.
    Aztec,
    /// ISO/IEC 15438.
    PDF417,
    /// ISO/IEC 24728.
    MicroPDF417,
    /// ISO/IEC 16023.
    MaxiCode,
}

/// What a symbology's own error control is worth: it sets how many frames must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorControl {
    /// Reed-Solomon codewords.
    ReedSolomon,
    /// A mandatory check character.
    Checked,
    /// No mandatory check character.
    Unchecked,
}

impl Symbology {
    /// Every symbology, in the order of the contract's list.
    pub const ALL: [Self; 19] = [
        Self::Code128,
        Self::Code39,
        Self::Code93,
        Self::Codabar,
        Self::ITF,
        Self::Ean13,
        Self::Ean8,
        Self::UpcA,
        Self::UpcE,
        Self::DataBar,
        Self::DataBarExpanded,
        Self::DataMatrix,
        Self::QRCode,
        Self::MicroQRCode,
        Self::Rmqr,
        Self::Aztec,
        Self::PDF417,
        Self::MicroPDF417,
        Self::MaxiCode,
    ];

    /// Its name in every file and line we write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code128 => "Code128",
            Self::Code39 => "Code39",
            Self::Code93 => "Code93",
            Self::Codabar => "Codabar",
            Self::ITF => "ITF",
            Self::Ean13 => "EAN-13",
            Self::Ean8 => "EAN-8",
            Self::UpcA => "UPC-A",
            Self::UpcE => "UPC-E",
            Self::DataBar => "DataBar",
            Self::DataBarExpanded => "DataBarExpanded",
            Self::DataMatrix => "DataMatrix",
            Self::QRCode => "QRCode",
            Self::MicroQRCode => "MicroQRCode",
            Self::Rmqr => "rMQR",
            Self::Aztec => "Aztec",
            Self::PDF417 => "PDF417",
            Self::MicroPDF417 => "MicroPDF417",
            Self::MaxiCode => "MaxiCode",
        }
    }

    /// What its own error control is worth (the rows of `[agreement]`).
    pub fn error_control(self) -> ErrorControl {
        match self {
            Self::Code39 | Self::Codabar | Self::ITF => ErrorControl::Unchecked,
            Self::Code128
            | Self::Code93
            | Self::Ean13
            | Self::Ean8
            | Self::UpcA
            | Self::UpcE
            | Self::DataBar
            | Self::DataBarExpanded => ErrorControl::Checked,
            Self::DataMatrix
            | Self::QRCode
            | Self::MicroQRCode
            | Self::Rmqr
            | Self::Aztec
            | Self::PDF417
            | Self::MicroPDF417
            | Self::MaxiCode => ErrorControl::ReedSolomon,
        }
    }

    /// Whether it is a row of bars rather than a matrix or a stack.
    pub fn is_linear(self) -> bool {
        self.error_control() != ErrorControl::ReedSolomon
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no symbology's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no symbology; the names are {}", Symbology::ALL.map(Symbology::name).join(" "))]
pub struct NoSymbology {
    name: String,
}

impl FromStr for Symbology {
    type Err = NoSymbology;

    fn from_str(name: &str) -> Result<Self, NoSymbology> {
        let found = Self::ALL.into_iter().find(|symbology| symbology.name() == name);
        found.ok_or_else(|| NoSymbology { name: name.chars().take(40).collect() })
    }
}

/// A place in a picture, in pixels from its top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// The point at `x`, `y`.
    pub fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The distance to `other`, in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

impl Serialize for Point {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A tenth of a pixel is what a corner is good for, and it keeps lines short.
        let tenth = |v: f32| (f64::from(v) * 10.0).round() / 10.0;
        (tenth(self.x), tenth(self.y)).serialize(serializer)
    }
}

/// The four corners of a symbol: clockwise from the symbol's own top left.
pub type Corners = [Point; 4];

/// One symbol on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Symbol {
    /// Which symbology it is of.
    #[serde(rename = "format")]
    pub symbology: Symbology,
    /// Its content. FNC1 within the data is `\u{1d}`; a leading one is told by the identifier alone.
    pub text: String,
    /// Its symbology identifier (ISO/IEC 15424), such as `]C1`.
    pub identifier: String,
    /// Where it is.
    pub corners: Corners,
    /// What the reading rests on; `None` from a reader that does not tell.
    pub confidence: Option<Confidence>,
    /// The two or five digits of the add-on symbol beside an EAN-13, UPC-A or UPC-E (ISO/IEC 15420, GS1 General
    /// Specifications 5.2.2), such as an issue or a price. It says nothing of which product it is, so nothing is ever
    /// decided by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_on: Option<String>,
}

/// A reading for which too little speaks: a hint to people, never used as a symbol (decision 20).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Which symbology it may be of.
    #[serde(rename = "format")]
    pub symbology: Symbology,
    /// What it may say.
    pub text: String,
    /// Where it is.
    pub corners: Corners,
    /// What the reading rests on.
    pub confidence: Option<Confidence>,
}

impl From<Symbol> for Candidate {
    fn from(Symbol { symbology, text, corners, confidence, .. }: Symbol) -> Self {
        Self { symbology, text, corners, confidence }
    }
}

/// What a reading rests on (decision 20).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Confidence {
    /// Independent rows or samples that agreed.
    pub rows: u32,
    /// Distance to the next best reading, 0 (none) to 1.
    pub margin: f32,
    /// Pixels a module.
    pub px_per_module: f32,
    /// Bars against spaces, 0 to 1.
    pub contrast: f32,
    /// Codewords that error correction changed.
    pub errors_corrected: u32,
}

impl Symbol {
    /// Whether its content is GS1 element strings.
    pub fn is_gs1(&self) -> bool {
        matches!(
            (self.symbology, self.identifier.as_str()),
            (Symbology::Code128, "]C1")
                | (Symbology::DataMatrix, "]d2" | "]d5")
                | (Symbology::QRCode, "]Q3" | "]Q4")
                | (Symbology::DataBar | Symbology::DataBarExpanded, _)
        )
    }

    /// Whether a corner lies within `margin` pixels of the edge of a picture of `width` x `height`.
    pub fn touches_edge(&self, margin: f32, width: u32, height: u32) -> bool {
        let (right, bottom) = (width as f32 - margin, height as f32 - margin);
        let outside = |p: &Point| p.x < margin || p.y < margin || p.x > right || p.y > bottom;
        self.corners.iter().any(outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_symbology() {
        for symbology in Symbology::ALL {
            assert_eq!(symbology.name().parse(), Ok(symbology));
            assert_eq!(serde_json::to_string(&symbology).unwrap(), format!("\"{symbology}\""));
        }
        assert!("GS1-128".parse::<Symbology>().is_err());
    }
}
