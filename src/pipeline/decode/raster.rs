//! Gray pixels as the decoder looks at them: borrowed or its own, sampled between pixels.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are clamped to the picture before they become indices"
)]
#![expect(clippy::many_single_char_names, reason = "four pixels have no better names")]

use multiversion::multiversion;

use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::Point;

/// Borrowed gray pixels, row by row.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels.
    pub luma: &'a [u8],
}

/// Gray pixels of the decoder's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gray {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels.
    pub luma: Vec<u8>,
}

impl Gray {
    /// The pixels, borrowed.
    pub fn view(&self) -> View<'_> {
        View { width: self.width, height: self.height, luma: &self.luma }
    }
}

/// A row of places between pixels, by their distance `u` from its middle, in pixels: it may be bent.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its middle.
    pub middle: Point,
    /// The unit vectors along it and across.
    pub axis: Point,
    /// Across it.
    pub down: Point,
    /// By how many pixels places are moved along it: a polynomial of u.
    pub shift: [f32; 3],
    /// How far they lie across it, by the first and the second power of u.
    pub sink: [f32; 2],
}

/// Points that are sampled at once.
const LANES: usize = 16;

/// The pixel before each place of a row of `n`, and how far past it the place is, 0 to 1.
#[inline(always)]
fn cells_of(places: &[f32; LANES], n: usize) -> ([u32; LANES], [f32; LANES]) {
    // From here on a float has no fraction: adding it rounds, and the lowest bits are the number.
    const WHOLE: f32 = 8_388_608.0;
    let last = (n as f32 - 1.001).max(0.0);
    let (mut cells, mut past) = ([0; LANES], [0.0; LANES]);
    for ((cell, past), place) in cells.iter_mut().zip(&mut past).zip(places) {
        let place = place.max(0.0).min(last);
        let rounded = (place - 0.5).max(0.0) + WHOLE;
        *cell = rounded.to_bits() & 0x7f_ffff;
        *past = place - (rounded - WHOLE);
    }
    (cells, past)
}

#[multiversion(targets("x86_64+avx2"))]
fn add_row(view: View<'_>, row: &Row, (first, step): (f32, f32), sums: &mut [f32]) {
    let Row { middle, axis, down, shift: [s0, s1, s2], sink: [slope, bend] } = row;
    let (mut xs, mut ys) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for (block, sums) in sums.chunks_mut(LANES).enumerate() {
        let start = first + (block * LANES) as f32 * step;
        for (k, (x, y)) in xs.iter_mut().zip(&mut ys).enumerate() {
            let u = start + k as f32 * step;
            let moved = u + s0 + u * (s1 + u * s2);
            let sunk = u * (slope + u * bend);
            *x = middle.x + moved * axis.x + sunk * down.x;
            *y = middle.y + moved * axis.y + sunk * down.y;
        }
        if let Ok(sums) = sums.try_into() {
            view.add_samples(&xs, &ys, sums);
        } else {
            let mut last = [0.0; LANES];
            view.add_samples(&xs, &ys, &mut last);
            sums.iter_mut().zip(last).for_each(|(sum, sample)| *sum += sample);
        }
    }
}

/// The means of four pixels of two rows.
#[multiversion(targets("x86_64+avx2"))]
fn halve(rows: [&[u8]; 2], half: &mut [u8]) {
    // Two neighbours are the halves of a number of 16 bits, many of which are worked on at once.
    let [upper, lower] = rows.map(|row| row.as_chunks::<2>().0);
    for (out, (upper, lower)) in half.iter_mut().zip(upper.iter().zip(lower)) {
        let (u, l) = (u16::from_le_bytes(*upper), u16::from_le_bytes(*lower));
        let sum = (u & 0xff) + (u >> 8) + (l & 0xff) + (l >> 8);
        *out = ((sum + 2) >> 2) as u8;
    }
}

impl<'a> View<'a> {
    /// The pixels of `picture`.
    pub fn of(picture: &'a Picture) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self { width, height, luma: picture.luma() }
    }

    /// Row `y`; empty below the picture.
    pub fn row(&self, y: usize) -> &'a [u8] {
        self.luma.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    /// How many of every so manieth of its pixels have each brightness.
    pub fn counts(&self, apart: usize) -> [usize; 256] {
        // In turns to several places: a count that the one before it waits for takes five times as long.
        let mut counts = [[0_u32; 4]; 256];
        for (k, value) in self.luma.iter().step_by(apart).enumerate() {
            counts[usize::from(*value)][k % 4] += 1;
        }
        counts.map(|turns| turns.iter().sum::<u32>() as usize)
    }

