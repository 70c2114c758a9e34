//! The store from outside: every answer of every operation, hostile text, full disks, other people's files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::channel;

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;
use test_case::test_case;

use super::fixtures::{at, new_link, order, order_id, store};
use super::*;
use crate::pipeline::ident::{Dsn, NotificationId};
use crate::pipeline::link::{
    CloseAnswer, LinkAnswer, LinkState, NewLink, ReleaseAnswer, ReleaseReason,
};
use crate::pipeline::notification::{OutboxCounts, OutboxState, check};
use crate::pipeline::order::Order;

const HOSTILE: &str = "\u{1b}]0;x\u{7}'; DROP TABLE links;--";

fn linked(store: &mut Store, dsn: &str, n: u32, unit: u32) -> NewLink {
    let new = new_link(dsn, n, unit);
    let answer = store.link(&new, "pack-3").unwrap();
    assert!(matches!(answer, LinkAnswer::Linked(_)), "{answer:?}");
    new
}

fn state_of(store: &Store, id: &NotificationId) -> OutboxState {
    let events = store.events().unwrap();
    events.iter().find(|event| event.notification_id == *id).unwrap().state
}

fn release(store: &mut Store, dsn: &str, reason: ReleaseReason) -> ReleaseAnswer {
    store.release(&Dsn::matched(dsn), reason, at(9)).unwrap()
}

#[test]
fn a_link_is_a_link_an_event_and_an_entry() {
    let mut store = store();
    let new = linked(&mut store, "AD123456C", 1, 1);
    let packing = store.find_order("LPN1").unwrap().unwrap();
    assert_eq!(packing.progress(), (1, 2));
    let link = &packing.links[0];
    assert_eq!((link.dsn.as_str(), link.generation, link.unit), ("AD123456C", 1, 1));
    assert_eq!((link.state, link.station.as_str()), (LinkState::Linked, "pack-3"));
    let events = store.events().unwrap();
    assert_eq!((events[0].state, events[0].held_at), (OutboxState::Held, at(1)));
    assert_eq!(store.payload_of(&new.notification_id).unwrap(), None);
    let entries = store.journal_entries().unwrap();
    assert_eq!(
        (entries[0].kind.as_str(), entries[0].dsn.as_deref()),
        ("linked", Some("AD123456C"))
    );
    assert_eq!(entries[0].detail, json!({"line": 1, "unit": 1}));
}

#[test]
fn the_same_link_again_is_answered_as_the_first_time() {
    let mut store = store();
    let new = linked(&mut store, "A", 1, 1);
    let again = store.link(&new, "pack-3").unwrap();
    assert!(matches!(again, LinkAnswer::Linked(link) if link.link_id == 1));
    assert_eq!(store.links().unwrap().len(), 1);
    let other = NewLink { dsn: Dsn::matched("B"), ..new };
    assert!(matches!(store.link(&other, "pack-3"), Err(StoreError::IdTaken)));
}

fn changed(change: fn(&mut NewLink)) -> NewLink {
    let mut new = new_link("A", 1, 1);
    change(&mut new);
    new
}

#[test_case(changed(|new| new.order_version = 2); "another version")]
#[test_case(changed(|new| new.order_id = order_id(9)); "no such order")]
#[test_case(changed(|new| new.line = 2); "no such line")]
#[test_case(changed(|new| new.unit = 3); "no such unit")]
#[test_case(changed(|new| new.unit = 0); "unit nought")]
#[test_case(changed(|new| new.asin = "B0EXAMPL02".parse().unwrap()); "another product")]
#[test_case(changed(|new| new.directed_customer_id = "amzn1.account.X".parse().unwrap()); "another customer")]
fn what_the_order_does_not_want_is_changed(new: NewLink) {
    let mut store = store();
    assert_eq!(store.link(&new, "pack-3").unwrap(), LinkAnswer::Changed);
    assert_eq!((store.links().unwrap().len(), store.events().unwrap().len()), (0, 0));
}

