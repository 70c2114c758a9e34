//! Whether `scanstation decode` reads the pictures as their truth says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::truth::Truth;

/// One line of `scanstation decode --json`, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Line {
    path: PathBuf,
    symbols: Vec<Read>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Read {
    format: String,
    text: String,
    identifier: String,
    corners: [(f64, f64); 4],
}

/// What is wrong with each of `pictures`, in words; a picture that is read as its truth says is left out.
pub(crate) fn findings(
    decoder: &Path,
    pictures: &[PathBuf],
) -> anyhow::Result<BTreeMap<PathBuf, Vec<String>>> {
    let ran = Command::new(decoder).args(["decode", "--json"]).args(pictures).output();
    let ran = ran.with_context(|| format!("run {}", decoder.display()))?;
    let mut findings = BTreeMap::new();
    let mut lines = 0;
    for line in String::from_utf8(ran.stdout)?.lines() {
        let line: Line = serde_json::from_str(line)?;
        let truth = std::fs::read(line.path.with_extension("json"))
            .with_context(|| format!("truth of {}", line.path.display()))?;
        let wrong = compare(&line, &serde_json::from_slice(&truth)?);
        if !wrong.is_empty() {
            findings.insert(line.path, wrong);
        }
        lines += 1;
    }
    ensure!(lines == pictures.len(), "{lines} lines for {} pictures", pictures.len());
    Ok(findings)
}

fn compare(line: &Line, truth: &Truth) -> Vec<String> {
    let mut wrong: Vec<String> = line.error.iter().cloned().collect();
    let mut unmet: Vec<_> = truth.symbols.iter().collect();
    for read in &line.symbols {
        // Of some symbols rxing tells well only where they begin.
        let is_met = |corners: &[(f64, f64); 4]| {
            is_within(centre(&read.corners), corners) || is_within(read.corners[0], corners)
        };
        let met = unmet.iter().position(|symbol| {
            symbol.format == read.format && symbol.text == read.text && is_met(&symbol.corners)
        });
        match met {
            Some(at) => {
                let symbol = unmet.swap_remove(at);
                if symbol.identifier != read.identifier {
                    wrong.push(format!("identifier {} of {}", read.identifier, read.text));
                }
            }
            None => wrong.push(format!("misread {} {:?}", read.format, read.text)),
        }
    }
    wrong.extend(unmet.iter().map(|symbol| format!("no-read {} {:?}", symbol.format, symbol.text)));
    wrong
}

fn centre(corners: &[(f64, f64); 4]) -> (f64, f64) {
    let sum = corners.iter().fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    (sum.0 / 4.0, sum.1 / 4.0)
}

/// Whether `at` is within the upright rectangle around `corners`, or close to it.
fn is_within(at: (f64, f64), corners: &[(f64, f64); 4]) -> bool {
    const CLOSE: f64 = 12.0;
    let around = |value: f64, of: fn(&(f64, f64)) -> f64| {
        let low = corners.iter().map(of).fold(f64::INFINITY, f64::min);
        let high = corners.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        (low - CLOSE..=high + CLOSE).contains(&value)
    };
    around(at.0, |corner| corner.0) && around(at.1, |corner| corner.1)
}
