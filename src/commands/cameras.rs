//! `scanstation cameras`: what is plugged in, what one sees, and which format serves barcodes best.

mod look;
mod tune;
mod watch;

use anyhow::Context;
use serde_json::json;

use crate::cli::{Cameras, Look};
use crate::commands::{Form, NoHome, Outcome, Site, Streams, run};
use crate::config::{Camera, Config, ConfigError, Place};
use crate::edge::camera::linux::{self, Offer};
use crate::edge::camera::sysfs::{self, Find, Node};
use crate::pipeline::camera::{Mode, Setup};
use crate::pipeline::show;

/// Does what was typed after `cameras`; without a home no camera has a name.
pub fn run(
    typed: &Cameras,
    site: Result<Site, NoHome>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    match &typed.look {
        None => {
            let config = site.ok().map(|site| site.config()).transpose()?;
            let named = config.map(|config| config.cameras).unwrap_or_default();
            list(&named, typed.output.into(), streams)
        }
        Some(Look::Try { name, seconds, picture, output }) => {
            let config = site.ok().map(|site| site.config()).transpose()?;
            let seen = Chosen::by(name.as_deref(), config.as_ref())?;
            let form = (*output).into();
            look::Try { chosen: &seen, seconds: *seconds, picture, form }.run(streams)
        }
        Some(Look::Tune { name, dry_run, output }) => {
            let site = site?;
            let config = site.config()?;
            let chosen = Chosen::by(name.as_deref(), Some(&config))?;
            let path = (!dry_run).then(|| site.home.config());
            tune::Tune { chosen: &chosen, form: (*output).into() }.run(path.as_deref(), streams)
        }
    }
}

/// A camera that was chosen by name.
#[derive(Debug)]
struct Chosen {
    /// Its name in station.toml, or what it was chosen by.
    name: String,
    find: Find,
    setup: Setup,
}

impl Chosen {
    /// The camera of `config` that `name` names, or one plugged in with that serial or port; without a name the first.
    fn by(name: Option<&str>, config: Option<&Config>) -> anyhow::Result<Self> {
        let named = config.map(|config| config.cameras.as_slice()).unwrap_or_default();
        let of = |camera: &Camera| Self {
            name: camera.name.clone(),
            find: run::find(camera),
            setup: camera.setup.clone(),
        };
        let Some(name) = name else {
            let first =
                || Self { name: "camera".to_owned(), find: Find::First, setup: Setup::default() };
            return Ok(named.first().map_or_else(first, of));
        };
        if let Some(camera) = named.iter().find(|camera| camera.name == name) {
            return Ok(of(camera));
        }
        let owned = name.to_owned();
        let nodes = sysfs::cameras();
        let find = if nodes.iter().any(|node| node.serial.as_deref() == Some(name)) {
            Find::Serial(owned)
        } else if nodes.iter().any(|node| node.port.as_deref() == Some(name)) {
            Find::Port(owned)
        } else {
            let names: Vec<&str> = named.iter().map(|camera| camera.name.as_str()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let why = format!(
                "station.toml names {names}; `scanstation cameras` lists serials and ports"
            );
            let what = format!("no camera {}", show::printable(name));
            return Err(ConfigError { place: Place::Flag("NAME"), what, why }.into());
        };
        Ok(Self { name: show::printable(name), find, setup: Setup::default() })
    }
}

fn list(named: &[Camera], form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let nodes = sysfs::cameras();
    if nodes.is_empty() {
        streams.complain("no camera is plugged in");
        return Ok(Outcome::Findings);
    }
    let mut outcome = Outcome::Done;
    for node in &nodes {
        let offer = linux::look(&node.path);
        if let Err(error) = &offer {
            outcome = Outcome::Findings;
            streams.complain(&error.to_string());
        }
        let listed = Listed { node, offer: offer.ok(), name: name_of(node, named) };
        match form {
            Form::Json => listed.json(streams)?,
            Form::Text => listed.text(streams)?,
        }
    }
    Ok(outcome)
}

/// The name that station.toml gives to the camera at `node`.
fn name_of<'a>(node: &Node, named: &'a [Camera]) -> Option<&'a str> {
    let is_it = |camera: &&Camera| match run::find(camera) {
        Find::First => true,
        Find::Serial(serial) => node.serial.as_deref() == Some(&serial),
        Find::Port(port) => node.port.as_deref() == Some(&port),
    };
    named.iter().find(is_it).map(|camera| camera.name.as_str())
}

