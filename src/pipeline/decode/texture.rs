//! Where matrix symbols may be: cells whose gradient is strong in both directions at once.
//!
//! Print has such cells too, so what it finds are places to look at, not symbols.

use crate::pipeline::decode::cells::{CELL, Cells};
use crate::pipeline::decode::components::{Component, Components};
use crate::pipeline::decode::lanes::fill;
use crate::pipeline::decode::lead::lead;
use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::View;

/// Least share of the weaker direction in the energy of a cell.
const MIN_SHARE: f32 = 0.2;

/// Pixels on a side of a window in which dark and light are compared.
const WINDOW: usize = 12;

/// Where the mean of such a window lies between its darkest and its lightest pixel in a symbol.
const MIXED: std::ops::Range<f32> = 0.28..0.75;

/// Changes between dark and light that a line across a patch of modules has at least, as a mean of the livelier half of
/// its lines: the least read had 3.5, ten modules on a side; of words of print two in three have fewer.
const MIN_CHANGES: f32 = 3.2;

/// From so many on one direction may have many more than the other. What was read had 5.4 where there is more than a
/// small symbol in a patch.
const MANY_CHANGES: f32 = 4.4;

/// Below that, how many times as many one direction has at most as the other: small symbols had 1.43.
const MAX_UNEVEN: f32 = 1.8;

/// Changes a pixel that a line across wide modules has at most: print has 0.27 and more.
const MOST_CHANGES: f32 = 0.2;

/// Windows of a patch from which on it is told from print by those of them that are as dark as light.
const MANY: usize = 30;

/// Of so many windows the darkest tenth of a symbol is darker than this, between its darkest and its lightest pixel:
/// of what was read at most 0.55. Three in four patches of text pages are lighter.
const MOSTLY_GROUND: f32 = 0.59;

/// Share of the greatest contrast of all windows below which a window is ground.
const GROUND: f32 = 0.35;

/// Windows on a side of a patch, of which every second is looked at where there are twice as many, and so on.
const MAX_WINDOWS: usize = 16;

/// So there are at most as many as this.
const MOST_LINES: usize = 2 * MAX_WINDOWS;

/// The same of a patch of a smaller picture.
const MAX_WIDE_WINDOWS: usize = 6;

/// Most patches of one size that are read in one picture.
const MAX_PATCHES: usize = 14;

/// What joined cells need to be a patch.
struct Least {
    /// Cells on a side.
    side: usize,
    /// Cells: words of print have fewer (median 22 in station frames, symbols 157, the least 41).
    members: usize,
    /// Share of the box around them that they fill.
    filled: f32,
}

/// Of cells as they are, the rim of their windows counted.
const WINDOWED: Least = Least { side: 4, members: 24, filled: 0.35 };

/// Of cells without what they have from their neighbours alone: a symbol turned by an eighth fills half of its box.
const TRIMMED: Least = Least { side: 3, members: 16, filled: 0.5 };

/// Greatest ratio of the sides of an upright box around a symbol.
const MAX_ASPECT: usize = 2;

/// Of cells of a smaller picture: wide modules are more of their cells, and what is smaller shows at a larger size.
const WIDE: Least = Least { side: 7, members: 40, filled: 0.35 };

/// The same of cells without what they have from their neighbours alone.
const WIDE_TRIMMED: Least = Least { side: 6, members: 30, filled: 0.4 };

/// The patches of `grids`, cells of one size by gradients of one scale and another, the largest few first: found at a high
/// threshold and, where that breaks a faint symbol or finds none, at a lower one.
pub fn patches<'a, 'p>(
    grids: impl IntoIterator<Item = &'a Cells>,
    pools: &'p Pools,
) -> Lent<'p, Vec<Patch>> {
    let marks = [(Mark::STRONG, &WINDOWED), (Mark::ANY, &WINDOWED), (Mark::OWN, &TRIMMED)];
    patches_of(grids, &marks, pools)
}

