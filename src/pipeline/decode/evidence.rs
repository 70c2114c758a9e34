//! What no single frame shows: the pictures of a place that did not read, laid on each other frame by frame.
//!
//! Noise differs from frame to frame, the box does not: the mean of n frames has 1/√n of the noise. The hand that
//! holds the box trembles, so each frame is first moved to where it is most like the mean so far. What a mean
//! reads is one view; its frames are then forgotten, so that the next view comes of frames of its own.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are within a crop of the picture, and means within a byte"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::pipeline::decode::linear::{self, Unclear};
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::pool::{Pools, Profile};
use crate::pipeline::decode::raster::{Gray, View};
use crate::pipeline::decode::strip::{Strip, correlation};
use crate::pipeline::decode::work::Work;
use crate::pipeline::decode::{Decoded, Decoder, Fell, Formats, add, sort};
use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::{Point, Symbol};

/// Places that are followed at once.
const MAX_TRACES: usize = 4;
/// Pixels of a place that is followed: a quarter of a 1080p frame.
const MAX_AREA: usize = 1 << 19;
/// Frames after which a place that still does not read is begun anew.
const MAX_FRAMES: u16 = 16;
/// Frames in which a place may be missed before it is forgotten.
const MAX_MISSES: u32 = 2;
/// How far a held box moves from frame to frame, in pixels.
const REACH: f32 = 8.0;
/// Pixels above and below the bars.
const ROOM: f32 = 8.0;
/// Rows by which a frame is laid on the mean.
const ROWS: usize = 24;
/// How alike these rows must be in their mean: those of another box are not.
const ALIKE: f32 = 0.6;

/// The places that did not read in the frames so far.
#[derive(Debug, Default)]
pub struct Evidence {
    traces: Vec<Trace>,
    decoder: Decoder,
    /// What each frame by itself may cost.
    work: Work,
}

/// A place of bars that did not read.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    /// The pixels around it.
    patch: Patch,
    /// The bars, from the top left of `patch`.
    region: Region,
}

/// The mean of a place over several frames, in pixels of the newest.
#[derive(Debug, Clone, PartialEq)]
struct Mean {
    /// Where its top left lies in the frame.
    origin: (f32, f32),
    /// Its pixels.
    gray: Gray,
    /// The bars in it.
    region: Region,
}

/// One place and the sum of its pixels over the frames.
#[derive(Debug, Clone)]
struct Trace {
    place: Patch,
    region: Region,
    /// Where the newest frame shows what the first showed at `place`, from there: across the bars, since a move along
    /// them shows nothing.
    moved: (f32, f32),
    sums: Vec<u16>,
    frames: u16,
    missed: u32,
}

impl Evidence {
    /// Nothing seen yet, of frames that may cost `work` each.
    pub fn within(work: Work) -> Self {
        Self { work, ..Self::default() }
    }

    /// The symbols of `picture`, the next frame of a camera, and those that only several frames up to it show.
    ///
    /// A panic is a value, as with [`Decoder::decode_guarded`].
    pub fn decode(&mut self, picture: &Picture, formats: &Formats) -> Result<Vec<Symbol>, Fell> {
        let attempt = catch_unwind(AssertUnwindSafe(|| self.look(picture, formats)));
        attempt.map_err(|_panic| {
            self.traces.clear();
            Fell
        })
    }

    fn look(&mut self, picture: &Picture, formats: &Formats) -> Vec<Symbol> {
        let view = View::of(picture);
        let Decoded { mut symbols, unread, .. } =
            self.decoder.decode_within(picture, formats, self.work);
        let unread: Vec<Place> = unread.iter().filter_map(|r| Place::of(r, view)).collect();
        for mean in self.add(view, &unread) {
            let pools = &self.decoder.pools;
            let Some(strip) = Strip::new(mean.gray.view(), mean.region, pools) else { continue };
            let mut found = read(strip, formats);
            for corner in found.iter_mut().flat_map(|symbol| &mut symbol.corners) {
                let (left, top) = mean.origin;
                *corner = Point::new(corner.x + left, corner.y + top);
            }
            if !found.is_empty() {
                self.forget(&mean);
                add(&mut symbols, found, view);
            }
        }
        sort(&mut symbols);
        symbols
    }

