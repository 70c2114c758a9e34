//! Picture to symbols: `decode(&Picture, &Formats) -> Vec<Symbol>`.
//!
//! Pure and single-threaded; what reads nothing is an empty list, never an error.

pub mod engine;

use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::{Symbol, Symbology};

/// The symbologies to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats(Vec<Symbology>);

impl Formats {
    /// All that the decoder knows.
    pub fn all() -> Self {
        Self(Symbology::ALL.to_vec())
    }

    /// Just these.
    pub fn only(symbologies: impl IntoIterator<Item = Symbology>) -> Self {
        let mut list: Vec<Symbology> = symbologies.into_iter().collect();
        list.sort_unstable();
        list.dedup();
        Self(list)
    }

    /// Whether `symbology` is looked for.
    pub fn has(&self, symbology: Symbology) -> bool {
        self.0.contains(&symbology)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Symbology> + '_ {
        self.0.iter().copied()
    }
}

/// All symbols of `picture` that are of `formats`: each place once, from the top left on.
pub fn decode(picture: &Picture, formats: &Formats) -> Vec<Symbol> {
    let mut symbols = engine::read(picture, formats);
    symbols.sort_by(|a, b| {
        let key = |s: &Symbol| (s.corners[0].y, s.corners[0].x);
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    symbols.dedup_by(|a, b| a.symbology == b.symbology && a.text == b.text && same_place(a, b));
    symbols
}

fn same_place(a: &Symbol, b: &Symbol) -> bool {
    let length = a.corners[0].distance(a.corners[2]);
    a.corners[0].distance(b.corners[0]) < length / 2.0
}
