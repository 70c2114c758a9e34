//! `scanstation demo`: the shipped models and the samples on a home of their own, to delivered notifications.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::cli;
use crate::commands::run::{face, formats, is_dashboard, outcome, seed, stop_on_signals};
use crate::commands::{Form, Outcome, Site, Streams, init};
use crate::config::Config;
use crate::edge::home::Home;
use crate::edge::reel::Item;
use crate::edge::relay::Relay;
use crate::edge::steps::StepLine;
use crate::edge::store::{ImportPolicy, Store, StoreHandle, Writer};
use crate::edge::{clock, log, reel, steps};
use crate::floor::{Floor, RelayClock, standing};
use crate::pipeline::catalog::Catalog;
use crate::pipeline::decode::work::Work;
use crate::pipeline::mount::Mount;
use crate::pipeline::order::import;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Agreement, EqualFrames};
use crate::projector::{Pace, Played, Projector};
use crate::report::{Report, Summary};
use crate::run::recorder::Shelves;
use crate::run::{self, Eye, Parts, Source};
use crate::station::{Rules, Station};

/// The pictures, and what happens between them.
struct World {
    items: Vec<Item>,
    steps: Vec<StepLine>,
}

/// Everything of a demo that has been opened.
struct Stage {
    site: Site,
    config: Config,
    catalog: Arc<Catalog>,
    store: StoreHandle,
}

/// Plays the demo: on the dashboard, or as lines.
pub fn run(
    typed: &cli::Demo,
    home: Option<&Path>,
    environment: &[(String, String)],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let world = load(&typed.samples)?;
    let site = open_home(home, environment)?;
    let root = site.home.root().display().to_string();
    let form: Form = typed.output.into();
    if form == Form::Text {
        streams.line(&format!("home      {root}"))?;
    }
    let _lock = site.home.lock()?;
    let _log = log::start(&site.home.logs())?;
    let config = site.config()?;
    let catalog = Arc::new(site.catalog(streams)?);
    let mut store = site.store()?;
    import_orders(&mut store, &typed.samples.join("orders.jsonl"), &catalog)?;
    let writer = Writer::start(store).context("start the store")?;
    let store = writer.handle();
    let stage = Stage { site, config, catalog, store };
    let played = if is_dashboard(typed.plain, form) || typed.speed.is_some() {
        paced(&stage, world, typed, streams)?
    } else {
        unpaced(&stage, &world, form, streams)?
    };
    outcome(played, false)
}

/// `--home`, else `SCANSTATION_HOME`, else a fresh folder that is kept (decision 19).
fn open_home(home: Option<&Path>, environment: &[(String, String)]) -> anyhow::Result<Site> {
    let variable = environment.iter().find(|(name, _)| name == "SCANSTATION_HOME");
    let named = home.map(Path::to_owned).or(variable.map(|(_, path)| PathBuf::from(path)));
    let root = match named {
        Some(path) => path,
        None => fresh_folder()?,
    };
    let home = Home::new(root);
    if !home.is_set_up() {
        init::set_up(&home)?;
    }
    Ok(Site { home, environment: environment.to_vec() })
}

fn fresh_folder() -> anyhow::Result<PathBuf> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).context("draw random bytes")?;
    let number = u32::from_be_bytes(random);
    Ok(std::env::temp_dir().join(format!("scanstation-demo-{number:08x}")))
}

fn load(samples: &Path) -> anyhow::Result<World> {
    if !samples.is_dir() {
        let samples = samples.display();
        bail!("{samples} is no folder: run the demo from the project's folder, or give --samples");
    }
    let items = reel::load(&[samples.to_owned()])?;
    let steps = steps::load(&samples.join("steps.jsonl"))?;
    Ok(World { items, steps })
}

