//! The station's time: the wall's, or that of a reel.

use std::time::{Duration, Instant};

use crate::edge::clock;
use crate::pipeline::time::Timestamp;

/// The station's time moves at least this often.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// What the station's time is.
#[derive(Debug, Clone, Copy)]
pub(super) enum StationTime {
    /// The wall clock.
    Wall,
    /// A reel's: that of its last frame, and what has gone by since, at most a tick.
    Reel { at: Timestamp, since: Instant },
}

impl StationTime {
    /// What it is now.
    pub(super) fn now(self) -> Timestamp {
        match self {
            Self::Wall => clock::now(),
            Self::Reel { at, since } => {
                let gone = clock::instant().duration_since(since).min(TICK);
                at.plus(i64::try_from(gone.as_millis()).unwrap_or(0))
            }
        }
    }
}
