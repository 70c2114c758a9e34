//! Evidence: the frames around each exception, a recording each, capped in bytes and kept for so many days.
//!
//! A folder's name is the exception's time and its word, never anything that a barcode said.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::edge::recording::{Limits, RecordingError, Ring, segments};
use crate::pipeline::frame::Picture;
use crate::pipeline::shot::Shot;
use crate::pipeline::time::Timestamp;

/// Frames from so long before an exception are kept, in milliseconds; frames are held back for no longer.
const BEFORE_MS: i64 = 1000;
/// And until so long after it.
const AFTER_MS: i64 = 1000;
/// Exceptions that follow one another share a recording of at most this length, in milliseconds.
const MOST_MS: i64 = 10_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// All recordings together, in bytes.
    pub bytes: u64,
    /// In days.
    pub days: u32,
}

/// The folder of recordings.
#[derive(Debug)]
pub struct Evidence {
    folder: PathBuf,
    keep: Keep,
    open: Option<Open>,
}

/// The exception whose frames are being written.
#[derive(Debug)]
struct Open {
    folder: PathBuf,
    from: Timestamp,
    until: Timestamp,
    ring: Option<Ring>,
}

impl Evidence {
    /// Evidence in `folder`, which is made when there is some.
    pub fn new(folder: PathBuf, keep: Keep) -> Self {
        Self { folder, keep, open: None }
    }

    /// Something happened at `at`: its frames are kept as they come in by [`Evidence::put`].
    pub fn exception(&mut self, at: Timestamp, what: &str) {
        if let Some(open) = self.open.as_mut().filter(|open| at <= open.until) {
            open.until = at.plus(AFTER_MS).min(open.from.plus(MOST_MS));
            return;
        }
        let folder = self.folder.join(format!("{}-{what}", stamp(at)));
        let (from, until) = (at.plus(-BEFORE_MS), at.plus(AFTER_MS));
        self.open = Some(Open { folder, from, until, ring: None });
    }

    /// Takes in a frame, in the order in which they were decided on.
    pub fn put(&mut self, shot: &Shot, picture: &Arc<Picture>) -> Result<(), RecordingError> {
        let Some(open) = self.open.as_mut().filter(|open| shot.decided >= open.from) else {
            return Ok(());
        };
        if shot.decided > open.until {
            self.open = None;
            return Ok(());
        }
        let ring = match &mut open.ring {
            Some(ring) => ring,
            none => {
                let failed = |source| RecordingError::Write { path: self.folder.clone(), source };
                trim(&self.folder, self.keep, shot.decided).map_err(failed)?;
                let limits = Limits { bytes: self.keep.bytes / 2, ms: MOST_MS * 10 };
                none.insert(Ring::open(&open.folder, limits)?)
            }
        };
        ring.put(shot, picture)
    }
}

/// The time as a folder's name: `20260101T000012.200Z`.
fn stamp(at: Timestamp) -> String {
    at.to_string().replace(['-', ':'], "")
}

/// Removes what is too old at `now`, then the oldest, until half of what may be kept is free for the next.
fn trim(folder: &Path, keep: Keep, now: Timestamp) -> io::Result<()> {
    let mut kept = Vec::new();
    let oldest = stamp(now.plus(-i64::from(keep.days) * DAY_MS));
    for (name, path) in recordings(folder)? {
        if name < oldest {
            fs::remove_dir_all(path)?;
        } else {
            kept.push((bytes_of(&path)?, path));
        }
    }
    let mut bytes: u64 = kept.iter().map(|(bytes, _)| bytes).sum();
    for (its, path) in kept {
        if bytes <= keep.bytes / 2 {
            break;
        }
        fs::remove_dir_all(path)?;
        bytes -= its;
    }
    Ok(())
}

/// The recordings in `folder` by name, the oldest in front. What has another form of name is not ours.
fn recordings(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.split_once('-').is_some_and(|(stamp, _)| {
            stamp.len() == "20260101T000012.200Z".len() && stamp.ends_with('Z')
        });
        if is_ours && entry.path().is_dir() {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn bytes_of(recording: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for (_, segment) in segments(recording)? {
        for entry in fs::read_dir(segment)? {
            bytes += entry?.metadata()?.len();
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::pipeline::view::Glance;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000 + ms)
    }

    /// Frames each 100 ms; an exception at each of `exceptions`.
    fn play(evidence: &mut Evidence, exceptions: &[i64], until: i64) {
        for ms in (0..until).step_by(100) {
            if exceptions.contains(&ms) {
                evidence.exception(at(ms), "wrong_model");
            }
            // As the recorder has it: a second behind.
            let glance = Glance {
                camera: Arc::from("top"),
                view: Arc::from("table"),
                source: None,
                number: ms.unsigned_abs(),
                taken: at(ms - 1000),
                fingerprint: 0,
                symbols: Arc::from([]),
            };
            let luma: Vec<u8> = (0..64 * 64).map(|i| (i * i + ms).to_le_bytes()[0]).collect();
            let picture = Arc::new(Picture::new(64, 64, luma).unwrap());
            let shot = Shot::of(&glance, Some(Arc::clone(&picture)), glance.taken);
            evidence.put(&shot, &picture).unwrap();
        }
    }

    #[test]
    fn an_exception_keeps_the_second_before_and_after_it() {
        let folder = TempDir::new().unwrap();
        let keep = Keep { bytes: 1 << 26, days: 30 };
        let mut evidence = Evidence::new(folder.path().join("evidence"), keep);
        play(&mut evidence, &[5_000, 5_500, 20_000], 25_000);
        let found = recordings(&folder.path().join("evidence")).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["20260101T000005.000Z-wrong_model", "20260101T000020.000Z-wrong_model"]);
        let counted = found.iter().map(|(_, path)| {
            fs::read_to_string(path.join("00000001/sequence.jsonl")).unwrap().lines().count()
        });
        assert_eq!(counted.collect::<Vec<_>>(), [26, 21]);
    }

    #[test]
    fn the_oldest_goes_first_and_what_is_not_ours_stays() {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("evidence");
        let mut evidence = Evidence::new(root.clone(), Keep { bytes: 1 << 20, days: 1 });
        play(&mut evidence, &[5_000], 8_000);
        fs::create_dir(root.join("notes")).unwrap();
        let one = bytes_of(&recordings(&root).unwrap()[0].1).unwrap();
        trim(&root, Keep { bytes: one * 2, days: 1 }, at(DAY_MS)).unwrap();
        assert_eq!(recordings(&root).unwrap().len(), 1);
        trim(&root, Keep { bytes: one, days: 1 }, at(DAY_MS)).unwrap();
        assert_eq!(recordings(&root).unwrap().len(), 0);
        play(&mut evidence, &[20_000], 23_000);
        assert_eq!(recordings(&root).unwrap().len(), 1);
        trim(&root, Keep { bytes: 1 << 20, days: 1 }, at(2 * DAY_MS)).unwrap();
        assert_eq!(recordings(&root).unwrap().len(), 0);
        assert!(root.join("notes").is_dir());
    }
}
