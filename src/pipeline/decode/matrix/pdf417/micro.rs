//! `MicroPDF417` (ISO/IEC 24728): its row address patterns tell the ends of rows, and which row it is.

use crate::pipeline::decode::engine::codewords::content;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::layout::{Frame, Layout};
use crate::pipeline::decode::matrix::pdf417::rails::{self, Kind, Rail, Sight, fit, rail};
use crate::pipeline::decode::matrix::pdf417::rows::{Mark, RowMap, row_map};
use crate::pipeline::decode::matrix::pdf417::scan::Scan;
use crate::pipeline::decode::matrix::pdf417::templates::{Kernel, Templates};
use crate::pipeline::decode::matrix::pdf417::words::{Reading, Seen, Words, corrected};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::symbol::{Symbol, Symbology};
use std::sync::LazyLock;

/// The row address patterns of both sides in their order: six widths of bars and spaces each, a bar first, of ten
/// modules together. The one after the last is the first.
const ADDRESSES: [u32; 52] = [
    221_311, 311_311, 312_211, 222_211, 213_211, 214_111, 223_111, 313_111, 322_111, 412_111,
    421_111, 331_111, 241_111, 232_111, 231_211, 321_211, 411_211, 411_121, 411_112, 321_112,
    312_112, 311_212, 311_221, 311_131, 311_122, 311_113, 221_113, 221_122, 221_131, 221_221,
    222_121, 312_121, 321_121, 231_121, 231_112, 222_112, 213_112, 212_212, 212_221, 212_131,
    212_122, 212_113, 211_213, 211_123, 211_132, 211_141, 211_231, 211_222, 211_312, 211_321,
    211_411, 212_311,
];

/// Elements of a row address pattern, and its modules.
const ADDRESS: (usize, f32) = (6, 10.0);

/// Elements of a codeword, and its modules.
const WORD: (usize, f32) = (8, 17.0);

/// A size of the symbol.
#[derive(Debug, Clone, Copy)]
struct Size {
    columns: usize,
    rows: usize,
    /// Codewords for correction.
    check: usize,
    /// The row address patterns of the first row, counted from 0: left and right.
    first: (usize, usize),
}

/// A size from its numbers as the standard counts them.
const fn size(columns: usize, rows: usize, check: usize, left: usize, right: usize) -> Size {
    Size { columns, rows, check, first: (left - 1, right - 1) }
}

/// All sizes.
const SIZES: [Size; 34] = [
    size(1, 11, 7, 1, 9),
    size(1, 14, 7, 8, 8),
    size(1, 17, 7, 36, 36),
    size(1, 20, 8, 19, 19),
    size(1, 24, 8, 9, 17),
    size(1, 28, 8, 25, 33),
    size(2, 8, 8, 1, 1),
    size(2, 11, 9, 1, 9),
    size(2, 14, 9, 8, 8),
    size(2, 17, 10, 36, 36),
    size(2, 20, 11, 19, 19),
    size(2, 23, 13, 9, 17),
    size(2, 26, 15, 27, 35),
    size(3, 6, 12, 1, 1),
    size(3, 8, 14, 7, 7),
    size(3, 10, 16, 15, 15),
    size(3, 12, 18, 25, 25),
    size(3, 15, 21, 37, 37),
    size(3, 20, 26, 1, 33),
    size(3, 26, 32, 1, 17),
    size(3, 32, 38, 21, 37),
    size(3, 38, 44, 15, 47),
    size(3, 44, 50, 1, 49),
    size(4, 4, 8, 47, 43),
    size(4, 6, 12, 1, 1),
    size(4, 8, 14, 7, 7),
    size(4, 10, 16, 15, 15),
    size(4, 12, 18, 25, 25),
    size(4, 15, 21, 37, 37),
    size(4, 20, 26, 1, 33),
    size(4, 26, 32, 1, 17),
    size(4, 32, 38, 21, 37),
    size(4, 38, 44, 15, 47),
    size(4, 44, 50, 1, 49),
];

