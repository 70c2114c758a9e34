//! Plays a reel: pictures decoded, frames given times, what steps.jsonl asks for put in between.
//!
//! A still is decoded once and stands for fifteen equal frames in a second, then a second of empty view
//! (decision 1). Frames are decoded in order, none is dropped, and time comes from the reel alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::edge::pictures;
use crate::edge::reel::{Item, Sequence, SequenceFrame};
use crate::edge::steps::{Step, StepLine};
use crate::pipeline::decode::Formats;
use crate::pipeline::decode::evidence::Evidence;
use crate::pipeline::frame::Picture;
use crate::pipeline::shot::Secret;
use crate::pipeline::symbol::Symbol;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Glance, inside};

/// Frames a second, of a still and of the empty view after it.
const FRAMES: i64 = 15;
/// Milliseconds that a still is in view, and that the view is empty after it.
const STILL_MS: i64 = 1000;
/// Milliseconds that one frame stands.
const FRAME_MS: i64 = 1000 / FRAMES;
/// The camera's name where the reel has none.
const CAMERA: &str = "replay";
/// The view's, likewise.
const VIEW: &str = "table";

/// The picture of a frame; `None` where it shows what the one before did, or nothing.
pub type Shown = Option<Arc<Picture>>;

/// Something that the reel gives.
#[derive(Debug)]
pub enum Moment<'a> {
    /// A frame, and when it is to be decided on.
    Glance(Glance, Timestamp, Shown),
    /// A step of `steps.jsonl`.
    Step(&'a Step, Timestamp),
    /// A picture that is none.
    Error {
        /// The file.
        source: String,
        /// Why.
        error: String,
    },
    /// The end.
    End(Timestamp),
}

/// How stills are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Each stands for a box that is held for a second and taken away (`demo`, `replay`).
    Held,
    /// Each is one frame of a camera (`run`).
    Frame,
}

/// What was played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Played {
    /// Frames, empty ones included.
    pub frames: u64,
    /// Symbols decoded, each picture's once.
    pub symbols: u64,
    /// Pictures that were none.
    pub errors: u64,
}

/// Whether to go on playing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// Go on.
    On,
    /// Stop here.
    Stop,
}

/// A reel with its steps, played once.
#[derive(Debug)]
pub struct Projector<'a> {
    items: &'a [Item],
    steps: &'a [StepLine],
    clock: Timestamp,
    number: u64,
    played: Played,
    pace: Pace,
    formats: Formats,
}

/// A frame that was decoded.
#[derive(Debug, Clone)]
struct Decoded {
    symbols: Arc<[Symbol]>,
    fingerprint: u64,
    picture: Arc<Picture>,
}

impl<'a> Projector<'a> {
    /// A reel that begins at `start`.
    pub fn new(items: &'a [Item], steps: &'a [StepLine], start: Timestamp) -> Self {
        let (played, formats) = (Played::default(), Formats::all());
        Self { items, steps, clock: start, number: 0, played, pace: Pace::Held, formats }
    }

    /// The same with stills played at `pace`.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same with only `formats` looked for.
    #[must_use]
    pub fn with_formats(self, formats: Formats) -> Self {
        Self { formats, ..self }
    }

    /// How long `items` with `steps` play, in milliseconds.
    pub fn duration_ms(items: &[Item], steps: &[StepLine]) -> i64 {
        let item_ms = |item: &Item| match item {
            Item::Still(_) => 2 * STILL_MS,
            Item::Sequence(Sequence { frames, .. }) => {
                frames.last().map_or(0, |frame| frame.decided_ms) + FRAME_MS + STILL_MS
            }
        };
        let wait_ms = |line: &StepLine| match line.step {
            Step::WaitMs { ms } => i64::from(ms),
            _ => 0,
        };
        items.iter().map(item_ms).sum::<i64>() + steps.iter().map(wait_ms).sum::<i64>()
    }

