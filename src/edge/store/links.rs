//! Links: making, closing and releasing them, each with its event and its journal entry in one transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::{
    Store, StoreError, journal, orders, outbox, parsed, parsed_or_null, time, time_or_null,
};
use crate::pipeline::ident::{Dsn, NotificationId, OrderId};
use crate::pipeline::link::{
    CloseAnswer, Link, LinkAnswer, LinkCause, LinkState, NewLink, ReleaseAnswer, ReleaseReason,
};
use crate::pipeline::notification::OutboxState;
use crate::pipeline::order::Order;
use crate::pipeline::time::Timestamp;

/// A link with its event's id, as [`link_of`] reads it.
const SELECT: &str =
    "SELECT links.*, outbox.notification_id FROM links JOIN outbox USING (link_id)";

impl Store {
    /// Links a device: the link, its journal entry and its held event, or none of them.
    ///
    /// Order, version, cancellation and uniqueness are read again here (decision 10). The very same link asked for
    /// again, by its notification id, is answered as the first time.
    pub fn link(&mut self, new: &NewLink, station: &str) -> Result<LinkAnswer, StoreError> {
        // Decision 13: what could never be sent is never linked.
        new.notification().message(new.linked_at)?;
        self.atomically(|tx| {
            if let Some(answer) = refusal(tx, new)? {
                return Ok(answer);
            }
            insert(tx, new, station)?;
            let link_id = tx.last_insert_rowid();
            outbox::hold(tx, link_id, new)?;
            let link = by_link_id(tx, link_id)?.ok_or(StoreError::Damaged { column: "link_id" })?;
            note(tx, &link, new.linked_at, json!({"line": link.line, "unit": link.unit}))?;
            Ok(LinkAnswer::Linked(Box::new(link)))
        })
    }

    /// Closes a pack: its links are closed, their events ready with the payload as it will go out.
    pub fn close(
        &mut self,
        order_id: &OrderId,
        version: u32,
        now: Timestamp,
    ) -> Result<CloseAnswer, StoreError> {
        self.atomically(|tx| {
            let Some(packing) = orders::packing(tx, order_id.as_str())? else {
                return Ok(CloseAnswer::Changed);
            };
            if packing.order.cancelled {
                let released = orders::release_unclosed(tx, &packing.links, now)?;
                return Ok(CloseAnswer::Cancelled { released });
            }
            if packing.order.version != version || !packing.order.pre_registered {
                return Ok(CloseAnswer::Changed);
            }
            let mut links = 0;
            for link in packing.links.iter().filter(|link| link.state == LinkState::Linked) {
                close_one(tx, link, now)?;
                links += 1;
            }
            Ok(CloseAnswer::Closed { links })
        })
    }

    /// Releases the active link of `dsn` and drops its event (decision 14).
    ///
    /// Legal while no relay has had the event in hand; from then on a supervisor must see to it (E26).
    pub fn release(
        &mut self,
        dsn: &Dsn,
        reason: ReleaseReason,
        now: Timestamp,
    ) -> Result<ReleaseAnswer, StoreError> {
        self.atomically(|tx| {
            let Some(link) = active_of_dsn(tx, dsn)? else { return Ok(ReleaseAnswer::NotLinked) };
            let event = outbox::standing(tx, link.link_id)?;
            if !event.is_droppable() {
                return Ok(ReleaseAnswer::AlreadySent);
            }
            take_back(tx, &link, reason, now)?;
            let released = by_link_id(tx, link.link_id)?;
            released
                .map(|link| ReleaseAnswer::Released(Box::new(link)))
                .ok_or(StoreError::Damaged { column: "link_id" })
        })
    }

    /// When the newest link was made.
    pub fn newest_link(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut statement = self.connection.prepare("SELECT max(linked_at) FROM links")?;
        let newest: Option<i64> = statement.query_row([], |row| row.get(0))?;
        Ok(newest.map(Timestamp::from_millis))
    }

