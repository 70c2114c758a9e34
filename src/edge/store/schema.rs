//! The tables, and how a database gets from version to version.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Tells our files from any other program's: "SCST".
const APPLICATION_ID: i64 = 0x5343_5354;

/// Step n takes a database from version n to n + 1. A step that has been released never changes.
const MIGRATIONS: &[&str] = &[FIRST];

/// Times are milliseconds since 1970. The lists of states repeat the enums of `pipeline`; a test compares them.
const FIRST: &str = "
CREATE TABLE orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL CHECK (version BETWEEN 0 AND 4294967295),
    marketplace TEXT NOT NULL,
    directed_customer_id TEXT,
    pre_registered INTEGER NOT NULL CHECK (pre_registered IN (0, 1)),
    -- As the order system said; cancelled_at is our own, so that the same import stays a no-op.
    cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
    cancelled_at INTEGER,
    imported_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE order_codes (
    code TEXT NOT NULL PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES orders,
    position INTEGER NOT NULL,
    UNIQUE (order_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_lines (
    order_id TEXT NOT NULL REFERENCES orders,
    line INTEGER NOT NULL CHECK (line BETWEEN 0 AND 4294967295),
    position INTEGER NOT NULL,
    asin TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 4294967295),
    scan INTEGER NOT NULL CHECK (scan IN (0, 1)),
    directed_customer_id TEXT,
    slot_asins TEXT NOT NULL CHECK (json_valid(slot_asins)),
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
    link_id INTEGER PRIMARY KEY,
    dsn TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation >= 1),
    order_id TEXT NOT NULL REFERENCES orders,
    line INTEGER NOT NULL,
    unit INTEGER NOT NULL CHECK (unit >= 1),
    asin TEXT NOT NULL,
    model_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('linked', 'closed', 'released')),
    reason TEXT CHECK (reason IN ('undo', 'cancelled', 'contradicted', 'return')),
    station TEXT NOT NULL,
    operator TEXT,
    catalog TEXT NOT NULL,
    linked_at INTEGER NOT NULL,
    closed_at INTEGER,
    released_at INTEGER,
    UNIQUE (dsn, generation),
    CHECK ((reason IS NULL) = (state <> 'released')),
    CHECK ((released_at IS NULL) = (state <> 'released')),
    CHECK (closed_at IS NULL OR state <> 'linked'),
    CHECK (closed_at IS NOT NULL OR state <> 'closed')
) STRICT;

-- The worst thing the station can do is made impossible here: one device, one order; one unit, one device.
CREATE UNIQUE INDEX active_dsn ON links (dsn) WHERE state <> 'released';
CREATE UNIQUE INDEX active_unit ON links (order_id, line, unit) WHERE state <> 'released';

CREATE TABLE outbox (
    link_id INTEGER PRIMARY KEY REFERENCES links,
    notification_id TEXT NOT NULL UNIQUE,
    dsn TEXT NOT NULL,
    model_id TEXT NOT NULL,
    lwa_client_id TEXT NOT NULL,
    directed_customer_id TEXT NOT NULL,
    topic_arn TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'ready', 'sending', 'sent', 'dead', 'dropped')),
    -- Times in a relay's hand, and how many of them ended with the whole relay stopped.
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    halts INTEGER NOT NULL DEFAULT 0 CHECK (halts BETWEEN 0 AND attempts),
    next_at INTEGER,
    lease_until INTEGER,
    notification_time INTEGER,
    payload TEXT,
    held_at INTEGER NOT NULL,
    ready_at INTEGER,
    sent_at INTEGER,
    message_id TEXT,
    last_error TEXT,
    CHECK ((sent_at IS NULL) = (state <> 'sent')),
    CHECK ((message_id IS NULL) = (state <> 'sent')),
    CHECK ((next_at IS NULL) = (state <> 'ready')),
    CHECK ((lease_until IS NULL) = (state <> 'sending')),
    CHECK ((payload IS NULL) = (notification_time IS NULL)),
    CHECK ((payload IS NULL) = (ready_at IS NULL)),
    CHECK (payload IS NULL OR state <> 'held'),
    CHECK (payload IS NOT NULL OR state IN ('held', 'dropped')),
    CHECK (attempts = 0 OR state NOT IN ('held', 'dropped'))
) STRICT;

-- Two, since SQLite does not see that a state out of a list is in the list.
CREATE INDEX ready_events ON outbox (next_at, ready_at) WHERE state = 'ready';
CREATE INDEX sending_events ON outbox (lease_until, ready_at) WHERE state = 'sending';

-- Counting a table of millions takes seconds, and the dashboard counts all the time.
CREATE TABLE outbox_counts (
    state TEXT NOT NULL PRIMARY KEY,
    events INTEGER NOT NULL CHECK (events >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    entry_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    station TEXT NOT NULL,
    operator TEXT,
    catalog TEXT NOT NULL,
    kind TEXT NOT NULL,
    order_id TEXT,
    dsn TEXT,
    detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE TRIGGER count_new AFTER INSERT ON outbox BEGIN
    INSERT INTO outbox_counts VALUES (NEW.state, 1)
        ON CONFLICT (state) DO UPDATE SET events = events + 1;
END;
CREATE TRIGGER count_step AFTER UPDATE OF state ON outbox WHEN NEW.state <> OLD.state BEGIN
    UPDATE outbox_counts SET events = events - 1 WHERE state = OLD.state;
    INSERT INTO outbox_counts VALUES (NEW.state, 1)
        ON CONFLICT (state) DO UPDATE SET events = events + 1;
END;

CREATE TRIGGER keep_links BEFORE DELETE ON links
    BEGIN SELECT RAISE(ABORT, 'a link is never deleted'); END;
CREATE TRIGGER keep_outbox BEFORE DELETE ON outbox
    BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
CREATE TRIGGER keep_journal BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'a journal entry is never deleted'); END;
CREATE TRIGGER fixed_journal BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'a journal entry never changes'); END;
CREATE TRIGGER fixed_link BEFORE UPDATE OF
    link_id, dsn, generation, order_id, line, unit, asin, model_id, station, catalog, linked_at
    ON links BEGIN SELECT RAISE(ABORT, 'what was linked never changes'); END;
