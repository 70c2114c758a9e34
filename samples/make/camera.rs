//! What a camera over a packing table makes of a face: pose, light, blur, noise.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "grey levels are clamped, and places are within a picture"
)]

use image::GrayImage;

use crate::face::{Face, Placed, Stuff};
use crate::rng::{Noise, Rng};

/// How far the camera is from the table, in pixels of a face seen straight on.
const DISTANCE: f32 = 1900.0;
/// How much of its side a box shows below and to the right, in units.
const SIDE: f32 = 26.0;

/// What lies under the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// A laminated table.
    Table,
    /// Planks.
    Wood,
    /// A ribbed conveyor belt.
    Belt,
    /// Concrete with joints.
    Floor,
}

/// How a face is held under the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pose {
    /// Clockwise, in degrees.
    pub(crate) turn: f32,
    /// Out of the picture's plane, in degrees.
    pub(crate) tilt: f32,
    /// The direction of the tilt's axis, in degrees.
    pub(crate) axis: f32,
    /// Pixels to a unit.
    pub(crate) scale: f32,
    /// Where the face's centre is, from the picture's centre, in pixels.
    pub(crate) offset: (f32, f32),
}

/// What the camera adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lens {
    /// Deviation of the blur, in pixels.
    pub(crate) blur: f32,
    /// Deviation of the noise, in grey levels.
    pub(crate) noise: f32,
    /// How much darker the darkest side is than the middle, 0 to 1.
    pub(crate) shade: f32,
    /// Direction of the light, in degrees.
    pub(crate) light: f32,
}

/// What is in front of the camera.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    /// Width and height of the picture.
    pub(crate) size: (u32, u32),
    /// What lies below.
    pub(crate) ground: Ground,
    /// The faces, the topmost last.
    pub(crate) faces: Vec<(&'a Face, Pose)>,
    /// What the camera adds.
    pub(crate) lens: Lens,
}

/// A mapping of the plane that keeps straight lines straight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Homography([[f64; 3]; 3]);

impl Homography {
    /// From the units of a face of `width` by `height` to the pixels of a picture of `size`.
    fn of(pose: Pose, (width, height): (f32, f32), size: (u32, u32)) -> Self {
        let radians = |degrees: f32| f64::from(degrees).to_radians();
        let (turn, tilt, axis) = (radians(pose.turn), radians(pose.tilt), radians(pose.axis));
        let scale = f64::from(pose.scale);
        // Turned in the plane; then the axis laid along x, tilted about it, and laid back.
        let turned = [[turn.cos(), -turn.sin()], [turn.sin(), turn.cos()]];
        let tilted = |x: f64, y: f64| {
            let (along, across) =
                (x * axis.cos() + y * axis.sin(), y * axis.cos() - x * axis.sin());
            let flat = across * tilt.cos();
            let back =
                [along * axis.cos() - flat * axis.sin(), along * axis.sin() + flat * axis.cos()];
            [back[0], back[1], across * tilt.sin()]
        };
        let right = tilted(turned[0][0] * scale, turned[1][0] * scale);
        let down = tilted(turned[0][1] * scale, turned[1][1] * scale);
        let (cx, cy) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
        let column = |n: usize| [right[n], down[n], -cx * right[n] - cy * down[n]];
        let (mut x, mut y, mut w) = (column(0), column(1), column(2));
        let distance = f64::from(DISTANCE);
        w[2] += distance;
        let centre = (
            f64::from(size.0) / 2.0 + f64::from(pose.offset.0),
            f64::from(size.1) / 2.0 + f64::from(pose.offset.1),
        );
        for n in 0..3 {
            x[n] = distance * x[n] + centre.0 * w[n];
            y[n] = distance * y[n] + centre.1 * w[n];
        }
        Self([x, y, w])
    }

    /// Where `x`, `y` goes.
    pub(crate) fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (f64::from(x), f64::from(y));
        let row = |r: &[f64; 3]| r[0] * x + r[1] * y + r[2];
        let w = row(&self.0[2]);
        ((row(&self.0[0]) / w) as f32, (row(&self.0[1]) / w) as f32)
    }

    /// The way back: the adjugate serves, since a common factor cancels.
    fn inverse(&self) -> Self {
        let m = &self.0;
        let minor = |r: [usize; 2], c: [usize; 2]| {
            m[r[0]][c[0]] * m[r[1]][c[1]] - m[r[0]][c[1]] * m[r[1]][c[0]]
        };
        let (low, mid, high) = ([1, 2], [0, 2], [0, 1]);
        Self([
            [minor(low, low), -minor(mid, low), minor(high, low)],
            [-minor(low, mid), minor(mid, mid), -minor(high, mid)],
            [minor(low, high), -minor(mid, high), minor(high, high)],
        ])
    }
}

