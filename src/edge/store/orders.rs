//! Orders: importing, finding, listing and cancelling them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, StoreError, links, outbox, parsed, parsed_or_null};
use crate::pipeline::ident::{Asin, CustomerId, OrderCode, OrderId};
use crate::pipeline::link::{Link, LinkState, ReleaseReason};
use crate::pipeline::order::{Order, OrderLine, Packing};
use crate::pipeline::time::Timestamp;

/// What to do with a file in which an order is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportPolicy {
    /// Nothing of it is kept.
    AllOrNothing,
    /// The others are kept.
    SkipRefused,
}

/// What became of an order that was to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportAnswer {
    /// It was not there before.
    New,
    /// It took the place of an older version.
    Replaced {
        /// The older version.
        from: u32,
    },
    /// The very same order was there already.
    Same,
    /// Refused: a higher version is there.
    Lower {
        /// That version.
        have: u32,
    },
    /// Refused: the same version with other content is there.
    Different {
        /// The version.
        version: u32,
    },
    /// Refused: another order is called up by this code or id.
    CodeTaken {
        /// The code.
        code: OrderCode,
        /// The order that has it.
        by: OrderId,
    },
    /// Refused: a device is linked to a line that it would remove, shrink or give to another customer or product.
    LineLinked {
        /// The line's number.
        line: u32,
    },
}

impl ImportAnswer {
    /// Whether the order was not taken.
    pub fn is_refused(&self) -> bool {
        !matches!(self, Self::New | Self::Replaced { .. } | Self::Same)
    }
}

/// What the store says to an order that was to be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAnswer {
    /// It is cancelled now.
    Cancelled {
        /// Links released by this, their events dropped.
        released: u32,
        /// Links whose pack had been closed or whose event is on its way: those stand.
        kept: u32,
    },
    /// It had been cancelled before.
    Already,
    /// There is no such order.
    NoSuchOrder,
}

impl Store {
    /// Imports `orders` in their order, in one transaction; an answer for each, in the same order.
    ///
    /// Under [`ImportPolicy::AllOrNothing`] one refusal means that nothing was kept; the answers say what would have
    /// become of the others. A replaced order that is now cancelled releases its links.
    pub fn import(
        &mut self,
        orders: &[Order],
        policy: ImportPolicy,
        now: Timestamp,
    ) -> Result<Vec<ImportAnswer>, StoreError> {
        let mut answers = Vec::with_capacity(orders.len());
        let kept = self.atomically(|tx| {
            for order in orders {
                answers.push(import_one(tx, order, now)?);
            }
            let refused = answers.iter().any(ImportAnswer::is_refused);
            if refused && policy == ImportPolicy::AllOrNothing {
                return Err(StoreError::RolledBack);
            }
            Ok(())
        });
        match kept {
            Err(StoreError::RolledBack) | Ok(()) => Ok(answers),
            Err(error) => Err(error),
        }
    }

    /// The order that `code_or_id` calls up, byte for byte: by one of its codes, else by its id.
    pub fn find_order(&self, code_or_id: &str) -> Result<Option<Packing>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT order_id FROM order_codes WHERE code = ?1")?;
        let by_code: Option<String> =
            statement.query_row([code_or_id], |row| row.get(0)).optional()?;
        packing(&self.connection, by_code.as_deref().unwrap_or(code_or_id))
    }

    /// Every order with its active links, by id.
    pub fn orders(&self) -> Result<Vec<Packing>, StoreError> {
        // A query a table: one an order took 15 s for 100 000 orders. In one transaction, so that they fit together.
        let tx = self.connection.unchecked_transaction()?;
        let by_position = |table| format!("SELECT * FROM {table} ORDER BY position");
        let mut codes = by_order(&tx, &by_position("order_codes"), |row| parsed(row, "code"))?;
        let mut lines = by_order(&tx, &by_position("order_lines"), line)?;
        let mut links = links::active_by_order(&tx)?;
        let mut statement = tx.prepare("SELECT * FROM orders ORDER BY order_id")?;
        let packings = statement.query_and_then([], |row| {
            let id: String = row.get("order_id")?;
            let mut order = Order {
                codes: codes.remove(&id).unwrap_or_default(),
                lines: lines.remove(&id).unwrap_or_default(),
                ..bare(row)?
            };
            order.cancelled |= row.get::<_, Option<i64>>("cancelled_at")?.is_some();
            Ok(Packing { order, links: links.remove(&id).unwrap_or_default() })
        })?;
        packings.collect()
    }

    /// Cancels an order here, ahead of the order system: links that are not closed are released, their events dropped.
    ///
    /// Its version stays, so that importing the same order again is a no-op; a higher version replaces it whole.
    pub fn cancel_order(
        &mut self,
        order_id: &OrderId,
        now: Timestamp,
    ) -> Result<CancelAnswer, StoreError> {
        self.atomically(|tx| {
            let Some(packing) = packing(tx, order_id.as_str())? else {
                return Ok(CancelAnswer::NoSuchOrder);
            };
            if packing.order.cancelled {
                return Ok(CancelAnswer::Already);
            }
            tx.execute(
                "UPDATE orders SET cancelled_at = ?2 WHERE order_id = ?1",
                params![order_id.as_str(), now.millis()],
            )?;
            let (active, _) = packing.progress();
            let released = release_unclosed(tx, &packing.links, now)?;
            Ok(CancelAnswer::Cancelled { released, kept: active - released })
        })
    }
}

