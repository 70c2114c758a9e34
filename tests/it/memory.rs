//! A frame allocates what it gives and little else: the rest is kept from the frames before.

#[path = "../../benches/decode/scenes.rs"]
mod scenes;

use allocation_counter::measure;
use scanstation::pipeline::decode::{Decoder, Formats};

#[test]
fn an_empty_frame_allocates_nothing_and_a_plain_label_little() {
    let formats = Formats::all();
    let mut decoder = Decoder::default();
    for (name, picture) in scenes::all().filter(|(name, _)| name.contains("1080p")) {
        let (_, scene) = name.trim().split_once(' ').unwrap();
        let most = match scene {
            "Empty" => 0,
            "Labels(1)" => 20,
            "Labels(10)" => 200,
            _ => continue,
        };
        decoder.decode(&picture, &formats);
        let taken = measure(|| {
            std::hint::black_box(decoder.decode(&picture, &formats));
        });
        assert!(taken.count_total <= most, "{scene}: {taken:?}");
    }
}
