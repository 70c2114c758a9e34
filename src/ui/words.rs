//! The one table of what the packer is told: word, colour and what to do, for every verdict and every notice.
//!
//! Words are few and short, since they are read from two metres away. Serials and orders are told by their last four.

use ratatui::style::{Color, Modifier, Style};

use crate::pipeline::catalog::Catalog;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::{Asin, ModelId};
use crate::pipeline::order::Packing;
use crate::pipeline::payload::SecretClass;
use crate::pipeline::show;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::Verdict;
use crate::station::{CameraHealth, Face, Notice, Station};

/// How a word is meant; told by a glyph too, so that it needs no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done.
    Good,
    /// Not so.
    Wrong,
    /// Not yet.
    Wait,
    /// Nothing is the matter.
    Calm,
}

impl Tone {
    /// Its glyph.
    pub fn glyph(self) -> char {
        match self {
            Self::Good => '✔',
            Self::Wrong => '✖',
            Self::Wait => '…',
            Self::Calm => '▶',
        }
    }

    /// Its field of colour: at least 4.5 to 1 against the letters on it.
    pub fn field(self) -> Style {
        let (letters, field) = match self {
            Self::Good => (Color::Indexed(231), Color::Indexed(28)),
            Self::Wrong => (Color::Indexed(231), Color::Indexed(160)),
            Self::Wait => (Color::Indexed(16), Color::Indexed(214)),
            Self::Calm => (Color::Indexed(231), Color::Indexed(24)),
        };
        Style::new().fg(letters).bg(field)
    }

    /// Letters in its colour, on the terminal's own ground.
    pub fn letters(self) -> Style {
        let letters = match self {
            Self::Good => Color::Green,
            Self::Wrong => Color::LightRed,
            Self::Wait => Color::Yellow,
            Self::Calm => Color::LightCyan,
        };
        Style::new().fg(letters).add_modifier(Modifier::BOLD)
    }
}

/// What the big part of the screen says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// How it is meant.
    pub tone: Tone,
    /// The big word.
    pub word: String,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub then: String,
    /// The last four characters of the serial that it is about.
    pub last4: Option<String>,
}

/// Tone, word, and what to do; the rows of operator flow 6.2.
type Row = (Tone, &'static str, &'static str);

/// The row of a verdict.
pub fn verdict_row(verdict: &Verdict) -> Row {
    use self::Tone::{Good, Wait, Wrong};
    match verdict {
        Verdict::Linked => (Good, "LINKED", "Pack it. Then show CLOSE or press c."),
        Verdict::AlreadyDone { .. } => (Wait, "ALREADY DONE", "Pack it; nothing more to scan."),
        Verdict::SameBox { .. } => (Wrong, "SAME BOX", "Show the next box."),
        Verdict::WrongModel { .. } => (Wrong, "WRONG PRODUCT", "Swap the box"),
        Verdict::WrongVariant { .. } => (Wrong, "WRONG VARIANT", "Swap the box"),
        Verdict::NotASerial { .. } => (Wrong, "NOT A SERIAL", "Show another code on the box."),
        Verdict::NoRule => (Wrong, "NOT READY", "Take another order"),
        Verdict::Taken { .. } => (Wrong, "TAKEN", "Box aside, call a supervisor"),
        Verdict::Returned { .. } => (Wrong, "RETURNED", "Take another box; this one aside."),
        Verdict::NotPreregistered => (Wait, "NO SCAN", "Pack normally; nothing to scan."),
        Verdict::Cancelled => (Wrong, "CANCELLED", "Do not pack; restock the box"),
        Verdict::Changed => (Wrong, "CHANGED", "Take it away, show it again"),
        Verdict::OrderComplete => (Wait, "COMPLETE", "Show CLOSE or press c; no more boxes."),
        Verdict::TwoBoxes => (Wrong, "TWO BOXES", "Take one away."),
        Verdict::Ambiguous { between } => (Wait, "WHICH ONE?", which(between)),
        Verdict::Secret { .. } => (Wrong, "NOT FOR US", "Cover that code; show another face."),
        Verdict::UnknownOrder => (Wrong, "NO SUCH ORDER", "Scan the order's label again."),
        Verdict::NoOrder => (Wait, "HELD", "Now scan the order."),
        Verdict::NoSerial => (Wrong, "NO SERIAL", "Turn the box; else set it aside."),
        Verdict::Unreadable => (Wait, "UNREADABLE", "Nearer and still, or another label."),
        Verdict::Checking => (Wait, "CHECKING", "Keep the box still."),
    }
}

fn which(between: &str) -> &'static str {
    match between {
        "lines" => "Show the product code beside the serial.",
        "orders" => "Only one order's label in view.",
        _ => "Cover one of the two codes.",
    }
}

