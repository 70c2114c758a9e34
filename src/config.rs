//! station.toml, the environment and the command line → one checked [`Config`].
//!
//! Every check of a setting is made here, once: nobody asks again. An error names the place and what to do.

mod capture;
pub mod edit;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::Source;
use crate::config::settings::{Settings, Sheet};
use crate::pipeline::camera::Setup;
use crate::pipeline::mount::{Mount, Rotate};
use crate::pipeline::named::named;
use crate::pipeline::notification::RetrySchedule;
use crate::pipeline::view::{Agreement, EqualFrames};
use crate::station::{PublishAt, Rules};

pub use crate::config::settings::{ConfigError, Place};

/// The file's name in the home.
pub const FILE: &str = "station.toml";

/// A commented station.toml, all of it the defaults: what `init` writes.
pub const TEMPLATE: &str = include_str!("config/station.toml");

/// The variables of this process that begin with `SCANSTATION_`.
pub fn environment() -> Vec<(String, String)> {
    let text = |name: std::ffi::OsString| name.to_string_lossy().into_owned();
    let all = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    all.filter(|(name, _)| name.starts_with(settings::PREFIX)).collect()
}

/// A station's settings, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The station's name, as links and the journal carry it.
    pub station: String,
    /// When an event may go out.
    pub publish_at: PublishAt,
    /// For how long a box that came before its order is remembered, in milliseconds.
    pub hold_ms: i64,
    /// For how long something that contradicts an agreed serial is waited for, in milliseconds.
    pub settle_ms: i64,
    /// Where pictures come from; at least one.
    pub sources: Vec<Source>,
    /// The cameras; none means the first there is.
    pub cameras: Vec<Camera>,
    /// How many frames must agree.
    pub agreement: Agreement,
    /// The same for the views of tunnel cameras.
    pub tunnel: Agreement,
    /// What closer looks at one frame of a camera may cost, in milliseconds of this machine.
    pub budget_ms: u32,
    /// What is kept of the frames around exceptions; `None` for nothing.
    pub evidence: Option<Evidence>,
    /// Where events go.
    pub publisher: Publisher,
}

/// How much evidence is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// All of it together, in MiB.
    pub max_mb: u32,
    /// For so many days.
    pub retention_days: u32,
}

/// A camera of the station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// Its name; no two have one.
    pub name: String,
    /// How it is found; only a station's single camera may do without.
    pub usb: Option<Usb>,
    /// Cameras of one view see one box; its own name where none is given.
    pub view: String,
    /// How boxes come before it: the same for all cameras of a view.
    pub mode: Mode,
    /// How it hangs, and which part of its picture matters.
    pub mount: Mount,
    /// How narrow the modules of symbols may be in its picture, in pixels.
    pub least_px: u32,
    /// How it is opened.
    pub setup: Setup,
}

/// How a camera is told from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Usb {
    /// By its serial number.
    Serial(String),
    /// By the port it is plugged into, such as `1-2.3`.
    Port(String),
}

named!(
    /// How boxes come before a camera.
    Mode, "mode", {
        /// Held by hand.
        Presentation = "presentation",
        /// Carried past on a belt.
        Tunnel = "tunnel",
    }
);

/// Where events go, and when a failed one is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// Where they go.
    pub target: Target,
    /// When a failed one is tried again.
    pub retry: RetrySchedule,
}

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// HOME/notifications.jsonl.
    File,
    /// The models' SNS topics.
    Sns {
        /// The AWS region; else the topic's own.
        region: Option<String>,
        /// Another server that speaks SNS.
        endpoint_url: Option<String>,
    },
}

named!(
    /// `publisher.kind`.
    PublisherKind, "publisher", {
        /// A file.
        File = "file",
        /// SNS.
        Sns = "sns",
    }
);

/// Why there is no [`Config`].
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("read {path}; `scanstation init DIR` makes one")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A setting cannot be.
    #[error(transparent)]
    Setting(#[from] ConfigError),
}

