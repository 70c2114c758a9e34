//! Different bars above each other in one region: labels are stuck close, and cells do not see a narrow gap. Or bars
//! in a part of its height, where cells took print or the edge of tape for bars too.

use crate::pipeline::decode::linear::MIN_EDGES;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::strip::{Strip, correlation, mean_of};
use std::ops::RangeInclusive;

/// Rows by which different bars above each other are told apart.
const ROWS: usize = 24;

/// So many of them are a symbol with other things above or below it: print has fewer, and more are the whole.
const PART: RangeInclusive<usize> = 5..=16;

/// Correlation of two rows that may be of one symbol.
const LIKE_ROWS: f32 = 0.6;

/// Half the height of the least stack, in pixels.
const MIN_STACK: f32 = 32.0;

/// The parts of a strip that has different bars above each other, or bars in a part of its height. None where there
/// is but one kind of bars from top to bottom.
pub fn stacked<'a>(strip: &Strip<'a>) -> Vec<Strip<'a>> {
    let differ = |pair: &[Vec<f32>]| correlation(&pair[0], &pair[1]) < LIKE_ROWS;
    if strip.region().along <= MIN_STACK || !strip.thinned(4).bands(2).windows(2).any(differ) {
        return Vec::new();
    }
    let Some(strip) = strip.straight() else { return Vec::new() };
    let edge = |k: usize| 2.0 * k as f32 / ROWS as f32 - 1.0;
    // What is beside the bars is alike in all rows.
    let inner = strip.columns / 6..strip.columns * 5 / 6;
    let rows: Vec<Vec<f32>> = (0..ROWS).map(|k| strip.mean(edge(k), edge(k + 1), 1)).collect();
    let likeness = |a: &[f32], b: &[f32]| correlation(&a[inner.clone()], &b[inner.clone()]);
    let mut found: Vec<((usize, usize), Vec<f32>)> = Vec::new();
    let mut from = 0;
    for to in 1..=ROWS {
        if to < ROWS && likeness(&rows[to - 1], &rows[to]) > LIKE_ROWS {
            continue;
        }
        let mean = mean_of(&rows[from..to]);
        let is_new = found.last().is_none_or(|(_, last)| likeness(last, &mean) < LIKE_ROWS);
        if to - from >= 3 && Bars::of(&mean, 0.2).edges.len() >= MIN_EDGES {
            if !is_new {
                return Vec::new();
            }
            found.push(((from, to), mean));
        }
        from = to;
    }
    let is_part = |((from, to), _): &((usize, usize), Vec<f32>)| PART.contains(&(to - from));
    if found.len() < 2 && !found.iter().all(is_part) {
        return Vec::new();
    }
    let part = |((from, to), mean): ((usize, usize), Vec<f32>)| {
        let edges = Bars::of(&mean, 0.2).edges;
        strip.part((edge(from), edge(to)), (*edges.first()?, *edges.last()?))
    };
    found.into_iter().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::locate::Region;
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

    /// Where the parts of a heap of two labels are, seen by a region that is turned against them by `angle`.
    fn parts(upper: usize, lower: usize, angle: f32) -> Vec<f32> {
        let rows = (0..HEIGHT).flat_map(|y| match y {
            22..96 => bars(upper),
            104..178 => bars(lower),
            _ => vec![220; WIDTH],
        });
        let luma: Vec<u8> = rows.collect();
        let view = View { width: WIDTH, height: HEIGHT, luma: &luma };
        let region = Region {
            centre: Point::new(240.0, 100.0),
            angle,
            across: 185.0,
            along: 78.0,
            slope: 0.0,
            bend: 0.0,
            fan: 0.0,
        };
        let strip = Strip::new(view, region).unwrap();
        stacked(&strip).iter().map(|part| part.region().centre.y).collect()
    }

    #[test]
    fn two_labels_of_a_heap_are_told_apart() {
        for angle in [0.0, 0.03] {
            let found = parts(1, 2, angle);
            let near = |k: usize, y: f32| found.get(k).is_some_and(|at| (at - y).abs() < 12.0);
            assert!(found.len() == 2 && near(0, 59.0) && near(1, 141.0), "{found:?}");
        }
    }

    #[test]
    fn one_label_is_not_cut() {
        assert_eq!(parts(1, 1, 0.0), Vec::<f32>::new());
    }
}