    /// Every link there ever was, oldest first.
    pub fn links(&self) -> Result<Vec<Link>, StoreError> {
        let mut statement = self.connection.prepare(&format!("{SELECT} ORDER BY link_id"))?;
        statement.query_and_then([], link_of)?.collect()
    }
}

/// Releases `link`, drops its event unless that was sent, and notes it.
pub(super) fn take_back(
    tx: &Connection,
    link: &Link,
    reason: ReleaseReason,
    now: Timestamp,
) -> Result<(), StoreError> {
    let state = link.state.step(LinkCause::Release(reason))?;
    tx.prepare_cached(
        "UPDATE links SET state = ?2, reason = ?3, released_at = ?4 WHERE link_id = ?1",
    )?
    .execute(params![link.link_id, state.name(), reason.name(), now.millis()])?;
    if outbox::standing(tx, link.link_id)?.state != OutboxState::Sent {
        outbox::drop_event(tx, link.link_id)?;
    }
    note(tx, &Link { state, ..link.clone() }, now, json!({"reason": reason.name()}))
}

/// The links of an order that are not released, by line and unit.
pub(super) fn active_of_order(tx: &Connection, order_id: &str) -> Result<Vec<Link>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "{SELECT} WHERE order_id = ?1 AND links.state <> 'released' ORDER BY line, unit"
    ))?;
    statement.query_and_then([order_id], link_of)?.collect()
}

/// The links of each order that are not released, by line and unit.
pub(super) fn active_by_order(tx: &Connection) -> Result<BTreeMap<String, Vec<Link>>, StoreError> {
    let query = format!("{SELECT} WHERE links.state <> 'released' ORDER BY line, unit");
    let mut statement = tx.prepare(&query)?;
    let mut all: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    for link in statement.query_and_then([], link_of)? {
        let link = link?;
        all.entry(link.order_id.as_str().to_owned()).or_default().push(link);
    }
    Ok(all)
}

/// Why `new` is not made, or that it was made before.
fn refusal(tx: &Connection, new: &NewLink) -> Result<Option<LinkAnswer>, StoreError> {
    if let Some(link) = by_notification(tx, &new.notification_id)? {
        return repeated(link, new).map(Some);
    }
    let Some(packing) = orders::packing(tx, new.order_id.as_str())? else {
        return Ok(Some(LinkAnswer::Changed));
    };
    if packing.order.cancelled {
        return Ok(Some(LinkAnswer::Cancelled));
    }
    if packing.order.version != new.order_version || !wants(&packing.order, new) {
        return Ok(Some(LinkAnswer::Changed));
    }
    if let Some(link) = active_of_dsn(tx, &new.dsn)? {
        return Ok(Some(if link.order_id == new.order_id {
            LinkAnswer::Here { unit: link.unit }
        } else {
            LinkAnswer::Taken { order_id: link.order_id, station: link.station, at: link.linked_at }
        }));
    }
    if let Some((order_id, at)) = returned(tx, &new.dsn)? {
        return Ok(Some(LinkAnswer::Returned { order_id, at }));
    }
    let filled = packing.links.iter().any(|l| l.line == new.line && l.unit == new.unit);
    Ok(filled.then_some(LinkAnswer::Changed))
}

/// The answer to a link whose notification id is there: the first answer again, where it is the very same link.
fn repeated(link: Link, new: &NewLink) -> Result<LinkAnswer, StoreError> {
    if (&link.dsn, &link.order_id) != (&new.dsn, &new.order_id) {
        return Err(StoreError::IdTaken);
    }
    if link.state == LinkState::Released {
        return Ok(LinkAnswer::Changed);
    }
    Ok(LinkAnswer::Linked(Box::new(link)))
}

/// Whether the order wants such a unit, for that customer.
fn wants(order: &Order, new: &NewLink) -> bool {
    let line = order.scan_lines().find(|line| line.line == new.line);
    line.is_some_and(|line| {
        order.pre_registered
            && line.asin == new.asin
            && (1..=line.quantity).contains(&new.unit)
            && order.customer(line) == Some(&new.directed_customer_id)
    })
}