/// The patches of `cells` of a smaller picture that are too large for modules which show in one twice as large.
///
/// A high threshold finds nothing more: there are few cells, and wide modules have sharp edges.
pub fn wide_patches<'p>(cells: &Cells, pools: &'p Pools) -> Lent<'p, Vec<Patch>> {
    patches_of([cells], &[(Mark::ANY, &WIDE), (Mark::OWN, &WIDE_TRIMMED)], pools)
}

fn patches_of<'a, 'p>(
    grids: impl IntoIterator<Item = &'a Cells>,
    wanted: &[(u8, &Least)],
    pools: &'p Pools,
) -> Lent<'p, Vec<Patch>> {
    let (mut found, mut alone) = (pools.patches.empty(), pools.patches.empty());
    let mut marked = pools.marked.lend();
    for cells in grids {
        let strongest = cells.strongest(&mut pools.workspaces.lend());
        marked.mark(cells, strongest);
        for (mark, least) in wanted {
            if *mark == Mark::OWN {
                alone.extend(marked.patches(*mark, least));
                continue;
            }
            for patch in marked.patches(*mark, least) {
                // Glare leaves one side of a symbol faint: both are one patch.
                match found.iter_mut().find(|other| other.overlap(&patch) > 0.6) {
                    Some(other) => *other = other.joined(&patch),
                    None => found.push(patch),
                }
            }
        }
    }
    // Without their windows, symbols that stand close are two.
    for patch in &*alone {
        if !found.iter().any(|other| other.overlap(patch) > 0.5) {
            found.push(*patch);
        }
    }
    lead(&mut found, MAX_PATCHES, |a, b| b.area().cmp(&a.area()));
    found.truncate(MAX_PATCHES);
    found
}

/// Whether `patch` of `view` has about as much dark as light: print is mostly ground.
///
/// The mean of a window between its darkest and its lightest pixel, over the rhomb in the patch: that lies in a symbol
/// however it is turned. Symbols have 0.4 to 0.65, under glare 0.75; a page of text 0.72 to 0.8.
pub fn is_mixed(view: View<'_>, patch: &Patch) -> bool {
    let (mut sum, mut full) = (0, 0);
    let half = (patch.width / 2).max(1).cast_signed();
    for (k, top) in (patch.top..patch.top + patch.height).step_by(WINDOW).enumerate() {
        let from_middle = (k * WINDOW + WINDOW / 2).abs_diff(patch.height / 2);
        let reach = half - (from_middle * patch.width / patch.height.max(1)).cast_signed();
        let n = usize::try_from(2 * reach).unwrap_or_default() / WINDOW;
        let left = (patch.left + patch.width / 2).saturating_sub(n * WINDOW / 2);
        for left in (0..n).map(|k| left + k * WINDOW) {
            let (mut low, mut high, mut total) = (u8::MAX, 0, 0);
            for row in top..(top + WINDOW).min(view.height) {
                for value in view.row(row).get(left..left + WINDOW).unwrap_or_default() {
                    (low, high) = (low.min(*value), high.max(*value));
                    total += u64::from(*value);
                }
            }
            let area = (WINDOW * WINDOW) as u64;
            sum += total.saturating_sub(area * u64::from(low));
            full += area * u64::from(high.saturating_sub(low));
        }
    }
    full == 0 || MIXED.contains(&(sum as f32 / full as f32))
}

/// Whether `patch` of `view` may be of modules, not of print: its lines change often, both ways, and where it is large
/// some of its windows are as dark as light.
pub fn may_be_modules(view: View<'_>, patch: &Patch, pools: &Pools) -> bool {
    let mut windows = pools.windows.lend();
    windows.look(view, patch, MAX_WINDOWS);
    are_lively(windows.changes()) && !windows.are_ground()
}

/// Whether `patch` of `view` may be of modules that are too wide to show in a picture twice as large.
pub fn may_be_wide_modules(view: View<'_>, patch: &Patch, pools: &Pools) -> bool {
    let mut windows = pools.windows.lend();
    windows.look(view, patch, MAX_WIDE_WINDOWS);
    let [across, down] = windows.changes();
    are_lively([across, down])
        && across <= MOST_CHANGES * patch.width as f32
        && down <= MOST_CHANGES * patch.height as f32
        && !windows.are_ground()
}

