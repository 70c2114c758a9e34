//! EAN-13, EAN-8, UPC-A and UPC-E (ISO/IEC 15420).

use crate::pipeline::decode::linear::character::{
    Columns, columns, is_quiet_after, is_quiet_before, nearest,
};
use crate::pipeline::decode::linear::reading::{Reading, Text};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::Symbology;

/// ISO/IEC 15420, table 1, number set A: widths of space, bar, space, bar; then set B, the same backward.
/// Set C has the widths of set A, beginning with a bar.
pub const PATTERNS: [[u8; 4]; 20] = [
    [3, 2, 1, 1],
    [2, 2, 2, 1],
    [2, 1, 2, 2],
    [1, 4, 1, 1],
    [1, 1, 3, 2],
    [1, 2, 3, 1],
    [1, 1, 1, 4],
    [1, 3, 1, 2],
    [1, 2, 1, 3],
    [3, 1, 1, 2],
    [1, 1, 2, 3],
    [1, 2, 2, 2],
    [2, 2, 1, 2],
    [1, 1, 4, 1],
    [2, 3, 1, 1],
    [1, 3, 2, 1],
    [4, 1, 1, 1],
    [2, 1, 3, 1],
    [3, 1, 2, 1],
    [2, 1, 1, 3],
];

/// The digits on the left, of sets A and B, element by element.
pub static LEFT: Columns<4, 20> = columns(&PATTERNS);
/// The digits on the right.
static RIGHT: Columns<4, 10> = columns(&PATTERNS);

/// ISO/IEC 15420, table 3: which of the six left digits are of set B, for each leading digit of EAN-13.
pub const LEADING: [u8; 10] = [
    0b00_0000, 0b00_1011, 0b00_1101, 0b00_1110, 0b01_0011, 0b01_1001, 0b01_1100, 0b01_0101,
    0b01_0110, 0b01_1010,
];

/// ISO/IEC 15420, table 5: the same for each check digit of UPC-E, number system 0; system 1 is the complement.
const UPC_E_CHECK: [u8; 10] = [
    0b11_1000, 0b11_0100, 0b11_0010, 0b11_0001, 0b10_1100, 0b10_0110, 0b10_0011, 0b10_1010,
    0b10_1001, 0b10_0101,
];

/// Modules a digit.
pub const MODULES: f32 = 7.0;

/// A kind of symbol by its elements: digits left and right of what is in the middle.
struct Layout {
    left: usize,
    right: usize,
    /// Elements of the middle guard.
    middle: usize,
    /// Elements of the guard at the end.
    end: usize,
    /// Free modules at each end. The standard has 7 to 11; the short kinds are easily seen in other
    /// symbols, so they must have most of it.
    quiet: f32,
}

const EAN_13: Layout = Layout { left: 6, right: 6, middle: 5, end: 3, quiet: 3.5 };
const EAN_8: Layout = Layout { left: 4, right: 4, middle: 5, end: 3, quiet: 5.0 };
const UPC_E: Layout = Layout { left: 6, right: 0, middle: 0, end: 6, quiet: 5.0 };

impl Layout {
    fn elements(&self) -> usize {
        3 + 4 * (self.left + self.right) + self.middle + self.end
    }

    fn modules(&self) -> f32 {
        MODULES * (self.left + self.right) as f32 + (3 + self.middle + self.end) as f32
    }
}

/// Most digits of a symbol that are drawn as such.
const MOST: usize = 12;

/// What the digits of a symbol were read as: indices of [`PATTERNS`], and how sure that is.
struct Digits {
    indices: [usize; MOST],
    margin: f32,
    growth: f32,
}

