//! The symbologies that are fitted to a profile: which characters may stand in which place.

use crate::pipeline::decode::linear::fit::template::Elements;
use crate::pipeline::decode::linear::{code39, code128, ean};
use crate::pipeline::symbol::Symbology;

/// The characters that may stand in a slot.
#[derive(Debug, Clone)]
pub struct Alphabet {
    /// Their elements.
    pub rows: Vec<Elements>,
    /// What the first row stands for; the others count on from it.
    pub first: usize,
    /// Modules of each.
    pub modules: f32,
    /// Whether a bar is before and after it.
    pub around: (bool, bool),
}

/// How wide the wide elements of Code 39 are, in narrow ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ratio {
    /// 2.
    Two,
    /// 2.5.
    TwoAndAHalf,
    /// 3.
    Three,
}

impl Ratio {
    fn modules(self) -> f32 {
        match self {
            Self::Two => 2.0,
            Self::TwoAndAHalf => 2.5,
            Self::Three => 3.0,
        }
    }
}

/// A symbology and the number of characters, start, check and stop counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// EAN-13 and UPC-A.
    Ean13,
    /// EAN-8.
    Ean8,
    /// Code 128.
    Code128(usize),
    /// Code 39.
    Code39(usize, Ratio),
}

impl Kind {
    /// What stands where in it.
    pub fn model(self) -> Model {
        match self {
            Self::Ean13 => ean_13(),
            Self::Ean8 => ean_8(),
            Self::Code128(n) => code128(n),
            Self::Code39(n, ratio) => code39(n, ratio),
        }
    }

    /// Modules in all.
    pub fn modules(self) -> f32 {
        match self {
            Self::Ean13 => 95.0,
            Self::Ean8 => 67.0,
            Self::Code128(n) => 11.0 * n as f32 + 2.0,
            Self::Code39(n, ratio) => n as f32 * (7.0 + 3.0 * ratio.modules()) - 1.0,
        }
    }

    /// Modules of the first and of the last character.
    pub fn ends(self) -> (f32, f32) {
        match self {
            Self::Ean13 | Self::Ean8 => (3.0, 3.0),
            Self::Code128(_) => (11.0, 13.0),
            Self::Code39(_, ratio) => (7.0 + 3.0 * ratio.modules(), 6.0 + 3.0 * ratio.modules()),
        }
    }

    /// How many kinds there are that differ in more than their number of characters.
    pub const N_LIKE: usize = 6;

    /// Which of those it is.
    pub fn like(self) -> usize {
        match self {
            Self::Ean13 => 0,
            Self::Code128(_) => 1,
            Self::Code39(_, Ratio::Two) => 2,
            Self::Code39(_, Ratio::TwoAndAHalf) => 3,
            Self::Code39(_, Ratio::Three) => 4,
            Self::Ean8 => 5,
        }
    }

    /// Whether both are of one symbology and ratio.
    pub fn is_like(self, other: Self) -> bool {
        self.like() == other.like()
    }
}

/// A symbol of a known number of characters.
#[derive(Debug, Clone)]
pub struct Model {
    /// What it is of.
    pub kind: Kind,
    /// Its symbology; UPC-A is an EAN-13.
    pub symbology: Symbology,
    /// Its alphabets.
    pub alphabets: Vec<Alphabet>,
    /// The alphabet of each slot.
    pub slots: Vec<usize>,
}

impl Model {
    /// Modules in all.
    pub fn modules(&self) -> f32 {
        self.slots.iter().map(|slot| self.alphabets[*slot].modules).sum()
    }

    /// The alphabet of what may stand where the symbol seems to begin or end, and is only a part of a longer one: Code 39 has no
    /// check character to tell.
    pub fn others(&self) -> Option<usize> {
        (self.symbology == Symbology::Code39).then_some(1)
    }

