//! Different bars above each other in one region: labels are stuck close, and cells do not see a narrow gap. Or bars
//! in a part of its height, where cells took print or the edge of tape for bars too.

use crate::pipeline::decode::linear::MIN_EDGES;
use crate::pipeline::decode::pool::Profile;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::strip::{Strip, correlation, mean_of};
use std::ops::{Range, RangeInclusive};

/// Rows by which different bars above each other are told apart.
const ROWS: usize = 24;

/// So many of them are a symbol with other things above or below it: print has fewer, and more are the whole.
const PART: RangeInclusive<usize> = 5..=16;

/// Correlation of two rows that may be of one symbol.
const LIKE_ROWS: f32 = 0.6;

/// Contrast of a row that has ink, as a share of that of most.
const MIN_INK: f32 = 0.4;

/// Rows among which a line without ink is looked for, in so much of the height.
const LINE_ROWS: usize = 48;
const LINE_REACH: f32 = 0.9;

/// Contrast of a row without ink, at most, as a share of that of most.
const LINE_INK: f32 = 0.5;

/// Half the height of the least stack, in pixels.
pub const MIN_STACK: f32 = 32.0;

/// The parts of a strip that has different bars above each other, or bars in a part of its height. None where there
/// is but one kind of bars from top to bottom.
pub fn stacked<'a>(strip: &Strip<'a>) -> Vec<Strip<'a>> {
    let differ = |pair: &[Vec<f32>]| correlation(&pair[0], &pair[1]) < LIKE_ROWS;
    if strip.region().along <= MIN_STACK || !strip.thinned(4).bands(2).windows(2).any(differ) {
        return Vec::new();
    }
    let Some(strip) = strip.straight() else { return Vec::new() };
    let edge = |k: usize| 2.0 * k as f32 / ROWS as f32 - 1.0;
    let pools = strip.pools();
    // What is beside the bars is alike in all rows.
    let inner = strip.columns / 6..strip.columns * 5 / 6;
    let likeness = |a: &[f32], b: &[f32]| correlation(&a[inner.clone()], &b[inner.clone()]);
    let rows: [Profile<'a>; ROWS] = std::array::from_fn(|k| strip.mean(edge(k), edge(k + 1), 1));
    let mut inked = [0; ROWS];
    let inked = inked_of(&rows, &inner, &mut inked);
    let mut found: Vec<Part<'a>> = Vec::new();
    for group in inked.chunk_by(|a, b| likeness(&rows[*a], &rows[*b]) > LIKE_ROWS) {
        let [from, .., last] = group else { continue };
        let mean = mean_of(group.iter().map(|k| &rows[*k]), pools);
        if group.len() < 3 || Bars::of(&mean, 0.2, pools).edges.len() < MIN_EDGES {
            continue;
        }
        match found.last_mut() {
            Some(part) if likeness(&part.mean, &mean) >= LIKE_ROWS => part.to = last + 1,
            _ => found.push(Part { from: *from, to: last + 1, mean }),
        }
    }
    if found.len() < 2 && !found.iter().all(|part| PART.contains(&(part.to - part.from))) {
        return Vec::new();
    }
    let strip_of = |part: Part<'a>| {
        let edges = &Bars::of(&part.mean, 0.2, pools).edges;
        strip.part((edge(part.from), edge(part.to)), (*edges.first()?, *edges.last()?))
    };
    found.into_iter().filter_map(strip_of).collect()
}

/// Rows of a strip that are alike, from the first to before the last, and their mean.
struct Part<'p> {
    from: usize,
    to: usize,
    mean: Profile<'p>,
}

/// Whether a line without ink crosses `strip`, as a dead dot of a printing head leaves it: a row of little contrast.
pub fn is_worn(strip: &Strip<'_>) -> bool {
    let strip = &strip.thinned(4);
    let inner = strip.columns / 6..strip.columns * 5 / 6;
    let edge = |k: usize| LINE_REACH * (2.0 * k as f32 / LINE_ROWS as f32 - 1.0);
    let spreads: [f32; LINE_ROWS] =
        std::array::from_fn(|k| spread(&strip.mean(edge(k), edge(k + 1), 1), &inner));
    let least = LINE_INK * LINE_INK * upper(spreads);
    spreads.iter().any(|s| *s < least)
}