    /// The brightness at a point between pixel centres; the rim continues outside.
    #[inline]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let last = |n: usize| (n as f32 - 1.001).max(0.0);
        let (x, y) = (x.clamp(0.0, last(self.width)), y.clamp(0.0, last(self.height)));
        // By way of i32, which is one instruction.
        let (column, row) = (x as i32 as usize, y as i32 as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let at = row * self.width + column;
        let below = at + self.width;
        match (self.luma.get(at..at + 2), self.luma.get(below..below + 2)) {
            (Some(&[a, b]), Some(&[c, d])) => {
                let (a, b) = (f32::from(a), f32::from(b));
                let (c, d) = (f32::from(c), f32::from(d));
                let upper = a + (b - a) * fx;
                upper + (c + (d - c) * fx - upper) * fy
            }
            // A picture of one row or one column.
            _ => self.luma.get(at).map_or(0.0, |v| f32::from(*v)),
        }
    }

    /// Adds the brightness along `row`, as [`Self::sample`] has it, to `sums`: at a place and, from there on, every so many
    /// pixels.
    pub fn add_row(&self, row: &Row, from: (f32, f32), sums: &mut [f32]) {
        add_row(*self, row, from, sums);
    }

    /// Adds the brightness at each of several points to `sums`.
    ///
    /// Places and weights are worked out for all of them at once; only the look-up is one by one.
    #[expect(
        clippy::inline_always,
        reason = "what is not inlined is not made anew for the processor"
    )]
    #[inline(always)]
    fn add_samples(&self, xs: &[f32; LANES], ys: &[f32; LANES], sums: &mut [f32; LANES]) {
        let (columns, across) = cells_of(xs, self.width);
        let (rows, down) = cells_of(ys, self.height);
        // So few bits that places are worked out at once, and no sum of them overflows where it is looked up.
        let width = self.width as u32;
        let mut places = [0_u32; LANES];
        for (at, (column, row)) in places.iter_mut().zip(columns.iter().zip(&rows)) {
            *at = row.wrapping_mul(width).wrapping_add(*column);
        }
        let mut fours = [0_u32; LANES];
        self.fours(&places, &mut fours);
        for (sum, (four, (fx, fy))) in
            sums.iter_mut().zip(fours.iter().zip(across.iter().zip(&down)))
        {
            // Whole numbers of so few bits are floats by way of i32, which is one instruction.
            let [a, b, c, d] =
                [0, 8, 16, 24].map(|bits| (four >> bits & 0xff).cast_signed() as f32);
            let upper = a + (b - a) * fx;
            *sum += upper + (c + (d - c) * fx - upper) * fy;
        }
    }

    /// Makes `fours` the pixels at each place, to its right, below it and below that.
    ///
    /// By itself, so that places are read from memory: taken out of vectors one by one they cost more.
    #[inline(never)]
    fn fours(&self, places: &[u32; LANES], fours: &mut [u32; LANES]) {
        let beyond = (self.width as u32) as usize + 2;
        for (four, at) in fours.iter_mut().zip(places) {
            let at = *at as usize;
            let near = self.luma.get(at..at + beyond).unwrap_or_default();
            *four = match (near.first_chunk(), near.last_chunk()) {
                (Some(&[a, b]), Some(&[c, d])) => u32::from_le_bytes([a, b, c, d]),
                // A picture of one row or one column.
                _ => self.luma.get(at).map_or(0, |v| u32::from_le_bytes([*v; 4])),
            };
        }
    }

    /// Makes `padded` the picture with `n` light pixels around it.
    pub fn pad_into(&self, n: usize, padded: &mut Gray) {
        (padded.width, padded.height) = (self.width + 2 * n, self.height + 2 * n);
        let Gray { width, height, luma } = padded;
        let light = self.luma.iter().copied().max().unwrap_or(u8::MAX);
        luma.clear();
        luma.resize(*width * *height, light);
        let rows = luma.chunks_exact_mut(*width).skip(n);
        for (row, pixels) in rows.zip(self.luma.chunks_exact(self.width.max(1))) {
            row[n..n + self.width].copy_from_slice(pixels);
        }
    }

    /// Whether a point lies in the picture, at least `margin` from its rim.
    pub fn holds(&self, x: f32, y: f32, margin: f32) -> bool {
        let (right, bottom) = (self.width as f32 - 1.0 - margin, self.height as f32 - 1.0 - margin);
        x >= margin && y >= margin && x <= right && y <= bottom
    }

    /// The picture at half its size, each pixel the mean of four.
    pub fn halved(&self) -> Gray {
        let mut half = Gray::default();
        self.halve_into(&mut half);
        half
    }

    /// Makes `half` the picture at half its size.
    pub fn halve_into(&self, half: &mut Gray) {
        let (width, height) = (self.width / 2, self.height / 2);
        let Gray { luma, .. } = half;
        luma.resize(width * height, 0);
        for (y, row) in luma.chunks_exact_mut(width.max(1)).enumerate() {
            halve([self.row(2 * y), self.row(2 * y + 1)], row);
        }
        (half.width, half.height) = (width, height);
    }

    /// Makes `doubled` the `width` x `height` pixels from column `left` and row `top` on at twice their size, between
    /// pixel centres.
    ///
    /// A pixel of the picture is four of the result, each a quarter of a pixel off its middle: three parts of its own
    /// brightness and one of its neighbour's, across and down.
    pub fn double_into(
        &self,
        (left, top): (usize, usize),
        (width, height): (usize, usize),
        doubled: &mut Gray,
    ) {
        let width = width.min(self.width.saturating_sub(left));
        let height = height.min(self.height.saturating_sub(top));
        (doubled.width, doubled.height) = (2 * width, 2 * height);
        let Gray { luma, .. } = doubled;
        luma.resize(4 * width * height, 0);
        let last = self.height.saturating_sub(1);
        let mut rows = [vec![0_u16; 2 * width], vec![0; 2 * width], vec![0; 2 * width]];
        self.widen(top.saturating_sub(1), left, &mut rows[1]);
        self.widen(top, left, &mut rows[2]);
        for (y, pair) in luma.chunks_exact_mut((4 * width).max(1)).enumerate() {
            rows.rotate_left(1);
            let [above, here, below] = &mut rows;
            self.widen((top + y + 1).min(last), left, below);
            let (upper, lower) = pair.split_at_mut(2 * width);
            let near = upper.iter_mut().zip(lower).zip(above).zip(here).zip(below);
            for ((((upper, lower), above), here), below) in near {
                *upper = ((3 * *here + *above) >> 4) as u8;
                *lower = ((3 * *here + *below) >> 4) as u8;
            }
        }
    }

    /// Row `y` from column `left` on at twice its width, each value four times the brightness.
    fn widen(&self, y: usize, left: usize, out: &mut [u16]) {
        let row = self.row(y);
        let at =
            |x: usize| row.get(x.min(self.width.saturating_sub(1))).copied().map_or(0, u16::from);
        let pairs = out.as_chunks_mut::<2>().0;
        let n = pairs.len();
        for (k, pair) in pairs.iter_mut().enumerate() {
            if k == 0 || k + 1 == n {
                let (before, here, after) =
                    (at((left + k).saturating_sub(1)), at(left + k), at(left + k + 1));
                *pair = [3 * here + before, 3 * here + after];
            }
        }
        let inner = row.get(left..left + n).unwrap_or_default().windows(3);
        for (pair, near) in pairs.iter_mut().skip(1).zip(inner) {
            let [before, here, after] = [0, 1, 2].map(|k| u16::from(near[k]));
            *pair = [3 * here + before, 3 * here + after];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_between_pixels_and_past_the_rim() {
        let picture = View { width: 2, height: 2, luma: &[0, 100, 100, 200] };
        assert!((picture.sample(0.5, 0.5) - 100.0).abs() < 0.5);
        assert!((picture.sample(-5.0, -5.0) - 0.0).abs() < 0.5);
        assert!((picture.sample(9.0, 9.0) - 200.0).abs() < 0.5);
        let line = View { width: 3, height: 1, luma: &[1, 2, 3] };
        assert!(line.sample(1.0, 0.0) > 0.0);
    }

    #[test]
    fn a_half_is_the_mean_of_four() {
        let picture = View { width: 4, height: 2, luma: &[0, 4, 10, 10, 4, 8, 10, 10] };
        assert_eq!(picture.halved().luma, [4, 10]);
        // The block of many at once and what is left over are one.
        let ramp: Vec<u8> = (0..38).chain(0..38).map(|k| 6 * k).collect();
        let means: Vec<u8> = (0..19).map(|k| 12 * k + 3).collect();
        assert_eq!(View { width: 38, height: 2, luma: &ramp }.halved().luma, means);
    }

    #[test]
    fn a_double_is_what_lies_between_the_pixels() {
        let luma: Vec<u8> = (0..35_u8).map(|k| k.wrapping_mul(83)).collect();
        let picture = View { width: 7, height: 5, luma: &luma };
        for (left, top, width, height) in [(0, 0, 7, 5), (1, 2, 3, 2), (6, 4, 1, 1)] {
            let mut doubled = Gray::default();
            picture.double_into((left, top), (width, height), &mut doubled);
            assert_eq!((doubled.width, doubled.height), (2 * width, 2 * height));
            for (k, value) in doubled.luma.iter().enumerate() {
                let at = |from: usize, k: usize| from as f32 + k as f32 / 2.0 - 0.25;
                let (x, y) = (at(left, k % doubled.width), at(top, k / doubled.width));
                let between = picture.sample(x, y);
                assert!((between - f32::from(*value)).abs() < 1.3, "{x} {y}: {between} {value}");
            }
        }
    }
}
