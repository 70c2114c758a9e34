//! Recordings: a folder of segments, each a sequence of frames with times (contracts 3), that `replay` plays.
//!
//! ```text
//! DIR/recording.json               since when, and which camera looks at which view
//! DIR/00000001/sequence.jsonl      a line a frame; one that shows what the one before did names its file again
//! DIR/00000001/000001.png          a picture, without loss
//! ```
//!
//! A picture is written before its line, so a recording that was cut off anywhere is whole up to there. The oldest
//! segments go first.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use serde::{Deserialize, Serialize};

use crate::edge::probe;
use crate::edge::reel::{SEQUENCE, SequenceFrame};
use crate::pipeline::frame::Picture;
use crate::pipeline::shot::Shot;
use crate::pipeline::time::Timestamp;

/// The file that makes a folder a recording.
pub const HEADING: &str = "recording.json";
/// A segment is closed after so long, in milliseconds.
const SEGMENT_MS: i64 = 10_000;
/// Or when it takes this share of the whole ring.
const SHARES: u64 = 16;
/// With less free disk than this, in bytes, nothing is recorded: links come first (E30).
const LEAST_FREE: u64 = 2 * probe::LEAST_BYTES;

/// What stands in [`HEADING`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// From when times are counted.
    pub started: String,
    /// The view of each camera.
    pub views: BTreeMap<String, String>,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of pictures and lines.
    pub bytes: u64,
    /// From the oldest frame to the newest, in milliseconds.
    pub ms: i64,
}

/// Why nothing is recorded any more.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The folder holds something else.
    #[error("{path} is not empty and no recording: name another folder")]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// The disk is nearly full.
    #[error("{path}: {left_mb} MiB of disk are left: make room, or record less")]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// What is left.
        left_mb: u64,
    },
    /// A file cannot be written.
    #[error("{path}: {source}")]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A recording that is being written.
#[derive(Debug)]
pub struct Ring {
    folder: PathBuf,
    limits: Limits,
    started: Option<Timestamp>,
    views: BTreeMap<String, String>,
    open: Option<Segment>,
    closed: VecDeque<Closed>,
    number: u32,
    last: i64,
}

/// The segment that is being written.
#[derive(Debug)]
struct Segment {
    folder: PathBuf,
    lines: File,
    began_ms: i64,
    bytes: u64,
    n_files: u32,
    /// The file that holds each camera's last picture.
    files: BTreeMap<Arc<str>, (Arc<Picture>, String)>,
}

/// A segment that was written.
#[derive(Debug)]
struct Closed {
    folder: PathBuf,
    bytes: u64,
    ended_ms: i64,
}