/// The symbols that start somewhere in `bars`.
pub fn read(bars: &Bars, found: &mut Vec<Reading>) {
    for (layout, text) in [
        (&EAN_13, ean_13 as fn(&[usize]) -> Option<(Symbology, Text)>),
        (&EAN_8, ean_8),
        (&UPC_E, upc_e),
    ] {
        let elements = layout.elements();
        for start in (0..bars.edges.len().saturating_sub(elements)).step_by(2) {
            let Some(digits) = digits(bars, start, layout) else { continue };
            let indices = &digits.indices[..layout.left + layout.right];
            let Some((symbology, text)) = text(indices) else { continue };
            let ends = (bars.edges[start], bars.edges[start + elements]);
            let mut reading = Reading::new(symbology, text, "]E0", ends);
            reading.module = (ends.1 - ends.0) / layout.modules();
            reading.margin = digits.margin;
            reading.growth = digits.growth;
            if symbology == Symbology::Ean8 {
                reading.identifier = "]E4";
            }
            found.push(reading);
        }
    }
}

fn digits(bars: &Bars, start: usize, layout: &Layout) -> Option<Digits> {
    let elements = layout.elements();
    let module = (bars.edges.get(start + elements)? - bars.edges[start]) / layout.modules();
    let quiet = is_quiet_before(bars, start, module, layout.quiet)
        && is_quiet_after(bars, start + elements, module, layout.quiet);
    if !quiet {
        return None;
    }
    let growth = guards(bars, start, layout, module)?;
    let mut digits = Digits { indices: [0; MOST], margin: 1.0, growth };
    let middle = start + 3 + 4 * layout.left;
    let left = (0..layout.left).map(|n| start + 3 + 4 * n);
    let right = (0..layout.right).map(|n| middle + layout.middle + 4 * n);
    // Seen on a bottle modules grow narrow toward the sides, but from digit to digit they are alike.
    let mut near = (bars.edges[start + 3] - bars.edges[start]) / (3.0 + growth);
    for (n, k) in left.chain(right).enumerate() {
        let is_left = n < layout.left;
        let widths = bars.widths::<4>(k)?;
        let length: f32 = widths.iter().sum();
        let differs = |module: f32| (length / MODULES / module - 1.0).abs();
        if differs(module) > 0.3 && differs(near) > 0.15 {
            return None;
        }
        let this = if is_left {
            nearest(&widths, &LEFT, MODULES, -growth)
        } else {
            nearest(&widths, &RIGHT, MODULES, growth)
        };
        if !this.is_clear() {
            return None;
        }
        digits.margin = digits.margin.min(this.margin);
        digits.indices[n] = this.index;
        near = (bars.edges[k + 4] - bars.edges[k]) / MODULES;
    }
    Some(digits)
}

/// The growth of bars by the guards, whose elements are all of one module; `None` where they are not.
fn guards(bars: &Bars, start: usize, layout: &Layout, module: f32) -> Option<f32> {
    let middle = start + 3 + 4 * layout.left;
    let end = start + layout.elements() - layout.end;
    let mut sums = [(0.0_f32, 0.0_f32); 2];
    let guards =
        (start..start + 3).chain(middle..middle + layout.middle).chain(end..end + layout.end);
    for k in guards.clone() {
        let sum = &mut sums[(k - start) % 2];
        *sum = (sum.0 + bars.width(k) / module, sum.1 + 1.0);
    }
    let [bar, space] = sums.map(|(sum, n)| sum / n.max(1.0));
    let growth = (bar - space) / 2.0;
    let fits = |k: usize| {
        let sign = if (k - start).is_multiple_of(2) { growth } else { -growth };
        (bars.width(k) / module - 1.0 - sign).abs() < 0.65
    };
    (growth.abs() < 0.7 && guards.clone().all(fits)).then_some(growth)
}

/// Which of these indices of [`PATTERNS`] are of set B, the first one's bit the highest.
pub fn set_b(left: &[usize]) -> u8 {
    left.iter().fold(0, |bits, index| bits << 1 | u8::from(*index >= 10))
}

/// The digit that an index of [`PATTERNS`] stands for.
pub fn digit(index: usize) -> u8 {
    u8::try_from(index % 10).unwrap_or_default()
}

