//! Concentric squares: the bull's eye of Aztec and the finder patterns of QR codes, by the runs of rows and columns.

use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Least length of a run, in pixels.
const MIN_RUN: usize = 2;

/// A patch in two colours.
#[derive(Debug)]
pub struct Binary {
    width: usize,
    height: usize,
    dark: Vec<bool>,
}

/// Concentric squares seen in a patch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rings {
    /// Their centre.
    pub centre: Point,
    /// A module along the rows, in pixels.
    pub module: f32,
    /// Whether the innermost is dark.
    pub is_dark: bool,
}

/// A finder pattern as rows see it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    rings: Rings,
    /// How many rows do.
    n: usize,
    /// The first of them, and the last.
    from: usize,
    to: usize,
}

impl Seen {
    /// The same, seen in row `y`, too: the mean of the middles is its centre.
    fn add(&mut self, rings: Rings, y: usize) {
        let share = 1.0 / (self.n as f32 + 1.0);
        let mean = |a: f32, b: f32| a + (b - a) * share;
        let own = &mut self.rings;
        let (a, b) = (own.centre, rings.centre);
        own.centre = Point::new(mean(a.x, b.x), mean(a.y, b.y));
        own.module = mean(own.module, rings.module);
        self.n += 1;
        self.to = y;
    }

    /// Whether it is as high as the inner square of a finder pattern: three modules, or two where a line runs.
    fn is_high(&self) -> bool {
        let high = (self.to - self.from + 1) as f32 / self.rings.module;
        (1.9..4.8).contains(&high) && self.n as f32 > 1.4 * self.rings.module
    }

    /// The same of rows for columns.
    fn transposed(self) -> Self {
        let Point { x, y } = self.rings.centre;
        Self { rings: Rings { centre: Point::new(y, x), ..self.rings }, ..self }
    }
}

impl Rings {
    /// Whether one of such modules and colour may be of the same symbol.
    fn is_like(&self, module: f32, is_dark: bool) -> bool {
        is_dark == self.is_dark && (module / self.module).max(self.module / module) < 1.5
    }
}

impl Binary {
    /// `view` against a little less than the mean of what is within a sixth of its shorter side: so plain ground stays
    /// light, whatever its noise.
    pub fn of(view: View<'_>) -> Self {
        let (width, height) = (view.width, view.height);
        let less = clearance(view);
        let reach = (width.min(height) / 6).max(6);
        // Sums of all pixels above and to the left.
        let mut sums = vec![0_u32; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for (x, value) in view.row(y).iter().enumerate() {
                row += u32::from(*value);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
            }
        }
        let mut dark = Vec::with_capacity(width * height);
        for y in 0..height {
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
            let above = &sums[top * (width + 1)..][..=width];
            let below = &sums[bottom * (width + 1)..][..=width];
            let n = |columns: usize| u32::try_from(columns * (bottom - top)).unwrap_or(u32::MAX);
            let row = view.row(y);
            let is_dark = |x: usize, value: &u8| {
                let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
                let sum = below[right] + above[left] - below[left] - above[right];
                (u32::from(*value) + less) * n(right - left) < sum
            };
            // Away from the rim all have as many pixels nearby.
            let inner = reach.min(width)..width.saturating_sub(reach).max(reach.min(width));
            let whole = n(2 * reach + 1);
            dark.extend(row.iter().enumerate().take(inner.start).map(|(x, v)| is_dark(x, v)));
            let beyond = |sums: &[u32]| sums.len().min(2 * reach + 1);
            let rights = below[beyond(below)..].iter().zip(&above[beyond(above)..]);
            let near = rights.zip(below.iter().zip(above)).map(|((b, a), (d, c))| b + c - d - a);
            let values = row.get(inner.clone()).unwrap_or_default().iter();
            dark.extend(values.zip(near).map(|(v, sum)| (u32::from(*v) + less) * whole < sum));
            dark.extend(row.iter().enumerate().skip(inner.end).map(|(x, v)| is_dark(x, v)));
        }
        Self { width, height, dark }
    }

    /// The finder patterns of QR codes, those seen in most rows first; last those that only rows, or only columns,
    /// show, where a line without ink runs through.
    pub fn finders(&self) -> Vec<Rings> {
        let mut crossed = self.crossings(None);
        crossed.retain(|seen| seen.n as f32 > 0.7 * seen.rings.module);
        crossed.sort_by_key(|seen| std::cmp::Reverse(seen.n));
        let mut found: Vec<Rings> = crossed.iter().map(|seen| seen.rings).collect();
        let Some(like) = found.first().filter(|_| found.len() < 3).copied() else { return found };
        let columns = self.transposed().crossings(Some(&like)).into_iter().map(Seen::transposed);
        let mut bare: Vec<Seen> = self.crossings(Some(&like)).into_iter().chain(columns).collect();
        bare.retain(Seen::is_high);
        bare.sort_by_key(|seen| std::cmp::Reverse(seen.n));
        for Seen { rings, .. } in bare {
            let is_new = |other: &Rings| other.centre.distance(rings.centre) > 3.0 * rings.module;
            if found.iter().all(is_new) {
                found.push(rings);
            }
        }
        found
    }