impl Config {
    /// The settings of `home`: its station.toml, then `environment`, then `sources` of the command line.
    pub fn load(
        home: &Path,
        environment: &[(String, String)],
        sources: &[Source],
    ) -> Result<Self, LoadError> {
        let path = home.join(FILE);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| LoadError::Read { path: path.clone(), source })?;
        Ok(Self::parse(&text, &path, environment, sources)?)
    }

    /// The rules of the floor; notification ids come from `seed`.
    pub fn rules(&self, seed: [u8; 16]) -> Rules {
        Rules {
            agreement: self.agreement,
            tunnels: self.tunnels(),
            settle_ms: self.settle_ms,
            hold_ms: self.hold_ms,
            publish_at: self.publish_at,
            seed,
        }
    }

    /// The agreement of each view that tunnel cameras look at.
    fn tunnels(&self) -> BTreeMap<Arc<str>, Agreement> {
        let tunnels = self.cameras.iter().filter(|camera| camera.mode == Mode::Tunnel);
        tunnels.map(|camera| (Arc::from(camera.view.as_str()), self.tunnel)).collect()
    }

    /// As [`Config::load`], from `text`, the content of `file`.
    pub fn parse(
        text: &str,
        file: &Path,
        environment: &[(String, String)],
        sources: &[Source],
    ) -> Result<Self, ConfigError> {
        let Sheet { station, cameras } = Sheet::read(text, file, environment)?;
        let cameras = cameras_of(&cameras)?;
        let agreement = agreement_of(&station, "agreement", Agreement::default())?;
        // A box on a belt is in view for a second at most, and the next one follows: what counts is as strict.
        let tunnel = Agreement { window_ms: 1_000, gone_ms: 300, ..agreement };
        let tunnel = agreement_of(&station, "agreement.tunnel", tunnel)?;
        Ok(Self {
            station: station.checked("station", is_name, NAME_RULE)?.ok_or_else(|| {
                station.wrong("station", "add a line such as station = \"pack-1\"")
            })?,
            publish_at: publish_at_of(&station)?,
            hold_ms: i64::from(station.whole("hold_seconds", 1..=600, 20)?) * 1_000,
            settle_ms: station.whole("settle_ms", 0..=5_000, 300)?.into(),
            sources: sources_of(&station, sources, &cameras)?,
            cameras,
            agreement,
            tunnel,
            budget_ms: station.whole("decode.budget_ms", 10..=1_000, 60)?,
            evidence: evidence_of(&station)?,
            publisher: publisher_of(&station)?,
        })
    }
}

const NAME_RULE: &str = "write 1 to 40 letters, digits, - _ or .";

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}

fn publish_at_of(station: &Settings) -> Result<PublishAt, ConfigError> {
    match station.parsed::<String>("publish_at")?.as_deref() {
        None | Some("pack_close") => Ok(PublishAt::PackClose),
        Some("link") => Ok(PublishAt::Link),
        // Decision 15.
        Some("ship_confirm") => {
            Err(station.wrong("publish_at", "not built yet; write pack_close or link"))
        }
        Some(_) => Err(station.wrong("publish_at", "write pack_close or link")),
    }
}

/// The table `table` of numbers of agreeing frames; `default` where one was not set.
fn agreement_of(
    station: &Settings,
    table: &str,
    default: Agreement,
) -> Result<Agreement, ConfigError> {
    let frames = |key, default| station.whole(&format!("{table}.{key}"), 1..=60, default);
    let time = |key, default: i64| {
        let default = u32::try_from(default).unwrap_or(u32::MAX);
        station.whole(&format!("{table}.{key}"), 100..=60_000, default).map(i64::from)
    };
    Ok(Agreement {
        reed_solomon: frames("reed_solomon", default.reed_solomon)?,
        checked: frames("checked", default.checked)?,
        unchecked: frames("unchecked", default.unchecked)?,
        window_ms: time("window_ms", default.window_ms)?,
        gone_ms: time("gone_ms", default.gone_ms)?,
        equal_frames: EqualFrames::Ignore,
    })
}

fn evidence_of(station: &Settings) -> Result<Option<Evidence>, ConfigError> {
    let max_mb = station.whole("evidence.max_mb", 0..=1_000_000, 0)?;
    let retention_days = station.whole("evidence.retention_days", 1..=3650, 30)?;
    Ok((max_mb > 0).then_some(Evidence { max_mb, retention_days }))
}

