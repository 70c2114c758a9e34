//! What a barcode, a file or a typed word says is data: no terminal, log, table or file acts on it.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;
use test_case::test_case;

use crate::rig::{Ran, Rig, copy, is_inert, program, run, samples};

const HOSTILE: &str = "\u{1b}]0;x\u{7}'; DROP TABLE links;--";

/// Every text that could end the line, move the cursor, or end a string in SQL.
const WORDS: &[&str] = &[
    HOSTILE,
    "\u{1b}[2J\u{1b}[H",
    "a\r\nINFO linked",
    "\u{9b}31m",
    "x' OR '1'='1",
    "\u{202e}\u{0}\u{7f}",
    "%n%s{0}",
];

/// No file that a person opens holds a control byte, and the tables stand.
fn is_unharmed(rig: &Rig, links: u32) {
    for (path, bytes) in rig.files() {
        if !path.file_name().unwrap().to_str().unwrap().starts_with("station.db") {
            assert!(is_inert(&bytes), "{}", path.display());
        }
    }
    let connection = Connection::open(rig.home().join("station.db")).unwrap();
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("links"), count("outbox")), (links, links));
    assert!(count("orders") > 0 && count("journal") >= links);
    let sound: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

/// Also no C1 control and no change of direction, which a terminal obeys as well.
fn harmless(ran: Ran) -> Ran {
    let acts = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!ran.out.contains(acts) && !ran.err.contains(acts), "{ran:?}");
    ran
}

#[test_case(&["--plain"]; "lines")]
#[test_case(&["--plain", "--json"]; "JSON")]
#[test_case(&["--plain", "--speed", "50"]; "with threads")]
fn a_hostile_barcode_does_no_harm(flags: &[&str]) {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0068", "0069", "0070"]);
    let mut demo = rig.command(&["demo"]);
    let ran = harmless(run(demo.args(flags).arg("--samples").arg(&pictures)).is(0));
    assert!(ran.out.contains("linked"), "{ran:?}");
    is_unharmed(&rig, 1);
    let ran = run(program().arg("decode").arg(samples().join("0069.jpg"))).is(0);
    assert!(ran.out.contains("\\u{1b}]0;x\\u{7}'; DROP TABLE links;--"), "{ran:?}");
    harmless(ran);
}

#[test]
fn a_hostile_word_in_any_argument_does_no_harm() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002"]);
    run(&mut rig.demo(&pictures)).is(0);
    for word in WORDS.iter().filter(|word| !word.contains('\0')) {
        let attempts: &[&[&str]] = &[
            &["orders", "show", word],
            &["orders", "cancel", word],
            &["orders", "import", word],
            &["links", "undo", word, "--reason", word],
            &["models", "which", word],
            &["models", "which", "AD123456C", "--asin", word],
            &["models", "check", word],
            &["events", "show", word],
            &["events", "retry", word],
            &["replay", word],
            &["decode", word],
            &["demo", "--samples", word],
            &["run", "--plain", "--source", word],
        ];
        for attempt in attempts {
            let ran = harmless(rig.run(attempt));
            assert!(matches!(ran.code, Some(1..=3)), "{attempt:?}: {ran:?}");
        }
    }
    is_unharmed(&rig, 1);
}

#[test]
fn hostile_words_in_an_order_do_no_harm() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002"]);
    run(&mut rig.demo(&pictures)).is(0);
    let order = fs::read_to_string(samples().join("orders.jsonl")).unwrap();
    let order: Value = serde_json::from_str(order.lines().nth(1).unwrap()).unwrap();
    for (n, word) in WORDS.iter().enumerate() {
        for key in ["order_id", "codes", "marketplace", "directed_customer_id", "extra"] {
            let mut order = order.clone();
            order["order_id"] = format!("112-{n}-{key}").into();
            order["codes"] = Value::Array(vec![format!("CODE{n}{key}").into()]);
            order[key] = if key == "codes" { vec![*word].into() } else { (*word).into() };
            let file = rig.path("order.jsonl");
            fs::write(&file, order.to_string()).unwrap();
            let file = file.to_str().unwrap();
            let ran = harmless(rig.run(&["orders", "import", "--skip-bad", file]));
            assert!(matches!(ran.code, Some(0 | 1)), "{key} {word:?}: {ran:?}");
        }
        harmless(rig.run(&["orders", "list"]).is(0));
        if !word.contains('\0') {
            harmless(rig.run(&["orders", "show", word]));
        }
    }
    is_unharmed(&rig, 1);
}

#[test]
fn a_hostile_file_name_does_no_harm() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002"]);
    for (n, word) in WORDS.iter().filter(|word| !word.contains(['\0', '/'])).enumerate() {
        copy(&samples().join("0070.jpg"), &pictures.join(format!("{n}{word}.jpg")));
        fs::write(pictures.join(format!("{n}{word}.png")), "no picture").unwrap();
    }
    for flags in [&["--plain"][..], &["--plain", "--json"], &["--plain", "--speed", "50"]] {
        let mut demo = rig.command(&["demo"]);
        harmless(run(demo.args(flags).arg("--samples").arg(&pictures)).is(1));
    }
    harmless(run(program().arg("decode").arg(&pictures)).is(1));
    is_unharmed(&rig, 1);
}

#[test]
fn a_secret_is_written_nowhere() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0023", "0024", "0025", "0026", "0027", "0028"]);
    let truth = |stem: &str| -> Value {
        let path = samples().join(format!("{stem}.json"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let secrets: Vec<String> = ["0024", "0027"]
        .iter()
        .map(|stem| truth(stem)["symbols"][0]["text"].as_str().unwrap().to_owned())
        .collect();
    // All of the text, and that part of it which opens a door.
    let parts = ["48201937", "example-pass-8"].map(str::to_owned);
    assert!(parts.iter().all(|part| secrets.concat().contains(part)), "{secrets:?}");
    let mut said = String::new();
    for flags in [&["--plain"][..], &["--plain", "--json"], &["--plain", "--speed", "50"]] {
        let mut demo = rig.command(&["demo"]);
        let ran = run(demo.args(flags).arg("--samples").arg(&pictures)).is(0);
        said += &(ran.out + &ran.err);
    }
    said += &run(program().args(["replay", "--json"]).arg(&pictures)).is(0).out;
    assert_eq!(said.matches("\"verdict\":\"secret\"").count(), 4, "{said}");
    let mut files = rig.files();
    files.insert("the output".into(), said.into_bytes());
    let holders = |text: &str| -> Vec<_> {
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        files.iter().filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path).collect()
    };
    for secret in parts.iter().chain(&secrets) {
        assert!(holders(secret).is_empty(), "{:?} hold {secret}", holders(secret));
    }
    // What is no secret is found: the output, the database, the notifications.
    assert!(holders("RV823W17A0C4E2").len() >= 3);
}
