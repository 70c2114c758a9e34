//! The add-on symbols of two and five digits on the right of EAN-13, UPC-A and UPC-E (ISO/IEC 15420, GS1 General
//! Specifications 5.2.2).
//!
//! They are short and check little, so they are asked for only beside a symbol that was read, and what several bands of
//! rows read there must agree.

use std::ops::RangeInclusive;

use crate::pipeline::decode::linear::character::{is_quiet_after, nearest};
use crate::pipeline::decode::linear::ean::{LEFT, MODULES, as_text, digit, set_b};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::pool::{Pools, Profile};
use crate::pipeline::decode::profile::{Bars, sharpened};
use crate::pipeline::decode::strip::{BANDS, Strip};
use crate::pipeline::symbol::Symbology;

/// Which digits are of set B: of two digits for each remainder of their value by four, of five for each check value.
const PARITY_2: [u8; 4] = [0b00, 0b01, 0b10, 0b11];
const PARITY_5: [u8; 10] = [
    0b1_1000, 0b1_0100, 0b1_0010, 0b1_0001, 0b0_1100, 0b0_0110, 0b0_0011, 0b0_1010, 0b0_1001,
    0b0_0101,
];

/// Modules between the symbol and its add-on. The standard has 7 to 12, labels are not so exact.
const GAP: RangeInclusive<f32> = 5.0..=14.0;

/// Free modules after it, at least: the standard has 5.
const QUIET: f32 = 4.0;

/// Most digits of an add-on: after so many no more can be lost beyond the rim of the picture, and so many free modules
/// are enough to be seen there.
const MAX_DIGITS: usize = 5;
const MIN_SEEN: f32 = 1.5;

/// Modules of the symbol that are seen with it: edges are told by the contrast nearby.
const END: f32 = 10.0;

/// Modules after the symbol in which an add-on begins.
const BEGINNING: f32 = 24.0;

/// Modules after the symbol in which the longest add-on ends, with the free space after it.
const WHOLE: f32 = 14.0 + 47.0 + 8.0;

/// Modules of the bars 1011 it begins with, and of the 01 between two digits.
const GUARD: f32 = 4.0;
const DELINEATOR: f32 = 2.0;

/// Bands in which its beginning is looked for: the digits above it take the uppermost.
const LOOKED_AT: [usize; 2] = [5, 3];

/// Most rows that are averaged in a band.
const MAX_ROWS: usize = 8;

/// From how far blur is taken out of a profile, in columns, and how much of it, in turn; `None` as it is.
const SHARPENINGS: [Option<(usize, f32)>; 3] = [None, Some((1, 1.0)), Some((2, 1.5))];

/// Bands that read the same, at least: of two digits, which check less and may be what is left of five; of five.
const MIN_BANDS_2: u32 = 4;
const MIN_BANDS_5: u32 = 3;

