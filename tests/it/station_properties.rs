//! What holds whatever happens: links are asked for only on what the frames say, by a second reckoning.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use scanstation::pipeline::command::Command;
use scanstation::pipeline::link::NewLink;
use scanstation::pipeline::order::{Order, OrderLine};
use scanstation::pipeline::symbol::{Point, Symbol, Symbology};
use scanstation::pipeline::time::{SIMULATED_START, Timestamp};
use scanstation::pipeline::verdict::Verdict;
use scanstation::pipeline::view::{Glance, inside};
use scanstation::station::{Ask, Effect, Event, Rules};

use crate::floor::Floor;

/// What a symbol of the alphabet is, by its author.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Serial(&'static str),
    Product(&'static str),
    Other,
}

/// Symbology, content, what it is, and its place.
const ALPHABET: &[(Symbology, &str, Part, (f32, f32))] = &[
    (Symbology::Code128, "S/N:AD123456C", Part::Serial("AD123456C"), (100.0, 100.0)),
    (Symbology::DataMatrix, "S/N:AD123456C", Part::Serial("AD123456C"), (400.0, 100.0)),
    (Symbology::Code128, "S/N:AD654321Z", Part::Serial("AD654321Z"), (700.0, 400.0)),
    (Symbology::Code128, "S/N:AD123457C", Part::Serial("AD123457C"), (100.0, 100.0)),
    (Symbology::Code128, "X12345A1B123456", Part::Serial("X12345A1B123456"), (100.0, 250.0)),
    (Symbology::UpcA, "614141201013", Part::Product("B0WASHRW11"), (100.0, 400.0)),
    (Symbology::UpcA, "614141104017", Part::Product("B0PRNTP4BK"), (400.0, 400.0)),
    (Symbology::UpcA, "614141104024", Part::Product("B0PRNTP4WH"), (400.0, 400.0)),
    (Symbology::Code128, "SP00A1B2C3D4", Part::Other, (900.0, 100.0)),
    (Symbology::Code128, "SP00B7K2M9Q1", Part::Other, (900.0, 200.0)),
    (Symbology::Code128, "SP00C4T8W2X6", Part::Other, (900.0, 300.0)),
    (Symbology::Code128, "#SCANSTATION:CLOSE", Part::Other, (900.0, 400.0)),
    (Symbology::Code128, "#SCANSTATION:UNDO", Part::Other, (900.0, 500.0)),
    (Symbology::QRCode, "WIFI:S:home;P:secret;;", Part::Other, (600.0, 600.0)),
    // At the edge: it must never count.
    (Symbology::Code128, "S/N:AD111111A", Part::Serial("AD111111A"), (1.0, 100.0)),
];

#[derive(Debug, Clone)]
enum Act {
    Show { symbols: Vec<usize>, frames: u32, equal: bool, camera: bool },
    Wait(i64),
    Typed(usize),
    Command(usize),
    Cancel(usize),
    Update(usize),
    Fail,
}

fn act() -> impl Strategy<Value = Act> {
    let symbols = prop::collection::vec(0..ALPHABET.len(), 0..4);
    let show = (symbols, 1..12u32, prop::bool::weighted(0.1), prop::bool::weighted(0.2))
        .prop_map(|(symbols, frames, equal, camera)| Act::Show { symbols, frames, equal, camera });
    prop_oneof![
        12 => show,
        2 => (10..1500i64).prop_map(Act::Wait),
        3 => (0..4usize).prop_map(Act::Typed),
        1 => (0..3usize).prop_map(Act::Command),
        1 => (0..4usize).prop_map(Act::Cancel),
        1 => (0..4usize).prop_map(Act::Update),
        1 => prop::bool::weighted(0.1).prop_map(|f| if f { Act::Fail } else { Act::Wait(800) }),
    ]
}

