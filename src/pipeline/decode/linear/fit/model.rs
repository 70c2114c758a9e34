//! The symbologies that are fitted to a profile: which characters may stand in which place.

use std::sync::LazyLock;

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

/// All of them, in their order.
pub const RATIOS: [Ratio; 3] = [Ratio::Two, Ratio::TwoAndAHalf, Ratio::Three];

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
        let symbology = match self {
            Self::Ean13 => Symbology::Ean13,
            Self::Ean8 => Symbology::Ean8,
            Self::Code128(_) => Symbology::Code128,
            Self::Code39(..) => Symbology::Code39,
        };
        Model { kind: self, symbology, alphabets: &ALPHABETS[self.like()] }
    }

    /// How many characters it has, guards counted.
    pub fn slots(self) -> usize {
        match self {
            Self::Ean13 => 15,
            Self::Ean8 => 11,
            Self::Code128(n) | Self::Code39(n, _) => n,
        }
    }

    /// The alphabet of slot `k`.
    fn slot(self, k: usize) -> usize {
        // An EAN has as many digits before the guard in its middle as after it.
        let digits = self.slots().saturating_sub(3) / 2;
        match self {
            _ if k == 0 => 0,
            Self::Ean13 | Self::Ean8 if k == 2 * digits + 2 => 4,
            Self::Ean13 | Self::Ean8 => 1 + usize::from(k > digits) + usize::from(k > digits + 1),
            Self::Code128(n) | Self::Code39(n, _) => 1 + usize::from(k + 1 == n),
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

/// Characters of a symbol, guards and stop character counted, at most.
pub const MOST_SLOTS: usize = 45;

/// The alphabets of each kind of symbol, in the order of [`Kind::like`].
static ALPHABETS: LazyLock<[Vec<Alphabet>; Kind::N_LIKE]> = LazyLock::new(|| {
    let [two, two_and_a_half, three] = RATIOS.map(code39);
    [ean(), code128(), two, two_and_a_half, three, ean()]
});

/// Those of Code 39 of each ratio where any character may stand at its ends too.
static OPEN_ENDED: LazyLock<[Vec<Alphabet>; 3]> = LazyLock::new(|| RATIOS.map(open_ended));

/// A symbol of a known number of characters.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// What it is of.
    pub kind: Kind,
    /// Its symbology; UPC-A is an EAN-13.
    pub symbology: Symbology,
    /// Its alphabets.
    pub alphabets: &'static [Alphabet],
}

impl Model {
    /// Modules in all.
    pub fn modules(&self) -> f32 {
        self.kind.modules()
    }

    /// The alphabet of each slot.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        (0..self.kind.slots()).map(|k| self.kind.slot(k))
    }

    /// The number of the alphabet of slot `k`.
    pub fn slot(&self, k: usize) -> usize {
        self.kind.slot(k)
    }

    /// The alphabet of what may stand where the symbol seems to begin or end, and is only a part of a longer one: Code 39 has no
    /// check character to tell.
    pub fn others(&self) -> Option<usize> {
        (self.symbology == Symbology::Code39).then_some(1)
    }

    /// The same where any character may be seen at the ends, so that one which looks better there than the start or
    /// stop character tells that it is a part of a longer symbol.
    #[must_use]
    pub fn open_ended(self) -> Self {
        let alphabets = match self.kind {
            Kind::Code39(_, ratio) => &OPEN_ENDED[ratio as usize],
            _ => return self,
        };
        Self { alphabets, ..self }
    }

    /// The alphabet of slot `k`.
    pub fn alphabet(&self, k: usize) -> &'static Alphabet {
        &self.alphabets[self.kind.slot(k)]
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

/// Those of Code 128: start, character, stop.
fn code128() -> Vec<Alphabet> {
    let rows = |from: usize, to: usize| {
        code128::PATTERNS[from..to].iter().map(|p| bar_first(p)).collect::<Vec<_>>()
    };
    let stop = bar_first(&[2, 3, 3, 1, 1, 1, 2]);
    vec![
        alphabet(rows(103, 106), 103, (false, true)),
        alphabet(rows(0, 103), 0, (false, true)),
        alphabet(vec![stop], 106, (false, false)),
    ]
}

/// Those of EAN-13, which UPC-A is too, and of EAN-8: guard, digit on the left, guard, digit on the right, guard. Digits of
/// set B are never in an EAN-8, so where one looks better it is something else.
fn ean() -> Vec<Alphabet> {
    let left = ean::PATTERNS.iter().map(|p| space_first(p)).collect();
    let right = ean::PATTERNS[..10].iter().map(|p| bar_first(p)).collect();
    vec![
        alphabet(vec![bar_first(&[1, 1, 1])], 0, (false, false)),
        alphabet(left, 0, (true, false)),
        alphabet(vec![space_first(&[1, 1, 1, 1, 1])], 0, (true, true)),
        alphabet(right, 0, (false, true)),
        alphabet(vec![bar_first(&[1, 1, 1])], 0, (false, false)),
    ]
}

/// Those of Code 39 with wide elements of `ratio` modules and gaps of one: start, character, stop.
fn code39(ratio: Ratio) -> Vec<Alphabet> {
    let ratio = ratio.modules();
    let row = |wide: &u16, gap: Option<f32>| {
        let width = |k: usize| if wide >> (8 - k) & 1 == 1 { ratio } else { 1.0 };
        Elements { dark_first: true, widths: (0..9).map(width).chain(gap).collect() }
    };
    let (star, data) = code39::PATTERNS.split_last().unwrap_or((&0, &[]));
    vec![
        alphabet(vec![row(star, Some(1.0))], 43, (false, true)),
        alphabet(data.iter().map(|p| row(p, Some(1.0))).collect(), 0, (false, true)),
        alphabet(vec![row(star, None)], 43, (false, false)),
    ]
}

/// Those of Code 39 where any character may stand at its ends too.
fn open_ended(ratio: Ratio) -> Vec<Alphabet> {
    let mut alphabets = code39(ratio);
    if let [start, others, stop] = &mut alphabets[..] {
        for end in [start, stop] {
            // The last character has no gap after it.
            let n = end.rows.first().map_or(0, |row| row.widths.len());
            let like = |row: &Elements| Elements {
                widths: row.widths.iter().copied().take(n).collect(),
                ..*row
            };
            end.rows.extend(others.rows.iter().map(like));
        }
    }
    alphabets
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(Kind::Ean13, &[0, 1, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 4]; "EAN-13")]
    #[test_case(Kind::Ean8, &[0, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4]; "EAN-8")]
    #[test_case(Kind::Code128(4), &[0, 1, 1, 2]; "Code 128")]
    #[test_case(Kind::Code39(4, Ratio::TwoAndAHalf), &[0, 1, 1, 2]; "Code 39")]
    fn modules_are_those_of_the_characters_in_their_places(kind: Kind, slots: &[usize]) {
        for model in [kind.model(), kind.model().open_ended()] {
            assert_eq!(model.slots().collect::<Vec<_>>(), slots);
            let modules: f32 = (0..slots.len()).map(|k| model.alphabet(k).modules).sum();
            assert!((modules - model.modules()).abs() < 1e-9);
            // All rows of an alphabet are as long.
            let odd =
                |a: &Alphabet| a.rows.iter().any(|row| (row.modules() - a.modules).abs() > 1e-9);
            assert!(!model.alphabets.iter().any(odd));
        }
    }
}
