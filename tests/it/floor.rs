//! The floor in memory: a station with the repository's models and a store that answers like the database.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use scanstation::pipeline::catalog::Catalog;
use scanstation::pipeline::ident::OrderId;
use scanstation::pipeline::link::{
    CloseAnswer, Link, LinkAnswer, LinkState, NewLink, ReleaseAnswer, ReleaseReason,
};
use scanstation::pipeline::order::{Order, Packing};
use scanstation::pipeline::time::Timestamp;
use scanstation::station::{Ask, Effect, Event, Rules, Station};

/// Where another station is said to have linked what is taken.
pub(crate) const OTHER_STATION: &str = "pack-9";

/// The models of the repository.
pub(crate) fn catalog() -> Arc<Catalog> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut files: Vec<(String, String)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    let (catalog, faults) = Catalog::load(files.iter().map(|(n, t)| (n.as_str(), t.as_str())));
    assert_eq!(faults, []);
    Arc::new(catalog)
}

/// What the database would hold.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Orders by id.
    pub(crate) orders: BTreeMap<OrderId, Order>,
    /// Every link there ever was.
    pub(crate) links: Vec<Link>,
    /// Events that the relay has in hand, by their device.
    pub(crate) sent: BTreeSet<String>,
    /// Why the next question fails, where it does.
    pub(crate) fails: Option<String>,
}

impl Store {
    /// The answer to `ask`; none where it has none.
    pub(crate) fn answer(&mut self, ask: Ask, now: Timestamp) -> Option<Event> {
        if let Some(why) = self.fails.take() {
            return Some(Event::StoreFailed(why));
        }
        Some(match ask {
            Ask::Find(text) => {
                let packing = self.find(&text).map(Box::new);
                Event::Found { text, packing }
            }
            Ask::Link(new) => Event::LinkAnswered(self.link(*new)),
            Ask::Close { order_id, version } => {
                Event::CloseAnswered(self.close(&order_id, version, now))
            }
            Ask::Release { dsn, reason } => {
                Event::ReleaseAnswered(self.release(dsn.as_str(), reason, now))
            }
            Ask::MakeReady(_) => return None,
        })
    }

    fn find(&self, text: &str) -> Option<Packing> {
        let order = self.orders.values().find(|order| {
            order.order_id.as_str() == text || order.codes.iter().any(|c| c.as_str() == text)
        })?;
        let of_order = |link: &&Link| link.order_id == order.order_id;
        let links = self.active().filter(of_order).cloned().collect();
        Some(Packing { order: order.clone(), links })
    }

