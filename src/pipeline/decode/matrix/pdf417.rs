//! PDF417 (ISO/IEC 15438): from its start and stop patterns to rows, from rows to codewords.
//!
//! The patterns at both ends tell the blur, so each codeword is compared with all that its row may hold as they look
//! through it. What is not told apart is an erasure.

pub mod field;
pub mod layout;
pub mod micro;
pub mod pools;
pub mod rails;
pub mod rows;
pub mod scan;
pub mod templates;
pub mod words;

use crate::pipeline::decode::engine::codewords::content;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::layout::Layout;
use crate::pipeline::decode::matrix::pdf417::rails::{Glance, Wanted, ends};
use crate::pipeline::decode::matrix::pdf417::rows::{rows, templates};
use crate::pipeline::decode::matrix::pdf417::scan::Scan;
use crate::pipeline::decode::matrix::pdf417::templates::MODULES;
use crate::pipeline::decode::matrix::pdf417::words::{Reading, Seen, Words, corrected};
use crate::pipeline::symbol::{Symbol, Symbology};

/// What the length descriptor is worth, which counts the codewords of data: it is known before it is read.
const LENGTH_BITS: f32 = 9.8;

/// The symbol in `region`, which `scan` looks at, that is of what is `wanted`.
pub fn read(scan: Scan<'_>, region: &Region, wanted: Wanted) -> Option<Symbol> {
    let Glance { has_guard, has_addresses } = Glance::of(&scan, region, wanted);
    let plain = || has_guard.then(|| read_plain(scan, region))?;
    plain().or_else(|| has_addresses.then(|| micro::read(scan, region))?)
}

fn read_plain(scan: Scan<'_>, region: &Region) -> Option<Symbol> {
    let ends = ends(scan, region)?;
    let templates = templates(&ends)?;
    let (size, frame) = rows(&ends, &templates)?;
    // The start pattern, then the left row indicator, the columns of data and the right row indicator.
    let column = |k: usize| (k * MODULES) as f32;
    let layout = Layout::of(ends.scan, frame, (1..size.columns + 4).map(column));
    let starts = (2..size.columns + 2).map(column).collect();
    let mut words = Words { layout, templates: &templates, starts, cluster: 0 };
    words.symbol(|seen| reading(seen, size.check()))
}

