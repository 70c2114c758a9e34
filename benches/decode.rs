//! CPU time of decoding a frame, by its size and by what is on it, whole and by stage: `cargo bench --bench decode`.

use std::io::Write as _;

use scanstation::edge::clock;
use scanstation::pipeline::decode::cells::{CELL, Cells};
use scanstation::pipeline::decode::linear::{self, code128::PATTERNS};
use scanstation::pipeline::decode::locate::{self, Region};
use scanstation::pipeline::decode::raster::View;
use scanstation::pipeline::decode::strip::Strip;
use scanstation::pipeline::decode::{Formats, decode};
use scanstation::pipeline::frame::Picture;

/// How often each frame is decoded.
const ROUNDS: u32 = 20;

/// What is on a frame.
#[derive(Debug, Clone, Copy)]
enum Scene {
    Empty,
    Labels(usize),
    Clutter,
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (name, width, height) in [("720p", 1280, 720), ("1080p", 1920, 1080), ("4K", 3840, 2160)] {
        for scene in [Scene::Empty, Scene::Labels(1), Scene::Labels(10), Scene::Clutter] {
            let Ok(picture) = Picture::new(width, height, luma(width, height, scene)) else {
                continue;
            };
            let whole = timed(|| decode(&picture, &Formats::all()).len());
            writeln!(out, "{name:>6} {scene:?}: {:.2} ms, {} symbols", whole.0, whole.1)?;
            let (cells, regions, plain) = stages(View::of(&picture));
            writeln!(out, "       cells {cells:.2}, regions {regions:.2}, plain {plain:.2} ms")?;
        }
    }
    Ok(())
}

/// Milliseconds of halving and both grids of cells, of joining them to regions, and of reading what is plain in those.
fn stages(view: View<'_>) -> (f64, f64, f64) {
    let (gradients, cells) =
        timed(|| [Cells::of(view.halved().view(), CELL), Cells::of(view, 2 * CELL)]);
    let find = || cells.iter().flat_map(locate::regions).map(|r| r.scaled(2.0)).collect();
    let (joining, regions): (f64, Vec<Region>) = timed(find);
    let read = |region: &Region| linear::read_plain(&Strip::new(view, *region)?, &Formats::all());
    let (reading, _symbols) = timed(|| regions.iter().filter_map(read).flatten().count());
    (gradients, joining, reading)
}

/// The mean time of `stage` in milliseconds, and what it gives.
fn timed<T>(stage: impl Fn() -> T) -> (f64, T) {
    let start = clock::thread_cpu_ms();
    for _ in 1..ROUNDS {
        stage();
    }
    let last = stage();
    ((clock::thread_cpu_ms() - start) / f64::from(ROUNDS), last)
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
