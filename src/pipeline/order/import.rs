//! Order files: the bytes of one → orders that can be published, and the lines that were refused and why.
//!
//! JSON Lines or CSV, told by content (contracts 1). What an order already in the database says of it, the store asks.

mod check;
mod json_lines;
mod rows;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pipeline::catalog::Catalog;
use crate::pipeline::order::Order;
use crate::pipeline::show;

/// What an order file gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// Each good order with the number of its (first) line, in the file's order.
    pub orders: Vec<(usize, Order)>,
    /// What was refused, in the file's order. An order with a bad line is not among the good ones.
    pub bad: Vec<BadLine>,
}

/// A line that was refused; every text of it is fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    /// Its number in the file, counted from 1.
    pub line: usize,
    /// The field; empty where the line as a whole is meant.
    pub field: String,
    /// The field's value, shortened, of a customer id the last four characters; empty where there is none.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

impl BadLine {
    /// The refusal of `line` because of `value` in `field`; both are made fit to be shown.
    pub fn new(line: usize, field: &str, value: &str, reason: &str) -> Self {
        let value =
            if field.ends_with("directed_customer_id") { show::last4(value) } else { shown(value) };
        Self { line, field: shown(field), value, reason: reason.to_owned() }
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, value, reason } = self;
        match (field.as_str(), value.as_str()) {
            ("", _) => write!(f, "line {line}: {reason}"),
            (_, "") => write!(f, "line {line}: {field}: {reason}"),
            _ => write!(f, "line {line}: {field} = \"{value}\": {reason}"),
        }
    }
}

/// The orders in the bytes of an order file, as far as `catalog` lets them be published (decision 8).
///
/// Refused are, besides what is malformed:
/// - a scan line whose ASIN no model sells, or that has no customer id although the order is pre-registered;
/// - a line number twice, a quantity that is not 1 to 1000, no line at all;
/// - a code twice, and a code or id that a box could carry: a serial, a product code, a command, a secret;
/// - in CSV, rows of one order that do not agree on it.
pub fn parse(bytes: &[u8], catalog: &Catalog) -> Parsed {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let drafts = if is_csv(bytes) { rows::drafts(bytes) } else { json_lines::drafts(bytes) };
    let mut parsed = Parsed::default();
    for draft in drafts {
        match draft.and_then(|draft| Ok((draft.at, check::order(&draft, catalog)?))) {
            Ok(good) => parsed.orders.push(good),
            Err(bad) => parsed.bad.push(bad),
        }
    }
    parsed.bad.sort_by_key(|bad| bad.line);
    parsed
}

/// Whether the first line that is not blank names columns.
fn is_csv(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let names_a_column = first.windows(b"order_id".len()).any(|window| window == b"order_id");
    !first.starts_with(b"{") && names_a_column
}

/// An order as a file has it, its values still unchecked; CSV is brought into this form, too.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// The line it stands on.
    #[serde(skip)]
    at: usize,
    order_id: Value,
    version: Value,
    codes: Value,
    marketplace: Value,
    directed_customer_id: Value,
    pre_registered: Value,
    cancelled: Value,
    lines: Vec<DraftLine>,
}

/// A line of a [`Draft`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftLine {
    /// The line of the file that it stands on.
    #[serde(skip)]
    at: usize,
    /// What stands before the names of its fields.
    #[serde(skip)]
    path: String,
    line: Value,
    asin: Value,
    quantity: Value,
    scan: Value,
    directed_customer_id: Value,
    #[serde(deserialize_with = "json_lines::pairs")]
    slot_asins: Vec<(String, Value)>,
}

/// `text`, shortened and escaped; what holds a customer id is cut to its last four characters (decision 22).
fn shown(text: &str) -> String {
    if text.contains("amzn1.account.") { show::last4(text) } else { show::shortened(text, 40) }
}

#[cfg(test)]
mod tests;
