//! Code 128 and GS1-128 (ISO/IEC 15417).

use crate::pipeline::decode::linear::character::{
    Columns, columns, growth, is_quiet_after, is_quiet_before, nearest,
};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// ISO/IEC 15417, table 1: widths of bar, space, bar, space, bar, space. The last is the stop character, whose
/// closing bar of two modules is not in the table.
pub const PATTERNS: [[u8; 6]; 107] = [
    [2, 1, 2, 2, 2, 2],
    [2, 2, 2, 1, 2, 2],
    [2, 2, 2, 2, 2, 1],
    [1, 2, 1, 2, 2, 3],
    [1, 2, 1, 3, 2, 2],
    [1, 3, 1, 2, 2, 2],
    [1, 2, 2, 2, 1, 3],
    [1, 2, 2, 3, 1, 2],
    [1, 3, 2, 2, 1, 2],
    [2, 2, 1, 2, 1, 3],
    [2, 2, 1, 3, 1, 2],
    [2, 3, 1, 2, 1, 2],
    [1, 1, 2, 2, 3, 2],
    [1, 2, 2, 1, 3, 2],
    [1, 2, 2, 2, 3, 1],
    [1, 1, 3, 2, 2, 2],
    [1, 2, 3, 1, 2, 2],
    [1, 2, 3, 2, 2, 1],
    [2, 2, 3, 2, 1, 1],
    [2, 2, 1, 1, 3, 2],
    [2, 2, 1, 2, 3, 1],
    [2, 1, 3, 2, 1, 2],
    [2, 2, 3, 1, 1, 2],
    [3, 1, 2, 1, 3, 1],
    [3, 1, 1, 2, 2, 2],
    [3, 2, 1, 1, 2, 2],
    [3, 2, 1, 2, 2, 1],
    [3, 1, 2, 2, 1, 2],
    [3, 2, 2, 1, 1, 2],
    [3, 2, 2, 2, 1, 1],
    [2, 1, 2, 1, 2, 3],
    [2, 1, 2, 3, 2, 1],
    [2, 3, 2, 1, 2, 1],
    [1, 1, 1, 3, 2, 3],
    [1, 3, 1, 1, 2, 3],
    [1, 3, 1, 3, 2, 1],
    [1, 1, 2, 3, 1, 3],
    [1, 3, 2, 1, 1, 3],
    [1, 3, 2, 3, 1, 1],
    [2, 1, 1, 3, 1, 3],
    [2, 3, 1, 1, 1, 3],
    [2, 3, 1, 3, 1, 1],
    [1, 1, 2, 1, 3, 3],
    [1, 1, 2, 3, 3, 1],
    [1, 3, 2, 1, 3, 1],
    [1, 1, 3, 1, 2, 3],
    [1, 1, 3, 3, 2, 1],
    [1, 3, 3, 1, 2, 1],
    [3, 1, 3, 1, 2, 1],
    [2, 1, 1, 3, 3, 1],
    [2, 3, 1, 1, 3, 1],
    [2, 1, 3, 1, 1, 3],
    [2, 1, 3, 3, 1, 1],
    [2, 1, 3, 1, 3, 1],
    [3, 1, 1, 1, 2, 3],
    [3, 1, 1, 3, 2, 1],
    [3, 3, 1, 1, 2, 1],
    [3, 1, 2, 1, 1, 3],
    [3, 1, 2, 3, 1, 1],
    [3, 3, 2, 1, 1, 1],
    [3, 1, 4, 1, 1, 1],
    [2, 2, 1, 4, 1, 1],
    [4, 3, 1, 1, 1, 1],
    [1, 1, 1, 2, 2, 4],
    [1, 1, 1, 4, 2, 2],
    [1, 2, 1, 1, 2, 4],
    [1, 2, 1, 4, 2, 1],
    [1, 4, 1, 1, 2, 2],
    [1, 4, 1, 2, 2, 1],
    [1, 1, 2, 2, 1, 4],
    [1, 1, 2, 4, 1, 2],
    [1, 2, 2, 1, 1, 4],
    [1, 2, 2, 4, 1, 1],
    [1, 4, 2, 1, 1, 2],
    [1, 4, 2, 2, 1, 1],
    [2, 4, 1, 2, 1, 1],
    [2, 2, 1, 1, 1, 4],
    [4, 1, 3, 1, 1, 1],
    [2, 4, 1, 1, 1, 2],
    [1, 3, 4, 1, 1, 1],
    [1, 1, 1, 2, 4, 2],
    [1, 2, 1, 1, 4, 2],
    [1, 2, 1, 2, 4, 1],
    [1, 1, 4, 2, 1, 2],
    [1, 2, 4, 1, 1, 2],
    [1, 2, 4, 2, 1, 1],
    [4, 1, 1, 2, 1, 2],
    [4, 2, 1, 1, 1, 2],
    [4, 2, 1, 2, 1, 1],
    [2, 1, 2, 1, 4, 1],
    [2, 1, 4, 1, 2, 1],
    [4, 1, 2, 1, 2, 1],
    [1, 1, 1, 1, 4, 3],
    [1, 1, 1, 3, 4, 1],
    [1, 3, 1, 1, 4, 1],
    [1, 1, 4, 1, 1, 3],
    [1, 1, 4, 3, 1, 1],
    [4, 1, 1, 1, 1, 3],
    [4, 1, 1, 3, 1, 1],
    [1, 1, 3, 1, 4, 1],
    [1, 1, 4, 1, 3, 1],
    [3, 1, 1, 1, 4, 1],
    [4, 1, 1, 1, 3, 1],
    [2, 1, 1, 4, 1, 2],
    [2, 1, 1, 2, 1, 4],
    [2, 1, 1, 2, 3, 2],
    [2, 3, 3, 1, 1, 1],
];