fn publisher_of(station: &Settings) -> Result<Publisher, ConfigError> {
    let region = station.checked("publisher.region", is_region, "write it as us-east-1")?;
    let endpoint_url = station.checked(
        "publisher.endpoint_url",
        is_url,
        "write it as https://HOST or http://HOST:PORT",
    )?;
    let target = match station.parsed("publisher.kind")?.unwrap_or(PublisherKind::File) {
        PublisherKind::File => Target::File,
        PublisherKind::Sns => Target::Sns { region, endpoint_url },
    };
    let first_ms = station.whole("publisher.retry.first_ms", 1..=3_600_000, 1_000)?;
    let cap_ms = station.whole("publisher.retry.cap_ms", 1..=86_400_000, 300_000)?;
    if cap_ms < first_ms {
        let key = if station.has("publisher.retry.cap_ms") { "cap_ms" } else { "first_ms" };
        let why = format!("cap_ms, {cap_ms}, must not be below first_ms, {first_ms}");
        return Err(station.wrong(&format!("publisher.retry.{key}"), &why));
    }
    let dead_after = station.whole("publisher.retry.dead_after", 0..=1_000_000, 0)?;
    Ok(Publisher { target, retry: RetrySchedule { first_ms, cap_ms, dead_after } })
}

fn is_region(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}

fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic()))
}

fn cameras_of(settings: &[Settings]) -> Result<Vec<Camera>, ConfigError> {
    let mut cameras = Vec::new();
    let mut taken = BTreeSet::new();
    let mut names = BTreeSet::new();
    for camera in settings {
        let found = camera_of(camera)?;
        if !names.insert(found.name.clone()) {
            return Err(camera.wrong("name", "another camera has this name; give each its own"));
        }
        let differs = |other: &Camera| other.view == found.view && other.mode != found.mode;
        if cameras.iter().any(differs) {
            let why = "another camera of this view has another mode; one view has one";
            return Err(camera.wrong("mode", why));
        }
        match &found.usb {
            Some(usb) if !taken.insert(usb.clone()) => {
                let why = "another camera has it; tell them apart with usb = { port = \"1-2.3\" }";
                return Err(camera.wrong(usb.key(), why));
            }
            None if settings.len() > 1 => {
                let why = "with several cameras each needs one: usb = { serial = \"…\" } or { port = \"1-2.3\" }";
                return Err(camera.wrong("usb", why));
            }
            _ => cameras.push(found),
        }
    }
    Ok(cameras)
}

fn camera_of(camera: &Settings) -> Result<Camera, ConfigError> {
    let name = camera
        .checked("name", is_name, NAME_RULE)?
        .ok_or_else(|| camera.wrong("name", "add a line such as name = \"top\""))?;
    let printable = |t: &str| (1..=128).contains(&t.len()) && !t.chars().any(char::is_control);
    let serial = camera.checked("usb.serial", printable, "write the camera's USB serial number")?;
    let port = camera.checked("usb.port", is_port, "write the USB port as 1-2.3")?;
    let usb = match (serial, port) {
        (Some(_), Some(_)) => {
            return Err(camera.wrong("usb.port", "give the serial or the port, not both"));
        }
        (Some(serial), None) => Some(Usb::Serial(serial)),
        (None, port) => port.map(Usb::Port),
    };
    let view = camera.checked("view", is_name, NAME_RULE)?.unwrap_or_else(|| name.clone());
    let mode = camera.parsed("mode")?.unwrap_or(Mode::Presentation);
    let (mount, setup) = (mount_of(camera)?, capture::setup(camera)?);
    let least_px = camera.whole("least_px", 1..=20, 1)?;
    Ok(Camera { name, usb, view, mode, mount, least_px, setup })
}

fn mount_of(camera: &Settings) -> Result<Mount, ConfigError> {
    let rotate = Rotate::of_degrees(camera.whole("rotate", 0..=270, 0)?)
        .ok_or_else(|| camera.wrong("rotate", "write 0, 90, 180 or 270"))?;
    Ok(Mount { rotate, mirror: camera.flag("mirror")?, region: camera.parsed("roi")? })
}

