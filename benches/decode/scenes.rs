//! Frames of several sizes, with nothing, labels or clutter on them.

use scanstation::pipeline::decode::linear::code128::PATTERNS;
use scanstation::pipeline::frame::Picture;

/// What is on a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scene {
    Empty,
    Labels(usize),
    Clutter,
}

/// Each scene in each size, with its name.
pub(crate) fn all() -> impl Iterator<Item = (String, Picture)> {
    let sizes = [("720p", 1280, 720), ("1080p", 1920, 1080), ("4K", 3840, 2160)];
    let scenes = [Scene::Empty, Scene::Labels(1), Scene::Labels(10), Scene::Clutter];
    let each = sizes.into_iter().flat_map(move |size| scenes.map(|scene| (size, scene)));
    each.filter_map(|((name, width, height), scene)| {
        let picture = Picture::new(width, height, luma(width, height, scene)).ok()?;
        Some((format!("{name:>6} {scene:?}"), picture))
    })
}

fn luma(width: u32, height: u32, scene: Scene) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut noise = Noise(1);
    let mut luma: Vec<u8> = (0..width * height).map(|_| 200 + noise.next() % 6).collect();
    match scene {
        Scene::Empty => {}
        Scene::Labels(n) => {
            for k in 0..n {
                let (column, row) = (k % 2, k / 2);
                draw(&mut luma, width, (60 + column * 600, 40 + row * 120), k);
            }
        }
        // Strokes in both directions, like small print: the worst case.
        Scene::Clutter => {
            for (k, pixel) in luma.iter_mut().enumerate() {
                let (x, y) = (k % width, k / width);
                let hash = (x / 5).wrapping_mul(31) ^ (y / 7).wrapping_mul(17) ^ (x / 40 * y / 60);
                if hash % 3 == 0 && y % 30 < 18 {
                    *pixel = 60;
                }
            }
        }
    }
    luma
}

/// A Code 128 symbol of 3 pixels a module with eight data characters.
fn draw(luma: &mut [u8], width: usize, (left, top): (usize, usize), seed: usize) {
    let mut values: Vec<usize> =
        [104].into_iter().chain((1..9).map(|k| (k * 7 + seed) % 90)).collect();
    let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
    values.extend([sum % 103, 106]);
    let mut at = left;
    for (k, n) in values.iter().flat_map(|v| PATTERNS[*v]).chain([2]).enumerate() {
        let next = at + 3 * usize::from(n);
        for y in top..top + 80 {
            if let Some(bar) = luma.get_mut(y * width + at..y * width + next).filter(|_| k % 2 == 0)
            {
                bar.fill(30);
            }
        }
        at = next;
    }
}

/// A small generator of noise, the same on every run.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0.to_le_bytes()[1]
    }
}
