//! A profile's edges: where brightness passes the middle between a bar and the space beside it.
//!
//! Peaks and valleys are told by a swing of a share of the contrast nearby, so uneven light and glare do not
//! move the threshold of bars elsewhere.

use crate::pipeline::decode::lanes::range;
use crate::pipeline::decode::pool::{Lent, Pools, Profile};

/// Columns a block, in which the range of brightness is taken.
const BLOCK: usize = 16;

/// Peaks and valleys for which there is room from the start: most profiles have fewer.
const USUAL: usize = 128;

/// Blocks to each side that make "nearby".
const NEARBY: usize = 3;

/// The edges of bars in a profile: even ones into a bar, odd ones out of it, in columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// Positions of the edges; their number is even.
    pub edges: Vec<f32>,
}

impl Bars {
    /// The bars of `profile`: a peak and a valley differ at least by `share` of the contrast nearby.
    pub fn of<'p>(profile: &[f32], share: f32, pools: &'p Pools) -> Lent<'p, Self> {
        let mut bars = pools.bars.lend();
        bars.find(profile, share, &mut pools.rooms.lend());
        bars
    }

    /// Makes them the bars of `profile`.
    pub fn find(&mut self, profile: &[f32], share: f32, room: &mut Room) {
        let falls = self.cross(profile, share, room);
        let Self { edges } = self;
        // The first edge must be into a bar, the last one out of it.
        if !falls && !edges.is_empty() {
            edges.remove(0);
        }
        if edges.len() % 2 == 1 {
            edges.pop();
        }
    }

    /// The same, but what is dark at an end of the profile is a bar, too.
    pub fn find_to_ends(&mut self, profile: &[f32], share: f32, room: &mut Room) {
        let falls = self.cross(profile, share, room);
        let Self { edges } = self;
        if let (false, Some(first)) = (falls, edges.first()) {
            edges.insert(0, first - 1.0);
        }
        if let (1, Some(last)) = (edges.len() % 2, edges.last()) {
            edges.push(last + 1.0);
        }
    }

    /// Makes `edges` those of `profile`, of bars or not: whether the first is into a bar.
    fn cross(&mut self, profile: &[f32], share: f32, room: &mut Room) -> bool {
        let extremes = room.extremes(profile, share);
        let Self { edges } = self;
        edges.clear();
        edges.reserve(extremes.len() + 1);
        for pair in extremes.windows(2) {
            edges.push(crossing(profile, pair[0], pair[1]));
        }
        extremes.first().zip(extremes.get(1)).is_some_and(|(a, b)| profile[*a] > profile[*b])
    }

    /// The same bars seen from the other end.
    pub fn reversed<'p>(&self, pools: &'p Pools) -> Lent<'p, Self> {
        let mut back = pools.bars.lend();
        self.reverse_into(&mut back);
        back
    }

    /// Makes `back` the same bars seen from the other end.
    pub fn reverse_into(&self, back: &mut Self) {
        back.edges.clear();
        back.edges.extend(self.edges.iter().rev().map(|e| -e));
    }

    /// Bars and spaces between the edges.
    pub fn elements(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// The width of element `k`: a bar where `k` is even.
    pub fn width(&self, k: usize) -> f32 {
        match (self.edges.get(k), self.edges.get(k + 1)) {
            (Some(a), Some(b)) => b - a,
            _ => 0.0,
        }
    }

    /// The widths of the `N` elements from `k` on; `None` past the end.
    pub fn widths<const N: usize>(&self, k: usize) -> Option<[f32; N]> {
        let edges = self.edges.get(k..=k + N)?;
        let mut widths = [0.0; N];
        widths.iter_mut().zip(edges.windows(2)).for_each(|(w, e)| *w = e[1] - e[0]);
        Some(widths)
    }

    /// The free space before edge `k`: without end where there is no bar before it.
    pub fn before(&self, k: usize) -> f32 {
        if k == 0 { f32::INFINITY } else { self.width(k - 1) }
    }

    /// The free space after edge `k`.
    pub fn after(&self, k: usize) -> f32 {
        if k + 1 >= self.edges.len() { f32::INFINITY } else { self.width(k) }
    }
}

/// Room in which edges are found.
#[derive(Debug, Default)]
pub struct Room {
    /// The darkest and the lightest column of each block.
    blocks: Vec<(f32, f32)>,
    /// The contrast near it.
    ranges: Vec<f32>,
    /// The columns of peaks and valleys.
    turns: Vec<usize>,
}

