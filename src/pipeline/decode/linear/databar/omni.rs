//! GS1 DataBar Omnidirectional, Truncated and Stacked (ISO/IEC 24724, clause 5).
//!
//! A symbol is two halves, each a finder pattern between two characters, all read toward the finder. The two finder
//! patterns are the check value. Stacked puts one half above the other.

use crate::pipeline::decode::linear::databar::finder::{Found, eight, find, length};
use crate::pipeline::decode::linear::databar::gtin;
use crate::pipeline::decode::linear::databar::widths::{
    Character, Group, Narrow, Set, Slow, character,
};
use crate::pipeline::decode::profile::Bars;

/// ISO/IEC 24724, table 2: the characters of 16 modules at the outer ends.
const OUTER: Set = Set {
    groups: &[
        Group { modules: (12, 4), widest: (8, 1), rows: 1, first: 0 },
        Group { modules: (10, 6), widest: (6, 3), rows: 10, first: 161 },
        Group { modules: (8, 8), widest: (4, 5), rows: 34, first: 961 },
        Group { modules: (6, 10), widest: (3, 6), rows: 70, first: 2015 },
        Group { modules: (4, 12), widest: (1, 8), rows: 126, first: 2715 },
    ],
    slow: Slow::Odd,
    narrow: Narrow::Even,
};

/// ISO/IEC 24724, table 3: the characters of 15 modules in the middle.
const INNER: Set = Set {
    groups: &[
        Group { modules: (5, 10), widest: (2, 7), rows: 4, first: 0 },
        Group { modules: (7, 8), widest: (4, 5), rows: 20, first: 336 },
        Group { modules: (9, 6), widest: (6, 3), rows: 48, first: 1036 },
        Group { modules: (11, 4), widest: (8, 1), rows: 81, first: 1516 },
    ],
    slow: Slow::Even,
    narrow: Narrow::Odd,
};

/// ISO/IEC 24724, table 4: the finder patterns, from the outer end on.
const FINDERS: [[u8; 5]; 9] = [
    [3, 8, 2, 1, 1],
    [3, 5, 5, 1, 1],
    [3, 3, 7, 1, 1],
    [3, 1, 9, 1, 1],
    [2, 7, 4, 1, 1],
    [2, 5, 6, 1, 1],
    [2, 3, 8, 1, 1],
    [1, 5, 7, 1, 1],
    [1, 3, 9, 1, 1],
];

/// Modules of an outer character, of a finder pattern and of an inner character.
const MODULES: (f32, f32, f32) = (16.0, 15.0, 15.0);

/// By how much the length of a part may differ from what its neighbour's module says.
const UNSTEADY: f32 = 0.1;

/// Inner characters have so many values.
const INNER_VALUES: u64 = 1597;

/// A half has so many values.
const HALF_VALUES: u64 = 4_537_077;

/// Which half of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The left one; the upper one of a stack.
    Left,
    /// The right one; the lower one of a stack.
    Right,
}

/// One half of a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Half {
    outer: Character<4>,
    inner: Character<4>,
    finder: Found,
    /// Columns a module.
    pub module: f32,
}

impl Half {
    /// The half whose first element is `k`, its own finder's growth put right.
    pub fn read(bars: &Bars, k: usize, side: Side) -> Option<Self> {
        let (outer, finder, inner) = match side {
            Side::Left => (k, k + 8, k + 13),
            Side::Right => (k + 13, k + 8, k),
        };
        let lengths = [length(bars, outer, 8)?, length(bars, finder, 5)?, length(bars, inner, 8)?];
        let module = lengths.iter().sum::<f32>() / 46.0;
        let [a, b, c] = lengths.map(|l| l / module);
        // Growth makes a finder longer or shorter, for it has three elements of one colour.
        let fits = (a - MODULES.0).abs() < UNSTEADY * MODULES.0
            && (b - MODULES.1).abs() < UNSTEADY * MODULES.1 + 0.6
            && (c - MODULES.2).abs() < UNSTEADY * MODULES.2;
        if !fits {
            return None;
        }
        let mirrored = side == Side::Right;
        let found = find(bars, finder, FINDERS.iter().map(|p| turned(*p, mirrored)))?;
        let part = |at, modules, mirrored| eight(bars, at, modules, found.growth, mirrored);
        let (odd, even) = part(outer, MODULES.0, mirrored)?;
        let outer = character(&odd, &even, &OUTER)?;
        let (odd, even) = part(inner, MODULES.2, !mirrored)?;
        let inner = character(&odd, &even, &INNER)?;
        Some(Self { outer, inner, finder: found, module })
    }

    /// Whether both are the same but for how clearly they were read.
    pub fn is_same(&self, other: &Self) -> bool {
        self.finder.index == other.finder.index && self.value() == other.value()
    }

    /// The smallest margin of its characters.
    pub fn margin(&self) -> f32 {
        self.outer.margin.min(self.inner.margin)
    }

    /// By how much bars are too wide, in modules.
    pub fn growth(&self) -> f32 {
        self.finder.growth
    }

    fn value(&self) -> u64 {
        u64::from(self.outer.value) * INNER_VALUES + u64::from(self.inner.value)
    }

    /// Its part of the check value; the weights of the right half go on where those of the left one end.
    fn weighted(&self, first: u32) -> u32 {
        // 3 to the power of 8, the elements of a character, is 4 modulo 79.
        self.outer.weighted(first, 79) + self.inner.weighted(first * 4, 79)
    }
}

fn turned<const N: usize>(mut pattern: [u8; N], mirrored: bool) -> [u8; N] {
    if mirrored {
        pattern.reverse();
    }
    pattern
}

/// The content of two halves: 14 digits; `None` where the check value is wrong.
pub fn text(left: &Half, right: &Half) -> Option<String> {
    let sum = (left.weighted(1) + right.weighted(16)) % 79;
    // Pairs of finders that look alike from both ends (0 and 8, 8 and 0) are not used.
    let skipped = sum + u32::from(sum >= 8);
    let check = skipped + u32::from(skipped >= 72);
    if left.finder.index * 9 + right.finder.index != check as usize {
        return None;
    }
    let value = left.value() * HALF_VALUES + right.value();
    // A value past all 13 digits tells that a 2D component belongs to it.
    gtin(value % 10_000_000_000_000)
}

/// Elements of a symbol from the bar of its first guard to that of its last.
pub const ELEMENTS: usize = 45;

/// The two halves of the symbol that begins with the guard bar at `k`.
pub fn read(bars: &Bars, k: usize) -> Option<(Half, Half)> {
    let module = length(bars, k, ELEMENTS)? / 95.0;
    let steady = |at, n, modules: f32| {
        let wanted = modules * module;
        length(bars, k + at, n).is_some_and(|l| (l - wanted).abs() < 0.15 * wanted)
    };
    // Cheap, and nearly all that is no symbol ends here.
    if !(steady(1, 8, 16.0) && steady(35, 8, 16.0) && steady(14, 8, 15.0) && steady(22, 8, 15.0)) {
        return None;
    }
    let left = Half::read(bars, k + 1, Side::Left)?;
    let right = Half::read(bars, k + 22, Side::Right)?;
    let guards = [bars.width(k), bars.width(k + 43), bars.width(k + 44)];
    guards.iter().all(|w| is_guard(*w / module)).then_some((left, right))
}

/// Whether an element is one module wide, growth and all.
pub fn is_guard(modules: f32) -> bool {
    (0.3..1.9).contains(&modules)
}
