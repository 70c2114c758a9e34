//! The journal: what the station decided, in order, never changed and never deleted.

use rusqlite::{Connection, Row, params};

use super::{Store, StoreError, parsed_or_null, time};
use crate::pipeline::ident::OrderId;
use crate::pipeline::time::Timestamp;

/// One thing that happened at the station.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct JournalEntry {
    /// When.
    pub at: Timestamp,
    /// Which station.
    pub station: String,
    /// Who; nobody signs in yet.
    pub operator: Option<String>,
    /// The hash of the catalogue that decided.
    pub catalog: String,
    /// A verdict's name; the store itself writes `linked`, `closed`, `released` and `cancelled`.
    pub kind: String,
    /// The order it was about.
    pub order_id: Option<OrderId>,
    /// The text in the DSN's place, byte for byte, whether it is a DSN or not.
    pub dsn: Option<String>,
    /// Whatever belongs to the kind.
    pub detail: serde_json::Value,
}

impl Store {
    /// Writes `entry` down.
    pub fn journal(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.atomically(|tx| write(tx, entry))
    }

    /// Every entry, oldest first.
    pub fn journal_entries(&self) -> Result<Vec<JournalEntry>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT * FROM journal ORDER BY entry_id")?;
        statement.query_and_then([], entry)?.collect()
    }
}

/// Writes `entry` down within a transaction.
pub(super) fn write(tx: &Connection, entry: &JournalEntry) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO journal (at, station, operator, catalog, kind, order_id, dsn, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute(params![
        entry.at.millis(),
        entry.station,
        entry.operator,
        entry.catalog,
        entry.kind,
        entry.order_id.as_ref().map(OrderId::as_str),
        entry.dsn,
        entry.detail.to_string(),
    ])?;
    Ok(())
}

fn entry(row: &Row<'_>) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        at: time(row, "at")?,
        station: row.get("station")?,
        operator: row.get("operator")?,
        catalog: row.get("catalog")?,
        kind: row.get("kind")?,
        order_id: parsed_or_null(row, "order_id")?,
        dsn: row.get("dsn")?,
        detail: super::parsed(row, "detail")?,
    })
}
