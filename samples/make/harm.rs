//! What spoils a picture of a label, one degradation at a time or several together.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are clamped to the picture, and taps are counted from lengths in pixels"
)]

use std::io::Cursor;

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, ImageFormat};

use crate::camera::{self, Ground, Lens, Pose, Scene};
use crate::face::{Area, Face};
use crate::rng::Rng;

/// Half of the width of a label that curves, in pixels.
const HALF_LABEL: f32 = 420.0;

/// The degradations and their strengths; the default is a good picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Harm {
    /// Clockwise, in degrees.
    pub(crate) rotation: f32,
    /// Out of the picture's plane, in degrees.
    pub(crate) tilt: f32,
    /// Pixels to the finest module.
    pub(crate) scale: f32,
    /// Radius of the disc that a point becomes, in modules.
    pub(crate) defocus: f32,
    /// Length of the streak that a point becomes, in modules.
    pub(crate) motion: f32,
    /// Deviation of the noise at mid grey, in grey levels.
    pub(crate) noise: f32,
    /// Share of the usual light.
    pub(crate) light: f32,
    /// How much darker the dark side is, 0 to 1.
    pub(crate) uneven: f32,
    /// Strength of a lamp's reflection; from 1 on its middle is white.
    pub(crate) glare: f32,
    /// The angle that half of a label takes on a round box, in radians.
    pub(crate) curve: f32,
    /// Worn dots of the printing head and scratches across each symbol.
    pub(crate) damage: u32,
    /// Share of the height of one symbol that something covers.
    pub(crate) occlusion: f32,
    /// Quality of the JPEG that it went through; 100 is none.
    pub(crate) jpeg: u8,
}

impl Default for Harm {
    fn default() -> Self {
        Self {
            rotation: 0.0,
            tilt: 0.0,
            scale: 3.6,
            defocus: 0.0,
            motion: 0.0,
            noise: 0.8,
            light: 1.0,
            uneven: 0.1,
            glare: 0.0,
            curve: 0.0,
            damage: 0,
            occlusion: 0.0,
            jpeg: 100,
        }
    }
}

/// The picture of `face`, on a table, with `harm` done to it; `units` is the size of a module on the face.
pub(crate) fn shoot(
    face: &Face,
    pose: Pose,
    harm: &Harm,
    size: (u32, u32),
    rng: &mut Rng,
) -> anyhow::Result<GrayImage> {
    let mut face = face.clone();
    spoil(&mut face, harm, rng);
    let direction = rng.between(0.0, 360.0);
    let lens = Lens { blur: 0.45, noise: harm.noise, shade: harm.uneven, light: direction };
    let scene = Scene { size, ground: Ground::Table, faces: vec![(&face, pose)], lens };
    let mut plane = Plane { light: camera::expose(&scene, rng), size };
    if harm.curve > 0.0 {
        plane = plane.curved(harm.curve, pose.turn);
    }
    if harm.glare > 0.0 {
        plane.glare(harm.glare, rng);
    }
    if harm.defocus > 0.0 {
        plane = plane.through(&disc(harm.defocus * harm.scale));
    }
    if harm.motion > 0.0 {
        plane = plane.through(&streak(harm.motion * harm.scale, rng.between(0.0, 360.0)));
    }
    for light in &mut plane.light {
        *light *= harm.light;
    }
    let picture = camera::develop(plane.light, size, lens, rng);
    if harm.jpeg < 100 { through_jpeg(&picture, harm.jpeg) } else { Ok(picture) }
}

/// Wears the print of `face` and covers a part of one symbol.
fn spoil(face: &mut Face, harm: &Harm, rng: &mut Rng) {
    let symbols: Vec<([f32; 4], f32)> =
        face.symbols.iter().map(|placed| (placed.edges, placed.module)).collect();
    for ([left, top, right, bottom], module) in &symbols {
        for _ in 0..harm.damage {
            // A worn dot of the printing head leaves a white line along the paper's way.
            let y = rng.between(*top, *bottom);
            let line =
                Area { x: *left, y, width: right - left, height: module * rng.between(0.3, 0.8) };
            face.fill(line, 228);
            let from = (rng.between(*left, *right), rng.between(*top, *bottom));
            let to = (from.0 + rng.between(-60.0, 60.0), from.1 + rng.between(-60.0, 60.0));
            face.stroke([from, to], module * rng.between(0.15, 0.45), 205);
        }
    }
    if harm.occlusion > 0.0 && !symbols.is_empty() {
        let which = (rng.unit() * symbols.len() as f32) as usize;
        if let Some(([left, top, right, bottom], _)) = symbols.get(which) {
            let height = (bottom - top) * harm.occlusion;
            let y = if rng.unit() < 0.5 { *top } else { bottom - height };
            let x = left - 10.0;
            face.fill(Area { x, y, width: right - left + 20.0, height }, 150);
        }
    }
}

