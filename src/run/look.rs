//! What an eye makes of a camera's frames, one after another: shown as mounted, decoded where something may be new.

use std::sync::Arc;

use crate::pipeline::decode::{Fell, Formats, decode_guarded};
use crate::pipeline::frame::{Frame, Picture};
use crate::pipeline::gate::{Gate, Judged};
use crate::pipeline::mount::Mount;
use crate::pipeline::symbol::Symbol;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Agreement, Glance, inside};

/// What reads a picture's symbols.
pub type Decode = fn(&Picture, &Formats) -> Result<Vec<Symbol>, Fell>;

/// One camera's frames turned into glances.
#[derive(Debug)]
pub struct Looker {
    camera: Arc<str>,
    view: Arc<str>,
    mount: Mount,
    formats: Formats,
    decode: Decode,
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
        Self { camera, view, mount, formats, decode: decode_guarded, gate, last: None }
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
        let (symbols, fell) = match (self.decode)(&picture, &self.formats) {
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
