//! Delivering into a file of JSON Lines: a line is the bytes of one message, and no id stands there twice.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::Deserialize;

use crate::edge::publisher::{PublishError, Publisher};
use crate::edge::store::Delivery;

/// A file of delivered messages. Two processes may have it open: each waits for the other's line.
#[derive(Debug)]
pub struct FilePublisher {
    file: File,
    /// Bytes of it that have been read.
    known: u64,
    /// Lines among them.
    lines: u64,
    /// The line of each id, counted from 1.
    written: HashMap<String, u64>,
}

impl FilePublisher {
    /// Opens or makes the file at `path`, readable by its owner only, and cuts off a last line that a crash tore.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = file.open(path)?;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            file.set_permissions(permissions)?;
        }
        // A file that was just made is safe once its folder says so.
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        let mut publisher = Self { file, known: 0, lines: 0, written: HashMap::new() };
        publisher.alone(Self::catch_up)?;
        Ok(publisher)
    }

    /// Runs `work` while no other process is at the file.
    fn alone<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        self.file.lock()?;
        let done = work(self);
        let unlocked = self.file.unlock();
        let done = done?;
        unlocked.map(|()| done)
    }

    /// Reads what others have added, and cuts off what is no whole line.
    fn catch_up(&mut self) -> std::io::Result<()> {
        let length = self.file.metadata()?.len();
        if length < self.known {
            // Somebody emptied it: what was in there is no longer delivered.
            (self.known, self.lines) = (0, 0);
            self.written.clear();
        }
        if length == self.known {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.known))?;
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            self.known += line.len() as u64;
            self.lines += 1;
            if let Some(id) = id_of(&line) {
                self.written.entry(id).or_insert(self.lines);
            }
            line.clear();
        }
        if self.known < length {
            self.file.set_len(self.known)?;
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn append(&mut self, delivery: &Delivery) -> std::io::Result<u64> {
        self.catch_up()?;
        let id = delivery.notification_id.as_str();
        if let Some(line) = self.written.get(id) {
            return Ok(*line);
        }
        let line = format!("{}\n", delivery.payload);
        self.file.seek(SeekFrom::Start(self.known))?;
        let wrote = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = wrote {
            // Half a line must not stay; should this fail as well, the next catch_up cuts it off.
            let _ = self.file.set_len(self.known);
            return Err(error);
        }
        self.known += line.len() as u64;
        self.lines += 1;
        self.written.insert(id.to_owned(), self.lines);
        Ok(self.lines)
    }
}

impl Publisher for FilePublisher {
    fn publish(&mut self, delivery: &Delivery) -> Result<String, PublishError> {
        if delivery.payload.contains(['\n', '\r']) {
            return Err(PublishError::Refused {
                why: "the message is more than a line".to_owned(),
            });
        }
        let line = self.alone(|this| this.append(delivery)).map_err(|error| {
            let why = format!("the notifications file: {error}");
            match error.kind() {
                ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
                | ErrorKind::PermissionDenied
                | ErrorKind::ReadOnlyFilesystem => PublishError::Halt { why },
                _ => PublishError::Retry { why },
            }
        })?;
        Ok(format!("file-{line}"))
    }
}

/// The notification id in a line, where it holds one.
fn id_of(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        notification_info: Info,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Info {
        notification_id: String,
    }
    let line: Line = serde_json::from_slice(line).ok()?;
    Some(line.notification_info.notification_id)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::edge::store::fixtures::{at, new_link};

    fn delivery(dsn: &str) -> Delivery {
        let new = new_link(dsn, 1, 1);
        Delivery {
            payload: new.notification().message(at(0)).unwrap(),
            notification_id: new.notification_id,
            topic_arn: new.topic_arn,
            dsn: new.dsn,
            attempts: 1,
            lease_until: at(60),
        }
    }

    #[test]
    fn a_line_is_the_message_and_no_id_comes_twice() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("notifications.jsonl");
        let mut publisher = FilePublisher::open(&path).unwrap();
        let (a, b) = (delivery("A"), delivery("B"));
        assert_eq!(publisher.publish(&a), Ok("file-1".to_owned()));
        assert_eq!(publisher.publish(&b), Ok("file-2".to_owned()));
        assert_eq!(publisher.publish(&a), Ok("file-1".to_owned()));
        drop(publisher);
        assert_eq!(FilePublisher::open(&path).unwrap().publish(&b), Ok("file-2".to_owned()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{}\n{}\n", a.payload, b.payload));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_line_is_cut_off_and_written_anew() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("notifications.jsonl");
        let (a, b) = (delivery("A"), delivery("B"));
        for torn in 0..b.payload.len() {
            std::fs::write(&path, format!("{}\n{}", a.payload, &b.payload[..torn])).unwrap();
            let mut publisher = FilePublisher::open(&path).unwrap();
            assert_eq!(publisher.publish(&b), Ok("file-2".to_owned()));
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, format!("{}\n{}\n", a.payload, b.payload));
        }
    }

    #[test]
    fn two_that_have_it_open_do_not_repeat_each_other() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("notifications.jsonl");
        let mut one = FilePublisher::open(&path).unwrap();
        let mut other = FilePublisher::open(&path).unwrap();
        assert_eq!(one.publish(&delivery("A")), Ok("file-1".to_owned()));
        assert_eq!(other.publish(&delivery("A")), Ok("file-1".to_owned()));
        assert_eq!(other.publish(&delivery("B")), Ok("file-2".to_owned()));
        assert_eq!(one.publish(&delivery("B")), Ok("file-2".to_owned()));
        assert_eq!(one.publish(&delivery("C")), Ok("file-3".to_owned()));
    }

    #[test]
    fn lines_of_others_are_left_and_counted() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("notifications.jsonl");
        std::fs::write(&path, b"{}\nno json \xff\n").unwrap();
        let mut publisher = FilePublisher::open(&path).unwrap();
        assert_eq!(publisher.publish(&delivery("A")), Ok("file-3".to_owned()));
    }
}
