//! `cameras tune`: which mode really arrives, and the shortest exposure and the focus that read a label held still.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::commands::cameras::watch::{Watched, watch};
use crate::commands::cameras::{Chosen, of_camera};
use crate::commands::{Form, Outcome, Streams};
use crate::config::{Config, edit};
use crate::edge::camera::linux::{self, Knob};
use crate::edge::camera::source::Raw;
use crate::edge::camera::{luma, sysfs};
use crate::pipeline::camera::{Control, Mode, Setup, Wish};
use crate::pipeline::decode::{Decoder, Formats};
use crate::pipeline::sharpness;
use crate::pipeline::show;

/// How long each mode is measured.
const MODE_TIME: Duration = Duration::from_secs(3);
/// How long each exposure and focus is looked at.
const STEP_TIME: Duration = Duration::from_millis(700);
/// Frames a second that boxes held by hand need.
const ENOUGH: f64 = 15.0;
/// What a rate may be short of by measuring: a frame or so in three seconds.
const SLACK: f64 = 0.95;
/// Wider frames cost more to decode than they show.
const MAX_WIDTH: u32 = 1920;
/// Exposures tried, in units of 100 microseconds: at a millisecond a box moved by hand is sharp.
const EXPOSURES: [u32; 7] = [10, 20, 40, 60, 80, 120, 160];
/// Places tried over the range of the focus.
const FOCUS_STEPS: u32 = 10;
/// A focus must be sharper than the dullest by this share: else the lens moves nothing.
const SHARPER: f64 = 1.1;

/// A camera to tune.
pub(super) struct Tune<'a> {
    pub(super) chosen: &'a Chosen,
    pub(super) form: Form,
}

/// What a setting showed.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    n_looked: u32,
    /// Frames with a symbol.
    n_read: u32,
    sharpness: f64,
}

