//! `scanstation run`: the station on its configured source, until `q`, SIGTERM or SIGINT.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;

use crate::cli;
use crate::commands::{Form, NoHome, Outcome, Site, Streams};
use crate::config::{Camera, Config, Usb};
use crate::edge::camera::sysfs::Find;
use crate::edge::relay::Relay;
use crate::edge::store::{Store, Writer};
use crate::edge::{clock, log, probe, reel};
use crate::floor::standing;
use crate::pipeline::camera::Setup;
use crate::pipeline::catalog::Catalog;
use crate::pipeline::decode::Formats;
use crate::pipeline::symbol::Symbology;
use crate::pipeline::view::EqualFrames;
use crate::projector::{Pace, Played};
use crate::report::{Report, Summary};
use crate::run::{self, Eye, Face, Parts, Source};
use crate::station::Station;
use crate::ui::Screen;
use crate::ui::terminal::Terminal;

/// Runs the station.
pub fn run(typed: &cli::Run, site: &Site, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let config = Config::load(site.home.root(), &site.environment, &typed.source)?;
    let catalog = site.catalog(streams)?;
    if catalog.models().is_empty() {
        return Err(NoHome::NoModels { path: site.home.models() }.into());
    }
    let _lock = site.home.lock()?;
    let _log = log::start(&site.home.logs())?;
    let eyes = eyes(&config, &catalog)?;
    let store = site.store()?;
    check_clock(&store)?;
    let writer = Writer::start(store).context("start the store")?;
    let store = writer.handle();
    let publisher = site.publisher(&config.publisher.target)?;
    let relay = Relay::new(Box::new(store.clone()), publisher, config.publisher.retry);
    let station = Station::new(Arc::new(catalog), config.rules(seed()?), clock::now());
    let name = Arc::from(config.station.as_str());
    let home = site.home.root().to_owned();
    let parts = Parts { station, name, store: store.clone(), relay, home, eyes };
    let form = typed.output.into();
    let face = face(typed.plain, form, streams, EqualFrames::Ignore)?;
    let ended = run::run(parts, face, &stop_on_signals()?)?;
    if let Some(mut report) = ended.report {
        let standing = store.call(|store| standing(store))?;
        let home = Some(site.home.root().display().to_string());
        let (links, events) = (standing.links, standing.events);
        report.summary(&Summary { played: ended.played, links, events, home })?;
    }
    outcome(ended.played, ended.store_failed)
}

/// What a run comes to; a failed store is the world's failure.
pub(super) fn outcome(played: Played, store_failed: bool) -> anyhow::Result<Outcome> {
    if store_failed {
        anyhow::bail!("the database failed: what was shown green is kept; start the station again");
    }
    Ok(if played.errors > 0 { Outcome::Findings } else { Outcome::Done })
}

/// The dashboard on a terminal, else lines.
pub(super) fn face<'a>(
    plain: bool,
    form: Form,
    streams: &'a mut Streams<'_>,
    equal_frames: EqualFrames,
) -> anyhow::Result<Face<'a>> {
    if !is_dashboard(plain, form) {
        return Ok(Face::Plain(Report::new(streams.out, form, equal_frames)));
    }
    let terminal = Terminal::enter().context("open the dashboard")?;
    Ok(Face::Dashboard(Box::new(terminal), Screen::default()))
}

/// Whether there is a terminal to draw on, and lines were not asked for.
pub(super) fn is_dashboard(plain: bool, form: Form) -> bool {
    !plain && form == Form::Text && std::io::stdout().is_terminal()
}

/// A flag that SIGTERM and SIGINT raise.
pub(super) fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("watch for signals")?;
    }
    Ok(stop)
}

/// What this run's notification ids are made from.
pub(super) fn seed() -> anyhow::Result<[u8; 16]> {
    let mut seed = [0; 16];
    getrandom::fill(&mut seed).context("draw random bytes")?;
    Ok(seed)
}

/// A clock behind the newest link would date links and notifications wrong (E28).
fn check_clock(store: &Store) -> anyhow::Result<()> {
    let now = clock::now();
    match store.newest_link()? {
        Some(newest) if newest.since(now) > probe::SKEW_MS => {
            anyhow::bail!("the clock says {now}, but the newest link is of {newest}: set the clock")
        }
        _ => Ok(()),
    }
}

/// The symbologies that models print serials in, and those of product codes, call-ups and commands.
pub(super) fn formats(catalog: &Catalog) -> Formats {
    let always = [
        Symbology::Code128,
        Symbology::Ean13,
        Symbology::Ean8,
        Symbology::UpcA,
        Symbology::UpcE,
        Symbology::ITF,
        Symbology::DataMatrix,
        Symbology::QRCode,
    ];
    let models = catalog.models().iter().flat_map(|model| model.serial.symbologies.clone());
    Formats::only(models.chain(always))
}

fn eyes(config: &Config, catalog: &Catalog) -> anyhow::Result<Vec<Eye>> {
    let formats = formats(catalog);
    let mut eyes = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    for source in &config.sources {
        match source {
            cli::Source::Cameras if config.cameras.is_empty() => {
                let name = Arc::from("camera");
                let view = Arc::from("table");
                let source = Source::Camera(Find::First, Setup::default());
                eyes.push(Eye { name, view, source, formats: formats.clone() });
            }
            cli::Source::Cameras => {
                eyes.extend(config.cameras.iter().map(|camera| eye(camera, &formats)));
            }
            cli::Source::Camera(name) => {
                let camera = config.cameras.iter().find(|camera| camera.name == *name);
                eyes.extend(camera.map(|camera| eye(camera, &formats)));
            }
            cli::Source::Path(path) => paths.push(path.clone()),
        }
    }
    if !paths.is_empty() {
        let items = reel::load(&paths)?;
        let source = Source::Reel { items, steps: Vec::new(), pace: Pace::Frame, speed: 1 };
        eyes.push(Eye { name: Arc::from("pictures"), view: Arc::from("table"), source, formats });
    }
    Ok(eyes)
}

/// How `camera` is told from others.
pub(super) fn find(camera: &Camera) -> Find {
    match &camera.usb {
        None => Find::First,
        Some(Usb::Serial(serial)) => Find::Serial(serial.clone()),
        Some(Usb::Port(port)) => Find::Port(port.clone()),
    }
}

fn eye(camera: &Camera, formats: &Formats) -> Eye {
    Eye {
        name: Arc::from(camera.name.as_str()),
        view: Arc::from(camera.view.as_str()),
        source: Source::Camera(find(camera), camera.setup.clone()),
        formats: formats.clone(),
    }
}
