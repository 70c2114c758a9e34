//! The thread that delivers what is due. It never keeps the packer waiting.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::edge::clock;
use crate::edge::relay::{Outcome, Relay, Step};
use crate::edge::store::StoreHandle;
use crate::run::Input;
use crate::station::{Event, Outbox};

/// How long it rests with nothing due: another process may have made something ready.
const REST: Duration = Duration::from_secs(5);

/// How long it goes on delivering what is due once the station has stopped.
const PARTING: Duration = Duration::from_secs(3);

/// Starts it; a message on the sender wakes it. When the sender is dropped it delivers what is due, and ends.
pub(super) fn start(
    relay: Relay,
    store: StoreHandle,
    inputs: Sender<Input>,
) -> io::Result<(JoinHandle<()>, Sender<()>)> {
    let (wake, woken) = channel();
    let thread = std::thread::Builder::new().name("relay".to_owned());
    let thread = thread.spawn(move || deliver(relay, &store, &inputs, &woken))?;
    Ok((thread, wake))
}

fn deliver(mut relay: Relay, store: &StoreHandle, inputs: &Sender<Input>, woken: &Receiver<()>) {
    let mut halted = false;
    let mut ends: Option<Instant> = None;
    loop {
        let mut sent = false;
        let wait = match relay.step(clock::now(), random()) {
            Ok(step) => {
                note(&step.outcome);
                sent = matches!(step.outcome, Outcome::Sent(_));
                match step.outcome {
                    Outcome::Halted { .. } => halted = true,
                    Outcome::Sent(_) => halted = false,
                    Outcome::Idle | Outcome::Failed { .. } | Outcome::Dead { .. } => {}
                }
                wait_of(&step)
            }
            Err(error) => {
                log::error!("relay: {error}");
                REST
            }
        };
        if let Ok((counts, oldest)) =
            store.call(|store| Ok((store.counts()?, store.oldest_ready()?)))
        {
            let outbox = Outbox { counts, oldest, halted };
            let _ = inputs.send(Input::Happened(Event::Outbox(outbox)));
        }
        match woken.recv_timeout(wait) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                // What is due still goes out, as long as it does.
                let ends = *ends.get_or_insert_with(|| clock::instant() + PARTING);
                if !sent || clock::instant() >= ends {
                    return;
                }
            }
        }
    }
}

fn wait_of(step: &Step) -> Duration {
    let now = clock::now();
    let due = step.next_at.map(|at| u64::try_from(at.since(now)).unwrap_or(0));
    due.map_or(REST, |ms| Duration::from_millis(ms).min(REST))
}

fn note(outcome: &Outcome) {
    match outcome {
        Outcome::Idle => {}
        Outcome::Sent(id) => log::info!("sent {id}"),
        Outcome::Failed { notification_id, why } => log::warn!("retry {notification_id}: {why}"),
        Outcome::Dead { notification_id, why } => log::error!("dead {notification_id}: {why}"),
        Outcome::Halted { why } => log::error!("delivery stands still: {why}"),
    }
}

/// 0 to 1, drawn anew: what spreads retries out.
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |n| f64::from(n) / f64::from(u32::MAX))
}
