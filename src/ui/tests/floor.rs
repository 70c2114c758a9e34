//! A floor to play on: the shipped models and orders, a store that answers as told, boxes that are shown.

use std::fmt::Write;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use serde_json::Value;

use crate::pipeline::catalog::Catalog;
use crate::pipeline::command::Command;
use crate::pipeline::link::{CloseAnswer, Link, LinkAnswer, LinkState, NewLink, ReleaseAnswer};
use crate::pipeline::notification::OutboxCounts;
use crate::pipeline::order::{Order, OrderLine, Packing};
use crate::pipeline::symbol::{Point, Symbol, Symbology};
use crate::pipeline::time::{SIMULATED_START, Timestamp};
use crate::pipeline::view::Glance;
use crate::station::{Ask, CameraHealth, Effect, Event, Outbox, Rules, Station};
use crate::ui::words::{Telling, telling};
use crate::ui::{Mode, Screen, draw};

const MODELS: [(&str, &str); 4] = [
    ("coffee-k2.toml", include_str!("../../../models/coffee-k2.toml")),
    ("printer-p4.toml", include_str!("../../../models/printer-p4.toml")),
    ("speaker-e3.toml", include_str!("../../../models/speaker-e3.toml")),
    ("washer-w1.toml", include_str!("../../../models/washer-w1.toml")),
];
const ORDERS: &str = include_str!("../../../samples/orders.jsonl");

pub(super) const WASHER: &str = "SP00C4T8W2X6";
pub(super) const PRINTERS: &str = "SP00B7K2M9Q1";
const COFFEE: &str = "SP00E6F1G8H2";
const BLACK_AND_WHITE: &str = "SP00Y5B9T1Z7";

pub(super) struct Floor {
    pub(super) station: Station,
    pub(super) screen: Screen,
    now: Timestamp,
    frame: u64,
    link: fn(&NewLink) -> LinkAnswer,
    release: ReleaseAnswer,
    links: Vec<Link>,
}

fn id<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str().and_then(|text| text.parse().ok())
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn order(code: &str) -> Option<Order> {
    let orders = ORDERS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let has = |v: &Value| {
        v["codes"].as_array().unwrap().iter().any(|c| c == code) || v["order_id"] == code
    };
    let v = orders.into_iter().find(has)?;
    let line = |l: &Value| OrderLine {
        line: number(&l["line"]),
        asin: id(&l["asin"]).unwrap(),
        quantity: number(&l["quantity"]),
        scan: l["scan"] == true,
        directed_customer_id: id(&l["directed_customer_id"]),
        slot_asins: std::collections::BTreeMap::new(),
    };
    Some(Order {
        order_id: id(&v["order_id"]).unwrap(),
        version: 1,
        codes: vec![],
        marketplace: id(&v["marketplace"]).unwrap(),
        directed_customer_id: id(&v["directed_customer_id"]),
        pre_registered: v["pre_registered"] == true,
        cancelled: v["cancelled"] == true,
        lines: v["lines"].as_array().unwrap().iter().map(line).collect(),
    })
}

fn link(new: &NewLink) -> LinkAnswer {
    LinkAnswer::Linked(Box::new(Link {
        link_id: new.linked_at.millis(),
        dsn: new.dsn.clone(),
        generation: 1,
        order_id: new.order_id.clone(),
        line: new.line,
        unit: new.unit,
        asin: new.asin.clone(),
        model_id: new.model_id.clone(),
        state: LinkState::Linked,
        reason: None,
        station: "pack-3".to_owned(),
        operator: None,
        catalog: new.catalog.clone(),
        linked_at: new.linked_at,
        closed_at: None,
        released_at: None,
        notification_id: new.notification_id.clone(),
    }))
}

