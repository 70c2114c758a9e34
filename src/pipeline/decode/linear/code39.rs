//! Code 39 (ISO/IEC 16388).

use crate::pipeline::decode::linear::character::{
    is_quiet_after, is_quiet_before, nearest_two_width, two_widths,
};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::linear::scan::every_start;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// ISO/IEC 16388, table 1, in the order of `CHARACTERS`: a set bit is a wide element, the first bar highest.
pub const PATTERNS: [u16; 44] = [
    0b000_110_100,
    0b100_100_001,
    0b001_100_001,
    0b101_100_000,
    0b000_110_001,
    0b100_110_000,
    0b001_110_000,
    0b000_100_101,
    0b100_100_100,
    0b001_100_100,
    0b100_001_001,
    0b001_001_001,
    0b101_001_000,
    0b000_011_001,
    0b100_011_000,
    0b001_011_000,
    0b000_001_101,
    0b100_001_100,
    0b001_001_100,
    0b000_011_100,
    0b100_000_011,
    0b001_000_011,
    0b101_000_010,
    0b000_010_011,
    0b100_010_010,
    0b001_010_010,
    0b000_000_111,
    0b100_000_110,
    0b001_000_110,
    0b000_010_110,
    0b110_000_001,
    0b011_000_001,
    0b111_000_000,
    0b010_010_001,
    0b110_010_000,
    0b011_010_000,
    0b010_000_101,
    0b110_000_100,
    0b011_000_100,
    0b010_101_000,
    0b010_100_010,
    0b010_001_010,
    0b000_101_010,
    0b010_010_100,
];

/// The data characters, and `*` for start and stop.
const CHARACTERS: &[u8; 44] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%*";

/// The index of the start and stop character.
const STAR: usize = 43;

/// Free space at both ends, in narrow elements: the standard has ten.
const QUIET: f32 = 4.0;

/// Data characters a symbol has at least: one or two are found by chance.
const MIN_CHARACTERS: usize = 3;

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    every_start(bars, 9 * (MIN_CHARACTERS + 2) + 1, found, read_at);
}

fn read_at(bars: &Bars, start: usize) -> Option<(Reading, usize)> {
    let (narrow, ratio, growth) = two_widths(&bars.widths::<9>(start)?, PATTERNS[STAR])?;
    if !is_quiet_before(bars, start, narrow, QUIET) {
        return None;
    }
    let mut text = Text::default();
    let mut margin = 1.0_f32;
    let mut length: f32 = bars.widths::<9>(start)?.iter().sum();
    let mut k = start;
    loop {
        let widths = bars.widths::<9>(k)?;
        let sum: f32 = widths.iter().sum();
        if (sum - length).abs() > 0.25 * length {
            return None;
        }
        length = sum;
        let this = nearest_two_width(&widths, &PATTERNS, ratio, growth);
        // Narrow and wide are farther apart than neighbouring widths of other symbologies.
        if this.error > 0.16 || this.margin < 0.4 || (k == start && this.index != STAR) {
            return None;
        }
        margin = margin.min(this.margin);
        let is_end = this.index == STAR && k > start;
        if is_end {
            break;
        }
        if k > start {
            text.push(char::from(CHARACTERS[this.index]));
        }
        let gap = bars.width(k + 9);
        if gap > 4.0 * length / (6.0 + 3.0 * ratio) {
            return None;
        }
        k += 10;
    }
    let end = k + 9;
    if text.len() < MIN_CHARACTERS || !is_quiet_after(bars, end, narrow, QUIET) {
        return None;
    }
    let ends = (bars.edges[start], bars.edges[end]);
    let mut reading = Reading::new(Symbology::Code39, text, "]A0", ends);
    reading.module = narrow;
    reading.margin = margin;
    reading.growth = growth;
    Some((reading, end + 1))
}

/// The content of data characters' indices.
pub fn text(values: &[usize]) -> Option<Text> {
    values
        .iter()
        .map(|v| CHARACTERS.get(*v).filter(|c| **c != b'*').map(|c| char::from(*c)))
        .collect()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::pool::Pools;

    /// The bars of `text` between stars, wide elements of `ratio` modules of 4 columns.
    fn bars(text: &str, ratio: f32) -> Bars {
        let mut edges = vec![100.0_f32];
        let mut push = |width: f32| {
            let last = edges.last().copied().unwrap_or_default();
            edges.push(last + 4.0 * width);
        };
        for character in format!("*{text}*").bytes() {
            let index = CHARACTERS.iter().position(|c| *c == character).unwrap();
            for k in 0..9 {
                push(if PATTERNS[index] >> (8 - k) & 1 == 1 { ratio } else { 1.0 });
            }
            push(1.0);
        }
        edges.pop();
        Bars { edges }
    }

    #[test_case("G055BCBASKS5KFVT", 2.0; "narrow ratio")]
    #[test_case("A-1 $/+%.", 3.0; "wide ratio and signs")]
    fn reads_in_both_directions(text: &str, ratio: f32) {
        let bars = bars(text, ratio);
        let mut found = Vec::new();
        read(&bars, &mut found);
        assert_eq!(found.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), [text]);
        let pools = Pools::default();
        assert_eq!(*bars.reversed(&pools).reversed(&pools), bars);
    }

    #[test]
    fn every_pattern_has_three_wide_elements() {
        assert!(PATTERNS.iter().all(|p| p.count_ones() == 3));
    }
}
