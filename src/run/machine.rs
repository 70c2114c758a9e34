//! The watch on the machine: a station warns, then stops, while there is disk for what is on its way (E30), and warns of
//! a clock that was moved (E28).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::edge::{clock, probe};
use crate::pipeline::time::Timestamp;
use crate::station::Concern;

/// How often the machine is looked at.
const EVERY: Duration = Duration::from_secs(10);
/// With less free disk than this, in bytes, somebody is told: there is time to make room.
const LITTLE_BYTES: u64 = 1 << 30;

/// Looks at the machine now and then.
#[derive(Debug)]
pub(super) struct MachineWatch {
    folder: PathBuf,
    seen: Instant,
    /// What the clock that never steps and the wall clock said at the start.
    start: (Instant, Timestamp),
}

/// What a look at the machine came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Why nothing more may be linked.
    pub(super) trouble: Option<String>,
    /// What somebody is to be told of.
    pub(super) concern: Option<Concern>,
}

impl MachineWatch {
    /// A watch on the disk of `folder` and on the clock, which `doctor` and the store have just found good.
    pub(super) fn new(folder: PathBuf) -> Self {
        let now = clock::instant();
        Self { folder, seen: now, start: (now, clock::now()) }
    }

    /// What was found, where it is time to look. A disk that cannot be asked is the store's to tell.
    pub(super) fn look(&mut self) -> Option<Found> {
        let now = clock::instant();
        if now.duration_since(self.seen) < EVERY {
            return None;
        }
        self.seen = now;
        let (instant, wall) = self.start;
        let gone = i64::try_from(now.duration_since(instant).as_millis()).unwrap_or(i64::MAX);
        let moved_ms = clock::now().since(wall.plus(gone));
        Some(found(probe::free_bytes(&self.folder).ok(), moved_ms))
    }
}

/// What so many `free` bytes of disk, and a wall clock that was moved by so many milliseconds, come to.
fn found(free: Option<u64>, moved_ms: i64) -> Found {
    let left = |free: u64| format!("{} MiB of disk are left: make room", free >> 20);
    let trouble = free.filter(|free| *free < probe::LEAST_BYTES).map(left);
    let low = free.filter(|free| *free < LITTLE_BYTES);
    let concern = match low {
        Some(free) => Some(Concern::DiskLow { left_mb: free >> 20 }),
        None => (moved_ms.abs() > probe::SKEW_MS).then_some(Concern::ClockMoved),
    };
    Found { trouble, concern }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_warns_before_it_stops() {
        assert_eq!(found(Some(2 << 30), 1999), Found { trouble: None, concern: None });
        let low = found(Some(900 << 20), 0);
        assert_eq!(low.trouble, None);
        assert_eq!(low.concern, Some(Concern::DiskLow { left_mb: 900 }));
        assert!(found(Some(199 << 20), 0).trouble.is_some());
        assert_eq!(found(None, -2001).concern, Some(Concern::ClockMoved));
    }
}