#[test]
fn a_device_has_one_order_and_a_unit_one_device() {
    let mut store = store();
    linked(&mut store, "A", 1, 2);
    assert_eq!(store.link(&new_link("A", 1, 1), "x").unwrap(), LinkAnswer::Here { unit: 2 });
    let taken = LinkAnswer::Taken { order_id: order_id(1), station: "pack-3".into(), at: at(1) };
    assert_eq!(store.link(&new_link("A", 2, 1), "x").unwrap(), taken);
    assert_eq!(store.link(&new_link("B", 1, 2), "x").unwrap(), LinkAnswer::Changed);
    // DSNs are compared byte for byte.
    linked(&mut store, "a", 1, 1);
}

#[test]
fn the_database_itself_refuses_a_second_active_link() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    let copy =
        "INSERT INTO links SELECT 99, dsn, 2, 'ORDER', line, unit, asin, model_id, state, reason,
         station, operator, catalog, linked_at, closed_at, released_at FROM links";
    for order in ["112-0000002-0000001", "112-0000001-0000001"] {
        assert!(store.connection.execute_batch(&copy.replace("ORDER", order)).is_err());
    }
}

#[test]
fn a_pre_registration_withdrawn_stops_the_link() {
    let mut store = store();
    let withdrawn = Order { version: 2, pre_registered: false, ..order(1, 2) };
    store.import(&[withdrawn], ImportPolicy::AllOrNothing, at(2)).unwrap();
    let new = NewLink { order_version: 2, ..new_link("A", 1, 1) };
    assert_eq!(store.link(&new, "x").unwrap(), LinkAnswer::Changed);
}

#[test]
fn closing_makes_the_events_ready_as_they_will_go_out() {
    let mut store = store();
    let new = linked(&mut store, "AD123456C", 1, 1);
    assert_eq!(store.close(&order_id(1), 2, at(5)).unwrap(), CloseAnswer::Changed);
    assert_eq!(store.close(&order_id(9), 1, at(5)).unwrap(), CloseAnswer::Changed);
    assert_eq!(store.close(&order_id(1), 1, at(5)).unwrap(), CloseAnswer::Closed { links: 1 });
    assert_eq!(store.close(&order_id(1), 1, at(6)).unwrap(), CloseAnswer::Closed { links: 0 });
    let payload = store.payload_of(&new.notification_id).unwrap().unwrap();
    assert_eq!(payload, new.notification().message(at(5)).unwrap());
    assert_eq!(check(&payload), Ok(()));
    let link = &store.links().unwrap()[0];
    assert_eq!((link.state, link.closed_at), (LinkState::Closed, Some(at(5))));
    let event = &store.events().unwrap()[0];
    assert_eq!((event.state, event.next_at), (OutboxState::Ready, Some(at(5))));
    assert_eq!((event.ready_at, event.notification_time), (Some(at(5)), Some(at(5))));
    assert_eq!(store.oldest_ready().unwrap(), Some(at(5)));
}

#[test]
fn closing_a_cancelled_order_takes_its_links_back() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    // A cancellation that reached the database by another way than this program's.
    store.connection.execute_batch("UPDATE orders SET cancelled_at = 1").unwrap();
    let answer = store.close(&order_id(1), 1, at(5)).unwrap();
    assert_eq!(answer, CloseAnswer::Cancelled { released: 1 });
    let link = &store.links().unwrap()[0];
    assert_eq!((link.state, link.reason), (LinkState::Released, Some(ReleaseReason::Cancelled)));
    assert_eq!(store.counts().unwrap(), OutboxCounts { dropped: 1, ..OutboxCounts::default() });
    assert_eq!(store.link(&new_link("B", 1, 1), "x").unwrap(), LinkAnswer::Cancelled);
}

