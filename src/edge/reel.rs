//! Pictures played as a camera: stills, folders of them, and recorded sequences (contracts 3).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::edge::pictures;
use crate::edge::recording::{self, HEADING, Heading};
use crate::pipeline::shot::Secret;
use crate::pipeline::show;
use crate::pipeline::time::Timestamp;

/// The file that makes a folder a sequence.
pub const SEQUENCE: &str = "sequence.jsonl";

/// One thing to play.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A picture that stands for a box held still.
    Still(PathBuf),
    /// Frames with their own times.
    Sequence(Sequence),
}

/// Frames with their own times.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// Their folder.
    pub folder: PathBuf,
    /// The frames, in order.
    pub frames: Vec<SequenceFrame>,
    /// From when their times are counted, where they were recorded.
    pub started: Option<Timestamp>,
    /// The view of each camera, where that is known.
    pub views: BTreeMap<String, String>,
}

/// A line of `sequence.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceFrame {
    /// The picture, within the folder.
    pub file: String,
    /// The camera that took it.
    pub camera: String,
    /// The camera's number for it.
    pub frame: u64,
    /// When it was taken, in milliseconds from the sequence's start.
    pub taken_ms: i64,
    /// When it was decided on, likewise.
    pub decided_ms: i64,
    /// The secrets that were filled in, without their content; recordings have them.
    #[serde(default)]
    pub secrets: Vec<Secret>,
}

/// Why something cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ReelError {
    /// There is no such file or folder.
    #[error("{path} is not there")]
    Missing {
        /// The path.
        path: String,
    },
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line of a sequence is not of its form.
    #[error("{path}:{line}: {reason}")]
    Line {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Item {
    /// Its file's or folder's name.
    pub fn name(&self) -> &str {
        let path = match self {
            Self::Still(path) => path,
            Self::Sequence(sequence) => &sequence.folder,
        };
        path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// What `paths` name, in order: a file is a still, a folder what is in it in byte order of names.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Item>, ReelError> {
    let mut items = Vec::new();
    for path in paths {
        if path.is_dir() {
            load_folder(path, &mut items)?;
        } else if path.exists() {
            items.push(Item::Still(path.clone()));
        } else {
            return Err(ReelError::Missing { path: shown(path) });
        }
    }
    Ok(items)
}

fn load_folder(folder: &Path, items: &mut Vec<Item>) -> Result<(), ReelError> {
    let read = |source| ReelError::Read { path: shown(folder), source };
    if folder.join(HEADING).is_file() {
        items.push(Item::Sequence(load_recording(folder)?));
        return Ok(());
    }
    let path = folder.join(SEQUENCE);
    if path.is_file() {
        let text = text_of(&path)?;
        let frames = frames(&text, &path)?;
        let (folder, started, views) = (folder.to_owned(), None, BTreeMap::new());
        items.push(Item::Sequence(Sequence { folder, frames, started, views }));
        return Ok(());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        paths.push(entry.map_err(read)?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            load_folder(&path, items)?;
        } else if pictures::is_picture(&path) {
            items.push(Item::Still(path));
        }
    }
    Ok(())
}

/// The segments of a recording as one sequence.
fn load_recording(folder: &Path) -> Result<Sequence, ReelError> {
    let path = folder.join(HEADING);
    let wrong = |reason: &dyn ToString| {
        let reason = show::shortened(&reason.to_string(), 200);
        ReelError::Line { path: shown(&path), line: 1, reason }
    };
    let heading: Heading = serde_json::from_str(&text_of(&path)?).map_err(|e| wrong(&e))?;
    let started = heading.started.parse().map_err(|e: crate::pipeline::time::NoTime| wrong(&e))?;
    let mut all: Vec<SequenceFrame> = Vec::new();
    let segments = recording::segments(folder);
    for (_, segment) in
        segments.map_err(|source| ReelError::Read { path: shown(folder), source })?
    {
        let path = segment.join(SEQUENCE);
        let text = text_of(&path)?;
        // A line that was being written when the recording was cut off.
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        let name = segment.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for frame in frames(whole, &path)? {
            let last = all.last().map_or(0, |last| last.decided_ms);
            if frame.decided_ms < last {
                return Err(ReelError::Line {
                    path: shown(&path),
                    line: 1,
                    reason: "decided_ms goes back in time".to_owned(),
                });
            }
            all.push(SequenceFrame { file: format!("{name}/{}", frame.file), ..frame });
        }
    }
    let folder = folder.to_owned();
    Ok(Sequence { folder, frames: all, started: Some(started), views: heading.views })
}

fn text_of(path: &Path) -> Result<String, ReelError> {
    fs::read_to_string(path).map_err(|source| ReelError::Read { path: shown(path), source })
}

/// The frames that `text` lists, the content of `path`.
fn frames(text: &str, path: &Path) -> Result<Vec<SequenceFrame>, ReelError> {
    let mut frames: Vec<SequenceFrame> = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason| ReelError::Line { path: shown(path), line: i + 1, reason };
        let frame: SequenceFrame =
            serde_json::from_str(line).map_err(|e| wrong(show::shortened(&e.to_string(), 200)))?;
        let is_plain = Path::new(&frame.file).components().count() == 1 && frame.file != "..";
        if !is_plain {
            return Err(wrong("file is a name within the folder".to_owned()));
        }
        if frame.decided_ms < frame.taken_ms
            || frames.last().is_some_and(|last| frame.decided_ms < last.decided_ms)
        {
            return Err(wrong("decided_ms goes back in time".to_owned()));
        }
        frames.push(frame);
    }
    Ok(frames)
}

fn shown(path: &Path) -> String {
    show::printable(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_plays_in_byte_order_with_its_sequences() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        file("b.png", "");
        file("a.jpg", "");
        file("a.json", "{}");
        file(
            "ab/sequence.jsonl",
            "{\"file\":\"1.jpg\",\"camera\":\"top\",\"frame\":1,\"taken_ms\":0,\"decided_ms\":41}\n",
        );
        file("ab/1.jpg", "");
        let items = load(&[folder.path().to_owned()]).unwrap();
        let names: Vec<&str> = items.iter().map(Item::name).collect();
        assert_eq!(names, ["a.jpg", "ab", "b.png"]);
    }

    #[test_case::test_case("{\"file\":\"../1.jpg\",\"camera\":\"top\",\"frame\":1,\"taken_ms\":0,\"decided_ms\":0}"; "a file elsewhere")]
    #[test_case::test_case("{\"file\":\"1.jpg\",\"camera\":\"top\",\"frame\":1,\"taken_ms\":9,\"decided_ms\":0}"; "decided before it was taken")]
    #[test_case::test_case("{\"file\":\"1.jpg\"}"; "a key left out")]
    fn a_bad_line_is_named(line: &str) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(SEQUENCE), format!("\n{line}\n")).unwrap();
        let error = load(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("sequence.jsonl:2: "), "{error}");
    }
}