/// What a row is made of, from left to right but for the last bar: elements and modules each.
fn parts(columns: usize) -> &'static [(usize, f32)] {
    match columns {
        1 => &[ADDRESS, WORD, ADDRESS],
        2 => &[ADDRESS, WORD, WORD, ADDRESS],
        3 => &[ADDRESS, WORD, ADDRESS, WORD, WORD, ADDRESS],
        _ => &[ADDRESS, WORD, WORD, ADDRESS, WORD, WORD, ADDRESS],
    }
}

/// Modules of a row, its last bar included.
fn modules(columns: usize) -> f32 {
    parts(columns).iter().map(|part| part.1).sum::<f32>() + 1.0
}

/// By how much the modules of one end of a row may be wider than those of its middle.
const MOST_SPREAD: f32 = 0.2;

/// By how many modules a part of a row may be off its place.
const MOST_OFF: f32 = 0.5;

/// How wide a part of a row may be, in widths of the first ones: what [`MOST_SPREAD`] and [`MOST_OFF`] leave.
const WIDTHS: std::ops::Range<f32> = 0.68..1.45;

/// The blur that codewords are seen through: about that of a picture with plain edges.
const BLUR: Kernel = [0.0, 0.0, 0.04, 0.16, 0.6, 0.16, 0.04, 0.0, 0.0];

/// What codewords look like through it.
static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::of(&BLUR));

/// The codeword that begins bytes.
const BYTES: u16 = 901;

/// Bars and spaces that a region of a symbol shows at least.
const MIN_ELEMENTS: usize = 9;

/// Lines of one number of columns that a symbol must show.
const MIN_LINES: usize = 4;

/// Places a module at which a line is looked at first, about.
const PLACES: f32 = 4.0;

/// Most lines that are looked at.
const MAX_LINES: f32 = 120.0;

/// A row that a line shows.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    columns: usize,
    /// The line.
    v: f32,
    /// Both ends.
    ends: (f32, f32),
    /// Pixels a module there.
    modules: (f32, f32),
    /// The row address patterns there.
    addresses: (usize, usize),
}

/// Whether `bars` show any row address pattern.
fn has_address(bars: &Bars) -> bool {
    (0..bars.edges.len()).step_by(2).any(|k| address(&bars.edges[k..]).is_some())
}

/// The row that the line at `v` shows, from either side, if the line below shows it too. `bars` are those within the
/// region.
pub fn row_at(scan: &Scan<'_>, region: &Region, bars: &Bars, v: f32) -> Option<Row> {
    // The ends of a part of a symbol lie within it or near it.
    let (reach, module) = (has_address(bars) || has_address(&bars.reversed(scan.pools())))
        .then(|| reach(region, bars))??;
    let step = (module / PLACES).max(1.0);
    let rows = |v: f32| {
        let bars = scan.edges_by(v, reach, 1, step);
        [row(&bars, v), row(&bars.reversed(scan.pools()), v)]
    };
    let is_like = |a: Row, b: Row| {
        a.columns == b.columns
            && (a.ends.0 - b.ends.0).abs() < a.modules.0
            && (a.ends.1 - b.ends.1).abs() < a.modules.1
    };
    let seen = rows(v);
    let is_any = seen.iter().any(Option::is_some);
    let below = is_any.then(|| rows(v + 1.0))?;
    seen.into_iter().zip(below).find_map(|(a, b)| a.filter(|a| b.is_some_and(|b| is_like(*a, b))))
}

/// Whether some of `rows` may be of one symbol: from one to another, both ends go on by as many rows. What is no stack
/// shows the same bars in every line.
pub fn are_of_one(rows: &[Row]) -> bool {
    let n = ADDRESSES.len();
    let by = |a: usize, b: usize| (b + n - a) % n;
    rows.iter().enumerate().any(|(k, a)| {
        rows[k + 1..].iter().any(|b| {
            let left = by(a.addresses.0, b.addresses.0);
            let right = by(a.addresses.1, b.addresses.1);
            let off = by(left, right);
            a.columns == b.columns && (2..n - 1).contains(&left) && (off < 3 || off > n - 3)
        })
    })
}