#[test]
fn cancelling_releases_what_is_not_closed() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    store.close(&order_id(1), 1, at(2)).unwrap();
    linked(&mut store, "B", 1, 2);
    let cancelled = CancelAnswer::Cancelled { released: 1, kept: 1 };
    assert_eq!(store.cancel_order(&order_id(1), at(3)).unwrap(), cancelled);
    assert_eq!(store.cancel_order(&order_id(1), at(4)).unwrap(), CancelAnswer::Already);
    assert_eq!(store.cancel_order(&order_id(9), at(4)).unwrap(), CancelAnswer::NoSuchOrder);
    let packing = store.find_order("SP00000001").unwrap().unwrap();
    assert!(packing.order.cancelled);
    // The order system's own file stays a no-op, and a higher version replaces.
    let orders = [order(1, 2), Order { version: 2, ..order(1, 2) }];
    let answers = store.import(&orders, ImportPolicy::AllOrNothing, at(5)).unwrap();
    assert_eq!(answers, [ImportAnswer::Same, ImportAnswer::Replaced { from: 1 }]);
    assert!(!store.find_order("SP00000001").unwrap().unwrap().order.cancelled);
}

#[test]
fn undo_frees_the_device_for_a_new_generation() {
    let mut store = store();
    let first = linked(&mut store, "A", 1, 1);
    assert_eq!(release(&mut store, "X", ReleaseReason::Undo), ReleaseAnswer::NotLinked);
    let ReleaseAnswer::Released(link) = release(&mut store, "A", ReleaseReason::Undo) else {
        panic!("not released");
    };
    assert_eq!((link.state, link.released_at), (LinkState::Released, Some(at(9))));
    assert_eq!(state_of(&store, &first.notification_id), OutboxState::Dropped);
    assert_eq!(store.link(&first, "x").unwrap(), LinkAnswer::Changed);
    linked(&mut store, "A", 2, 1);
    assert_eq!(store.links().unwrap()[1].generation, 2);
    let kinds: Vec<String> =
        store.journal_entries().unwrap().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["linked", "released", "linked"]);
}

#[test]
fn undo_is_refused_once_a_relay_has_had_the_event() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    linked(&mut store, "B", 1, 2);
    store.close(&order_id(1), 1, at(2)).unwrap();
    let taken = store.take_due(at(2), 60_000, 1).unwrap();
    assert_eq!(taken[0].dsn.as_str(), "A");
    assert_eq!(release(&mut store, "A", ReleaseReason::Undo), ReleaseAnswer::AlreadySent);
    // Ready and never attempted: its event is dropped with the payload that it had.
    assert!(matches!(release(&mut store, "B", ReleaseReason::Undo), ReleaseAnswer::Released(_)));
    let failed = Settlement::Retry { next_at: at(3), error: "no answer".into() };
    store.settle(&taken[0], &failed, at(3)).unwrap();
    assert_eq!(release(&mut store, "A", ReleaseReason::Undo), ReleaseAnswer::AlreadySent);
    assert_eq!(release(&mut store, "A", ReleaseReason::Return), ReleaseAnswer::AlreadySent);
}

#[test]
fn a_device_that_came_back_is_not_linked_again() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    assert!(matches!(release(&mut store, "A", ReleaseReason::Return), ReleaseAnswer::Released(_)));
    let returned = LinkAnswer::Returned { order_id: order_id(1), at: at(9) };
    assert_eq!(store.link(&new_link("A", 2, 1), "x").unwrap(), returned);
}

#[test]
fn the_newest_link_is_told() {
    let mut store = store();
    assert_eq!(store.newest_link().unwrap(), None);
    let new = linked(&mut store, "A", 1, 1);
    assert_eq!(store.newest_link().unwrap(), Some(new.linked_at));
}