/// Where the device came back from, when that is the last that happened to it (E11).
fn returned(tx: &Connection, dsn: &Dsn) -> Result<Option<(OrderId, Timestamp)>, StoreError> {
    let last = one(tx, "WHERE links.dsn = ?1 ORDER BY generation DESC LIMIT 1", dsn.as_str())?;
    let last = last.filter(|link| link.reason == Some(ReleaseReason::Return));
    Ok(last.and_then(|link| Some((link.order_id, link.released_at?))))
}

fn insert(tx: &Connection, new: &NewLink, station: &str) -> Result<(), StoreError> {
    // The indexes active_dsn and active_unit stand behind the checks before: within one IMMEDIATE transaction they
    // cannot disagree, so a violation here would be a bug and is an error.
    tx.prepare_cached(
        "INSERT INTO links (dsn, generation, order_id, line, unit, asin, model_id, state, station,
            catalog, linked_at)
         VALUES (?1, 1 + (SELECT coalesce(max(generation), 0) FROM links WHERE dsn = ?1),
            ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        new.dsn.as_str(),
        new.order_id.as_str(),
        new.line,
        new.unit,
        new.asin.as_str(),
        new.model_id.as_str(),
        LinkState::Linked.name(),
        station,
        new.catalog,
        new.linked_at.millis()
    ])?;
    Ok(())
}

fn close_one(tx: &Connection, link: &Link, now: Timestamp) -> Result<(), StoreError> {
    let state = link.state.step(LinkCause::Close)?;
    tx.prepare_cached("UPDATE links SET state = ?2, closed_at = ?3 WHERE link_id = ?1")?
        .execute(params![link.link_id, state.name(), now.millis()])?;
    // With publish_at = "link" the event may be on its way already.
    if outbox::standing(tx, link.link_id)?.state == OutboxState::Held {
        outbox::ready(tx, link.link_id, now)?;
    }
    note(tx, &Link { state, ..link.clone() }, now, json!({}))
}

/// Writes down that `link` has come to its state.
fn note(
    tx: &Connection,
    link: &Link,
    at: Timestamp,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let entry = journal::JournalEntry {
        at,
        station: link.station.clone(),
        operator: link.operator.clone(),
        catalog: link.catalog.clone(),
        kind: link.state.name().to_owned(),
        order_id: Some(link.order_id.clone()),
        dsn: Some(link.dsn.as_str().to_owned()),
        detail,
    };
    journal::write(tx, &entry)
}

fn active_of_dsn(tx: &Connection, dsn: &Dsn) -> Result<Option<Link>, StoreError> {
    one(tx, "WHERE links.dsn = ?1 AND links.state <> 'released'", dsn.as_str())
}

fn by_notification(tx: &Connection, id: &NotificationId) -> Result<Option<Link>, StoreError> {
    one(tx, "WHERE notification_id = ?1", id.as_str())
}

fn by_link_id(tx: &Connection, link_id: i64) -> Result<Option<Link>, StoreError> {
    one(tx, "WHERE link_id = ?1", link_id)
}

fn one(
    tx: &Connection,
    which: &str,
    key: impl rusqlite::ToSql,
) -> Result<Option<Link>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("{SELECT} {which}"))?;
    let mut links = statement.query_and_then([key], link_of)?;
    links.next().transpose()
}

fn link_of(row: &Row<'_>) -> Result<Link, StoreError> {
    Ok(Link {
        link_id: row.get("link_id")?,
        dsn: Dsn::matched(&row.get::<_, String>("dsn")?),
        generation: row.get("generation")?,
        order_id: parsed(row, "order_id")?,
        line: row.get("line")?,
        unit: row.get("unit")?,
        asin: parsed(row, "asin")?,
        model_id: parsed(row, "model_id")?,
        state: parsed(row, "state")?,
        reason: parsed_or_null(row, "reason")?,
        station: row.get("station")?,
        operator: row.get("operator")?,
        catalog: row.get("catalog")?,
        linked_at: time(row, "linked_at")?,
        closed_at: time_or_null(row, "closed_at")?,
        released_at: time_or_null(row, "released_at")?,
        notification_id: parsed(row, "notification_id")?,
    })
}
