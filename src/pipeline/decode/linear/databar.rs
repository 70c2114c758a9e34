//! GS1 DataBar (ISO/IEC 24724): its linear kinds in one profile, its stacked kinds from several rows.
//!
//! None of them has a free zone, so what is asked of the widths is stricter than elsewhere: parts of known length
//! at known places, two known patterns, characters of known parity, and a check value over all.

pub mod element;
pub mod expanded;
pub mod finder;
pub mod limited;
pub mod omni;
pub mod stacked;
pub mod widths;

use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// The symbology identifier of all kinds (ISO/IEC 15424).
pub const IDENTIFIER: &str = "]e0";

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    // Two halves, or two blocks of which one lacks a character, at least.
    for k in (0..bars.edges.len().saturating_sub(36)).step_by(2) {
        omnidirectional(bars, k, found);
        limited(bars, k, found);
        expanded(bars, k, found);
    }
}

fn omnidirectional(bars: &Bars, k: usize, found: &mut Vec<Reading>) {
    let Some((left, right)) = omni::read(bars, k) else { return };
    let Some(text) = omni::text(&left, &right) else { return };
    let ends = (bars.edges[k], bars.edges[k + omni::ELEMENTS]);
    let mut reading = Reading::new(Symbology::DataBar, text, IDENTIFIER, ends);
    reading.module = f32::midpoint(left.module, right.module);
    reading.margin = left.margin().min(right.margin());
    reading.growth = left.growth();
    found.push(reading);
}

fn limited(bars: &Bars, k: usize, found: &mut Vec<Reading>) {
    let Some(symbol) = limited::read(bars, k) else { return };
    let ends = (bars.edges[k], bars.edges[k + limited::ELEMENTS]);
    let mut reading = Reading::new(Symbology::DataBar, symbol.text, IDENTIFIER, ends);
    reading.module = symbol.module;
    reading.margin = symbol.margin;
    reading.growth = symbol.growth;
    found.push(reading);
}

fn expanded(bars: &Bars, k: usize, found: &mut Vec<Reading>) {
    let Some(row) = expanded::row(bars, k, 1) else { return };
    if !row.n_blocks().is_some_and(|n| n == row.blocks.len() && row.follows(n, 0)) {
        return;
    }
    let Some(text) = expanded::bits(&row.blocks).and_then(|bits| element::text(&bits)) else {
        return;
    };
    let mut reading = Reading::new(Symbology::DataBarExpanded, text, IDENTIFIER, row.ends);
    reading.module = row.module;
    reading.margin = row.margin();
    reading.growth = row.growth;
    found.push(reading);
}

/// The 14 digits of a GTIN whose first 13 are `value`.
pub fn gtin(value: u64) -> Option<String> {
    let mut digits = format!("{value:013}");
    if digits.len() != 13 {
        return None;
    }
    digits.push(check_digit(&digits));
    Some(digits)
}

/// The check digit of the digits before it (GS1 General Specifications, 7.9).
pub fn check_digit(digits: &str) -> char {
    let weighted = |(k, d): (usize, u8)| u32::from(d - b'0') * if k % 2 == 0 { 3 } else { 1 };
    let digits = digits.bytes().filter(u8::is_ascii_digit).rev().enumerate();
    let sum: u32 = digits.map(weighted).sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::linear::reading::Text;

    /// Bars of 4 columns a module, `growth` columns too wide, from the first bar to the last.
    fn bars(widths: &str, growth: f32) -> Bars {
        let mut edges = vec![50.0 - growth / 2.0];
        for (k, width) in widths.bytes().enumerate() {
            let width = 4.0 * f32::from(width - b'0');
            let last = edges.last().copied().unwrap_or_default();
            edges.push(last + if k.is_multiple_of(2) { width + growth } else { width - growth });
        }
        Bars { edges }
    }

    fn texts(bars: &Bars) -> Vec<Text> {
        let mut found = Vec::new();
        read(bars, &mut found);
        found.into_iter().map(|reading| reading.text).collect()
    }

    #[test_case("111331151274111221215125121112112833212123211", "20012345678909"; "omnidirectional")]
    #[test_case("111632111411121112111121122113322111111144111", "01234567890128"; "limited")]
    #[test_case(
        "11321512218411341223111141322311463211333131411143236411112412511",
        "01900123456789083103001750";
        "expanded"
    )]
    fn one_row(widths: &str, text: &str) {
        for growth in [0.0, 1.4, -1.4] {
            assert_eq!(texts(&bars(widths, growth)), [text], "growth {growth}");
        }
        // A module that went from one element to its neighbour but one: some check fails wherever it is.
        for k in 1..widths.len() - 3 {
            let mut changed = widths.as_bytes().to_vec();
            if changed[k] > b'1' {
                changed[k] -= 1;
                changed[k + 2] += 1;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(texts(&bars(&changed, 0.0)), Vec::<Text>::new(), "element {k}");
            }
        }
    }
}