    /// The same where any character may be seen at the ends, so that one which looks better there than the start or
    /// stop character tells that it is a part of a longer symbol.
    #[must_use]
    pub fn open_ended(mut self) -> Self {
        let others = self.others().and_then(|k| self.alphabets.get(k)).map(|a| a.rows.clone());
        let last = self.alphabets.len() - 1;
        for (k, alphabet) in self.alphabets.iter_mut().enumerate() {
            // The last character has no gap after it.
            let n = alphabet.rows.first().map_or(0, |row| row.widths.len());
            let like = |row: &Elements| Elements {
                widths: row.widths.iter().copied().take(n).collect(),
                ..*row
            };
            if k == 0 || k == last {
                alphabet.rows.extend(others.iter().flatten().map(like));
            }
        }
        self
    }

    /// The alphabet of slot `k`.
    pub fn alphabet(&self, k: usize) -> &Alphabet {
        &self.alphabets[self.slots[k]]
    }
}

fn bar_first(widths: &[u8]) -> Elements {
    Elements { dark_first: true, widths: widths.iter().map(|w| f32::from(*w)).collect() }
}

fn space_first(widths: &[u8]) -> Elements {
    Elements { dark_first: false, ..bar_first(widths) }
}

fn alphabet(rows: Vec<Elements>, first: usize, around: (bool, bool)) -> Alphabet {
    let modules = rows.first().map_or(0.0, Elements::modules);
    Alphabet { rows, first, modules, around }
}

/// Code 128 of `n` characters, start, check and stop character counted.
fn code128(n: usize) -> Model {
    let rows = |from: usize, to: usize| {
        code128::PATTERNS[from..to].iter().map(|p| bar_first(p)).collect::<Vec<_>>()
    };
    let stop = bar_first(&[2, 3, 3, 1, 1, 1, 2]);
    let alphabets = vec![
        alphabet(rows(103, 106), 103, (false, true)),
        alphabet(rows(0, 103), 0, (false, true)),
        alphabet(vec![stop], 106, (false, false)),
    ];
    let mut slots = vec![1; n];
    slots[0] = 0;
    slots[n - 1] = 2;
    Model { kind: Kind::Code128(n), symbology: Symbology::Code128, alphabets, slots }
}

/// EAN-13, which UPC-A is too.
fn ean_13() -> Model {
    ean(Kind::Ean13, Symbology::Ean13, 6)
}

/// EAN-8; digits of set B are never in it, so where one looks better it is something else.
fn ean_8() -> Model {
    ean(Kind::Ean8, Symbology::Ean8, 4)
}

/// An EAN of so many digits on each side.
fn ean(kind: Kind, symbology: Symbology, digits: usize) -> Model {
    let left = ean::PATTERNS.iter().map(|p| space_first(p)).collect();
    let right = ean::PATTERNS[..10].iter().map(|p| bar_first(p)).collect();
    let alphabets = vec![
        alphabet(vec![bar_first(&[1, 1, 1])], 0, (false, false)),
        alphabet(left, 0, (true, false)),
        alphabet(vec![space_first(&[1, 1, 1, 1, 1])], 0, (true, true)),
        alphabet(right, 0, (false, true)),
        alphabet(vec![bar_first(&[1, 1, 1])], 0, (false, false)),
    ];
    let slots = [&[0][..], &vec![1; digits], &[2], &vec![3; digits], &[4]].concat();
    Model { kind, symbology, alphabets, slots }
}

/// Code 39 of `n` characters, start and stop counted, with wide elements of `ratio` modules and gaps of one.
fn code39(n: usize, ratio: Ratio) -> Model {
    let kind = Kind::Code39(n, ratio);
    let ratio = ratio.modules();
    let row = |wide: &u16, gap: Option<f32>| {
        let width = |k: usize| if wide >> (8 - k) & 1 == 1 { ratio } else { 1.0 };
        Elements { dark_first: true, widths: (0..9).map(width).chain(gap).collect() }
    };
    let (star, data) = code39::PATTERNS.split_last().unwrap_or((&0, &[]));
    let alphabets = vec![
        alphabet(vec![row(star, Some(1.0))], 43, (false, true)),
        alphabet(data.iter().map(|p| row(p, Some(1.0))).collect(), 0, (false, true)),
        alphabet(vec![row(star, None)], 43, (false, false)),
    ];
    let mut slots = vec![1; n];
    slots[0] = 0;
    slots[n - 1] = 2;
    Model { kind, symbology: Symbology::Code39, alphabets, slots }
}