fn orders() -> Vec<Order> {
    let line = |line, asin: &str, quantity| OrderLine {
        line,
        asin: asin.parse().unwrap(),
        quantity,
        scan: true,
        directed_customer_id: None,
        slot_asins: BTreeMap::new(),
    };
    let order = |id: &str, code: &str, pre_registered, lines| Order {
        order_id: id.parse().unwrap(),
        version: 1,
        codes: vec![code.parse().unwrap()],
        marketplace: "amazon.com".parse().unwrap(),
        directed_customer_id: Some("amzn1.account.AHEXAMPLE0001".parse().unwrap()),
        pre_registered,
        cancelled: false,
        lines,
    };
    vec![
        order("A-1", "SP00A1B2C3D4", true, vec![line(1, "B0WASHRW11", 1)]),
        order(
            "A-2",
            "SP00B7K2M9Q1",
            true,
            vec![line(1, "B0WASHRW11", 2), line(2, "B0PRNTP4BK", 1)],
        ),
        order("A-3", "SP00C4T8W2X6", true, vec![line(1, "B0PRNTP4BK", 1)]),
        order("A-4", "SP00ZZZZZZZZ", false, vec![line(1, "B0WASHRW11", 1)]),
    ]
}

/// A frame as it was shown: when, its camera and fingerprint, and the alphabet's symbols that count.
struct Shown {
    taken: Timestamp,
    camera: Arc<str>,
    fingerprint: u64,
    symbols: Vec<usize>,
}

/// One symbol's stay in view up to now.
struct Stay {
    first: Timestamp,
    last: Timestamp,
    /// When its newest different frame was taken.
    newest: Timestamp,
    agreed: Option<Timestamp>,
}

/// The stay of `symbol` that is not over at `now`, reckoned from the frames alone.
fn stay(shown: &[Shown], symbol: usize, now: Timestamp) -> Option<Stay> {
    let needed = if ALPHABET[symbol].0 == Symbology::DataMatrix { 2 } else { 3 };
    let mut stay: Option<Stay> = None;
    let mut frames: Vec<(Timestamp, &str, u64)> = Vec::new();
    for frame in shown.iter().filter(|frame| frame.symbols.contains(&symbol)) {
        let at = frame.taken;
        let over = stay.as_ref().is_none_or(|stay| at.since(stay.last) > 700);
        if over {
            stay = Some(Stay { first: at, last: at, newest: at, agreed: None });
            frames.clear();
        }
        let Some(stay) = &mut stay else { continue };
        stay.last = at;
        if !frames.iter().any(|(_, c, f)| *c == &*frame.camera && *f == frame.fingerprint) {
            frames.push((at, &frame.camera, frame.fingerprint));
            stay.newest = at;
        }
        let recent = frames.iter().filter(|(seen, ..)| at.since(*seen) <= 2000).count();
        if recent >= needed && stay.agreed.is_none() {
            stay.agreed = Some(at);
        }
    }
    stay.filter(|stay| now.since(stay.last) <= 700)
}

/// What is wrong with asking for `link` now.
fn wrong_with(link: &NewLink, shown: &[Shown], now: Timestamp) -> Option<String> {
    let stays: Vec<(Part, Stay)> =
        (0..ALPHABET.len()).filter_map(|i| Some((ALPHABET[i].2, stay(shown, i, now)?))).collect();
    let is_it = |part: &Part| matches!(part, Part::Serial(dsn) if *dsn == link.dsn.as_str());
    let mine: Vec<&Stay> = stays.iter().filter(|(part, _)| is_it(part)).map(|(_, s)| s).collect();
    let settled = |stay: &&&Stay| {
        let Some(agreed) = stay.agreed else { return false };
        let further: BTreeSet<u64> =
            shown.iter().filter(|f| f.taken > agreed).map(|f| f.fingerprint).collect();
        now.since(agreed) >= 300 && further.len() >= 2
    };
    if !mine.iter().any(|stay| settled(&stay)) {
        return Some("it is not agreed and settled".to_owned());
    }
    if !mine.iter().any(|stay| now.since(stay.newest) <= 1000) {
        return Some("its newest frame is too old".to_owned());
    }
    let against = stays.iter().filter(|(part, stay)| {
        let contradicts = match part {
            Part::Serial(dsn) => *dsn != link.dsn.as_str(),
            Part::Product(asin) => *asin != link.asin.as_str(),
            Part::Other => false,
        };
        let together = |mine: &&Stay| mine.first <= stay.last && stay.first <= mine.last;
        contradicts && stay.agreed.is_some() && mine.iter().any(together)
    });
    against.map(|(part, _)| format!("{part:?} speaks against it")).next()
}

struct Watch {
    floor: Floor,
    shown: Vec<Shown>,
    frames: u64,
}

