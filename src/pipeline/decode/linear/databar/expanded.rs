//! GS1 DataBar Expanded and Expanded Stacked (ISO/IEC 24724, clause 7).
//!
//! A symbol is a row of blocks: a character, a finder pattern, a character, both characters read toward the finder.
//! Which finders follow each other tells how many blocks there are; the first character checks all others. Stacked
//! breaks the row into several, every second one perhaps from right to left.

use crate::pipeline::decode::linear::databar::finder::{eight, find, length};
use crate::pipeline::decode::linear::databar::omni::is_guard;
use crate::pipeline::decode::linear::databar::widths::{
    Character, Group, Narrow, Set, Slow, character,
};
use crate::pipeline::decode::profile::Bars;

/// ISO/IEC 24724, table 9: the characters of 17 modules.
const SET: Set = Set {
    groups: &[
        Group { modules: (12, 5), widest: (7, 2), rows: 4, first: 0 },
        Group { modules: (10, 7), widest: (5, 4), rows: 20, first: 348 },
        Group { modules: (8, 9), widest: (4, 5), rows: 52, first: 1388 },
        Group { modules: (6, 11), widest: (3, 6), rows: 104, first: 2948 },
        Group { modules: (4, 13), widest: (1, 8), rows: 204, first: 3988 },
    ],
    slow: Slow::Odd,
    narrow: Narrow::Odd,
};

/// ISO/IEC 24724, table 10: the finder patterns A to F; every second one of a symbol is turned around.
const FINDERS: [[u8; 5]; 6] = [
    [1, 8, 4, 1, 1],
    [3, 6, 4, 1, 1],
    [3, 4, 6, 1, 1],
    [3, 2, 8, 1, 1],
    [2, 6, 5, 1, 1],
    [2, 2, 9, 1, 1],
];

/// ISO/IEC 24724, table 11: the finders of symbols of 2 to 11 blocks.
const SEQUENCES: [&[usize]; 10] = [
    &[0, 0],
    &[0, 1, 1],
    &[0, 2, 1, 3],
    &[0, 4, 1, 3, 2],
    &[0, 4, 1, 3, 3, 5],
    &[0, 4, 1, 3, 4, 5, 5],
    &[0, 0, 1, 1, 2, 2, 3, 3],
    &[0, 0, 1, 1, 2, 2, 3, 4, 4],
    &[0, 0, 1, 1, 2, 2, 3, 4, 5, 5],
    &[0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5],
];

/// Elements of a block.
const BLOCK: usize = 21;

/// Modules of a character and of a finder.
const MODULES: (f32, f32) = (17.0, 15.0);

/// Characters are checked modulo this.
const MODULUS: u32 = 211;

/// Characters of more than 12 bits are check characters only.
const DATA_VALUES: u32 = 4096;

/// A finder with the characters beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// Its index of [`FINDERS`].
    finder: usize,
    /// Whether the finder is turned around.
    turned: bool,
    left: Character<4>,
    /// `None` at the end of a symbol.
    right: Option<Character<4>>,
}

impl Block {
    fn is_same(&self, other: &Self) -> bool {
        let value = |c: &Option<Character<4>>| c.map(|c| c.value);
        self.finder == other.finder
            && self.turned == other.turned
            && self.left.value == other.left.value
            && value(&self.right) == value(&other.right)
    }

    fn margin(&self) -> f32 {
        self.right.map_or(self.left.margin, |right| self.left.margin.min(right.margin))
    }

    /// Its part of the check value.
    fn weighted(&self, is_first: bool) -> u32 {
        // ISO/IEC 24724, table 12: the weights go on from finder A1's right character to A2's left, A2's right and
        // so on; the eight elements of a character take them on by 3 to the power of 8, which is 20.
        let row = 4 * self.finder + if self.turned { 2 } else { 0 };
        let weight = |row: usize| (0..row).fold(1, |w, _| w * 20 % MODULUS);
        let left = if is_first { 0 } else { self.left.weighted(weight(row - 1), MODULUS) };
        left + self.right.map_or(0, |right| right.weighted(weight(row), MODULUS))
    }
}

/// Blocks in a row, from one guard on.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The blocks, in the direction of reading.
    pub blocks: Vec<Block>,
    /// The first and the last edge.
    pub ends: (f32, f32),
    /// Columns a module.
    pub module: f32,
    /// By how much bars are too wide, in modules.
    pub growth: f32,
}

impl Row {
    /// Whether both have the same content.
    pub fn is_same(&self, other: &Self) -> bool {
        self.blocks.len() == other.blocks.len()
            && self.blocks.iter().zip(&other.blocks).all(|(a, b)| a.is_same(b))
    }

    /// The smallest margin of its characters.
    pub fn margin(&self) -> f32 {
        self.blocks.iter().map(Block::margin).fold(1.0, f32::min)
    }

    /// The number of blocks of the symbol that begins with this row; `None` where none does.
    pub fn n_blocks(&self) -> Option<usize> {
        let first = self.blocks.first().filter(|b| b.finder == 0 && !b.turned)?;
        let characters = first.left.value / MODULUS + 4;
        (4..=22).contains(&characters).then(|| (characters as usize).div_ceil(2))
    }

