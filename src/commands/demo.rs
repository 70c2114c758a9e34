//! `scanstation demo`: the shipped models and the samples on a home of their own, to delivered notifications.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::commands::{Form, Outcome};
use crate::config::Config;
use crate::edge::home::Home;
use crate::edge::reel::Item;
use crate::edge::relay::Relay;
use crate::edge::steps::StepLine;
use crate::edge::store::{ImportPolicy, Store, StoreHandle, Writer};
use crate::edge::{clock, models, reel, steps};
use crate::floor::{Floor, RelayClock, standing};
use crate::pipeline::catalog::Catalog;
use crate::pipeline::order::import;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Agreement, EqualFrames};
use crate::projector::{Played, Projector};
use crate::report::{Report, Summary};
use crate::station::{Rules, Station};

/// Where the demo's pictures and orders are.
#[derive(Debug)]
pub struct World {
    /// The pictures.
    pub items: Vec<Item>,
    /// What happens between them.
    pub steps: Vec<StepLine>,
    /// The file of orders.
    pub orders: PathBuf,
}

impl World {
    /// The samples in `folder`.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        if !folder.is_dir() {
            let folder = folder.display();
            bail!("{folder} is no folder of samples: run the demo from the project's folder");
        }
        let items = reel::load(&[folder.to_owned()])?;
        let steps = steps::load(&folder.join("steps.jsonl"))?;
        Ok(Self { items, steps, orders: folder.join("orders.jsonl") })
    }
}

/// Everything of a demo that has been opened.
#[derive(Debug)]
pub struct Stage {
    /// The home.
    pub home: Home,
    /// Its settings.
    pub config: Config,
    /// Its models.
    pub catalog: Arc<Catalog>,
    /// The writer; it stops when this is dropped.
    pub writer: Writer,
}

impl Stage {
    /// Opens `home`, sets it up where it is not, and imports the demo's orders.
    pub fn open(home: Home, config: Config, world: &World) -> anyhow::Result<Self> {
        let (catalog, faults) = models::load(&home.models())?;
        if catalog.models().is_empty() {
            bail!("no model can be used: {faults:?}");
        }
        let mut store = Store::open(&home.database())?;
        let bytes = std::fs::read(&world.orders)
            .with_context(|| format!("read {}", world.orders.display()))?;
        let parsed = import::parse(&bytes, &catalog);
        if let Some(bad) = parsed.bad.first() {
            bail!("{}: {bad}", world.orders.display());
        }
        let orders: Vec<_> = parsed.orders.into_iter().map(|(_, order)| order).collect();
        // On a home that has seen the demo, what a later step changed stays as it is.
        store.import(&orders, ImportPolicy::SkipRefused, clock::now())?;
        let writer = Writer::start(store).context("start the store")?;
        Ok(Self { home, config, catalog: Arc::new(catalog), writer })
    }

    /// The rules of the demo: a still stands for frames that are equal.
    pub fn rules(&self, seed: [u8; 16]) -> Rules {
        let rules = self.config.rules(seed);
        let agreement = Agreement { equal_frames: EqualFrames::Count, ..rules.agreement };
        Rules { agreement, ..rules }
    }

    /// The last line of the output.
    pub fn summary(&self, store: &StoreHandle, played: Played) -> anyhow::Result<Summary> {
        let standing = store.call(|store| standing(store))?;
        let home = Some(self.home.root().display().to_string());
        Ok(Summary { played, links: standing.links, events: standing.events, home })
    }
}

/// Plays the demo without a screen, as fast as the pictures decode.
pub fn plain(
    stage: &Stage,
    world: &World,
    relay: Relay,
    seed: [u8; 16],
    (form, out): (Form, &mut dyn Write),
) -> anyhow::Result<Outcome> {
    let store = stage.writer.handle().context("start the store")?;
    let start = start_of(world, clock::now());
    let station = Station::new(Arc::clone(&stage.catalog), stage.rules(seed), start);
    let report = Report::new(out, form, EqualFrames::Count);
    let name = stage.config.station.clone();
    let mut floor = Floor::new(station, &name, (store.clone(), relay), report, RelayClock::Wall);
    let projector = Projector::new(&world.items, &world.steps, start);
    let played = projector.play(&mut |moment| floor.take(moment))?;
    if floor.is_stopped() {
        bail!("the database failed");
    }
    let summary = stage.summary(&store, played)?;
    floor.into_report().summary(&summary)?;
    Ok(if played.errors > 0 { Outcome::Findings } else { Outcome::Done })
}

/// The demo's clock ends at `now`: it runs faster than life, and no notification may come from the future.
fn start_of(world: &World, now: Timestamp) -> Timestamp {
    now.plus(-Projector::duration_ms(&world.items, &world.steps))
}