/// Releases, because their order was cancelled, those of `links` that are not closed and whose event no relay has had;
/// says how many.
pub(super) fn release_unclosed(
    tx: &Connection,
    links: &[Link],
    now: Timestamp,
) -> Result<u32, StoreError> {
    let mut released = 0;
    for link in links.iter().filter(|link| link.state == LinkState::Linked) {
        if outbox::standing(tx, link.link_id)?.is_droppable() {
            links::take_back(tx, link, ReleaseReason::Cancelled, now)?;
            released += 1;
        }
    }
    Ok(released)
}

/// An order of this id with its active links.
pub(super) fn packing(tx: &Connection, order_id: &str) -> Result<Option<Packing>, StoreError> {
    let Some((mut order, cancelled_here)) = order(tx, order_id)? else { return Ok(None) };
    order.cancelled |= cancelled_here;
    let links = links::active_of_order(tx, order_id)?;
    Ok(Some(Packing { order, links }))
}

fn import_one(tx: &Connection, new: &Order, now: Timestamp) -> Result<ImportAnswer, StoreError> {
    let old = order(tx, new.order_id.as_str())?.map(|(order, _)| order);
    if let Some(old) = &old {
        if *old == *new {
            return Ok(ImportAnswer::Same);
        }
        if old.version > new.version {
            return Ok(ImportAnswer::Lower { have: old.version });
        }
        if old.version == new.version {
            return Ok(ImportAnswer::Different { version: old.version });
        }
    }
    if let Some(taken) = code_taken(tx, new)? {
        return Ok(taken);
    }
    let Some(old) = old else {
        write(tx, new, now)?;
        return Ok(ImportAnswer::New);
    };
    let links = links::active_of_order(tx, new.order_id.as_str())?;
    if new.cancelled {
        release_unclosed(tx, &links, now)?;
    } else if let Some(link) = links.iter().find(|link| !fits(new, &old, link)) {
        return Ok(ImportAnswer::LineLinked { line: link.line });
    }
    tx.execute("DELETE FROM order_codes WHERE order_id = ?1", [new.order_id.as_str()])?;
    tx.execute("DELETE FROM order_lines WHERE order_id = ?1", [new.order_id.as_str()])?;
    write(tx, new, now)?;
    Ok(ImportAnswer::Replaced { from: old.version })
}

/// Whether what `link` says stays true of the order: its event is built from it.
fn fits(new: &Order, old: &Order, link: &Link) -> bool {
    let line_of = |order: &Order| order.lines.iter().find(|l| l.line == link.line).cloned();
    let (Some(after), Some(before)) = (line_of(new), line_of(old)) else { return false };
    after.scan
        && after.asin == link.asin
        && after.quantity >= link.unit
        && new.pre_registered == old.pre_registered
        && new.customer(&after) == old.customer(&before)
}

/// A code calls up one order, and no order's id is another's code.
fn code_taken(tx: &Connection, new: &Order) -> Result<Option<ImportAnswer>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT order_id FROM order_codes WHERE code = ?1 AND order_id <> ?2
         UNION ALL SELECT order_id FROM orders WHERE order_id = ?1 AND order_id <> ?2",
    )?;
    let own_id = new.order_id.as_str().parse::<OrderCode>().ok();
    for code in new.codes.iter().chain(&own_id) {
        let mut rows = statement.query([code.as_str(), new.order_id.as_str()])?;
        if let Some(row) = rows.next()? {
            let by = parsed(row, "order_id")?;
            return Ok(Some(ImportAnswer::CodeTaken { code: code.clone(), by }));
        }
    }
    Ok(None)
}