#[test]
fn an_event_is_made_ready_once() {
    let mut store = store();
    let new = linked(&mut store, "A", 1, 1);
    let id = &new.notification_id;
    assert_eq!(store.make_ready(id, at(3)).unwrap(), Some(OutboxState::Ready));
    let payload = store.payload_of(id).unwrap();
    assert_eq!(store.make_ready(id, at(4)).unwrap(), Some(OutboxState::Ready));
    assert_eq!(store.close(&order_id(1), 1, at(5)).unwrap(), CloseAnswer::Closed { links: 1 });
    assert_eq!(store.payload_of(id).unwrap(), payload);
    let nobody = NotificationId::new(77, &[7; 10]);
    assert_eq!(store.make_ready(&nobody, at(3)).unwrap(), None);
}

#[test]
fn a_dead_event_is_tried_again_when_a_person_wants_it() {
    let mut store = store();
    let new = linked(&mut store, "A", 1, 1);
    let id = &new.notification_id;
    assert_eq!(store.retry(id, at(1)).unwrap(), RetryAnswer::NotDead(OutboxState::Held));
    store.close(&order_id(1), 1, at(2)).unwrap();
    let taken = store.take_due(at(2), 60_000, 1).unwrap();
    store.settle(&taken[0], &Settlement::Dead { error: "refused".into() }, at(3)).unwrap();
    assert_eq!(store.counts().unwrap().dead, 1);
    assert_eq!(store.next_due(at(3)).unwrap(), None);
    assert_eq!(store.retry(id, at(4)).unwrap(), RetryAnswer::Ready);
    let again = store.take_due(at(4), 60_000, 1).unwrap();
    assert_eq!((&again[0].payload, again[0].attempts), (&taken[0].payload, 2));
    let nobody = NotificationId::new(77, &[7; 10]);
    assert_eq!(store.retry(&nobody, at(4)).unwrap(), RetryAnswer::NoSuchEvent);
}

#[test]
fn a_late_settlement_changes_nothing_unless_it_was_sent() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    store.close(&order_id(1), 1, at(2)).unwrap();
    let slow = store.take_due(at(2), 10_000, 1).unwrap().remove(0);
    assert!(store.take_due(at(11), 10_000, 1).unwrap().is_empty());
    let second = store.take_due(at(13), 10_000, 1).unwrap().remove(0);
    assert_eq!((second.attempts, &second.payload), (2, &slow.payload));
    let dead = Settlement::Dead { error: "refused".into() };
    assert_eq!(store.settle(&slow, &dead, at(14)).unwrap(), Settled::Late);
    let sent = Settlement::Sent { message_id: "m".into() };
    assert_eq!(store.settle(&slow, &sent, at(14)).unwrap(), Settled::Done);
    assert_eq!(store.settle(&second, &dead, at(15)).unwrap(), Settled::Late);
    assert_eq!(store.counts().unwrap().sent, 1);
}

#[test]
fn a_clock_that_was_set_back_holds_no_event() {
    let mut store = store();
    linked(&mut store, "A", 1, 1);
    linked(&mut store, "B", 1, 2);
    let later = at(400 * 86_400);
    store.close(&order_id(1), 1, later).unwrap();
    assert_eq!(store.take_due(later, 60_000, 1).unwrap().len(), 1);
    assert_eq!(store.next_due(at(5)).unwrap(), Some(at(5)));
    assert_eq!(store.take_due(at(5), 60_000, 9).unwrap().len(), 2);
}