/// How far across a region with these bars is looked at, most regions being but a part of a symbol, and pixels a module.
fn reach(region: &Region, bars: &Bars) -> Option<((f32, f32), f32)> {
    let length = bars.edges.last()? - bars.edges.first()?;
    // Bars and spaces are two modules wide, rather more than less.
    let module = 0.5 * length / bars.elements().max(1) as f32;
    let half = region.across.min(modules(4) * module) + modules(4) * module;
    (bars.elements() >= MIN_ELEMENTS && half.is_finite()).then_some(((-half, half), module))
}

/// The symbol in `region`.
pub fn read(scan: Scan<'_>, region: &Region) -> Option<Symbol> {
    let half = region.along * 1.1 + 6.0;
    let middle = scan.edges(0.0, rails::reach(region), 2);
    let (reach, _) = reach(region, &middle)?;
    let step = (2.0 * half / MAX_LINES).max(0.8);
    let pools = scan.pools();
    let (mut upright, mut turned) =
        (pools.stacked.micro_rows.empty(), pools.stacked.micro_rows.empty());
    let mut v = -half;
    while v <= half {
        let bars = scan.edges(v, reach, 1);
        upright.extend(row(&bars, v));
        turned.extend(row(&bars.reversed(pools), -v));
        v += step;
    }
    let (scan, seen) =
        if turned.len() > upright.len() { (scan.turned(), turned) } else { (scan, upright) };
    // What looks like many columns is less likely something else.
    (1..=4).rev().find_map(|columns| {
        let of_them = seen.iter().filter(|row| row.columns == columns);
        let rows = pools.stacked.micro_rows.collect(of_them.copied());
        (rows.len() >= MIN_LINES).then(|| read_columns(scan, columns, &rows))?
    })
}

/// The symbol of so many columns whose rows these are.
fn read_columns(scan: Scan<'_>, columns: usize, seen: &[Row]) -> Option<Symbol> {
    let pools = scan.pools();
    let end = |of: fn(&Row) -> (f32, f32, usize)| {
        let sights = pools.stacked.sights.collect(seen.iter().map(|row| sight(row, of(row))));
        let mark =
            |row: &Row| Mark { v: row.v, row: of(row).2 as f32, weight: 1.0, cluster: 0, rest: 0 };
        let marks = pools.stacked.marks.collect(seen.iter().map(mark));
        Some((rail(&sights, Kind::Start, pools)?, row_map(&marks, ADDRESSES.len() as f32)?))
    };
    let left = end(|row| (row.ends.0, row.modules.0, row.addresses.0))?;
    let right = end(|row| (row.ends.1, row.modules.1, row.addresses.1))?;
    // Both ends have as many rows, and rows are not of one kind as in a linear symbol.
    let ratio = left.1.height() / right.1.height();
    if !(0.6..1.7).contains(&ratio) {
        return None;
    }
    let sizes = sizes(columns, left, right);
    sizes.into_iter().find_map(|size| {
        let (left, right) =
            (numbered(left, size.first.0, size), numbered(right, size.first.1, size));
        let frame = Frame {
            left,
            right,
            rows: size.rows,
            modules: modules(columns),
            seen: (0.0, modules(columns)),
        };
        let (mut knots, mut starts, mut at) = (Vec::new(), Vec::new(), 0.0);
        for part in parts(columns) {
            if *part == WORD {
                starts.push(at);
            }
            at += part.1;
            knots.push(at);
        }
        let layout = Layout::of(scan, frame, knots.into_iter());
        let mut words = Words { layout, templates: &TEMPLATES, starts, cluster: size.first.0 % 3 };
        words.symbol(|seen| reading(seen, size.check))
    })
}

fn sight(row: &Row, (outer, module, _): (f32, f32, usize)) -> Sight {
    Sight { kind: Kind::Start, v: row.v, outer, module }
}

