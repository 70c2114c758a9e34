//! From an empty folder to delivered notifications, through the built binary alone.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use scanstation::edge::clock;
use serde_json::{Value, json};

use crate::rig::{Ran, Rig, copy, run, samples};

/// Keys in the order in which the source document has them (requirement 51); the values are another test's.
const KEYS: [&str; 13] = [
    "notificationInfo",
    "notificationType",
    "lwaClientId",
    "notificationTime",
    "notificationId",
    "version",
    "deviceInfo",
    "deviceIdentifier",
    "serialNumber",
    "productIdentifier",
    "modelId",
    "customerInfo",
    "directedCustomerId",
];

const ID_PREFIX: &str = "amzn1.dash.notification.v1.";

#[test]
fn from_an_empty_folder_to_delivered_events() {
    let rig = Rig::new();
    run(crate::rig::program().arg("init").arg(rig.home())).is(0);
    let orders = samples().join("orders.jsonl");
    rig.run(&["orders", "import", orders.to_str().unwrap()]).is(0);
    let mut command = rig.command(&["run", "--plain", "--json"]);
    command.arg("--source").arg(rig.sequence("0063"));
    for name in ["0066", "0064"] {
        copy(&samples().join(name), &rig.path(name));
        command.arg("--source").arg(rig.path(name));
    }
    // The first of these is called up by its own label and closes what is full; the second stays for the reel's end.
    command.arg("--source").arg(rig.sequence("0041")).arg("--source").arg(rig.sequence("0047"));
    let ran = run(&mut command).is(0);
    assert_eq!(closed(&ran), ["112-0000023-0000023", "112-0000016-0000016", "112-0000018-0000018"]);
    let summary = ran.json().pop().unwrap();
    assert_eq!(summary["verdicts"]["linked"], 3, "{summary}");
    assert_eq!(
        summary["events"],
        json!({"held": 0, "ready": 0, "sent": 3, "dropped": 0, "dead": 0})
    );

    let links = rig.links();
    let dsns: Vec<&str> = links.iter().map(|link| link["dsn"].as_str().unwrap()).collect();
    assert_eq!(dsns, ["VR904412T", "G091AA02204711B3", "7723170000451298"]);
    assert!(links.iter().all(|link| link["state"] == "closed" && link["closed_at"].is_string()));
    is_told(&rig);
    for name in ["station.db", "station.toml", "notifications.jsonl"] {
        let mode = rig.home().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

fn closed(ran: &Ran) -> Vec<String> {
    let lines = ran.json();
    let closed = lines.iter().filter(|line| line["type"] == "closed");
    closed.map(|line| line["order_id"].as_str().unwrap().to_owned()).collect()
}

/// Every event was sent once, and what was sent is what the document asks for, of the link, its order and its model.
fn is_told(rig: &Rig) {
    let (links, events, lines) = (rig.links(), rig.events(), rig.notifications());
    let orders = fs::read_to_string(samples().join("orders.jsonl")).unwrap();
    let orders: Vec<Value> =
        orders.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let models = rig.run(&["models", "list", "--json"]).is(0).json();
    let sent: Vec<&Value> = events.iter().filter(|event| event["state"] == "sent").collect();
    assert_eq!(lines.len(), sent.len());
    let mut ids = BTreeSet::new();
    for line in &lines {
        let message: Value = serde_json::from_str(line).unwrap();
        let info = &message["notificationInfo"];
        let id = info["notificationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} twice");
        let event = sent.iter().find(|event| event["notification_id"] == id).unwrap();
        let link = links.iter().find(|link| link["notification_id"] == id).unwrap();
        let order = orders.iter().find(|order| order["order_id"] == link["order_id"]).unwrap();
        let model = models.iter().find(|model| model["model_id"] == link["model_id"]).unwrap();
        assert_eq!(message, expected(link, event, order, model));
        has_its_form(line, id, info["notificationTime"].as_str().unwrap());
        assert_eq!((&event["dsn"], &event["attempts"]), (&link["dsn"], &json!(1)));
        assert!(event["sent_at"].as_str() >= event["ready_at"].as_str());
        assert_eq!(rig.run(&["events", "show", id]).is(0).out, format!("{line}\n"));
    }
}

fn expected(link: &Value, event: &Value, order: &Value, model: &Value) -> Value {
    json!({
        "notificationInfo": {
            "notificationType": "DeviceRegisteredNotification",
            "lwaClientId": model["lwa_client_id"],
            "notificationTime": event["notification_time"],
            "notificationId": link["notification_id"],
            "version": "2015-06-05"
        },
        "deviceInfo": {
            "deviceIdentifier": {"serialNumber": link["dsn"]},
            "productIdentifier": {"modelId": link["model_id"]}
        },
        "customerInfo": {"directedCustomerId": order["directed_customer_id"]}
    })
}

fn has_its_form(line: &str, id: &str, time: &str) {
    let mut from = 0;
    for key in KEYS {
        let key = format!("\"{key}\":");
        let at = line[from..].find(&key).unwrap_or_else(|| panic!("{key} after {from} in {line}"));
        from += at + key.len();
    }
    assert_eq!(line.matches("\":").count(), KEYS.len(), "{line}");
    let uuid = uuid::Uuid::parse_str(id.strip_prefix(ID_PREFIX).unwrap()).unwrap();
    assert_eq!((uuid.get_version_num(), uuid.hyphenated().to_string().len()), (7, 36));
    let form: String = time.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(form, "9999-99-99T99:99:99.999Z");
    assert!(time <= clock::now().to_string().as_str(), "{time} is to come");
}

#[test]
fn a_demo_on_its_own_home_again_does_nothing_twice() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0004", "0022", "0041", "0047", "0054"]);
    let first = run(&mut rig.demo(&pictures)).is(0).json().pop().unwrap();
    assert_eq!(first["verdicts"], json!({"linked": 5}));
    assert_eq!((&first["events"]["sent"], &first["links"]), (&json!(5), &json!(5)));
    is_told(&rig);
    let before = (rig.links(), rig.events(), rig.notifications());

    let second = run(&mut rig.demo(&pictures)).is(0).json().pop().unwrap();
    assert!(second["verdicts"]["linked"].is_null(), "{second}");
    assert!(second["verdicts"]["already_done"].as_u64() >= Some(5), "{second}");
    assert_eq!((&second["events"], &second["links"]), (&first["events"], &first["links"]));
    assert_eq!((rig.links(), rig.events(), rig.notifications()), before);
}

#[test]
fn a_demo_faster_than_life_tells_the_same() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0004", "0022", "0041", "0047", "0054"]);
    let summary = run(rig.demo(&pictures).args(["--speed", "20"])).is(0).json().pop().unwrap();
    assert_eq!(summary["verdicts"], json!({"linked": 5}));
    assert_eq!(summary["events"]["sent"], 5, "{summary}");
    is_told(&rig);
}
