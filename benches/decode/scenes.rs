//! Frames of several sizes, with nothing, labels or clutter on them.

use scanstation::pipeline::decode::linear::code128::PATTERNS;
use scanstation::pipeline::frame::Picture;

/// What is on a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scene {
    Empty,
    Labels(usize),
    Text,
    Clutter,
}

/// Each scene in each size, with its name.
pub(crate) fn all() -> impl Iterator<Item = (String, Picture)> {
    let sizes = [("720p", 1280, 720), ("1080p", 1920, 1080), ("4K", 3840, 2160)];
    let scenes = [Scene::Empty, Scene::Labels(1), Scene::Labels(10), Scene::Text, Scene::Clutter];
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
        Scene::Text => write(&mut luma, width, &mut noise),
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

/// Digits of five columns and seven rows of dots, the highest of five bits the left one.
const GLYPHS: [[u8; 7]; 10] = [
    [14, 17, 19, 21, 25, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 2, 4, 8, 31],
    [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
];

/// Lines of print from rim to rim, of words of digits, dots of two to four pixels from line to line.
fn write(luma: &mut [u8], width: usize, noise: &mut Noise) {
    let (mut top, mut line) = (20, 0);
    while (top + 60) * width < luma.len() {
        let dot = 2 + line % 3;
        for left in (20..width - 30).step_by(6 * dot) {
            let n = usize::from(noise.next());
            // One in six is the space between words.
            let Some(glyph) = GLYPHS.get(n % 12) else { continue };
            for (y, x) in (0..7 * dot).flat_map(|y| (0..5 * dot).map(move |x| (y, x))) {
                if glyph[y / dot] >> (4 - x / dot) & 1 == 1 {
                    luma[(top + y) * width + left + x] = 50;
                }
            }
        }
        (top, line) = (top + 11 * dot, line + 1);
    }
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
