//! Codabar (AIM BC3).

use crate::pipeline::decode::linear::character::{
    is_quiet_after, is_quiet_before, nearest_two_width, two_widths,
};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::linear::scan::every_start;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// AIM BC3, table 1, in the order of [`CHARACTERS`]: a set bit is a wide element, the first bar highest.
const PATTERNS: [u16; 20] = [
    0b000_0011, 0b000_0110, 0b000_1001, 0b110_0000, 0b001_0010, 0b100_0010, 0b010_0001, 0b010_0100,
    0b011_0000, 0b100_1000, 0b000_1100, 0b001_1000, 0b100_0101, 0b101_0001, 0b101_0100, 0b001_0101,
    0b001_1010, 0b010_1001, 0b000_1011, 0b000_1110,
];

/// The data characters, then the start and stop characters.
const CHARACTERS: &[u8; 20] = b"0123456789-$:/.+ABCD";

/// The first start and stop character.
const FIRST_END: usize = 16;

/// Free space at both ends, in narrow elements: the standard has ten.
const QUIET: f32 = 5.0;

/// Data characters a symbol has at least.
const MIN_CHARACTERS: usize = 4;

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    every_start(bars, 7 * (MIN_CHARACTERS + 2) + 1, found, |bars, k| {
        (FIRST_END..PATTERNS.len()).find_map(|first| read_at(bars, k, first))
    });
}

fn read_at(bars: &Bars, start: usize, first: usize) -> Option<(Reading, usize)> {
    let (narrow, ratio, growth) = two_widths(&bars.widths::<7>(start)?, PATTERNS[first])?;
    if !is_quiet_before(bars, start, narrow, QUIET) {
        return None;
    }
    let mut text = Text::default();
    let mut margin = 1.0_f32;
    let mut near = narrow;
    let mut k = start;
    loop {
        let widths = bars.widths::<7>(k)?;
        let this = nearest_two_width(&widths, &PATTERNS, ratio, growth);
        let sum: f32 = widths.iter().sum();
        // Seen on a bottle elements grow narrow toward the sides, but from character to character they are alike.
        let here = sum / (7.0 + (ratio - 1.0) * PATTERNS[this.index].count_ones() as f32);
        let fits = (here / narrow - 1.0).abs() < 0.3 || (here / near - 1.0).abs() < 0.15;
        near = here;
        if this.error > 0.16 || this.margin < 0.4 || !fits || (k == start && this.index != first) {
            return None;
        }
        margin = margin.min(this.margin);
        if k > start {
            if this.index >= FIRST_END {
                break;
            }
            text.push(char::from(CHARACTERS[this.index]));
        }
        if bars.width(k + 7) > 4.0 * near {
            return None;
        }
        k += 8;
    }
    let end = k + 7;
    if text.len() < MIN_CHARACTERS || !is_quiet_after(bars, end, near, QUIET) {
        return None;
    }
    let ends = (bars.edges[start], bars.edges[end]);
    let mut reading = Reading::new(Symbology::Codabar, text, "]F0", ends);
    reading.module = narrow;
    reading.margin = margin;
    reading.growth = growth;
    Some((reading, end + 1))
}
