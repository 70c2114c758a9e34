//! A draft's values → an order that can be published.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::Value;

use crate::pipeline::catalog::Catalog;
use crate::pipeline::ident::{Asin, Gtin, NotIdent, OrderCode};
use crate::pipeline::meaning::{Role, meaning};
use crate::pipeline::order::import::{BadLine, Draft, DraftLine};
use crate::pipeline::order::{Order, OrderLine};
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// What an order may hold at most.
const MOST_LINES: usize = 1_000;
const MOST_CODES: usize = 64;
const MOST_SLOTS: usize = 64;
const QUANTITY: RangeInclusive<u32> = 1..=1_000;

/// Where a value stands.
struct Spot<'a> {
    at: usize,
    path: &'a str,
}

/// The order that `draft` is.
pub(super) fn order(draft: &Draft, catalog: &Catalog) -> Result<Order, BadLine> {
    let spot = Spot { at: draft.at, path: "" };
    let order = Order {
        order_id: spot.ident("order_id", &draft.order_id)?,
        version: spot.whole("version", &draft.version, 0..=u32::MAX)?,
        codes: codes(&spot, &draft.codes)?,
        marketplace: spot.ident("marketplace", &draft.marketplace)?,
        directed_customer_id: spot
            .ident_or_null("directed_customer_id", &draft.directed_customer_id)?,
        pre_registered: spot.flag("pre_registered", &draft.pre_registered)?,
        cancelled: spot.flag("cancelled", &draft.cancelled)?,
        lines: lines(&spot, &draft.lines)?,
    };
    for (field, code) in order
        .codes
        .iter()
        .map(|code| ("codes", code.as_str()))
        .chain([("order_id", order.order_id.as_str())])
    {
        if let Some(what) = carried_by_a_box(code, catalog) {
            return Err(spot.bad(
                field,
                code,
                &format!("it cannot call an order up: it is {what}"),
            ));
        }
    }
    for (line, draft) in order.lines.iter().zip(&draft.lines) {
        publishable(&order, line, draft, catalog)?;
    }
    Ok(order)
}

fn codes(spot: &Spot<'_>, value: &Value) -> Result<Vec<OrderCode>, BadLine> {
    let Value::Array(values) = value else {
        return Err(spot.bad("codes", &text_of(value), "write a list of texts"));
    };
    if values.len() > MOST_CODES {
        return Err(spot.bad("codes", "", &format!("more than {MOST_CODES} of them")));
    }
    let mut codes: Vec<OrderCode> = Vec::new();
    for value in values {
        let code = spot.ident("codes", value)?;
        if codes.contains(&code) {
            return Err(spot.bad("codes", code.as_str(), "it stands there twice"));
        }
        codes.push(code);
    }
    Ok(codes)
}

fn lines(spot: &Spot<'_>, drafts: &[DraftLine]) -> Result<Vec<OrderLine>, BadLine> {
    if drafts.is_empty() {
        return Err(spot.bad("lines", "", "the order has none"));
    }
    if drafts.len() > MOST_LINES {
        return Err(spot.bad("lines", "", &format!("more than {MOST_LINES} of them")));
    }
    let mut numbers = BTreeSet::new();
    let mut lines = Vec::new();
    for draft in drafts {
        let line = line(draft)?;
        if !numbers.insert(line.line) {
            let spot = Spot { at: draft.at, path: &draft.path };
            return Err(spot.bad("line", &line.line.to_string(), "another line has this number"));
        }
        lines.push(line);
    }
    Ok(lines)
}

