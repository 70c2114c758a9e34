//! Orders as they were pre-registered, and an order as it is being packed.

pub mod import;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::pipeline::ident::{Asin, CustomerId, Dsn, Marketplace, OrderCode, OrderId};
use crate::pipeline::link::Link;

/// A pre-registered order. It could be published: import refuses one that could not (decision 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Its id.
    pub order_id: OrderId,
    /// Counted up by the order system; a higher one replaces.
    pub version: u32,
    /// What a packer calls it up by.
    pub codes: Vec<OrderCode>,
    /// Where it was bought.
    pub marketplace: Marketplace,
    /// The customer, where the lines name none.
    pub directed_customer_id: Option<CustomerId>,
    /// Whether the customer chose replenishment at checkout: without it no link and no event.
    pub pre_registered: bool,
    /// Whether it has been cancelled.
    pub cancelled: bool,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderLine {
    /// Its number within the order.
    pub line: u32,
    /// The product.
    pub asin: Asin,
    /// Units.
    pub quantity: u32,
    /// Whether it is a device of ours; a book in the same order is not.
    pub scan: bool,
    /// The customer for this line's client, where it differs from the order's.
    pub directed_customer_id: Option<CustomerId>,
    /// The ASIN chosen for each slot.
    pub slot_asins: BTreeMap<String, Asin>,
}

impl Order {
    /// The customer that a link of `line` is for.
    pub fn customer<'a>(&'a self, line: &'a OrderLine) -> Option<&'a CustomerId> {
        line.directed_customer_id.as_ref().or(self.directed_customer_id.as_ref())
    }

    /// The lines that want devices scanned.
    pub fn scan_lines(&self) -> impl Iterator<Item = &OrderLine> {
        self.lines.iter().filter(|line| line.scan)
    }
}

/// An order on the packing table: as the database had it when it was called up, with its links since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// The order.
    pub order: Order,
    /// Its active links: linked or closed, never released.
    pub links: Vec<Link>,
}

impl Packing {
    /// The order's link of `dsn`, where it has one.
    pub fn link_of(&self, dsn: &Dsn) -> Option<&Link> {
        self.links.iter().find(|link| link.dsn == *dsn)
    }

    /// The lowest unit of `line` that has no link yet, counted from 1.
    pub fn next_unit(&self, line: &OrderLine) -> Option<u32> {
        let linked = |unit| self.links.iter().any(|l| l.line == line.line && l.unit == unit);
        (1..=line.quantity).find(|unit| !linked(*unit))
    }

    /// Whether every scan line has all its units linked.
    pub fn is_full(&self) -> bool {
        self.order.scan_lines().all(|line| self.next_unit(line).is_none())
    }

    /// Whether all is linked and the pack was closed.
    pub fn is_closed(&self) -> bool {
        !self.links.is_empty() && self.is_full() && self.links.iter().all(Link::is_closed)
    }

    /// Units linked, and units wanted.
    pub fn progress(&self) -> (u32, u32) {
        let wanted = self.order.scan_lines().map(|line| line.quantity).sum();
        (u32::try_from(self.links.len()).unwrap_or(u32::MAX), wanted)
    }
}
