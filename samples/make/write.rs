//! Pictures, truths and steps to files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat};
use serde::Serialize;

use crate::seeds::Seeds;
use crate::story::{Entry, Show, Story};
use crate::truth::{TrueSymbol, Truth};
use crate::zint::Role;

/// Quality of the JPEG files.
const QUALITY: u8 = 90;

/// Writes the picture or sequence `entry` as its seeds give it, with its truth.
pub(crate) fn entry(entry: &Entry, seeds: &Seeds, folder: &Path) -> anyhow::Result<()> {
    let truth = match &entry.show {
        Show::Still(ending, stage) => {
            let (image, truth) = stage.take(seeds.of(&entry.name))?;
            picture(&image, &folder.join(format!("{}.{ending}", entry.name)))?;
            truth
        }
        Show::Sequence(_) => sequence(entry, seeds, &folder.join(&entry.name))?,
    };
    let verdicts = entry.verdicts.iter().map(|verdict| (*verdict).to_owned()).collect();
    let truth = Truth { order_id: entry.order_id.clone(), verdicts, ..truth };
    write_truth(&truth, &folder.join(format!("{}.json", entry.name)))
}

/// One line of a sequence.
#[derive(Debug, Serialize)]
struct FrameLine<'a> {
    file: &'a str,
    camera: &'static str,
    frame: usize,
    taken_ms: u64,
    decided_ms: u64,
}

/// Writes the frames of a sequence; its truth has each symbol once, where it was first whole.
fn sequence(entry: &Entry, seeds: &Seeds, folder: &Path) -> anyhow::Result<Truth> {
    std::fs::create_dir_all(folder)?;
    let mut lines = BufWriter::new(File::create(folder.join("sequence.jsonl"))?);
    let mut whole: Option<Truth> = None;
    for (n, (taken_ms, stage)) in entry.frames().iter().enumerate() {
        let number = n + 1;
        let frame = format!("{}/{number:06}", entry.name);
        let (image, truth) = stage.take(seeds.of(&frame))?;
        let file = format!("{number:06}.jpg");
        picture(&image, &folder.join(&file))?;
        write_truth(&truth, &folder.join(format!("{number:06}.json")))?;
        // A decision some 40 ms after the picture, as a station takes it.
        let (taken_ms, decided_ms) = (*taken_ms, *taken_ms + 40);
        let line = FrameLine { file: &file, camera: "top", frame: number, taken_ms, decided_ms };
        writeln!(lines, "{}", serde_json::to_string(&line)?)?;
        match &mut whole {
            None => whole = Some(truth),
            Some(whole) => {
                for symbol in truth.symbols {
                    if whole.symbols.iter().all(|other| other.text != symbol.text) {
                        whole.symbols.push(symbol);
                        whole.made.encoder.clone_from(&truth.made.encoder);
                    }
                }
            }
        }
    }
    lines.flush()?;
    whole.context("a sequence without frames")
}

/// Writes `image` in the format that the ending of `path` names.
fn picture(image: &GrayImage, path: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "jpg" => image.write_with_encoder(JpegEncoder::new_with_quality(&mut file, QUALITY))?,
        // These two have no grey form here.
        "gif" => {
            DynamicImage::from(image.clone()).to_rgba8().write_to(&mut file, ImageFormat::Gif)?;
        }
        "webp" => {
            DynamicImage::from(image.clone()).to_rgb8().write_to(&mut file, ImageFormat::WebP)?;
        }
        "pgm" => image.write_to(&mut file, ImageFormat::Pnm)?,
        _ => image.write_to(&mut file, ImageFormat::from_path(path)?)?,
    }
    Ok(file.flush()?)
}

fn write_truth(truth: &Truth, path: &Path) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(truth)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

/// Writes what no picture can show.
pub(crate) fn steps(story: &Story, folder: &Path) -> anyhow::Result<()> {
    let mut text = String::new();
    for step in &story.steps {
        text.push_str(&serde_json::to_string(step)?);
        text.push('\n');
    }
    Ok(std::fs::write(folder.join("steps.jsonl"), text)?)
}

/// Writes the list of what there is, from the truths beside the pictures.
pub(crate) fn index(story: &Story, folder: &Path) -> anyhow::Result<()> {
    let mut text = String::from(
        "# The pictures, in the order they are played\n\n\
         | picture | symbols | order | verdicts |\n| --- | --- | --- | --- |\n",
    );
    for entry in &story.entries {
        let truth = std::fs::read(folder.join(format!("{}.json", entry.name)))?;
        let truth: Truth = serde_json::from_slice(&truth)?;
        let symbols: Vec<String> = truth.symbols.iter().map(shown).collect();
        let row = [
            entry.file(),
            symbols.join(", "),
            truth.order_id.unwrap_or_default(),
            truth.verdicts.join(", "),
        ];
        writeln!(text, "| {} |", row.join(" | "))?;
    }
    Ok(std::fs::write(folder.join("pictures.md"), text)?)
}

/// A symbol's format, with its role where it plays one.
fn shown(symbol: &TrueSymbol) -> String {
    match symbol.role {
        Role::Other => symbol.format.clone(),
        role => format!("{} ({})", symbol.format, role.name()),
    }
}