fn line(draft: &DraftLine) -> Result<OrderLine, BadLine> {
    let spot = Spot { at: draft.at, path: &draft.path };
    if draft.slot_asins.len() > MOST_SLOTS {
        return Err(spot.bad("slot_asins", "", &format!("more than {MOST_SLOTS} of them")));
    }
    let mut slot_asins = BTreeMap::new();
    for (slot, asin) in &draft.slot_asins {
        let asin: Asin = spot.ident("slot_asins", asin)?;
        if slot.is_empty() || slot.len() > 64 || !slot.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(spot.bad(
                "slot_asins",
                slot,
                "a slot has 1 to 64 printable ASCII characters",
            ));
        }
        if slot_asins.insert(slot.clone(), asin).is_some() {
            return Err(spot.bad("slot_asins", slot, "the slot stands there twice"));
        }
    }
    Ok(OrderLine {
        line: spot.whole("line", &draft.line, 1..=u32::MAX)?,
        asin: spot.ident("asin", &draft.asin)?,
        quantity: spot.whole("quantity", &draft.quantity, QUANTITY)?,
        scan: spot.flag("scan", &draft.scan)?,
        directed_customer_id: spot
            .ident_or_null("directed_customer_id", &draft.directed_customer_id)?,
        slot_asins,
    })
}

/// Whether the devices of `line` could be told to their maker (decision 8, requirement 52).
fn publishable(
    order: &Order,
    line: &OrderLine,
    draft: &DraftLine,
    catalog: &Catalog,
) -> Result<(), BadLine> {
    let spot = Spot { at: draft.at, path: &draft.path };
    if !line.scan {
        return Ok(());
    }
    if catalog.model_of(&line.asin).is_none() {
        let reason = "no model on file sells it; add the model, or set scan to false";
        return Err(spot.bad("asin", line.asin.as_str(), reason));
    }
    if order.pre_registered && order.customer(line).is_none() {
        let reason =
            "a pre-registered order needs a customer for each scan line, here or on the order";
        return Err(spot.bad("directed_customer_id", "", reason));
    }
    Ok(())
}

/// What `code` would be on a box, where it would not be taken for an order's code.
fn carried_by_a_box(code: &str, catalog: &Catalog) -> Option<&'static str> {
    if code.parse::<Gtin>().is_ok_and(|gtin| catalog.asins_of_gtin(gtin).is_some()) {
        return Some("the code of a product on file");
    }
    // What is read in one symbology may be tried in another: one of each kind of content stands for all.
    let as_symbol = |symbology, identifier: &str| Symbol {
        symbology,
        text: code.to_owned(),
        identifier: identifier.to_owned(),
        corners: [Point::new(0.0, 0.0); 4],
        confidence: None,
        add_on: None,
    };
    let forms = [
        as_symbol(Symbology::Code128, "]C0"),
        as_symbol(Symbology::Code39, "]A0"),
        as_symbol(Symbology::DataMatrix, "]d1"),
        as_symbol(Symbology::QRCode, "]Q1"),
    ];
    forms.iter().find_map(|symbol| match meaning(symbol, catalog).role {
        Role::Dsn => Some("a serial number of a model on file"),
        Role::Product => Some("the code of a product"),
        Role::Command => Some("a command of the station"),
        Role::Secret => Some("a code that holds a secret"),
        Role::CallUp | Role::Other => None,
    })
}

/// A value as text, for showing it.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(_) => "[…]".to_owned(),
        Value::Object(_) => "{…}".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

impl Spot<'_> {
    fn bad(&self, field: &str, value: &str, reason: &str) -> BadLine {
        BadLine::new(self.at, &format!("{}{field}", self.path), value, reason)
    }

    fn ident<T: FromStr<Err = NotIdent>>(&self, field: &str, value: &Value) -> Result<T, BadLine> {
        let Value::String(text) = value else {
            return Err(self.bad(field, &text_of(value), "write a text"));
        };
        text.parse().map_err(|error: NotIdent| self.bad(field, text, error.why))
    }

    fn ident_or_null<T: FromStr<Err = NotIdent>>(
        &self,
        field: &str,
        value: &Value,
    ) -> Result<Option<T>, BadLine> {
        if value.is_null() { Ok(None) } else { self.ident(field, value).map(Some) }
    }

    fn whole(
        &self,
        field: &str,
        value: &Value,
        range: RangeInclusive<u32>,
    ) -> Result<u32, BadLine> {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let reason = format!("write a whole number from {} to {}", range.start(), range.end());
            self.bad(field, &text_of(value), &reason)
        })
    }

    fn flag(&self, field: &str, value: &Value) -> Result<bool, BadLine> {
        value.as_bool().ok_or_else(|| self.bad(field, &text_of(value), "write true or false"))
    }
}
