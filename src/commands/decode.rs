//! `scanstation decode`: the decoder alone, a line an image.

mod canvas;
mod stages;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use crate::cli;
use crate::commands::{Form, Outcome, Streams};
use crate::edge::{clock, pictures};
use crate::pipeline::decode::{Decoded, Decoder, Fell, Formats};
use crate::pipeline::frame::Picture;
use crate::pipeline::mount::{Mount, Region};
use crate::pipeline::show;
use crate::pipeline::symbol::{Candidate, Point, Symbol};

/// One image's line (decision 20).
#[derive(Debug, Serialize)]
struct Line<'a> {
    path: Cow<'a, str>,
    symbols: Vec<Symbol>,
    /// Only where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidates: Option<Vec<Candidate>>,
    /// Regions that were not read closely, since too many were hard to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<NonZeroUsize>,
    cpu_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Decodes the pictures that were named, folders in byte order of their names, and writes a line for each.
pub fn run(typed: &cli::Decode, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let formats = if typed.formats.is_empty() {
        Formats::all()
    } else {
        Formats::only(typed.formats.iter().copied())
    };
    let mut outcome = Outcome::Done;
    let mut decoder = Decoder::default();
    for (number, path) in pictures::walk(&typed.paths).into_iter().enumerate() {
        let read = read(&path, typed.roi);
        let decoded =
            read.and_then(|picture| Ok((timed(&mut decoder, &picture, &formats)?, picture)));
        if let (Some(folder), Ok(((decoded, _), picture))) = (&typed.explain, &decoded) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            // Two folders may have files of one name.
            let name = format!("{:04}-{}", number + 1, show::printable(&stem));
            stages::write(folder, &name, (picture, decoded), &formats)?;
        }
        let line = line_of(&path, decoded.map(|(timed, _)| timed), typed);
        if let Some(error) = &line.error {
            outcome = Outcome::Findings;
            streams.complain(&show::printable(&format!("{}: {error}", line.path)));
        }
        match typed.output.into() {
            Form::Json => streams.json(&line)?,
            Form::Text if line.error.is_none() => streams.line(&as_text(&line))?,
            Form::Text => {}
        }
        // A line goes out when its picture is done: whoever measures waits for it.
        streams.out.flush().context("write to standard output")?;
    }
    Ok(outcome)
}

fn line_of<'a>(
    path: &'a Path,
    decoded: anyhow::Result<(Decoded, f64)>,
    typed: &cli::Decode,
) -> Line<'a> {
    let name = path.to_string_lossy();
    match decoded {
        Ok((decoded, cpu_ms)) => {
            let Decoded { mut symbols, candidates, skipped, .. } = decoded;
            let skipped = NonZeroUsize::new(skipped);
            let mut candidates = typed.candidates.then_some(candidates);
            let corners = symbols.iter_mut().map(|symbol| &mut symbol.corners);
            let others = candidates.iter_mut().flatten().map(|candidate| &mut candidate.corners);
            for corner in corners.chain(others).flatten() {
                let (left, top) = typed.roi.map_or((0, 0), |roi| (roi.x, roi.y));
                *corner = Point::new(corner.x + left as f32, corner.y + top as f32);
            }
            Line { path: name, symbols, candidates, skipped, cpu_ms, error: None }
        }
        Err(error) => Line {
            path: name,
            symbols: Vec::new(),
            candidates: None,
            skipped: None,
            cpu_ms: 0.0,
            error: Some(format!("{error:#}")),
        },
    }
}

fn read(path: &Path, roi: Option<Region>) -> anyhow::Result<Picture> {
    let picture = pictures::read(path)?;
    let Some(roi) = roi else { return Ok(picture) };
    let part = part_of(&picture, roi);
    part.with_context(|| {
        format!("the region is not within {}x{}", picture.width(), picture.height())
    })
}

fn part_of(picture: &Picture, roi: Region) -> Option<Picture> {
    roi.within(picture.width(), picture.height()).filter(|part| *part == roi)?;
    Mount { region: Some(roi), ..Mount::default() }.show(picture)
}

fn timed(
    decoder: &mut Decoder,
    picture: &Picture,
    formats: &Formats,
) -> Result<(Decoded, f64), Fell> {
    let start = clock::thread_cpu_ms();
    let decoded = decoder.decode_guarded(picture, formats)?;
    Ok((decoded, clock::thread_cpu_ms() - start))
}

fn as_text(line: &Line<'_>) -> String {
    let path = show::printable(&line.path);
    let mut text = format!("{path}  {:.1} ms", line.cpu_ms);
    for symbol in &line.symbols {
        let content = show::printable(&symbol.text);
        let _ = write!(text, "\n  {} {} {content}", symbol.symbology, symbol.identifier);
    }
    for candidate in line.candidates.iter().flatten() {
        let content = show::printable(&candidate.text);
        let _ = write!(text, "\n  perhaps {} {content}", candidate.symbology);
    }
    if let Some(skipped) = line.skipped {
        let _ = write!(text, "\n  {skipped} more places looked like bars");
    }
    text
}