impl Ring {
    /// A recording in `folder`, which is made, or goes on.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, RecordingError> {
        let mut ring = Self {
            folder: folder.to_owned(),
            limits,
            started: None,
            views: BTreeMap::new(),
            open: None,
            closed: VecDeque::new(),
            number: 0,
            last: 0,
        };
        ring.take_up().map_err(|source| ring.failed(source))?;
        let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if ring.started.is_none() && !is_empty() {
            return Err(RecordingError::NotOurs { path: folder.to_owned() });
        }
        Ok(ring)
    }

    /// Writes `shot`, whose camera shows `picture`: the shot's own, or the one before it shows too.
    pub fn put(&mut self, shot: &Shot, picture: &Arc<Picture>) -> Result<(), RecordingError> {
        let is_over = |segment: &Segment, at: i64| {
            at - segment.began_ms >= SEGMENT_MS || segment.bytes >= self.limits.bytes / SHARES
        };
        let started = self.started.unwrap_or(shot.taken);
        // A clock that was set back does not set the recording back.
        let decided_ms = shot.decided.since(started).max(self.last);
        if self.open.as_ref().is_some_and(|segment| is_over(segment, decided_ms)) {
            self.close();
        }
        let written = self.write(shot, picture, started, decided_ms);
        written.map_err(|source| self.failed(source))?;
        self.last = decided_ms;
        self.trim().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> RecordingError {
        let path = self.folder.clone();
        match (source.kind(), probe::free_bytes(&path)) {
            (io::ErrorKind::StorageFull, Ok(left)) => {
                RecordingError::NoRoom { path, left_mb: left >> 20 }
            }
            _ => RecordingError::Write { path, source },
        }
    }

    /// Makes the folder, or finds what an earlier run has left in it.
    fn take_up(&mut self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let Ok(text) = fs::read_to_string(self.folder.join(HEADING)) else { return Ok(()) };
        let Heading { started, views } = serde_json::from_str(&text)?;
        self.started = Some(started.parse().map_err(io::Error::other)?);
        self.views = views;
        for (number, folder) in segments(&self.folder)? {
            self.number = self.number.max(number);
            let mut bytes = 0;
            for entry in fs::read_dir(&folder)? {
                bytes += entry?.metadata()?.len();
            }
            let ended_ms = last_decided(&folder).unwrap_or(0);
            self.last = self.last.max(ended_ms);
            self.closed.push_back(Closed { folder, bytes, ended_ms });
        }
        Ok(())
    }

    fn write(
        &mut self,
        shot: &Shot,
        picture: &Arc<Picture>,
        started: Timestamp,
        decided_ms: i64,
    ) -> io::Result<()> {
        self.head(shot, started)?;
        let mut segment = match self.open.take() {
            Some(segment) => segment,
            None => self.begin(decided_ms)?,
        };
        let file = segment.picture(&shot.camera, picture)?;
        let line = SequenceFrame {
            file,
            camera: shot.camera.to_string(),
            frame: shot.number,
            taken_ms: shot.taken.since(started).clamp(0, decided_ms),
            decided_ms,
            secrets: shot.secrets.clone(),
        };
        let line = format!("{}\n", serde_json::to_string(&line)?);
        segment.lines.write_all(line.as_bytes())?;
        segment.bytes += line.len() as u64;
        self.open = Some(segment);
        Ok(())
    }

    /// Writes the heading where it does not say yet what `shot` needs.
    fn head(&mut self, shot: &Shot, started: Timestamp) -> io::Result<()> {
        let view = self.views.get(shot.camera.as_ref());
        if self.started.is_some() && view.is_some_and(|view| **view == *shot.view) {
            return Ok(());
        }
        self.views.insert(shot.camera.to_string(), shot.view.to_string());
        let heading = Heading { started: started.to_string(), views: self.views.clone() };
        // Whole under another name first: a reader finds the old one or the new one.
        let beside = self.folder.join("recording.new");
        create(&beside)?.write_all(&serde_json::to_vec(&heading)?)?;
        fs::rename(&beside, self.folder.join(HEADING))?;
        self.started = Some(started);
        Ok(())
    }

    fn begin(&mut self, began_ms: i64) -> io::Result<Segment> {
        if probe::free_bytes(&self.folder)? < LEAST_FREE {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.number += 1;
        let folder = self.folder.join(format!("{:08}", self.number));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let lines = create(&folder.join(SEQUENCE))?;
        let files = BTreeMap::new();
        Ok(Segment { folder, lines, began_ms, bytes: 0, n_files: 0, files })
    }

    fn close(&mut self) {
        if let Some(Segment { folder, bytes, .. }) = self.open.take() {
            self.closed.push_back(Closed { folder, bytes, ended_ms: self.last });
        }
    }

    /// Lets the oldest segments go.
    fn trim(&mut self) -> io::Result<()> {
        let open = self.open.as_ref().map_or(0, |segment| segment.bytes);
        let mut bytes = open + self.closed.iter().map(|closed| closed.bytes).sum::<u64>();
        while let Some(oldest) = self.closed.front() {
            let is_old = self.last - oldest.ended_ms > self.limits.ms;
            if bytes <= self.limits.bytes && !is_old {
                break;
            }
            bytes = bytes.saturating_sub(oldest.bytes);
            fs::remove_dir_all(&oldest.folder)?;
            self.closed.pop_front();
        }
        Ok(())
    }
}

impl Segment {
    /// The file that holds `picture`, which `camera` shows.
    fn picture(&mut self, camera: &Arc<str>, picture: &Arc<Picture>) -> io::Result<String> {
        if let Some((last, file)) = self.files.get(camera)
            && Arc::ptr_eq(last, picture)
        {
            return Ok(file.clone());
        }
        self.n_files += 1;
        let file = format!("{:06}.png", self.n_files);
        let png = png(picture)?;
        create(&self.folder.join(&file))?.write_all(&png)?;
        self.bytes += png.len() as u64;
        self.files.insert(Arc::clone(camera), (Arc::clone(picture), file.clone()));
        Ok(file)
    }
}

/// `picture` as a file without loss, for speed rather than for size.
pub fn png(picture: &Picture) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(picture.luma().len() / 2);
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Up);
    let (width, height) = (picture.width(), picture.height());
    let written = encoder.write_image(picture.luma(), width, height, ExtendedColorType::L8);
    written.map_err(io::Error::other)?;
    Ok(bytes)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// The segments in `folder`, the oldest in front, by number.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number =
            name.to_str().filter(|name| name.len() == 8).and_then(|name| name.parse().ok());
        if let Some(number) = number.filter(|_| entry.path().is_dir()) {
            segments.push((number, entry.path()));
        }
    }
    segments.sort();
    Ok(segments)
}

