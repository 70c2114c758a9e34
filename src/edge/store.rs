//! The database of a station: orders, links, outbox and journal in one SQLite file.
//!
//! Nothing outside this folder names SQLite. Nothing in here decides about a label or reads a clock.
//! Every method that writes is one transaction: what it answered stands on disk, or nothing of it does.

mod error;
#[cfg(test)]
pub(crate) mod fixtures;
mod journal;
mod links;
#[cfg(test)]
mod model;
mod orders;
mod outbox;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior};

pub use error::StoreError;
pub use journal::JournalEntry;
pub use orders::{CancelAnswer, ImportAnswer, ImportPolicy};
pub use outbox::{Delivery, RetryAnswer, Settled, Settlement};
pub use writer::{StoreHandle, Writer};

use crate::pipeline::time::Timestamp;

/// How long a write waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the database at `path`, makes it where there is none, and brings it up to this program's version.
    ///
    /// Errors: [`StoreError::NotOurs`] and [`StoreError::TooNew`] leave the file's bytes as they were.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create(path).map_err(StoreError::file)?;
        if path.metadata().map_err(StoreError::file)?.len() > 0 {
            // Read-only: looking at a database that is not ours must not even merge its write-ahead log.
            schema::check_ours(&connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        }
        make_private(path).map_err(StoreError::file)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(StoreError::NoWal { mode });
        }
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        schema::check_sound(&connection)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// An empty database in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        guard(&connection)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// The database at `path` to read only; it has to be of this program's version.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        schema::check_current(&connection)?;
        Ok(Self { connection })
    }

    /// A copy in memory of the database at `path`, which is left as it is; an older one's copy is brought up to date.
    pub fn snapshot_of(path: &Path) -> Result<Self, StoreError> {
        let from = connect_to_copy(path)?;
        schema::check_ours(&from)?;
        let mut connection = Connection::open_in_memory()?;
        match Backup::new(&from, &mut connection)?.step(-1)? {
            StepResult::Done => {}
            _ => return Err(StoreError::Busy),
        }
        guard(&connection)?;
        schema::check_sound(&connection)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// Runs `work` so that all of it is kept or nothing: a transaction, or a savepoint within the writer's.
    fn atomically<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.connection.is_autocommit() {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            return Ok(answer);
        }
        let savepoint = self.connection.savepoint()?;
        let answer = work(&savepoint)?;
        savepoint.commit()?;
        Ok(answer)
    }
}

/// Makes the file where it is missing, for its owner only.
///
/// One that is there is never opened here: closing it again would give up the locks that SQLite has on it elsewhere in
/// this process (sqlite.org/howtocorrupt.html, section 2.2).
fn create(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Closes the file to all but its owner; SQLite gives `-wal` and `-shm` the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut permissions = path.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        std::fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    guard(&connection)?;
    Ok(connection)
}

/// For a copy: without a write-ahead log the file is whole in itself, and reading it makes no files beside it.
fn connect_to_copy(path: &Path) -> Result<Connection, StoreError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    }
    let path = path.canonicalize().map_err(StoreError::file)?;
    let Some(text) = path.to_str() else {
        return connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    };
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let uri = format!("file:{escaped}?immutable=1");
    connect(Path::new(&uri), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

/// What every connection is told first.
fn guard(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// The value of a text column that was parsed once before it was written; the error never shows it.
fn parsed<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_shown_by_nobody: T::Err| StoreError::Damaged { column })
}

fn parsed_or_null<T: FromStr>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(column)?;
    let parse = |text: String| {
        text.parse().map_err(|_shown_by_nobody: T::Err| StoreError::Damaged { column })
    };
    text.map(parse).transpose()
}

fn time(row: &Row<'_>, column: &'static str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_millis(row.get(column)?))
}

fn time_or_null(row: &Row<'_>, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.map(Timestamp::from_millis))
}
