//! The thread that records: what the eyes decided on, into a ring, and what lay around an exception, as evidence.
//!
//! It is told and not waited for. Where the disk is slower than the cameras, frames are left out and counted; where it
//! fails, recording stops and says so, and linking goes on.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::edge::clock;
use crate::edge::evidence::Evidence;
use crate::edge::recording::{RecordingError, Ring};
use crate::pipeline::decision::Decision;
use crate::pipeline::frame::Picture;
use crate::pipeline::shot::{HoldBack, Shot};
use crate::pipeline::time::Timestamp;
use crate::run::Input;

/// Frames that may wait for the disk: a second of one camera.
const WAITING: usize = 15;
/// How often held frames are looked at with no new ones.
const PATIENCE: Duration = Duration::from_millis(200);

/// What is to be recorded.
#[derive(Debug)]
enum Note {
    /// A frame.
    Shot(Shot),
    /// Something happened that is worth its frames.
    Exception {
        /// When.
        at: Timestamp,
        /// What, in a word of ours.
        what: &'static str,
    },
    /// That was all.
    End,
}

/// Where frames are recorded to.
#[derive(Debug)]
pub struct Shelves {
    /// The recording, where there is to be one.
    pub ring: Option<Ring>,
    /// The evidence, where it is to be kept.
    pub evidence: Option<Evidence>,
}

/// Tells the recorder; every eye has one.
#[derive(Debug, Clone)]
pub struct Recorder {
    notes: SyncSender<Note>,
    left_out: Arc<AtomicU64>,
}

/// The recorder's thread.
#[derive(Debug)]
pub struct Recording {
    recorder: Recorder,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Starts a recorder that writes to `shelves` and tells troubles to `inputs`.
    pub(super) fn start(shelves: Shelves, inputs: Sender<Input>) -> io::Result<Recording> {
        let (notes, received) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let thread = thread.spawn(move || record(shelves, &received, &inputs))?;
        let recorder = Self { notes, left_out: Arc::default() };
        Ok(Recording { recorder, thread })
    }

    /// A frame was decided on.
    pub(super) fn shot(&self, shot: Shot) {
        if matches!(self.notes.try_send(Note::Shot(shot)), Err(TrySendError::Full(_))) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Something was decided: the frames around an exception are kept.
    pub(super) fn decided(&self, decision: &Decision) {
        if decision.verdict.is_exception() {
            self.exception(decision.at, decision.verdict.name());
        }
    }

    /// Something happened that is worth its frames.
    pub(super) fn exception(&self, at: Timestamp, what: &'static str) {
        // With the disk this far behind there are no frames of it to keep.
        let _ = self.notes.try_send(Note::Exception { at, what });
    }
}

impl Recording {
    /// What the eyes tell.
    pub(super) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Writes what is held back, and ends; says what was left out.
    pub(super) fn end(self) {
        // It hears nothing only where it has ended by itself.
        let _ = self.recorder.notes.send(Note::End);
        let _ = self.thread.join();
        let left_out = self.recorder.left_out.load(Ordering::Relaxed);
        if left_out > 0 {
            log::warn!("{left_out} frames were not recorded: the disk was slower than the cameras");
        }
    }
}

/// What the thread writes to, and from.
struct Desk {
    shelves: Shelves,
    held: HoldBack,
    /// What each camera shows.
    pictures: BTreeMap<Arc<str>, Arc<Picture>>,
}

fn record(shelves: Shelves, received: &Receiver<Note>, inputs: &Sender<Input>) {
    let mut desk = Desk { shelves, held: HoldBack::default(), pictures: BTreeMap::new() };
    let mut newest: Option<(Timestamp, std::time::Instant)> = None;
    loop {
        let ends = match received.recv_timeout(PATIENCE) {
            Ok(Note::Shot(shot)) => {
                newest = Some((shot.decided, clock::instant()));
                desk.held.push(shot);
                false
            }
            Ok(Note::Exception { at, what }) => {
                if let Some(evidence) = &mut desk.shelves.evidence {
                    evidence.exception(at, what);
                }
                false
            }
            Ok(Note::End) | Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => false,
        };
        // The frames' own time: that of a reel, or the wall's.
        let now = newest.map(|(at, since)| {
            let gone = clock::instant().duration_since(since).as_millis();
            at.plus(i64::try_from(gone).unwrap_or(0))
        });
        while let Some(shot) =
            if ends { desk.held.pop_any() } else { now.and_then(|now| desk.held.pop(now)) }
        {
            for trouble in desk.write(&shot) {
                let why = format!("{trouble}; nothing more is recorded");
                let _ = inputs.send(Input::Trouble { part: "recording", why });
            }
        }
        if ends {
            return;
        }
    }
}

impl Desk {
    /// Writes `shot`; a shelf that fails is left, and why is given.
    fn write(&mut self, shot: &Shot) -> Vec<RecordingError> {
        if let Some(picture) = &shot.picture {
            self.pictures.insert(Arc::clone(&shot.camera), Arc::clone(picture));
        }
        // Of a camera whose first frames were left out there is nothing to show yet.
        let Some(picture) = self.pictures.get(&shot.camera) else { return Vec::new() };
        let mut troubles = Vec::new();
        let ring = self.shelves.ring.as_mut();
        if let Some(error) = ring.and_then(|ring| ring.put(shot, picture).err()) {
            self.shelves.ring = None;
            troubles.push(error);
        }
        let evidence = self.shelves.evidence.as_mut();
        if let Some(error) = evidence.and_then(|evidence| evidence.put(shot, picture).err()) {
            self.shelves.evidence = None;
            troubles.push(error);
        }
        troubles
    }
}
