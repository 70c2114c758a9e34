//! Every thread and channel of a running station, and the effects handed to the edge.
//!
//! ```text
//! eyes   camera.newest() → decode, one a camera; or a reel ─┐
//! hands  keys                                              ─┼─ Input ─▶ main: station.apply ─ Effect ─▶ store · screen
//! store  answers to what the station asked                 ─┤                                └─ wake ─▶ relay
//! relay  due events → publish → record                     ─┘
//! ```
//!
//! One thread owns the station, takes one input at a time and performs its effects. It draws when no input waits.

mod eyes;
mod hands;
mod input;
pub mod look;
mod machine;
pub mod recorder;
mod relay;
mod time;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;

use crate::edge::clock;
use crate::edge::relay::Relay;
use crate::edge::steps::Step;
use crate::edge::store::{Store, StoreError, StoreHandle};
use crate::floor::{self, FloorError, answer, journal_entry};
use crate::pipeline::command::Command;
use crate::pipeline::decision::Decision;
use crate::pipeline::show;
use crate::pipeline::time::Timestamp;
use crate::projector::Played;
use crate::report::{Report, Verdicts};
use crate::station::{Effect, Event, Station};
use crate::ui::Screen;
use crate::ui::keys::{Action, on_key};
use crate::ui::terminal::Terminal;

use crate::run::eyes::Outlet;
pub use crate::run::eyes::{Eye, Source};
pub use crate::run::input::Input;
use crate::run::machine::MachineWatch;
use crate::run::recorder::{Recorder, Recording, Shelves};
use crate::run::time::{StationTime, TICK};

/// How long an eye may take to close.
const LAST_MOMENT: Duration = Duration::from_millis(600);

/// What the packer looks at.
#[derive(Debug)]
pub enum Face<'a> {
    /// Lines.
    Plain(Report<'a>),
    /// The dashboard.
    Dashboard(Box<Terminal>, Screen),
}

/// The parts of a running station.
#[derive(Debug)]
pub struct Parts {
    /// The station.
    pub station: Station,
    /// Its name in links and journal.
    pub name: Arc<str>,
    /// Its store.
    pub store: StoreHandle,
    /// Its relay.
    pub relay: Relay,
    /// The folder whose disk is watched (E30).
    pub home: PathBuf,
    /// What it sees with.
    pub eyes: Vec<Eye>,
    /// Where frames are recorded to.
    pub shelves: Shelves,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// What was seen.
    pub played: Played,
    /// The lines, to end them with a summary; the dashboard has none.
    pub report: Option<Report<'a>>,
    /// How often each verdict was decided.
    pub verdicts: Verdicts,
    /// Whether the store failed on the way.
    pub store_failed: bool,
}

/// Runs until `stop`, the packer's `q`, or the last frame of the last reel.
pub fn run<'a>(
    parts: Parts,
    face: Face<'a>,
    stop: &Arc<AtomicBool>,
) -> Result<Ended<'a>, FloorError> {
    let (inputs, received) = channel();
    let n_eyes = parts.eyes.len();
    let recording = if parts.shelves.ring.is_some() || parts.shelves.evidence.is_some() {
        Some(Recorder::start(parts.shelves, inputs.clone())?)
    } else {
        None
    };
    let recorder = recording.as_ref().map(|recording| recording.recorder().clone());
    for eye in parts.eyes {
        let outlet = Outlet { inputs: inputs.clone(), recorder: recorder.clone() };
        eyes::open(eye, outlet, Arc::clone(stop))?;
    }
    if matches!(face, Face::Dashboard(..)) {
        hands::watch(inputs.clone(), Arc::clone(stop))?;
    }
    let (relay, wake) = relay::start(parts.relay, parts.store.clone(), inputs.clone())?;
    let mut live = Live {
        station: parts.station,
        name: parts.name,
        store: parts.store,
        inputs,
        wake,
        face,
        time: StationTime::Wall,
        unplayed: VecDeque::new(),
        eyes_left: n_eyes,
        played: Played::default(),
        verdicts: Verdicts::new(),
        machine: MachineWatch::new(parts.home),
        recorder,
    };
    let outcome = live.until(&received, stop);
    stop.store(true, Ordering::Relaxed);
    live.let_eyes_close(&received);
    recording.into_iter().for_each(Recording::end);
    let Live { face, wake, store, played, verdicts, station, .. } = live;
    // The relay ends its step and stops once nobody can wake it.
    drop(wake);
    let _ = relay.join();
    drop(store);
    outcome?;
    let report = match face {
        Face::Plain(report) => Some(report),
        Face::Dashboard(..) => None,
    };
    Ok(Ended { played, report, verdicts, store_failed: station.is_stopped() })
}

