//! The station with its store, in step: what it asks is answered before the next thing happens.
//!
//! `replay` and the plain `demo` run on this, so that one input has one output. `run` answers the same
//! questions from the store's own thread.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::edge::clock;
use crate::edge::relay::{Outcome, Relay};
use crate::edge::steps::Step;
use crate::edge::store::{ImportPolicy, JournalEntry, Store, StoreError, StoreHandle};
use crate::pipeline::catalog::Catalog;
use crate::pipeline::command::Command;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::{Dsn, OrderId};
use crate::pipeline::link::{CloseAnswer, LinkState, ReleaseReason};
use crate::pipeline::notification::OutboxCounts;
use crate::pipeline::order::{Order, Packing, import};
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::Verdict;
use crate::projector::{Go, Moment};
use crate::report::Report;
use crate::station::{Ask, Effect, Event, Outbox, Station};

/// Why the floor cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FloorError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The output is gone.
    #[error("the output cannot be written")]
    Output(#[from] std::io::Error),
    /// A step of steps.jsonl cannot be done.
    #[error("steps.jsonl: {step}: {reason}")]
    Step {
        /// The step's kind.
        step: &'static str,
        /// Why.
        reason: String,
    },
}

/// Answers `ask` from `store` at `now`; `MakeReady` has no answer.
pub fn answer(
    store: &mut Store,
    ask: &Ask,
    station: &str,
    now: Timestamp,
) -> Result<Option<Event>, StoreError> {
    Ok(match ask {
        Ask::Find(text) => {
            let packing = store.find_order(text)?.map(Box::new);
            Some(Event::Found { text: text.clone(), packing })
        }
        Ask::Link(link) => Some(Event::LinkAnswered(store.link(link, station)?)),
        Ask::Close { order_id, version } => {
            // Another process may have released links of it: a pack that lacks some is not closed (decision 10);
            // one that has none left has nothing to close.
            let is_ready =
                |open: &Packing| open.order.cancelled || open.is_full() || open.links.is_empty();
            let ready = store.find_order(order_id.as_str())?.as_ref().is_some_and(is_ready);
            let answer =
                if ready { store.close(order_id, *version, now)? } else { CloseAnswer::Changed };
            Some(Event::CloseAnswered(answer))
        }
        Ask::Release { dsn, reason } => {
            Some(Event::ReleaseAnswered(store.release(dsn, *reason, now)?))
        }
        Ask::MakeReady(id) => {
            store.make_ready(id, now)?;
            None
        }
    })
}

/// The journal's entry for a decision. A link writes its own, with itself.
pub fn journal_entry(
    decision: &Decision,
    station: &str,
    catalog: &Catalog,
) -> Option<JournalEntry> {
    if decision.verdict == Verdict::Linked {
        return None;
    }
    let misfit = match &decision.verdict {
        Verdict::NotASerial { text, .. } => Some(text.clone()),
        _ => None,
    };
    Some(JournalEntry {
        at: decision.at,
        station: station.to_owned(),
        operator: None,
        catalog: catalog.hash().to_owned(),
        kind: decision.verdict.name().to_owned(),
        order_id: decision.order_id.clone(),
        dsn: decision.dsn.as_ref().map(|dsn| dsn.as_str().to_owned()).or(misfit),
        detail: decision.verdict.detail(),
    })
}

/// How things stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Active links.
    pub links: u64,
    /// The outbox.
    pub events: OutboxCounts,
}

/// The numbers of `store`.
pub fn standing(store: &Store) -> Result<Standing, StoreError> {
    let links = store.links()?;
    let active = links.iter().filter(|link| link.state != LinkState::Released).count();
    Ok(Standing { links: active as u64, events: store.counts()? })
}

/// A station, its store and its relay, driven in step.
#[derive(Debug)]
pub struct Floor<'a> {
    station: Station,
    name: Arc<str>,
    store: StoreHandle,
    relay: Relay,
    report: Report<'a>,
    clock: RelayClock,
}

/// What the relay's time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayClock {
    /// That of the frames (`replay`).
    Simulated,
    /// The wall clock (`demo`).
    Wall,
}

impl<'a> Floor<'a> {
    /// A floor named `name` for the journal.
    pub fn new(
        station: Station,
        name: &str,
        (store, relay): (StoreHandle, Relay),
        report: Report<'a>,
        clock: RelayClock,
    ) -> Self {
        Self { station, name: Arc::from(name), store, relay, report, clock }
    }

    /// Takes in what the reel gives.
    pub fn take(&mut self, moment: Moment<'_>) -> Result<Go, FloorError> {
        match moment {
            Moment::Glance(glance, at, _) => self.feed(Event::Glance(glance), at)?,
            Moment::Step(step, at) => self.step(step, at)?,
            Moment::Error { source, error } => self.report.error(&source, &error)?,
            Moment::End(at) => {
                self.feed(Event::SourceEnded, at)?;
                let outbox = self.deliver(at)?;
                self.feed(outbox, at)?;
            }
        }
        Ok(if self.station.is_stopped() { Go::Stop } else { Go::On })
    }