impl Room {
    /// The columns of alternating peaks and valleys.
    fn extremes(&mut self, profile: &[f32], share: f32) -> &[usize] {
        let Self { blocks, ranges, turns: found } = self;
        found.clear();
        found.reserve(USUAL);
        blocks.clear();
        blocks.extend(profile.chunks(BLOCK).map(range));
        ranges.clear();
        ranges.extend((0..blocks.len()).map(|k| contrast(blocks, k)));
        let whole = ranges.iter().copied().fold(0.0, f32::max);
        let Some(first) = profile.first() else { return found };
        let mut turns = Turns::from(*first, found);
        let near = blocks.iter().zip(ranges.iter());
        for (block, (values, (range, nearby))) in profile.chunks(BLOCK).zip(near).enumerate() {
            let swing = (share * nearby).max(0.1 * share * whole).max(2.0);
            // A block in which nothing turns need not be followed column by column.
            if !turns.are_none_in(*range, swing) {
                turns.follow((block * BLOCK, values), swing);
            }
        }
        turns.finish();
        found
    }
}

/// Where a profile turns, as far as it was followed.
struct Turns<'r> {
    found: &'r mut Vec<usize>,
    /// Whether it rises (1) or falls (-1): times it, what is followed always rises. 0 until the first turn.
    sign: f32,
    /// The highest column since the last turn, its value times the sign.
    peak: (usize, f32),
    /// The lowest one, before the first turn.
    valley: (usize, f32),
}

impl<'r> Turns<'r> {
    fn from(first: f32, found: &'r mut Vec<usize>) -> Self {
        Self { found, sign: 0.0, peak: (0, first), valley: (0, first) }
    }

    /// Whether values between two change nothing.
    fn are_none_in(&self, (low, high): (f32, f32), swing: f32) -> bool {
        let (low, high) = if self.sign > 0.0 { (low, high) } else { (-high, -low) };
        self.sign != 0.0 && low >= self.peak.1 - swing && high <= self.peak.1
    }

    /// Goes on through `values`, of which the first is column `first`.
    fn follow(&mut self, (first, values): (usize, &[f32]), swing: f32) {
        let skipped = if self.sign == 0.0 { self.begin((first, values), swing) } else { 0 };
        let (mut sign, (mut at, mut peak)) = (self.sign, self.peak);
        for (k, value) in values.iter().enumerate().skip(skipped) {
            let value = sign * value;
            // Selected, not branched: whether a value is the highest yet cannot be foretold.
            at = if value > peak { first + k } else { at };
            peak = if value > peak { value } else { peak };
            if value < peak - swing {
                self.found.push(at);
                (sign, at, peak) = (-sign, first + k, -value);
            }
        }
        (self.sign, self.peak) = (sign, (at, peak));
    }

    /// Looks for the first turn in `values`: how many of them it takes.
    fn begin(&mut self, (first, values): (usize, &[f32]), swing: f32) -> usize {
        for (k, value) in values.iter().enumerate() {
            let here = (first + k, *value);
            self.peak = if here.1 > self.peak.1 { here } else { self.peak };
            self.valley = if here.1 < self.valley.1 { here } else { self.valley };
            if self.peak.1 - self.valley.1 > swing {
                let rises = self.valley.0 < self.peak.0;
                self.found.push(if rises { self.valley.0 } else { self.peak.0 });
                self.sign = if rises { 1.0 } else { -1.0 };
                self.peak = (here.0, self.sign * here.1);
                return k + 1;
            }
        }
        values.len()
    }

    /// The last one is where it ends.
    fn finish(self) {
        if self.sign != 0.0 {
            self.found.push(self.peak.0);
        }
    }
}

/// The contrast near block `k`.
fn contrast(blocks: &[(f32, f32)], k: usize) -> f32 {
    let window = &blocks[k.saturating_sub(NEARBY)..(k + NEARBY + 1).min(blocks.len())];
    let wider = |a: (f32, f32), b: &(f32, f32)| (a.0.min(b.0), a.1.max(b.1));
    let (low, high) = window.iter().fold((f32::MAX, f32::MIN), wider);
    high - low
}

