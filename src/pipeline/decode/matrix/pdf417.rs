//! PDF417 (ISO/IEC 15438): from its start and stop patterns to rows, from rows to codewords.
//!
//! The patterns at both ends tell the blur, so each codeword is compared with all that its row may hold as they look
//! through it. What is not told apart is an erasure.

pub mod field;
pub mod layout;
pub mod rails;
pub mod rows;
pub mod templates;

use crate::pipeline::decode::engine::codewords::content;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::layout::Layout;
use crate::pipeline::decode::matrix::pdf417::rails::{Scan, ends, has_guard};
use crate::pipeline::decode::matrix::pdf417::rows::{rows, templates};
use crate::pipeline::decode::matrix::pdf417::templates::{Likeness, Templates};
use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::{Confidence, Symbol, Symbology};

/// Least evidence, in bits.
const MIN_BITS: f32 = 28.0;

/// What the length descriptor is worth, which counts the codewords of data: it is known before it is read.
const LENGTH_BITS: f32 = 9.8;

/// Shares of what the likeliest codeword leaves to what the next one leaves, above which it is an erasure, in turn.
const UNCLEAR: [f32; 4] = [0.93, 0.8, 0.65, 0.5];

/// How far rows may be bent to each side, in quarters of a row.
const MOST_BENT: i8 = 10;

/// The symbol in `region` of `view`.
pub fn read(view: View<'_>, region: &Region) -> Option<Symbol> {
    let scan = Scan::of(view, region);
    if !has_guard(&scan, region) {
        return None;
    }
    let ends = ends(scan, region)?;
    let templates = templates(&ends)?;
    let rows = rows(&ends, &templates)?;
    let mut layout = Layout::of(ends.scan, rows);
    layout.settle();
    symbol(&layout, &templates).or_else(|| {
        layout.bend = bent(&mut layout, &templates);
        symbol(&layout, &templates)
    })
}

/// How far the first and the last row of `layout` are bent: where the codewords in their middles look most like some.
fn bent(layout: &mut Layout<'_>, templates: &Templates) -> [f32; 2] {
    let size = layout.rows.size;
    let bends: Vec<f32> = (-MOST_BENT..=MOST_BENT).map(|k| f32::from(k) / 4.0).collect();
    let middle = size.columns.div_ceil(4) + 1..size.columns - size.columns / 4 + 1;
    let mut scores = vec![vec![0.0_f32; bends.len()]; size.rows];
    for (k, bend) in bends.iter().enumerate() {
        layout.bend = [*bend; 2];
        for (row, scores) in scores.iter_mut().enumerate() {
            let likest = |column| templates.likest(layout.stretch(column, row), row % 3);
            scores[k] = middle.clone().filter_map(likest).map(|like| 1.0 - like.error).sum();
        }
    }
    let at = |first: usize, last: usize| {
        let between = |row: usize| (first * (size.rows - 1 - row) + last * row) / (size.rows - 1);
        let rows = scores.iter().enumerate();
        rows.filter_map(|(row, scores)| scores.get(between(row))).sum::<f32>()
    };
    let all = (0..bends.len()).flat_map(|first| (0..bends.len()).map(move |last| (first, last)));
    let best = all.max_by(|a, b| at(a.0, a.1).total_cmp(&at(b.0, b.1)));
    best.map_or([0.0; 2], |(first, last)| [bends[first], bends[last]])
}

/// What the codewords of `layout` say.
fn symbol(layout: &Layout<'_>, templates: &Templates) -> Option<Symbol> {
    let size = layout.rows.size;
    let places = (0..size.rows).flat_map(|row| (1..=size.columns).map(move |column| (row, column)));
    let likest = |(row, column)| templates.likest(layout.stretch(column, row), row % 3);
    let seen: Vec<Option<Likeness>> = places.map(likest).collect();
    let reading = corrected(&seen, size.check())?;
    let text = content(&reading.data)?;
    let margins = seen.iter().flatten().map(Likeness::margin);
    let (px_per_module, _) = layout.pixels();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let confidence = Confidence {
        rows: count(size.rows),
        margin: margins.sum::<f32>() / seen.len().max(1) as f32,
        px_per_module,
        contrast: layout.contrast(),
        errors_corrected: count(reading.changed),
    };
    Some(Symbol {
        symbology: Symbology::PDF417,
        text,
        identifier: "]L0".to_owned(),
        corners: layout.corners().map(|corner| layout.within(corner)),
        confidence: Some(confidence),
    })
}

/// Codewords of data set right.
struct Reading {
    data: Vec<u16>,
    changed: usize,
}

/// The data of codewords as they look, `check` of them for correction, where that is sure enough.
fn corrected(seen: &[Option<Likeness>], check: usize) -> Option<Reading> {
    let n_data = seen.len().checked_sub(check).filter(|n| *n > 0)?;
    let words: Vec<u16> = seen.iter().map(|like| like.map_or(0, |like| like.value)).collect();
    let mut last = usize::MAX;
    for least in UNCLEAR {
        let is_unclear = |like: &Option<Likeness>| like.is_none_or(|l| l.error > least * l.next);
        let unclear = seen.iter().enumerate().filter(|(_, like)| is_unclear(like));
        let erased: Vec<usize> = unclear.map(|(k, _)| k).collect();
        if erased.len() == last || erased.len() > check {
            continue;
        }
        last = erased.len();
        let Some((mut data, changed)) = field::corrected(&words, check, &erased) else { continue };
        let says_length = data.first().is_some_and(|first| usize::from(*first) == n_data);
        let bits = field::evidence(words.len(), check, erased.len(), changed);
        if says_length && bits + LENGTH_BITS >= MIN_BITS {
            data.truncate(n_data);
            return Some(Reading { data, changed: changed + erased.len() });
        }
    }
    None
}
