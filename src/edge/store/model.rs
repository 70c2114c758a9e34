//! Any operations in any order against a model in memory: the store does what the model does, step by legal step.

use proptest::prelude::*;

use super::fixtures::{at, new_link, order_id, store};
use super::*;
use crate::pipeline::ident::{Dsn, NotificationId};
use crate::pipeline::link::{
    CloseAnswer, LinkAnswer, LinkState, NewLink, ReleaseAnswer, ReleaseReason,
};
use crate::pipeline::notification::OutboxState;

const LEASE_MS: u32 = 60_000;

#[derive(Debug, Clone)]
enum Operation {
    Link { dsn: u8, order: u32, unit: u32 },
    Close(u32),
    Release(u8, ReleaseReason),
    Cancel(u32),
    MakeReady(usize),
    Take { after_s: i64 },
    Settle { which: usize, how: u8 },
    Retry(usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..4_u8, 1..3_u32, 1..3_u32)
            .prop_map(|(dsn, order, unit)| Operation::Link { dsn, order, unit }),
        3 => (1..3_u32).prop_map(Operation::Close),
        2 => (0..4_u8, prop::sample::select(ReleaseReason::ALL))
            .prop_map(|(dsn, reason)| Operation::Release(dsn, reason)),
        1 => Just(Operation::Cancel(2)),
        1 => (0..8_usize).prop_map(Operation::MakeReady),
        4 => (0..90_i64).prop_map(|after_s| Operation::Take { after_s }),
        4 => (0..8_usize, 0..4_u8).prop_map(|(which, how)| Operation::Settle { which, how }),
        1 => (0..8_usize).prop_map(Operation::Retry),
    ]
}

/// A link and its event as they should be.
#[derive(Debug, Clone)]
struct Row {
    new: NewLink,
    link: LinkState,
    reason: Option<ReleaseReason>,
    event: OutboxState,
    attempts: u32,
    due: Timestamp,
    payload: Option<String>,
}

impl Row {
    fn is_active(&self) -> bool {
        self.link != LinkState::Released
    }

    fn is_droppable(&self) -> bool {
        self.attempts == 0 && matches!(self.event, OutboxState::Held | OutboxState::Ready)
    }

    fn release(&mut self, reason: ReleaseReason) {
        (self.link, self.reason) = (LinkState::Released, Some(reason));
        if self.event != OutboxState::Sent {
            self.event = OutboxState::Dropped;
        }
    }

    fn ready(&mut self, now: Timestamp) {
        if self.event == OutboxState::Held {
            (self.event, self.due) = (OutboxState::Ready, now);
            self.payload = self.new.notification().message(now).ok();
        }
    }
}

struct World {
    store: Store,
    rows: Vec<Row>,
    cancelled: bool,
    taken: Vec<Delivery>,
    now: Timestamp,
}

fn dsn(n: u8) -> Dsn {
    Dsn::matched(&format!("DSN{n}"))
}

impl World {
    fn do_one(&mut self, operation: &Operation) {
        match *operation {
            Operation::Link { dsn, order, unit } => self.link(dsn, order, unit),
            Operation::Close(order) => self.close(order),
            Operation::Release(dsn, reason) => self.release(dsn, reason),
            Operation::Cancel(order) => {
                self.store.cancel_order(&order_id(order), self.now).unwrap();
                self.cancelled |= order == 2;
                self.release_unclosed(order);
            }
            Operation::MakeReady(which) => {
                let Some(row) = self.rows.get_mut(which) else { return };
                self.store.make_ready(&row.new.notification_id, self.now).unwrap();
                row.ready(self.now);
            }
            Operation::Take { after_s } => self.take(after_s),
            Operation::Settle { which, how } => self.settle(which, how),
            Operation::Retry(which) => {
                let Some(row) = self.rows.get_mut(which) else { return };
                let answer = self.store.retry(&row.new.notification_id, self.now).unwrap();
                assert_eq!(answer == RetryAnswer::Ready, row.event == OutboxState::Dead);
                if row.event == OutboxState::Dead {
                    (row.event, row.due) = (OutboxState::Ready, self.now);
                }
            }
        }
    }

    fn link(&mut self, n: u8, order: u32, unit: u32) {
        let id = NotificationId::new(self.rows.len() as u64, &[n; 10]);
        let new = NewLink {
            dsn: dsn(n),
            notification_id: id,
            linked_at: self.now,
            ..new_link("", order, unit)
        };
        let active = self.rows.iter().find(|row| row.is_active() && row.new.dsn == new.dsn);
        let last = self.rows.iter().rfind(|row| row.new.dsn == new.dsn);
        let filled = |row: &Row| {
            row.is_active() && (&row.new.order_id, row.new.unit) == (&new.order_id, new.unit)
        };
        let expected = if order == 2 && self.cancelled {
            "Cancelled"
        } else if order == 2 && unit == 2 {
            "Changed"
        } else if let Some(active) = active {
            if active.new.order_id == new.order_id { "Here" } else { "Taken" }
        } else if last.is_some_and(|row| row.reason == Some(ReleaseReason::Return)) {
            "Returned"
        } else if self.rows.iter().any(filled) {
            "Changed"
        } else {
            "Linked"
        };
        let answer = self.store.link(&new, "pack-3").unwrap();
        assert!(format!("{answer:?}").starts_with(expected), "{answer:?} is not {expected}");
        if let LinkAnswer::Linked(_) = answer {
            let row = Row {
                new,
                link: LinkState::Linked,
                reason: None,
                event: OutboxState::Held,
                attempts: 0,
                due: self.now,
                payload: None,
            };
            self.rows.push(row);
        }
    }

