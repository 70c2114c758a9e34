//! What `run --record` keeps, and what `replay` makes of it.

use std::fs;
use std::path::Path;

use scanstation::pipeline::time::Timestamp;
use serde_json::Value;

use crate::rig::{Ran, Rig, copy, run, samples};

/// What a decision says that does not hang on the clock or on where the frame came from: time goes by between the frames
/// of a `run`, so that it may decide a frame sooner than a replay does.
fn decisions(ran: &Ran) -> Vec<Value> {
    let lines = ran.json().into_iter().filter(|line| line["type"] == "decision");
    let told = lines.map(|mut line| {
        let fields = line.as_object_mut().unwrap();
        fields.retain(|key, _| !["n", "at", "source"].contains(&key.as_str()));
        for symbol in fields["symbols"].as_array_mut().unwrap() {
            symbol.as_object_mut().unwrap().remove("agreed");
        }
        line
    });
    told.collect()
}

fn recorded(rig: &Rig, stems: &[&str]) -> Ran {
    run(crate::rig::program().arg("init").arg(rig.home())).is(0);
    let orders = samples().join("orders.jsonl");
    rig.run(&["orders", "import", orders.to_str().unwrap()]).is(0);
    let mut command = rig.command(&["run", "--plain", "--json"]);
    for stem in stems {
        if samples().join(stem).is_dir() {
            copy(&samples().join(stem), &rig.path(stem));
            command.arg("--source").arg(rig.path(stem));
        } else {
            command.arg("--source").arg(rig.sequence(stem));
        }
    }
    run(command.arg("--record").arg(rig.path("recording")))
}

fn replayed(rig: &Rig) -> Ran {
    let orders = samples().join("orders.jsonl");
    let recording = rig.path("recording");
    let arguments =
        ["replay", "--json", recording.to_str().unwrap(), "--orders", orders.to_str().unwrap()];
    rig.run(&arguments).is(0)
}

/// The paths of all pictures of a recording.
fn pictures(recording: &Path) -> Vec<std::path::PathBuf> {
    let segments = fs::read_dir(recording).unwrap().map(|entry| entry.unwrap().path());
    let files = segments.filter(|path| path.is_dir()).flat_map(|path| fs::read_dir(path).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "png")).collect()
}

#[test]
fn a_recording_replays_to_what_was_decided() {
    let rig = Rig::new();
    let ran = recorded(&rig, &["0063", "0066", "0041"]).is(0);
    assert!(decisions(&ran).len() >= 2, "{}", ran.out);
    let first = replayed(&rig);
    assert_eq!(decisions(&first), decisions(&ran));
    assert_eq!(replayed(&rig).out, first.out);
    let at = |ran: &Ran| -> Timestamp { ran.json()[0]["at"].as_str().unwrap().parse().unwrap() };
    assert!(at(&first).since(at(&ran)).abs() < 1000, "it begins when the recording did");
}

#[test]
fn a_secret_is_not_recorded_and_is_still_decided_on() {
    let rig = Rig::new();
    let ran = recorded(&rig, &["0027"]).is(0);
    assert!(decisions(&ran).iter().any(|line| line["verdict"] == "secret"), "{}", ran.out);
    assert_eq!(decisions(&replayed(&rig)), decisions(&ran));
    let recording = rig.path("recording");
    let pictures = pictures(&recording);
    assert!(pictures.len() >= 14);
    let still = samples().join(crate::rig::name_of("0027"));
    let texts = |paths: &[&Path]| -> Vec<String> {
        let paths = paths.iter().map(|path| path.to_str().unwrap());
        let arguments: Vec<&str> = ["decode", "--json"].into_iter().chain(paths).collect();
        let lines = rig.run(&arguments).is(0).json();
        let symbols = lines.iter().flat_map(|line| line["symbols"].as_array().unwrap().clone());
        symbols.map(|symbol| symbol["text"].as_str().unwrap().to_owned()).collect()
    };
    let is_secret = |text: &String| scanstation::pipeline::payload::secret(text).is_some();
    let before: Vec<String> = texts(&[&still]).into_iter().filter(is_secret).collect();
    assert!(!before.is_empty());
    let paths: Vec<&Path> = pictures.iter().map(std::path::PathBuf::as_path).collect();
    assert!(!texts(&paths).iter().any(is_secret));
    let listed = fs::read_to_string(recording.join("00000001/sequence.jsonl")).unwrap();
    assert!(!listed.contains(&before[0]), "{listed}");
}

#[test]
fn where_recording_fails_linking_goes_on() {
    let rig = Rig::new();
    let folder = rig.path("recording");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("recording.json"),
        r#"{"started":"2026-01-01T00:00:00.000Z","views":{}}"#,
    )
    .unwrap();
    // In the way of the first segment.
    fs::write(folder.join("00000001"), "").unwrap();
    let ran = recorded(&rig, &["0041"]).is(1);
    let lines = ran.json();
    let trouble: Vec<&Value> = lines.iter().filter(|line| line["type"] == "error").collect();
    assert_eq!(trouble.len(), 1, "{}", ran.out);
    assert_eq!(trouble[0]["source"], "recording");
    assert_eq!(rig.links().len(), 1, "{}", ran.out);
}

#[test]
fn a_folder_of_something_else_is_not_recorded_to() {
    let rig = Rig::new();
    fs::create_dir(rig.path("recording")).unwrap();
    fs::write(rig.path("recording").join("thesis.txt"), "").unwrap();
    let ran = recorded(&rig, &["0041"]).is(2);
    assert!(ran.err.contains("name another folder"), "{}", ran.err);
}

#[test]
fn the_frames_around_an_exception_are_kept() {
    let rig = Rig::new();
    run(crate::rig::program().arg("init").arg(rig.home())).is(0);
    let orders = samples().join("orders.jsonl");
    rig.run(&["orders", "import", orders.to_str().unwrap()]).is(0);
    let mut command = rig.command(&["run", "--plain", "--json"]);
    command.env("SCANSTATION_EVIDENCE_MAX_MB", "64");
    for stem in ["0041", "0027"] {
        command.arg("--source").arg(rig.sequence(stem));
    }
    let ran = run(&mut command).is(0);
    let exceptions: Vec<Value> =
        decisions(&ran).into_iter().filter(|line| line["verdict"] == "secret").collect();
    assert_eq!(exceptions.len(), 1, "{}", ran.out);
    let kept: Vec<String> = fs::read_dir(rig.home().join("evidence"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(kept.len() == 1 && kept[0].ends_with("Z-secret"), "{kept:?}");
    assert!(!pictures(&rig.home().join("evidence").join(&kept[0])).is_empty());
}
