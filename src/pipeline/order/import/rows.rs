//! CSV: a row a line of an order, the rows of one order put together.

use std::collections::BTreeMap;

use csv::{ByteRecord, ReaderBuilder};
use serde_json::Value;

use crate::pipeline::order::import::{BadLine, Draft, DraftLine};

/// The columns, in the contract's order; a file may have them in any.
const COLUMNS: [&str; 12] = [
    "order_id",
    "version",
    "codes",
    "marketplace",
    "directed_customer_id",
    "pre_registered",
    "cancelled",
    "line",
    "asin",
    "quantity",
    "scan",
    "slot_asins",
];

/// What all rows of an order must agree on.
const OF_THE_ORDER: [&str; 5] = ["version", "codes", "marketplace", "pre_registered", "cancelled"];

/// The rows of one order, and what is wrong with them.
#[derive(Debug, Default)]
struct Group {
    rows: Vec<Row>,
    bad: Vec<BadLine>,
}

/// A row: its line's number and its text by column.
#[derive(Debug)]
struct Row {
    at: usize,
    fields: BTreeMap<&'static str, String>,
}

/// An order, or why it is none, in order of their first rows. An order with one bad row is bad as a whole.
pub(super) fn drafts(bytes: &[u8]) -> Vec<Result<Draft, BadLine>> {
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
    let mut records = reader.byte_records();
    let header = records.next().map(|header| columns(&header.map_err(|e| unreadable(&e))?));
    let columns = match header {
        None => return Vec::new(),
        Some(Err(bad)) => return vec![Err(bad)],
        Some(Ok(columns)) => columns,
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut of_order: BTreeMap<String, usize> = BTreeMap::new();
    for record in records {
        let row = record.map_err(|e| unreadable(&e)).and_then(|record| row(&record, &columns));
        // Where a row's order cannot be told, it counts as one of the order before it.
        let index = match &row {
            Ok(row) => *of_order.entry(row.text("order_id").to_owned()).or_insert(groups.len()),
            Err(_) => groups.len().saturating_sub(1),
        };
        if index >= groups.len() {
            groups.push(Group::default());
        }
        if let Some(group) = groups.get_mut(index) {
            match row {
                Ok(row) => group.rows.push(row),
                Err(bad) => group.bad.push(bad),
            }
        }
    }
    groups.into_iter().flat_map(Group::draft).collect()
}

/// The column of each field of a record.
fn columns(header: &ByteRecord) -> Result<Vec<&'static str>, BadLine> {
    let at = line_of(header);
    let mut columns = Vec::new();
    for name in header {
        let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
        let found = COLUMNS.into_iter().find(|column| *column == name);
        let column = found.ok_or_else(|| BadLine::new(at, &name, "", "no such column"))?;
        if columns.contains(&column) {
            return Err(BadLine::new(at, column, "", "the column stands there twice"));
        }
        columns.push(column);
    }
    match COLUMNS.into_iter().find(|column| !columns.contains(column)) {
        Some(missing) => Err(BadLine::new(at, missing, "", "the column is missing")),
        None => Ok(columns),
    }
}

fn row(record: &ByteRecord, columns: &[&'static str]) -> Result<Row, BadLine> {
    let at = line_of(record);
    if record.len() != columns.len() {
        let reason = format!("{} fields where the header has {}", record.len(), columns.len());
        return Err(BadLine::new(at, "", "", &reason));
    }
    let mut fields = BTreeMap::new();
    for (column, bytes) in columns.iter().copied().zip(record) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let shown = String::from_utf8_lossy(bytes);
            return Err(BadLine::new(at, column, &shown, "not UTF-8"));
        };
        fields.insert(column, text.to_owned());
    }
    Ok(Row { at, fields })
}

fn line_of(record: &ByteRecord) -> usize {
    record.position().map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX))
}

fn unreadable(error: &csv::Error) -> BadLine {
    let at = error.position().map_or(1, csv::Position::line);
    BadLine::new(usize::try_from(at).unwrap_or(usize::MAX), "", "", "the row cannot be read")
}

impl Row {
    fn text(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }

    /// A value as JSON has it: a number or a truth where it is written as one, else a text.
    fn value(&self, column: &str) -> Value {
        match self.text(column) {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)
            }
            text => Value::from(text),
        }
    }

    fn words(&self, column: &str) -> Value {
        self.text(column).split_ascii_whitespace().map(Value::from).collect()
    }

    fn customer(&self) -> Value {
        match self.text("directed_customer_id") {
            "" => Value::Null,
            text => Value::from(text),
        }
    }

    fn line(&self, directed_customer_id: Value) -> Result<DraftLine, BadLine> {
        let mut slot_asins = Vec::new();
        for pair in self.text("slot_asins").split_ascii_whitespace() {
            let Some((slot, asin)) = pair.split_once('=') else {
                return Err(BadLine::new(self.at, "slot_asins", pair, "write it as slot=ASIN"));
            };
            slot_asins.push((slot.to_owned(), Value::from(asin)));
        }
        Ok(DraftLine {
            at: self.at,
            path: String::new(),
            line: self.value("line"),
            asin: Value::from(self.text("asin")),
            quantity: self.value("quantity"),
            scan: self.value("scan"),
            directed_customer_id,
            slot_asins,
        })
    }
}

impl Group {
    /// The order that the rows make up, or all that is wrong with them.
    fn draft(self) -> Vec<Result<Draft, BadLine>> {
        let Self { rows, mut bad } = self;
        let Some(first) = rows.first() else { return bad.into_iter().map(Err).collect() };
        for row in &rows {
            let differs = |column: &&&str| row.text(column) != first.text(column);
            if let Some(column) = OF_THE_ORDER.iter().find(differs) {
                let reason = format!("not as on line {}, of the same order", first.at);
                bad.push(BadLine::new(row.at, column, row.text(column), &reason));
            }
        }
        // One customer for all is the order's; else each line has its own.
        let customer = first.customer();
        let one = rows.iter().all(|row| row.customer() == customer);
        let mut lines = Vec::new();
        for row in &rows {
            match row.line(if one { Value::Null } else { row.customer() }) {
                Ok(line) => lines.push(line),
                Err(wrong) => bad.push(wrong),
            }
        }
        if !bad.is_empty() {
            return bad.into_iter().map(Err).collect();
        }
        vec![Ok(Draft {
            at: first.at,
            order_id: Value::from(first.text("order_id")),
            version: first.value("version"),
            codes: first.words("codes"),
            marketplace: Value::from(first.text("marketplace")),
            directed_customer_id: if one { customer } else { Value::Null },
            pre_registered: first.value("pre_registered"),
            cancelled: first.value("cancelled"),
            lines,
        })]
    }
}
