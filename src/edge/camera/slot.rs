//! The newest frame of a camera, and what became of all the others.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::edge::camera::source::Raw;

/// A frame older than this is not decoded (decision 4).
pub const STALE: Duration = Duration::from_millis(300);
/// Notes kept for whoever reads them; older ones go.
const MOST_NOTES: usize = 32;

/// What became of a camera's frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames the driver gave, whole or not.
    pub arrived: u64,
    /// Frames put into the slot.
    pub accepted: u64,
    /// Of these: replaced by a newer one before anybody took them.
    pub overwritten: u64,
    /// Of these: too old when they were to be taken.
    pub stale: u64,
    /// Of these: taken.
    pub taken: u64,
    /// Of these: damaged within, such as a JPEG cut short.
    pub corrupt: u64,
    /// Marked as damaged by the driver.
    pub flagged: u64,
    /// With fewer bytes than a frame has.
    pub short: u64,
    /// Given a second time, or after a newer one.
    pub repeated: u64,
    /// Missing in the driver's count.
    pub lost: u64,
    /// How often the camera was opened.
    pub opened: u64,
    /// How often it failed, or failed to open.
    pub failed: u64,
    /// How often it was opened anew because it was silent.
    pub silent: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arrived, accepted, overwritten, stale, taken, .. } = self;
        let Self { corrupt, flagged, short, repeated, lost, opened, failed, silent, .. } = self;
        write!(f, "frames: {arrived} arrived, {accepted} accepted, {taken} taken, ")?;
        write!(f, "{overwritten} overwritten, {stale} stale, {corrupt} corrupt, ")?;
        write!(f, "{flagged} flagged, {short} short, {repeated} repeated, {lost} lost; ")?;
        write!(f, "opened {opened}, failed {failed}, silent {silent}")
    }
}

/// A [`Slot`] between the thread that drains and the one that decodes.
#[derive(Debug, Default)]
pub struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

impl Shared {
    /// Does `work` with the slot; who waits for it to hold something is woken.
    pub fn with<T>(&self, work: impl FnOnce(&mut Slot) -> T) -> T {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut slot);
        if !slot.is_empty() {
            self.changed.notify_all();
        }
        done
    }

    /// As [`Shared::with`], once the slot holds something, or `patience` is over.
    pub fn with_something<T>(&self, patience: Duration, work: impl FnOnce(&mut Slot) -> T) -> T {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(slot, patience, |slot| slot.is_empty());
        work(&mut waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Where the drain puts the newest frame and the decoder takes it: nothing queues up.
#[derive(Debug, Default)]
pub struct Slot {
    newest: Option<Raw>,
    error: Option<String>,
    notes: VecDeque<String>,
    /// What became of the frames.
    pub counts: Counts,
}

impl Slot {
    /// Puts `raw` in place of an older frame; the camera is well.
    pub fn put(&mut self, mut raw: Raw) {
        self.counts.accepted += 1;
        raw.number = self.counts.accepted;
        self.counts.overwritten += u64::from(self.newest.replace(raw).is_some());
        self.error = None;
    }

    /// The camera has failed; a frame that nobody has taken is of a time gone by.
    pub fn fail(&mut self, why: String) {
        self.counts.failed += 1;
        self.counts.overwritten += u64::from(self.newest.take().is_some());
        self.error = Some(why);
    }

    /// Keeps `text` for whoever writes the log.
    pub fn note(&mut self, text: String) {
        if self.notes.len() == MOST_NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back(text);
    }

    /// What was noted since it was last asked for.
    pub fn notes(&mut self) -> Vec<String> {
        self.notes.drain(..).collect()
    }

    /// The newest frame, unless it is too old at `now`.
    pub fn take(&mut self, now: Duration) -> Option<Raw> {
        let raw = self.newest.take()?;
        if raw.age(now) > STALE {
            self.counts.stale += 1;
            return None;
        }
        self.counts.taken += 1;
        Some(raw)
    }

    /// Why the camera gives nothing, told once.
    pub fn error(&mut self) -> Option<String> {
        self.error.take()
    }

    /// Whether there is anything to take or to tell.
    pub fn is_empty(&self) -> bool {
        self.newest.is_none() && self.error.is_none() && self.notes.is_empty()
    }
}