    /// Whether its finders are those of a symbol of `n` blocks from block `at` on.
    pub fn follows(&self, n: usize, at: usize) -> bool {
        let Some(sequence) = n.checked_sub(2).and_then(|k| SEQUENCES.get(k)) else { return false };
        sequence.get(at..at + self.blocks.len()).is_some_and(|wanted| {
            let blocks = self.blocks.iter().zip(wanted).enumerate();
            blocks.into_iter().all(|(k, (block, finder))| {
                block.finder == *finder && block.turned == ((at + k) % 2 == 1)
            })
        })
    }
}

/// The row that begins with the guard bar at `k`, whose first character begins `guard` elements after it (1: the
/// guard is a space and a bar; 2: a bar and a space).
pub fn row(bars: &Bars, k: usize, guard: usize) -> Option<Row> {
    let start = k + guard;
    // Most places are no guard: that is seen before a finder is looked for.
    let rough = length(bars, start, 8)? / MODULES.0;
    if !(k..start).all(|g| is_guard(bars.width(g) / rough.max(1e-6))) {
        return None;
    }
    let mut blocks = Vec::new();
    let (mut at, mut module, mut growth) = (start, 0.0_f32, 0.0_f32);
    while let Some((block, here)) = block(bars, at, module) {
        module = here.module;
        growth = here.growth;
        let is_last = block.right.is_none();
        blocks.push(block);
        at += if is_last { 13 } else { BLOCK };
        if is_last {
            break;
        }
    }
    // Guards at both ends; the far one's second element may be a space.
    let guards = (k..start).chain([at]).all(|g| is_guard(bars.width(g) / module.max(1e-6)));
    let ends = (*bars.edges.get(k)?, *bars.edges.get(at + 1 + at % 2)?);
    (!blocks.is_empty() && guards).then_some(Row { blocks, ends, module, growth })
}

/// Where a block was found.
struct Here {
    module: f32,
    growth: f32,
}

/// The block that begins at element `k`; `module` is its neighbour's, 0 where there is none.
fn block(bars: &Bars, k: usize, module: f32) -> Option<(Block, Here)> {
    let (left, middle) = (length(bars, k, 8)?, length(bars, k + 8, 5)?);
    let here = left / MODULES.0;
    let steady = |length: f32, modules: f32, room: f32| {
        (length / here - modules).abs() < 0.12 * modules + room
    };
    if !steady(middle, MODULES.1, 0.6) || (module > 0.0 && (here / module - 1.0).abs() > 0.15) {
        return None;
    }
    // All finders have two thin elements at one end; their sum knows no growth.
    let is_thin = |at: usize| length(bars, at, 2).is_some_and(|l| l < 0.22 * middle);
    if !is_thin(k + 8) && !is_thin(k + 11) {
        return None;
    }
    let patterns = FINDERS.iter().flat_map(|p| {
        let [a, b, c, d, e] = *p;
        [[a, b, c, d, e], [e, d, c, b, a]]
    });
    let finder = find(bars, k + 8, patterns)?;
    let read = |at: usize, mirrored: bool| {
        let (odd, even) = eight(bars, at, MODULES.0, finder.growth, mirrored)?;
        character(&odd, &even, &SET)
    };
    let right = length(bars, k + 13, 8).filter(|l| steady(*l, MODULES.0, 0.0));
    let block = Block {
        finder: finder.index / 2,
        turned: finder.index % 2 == 1,
        left: read(k, false)?,
        right: right.and_then(|_| read(k + 13, true)),
    };
    Some((block, Here { module: (left + middle) / 32.0, growth: finder.growth }))
}

/// The data bits of `blocks`, which are all of a symbol; `None` where their number, their finders or their check
/// character say otherwise.
pub fn bits(blocks: &[Block]) -> Option<Vec<bool>> {
    let (first, others) = blocks.split_first()?;
    let characters = 2 * blocks.len() - usize::from(blocks.last()?.right.is_none());
    // Only the last block may lack its right character.
    let whole = blocks.iter().rev().skip(1).all(|block| block.right.is_some());
    let (n, check) = (first.left.value / MODULUS + 4, first.left.value % MODULUS);
    let sum = first.weighted(true) + others.iter().map(|b| b.weighted(false)).sum::<u32>();
    if !whole || n as usize != characters || sum % MODULUS != check {
        return None;
    }
    let data = blocks.iter().flat_map(|b| [Some(b.left), b.right]).skip(1).flatten();
    let mut bits = Vec::with_capacity(12 * characters);
    for character in data {
        if character.value >= DATA_VALUES {
            return None;
        }
        bits.extend((0..12).rev().map(|k| character.value >> k & 1 == 1));
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_finder_stands_twice_in_one_sequence() {
        for sequence in SEQUENCES {
            let mut seen: Vec<(usize, bool)> =
                sequence.iter().enumerate().map(|(k, f)| (*f, k % 2 == 1)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), sequence.len());
        }
    }
}