    /// Links that stand.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.state != LinkState::Released)
    }

    fn link(&mut self, new: NewLink) -> LinkAnswer {
        let Some(order) = self.orders.get(&new.order_id) else { return LinkAnswer::Changed };
        if order.cancelled {
            return LinkAnswer::Cancelled;
        }
        if order.version != new.order_version {
            return LinkAnswer::Changed;
        }
        if let Some(link) = self.active().find(|link| link.dsn == new.dsn) {
            if link.order_id == new.order_id {
                return LinkAnswer::Here { unit: link.unit };
            }
            let (order_id, station) = (link.order_id.clone(), link.station.clone());
            return LinkAnswer::Taken { order_id, station, at: link.linked_at };
        }
        let of_device = || self.links.iter().filter(|link| link.dsn == new.dsn);
        if let Some(link) = of_device().find(|l| l.reason == Some(ReleaseReason::Return)) {
            let at = link.released_at.unwrap();
            return LinkAnswer::Returned { order_id: link.order_id.clone(), at };
        }
        let place = |l: &Link| (l.order_id.clone(), l.line, l.unit);
        if self.active().any(|l| place(l) == (new.order_id.clone(), new.line, new.unit)) {
            return LinkAnswer::Changed;
        }
        let generation = u32::try_from(of_device().count()).unwrap() + 1;
        let link = self.made(new, generation);
        self.links.push(link.clone());
        LinkAnswer::Linked(Box::new(link))
    }

    fn made(&self, new: NewLink, generation: u32) -> Link {
        Link {
            link_id: i64::try_from(self.links.len()).unwrap() + 1,
            dsn: new.dsn,
            generation,
            order_id: new.order_id,
            line: new.line,
            unit: new.unit,
            asin: new.asin,
            model_id: new.model_id,
            state: LinkState::Linked,
            reason: None,
            station: OTHER_STATION.to_owned(),
            operator: None,
            catalog: new.catalog,
            linked_at: new.linked_at,
            closed_at: None,
            released_at: None,
            notification_id: new.notification_id,
        }
    }

    fn release(&mut self, dsn: &str, reason: ReleaseReason, now: Timestamp) -> ReleaseAnswer {
        if self.sent.contains(dsn) {
            return ReleaseAnswer::AlreadySent;
        }
        let is_it = |link: &&mut Link| link.dsn.as_str() == dsn && link.state == LinkState::Linked;
        let Some(link) = self.links.iter_mut().find(is_it) else { return ReleaseAnswer::NotLinked };
        link.state = LinkState::Released;
        link.reason = Some(reason);
        link.released_at = Some(now);
        ReleaseAnswer::Released(Box::new(link.clone()))
    }

    fn close(&mut self, order_id: &OrderId, version: u32, now: Timestamp) -> CloseAnswer {
        let Some(order) = self.orders.get(order_id) else { return CloseAnswer::Changed };
        if order.version != version {
            return CloseAnswer::Changed;
        }
        let cancelled = order.cancelled;
        let open = |l: &&mut Link| l.order_id == *order_id && l.state == LinkState::Linked;
        let mut n = 0;
        for link in self.links.iter_mut().filter(open) {
            n += 1;
            link.state = if cancelled { LinkState::Released } else { LinkState::Closed };
            link.closed_at = (!cancelled).then_some(now);
            link.released_at = cancelled.then_some(now);
            link.reason = cancelled.then_some(ReleaseReason::Cancelled);
        }
        if cancelled {
            CloseAnswer::Cancelled { released: n }
        } else {
            CloseAnswer::Closed { links: n }
        }
    }
}

/// A station, its store, and the time.
#[derive(Debug)]
pub(crate) struct Floor {
    /// The station.
    pub(crate) station: Station,
    /// Its store.
    pub(crate) store: Store,
    /// The time.
    pub(crate) now: Timestamp,
    /// How long the store takes to answer, in milliseconds.
    pub(crate) store_ms: i64,
    waiting: Vec<(Timestamp, Ask)>,
}

impl Floor {
    /// A station by `rules` with an empty store that answers at once.
    pub(crate) fn new(rules: Rules, now: Timestamp) -> Self {
        let station = Station::new(catalog(), rules, now);
        Self { station, store: Store::default(), now, store_ms: 0, waiting: Vec::new() }
    }

    /// Lets `event` happen now, and every answer that follows at once; gives all effects, in order.
    pub(crate) fn happen(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = self.answers();
        effects.extend(self.apply(event));
        effects.extend(self.answers());
        effects
    }

    /// Answers that the store owes.
    pub(crate) fn owed(&self) -> usize {
        self.waiting.iter().filter(|(_, ask)| !matches!(ask, Ask::MakeReady(_))).count()
    }

    /// The effects of the answers that are due.
    fn answers(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(i) = self.waiting.iter().position(|(due, _)| *due <= self.now) {
            let (_, ask) = self.waiting.remove(i);
            if let Some(answer) = self.store.answer(ask, self.now) {
                effects.extend(self.apply(answer));
            }
        }
        effects
    }

    fn apply(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.station.apply(event, self.now);
        for effect in &effects {
            if let Effect::Ask(ask) = effect {
                self.waiting.push((self.now.plus(self.store_ms), ask.clone()));
            }
        }
        effects
    }
}
