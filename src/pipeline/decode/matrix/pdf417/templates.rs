//! What codewords look like through the blur of a picture, and which of them a stretch of a row looks like.

use crate::pipeline::decode::engine::codewords::patterns;
use crate::pipeline::decode::least_squares::solve;

/// Places a module at which a row is looked at.
pub const PER_MODULE: usize = 2;

/// Modules of a codeword.
pub const MODULES: usize = 17;

/// Places of a codeword.
pub const PLACES: usize = MODULES * PER_MODULE;

/// Values of a codeword.
pub const VALUES: usize = 929;

/// Places to each side that a blur reaches.
const REACH: usize = 4;

/// How a place is blurred: the weights of the places around it.
pub type Kernel = [f32; 2 * REACH + 1];

/// A row as it lies on paper: 1 dark, 0 light, a half where that is not known.
#[derive(Debug, Clone, Default)]
pub struct Print(Vec<f32>);

impl Print {
    /// Bars and spaces of these widths in modules, a bar first, with so many light modules before and after.
    pub fn of(widths: &[u8], before: usize, after: usize) -> Self {
        let mut places = vec![0.0; before * PER_MODULE];
        for (k, width) in widths.iter().enumerate() {
            let dark = if k % 2 == 0 { 1.0 } else { 0.0 };
            places.extend(std::iter::repeat_n(dark, usize::from(*width) * PER_MODULE));
        }
        places.extend(vec![0.0; after * PER_MODULE]);
        Self(places)
    }

    /// How many places it has.
    pub fn n_places(&self) -> usize {
        self.0.len()
    }

    /// The place `k`, counted from the first.
    fn at(&self, k: Option<usize>) -> f32 {
        k.and_then(|k| self.0.get(k)).copied().unwrap_or(0.5)
    }

    /// The places that a blur mixes at place `k`.
    fn around(&self, k: usize) -> Kernel {
        std::array::from_fn(|j| self.at((k + j).checked_sub(REACH)))
    }
}

/// Least squares over what known bars look like: the blur.
#[derive(Debug, Clone, Default)]
pub struct Blur {
    normal: [[f64; TERMS]; TERMS],
    right: [f64; TERMS],
}

/// Weights of the blur, and the brightness of paper.
const TERMS: usize = 2 * REACH + 2;

impl Blur {
    /// Adds the brightness of the places of `print` from the first on.
    pub fn add(&mut self, print: &Print, seen: &[f32]) {
        for (k, value) in seen.iter().enumerate() {
            let mut terms = [1.0; TERMS];
            terms.iter_mut().zip(print.around(k)).for_each(|(t, p)| *t = f64::from(p));
            for (j, term) in terms.iter().enumerate() {
                self.right[j] += term * f64::from(*value);
                self.normal[j].iter_mut().zip(terms).for_each(|(n, t)| *n += term * t);
            }
        }
    }

    /// The weights, which are positive for dark; `None` where nothing dark was seen.
    pub fn kernel(&self) -> Option<Kernel> {
        let Self { mut normal, right } = self.clone();
        // A little weight on none at all, more on what is far.
        let size = normal[REACH][REACH];
        for (k, row) in normal.iter_mut().enumerate().take(TERMS - 1) {
            row[k] += 0.01 * size * (1 + k.abs_diff(REACH)) as f64 + 1e-6;
        }
        let solved = solve(normal, right, TERMS)?;
        let sum: f64 = solved.iter().take(TERMS - 1).sum();
        #[expect(clippy::cast_possible_truncation, reason = "weights of about 1")]
        let kernel = std::array::from_fn(|k| (solved[k] / sum) as f32);
        (sum < -3.0).then_some(kernel)
    }
}

/// What a stretch of a row looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// The codeword it looks like most.
    pub value: u16,
    /// Its cluster, counted from 0.
    pub cluster: usize,
    /// What that leaves of the variance.
    pub error: f32,
    /// What the next likely codeword leaves.
    pub next: f32,
    /// Light against dark, 0 to 1.
    pub contrast: f32,
}

impl Likeness {
    /// By how much the next codeword fits worse, 0 to 1.
    pub fn margin(&self) -> f32 {
        (self.next - self.error) / (self.next + self.error).max(1e-6)
    }
}

/// Codewords that are compared at a time.
const LANES: usize = 16;

/// The places of several codewords, each place of all of them side by side.
type Block = [[f32; LANES]; PLACES];

/// What every codeword looks like, in its three clusters, by value.
#[derive(Debug, Clone, Default)]
pub struct Templates([Vec<Block>; 3]);

/// The places of a codeword, their mean 0 and their squares' sum 1.
type Shape = [f32; PLACES];

impl Templates {
    /// Through `kernel`.
    pub fn of(kernel: &Kernel) -> Self {
        let mut templates = Self::default();
        templates.look_through(kernel);
        templates
    }

    /// Makes them what codewords look like through `kernel`.
    pub fn look_through(&mut self, kernel: &Kernel) {
        let light = lights(kernel);
        let Self(clusters) = self;
        for blocks in &mut *clusters {
            blocks.clear();
            blocks.resize(VALUES.div_ceil(LANES), [[0.0; LANES]; PLACES]);
        }
        for (bits, value) in patterns() {
            // A light module ends the codeword before, a dark one begins the next; beyond them is what may be either.
            let dark = bits << 2 | 0b10;
            let darker = dark | 1 | 1 << (MODULES + 3);
            let seen = |k: usize| {
                let of = |modules: u32| {
                    light[k % PER_MODULE]
                        [(modules >> (MODULES - 1 - k / PER_MODULE) & 0x1f) as usize]
                };
                of(dark).midpoint(of(darker))
            };
            let Some(shape) = shape(std::array::from_fn(seen)) else { continue };
            let value = usize::from(value);
            if let Some(block) = clusters[cluster(bits)].get_mut(value / LANES) {
                block.iter_mut().zip(shape).for_each(|(place, v)| place[value % LANES] = v);
            }
        }
    }