struct Live<'a> {
    station: Station,
    name: Arc<str>,
    store: StoreHandle,
    inputs: Sender<Input>,
    wake: Sender<()>,
    face: Face<'a>,
    time: StationTime,
    /// What a reel gave while the store owed an answer. A reel waits: how fast the disk is decides nothing.
    unplayed: VecDeque<Input>,
    eyes_left: usize,
    played: Played,
    verdicts: Verdicts,
    machine: MachineWatch,
    recorder: Option<Recorder>,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Go {
    On,
    Stop,
}

impl Live<'_> {
    fn until(&mut self, received: &Receiver<Input>, stop: &AtomicBool) -> Result<(), FloorError> {
        self.draw()?;
        while !stop.load(Ordering::Relaxed) {
            let mut next = match received.recv_timeout(TICK) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => Some(Input::Happened(Event::Tick)),
                Err(RecvTimeoutError::Disconnected) => None,
            };
            // Everything that waits is taken in before the screen is drawn once.
            while let Some(input) = next {
                if self.take(input)? == Go::Stop {
                    return self.draw();
                }
                next = received.try_recv().ok();
            }
            if let Some(found) = self.machine.look() {
                self.feed(Event::Machine(found.concern))?;
                if let Some(why) = found.trouble.filter(|_| !self.station.is_stopped()) {
                    self.feed(Event::StoreFailed(why))?;
                }
            }
            self.draw()?;
            let is_over = self.eyes_left == 0 && matches!(self.face, Face::Plain(_));
            if is_over && !self.station.is_waiting() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits a moment for what the eyes have counted.
    fn let_eyes_close(&mut self, received: &Receiver<Input>) {
        while self.eyes_left > 0 {
            match received.recv_timeout(LAST_MOMENT) {
                Ok(Input::Ended(played)) => self.ended(played),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    fn ended(&mut self, played: Played) {
        self.eyes_left = self.eyes_left.saturating_sub(1);
        self.played.frames += played.frames;
        self.played.symbols += played.symbols;
        self.played.errors += played.errors;
    }

    fn take(&mut self, input: Input) -> Result<Go, FloorError> {
        let can_wait = matches!(input, Input::Played(..) | Input::Step(..) | Input::Ended(_));
        let mut next = if can_wait {
            self.unplayed.push_back(input);
            None
        } else {
            Some(input)
        };
        loop {
            if next.is_none() && !self.station.is_waiting() {
                next = self.unplayed.pop_front();
            }
            let Some(input) = next.take() else { return Ok(Go::On) };
            if self.take_now(input)? == Go::Stop {
                return Ok(Go::Stop);
            }
        }
    }

    fn take_now(&mut self, input: Input) -> Result<Go, FloorError> {
        match input {
            Input::Happened(event) => self.feed(event)?,
            Input::Played(event, at) => {
                self.time = StationTime::Reel { at, since: clock::instant() };
                self.feed(event)?;
            }
            Input::Step(step, at) => {
                self.time = StationTime::Reel { at, since: clock::instant() };
                self.step(step)?;
            }
            Input::NoPicture { source, error } => match &mut self.face {
                Face::Plain(report) => report.error(&source, &error)?,
                Face::Dashboard(..) => log::warn!("{}: {error}", show::printable(&source)),
            },
            Input::Trouble { part, why } => {
                log::error!("{part}: {why}");
                self.played.errors += 1;
                if let Face::Plain(report) = &mut self.face {
                    report.error(part, &why)?;
                }
            }
            Input::Key(key) => return self.key(key),
            Input::Resized => {}
            Input::Ended(played) => self.ended(played),
        }
        let plain = matches!(self.face, Face::Plain(_));
        Ok(if plain && self.station.is_stopped() { Go::Stop } else { Go::On })
    }

    fn feed(&mut self, event: Event) -> Result<(), FloorError> {
        let now = self.time.now();
        for effect in self.station.apply(event, now) {
            self.perform(effect, now)?;
        }
        Ok(())
    }

    fn key(&mut self, key: KeyEvent) -> Result<Go, FloorError> {
        let Face::Dashboard(_, screen) = &mut self.face else { return Ok(Go::On) };
        match on_key(screen, key, &self.station) {
            Some(Action::Quit) => return Ok(Go::Stop),
            Some(Action::Event(event)) => self.feed(event)?,
            None => {}
        }
        Ok(Go::On)
    }

    fn step(&mut self, step: Step) -> Result<(), FloorError> {
        if step == Step::Close {
            return self.feed(Event::Command(Command::Close));
        }
        let now = self.time.now();
        let work = floor::step_work(&step, self.station.catalog(), now)?;
        self.store.call(work)?;
        Ok(())
    }

    fn perform(&mut self, effect: Effect, now: Timestamp) -> Result<(), FloorError> {
        match effect {
            Effect::Ask(ask) => {
                let name = Arc::clone(&self.name);
                self.ask(move |store| answer(store, &ask, &name, now));
            }
            Effect::Decide(decision) => {
                log::info!("{}", log_line(&decision));
                self.recorder.iter().for_each(|recorder| recorder.decided(&decision));
                *self.verdicts.entry(decision.verdict.name()).or_default() += 1;
                if let Some(entry) = journal_entry(&decision, &self.name, self.station.catalog()) {
                    self.ask(move |store| store.journal(&entry).map(|()| None));
                }
                if let Face::Plain(report) = &mut self.face {
                    report.decision(&decision)?;
                }
            }
            Effect::Closed { order_id, links } => {
                log::info!("closed order {}: {links} links", show::last4(order_id.as_str()));
                if let Face::Plain(report) = &mut self.face {
                    report.closed(now, &order_id, links)?;
                }
            }
            Effect::Released { dsn, reason } => {
                log::info!("released {}: {reason}", show::last4(dsn.as_str()));
                if let Face::Plain(report) = &mut self.face {
                    report.released(now, &dsn, reason)?;
                }
            }
            Effect::WakeRelay => self.wake_relay(),
            Effect::Sound(sound) => {
                if let Face::Dashboard(terminal, screen) = &mut self.face {
                    terminal.play(sound, screen, clock::now());
                }
            }
        }
        Ok(())
    }

    /// Has `work` done by the store; what it answers comes back as an input, and so does that it failed.
    fn ask(
        &self,
        work: impl FnOnce(&mut Store) -> Result<Option<Event>, StoreError> + Send + 'static,
    ) {
        let inputs = self.inputs.clone();
        self.store.ask(work, move |answered| {
            let failed = |error: StoreError| Some(Event::StoreFailed(error.to_string()));
            if let Some(event) = answered.unwrap_or_else(failed) {
                // Nobody hears it only where the station has stopped.
                let _ = inputs.send(Input::Happened(event));
            }
        });
    }

    /// Wakes the relay behind everything that the store still has to do: what became ready is on disk by then.
    fn wake_relay(&self) {
        let wake = self.wake.clone();
        let send = move |_: Result<(), StoreError>| {
            // A relay that is gone needs no waking.
            let _ = wake.send(());
        };
        self.store.ask(|_| Ok(()), send);
    }

    fn draw(&mut self) -> Result<(), FloorError> {
        if let Face::Dashboard(terminal, screen) = &mut self.face {
            terminal.draw(&self.station, screen, self.time.now())?;
            terminal.ring(&self.station, clock::now())?;
        }
        Ok(())
    }
}

fn log_line(decision: &Decision) -> String {
    let dsn = decision.dsn.as_ref().map(|dsn| show::last4(dsn.as_str())).unwrap_or_default();
    let order = decision.order_id.as_ref().map(|id| show::last4(id.as_str())).unwrap_or_default();
    format!("{} {dsn} order {order}", decision.verdict.name())
}