    /// Takes in the frame `view`, in which the places `unread` did not read, the likeliest first; the means that are
    /// worth reading now.
    fn add(&mut self, view: View<'_>, unread: &[Place]) -> Vec<Mean> {
        let mut known = vec![false; unread.len()];
        for trace in &mut self.traces {
            let here = trace.here();
            let found = unread.iter().position(|place| place.patch.overlap(&here) > 0.4);
            match found {
                Some(place) if trace.add(view, &self.decoder.pools) => {
                    known[place] = true;
                    trace.missed = 0;
                }
                _ => trace.missed += 1,
            }
        }
        self.traces.retain(|trace| trace.missed <= MAX_MISSES && trace.frames < MAX_FRAMES);
        for (place, known) in unread.iter().zip(known) {
            let is_followed =
                known || self.traces.iter().any(|t| place.patch.overlap(&t.here()) > 0.4);
            if !is_followed && place.patch.area() <= MAX_AREA && self.traces.len() < MAX_TRACES {
                self.traces.extend(Trace::new(view, *place));
            }
        }
        let is_worth = |trace: &&Trace| trace.missed == 0 && matches!(trace.frames, 2 | 4 | 8 | 15);
        self.traces.iter().filter(is_worth).map(Trace::mean).collect()
    }

    /// Forgets what was seen at `mean`'s place, which read.
    fn forget(&mut self, mean: &Mean) {
        self.traces.retain(|trace| (trace.left(), trace.top()) != mean.origin);
    }
}

impl Place {
    /// The place of `region` with what a reader sees around it, as far as the frame shows it.
    fn of(region: &Region, view: View<'_>) -> Option<Self> {
        let (sin, cos) = (region.angle.sin().abs(), region.angle.cos().abs());
        let (across, along) = (1.15 * region.across + 32.0, 1.1 * region.along + ROOM);
        let (x, y) = (across * cos + along * sin, across * sin + along * cos);
        let Point { x: cx, y: cy } = region.centre;
        let (left, top) = ((cx - x).max(0.0) as usize, (cy - y).max(0.0) as usize);
        let (right, bottom) = ((cx + x) as usize, (cy + y) as usize);
        let (width, height) =
            (right.min(view.width).checked_sub(left)?, bottom.min(view.height).checked_sub(top)?);
        let centre = Point::new(cx - left as f32, cy - top as f32);
        let patch = Patch { left, top, width, height };
        (patch.area() > 0).then_some(Self { patch, region: Region { centre, ..*region } })
    }
}

impl Trace {
    fn new(view: View<'_>, Place { patch: place, region }: Place) -> Option<Self> {
        let rows = (place.top..place.top + place.height).map(|y| view.row(y));
        let sums: Option<Vec<Vec<u16>>> = rows
            .map(|row| {
                let part = row.get(place.left..place.left + place.width)?;
                Some(part.iter().map(|v| u16::from(*v)).collect())
            })
            .collect();
        Some(Self { place, region, moved: (0.0, 0.0), sums: sums?.concat(), frames: 1, missed: 0 })
    }

    fn left(&self) -> f32 {
        self.place.left as f32 + self.moved.0
    }

    fn top(&self) -> f32 {
        self.place.top as f32 + self.moved.1
    }

    /// Where it was in the newest frame.
    fn here(&self) -> Patch {
        let whole = |at: f32| at.max(0.0) as usize;
        Patch { left: whole(self.left()), top: whole(self.top()), ..self.place }
    }