/// The add-on beside what was read in `strip`, whose bars go from row to row of `rows`; `None` where there is none and
/// where it is not sure.
pub fn read(strip: &Strip<'_>, reading: &Reading, rows: (f32, f32)) -> Option<String> {
    let bears = [Symbology::Ean13, Symbology::UpcA, Symbology::UpcE].contains(&reading.symbology);
    let (top, bottom) = rows;
    let rows = if reading.backward { (bottom, top) } else { rows };
    let side = Side { strip: strip.extended(reading.extent()), reading, rows };
    let pools = strip.pools();
    let begins = |band| begins(&side.profile(band, BEGINNING), reading, pools);
    if !bears || !LOOKED_AT.into_iter().any(begins) {
        return None;
    }
    let profiles: [Profile<'_>; BANDS] = std::array::from_fn(|band| side.profile(band, WHOLE));
    let mut votes = Votes::default();
    for sharpening in SHARPENINGS {
        for (band, profile) in profiles.iter().enumerate() {
            let bars = match sharpening {
                None => Bars::of(profile, 0.25, pools),
                Some(by) => Bars::of(&sharpened(profile, by, pools), 0.2, pools),
            };
            match find(&bars, reading.module) {
                Some(Found::Whole(text, end)) if side.is_free(band, &text, end) => {
                    votes.add(text, 1 << band);
                }
                Some(Found::Other) => votes.other |= 1 << band,
                _ => {}
            }
        }
        if let Some(text) = votes.winner() {
            return Some(text.into());
        }
    }
    None
}

/// What bands read.
#[derive(Default)]
struct Votes {
    /// Each content with the bands that read it: bit k is band k.
    texts: Vec<(Text, u32)>,
    /// Bands that saw its beginning and no end of it.
    other: u32,
}

impl Votes {
    fn add(&mut self, text: Text, bands: u32) {
        match self.texts.iter_mut().find(|(other, _)| *other == text) {
            Some((_, others)) => *others |= bands,
            None => self.texts.push((text, bands)),
        }
    }

    /// What enough bands say and few others contradict.
    fn winner(&self) -> Option<Text> {
        let (text, bands) = self.texts.iter().max_by_key(|(_, bands)| bands.count_ones())?;
        let all: u32 = self.texts.iter().map(|(_, bands)| bands.count_ones()).sum();
        // What is left of five digits may look like two where others see more or less of it.
        let (least, other) = if text.len() < MAX_DIGITS {
            (MIN_BANDS_2, self.other & !bands)
        } else {
            (MIN_BANDS_5, 0)
        };
        let (n, against) = (bands.count_ones(), all - bands.count_ones() + other.count_ones());
        (n >= least && n >= 3 * against).then(|| text.clone())
    }
}

/// The place to the right of a symbol, as the symbol stands.
struct Side<'s, 'a> {
    strip: Strip<'a>,
    reading: &'s Reading,
    /// Where the bars of the symbol begin and end, as values of v, from its own top.
    rows: (f32, f32),
}

impl<'a> Side<'_, 'a> {
    /// The rows of a band of the symbol's height.
    fn band(&self, band: usize) -> (f32, f32) {
        let (top, bottom) = self.rows;
        let edge = |k: usize| top + (bottom - top) * k as f32 / BANDS as f32;
        (edge(band), edge(band + 1))
    }

    /// The profile of a band from the symbol's last characters to so many modules after it, its bars dark.
    fn profile(&self, band: usize, modules: f32) -> Profile<'a> {
        let module = self.reading.module;
        let (left, right) = self.reading.extent();
        let columns = if self.reading.backward {
            (left - modules * module, left + END * module)
        } else {
            (right - END * module, right + modules * module)
        };
        let mut profile = self.strip.mean_of_columns(columns, self.band(band), MAX_ROWS);
        if self.reading.backward {
            profile.reverse();
        }
        // Free space is lighter than bars and spaces are on average, unless print is light on dark.
        let shade = |from: f32, to: f32| {
            let [from, to] = [from, to].map(|modules| ((END + modules) * module) as usize);
            let columns = profile.get(from..to).unwrap_or_default();
            columns.iter().sum::<f32>() / columns.len().max(1) as f32
        };
        if shade(1.0, 4.0) < shade(-END, 0.0) {
            for value in &mut *profile {
                *value = 255.0 - *value;
            }
        }
        profile
    }

    /// Whether the picture shows enough of the free space after an add-on that ends with this column of the profile of
    /// a band.
    fn is_free(&self, band: usize, text: &str, end: f32) -> bool {
        let module = self.reading.module;
        let seen = if text.len() < MAX_DIGITS { QUIET } else { MIN_SEEN };
        let after = end + (seen - END) * module;
        let (left, right) = self.reading.extent();
        let column = if self.reading.backward { left - after } else { right + after };
        let (from, to) = self.band(band);
        self.strip.is_seen(self.strip.point(column, f32::midpoint(from, to)))
    }
}

/// Whether bars begin where those of an add-on do.
fn begins(profile: &[f32], reading: &Reading, pools: &Pools) -> bool {
    let bars = Bars::of(profile, 0.25, pools);
    let n = bars.edges.len();
    (2..n.saturating_sub(3)).step_by(2).any(|k| {
        GAP.contains(&(bars.before(k) / reading.module)) && bars.width(k) < 5.0 * reading.module
    })
}

/// What one profile was read as.
enum Found {
    /// An add-on with free space after it, and the column where it ends.
    Whole(Text, f32),
    /// The bars of one's beginning, and then something else.
    Other,
}

/// The add-on somewhere in `bars`, after the bars 101 that a symbol ends with.
fn find(bars: &Bars, module: f32) -> Option<Found> {
    (4..bars.edges.len()).step_by(2).find_map(|start| read_at(bars, start, module))
}

/// The add-on whose first bar is element `start`.
fn read_at(bars: &Bars, start: usize, module: f32) -> Option<Found> {
    if !GAP.contains(&(bars.before(start) / module)) {
        return None;
    }
    let growth = guards(bars, start, module)?;
    Some(whole(bars, start, (module, growth)).unwrap_or(Found::Other))
}

