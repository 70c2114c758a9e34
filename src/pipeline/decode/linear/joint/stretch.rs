//! Where a whole symbol may begin and end in a profile.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "columns are clamped to the profile before they become indices"
)]

use std::ops::Range;

use crate::pipeline::decode::linear::fit::hypothesis::add_by_length;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::profile::Bars;

/// Columns a module that are looked at.
const PITCH: Range<f32> = 0.8..14.0;

/// The darkness, of the ink's, at the end of a symbol in a strong blur.
const RIM: f32 = 0.27;

/// What stretches are looked for.
#[derive(Debug)]
pub struct Wanted {
    /// Free modules at both ends, at least: blur takes of the 7 to 11 of the standard.
    pub quiet: f32,
    /// Edges between the ends: blur leaves fewer than there are, noise adds few.
    pub edges: Range<usize>,
    /// Most of them, the longest first.
    pub most: usize,
}

/// Where a symbol of so many modules may begin and end: edges with free space beside them.
pub fn stretches<'p>(
    profile: &[f32],
    modules: f32,
    wanted: &Wanted,
    pools: &'p Pools,
) -> Lent<'p, Vec<(f32, f32)>> {
    let [mut found, mut free_ends, mut tried] = [(); 3].map(|()| pools.fit.stretches.empty());
    // A thin bar at an end is faint in a blur, and a rim of the paper is faint too: either threshold may be
    // the right one, at either end.
    let [clear, faint] = [0.3, 0.12].map(|share| Bars::of(profile, share, pools));
    let n_before = |at: f32| clear.edges.partition_point(|edge| *edge < at);
    let n_within = |from: f32, to: f32| n_before(to).saturating_sub(n_before(from));
    for (left, right) in [(&*clear, &*clear), (&faint, &faint), (&clear, &faint), (&faint, &clear)]
    {
        // Nothing that is shorter than the free space of the smallest symbol needs be looked at.
        let least = wanted.quiet * PITCH.start;
        let starts = (0..left.edges.len()).step_by(2).map(|k| (left.edges[k], left.before(k)));
        let ends = (1..right.edges.len()).step_by(2).map(|k| (right.edges[k], right.after(k)));
        free_ends.clear();
        free_ends.extend(ends.filter(|(_, free)| *free > least));
        for (from, before) in starts.filter(|(_, free)| *free > least) {
            let pitch = |to: f32| (to - from) / modules;
            let is_free = |free: f32, to: f32| free > wanted.quiet * pitch(to);
            let nearest = free_ends.partition_point(|(to, _)| pitch(*to) < PITCH.start);
            for (to, after) in &free_ends[nearest..] {
                // The ends are moved outward, so that no less is between them.
                let is_dense = || n_within(from, *to) >= wanted.edges.end;
                if pitch(*to) >= PITCH.end || !is_free(before, *to) || is_dense() {
                    // Nor does it suit what is farther.
                    break;
                }
                // Most edges are found at either threshold.
                if !is_free(*after, *to) || tried.contains(&(from, *to)) {
                    continue;
                }
                tried.push((from, *to));
                let pitch = pitch(*to);
                let (from, to) = (rim(profile, from, -pitch), rim(profile, *to, pitch));
                let same = |(a, b): &(f32, f32)| (a - from).abs() + (b - to).abs() < pitch;
                if wanted.edges.contains(&n_within(from, to)) && !found.iter().any(same) {
                    add_by_length(&mut found, (from, to));
                }
            }
        }
    }
    found.truncate(wanted.most);
    found
}

/// Where the end of a symbol at about `edge` is, seen along `outward` (a module, negative to the left).
///
/// Blur makes one grey bar of a guard, darker where it runs into the next wide bar; the end is where half of that
/// grey is reached, which is outside the place where half of the ink is.
fn rim(profile: &[f32], edge: f32, outward: f32) -> f32 {
    let at = |modules: f32| {
        let column = (edge + modules * outward).clamp(0.0, profile.len().saturating_sub(1) as f32);
        profile.get(column as usize).copied().unwrap_or_default()
    };
    let of = |range: Range<i16>, best: fn(f32, f32) -> f32| {
        range.map(|k| at(0.5 * f32::from(k))).reduce(best).unwrap_or_default()
    };
    let (paper, ink) = (of(0..7, f32::max), of(-15..1, f32::min));
    let level = paper - RIM * (paper - ink);
    let steps = (0..30_u8).map(|k| 0.1 * f32::from(k));
    edge + outward * steps.take_while(|modules| at(*modules) < level).last().unwrap_or(0.0)
}

/// How much speaks for a stretch that leaves the share `rest` of the variance: each column counts, for a part of a
/// symbol is always easier to explain than the whole.
pub fn explained(rest: f32, (from, to): (f32, f32)) -> f32 {
    -(to - from) * rest.max(1e-6).ln()
}
