//! `steps.jsonl`: what no picture can show, done before a picture is played (contracts 3).

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::edge::reel::ReelError;
use crate::pipeline::show;

/// A step, and the picture before which it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct StepLine {
    /// The picture's or sequence's name.
    pub before: String,
    /// What is done.
    pub step: Step,
}

/// What is done; each is what another person or program does to the station's world.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// The order system cancels an order.
    Cancel {
        /// Which.
        order_id: String,
    },
    /// The order system sends an order anew.
    Update {
        /// The order, as in orders.jsonl.
        order: serde_json::Value,
    },
    /// A link is taken back.
    Undo {
        /// Of which device.
        dsn: String,
        /// Why.
        reason: String,
    },
    /// The packer closes the pack.
    Close,
    /// Nothing happens for so long.
    WaitMs {
        /// Milliseconds.
        ms: u32,
    },
}

/// The steps in the file at `path`; none where there is no such file.
pub fn load(path: &Path) -> Result<Vec<StepLine>, ReelError> {
    let shown = show::printable(&path.to_string_lossy());
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ReelError::Read { path: shown, source }),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(i, line)| {
        parse(line).map_err(|reason| ReelError::Line { path: shown.clone(), line: i + 1, reason })
    });
    parsed.collect()
}

fn parse(line: &str) -> Result<StepLine, String> {
    let shown = |error: serde_json::Error| show::shortened(&error.to_string(), 200);
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).map_err(shown)?;
    let Some(serde_json::Value::String(before)) = object.remove("before") else {
        return Err("before: the name of a picture is missing".to_owned());
    };
    let step = serde_json::from_value(serde_json::Value::Object(object)).map_err(shown)?;
    Ok(StepLine { before, step })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_parses() {
        let line = parse(r#"{"before":"0031.jpg","do":"cancel","order_id":"112-1"}"#);
        let step = Step::Cancel { order_id: "112-1".to_owned() };
        assert_eq!(line, Ok(StepLine { before: "0031.jpg".to_owned(), step }));
        assert!(parse(r#"{"before":"0031.jpg","do":"close"}"#).is_ok());
    }

    #[test_case::test_case(r#"{"do":"close"}"#; "no picture")]
    #[test_case::test_case(r#"{"before":"1.jpg","do":"explode"}"#; "no such step")]
    #[test_case::test_case(r#"{"before":"1.jpg","do":"cancel","order_id":"1","x":1}"#; "an unknown key")]
    #[test_case::test_case("["; "no JSON")]
    fn a_bad_step_is_refused(line: &str) {
        assert!(parse(line).is_err());
    }
}