/// [`PATTERNS`], element by element.
static COLUMNS: Columns<6, 107> = columns(&PATTERNS);

/// Modules a character.
pub const MODULES: f32 = 11.0;
/// The first of the three start characters.
const START_A: usize = 103;
/// The stop character.
const STOP: usize = 106;
/// Modules of free space at both ends: the standard has ten, real labels have less.
const QUIET: f32 = 4.0;
/// Modules by which a bar and a space of a character that is clear differ from it in sum, at most.
const FAR: f32 = 1.4;
/// Characters a symbol may have, all told.
const MAX_CHARACTERS: usize = 90;

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    let mut k = 0;
    while k + 18 < bars.edges.len() {
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
    let widths = bars.widths::<6>(start)?;
    let mut length: f32 = widths.iter().sum();
    if !is_quiet_before(bars, start, length / MODULES, QUIET) {
        return None;
    }
    // All start characters begin with 2, 1 and 1 modules. A bar and a space beside it know no growth, and of what is clear
    // (see `Match::is_clear`) no two are farther off.
    let pair = |k: usize| (widths[k] + widths[k + 1]) * MODULES / length;
    if (pair(0) - 3.0).abs() > FAR || (pair(1) - 2.0).abs() > FAR {
        return None;
    }
    let first = nearest(&widths, &COLUMNS, MODULES, 0.0);
    // Growth is not known yet, so the start character's own is taken.
    let growth = growth(&widths, &PATTERNS[first.index]).clamp(-0.7, 0.7);
    let first = nearest(&widths, &COLUMNS, MODULES, growth);
    if !(START_A..STOP).contains(&first.index) || !first.is_clear() {
        return None;
    }
    let mut values = [0; MAX_CHARACTERS + 1];
    values[0] = first.index;
    let mut n = 1;
    let mut margin = first.margin;
    let mut k = start;
    loop {
        let widths = bars.widths::<6>(k)?;
        let sum: f32 = widths.iter().sum();
        // Perspective changes the module slowly.
        if (sum - length).abs() > 0.25 * length {
            return None;
        }
        length = sum;
        let this = nearest(&widths, &COLUMNS, MODULES, growth);
        if !this.is_clear() {
            return None;
        }
        margin = margin.min(this.margin);
        if k > start {
            *values.get_mut(n)? = this.index;
            n += 1;
        }
        k += 6;
        if this.index == STOP {
            break;
        }
    }
    let module = length / MODULES;
    let closing = bars.width(k) / module;
    if (closing - 2.0 - growth).abs() > 0.8 || !is_quiet_after(bars, k + 1, module, QUIET) {
        return None;
    }
    let (text, identifier) = text(values.get(..n - 1)?)?;
    let ends = (bars.edges[start], bars.edges[k + 1]);
    let mut reading = Reading::new(Symbology::Code128, text, identifier, ends);
    reading.module = (ends.1 - ends.0) / (n as f32 * MODULES + 2.0);
    reading.margin = margin;
    reading.growth = growth;
    Some((reading, k + 2))
}

/// Content and symbology identifier of `values`, which begin with the start character and end with the check
/// character; `None` where the check character or the code sets are wrong.
pub fn text(values: &[usize]) -> Option<(Text, &'static str)> {
    let (check, values) = values.split_last()?;
    let (start, characters) = values.split_first()?;
    // ISO/IEC 15417, annex A: the weights are 1 for the start character, then 1, 2, 3, …
    let sum: usize = start + characters.iter().enumerate().map(|(k, v)| (k + 1) * v).sum::<usize>();
    if sum % 103 != *check || characters.is_empty() {
        return None;
    }
    Content::new(*start).read(characters)
}

