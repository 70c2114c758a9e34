//! What an eye makes of a camera's frames, one after another: shown as mounted, decoded where something may be new.

use std::sync::Arc;

use crate::pipeline::decode::evidence::Evidence;
use crate::pipeline::decode::work::Work;
use crate::pipeline::decode::{Fell, Formats};
use crate::pipeline::frame::{Frame, Picture};
use crate::pipeline::gate::{Gate, Judged};
use crate::pipeline::mount::Mount;
use crate::pipeline::symbol::Symbol;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Agreement, Glance, inside};

/// What reads the symbols of a camera's next picture, with what is left of those before it.
pub type Decode = fn(&mut Evidence, &Picture, &Formats) -> Result<Vec<Symbol>, Fell>;

/// One camera's frames turned into glances.
#[derive(Debug)]
pub struct Looker {
    camera: Arc<str>,
    view: Arc<str>,
    mount: Mount,
    formats: Formats,
    decode: Decode,
    evidence: Evidence,
    gate: Gate,
    last: Option<Last>,
}

/// What the frame decoded last gave.
#[derive(Debug, Clone)]
struct Last {
    fingerprint: u64,
    symbols: Arc<[Symbol]>,
}

/// A frame that was looked at.
#[derive(Debug)]
pub struct Looked {
    /// What it says to the station.
    pub glance: Glance,
    /// The picture as it was decoded; `None` where it shows what the one decoded last does.
    pub picture: Option<Arc<Picture>>,
    /// That the decoder fell over on it (E24).
    pub fell: Option<Fell>,
}

/// The region that is configured lies outside of the camera's picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its roi lies outside of the picture of {width}x{height}: correct it in station.toml")]
pub struct NothingShown {
    width: u32,
    height: u32,
}

impl Looker {
    /// Looks through `camera` at `view`; what lies still is decoded until it has agreed by `rules`.
    pub fn new(
        (camera, view): (Arc<str>, Arc<str>),
        mount: Mount,
        formats: Formats,
        rules: Agreement,
    ) -> Self {
        let gate = Gate::new(rules);
        let (decode, evidence) = (Evidence::decode as Decode, Evidence::default());
        Self { camera, view, mount, formats, decode, evidence, gate, last: None }
    }

    /// The same where a frame may cost `work`.
    #[must_use]
    pub fn with_work(self, work: Work) -> Self {
        Self { evidence: Evidence::within(work), ..self }
    }

    /// The same with another decoder.
    #[must_use]
    pub fn with_decoder(self, decode: Decode) -> Self {
        Self { decode, ..self }
    }

    /// The glance of a frame that is still compressed, `length` bytes long, and need not be unpacked; `None` where it
    /// must.
    pub fn unseen(&mut self, number: u64, taken: Timestamp, length: usize) -> Option<Glance> {
        let last = self.last.clone()?;
        let is_same = self.gate.judge_compressed(length, taken) == Judged::AsBefore;
        is_same.then(|| self.glance(number, taken, last))
    }

    /// Looks at `frame`, which came `length` bytes long if it was compressed.
    ///
    /// A frame that shows what the last one did repeats that one's glance, fingerprint included: it tells the station
    /// that all is still there, and counts as no further view of it (decision 1).
    pub fn look(&mut self, frame: &Frame, length: Option<usize>) -> Result<Looked, NothingShown> {
        let picture = self.shown(&frame.picture)?;
        if self.gate.judge(&picture, frame.taken) == Judged::AsBefore
            && let Some(last) = self.last.clone()
        {
            let glance = self.glance(frame.number, frame.taken, last);
            return Ok(Looked { glance, picture: None, fell: None });
        }
        let (symbols, fell) = match (self.decode)(&mut self.evidence, &picture, &self.formats) {
            Ok(symbols) => (inside(symbols, picture.width(), picture.height()), None),
            // A decoder that falls over costs the frame, not the station (E24).
            Err(fell) => (Vec::new(), Some(fell)),
        };
        self.gate.looked(&picture, length, &symbols, frame.taken);
        let last = Last { fingerprint: picture.fingerprint(), symbols: Arc::from(symbols) };
        self.last = Some(last.clone());
        let glance = self.glance(frame.number, frame.taken, last);
        Ok(Looked { glance, picture: Some(picture), fell })
    }

