//! Interleaved 2 of 5 (ISO/IEC 16390).

use crate::pipeline::decode::linear::character::{is_quiet_after, is_quiet_before};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::linear::scan::every_start;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// ISO/IEC 16390, table 1: which two of the five elements of a digit are wide, the first highest.
pub const PATTERNS: [u8; 10] =
    [0b00110, 0b10001, 0b01001, 0b11000, 0b00101, 0b10100, 0b01100, 0b00011, 0b10010, 0b01010];

/// Free space at both ends, in narrow elements: the standard has ten.
const QUIET: f32 = 6.0;

/// Modules at both ends that hold a thin bar and a thin space.
const END: f32 = 2.2;

/// The least contrast there, of the whole symbol's.
const MIN_END: f32 = 0.3;

/// How far the free space beside it is from the middle between bars and spaces, of half their contrast, at least: what
/// covers a part of the symbol is rarely as light as the paper, and leaves an end that was none.
const MIN_FREE: f32 = 0.4;

/// By how much it may change, of the contrast: where some rows show bars there, others are only covered.
const MAX_UNEVEN: f32 = 0.35;

/// Digits a symbol has at least: it has no check character, and its start pattern is in many others.
const MIN_DIGITS: usize = 6;

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    every_start(bars, 5 * MIN_DIGITS + 7, found, read_at);
}

/// The narrow elements near a place, in columns: the growth of bars makes bars and spaces differ, perspective makes
/// both change from one end to the other.
#[derive(Debug, Clone, Copy)]
struct Narrow {
    bar: f32,
    space: f32,
}

impl Narrow {
    /// Those of the start pattern: two bars and two spaces.
    fn of_start([a, b, c, d]: [f32; 4]) -> Option<Self> {
        let narrow = Self { bar: f32::midpoint(a, c), space: f32::midpoint(b, d) };
        let sane = (0.35..2.8).contains(&(narrow.bar / narrow.space.max(1e-6)));
        (sane && is_alike(a, c) && is_alike(b, d)).then_some(narrow)
    }

    /// Their mean, where bars have not grown.
    fn mean(self) -> f32 {
        f32::midpoint(self.bar, self.space)
    }

    /// Whether `next` may be those of the neighbour.
    fn leads_to(self, next: Self) -> bool {
        is_alike(self.bar, next.bar) && is_alike(self.space, next.space)
    }
}

fn is_alike(a: f32, b: f32) -> bool {
    a < 1.7 * b && b < 1.7 * a
}

fn read_at(bars: &Bars, start: usize) -> Option<(Reading, usize)> {
    let mut narrow = Narrow::of_start(bars.widths::<4>(start)?)?;
    if !is_quiet_before(bars, start, narrow.mean(), QUIET) {
        return None;
    }
    let mut text = Text::default();
    let mut margin = 1.0_f32;
    let mut k = start + 4;
    while !is_end(bars, k, narrow) {
        let widths = bars.widths::<10>(k)?;
        // A digit of bars and a digit of spaces.
        let [dark, light] = [0, 1].map(|n| digit(&std::array::from_fn(|j| widths[2 * j + n])));
        let (dark, light) = (dark?, light?);
        let next = Narrow { bar: dark.narrow, space: light.narrow };
        let ratio = (dark.wide + light.wide) / (dark.narrow + light.narrow).max(1e-6);
        // ISO/IEC 16390, 4.4: 2 to 3.
        if !narrow.leads_to(next) || !(1.6..3.9).contains(&ratio) {
            return None;
        }
        narrow = next;
        margin = margin.min(dark.margin).min(light.margin);
        text.extend([dark, light].map(|d| char::from(b'0' + d.value)));
        k += 10;
    }
    if text.len() < MIN_DIGITS || margin < 0.3 {
        return None;
    }
    let ends = (bars.edges[start], bars.edges[k + 3]);
    let mut reading = Reading::new(Symbology::ITF, text, "]I0", ends);
    reading.module = narrow.mean();
    reading.margin = margin;
    Some((reading, k + 4))
}

/// Whether the thin bars at both ends of `reading` are as dark as its others, or nearly, and the free space beside them
/// as light as its spaces: where the print fades toward an end, or something covers it, more of the symbol may be
/// missing, and any four thin elements look like a beginning.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "columns are clamped to the profile"
)]
pub fn has_both_ends(profile: &[f32], reading: &Reading) -> bool {
    let (from, to) = reading.extent();
    let column = |x: f32| (x.max(0.0) as usize).min(profile.len());
    let part = |from: f32, to: f32| &profile[column(from)..column(to).max(column(from))];
    let range = |columns: &[f32]| {
        let dark = columns.iter().copied().fold(f32::MAX, f32::min);
        (dark, columns.iter().copied().fold(f32::MIN, f32::max))
    };
    let (dark, light) = range(part(from, to));
    let is_free = |beside: &[f32], (dark, light): (f32, f32)| {
        let (least, most) = range(beside);
        let middle = f32::midpoint(dark, light);
        let off = (least - middle).abs().min((most - middle).abs());
        let is_even = most - least < MAX_UNEVEN * (light - dark);
        beside.is_empty() || is_even && 2.0 * off > MIN_FREE * (light - dark)
    };
    // The thin bars of start and stop, without the wide one of stop, and the free space without its blurred rim.
    let (end, rim, free) = (END * reading.module, reading.module, (QUIET - 1.0) * reading.module);
    let ends = [
        (part(from - free, from - rim), range(part(from, from + end))),
        (part(to + rim, to + free), range(part(to - end, to))),
    ];
    ends.iter()
        .all(|(beside, end)| end.1 - end.0 > MIN_END * (light - dark) && is_free(beside, *end))
}

