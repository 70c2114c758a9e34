//! The outbox: events from held to sent, each by the legal steps of `OutboxState` only.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, StoreError, parsed, time, time_or_null};
use crate::pipeline::ident::{Dsn, NotificationId, TopicArn};
use crate::pipeline::link::NewLink;
use crate::pipeline::notification::{
    Notification, OutboxCause, OutboxCounts, OutboxRow, OutboxState,
};
use crate::pipeline::time::Timestamp;

/// Nothing waits longer than a day: what seems to has been written before the clock was set back, and is due.
const CLOCK_MS: i64 = 24 * 3600 * 1000;

/// An event in a relay's hand, for as long as the lease runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event's id, the same at every attempt.
    pub notification_id: NotificationId,
    /// Where it goes.
    pub topic_arn: TopicArn,
    /// The exact bytes that go out, the same at every attempt.
    pub payload: String,
    /// The device.
    pub dsn: Dsn,
    /// Attempts so far, this one included, those left out that ended with the relay stopped.
    pub attempts: u32,
    /// Until when it is this relay's.
    pub lease_until: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The topic took it.
    Sent {
        /// The topic's id for it.
        message_id: String,
    },
    /// It did not go out, or nobody knows.
    Retry {
        /// When it is tried again.
        next_at: Timestamp,
        /// Why.
        error: String,
    },
    /// Nothing can go out now; the attempt does not count against the event.
    Halted {
        /// When it is tried again.
        next_at: Timestamp,
        /// Why.
        error: String,
    },
    /// It was refused for good; a person has to look.
    Dead {
        /// Why.
        error: String,
    },
}

/// Whether a settlement was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was.
    Done,
    /// The lease had run out and the event is another relay's by now, or has been settled.
    Late,
}

/// What the store says when an event is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAnswer {
    /// It is ready again.
    Ready,
    /// It is not dead.
    NotDead(OutboxState),
    /// There is no such event.
    NoSuchEvent,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Its state.
    pub(super) state: OutboxState,
    attempts: u32,
}

impl Standing {
    /// Whether it can still be dropped: no relay has ever had it in hand (decision 14).
    pub(super) fn is_droppable(self) -> bool {
        self.attempts == 0 && self.state.step(OutboxCause::Drop).is_ok()
    }
}

impl Store {
    /// Makes a held event ready: with `publish_at = "link"`, once its box has left the view.
    ///
    /// Gives the state that it is in then, `None` where there is no such event; an event that is not held stays as it is.
    pub fn make_ready(
        &mut self,
        id: &NotificationId,
        now: Timestamp,
    ) -> Result<Option<OutboxState>, StoreError> {
        self.atomically(|tx| {
            let Some(link_id) = link_id(tx, id)? else { return Ok(None) };
            if standing(tx, link_id)?.state == OutboxState::Held {
                ready(tx, link_id, now)?;
            }
            Ok(Some(standing(tx, link_id)?.state))
        })
    }

    /// Takes at most `max` events that are due, longest due first, for `lease_ms` milliseconds.
    ///
    /// Due is what is ready and whose time has come, and what another relay took and let lapse.
    pub fn take_due(
        &mut self,
        now: Timestamp,
        lease_ms: u32,
        max: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        // Looking first spares an idle relay the write lock.
        if self.next_due(now)?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        self.atomically(|tx| {
            lapse(tx, now)?;
            let mut statement = tx.prepare_cached(
                "SELECT link_id FROM outbox WHERE state = 'ready' AND next_at <= ?1
                 ORDER BY next_at, link_id LIMIT ?2",
            )?;
            let due = statement.query_map(params![now.millis(), max], |row| row.get(0))?;
            let due: Vec<i64> = due.collect::<Result<_, _>>()?;
            due.into_iter().map(|link_id| take(tx, link_id, now.plus(lease_ms.into()))).collect()
        })
    }

    /// Writes down how the attempt at `delivery` ended.
    pub fn settle(
        &mut self,
        delivery: &Delivery,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        self.atomically(|tx| settle(tx, delivery, settlement, now))
    }

    /// Makes a dead event ready again (`events retry`).
    pub fn retry(
        &mut self,
        id: &NotificationId,
        now: Timestamp,
    ) -> Result<RetryAnswer, StoreError> {
        self.atomically(|tx| {
            let Some(link_id) = link_id(tx, id)? else { return Ok(RetryAnswer::NoSuchEvent) };
            let state = standing(tx, link_id)?.state;
            let Ok(ready) = state.step(OutboxCause::Retry) else {
                return Ok(RetryAnswer::NotDead(state));
            };
            tx.prepare_cached("UPDATE outbox SET state = ?2, next_at = ?3 WHERE link_id = ?1")?
                .execute(params![link_id, ready.name(), now.millis()])?;
            Ok(RetryAnswer::Ready)
        })
    }

