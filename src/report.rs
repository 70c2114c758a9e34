//! What `run --plain`, `demo` and `replay` print: a line a decision, the summary last (contracts 4).

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::commands::Form;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::{Dsn, OrderId};
use crate::pipeline::link::ReleaseReason;
use crate::pipeline::notification::OutboxCounts;
use crate::pipeline::show;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::Verdict;
use crate::pipeline::view::EqualFrames;
use crate::projector::Played;

/// Writes the lines and counts what they say.
pub struct Report<'a> {
    out: &'a mut dyn Write,
    form: Form,
    equal_frames: EqualFrames,
    lines: u64,
    verdicts: Verdicts,
}

/// How often each verdict was decided, by its name.
pub type Verdicts = BTreeMap<&'static str, u64>;

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Frames and symbols.
    pub played: Played,
    /// Active links.
    pub links: u64,
    /// The outbox.
    pub events: OutboxCounts,
    /// The home, where there is one.
    pub home: Option<String>,
}

#[derive(Serialize)]
struct ClosedLine<'a> {
    r#type: &'static str,
    n: u64,
    at: Timestamp,
    order_id: &'a OrderId,
    links: u32,
}

#[derive(Serialize)]
struct ReleasedLine<'a> {
    r#type: &'static str,
    n: u64,
    at: Timestamp,
    dsn: &'a Dsn,
    reason: ReleaseReason,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    r#type: &'static str,
    n: u64,
    source: &'a str,
    error: &'a str,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    r#type: &'static str,
    frames: u64,
    symbols: u64,
    verdicts: &'a Verdicts,
    links: u64,
    events: OutboxCounts,
    home: Option<&'a str>,
}

impl std::fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Report({} lines)", self.lines)
    }
}

impl<'a> Report<'a> {
    /// A report to `out`.
    pub fn new(out: &'a mut dyn Write, form: Form, equal_frames: EqualFrames) -> Self {
        Self { out, form, equal_frames, lines: 0, verdicts: Verdicts::new() }
    }

    /// The same after decisions that were shown elsewhere.
    #[must_use]
    pub fn after(self, verdicts: Verdicts) -> Self {
        Self { verdicts, ..self }
    }

    /// A decision.
    pub fn decision(&mut self, decision: &Decision) -> io::Result<()> {
        *self.verdicts.entry(decision.verdict.name()).or_default() += 1;
        self.lines += 1;
        match self.form {
            Form::Json => {
                let line = decision.line(self.lines, self.equal_frames);
                json_line(self.out, &line)
            }
            Form::Text => self.text(decision.at, &decision_text(decision)),
        }
    }