/// The windows of a patch, but for those that are ground.
#[derive(Debug, Default)]
pub struct Windows {
    /// Every so manieth one is looked at.
    stride: usize,
    /// Rows and columns of windows.
    size: (usize, usize),
    /// The row, the column and what is there.
    seen: Vec<(usize, usize, Window)>,
    /// Where the mean of each lies between its darkest and its lightest pixel.
    mixed: Vec<f32>,
}

impl Windows {
    /// Looks at those of `patch`, at most twice so many on a side.
    fn look(&mut self, view: View<'_>, patch: &Patch, most: usize) {
        let stride = (patch.width.max(patch.height) / (most * WINDOW)).max(1);
        let n = |side: usize| ((side + WINDOW / 2) / (stride * WINDOW)).max(1);
        let (columns, rows) = (n(patch.width), n(patch.height));
        let window = |k: usize| {
            let (row, column) = (k / columns, k % columns);
            let at = |k: usize| k * stride * WINDOW;
            (row, column, Window::of(view, patch.left + at(column), patch.top + at(row)))
        };
        (self.stride, self.size) = (stride, (rows, columns));
        let seen = &mut self.seen;
        seen.clear();
        seen.extend((0..rows * columns).map(window));
        let strongest = seen.iter().map(|(_, _, window)| window.contrast()).max();
        let least = GROUND * f32::from(strongest.unwrap_or_default());
        seen.retain(|(_, _, window)| f32::from(window.contrast()) >= least);
    }

    /// Changes in a line across the patch and in one down, as means of the livelier half.
    fn changes(&self) -> [f32; 2] {
        let (mut across, mut down) = ([0.0_f32; MOST_LINES], [0.0_f32; MOST_LINES]);
        for (row, column, window) in &self.seen {
            for (sums, k, n) in
                [(&mut across, row, window.across), (&mut down, column, window.down)]
            {
                if let Some(sum) = sums.get_mut(*k) {
                    *sum += n as f32;
                }
            }
        }
        let per_line = self.stride as f32 / WINDOW as f32;
        let (rows, columns) = self.size;
        [(&mut across, rows), (&mut down, columns)]
            .map(|(changes, n)| upper_half(&mut changes[..n.min(MOST_LINES)]) * per_line)
    }

    /// Whether even the darkest windows are mostly ground, of so many that a symbol would be some of them.
    fn are_ground(&mut self) -> bool {
        let Self { seen, mixed, .. } = self;
        mixed.clear();
        mixed.extend(seen.iter().map(|(_, _, window)| window.mixed()));
        let rank = mixed.len() / 10;
        mixed.len() >= MANY && *mixed.select_nth_unstable_by(rank, f32::total_cmp).1 > MOSTLY_GROUND
    }
}

/// Whether lines across change from dark to light and back as often as those of modules do, upright and level ones: a word
/// of print does so in one direction only.
///
/// Ten modules as dark as by lot have six changes, however large they are. The livelier half of the lines counts, for what
/// is beside a symbol is in its patch, too.
fn are_lively([across, down]: [f32; 2]) -> bool {
    let (least, most) = (across.min(down), across.max(down));
    least >= MANY_CHANGES || (least >= MIN_CHANGES && most < MAX_UNEVEN * least)
}

/// The mean of the greater half of `values`.
fn upper_half(values: &mut [f32]) -> f32 {
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let half = values.len().div_ceil(2);
    values.iter().take(half).sum::<f32>() / half.max(1) as f32
}

/// A window of a patch.
#[derive(Debug)]
struct Window {
    /// Its darkest and its lightest pixel.
    range: (u8, u8),
    /// The sum of its pixels and of those after its last column and row.
    sum: u32,
    /// Changes in all of its rows, told by the middle of the darkest and the lightest pixel.
    across: u32,
    /// The same in its columns.
    down: u32,
}

