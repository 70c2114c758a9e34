//! GS1 DataBar Limited (ISO/IEC 24724, clause 6): two characters with a check character between them.

use crate::pipeline::decode::linear::databar::finder::{find, length};
use crate::pipeline::decode::linear::databar::gtin;
use crate::pipeline::decode::linear::databar::omni::is_guard;
use crate::pipeline::decode::linear::databar::widths::{
    Character, Group, Narrow, Set, Slow, character,
};
use crate::pipeline::decode::profile::Bars;
use std::sync::LazyLock;

/// ISO/IEC 24724, table 6: the characters of 26 modules.
const SET: Set = Set {
    groups: &[
        Group { modules: (17, 9), widest: (6, 3), rows: 28, first: 0 },
        Group { modules: (13, 13), widest: (5, 4), rows: 728, first: 183_064 },
        Group { modules: (9, 17), widest: (3, 6), rows: 6454, first: 820_064 },
        Group { modules: (15, 11), widest: (5, 4), rows: 203, first: 1_000_776 },
        Group { modules: (11, 15), widest: (4, 5), rows: 2408, first: 1_491_021 },
        Group { modules: (19, 7), widest: (8, 1), rows: 1, first: 1_979_845 },
        Group { modules: (7, 19), widest: (1, 8), rows: 16632, first: 1_996_939 },
    ],
    slow: Slow::Odd,
    narrow: Narrow::Even,
};

/// ISO/IEC 24724, table 7: the check characters, as 21 times the number of the spaces' row and the number of the
/// bars', both six elements of eight modules of at most three; a space and a bar of one module follow.
const CHECKS: [u16; 89] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 52, 57, 63, 64, 65,
    66, 73, 74, 75, 76, 77, 78, 79, 82, 126, 127, 128, 129, 130, 132, 141, 142, 143, 144, 145, 146,
    210, 211, 212, 213, 214, 215, 216, 217, 220, 316, 317, 318, 319, 320, 322, 323, 326, 337,
];

/// Both characters have so many values.
const VALUES: u64 = 2_013_571;

/// Elements from the bar of the first guard to that of the last.
pub const ELEMENTS: usize = 45;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Limited {
    /// 14 digits.
    pub text: String,
    /// The smallest margin of its characters.
    pub margin: f32,
    /// Columns a module.
    pub module: f32,
    /// By how much bars are too wide, in modules.
    pub growth: f32,
}

/// The six widths of number `n` of those of eight modules, at most three each.
fn six(n: u16) -> [u8; 6] {
    // Either two elements have two modules, or one has three: in order, the narrower first element first.
    let mut count = 0;
    let mut found = [1; 6];
    for code in 0..729_u16 {
        let widths: [u8; 6] = std::array::from_fn(|k| {
            let power = 3_u16.pow(u32::try_from(5 - k).unwrap_or(0));
            u8::try_from(code / power % 3 + 1).unwrap_or(1)
        });
        if widths.iter().sum::<u8>() == 8 {
            if count == n {
                found = widths;
                break;
            }
            count += 1;
        }
    }
    found
}

/// The patterns of the check characters.
static PATTERNS: LazyLock<Vec<[u8; 14]>> = LazyLock::new(|| {
    let rows: [[u8; 6]; 21] = std::array::from_fn(|n| six(u16::try_from(n).unwrap_or(0)));
    let pattern = |check: &u16| {
        let (spaces, bars) = (rows[usize::from(check / 21)], rows[usize::from(check % 21)]);
        std::array::from_fn(|k| match k {
            12 | 13 => 1,
            _ if k % 2 == 0 => spaces[k / 2],
            _ => bars[k / 2],
        })
    };
    CHECKS.iter().map(pattern).collect()
});

/// The symbol that begins with the guard bar at `k`.
pub fn read(bars: &Bars, k: usize) -> Option<Limited> {
    let module = length(bars, k, ELEMENTS)? / 73.0;
    let steady = |at, n, modules: f32| {
        let wanted = modules * module;
        length(bars, k + at, n).is_some_and(|l| (l - wanted).abs() < 0.1 * wanted)
    };
    let shaped = steady(1, 14, 26.0) && steady(15, 14, 18.0) && steady(29, 14, 26.0);
    if !shaped || ![0, 27, 28, 43, 44].iter().all(|at| is_guard(bars.width(k + at) / module)) {
        return None;
    }
    let check = find(bars, k + 15, PATTERNS.iter().copied())?;
    let (left, right) =
        (fourteen(bars, k + 1, check.growth)?, fourteen(bars, k + 29, check.growth)?);
    // 3 to the power of 14, the elements of a character, is 20 modulo 89.
    let sum = (left.weighted(1, 89) + right.weighted(20, 89)) % 89;
    if sum as usize != check.index {
        return None;
    }
    let value = u64::from(left.value) * VALUES + u64::from(right.value);
    // The first digit is 0 or 1; past that, the value tells of a 2D component.
    let value = if value >= LINKED { value - LINKED } else { value };
    let text = (value < 2_000_000_000_000).then(|| gtin(value)).flatten()?;
    let margin = left.margin.min(right.margin);
    Some(Limited { text, margin, module, growth: check.growth })
}

/// The first value of a symbol to which a 2D component belongs.
const LINKED: u64 = 2_015_133_531_096;

/// The character of 26 modules in the 14 elements from `k` on.
fn fourteen(bars: &Bars, k: usize, growth: f32) -> Option<Character<7>> {
    let widths = bars.widths::<14>(k)?;
    let scale = 26.0 / widths.iter().sum::<f32>().max(1e-6);
    let at = |n: usize| {
        let is_bar = (k + n).is_multiple_of(2);
        widths[n] * scale + if is_bar { -growth } else { growth }
    };
    character(&std::array::from_fn(|n| at(2 * n)), &std::array::from_fn(|n| at(2 * n + 1)), &SET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_are_distinct_and_of_18_modules() {
        let mut all: Vec<[u8; 14]> = PATTERNS.clone();
        assert!(all.iter().all(|pattern| pattern.iter().sum::<u8>() == 18));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 89);
    }
}