/// EAN-13 or UPC-A of twelve indices of [`PATTERNS`]; `None` where parity or the check digit is wrong.
pub fn ean_13(indices: &[usize]) -> Option<(Symbology, Text)> {
    let parity = set_b(indices.get(..6)?);
    let leading = LEADING.iter().position(|p| *p == parity)?;
    let mut digits = [digit(leading); 13];
    fill(&mut digits[1..], indices);
    if !is_checked(&digits) {
        return None;
    }
    // A leading zero is how EAN-13 has UPC-A in it.
    match digits {
        [0, twelve @ ..] => Some((Symbology::UpcA, as_text(&twelve))),
        thirteen => Some((Symbology::Ean13, as_text(&thirteen))),
    }
}

/// EAN-8 of eight indices of [`PATTERNS`]; `None` where a set or the check digit is wrong.
pub fn ean_8(indices: &[usize]) -> Option<(Symbology, Text)> {
    let mut digits = [0; 8];
    fill(&mut digits, indices);
    let sets_right = set_b(indices.get(..4)?) == 0;
    (sets_right && is_checked(&digits)).then(|| (Symbology::Ean8, as_text(&digits)))
}

fn upc_e(indices: &[usize]) -> Option<(Symbology, Text)> {
    let parity = set_b(indices.get(..6)?);
    let find = |parity: u8| UPC_E_CHECK.iter().position(|p| *p == parity);
    let (system, check) = match (find(parity), find(!parity & 0b11_1111)) {
        (Some(check), _) => (0, check),
        (None, Some(check)) => (1, check),
        (None, None) => return None,
    };
    let mut digits = [system, 0, 0, 0, 0, 0, 0, digit(check)];
    fill(&mut digits[1..7], indices);
    is_checked(&expanded(digits)).then(|| (Symbology::UpcE, as_text(&digits)))
}

/// UPC-A's twelve digits of UPC-E's eight (ISO/IEC 15420, table 6).
fn expanded([s, a, b, c, d, e, last, check]: [u8; 8]) -> [u8; 12] {
    // Zeros stand after two, three, four or five of the digits, and the last one tells where.
    match last {
        0..=2 => [s, a, b, last, 0, 0, 0, 0, c, d, e, check],
        3 => [s, a, b, c, 0, 0, 0, 0, 0, d, e, check],
        4 => [s, a, b, c, d, 0, 0, 0, 0, 0, e, check],
        _ => [s, a, b, c, d, e, 0, 0, 0, 0, last, check],
    }
}

/// Whether the last digit is the check digit of the others (ISO/IEC 15420, annex A).
fn is_checked(digits: &[u8]) -> bool {
    let weighted = |(k, d): (usize, &u8)| u32::from(*d) * if k % 2 == 0 { 1 } else { 3 };
    digits.iter().rev().enumerate().map(weighted).sum::<u32>() % 10 == 0
}

/// Makes `digits` those of `indices` of [`PATTERNS`].
fn fill(digits: &mut [u8], indices: &[usize]) {
    digits.iter_mut().zip(indices).for_each(|(to, index)| *to = digit(*index));
}

/// Digits as text.
pub fn as_text(digits: &[u8]) -> Text {
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test]
    fn check_digit() {
        assert!(is_checked(&[5, 9, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 7]));
        assert!(!is_checked(&[5, 9, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6]));
        assert!(is_checked(&[7, 3, 5, 1, 3, 5, 3, 7]));
    }

    #[test_case([0, 1, 2, 3, 4, 5, 6, 5], "012345000065"; "last digit 5 to 9")]
    #[test_case([0, 4, 2, 5, 2, 6, 1, 4], "042100005264"; "last digit 0 to 2")]
    #[test_case([0, 1, 2, 3, 4, 5, 3, 1], "012300000451"; "last digit 3")]
    #[test_case([0, 1, 2, 3, 4, 5, 4, 3], "012340000053"; "last digit 4")]
    fn upc_e_stands_for_upc_a(short: [u8; 8], long: &str) {
        let digits = expanded(short);
        assert_eq!(as_text(&digits), long);
        assert!(is_checked(&digits));
    }
}
