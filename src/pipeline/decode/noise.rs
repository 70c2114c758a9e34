//! Noise told from modules: a pixel tells nothing of the next one.

use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::raster::View;

/// Pixels of a step that leads from one module into another.
const APART: usize = 3;

/// Pixels on a side of a window, and the least of what is left at the rim of a patch.
const WINDOW: usize = 20;
const LEAST: usize = 12;

/// Rows of which one is looked at: no part of the blocks of a compressed picture.
const SPARSE: usize = 3;

/// The whiteness of noise at half the size of a picture: 0.8 and more. What was read had 0.57 at most, but for one that had
/// 0.84 and only 0.41 at full size: modules of two pixels.
const WHITE_HALF: f32 = 0.65;

/// The same at its full size, where noise has 0.55 and more. What was read and is white at half the size had 0.44 at most.
const WHITE: f32 = 0.5;

/// Whether `patch` of `half`, `view` at half its size, is noise.
///
/// Modules of two pixels look like it at half the size, noise that a camera has smoothed does not at the full one.
pub fn is_noise(view: View<'_>, half: View<'_>, patch: &Patch, pools: &Pools) -> bool {
    whiteness(half, patch, pools) > WHITE_HALF && whiteness(view, &patch.scaled(2), pools) > WHITE
}

/// The squared steps from pixel to pixel, as a share of those between pixels that are three apart: 1 in noise. The lesser
/// one of both directions, in the middle one of the windows of `patch`: the rim of a box or a letter crosses a few.
fn whiteness(view: View<'_>, patch: &Patch, pools: &Pools) -> f32 {
    let right = (patch.left + patch.width).min(view.width);
    let bottom = (patch.top + patch.height).min(view.height.saturating_sub(APART));
    let starts = |from: usize, to: usize| (from..(to + 1).saturating_sub(LEAST)).step_by(WINDOW);
    let rows = starts(patch.top, bottom);
    let windows = rows.flat_map(|top| starts(patch.left, right).map(move |left| (left, top)));
    let of_window = |(left, top): (usize, usize)| {
        let mut steps = [[0_u32; 2]; 2];
        for y in (top..(top + WINDOW).min(bottom)).step_by(SPARSE) {
            let row = |y: usize| view.row(y).get(left..(left + WINDOW).min(right));
            let here = row(y).unwrap_or_default();
            for (n, [across, down]) in [1, APART].into_iter().zip(&mut steps) {
                *across += squares(here, here.get(n..).unwrap_or_default());
                *down += squares(here, row(y + n).unwrap_or_default());
            }
        }
        let [near, far] = steps;
        let shares = near.iter().zip(&far).map(|(near, far)| *near as f32 / (*far).max(1) as f32);
        shares.fold(f32::MAX, f32::min)
    };
    let mut shares = pools.profiles.collect(windows.map(of_window));
    let middle = shares.len() / 2;
    if shares.is_empty() {
        return 0.0;
    }
    *shares.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// The sum of the squares by which values differ.
fn squares(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn lot(k: usize) -> usize {
        (k * 7919 + k / 7 * 104_729 + k * k * 31) % 251
    }

    fn rim(x: usize, y: usize) -> usize {
        lot(y * 160 + x) / 4 + if x + y > 90 { 150 } else { 0 }
    }

    fn modules(x: usize, y: usize) -> usize {
        if lot(y / 2 * 97 + x / 2).is_multiple_of(2) { 40 } else { 220 }
    }

    #[test_case(|x, y| lot(y * 160 + x), true; "each pixel by lot")]
    #[test_case(rim, true; "the rim of a box in noise")]
    #[test_case(modules, false; "modules of two pixels")]
    fn what_is_noise(pixel: fn(usize, usize) -> usize, expected: bool) {
        let pixels = (0..160 * 160).map(|k| u8::try_from(pixel(k % 160, k / 160)).unwrap());
        let luma: Vec<u8> = pixels.collect();
        let view = View { width: 160, height: 160, luma: &luma };
        let half = view.halved();
        let patch = Patch { left: 8, top: 8, width: 64, height: 64 };
        assert_eq!(is_noise(view, half.view(), &patch, &Pools::default()), expected);
    }
}
