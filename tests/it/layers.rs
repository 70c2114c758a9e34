//! Which layer may name what. The table is the rule: a new arrow is a change to the table.

use std::fs;
use std::path::Path;

struct Layer {
    /// Its file `AT.rs` and folder `AT/` under `src`.
    at: &'static str,
    /// The modules of this crate that it may name.
    modules: &'static [&'static str],
    /// The other crates that it may name; `None` allows all.
    crates: Option<&'static [&'static str]>,
    /// Whether it may touch files, the network, threads, the environment.
    touches_world: bool,
}

const PURE: &[&str] = &[
    "thiserror",
    "serde",
    "serde_json",
    "regex",
    "regex_automata",
    "sha2",
    "uuid",
    "jiff",
    "toml",
    "csv",
    "compact_str",
    // It asks what the processor can do; what is worked out is the same.
    "multiversion",
];

const LAYERS: &[Layer] = &[
    Layer { at: "pipeline", modules: &["pipeline"], crates: Some(PURE), touches_world: false },
    Layer {
        at: "station",
        modules: &["pipeline", "station"],
        crates: Some(&["sha2"]),
        touches_world: false,
    },
    // The one file of the screen that touches the world: it has the terminal.
    Layer {
        at: "ui/terminal",
        modules: &["pipeline", "station", "ui"],
        crates: Some(&["ratatui"]),
        touches_world: true,
    },
    Layer {
        at: "ui",
        modules: &["pipeline", "station", "ui"],
        crates: Some(&["ratatui"]),
        touches_world: false,
    },
    Layer { at: "edge", modules: &["pipeline", "edge"], crates: None, touches_world: true },
    Layer {
        at: "cli",
        modules: &["cli", "pipeline"],
        crates: Some(&["clap"]),
        touches_world: false,
    },
    Layer {
        at: "config",
        modules: &["cli", "config", "pipeline", "station"],
        crates: Some(&["serde", "toml", "thiserror"]),
        touches_world: true,
    },
];

/// Crates that one place alone may name.
const ALONE: &[(&str, &str)] = &[
    ("rusqlite", "edge/store"),
    ("rxing", "pipeline/decode/engine"),
    ("v4l", "edge/camera/linux"),
    ("zune_jpeg", "edge/camera/luma"),
    ("aws_sdk_sns", "edge/publisher/sns"),
];

const WORLD: &[&str] = &["fs", "net", "thread", "env", "process", "io"];
const CLOCKS: &[&str] = &["SystemTime", "Instant::now"];
/// Lines of a file before its tests.
const MOST_LINES: usize = 400;

/// A source file, its tests and comments left out.
struct Source {
    path: String,
    n_lines: usize,
    text: String,
}

#[test]
fn a_layer_names_only_what_it_may() {
    let mut wrong = Vec::new();
    for Source { path, text, .. } in sources() {
        let of_layer = |layer: &&Layer| {
            path == format!("{}.rs", layer.at) || path.starts_with(&format!("{}/", layer.at))
        };
        let Some(layer) = LAYERS.iter().find(of_layer) else { continue };
        for module in after(&text, "crate::") {
            if !layer.modules.contains(&module) {
                wrong.push(format!("{path} names crate::{module}"));
            }
        }
        for part in after(&text, "std::") {
            if part.is_empty() || (!layer.touches_world && WORLD.contains(&part)) {
                wrong.push(format!("{path} names std::{part}"));
            }
        }
        for name in paths(&text) {
            let at_home =
                ALONE.iter().any(|(krate, home)| *krate == name && path.starts_with(home));
            if !at_home && layer.crates.is_some_and(|crates| !crates.contains(&name)) {
                wrong.push(format!("{path} names {name}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn what_one_place_is_for_is_named_there_alone() {
    let mut wrong = Vec::new();
    for Source { path, text, .. } in sources() {
        for (krate, home) in ALONE {
            if !path.starts_with(home) && !after(&text, &format!("{krate}::")).is_empty() {
                wrong.push(format!("{path} names {krate}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let asks = |source: &Source| CLOCKS.iter().any(|clock| source.text.contains(clock));
    let asking: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.path != "edge/clock.rs" && asks(source))
        .map(|source| source.path)
        .collect();
    assert_eq!(asking, Vec::<String>::new());
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.n_lines > MOST_LINES)
        .map(|source| format!("{} has {} lines", source.path, source.n_lines))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

/// The word after each `mark`; empty where a brace or a star follows.
fn after<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let starts = text.match_indices(mark).filter(|(at, _)| !text[..*at].ends_with(is_word));
    starts.map(|(at, _)| word(&text[at + mark.len()..])).collect()
}

/// The first names of paths that are crates': by a `use`, or by `NAME::` in lower case with a crate of that name.
fn paths(text: &str) -> Vec<&str> {
    let own = ["std", "core", "crate", "super", "self"];
    let lines = text.lines().map(str::trim_start);
    let used = lines.filter_map(|line| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("use ").map(|path| word(path.trim_start_matches("::")))
    });
    let inline = CRATES.iter().copied().filter(|name| {
        let mark = format!("{name}::");
        text.match_indices(&mark).any(|(at, _)| !text[..at].ends_with(|c| is_word(c) || c == ':'))
    });
    used.chain(inline).filter(|name| !own.contains(name)).collect()
}

/// Crates that the world is reached by: also named in full, without a `use`.
const CRATES: &[&str] = &[
    "anyhow",
    "aws_config",
    "aws_sdk_sns",
    "clap",
    "flexi_logger",
    "getrandom",
    "image",
    "log",
    "ratatui",
    "rusqlite",
    "rustix",
    "rxing",
    "signal_hook",
    "tokio",
    "v4l",
    "zune_jpeg",
];

fn word(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // Tests in files of their own count as little as those below their code.
                folders.extend((!path.ends_with("tests")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                let text = fs::read_to_string(&path).unwrap();
                let body = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
                let is_comment = |line: &&str| line.trim_start().starts_with("//");
                let lines: Vec<&str> = body.lines().filter(|line| !is_comment(line)).collect();
                sources.push(Source {
                    path: path.strip_prefix(&src).unwrap().to_string_lossy().into_owned(),
                    n_lines: body.lines().count(),
                    text: lines.join("\n"),
                });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}