CREATE TRIGGER final_link BEFORE UPDATE ON links WHEN OLD.state = 'released'
    BEGIN SELECT RAISE(ABORT, 'a released link never changes'); END;
CREATE TRIGGER fixed_event BEFORE UPDATE OF
    link_id, notification_id, dsn, model_id, lwa_client_id, directed_customer_id, topic_arn, held_at
    ON outbox BEGIN SELECT RAISE(ABORT, 'what an event says never changes'); END;
CREATE TRIGGER fixed_payload BEFORE UPDATE OF payload, notification_time, ready_at
    ON outbox WHEN OLD.payload IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a payload never changes'); END;
CREATE TRIGGER final_event BEFORE UPDATE ON outbox WHEN OLD.state IN ('sent', 'dropped')
    BEGIN SELECT RAISE(ABORT, 'an event that is sent or dropped never changes'); END;
";

/// The version that this program writes.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Refuses what another program or a newer one wrote. An empty database is nobody's, so it may become ours.
pub(super) fn check_ours(connection: &Connection) -> Result<(), StoreError> {
    let (application, found) = (pragma(connection, "application_id")?, version(connection)?);
    if application == 0 && found == 0 {
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        return if tables == 0 { Ok(()) } else { Err(StoreError::NotOurs) };
    }
    if application != APPLICATION_ID {
        return Err(StoreError::NotOurs);
    }
    if found > known() {
        return Err(StoreError::TooNew { found, known: known() });
    }
    Ok(())
}

/// Refuses everything but a database of ours of just this version.
pub(super) fn check_current(connection: &Connection) -> Result<(), StoreError> {
    check_ours(connection)?;
    let found = version(connection)?;
    if found < known() {
        return Err(StoreError::TooOld { found, known: known() });
    }
    Ok(())
}

/// Refuses a database whose pages contradict each other.
pub(super) fn check_sound(connection: &Connection) -> Result<(), StoreError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Corrupt { found }) }
}

/// Brings the database to [`known`], each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    while version(connection)? < known() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have taken this step while this one waited for the lock.
        let from = version(&transaction)?;
        check_ours(&transaction)?;
        let step = usize::try_from(from).ok().and_then(|from| MIGRATIONS.get(from));
        if let Some(step) = step {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", from + 1)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    pragma(connection, "user_version")
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::link::{LinkState, ReleaseReason};
    use crate::pipeline::notification::OutboxState;

    fn quoted(names: impl Iterator<Item = &'static str>) -> String {
        names.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_lists_of_states_are_the_enums() {
        let links = quoted(LinkState::ALL.iter().map(|state| state.name()));
        let reasons = quoted(ReleaseReason::ALL.iter().map(|reason| reason.name()));
        let events = quoted(OutboxState::ALL.iter().map(|state| state.name()));
        for list in [
            format!("CHECK (state IN ({links}))"),
            format!("CHECK (reason IN ({reasons}))"),
            format!("CHECK (state IN ({events}))"),
        ] {
            assert!(FIRST.contains(&list), "{list}");
        }
    }

    #[test]
    fn every_table_is_strict() {
        let tables = FIRST.matches("CREATE TABLE").count();
        assert_eq!(FIRST.matches(") STRICT").count(), tables);
    }

    #[test_case("DELETE FROM links"; "a link")]
    #[test_case("DELETE FROM outbox"; "an event")]
    #[test_case("DELETE FROM journal"; "an entry")]
    #[test_case("UPDATE outbox SET payload = '{}'"; "a payload")]
    #[test_case("UPDATE outbox SET notification_id = 'x'"; "an id")]
    #[test_case("UPDATE links SET dsn = 'x'"; "a device")]
    #[test_case("UPDATE journal SET kind = 'x'"; "what was noted")]
    #[test_case("UPDATE outbox SET state = 'held'"; "back to held")]
    #[test_case("UPDATE outbox SET state = 'sent'"; "sent without a time")]
    fn what_must_not_change_does_not(statement: &str) {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
            .execute_batch(
                "INSERT INTO orders VALUES ('O', 1, 'amazon.com', NULL, 1, 0, NULL, 0);
                 INSERT INTO links VALUES
                    (1, 'D', 1, 'O', 1, 1, 'A', 'M', 'closed', NULL, 's', NULL, 'c', 0, 1, NULL);
                 INSERT INTO outbox VALUES
                    (1, 'N', 'D', 'M', 'L', 'C', 'T', 'ready', 0, 0, 1, NULL, 1, '[]', 0, 1, NULL, NULL, NULL);
                 INSERT INTO journal VALUES (1, 0, 's', NULL, 'c', 'linked', 'O', 'D', '{}');",
            )
            .unwrap();
        let before = connection.total_changes();
        assert!(connection.execute_batch(statement).is_err(), "{statement}");
        assert_eq!(connection.total_changes(), before);
    }
}