/// Pixels on a side of a window, and one after the last.
const SIDE: usize = WINDOW + 1;

impl Window {
    /// The one whose first pixel this is; at the rim the last there is.
    fn of(view: View<'_>, left: usize, top: usize) -> Self {
        let left = left.min(view.width.saturating_sub(SIDE));
        let top = top.min(view.height.saturating_sub(SIDE));
        let row = |k: usize| view.row(top + k).get(left..).and_then(|row| row.first_chunk());
        let rows: [&[u8; SIDE]; SIDE] = std::array::from_fn(|k| row(k).unwrap_or(&[0; SIDE]));
        let (mut low, mut high, mut sum) = (u8::MAX, 0, 0);
        for value in rows.iter().copied().flatten() {
            (low, high) = (low.min(*value), high.max(*value));
            sum += u32::from(*value);
        }
        let middle = low.midpoint(high);
        let bits = |row: &[u8; SIDE]| {
            row.iter().fold(0_u32, |bits, value| bits << 1 | u32::from(*value > middle))
        };
        let bits = rows.map(bits);
        // What follows the last column and row is not its own.
        let across = bits.iter().take(WINDOW).map(|b| (b ^ b >> 1) & !(1 << WINDOW));
        let down = bits.windows(2).map(|pair| (pair[0] ^ pair[1]) >> 1);
        let count = |changes: u32| changes.count_ones();
        Self {
            range: (low, high),
            sum,
            across: across.map(count).sum(),
            down: down.map(count).sum(),
        }
    }

    fn contrast(&self) -> u8 {
        self.range.1 - self.range.0
    }

    /// Where its mean lies between its darkest and its lightest pixel.
    fn mixed(&self) -> f32 {
        let mean = self.sum as f32 / (SIDE * SIDE) as f32;
        (mean - f32::from(self.range.0)) / f32::from(self.contrast()).max(1.0)
    }
}

/// What a cell that may be of modules has.
struct Mark;

impl Mark {
    /// Both directions of the gradient, if weakly.
    const ANY: u8 = 1;
    /// The same at a high threshold.
    const STRONG: u8 = 2;
    /// The same, not from its neighbours alone.
    const OWN: u8 = 4;
}

/// The marks of the cells of a grid.
#[derive(Debug, Default)]
pub struct Marked {
    columns: usize,
    marks: Vec<u8>,
    components: Components,
}

impl Marked {
    /// Marks each of `cells`, of whose windows one in a hundred is stronger than `strongest`.
    fn mark(&mut self, cells: &Cells, strongest: f32) {
        let [strong, any] = [0.15, 0.08].map(|share: f32| (share * strongest).max(4.0));
        let marks = |([xx, yy, xy], is_own): ([f32; 3], bool)| {
            let (energy, apart) = (xx + yy, xx - yy);
            let root = apart * apart + 4.0 * xy * xy;
            // The weaker direction has half of what the difference of both, a root, leaves of the energy.
            let is_above = |least: f32| {
                let left = energy - 2.0 * least.max(MIN_SHARE * energy);
                left * left.abs() > root
            };
            let (is_any, is_strong) = (is_above(any), is_above(strong));
            let mark = |is: bool, mark: u8| u8::from(is) * mark;
            mark(is_any, Mark::ANY)
                | mark(is_strong, Mark::STRONG)
                | mark(is_strong && is_own, Mark::OWN)
        };
        self.columns = cells.columns;
        fill(&mut self.marks, cells.tensors().zip(cells.are_own()).map(marks));
    }

    /// The patches of joined cells with one mark.
    fn patches(&mut self, mark: u8, wanted: &Least) -> impl Iterator<Item = Patch> {
        let found = self.components.of(&self.marks, self.columns, mark);
        found.iter().filter_map(|joined| patch(joined, wanted))
    }
}