/// What codewords say, `check` of them for correction.
fn reading(seen: &Seen, check: usize) -> Option<Reading> {
    let n_data = seen.len().checked_sub(check)?;
    let says_length = |data: &[u16]| data.first().is_some_and(|n| usize::from(*n) == n_data);
    let sure = |data: &[u16]| says_length(data).then_some(LENGTH_BITS);
    let (data, changed) = corrected(seen, check, sure)?;
    let text = content(&data)?;
    Some(Reading { symbology: Symbology::PDF417, text, identifier: "]L0", changed })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::engine::codewords::patterns;
    use crate::pipeline::decode::matrix::grid::{Grid, drawn};
    use crate::pipeline::decode::matrix::pdf417::field::check_words;
    use crate::pipeline::decode::pool::Pools;
    use crate::pipeline::decode::raster::Gray;
    use crate::pipeline::symbol::Point;

    const START: &str = "########.#.#.#...";
    const STOP: &str = "#######.#...#.#..#";

    fn pattern(value: u16, cluster: usize) -> String {
        let of = |bits: u32| {
            let dark = |k: u32| if bits >> (16 - k) & 1 == 1 { '#' } else { '.' };
            (0..17).map(dark).collect::<String>()
        };
        let is_of = |bits: u32| {
            let text = of(bits);
            let runs: Vec<usize> =
                text.split('.').filter(|r| !r.is_empty()).map(str::len).collect();
            (runs[0] + 9 - runs[1] + runs[2] + 9 - runs[3]) % 9 == 3 * cluster
        };
        patterns().find(|(bits, v)| *v == value && is_of(*bits)).map(|(bits, _)| of(bits)).unwrap()
    }

    /// Rows of two columns and level 2, each three modules high: the data, filled up, and their correction.
    fn symbol(data: &[u16], rows: usize) -> Vec<String> {
        let (columns, level) = (2, 2);
        let n_data = columns * rows - 8;
        let mut words = vec![u16::try_from(n_data).unwrap()];
        words.extend(data);
        words.resize(n_data, 900);
        words.extend(check_words(&words, 8));
        let of_row = |row: usize| {
            let (thirds, rest) = ((rows - 1) / 3, 3 * level + (rows - 1) % 3);
            let tells = [thirds, rest, columns - 1];
            let indicator = |shift: usize| 30 * (row / 3) + tells[(row + shift) % 3];
            let value = |v: usize| u16::try_from(v).unwrap();
            let mut line = START.to_owned() + &pattern(value(indicator(0)), row % 3);
            words[row * columns..][..columns].iter().for_each(|w| line += &pattern(*w, row % 3));
            line + &pattern(value(indicator(2)), row % 3) + STOP
        };
        (0..rows).flat_map(|row| vec![of_row(row); 3]).collect()
    }

    /// A picture of rows of modules with these corners, and the region that holds it.
    fn picture(rows: &[String], corners: [(f32, f32); 4], angle: f32) -> (Gray, Region) {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let grid = Grid::flat(corners.map(|(x, y)| Point::new(x, y)));
        let gray = drawn(&rows, &grid, (370, 300));
        let (across, along) = (160.0, 45.0);
        let centre = Point::new(185.0, 150.0);
        let region = Region { centre, angle, across, along, slope: 0.0, bend: 0.0, fan: 0.0 };
        (gray, region)
    }

    /// Codewords of "SCAN STATION": two capitals each, 26 for a space.
    const WORDS: [u16; 6] = [18 * 30 + 2, 13, 26 * 30 + 18, 19 * 30, 19 * 30 + 8, 14 * 30 + 13];

    const PLAIN: [(f32, f32); 4] = [(20.0, 110.0), (350.0, 110.0), (350.0, 190.0), (20.0, 190.0)];
    const TURNED: [(f32, f32); 4] = [(350.0, 190.0), (20.0, 190.0), (20.0, 110.0), (350.0, 110.0)];
    const TILTED: [(f32, f32); 4] = [(20.0, 110.0), (350.0, 118.0), (345.0, 182.0), (26.0, 190.0)];
    const MIRRORED: [(f32, f32); 4] =
        [(20.0, 190.0), (350.0, 190.0), (350.0, 110.0), (20.0, 110.0)];

    #[test_case(PLAIN; "plain")]
    #[test_case(TURNED; "turned by half")]
    #[test_case(TILTED; "tilted")]
    #[test_case(MIRRORED; "in a mirror")]
    fn a_symbol_is_read_with_its_place(corners: [(f32, f32); 4]) {
        let (gray, region) = picture(&symbol(&WORDS, 9), corners, 0.0);
        let pools = Pools::default();
        let scan = Scan::of(gray.view(), &region, &pools);
        let found = read(scan, &region, Wanted::Both).unwrap();
        assert_eq!((found.text.as_str(), found.identifier.as_str()), ("SCAN STATION", "]L0"));
        for (corner, (x, y)) in found.corners.iter().zip(corners) {
            assert!(corner.distance(Point::new(x, y)) < 6.0, "{:?}", found.corners);
        }
    }

    #[test]
    fn a_symbol_that_correction_cannot_be_sure_of_is_not_read() {
        let (mut gray, region) = picture(&symbol(&WORDS, 9), PLAIN, 0.0);
        let pools = Pools::default();
        let read_with = |gray: &Gray| {
            let scan = Scan::of(gray.view(), &region, &pools);
            read(scan, &region, Wanted::Plain).map(|s| s.text)
        };
        let width = gray.width;
        let mut blot = |from: usize, to: usize| {
            for row in gray.luma.chunks_mut(width).skip(105).take(90) {
                row[from..to].fill(60);
            }
            read_with(&gray)
        };
        // A column of nine codewords is more than eight for correction can tell.
        assert_eq!(blot(131, 182), None);
        assert_eq!(blot(131, 236), None);
    }
}