#[test]
fn what_the_relay_and_a_scan_ask_is_read_from_an_index() {
    let store = store();
    for (query, index) in [
        ("SELECT min(next_at) FROM outbox WHERE state = 'ready'", "ready_events"),
        ("SELECT min(ready_at) FROM outbox WHERE state = 'ready'", "COVERING INDEX ready_events"),
        (
            "SELECT link_id FROM outbox WHERE state = 'ready' AND next_at <= 1 ORDER BY next_at, link_id",
            "ready_events",
        ),
        ("SELECT min(lease_until) FROM outbox WHERE state = 'sending'", "sending_events"),
        ("SELECT * FROM links WHERE dsn = 'A' AND links.state <> 'released'", "INDEX"),
        ("SELECT * FROM links WHERE order_id = 'A' AND links.state <> 'released'", "active_unit"),
        ("SELECT * FROM links JOIN outbox USING (link_id) WHERE notification_id = 'N'", "INDEX"),
    ] {
        let mut statement =
            store.connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let plan = statement.query_map([], |row| row.get::<_, String>("detail")).unwrap();
        let plan: Vec<String> = plan.map(Result::unwrap).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{query}: {plan:?}");
    }
}

fn import(store: &mut Store, order: Order) -> ImportAnswer {
    store.import(&[order], ImportPolicy::SkipRefused, at(3)).unwrap().remove(0)
}

#[test]
fn an_import_is_judged_by_version_and_content() {
    let mut store = store();
    assert_eq!(import(&mut store, order(1, 2)), ImportAnswer::Same);
    let newer = Order { version: 3, ..order(1, 5) };
    assert_eq!(import(&mut store, newer.clone()), ImportAnswer::Replaced { from: 1 });
    assert_eq!(store.find_order(order_id(1).as_str()).unwrap().unwrap().order, newer);
    assert_eq!(import(&mut store, order(1, 2)), ImportAnswer::Lower { have: 3 });
    let other = Order { version: 3, ..order(1, 4) };
    assert_eq!(import(&mut store, other), ImportAnswer::Different { version: 3 });
    let mut third = order(3, 1);
    third.codes = order(2, 1).codes;
    let taken = ImportAnswer::CodeTaken { code: third.codes[0].clone(), by: order_id(2) };
    assert_eq!(import(&mut store, third), taken);
    let mut third = order(3, 1);
    third.codes = vec![order_id(2).as_str().parse().unwrap()];
    assert!(matches!(import(&mut store, third), ImportAnswer::CodeTaken { .. }));
    assert_eq!(store.orders().unwrap().len(), 2);
}

#[test]
fn a_refusal_keeps_all_or_only_itself_out() {
    for (policy, kept) in [(ImportPolicy::AllOrNothing, 2), (ImportPolicy::SkipRefused, 3)] {
        let mut store = store();
        let orders = [order(3, 1), order(1, 7)];
        let answers = store.import(&orders, policy, at(3)).unwrap();
        assert_eq!(answers, [ImportAnswer::New, ImportAnswer::Different { version: 1 }]);
        assert_eq!(store.orders().unwrap().len(), kept);
    }
}

fn newer(change: fn(&mut Order)) -> Order {
    let mut order = Order { version: 2, ..order(1, 2) };
    change(&mut order);
    order
}

#[test_case(newer(|order| order.lines.clear()); "its line gone")]
#[test_case(newer(|order| order.lines[0].quantity = 1); "its unit gone")]
#[test_case(newer(|order| order.lines[0].scan = false); "no device")]
#[test_case(newer(|order| order.lines[0].asin = "B0EXAMPL02".parse().unwrap()); "another product")]
#[test_case(newer(|order| order.pre_registered = false); "not registered")]
#[test_case(newer(|order| order.directed_customer_id = "amzn1.account.B".parse().ok()); "another customer")]
fn a_linked_line_is_not_taken_from_under_its_link(newer: Order) {
    let mut store = store();
    linked(&mut store, "A", 1, 2);
    assert_eq!(import(&mut store, newer.clone()), ImportAnswer::LineLinked { line: 1 });
    // Once the order is cancelled, it lets go of what is not closed.
    let cancelled = Order { cancelled: true, ..newer };
    assert_eq!(import(&mut store, cancelled), ImportAnswer::Replaced { from: 1 });
    assert_eq!(store.links().unwrap()[0].reason, Some(ReleaseReason::Cancelled));
}