/// Imports the demo's orders. On a home that has seen the demo, what a later step changed stays as it is.
fn import_orders(store: &mut Store, file: &Path, catalog: &Catalog) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let parsed = import::parse(&bytes, catalog);
    if let Some(bad) = parsed.bad.first() {
        bail!("{}: {bad}", file.display());
    }
    let orders: Vec<_> = parsed.orders.into_iter().map(|(_, order)| order).collect();
    store.import(&orders, ImportPolicy::SkipRefused, clock::now())?;
    Ok(())
}

impl Stage {
    /// The rules of the demo: a still stands for frames that are equal.
    fn rules(&self) -> anyhow::Result<Rules> {
        let rules = self.config.rules(seed()?);
        let agreement = Agreement { equal_frames: EqualFrames::Count, ..rules.agreement };
        Ok(Rules { agreement, ..rules })
    }

    fn station(&self, now: Timestamp) -> anyhow::Result<Station> {
        Ok(Station::new(Arc::clone(&self.catalog), self.rules()?, now))
    }

    fn relay(&self) -> anyhow::Result<Relay> {
        let publisher = self.site.publisher(&self.config.publisher.target)?;
        Ok(Relay::new(Box::new(self.store.clone()), publisher, self.config.publisher.retry))
    }

    fn summary(&self, played: Played) -> anyhow::Result<Summary> {
        let standing = self.store.call(|store| standing(store))?;
        let home = Some(self.site.home.root().display().to_string());
        Ok(Summary { played, links: standing.links, events: standing.events, home })
    }
}

/// As fast as the pictures decode. The reel's clock ends now: no notification may come from the future.
fn unpaced(
    stage: &Stage,
    world: &World,
    form: Form,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Played> {
    let start = clock::now().plus(-Projector::duration_ms(&world.items, &world.steps));
    let report = Report::new(streams.out, form, EqualFrames::Count);
    let edges = (stage.store.clone(), stage.relay()?);
    let station = stage.station(start)?;
    let mut floor = Floor::new(station, &stage.config.station, edges, report, RelayClock::Wall);
    let stop = stop_on_signals()?;
    let projector = Projector::new(&world.items, &world.steps, start);
    let played = projector.play(&mut |moment| {
        let go = floor.take(moment);
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            Ok(crate::projector::Go::Stop)
        } else {
            go
        }
    })?;
    if floor.is_stopped() {
        bail!("the database failed");
    }
    floor.into_report().summary(&stage.summary(played)?)?;
    Ok(played)
}

/// At life's pace, or so many times faster, with the threads of a running station.
fn paced(
    stage: &Stage,
    world: World,
    typed: &cli::Demo,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Played> {
    let World { items, steps } = world;
    let speed = typed.speed.unwrap_or(1);
    let source = Source::Reel { items, steps, pace: Pace::Held, speed };
    let (name, view) = (Arc::from("samples"), Arc::from("table"));
    let eyes = vec![Eye {
        name,
        view,
        source,
        mount: Mount::default(),
        formats: formats(&stage.catalog),
        agreement: stage.config.agreement,
        work: Work::default(),
    }];
    let name = Arc::from(stage.config.station.as_str());
    let (station, store) = (stage.station(clock::now())?, stage.store.clone());
    let home = stage.site.home.root().to_owned();
    let shelves = Shelves { ring: None, evidence: None };
    let parts = Parts { station, name, store, relay: stage.relay()?, home, eyes, shelves };
    let form = typed.output.into();
    let (played, verdicts) = {
        let face = face(typed.plain, form, streams, EqualFrames::Count)?;
        let ended = run::run(parts, face, &stop_on_signals()?)?;
        outcome(ended.played, ended.store_failed)?;
        if let Some(mut report) = ended.report {
            report.summary(&stage.summary(ended.played)?)?;
            return Ok(ended.played);
        }
        (ended.played, ended.verdicts)
    };
    // The dashboard has given the terminal back.
    let mut report = Report::new(streams.out, form, EqualFrames::Count).after(verdicts);
    report.summary(&stage.summary(played)?)?;
    Ok(played)
}
