//! The watch on the disk: a station stops while there is room for what is on its way (E30).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::edge::{clock, probe};

/// How often the disk is looked at.
const EVERY: Duration = Duration::from_secs(10);

/// Looks at the disk of one folder now and then.
#[derive(Debug)]
pub(super) struct DiskWatch {
    folder: PathBuf,
    seen: Instant,
}

impl DiskWatch {
    /// A watch on the disk of `folder`, which `doctor` and the store have just found good.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, seen: clock::instant() }
    }

    /// What is wrong, where it is time to look and something is. A disk that cannot be asked is the store's to tell.
    pub(super) fn trouble(&mut self) -> Option<String> {
        let now = clock::instant();
        if now.duration_since(self.seen) < EVERY {
            return None;
        }
        self.seen = now;
        let free = probe::free_bytes(&self.folder).ok()?;
        (free < probe::LEAST_BYTES)
            .then(|| format!("{} MiB of disk are left: make room", free >> 20))
    }
}
