//! Profiles read by their edges, one after another, in memory that is kept.

use std::vec::Drain;

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::linear::{codabar, code39, code93, code128, databar, ean, itf};
use crate::pipeline::decode::profile::{Bars, Room};
use crate::pipeline::symbol::Symbology;

/// Reads one profile after another.
#[derive(Debug, Default)]
pub struct Reader {
    bars: Bars,
    back: Bars,
    room: Room,
    /// A profile whose light bars are dark.
    light: Vec<f32>,
    found: Vec<Reading>,
}

impl Reader {
    /// How many edges `profile` has, whose peaks and valleys differ by `share` of the contrast nearby.
    pub fn edges(&mut self, profile: &[f32], share: f32) -> usize {
        self.bars.find(profile, share, &mut self.room);
        self.bars.edges.len()
    }

    /// All that `profile` reads as, in both directions.
    pub fn read(&mut self, profile: &[f32], share: f32, formats: &Formats) -> Drain<'_, Reading> {
        self.bars.find(profile, share, &mut self.room);
        self.readings(formats)
    }

    /// The same where spaces are darker than bars.
    pub fn read_light(
        &mut self,
        profile: &[f32],
        share: f32,
        formats: &Formats,
    ) -> Drain<'_, Reading> {
        let Self { light, .. } = self;
        light.clear();
        light.extend(profile.iter().map(|value| -value));
        // Beyond a dark label it is light.
        self.bars.find_to_ends(light, share, &mut self.room);
        self.readings(formats)
    }

    fn readings(&mut self, formats: &Formats) -> Drain<'_, Reading> {
        let Self { bars, back, found, .. } = self;
        found.clear();
        read_forward(bars, formats, found);
        let n = found.len();
        bars.reverse_into(back);
        read_forward(back, formats, found);
        for reading in &mut found[n..] {
            reading.backward = true;
        }
        found.retain(|reading| formats.has(reading.symbology));
        found.drain(..)
    }
}

fn read_forward(bars: &Bars, formats: &Formats, found: &mut Vec<Reading>) {
    for (symbologies, read) in [
        (&[Symbology::Code128][..], code128::read as fn(&Bars, &mut Vec<Reading>)),
        (&[Symbology::Ean13, Symbology::Ean8, Symbology::UpcA, Symbology::UpcE], ean::read),
        (&[Symbology::Code39], code39::read),
        (&[Symbology::Code93], code93::read),
        (&[Symbology::Codabar], codabar::read),
        (&[Symbology::ITF], itf::read),
        (&[Symbology::DataBar, Symbology::DataBarExpanded], databar::read),
    ] {
        if symbologies.iter().any(|s| formats.has(*s)) {
            read(bars, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::linear::ean::PATTERNS;
    use crate::pipeline::decode::linear::reading::Text;

    #[test]
    fn light_bars_are_read_on_a_dark_ground_without_end_and_on_a_dark_label() {
        let half = |digits: [usize; 4]| digits.map(|digit| PATTERNS[digit]).concat();
        let widths = [&[1; 3][..], &half([9, 6, 3, 8]), &[1; 5], &half([5, 0, 7, 4]), &[1; 3]];
        let mut light = false;
        let bars = widths.concat().into_iter().flat_map(|modules| {
            light = !light;
            vec![if light { 200.0 } else { 20.0 }; 8 * usize::from(modules)]
        });
        let bars: Vec<f32> = bars.collect();
        let (ground, beyond) = (vec![20.0; 80], vec![200.0; 60]);
        let mut reader = Reader::default();
        for profile in [
            [&ground, &bars, &ground].map(Vec::as_slice).concat(),
            [&beyond, &ground, &bars, &ground, &beyond].map(Vec::as_slice).concat(),
        ] {
            let found = reader.read_light(&profile, 0.25, &Formats::all());
            let texts: Vec<Text> = found.map(|reading| reading.text).collect();
            assert_eq!(texts, ["96385074"]);
        }
    }
}