    /// What `seen`, the brightness of a stretch, looks like in one cluster; `None` where it is flat.
    pub fn likest(&self, seen: Shape, cluster: usize) -> Option<Likeness> {
        let (low, high) =
            seen.iter().fold((f32::MAX, 0.0_f32), |(low, high), v| (low.min(*v), high.max(*v)));
        let contrast = (high - low) / 255.0;
        let seen = shape(seen)?;
        let (mut best, mut next, mut value) = (-1.0_f32, -1.0_f32, 0);
        let likes = self.0.get(cluster)?.iter().flat_map(|block| products(&seen, block));
        for (k, like) in (0_u16..).zip(likes).take(VALUES) {
            if like > best {
                (next, best, value) = (best, like, k);
            } else if like > next {
                next = like;
            }
        }
        // What is left of the variance when the best brightness and contrast are taken.
        let left = |like: f32| 1.0 - like * like.abs();
        Some(Likeness { value, cluster, error: left(best), next: left(next), contrast })
    }

    /// What `seen` looks like in any cluster.
    pub fn likest_of_all(&self, seen: Shape) -> Option<Likeness> {
        let found = [0, 1, 2].map(|cluster| self.likest(seen, cluster));
        let best = found.iter().flatten().min_by(|a, b| a.error.total_cmp(&b.error))?;
        let others = found.iter().flatten().filter(|other| other.cluster != best.cluster);
        let next = others.map(|other| other.error).fold(best.next, f32::min);
        Some(Likeness { next, ..*best })
    }
}

/// The cluster of a pattern, counted from 0: it is told by the widths of bars alone (5.3.1).
fn cluster(bits: u32) -> usize {
    let mut widths = [0_usize; 8];
    let (mut k, mut last) = (0, true);
    for module in (0..MODULES).rev() {
        let dark = bits >> module & 1 == 1;
        if dark != last {
            (k, last) = ((k + 1).min(7), dark);
        }
        widths[k] += 1;
    }
    (widths[0] + 9 - widths[2] + widths[4] + 9 - widths[6]) % 9 / 3
}

/// `seen` with a mean of 0 and a sum of squares of 1; `None` where it is flat.
fn shape(mut seen: Shape) -> Option<Shape> {
    let mean = seen.iter().sum::<f32>() / PLACES as f32;
    for value in &mut seen {
        *value -= mean;
    }
    let size = seen.iter().map(|v| v * v).sum::<f32>().sqrt();
    (size > 1e-3).then(|| seen.map(|v| v / size))
}

/// How light each place of a module is through `kernel`, by the module, two before and two after it: a bit each, 1 for a
/// dark one, the last one lowest.
fn lights(kernel: &Kernel) -> [[f32; 32]; PER_MODULE] {
    let light = |place: usize, modules: usize| {
        let is_dark = |k: usize| modules >> (4 - (place + k) / PER_MODULE) & 1 == 1;
        -kernel.iter().enumerate().filter(|(k, _)| is_dark(*k)).map(|(_, w)| w).sum::<f32>()
    };
    std::array::from_fn(|place| std::array::from_fn(|modules| light(place, modules)))
}

/// How much `seen` looks like each codeword of `block`.
fn products(seen: &Shape, block: &Block) -> [f32; LANES] {
    let mut sums = [0.0_f32; LANES];
    for (seen, places) in seen.iter().zip(block) {
        sums.iter_mut().zip(places).for_each(|(sum, place)| *sum += seen * place);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blur that leaves everything as it is.
    const SHARP: Kernel = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];

    #[test]
    fn every_codeword_is_told_from_all_others() {
        let templates = Templates::of(&SHARP);
        for (cluster, blocks) in templates.0.iter().enumerate() {
            for value in 0..VALUES {
                let shape = blocks[value / LANES].map(|places| places[value % LANES]);
                let found = templates.likest_of_all(shape).unwrap();
                assert_eq!((usize::from(found.value), found.cluster), (value, cluster));
                assert!(found.error < 1e-3 && found.next > 0.02);
            }
        }
    }

    #[test]
    fn a_blur_is_told_by_known_bars() {
        let wanted: Kernel = [0.0, 0.0, 0.1, 0.2, 0.4, 0.2, 0.1, 0.0, 0.0];
        let print = Print::of(&[8, 1, 1, 1, 1, 1, 1, 3], 3, 0);
        let light = |k: usize| {
            let around = print.around(k);
            200.0 - 150.0 * around.iter().zip(wanted).map(|(p, w)| p * w).sum::<f32>()
        };
        let seen: Vec<f32> = (0..38).map(light).collect();
        let mut blur = Blur::default();
        blur.add(&print, &seen);
        let kernel = blur.kernel().unwrap();
        for (found, wanted) in kernel.iter().zip(wanted) {
            assert!((found - wanted).abs() < 0.06, "{kernel:?}");
        }
    }
}
