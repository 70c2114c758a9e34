//! USB cameras: found by what they are, not by number, and drained all the time.
//!
//! A capture thread does nothing but take frames and put the newest into a slot; who decodes takes it from there, so
//! that no frame queues up and grows old.
//!
//! | file | part |
//! |---|---|
//! | [`source`] | what a camera is to the station: a driver opens it, it gives frames with what is known of each |
//! | [`linux`] | the machine's cameras, through V4L2 |
//! | [`script`] | cameras played from a script, with time under control |
//! | [`drain`] | keeps one open and its slot fresh, a step at a time |
//! | [`slot`] | the newest frame, and what became of the others |
//! | [`luma`] | a frame's bytes to a picture |
//! | [`sysfs`] | which node a camera is |

pub mod drain;
pub mod linux;
pub mod luma;
pub mod script;
pub mod slot;
pub mod source;
pub mod sysfs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::edge::camera::drain::{Drain, Step};
use crate::edge::camera::slot::{Counts, Shared};
use crate::edge::camera::source::Raw;
use crate::edge::clock;
use crate::pipeline::frame::{Frame, Picture};
use crate::pipeline::time::Timestamp;

/// A camera that a thread drains.
#[derive(Debug)]
pub struct Capture {
    name: Arc<str>,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
}

/// What a camera gave, or why it gave nothing.
#[derive(Debug)]
pub enum Seen {
    /// Its newest frame, not yet a picture.
    Raw(Raw),
    /// Nothing new in the time given.
    Silent,
    /// It is gone, and why.
    Gone(String),
}

impl Capture {
    /// Begins to drain a camera; it need not be there yet.
    pub fn start(name: Arc<str>, mut drain: Drain) -> std::io::Result<Self> {
        let (shared, stop) = (Arc::new(Shared::default()), Arc::new(AtomicBool::new(false)));
        let (slot, stopped) = (Arc::clone(&shared), Arc::clone(&stop));
        std::thread::Builder::new().name(format!("camera {name}")).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Step::Wait(time) = drain.step(&slot) {
                    clock::rest(time);
                }
            }
        })?;
        Ok(Self { name, shared, stop })
    }

    /// The newest frame, waited for at most `patience`; one that is too old is counted and not given.
    pub fn newest(&self, patience: Duration) -> Seen {
        self.shared.with_something(patience, |slot| match slot.error() {
            Some(why) => Seen::Gone(why),
            None => slot.take(clock::monotonic()).map_or(Seen::Silent, Seen::Raw),
        })
    }

    /// The frame that `raw` is; `None` where it is damaged, which is counted.
    pub fn frame(&self, raw: &Raw) -> Option<Frame> {
        let picture = luma::picture(raw);
        if picture.is_none() {
            self.shared.with(|slot| slot.counts.corrupt += 1);
        }
        Some(frame(&self.name, raw, picture?, raw.age(clock::monotonic()), clock::now()))
    }

    /// What is worth a line in the log, since it was last asked for.
    pub fn notes(&self) -> Vec<String> {
        self.shared.with(slot::Slot::notes)
    }

    /// What became of its frames.
    pub fn counts(&self) -> Counts {
        self.shared.with(|slot| slot.counts)
    }
}

/// `picture` as the frame that `raw` is, `age` old at `now`.
pub fn frame(
    camera: &Arc<str>,
    raw: &Raw,
    picture: Picture,
    age: Duration,
    now: Timestamp,
) -> Frame {
    Frame {
        picture: Arc::new(picture),
        camera: Arc::clone(camera),
        number: raw.number,
        taken: now.plus(-i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // The thread may be waiting inside the driver: it is told, not joined.
        self.stop.store(true, Ordering::Relaxed);
    }
}
