//! Memory that decoding a frame takes, by its size and by what is on it: `cargo bench --bench memory`.

#[path = "decode/scenes.rs"]
mod scenes;

use std::io::Write as _;

use allocation_counter::measure;
use scanstation::pipeline::decode::{Decoder, Formats};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let formats = Formats::all();
    for (name, picture) in scenes::all() {
        // What is made once and kept is told by itself: what the first picture takes is more by that.
        let mut decoder = Decoder::default();
        let mut n = 0;
        let first = measure(|| n = decoder.decode(&picture, &formats).len());
        let taken = measure(|| {
            std::hint::black_box(decoder.decode(&picture, &formats));
        });
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(
            out,
            "{name}: {n} symbols, {} allocations, {:.2} MiB at once, {:.1} MiB kept",
            taken.count_total,
            mib(taken.bytes_max),
            mib(u64::try_from(first.bytes_current).unwrap_or_default())
        )?;
    }
    Ok(())
}
