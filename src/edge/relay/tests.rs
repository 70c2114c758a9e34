//! Publishers that fail, hang, lie and refuse; relays that are killed between any two steps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use test_case::test_case;

use super::*;
use crate::edge::publisher::file::FilePublisher;
use crate::edge::store::ImportPolicy;
use crate::edge::store::Writer;
use crate::edge::store::fixtures::{at, new_link, order, order_id};
use crate::pipeline::notification::{OutboxCounts, OutboxState};

const SCHEDULE: RetrySchedule = RetrySchedule { first_ms: 1000, cap_ms: 300_000, dead_after: 0 };

/// Answers from a script, then takes everything; remembers all that it was given.
#[derive(Debug, Default, Clone)]
struct Scripted {
    script: Arc<Mutex<Vec<Result<String, PublishError>>>>,
    given: Arc<Mutex<Vec<Delivery>>>,
}

impl Publisher for Scripted {
    fn publish(&mut self, delivery: &Delivery) -> Result<String, PublishError> {
        self.given.lock().unwrap().push(delivery.clone());
        let mut script = self.script.lock().unwrap();
        if script.is_empty() { Ok("m".to_owned()) } else { script.remove(0) }
    }
}

fn scripted(script: Vec<Result<String, PublishError>>) -> Scripted {
    Scripted { script: Arc::new(Mutex::new(script)), ..Scripted::default() }
}

fn retry() -> Result<String, PublishError> {
    Err(PublishError::Retry { why: "no answer in time".to_owned() })
}

fn halt() -> Result<String, PublishError> {
    Err(PublishError::Halt { why: "no AWS credentials".to_owned() })
}

/// A database with `events` events that are ready at second 10.
fn ready(home: &TempDir, events: u32) -> PathBuf {
    let path = home.path().join("station.db");
    let mut store = Store::open(&path).unwrap();
    store.import(&[order(1, events)], ImportPolicy::AllOrNothing, at(0)).unwrap();
    for unit in 1..=events {
        store.link(&new_link(&format!("D{unit}"), 1, unit), "pack-3").unwrap();
    }
    store.close(&order_id(1), 1, at(10)).unwrap();
    path
}

fn relay(path: &Path, publisher: impl Publisher + 'static) -> Relay {
    Relay::new(Box::new(Store::open(path).unwrap()), Box::new(publisher), SCHEDULE)
}

fn counts(path: &Path) -> OutboxCounts {
    Store::open(path).unwrap().counts().unwrap()
}

#[test]
fn what_is_due_goes_out_one_by_one() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 2);
    let publisher = scripted(Vec::new());
    let mut relay = relay(&path, publisher.clone());
    assert_eq!(
        relay.step(at(9), 0.5).unwrap(),
        Step { outcome: Outcome::Idle, next_at: Some(at(10)) }
    );
    assert!(matches!(relay.step(at(10), 0.5).unwrap().outcome, Outcome::Sent(_)));
    assert!(matches!(relay.step(at(10), 0.5).unwrap().outcome, Outcome::Sent(_)));
    assert_eq!(relay.step(at(10), 0.5).unwrap(), Step { outcome: Outcome::Idle, next_at: None });
    let given = publisher.given.lock().unwrap();
    assert_eq!(given.iter().map(|d| d.dsn.as_str()).collect::<Vec<_>>(), ["D1", "D2"]);
}

#[test]
fn a_failure_is_tried_again_later_with_the_same_bytes() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 1);
    let publisher = scripted(vec![retry(), retry()]);
    let mut relay = relay(&path, publisher.clone());
    let step = relay.step(at(10), 1.0).unwrap();
    assert!(matches!(step.outcome, Outcome::Failed { .. }));
    assert_eq!(step.next_at, Some(at(11)));
    assert_eq!(relay.step(at(11), 1.0).unwrap().next_at, Some(at(13)));
    assert!(matches!(relay.step(at(13), 1.0).unwrap().outcome, Outcome::Sent(_)));
    let given = publisher.given.lock().unwrap();
    assert!(given.iter().all(|d| d.payload == given[0].payload));
    assert_eq!(given.iter().map(|d| d.attempts).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn attempts_can_run_out() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 1);
    let schedule = RetrySchedule { dead_after: 2, ..SCHEDULE };
    let publisher = scripted(vec![retry(), halt(), retry()]);
    let outbox = Box::new(Store::open(&path).unwrap());
    let mut relay = Relay::new(outbox, Box::new(publisher), schedule);
    assert!(matches!(relay.step(at(10), 1.0).unwrap().outcome, Outcome::Failed { .. }));
    // That nothing can go out is not the event's fault.
    assert!(matches!(relay.step(at(20), 1.0).unwrap().outcome, Outcome::Halted { .. }));
    assert!(matches!(relay.step(at(50), 1.0).unwrap().outcome, Outcome::Dead { .. }));
    assert_eq!(counts(&path).dead, 1);
}

#[test]
fn a_refused_event_does_not_hold_up_the_others() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 2);
    let refused = Err(PublishError::Refused { why: "SNS answered 400, InvalidParameter".into() });
    let mut relay = relay(&path, scripted(vec![refused]));
    assert!(matches!(relay.step(at(10), 0.5).unwrap().outcome, Outcome::Dead { .. }));
    assert!(matches!(relay.step(at(10), 0.5).unwrap().outcome, Outcome::Sent(_)));
    let events = Store::open(&path).unwrap().events().unwrap();
    assert_eq!(events[0].state, OutboxState::Dead);
    assert_eq!(events[0].last_error.as_deref(), Some("SNS answered 400, InvalidParameter"));
}

