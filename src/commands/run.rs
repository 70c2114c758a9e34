//! `scanstation run`: the station on its configured source, until `q`, SIGTERM or SIGINT.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;

use crate::cli;
use crate::commands::{Form, NoHome, Outcome, Site, Streams};
use crate::config::{Camera, Config, Evidence, Usb};
use crate::edge::camera::sysfs::Find;
use crate::edge::evidence::{self, Keep};
use crate::edge::recording::{Limits, Ring};
use crate::edge::relay::Relay;
use crate::edge::store::{Store, Writer};
use crate::edge::{clock, log, probe, reel};
use crate::floor::standing;
use crate::pipeline::camera::Setup;
use crate::pipeline::catalog::Catalog;
use crate::pipeline::decode::work::{Work, unreadable};
use crate::pipeline::decode::{Decoder, Formats};
use crate::pipeline::mount::Mount;
use crate::pipeline::symbol::Symbology;
use crate::pipeline::view::EqualFrames;
use crate::projector::{Pace, Played};
use crate::report::{Report, Summary};
use crate::run::recorder::Shelves;
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
    let shelves = shelves(typed, &config, site)?;
    let store = site.store()?;
    check_clock(&store)?;
    let writer = Writer::start(store).context("start the store")?;
    let store = writer.handle();
    let publisher = site.publisher(&config.publisher.target)?;
    let relay = Relay::new(Box::new(store.clone()), publisher, config.publisher.retry);
    let station = Station::new(Arc::new(catalog), config.rules(seed()?), clock::now());
    let name = Arc::from(config.station.as_str());
    let home = site.home.root().to_owned();
    let parts = Parts { station, name, store: store.clone(), relay, home, eyes, shelves };
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

/// Where frames are recorded to.
fn shelves(typed: &cli::Run, config: &Config, site: &Site) -> anyhow::Result<Shelves> {
    let mb = |n: u32| u64::from(n) << 20;
    let limits =
        Limits { bytes: mb(typed.record_max), ms: i64::from(typed.record_minutes) * 60_000 };
    let ring = typed.record.as_deref().map(|folder| Ring::open(folder, limits)).transpose()?;
    let keep =
        |evidence: Evidence| Keep { bytes: mb(evidence.max_mb), days: evidence.retention_days };
    let evidence = config.evidence.map(keep);
    let evidence = evidence.map(|keep| evidence::Evidence::new(site.home.evidence(), keep));
    Ok(Shelves { ring, evidence })
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
    let rules = config.rules([0; 16]);
    let has_camera = config.sources.iter().any(|source| !matches!(source, cli::Source::Path(_)));
    let work = if has_camera { work(config.budget_ms)? } else { Work::default() };
    let eye = |(name, view): (&str, &str), source: Source, mount: Mount| Eye {
        name: Arc::from(name),
        view: Arc::from(view),
        source,
        mount,
        formats: formats(catalog),
        agreement: *rules.agreement_of(view),
        work,
    };
    let of_camera = |camera: &Camera| {
        let source = Source::Camera(find(camera), camera.setup.clone());
        let eye = eye((&camera.name, &camera.view), source, camera.mount);
        Eye { formats: eye.formats.with_least_px(camera.least_px), ..eye }
    };
    let mut eyes = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    for source in &config.sources {
        match source {
            cli::Source::Cameras if config.cameras.is_empty() => {
                let source = Source::Camera(Find::First, Setup::default());
                eyes.push(eye(("camera", "table"), source, Mount::default()));
            }
            cli::Source::Cameras => eyes.extend(config.cameras.iter().map(of_camera)),
            cli::Source::Camera(name) => {
                let camera = config.cameras.iter().find(|camera| camera.name == *name);
                eyes.extend(camera.map(of_camera));
            }
            cli::Source::Path(path) => paths.push(path.clone()),
        }
    }
    if !paths.is_empty() {
        let items = reel::load(&paths)?;
        let source = Source::Reel { items, steps: Vec::new(), pace: Pace::Frame, speed: 1 };
        eyes.push(eye(("pictures", "table"), source, Mount::default()));
    }
    Ok(eyes)
}

/// What a frame may cost in `ms` milliseconds, at the pace that this machine has now (decision 21).
fn work(ms: u32) -> anyhow::Result<Work> {
    let picture = unreadable()?;
    let start = clock::thread_cpu_ms();
    let decoded = Decoder::default().decode_within(&picture, &Formats::all(), Work::default());
    let work = Work::in_ms(ms, decoded.spent, clock::thread_cpu_ms() - start);
    ::log::info!("closer looks at a frame: {} columns in {ms} ms", work.columns());
    Ok(work)
}

/// How `camera` is told from others.
pub(super) fn find(camera: &Camera) -> Find {
    match &camera.usb {
        None => Find::First,
        Some(Usb::Serial(serial)) => Find::Serial(serial.clone()),
        Some(Usb::Port(port)) => Find::Port(port.clone()),
    }
}
