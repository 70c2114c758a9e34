//! Different bars above each other in one region: labels are stuck close, and cells do not see a narrow gap.

use crate::pipeline::decode::linear::MIN_EDGES;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::strip::{Strip, correlation, mean_of};

/// Rows by which different bars above each other are told apart.
const ROWS: usize = 24;

/// Correlation of two rows that may be of one symbol.
const LIKE_ROWS: f32 = 0.7;

/// Half the height of the least stack, in pixels.
const MIN_STACK: f32 = 40.0;

/// The parts of a strip that has different bars above each other: labels are stuck close. None where there is
/// but one kind of bars.
pub fn stacked<'a>(strip: &Strip<'a>) -> Vec<Strip<'a>> {
    let differ = |pair: &[Vec<f32>]| correlation(&pair[0], &pair[1]) < LIKE_ROWS;
    if strip.region().along <= MIN_STACK || !strip.bands(2).windows(2).any(differ) {
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
    if found.len() < 2 {
        return Vec::new();
    }
    let part = |((from, to), mean): ((usize, usize), Vec<f32>)| {
        let edges = Bars::of(&mean, 0.2).edges;
        strip.part((edge(from), edge(to)), (*edges.first()?, *edges.last()?))
    };
    found.into_iter().filter_map(part).collect()
}