    fn mean(&self) -> Mean {
        let half = self.frames / 2;
        let luma = self.sums.iter().map(|sum| ((sum + half) / self.frames) as u8).collect();
        let gray = Gray { width: self.place.width, height: self.place.height, luma };
        Mean { origin: (self.left(), self.top()), gray, region: self.region }
    }

    /// Adds the frame where it is most like the mean; false when it is not alike anywhere near.
    fn add(&mut self, view: View<'_>, pools: &Pools) -> bool {
        let mean = self.mean();
        let (axis, _) = self.region.axes();
        let Point { x, y } = self.region.centre;
        let here = Point::new(x + self.left(), y + self.top());
        let now = Strip::new(view, Region { centre: here, ..self.region }, pools);
        let before = Strip::new(mean.gray.view(), self.region, pools);
        let Some((strip, now)) = before.zip(now) else {
            return false;
        };
        let Some(shift) = shift(&rows(&strip), &rows(&now), REACH / strip.step) else {
            return false;
        };
        let by = shift * strip.step;
        self.moved = (self.moved.0 + by * axis.x, self.moved.1 + by * axis.y);
        let (left, top) = (self.left(), self.top());
        for (y, row) in self.sums.chunks_exact_mut(self.place.width.max(1)).enumerate() {
            for (x, sum) in row.iter_mut().enumerate() {
                *sum += view.sample(left + x as f32, top + y as f32).round() as u16;
            }
        }
        self.frames += 1;
        true
    }
}

/// The symbols of `strip`, by its edges or else by fitting.
fn read(strip: Strip<'_>, formats: &Formats) -> Vec<Symbol> {
    let (mut desk, mut unclear) = (strip.pools().desks.lend(), Vec::new());
    linear::read(strip, formats, &mut desk, &mut unclear);
    let symbols: Vec<Symbol> = desk.found.drain(..).collect();
    let fits = [Unclear::fit, Unclear::fit_whole];
    let fitted = unclear.iter_mut().filter_map(|unclear| {
        fits.iter().map(|fit| fit(unclear, formats)).find(|found| !found.is_empty())
    });
    if symbols.is_empty() { fitted.flatten().collect() } else { symbols }
}

/// The mean of many rows: what of the noise is left in it does not hide the bars.
fn rows<'a>(strip: &Strip<'a>) -> Profile<'a> {
    strip.mean(-0.7, 0.7, ROWS)
}

