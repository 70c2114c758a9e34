//! Every sample is read as its truth says, by the decoder alone and by the whole station. Floors only rise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::rig::{Rig, copy, program, run, samples};

type Corners = [(f64, f64); 4];

#[derive(Debug, Clone, Deserialize)]
struct Symbol {
    format: String,
    text: String,
    identifier: String,
    corners: Corners,
}

#[derive(Debug, Deserialize)]
struct Truth {
    symbols: Vec<Symbol>,
    verdicts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Line {
    path: PathBuf,
    symbols: Vec<Symbol>,
    error: Option<String>,
}

/// What became of the symbols of one symbology.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    there: u32,
    read: u32,
    /// The furthest that a corner was from where it is, in pixels.
    furthest: f64,
}

/// Symbols that the pictures and frames hold, each of which has to be read.
const FLOORS: &[(&str, u32)] = &[
    ("Aztec", 1),
    ("Codabar", 1),
    ("Code128", 132),
    ("Code39", 2),
    ("Code93", 2),
    ("DataBar", 1),
    ("DataMatrix", 9),
    ("EAN-13", 5),
    ("EAN-8", 1),
    ("ITF", 2),
    ("MicroQRCode", 1),
    ("PDF417", 1),
    ("QRCode", 11),
    ("UPC-A", 74),
];

/// Every verdict there is (contracts, "Verdicts").
const VERDICTS: &str = "linked already_done same_box wrong_model wrong_variant not_a_serial no_rule \
    taken returned not_preregistered cancelled changed order_complete two_boxes ambiguous secret \
    unknown_order no_order no_serial unreadable checking";

/// How far a corner may be off, in pixels. A linear symbol's ends are sure, how high its bars stand is a guess.
fn most_off(format: &str) -> f64 {
    match format {
        "MicroQRCode" | "DataMatrix" => 1.5,
        // The corner without a finder pattern is worked out from the others: half a module.
        "QRCode" => 3.0,
        // Its place is that of its region of bars.
        "DataBar" => 14.0,
        _ => 9.5,
    }
}

#[test]
fn every_symbol_is_read_where_it_stands_and_nothing_else() {
    let ran = run(program().args(["decode", "--json"]).arg(samples())).is(0);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut misreads, mut n_pictures, mut n_blank) = (Vec::new(), 0, 0);
    for line in ran.out.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        assert_eq!(line.error, None);
        let truth = truth_of(&line.path);
        n_pictures += 1;
        n_blank += u32::from(truth.symbols.is_empty());
        let mut unread = truth.symbols;
        for symbol in &unread {
            tallies.entry(symbol.format.clone()).or_default().there += 1;
        }
        for read in &line.symbols {
            match take_same(&mut unread, read) {
                Some(off) => {
                    let tally = tallies.entry(read.format.clone()).or_default();
                    tally.read += 1;
                    tally.furthest = tally.furthest.max(off);
                }
                None => misreads.push(format!("{}: {read:?}", line.path.display())),
            }
        }
    }
    assert_eq!((n_pictures, n_blank), (134, 13));
    assert_eq!(misreads, Vec::<String>::new());
    let there: Vec<(&str, u32)> =
        tallies.iter().map(|(name, t)| (name.as_str(), t.there)).collect();
    assert_eq!(there, FLOORS, "{tallies:#?}");
    let wanting: Vec<_> = tallies
        .iter()
        .filter(|(name, tally)| tally.read < tally.there || tally.furthest > most_off(name))
        .collect();
    assert!(wanting.is_empty(), "{wanting:#?}");
}

/// Takes the nearest symbol that says the same out of `unread`; gives how far its furthest corner is off.
fn take_same(unread: &mut Vec<Symbol>, read: &Symbol) -> Option<f64> {
    let same = |symbol: &Symbol| {
        (&symbol.format, &symbol.text, &symbol.identifier)
            == (&read.format, &read.text, &read.identifier)
    };
    let far = |symbol: &Symbol| furthest(&symbol.corners, &read.corners);
    let (at, off) = unread
        .iter()
        .enumerate()
        .filter(|(_, symbol)| same(symbol))
        .map(|(at, symbol)| (at, far(symbol)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    unread.swap_remove(at);
    Some(off)
}

fn furthest(a: &Corners, b: &Corners) -> f64 {
    let apart = a.iter().zip(b).map(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1));
    apart.fold(0.0, f64::max)
}

fn truth_of(path: &Path) -> Truth {
    serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap()
}

#[test]
fn the_story_is_decided_as_its_truths_say() {
    let ran = run(program().args(["replay", "--json"]).arg(samples())).is(0);
    let lines = ran.json();
    let mut decided: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line["type"] == "decision") {
        let source = line["source"].as_str().unwrap();
        let item = source.split('/').next().unwrap().to_owned();
        decided.entry(item).or_default().push(line["verdict"].as_str().unwrap().to_owned());
    }
    let mut wrong = Vec::new();
    for item in items() {
        let truth = truth_of(&samples().join(&item)).verdicts;
        let verdicts = decided.remove(&item).unwrap_or_default();
        if verdicts != truth {
            wrong.push(format!("{item}: {verdicts:?}, not {truth:?}"));
        }
    }
    assert!(wrong.is_empty() && decided.is_empty(), "{wrong:#?} {decided:#?}");
    let summary = lines.last().unwrap();
    let seen: BTreeSet<&str> =
        summary["verdicts"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(seen, VERDICTS.split_whitespace().collect());
    assert_eq!(summary["events"]["ready"], 0);
    assert_eq!(summary["home"], Value::Null);
}

/// The pictures and sequences, as their folder names them.
fn items() -> Vec<String> {
    let names = fs::read_dir(samples()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let is_item = |name: &String| {
        name.starts_with("00") && Path::new(name).extension().is_none_or(|e| e != "json")
    };
    let items: Vec<String> = names.filter(is_item).collect();
    assert_eq!(items.len(), 77);
    items
}

#[test]
fn a_replay_says_the_same_again_and_leaves_the_home_alone() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0004", "0013", "0019", "0063", "0066"]);
    run(&mut rig.demo(&pictures)).is(0);
    let before = rig.files();
    let replay = |pictures: &Path| {
        run(program().env("SCANSTATION_HOME", rig.home()).args(["replay", "--json"]).arg(pictures))
            .is(0)
            .out
    };
    let (first, second) = (replay(&pictures), replay(&pictures));
    assert_eq!(first, second);
    assert!(first.contains("\"verdict\":\"linked\""), "{first}");

    // Without orders of its own it plays against a copy of the home's: there the box is done.
    let bare = TempDir::new().unwrap();
    for name in ["0001.jpg", "0002.jpg"] {
        copy(&pictures.join(name), &bare.path().join(name));
    }
    let against_home = replay(bare.path());
    assert!(against_home.contains("\"verdict\":\"already_done\""), "{against_home}");
    assert!(!against_home.contains("\"verdict\":\"linked\""), "{against_home}");
    assert_eq!(rig.files(), before);
}