    fn shown(&self, picture: &Arc<Picture>) -> Result<Arc<Picture>, NothingShown> {
        if self.mount.is_plain() {
            return Ok(Arc::clone(picture));
        }
        let (width, height) = (picture.width(), picture.height());
        self.mount.show(picture).map(Arc::new).ok_or(NothingShown { width, height })
    }

    fn glance(&self, number: u64, taken: Timestamp, last: Last) -> Glance {
        Glance {
            camera: Arc::clone(&self.camera),
            view: Arc::clone(&self.view),
            source: None,
            number,
            taken,
            fingerprint: last.fingerprint,
            symbols: last.symbols,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::mount::Region;
    use crate::pipeline::symbol::{Point, Symbology};

    /// Reads where it looks: the picture's first row, and its corners in the middle.
    fn decode(_: &mut Evidence, picture: &Picture, _: &Formats) -> Result<Vec<Symbol>, Fell> {
        let first = picture.luma().first().copied().unwrap_or_default();
        if first == 0 {
            return Err(Fell);
        }
        Ok(vec![Symbol {
            symbology: Symbology::QRCode,
            text: format!("{first}"),
            identifier: "]Q1".to_owned(),
            corners: [Point::new(30.0, 30.0); 4],
            confidence: None,
            add_on: None,
        }])
    }

    fn looker(mount: Mount) -> Looker {
        let names = (Arc::from("top"), Arc::from("table"));
        Looker::new(names, mount, Formats::all(), Agreement::default()).with_decoder(decode)
    }

    /// A gray frame; the last byte makes it another one.
    fn frame(number: u8, shade: u8) -> Frame {
        let mut luma = vec![shade; 100 * 80];
        luma[7999] = number;
        Frame {
            picture: Arc::new(Picture::new(100, 80, luma).unwrap()),
            camera: Arc::from("top"),
            number: number.into(),
            taken: Timestamp::from_millis(i64::from(number) * 66),
        }
    }

    #[test]
    fn what_lies_still_repeats_the_last_look_and_counts_no_more() {
        let mut looker = looker(Mount::default());
        let mut fingerprints = std::collections::BTreeSet::new();
        let mut decoded = 0;
        for number in 0..30 {
            let looked = looker.look(&frame(number, 90), None).unwrap();
            decoded += usize::from(looked.picture.is_some());
            assert_eq!(looked.glance.symbols[0].text, "90");
            assert_eq!(looked.glance.number, u64::from(number));
            fingerprints.insert(looked.glance.fingerprint);
        }
        assert_eq!((decoded, fingerprints.len()), (15, 15));
        assert!(looker.look(&frame(31, 200), None).unwrap().picture.is_some());
    }

    #[test]
    fn a_fall_costs_the_frame() {
        let mut looker = looker(Mount::default());
        let looked = looker.look(&frame(1, 0), None).unwrap();
        assert_eq!((looked.fell, looked.glance.symbols.len()), (Some(Fell), 0));
        assert_eq!(looker.look(&frame(2, 90), None).unwrap().glance.symbols.len(), 1);
    }

    #[test]
    fn a_region_outside_of_the_picture_is_told() {
        let region = |x| Some(Region { x, y: 0, width: 90, height: 80 });
        let mut outside = looker(Mount { region: region(100), ..Mount::default() });
        let error = outside.look(&frame(1, 90), None).unwrap_err().to_string();
        assert!(error.contains("100x80"), "{error}");
        let mut inside = looker(Mount { region: region(40), ..Mount::default() });
        let picture = inside.look(&frame(1, 90), None).unwrap().picture.unwrap();
        assert_eq!((picture.width(), picture.height()), (60, 80));
    }
}
