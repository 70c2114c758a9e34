//! The program is killed at any moment and started again: what was shown green is kept, and no event has two ids.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use scanstation::edge::clock;
use scanstation::edge::publisher::file::FilePublisher;
use scanstation::edge::relay::{Outcome, Relay};
use scanstation::edge::store::Store;
use scanstation::pipeline::notification::RetrySchedule;
use serde_json::Value;
use test_case::test_case;

use crate::rig::{Rig, run};

/// Orders of one unit and of two, one closed by a card, by the next order, by the reel's end; a wrong box among them.
const PICTURES: &[&str] = &[
    "0001", "0002", "0004", "0005", "0007", "0008", "0010", "0016", "0019", "0022", "0041", "0047",
    "0048", "0054",
];

/// More lines than the demo prints of them.
const MOST_LINES: usize = 25;

fn spawn(command: &mut Command) -> (Child, BufReader<ChildStdout>) {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

/// What a killed run had printed, whole lines only.
fn killed(mut child: Child, mut out: BufReader<ChildStdout>, mut printed: String) -> Vec<Value> {
    child.kill().unwrap();
    child.wait().unwrap();
    out.read_to_string(&mut printed).unwrap();
    let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn killed_after_lines(command: &mut Command, n_lines: usize) -> Vec<Value> {
    let (child, mut out) = spawn(command);
    let mut printed = String::new();
    for _ in 0..n_lines {
        out.read_line(&mut printed).unwrap();
    }
    killed(child, out, printed)
}

fn killed_after(command: &mut Command, moment: Duration) -> Vec<Value> {
    let (mut child, out) = spawn(command);
    // The moment is what is tested here; it ends early where the program does.
    let deadline = clock::instant() + moment;
    while clock::instant() < deadline && child.try_wait().unwrap().is_none() {
        clock::rest(Duration::from_millis(1));
    }
    killed(child, out, String::new())
}

/// The device, order, line and unit of each link that was shown.
fn shown(lines: &[Value]) -> Vec<[Value; 4]> {
    let linked = lines.iter().filter(|line| line["verdict"] == "linked");
    linked.map(|line| ["dsn", "order_id", "line", "unit"].map(|key| line[key].clone())).collect()
}

fn keeps(rig: &Rig, shown: &[[Value; 4]]) {
    if !rig.home().join("station.toml").exists() {
        // Killed before there was a home.
        assert!(shown.is_empty());
        return;
    }
    let links = rig.links();
    for link in shown {
        let is_it = |kept: &&Value| {
            ["dsn", "order_id", "line", "unit"].iter().zip(link).all(|(key, v)| kept[key] == *v)
        };
        let kept = links.iter().find(is_it);
        assert!(kept.is_some_and(|link| link["state"] != "released"), "{link:?} in {links:#?}");
    }
    let mut active = BTreeSet::new();
    for link in links.iter().filter(|link| link["state"] != "released") {
        assert!(active.insert(link["dsn"].to_string()), "{link} is active twice");
    }
}

/// What a relay had in hand when it was killed goes out when its lease is over: a minute later, under the same id.
fn deliver_what_was_in_hand(rig: &Rig) {
    let store = Store::open(&rig.home().join("station.db")).unwrap();
    let publisher = FilePublisher::open(&rig.home().join("notifications.jsonl")).unwrap();
    let schedule = RetrySchedule { first_ms: 1000, cap_ms: 1000, dead_after: 0 };
    let mut relay = Relay::new(Box::new(store), Box::new(publisher), schedule);
    let later = clock::now().plus(61_000);
    loop {
        match relay.step(later, 1.0).unwrap().outcome {
            Outcome::Idle => return,
            outcome => assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}"),
        }
    }
}

/// Each closed link's event went out, once, with the id and the bytes that the database has.
fn told_once(rig: &Rig) {
    let mut delivered = BTreeMap::new();
    for line in rig.notifications() {
        let message: Value = serde_json::from_str(&line).unwrap();
        let id = message["notificationInfo"]["notificationId"].as_str().unwrap().to_owned();
        assert_eq!(delivered.insert(id, line), None);
    }
    let links = rig.links();
    assert!(links.iter().all(|link| link["state"] != "linked"), "{links:#?}");
    let closed: Vec<&Value> = links.iter().filter(|link| link["state"] == "closed").collect();
    assert_eq!(closed.len(), delivered.len());
    assert!(rig.events().iter().all(|event| event["state"] != "ready"));
    for link in closed {
        let id = link["notification_id"].as_str().unwrap();
        let line = delivered.get(id).unwrap_or_else(|| panic!("{link} was not told"));
        assert!(line.contains(&format!("\"serialNumber\":{}", link["dsn"])), "{line}");
        assert_eq!(rig.run(&["events", "show", id]).is(0).out, format!("{line}\n"));
    }
}

/// Plays `pictures` to the end and holds the home against what was shown before.
fn goes_on(rig: &Rig, pictures: &Path, shown: &[[Value; 4]]) {
    keeps(rig, shown);
    let ended = run(&mut rig.demo(pictures)).is(0).json();
    assert_eq!(ended.last().unwrap()["links"], 8, "{ended:#?}");
    keeps(rig, shown);
    deliver_what_was_in_hand(rig);
    told_once(rig);
}

#[test]
fn killed_after_any_line_it_goes_on() {
    for n_lines in [0, 1, 2, 3, 5, 7, 9, 11, 13, 16] {
        let rig = Rig::new();
        let pictures = rig.pictures(PICTURES);
        let lines = killed_after_lines(&mut rig.demo(&pictures), n_lines);
        assert!((n_lines..MOST_LINES).contains(&lines.len()), "{n_lines}: {lines:#?}");
        goes_on(&rig, &pictures, &shown(&lines));
    }
}

#[test_case(None; "as fast as it can")]
#[test_case(Some("40"); "at forty times life, threads and all")]
fn killed_again_and_again_it_goes_on(speed: Option<&str>) {
    let rig = Rig::new();
    let pictures = rig.pictures(PICTURES);
    let mut all_shown = Vec::new();
    for n in 0..8 {
        let mut demo = rig.demo(&pictures);
        if let Some(speed) = speed {
            demo.args(["--speed", speed]);
        }
        let lines = killed_after(&mut demo, Duration::from_millis(30 + 67 * n));
        all_shown.extend(shown(&lines));
        keeps(&rig, &all_shown);
    }
    goes_on(&rig, &pictures, &all_shown);
}

#[test]
fn a_home_has_one_station() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0005", "0008"]);
    let (mut child, mut out) = spawn(rig.demo(&pictures).args(["--speed", "1"]));
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("\"type\":\"decision\""), "{line}");
    let holder = format!("is in use by process {}", child.id());
    for command in [&mut rig.demo(&pictures), &mut rig.command(&["run", "--plain"])] {
        let ran = run(command).is(3);
        assert!(ran.err.contains(&holder) && ran.out.is_empty(), "{ran:?}");
    }
    // Everything else works beside it.
    assert_eq!(rig.links().len(), 1);
    rig.run(&["orders", "cancel", "112-0000017-0000017"]).is(0);
    child.kill().unwrap();
    child.wait().unwrap();
    // The kernel gave the home back with the process.
    run(&mut rig.demo(&pictures)).is(0);
}