/// Where the profile passes the middle between two extremes.
fn crossing(profile: &[f32], from: usize, to: usize) -> f32 {
    let middle = f32::midpoint(profile[from], profile[to]);
    let falling = profile[from] > profile[to];
    let run = &profile[from..=to];
    let is_past = |value: f32| (value < middle) == falling;
    // How many are not past it, and the last of those.
    let (mut n_before, mut last) = (0, 0);
    for (k, value) in run.iter().enumerate() {
        n_before += usize::from(!is_past(*value));
        last = if is_past(*value) { last } else { k };
    }
    let between = |k: usize| {
        let (a, b) = (profile[from + k], profile[from + k + 1]);
        (from + k) as f32 + if (b - a).abs() < 1e-6 { 0.5 } else { (middle - a) / (b - a) }
    };
    let is_once = n_before == last + 1;
    let first = if is_once { Some(n_before) } else { run.iter().position(|value| is_past(*value)) };
    match first.and_then(|k| k.checked_sub(1)) {
        Some(first) if last + 1 < run.len() => f32::midpoint(between(first), between(last)),
        _ => (from + to) as f32 / 2.0,
    }
}

/// The profile with its edges steepened: what a blur of `reach` columns took away, put back in part.
pub fn sharpened<'p>(
    profile: &[f32],
    (reach, strength): (usize, f32),
    pools: &'p Pools,
) -> Profile<'p> {
    let mut blurred = smoothed(&smoothed(profile, reach, pools), reach, pools);
    blurred.iter_mut().zip(profile).for_each(|(b, p)| *b = p + strength * (p - *b));
    blurred
}

/// The mean of each column and `reach` columns to both sides.
pub fn smoothed<'p>(profile: &[f32], reach: usize, pools: &'p Pools) -> Profile<'p> {
    let n = profile.len();
    let mean = |k: usize| {
        let near = &profile[k.saturating_sub(reach)..(k + reach + 1).min(n)];
        near.iter().sum::<f32>() / near.len() as f32
    };
    let mut means = pools.profiles.collect((0..reach.min(n)).map(mean));
    if let Some(inner) = n.checked_sub(2 * reach).filter(|inner| *inner > 0) {
        // Shifted by each of the columns of the reach in turn, many are added at once.
        means.extend_from_slice(&profile[..inner]);
        let sums = &mut means[reach..];
        for shift in 1..=2 * reach {
            sums.iter_mut().zip(&profile[shift..]).for_each(|(sum, v)| *sum += v);
        }
        let share = 1.0 / (2 * reach + 1) as f32;
        for sum in sums {
            *sum *= share;
        }
    }
    let rest = means.len()..n;
    means.extend(rest.map(mean));
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lie_between_columns() {
        let mut profile = vec![200.0; 60];
        profile[20..24].fill(20.0);
        profile[30..32].fill(20.0);
        profile[24] = 110.0;
        let pools = Pools::default();
        let bars = Bars::of(&profile, 0.3, &pools);
        assert_eq!(bars.edges.len(), 4);
        assert!((bars.width(0) - 4.5).abs() < 0.3, "{bars:?}");
        assert!((bars.width(2) - 2.0).abs() < 0.1, "{bars:?}");
        assert_eq!(*bars.reversed(&pools).reversed(&pools), *bars);
    }

    #[test]
    fn a_bar_at_an_end_is_one_only_where_it_is_asked_for() {
        let mut profile = vec![200.0; 60];
        profile[..10].fill(20.0);
        profile[30..34].fill(20.0);
        profile[50..].fill(20.0);
        let (mut bars, mut room) = (Bars::default(), Room::default());
        bars.find(&profile, 0.3, &mut room);
        assert_eq!(bars.edges, [29.5, 33.5]);
        bars.find_to_ends(&profile, 0.3, &mut room);
        assert_eq!(bars.edges, [8.5, 9.5, 29.5, 33.5, 49.5, 50.5]);
    }

    #[test]
    fn a_flat_profile_has_no_bars() {
        let pools = Pools::default();
        assert_eq!(*Bars::of(&[90.0; 50], 0.3, &pools), Bars::default());
        assert_eq!(*Bars::of(&[], 0.3, &pools), Bars::default());
    }

    #[test]
    fn the_mean_of_neighbours_ends_at_the_rim() {
        let profile = [0.0, 3.0, 6.0, 3.0, 0.0, 9.0];
        let pools = Pools::default();
        assert_eq!(*smoothed(&profile, 1, &pools), [1.5, 3.0, 4.0, 3.0, 4.0, 4.5]);
        assert_eq!(*smoothed(&profile, 9, &pools), [3.5; 6]);
        assert_eq!(*smoothed(&[], 2, &pools), [0.0; 0]);
    }
}
