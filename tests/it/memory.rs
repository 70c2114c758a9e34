//! A frame allocates what it gives and nothing else: the rest is kept from the frames before.

#[path = "../../benches/decode/scenes.rs"]
mod scenes;

use allocation_counter::measure;
use scanstation::pipeline::decode::{Decoder, Formats};

#[test]
fn a_frame_allocates_nothing_but_what_it_gives() {
    let formats = Formats::all();
    let mut decoder = Decoder::default();
    for (name, picture) in scenes::all().filter(|(name, _)| name.contains("1080p")) {
        let (_, scene) = name.trim().split_once(' ').unwrap();
        // A text and an identifier for each symbol, and their list, which doubles as it grows from four.
        let most = match scene {
            "Empty" | "Text" => 0,
            "Labels(1)" => 2 + 1,
            "Labels(10)" => 20 + 3,
            // Of strokes that look like bars everywhere a few are too unclear for edges: their list, and what comes of it.
            "Clutter" => 30,
            other => panic!("{other}"),
        };
        for _ in 0..3 {
            decoder.decode(&picture, &formats);
        }
        let taken = measure(|| {
            std::hint::black_box(decoder.decode(&picture, &formats));
        });
        assert!(taken.count_total <= most, "{scene}: {taken:?}");
    }
}