fn write(tx: &Connection, order: &Order, now: Timestamp) -> Result<(), StoreError> {
    let id = order.order_id.as_str();
    let customer = order.directed_customer_id.as_ref().map(CustomerId::as_str);
    tx.prepare_cached(
        "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)
         ON CONFLICT (order_id) DO UPDATE SET version = ?2, marketplace = ?3,
            directed_customer_id = ?4, pre_registered = ?5, cancelled = ?6,
            cancelled_at = NULL, imported_at = ?7",
    )?
    .execute(params![
        id,
        order.version,
        order.marketplace.as_str(),
        customer,
        order.pre_registered,
        order.cancelled,
        now.millis()
    ])?;
    let mut insert = tx.prepare_cached("INSERT INTO order_codes VALUES (?1, ?2, ?3)")?;
    for (position, code) in (0_u32..).zip(&order.codes) {
        insert.execute(params![code.as_str(), id, position])?;
    }
    let mut insert =
        tx.prepare_cached("INSERT INTO order_lines VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (position, line) in (0_u32..).zip(&order.lines) {
        let slots = line.slot_asins.iter().map(|(slot, asin)| (slot.clone(), asin.as_str().into()));
        insert.execute(params![
            id,
            line.line,
            position,
            line.asin.as_str(),
            line.quantity,
            line.scan,
            line.directed_customer_id.as_ref().map(CustomerId::as_str),
            serde_json::Value::Object(slots.collect()).to_string()
        ])?;
    }
    Ok(())
}

/// The order as it was imported, and whether it was cancelled here since.
fn order(tx: &Connection, order_id: &str) -> Result<Option<(Order, bool)>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT * FROM orders WHERE order_id = ?1")?;
    let mut rows = statement.query([order_id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let cancelled_at: Option<i64> = row.get("cancelled_at")?;
    let order = Order { codes: codes(tx, order_id)?, lines: lines(tx, order_id)?, ..bare(row)? };
    Ok(Some((order, cancelled_at.is_some())))
}

/// The order of a row of `orders`, without what stands in other tables.
fn bare(row: &Row<'_>) -> Result<Order, StoreError> {
    Ok(Order {
        order_id: parsed(row, "order_id")?,
        version: row.get("version")?,
        codes: Vec::new(),
        marketplace: parsed(row, "marketplace")?,
        directed_customer_id: parsed_or_null(row, "directed_customer_id")?,
        pre_registered: row.get("pre_registered")?,
        cancelled: row.get("cancelled")?,
        lines: Vec::new(),
    })
}

/// What `read` makes of each row of `query`, by its order, in the rows' order.
fn by_order<T>(
    tx: &Connection,
    query: &str,
    read: fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<BTreeMap<String, Vec<T>>, StoreError> {
    let mut all: BTreeMap<String, Vec<T>> = BTreeMap::new();
    let mut statement = tx.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        all.entry(row.get("order_id")?).or_default().push(read(row)?);
    }
    Ok(all)
}

fn codes(tx: &Connection, order_id: &str) -> Result<Vec<OrderCode>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT code FROM order_codes WHERE order_id = ?1 ORDER BY position")?;
    statement.query_and_then([order_id], |row| parsed(row, "code"))?.collect()
}

fn lines(tx: &Connection, order_id: &str) -> Result<Vec<OrderLine>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT * FROM order_lines WHERE order_id = ?1 ORDER BY position")?;
    statement.query_and_then([order_id], line)?.collect()
}

fn line(row: &Row<'_>) -> Result<OrderLine, StoreError> {
    Ok(OrderLine {
        line: row.get("line")?,
        asin: parsed(row, "asin")?,
        quantity: row.get("quantity")?,
        scan: row.get("scan")?,
        directed_customer_id: parsed_or_null(row, "directed_customer_id")?,
        slot_asins: slot_asins(row)?,
    })
}

fn slot_asins(row: &Row<'_>) -> Result<BTreeMap<String, Asin>, StoreError> {
    let damaged = StoreError::Damaged { column: "slot_asins" };
    let text: String = row.get("slot_asins")?;
    let Ok(slots) = serde_json::from_str::<BTreeMap<String, String>>(&text) else {
        return Err(damaged);
    };
    let parse = |(slot, asin): (String, String)| Some((slot, asin.parse().ok()?));
    slots.into_iter().map(parse).collect::<Option<_>>().ok_or(damaged)
}
