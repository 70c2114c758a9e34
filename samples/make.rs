//! Makes the samples: pictures of boxes as a camera over a packing table sees them, with their truth.
//!
//! `make-samples` writes them all into `samples/`, `make-samples NAME...` those named, `--check` asks
//! `scanstation decode` whether each is read as its truth says, and `--seeds` looks for the first
//! seed of each picture with which it is. `--sweeps DIR` and `--mixed DIR COUNT SEED` write frames for
//! measuring the decoder instead: one degradation at a time, or several by severity.

#[path = "make/boxes.rs"]
mod boxes;
#[path = "make/camera.rs"]
mod camera;
#[path = "make/chapters.rs"]
mod chapters;
#[path = "make/check.rs"]
mod check;
#[path = "make/face.rs"]
mod face;
#[path = "make/font.rs"]
mod font;
#[path = "make/harm.rs"]
mod harm;
#[path = "make/labels.rs"]
mod labels;
#[path = "make/rng.rs"]
mod rng;
#[path = "make/seeds.rs"]
mod seeds;
#[path = "make/stage.rs"]
mod stage;
#[path = "make/story.rs"]
mod story;
#[path = "make/sweep.rs"]
mod sweep;
#[path = "make/truth.rs"]
mod truth;
#[path = "make/write.rs"]
mod write;
#[path = "make/zint.rs"]
mod zint;

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use seeds::Seeds;
use story::{Entry, Story};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [option, folder] if option == "--sweeps" => return sweep::one_at_a_time(Path::new(folder)),
        [option, folder, count, seed] if option == "--mixed" => {
            return sweep::mixed(Path::new(folder), count.parse()?, seed.parse()?);
        }
        _ => {}
    }
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let story = chapters::tell(&samples.join("orders.jsonl"))?;
    let names: Vec<&str> =
        arguments.iter().filter(|a| !a.starts_with("--")).map(String::as_str).collect();
    let wanted = |entry: &&Entry| names.is_empty() || names.contains(&entry.name.as_str());
    let entries: Vec<&Entry> = story.entries.iter().filter(wanted).collect();
    match arguments.iter().find(|a| a.starts_with("--")).map(String::as_str) {
        None => make(&story, &entries, &samples),
        Some("--check") => check_all(&entries, &samples),
        Some("--seeds") => look_for_seeds(&entries),
        Some(other) => bail!("no option {other}; there are --check, --seeds, --sweeps and --mixed"),
    }
}

fn make(story: &Story, entries: &[&Entry], samples: &Path) -> anyhow::Result<()> {
    let seeds = Seeds::committed();
    for entry in entries {
        write::entry(entry, &seeds, samples).with_context(|| entry.name.clone())?;
    }
    write::steps(story, samples)?;
    write::index(story, samples)
}

fn check_all(entries: &[&Entry], samples: &Path) -> anyhow::Result<()> {
    let pictures: Vec<PathBuf> = entries.iter().flat_map(|e| e.pictures(samples)).collect();
    let findings = check::findings(&decoder()?, &pictures)?;
    for (picture, wrong) in &findings {
        let name = picture.strip_prefix(samples).unwrap_or(picture);
        writeln!(stdout(), "{}: {}", name.display(), wrong.join(", "))?;
    }
    writeln!(stdout(), "{} pictures, {} not as their truth", pictures.len(), findings.len())?;
    if !findings.is_empty() {
        bail!("pictures that are not read as their truth says");
    }
    Ok(())
}

fn look_for_seeds(entries: &[&Entry]) -> anyhow::Result<()> {
    const TRIES: usize = 40;
    let scratch = std::env::temp_dir().join(format!("make-samples-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let decoder = decoder()?;
    for entry in entries {
        let mut seeds = Seeds::committed();
        let mut findings = BTreeMap::new();
        for _ in 0..TRIES {
            write::entry(entry, &seeds, &scratch).with_context(|| entry.name.clone())?;
            findings = check::findings(&decoder, &entry.pictures(&scratch))?;
            if findings.is_empty() {
                break;
            }
            for picture in findings.keys() {
                seeds.advance(&name_of(picture, &scratch));
            }
        }
        for picture in entry.pictures(&scratch) {
            let name = name_of(&picture, &scratch);
            if let Some(wrong) = findings.get(&picture) {
                writeln!(stdout(), "    // {name}: {}", wrong.join(", "))?;
            } else if seeds.further(&name) > 0 {
                writeln!(stdout(), "    (\"{name}\", {}),", seeds.further(&name))?;
            }
        }
    }
    Ok(std::fs::remove_dir_all(&scratch)?)
}

/// The name of a picture, such as `0017` or `0065/000006`.
fn name_of(picture: &Path, folder: &Path) -> String {
    let name = picture.strip_prefix(folder).unwrap_or(picture).with_extension("");
    name.to_string_lossy().into_owned()
}

/// The station's program, built beside this one.
fn decoder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("the build folder")?;
    Ok(folder.join("scanstation"))
}