/// The same where the bars it begins with are those of an add-on.
fn whole(bars: &Bars, start: usize, (module, growth): (f32, f32)) -> Option<Found> {
    let mut near = (bars.edges.get(start + 3)? - bars.edges.get(start)?) / (GUARD + growth);
    let (mut indices, mut at) = (Vec::new(), start + 3);
    while indices.len() < MAX_DIGITS {
        let (index, this) = digit_at(bars, at, growth)?;
        if !is_like(this, near) || !is_like(this, module) {
            return None;
        }
        indices.push(index);
        (at, near) = (at + 4, this);
        if is_quiet_after(bars, at, near, QUIET) {
            return Some(Found::Whole(text(&indices)?, *bars.edges.get(at)?));
        }
        if !is_delineator(bars, at, near, growth) {
            return None;
        }
        at += 2;
    }
    None
}

/// The index of the digit that begins with element `at`, and its columns a module.
fn digit_at(bars: &Bars, at: usize, growth: f32) -> Option<(usize, f32)> {
    let widths = bars.widths::<4>(at)?;
    let found = nearest(&widths, &LEFT, MODULES, -growth);
    found.is_clear().then(|| (found.index, widths.iter().sum::<f32>() / MODULES))
}

/// Whether elements `at` and the next are the space and the bar between two digits.
fn is_delineator(bars: &Bars, at: usize, module: f32, growth: f32) -> bool {
    bars.widths::<2>(at).is_some_and(|[space, bar]| {
        is_like((space + bar) / DELINEATOR, module)
            && ((bar - space) / DELINEATOR / module - growth).abs() < 0.4
    })
}

/// Whether modules are as wide, but for print and perspective.
fn is_like(module: f32, other: f32) -> bool {
    (module / other - 1.0).abs() < 0.25
}

/// The growth of bars in modules, by the symbol's last bars 101 and the first ones 1011 of the add-on that begins with
/// element `start`; `None` where they are something else.
fn guards(bars: &Bars, start: usize, module: f32) -> Option<f32> {
    let [a, b, c, _, d, e, f] = bars.widths::<7>(start.checked_sub(4)?)?.map(|w| w / module);
    let bar = (a + c + d + f - 1.0) / 4.0;
    let space = f32::midpoint(b, e);
    let growth = (bar - space) / 2.0;
    let fits = |width: f32, modules: f32| (width - modules).abs() < 0.5;
    let are = [a, c, d].into_iter().all(|w| fits(w - growth, 1.0))
        && [b, e].into_iter().all(|w| fits(w + growth, 1.0))
        && fits(f - growth, 2.0);
    (growth.abs() < 0.7 && are).then_some(growth)
}

