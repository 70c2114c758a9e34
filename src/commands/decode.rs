//! `scanstation decode`: the decoder alone, a line an image.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::commands::{Form, Outcome};
use crate::edge::{clock, pictures};
use crate::pipeline::decode::{Formats, decode};
use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::Symbol;

/// One image's line (decision 20).
#[derive(Debug, Serialize)]
struct Line<'a> {
    path: &'a str,
    symbols: Vec<Symbol>,
    cpu_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Decodes the pictures at `paths`, folders in byte order of their names, and writes a line for each.
pub fn run(
    paths: &[PathBuf],
    formats: &Formats,
    form: Form,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Done;
    for path in pictures::walk(paths) {
        let line = line_of(&path, formats);
        if line.error.is_some() {
            outcome = Outcome::Findings;
        }
        let text = match form {
            Form::Json => serde_json::to_string(&line)?,
            Form::Text => as_text(&line),
        };
        writeln!(out, "{text}").and_then(|()| out.flush()).context("write to standard output")?;
    }
    Ok(outcome)
}

fn line_of<'a>(path: &'a Path, formats: &Formats) -> Line<'a> {
    let name = path.to_str().unwrap_or_default();
    match pictures::read(path) {
        Ok(picture) => {
            let (symbols, cpu_ms) = timed(&picture, formats);
            Line { path: name, symbols, cpu_ms, error: None }
        }
        Err(error) => {
            Line { path: name, symbols: Vec::new(), cpu_ms: 0.0, error: Some(error.to_string()) }
        }
    }
}

fn timed(picture: &Picture, formats: &Formats) -> (Vec<Symbol>, f64) {
    let start = clock::thread_cpu_ms();
    let symbols = decode(picture, formats);
    (symbols, clock::thread_cpu_ms() - start)
}

fn as_text(line: &Line<'_>) -> String {
    let mut text = format!("{}  {:.1} ms", line.path, line.cpu_ms);
    if let Some(error) = &line.error {
        text = format!("{}: {error}", line.path);
    }
    for symbol in &line.symbols {
        let content = symbol.text.escape_debug();
        let _ = write!(text, "\n  {} {} {content}", symbol.symbology, symbol.identifier);
    }
    text
}