    /// A pack was closed.
    pub fn closed(&mut self, at: Timestamp, order_id: &OrderId, links: u32) -> io::Result<()> {
        self.lines += 1;
        match self.form {
            Form::Json => {
                let line = ClosedLine { r#type: "closed", n: self.lines, at, order_id, links };
                json_line(self.out, &line)
            }
            Form::Text => {
                let order = last4(order_id.as_str());
                self.text(at, &format!("closed           order {order}  {links} linked"))
            }
        }
    }

    /// A link was taken back.
    pub fn released(&mut self, at: Timestamp, dsn: &Dsn, reason: ReleaseReason) -> io::Result<()> {
        self.lines += 1;
        match self.form {
            Form::Json => {
                let line = ReleasedLine { r#type: "released", n: self.lines, at, dsn, reason };
                json_line(self.out, &line)
            }
            Form::Text => {
                self.text(at, &format!("released         {}  {reason}", last4(dsn.as_str())))
            }
        }
    }

    /// A picture that is none.
    pub fn error(&mut self, source: &str, error: &str) -> io::Result<()> {
        self.lines += 1;
        let (source, error) = (&show::printable(source), &show::printable(error));
        match self.form {
            Form::Json => {
                let line = ErrorLine { r#type: "error", n: self.lines, source, error };
                json_line(self.out, &line)
            }
            Form::Text => writeln!(self.out, "{source}: {error}").and_then(|()| self.out.flush()),
        }
    }

    /// The last line.
    pub fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let Summary { played, links, events, home } = summary;
        if self.form == Form::Json {
            let line = SummaryLine {
                r#type: "summary",
                frames: played.frames,
                symbols: played.symbols,
                verdicts: &self.verdicts,
                links: *links,
                events: *events,
                home: home.as_deref(),
            };
            return json_line(self.out, &line);
        }
        let verdicts: Vec<String> =
            self.verdicts.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let out = &mut *self.out;
        writeln!(out)?;
        writeln!(out, "frames    {}", played.frames)?;
        writeln!(out, "symbols   {}", played.symbols)?;
        writeln!(out, "verdicts  {}", verdicts.join(", "))?;
        writeln!(out, "links     {links}")?;
        let OutboxCounts { held, ready, sent, dropped, dead } = events;
        writeln!(
            out,
            "events    {sent} sent, {held} held, {ready} ready, {dropped} dropped, {dead} dead"
        )?;
        if let Some(home) = home {
            writeln!(out, "files     {home}")?;
        }
        out.flush()
    }

    fn text(&mut self, at: Timestamp, text: &str) -> io::Result<()> {
        let at = at.to_string();
        let time = at.get(11..19).unwrap_or_default();
        writeln!(self.out, "{time}  {text}").and_then(|()| self.out.flush())
    }
}

fn json_line(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    let text = show::json_escaped(&serde_json::to_string(line)?);
    writeln!(out, "{text}").and_then(|()| out.flush())
}

/// A decision for a person: what, on which device, for which order, from which picture.
fn decision_text(decision: &Decision) -> String {
    let mut text = format!("{:<16}", decision.verdict.name());
    let mut add = |part: String| {
        text.push(' ');
        text.push_str(&part);
    };
    if let Some(dsn) = &decision.dsn {
        add(last4(dsn.as_str()));
    }
    if let Some(order_id) = &decision.order_id {
        add(format!("order {}", last4(order_id.as_str())));
    }
    if let (Some(unit), Some(units)) = (decision.unit, decision.units) {
        add(format!("unit {unit}/{units}"));
    }
    if let Some(why) = why(&decision.verdict) {
        add(why);
    }
    if let Some(source) = &decision.source {
        add(format!("[{}]", show::printable(source)));
    }
    text
}

fn why(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::WrongModel { expected, found } => {
            let expected = expected.as_ref().map_or("no device", |model| model.as_str());
            Some(format!("is {}, wanted {}", shown(found.as_str()), shown(expected)))
        }
        Verdict::WrongVariant { label_asin, order_asin } => {
            Some(format!("label {label_asin}, order {order_asin}"))
        }
        Verdict::NotASerial { position, text } => {
            Some(format!("{} at character {}", show::shortened(text, 40), position + 1))
        }
        Verdict::Taken { order_id, station, at } => {
            Some(format!("by order {}, station {}, {at}", last4(order_id.as_str()), shown(station)))
        }
        Verdict::Returned { order_id, at } => {
            Some(format!("from order {}, {at}", last4(order_id.as_str())))
        }
        Verdict::Secret { class, length } => Some(format!("{class}, {length} characters")),
        Verdict::Ambiguous { between } => Some(format!("between {between}")),
        Verdict::Linked
        | Verdict::AlreadyDone { .. }
        | Verdict::SameBox { .. }
        | Verdict::NoRule
        | Verdict::NotPreregistered
        | Verdict::Cancelled
        | Verdict::Changed
        | Verdict::OrderComplete
        | Verdict::TwoBoxes
        | Verdict::UnknownOrder
        | Verdict::NoOrder
        | Verdict::NoSerial
        | Verdict::Unreadable
        | Verdict::Checking => None,
    }
}

fn shown(text: &str) -> String {
    show::shortened(text, 40)
}

fn last4(text: &str) -> String {
    show::last4(text)
}
