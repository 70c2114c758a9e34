//! What a symbol character looks like through a blur: templates at a fixed number of samples a module.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of samples are small and positive"
)]

use std::ops::Deref;

use crate::pipeline::decode::lanes::{dot, sum};

/// Samples a module.
pub const SAMPLES: usize = 4;

/// Modules of the neighbours that a template reaches into, at each end.
pub const MARGIN: f32 = 0.5;

/// A blur and the growth of bars, in modules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optics {
    /// Standard deviation of the blur.
    pub blur: f32,
    /// By how much bars are too wide.
    pub growth: f32,
}

/// Bars and spaces in a row, widths in modules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elements {
    /// Whether the first is a bar.
    pub dark_first: bool,
    /// Their widths.
    pub widths: Widths,
}

/// Elements of a character, at most: Code 39 has nine and a gap.
const MAX_ELEMENTS: usize = 10;

/// The widths of the elements of a character: the first ten of those it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Widths {
    values: [f32; MAX_ELEMENTS],
    n: usize,
}

impl FromIterator<f32> for Widths {
    fn from_iter<I: IntoIterator<Item = f32>>(widths: I) -> Self {
        let mut all = Self::default();
        for (value, width) in all.values.iter_mut().zip(widths) {
            *value = width;
            all.n += 1;
        }
        all
    }
}

impl Deref for Widths {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.values.get(..self.n).unwrap_or_default()
    }
}

impl Elements {
    /// Modules in all.
    pub fn modules(&self) -> f32 {
        self.widths.iter().sum()
    }

    /// Whether the last is a bar.
    pub fn dark_last(&self) -> bool {
        self.dark_first == (self.widths.len() % 2 == 1)
    }

    /// The edges from 0 on, moved apart by the growth of bars.
    fn edges(&self, growth: f32) -> impl Iterator<Item = (f32, bool)> + '_ {
        let mut at = 0.0;
        let mut dark = self.dark_first;
        self.widths.iter().map(move |width| {
            let half = if dark { -growth / 2.0 } else { growth / 2.0 };
            let edge = (at + half, dark);
            at += width;
            dark = !dark;
            edge
        })
    }
}

/// Samples of a template of so many modules.
pub fn samples(modules: f32) -> usize {
    ((modules + 2.0 * MARGIN) * SAMPLES as f32).round() as usize
}

/// The brightness of `elements` through `optics`, -1 (bar) to 1 (space), over the modules from -[`MARGIN`] to
/// [`MARGIN`] past `core`; `elements` begin `lead` modules before the core, and what is around them is `around`.
pub fn render(
    elements: &Elements,
    lead: f32,
    core: f32,
    optics: Optics,
    around: (bool, bool),
) -> Vec<f32> {
    let kernel = kernel(optics.blur);
    let radius = kernel.len() / 2;
    let n = samples(core) + 2 * radius;
    let origin = MARGIN * SAMPLES as f32 + radius as f32;
    // The step at each edge, spread over the sample it falls in; the running sum is the brightness.
    let mut steps = vec![0.0_f32; n + 1];
    let start = if around.0 { -1.0 } else { 1.0 };
    let mut level = start;
    let mut step = |at: f32, dark: bool| {
        let target = if dark { -1.0 } else { 1.0 };
        let change = target - level;
        level = target;
        let place = ((at - lead) * SAMPLES as f32 + origin).clamp(0.0, n as f32 - 0.001);
        let sample = place as i32 as usize;
        let part = place - sample as f32;
        steps[sample] += change * (1.0 - part);
        steps[sample + 1] += change * part;
    };
    elements.edges(optics.growth).for_each(|(at, dark)| step(at, dark));
    let end_growth = if elements.dark_last() { optics.growth / 2.0 } else { -optics.growth / 2.0 };
    step(elements.modules() + end_growth, around.1);
    let mut sum = start;
    let sharp: Vec<f32> = steps
        .iter()
        .take(n)
        .map(|s| {
            sum += s;
            sum
        })
        .collect();
    // Tap by tap, many samples are worked on at once.
    let mut spread = vec![0.0_f32; n - 2 * radius];
    for (tap, weight) in kernel.iter().enumerate() {
        let shifted = sharp.get(tap..).unwrap_or_default();
        spread.iter_mut().zip(shifted).for_each(|(sum, v)| *sum += weight * v);
    }
    spread
}