/// A camera as the list has it.
struct Listed<'a> {
    node: &'a Node,
    offer: Option<Offer>,
    name: Option<&'a str>,
}

impl Listed<'_> {
    fn text(&self, streams: &mut Streams<'_>) -> anyhow::Result<()> {
        let Node { path, name, serial, port, .. } = self.node;
        streams.line(&show::printable(&format!("{path}  {name}")))?;
        let serial = serial.as_deref().map_or("no serial".to_owned(), |s| format!("serial {s}"));
        let port = port.as_deref().map_or("no port".to_owned(), |p| format!("port {p}"));
        let known = self.name.map_or(String::new(), |name| format!(", {name} in station.toml"));
        streams.line(&show::printable(&format!("  {serial}, {port}{known}")))?;
        let users = sysfs::users(path);
        let users: Vec<String> =
            users.iter().map(|(pid, name)| format!("{name} ({pid})")).collect();
        let used = if users.is_empty() { "nobody".to_owned() } else { users.join(", ") };
        streams.line(&show::printable(&format!("  in use by {used}")))?;
        let Some(offer) = &self.offer else { return Ok(()) };
        for line in rows(&offer.modes) {
            streams.line(&format!("  {line}"))?;
        }
        if !offer.unread.is_empty() {
            let unread = offer.unread.join(", ");
            streams.line(&show::printable(&format!("  not read here: {unread}")))?;
        }
        let controls = offer.controls.iter().map(ToString::to_string);
        streams.line(&format!("  {}", controls.collect::<Vec<_>>().join(", ")))
    }

    fn json(&self, streams: &mut Streams<'_>) -> anyhow::Result<()> {
        let Node { path, name, serial, port, .. } = self.node;
        let offer = self.offer.as_ref();
        let mode = |mode: &Mode| {
            json!({
                "format": mode.pixels, "size": mode.size.to_string(), "rate": mode.rate.per_second(),
            })
        };
        let modes = offer.map(|offer| offer.modes.iter().map(mode).collect::<Vec<_>>());
        let controls = offer.map(|offer| {
            let of = |c: &linux::Knob| {
                json!({
                    "control": c.control, "value": c.now.to_string(), "range": c.range,
                })
            };
            offer.controls.iter().map(of).collect::<Vec<_>>()
        });
        let users = sysfs::users(path);
        let users = users.iter().map(|(pid, name)| json!({"pid": pid, "name": name}));
        streams.json(&json!({
            "node": path, "product": name, "serial": serial, "port": port, "name": self.name,
            "modes": modes, "unread": offer.map(|offer| &offer.unread), "controls": controls,
            "used_by": users.collect::<Vec<_>>(),
        }))
    }
}

/// A line for each format: its sizes, and the rates of each.
fn rows(modes: &[Mode]) -> Vec<String> {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let mut last = None;
    for mode in modes {
        let (format, size) = (mode.pixels.to_string(), mode.size.to_string());
        if rows.last().is_none_or(|(name, _)| *name != format) {
            rows.push((format, Vec::new()));
            last = None;
        }
        let Some((_, sizes)) = rows.last_mut() else { continue };
        match sizes.last_mut() {
            Some(text) if last == Some(mode.size) => {
                text.push(' ');
                text.push_str(&mode.rate.to_string());
            }
            _ => sizes.push(format!("{size} at {}", mode.rate)),
        }
        last = Some(mode.size);
    }
    rows.into_iter().map(|(format, sizes)| format!("{format:5}  {}", sizes.join(", "))).collect()
}

/// As [`anyhow::Context::context`], with the camera's name before it.
fn of_camera<T, E>(result: Result<T, E>, chosen: &Chosen) -> anyhow::Result<T>
where
    Result<T, E>: Context<T, E>,
{
    result.with_context(|| format!("camera {}", chosen.name))
}
