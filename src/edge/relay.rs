//! The relay: takes one due event from the outbox, publishes it, writes down how that ended.
//!
//! Killed between any two of these it loses nothing: the lease runs out and the event goes out again, under the same
//! id and with the same bytes. Receivers drop a second copy by that id (at least once, never with two ids).

use std::fmt;

use crate::edge::publisher::{PublishError, Publisher};
use crate::edge::store::{Delivery, Settled, Settlement, Store, StoreError, StoreHandle};
use crate::pipeline::ident::NotificationId;
use crate::pipeline::notification::RetrySchedule;
use crate::pipeline::time::Timestamp;

/// How long an event is a relay's: well over the 12 s that a publish may take.
const LEASE_MS: u32 = 60_000;

/// How long the whole relay stands still before it probes again with one event.
const PROBE_MS: i64 = 30_000;

/// Where due events come from: the store itself, or its writer thread.
pub trait Outbox: Send {
    /// The event that has been due longest, for `lease_ms` milliseconds.
    fn take(&mut self, now: Timestamp, lease_ms: u32) -> Result<Option<Delivery>, StoreError>;

    /// Writes down how it ended.
    fn settle(
        &mut self,
        delivery: &Delivery,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Settled, StoreError>;

    /// When the next event is due; in the past for what is due already.
    fn next_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;
}

impl Outbox for Store {
    fn take(&mut self, now: Timestamp, lease_ms: u32) -> Result<Option<Delivery>, StoreError> {
        Ok(self.take_due(now, lease_ms, 1)?.pop())
    }

    fn settle(
        &mut self,
        delivery: &Delivery,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        Self::settle(self, delivery, &settlement, now)
    }

    fn next_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Self::next_due(self, now)
    }
}

impl Outbox for StoreHandle {
    fn take(&mut self, now: Timestamp, lease_ms: u32) -> Result<Option<Delivery>, StoreError> {
        self.call(move |store| Outbox::take(store, now, lease_ms))
    }

    fn settle(
        &mut self,
        delivery: &Delivery,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        let delivery = delivery.clone();
        self.call(move |store| store.settle(&delivery, &settlement, now))
    }

    fn next_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.call(move |store| Store::next_due(store, now))
    }
}

/// One relay. Several may work on one outbox.
pub struct Relay {
    outbox: Box<dyn Outbox>,
    publisher: Box<dyn Publisher>,
    schedule: RetrySchedule,
    halted_until: Option<Timestamp>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("halted_until", &self.halted_until).finish_non_exhaustive()
    }
}

/// What one step did, and when the next has something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it did.
    pub outcome: Outcome,
    /// When to step again; in the past: at once. `None`: when a new event becomes ready.
    pub next_at: Option<Timestamp>,
}

/// What became of the event of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was due.
    Idle,
    /// It went out.
    Sent(NotificationId),
    /// It did not, and is tried again.
    Failed {
        /// The event.
        notification_id: NotificationId,
        /// Why.
        why: String,
    },
    /// It was refused for good, or tried as often as the schedule allows.
    Dead {
        /// The event.
        notification_id: NotificationId,
        /// Why.
        why: String,
    },
    /// Nothing can go out until a person has done something; probed again at `next_at`.
    Halted {
        /// Why.
        why: String,
    },
}

impl Relay {
    /// A relay from `outbox` to `publisher`.
    pub fn new(
        outbox: Box<dyn Outbox>,
        publisher: Box<dyn Publisher>,
        schedule: RetrySchedule,
    ) -> Self {
        Self { outbox, publisher, schedule, halted_until: None }
    }

    /// Publishes one due event, if there is one. `random` is 0 to 1, drawn anew for every step.
    ///
    /// Errors: the database failed. Step again later; what was taken is due again when its lease has run out.
    pub fn step(&mut self, now: Timestamp, random: f64) -> Result<Step, StoreError> {
        if let Some(until) = self.halted_until.filter(|until| now < *until) {
            return Ok(Step { outcome: Outcome::Idle, next_at: Some(until) });
        }
        let outcome = match self.outbox.take(now, LEASE_MS)? {
            Some(delivery) => self.deliver(&delivery, now, random)?,
            None => Outcome::Idle,
        };
        let next_due = self.outbox.next_due(now)?;
        let next_at = next_due.map(|due| self.halted_until.map_or(due, |until| due.max(until)));
        Ok(Step { outcome, next_at })
    }

    fn deliver(
        &mut self,
        delivery: &Delivery,
        now: Timestamp,
        random: f64,
    ) -> Result<Outcome, StoreError> {
        let published = self.publisher.publish(delivery);
        self.halted_until = match &published {
            Err(PublishError::Halt { .. }) => Some(now.plus(PROBE_MS)),
            _ => None,
        };
        let settlement = self.settlement(delivery, published, now, random);
        let notification_id = delivery.notification_id.clone();
        let outcome = match settlement.clone() {
            Settlement::Sent { .. } => Outcome::Sent(notification_id),
            Settlement::Retry { error: why, .. } => Outcome::Failed { notification_id, why },
            Settlement::Halted { error: why, .. } => Outcome::Halted { why },
            Settlement::Dead { error: why } => Outcome::Dead { notification_id, why },
        };
        self.outbox.settle(delivery, settlement, now)?;
        Ok(outcome)
    }

    fn settlement(
        &self,
        delivery: &Delivery,
        published: Result<String, PublishError>,
        now: Timestamp,
        random: f64,
    ) -> Settlement {
        match published {
            Ok(message_id) => Settlement::Sent { message_id },
            Err(PublishError::Halt { why: error }) => {
                Settlement::Halted { next_at: now.plus(PROBE_MS), error }
            }
            Err(PublishError::Refused { why: error }) => Settlement::Dead { error },
            Err(PublishError::Retry { why: error }) => {
                let most = self.schedule.dead_after;
                if most > 0 && delivery.attempts >= most {
                    return Settlement::Dead { error };
                }
                let wait = self.schedule.wait_ms(delivery.attempts, random);
                Settlement::Retry { next_at: now.plus(wait), error }
            }
        }
    }
}

#[cfg(test)]
mod tests;