    /// Plays it all into `sink`, or until that says stop.
    pub fn play<E>(
        mut self,
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Played, E> {
        let (items, steps) = (self.items, self.steps);
        for item in items {
            for line in steps.iter().filter(|line| line.before == item.name()) {
                if self.step(&line.step, sink)? == Go::Stop {
                    return Ok(self.played);
                }
            }
            let go = match item {
                Item::Still(path) => self.still(path, sink)?,
                Item::Sequence(sequence) => self.sequence(sequence, sink)?,
            };
            if go == Go::Stop {
                return Ok(self.played);
            }
        }
        sink(Moment::End(self.clock))?;
        Ok(self.played)
    }

    fn step<E>(
        &mut self,
        step: &Step,
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Go, E> {
        match step {
            Step::WaitMs { ms } => self.hold(None, i64::from(*ms), sink),
            Step::Cancel { .. } | Step::Update { .. } | Step::Undo { .. } | Step::Close => {
                sink(Moment::Step(step, self.clock))
            }
        }
    }

    fn still<E>(
        &mut self,
        path: &Path,
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Go, E> {
        let source = name_of(path);
        match self.decoded(path, &mut Evidence::default()) {
            Ok(decoded) => {
                let shown = Some((source.as_str(), &decoded));
                if self.pace == Pace::Frame {
                    return self.hold(shown, FRAME_MS, sink);
                }
                if self.hold(shown, STILL_MS, sink)? == Go::Stop {
                    return Ok(Go::Stop);
                }
                self.hold(None, STILL_MS, sink)
            }
            Err(error) => {
                self.played.errors += 1;
                sink(Moment::Error { source, error })
            }
        }
    }

    /// The same view for `ms`, fifteen frames a second: a file's, or an empty one.
    fn hold<E>(
        &mut self,
        shown: Option<(&str, &Decoded)>,
        ms: i64,
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Go, E> {
        let start = self.clock;
        for i in 0..(ms * FRAMES / 1000).max(1) {
            let taken = start.plus(i * 1000 / FRAMES);
            let glance = self.glance((CAMERA, VIEW), shown, taken);
            let picture = shown.filter(|_| i == 0).map(|(_, decoded)| Arc::clone(&decoded.picture));
            if sink(Moment::Glance(glance, taken, picture))? == Go::Stop {
                return Ok(Go::Stop);
            }
        }
        self.clock = start.plus(ms);
        Ok(Go::On)
    }

    fn sequence<E>(
        &mut self,
        sequence: &Sequence,
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Go, E> {
        let Sequence { folder, frames, views, .. } = sequence;
        let start = self.clock;
        // What each camera showed last: a frame that shows the same names its file again.
        let mut last: BTreeMap<&str, (&str, Decoded)> = BTreeMap::new();
        let mut evidence: BTreeMap<&str, Evidence> = BTreeMap::new();
        for frame in frames {
            let path = folder.join(&frame.file);
            let source = format!("{}/{}", name_of(folder), frame.file);
            let (taken, decided) = (start.plus(frame.taken_ms), start.plus(frame.decided_ms));
            let before = last.get(frame.camera.as_str()).filter(|(file, _)| *file == frame.file);
            let (decoded, is_new) = if let Some((_, decoded)) = before {
                (Ok(decoded.clone()), false)
            } else {
                let evidence = evidence.entry(&frame.camera).or_default();
                let decoded = self.decoded(&path, evidence);
                (decoded.map(|decoded| decoded.with_secrets(frame)), true)
            };
            let go = match decoded {
                Ok(decoded) => {
                    let view = views.get(&frame.camera).map_or(VIEW, String::as_str);
                    let shown = Some((source.as_str(), &decoded));
                    let glance = self.glance((&frame.camera, view), shown, taken);
                    let picture = is_new.then(|| Arc::clone(&decoded.picture));
                    last.insert(&frame.camera, (&frame.file, decoded));
                    self.clock = decided;
                    sink(Moment::Glance(glance, decided, picture))?
                }
                Err(error) => {
                    self.played.errors += 1;
                    sink(Moment::Error { source, error })?
                }
            };
            if go == Go::Stop {
                return Ok(Go::Stop);
            }
        }
        self.clock = self.clock.plus(FRAME_MS);
        self.hold(None, STILL_MS, sink)
    }

    fn glance(
        &mut self,
        (camera, view): (&str, &str),
        shown: Option<(&str, &Decoded)>,
        taken: Timestamp,
    ) -> Glance {
        self.number += 1;
        self.played.frames += 1;
        Glance {
            camera: Arc::from(camera),
            view: Arc::from(view),
            source: shown.map(|(source, _)| Arc::from(source)),
            number: self.number,
            taken,
            fingerprint: shown.map_or(0, |(_, decoded)| decoded.fingerprint),
            symbols: shown
                .map_or_else(|| Arc::from([]), |(_, decoded)| Arc::clone(&decoded.symbols)),
        }
    }

    fn decoded(&mut self, path: &Path, evidence: &mut Evidence) -> Result<Decoded, String> {
        let picture = pictures::read(path).map_err(|error| error.to_string())?;
        let symbols =
            evidence.decode(&picture, &self.formats).map_err(|error| error.to_string())?;
        self.played.symbols += symbols.len() as u64;
        let symbols = Arc::from(inside(symbols, picture.width(), picture.height()));
        let fingerprint = picture.fingerprint();
        Ok(Decoded { symbols, fingerprint, picture: Arc::new(picture) })
    }
}

impl Decoded {
    /// With what stands for the secrets that were filled in when `frame` was recorded.
    fn with_secrets(self, frame: &SequenceFrame) -> Self {
        let mut symbols = self.symbols.to_vec();
        for secret in &frame.secrets {
            if let Some(symbol) = Secret::stand_in(secret) {
                symbols.insert(secret.index.min(symbols.len()), symbol);
            }
        }
        Self { symbols: Arc::from(symbols), ..self }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
