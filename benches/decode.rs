//! CPU time of decoding a frame, by its size and by what is on it, whole and by stage: `cargo bench --bench decode`.

#[path = "decode/scenes.rs"]
mod scenes;

use std::io::Write as _;

use scanstation::edge::clock;
use scanstation::pipeline::decode::linear;
use scanstation::pipeline::decode::locate::{self, Region};
use scanstation::pipeline::decode::pool::Pools;
use scanstation::pipeline::decode::raster::View;
use scanstation::pipeline::decode::reduced::Reduced;
use scanstation::pipeline::decode::strip::Strip;
use scanstation::pipeline::decode::{Decoder, Formats};

/// How often each frame is decoded.
const ROUNDS: u32 = 20;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut decoder = Decoder::default();
    for (name, picture) in scenes::all() {
        let whole = timed(|| decoder.decode(&picture, &Formats::all()).len());
        writeln!(out, "{name}: {:.2} ms, {} symbols", whole.0, whole.1)?;
        let (cells, regions, plain) = stages(View::of(&picture));
        writeln!(out, "       cells {cells:.2}, regions {regions:.2}, plain {plain:.2} ms")?;
    }
    Ok(())
}

/// Milliseconds of halving and both grids of cells, of joining them to regions, and of reading what is plain in those.
fn stages(view: View<'_>) -> (f64, f64, f64) {
    let pools = Pools::default();
    let (gradients, reduced) = timed(|| Reduced::of(view, &Formats::all(), &pools));
    let cells = || [&*reduced.cells].into_iter().chain(reduced.fine.as_deref());
    let find = || {
        let mut found = pools.regions.empty();
        for cells in cells() {
            found.extend(locate::regions(cells, &pools).iter().map(|r| r.scaled(2.0)));
        }
        found
    };
    let (joining, regions) = timed(find);
    let mut desk = linear::Desk::default();
    let mut read = |region: &Region| {
        let strip = Strip::new(view, *region, &pools);
        if let Some(strip) = strip {
            linear::read_plain(&strip, &Formats::all(), &mut desk);
        }
        desk.found.drain(..).count()
    };
    let (reading, _symbols) = timed(|| regions.iter().map(&mut read).sum::<usize>());
    (gradients, joining, reading)
}

/// The mean time of `stage` in milliseconds, and what it gives.
fn timed<T>(mut stage: impl FnMut() -> T) -> (f64, T) {
    let start = clock::thread_cpu_ms();
    for _ in 1..ROUNDS {
        stage();
    }
    let last = stage();
    ((clock::thread_cpu_ms() - start) / f64::from(ROUNDS), last)
}
