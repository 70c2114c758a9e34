//! `scanstation orders`: import, list, show, cancel.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::cli::Orders;
use crate::commands::{Form, Outcome, Site, Streams, table};
use crate::edge::clock;
use crate::edge::store::{CancelAnswer, ImportAnswer, ImportPolicy};
use crate::pipeline::ident::OrderId;
use crate::pipeline::order::import::{self, BadLine, Parsed};
use crate::pipeline::order::{Order, OrderLine, Packing};
use crate::pipeline::show;

/// The largest order file that is read: about a million orders.
const MOST_BYTES: u64 = 512 << 20;

/// Does what was typed after `orders`.
pub fn run(typed: &Orders, site: &Site, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    match typed {
        Orders::Import { file, skip_bad, output } => {
            let policy =
                if *skip_bad { ImportPolicy::SkipRefused } else { ImportPolicy::AllOrNothing };
            Import { site, file, policy, form: (*output).into() }.run(streams)
        }
        Orders::List(output) => list(site, (*output).into(), streams),
        Orders::Show { id, output } => show_one(site, id, (*output).into(), streams),
        Orders::Cancel { id, output } => cancel(site, id, (*output).into(), streams),
    }
}

struct Import<'a> {
    site: &'a Site,
    file: &'a Path,
    policy: ImportPolicy,
    form: Form,
}

impl Import<'_> {
    fn run(&self, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
        let catalog = self.site.catalog(streams)?;
        let bytes = self.read().with_context(|| format!("read {}", self.file.display()))?;
        let Parsed { orders, mut bad } = import::parse(&bytes, &catalog);
        drop(bytes);
        let mut answers = Vec::new();
        if bad.is_empty() || self.policy == ImportPolicy::SkipRefused {
            let (lines, orders): (Vec<usize>, Vec<Order>) = orders.into_iter().unzip();
            answers = self.site.store()?.import(&orders, self.policy, clock::now())?;
            for ((line, order), answer) in lines.into_iter().zip(&orders).zip(&answers) {
                bad.extend(refusal(line, order, answer));
            }
        }
        bad.sort_by_key(|bad| bad.line);
        for bad in &bad {
            streams.complain(&format!("{}: {bad}", self.file.display()));
        }
        let kept = bad.is_empty() || self.policy == ImportPolicy::SkipRefused;
        self.report(&answers, &bad, kept, streams)?;
        Ok(if bad.is_empty() { Outcome::Done } else { Outcome::Findings })
    }

    fn read(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.file)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(std::io::Error::other(format!("over {MOST_BYTES} bytes; split it")));
        }
        Ok(bytes)
    }

    fn report(
        &self,
        answers: &[ImportAnswer],
        bad: &[BadLine],
        kept: bool,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<()> {
        let count = |wanted: fn(&ImportAnswer) -> bool| {
            if kept { answers.iter().filter(|answer| wanted(answer)).count() } else { 0 }
        };
        let new = count(|answer| *answer == ImportAnswer::New);
        let replaced = count(|answer| matches!(answer, ImportAnswer::Replaced { .. }));
        let same = count(|answer| *answer == ImportAnswer::Same);
        if self.form == Form::Json {
            return streams.json(&json!({
                "new": new, "replaced": replaced, "same": same, "imported": kept, "bad": bad,
            }));
        }
        if kept {
            streams.line(&format!(
                "{new} new, {replaced} replaced, {same} unchanged, {} refused",
                bad.len()
            ))
        } else {
            streams.complain(&format!(
                "nothing was imported: {} refused; --skip-bad imports the others",
                bad.len()
            ));
            Ok(())
        }
    }
}

/// The bad line that the store's answer to an order makes of it.
fn refusal(line: usize, order: &Order, answer: &ImportAnswer) -> Option<BadLine> {
    let version = || order.version.to_string();
    Some(match answer {
        ImportAnswer::New | ImportAnswer::Replaced { .. } | ImportAnswer::Same => return None,
        ImportAnswer::Lower { have } => {
            BadLine::new(line, "version", &version(), &format!("version {have} is there already"))
        }
        ImportAnswer::Different { .. } => {
            let reason = "the same version with other content is there; count the version up";
            BadLine::new(line, "version", &version(), reason)
        }
        ImportAnswer::CodeTaken { code, by } => {
            let reason = format!("it calls up order {by}");
            BadLine::new(line, "codes", code.as_str(), &reason)
        }
        ImportAnswer::LineLinked { line: number } => {
            let reason = "a device is linked to this line, which the new version changes; undo the link first";
            BadLine::new(line, "lines", &number.to_string(), reason)
        }
    })
}

