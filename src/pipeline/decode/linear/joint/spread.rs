//! How an edge is spread by a lens out of focus, by motion, or by both with the pixels.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in a table are clamped before they become indices"
)]

use std::f32::consts::PI;
use std::sync::LazyLock;

/// Entries of a table a standard deviation.
const FINENESS: usize = 16;

/// Standard deviations to each side that a table covers.
pub const REACH: f32 = 3.5;

/// Entries of a table.
const ENTRIES: usize = 2 * 56 + 1;

/// What spreads an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Many small things: a Gaussian.
    Mixed,
    /// A lens out of focus: a disc, seen from its side.
    Defocus,
    /// Motion across the bars: a streak.
    Motion,
}

impl Shape {
    /// All of them, the likeliest first.
    pub const ALL: [Self; 3] = [Self::Mixed, Self::Defocus, Self::Motion];
}

/// The brightness beside an edge by the distance from it: a table of the step response.
#[derive(Debug)]
pub struct Spread {
    steps: [f32; ENTRIES],
}

static TABLES: LazyLock<[Spread; 3]> = LazyLock::new(|| Shape::ALL.map(Spread::new));

impl Spread {
    /// The table of `shape`.
    pub fn of(shape: Shape) -> &'static Self {
        let [mixed, defocus, motion] = &*TABLES;
        match shape {
            Shape::Mixed => mixed,
            Shape::Defocus => defocus,
            Shape::Motion => motion,
        }
    }

    fn new(shape: Shape) -> Self {
        // Neither disc nor streak is seen but through pixels, which round its rims.
        let soft: f32 = if shape == Shape::Mixed { 0.0 } else { 0.4 };
        let own = (1.0 - soft * soft).sqrt();
        let taps = 41;
        let mut sum = 0.0;
        let mut weights = Vec::with_capacity(taps);
        for k in 0..taps {
            let t = 6.0 * (k as f32 / (taps - 1) as f32 - 0.5);
            let weight = (-t * t / 2.0).exp();
            weights.push((t, weight));
            sum += weight;
        }
        let steps = std::array::from_fn(|k| {
            let x = k as f32 / FINENESS as f32 - REACH;
            match shape {
                // The running sum of the Gaussian itself.
                Shape::Mixed => {
                    weights
                        .iter()
                        .map(|(t, w)| w * (0.5 + (x - t) * 6.667).clamp(0.0, 1.0))
                        .sum::<f32>()
                        / sum
                }
                Shape::Defocus => {
                    weights.iter().map(|(t, w)| w * disc((x - soft * t) / (2.0 * own))).sum::<f32>()
                        / sum
                }
                Shape::Motion => {
                    let width = 12.0_f32.sqrt() * own;
                    let streak = |x: f32| (x / width + 0.5).clamp(0.0, 1.0);
                    weights.iter().map(|(t, w)| w * streak(x - soft * t)).sum::<f32>() / sum
                }
            }
        });
        Self { steps }
    }

    /// The share of an edge's step at `x` standard deviations past it, and its slope there.
    pub fn at(&self, x: f32) -> (f32, f32) {
        let place = (x + REACH) * FINENESS as f32;
        if place <= 0.0 {
            return (0.0, 0.0);
        }
        // By way of i32 there and back, each of which is one instruction.
        let entry = place as i32;
        match self.steps.get(entry as usize..).and_then(<[f32]>::first_chunk) {
            Some([a, b]) => (a + (b - a) * (place - entry as f32), (b - a) * FINENESS as f32),
            _ => (1.0, 0.0),
        }
    }
}

/// The part of a disc of radius 1 that lies left of `x`.
fn disc(x: f32) -> f32 {
    let x = x.clamp(-1.0, 1.0);
    0.5 + (x * (1.0 - x * x).sqrt() + x.asin()) / PI
}