/// A symbol at the `n`th place of the picture.
fn symbol(symbology: Symbology, text: &str, n: u8) -> Symbol {
    let (x, y) = (100.0 + 40.0 * f32::from(n), 100.0 + 300.0 * f32::from(n));
    let corner = |dx: f32, dy: f32| Point::new(x + dx, y + dy);
    Symbol {
        symbology,
        text: text.to_owned(),
        identifier: "]C0".to_owned(),
        corners: [corner(0., 0.), corner(200., 0.), corner(200., 50.), corner(0., 50.)],
        confidence: None,
        add_on: None,
    }
}

fn code128(text: &str, n: u8) -> Symbol {
    symbol(Symbology::Code128, text, n)
}

impl Floor {
    pub(super) fn new() -> Self {
        Self::of_models(MODELS.map(|(name, text)| (name, text.to_owned())).to_vec())
    }

    fn of_models(models: Vec<(&str, String)>) -> Self {
        let files = models.iter().map(|(name, text)| (*name, text.as_str()));
        let (catalog, faults) = Catalog::load(files);
        assert!(faults.is_empty(), "{faults:?}");
        let now = SIMULATED_START.plus(38_520_000);
        let mut floor = Self {
            station: Station::new(Arc::new(catalog), Rules::default(), now),
            screen: Screen::default(),
            now,
            frame: 0,
            link,
            release: ReleaseAnswer::NotLinked,
            links: vec![],
        };
        floor.apply(Event::Camera { name: "top".into(), health: CameraHealth::Live });
        floor
    }

    pub(super) fn with_order(code: &str) -> Self {
        Self::new().typed(code)
    }

    pub(super) fn hostile(text: &str) -> Self {
        let mut floor =
            Self::with_order(WASHER).show(&[code128(text, 0), code128("S/N:AD\u{1b}", 1)]);
        floor.apply(Event::StoreFailed(text.to_owned()));
        floor.apply(Event::Camera { name: text.into(), health: CameraHealth::Frozen });
        floor.screen.mode = Mode::Typing(text.to_owned());
        floor
    }

    fn typed(mut self, code: &str) -> Self {
        self.apply(Event::Typed(code.to_owned()));
        self
    }

    fn command(mut self, command: Command) -> Self {
        self.apply(Event::Command(command));
        self
    }

    fn answering(mut self, link: fn(&NewLink) -> LinkAnswer) -> Self {
        self.link = link;
        self
    }

    pub(super) fn apply(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.station.apply(event, self.now) {
                if let Effect::Ask(ask) = effect {
                    events.extend(self.answer(ask));
                }
            }
        }
    }

    fn answer(&mut self, ask: Ask) -> Option<Event> {
        Some(match ask {
            Ask::Find(text) => {
                let links = self.links.clone();
                let packing = order(&text).map(|order| Box::new(Packing { order, links }));
                Event::Found { text, packing }
            }
            Ask::Link(new) => Event::LinkAnswered((self.link)(&new)),
            Ask::Close { .. } => Event::CloseAnswered(CloseAnswer::Closed { links: 1 }),
            Ask::Release { .. } => Event::ReleaseAnswered(self.release.clone()),
            Ask::MakeReady(_) => return None,
        })
    }

    /// Shows symbols for a second, fifteen frames.
    fn show(mut self, symbols: &[Symbol]) -> Self {
        for _ in 0..15 {
            self.glance(symbols);
        }
        self
    }

    fn glance(&mut self, symbols: &[Symbol]) {
        self.frame += 1;
        self.now = self.now.plus(66);
        self.apply(Event::Glance(Glance {
            camera: "top".into(),
            view: "table".into(),
            source: None,
            number: self.frame,
            taken: self.now,
            fingerprint: self.frame,
            symbols: symbols.into(),
        }));
    }

    /// Two readings of one spot in turn, for so many frames.
    fn flicker(mut self, frames: u32) -> Self {
        for _ in 0..frames {
            self.glance(&[code128("S/N:AD123456C", 0)]);
            self.glance(&[code128("S/N:AD123458C", 0)]);
        }
        self
    }

    fn gone(self) -> Self {
        self.show(&[])
    }

    fn wait(mut self, ms: i64) -> Self {
        self.now = self.now.plus(ms);
        self.apply(Event::Tick);
        self
    }

    pub(super) fn telling(&self) -> Telling {
        telling(&self.station, self.now)
    }

    pub(super) fn buffer(&self, width: u16, height: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &self.station, &self.screen, self.now)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, without spaces at the ends of its rows.
    pub(super) fn text(&self, width: u16, height: u16) -> String {
        let buffer = self.buffer(width, height);
        let rows = buffer.content().chunks(usize::from(width));
        let row = |cells: &[ratatui::buffer::Cell]| {
            let text: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
            text.trim_end().to_owned()
        };
        rows.map(row).collect::<Vec<_>>().join("\n")
    }

    /// The screen with the escapes of its colours.
    pub(super) fn colours(&self, width: u16, height: u16) -> String {
        let mut text = String::new();
        for cells in self.buffer(width, height).content().chunks(usize::from(width)) {
            for cell in cells {
                let code = |colour: Color, base: u16| match colour {
                    Color::Indexed(i) => format!("{};5;{i}", base + 8),
                    Color::Green => (base + 2).to_string(),
                    Color::Yellow => (base + 3).to_string(),
                    Color::LightRed => (base + 61).to_string(),
                    Color::LightCyan => (base + 66).to_string(),
                    _ => (base + 9).to_string(),
                };
                let bold = if cell.modifier.contains(Modifier::BOLD) { "1;" } else { "" };
                let dim = if cell.modifier.contains(Modifier::DIM) { "2;" } else { "" };
                let (fg, bg) = (code(cell.fg, 30), code(cell.bg, 40));
                write!(text, "\x1b[0;{bold}{dim}{fg};{bg}m{}", cell.symbol()).unwrap();
            }
            text += "\x1b[0m\n";
        }
        text
    }
}