    /// Where runs of rows are as through a finder pattern: with those of the column through their middle; or, without,
    /// about as large as those of `like`.
    fn crossings(&self, like: Option<&Rings>) -> Vec<Seen> {
        let mut found: Vec<Seen> = Vec::new();
        for y in 0..self.height {
            let runs = self.runs(y, 0..self.width);
            for (k, five) in runs.windows(5).enumerate() {
                let (start, n) = runs[k + 2];
                let Some(module) = finder(five) else { continue };
                let is_dark = self.dark[y * self.width + start];
                let x = start as f32 + n as f32 / 2.0 - 0.5;
                let crossed = match like {
                    None => self.column::<5>((start + n / 2, y), module, finder),
                    Some(like) => like.is_like(module, is_dark).then_some((y as f32, module)),
                };
                let Some((middle, height)) = crossed else { continue };
                let rings = Rings {
                    centre: Point::new(x, middle),
                    module: module.midpoint(height),
                    is_dark,
                };
                let same = |other: &&mut Seen| {
                    other.rings.centre.distance(rings.centre) < 2.0 * module
                        && other.rings.is_dark == is_dark
                };
                match found.iter_mut().find(same) {
                    Some(seen) => seen.add(rings, y),
                    None => found.push(Seen { rings, n: 1, from: y, to: y }),
                }
            }
        }
        found
    }

    /// Rows for columns.
    fn transposed(&self) -> Self {
        let places =
            (0..self.width).flat_map(|x| (0..self.height).map(move |y| y * self.width + x));
        let dark = places.map(|k| self.dark[k]).collect();
        Self { width: self.height, height: self.width, dark }
    }

    /// The bull's eyes, each once.
    pub fn bulls_eyes(&self) -> Vec<Rings> {
        let mut found: Vec<(Rings, usize)> = Vec::new();
        for y in (0..self.height).step_by(2) {
            let runs = self.runs(y, 0..self.width);
            for (k, seven) in runs.windows(7).enumerate() {
                let Some(module) = even(seven) else { continue };
                let (start, n) = runs[k + 3];
                let x = start + n / 2;
                let column = self.column::<7>((x, y), module, even);
                let Some((middle, height)) = column else { continue };
                let centre = Point::new(start as f32 + n as f32 / 2.0 - 0.5, middle);
                let rings = Rings {
                    centre,
                    module: module.max(height),
                    is_dark: self.dark[y * self.width + x],
                };
                let same = |(other, _): &&mut (Rings, usize)| {
                    other.centre.distance(centre) < 1.5 * rings.module
                        && other.is_dark == rings.is_dark
                };
                match found.iter_mut().find(same) {
                    Some((_, n)) => *n += 1,
                    None => found.push((rings, 1)),
                }
            }
        }
        found.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        found.into_iter().map(|(rings, _)| rings).collect()
    }

    /// The middle and module of the runs of column `x` around row `y` if `fits` takes as many as `N`.
    fn column<const N: usize>(
        &self,
        (x, y): (usize, usize),
        module: f32,
        fits: impl Fn(&[(usize, usize)]) -> Option<f32>,
    ) -> Option<(f32, f32)> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
        let reach = (12.0 * module) as usize;
        let from = y.saturating_sub(reach);
        let to = (y + reach).min(self.height);
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for row in from..to {
            let here = self.dark[row * self.width + x];
            match runs.last_mut() {
                Some((start, n)) if self.dark[*start * self.width + x] == here => *n += 1,
                _ => runs.push((row, 1)),
            }
        }
        let middle = runs.iter().position(|(start, n)| (*start..start + n).contains(&y))?;
        let around = runs.get(middle.checked_sub(N / 2)?..middle + N / 2 + 1)?;
        let height = fits(around)?;
        let (start, n) = runs[middle];
        Some((start as f32 + n as f32 / 2.0 - 0.5, height))
    }

    /// The runs of one colour in row `y`: where each begins and its length.
    fn runs(&self, y: usize, columns: std::ops::Range<usize>) -> Vec<(usize, usize)> {
        let row = self.dark.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for x in columns {
            match runs.last_mut() {
                Some((start, n)) if row[*start] == row[x] => *n += 1,
                _ => runs.push((x, 1)),
            }
        }
        runs
    }
}

/// A twentieth of what lies between the dark and the light pixels of `view`.
fn clearance(view: View<'_>) -> u32 {
    let mut counts = [0_usize; 256];
    for value in view.luma.iter().step_by(3) {
        counts[usize::from(*value)] += 1;
    }
    let few = view.luma.len() / 150;
    // The first count that, with those before it, is more than a few.
    let mut n = [0; 2];
    let mut is_past = |k: usize, count: &usize| {
        n[k] += count;
        n[k] > few
    };
    let low = counts.iter().position(|count| is_past(0, count)).unwrap_or_default();
    let high = counts.iter().rposition(|count| is_past(1, count)).unwrap_or_default();
    u32::try_from(high.saturating_sub(low) / 20).unwrap_or_default()
}

/// A module of runs that are as long as those through a finder pattern: 1, 1, 3, 1, 1 (ISO/IEC 18004, 6.3.3.1).
fn finder(runs: &[(usize, usize)]) -> Option<f32> {
    let module = runs.iter().map(|(_, n)| n).sum::<usize>() as f32 / 7.0;
    // Ink that has spread, or shrunk, makes all dark runs longer, or shorter, by as much.
    let fits = |n: usize, k: f32| (n as f32 - k * module).abs() < (0.55 + 0.1 * k) * module + 0.6;
    let wide = [1.0, 1.0, 3.0, 1.0, 1.0];
    (module >= 1.0 && runs.iter().zip(wide).all(|((_, n), k)| fits(*n, k))).then_some(module)
}

/// The mean length of runs that are all about as long.
fn even(runs: &[(usize, usize)]) -> Option<f32> {
    let mean = runs.iter().map(|(_, n)| n).sum::<usize>() as f32 / runs.len() as f32;
    let fits = |n: usize| n >= MIN_RUN && (n as f32 - mean).abs() < 0.45 * mean + 0.6;
    runs.iter().all(|(_, n)| fits(*n)).then_some(mean)
}
