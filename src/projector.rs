//! Plays a reel: pictures decoded, frames given times, what steps.jsonl asks for put in between.
//!
//! A still is decoded once and stands for fifteen equal frames in a second, then a second of empty view
//! (decision 1). Frames are decoded in order, none is dropped, and time comes from the reel alone.

use std::path::Path;
use std::sync::Arc;

use crate::edge::pictures;
use crate::edge::reel::{Item, SequenceFrame};
use crate::edge::steps::{Step, StepLine};
use crate::pipeline::decode::{Formats, decode_guarded};
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

/// Something that the reel gives.
#[derive(Debug)]
pub enum Moment<'a> {
    /// A frame, and when it is to be decided on.
    Glance(Glance, Timestamp),
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
    view: Arc<str>,
    pace: Pace,
}

impl<'a> Projector<'a> {
    /// A reel that begins at `start`.
    pub fn new(items: &'a [Item], steps: &'a [StepLine], start: Timestamp) -> Self {
        let view = Arc::from("table");
        let played = Played::default();
        Self { items, steps, clock: start, number: 0, played, view, pace: Pace::Held }
    }

    /// The same with stills played at `pace`.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// How long `items` with `steps` play, in milliseconds.
    pub fn duration_ms(items: &[Item], steps: &[StepLine]) -> i64 {
        let item_ms = |item: &Item| match item {
            Item::Still(_) => 2 * STILL_MS,
            Item::Sequence { frames, .. } => {
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
                Item::Sequence { folder, frames } => self.sequence(folder, frames, sink)?,
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
            Step::WaitMs { ms } => self.hold(&[], None, i64::from(*ms), sink),
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
        match self.decoded(path) {
            Ok((symbols, fingerprint)) => {
                let shown = Some((Arc::from(source.as_str()), fingerprint));
                if self.pace == Pace::Frame {
                    return self.hold(&symbols, shown, FRAME_MS, sink);
                }
                if self.hold(&symbols, shown, STILL_MS, sink)? == Go::Stop {
                    return Ok(Go::Stop);
                }
                self.hold(&[], None, STILL_MS, sink)
            }
            Err(error) => {
                self.played.errors += 1;
                sink(Moment::Error { source, error })
            }
        }
    }

    /// The same view for `ms`, fifteen frames a second.
    fn hold<E>(
        &mut self,
        symbols: &[Symbol],
        shown: Option<(Arc<str>, u64)>,
        ms: i64,
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Go, E> {
        let start = self.clock;
        let symbols: Arc<[Symbol]> = Arc::from(symbols);
        let (source, fingerprint) = shown.map_or((None, 0), |(name, print)| (Some(name), print));
        for i in 0..(ms * FRAMES / 1000).max(1) {
            let taken = start.plus(i * 1000 / FRAMES);
            let glance = self.glance(CAMERA, source.clone(), taken, fingerprint, &symbols);
            if sink(Moment::Glance(glance, taken))? == Go::Stop {
                return Ok(Go::Stop);
            }
        }
        self.clock = start.plus(ms);
        Ok(Go::On)
    }

    fn sequence<E>(
        &mut self,
        folder: &Path,
        frames: &[SequenceFrame],
        sink: &mut dyn FnMut(Moment<'_>) -> Result<Go, E>,
    ) -> Result<Go, E> {
        let start = self.clock;
        for frame in frames {
            let path = folder.join(&frame.file);
            let source = format!("{}/{}", name_of(folder), frame.file);
            let (taken, decided) = (start.plus(frame.taken_ms), start.plus(frame.decided_ms));
            let go = match self.decoded(&path) {
                Ok((symbols, fingerprint)) => {
                    let source = Some(Arc::from(source.as_str()));
                    let symbols = Arc::from(symbols);
                    let glance = self.glance(&frame.camera, source, taken, fingerprint, &symbols);
                    self.clock = decided;
                    sink(Moment::Glance(glance, decided))?
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
        self.hold(&[], None, STILL_MS, sink)
    }

    fn glance(
        &mut self,
        camera: &str,
        source: Option<Arc<str>>,
        taken: Timestamp,
        fingerprint: u64,
        symbols: &Arc<[Symbol]>,
    ) -> Glance {
        self.number += 1;
        self.played.frames += 1;
        Glance {
            camera: Arc::from(camera),
            view: Arc::clone(&self.view),
            source,
            number: self.number,
            taken,
            fingerprint,
            symbols: Arc::clone(symbols),
        }
    }

    fn decoded(&mut self, path: &Path) -> Result<(Vec<Symbol>, u64), String> {
        let picture = pictures::read(path).map_err(|error| error.to_string())?;
        let symbols =
            decode_guarded(&picture, &Formats::all()).map_err(|error| error.to_string())?;
        self.played.symbols += symbols.len() as u64;
        Ok((inside(symbols, picture.width(), picture.height()), picture.fingerprint()))
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