    fn release_unclosed(&mut self, order: u32) -> u32 {
        let mut released = 0;
        for row in self.rows.iter_mut().filter(|row| row.new.order_id == order_id(order)) {
            if row.link == LinkState::Linked && row.is_droppable() {
                row.release(ReleaseReason::Cancelled);
                released += 1;
            }
        }
        released
    }

    fn close(&mut self, order: u32) {
        let answer = self.store.close(&order_id(order), 1, self.now).unwrap();
        if order == 2 && self.cancelled {
            let released = self.release_unclosed(order);
            assert_eq!(answer, CloseAnswer::Cancelled { released });
            return;
        }
        let mut links = 0;
        for row in self.rows.iter_mut().filter(|row| row.new.order_id == order_id(order)) {
            if row.link == LinkState::Linked {
                row.link = LinkState::Closed;
                row.ready(self.now);
                links += 1;
            }
        }
        assert_eq!(answer, CloseAnswer::Closed { links });
    }

    fn release(&mut self, n: u8, reason: ReleaseReason) {
        let answer = self.store.release(&dsn(n), reason, self.now).unwrap();
        let row = self.rows.iter_mut().find(|row| row.is_active() && row.new.dsn == dsn(n));
        let Some(row) = row else {
            assert_eq!(answer, ReleaseAnswer::NotLinked);
            return;
        };
        if row.is_droppable() {
            assert!(matches!(answer, ReleaseAnswer::Released(_)));
            row.release(reason);
        } else {
            assert_eq!(answer, ReleaseAnswer::AlreadySent);
        }
    }

    fn take(&mut self, after_s: i64) {
        self.now = self.now.plus(after_s * 1000);
        let taken = self.store.take_due(self.now, LEASE_MS, 1).unwrap().pop();
        for row in &mut self.rows {
            // A lease that has run out: `due` was its end.
            if row.event == OutboxState::Sending && row.due <= self.now {
                row.event = OutboxState::Ready;
            }
        }
        let ready = |row: &&mut Row| row.event == OutboxState::Ready && row.due <= self.now;
        let next = self.rows.iter_mut().filter(ready).min_by_key(|row| row.due);
        let expected = next.map(|row| {
            (row.event, row.due) = (OutboxState::Sending, self.now.plus(LEASE_MS.into()));
            row.attempts += 1;
            (row.new.notification_id.clone(), row.payload.clone())
        });
        let got = taken.clone().map(|taken| (taken.notification_id, Some(taken.payload)));
        assert_eq!(got, expected);
        self.taken.extend(taken);
    }

    fn settle(&mut self, which: usize, how: u8) {
        let Some(delivery) = self.taken.get(which).cloned() else { return };
        let next_at = self.now.plus(5000);
        let error = || "why".to_owned();
        let (settlement, state) = match how {
            0 => (Settlement::Sent { message_id: "m".into() }, OutboxState::Sent),
            1 => (Settlement::Retry { next_at, error: error() }, OutboxState::Ready),
            2 => (Settlement::Halted { next_at, error: error() }, OutboxState::Ready),
            _ => (Settlement::Dead { error: error() }, OutboxState::Dead),
        };
        let answer = self.store.settle(&delivery, &settlement, self.now).unwrap();
        let row = self
            .rows
            .iter_mut()
            .find(|row| row.new.notification_id == delivery.notification_id)
            .unwrap();
        let own = row.due == delivery.lease_until || how == 0;
        let counts = row.event == OutboxState::Sending && own;
        assert_eq!(answer, if counts { Settled::Done } else { Settled::Late });
        if counts {
            (row.event, row.due) = (state, next_at);
        }
    }

    fn check(&self) {
        let (links, events) = (self.store.links().unwrap(), self.store.events().unwrap());
        assert_eq!((links.len(), events.len()), (self.rows.len(), self.rows.len()));
        for ((row, link), event) in self.rows.iter().zip(&links).zip(&events) {
            assert_eq!((link.state, link.reason), (row.link, row.reason));
            assert_eq!((event.state, event.attempts), (row.event, row.attempts));
            assert_eq!(link.notification_id, row.new.notification_id);
            let payload = self.store.payload_of(&row.new.notification_id).unwrap();
            assert_eq!(payload, row.payload);
        }
        let counts = self.store.counts().unwrap();
        let of = |states: &[OutboxState]| {
            self.rows.iter().filter(|row| states.contains(&row.event)).count() as u64
        };
        assert_eq!(counts.held, of(&[OutboxState::Held]));
        assert_eq!(counts.ready, of(&[OutboxState::Ready, OutboxState::Sending]));
        assert_eq!(counts.sent, of(&[OutboxState::Sent]));
        assert_eq!(counts.dropped, of(&[OutboxState::Dropped]));
        assert_eq!(counts.dead, of(&[OutboxState::Dead]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_operations_in_any_order(operations in prop::collection::vec(operation(), 1..60)) {
        let mut world = World {
            store: store(),
            rows: Vec::new(),
            cancelled: false,
            taken: Vec::new(),
            now: at(1),
        };
        for operation in &operations {
            world.do_one(operation);
            world.check();
        }
    }
}