/// Modules to each side of a character that its darkness reaches: the widest blur and the greatest growth.
const REACH: f32 = 3.0;

/// How much darker than paper `elements` alone on it are through `optics`, over the modules from -`REACH` -
/// [`MARGIN`] to as far past their end. What stands side by side adds up, for no two bars touch.
pub fn alone(elements: &Elements, optics: Optics) -> Vec<f32> {
    let core = elements.modules() + 2.0 * REACH;
    let mut values = render(elements, -REACH, core, optics, (false, false));
    for value in &mut values {
        *value -= 1.0;
    }
    values
}

/// Adds what [`alone`] gave to a window, whose character begins `modules` after the one that is added.
pub fn add_beside(window: &mut [f32], alone: &[f32], modules: f32) {
    let shift = ((REACH + modules) * SAMPLES as f32).round() as i32;
    let window = window.get_mut((-shift).max(0) as usize..).unwrap_or_default();
    let alone = alone.get(shift.max(0) as usize..).unwrap_or_default();
    window.iter_mut().zip(alone).for_each(|(sum, value)| *sum += value);
}

/// A Gaussian of `blur` modules, in samples, its sum 1.
fn kernel(blur: f32) -> Vec<f32> {
    let sigma = (blur * SAMPLES as f32).max(0.3);
    let radius = (2.5 * sigma).ceil() as i16;
    let weight = |k: i16| (-f32::from(k).powi(2) / (2.0 * sigma * sigma)).exp();
    let weights: Vec<f32> = (-radius..=radius).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

/// Brings `values` to mean 0 and length 1, so that a product of two is their correlation.
pub fn normalise(values: &mut [f32]) {
    let mean = sum(values) / values.len().max(1) as f32;
    for value in values.iter_mut() {
        *value -= mean;
    }
    let scale = 1.0 / dot(values, values).sqrt().max(1e-6);
    for value in values {
        *value *= scale;
    }
}

/// A profile that gives its mean over any stretch.
#[derive(Debug, Default)]
pub struct Sampler {
    sums: Vec<f64>,
}

impl Sampler {
    /// Makes it the sampler of a profile of these `values`.
    pub fn take(&mut self, values: impl Iterator<Item = f32>) {
        let mut sum = 0.0;
        self.sums.clear();
        self.sums.push(sum);
        self.sums.extend(values.map(|value| {
            sum += f64::from(value);
            sum
        }));
    }

    /// The normalised window of a character of `modules` that begins at `at`, with `pitch` columns a module.
    pub fn window(&self, at: f32, pitch: f32, modules: f32, out: &mut Vec<f32>) {
        let n = samples(modules);
        let step = pitch / SAMPLES as f32;
        // Column k covers k - 0.5 to k + 0.5. First all places, several at once, then the sums up to there.
        let from = at - MARGIN * pitch + 0.5;
        let last = self.sums.len() as f32 - 1.001;
        out.clear();
        out.extend((0..=n).map(|k| {
            let at = from + k as f32 * step;
            let at = if at > 0.0 { at } else { 0.0 };
            if at < last { at } else { last }
        }));
        let sum_to = |at: f32| {
            // By way of i32 there and back, each of which is one instruction.
            let column = at as i32;
            let rest = self.sums.get(column as usize..).and_then(<[f64]>::first_chunk);
            let Some([a, b]) = rest else { return 0.0 };
            a + (b - a) * f64::from(at - column as f32)
        };
        let mut before = out.first().map_or(0.0, |at| sum_to(*at));
        for k in 0..n {
            let next = sum_to(out[k + 1]);
            out[k] = (next - before) as f32;
            before = next;
        }
        out.truncate(n);
        normalise(out);
    }
}
