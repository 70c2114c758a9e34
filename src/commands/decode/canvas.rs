//! A picture in colour to draw on.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what lies outside of the canvas is not drawn"
)]

use std::path::Path;

use image::{Rgb, RgbImage};

use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// Pixels in colour.
#[derive(Debug)]
pub(super) struct Canvas(RgbImage);

impl Canvas {
    /// A canvas of one colour.
    pub(super) fn new(width: usize, height: usize, colour: Colour) -> Self {
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self(RgbImage::from_pixel(side(width), side(height), Rgb(colour)))
    }

    /// Draws `view` with its top left corner at column `left` of row `top`.
    pub(super) fn show(&mut self, view: View<'_>, left: usize, top: usize) {
        for y in 0..view.height {
            for (x, value) in view.row(y).iter().enumerate() {
                self.dot((left + x) as f32, (top + y) as f32, [*value; 3]);
            }
        }
    }

    /// Colours the pixel at `x`, `y`, if there is one.
    pub(super) fn dot(&mut self, x: f32, y: f32, colour: Colour) {
        if x >= 0.0
            && y >= 0.0
            && let Some(pixel) = self.0.get_pixel_mut_checked(x as u32, y as u32)
        {
            *pixel = Rgb(colour);
        }
    }

    /// Draws a line, a pixel wide.
    pub(super) fn line(&mut self, from: Point, to: Point, colour: Colour) {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let steps = dx.abs().max(dy.abs()).clamp(1.0, 20_000.0).ceil();
        for k in 0..=steps as usize {
            let t = k as f32 / steps;
            self.dot((from.x + t * dx).round(), (from.y + t * dy).round(), colour);
        }
    }

    /// Draws lines from each of `corners` to the next, and back to the first.
    pub(super) fn outline(&mut self, corners: &[Point], colour: Colour) {
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            self.line(*from, *to, colour);
        }
    }

    /// Writes it as PNG.
    pub(super) fn write(&self, path: &Path) -> image::ImageResult<()> {
        self.0.save_with_format(path, image::ImageFormat::Png)
    }
}