/// A code set (ISO/IEC 15417, 4.3.3).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Set {
    A,
    B,
    C,
}

/// The content as far as it has been read.
struct Content {
    set: Set,
    text: Text,
    identifier: &'static str,
    shifted: bool,
    // FNC4: for one character, and until further notice.
    extended: bool,
    latched: bool,
}

impl Content {
    /// No content yet.
    fn new(start: usize) -> Self {
        let set = match start - START_A {
            0 => Set::A,
            1 => Set::B,
            _ => Set::C,
        };
        Self {
            set,
            text: Text::default(),
            identifier: "]C0",
            shifted: false,
            extended: false,
            latched: false,
        }
    }

    fn read(mut self, values: &[usize]) -> Option<(Text, &'static str)> {
        for (k, value) in values.iter().enumerate() {
            let shifted = std::mem::take(&mut self.shifted);
            let set = match (self.set, shifted) {
                (Set::A, true) => Set::B,
                (Set::B, true) => Set::A,
                (set, _) => set,
            };
            self.character(k, *value, set)?;
        }
        Some((self.text, self.identifier))
    }

    fn character(&mut self, k: usize, value: usize, set: Set) -> Option<()> {
        match (value, set) {
            (102, _) => self.fnc1(k),
            (0..=99, Set::C) => {
                self.text.push(char::from_digit(u32::try_from(value / 10).ok()?, 10)?);
                self.text.push(char::from_digit(u32::try_from(value % 10).ok()?, 10)?);
            }
            (0..=63, _) | (64..=95, Set::B) => self.push(u8::try_from(value + 32).ok()?),
            (64..=95, Set::A) => self.push(u8::try_from(value - 64).ok()?),
            // FNC3 and FNC2 are for the reader, not content.
            (96 | 97, _) => {}
            (98, _) => self.shifted = true,
            (99, _) => self.set = Set::C,
            (100, Set::B) | (101, Set::A) => self.fnc4(),
            (100, _) => self.set = Set::B,
            (101, _) => self.set = Set::A,
            _ => return None,
        }
        Some(())
    }

    fn push(&mut self, byte: u8) {
        let extended = std::mem::take(&mut self.extended) != self.latched;
        // ISO/IEC 15417, 4.3.4: FNC4 adds 128, which is ISO/IEC 8859-1's upper half.
        self.text.push(char::from(if extended { byte | 0x80 } else { byte }));
    }

    fn fnc4(&mut self) {
        if std::mem::take(&mut self.extended) {
            self.latched = !self.latched;
        } else {
            self.extended = true;
        }
    }

    fn fnc1(&mut self, k: usize) {
        // ISO/IEC 15417, annex B: first makes it GS1-128, second an AIM application indicator.
        match k {
            0 => self.identifier = "]C1",
            1 if self.identifier == "]C0" && self.text.len() <= 2 => self.identifier = "]C2",
            _ => self.text.push('\u{1d}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use test_case::test_case;

    use super::*;

    #[test]
    fn the_table_is_whole() {
        let distinct: HashSet<_> = PATTERNS.iter().collect();
        assert_eq!(distinct.len(), PATTERNS.len());
        for pattern in PATTERNS {
            assert_eq!(pattern.iter().sum::<u8>(), 11);
        }
    }

    #[test_case(&[105, 102, 1, 95], "0195", "]C1"; "FNC1 first")]
    #[test_case(&[104, 33, 102, 34], "AB", "]C2"; "FNC1 second")]
    #[test_case(&[104, 33, 34, 102, 35], "AB\u{1d}C", "]C0"; "FNC1 within")]
    #[test_case(&[104, 100, 83, 34], "\u{f3}B", "]C0"; "FNC4 once")]
    #[test_case(&[104, 100, 100, 83, 83, 100, 34], "\u{f3}\u{f3}B", "]C0"; "FNC4 latched")]
    #[test_case(&[103, 33, 98, 65, 33], "AaA", "]C0"; "shift")]
    fn content(values: &[usize], expected: &str, identifier: &str) {
        let read = text(&checked(values));
        assert_eq!(read, Some((expected.into(), identifier)));
    }

    #[test]
    fn a_wrong_check_character_is_no_content() {
        let mut values = checked(&[104, 33, 34, 35]);
        assert!(text(&values).is_some());
        values[2] += 1;
        assert_eq!(text(&values), None);
    }

    fn checked(values: &[usize]) -> Vec<usize> {
        let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
        values.iter().copied().chain([sum % 103]).collect()
    }
}
