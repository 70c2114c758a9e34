//! The log: bounded files in HOME/logs, never the screen. A line a message, no control character in it.

use std::io;
use std::panic;
use std::path::Path;

use flexi_logger::{
    Cleanup, Criterion, DeferredNow, ErrorChannel, FileSpec, FlexiLoggerError, LogSpecification,
    Logger, LoggerHandle, Naming, Record,
};

use crate::edge::clock;
use crate::pipeline::show;

/// A file is closed and the next begun at this size; with [`KEPT`] this bounds what the log takes of the disk.
const FILE_BYTES: u64 = 2 << 20;

/// Closed files that are kept beside the open one.
const KEPT: usize = 4;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[error("write the log in {folder}")]
pub struct LogError {
    folder: String,
    #[source]
    source: FlexiLoggerError,
}

/// The running log; it is flushed and closed when this is dropped.
#[expect(missing_debug_implementations, reason = "the library's handle has none")]
pub struct Log {
    _handle: LoggerHandle,
}

/// Sends what is logged into files in `folder`, and panics too, instead of to standard error.
pub fn start(folder: &Path) -> Result<Log, LogError> {
    let handle = logger(folder).start();
    let handle =
        handle.map_err(|source| LogError { folder: folder.display().to_string(), source })?;
    panic::set_hook(Box::new(|info| log::error!("panic: {info}")));
    Ok(Log { _handle: handle })
}

fn logger(folder: &Path) -> Logger {
    let file = FileSpec::default().directory(folder).basename("scanstation");
    Logger::with(LogSpecification::info())
        .log_to_file(file)
        .rotate(Criterion::Size(FILE_BYTES), Naming::Numbers, Cleanup::KeepLogFiles(KEPT))
        .cleanup_in_background_thread(false)
        .append()
        .format(line)
        // A full disk must not write onto the dashboard.
        .error_channel(ErrorChannel::DevNull)
}

fn line(out: &mut dyn io::Write, _: &mut DeferredNow, record: &Record<'_>) -> io::Result<()> {
    let message = show::printable(&record.args().to_string());
    write!(out, "{} {} {message}", clock::now(), record.level())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_in_a_bounded_file() {
        let folder = tempfile::tempdir().unwrap();
        let (log, handle) = logger(folder.path()).build().unwrap();
        let mut n_bytes = 0;
        while n_bytes < FILE_BYTES * 7 {
            let text = "\u{1b}]0;x\u{7}\n".repeat(1000);
            log.log(
                &Record::builder().args(format_args!("{text}")).level(log::Level::Info).build(),
            );
            n_bytes += text.len() as u64;
        }
        handle.flush();
        let mut n_files = 0;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(text.lines().all(|line| line.contains(" INFO \\u{1b}]0;x\\u{7}\\u{a}")));
            n_files += 1;
        }
        assert_eq!(n_files, KEPT + 1);
    }
}