impl Tune<'_> {
    /// Measures, and writes what was found to station.toml at `path`.
    pub(super) fn run(
        &self,
        path: Option<&Path>,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Outcome> {
        let node = of_camera(sysfs::find(&self.chosen.find), self.chosen)?;
        let offer = of_camera(linux::look(&node.path), self.chosen)?;
        let Some(mode) = self.mode(&offer.modes, streams)? else {
            streams.complain(
                "no mode arrives at 15 frames a second: try another USB port or more light",
            );
            return Ok(Outcome::Findings);
        };
        let mut setup = Setup {
            pixels: Some(mode.pixels),
            size: Some(mode.size),
            rate: Some(mode.rate),
            controls: self.chosen.setup.controls.clone(),
        };
        let has = |control: Control| offer.controls.iter().find(|knob| knob.control == control);
        if let Some(knob) = has(Control::Exposure) {
            self.exposure(&mut setup, knob, streams)?;
        }
        if let Some(knob) = has(Control::Focus) {
            self.focus(&mut setup, knob, streams)?;
        }
        let entries = entries(&setup);
        for (key, value) in &entries {
            self.tell(
                &format!("{key} = {value}"),
                &json!({"setting": key, "value": value}),
                streams,
            )?;
        }
        let Some(path) = path else { return Ok(Outcome::Done) };
        let written = self.write(path, &setup, &entries);
        if let Err(error) = written {
            streams.complain(&show::printable(&format!("nothing was written: {error:#}")));
            return Ok(Outcome::Findings);
        }
        Ok(Outcome::Done)
    }

    /// The largest mode that arrives fast enough, uncompressed before compressed: each is opened until one does.
    fn mode(&self, offers: &[Mode], streams: &mut Streams<'_>) -> anyhow::Result<Option<Mode>> {
        for mode in candidates(offers) {
            let setup = Setup {
                pixels: Some(mode.pixels),
                size: Some(mode.size),
                rate: Some(mode.rate),
                controls: self.chosen.setup.controls.clone(),
            };
            let mut n_damaged = 0_u32;
            let watched = watch(&self.chosen.find, &setup, MODE_TIME, &mut |raw: Raw| {
                n_damaged += u32::from(luma::picture(&raw).is_none());
            });
            let rate = watched.rate();
            let line = json!({
                "mode": mode.to_string(), "found": rate, "damaged": n_damaged, "told": trouble(&watched),
            });
            let told = trouble(&watched).map_or(String::new(), |why| format!(" ({why})"));
            self.tell(&format!("{mode}: {rate:.1} frames/s{told}"), &line, streams)?;
            let is_whole = u64::from(n_damaged) * 10 < watched.counts.arrived;
            if rate >= ENOUGH.min(mode.rate.per_second()) * SLACK && is_whole {
                return Ok(Some(mode));
            }
        }
        Ok(None)
    }

    /// The shortest exposure with which a label is read nearly always.
    fn exposure(
        &self,
        setup: &mut Setup,
        knob: &Knob,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<()> {
        let (least, most) = knob.range.unwrap_or((1, u32::MAX));
        for exposure in EXPOSURES.into_iter().filter(|e| (least..=most).contains(e)) {
            let tried = with(setup, Control::Exposure, exposure);
            let score = self.score(&tried);
            self.tell_score(Control::Exposure, exposure, score, streams)?;
            if score.n_looked >= 3 && score.n_read * 10 >= score.n_looked * 9 {
                *setup = tried;
                return Ok(());
            }
        }
        self.tell("no label was read: the exposure stays", &json!({"exposure": null}), streams)
    }

    /// The focus with the steepest edges, where it makes a difference.
    fn focus(
        &self,
        setup: &mut Setup,
        knob: &Knob,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<()> {
        let Some((least, most)) = knob.range.filter(|(least, most)| least < most) else {
            return Ok(());
        };
        let mut found: Vec<(u32, f64)> = Vec::new();
        for step in 0..=FOCUS_STEPS {
            let focus = least + (most - least) / FOCUS_STEPS * step;
            let score = self.score(&with(setup, Control::Focus, focus));
            self.tell_score(Control::Focus, focus, score, streams)?;
            found.push((focus, score.sharpness));
        }
        let by_sharpness = |a: &&(u32, f64), b: &&(u32, f64)| a.1.total_cmp(&b.1);
        let (sharpest, dullest) =
            (found.iter().max_by(by_sharpness), found.iter().min_by(by_sharpness));
        match sharpest.zip(dullest) {
            Some((sharpest, dullest)) if sharpest.1 > dullest.1 * SHARPER => {
                *setup = with(setup, Control::Focus, sharpest.0);
                Ok(())
            }
            _ => self.tell("the focus moves nothing: it stays", &json!({"focus": null}), streams),
        }
    }

    fn score(&self, setup: &Setup) -> Score {
        let mut score = Score::default();
        let mut sum = 0.0;
        let mut decoder = Decoder::default();
        watch(&self.chosen.find, setup, STEP_TIME, &mut |raw: Raw| {
            let Some(picture) = luma::picture(&raw) else { return };
            let decoded = decoder.decode_guarded(&picture, &Formats::all()).unwrap_or_default();
            score.n_looked += 1;
            score.n_read += u32::from(!decoded.symbols.is_empty());
            sum += sharpness::look(&picture).sharpness;
        });
        score.sharpness = sum / f64::from(score.n_looked.max(1));
        score
    }

    /// Puts what was found into station.toml; what comes out must say exactly that.
    fn write(&self, path: &Path, setup: &Setup, entries: &[edit::Entry<'_>]) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(path).context("read station.toml")?;
        let name = &self.chosen.name;
        let edited = edit::with_camera(&text, name, entries)?;
        let config = Config::parse(&edited, path, &[], &[])?;
        let camera = config.cameras.iter().find(|camera| camera.name == *name);
        let is_right = camera.is_some_and(|camera| camera.setup == *setup);
        anyhow::ensure!(is_right, "station.toml is written in a way that does not show its lines");
        let beside = path.with_extension("toml.new");
        std::fs::write(&beside, edited).context("write beside station.toml")?;
        let rights = std::fs::metadata(path)?.permissions();
        std::fs::set_permissions(&beside, rights)?;
        std::fs::rename(&beside, path).context("replace station.toml")
    }

    fn tell_score(
        &self,
        control: Control,
        value: u32,
        score: Score,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<()> {
        let Score { n_looked, n_read, sharpness } = score;
        let line = json!({
            "control": control, "value": value, "looked": n_looked, "read": n_read, "sharpness": sharpness,
        });
        let text =
            format!("{control} {value}: read in {n_read} of {n_looked}, sharpness {sharpness:.0}");
        self.tell(&text, &line, streams)
    }

    fn tell(
        &self,
        text: &str,
        line: &serde_json::Value,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<()> {
        match self.form {
            Form::Json => streams.json(line),
            Form::Text => streams.line(&show::printable(text)),
        }
    }
}

/// Why a mode gave nothing.
fn trouble(watched: &Watched) -> Option<&str> {
    let note = watched.notes.last().filter(|_| watched.counts.arrived == 0);
    note.map(String::as_str)
}

/// What is measured, the best first: larger, then uncompressed; of each the slowest rate that is enough, or the fastest.
fn candidates(offers: &[Mode]) -> Vec<Mode> {
    let mut modes: Vec<Mode> = Vec::new();
    for offer in offers.iter().filter(|mode| mode.size.width <= MAX_WIDTH) {
        let rate = offer.rate.per_second();
        let alike = modes.iter_mut().find(|m| (m.pixels, m.size) == (offer.pixels, offer.size));
        match alike {
            Some(mode) => {
                let known = mode.rate.per_second();
                let is_better =
                    if known < ENOUGH { rate > known } else { (ENOUGH..known).contains(&rate) };
                if is_better {
                    *mode = *offer;
                }
            }
            None => modes.push(*offer),
        }
    }
    modes.retain(|mode| mode.rate.per_second() >= ENOUGH * SLACK);
    modes.sort_by_key(|mode| std::cmp::Reverse((mode.size.area(), mode.pixels.is_plain())));
    modes
}

/// `setup` with `control` at `value`.
fn with(setup: &Setup, control: Control, value: u32) -> Setup {
    let mut setup = setup.clone();
    setup.controls.retain(|(one, _)| *one != control);
    setup.controls.push((control, Wish::Fixed(value)));
    setup.controls.sort();
    setup
}

/// The settings of `setup` as station.toml writes them.
fn entries(setup: &Setup) -> Vec<edit::Entry<'static>> {
    let mut entries = Vec::new();
    entries.extend(setup.pixels.map(|pixels| ("format", format!("\"{pixels}\""))));
    entries.extend(setup.size.map(|size| ("size", format!("\"{size}\""))));
    entries.extend(setup.rate.map(|rate| {
        let text = rate.to_string();
        ("rate", if text.contains('.') { format!("\"{text}\"") } else { text })
    }));
    entries.extend(setup.controls.iter().map(|(control, wish)| {
        let value = match wish {
            Wish::Auto => "\"auto\"".to_owned(),
            Wish::Fixed(value) => value.to_string(),
        };
        (control.name(), value)
    }));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::camera::{Pixels, Rate, Size};

    #[test]
    fn the_best_is_measured_first_at_the_slowest_rate_that_is_enough() {
        let mode = |pixels, width, height, rate| Mode {
            pixels,
            size: Size { width, height },
            rate: Rate::whole(rate),
        };
        let offers = [
            mode(Pixels::Yuyv, 640, 480, 30),
            mode(Pixels::Yuyv, 640, 480, 15),
            mode(Pixels::Yuyv, 1280, 720, 10),
            mode(Pixels::Mjpeg, 1280, 720, 5),
            mode(Pixels::Mjpeg, 1280, 720, 30),
            mode(Pixels::Mjpeg, 640, 480, 30),
            mode(Pixels::Mjpeg, 3840, 2160, 30),
        ];
        let expected = [offers[4], offers[1], offers[5]];
        assert_eq!(candidates(&offers), expected);
    }
}
