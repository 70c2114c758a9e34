//! A look at a region that costs little: may its edges and its rows be those of a symbol?
//!
//! What it turns away would be fitted with every character of every symbology, and read as nothing.

use crate::pipeline::decode::lanes::range;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::pool::{Pools, Profile};
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::strip::{correlation, mean_of};
use std::ops::Range;

/// Look likeness of the rows of a symbol from top to bottom. Print has less than 0.6 nine times in ten; of the
/// symbols that were read in photos and frames none has less than 0.69.
const MIN_LIKENESS: f32 = 0.6;

/// Edges in a row without a gap between them that a symbol has at least, a blurred one too. What was read had 32.
const MIN_RUN: usize = 14;

/// Edges, with gaps or without, of one that is worn or in pieces. No linear symbol has less than 34.
const MIN_WHOLE: usize = 28;

/// Bands that are like the mean of all, of a symbol that has to be fitted. What was read had seven of eight.
const MIN_LIKE_WHOLE: usize = 6;

/// Half the pixels across a symbol that is not read as it is, at least: the shortest kinds have 67 modules, and below 0.9
/// pixels a module nothing is told. What was read had 46.
pub const MIN_ACROSS: f32 = 30.0;

/// The same of one that is fitted as a whole: the edges of its modules are lost at more than a pixel each, and an EAN has 95.
/// What was read had 60.
const MIN_WHOLE_ACROSS: f32 = 48.0;

/// How many times as high as wide a region is at most that is looked at closely. What was read had 1.4.
const MAX_HEIGHT: f32 = 2.0;

/// The same of one that is fitted as a whole: an EAN-8 has 0.82 (GS1 General Specifications, 5.2.3.4), and what
/// was read at most 0.77. Of the regions in frames without a symbol that get so far, half are higher.
const MAX_WHOLE_HEIGHT: f32 = 1.2;

/// A gap: so many times the width of the middle one of all bars and spaces.
const GAP: f32 = 4.0;

/// Greatest share of bars that follow each other at one distance: a grille has all, what was read had 0.62.
const MAX_EVEN: f32 = 0.85;

/// Distances that are one: so far, as a share, from the middle one of all.
const EVEN: f32 = 0.2;

/// Whether the bands of an aligned region, from top to bottom, may be of a symbol.
pub fn may_be_bars(bands: &[Vec<f32>], pools: &Pools) -> bool {
    have_bars(bands, MIN_RUN, pools)
}

/// The same of one that is worn or in pieces: its edges have to tell it.
pub fn may_be_whole_bars(bands: &[Vec<f32>], pools: &Pools) -> bool {
    have_bars(bands, MIN_WHOLE, pools)
}

/// Whether a region is of a size and a shape that is worth a closer look.
pub fn may_be_symbol(region: &Region) -> bool {
    region.across >= MIN_ACROSS && region.along <= MAX_HEIGHT * region.across
}

/// The same of one that is fitted as a whole.
pub fn may_be_whole(region: &Region) -> bool {
    region.across >= MIN_WHOLE_ACROSS && region.along <= MAX_WHOLE_HEIGHT * region.across
}

/// Whether `bands` are alike, and their mean has so many edges, which are not those of a grille.
fn have_bars(bands: &[Vec<f32>], least: usize, pools: &Pools) -> bool {
    if likeness(bands, pools) < MIN_LIKENESS {
        return false;
    }
    let bars = Bars::of(&mean_of(bands, pools), 0.25, pools);
    bars.edges.len() >= least
        && longest_run(&bars, pools) >= MIN_RUN
        && evenness(&bars, pools) < MAX_EVEN
}

/// Whether `bands` of a few columns of a region, from top to bottom, leave it open that its rows are alike.
pub fn may_be_alike(bands: &[Vec<f32>], pools: &Pools) -> bool {
    likeness(bands, pools) >= 0.75 * MIN_LIKENESS
}

/// What a symbol shows whose edges tell nothing.
#[derive(Debug)]
pub struct Look {
    /// Likeness of its rows, at look.
    likeness: f32,
    /// Likeness of all of its bands but two to the mean of all, at least.
    like_whole: f32,
    /// Contrast against the brightness of its paper, at least.
    contrast: f32,
    /// Edges in a row: at least, and less than.
    run: Range<usize>,
}

impl Look {
    /// Of one that characters fitted one by one may tell: what was read had 0.86 and 32.
    pub const FITTED: Self =
        Self { likeness: 0.75, like_whole: 0.5, contrast: 0.0, run: 24..usize::MAX };

    /// Of one that may be fitted as a whole: what was read had 0.71, 0.85, 0.46 and 16 to 66. An EAN has 60 edges, and
    /// noise adds few.
    pub const WHOLE: Self =
        Self { likeness: MIN_LIKENESS, like_whole: 0.75, contrast: 0.35, run: 12..72 };
}

/// Whether `bands`, from top to bottom, and `whole`, their mean, may be of a symbol that has to be fitted.
pub fn may_be_fitted(bands: &[Vec<f32>], whole: &[f32], look: &Look, pools: &Pools) -> bool {
    let (low, high) = range(whole);
    let like_whole = |band: &&Vec<f32>| correlation(band, whole) > look.like_whole;
    high - low >= look.contrast * high
        && bands.iter().filter(like_whole).count() >= MIN_LIKE_WHOLE
        && likeness(bands, pools) >= look.likeness
        && look.run.contains(&longest_run(&Bars::of(whole, 0.25, pools), pools))
}

