//! Looks through a camera for a while, without a thread: every frame is taken, none decoded unless it is asked for.

use std::time::Duration;

use crate::edge::camera::drain::{Drain, Step};
use crate::edge::camera::linux::Linux;
use crate::edge::camera::slot::{Counts, Shared, Slot};
use crate::edge::camera::source::Raw;
use crate::edge::camera::sysfs::Find;
use crate::edge::clock;
use crate::pipeline::camera::Setup;

/// How long a camera may take to give its first frame.
const FIRST: Duration = Duration::from_secs(5);

/// What a while through a camera came to.
#[derive(Debug)]
pub(super) struct Watched {
    /// From the first frame to the last.
    pub(super) time: Duration,
    /// What became of its frames.
    pub(super) counts: Counts,
    /// What was told on the way: how it was opened, and what went wrong.
    pub(super) notes: Vec<String>,
}

impl Watched {
    /// Frames that arrived a second.
    pub(super) fn rate(&self) -> f64 {
        let n = self.counts.arrived.saturating_sub(1);
        if self.time.is_zero() { 0.0 } else { n as f64 / self.time.as_secs_f64() }
    }
}

/// Opens the camera and hands what it gives to `take`, for `time` from the first frame on.
pub(super) fn watch(
    find: &Find,
    setup: &Setup,
    time: Duration,
    take: &mut dyn FnMut(Raw),
) -> Watched {
    let shared = Shared::default();
    let mut drain = Drain::new(Box::new(Linux), find.clone(), setup.clone());
    let started = clock::monotonic();
    let (mut first, mut last) = (None, started);
    let mut notes = Vec::new();
    loop {
        let now = clock::monotonic();
        let end = first.map_or(started + FIRST, |first: Duration| first + time);
        if now >= end {
            break;
        }
        let step = drain.step(&shared);
        let (raw, arrived) =
            shared.with(|slot| (slot.take(clock::monotonic()), slot.counts.arrived));
        notes.extend(shared.with(Slot::notes));
        if arrived > 0 {
            last = clock::monotonic();
            first.get_or_insert(last);
        }
        if let Some(raw) = raw {
            take(raw);
        }
        match step {
            Step::On => {}
            // Who looks sees why at once; that it is not there is told by its end.
            Step::Wait(_) if first.is_none() => break,
            Step::Wait(time) => clock::rest(time),
        }
    }
    let time = last.saturating_sub(first.unwrap_or(last));
    Watched { time, counts: shared.with(|slot| slot.counts), notes }
}
