//! Code 93 (AIM BC5).

use crate::pipeline::decode::linear::character::{
    Columns, columns, growth, is_quiet_after, is_quiet_before, nearest,
};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::linear::scan::every_start;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// AIM BC5, table 1, in the order of `CHARACTERS`; then the four shift characters, and start and stop.
pub const PATTERNS: [[u8; 6]; 48] = [
    [1, 3, 1, 1, 1, 2],
    [1, 1, 1, 2, 1, 3],
    [1, 1, 1, 3, 1, 2],
    [1, 1, 1, 4, 1, 1],
    [1, 2, 1, 1, 1, 3],
    [1, 2, 1, 2, 1, 2],
    [1, 2, 1, 3, 1, 1],
    [1, 1, 1, 1, 1, 4],
    [1, 3, 1, 2, 1, 1],
    [1, 4, 1, 1, 1, 1],
    [2, 1, 1, 1, 1, 3],
    [2, 1, 1, 2, 1, 2],
    [2, 1, 1, 3, 1, 1],
    [2, 2, 1, 1, 1, 2],
    [2, 2, 1, 2, 1, 1],
    [2, 3, 1, 1, 1, 1],
    [1, 1, 2, 1, 1, 3],
    [1, 1, 2, 2, 1, 2],
    [1, 1, 2, 3, 1, 1],
    [1, 2, 2, 1, 1, 2],
    [1, 3, 2, 1, 1, 1],
    [1, 1, 1, 1, 2, 3],
    [1, 1, 1, 2, 2, 2],
    [1, 1, 1, 3, 2, 1],
    [1, 2, 1, 1, 2, 2],
    [1, 3, 1, 1, 2, 1],
    [2, 1, 2, 1, 1, 2],
    [2, 1, 2, 2, 1, 1],
    [2, 1, 1, 1, 2, 2],
    [2, 1, 1, 2, 2, 1],
    [2, 2, 1, 1, 2, 1],
    [2, 2, 2, 1, 1, 1],
    [1, 1, 2, 1, 2, 2],
    [1, 1, 2, 2, 2, 1],
    [1, 2, 2, 1, 2, 1],
    [1, 2, 3, 1, 1, 1],
    [1, 2, 1, 1, 3, 1],
    [3, 1, 1, 1, 1, 2],
    [3, 1, 1, 2, 1, 1],
    [3, 2, 1, 1, 1, 1],
    [1, 1, 2, 1, 3, 1],
    [1, 1, 3, 1, 2, 1],
    [2, 1, 1, 1, 3, 1],
    [1, 2, 1, 2, 2, 1],
    [3, 1, 2, 1, 1, 1],
    [3, 1, 1, 1, 2, 1],
    [1, 2, 2, 2, 1, 1],
    [1, 1, 1, 1, 4, 1],
];

/// [`PATTERNS`], element by element.
static COLUMNS: Columns<6, 48> = columns(&PATTERNS);

/// The data characters; the four shifts `($)`, `(%)`, `(/)`, `(+)` follow.
const CHARACTERS: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/// The index of the start and stop character.
const STAR: usize = 47;

/// Modules a character.
pub const MODULES: f32 = 9.0;

/// Free modules at both ends: the standard has ten.
const QUIET: f32 = 5.0;

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    every_start(bars, 25, found, read_at);
}

fn read_at(bars: &Bars, start: usize) -> Option<(Reading, usize)> {
    let widths = bars.widths::<6>(start)?;
    let mut length: f32 = widths.iter().sum();
    if !is_quiet_before(bars, start, length / MODULES, QUIET) {
        return None;
    }
    let growth = growth(&widths, &PATTERNS[STAR]).clamp(-0.7, 0.7);
    let mut values = Vec::new();
    let mut margin = 1.0_f32;
    let mut k = start;
    loop {
        let widths = bars.widths::<6>(k)?;
        let sum: f32 = widths.iter().sum();
        let this = nearest(&widths, &COLUMNS, MODULES, growth);
        let steady = (sum - length).abs() < 0.25 * length;
        if !steady || !this.is_clear() || (k == start && this.index != STAR) {
            return None;
        }
        length = sum;
        margin = margin.min(this.margin);
        k += 6;
        if k > start + 6 {
            if this.index == STAR {
                break;
            }
            values.push(this.index);
        }
    }
    let module = length / MODULES;
    let closing = bars.width(k) / module;
    if (closing - 1.0 - growth).abs() > 0.6 || !is_quiet_after(bars, k + 1, module, QUIET) {
        return None;
    }
    let text = text(&values)?;
    let ends = (bars.edges[start], bars.edges[k + 1]);
    let mut reading = Reading::new(Symbology::Code93, text, "]G0", ends);
    reading.module = module;
    reading.margin = margin;
    reading.growth = growth;
    Some((reading, k + 2))
}

/// The content of `values`, which end with the two check characters; `None` where those are wrong.
fn text(values: &[usize]) -> Option<Text> {
    let (k, rest) = values.split_last()?;
    let (c, content) = rest.split_last()?;
    // AIM BC5, 2.4: C has weights 1 to 20 from the right, K has 1 to 15 and covers C too.
    let sum = |values: &[usize], most: usize| {
        values.iter().rev().enumerate().map(|(n, v)| (n % most + 1) * v).sum::<usize>() % 47
    };
    if content.len() < 2 || sum(content, 20) != *c || sum(rest, 15) != *k {
        return None;
    }
    let mut text = Text::default();
    let mut characters = content.iter();
    while let Some(value) = characters.next() {
        match CHARACTERS.get(*value) {
            Some(character) => text.push(char::from(*character)),
            None => text.push(shifted(*value, *characters.next()?)?),
        }
    }
    Some(text)
}

/// AIM BC5, table 2: a shift character and a letter stand for one of the other ASCII characters.
fn shifted(shift: usize, letter: usize) -> Option<char> {
    let n = u8::try_from(letter.checked_sub(10)?).ok().filter(|n| *n < 26)?;
    let byte = match (shift, n) {
        (43, _) => n + 1,
        (44, 0..=4) => n + 27,
        (44, 5..=9) => n + 54,
        (44, 10..=14) => n + 81,
        (44, 15..=19) => n + 108,
        (44, 20) => 0,
        (44, 21) => b'@',
        (44, 22) => b'`',
        (44, _) => 127,
        (45, _) => n + 33,
        (46, _) => n + b'a',
        _ => return None,
    };
    Some(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters() {
        // AIM BC5's own example: TEST93 has + and 6.
        let values = [29, 14, 28, 29, 9, 3, 41, 6];
        assert_eq!(text(&values), Some("TEST93".into()));
        assert_eq!(text(&[29, 14, 28, 29, 9, 3, 41, 7]), None);
    }
}