const A: &str = "S/N:AD123456C";
const B: &str = "S/N:AF123456C";
const PRINTER: &str = "X12345A1B123456";

fn outbox(ready: u64, dead: u64, halted: bool) -> Floor {
    let mut floor = linked();
    let counts = OutboxCounts { held: 1, ready, sent: 80, dropped: 0, dead };
    let oldest = Some(floor.now.plus(-183_000));
    floor.apply(Event::Outbox(Outbox { counts, oldest, halted }));
    floor
}

fn linked() -> Floor {
    Floor::with_order(WASHER).show(&[code128(A, 0)])
}

fn camera(health: CameraHealth) -> Floor {
    let mut floor = Floor::with_order(WASHER);
    floor.apply(Event::Camera { name: "top".into(), health });
    floor
}

fn mode(mode: Mode) -> Floor {
    let mut floor = Floor::with_order(WASHER);
    floor.screen.mode = mode;
    floor
}

fn no_rule() -> Floor {
    let mut models = MODELS.map(|(name, text)| (name, text.to_owned())).to_vec();
    let without: String = models[0]
        .1
        .lines()
        .map(|l| {
            if l.starts_with("regex") {
                "regex_waived_until = 2099-01-31\n".to_owned()
            } else {
                format!("{l}\n")
            }
        })
        .collect();
    models[0].1 = without;
    Floor::of_models(models).typed(COFFEE)
}

