//! `scanstation replay`: pictures through the whole station with simulated time; the home is never written to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::cli;
use crate::commands::run::formats;
use crate::commands::{Form, NoHome, Outcome, Site, Streams};
use crate::edge::home::Home;
use crate::edge::publisher::Recording;
use crate::edge::reel::Item;
use crate::edge::relay::Relay;
use crate::edge::store::{ImportPolicy, Store, Writer};
use crate::edge::{models, reel, steps};
use crate::floor::{Floor, RelayClock, standing};
use crate::pipeline::catalog::Catalog;
use crate::pipeline::decode::Formats;
use crate::pipeline::notification::RetrySchedule;
use crate::pipeline::order::import;
use crate::pipeline::show;
use crate::pipeline::time::{SIMULATED_START, Timestamp};
use crate::pipeline::view::{Agreement, EqualFrames};
use crate::projector::Projector;
use crate::report::{Report, Summary};
use crate::station::{Rules, Station};

/// What there is to replay, and against which world.
struct World<'a> {
    paths: &'a [PathBuf],
    /// The file of orders that was named, if one was.
    orders: Option<&'a Path>,
    /// The home, where there is one: its models, and its orders where no file gives any.
    home: Option<&'a Home>,
    rules: Rules,
}

/// Replays and prints each decision. A home is of use, and not needed: without one the shipped models serve.
pub fn run(
    typed: &cli::Replay,
    site: Result<Site, NoHome>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let site = match site {
        Ok(site) => Some(site),
        Err(NoHome::Unnamed) => None,
        Err(error) => return Err(error.into()),
    };
    let rules = match &site {
        Some(site) => site.config()?.rules([0; 16]),
        None => Rules::default(),
    };
    let home = site.as_ref().map(|site| &site.home);
    let world = World { paths: &typed.paths, orders: typed.orders.as_deref(), home, rules };
    play(&world, typed.output.into(), streams)
}

fn play(world: &World<'_>, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let catalog = catalog(world.home)?;
    let items = reel::load(world.paths)?;
    let steps = match first_folder(world.paths) {
        Some(folder) => steps::load(&folder.join("steps.jsonl"))?,
        None => Vec::new(),
    };
    let writer = Writer::start(store(world, &catalog)?).context("start the store")?;
    let store = writer.handle();
    let schedule = RetrySchedule { first_ms: 1000, cap_ms: 300_000, dead_after: 0 };
    let relay = Relay::new(Box::new(store.clone()), Box::<Recording>::default(), schedule);
    // Only a still stands for frames that are equal; a recording plays as it was lived (decision 1).
    let recorded = items.iter().all(|item| started(item).is_some());
    let equal_frames = if recorded { EqualFrames::Ignore } else { EqualFrames::Count };
    let formats = if recorded { formats(&catalog) } else { Formats::all() };
    let start = items.first().and_then(started).unwrap_or(SIMULATED_START);
    let agreement = Agreement { equal_frames, ..world.rules.agreement };
    let rules = Rules { agreement, ..world.rules.clone() };
    let station = Station::new(Arc::new(catalog), rules, start);
    let report = Report::new(streams.out, form, equal_frames);
    let edges = (store.clone(), relay);
    let mut floor = Floor::new(station, "replay", edges, report, RelayClock::Simulated);
    let projector = Projector::new(&items, &steps, start).with_formats(formats);
    let played = projector.play(&mut |moment| floor.take(moment))?;
    if floor.is_stopped() {
        bail!("the database failed");
    }
    let standing = store.call(|store| standing(store))?;
    let summary = Summary { played, links: standing.links, events: standing.events, home: None };
    floor.into_report().summary(&summary)?;
    Ok(if played.errors > 0 { Outcome::Findings } else { Outcome::Done })
}

/// When `item` began, where it was recorded (decision 18).
fn started(item: &Item) -> Option<Timestamp> {
    match item {
        Item::Sequence(sequence) => sequence.started,
        Item::Still(_) => None,
    }
}

fn catalog(home: Option<&Home>) -> anyhow::Result<Catalog> {
    let Some(home) = home else { return Ok(models::shipped()) };
    let (catalog, faults) = models::load(&home.models())?;
    if catalog.models().is_empty() {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        bail!("no model can be used\n{}", faults.join("\n"));
    }
    Ok(catalog)
}

/// The private database: of the orders that were named, else of those beside the pictures, else the home's copy.
fn store(world: &World<'_>, catalog: &Catalog) -> anyhow::Result<Store> {
    let beside = first_folder(world.paths).map(|folder| folder.join("orders.jsonl"));
    let file = world.orders.map(Path::to_owned).or(beside.filter(|path| path.is_file()));
    if let Some(file) = file {
        let mut store = Store::in_memory()?;
        import_orders(&mut store, &file, catalog)?;
        return Ok(store);
    }
    match world.home {
        Some(home) if home.database().is_file() => Ok(Store::snapshot_of(&home.database())?),
        _ => Ok(Store::in_memory()?),
    }
}

/// Imports the orders of `file`, all or nothing.
fn import_orders(store: &mut Store, file: &Path, catalog: &Catalog) -> anyhow::Result<()> {
    let shown = show::printable(&file.to_string_lossy());
    let bytes = std::fs::read(file).with_context(|| format!("read {shown}"))?;
    let parsed = import::parse(&bytes, catalog);
    if !parsed.bad.is_empty() {
        let bad: Vec<String> = parsed.bad.iter().map(|bad| format!("{shown}: {bad}")).collect();
        bail!("orders are refused\n{}", bad.join("\n"));
    }
    let orders: Vec<_> = parsed.orders.into_iter().map(|(_, order)| order).collect();
    let answers = store.import(&orders, ImportPolicy::AllOrNothing, SIMULATED_START)?;
    if let Some((order, answer)) = orders.iter().zip(&answers).find(|(_, a)| a.is_refused()) {
        bail!("{shown}: order {} is refused: {answer:?}", show::last4(order.order_id.as_str()));
    }
    Ok(())
}

fn first_folder(paths: &[PathBuf]) -> Option<&Path> {
    paths.iter().find(|path| path.is_dir()).map(PathBuf::as_path)
}
