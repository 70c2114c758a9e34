//! Memory that decoding a frame takes, by its size and by what is on it: `cargo bench --bench memory`.

#[path = "decode/scenes.rs"]
mod scenes;

use std::io::Write as _;

use allocation_counter::measure;
use scanstation::pipeline::decode::{Formats, decode};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (name, picture) in scenes::all() {
        // What is made once and kept is not counted.
        let n = decode(&picture, &Formats::all()).len();
        let taken = measure(|| {
            std::hint::black_box(decode(&picture, &Formats::all()));
        });
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(
            out,
            "{name}: {n} symbols, {} allocations, {:.1} MiB in all, {:.1} MiB at once",
            taken.count_total,
            mib(taken.bytes_total),
            mib(taken.bytes_max)
        )?;
    }
    Ok(())
}