/// The square of the contrast of `row` within these columns.
fn spread(row: &[f32], inner: &Range<usize>) -> f32 {
    let row = row.get(inner.clone()).unwrap_or_default();
    let mean = row.iter().sum::<f32>() / row.len().max(1) as f32;
    row.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>()
}

/// What a quarter of `values` exceed.
fn upper<const N: usize>(mut values: [f32; N]) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    values.get(N * 3 / 4).copied().unwrap_or_default()
}

/// Those of `rows` that have ink in these columns, put into `inked`: a dead dot of a printing head leaves a line without,
/// which is no end of a symbol.
fn inked_of<'i>(
    rows: &[Profile<'_>; ROWS],
    inner: &Range<usize>,
    inked: &'i mut [usize; ROWS],
) -> &'i [usize] {
    let spreads = rows.each_ref().map(|row| spread(row, inner));
    let least = MIN_INK * MIN_INK * upper(spreads);
    let mut n = 0;
    for (k, spread) in spreads.iter().enumerate() {
        inked[n] = k;
        n += usize::from(*spread >= least);
    }
    &inked[..n]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::locate::Region;
    use crate::pipeline::decode::pool::Pools;
    use crate::pipeline::decode::raster::View;
    use crate::pipeline::symbol::Point;

    const WIDTH: usize = 480;
    const HEIGHT: usize = 200;

    /// Rows of bars of 1 to 3 modules of 3 pixels, with free space beside them; other bars for each `seed`.
    fn bars(seed: usize) -> Vec<u8> {
        let mut row = vec![220; 60];
        let (mut state, mut dark) = (seed, true);
        while row.len() < WIDTH - 60 {
            state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
            row.extend(vec![if dark { 30 } else { 220 }; 3 * (1 + (state >> 16) % 3)]);
            dark = !dark;
        }
        row.resize(WIDTH, 220);
        row
    }

    /// The strip of a region around the bars of `view`, turned against them by `angle`.
    fn strip<'a>(view: View<'a>, angle: f32, pools: &'a Pools) -> Strip<'a> {
        let centre = Point::new(240.0, 100.0);
        let (across, along) = (185.0, 78.0);
        let region = Region { centre, angle, across, along, slope: 0.0, bend: 0.0, fan: 0.0 };
        Strip::new(view, region, pools).unwrap()
    }

    /// Where the parts of a heap of two labels are, seen by a region that is turned against them by `angle`; they lack ink
    /// where `is_bare` says so.
    fn parts(labels: [usize; 2], angle: f32, is_bare: impl Fn(usize) -> bool) -> Vec<f32> {
        let [upper, lower] = labels;
        let rows = (0..HEIGHT).flat_map(|y| match y {
            y if is_bare(y) => vec![220; WIDTH],
            22..96 => bars(upper),
            104..178 => bars(lower),
            _ => vec![220; WIDTH],
        });
        let luma: Vec<u8> = rows.collect();
        let pools = Pools::default();
        let strip = strip(View { width: WIDTH, height: HEIGHT, luma: &luma }, angle, &pools);
        stacked(&strip).iter().map(|part| part.region().centre.y).collect()
    }

    #[test]
    fn two_labels_of_a_heap_are_told_apart() {
        let bare = |y: usize| y % 11 < 3;
        for found in [
            parts([1, 2], 0.0, |_| false),
            parts([1, 2], 0.03, |_| false),
            parts([1, 2], 0.0, bare),
        ] {
            let near = |k: usize, y: f32| found.get(k).is_some_and(|at| (at - y).abs() < 12.0);
            assert!(found.len() == 2 && near(0, 59.0) && near(1, 141.0), "{found:?}");
        }
    }

    #[test]
    fn a_line_without_ink_is_seen() {
        for (is_bare, expected) in [(false, false), (true, true)] {
            let rows = (0..HEIGHT).flat_map(|y| match y {
                22..178 if !(is_bare && (90..94).contains(&y)) => bars(1),
                _ => vec![220; WIDTH],
            });
            let luma: Vec<u8> = rows.collect();
            let pools = Pools::default();
            let strip = strip(View { width: WIDTH, height: HEIGHT, luma: &luma }, 0.0, &pools);
            assert_eq!(is_worn(&strip), expected);
        }
    }

    #[test]
    fn one_label_is_not_cut() {
        assert_eq!(parts([1, 1], 0.0, |y| y % 11 < 3), Vec::<f32>::new());
    }
}
