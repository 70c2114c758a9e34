//! `cameras try`: what a camera sees, a line a second, and a picture at the end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::commands::cameras::Chosen;
use crate::commands::{Form, Outcome, Streams};
use crate::edge::camera::drain::Drain;
use crate::edge::camera::linux::{self, Linux};
use crate::edge::camera::slot::Counts;
use crate::edge::camera::sysfs;
use crate::edge::camera::{Capture, Seen};
use crate::edge::{clock, pictures};
use crate::pipeline::decode::{Decoder, Formats};
use crate::pipeline::frame::Picture;
use crate::pipeline::payload;
use crate::pipeline::sharpness::{self, Look};
use crate::pipeline::shot::without_secrets;
use crate::pipeline::show;
use crate::pipeline::symbol::Symbol;

/// How soon a camera that gives nothing is noticed.
const PATIENCE: Duration = Duration::from_millis(100);

/// A look through a camera.
pub(super) struct Try<'a> {
    pub(super) chosen: &'a Chosen,
    pub(super) seconds: u32,
    pub(super) picture: &'a Path,
    pub(super) form: Form,
}

/// What a second showed.
#[derive(Debug, Default)]
struct Second {
    read: u64,
    look: Option<Look>,
    /// By format and content: in how many frames, and pixels a bar.
    symbols: BTreeMap<(String, String), (u64, Option<f32>)>,
    /// What the camera said meanwhile.
    told: Vec<String>,
}

impl Try<'_> {
    /// Looks, and says each second what was seen.
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
        let Chosen { name, find, setup } = self.chosen;
        let drain = Drain::new(Box::new(Linux), find.clone(), setup.clone());
        let capture = Capture::start(Arc::from(name.as_str()), drain).context("start a thread")?;
        let mut last: Option<(Arc<Picture>, Vec<Symbol>)> = None;
        let mut before = Counts::default();
        for second in 1..=self.seconds {
            let seen = Second::look(&capture, &mut last);
            let counts = capture.counts();
            self.tell(second, &seen, (before, counts), streams)?;
            before = counts;
        }
        let Some((picture, symbols)) = last else {
            streams.complain(&format!("camera {name}: no frame came"));
            return Ok(Outcome::Findings);
        };
        let filled =
            without_secrets(&picture, &symbols).unwrap_or_else(|| picture.as_ref().clone());
        let path = self.picture;
        pictures::write(path, &filled).with_context(|| format!("write {}", path.display()))?;
        if self.form == Form::Text {
            streams.line(&show::printable(&format!("picture: {}", path.display())))?;
        }
        Ok(Outcome::Done)
    }

    fn tell(
        &self,
        second: u32,
        seen: &Second,
        (before, counts): (Counts, Counts),
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<()> {
        let arrived = counts.arrived - before.arrived;
        let corrupt = counts.corrupt - before.corrupt;
        let damaged = counts.flagged + counts.short - before.flagged - before.short;
        let node = sysfs::find(&self.chosen.find).ok();
        let controls = node.and_then(|node| linux::look(&node.path).ok());
        let controls = controls.map(|offer| offer.controls).unwrap_or_default();
        if self.form == Form::Json {
            let symbols = seen.symbols.iter().map(|((format, text), (frames, px))| {
                json!({"format": format, "text": text, "frames": frames, "px_per_bar": px})
            });
            let controls = controls.iter().map(|c| (c.control.to_string(), c.now.to_string()));
            return streams.json(&json!({
                "second": second, "arrived": arrived, "read": seen.read, "corrupt": corrupt,
                "damaged": damaged, "sharpness": seen.look.map(|look| look.sharpness),
                "brightness": seen.look.map(|look| look.brightness),
                "glare": seen.look.map(|look| look.glare),
                "controls": controls.collect::<BTreeMap<_, _>>(),
                "symbols": symbols.collect::<Vec<_>>(), "told": seen.told,
            }));
        }
        for told in &seen.told {
            streams.line(&show::printable(told))?;
        }
        let look = seen.look.map_or(String::new(), |look| {
            let glare = look.glare * 100.0;
            let Look { sharpness, brightness, .. } = look;
            format!(", sharpness {sharpness:.0}, brightness {brightness:.0}, glare {glare:.1} %")
        });
        let controls: Vec<String> =
            controls.iter().map(|c| format!(", {} {}", c.control, c.now)).collect();
        let bad = if corrupt + damaged > 0 {
            format!(", {} damaged", corrupt + damaged)
        } else {
            String::new()
        };
        let read = seen.read;
        streams.line(&format!(
            "{arrived:3} frames/s, {read} looked at{bad}{look}{}",
            controls.concat()
        ))?;
        for ((format, text), (frames, px)) in &seen.symbols {
            let px = px.map_or("?".to_owned(), |px| format!("{px:.1}"));
            let text = show::shortened(text, 40);
            streams.line(&format!("      {format} {text}  {px} px per bar, in {frames} frames"))?;
        }
        Ok(())
    }
}

impl Second {
    /// Looks through `capture` for a second; the last picture and what was read of it go to `last`.
    fn look(capture: &Capture, last: &mut Option<(Arc<Picture>, Vec<Symbol>)>) -> Self {
        let end = clock::monotonic() + Duration::from_secs(1);
        let mut seen = Self::default();
        let mut decoder = Decoder::default();
        while clock::monotonic() < end {
            match capture.newest(PATIENCE) {
                Seen::Raw(raw) => {
                    if let Some(frame) = capture.frame(&raw) {
                        let decoded = decoder.decode_guarded(&frame.picture, &Formats::all());
                        let symbols = decoded.unwrap_or_default().symbols;
                        seen.add(&frame.picture, &symbols);
                        *last = Some((frame.picture, symbols));
                    }
                }
                Seen::Gone(why) => seen.told.push(why),
                Seen::Silent => {}
            }
            // Why nothing comes is noted too, and told again at every try.
            seen.told.append(&mut capture.notes());
            seen.told.dedup();
        }
        seen
    }

    fn add(&mut self, picture: &Picture, symbols: &[Symbol]) {
        self.read += 1;
        self.look = Some(sharpness::look(picture));
        for symbol in symbols {
            let format = symbol.symbology.to_string();
            // A secret's content is shown to nobody.
            let text = match payload::secret(&symbol.text) {
                Some(_) => "(a secret)".to_owned(),
                None => symbol.text.clone(),
            };
            let entry = self.symbols.entry((format, text)).or_default();
            entry.0 += 1;
            entry.1 = symbol.confidence.map(|c| c.px_per_module).or(entry.1);
        }
    }
}