/// The digits of indices of the sets A and B; `None` where they are neither two nor five, or their parity is wrong.
fn text(indices: &[usize]) -> Option<Text> {
    let digits: Vec<u8> = indices.iter().map(|index| digit(*index)).collect();
    let (parities, value) = match digits[..] {
        [tens, ones] => (&PARITY_2[..], (10 * tens + ones) % 4),
        [a, b, c, d, e] => {
            let sum = 3 * [a, c, e].map(u16::from).iter().sum::<u16>() + 9 * u16::from(b + d);
            (&PARITY_5[..], (sum % 10) as u8)
        }
        _ => return None,
    };
    (parities.get(usize::from(value)) == Some(&set_b(indices))).then(|| as_text(&digits))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::linear::ean::{LEADING, PATTERNS};
    use crate::pipeline::decode::{Formats, decode};
    use crate::pipeline::frame::Picture;

    const MODULE: usize = 3;
    const HEIGHT: usize = 150;
    const MAIN: &str = "9780735200449";

    fn bars(widths: impl IntoIterator<Item = u8>, first: bool) -> Vec<bool> {
        let elements = widths.into_iter().enumerate();
        elements.flat_map(|(k, n)| vec![k.is_multiple_of(2) == first; n.into()]).collect()
    }

    fn digits(text: &str, set_b: u8) -> Vec<usize> {
        let bit = |k: usize| usize::from(set_b >> (text.len() - 1 - k) & 1);
        text.bytes().enumerate().map(|(k, c)| usize::from(c - b'0') + 10 * bit(k)).collect()
    }

    /// The modules of an EAN-13 symbol, true for a bar.
    fn main_symbol() -> Vec<bool> {
        let left = digits(&MAIN[1..7], LEADING[usize::from(MAIN.as_bytes()[0] - b'0')]);
        let mut modules = vec![true, false, true];
        modules.extend(left.into_iter().flat_map(|d| bars(PATTERNS[d], false)));
        modules.extend([false, true, false, true, false]);
        modules.extend(digits(&MAIN[7..], 0).into_iter().flat_map(|d| bars(PATTERNS[d], true)));
        modules.extend([true, false, true]);
        modules
    }

    /// The modules of an add-on whose digits are of these sets.
    fn add_on(text: &str, set_b: u8) -> Vec<bool> {
        let mut modules = vec![true, false, true, true];
        for (k, d) in digits(text, set_b).into_iter().enumerate() {
            modules.extend([false, true].iter().filter(|_| k > 0));
            modules.extend(bars(PATTERNS[d], false));
        }
        modules
    }

    /// A picture of a symbol and what stands beside it, `beside(y)` for each row of it.
    fn picture(beside: impl Fn(usize) -> Vec<bool>) -> Picture {
        let width = (95 + 9 + 47 + 30) * MODULE;
        let mut luma = Vec::new();
        for y in 0..HEIGHT + 80 {
            let mut row = vec![220_u8; width];
            if let Some(y) = y.checked_sub(40).filter(|y| *y < HEIGHT) {
                let symbol = main_symbol();
                let gap = vec![false; 9];
                let below_digits = if y < 20 { Vec::new() } else { beside(y) };
                for (k, _) in
                    [symbol, gap, below_digits].concat().iter().enumerate().filter(|m| *m.1)
                {
                    row[(k + 12) * MODULE..][..MODULE].fill(30);
                }
            }
            luma.extend(row);
        }
        let height = u32::try_from(HEIGHT + 80).unwrap();
        Picture::new(u32::try_from(width).unwrap(), height, luma).unwrap()
    }

    fn changed(picture: &Picture, change: impl Fn(&mut Vec<u8>)) -> Picture {
        let mut luma = picture.luma().to_vec();
        change(&mut luma);
        Picture::new(picture.width(), picture.height(), luma).unwrap()
    }

    /// What is read: the symbol itself, whatever is beside it, and its add-on.
    fn read(picture: &Picture) -> Option<String> {
        let found = decode(picture, &Formats::all());
        let [symbol] = &found[..] else { panic!("{found:?}") };
        assert_eq!((symbol.text.as_str(), symbol.identifier.as_str()), (MAIN, "]E0"));
        symbol.add_on.clone()
    }

    // 12 is 0 of 4 and 07 is 3; 51299 has check value 3 * (5 + 2 + 9) + 9 * (1 + 9) = 138, and 52495 has 141.
    #[test_case("12", 0b00)]
    #[test_case("07", 0b11)]
    #[test_case("51299", 0b0_1001)]
    #[test_case("52495", 0b1_0100)]
    fn two_and_five_digits_are_read_wherever_they_stand(text: &str, set_b: u8) {
        let upright = picture(|_| add_on(text, set_b));
        let turned = changed(&upright, |luma| luma.reverse());
        let light = changed(&upright, |luma| luma.iter_mut().for_each(|v| *v = 250 - *v));
        for picture in [upright, turned, light] {
            assert_eq!(read(&picture).as_deref(), Some(text));
        }
    }

    #[test_case("12", 0b01)]
    #[test_case("52495", 0b1_0010)]
    #[test_case("52495", 0b0_0000)]
    #[test_case("524", 0b100; "neither two nor five")]
    fn other_parity_is_no_add_on(text: &str, set_b: u8) {
        assert_eq!(read(&picture(|_| add_on(text, set_b))), None);
    }

    #[test]
    fn what_is_left_of_five_digits_is_not_two() {
        // The first two of 52101 are of set A, as those of 52 are.
        assert_eq!(read(&picture(|_| add_on("52", 0b00))).as_deref(), Some("52"));
        assert_eq!(read(&picture(|_| add_on("52101", 0b0_0101))).as_deref(), Some("52101"));
        // Torn a little aslant, between the digits in most rows.
        let torn = |y: usize| {
            let mut modules = add_on("52101", 0b0_0101);
            modules.truncate(19 + y / 60);
            modules
        };
        assert_eq!(read(&picture(torn)), None);
    }

    #[test]
    fn bands_that_read_otherwise_count_against_it() {
        let right = |y: usize| y < HEIGHT * 3 / 4;
        let rows = |y: usize| add_on(if right(y) { "12" } else { "16" }, 0b00);
        assert_eq!(read(&picture(rows)), None);
        let votes = |texts: &[(&str, u32)], other: u32| Votes {
            texts: texts.iter().map(|(text, bands)| ((*text).into(), *bands)).collect(),
            other,
        };
        assert_eq!(votes(&[("52495", 0b111)], 0b1111_1000).winner().as_deref(), Some("52495"));
        assert_eq!(votes(&[("52495", 0b11)], 0).winner(), None);
        assert_eq!(votes(&[("12", 0b111)], 0).winner(), None);
        assert_eq!(votes(&[("12", 0b1111)], 0b11_0000).winner(), None);
    }

    #[test]
    fn without_free_space_after_it_there_is_none() {
        let followed = |_| {
            let mut modules = add_on("12", 0b00);
            modules.extend([false, false, true, true, true]);
            modules
        };
        assert_eq!(read(&picture(followed)), None);
    }
}