    /// Whether the store failed on the way.
    pub fn is_stopped(&self) -> bool {
        self.station.is_stopped()
    }

    /// The report, to end it.
    pub fn into_report(self) -> Report<'a> {
        self.report
    }

    fn feed(&mut self, event: Event, now: Timestamp) -> Result<(), FloorError> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.station.apply(event, now) {
                if let Some(answer) = self.perform(effect, now)? {
                    events.push_back(answer);
                }
            }
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect, now: Timestamp) -> Result<Option<Event>, FloorError> {
        match effect {
            Effect::Ask(ask) => {
                let name = Arc::clone(&self.name);
                let asked = self.store.call(move |store| answer(store, &ask, &name, now));
                Ok(asked.unwrap_or_else(|error| Some(Event::StoreFailed(error.to_string()))))
            }
            Effect::Decide(decision) => {
                if let Some(entry) = journal_entry(&decision, &self.name, self.station.catalog()) {
                    self.store.call(move |store| store.journal(&entry))?;
                }
                self.report.decision(&decision)?;
                Ok(None)
            }
            Effect::Closed { order_id, links } => {
                self.report.closed(now, &order_id, links)?;
                Ok(None)
            }
            Effect::Released { dsn, reason } => {
                self.report.released(now, &dsn, reason)?;
                Ok(None)
            }
            Effect::WakeRelay => self.deliver(now).map(Some),
            Effect::Sound(_) => Ok(None),
        }
    }

    /// Publishes until nothing is due; gives how the outbox stands then.
    fn deliver(&mut self, now: Timestamp) -> Result<Event, FloorError> {
        let now = match self.clock {
            RelayClock::Simulated => now,
            RelayClock::Wall => clock::now(),
        };
        let mut halted = false;
        loop {
            // In step there is no crowd of relays to keep apart: no jitter.
            let step = self.relay.step(now, 1.0)?;
            halted |= matches!(step.outcome, Outcome::Halted { .. });
            if step.outcome == Outcome::Idle || step.next_at.is_none_or(|at| at > now) {
                break;
            }
        }
        let counted = self.store.call(|store| Ok((store.counts()?, store.oldest_ready()?)));
        let (counts, oldest) = counted?;
        Ok(Event::Outbox(Outbox { counts, oldest, halted }))
    }

    fn step(&mut self, step: &Step, now: Timestamp) -> Result<(), FloorError> {
        if *step == Step::Close {
            return self.feed(Event::Command(Command::Close), now);
        }
        let work = step_work(step, self.station.catalog(), now)?;
        self.store.call(work)?;
        Ok(())
    }
}

/// What a step asks of the store; nothing where it is the station's or only time's.
pub fn step_work(
    step: &Step,
    catalog: &Catalog,
    now: Timestamp,
) -> Result<impl FnOnce(&mut Store) -> Result<(), StoreError> + Send + 'static, FloorError> {
    let change = match step {
        Step::Cancel { order_id } => {
            Change::Cancel(order_id.parse().map_err(|e| wrong("cancel", &e))?)
        }
        Step::Update { order } => {
            let parsed = import::parse(order.to_string().as_bytes(), catalog);
            if let Some(bad) = parsed.bad.first() {
                return Err(wrong("update", bad));
            }
            Change::Import(parsed.orders.into_iter().map(|(_, order)| order).collect())
        }
        Step::Undo { dsn, reason } => {
            let reason = reason.parse().map_err(|e| wrong("undo", &e))?;
            let serial = catalog.models().iter().find_map(|model| model.serial_from_text(dsn));
            let Some(dsn) = serial else { return Err(wrong("undo", &"no model has this DSN")) };
            Change::Release(dsn, reason)
        }
        Step::Close | Step::WaitMs { .. } => Change::Nothing,
    };
    Ok(move |store: &mut Store| change.make(store, now))
}

fn wrong(step: &'static str, reason: &dyn ToString) -> FloorError {
    FloorError::Step { step, reason: reason.to_string() }
}

/// A change that somebody else makes to the station's world.
enum Change {
    Nothing,
    Cancel(OrderId),
    Import(Vec<Order>),
    Release(Dsn, ReleaseReason),
}

impl Change {
    fn make(self, store: &mut Store, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Nothing => {}
            Self::Cancel(order_id) => {
                store.cancel_order(&order_id, now)?;
            }
            Self::Import(orders) => {
                store.import(&orders, ImportPolicy::SkipRefused, now)?;
            }
            Self::Release(dsn, reason) => {
                store.release(&dsn, reason, now)?;
            }
        }
        Ok(())
    }
}
