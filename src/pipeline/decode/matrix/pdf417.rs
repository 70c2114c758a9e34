//! PDF417 (ISO/IEC 15438): from its start and stop patterns to rows, from rows to codewords.
//!
//! The patterns at both ends tell the blur, so each codeword is compared with all that its row may hold as they look
//! through it. What is not told apart is an erasure.

pub mod field;
pub mod layout;
pub mod micro;
pub mod rails;
pub mod rows;
pub mod templates;
pub mod words;

use crate::pipeline::decode::engine::codewords::content;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::layout::Layout;
use crate::pipeline::decode::matrix::pdf417::rails::{Glance, Scan, Wanted, ends};
use crate::pipeline::decode::matrix::pdf417::rows::{rows, templates};
use crate::pipeline::decode::matrix::pdf417::templates::MODULES;
use crate::pipeline::decode::matrix::pdf417::words::{Reading, Seen, Words, corrected};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::{Symbol, Symbology};

/// What the length descriptor is worth, which counts the codewords of data: it is known before it is read.
const LENGTH_BITS: f32 = 9.8;

/// The symbol in `region` of `view` that is of what is `wanted`.
pub fn read(view: View<'_>, region: &Region, wanted: Wanted) -> Option<Symbol> {
    let scan = Scan::of(view, region);
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
