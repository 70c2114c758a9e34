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
        self.bars.find(profile, share, &mut self.room);
        self.bars.invert();
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