/// The row of a notice.
pub fn notice_row(notice: &Notice) -> Row {
    use self::Tone::{Calm, Good, Wait, Wrong};
    match notice {
        Notice::OrderOpen => (Calm, "SHOW BOX", "Hold a box of the order under the camera."),
        Notice::Closed(_) => (Good, "CLOSED", "Print the label. Next order."),
        Notice::UnitsMissing => (Wrong, "NOT FULL", "Show the boxes that are missing."),
        Notice::NothingToClose => (Wrong, "NO ORDER", "Scan an order first."),
        Notice::OrderStillOpen => (Wrong, "NOT FULL", "Finish this order before the next."),
        Notice::Unlinked(_) => (Wait, "UNLINKED", "Take the box away; show the right one."),
        Notice::NothingToUndo => (Wait, "NO UNDO", "Go on with the order."),
        Notice::AlreadySent => (Wrong, "ALREADY SENT", "Call a supervisor"),
        Notice::HoldExpired => (Wait, "LET GO", "Scan the order, then show the box again."),
        Notice::StoreFailed(_) => (Wrong, "STOP", "Restart the station; call a supervisor."),
    }
}

/// What the station has to say at `now`.
pub fn telling(station: &Station, now: Timestamp) -> Telling {
    let message = station.message();
    if station.is_stopped() {
        let why = match &message.face {
            Face::Notice(Notice::StoreFailed(why)) => why.clone(),
            _ => String::new(),
        };
        return of_notice(&Notice::StoreFailed(why), station);
    }
    if message.acknowledged && is_blind(station) {
        return blind();
    }
    let mut telling = match &message.face {
        Face::Ready => ready(station),
        Face::Decision(decision) => of_decision(decision, station, now),
        Face::Notice(notice) => of_notice(notice, station),
    };
    if !message.acknowledged {
        telling.then.push_str(", then press space.");
    } else if telling.then.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        telling.then.push('.');
    }
    telling
}

/// Whether no camera gives new frames (E23).
fn is_blind(station: &Station) -> bool {
    let mut cameras = station.cameras().values().peekable();
    cameras.peek().is_some() && cameras.all(|health| *health != CameraHealth::Live)
}

fn blind() -> Telling {
    Telling {
        tone: Tone::Wrong,
        word: "NO CAMERA".to_owned(),
        what: "No camera gives new pictures: nothing is linked.".to_owned(),
        then: "Plug it in again, or call a supervisor.".to_owned(),
        last4: None,
    }
}

fn ready(station: &Station) -> Telling {
    let n_models = station.catalog().models().len();
    Telling {
        tone: Tone::Calm,
        word: "READY".to_owned(),
        what: format!("{n_models} models on file."),
        then: "Scan an order or show a box.".to_owned(),
        last4: None,
    }
}

fn of_notice(notice: &Notice, station: &Station) -> Telling {
    let (tone, word, then) = notice_row(notice);
    let (linked, wanted) = station.order().map_or((0, 0), Packing::progress);
    let what = match notice {
        Notice::OrderOpen => order_summary(station),
        Notice::Closed(links) => format!("{} linked; the label may print.", boxes(*links)),
        Notice::UnitsMissing | Notice::OrderStillOpen => {
            format!("{linked} of {wanted} linked in this order.")
        }
        Notice::NothingToClose => "There is nothing on the table to close.".to_owned(),
        Notice::Unlinked(_) => "The link is taken back; nothing was sent.".to_owned(),
        Notice::NothingToUndo => "No link of this order can be undone.".to_owned(),
        Notice::AlreadySent => "The link cannot be taken back: its event has gone.".to_owned(),
        Notice::HoldExpired => "No order came for the box in time.".to_owned(),
        Notice::StoreFailed(why) => {
            format!("Nothing more is linked. {}", show::shortened(why, 120))
        }
    };
    let last4 = match notice {
        Notice::Unlinked(dsn) => Some(tail(dsn.as_str())),
        _ => None,
    };
    Telling { tone, word: word.to_owned(), what, then: then.to_owned(), last4 }
}

fn of_decision(decision: &Decision, station: &Station, now: Timestamp) -> Telling {
    let (tone, word, then) = verdict_row(&decision.verdict);
    let mut telling = Telling {
        tone,
        word: word.to_owned(),
        what: what(decision, station, now),
        then: then.to_owned(),
        last4: decision.dsn.as_ref().map(|dsn| tail(dsn.as_str())),
    };
    if decision.verdict == Verdict::Linked
        && let Some(open) = station.order()
        && let (linked, wanted) = open.progress()
        && wanted > 1
    {
        telling.word = format!("{linked} OF {wanted}");
        if linked < wanted {
            "Next box.".clone_into(&mut telling.then);
        }
    }
    telling
}