    /// When the next event is due: the earliest retry, or the end of a lease. In the past for what is due already.
    pub fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let first = self.time_of(
            "SELECT min(at) AS at FROM (
                SELECT min(next_at) AS at FROM outbox WHERE state = 'ready'
                UNION ALL SELECT min(lease_until) FROM outbox WHERE state = 'sending')",
        )?;
        let last = self.time_of(
            "SELECT max(at) AS at FROM (
                SELECT max(next_at) AS at FROM outbox WHERE state = 'ready'
                UNION ALL SELECT max(lease_until) FROM outbox WHERE state = 'sending')",
        )?;
        Ok(if last.is_some_and(|last| last.since(now) > CLOCK_MS) { Some(now) } else { first })
    }

    /// Since when the oldest event that has not gone out has been ready.
    pub fn oldest_ready(&self) -> Result<Option<Timestamp>, StoreError> {
        self.time_of(
            "SELECT min(at) AS at FROM (
                SELECT min(ready_at) AS at FROM outbox WHERE state = 'ready'
                UNION ALL SELECT min(ready_at) FROM outbox WHERE state = 'sending')",
        )
    }

    fn time_of(&self, query: &str) -> Result<Option<Timestamp>, StoreError> {
        let mut statement = self.connection.prepare_cached(query)?;
        statement.query_one([], |row| Ok(time_or_null(row, "at")))?
    }

    /// How many events stand where.
    pub fn counts(&self) -> Result<OutboxCounts, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM outbox_counts")?;
        let mut rows = statement.query([])?;
        let mut counts = OutboxCounts::default();
        while let Some(row) = rows.next()? {
            let events: i64 = row.get("events")?;
            let count = match parsed(row, "state")? {
                OutboxState::Held => &mut counts.held,
                OutboxState::Ready | OutboxState::Sending => &mut counts.ready,
                OutboxState::Sent => &mut counts.sent,
                OutboxState::Dropped => &mut counts.dropped,
                OutboxState::Dead => &mut counts.dead,
            };
            *count += u64::try_from(events).unwrap_or(0);
        }
        Ok(counts)
    }

    /// Every event there ever was, oldest first.
    pub fn events(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT outbox.*, links.order_id FROM outbox JOIN links USING (link_id)
             ORDER BY link_id",
        )?;
        statement.query_and_then([], event)?.collect()
    }

    /// The exact bytes of an event; `None` where there is no such event or it has never been ready.
    pub fn payload_of(&self, id: &NotificationId) -> Result<Option<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT payload FROM outbox WHERE notification_id = ?1")?;
        let payload: Option<Option<String>> =
            statement.query_row([id.as_str()], |row| row.get(0)).optional()?;
        Ok(payload.flatten())
    }
}

/// Puts the event of a new link in: held, and without a payload (decision 13).
pub(super) fn hold(tx: &Connection, link_id: i64, new: &NewLink) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO outbox (link_id, notification_id, dsn, model_id, lwa_client_id,
            directed_customer_id, topic_arn, state, held_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        link_id,
        new.notification_id.as_str(),
        new.dsn.as_str(),
        new.model_id.as_str(),
        new.lwa_client_id.as_str(),
        new.directed_customer_id.as_str(),
        new.topic_arn.as_str(),
        OutboxState::Held.name(),
        new.linked_at.millis()
    ])?;
    Ok(())
}

/// Held → ready: the payload is written, and never again.
pub(super) fn ready(tx: &Connection, link_id: i64, now: Timestamp) -> Result<(), StoreError> {
    let state = standing(tx, link_id)?.state.step(OutboxCause::Close)?;
    let mut statement = tx.prepare_cached("SELECT * FROM outbox WHERE link_id = ?1")?;
    let payload = statement.query_one([link_id], |row| Ok(notification(row)))??.message(now)?;
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, payload = ?3, notification_time = ?4, ready_at = ?4,
            next_at = ?4 WHERE link_id = ?1",
    )?
    .execute(params![link_id, state.name(), payload, now.millis()])?;
    Ok(())
}

/// Held or ready → dropped.
pub(super) fn drop_event(tx: &Connection, link_id: i64) -> Result<(), StoreError> {
    let state = standing(tx, link_id)?.state.step(OutboxCause::Drop)?;
    tx.prepare_cached("UPDATE outbox SET state = ?2, next_at = NULL WHERE link_id = ?1")?
        .execute(params![link_id, state.name()])?;
    Ok(())
}

/// Where the event of a link stands.
pub(super) fn standing(tx: &Connection, link_id: i64) -> Result<Standing, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT state, attempts FROM outbox WHERE link_id = ?1")?;
    statement.query_one([link_id], |row| {
        let attempts = row.get("attempts")?;
        Ok(parsed(row, "state").map(|state| Standing { state, attempts }))
    })?
}

