//! A picture to be taken: what lies where, and the pose, light and noise that a seed adds.

use anyhow::ensure;
use image::GrayImage;

use crate::camera::{self, Ground, Lens, Pose, Scene};
use crate::face::Face;
use crate::rng::Rng;
use crate::truth::{Made, TrueSymbol, Truth};
use crate::zint::ENCODER;

/// Corners nearer to the picture's edge than this would not count as read (decision 4).
const EDGE: f32 = 8.0;

/// Where a face is held before chance moves it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hold {
    /// Clockwise, in degrees.
    pub(crate) turn: f32,
    /// From the picture's centre, in pixels.
    pub(crate) offset: (f32, f32),
    /// Its size against the usual one, less one.
    pub(crate) nearer: f32,
}

/// What is to be taken.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    /// Width and height of the picture.
    pub(crate) size: (u32, u32),
    /// What lies below.
    pub(crate) ground: Ground,
    /// The faces, the topmost last.
    pub(crate) faces: Vec<(Face, Hold)>,
    /// How far chance moves a face, 1 in a still, less within a sequence.
    pub(crate) unrest: f32,
}

impl Stage {
    /// One face in the middle of the table.
    pub(crate) fn of(face: Face) -> Self {
        Self {
            size: (1280, 720),
            ground: Ground::Table,
            faces: vec![(face, Hold::default())],
            unrest: 1.0,
        }
    }

    /// Nothing but the ground.
    pub(crate) fn empty(ground: Ground) -> Self {
        Self { size: (1280, 720), ground, faces: Vec::new(), unrest: 1.0 }
    }

    /// The same on another ground.
    pub(crate) fn on(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// The same, all faces turned by `degrees`.
    pub(crate) fn turned(mut self, degrees: f32) -> Self {
        for (_, hold) in &mut self.faces {
            hold.turn += degrees;
        }
        self
    }

    /// The same in a small picture.
    pub(crate) fn small(self) -> Self {
        Self { size: (576, 324), ..self }
    }

    /// The picture that `seed` gives, and its truth without verdicts.
    pub(crate) fn take(&self, seed: u64) -> anyhow::Result<(GrayImage, Truth)> {
        let mut rng = Rng::new(seed);
        let lens = Lens {
            blur: rng.between(0.5, 0.85),
            noise: rng.between(1.0, 1.9),
            shade: rng.between(0.05, 0.35),
            light: rng.between(0.0, 360.0),
        };
        let faces: Vec<(&Face, Pose)> =
            self.faces.iter().map(|(face, hold)| (face, self.pose(*hold, &mut rng))).collect();
        let symbols = self.true_symbols(&faces)?;
        let made = Made::new(seed, &symbols, &faces, lens);
        let symbols = symbols.into_iter().map(|(symbol, _)| symbol).collect();
        let scene = Scene { size: self.size, ground: self.ground, faces, lens };
        let picture = camera::shoot(&scene, &mut rng);
        Ok((picture, Truth { symbols, order_id: None, verdicts: Vec::new(), made }))
    }

    fn pose(&self, hold: Hold, rng: &mut Rng) -> Pose {
        let mut shake = |reach: f32| self.unrest * rng.between(-reach, reach);
        Pose {
            turn: hold.turn + shake(4.0),
            tilt: 5.0 + shake(4.0),
            axis: 90.0 + shake(90.0),
            scale: 1.0 + hold.nearer + shake(0.02),
            offset: (hold.offset.0 + shake(10.0), hold.offset.1 + shake(6.0)),
        }
    }

    /// The symbols wholly in the picture, each with its pixels a module.
    fn true_symbols(&self, faces: &[(&Face, Pose)]) -> anyhow::Result<Vec<(TrueSymbol, f32)>> {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        let mut symbols = Vec::new();
        for (face, pose) in faces {
            for placed in &face.symbols {
                let corners = camera::corners(placed, face, *pose, self.size);
                let is_inside = |(x, y): &(f32, f32)| {
                    (EDGE..width - EDGE).contains(x) && (EDGE..height - EDGE).contains(y)
                };
                let is_whole = corners.iter().all(is_inside);
                // In a sequence boxes come and go; a still shows what it shows.
                ensure!(
                    is_whole || self.unrest < 1.0,
                    "{} {} leaves the picture",
                    placed.spec.format,
                    placed.spec.text
                );
                if is_whole {
                    let symbol = TrueSymbol::new(&placed.spec, corners);
                    symbols.push((symbol, placed.module * pose.scale));
                }
            }
        }
        Ok(symbols)
    }
}

impl Made {
    fn new(seed: u64, symbols: &[(TrueSymbol, f32)], faces: &[(&Face, Pose)], lens: Lens) -> Self {
        let pose = faces.first().map(|(_, pose)| *pose);
        let finest = symbols.iter().map(|(_, module)| *module).reduce(f32::min);
        let tenths = |value: f32| (f64::from(value) * 10.0).round() / 10.0;
        Self {
            encoder: (!symbols.is_empty()).then(|| ENCODER.to_owned()),
            seed,
            turn_deg: pose.map(|pose| tenths(pose.turn)),
            tilt_deg: pose.map(|pose| tenths(pose.tilt)),
            px_per_module: finest.map(tenths),
            blur_px: tenths(lens.blur),
            noise: tenths(lens.noise),
            shade: tenths(lens.shade),
        }
    }
}
