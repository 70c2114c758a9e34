//! Half an hour at the station, time under control: a box every four seconds, a fault every ten.
//!
//! The camera is a script; the drain, the slot, the eye, the decoder, the station and the database are those of `run`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use scanstation::edge::camera::drain::{Drain, Step};
use scanstation::edge::camera::script::{Call, Event as Fault, Scene, Script, grey};
use scanstation::edge::camera::slot::{Shared, Slot};
use scanstation::edge::camera::sysfs::Find;
use scanstation::edge::camera::{frame, luma};
use scanstation::edge::store::{ImportPolicy, Store};
use scanstation::floor::answer;
use scanstation::pipeline::camera::Setup;
use scanstation::pipeline::command::Command;
use scanstation::pipeline::decode::evidence::Evidence;
use scanstation::pipeline::decode::linear::code128::PATTERNS;
use scanstation::pipeline::decode::{Fell, Formats};
use scanstation::pipeline::frame::Picture;
use scanstation::pipeline::mount::Mount;
use scanstation::pipeline::order::{Order, OrderLine};
use scanstation::pipeline::symbol::{Symbol, Symbology};
use scanstation::pipeline::time::{SIMULATED_START, Timestamp};
use scanstation::run::look::Looker;
use scanstation::station::{CameraHealth, Effect, Event, Rules, Station};

use crate::floor::catalog;

const SHIFT_MS: u64 = 30 * 60 * 1000;
/// A box comes this often, and is shown for a second of frames that arrive.
const EVERY_MS: u64 = 4000;
const SHOWN_MS: u64 = 1000;
const FAULT_MS: u64 = 10_000;
/// How long decoding takes.
const DECODE: Duration = Duration::from_millis(30);
const SIZE: (u32, u32) = (400, 120);
/// Boxes that an order holds.
const UNITS: u32 = 50;

/// What goes wrong, in turn, and for how long no frames come of it in milliseconds: until the camera is back.
fn faults(n: u64) -> (Vec<(u64, Fault)>, u64) {
    match n % 12 {
        0 => (vec![(0, Fault::Stall), (2500, Fault::Resume)], 4000),
        1 => (vec![(0, Fault::Burst(4))], 0),
        2 => (vec![(0, Fault::Unplug), (1500, Fault::Plug)], 3500),
        3 => (vec![(0, Fault::Tear(3))], 0),
        4 => (vec![(0, Fault::Duplicate)], 0),
        5 => (vec![(0, Fault::Reorder)], 0),
        6 => (vec![(0, Fault::Panic(Call::Next))], 1200),
        7 => (vec![(0, Fault::Lose(4))], 0),
        8 => (vec![(0, Fault::Flag(3))], 0),
        9 => (vec![(0, Fault::VanishIn(Call::Next)), (800, Fault::Plug)], 3000),
        // The decoder, which is no camera's, falls over: see `decode`.
        10 => (Vec::new(), 0),
        _ => (vec![(0, Fault::Stall), (1000, Fault::Resume)], 3000),
    }
}

thread_local! {
    static FALLS: Cell<bool> = const { Cell::new(false) };
}

/// The decoder; it falls over where it is told to.
fn decode(
    evidence: &mut Evidence,
    picture: &Picture,
    formats: &Formats,
) -> Result<Vec<Symbol>, Fell> {
    if FALLS.with(|falls| falls.replace(false)) {
        let fall = || resume_unwind(Box::new("by the test"));
        return std::panic::catch_unwind(fall).map_err(|_fall| Fell);
    }
    evidence.decode(picture, formats)
}

fn serial(n: u64) -> String {
    format!("AB{:02}{n:05}", 1 + n % 52)
}

/// The table, with the label of the box `n` on it.
fn scene(n: Option<u64>) -> Scene {
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let mut luma: Vec<u8> = (0..width * height).map(|i| 170 + u8::from(i / 7 % 3 == 0)).collect();
    if let Some(n) = n {
        let text = format!("SN{}", serial(n));
        let data = text.bytes().map(|byte| usize::from(byte) - 32);
        let mut values: Vec<usize> = std::iter::once(104).chain(data).collect();
        let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
        values.extend([sum % 103, 106]);
        let label = 10..width - 10;
        for y in 20..90 {
            luma[y * width..][label.clone()].fill(230);
        }
        let mut at = 40;
        for (k, modules) in values.iter().flat_map(|v| PATTERNS[*v]).chain([2]).enumerate() {
            let next = at + 2 * usize::from(modules);
            for y in 30..80 {
                luma[y * width + at..y * width + next].fill(if k % 2 == 0 { 30 } else { 230 });
            }
            at = next;
        }
    }
    grey(SIZE.0, SIZE.1, luma)
}

