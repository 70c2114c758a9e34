//! What one profile was read as, and where.

use compact_str::CompactString;

use crate::pipeline::symbol::Symbology;

/// A content: every band of a strip reads it anew, and up to 24 bytes lie within it.
pub type Text = CompactString;

/// What one profile was read as.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which symbology it is of.
    pub symbology: Symbology,
    /// Its content.
    pub text: Text,
    /// Its symbology identifier.
    pub identifier: &'static str,
    /// The first and the last edge, in columns, in the direction of reading.
    pub ends: (f32, f32),
    /// Columns a module.
    pub module: f32,
    /// The smallest margin of its characters.
    pub margin: f32,
    /// By how much bars are too wide, in modules.
    pub growth: f32,
    /// Whether it reads from the last column to the first.
    pub backward: bool,
}

impl Reading {
    /// A reading of which nothing more is known yet.
    pub fn new(
        symbology: Symbology,
        text: impl Into<Text>,
        identifier: &'static str,
        ends: (f32, f32),
    ) -> Self {
        Self {
            symbology,
            text: text.into(),
            identifier,
            ends,
            module: 1.0,
            margin: 0.0,
            growth: 0.0,
            backward: false,
        }
    }

    /// Where it lies, in columns from left to right.
    pub fn extent(&self) -> (f32, f32) {
        let (a, b) = self.ends;
        if self.backward { (-b, -a) } else { (a, b) }
    }

    /// Whether two readings have columns in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        let ((a, b), (c, d)) = (self.extent(), other.extent());
        a.max(c) < b.min(d)
    }
}