#[test]
fn hostile_text_is_text() {
    let mut store = store();
    let quotes = &HOSTILE[HOSTILE.len() - 22..];
    linked(&mut store, quotes, 1, 1);
    let control = NewLink { dsn: Dsn::matched(HOSTILE), ..new_link("B", 1, 2) };
    assert!(matches!(store.link(&control, "x"), Err(StoreError::Payload(_))));
    let entry = JournalEntry {
        at: at(4),
        station: HOSTILE.into(),
        operator: Some(HOSTILE.into()),
        catalog: String::new(),
        kind: "not_a_serial".into(),
        order_id: None,
        dsn: Some(HOSTILE.into()),
        detail: json!({"text": HOSTILE, "nul": "a\u{0}b"}),
    };
    store.journal(&entry).unwrap();
    assert_eq!(store.journal_entries().unwrap()[1], entry);
    assert_eq!(store.find_order(HOSTILE).unwrap(), None);
    assert_eq!(store.links().unwrap()[0].dsn.as_str(), quotes);
}

#[test]
fn counts_are_what_is_there() {
    let mut store = store();
    for unit in 1..=2 {
        linked(&mut store, &format!("A{unit}"), 1, unit);
    }
    linked(&mut store, "B", 2, 1);
    store.close(&order_id(1), 1, at(2)).unwrap();
    store.take_due(at(2), 60_000, 1).unwrap();
    let counts = OutboxCounts { held: 1, ready: 2, ..OutboxCounts::default() };
    assert_eq!(store.counts().unwrap(), counts);
}

fn file(home: &TempDir) -> std::path::PathBuf {
    home.path().join("station.db")
}

/// A database in a file with one link in it.
fn on_disk(home: &TempDir) -> Store {
    let mut store = Store::open(&file(home)).unwrap();
    store.import(&[order(1, 9)], ImportPolicy::AllOrNothing, at(0)).unwrap();
    linked(&mut store, "A", 1, 1);
    store
}