/// The box around joined cells, where they are as many as a symbol has and shaped like one.
fn patch(joined: &Component, wanted: &Least) -> Option<Patch> {
    let (width, height) = (joined.columns.len(), joined.rows.len());
    let filled = joined.cells as f32 / (width * height) as f32;
    let shaped =
        width.min(height) >= wanted.side && width.max(height) <= MAX_ASPECT * width.min(height);
    (shaped && filled > wanted.filled && joined.cells >= wanted.members).then_some(Patch {
        left: joined.columns.start * CELL,
        top: joined.rows.start * CELL,
        width: width * CELL,
        height: height * CELL,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_fine_modules_that_stand_close_are_two() {
        // Two squares of 24 modules of 2 pixels, as dark as by lot, 16 pixels between them.
        let (width, height) = (320, 160);
        let module = |x: usize, y: usize| {
            let (x, y) = ((x - 100) / 2, (y - 60) / 2);
            (x * 7919 + y * 104_729 + x * y * 31) % 13 < 6
        };
        let mut luma = vec![220_u8; width * height];
        for left in [100, 164] {
            for (y, x) in (60..108).flat_map(|y| (left..left + 48).map(move |x| (y, x))) {
                luma[y * width + x] = if module(x, y) { 40 } else { 220 };
            }
        }
        let view = View { width, height, luma: &luma };
        let (half, fine) = (view.halved(), Cells::of(view, 2 * CELL));
        let coarse = Cells::of(half.view(), CELL);
        let close = |patch: &Patch, left: usize| {
            let patch = patch.scaled(2);
            patch.left.abs_diff(left) < 16 && (patch.left + patch.width).abs_diff(left + 48) < 16
        };
        let pools = Pools::default();
        let found = patches([&coarse, &fine], &pools);
        assert!([100, 164].iter().all(|left| found.iter().any(|p| close(p, *left))), "{found:?}");
    }

    /// Whether a square of so many pixels on a side may be of modules that is dark where `is_dark` says so.
    fn may_be(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> bool {
        may_be_of(side, is_dark, may_be_modules)
    }

    fn may_be_of(
        side: usize,
        is_dark: impl Fn(usize, usize) -> bool,
        may_be: fn(View<'_>, &Patch, &Pools) -> bool,
    ) -> bool {
        let whole = side + 40;
        let pixel = |k: usize| {
            let (x, y) = (k % whole, k / whole);
            let is_inside = (20..side + 20).contains(&x) && (20..side + 20).contains(&y);
            if is_inside && is_dark(x - 20, y - 20) { 40 } else { 220 }
        };
        let luma: Vec<u8> = (0..whole * whole).map(pixel).collect();
        let view = View { width: whole, height: whole, luma: &luma };
        let patch = Patch { left: 16, top: 16, width: side + 8, height: side + 8 };
        may_be(view, &patch, &Pools::default())
    }

    #[test]
    fn modules_change_both_ways_and_are_as_dark_as_light() {
        let lot = |x: usize, y: usize| (x * 7919 + y * 104_729 + x * y * 31) % 13;
        assert!(may_be(40, |x, y| lot(x / 4, y / 4) < 6), "ten modules");
        assert!(may_be(40, |x, y| lot(x / 2, y / 2) < 6), "twenty");
        assert!(may_be(120, |x, y| lot(x / 4, y / 4) < 6), "thirty");
        assert!(!may_be(120, |x, y| lot(x / 4, y / 4) < 2), "a block of print");
        // Four letters of two strokes with a line between them.
        assert!(!may_be(40, |x, y| [0, 1, 6, 7].contains(&(x % 10)) || (18..22).contains(&y)));
        assert!(!may_be(40, |x, _| x % 4 < 2), "bars");
    }

    #[test]
    fn what_shows_in_a_larger_picture_is_not_of_wide_modules() {
        let lot = |x: usize, y: usize| (x * 7919 + y * 104_729 + x * y * 31) % 13;
        let of_modules = |px: usize| move |x: usize, y: usize| lot(x / px, y / px) < 6;
        assert!(may_be_of(60, of_modules(5), may_be_wide_modules));
        assert!(!may_be_of(60, of_modules(2), may_be_wide_modules));
        assert!(may_be(60, of_modules(2)));
    }
}