/// By how many columns, at most `reach`, `now` lies to the right of `before`; `None` where they are not alike.
fn shift(before: &[f32], now: &[f32], reach: f32) -> Option<f32> {
    let reach = reach.ceil() as usize;
    let n = before.len().min(now.len()).checked_sub(2 * reach)?;
    let middle = before.get(reach..reach + n)?;
    let alike: Vec<f32> = (0..=2 * reach)
        .map(|at| now.get(at..at + n).map_or(-1.0, |part| correlation(middle, part)))
        .collect();
    let (best, peak) = alike.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    // Between the columns, by a parabola through the neighbours.
    let beside = |k: Option<usize>| k.and_then(|k| alike.get(k)).copied().unwrap_or(*peak);
    let (low, high) = (beside(best.checked_sub(1)), beside(best.checked_add(1)));
    let bend = low - 2.0 * peak + high;
    let part = if bend < -1e-6 { (0.5 * (low - high) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    (*peak > ALIKE).then_some(best as f32 - reach as f32 + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 240;
    const HEIGHT: usize = 120;
    const PLACE: Patch = Patch { left: 40, top: 30, width: 140, height: 60 };

    /// Bars of the widths that `seed` draws, their top left at `x`, `y`, under noise of `sigma`.
    fn frame(seed: u64, (x, y): (i32, i32), sigma: f32, noise: u64) -> Vec<u8> {
        let mut bars = chance(seed);
        let dark: Vec<bool> = (0..140).map(|_| bars() > 0.5).collect();
        let mut noise = chance(noise);
        let pixel = |n: usize| {
            let whole = |n: usize| i32::try_from(n).unwrap();
            let (column, row) = (whole(n % WIDTH) - x, whole(n / WIDTH) - y);
            let at = usize::try_from(column).ok().and_then(|c| dark.get(c / 3));
            let is_dark = (0..60).contains(&row) && column < 120 && at.copied().unwrap_or(false);
            let even: f32 = (0..4).map(|_| noise()).sum::<f32>() - 2.0;
            (if is_dark { 80.0 } else { 170.0 } + sigma * even * 1.73).clamp(0.0, 255.0) as u8
        };
        (0..WIDTH * HEIGHT).map(pixel).collect()
    }

    /// Numbers in 0..1 (xorshift).
    fn chance(seed: u64) -> impl FnMut() -> f32 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 24) as f32
        }
    }

    fn placed(patch: Patch) -> Place {
        let centre = Point::new(70.0, 30.0);
        let (angle, across, along) = (0.0, 60.0, 30.0);
        let region = Region { centre, angle, across, along, slope: 0.0, bend: 0.0, fan: 0.0 };
        Place { patch, region }
    }

    fn view(luma: &[u8]) -> View<'_> {
        View { width: WIDTH, height: HEIGHT, luma }
    }

    #[test]
    fn the_mean_of_trembling_frames_is_the_picture_without_its_noise() {
        let mut evidence = Evidence::default();
        let moves =
            [(40, 30), (42, 29), (37, 33), (43, 35), (41, 31), (38, 28), (36, 30), (40, 34)];
        let mut last = Vec::new();
        for (k, at) in moves.into_iter().enumerate() {
            let luma = frame(5, at, 40.0, k as u64 + 100);
            let place = Patch { left: at.0 as usize, top: at.1 as usize, ..PLACE };
            last = evidence.add(view(&luma), &[placed(place)]);
        }
        let [mean] = &last[..] else { panic!("{} means", last.len()) };
        // The last frame shows the first's place where it is; up and down bars do not tell.
        assert!((mean.origin.0 - 40.0).abs() < 1.0, "{:?}", mean.origin);
        let clean = frame(5, (40, 30), 0.0, 1);
        let places = (20..40).flat_map(|y| (5..110).map(move |x| (x, y)));
        let far: f32 = places
            .map(|(x, y)| {
                let truth = clean[(y + PLACE.top) * WIDTH + x + PLACE.left];
                (f32::from(mean.gray.luma[y * PLACE.width + x]) - f32::from(truth)).abs()
            })
            .sum();
        // One frame is 31 off on the mean; edges between pixels add a little.
        assert!(far / (20.0 * 105.0) < 16.0, "{}", far / (20.0 * 105.0));
    }

    #[test]
    fn another_box_at_the_same_place_is_not_mixed_in() {
        let mut evidence = Evidence::default();
        for (k, seed) in [5, 6, 7, 8, 9, 10].into_iter().enumerate() {
            let luma = frame(seed, (40, 30), 5.0, k as u64);
            assert_eq!(evidence.add(view(&luma), &[placed(PLACE)]), []);
        }
    }

    #[test]
    fn what_read_is_forgotten() {
        let mut evidence = Evidence::default();
        let luma: Vec<Vec<u8>> = (0..4).map(|k| frame(5, (40, 30), 20.0, k)).collect();
        assert!(evidence.add(view(&luma[0]), &[placed(PLACE)]).is_empty());
        let means = evidence.add(view(&luma[1]), &[placed(PLACE)]);
        assert_eq!(means.len(), 1);
        evidence.forget(&means[0]);
        // The third frame is the first again.
        assert!(evidence.add(view(&luma[2]), &[placed(PLACE)]).is_empty());
        assert_eq!(evidence.add(view(&luma[3]), &[placed(PLACE)]).len(), 1);
    }
}