#[test]
fn a_file_is_private_and_opens_again() {
    let home = TempDir::new().unwrap();
    let store = on_disk(&home);
    for name in ["station.db", "station.db-wal"] {
        let mode = home.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let sync: i64 =
        store.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!(sync, 2);
    drop(store);
    assert_eq!(Store::open(&file(&home)).unwrap().links().unwrap().len(), 1);
    let mut read_only = Store::open_read_only(&file(&home)).unwrap();
    assert_eq!(read_only.links().unwrap().len(), 1);
    assert!(matches!(read_only.link(&new_link("B", 1, 2), "x"), Err(StoreError::File(_))));
}

#[test]
fn a_snapshot_leaves_the_home_alone() {
    let home = TempDir::new().unwrap();
    let names = |home: &TempDir| {
        let entries = std::fs::read_dir(home.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let store = on_disk(&home);
    let mut copy = Store::snapshot_of(&file(&home)).unwrap();
    linked(&mut copy, "B", 1, 2);
    assert_eq!(store.links().unwrap().len(), 1);
    drop(store);
    let before = (names(&home), std::fs::read(file(&home)).unwrap());
    let copy = Store::snapshot_of(&file(&home)).unwrap();
    assert_eq!(copy.links().unwrap().len(), 1);
    drop(copy);
    assert_eq!((names(&home), std::fs::read(file(&home)).unwrap()), before);
}

#[test]
fn what_a_killed_process_left_opens_again() {
    let (home, left) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = on_disk(&home);
    for name in ["station.db", "station.db-wal"] {
        std::fs::copy(home.path().join(name), left.path().join(name)).unwrap();
    }
    drop(store);
    assert_eq!(Store::snapshot_of(&file(&left)).unwrap().links().unwrap().len(), 1);
    assert_eq!(Store::open(&file(&left)).unwrap().links().unwrap().len(), 1);
}

#[test]
fn several_may_make_it_at_once() {
    let home = TempDir::new().unwrap();
    let path = file(&home);
    std::thread::scope(|scope| {
        let opens: Vec<_> = (0..4).map(|_| scope.spawn(|| Store::open(&path).map(drop))).collect();
        for open in opens {
            open.join().unwrap().unwrap();
        }
    });
}

fn foreign(path: &Path, statements: &str) {
    Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn a_database_of_others_is_left_as_it_is() {
    let home = TempDir::new().unwrap();
    let path = file(&home);
    let opened = || (Store::open(&path).err(), Store::snapshot_of(&path).err());
    std::fs::write(&path, "not a database, but long enough for a header. ".repeat(9)).unwrap();
    assert!(matches!(opened(), (Some(StoreError::NotOurs), Some(StoreError::NotOurs))));
    for statements in [
        "CREATE TABLE theirs (x)",
        "CREATE TABLE theirs (x); PRAGMA user_version = 1",
        "CREATE TABLE theirs (x); PRAGMA application_id = 7; PRAGMA journal_mode = WAL",
    ] {
        std::fs::remove_file(&path).unwrap();
        foreign(&path, statements);
        let before = std::fs::read(&path).unwrap();
        let opened = opened();
        assert!(matches!(opened, (Some(StoreError::NotOurs), Some(StoreError::NotOurs))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_ne!(path.metadata().unwrap().permissions().mode() & 0o077, 0);
    }
}

#[test]
fn a_newer_database_is_left_as_it_is_with_its_log() {
    let home = TempDir::new().unwrap();
    let path = file(&home);
    drop(on_disk(&home));
    // Still open, so that its write-ahead log is there and not merged.
    let newer = Connection::open(&path).unwrap();
    newer.execute_batch("PRAGMA user_version = 99; CREATE TABLE later (x)").unwrap();
    let log = home.path().join("station.db-wal");
    let bytes = || (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    let before = bytes();
    for error in [
        Store::open(&path).unwrap_err(),
        Store::snapshot_of(&path).unwrap_err(),
        Store::open_read_only(&path).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::TooNew { found: 99, known: 1 }), "{error:?}");
    }
    assert_eq!(bytes(), before);
}

#[test]
fn an_empty_file_becomes_ours_and_a_folder_that_is_none_is_named() {
    let home = TempDir::new().unwrap();
    std::fs::write(file(&home), "").unwrap();
    Store::open(&file(&home)).unwrap();
    let under_a_file = file(&home).join("station.db");
    let error = Store::open(&under_a_file).unwrap_err();
    assert!(matches!(error, StoreError::File(_)), "{error:?}");
}

#[test]
fn a_damaged_file_is_not_opened() {
    let home = TempDir::new().unwrap();
    drop(on_disk(&home));
    let mut bytes = std::fs::read(file(&home)).unwrap();
    let from = bytes.len() / 2;
    bytes[from..].fill(0x5a);
    std::fs::write(file(&home), bytes).unwrap();
    let error = Store::open(&file(&home)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

fn fill_up(store: &Store) {
    store
        .connection
        .execute_batch("PRAGMA max_page_count = 1") // As many as there are, no more.
        .unwrap();
}

#[test]
fn a_full_disk_keeps_what_was_linked() {
    let home = TempDir::new().unwrap();
    let mut store = on_disk(&home);
    fill_up(&store);
    let mut linked = 1;
    let full = (2..=9).find_map(|unit| {
        let dsn = format!("{unit}{}", "X".repeat(3000));
        let answer =
            store.link(&NewLink { dsn: Dsn::matched(&dsn), ..new_link("F", 1, unit) }, "x");
        linked += i32::from(answer.is_ok());
        answer.err()
    });
    assert!(matches!(full, Some(StoreError::Full)), "{full:?}");
    drop(store);
    let store = Store::open(&file(&home)).unwrap();
    assert_eq!(store.links().unwrap().len(), usize::try_from(linked).unwrap());
    assert_eq!(store.events().unwrap().len(), store.links().unwrap().len());
}

#[test]
fn the_writer_answers_after_the_commit() {
    let home = TempDir::new().unwrap();
    let writer = Writer::start(on_disk(&home)).unwrap();
    let handle = writer.handle();
    let (answers, answered) = channel();
    for unit in 2..=9 {
        let answers = answers.clone();
        handle.ask(
            move |store| store.link(&new_link(&format!("W{unit}"), 1, unit), "pack-3"),
            move |answer| answers.send(answer.unwrap()).unwrap(),
        );
    }
    for _ in 2..=9 {
        assert!(matches!(answered.recv().unwrap(), LinkAnswer::Linked(_)));
    }
    // Another connection sees it.
    assert_eq!(Store::open_read_only(&file(&home)).unwrap().links().unwrap().len(), 9);
    drop((handle, writer));
    assert_eq!(Store::open(&file(&home)).unwrap().links().unwrap().len(), 9);
}

#[test]
fn a_handle_outlives_its_writer() {
    let writer = Writer::start(store()).unwrap();
    let handle = writer.handle();
    drop(writer);
    assert!(matches!(handle.call(|store| store.links()), Err(StoreError::Stopped)));
}

#[test]
fn one_refused_request_does_not_spoil_its_commit() {
    let home = TempDir::new().unwrap();
    let writer = Writer::start(on_disk(&home)).unwrap();
    let handle = writer.handle();
    // The first keeps the writer busy until the rest wait together.
    let (go, wait) = channel::<()>();
    handle.ask(move |_| wait.recv().map_err(|_gone| StoreError::Stopped), drop);
    let (answers, answered) = channel();
    for dsn in ["A1", HOSTILE, "A3"] {
        let answers = answers.clone();
        handle.ask(
            move |store| {
                let unit = if dsn == "A3" { 3 } else { 2 };
                store.link(&NewLink { dsn: Dsn::matched(dsn), ..new_link(dsn, 1, unit) }, "x")
            },
            move |answer| answers.send(answer).unwrap(),
        );
    }
    go.send(()).unwrap();
    assert!(matches!(answered.recv().unwrap(), Ok(LinkAnswer::Linked(_))));
    assert!(matches!(answered.recv().unwrap(), Err(StoreError::Payload(_))));
    assert!(matches!(answered.recv().unwrap(), Ok(LinkAnswer::Linked(_))));
}

#[test]
fn a_commit_that_fails_is_an_error_for_everyone_in_it() {
    let home = TempDir::new().unwrap();
    let store = on_disk(&home);
    // Constraints put off to the COMMIT are what fails in there without a broken disk.
    store
        .connection
        .execute_batch("CREATE TABLE late (o TEXT REFERENCES orders DEFERRABLE INITIALLY DEFERRED)")
        .unwrap();
    let writer = Writer::start(store).unwrap();
    let handle = writer.handle();
    let (go, wait) = channel::<()>();
    handle.ask(move |_| wait.recv().map_err(|_gone| StoreError::Stopped), drop);
    let (answers, answered) = channel();
    let good = answers.clone();
    handle.ask(
        |store| store.link(&new_link("B", 1, 2), "x"),
        move |answer| good.send(answer.map(|_| ())).unwrap(),
    );
    handle.ask(
        |store| Ok(store.connection.execute_batch("INSERT INTO late VALUES ('nobody')")?),
        move |answer| answers.send(answer).unwrap(),
    );
    go.send(()).unwrap();
    assert!(answered.recv().unwrap().is_err());
    assert!(answered.recv().unwrap().is_err());
    assert_eq!(handle.call(|store| store.links()).unwrap().len(), 1);
    // And the next one goes well.
    let again = handle.call(|store| store.link(&new_link("B", 1, 2), "x")).unwrap();
    assert!(matches!(again, LinkAnswer::Linked(_)));
}