/// What is the matter, in a line or two.
fn what(decision: &Decision, station: &Station, now: Timestamp) -> String {
    let catalog = station.catalog();
    let ordered = || decision.asin.as_ref().map_or("the product".into(), |a| product(catalog, a));
    match &decision.verdict {
        Verdict::Linked => format!("Linked: {}{}.", ordered(), unit_of(decision)),
        Verdict::AlreadyDone { unit } => format!("This box is linked as unit {unit}."),
        Verdict::SameBox { unit } => format!("This is the box of unit {unit}."),
        Verdict::WrongModel { expected, found } => {
            let expected = expected.as_ref().map_or("no device".into(), |id| model(catalog, id));
            format!("Box is {}, order wants {expected}.", model(catalog, found))
        }
        Verdict::WrongVariant { label_asin, order_asin } => {
            format!("Label says {label_asin}, order wants {order_asin}.")
        }
        Verdict::NotASerial { position, text } => misfit(text, *position, &ordered()),
        Verdict::NoRule => format!("No serial rule on file for {}.", ordered()),
        Verdict::Taken { order_id, station, at } => {
            let (order, by) = (show::last4(order_id.as_str()), show::shortened(station, 20));
            format!("Order {order} has it: {by}, {} ago.", age(now.since(*at)))
        }
        Verdict::Returned { order_id, at } => {
            let order = show::last4(order_id.as_str());
            format!("It came back from order {order} {} ago.", age(now.since(*at)))
        }
        Verdict::NotPreregistered => "The customer asked for no replenishment.".to_owned(),
        Verdict::Cancelled => "The order is cancelled; its links are taken back.".to_owned(),
        Verdict::Changed => "The order was changed and is loaded anew.".to_owned(),
        Verdict::OrderComplete => "Every unit of the order is linked.".to_owned(),
        Verdict::TwoBoxes => "Two devices are in view.".to_owned(),
        Verdict::Ambiguous { between } => format!("Two {between} are possible."),
        Verdict::Secret { class, length } => {
            format!("{} in view, {length} characters, not kept.", secret(*class))
        }
        Verdict::UnknownOrder => "No order has that code.".to_owned(),
        Verdict::NoOrder => held(station, now),
        Verdict::NoSerial => "No serial number in view.".to_owned(),
        Verdict::Unreadable => "The serial cannot be read for sure.".to_owned(),
        Verdict::Checking => "Two readings of one code differ.".to_owned(),
    }
}

/// The box that waits, and how long it still does (E18).
pub fn held(station: &Station, now: Timestamp) -> String {
    let Some(held) = station.held() else { return "The box waits for its order.".to_owned() };
    let left = (station.rules().hold_ms - now.since(held.since)).max(0);
    let last4 = show::last4(held.dsn.as_str());
    format!("Box {last4} waits: {} s left.", left.saturating_add(999) / 1000)
}

fn misfit(text: &str, position: usize, product: &str) -> String {
    let fits = text.get(..position).unwrap_or_default().chars().count();
    let shown = show::shortened(text, 24);
    format!("{shown} is no serial of {product}: wrong at character {}.", fits + 1)
}

fn unit_of(decision: &Decision) -> String {
    match (decision.unit, decision.units) {
        (Some(unit), Some(units)) if units > 1 => format!(", unit {unit} of {units}"),
        _ => String::new(),
    }
}

fn order_summary(station: &Station) -> String {
    let Some(open) = station.order() else { return String::new() };
    let lines = open.order.scan_lines();
    let names: Vec<String> = lines
        .map(|line| format!("{} × {}", line.quantity, product(station.catalog(), &line.asin)))
        .collect();
    format!("Order {}: {}", show::last4(open.order.order_id.as_str()), names.join(", "))
}

/// The name of a secret's class.
pub fn secret(class: SecretClass) -> &'static str {
    match class {
        SecretClass::FfsInner => "A set-up code",
        SecretClass::Wifi => "A Wi-Fi password",
        SecretClass::Matter => "A Matter code",
        SecretClass::HomeKit => "A HomeKit code",
        SecretClass::OneTimePassword => "A one-time password",
    }
}

/// The name of the model that sells `asin`, or the ASIN where no model does.
pub fn product(catalog: &Catalog, asin: &Asin) -> String {
    catalog.model_of(asin).map_or_else(|| asin.to_string(), |model| clean(&model.name))
}

/// The name of the model `model_id`, or the id where no model has it.
pub fn model(catalog: &Catalog, model_id: &ModelId) -> String {
    let model = catalog.models().iter().find(|model| model.model_id == *model_id);
    model.map_or_else(|| show::shortened(model_id.as_str(), 30), |model| clean(&model.name))
}

/// A name of our own files: any script, nothing that moves the cursor.
fn clean(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

/// The last four characters, fit to be shown.
fn tail(text: &str) -> String {
    show::last4(text).trim_start_matches('…').to_owned()
}

fn boxes(n: u32) -> String {
    if n == 1 { "1 box".to_owned() } else { format!("{n} boxes") }
}

/// A length of time in the largest unit that it has two of.
pub fn age(millis: i64) -> String {
    match millis.max(0) / 1000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

/// The time of day, UTC.
pub fn clock(at: Timestamp) -> String {
    let s = at.millis() / 1000 % 86_400;
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}