impl Watch {
    fn new(store_ms: i64) -> Self {
        let mut floor = Floor::new(Rules::default(), SIMULATED_START);
        floor.store_ms = store_ms;
        for order in orders() {
            floor.store.orders.insert(order.order_id.clone(), order);
        }
        Self { floor, shown: Vec::new(), frames: 0 }
    }

    fn happen(&mut self, event: Event) -> Result<(), TestCaseError> {
        let was_failed = self.floor.station.is_stopped();
        let effects = self.floor.happen(event);
        for effect in effects {
            match effect {
                Effect::Ask(ask) => {
                    prop_assert!(!was_failed, "asked after a failure: {ask:?}");
                    if let Ask::Link(link) = ask {
                        let wrong = wrong_with(&link, &self.shown, self.floor.now);
                        prop_assert!(wrong.is_none(), "{:?}: {wrong:?}", link.dsn);
                        let order = &self.floor.store.orders[&link.order_id];
                        prop_assert!(order.pre_registered);
                    }
                }
                Effect::Decide(decision) if decision.verdict == Verdict::Linked => {
                    let dsn = decision.dsn.clone().unwrap();
                    let stands = self.floor.store.links.iter().any(|link| link.dsn == dsn);
                    prop_assert!(stands, "green without a link");
                }
                _ => {}
            }
        }
        prop_assert!(self.floor.owed() <= 1, "two questions at a time");
        let active: Vec<_> = self.floor.store.active().map(|link| link.dsn.clone()).collect();
        let distinct: BTreeSet<_> = active.iter().cloned().collect();
        prop_assert_eq!(active.len(), distinct.len());
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        let order_id = |n: &usize| orders()[*n].order_id.clone();
        match act {
            Act::Show { symbols, frames, equal, camera } => {
                let fixed = self.frames + 1_000_000;
                for _ in 0..*frames {
                    self.frames += 1;
                    let fingerprint = if *equal { fixed } else { self.frames };
                    self.show(symbols, fingerprint, if *camera { "side" } else { "top" })?;
                }
            }
            Act::Wait(ms) => {
                self.floor.now = self.floor.now.plus(*ms);
                self.happen(Event::Tick)?;
            }
            Act::Typed(n) => self.happen(Event::Typed(order_id(n).to_string()))?,
            Act::Command(n) => self.happen(Event::Command(Command::ALL[*n]))?,
            Act::Cancel(n) => {
                let orders = &mut self.floor.store.orders;
                orders.get_mut(&order_id(n)).unwrap().cancelled = true;
            }
            Act::Update(n) => {
                self.floor.store.orders.get_mut(&order_id(n)).unwrap().version += 1;
            }
            Act::Fail => self.floor.store.fails = Some("disk full".to_owned()),
        }
        Ok(())
    }

    fn show(
        &mut self,
        names: &[usize],
        fingerprint: u64,
        camera: &str,
    ) -> Result<(), TestCaseError> {
        let symbol = |i: &usize| {
            let (symbology, text, _, (x, y)) = ALPHABET[*i];
            let corners = [(0.0, 0.0), (180.0, 0.0), (180.0, 50.0), (0.0, 50.0)];
            let corners = corners.map(|(dx, dy)| Point::new(x + dx, y + dy));
            let (text, identifier) = (text.to_owned(), String::new());
            Symbol { symbology, text, identifier, corners, confidence: None, add_on: None }
        };
        let symbols = inside(names.iter().map(symbol).collect(), 1280, 720);
        let is_edge = |i: &usize| ALPHABET[*i].3.0 < 2.0;
        let taken = self.floor.now.plus(40);
        self.shown.push(Shown {
            taken,
            camera: Arc::from(camera),
            fingerprint,
            symbols: names.iter().copied().filter(|i| !is_edge(i)).collect(),
        });
        self.floor.now = taken.plus(27);
        self.happen(Event::Glance(Glance {
            camera: Arc::from(camera),
            view: Arc::from("table"),
            source: None,
            number: self.frames,
            taken,
            fingerprint,
            symbols: symbols.into(),
        }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_linked_on_less_than_the_rules_want(
        acts in prop::collection::vec(act(), 1..40),
        store_ms in prop_oneof![3 => Just(0i64), 1 => Just(150), 1 => Just(900)],
    ) {
        let mut watch = Watch::new(store_ms);
        for act in &acts {
            watch.act(act)?;
        }
        watch.happen(Event::SourceEnded)?;
    }
}
