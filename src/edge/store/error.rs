//! What can go wrong with the database, one variant for each thing a caller does differently.

use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::pipeline::named::IllegalStep;
use crate::pipeline::notification::Breach;

/// Why the database did not do it. No text here holds a value of a row.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file is no database, or another program's.
    #[error("the file is not a database of this program")]
    NotOurs,
    /// A newer program wrote it.
    #[error("the database is of version {found}, this program knows up to {known}")]
    TooNew {
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Read-only access to a database that an older program wrote.
    #[error("the database is of version {found}, not {known}; start the station once")]
    TooOld {
        /// Its version.
        found: i64,
        /// The version that this program writes.
        known: i64,
    },
    /// Another process kept it for longer than 5 s; the same call may be made again.
    #[error("the database is busy")]
    Busy,
    /// No room: nothing of the transaction was kept, everything before it stands.
    #[error("the disk is full")]
    Full,
    /// Its pages contradict each other.
    #[error("the database is damaged: {found}")]
    Corrupt {
        /// What SQLite found first.
        found: String,
    },
    /// A column holds what this program would not have written.
    #[error("column {column} holds what it may not")]
    Damaged {
        /// The column's name.
        column: &'static str,
    },
    /// The file system does not do write-ahead logging, as some network mounts do not.
    #[error("the database wants journal mode wal and got {mode}")]
    NoWal {
        /// The mode that it got.
        mode: String,
    },
    /// Reading, writing or syncing failed. What was acknowledged before stands; acknowledge nothing more, reopen.
    #[error("the disk failed")]
    Disk(#[source] Arc<rusqlite::Error>),
    /// The file cannot be opened or written: rights, a missing folder, a read-only mount.
    #[error("the database file cannot be used")]
    File(#[source] Arc<std::io::Error>),
    /// What would be sent breaks the notification's schema; nothing was linked.
    #[error("the notification would be wrong")]
    Payload(#[from] Breach),
    /// Another link has that notification id already.
    #[error("the notification id is another link's")]
    IdTaken,
    /// A step that a link's or an event's state does not allow.
    #[error("{0}")]
    Step(#[from] IllegalStep),
    /// Another request of the same commit broke the transaction; nothing of this one was kept.
    #[error("the transaction was rolled back with another's")]
    RolledBack,
    /// The writer has stopped.
    #[error("the writer of the database has stopped")]
    Stopped,
    /// Anything else that SQLite says: a bug of ours.
    #[error("the database refused")]
    Other(#[source] Arc<rusqlite::Error>),
}

impl StoreError {
    pub(super) fn file(error: std::io::Error) -> Self {
        Self::File(Arc::new(error))
    }

    /// Whether nothing more may be acknowledged before the database was opened and checked again.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Disk(_) | Self::Corrupt { .. } | Self::NotOurs | Self::Stopped)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::NotADatabase) => Self::NotOurs,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { found: error.to_string() },
            Some(ErrorCode::SystemIoFailure) => Self::Disk(Arc::new(error)),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::File(Arc::new(std::io::Error::other(error)))
            }
            _ => Self::Other(Arc::new(error)),
        }
    }
}