/// How alike the rows of a region are over its height, of the profiles of its bands: -1 to 1.
///
/// The rows of bars are alike from end to end, those of print only near to each other. So quarters that do not
/// touch are compared, and the likest two count: glare or a scratch may take a quarter.
fn likeness(bands: &[Vec<f32>], pools: &Pools) -> f32 {
    let quarter = |k: usize| {
        let part = bands.get(k * bands.len() / 4..(k + 1) * bands.len() / 4);
        mean_of(part.unwrap_or_default(), pools)
    };
    let quarters: [Profile<'_>; 4] = std::array::from_fn(quarter);
    let pairs = [(0, 2), (0, 3), (1, 3)];
    pairs.map(|(a, b)| correlation(&quarters[a], &quarters[b])).into_iter().fold(-1.0, f32::max)
}

/// The most edges in a row without a gap between them.
fn longest_run(bars: &Bars, pools: &Pools) -> usize {
    let widths = pools.profiles.collect((0..bars.elements()).map(|k| bars.width(k)));
    let gap = GAP * middle_of(&widths, pools);
    widths.split(|width| *width > gap).map(|run| run.len() + 1).max().unwrap_or(0)
}

/// The share of bars whose distance to the next is that of most.
fn evenness(bars: &Bars, pools: &Pools) -> f32 {
    let distance = |k: usize| bars.width(k) + bars.width(k + 1);
    let distances = pools.profiles.collect((1..bars.elements()).map(|k| distance(k - 1)));
    let middle = middle_of(&distances, pools);
    let even = distances.iter().filter(|d| (**d - middle).abs() < EVEN * middle).count();
    even as f32 / distances.len().max(1) as f32
}

/// The middle one of `values` by size.
fn middle_of(values: &[f32], pools: &Pools) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let mut values = pools.profiles.collect(values.iter().copied());
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    /// Eight bands of bars and spaces of these widths in turn; `change` is added to the widths of the lower half.
    fn bands(widths: &[usize], change: usize) -> Vec<Vec<f32>> {
        let band = |k: usize| {
            let widths = widths.iter().enumerate();
            let moved = widths.map(|(j, w)| if k > 3 { w + (j * 5 + 1) % 4 * change } else { *w });
            let inner = moved.enumerate();
            let inner = inner.flat_map(|(j, w)| vec![if j % 2 == 0 { 30.0 } else { 220.0 }; w]);
            let quiet = vec![220.0_f32; 40];
            let mut band: Vec<f32> =
                quiet.iter().copied().chain(inner).chain(quiet.clone()).collect();
            band.resize(700, 220.0);
            band
        };
        (0..8).map(band).collect()
    }

    const CODE: [usize; 5] = [4, 8, 12, 4, 8];

    #[test_case(&CODE.repeat(7), 0, true; "bars")]
    #[test_case(&CODE.repeat(7), 3, false; "print: the lower half is another")]
    #[test_case(&[6; 35], 0, false; "a grille")]
    #[test_case(&[[4, 8, 4, 8, 4, 80].as_slice(); 6].concat(), 0, false; "bars far from each other")]
    fn what_may_be_a_symbol(widths: &[usize], change: usize, expected: bool) {
        assert_eq!(may_be_bars(&bands(widths, change), &Pools::default()), expected);
    }

    #[test_case(&CODE.repeat(7), 0, (true, true); "an EAN, or any other")]
    #[test_case(&[2, 4, 6, 2, 4].repeat(20), 0, (true, false); "more edges than an EAN has")]
    #[test_case(&CODE.repeat(3), 0, (false, true); "blur left an EAN few edges")]
    #[test_case(&CODE.repeat(7), 3, (false, false); "print")]
    fn what_may_be_fitted(widths: &[usize], change: usize, expected: (bool, bool)) {
        let bands = bands(widths, change);
        let pools = Pools::default();
        let may_be = |look| may_be_fitted(&bands, &mean_of(&bands, &pools), look, &pools);
        assert_eq!((may_be(&Look::FITTED), may_be(&Look::WHOLE)), expected);
    }

    #[test]
    fn what_is_faint_is_not_fitted_as_a_whole() {
        let faded = |share: f32| {
            let fade = |band: Vec<f32>| band.iter().map(|v| 220.0 - share * (220.0 - v)).collect();
            let bands: Vec<Vec<f32>> = bands(&CODE.repeat(7), 0).into_iter().map(fade).collect();
            let pools = Pools::default();
            may_be_fitted(&bands, &mean_of(&bands, &pools), &Look::WHOLE, &pools)
        };
        assert_eq!([1.0, 0.5, 0.3].map(faded), [true, true, false]);
    }

    #[test_case(100.0, 70.0, (true, true); "an EAN")]
    #[test_case(100.0, 150.0, (true, false); "too high for one, not for all")]
    #[test_case(100.0, 250.0, (false, false); "too high for all")]
    #[test_case(40.0, 20.0, (true, false); "too narrow for one")]
    #[test_case(20.0, 20.0, (false, false); "too narrow for all")]
    fn what_has_the_shape_of_a_symbol(across: f32, along: f32, expected: (bool, bool)) {
        let centre = crate::pipeline::symbol::Point::new(0.0, 0.0);
        let (angle, slope, bend, fan) = (0.0, 0.0, 0.0, 0.0);
        let region = Region { centre, angle, across, along, slope, bend, fan };
        assert_eq!((may_be_symbol(&region), may_be_whole(&region)), expected);
    }
}