/// The sizes of so many columns whose row address patterns these may be, the likeliest first.
fn sizes(columns: usize, left: (Rail, RowMap), right: (Rail, RowMap)) -> Vec<Size> {
    let n = ADDRESSES.len() as f32;
    let middle = |(rail, map): (Rail, RowMap)| {
        let (low, high) = rail.reach;
        map.row(f32::midpoint(low, high))
    };
    // By how many rows the middle of what was seen is off the middle of a symbol of this size.
    let off = |size: &Size| {
        let off = |end, first: usize| {
            let off = middle(end) - first as f32 - size.rows as f32 / 2.0;
            (off - n * (off / n).round()).abs()
        };
        off(left, size.first.0) + off(right, size.first.1)
    };
    let mut found: Vec<(f32, Size)> = SIZES
        .iter()
        .filter(|size| size.columns == columns)
        .map(|size| (off(size), *size))
        .filter(|(off, size)| *off < 4.0 + 0.25 * size.rows as f32)
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().take(2).map(|(_, size)| size).collect()
}

/// An end whose rows are counted from the first of `size`, whose row address pattern is `first`.
fn numbered((rail, map): (Rail, RowMap), first: usize, size: Size) -> (Rail, RowMap) {
    let n = ADDRESSES.len() as f32;
    let (low, high) = rail.reach;
    let middle = map.row(f32::midpoint(low, high)) - first as f32;
    let turns = ((middle - size.rows as f32 / 2.0) / n).round();
    (rail, map.renumbered(-(first as f32) - n * turns))
}

/// What codewords say, `check` of them for correction.
fn reading(seen: &Seen, check: usize) -> Option<Reading> {
    let (data, changed) = corrected(seen, check, |_| Some(0.0))?;
    // What stands for Code 128, links to another symbol or sets up a reader is not told as such, so it is not told.
    if data.iter().any(|word| matches!(word, 903..=912 | 914..=921)) {
        return None;
    }
    // There is no length descriptor, and bytes are what a symbol begins with (5.4).
    let latch = data.first().filter(|first| **first < 900).map(|_| BYTES);
    let length = u16::try_from(data.len() + latch.iter().len() + 1).ok()?;
    let words: Vec<u16> = [length].into_iter().chain(latch).chain(data).collect();
    let text = content(&words)?;
    Some(Reading { symbology: Symbology::MicroPDF417, text, identifier: "]L2", changed })
}

/// The row among the bars of a line.
fn row(bars: &Bars, v: f32) -> Option<Row> {
    (0..bars.edges.len()).step_by(2).find_map(|k| {
        let edges = &bars.edges[k..];
        let (a, b, c) = (edges.first()?, edges.get(ADDRESS.0)?, edges.get(ADDRESS.0 + WORD.0)?);
        // What costs little first.
        let ratio = (c - b) / (b - a).max(0.1);
        let may_be = (1.4..2.1).contains(&ratio) && address(edges).is_some();
        may_be.then(|| (1..=4).rev().find_map(|columns| row_of(edges, columns, v)))?
    })
}

/// The row of so many columns that `edges` begin with.
fn row_of(edges: &[f32], columns: usize, v: f32) -> Option<Row> {
    let parts = parts(columns);
    let (mut elements, mut at) = (0, 0.0);
    let first = *edges.first()?;
    let mut places = [(0.0, first); 8];
    let mut right = 0;
    // About so wide is a module, by the first two parts, which all rows have.
    let near = (edges.get(ADDRESS.0 + WORD.0)? - first) / (ADDRESS.1 + WORD.1);
    for (place, (n, modules)) in places.iter_mut().skip(1).zip(parts) {
        right = elements;
        let from = *edges.get(elements)?;
        elements += n;
        at += modules;
        *place = (at, *edges.get(elements)?);
        if !WIDTHS.contains(&((place.1 - from) / (modules * near))) {
            return None;
        }
    }
    let places = places.get(..=parts.len())?;
    // The last bar ends the row.
    let last = edges.get(elements + 1)? - edges.get(elements)?;
    let [start, module, grow] = fit(places.iter().copied(), 3);
    let place = |m: f32| start + m * (module + m * grow);
    let spread = (grow * at / module).abs();
    let is_off = |(m, edge): &(f32, f32)| (edge - place(*m)).abs() > MOST_OFF * module;
    let is_bar = (0.2..2.0).contains(&(last / module));
    if module < 0.8 || spread > MOST_SPREAD || !is_bar || places.iter().any(is_off) {
        return None;
    }
    let modules = (module, module + 2.0 * at * grow);
    let addresses = (address(edges)?, address(edges.get(right..)?)?);
    Some(Row { columns, v, ends: (start, place(at + 1.0)), modules, addresses })
}

