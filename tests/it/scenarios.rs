//! Rules of the floor as files: orders, then steps, and what each step must bring about, word for word.
//!
//! A step's `expect` is all that it does: decisions as `VERDICT DSN @ORDER UNIT/UNITS DETAIL`, notices,
//! `closed ORDER N`, `released DSN REASON`, `ready DSN`; nothing expected means that nothing happens.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use scanstation::pipeline::decision::Decision;
use scanstation::pipeline::link::{Link, ReleaseReason};
use scanstation::pipeline::order::{Order, OrderLine};
use scanstation::pipeline::symbol::{Point, Symbol};
use scanstation::pipeline::time::{SIMULATED_START, Timestamp};
use scanstation::pipeline::view::{EqualFrames, Glance, inside};
use scanstation::station::{Ask, Effect, Event, Face, Notice, PublishAt, Rules};
use serde::Deserialize;

use crate::floor::Floor;

/// The pictures that symbols lie in.
const SIZE: (u32, u32) = (1280, 720);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    rule: String,
    #[serde(default)]
    publish_at_link: bool,
    #[serde(default)]
    equal_frames_count: bool,
    #[serde(default)]
    store_ms: i64,
    #[serde(default)]
    order: Vec<OrderText>,
    #[serde(default)]
    symbols: BTreeMap<String, SymbolText>,
    step: Vec<Step>,
    #[serde(default)]
    links: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderText {
    id: String,
    #[serde(default = "one")]
    version: u32,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default = "yes")]
    pre_registered: bool,
    #[serde(default)]
    cancelled: bool,
    lines: Vec<LineText>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineText {
    asin: String,
    #[serde(default = "one")]
    quantity: u32,
    #[serde(default = "yes")]
    scan: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SymbolText {
    format: String,
    text: String,
    #[serde(default)]
    identifier: String,
    /// Its top left; it is 200 wide and 60 high.
    at: [f32; 2],
}

/// One thing that happens. Frames come at 15 a second and are decoded 30 ms after they were taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What `frames` frames show.
    show: Option<Vec<String>>,
    /// Frames that in turn show one of these.
    flicker: Option<Vec<Vec<String>>>,
    #[serde(default = "one")]
    frames: u32,
    /// Whether the frames are byte-equal.
    #[serde(default)]
    equal: bool,
    camera: Option<String>,
    view: Option<String>,
    wait_ms: Option<i64>,
    typed: Option<String>,
    command: Option<String>,
    #[serde(default)]
    acknowledge: bool,
    #[serde(default)]
    source_ended: bool,
    /// Another process cancels this order.
    cancel: Option<String>,
    /// Another process imports this order.
    import: Option<OrderText>,
    /// The store's next answer is this failure.
    fail: Option<String>,
    /// The relay has this device's event in hand.
    sent: Option<String>,
    /// This device comes back from its customer.
    returned: Option<String>,
    #[serde(default)]
    expect: Vec<String>,
    /// The sounds of the step, where they are the point.
    sounds: Option<Vec<String>>,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

impl OrderText {
    fn order(&self) -> Order {
        let lines = self.lines.iter().zip(1..).map(|(line, number)| OrderLine {
            line: number,
            asin: line.asin.parse().unwrap(),
            quantity: line.quantity,
            scan: line.scan,
            directed_customer_id: None,
            slot_asins: BTreeMap::new(),
        });
        Order {
            order_id: self.id.parse().unwrap(),
            version: self.version,
            codes: self.codes.iter().map(|code| code.parse().unwrap()).collect(),
            marketplace: "amazon.com".parse().unwrap(),
            directed_customer_id: Some("amzn1.account.AHEXAMPLE0001".parse().unwrap()),
            pre_registered: self.pre_registered,
            cancelled: self.cancelled,
            lines: lines.collect(),
        }
    }
}

impl SymbolText {
    fn symbol(&self) -> Symbol {
        let [x, y] = self.at;
        let corners = [(0.0, 0.0), (200.0, 0.0), (200.0, 60.0), (0.0, 60.0)];
        Symbol {
            symbology: self.format.parse().unwrap(),
            text: self.text.clone(),
            identifier: self.identifier.clone(),
            corners: corners.map(|(dx, dy)| Point::new(x + dx, y + dy)),
            confidence: None,
            add_on: None,
        }
    }
}

/// A scenario on its way.
struct Play {
    floor: Floor,
    symbols: BTreeMap<String, SymbolText>,
    frames: u64,
    fingerprint: u64,
    notice: Option<(Notice, Timestamp)>,
    told: Vec<String>,
    sounds: Vec<String>,
}

impl Play {
    fn new(scenario: &Scenario) -> Self {
        let mut rules = Rules::default();
        if scenario.publish_at_link {
            rules.publish_at = PublishAt::Link;
        }
        if scenario.equal_frames_count {
            rules.agreement.equal_frames = EqualFrames::Count;
        }
        let mut floor = Floor::new(rules, SIMULATED_START);
        floor.store_ms = scenario.store_ms;
        for order in scenario.order.iter().map(OrderText::order) {
            floor.store.orders.insert(order.order_id.clone(), order);
        }
        let symbols = scenario.symbols.clone();
        Self {
            floor,
            symbols,
            frames: 0,
            fingerprint: 0,
            notice: None,
            told: Vec::new(),
            sounds: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        let store = &mut self.floor.store;
        if let Some(id) = &step.cancel {
            store.orders.get_mut(&id.parse().unwrap()).unwrap().cancelled = true;
        }
        if let Some(order) = step.import.as_ref().map(OrderText::order) {
            store.orders.insert(order.order_id.clone(), order);
        }
        if let Some(dsn) = &step.returned {
            let link = store.links.iter_mut().find(|link| link.dsn.as_str() == dsn).unwrap();
            link.state = scanstation::pipeline::link::LinkState::Released;
            link.reason = Some(ReleaseReason::Return);
            link.released_at = Some(self.floor.now);
        }
        store.sent.extend(step.sent.clone());
        store.fails = step.fail.clone().or(store.fails.take());
        if let Some(text) = &step.typed {
            self.happen(Event::Typed(text.clone()));
        }
        if let Some(command) = &step.command {
            self.happen(Event::Command(command.parse().unwrap()));
        }
        if step.acknowledge {
            self.happen(Event::Acknowledge);
        }
        if let Some(names) = &step.show {
            self.show(step, std::slice::from_ref(names));
        }
        if let Some(turns) = &step.flicker {
            self.show(step, turns);
        }
        let end = self.floor.now.plus(step.wait_ms.unwrap_or(0));
        while self.floor.now < end {
            self.floor.now = self.floor.now.plus(end.since(self.floor.now).min(50));
            self.happen(Event::Tick);
        }
        if step.source_ended {
            self.happen(Event::SourceEnded);
        }
    }

    fn show(&mut self, step: &Step, turns: &[Vec<String>]) {
        let mut turn = turns.iter().cycle();
        for i in 0..step.frames {
            self.frames += 1;
            if !step.equal {
                self.fingerprint = self.frames;
            }
            let names = turn.next().unwrap();
            let symbols = names.iter().map(|name| self.symbols[name].symbol()).collect();
            let glance = Glance {
                camera: Arc::from(step.camera.as_deref().unwrap_or("top")),
                view: Arc::from(step.view.as_deref().unwrap_or("table")),
                source: None,
                number: self.frames,
                taken: self.floor.now.plus(if i % 3 == 0 { 36 } else { 37 }),
                fingerprint: self.fingerprint,
                symbols: inside(symbols, SIZE.0, SIZE.1).into(),
            };
            self.floor.now = glance.taken.plus(30);
            self.happen(Event::Glance(glance));
        }
    }

    fn happen(&mut self, event: Event) {
        for effect in self.floor.happen(event) {
            match effect {
                Effect::Decide(decision) => self.told.push(decided(&decision)),
                Effect::Closed { order_id, links } => {
                    self.told.push(format!("closed {order_id} {links}"));
                }
                Effect::Released { dsn, reason } => {
                    self.told.push(format!("released {} {reason}", dsn.as_str()));
                }
                Effect::Ask(Ask::MakeReady(id)) => {
                    let links = &self.floor.store.links;
                    let link = links.iter().find(|link| link.notification_id == id).unwrap();
                    self.told.push(format!("ready {}", link.dsn.as_str()));
                }
                Effect::Ask(_) | Effect::WakeRelay => {}
                Effect::Sound(sound) => self.sounds.push(format!("{sound:?}").to_lowercase()),
            }
        }
        let notice = match &self.floor.station.message().face {
            Face::Notice(notice) => Some((notice.clone(), self.floor.station.message().at)),
            Face::Ready | Face::Decision(_) => None,
        };
        if notice != self.notice {
            self.told.extend(notice.iter().map(|(notice, _)| format!("{notice:?}")));
            self.notice = notice;
        }
    }
}

fn decided(decision: &Decision) -> String {
    let mut line = decision.verdict.name().to_owned();
    let mut add = |text: String| write!(line, " {text}").unwrap();
    if let Some(dsn) = &decision.dsn {
        add(dsn.as_str().to_owned());
    }
    if let Some(order_id) = &decision.order_id {
        add(format!("@{order_id}"));
    }
    if let (Some(unit), Some(units)) = (decision.unit, decision.units) {
        add(format!("{unit}/{units}"));
    }
    let detail = decision.verdict.detail();
    if detail != serde_json::json!({}) {
        add(detail.to_string());
    }
    line
}

fn linked(link: &Link) -> String {
    let Link { dsn, order_id, unit, state, generation, .. } = link;
    let mut line = format!("{} {order_id} {unit} {state}", dsn.as_str());
    if let Some(reason) = link.reason {
        write!(line, " {reason}").unwrap();
    }
    if *generation > 1 {
        write!(line, " generation {generation}").unwrap();
    }
    line
}

/// What went otherwise than the scenario says.
fn play(name: &str, text: &str) -> Vec<String> {
    let scenario: Scenario = match toml::from_str(text) {
        Ok(scenario) => scenario,
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let mut play = Play::new(&scenario);
    for (step, n) in scenario.step.iter().zip(1..) {
        play.step(step);
        let told = std::mem::take(&mut play.told);
        let sounds = std::mem::take(&mut play.sounds);
        if told != step.expect {
            let expect = &step.expect;
            return vec![format!("{name}, step {n}: {told:#?}\ninstead of {expect:#?}")];
        }
        if step.sounds.as_ref().is_some_and(|expected| sounds != *expected) {
            return vec![format!("{name}, step {n} sounds {sounds:?} not {:?}", step.sounds)];
        }
    }
    let links: Vec<String> = play.floor.store.links.iter().map(linked).collect();
    let mut wrong = Vec::new();
    if links != scenario.links {
        wrong.push(format!("{name}: the links are {links:#?}\ninstead of {:#?}", scenario.links));
    }
    if scenario.rule.is_empty() {
        wrong.push(format!("{name} names no rule"));
    }
    wrong
}

#[test]
fn every_scenario_goes_as_written() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let wrong: Vec<String> = paths
        .iter()
        .flat_map(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            play(&name, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