impl Usb {
    fn key(&self) -> &'static str {
        match self {
            Self::Serial(_) => "usb.serial",
            Self::Port(_) => "usb.port",
        }
    }
}

/// A bus, and the ports down the tree of hubs, as the kernel writes it: `1-2.3`.
fn is_port(text: &str) -> bool {
    let number = |t: &str| (1..=3).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(bus, ports)| number(bus) && ports.split('.').all(number))
}

fn sources_of(
    station: &Settings,
    typed: &[Source],
    cameras: &[Camera],
) -> Result<Vec<Source>, ConfigError> {
    let unknown = |source: &&Source| match source {
        Source::Camera(name) => !cameras.iter().any(|camera| camera.name == *name),
        Source::Cameras | Source::Path(_) => false,
    };
    let why = "no [[camera]] of station.toml has this name";
    if let Some(source) = typed.iter().find(unknown) {
        let place = Place::Flag("--source");
        return Err(ConfigError { place, what: source.to_string(), why: why.to_owned() });
    }
    if !typed.is_empty() {
        return Ok(typed.to_vec());
    }
    let source = station.parsed("source.use")?.unwrap_or(Source::Cameras);
    if unknown(&&source) {
        return Err(station.wrong("source.use", why));
    }
    Ok(vec![source])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment: Vec<_> = environment.iter().map(owned).collect();
        let config = Config::parse(text, Path::new("h/station.toml"), &environment, &[]);
        config.map_err(|error| error.to_string())
    }

    fn least() -> Config {
        parse("station = \"pack-1\"", &[]).unwrap()
    }

    #[test]
    fn the_template_is_the_defaults() {
        assert_eq!(parse(TEMPLATE, &[]), Ok(least()));
        assert_eq!(least().sources, [Source::Cameras]);
        assert_eq!(least().publisher.target, Target::File);
    }

    #[test]
    fn the_templates_comments_are_settings_with_their_defaults() {
        // A setting commented out is `# key = …`; prose has a word before its equals sign, if it has one.
        let setting = |line: &str| {
            let key = line.strip_prefix("# ").and_then(|rest| rest.split_once(" = "));
            key.is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
                || line == "# [[camera]]"
        };
        let on = |line: &str| if setting(line) { line[2..].to_owned() } else { line.to_owned() };
        let text: Vec<String> = TEMPLATE.lines().map(on).collect();
        let config = parse(&text.join("\n"), &[]).unwrap();
        assert_eq!(config.cameras.len(), 1);
        assert_eq!(Config { cameras: Vec::new(), ..config }, least());
    }

    #[test]
    fn the_contracts_example_is_read_whole() {
        let text = include_str!("config/contract.toml");
        let config = parse(text, &[]).unwrap();
        assert_eq!(config.station, "pack-3");
        let top = Camera {
            name: "top".to_owned(),
            usb: Some(Usb::Serial("ABC123".to_owned())),
            view: "table".to_owned(),
            mode: Mode::Presentation,
            mount: Mount::default(),
            least_px: 1,
            setup: Setup::default(),
        };
        assert_eq!(config.cameras, [top]);
        assert_eq!(config.agreement, Agreement::default());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let text = "station = \"a\"\nhold_seconds = 5\n[publisher]\nkind = \"file\"";
        let environment = [
            ("SCANSTATION_STATION", "b"),
            ("SCANSTATION_HOLD_SECONDS", "7"),
            ("SCANSTATION_PUBLISHER_KIND", "sns"),
            ("SCANSTATION_PUBLISHER_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("SCANSTATION_PUBLISHER_RETRY_DEAD_AFTER", "9"),
            ("SCANSTATION_HOME", "/elsewhere"),
            ("PATH", "/bin"),
        ];
        let config = parse(text, &environment).unwrap();
        assert_eq!((config.station.as_str(), config.hold_ms), ("b", 7_000));
        assert_eq!(config.publisher.retry.dead_after, 9);
        let endpoint_url = Some("http://127.0.0.1:4566".to_owned());
        assert_eq!(config.publisher.target, Target::Sns { region: None, endpoint_url });
    }

    #[test]
    fn the_command_line_wins_over_both() {
        let text = "station = \"a\"\n[source]\nuse = \"camera:nowhere\"";
        let typed = [Source::Path("./pictures".into())];
        let config = Config::parse(text, Path::new("station.toml"), &[], &typed).unwrap();
        assert_eq!(config.sources, typed);
        let typed = [Source::Camera("left".to_owned())];
        let error = Config::parse(text, Path::new("station.toml"), &[], &typed).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--source: camera:left: no [[camera]] of station.toml has this name"
        );
    }

    #[test_case("", "h/station.toml: no station: add a line such as station = \"pack-1\""; "missing")]
    #[test_case("station = \"\"", "h/station.toml:1: station = \"\": write 1 to 40 letters, digits, - _ or ."; "empty")]
    #[test_case("\nstation = 3", "h/station.toml:2: station = 3: write a text in double quotes"; "no text")]
    #[test_case("station = \"a\"\npublish_at = \"ship_confirm\"", "h/station.toml:2: publish_at = \"ship_confirm\": not built yet; write pack_close or link"; "not built")]
    #[test_case("station = \"a\"\nhold_seconds = 0", "h/station.toml:2: hold_seconds = 0: write a whole number from 1 to 600"; "bound")]
    #[test_case("station = \"a\"\nhold_seconds = -1", "h/station.toml:2: hold_seconds = -1: write a whole number from 1 to 600"; "negative")]
    #[test_case("station = \"a\"\nsettle_ms = 1.5", "h/station.toml:2: settle_ms = (float): write a whole number from 0 to 5000"; "fraction")]
    #[test_case("station = \"a\"\n\n[agreement]\nchecked = 0", "h/station.toml:4: agreement.checked = 0: write a whole number from 1 to 60"; "no agreement")]
    #[test_case("station = \"a\"\n[publisher]\nkind = \"kafka\"", "h/station.toml:3: publisher.kind = \"kafka\": no such publisher; it is one of: file, sns"; "publisher")]
    #[test_case("station = \"a\"\n[publisher]\nkidn = \"sns\"", "h/station.toml:3: unknown key publisher.kidn: remove it or correct it; the keys are publisher.kind, publisher.region, publisher.endpoint_url"; "unknown key")]
    #[test_case("station = \"a\"\n[publisher]\nretry = { first_ms = 9, cap_ms = 8 }", "h/station.toml:3: publisher.retry.cap_ms = 8: cap_ms, 8, must not be below first_ms, 9"; "cap below first")]
    #[test_case("station = \"a\"\n[source]\nuse = \"camera:top\"", "h/station.toml:3: source.use = \"camera:top\": no [[camera]] of station.toml has this name"; "no camera")]
    #[test_case("station = \"a\"\n[[camera]]\nname = \"x\"\nusb = { prt = \"1-2\" }", "h/station.toml:4: unknown key usb.prt: remove it or correct it; the keys are usb.serial, usb.port"; "camera key")]
    #[test_case("station = \"a\"\n[[camera]]\nview = \"x\"", "h/station.toml:2: no name: add a line such as name = \"top\""; "camera name")]
    #[test_case("camera = [3]", "h/station.toml:1: camera: write each camera as a [[camera]] table"; "camera no table")]
    #[test_case("station = \"a\"\nstation = \"b\"", "h/station.toml:2: not TOML: duplicate key"; "twice")]
    #[test_case("station = \"a\"\n[publisher", "h/station.toml:2: not TOML: unclosed table, expected `]`"; "not TOML")]
    #[test_case("station = \"\\u001b[2J\"", "h/station.toml:1: station = \"\\u{1b}[2J\": write 1 to 40 letters, digits, - _ or ."; "hostile")]
    fn a_bad_file_is_named_by_line(text: &str, expected: &str) {
        assert_eq!(parse(text, &[]).unwrap_err(), expected);
    }

    #[test_case(
        "SCANSTATION_HOLD_SECONDS",
        "soon",
        "variable SCANSTATION_HOLD_SECONDS: \"soon\": write a whole number from 1 to 600"
    )]
    #[test_case(
        "SCANSTATION_PUBLISHER_KIND",
        "",
        "variable SCANSTATION_PUBLISHER_KIND: \"\": no such publisher; it is one of: file, sns"
    )]
    #[test_case(
        "SCANSTATION_PUBLISHER_REGION",
        "US",
        "variable SCANSTATION_PUBLISHER_REGION: \"US\": write it as us-east-1"
    )]
    fn a_bad_variable_is_named(name: &str, value: &str, expected: &str) {
        assert_eq!(parse("station = \"a\"", &[(name, value)]).unwrap_err(), expected);
    }

    #[test]
    fn an_unknown_variable_is_an_error() {
        let error = parse("station = \"a\"", &[("SCANSTATION_PUBLISHR_KIND", "sns")]).unwrap_err();
        assert!(error.starts_with("variable SCANSTATION_PUBLISHR_KIND: unknown variable: no such"));
    }

    #[test_case("usb = { serial = \"A\" }", "usb = { serial = \"A\" }", false; "one serial twice")]
    #[test_case("usb = { port = \"1-2\" }", "usb = { port = \"1-3\" }", true; "two ports")]
    #[test_case("usb = { port = \"1-2\" }", "", false; "the second unnamed")]
    #[test_case("usb = { port = \"2\" }", "usb = { port = \"1-3\" }", false; "no port")]
    #[test_case("usb = { port = \"1-2\", serial = \"A\" }", "usb = { port = \"1-3\" }", false; "both")]
    fn two_cameras(one: &str, other: &str, good: bool) {
        let text = format!(
            "station = \"a\"\n[[camera]]\nname = \"l\"\n{one}\n[[camera]]\nname = \"r\"\n{other}"
        );
        assert_eq!(parse(&text, &[]).is_ok(), good);
    }

    #[test]
    fn a_camera_is_mounted_and_a_tunnel_has_its_own_numbers() {
        let text = "station = \"a\"\n[agreement]\nchecked = 5\n[agreement.tunnel]\ngone_ms = 250\n\
            [[camera]]\nname = \"belt\"\nmode = \"tunnel\"\nroi = \"0,100,640,200\"\nrotate = 90\nmirror = true";
        let config = parse(text, &[]).unwrap();
        let mount = config.cameras[0].mount;
        assert_eq!((mount.rotate, mount.mirror), (Rotate::Quarter, true));
        assert_eq!(mount.region.map(|region| (region.y, region.height)), Some((100, 200)));
        let rules = config.rules([0; 16]);
        let tunnel = rules.agreement_of("belt");
        assert_eq!((tunnel.checked, tunnel.window_ms, tunnel.gone_ms), (5, 1_000, 250));
        assert_eq!(rules.agreement_of("table").gone_ms, 700);
    }

    #[test_case("rotate = 45", "rotate = 45: write 0, 90, 180 or 270"; "no right angle")]
    #[test_case("mirror = 1", "mirror = 1: write true or false"; "no flag")]
    #[test_case("roi = \"1,2,3\"", "roi = \"1,2,3\": no region"; "no region")]
    #[test_case("view = \"v\"\n[[camera]]\nname = \"r\"\nusb = { port = \"1-3\" }\nview = \"v\"\nmode = \"tunnel\"", "another mode"; "two modes")]
    fn a_bad_camera_is_refused(line: &str, expected: &str) {
        let text = format!(
            "station = \"a\"\n[[camera]]\nname = \"l\"\nusb = {{ port = \"1-2\" }}\n{line}"
        );
        let error = parse(&text, &[]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_at_all_does_not_panic(text in any::<String>(), value in any::<String>()) {
            let _ = parse(&text, &[("SCANSTATION_SOURCE_USE", &value)]);
        }

        #[test]
        fn any_value_does_not_panic(key in "[a-z_.]{1,20}", value in "[0-9x_\"{}\\[\\]=.a-z-]{0,20}") {
            let _ = parse(&format!("{key} = {value}\n[[camera]]\n{key} = {value}"), &[]);
        }
    }
}