fn list(site: &Site, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let packings = site.store()?.orders()?;
    if form == Form::Json {
        for packing in &packings {
            streams.json(&overview(packing))?;
        }
        return Ok(Outcome::Done);
    }
    let rows: Vec<[String; 5]> = packings
        .iter()
        .map(|packing| {
            let order = &packing.order;
            let (linked, wanted) = packing.progress();
            [
                order.order_id.to_string(),
                order.version.to_string(),
                state(packing).to_owned(),
                format!("{linked}/{wanted}"),
                codes(order),
            ]
        })
        .collect();
    table::write(streams, ["ORDER", "VERSION", "STATE", "LINKED", "CODES"], &rows)?;
    Ok(Outcome::Done)
}

fn overview(packing: &Packing) -> Value {
    let Packing { order, .. } = packing;
    let (linked, wanted) = packing.progress();
    json!({
        "order_id": order.order_id, "version": order.version, "codes": order.codes,
        "marketplace": order.marketplace, "pre_registered": order.pre_registered,
        "cancelled": order.cancelled, "linked": linked, "wanted": wanted,
        "closed": packing.is_closed(),
    })
}

fn state(packing: &Packing) -> &'static str {
    if packing.order.cancelled {
        "cancelled"
    } else if !packing.order.pre_registered {
        "not pre-registered"
    } else if packing.is_closed() {
        "closed"
    } else {
        "open"
    }
}

fn codes(order: &Order) -> String {
    order.codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn show_one(
    site: &Site,
    id: &str,
    form: Form,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let Some(packing) = site.store()?.find_order(id)? else {
        streams.complain(&format!("no order has the id or code {}", show::shortened(id, 64)));
        return Ok(Outcome::Findings);
    };
    if form == Form::Json {
        streams.json(&whole(&packing)?)?;
    } else {
        show_text(&packing, streams)?;
    }
    Ok(Outcome::Done)
}

/// The order as contracts 1 has it, of customer ids the last four characters only, with its links.
fn whole(packing: &Packing) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(&packing.order)?;
    let hide = |object: &mut Value| {
        if let Some(Value::String(id)) = object.get_mut("directed_customer_id") {
            *id = show::last4(id);
        }
    };
    hide(&mut value);
    value.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten().for_each(hide);
    if let Value::Object(fields) = &mut value {
        fields.insert("links".to_owned(), serde_json::to_value(&packing.links)?);
    }
    Ok(value)
}

fn show_text(packing: &Packing, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    let order = &packing.order;
    let (linked, wanted) = packing.progress();
    streams.line(&format!(
        "order {} version {}: {}, {linked} of {wanted} linked",
        order.order_id,
        order.version,
        state(packing)
    ))?;
    let customer =
        table::or_dash(order.directed_customer_id.as_ref().map(|id| show::last4(id.as_str())));
    streams.line(&format!("{}, customer {customer}, codes {}", order.marketplace, codes(order)))?;
    for line in &order.lines {
        streams.line(&line_text(line))?;
        for link in packing.links.iter().filter(|link| link.line == line.line) {
            let dsn = show::printable(link.dsn.as_str());
            streams
                .line(&format!("  unit {}: {dsn} {} {}", link.unit, link.state, link.linked_at))?;
        }
    }
    Ok(())
}

fn line_text(line: &OrderLine) -> String {
    let OrderLine { line: number, asin, quantity, .. } = line;
    let mut text = format!("line {number}: {quantity} x {asin}");
    if !line.scan {
        text += ", not scanned";
    }
    if let Some(customer) = &line.directed_customer_id {
        text = format!("{text}, customer {}", show::last4(customer.as_str()));
    }
    for (slot, asin) in &line.slot_asins {
        text = format!("{text}, {}={asin}", show::printable(slot));
    }
    text
}

fn cancel(
    site: &Site,
    id: &OrderId,
    form: Form,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let (name, released, kept) = match site.store()?.cancel_order(id, clock::now())? {
        CancelAnswer::NoSuchOrder => {
            streams.complain(&format!("no order has the id {id}"));
            return Ok(Outcome::Findings);
        }
        CancelAnswer::Already => ("already_cancelled", 0, 0),
        CancelAnswer::Cancelled { released, kept } => ("cancelled", released, kept),
    };
    match form {
        Form::Json => streams
            .json(&json!({"order_id": id, "answer": name, "released": released, "kept": kept}))?,
        Form::Text if name == "cancelled" => streams.line(&format!(
            "{id} cancelled: {released} links released, {kept} already closed or sent"
        ))?,
        Form::Text => streams.line(&format!("{id} was cancelled before"))?,
    }
    Ok(Outcome::Done)
}