/// Whether the stop pattern, wide bar, narrow space, narrow bar, and free space are at `k`.
fn is_end(bars: &Bars, k: usize, narrow: Narrow) -> bool {
    let Some([wide, space, bar]) = bars.widths::<3>(k) else { return false };
    wide > 1.5 * bar.max(narrow.bar)
        && narrow.leads_to(Narrow { bar, space })
        && is_quiet_after(bars, k + 3, narrow.mean(), QUIET)
}

/// Five bars, or five spaces.
#[derive(Debug, Clone, Copy)]
struct Digit {
    value: u8,
    /// The mean width of its narrow elements.
    narrow: f32,
    /// The mean width of its wide ones.
    wide: f32,
    /// By how much the wide ones stand out.
    margin: f32,
}

fn digit(widths: &[f32; 5]) -> Option<Digit> {
    let mut order = [0, 1, 2, 3, 4];
    order.sort_by(|a: &usize, b: &usize| widths[*b].total_cmp(&widths[*a]));
    let pattern = 1 << (4 - order[0]) | 1 << (4 - order[1]);
    let value = u8::try_from(PATTERNS.iter().position(|p| *p == pattern)?).ok()?;
    let [wide, less, narrow, middle, least] = order.map(|k| widths[k]);
    let even = wide < 1.7 * less && narrow < 2.0 * least.max(0.5);
    let margin = (less - narrow) / less.max(1e-6);
    let (narrow, wide) = ((narrow + middle + least) / 3.0, f32::midpoint(wide, less));
    even.then_some(Digit { value, narrow, wide, margin })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    /// The bars of `text`, narrow elements of 4 columns and wide ones of 10, changed by what `bend` makes of them.
    fn bars(text: &str, bend: impl Fn(usize, f32) -> f32) -> Bars {
        let digits: Vec<u8> = text.bytes().map(|b| PATTERNS[usize::from(b - b'0')]).collect();
        let pairs = digits.chunks(2).flat_map(|pair| {
            (0..5).flat_map(move |k| pair.iter().map(move |p| p >> (4 - k) & 1 == 1))
        });
        let wide = [false; 4].into_iter().chain(pairs).chain([true, false, false]);
        let mut edges = vec![100.0];
        for (k, wide) in wide.enumerate() {
            let last = edges.last().copied().unwrap_or_default();
            edges.push(last + bend(k, if wide { 10.0 } else { 4.0 }));
        }
        Bars { edges }
    }

    fn texts(bars: &Bars) -> Vec<Text> {
        let mut found = Vec::new();
        read(bars, &mut found);
        found.into_iter().map(|reading| reading.text).collect()
    }

    #[test]
    fn thin_bars_and_a_changing_module_are_read() {
        let thin =
            |k: usize, width: f32| if k.is_multiple_of(2) { width - 1.3 } else { width + 1.3 };
        assert_eq!(texts(&bars("00012345678905", thin)), ["00012345678905"]);
        let slanted = |k: usize, width: f32| width * 1.015_f32.powi(i32::try_from(k).unwrap());
        assert_eq!(texts(&bars("30712345000010", slanted)), ["30712345000010"]);
    }

    #[test]
    fn an_uneven_pair_of_start_bars_is_no_start() {
        let broken = |k: usize, width: f32| if k == 2 { 10.0 } else { width };
        assert_eq!(texts(&bars("30712345000010", broken)), Vec::<Text>::new());
    }

    #[test_case(220.0, 220.0, true; "as light as the paper")]
    #[test_case(150.0, 150.0, false; "halfway to the bars")]
    #[test_case(220.0, 140.0, false; "bars in half of the rows")]
    fn free_space_is_as_light_as_the_spaces(beside: f32, bar: f32, expected: bool) {
        let bars = bars("307123", |_, width| width);
        let mut found = Vec::new();
        read(&bars, &mut found);
        let mut profile = vec![220.0_f32; 400];
        for bar in bars.edges.chunks_exact(2) {
            profile[bar[0] as usize..bar[1] as usize].fill(45.0);
        }
        profile[..100].fill(beside);
        profile[84..92].fill(bar);
        assert_eq!(
            found.iter().map(|r| has_both_ends(&profile, r)).collect::<Vec<_>>(),
            [expected]
        );
    }
}