/// The distances between like edges of a row address pattern, which growth leaves alone, in modules: a digit each.
const fn distances(pattern: u32) -> u32 {
    // Each is the sum of two neighbouring widths.
    pattern / 10 + pattern % 100_000
}

/// Those of each row address pattern.
const DISTANCES: [u32; 52] = {
    let (mut all, mut k) = ([0; 52], 0);
    while k < all.len() {
        all[k] = distances(ADDRESSES[k]);
        k += 1;
    }
    all
};

/// The row address pattern that `edges` begin with: no distance is off by half a module.
fn address(edges: &[f32]) -> Option<usize> {
    let edges = edges.get(..=ADDRESS.0)?;
    let per = ADDRESS.1 / (edges[ADDRESS.0] - edges[0]);
    // Rounded by way of i32, which is one instruction; what is no digit is in no pattern.
    #[expect(clippy::cast_possible_truncation, reason = "a few modules")]
    let digit = |e: &[f32]| ((e[2] - e[0]) * per + 0.5) as i32;
    let is_digit = |digit: &i32| (0..10).contains(digit);
    let seen = edges
        .windows(3)
        .map(digit)
        .try_fold(0, |sum, digit| is_digit(&digit).then_some(10 * sum + digit))?;
    DISTANCES.iter().position(|distances| *distances == seen.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use crate::pipeline::decode::{Formats, decode};
    use crate::pipeline::frame::Picture;
    use crate::pipeline::symbol::Symbology;

    /// `G0A1B2C3D4` in two columns of eleven rows, as zint 2.11.1 prints it; 1 is dark.
    const ROWS: [&str; 11] = [
        "1100100010100001100011001001100100110111000011100110101",
        "1110100010111101011101110001111010111011100011110110101",
        "1110110010101001000001111001010010000011110011110010101",
        "1100110010110100011001110001101000110011100011100010101",
        "1101110010101001111100001101010011111000011011000010101",
        "1101111010111110010111010001100011111001001011000110101",
        "1100111010100001100011001001010100000010000011000100101",
        "1110111010110000010011101001011111010001110011100100101",
        "1110011010111111001101110101000111110011010011110100101",
        "1111011010101100011101100001110010110011110011110101101",
        "1111001010111110000101001101000101111000010011110101001",
    ];
    /// Pixels a module, a row and around all.
    const SIZES: (usize, usize, usize) = (3, 9, 30);

    /// `rows` as a picture.
    fn picture(rows: &[&str]) -> Picture {
        let (module, height, room) = SIZES;
        let (width, all) = (55 * module + 2 * room, rows.len() * height + 2 * room);
        let dark = |x: usize, y: usize| {
            let row = rows.get(y.checked_sub(room)? / height)?.as_bytes();
            row.get(x.checked_sub(room)? / module).map(|m| *m == b'1')
        };
        let pixel = |n: usize| if dark(n % width, n / width) == Some(true) { 40 } else { 210 };
        let luma = (0..width * all).map(pixel).collect();
        Picture::new(u32::try_from(width).unwrap(), u32::try_from(all).unwrap(), luma).unwrap()
    }

    #[test]
    fn a_symbol_is_read_and_one_with_rows_in_another_order_is_not() {
        let found = decode(&picture(&ROWS), &Formats::all());
        let [symbol] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (symbol.symbology, symbol.text.as_str()),
            (Symbology::MicroPDF417, "G0A1B2C3D4")
        );
        let mut mixed = ROWS;
        mixed[3..9].reverse();
        assert_eq!(decode(&picture(&mixed), &Formats::all()), []);
    }
}