#[test]
fn a_halt_stops_the_relay_until_the_probe() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 3);
    let publisher = scripted(vec![halt(), halt()]);
    let mut relay = relay(&path, publisher.clone());
    let step = relay.step(at(10), 0.5).unwrap();
    assert_eq!(step.outcome, Outcome::Halted { why: "no AWS credentials".to_owned() });
    assert_eq!(step.next_at, Some(at(40)));
    for second in 10..40 {
        assert_eq!(relay.step(at(second), 0.5).unwrap().outcome, Outcome::Idle);
    }
    assert_eq!(publisher.given.lock().unwrap().len(), 1);
    assert!(matches!(relay.step(at(40), 0.5).unwrap().outcome, Outcome::Halted { .. }));
    for _ in 0..3 {
        assert!(matches!(relay.step(at(70), 0.5).unwrap().outcome, Outcome::Sent(_)));
    }
    let given = publisher.given.lock().unwrap();
    assert!(given.iter().all(|delivery| delivery.attempts == 1));
}

#[test]
fn a_slow_one_may_send_twice_but_never_with_two_ids() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 1);
    let mut slow = Store::open(&path).unwrap();
    let stuck = slow.take_due(at(10), LEASE_MS, 1).unwrap().remove(0);
    let publisher = scripted(Vec::new());
    let mut second = relay(&path, publisher.clone());
    assert_eq!(second.step(at(69), 0.5).unwrap().next_at, Some(at(70)));
    assert!(matches!(second.step(at(70), 0.5).unwrap().outcome, Outcome::Sent(_)));
    let sent = Settlement::Sent { message_id: "late".to_owned() };
    assert_eq!(slow.settle(&stuck, &sent, at(71)).unwrap(), Settled::Late);
    let again = &publisher.given.lock().unwrap()[0];
    assert_eq!((&again.notification_id, &again.payload), (&stuck.notification_id, &stuck.payload));
    assert_eq!(counts(&path), OutboxCounts { sent: 1, ..OutboxCounts::default() });
}

/// Says that it did not deliver what it delivered.
struct Liar(FilePublisher, u32);

impl Publisher for Liar {
    fn publish(&mut self, delivery: &Delivery) -> Result<String, PublishError> {
        let answer = self.0.publish(delivery);
        self.1 += 1;
        if self.1.is_multiple_of(3) { answer } else { retry() }
    }
}

/// Each id in the file with how often it stands there.
fn delivered(path: &Path) -> BTreeMap<String, u32> {
    let mut ids = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        crate::pipeline::notification::check(line).unwrap();
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = message["notificationInfo"]["notificationId"].as_str().unwrap().to_owned();
        *ids.entry(id).or_default() += 1;
    }
    ids
}

#[test]
fn a_lying_one_is_believed_and_nothing_is_lost_or_doubled() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 5);
    let file = home.path().join("notifications.jsonl");
    let mut relay = relay(&path, Liar(FilePublisher::open(&file).unwrap(), 0));
    let mut now = at(10);
    while let Some(next) = relay.step(now, 0.5).unwrap().next_at {
        now = now.max(next);
    }
    assert_eq!(counts(&path), OutboxCounts { sent: 5, ..OutboxCounts::default() });
    assert_eq!(delivered(&file).values().copied().collect::<Vec<_>>(), [1; 5]);
}

/// Where a relay is killed within the delivery of an event.
#[derive(Debug, Clone, Copy)]
enum Killed {
    Taken,
    Published,
    Settled,
}

#[test_case(Killed::Taken)]
#[test_case(Killed::Published)]
#[test_case(Killed::Settled)]
fn killed_anywhere_it_delivers_each_once_under_its_id(killed: Killed) {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 4);
    let file = home.path().join("notifications.jsonl");
    for round in 0..4 {
        let now = at(10 + round);
        let mut store = Store::open(&path).unwrap();
        let mut publisher = FilePublisher::open(&file).unwrap();
        let delivery = store.take_due(now, LEASE_MS, 1).unwrap().remove(0);
        if matches!(killed, Killed::Taken) {
            continue;
        }
        let message_id = publisher.publish(&delivery).unwrap();
        if matches!(killed, Killed::Settled) {
            store.settle(&delivery, &Settlement::Sent { message_id }, now).unwrap();
        }
    }
    let mut relay = relay(&path, FilePublisher::open(&file).unwrap());
    let mut now = at(14);
    while let Some(next) = relay.step(now, 0.5).unwrap().next_at {
        now = now.max(next);
    }
    assert_eq!(counts(&path), OutboxCounts { sent: 4, ..OutboxCounts::default() });
    assert_eq!(delivered(&file).values().copied().collect::<Vec<_>>(), [1; 4]);
}

#[test]
fn the_writer_serves_a_relay_too() {
    let home = TempDir::new().unwrap();
    let path = ready(&home, 2);
    let writer = Writer::start(Store::open(&path).unwrap()).unwrap();
    let outbox = Box::new(writer.handle());
    let publisher = Box::new(crate::edge::publisher::Recording::default());
    let mut relay = Relay::new(outbox, publisher, SCHEDULE);
    assert!(matches!(relay.step(at(10), 0.5).unwrap().outcome, Outcome::Sent(_)));
    assert!(matches!(relay.step(at(10), 0.5).unwrap().outcome, Outcome::Sent(_)));
    assert_eq!(relay.step(at(10), 0.5).unwrap().next_at, None);
}