/// The shift's script, and when each order is to be called up: before its first box.
fn script() -> (Script, Vec<(u64, usize)>, u64) {
    let script = Script::new(scene(None), 15);
    let ms = Duration::from_millis;
    let mut outages: Vec<(u64, u64)> = Vec::new();
    for n in 1..SHIFT_MS / FAULT_MS {
        // At another moment of the box each time.
        let at = n * FAULT_MS + n * 137 % 2000;
        let (events, outage) = faults(n);
        for (after, event) in events {
            script.at(ms(at + after), event);
        }
        outages.extend((outage > 0).then_some((at, at + outage)));
    }
    let (mut at, mut n, mut calls) = (EVERY_MS, 0, Vec::new());
    while at + 10_000 < SHIFT_MS {
        if n % u64::from(UNITS) == 0 {
            calls.push((at - 1500, usize::try_from(n / u64::from(UNITS)).unwrap()));
        }
        script.at(ms(at), Fault::Show(scene(Some(n))));
        // A packer holds the box until it has been seen for a second: an outage begins that anew.
        let mut until = at + SHOWN_MS;
        for (from, to) in &outages {
            if *from < until && at < *to {
                until = to + SHOWN_MS;
            }
        }
        script.at(ms(until), Fault::Show(scene(None)));
        at = until + EVERY_MS - SHOWN_MS;
        n += 1;
    }
    (script, calls, n)
}

fn orders(n_boxes: u64) -> Vec<Order> {
    let n_boxes = u32::try_from(n_boxes).unwrap();
    let order = |i: u32| Order {
        order_id: format!("SHIFT-{i:03}").parse().unwrap(),
        version: 1,
        codes: vec![format!("SP00SHIFT{i:03}").parse().unwrap()],
        marketplace: "amazon.com".parse().unwrap(),
        directed_customer_id: Some("amzn1.account.AHEXAMPLE0001".parse().unwrap()),
        pre_registered: true,
        cancelled: false,
        lines: vec![OrderLine {
            line: 1,
            asin: "B0SOFTNS21".parse().unwrap(),
            quantity: UNITS.min(n_boxes - i * UNITS),
            scan: true,
            directed_customer_id: None,
            slot_asins: BTreeMap::new(),
        }],
    };
    (0..n_boxes.div_ceil(UNITS)).map(order).collect()
}

/// A station behind a camera that plays a script, with a database of its own; time is the script's.
struct Shift {
    script: Script,
    drain: Drain,
    slot: Shared,
    looker: Looker,
    station: Station,
    store: Store,
    told: Vec<&'static str>,
    n_seen: u32,
    n_decoded: u32,
    n_falls: u32,
    oldest: Duration,
}

impl Shift {
    fn new(script: Script, orders: &[Order]) -> Self {
        let mut store = Store::in_memory().unwrap();
        store.import(orders, ImportPolicy::AllOrNothing, SIMULATED_START).unwrap();
        let rules = Rules::default();
        let formats = Formats::only([Symbology::Code128, Symbology::Code39]);
        let names = (Arc::from("top"), Arc::from("table"));
        let looker = Looker::new(names, Mount::default(), formats, rules.agreement);
        Self {
            drain: Drain::new(Box::new(script.clone()), Find::First, Setup::default()),
            script,
            slot: Shared::default(),
            looker: looker.with_decoder(decode),
            station: Station::new(catalog(), rules, SIMULATED_START),
            store,
            told: Vec::new(),
            n_seen: 0,
            n_decoded: 0,
            n_falls: 0,
            oldest: Duration::ZERO,
        }
    }

    fn now(&self) -> Timestamp {
        SIMULATED_START.plus(i64::try_from(self.script.now().as_millis()).unwrap())
    }

    /// One turn of the threads of `run`, in step.
    fn step(&mut self) {
        if let Step::Wait(time) = self.drain.step(&self.slot) {
            self.script.pass(time);
        }
        let gone = self.slot.with(Slot::error).is_some();
        let health = if gone { CameraHealth::Lost } else { CameraHealth::Live };
        self.feed(Event::Camera { name: Arc::from("top"), health });
        let now = self.script.now();
        let Some(raw) = self.slot.with(|slot| slot.take(now)) else { return };
        let Some(picture) = luma::picture(&raw) else { return };
        self.n_seen += 1;
        let age = raw.age(now);
        self.oldest = self.oldest.max(age);
        let frame = frame(&Arc::from("top"), &raw, picture, age, self.now());
        let looked = self.looker.look(&frame, None).unwrap();
        self.n_falls += u32::from(looked.fell.is_some());
        if looked.picture.is_some() {
            self.n_decoded += 1;
            self.script.pass(DECODE);
        }
        self.feed(Event::Glance(looked.glance));
    }