type Scene = (&'static str, fn() -> Floor);

/// Every state of the screen that has a word of its own.
pub(super) const SCENES: &[Scene] = &[
    ("ready", Floor::new),
    ("order_open", || Floor::with_order(COFFEE)),
    ("linked", linked),
    ("linked_one_of_two", || Floor::with_order(PRINTERS).show(&[code128(PRINTER, 0)])),
    ("already_done", || linked().gone().show(&[code128(A, 0)])),
    ("same_box", || {
        let first = Floor::with_order(PRINTERS).show(&[code128(PRINTER, 0)]);
        first.gone().show(&[code128(PRINTER, 0)])
    }),
    ("wrong_model", || Floor::with_order(COFFEE).show(&[code128(PRINTER, 0)])),
    ("wrong_model_acknowledged", || {
        let mut floor = Floor::with_order(COFFEE).show(&[code128(PRINTER, 0)]);
        floor.apply(Event::Acknowledge);
        floor
    }),
    ("wrong_variant", || {
        Floor::with_order(PRINTERS).show(&[code128(PRINTER, 0), code128("X00P4WHITE", 1)])
    }),
    ("not_a_serial", || Floor::with_order(WASHER).show(&[code128("S/N:AD12345", 0)])),
    ("no_rule", no_rule),
    ("taken", || {
        let floor = Floor::with_order(WASHER).answering(|new| LinkAnswer::Taken {
            order_id: "112-0000009-0000876".parse().unwrap(),
            station: "pack-1".to_owned(),
            at: new.linked_at.plus(-600_000),
        });
        floor.show(&[code128(A, 0)])
    }),
    ("returned", || {
        let floor = Floor::with_order(WASHER).answering(|new| LinkAnswer::Returned {
            order_id: "112-0000009-0000876".parse().unwrap(),
            at: new.linked_at.plus(-180_000_000),
        });
        floor.show(&[code128(A, 0)])
    }),
    ("not_preregistered", || Floor::with_order("SP00K3V5M7T9")),
    ("cancelled", || Floor::with_order("SP00L6R2W4K8")),
    ("changed", || {
        Floor::with_order(WASHER).answering(|_| LinkAnswer::Changed).show(&[code128(A, 0)])
    }),
    ("order_complete", || linked().gone().show(&[code128(B, 0)])),
    ("two_boxes", || Floor::with_order(WASHER).show(&[code128(A, 0), code128(B, 2)])),
    ("ambiguous", || Floor::with_order(BLACK_AND_WHITE).show(&[code128(PRINTER, 0)])),
    ("secret", || {
        let wifi = symbol(Symbology::QRCode, "WIFI:T:WPA;S:home;P:SECRETPASS;;", 0);
        Floor::with_order(WASHER).show(&[wifi])
    }),
    ("unknown_order", || Floor::with_order("SP0000009999")),
    ("no_order_held", || Floor::new().show(&[code128(A, 0)])),
    ("no_serial", || {
        let product = code128("X00WSHRW11", 0);
        (0..5)
            .fold(Floor::with_order(WASHER), |floor, _| floor.show(std::slice::from_ref(&product)))
    }),
    ("checking", || Floor::with_order(WASHER).flicker(3)),
    ("unreadable", || Floor::with_order(WASHER).flicker(40)),
    ("closed", || linked().command(Command::Close)),
    ("units_missing", || Floor::with_order(PRINTERS).command(Command::Close)),
    ("nothing_to_close", || Floor::new().command(Command::Close)),
    ("order_still_open", || Floor::with_order(PRINTERS).show(&[code128(PRINTER, 0)]).typed(WASHER)),
    ("unlinked", || linked().command(Command::Undo)),
    ("nothing_to_undo", || Floor::with_order(WASHER).command(Command::Undo)),
    ("already_sent", || {
        let mut floor = linked();
        floor.release = ReleaseAnswer::AlreadySent;
        floor.command(Command::Undo)
    }),
    ("hold_expired", || Floor::new().show(&[code128(A, 0)]).wait(21_000)),
    ("store_failed", || {
        let mut floor = linked();
        floor.apply(Event::StoreFailed("database: disk I/O error".to_owned()));
        floor
    }),
    ("two_lines", || {
        let with_product = [code128(PRINTER, 0), code128("X00P4BLACK", 1)];
        Floor::with_order(BLACK_AND_WHITE).show(&with_product)
    }),
    ("queue", || outbox(14, 0, false)),
    ("queue_halted", || outbox(14, 0, true)),
    ("queue_dead", || outbox(0, 2, false)),
    ("camera_lost", || camera(CameraHealth::Lost)),
    ("camera_frozen", || camera(CameraHealth::Frozen)),
    ("typing", || mode(Mode::Typing("SP00A1B2".to_owned()))),
    ("help", || mode(Mode::Help)),
    ("quit", || mode(Mode::AskingToQuit)),
];