fn through_jpeg(picture: &GrayImage, quality: u8) -> anyhow::Result<GrayImage> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    let read = image::ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    Ok(read.decode().context("the JPEG just written")?.into_luma8())
}

/// The light on the sensor, row by row.
struct Plane {
    light: Vec<f32>,
    size: (u32, u32),
}

/// What a point becomes: shares of its light, and where they fall.
type Taps = Vec<(f32, f32, f32)>;

impl Plane {
    /// The light at `x`, `y`, between four pixels; beyond the rim that of the rim.
    fn at(&self, x: f32, y: f32) -> f32 {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let (x, y) = (x.clamp(0.0, width as f32 - 1.0), y.clamp(0.0, height as f32 - 1.0));
        let (left, top) = (x as usize, y as usize);
        let (right, below) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let pixel = |x: usize, y: usize| self.light.get(y * width + x).copied().unwrap_or(0.0);
        let upper = pixel(left, top) * (1.0 - fx) + pixel(right, top) * fx;
        let lower = pixel(left, below) * (1.0 - fx) + pixel(right, below) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    fn each(&self, light: impl Fn(f32, f32) -> f32) -> Self {
        let (width, height) = self.size;
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { light: places.map(|(x, y)| light(x as f32, y as f32)).collect(), size: self.size }
    }

    fn through(&self, taps: &Taps) -> Self {
        self.each(|x, y| taps.iter().map(|(dx, dy, w)| w * self.at(x + dx, y + dy)).sum())
    }

    /// Laid around a cylinder whose axis runs down the label, half of which then takes `angle`.
    fn curved(&self, angle: f32, turn: f32) -> Self {
        let radius = HALF_LABEL / angle;
        let (sin, cos) = turn.to_radians().sin_cos();
        let (cx, cy) = (self.size.0 as f32 / 2.0, self.size.1 as f32 / 2.0);
        self.each(|x, y| {
            let across = (x - cx) * cos + (y - cy) * sin;
            let bent = radius * (across / radius).clamp(-0.98, 0.98).asin() - across;
            self.at(x + bent * cos, y + bent * sin)
        })
    }

    /// A lamp's reflection near the middle.
    fn glare(&mut self, strength: f32, rng: &mut Rng) {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        let middle = (width * rng.between(0.33, 0.67), height * rng.between(0.33, 0.67));
        let (long, short) = (rng.between(90.0, 200.0), rng.between(40.0, 90.0));
        let (sin, cos) = rng.between(0.0, 3.1).sin_cos();
        for (n, light) in self.light.iter_mut().enumerate() {
            let (x, y) = (n as u32 % self.size.0, n as u32 / self.size.0);
            let (x, y) = (x as f32 - middle.0, y as f32 - middle.1);
            let (u, v) = ((x * cos + y * sin) / long, (y * cos - x * sin) / short);
            *light += 200.0 * strength * (-0.5 * (u * u + v * v)).exp();
        }
    }
}

/// A point out of focus: a disc of `radius` pixels.
fn disc(radius: f32) -> Taps {
    let reach = radius.ceil() as i32;
    let places = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
    even(places.filter_map(|(x, y)| {
        let (x, y) = (x as f32, y as f32);
        // A pixel on the rim of the disc is in it by a share.
        let share = (radius + 0.5 - x.hypot(y)).clamp(0.0, 1.0);
        (share > 0.0).then_some((x, y, share))
    }))
}

/// A point in motion: a streak of `length` pixels, in `direction` degrees.
fn streak(length: f32, direction: f32) -> Taps {
    let (sin, cos) = direction.to_radians().sin_cos();
    let taps = (length * 2.0).ceil().max(1.0) as i32;
    even((0..=taps).map(|n| {
        let along = length * (n as f32 / taps as f32 - 0.5);
        (along * cos, along * sin, 1.0)
    }))
}

/// `taps` whose shares are one together.
fn even(taps: impl Iterator<Item = (f32, f32, f32)>) -> Taps {
    let taps: Taps = taps.collect();
    let total: f32 = taps.iter().map(|tap| tap.2).sum();
    taps.into_iter().map(|(x, y, share)| (x, y, share / total)).collect()
}