    /// Lets `event` happen now; every answer comes before the next event.
    fn feed(&mut self, event: Event) {
        let now = self.now();
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.station.apply(event, now) {
                match effect {
                    Effect::Ask(ask) => {
                        events.extend(answer(&mut self.store, &ask, "pack-1", now).unwrap());
                    }
                    Effect::Decide(decision) => self.told.push(decision.verdict.name()),
                    _ => {}
                }
            }
        }
    }

    fn linked(&self) -> Vec<String> {
        let links = self.store.links().unwrap();
        links.iter().map(|link| link.dsn.as_str().to_owned()).collect()
    }
}

#[test]
fn every_box_of_a_shift_is_linked_once_whatever_the_camera_does() {
    let (script, mut calls, n_boxes) = script();
    let orders = orders(n_boxes);
    let mut shift = Shift::new(script.clone(), &orders);
    calls.reverse();
    let mut fall_at = Duration::from_millis(FAULT_MS);
    while script.now() < Duration::from_millis(SHIFT_MS) {
        let now = script.now();
        if let Some((_, i)) = calls.pop_if(|(due, _)| Duration::from_millis(*due) <= now) {
            shift.feed(Event::Command(Command::Close));
            shift.feed(Event::Typed(orders[i].codes[0].as_str().to_owned()));
        }
        if now > fall_at {
            FALLS.with(|falls| falls.set(true));
            fall_at += Duration::from_millis(FAULT_MS * 10 + 211);
        }
        shift.step();
    }
    shift.feed(Event::Command(Command::Close));

    let counts = shift.slot.with(|slot| slot.counts);
    assert!(counts.failed >= 40 && counts.flagged >= 30 && counts.short >= 30, "{counts}");
    let Shift { n_falls, n_seen, n_decoded, oldest, .. } = shift;
    assert!(n_falls >= 10 && n_seen > 20_000, "{n_falls} {n_seen}");
    assert!(n_decoded < n_seen * 9 / 10, "{n_decoded} {n_seen}");
    assert!(oldest <= Duration::from_millis(300), "{oldest:?}");
    let shown: Vec<String> = (0..n_boxes).map(serial).collect();
    assert_eq!(shift.linked(), shown);
    // A box that is still there after an outage has been away, as far as anybody saw.
    let wrong = |verdict: &&&str| !matches!(**verdict, "linked" | "already_done" | "same_box");
    assert_eq!(shift.told.iter().find(wrong), None);
    let events = shift.store.events().unwrap();
    let ids: BTreeSet<&str> = events.iter().map(|event| event.notification_id.as_str()).collect();
    assert_eq!((events.len(), ids.len()), (shown.len(), shown.len()));
    let counts = shift.store.counts().unwrap();
    assert_eq!(counts.ready, shown.len() as u64, "{counts:?}");
}

#[test]
fn a_box_that_lies_still_is_linked_once_and_hardly_decoded() {
    let script = Script::new(scene(Some(7)), 15);
    let orders = orders(2);
    let mut shift = Shift::new(script.clone(), &orders);
    let run_to = |shift: &mut Shift, ms: u64| {
        while shift.script.now() < Duration::from_millis(ms) {
            shift.step();
        }
    };
    run_to(&mut shift, 10_000);
    assert_eq!(shift.told, ["no_order"]);
    // The order comes by hand long after anything has moved: the next look links.
    shift.feed(Event::Typed(orders[0].codes[0].as_str().to_owned()));
    run_to(&mut shift, 11_200);
    assert_eq!(shift.told, ["no_order", "linked"]);
    let before = shift.n_decoded;
    run_to(&mut shift, 71_200);
    assert_eq!(shift.told, ["no_order", "linked"]);
    assert_eq!(shift.linked(), [serial(7)]);
    assert!(shift.n_decoded - before <= 62, "{}", shift.n_decoded - before);
    // Another box in its place is seen in the next frame.
    let (n_seen, n_decoded) = (shift.n_seen, shift.n_decoded);
    script.at(script.now(), Fault::Show(scene(Some(8))));
    while shift.n_decoded < n_decoded + 3 {
        shift.step();
    }
    assert!(shift.n_seen - n_seen <= 4, "{}", shift.n_seen - n_seen);
    run_to(&mut shift, 75_000);
    assert_eq!(shift.linked(), [serial(7), serial(8)]);
}
