//! `scanstation replay`: pictures through the whole station with simulated time; the home is never written to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::commands::{Form, Outcome};
use crate::edge::home::Home;
use crate::edge::publisher::Recording;
use crate::edge::relay::Relay;
use crate::edge::store::{ImportPolicy, Store, Writer};
use crate::edge::{models, reel, steps};
use crate::floor::{Floor, RelayClock, standing};
use crate::pipeline::catalog::Catalog;
use crate::pipeline::notification::RetrySchedule;
use crate::pipeline::order::import;
use crate::pipeline::show;
use crate::pipeline::time::SIMULATED_START;
use crate::pipeline::view::{Agreement, EqualFrames};
use crate::projector::Projector;
use crate::report::{Report, Summary};
use crate::station::{Rules, Station};

/// What there is to replay, and against which world.
#[derive(Debug)]
pub struct Replay<'a> {
    /// Pictures, folders, sequences.
    pub paths: &'a [PathBuf],
    /// The file of orders that was named, if one was.
    pub orders: Option<&'a Path>,
    /// The home, where there is one: its models, and its orders where no file gives any.
    pub home: Option<&'a Home>,
    /// The rules that the home configures, else the defaults.
    pub rules: Rules,
}

/// Replays and prints each decision.
pub fn run(replay: &Replay<'_>, form: Form, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let catalog = catalog(replay.home)?;
    let items = reel::load(replay.paths)?;
    let steps = match first_folder(replay.paths) {
        Some(folder) => steps::load(&folder.join("steps.jsonl"))?,
        None => Vec::new(),
    };
    let writer = Writer::start(store(replay, &catalog)?).context("start the store")?;
    let store = writer.handle().context("start the store")?;
    let schedule = RetrySchedule { first_ms: 1000, cap_ms: 300_000, dead_after: 0 };
    let relay = Relay::new(Box::new(store.clone()), Box::<Recording>::default(), schedule);
    let equal_frames = EqualFrames::Count;
    let agreement = Agreement { equal_frames, ..replay.rules.agreement };
    let rules = Rules { agreement, seed: [0; 16], ..replay.rules.clone() };
    let station = Station::new(Arc::new(catalog), rules, SIMULATED_START);
    let report = Report::new(out, form, equal_frames);
    let mut floor =
        Floor::new(station, "replay", (store.clone(), relay), report, RelayClock::Simulated);
    let projector = Projector::new(&items, &steps, SIMULATED_START);
    let played = projector.play(&mut |moment| floor.take(moment))?;
    if floor.is_stopped() {
        bail!("the database failed");
    }
    let standing = store.call(|store| standing(store))?;
    let summary = Summary { played, links: standing.links, events: standing.events, home: None };
    floor.into_report().summary(&summary)?;
    Ok(if played.errors > 0 { Outcome::Findings } else { Outcome::Done })
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
fn store(replay: &Replay<'_>, catalog: &Catalog) -> anyhow::Result<Store> {
    let beside = first_folder(replay.paths).map(|folder| folder.join("orders.jsonl"));
    let file = replay.orders.map(Path::to_owned).or(beside.filter(|path| path.is_file()));
    if let Some(file) = file {
        let mut store = Store::in_memory()?;
        import_orders(&mut store, &file, catalog)?;
        return Ok(store);
    }
    match replay.home {
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