/// The corners of `placed` in the picture, clockwise from the symbol's own top left.
pub(crate) fn corners(
    placed: &Placed,
    face: &Face,
    pose: Pose,
    size: (u32, u32),
) -> [(f32, f32); 4] {
    let to_picture = Homography::of(pose, (face.width, face.height), size);
    let [left, top, right, bottom] = placed.edges;
    [(left, top), (right, top), (right, bottom), (left, bottom)]
        .map(|(x, y)| to_picture.apply(x, y))
}

/// The picture of `scene`.
pub(crate) fn shoot(scene: &Scene<'_>, rng: &mut Rng) -> GrayImage {
    develop(expose(scene, rng), scene.size, scene.lens, rng)
}

/// The light that reaches the lens, row by row: sharp, and without noise.
pub(crate) fn expose(scene: &Scene<'_>, rng: &mut Rng) -> Vec<f32> {
    let (width, height) = scene.size;
    let surface = Surface { coarse: Noise::new(rng), fine: Noise::new(rng) };
    let backs: Vec<(&Face, Homography)> = scene
        .faces
        .iter()
        .map(|(face, pose)| {
            (*face, Homography::of(*pose, (face.width, face.height), scene.size).inverse())
        })
        .collect();
    let mut light = Vec::with_capacity((width * height) as usize);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let (x, y) = (x as f32, y as f32);
        let reflected = surface.pixel(scene.ground, &backs, x, y);
        light.push(reflected * scene.lens.lit(x / width as f32, y / height as f32));
    }
    light
}

/// What the sensor makes of `light`: the blur and the noise of `lens`.
pub(crate) fn develop(light: Vec<f32>, size: (u32, u32), lens: Lens, rng: &mut Rng) -> GrayImage {
    let light = blurred(light, size, lens.blur);
    let mut picture = GrayImage::new(size.0, size.1);
    for (pixel, light) in picture.iter_mut().zip(light) {
        // A sensor is noisier where it is lighter.
        let noise = lens.noise * (0.6 + 0.4 * light / 200.0) * rng.normal();
        *pixel = (light + noise).round().clamp(0.0, 255.0) as u8;
    }
    picture
}

impl Lens {
    /// How much light falls on a place of the picture, each side of it 0 to 1.
    fn lit(&self, x: f32, y: f32) -> f32 {
        let light = self.light.to_radians();
        let (x, y) = (x - 0.5, y - 0.5);
        let along = x * light.cos() + y * light.sin();
        let corner = (x * x + y * y) * 0.25;
        1.06 - self.shade * (0.5 - along).clamp(0.0, 1.0) - corner
    }
}

/// The topmost face at `x`, `y` of the picture, by its place in `faces`, and where on it that is.
fn topmost(faces: &[(&Face, Homography)], x: f32, y: f32) -> Option<(usize, (f32, f32))> {
    faces.iter().enumerate().rev().find_map(|(n, (face, back))| {
        let (u, v) = back.apply(x, y);
        let is_on_it = u >= 0.0 && v >= 0.0 && u < face.width && v < face.height;
        is_on_it.then_some((n, (u, v)))
    })
}

/// What the ground and the boxes look like where nothing is printed.
struct Surface {
    coarse: Noise,
    fine: Noise,
}

impl Surface {
    /// The light from pixel `x`, `y`: four samples of the topmost face there, else of the ground.
    fn pixel(&self, ground: Ground, faces: &[(&Face, Homography)], x: f32, y: f32) -> f32 {
        const SAMPLES: [(f32, f32); 4] = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        let middle = topmost(faces, x + 0.5, y + 0.5).map(|(face, _)| face);
        let plain = self.plain(ground, faces, x + 0.5, y + 0.5);
        let sample = |(dx, dy): &(f32, f32)| {
            let (x, y) = (x + dx, y + dy);
            let here = topmost(faces, x, y);
            let cover = here.and_then(|(face, (u, v))| faces[face].0.cover(u, v));
            // Where nothing is printed one look a pixel will do, but not across an edge.
            let is_edge = here.map(|(face, _)| face) != middle;
            cover.unwrap_or_else(|| if is_edge { self.plain(ground, faces, x, y) } else { plain })
        };
        SAMPLES.iter().map(sample).sum::<f32>() / SAMPLES.len() as f32
    }

