//! Interleaved 2 of 5 (ISO/IEC 16390).

use crate::pipeline::decode::linear::character::{is_quiet_after, is_quiet_before};
use crate::pipeline::decode::linear::{Reading, Slot};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// ISO/IEC 16390, table 1: which two of the five elements of a digit are wide, the first highest.
pub const PATTERNS: [u8; 10] =
    [0b00110, 0b10001, 0b01001, 0b11000, 0b00101, 0b10100, 0b01100, 0b00011, 0b10010, 0b01010];

/// Free space at both ends, in narrow elements: the standard has ten.
const QUIET: f32 = 6.0;

/// Digits a symbol has at least: it has no check character, and its start pattern is in many others.
const MIN_DIGITS: usize = 6;

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    let mut k = 0;
    while k + 5 * MIN_DIGITS + 7 <= bars.edges.len() {
        match read_at(bars, k) {
            Some((reading, next)) => {
                found.push(reading);
                k = next;
            }
            None => k += 2,
        }
    }
}

fn read_at(bars: &Bars, start: usize) -> Option<(Reading, usize)> {
    let opening = bars.widths::<4>(start)?;
    let narrow = opening.iter().sum::<f32>() / 4.0;
    let even = opening.iter().all(|w| (w / narrow - 1.0).abs() < 0.5);
    if !even || !is_quiet_before(bars, start, narrow, QUIET) {
        return None;
    }
    let mut text = String::new();
    let mut slots = Vec::new();
    let mut margin = 1.0_f32;
    let mut k = start + 4;
    while !is_end(bars, k, narrow) {
        let widths = bars.widths::<10>(k)?;
        // A digit of bars and a digit of spaces.
        for offset in 0..2 {
            let five: [f32; 5] = std::array::from_fn(|n| widths[2 * n + offset]);
            let (digit, clear) = digit(&five)?;
            margin = margin.min(clear);
            text.push(char::from(b'0' + digit));
        }
        let length: f32 = widths.iter().sum();
        if !(11.0..22.0).contains(&(length / narrow)) {
            return None;
        }
        slots.push(Slot { from: bars.edges[k], to: bars.edges[k + 10], value: 0 });
        k += 10;
    }
    if text.len() < MIN_DIGITS || margin < 0.3 {
        return None;
    }
    let ends = (bars.edges[start], bars.edges[k + 3]);
    let mut reading = Reading::new(Symbology::ITF, text, "]I0", ends);
    reading.module = narrow;
    reading.margin = margin;
    reading.slots = slots;
    Some((reading, k + 4))
}

/// Whether the stop pattern, wide bar, narrow space, narrow bar, and free space are at `k`.
fn is_end(bars: &Bars, k: usize, narrow: f32) -> bool {
    let Some([wide, space, bar]) = bars.widths::<3>(k) else { return false };
    let thin = space.max(bar);
    wide > 1.6 * thin && thin < 1.6 * narrow && is_quiet_after(bars, k + 3, narrow, QUIET)
}

/// The digit of five bars or five spaces, and by how much its two wide ones stand out.
fn digit(widths: &[f32; 5]) -> Option<(u8, f32)> {
    let mut order = [0, 1, 2, 3, 4];
    order.sort_by(|a: &usize, b: &usize| widths[*b].total_cmp(&widths[*a]));
    let pattern = 1 << (4 - order[0]) | 1 << (4 - order[1]);
    let digit = PATTERNS.iter().position(|p| *p == pattern)?;
    let [wide, less, narrow, least] = [order[0], order[1], order[2], order[4]].map(|k| widths[k]);
    let even = wide < 1.7 * less && narrow < 2.0 * least.max(0.5);
    let margin = (less - narrow) / less.max(1e-6);
    even.then_some((u8::try_from(digit).ok()?, margin))
}