fn last_decided(segment: &Path) -> Option<i64> {
    let text = fs::read_to_string(segment.join(SEQUENCE)).ok()?;
    let mut lines = text.lines().rev();
    lines.find_map(|line| serde_json::from_str::<SequenceFrame>(line).ok()).map(|f| f.decided_ms)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::edge::reel::{self, Item, Sequence};
    use crate::pipeline::view::Glance;

    const START: i64 = 1_767_225_600_000;

    fn shot(ms: i64) -> Shot {
        let taken = Timestamp::from_millis(START + ms);
        let glance = Glance {
            camera: Arc::from("top"),
            view: Arc::from("table"),
            source: None,
            number: ms.unsigned_abs(),
            taken,
            fingerprint: 0,
            symbols: Arc::from([]),
        };
        Shot::of(&glance, None, taken.plus(40))
    }

    /// A picture that does not get much smaller.
    fn picture(seed: i64) -> Arc<Picture> {
        let mut state = seed.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let luma = (0..64 * 64).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        Arc::new(Picture::new(64, 64, luma.collect()).unwrap())
    }

    fn loaded(folder: &Path) -> Sequence {
        match reel::load(&[folder.to_owned()]).unwrap().pop().unwrap() {
            Item::Sequence(sequence) => sequence,
            Item::Still(path) => panic!("{}", path.display()),
        }
    }

    fn record(ring: &mut Ring, times: std::ops::Range<i64>) {
        for ms in times.step_by(100) {
            ring.put(&shot(ms), &picture(ms)).unwrap();
        }
    }

    const AMPLE: Limits = Limits { bytes: 1 << 30, ms: 1 << 30 };

    #[test]
    fn what_was_recorded_is_loaded() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("new/recording");
        let mut ring = Ring::open(&folder, AMPLE).unwrap();
        let (first, second) = (picture(1), picture(2));
        ring.put(&shot(0), &first).unwrap();
        ring.put(&shot(66), &first).unwrap();
        ring.put(&shot(133), &second).unwrap();
        // The next segment stands on its own.
        ring.put(&shot(10_100), &second).unwrap();
        let sequence = loaded(&folder);
        let files: Vec<&str> = sequence.frames.iter().map(|frame| frame.file.as_str()).collect();
        let expected = [
            "00000001/000001.png",
            "00000001/000001.png",
            "00000001/000002.png",
            "00000002/000001.png",
        ];
        assert_eq!(files, expected);
        let times: Vec<(i64, i64)> =
            sequence.frames.iter().map(|frame| (frame.taken_ms, frame.decided_ms)).collect();
        assert_eq!(times, [(0, 40), (66, 106), (133, 173), (10_100, 10_140)]);
        assert_eq!(sequence.started, Some(Timestamp::from_millis(START)));
        assert_eq!(sequence.views["top"], "table");
        let read = crate::edge::pictures::read(&folder.join(expected[3])).unwrap();
        assert_eq!(read, *second);
    }

    #[test]
    fn it_stays_within_its_bytes_and_minutes() {
        let folder = TempDir::new().unwrap();
        let taken = || -> u64 {
            let files = segments(folder.path()).unwrap().into_iter().flat_map(|(_, path)| {
                fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len())
            });
            files.sum()
        };
        let bytes = 400_000;
        let mut ring = Ring::open(folder.path(), Limits { bytes, ms: 1 << 30 }).unwrap();
        record(&mut ring, 0..20_000);
        assert!((bytes * 8 / 10..bytes * 11 / 10).contains(&taken()), "{}", taken());
        assert_eq!(loaded(folder.path()).frames.last().unwrap().taken_ms, 19_900);
        drop(ring);
        // A later run goes on, and keeps to its own limits.
        let mut ring = Ring::open(folder.path(), Limits { ms: 30_000, ..AMPLE }).unwrap();
        record(&mut ring, 100_000..160_000);
        let frames = loaded(folder.path()).frames;
        assert!((110_000..131_000).contains(&frames[0].taken_ms), "{:?}", frames[0]);
        // A clock that is set back sets nothing back.
        ring.put(&shot(5_000), &picture(0)).unwrap();
        assert_eq!(loaded(folder.path()).frames.last().unwrap().decided_ms, 159_940);
    }

    #[test]
    fn a_recording_that_was_cut_off_is_whole_up_to_there() {
        let folder = TempDir::new().unwrap();
        let mut ring = Ring::open(folder.path(), AMPLE).unwrap();
        record(&mut ring, 0..1_000);
        drop(ring);
        let lines = folder.path().join("00000001").join(SEQUENCE);
        let text = fs::read_to_string(&lines).unwrap();
        for cut in [text.len() - 1, text.len() - 40, 3, 0] {
            fs::write(&lines, &text[..cut]).unwrap();
            let whole = text[..cut].matches('\n').count();
            assert_eq!(loaded(folder.path()).frames.len(), whole, "{cut}");
            assert!(Ring::open(folder.path(), AMPLE).is_ok());
        }
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("thesis.txt"), "").unwrap();
        assert!(matches!(Ring::open(folder.path(), AMPLE), Err(RecordingError::NotOurs { .. })));
        fs::write(folder.path().join(HEADING), "{}").unwrap();
        assert!(matches!(Ring::open(folder.path(), AMPLE), Err(RecordingError::Write { .. })));
    }
}