    /// The light from what nothing is printed on.
    fn plain(&self, ground: Ground, faces: &[(&Face, Homography)], x: f32, y: f32) -> f32 {
        let mut shadow = 1.0_f32;
        for (face, back) in faces.iter().rev() {
            let (u, v) = back.apply(x, y);
            let beyond = |p: f32, end: f32| (p - end).max(-p).max(0.0);
            let outside = beyond(u, face.width).max(beyond(v, face.height));
            if outside <= 0.0 {
                return self.stuff(face.stuff, u, v);
            }
            let is_box = face.stuff != Stuff::Paper;
            if is_box && u >= 0.0 && v >= 0.0 && outside <= SIDE {
                let dark = if v > face.height { 0.52 } else { 0.66 };
                return self.stuff(face.stuff, u, v) * dark;
            }
            let reach = if is_box { 30.0 } else { 4.0 };
            shadow *= 1.0 - 0.4 * (-outside / reach).exp();
        }
        self.ground(ground, x, y) * shadow
    }

    fn stuff(&self, stuff: Stuff, u: f32, v: f32) -> f32 {
        let patches = self.coarse.at(u / 160.0, v / 160.0);
        match stuff {
            Stuff::Cardboard => {
                let fibres = self.fine.at(u / 14.0, v / 2.5);
                let flutes = (u * 0.62).sin();
                146.0 + 7.0 * patches + 5.0 * fibres + 1.6 * flutes
            }
            Stuff::Coated => 206.0 + 3.0 * patches,
            Stuff::Paper => 226.0 + 2.0 * patches,
            Stuff::Tote => 96.0 + 6.0 * patches + 3.0 * self.fine.at(u / 3.0, v / 3.0),
        }
    }

    fn ground(&self, ground: Ground, x: f32, y: f32) -> f32 {
        let patches = self.coarse.at(x / 220.0 + 50.0, y / 220.0);
        match ground {
            Ground::Table => 112.0 + 8.0 * patches + 4.0 * self.fine.at(x / 4.0, y / 4.0),
            Ground::Wood => {
                let bend = 6.0 * self.coarse.at(x / 300.0, y / 90.0);
                let grain = self.fine.at(x / 120.0, y / 5.0 + bend);
                let joint = if (y + 40.0) % 210.0 < 3.0 { -45.0 } else { 0.0 };
                120.0 + 14.0 * grain + 6.0 * patches + joint
            }
            Ground::Belt => {
                let rib = (y * 0.35).sin();
                52.0 + 7.0 * rib + 6.0 * patches + 3.0 * self.fine.at(x / 3.0, y / 3.0)
            }
            Ground::Floor => {
                let is_joint = (x + 90.0) % 420.0 < 5.0 || (y + 130.0) % 380.0 < 5.0;
                let stains = 12.0 * self.coarse.at(x / 70.0, y / 70.0);
                let joint = if is_joint { -50.0 } else { 0.0 };
                134.0 + stains + 9.0 * self.fine.at(x / 3.5, y / 3.5) + joint
            }
        }
    }
}

/// `light` through a Gaussian of deviation `sigma`.
fn blurred(light: Vec<f32>, (width, height): (u32, u32), sigma: f32) -> Vec<f32> {
    let (width, height) = (width as usize, height as usize);
    let reach = (sigma * 3.0).ceil() as usize;
    let weights: Vec<f32> = (0..=2 * reach)
        .map(|n| {
            let distance = (n as f32 - reach as f32) / sigma.max(0.01);
            (-0.5 * distance * distance).exp()
        })
        .collect();
    let total: f32 = weights.iter().sum();
    let pass = |from: &[f32], step: usize, length: usize, place: &dyn Fn(usize) -> usize| {
        let mut to = from.to_vec();
        for (n, value) in to.iter_mut().enumerate() {
            let at = place(n);
            let sum: f32 = weights
                .iter()
                .enumerate()
                .map(|(k, weight)| {
                    let other = (at + k).saturating_sub(reach).min(length - 1);
                    weight * from[n - at * step + other * step]
                })
                .sum();
            *value = sum / total;
        }
        to
    };
    let across = pass(&light, 1, width, &|n| n % width);
    pass(&across, width, height, &|n| n / width)
}
