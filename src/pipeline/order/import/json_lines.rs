//! JSON Lines: an order a line.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use crate::pipeline::order::import::{BadLine, Draft, shown};

/// An order, or why it is none, for each line that is not blank.
pub(super) fn drafts(bytes: &[u8]) -> Vec<Result<Draft, BadLine>> {
    let lines =
        bytes.split(|b| *b == b'\n').enumerate().map(|(i, line)| (i + 1, line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty()).map(|(at, line)| draft(at, line)).collect()
}

fn draft(at: usize, line: &[u8]) -> Result<Draft, BadLine> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Err(BadLine::new(at, "", "", "not UTF-8"));
    };
    if !text.starts_with('{') {
        return Err(BadLine::new(at, "", "", "no JSON object; write an order a line"));
    }
    let mut draft: Draft = serde_json::from_str(text).map_err(|error| refusal(at, &error))?;
    draft.at = at;
    for (i, line) in draft.lines.iter_mut().enumerate() {
        line.at = at;
        line.path = format!("lines[{i}].");
    }
    Ok(draft)
}

fn refusal(at: usize, error: &serde_json::Error) -> BadLine {
    let column = error.column();
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    if error.classify() != Category::Data {
        return BadLine::new(at, "", "", &format!("not JSON: {} at column {column}", shown(what)));
    }
    // serde says: unknown field `x`, expected …; missing field `x`; duplicate field `x`.
    let Some((kind, name)) = what.split_once(" field `") else {
        let what = what.rsplit(", ").next().unwrap_or_default();
        return BadLine::new(at, "", "", &format!("{} at column {column}", shown(what)));
    };
    // The name is the file's own and may hold anything, a backtick too.
    let name = name.rsplit_once("`, expected").map_or(name, |(name, _)| name);
    let reason = match kind {
        "missing" => "it is missing",
        "duplicate" => "it stands there twice",
        _ => "no such key",
    };
    BadLine::new(at, name.trim_end_matches('`'), "", reason)
}

/// The pairs of a JSON object; a name twice is an error, which a map would not see.
pub(super) fn pairs<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, Value)>, D::Error> {
    struct Pairs;

    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("slot_asins as an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }

    deserializer.deserialize_map(Pairs)
}