/// Sending → ready for every lease that has run out: its relay was killed, or hangs.
fn lapse(tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let ready = OutboxState::Sending.step(OutboxCause::Failed)?;
    tx.prepare_cached(
        "UPDATE outbox SET state = ?3, next_at = min(lease_until, ?1), lease_until = NULL
         WHERE state = 'sending' AND (lease_until <= ?1 OR lease_until > ?1 + ?2)",
    )?
    .execute(params![now.millis(), CLOCK_MS, ready.name()])?;
    tx.prepare_cached(
        "UPDATE outbox SET next_at = ?1 WHERE state = 'ready' AND next_at > ?1 + ?2",
    )?
    .execute([now.millis(), CLOCK_MS])?;
    Ok(())
}

fn take(tx: &Connection, link_id: i64, until: Timestamp) -> Result<Delivery, StoreError> {
    let state = standing(tx, link_id)?.state.step(OutboxCause::Take)?;
    let mut statement = tx.prepare_cached(
        "UPDATE outbox SET state = ?2, next_at = NULL, lease_until = ?3, attempts = attempts + 1
         WHERE link_id = ?1 RETURNING *",
    )?;
    let mut rows =
        statement.query_and_then(params![link_id, state.name(), until.millis()], delivery)?;
    let taken = rows.next().transpose()?.ok_or(StoreError::Damaged { column: "link_id" })?;
    // A RETURNING statement is done only when it has been stepped to its end.
    drop(rows);
    Ok(taken)
}

fn settle(
    tx: &Connection,
    delivery: &Delivery,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<Settled, StoreError> {
    let at = now.millis();
    let (cause, next_at, error, sent) = match settlement {
        Settlement::Sent { message_id } => {
            (OutboxCause::Accepted, None, None, Some((at, message_id)))
        }
        Settlement::Retry { next_at, error } | Settlement::Halted { next_at, error } => {
            (OutboxCause::Failed, Some(next_at.millis()), Some(error), None)
        }
        Settlement::Dead { error } => (OutboxCause::Refused, None, Some(error), None),
    };
    let state = OutboxState::Sending.step(cause)?;
    let (sent_at, message_id) = sent.unzip();
    // What the topic took is sent whoever holds the lease by now; a failure counts for the lease's holder only.
    let mut statement = tx.prepare_cached(
        "UPDATE outbox SET state = ?2, next_at = ?3, last_error = coalesce(?4, last_error),
            sent_at = ?5, message_id = ?6, halts = halts + ?7, lease_until = NULL
         WHERE notification_id = ?1 AND state = 'sending' AND (lease_until = ?8 OR ?2 = 'sent')",
    )?;
    let halted = matches!(settlement, Settlement::Halted { .. });
    let changed = statement.execute(params![
        delivery.notification_id.as_str(),
        state.name(),
        next_at,
        error,
        sent_at,
        message_id,
        u32::from(halted),
        delivery.lease_until.millis()
    ])?;
    Ok(if changed == 1 { Settled::Done } else { Settled::Late })
}

fn link_id(tx: &Connection, id: &NotificationId) -> Result<Option<i64>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT link_id FROM outbox WHERE notification_id = ?1")?;
    Ok(statement.query_row([id.as_str()], |row| row.get(0)).optional()?)
}

fn notification(row: &Row<'_>) -> Result<Notification, StoreError> {
    Ok(Notification {
        lwa_client_id: parsed(row, "lwa_client_id")?,
        notification_id: parsed(row, "notification_id")?,
        serial_number: Dsn::matched(&row.get::<_, String>("dsn")?),
        model_id: parsed(row, "model_id")?,
        directed_customer_id: parsed(row, "directed_customer_id")?,
    })
}

fn delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let (attempts, halts): (u32, u32) = (row.get("attempts")?, row.get("halts")?);
    Ok(Delivery {
        notification_id: parsed(row, "notification_id")?,
        topic_arn: parsed(row, "topic_arn")?,
        payload: row.get("payload")?,
        dsn: Dsn::matched(&row.get::<_, String>("dsn")?),
        attempts: attempts.saturating_sub(halts),
        lease_until: time(row, "lease_until")?,
    })
}

fn event(row: &Row<'_>) -> Result<OutboxRow, StoreError> {
    Ok(OutboxRow {
        notification_id: parsed(row, "notification_id")?,
        dsn: Dsn::matched(&row.get::<_, String>("dsn")?),
        order_id: parsed(row, "order_id")?,
        topic_arn: parsed(row, "topic_arn")?,
        state: parsed(row, "state")?,
        attempts: row.get("attempts")?,
        next_at: time_or_null(row, "next_at")?,
        notification_time: time_or_null(row, "notification_time")?,
        held_at: time(row, "held_at")?,
        ready_at: time_or_null(row, "ready_at")?,
        sent_at: time_or_null(row, "sent_at")?,
        message_id: row.get("message_id")?,
        last_error: row.get("last_error")?,
    })
}
