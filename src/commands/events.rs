//! `scanstation events`: list, show, publish, retry.

use serde_json::json;

use crate::cli::Events;
use crate::commands::{Form, Outcome, Site, Streams, table};
use crate::edge::clock;
use crate::edge::relay::{self, Relay};
use crate::edge::store::RetryAnswer;
use crate::pipeline::ident::NotificationId;
use crate::pipeline::notification::{OutboxRow, OutboxState};
use crate::pipeline::show;

/// Does what was typed after `events`.
pub fn run(typed: &Events, site: &Site, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    match typed {
        Events::List(output) => list(site, (*output).into(), streams),
        Events::Show { id } => show_one(site, id, streams),
        Events::Publish(output) => publish(site, (*output).into(), streams),
        Events::Retry { id, output } => retry(site, id, (*output).into(), streams),
    }
}

fn list(site: &Site, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let events = site.store()?.events()?;
    if form == Form::Json {
        for event in &events {
            streams.json(event)?;
        }
        return Ok(Outcome::Done);
    }
    let rows: Vec<[String; 6]> = events.iter().map(row).collect();
    table::write(streams, ["EVENT", "STATE", "DSN", "ORDER", "ATTEMPTS", "LAST"], &rows)?;
    Ok(Outcome::Done)
}

fn row(event: &OutboxRow) -> [String; 6] {
    let last = event.last_error.clone().filter(|_| event.state != OutboxState::Sent);
    let at = event.sent_at.or(event.ready_at).unwrap_or(event.held_at);
    [
        event.notification_id.to_string(),
        event.state.to_string(),
        event.dsn.as_str().to_owned(),
        event.order_id.to_string(),
        event.attempts.to_string(),
        last.map_or_else(|| at.to_string(), |error| show::shortened(&error, 80)),
    ]
}

fn show_one(
    site: &Site,
    id: &NotificationId,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let store = site.store()?;
    if let Some(payload) = store.payload_of(id)? {
        streams.line(&payload)?;
        return Ok(Outcome::Done);
    }
    let event = store.events()?.into_iter().find(|event| event.notification_id == *id);
    let why = event.map_or_else(
        || "no such event".to_owned(),
        |event| format!("it is {}: its bytes are written when it becomes ready", event.state),
    );
    streams.complain(&format!("{id}: {why}"));
    Ok(Outcome::Findings)
}

fn retry(
    site: &Site,
    id: &NotificationId,
    form: Form,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let why = match site.store()?.retry(id, clock::now())? {
        RetryAnswer::Ready => {
            match form {
                Form::Json => streams.json(&json!({"notification_id": id, "state": "ready"}))?,
                Form::Text => streams.line(&format!("{id} is ready again"))?,
            }
            return Ok(Outcome::Done);
        }
        RetryAnswer::NotDead(state) => format!("it is {state}; only a dead one is tried again"),
        RetryAnswer::NoSuchEvent => "no such event".to_owned(),
    };
    streams.complain(&format!("{id}: {why}"));
    Ok(Outcome::Findings)
}

/// Publishes what is due until nothing is, beside whatever relay runs.
fn publish(site: &Site, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let config = site.config()?;
    let publisher = site.publisher(&config.publisher.target)?;
    let mut relay = Relay::new(Box::new(site.store()?), publisher, config.publisher.retry);
    let mut sent: u64 = 0;
    let mut failed: u64 = 0;
    // A step for each: with a short wait, what failed would be due again before the drain is over.
    for _ in 0..site.store()?.counts()?.ready {
        let step = relay.step(clock::now(), random())?;
        match step.outcome {
            relay::Outcome::Idle => break,
            relay::Outcome::Sent(_) => sent += 1,
            relay::Outcome::Failed { notification_id, why } => {
                failed += 1;
                streams.complain(&format!("{notification_id}: {}", show::printable(&why)));
            }
            relay::Outcome::Dead { notification_id, why } => {
                failed += 1;
                streams.complain(&format!("{notification_id}: dead: {}", show::printable(&why)));
            }
            relay::Outcome::Halted { why } => {
                failed += 1;
                streams.complain(&format!("nothing goes out: {}", show::printable(&why)));
                break;
            }
        }
    }
    let counts = site.store()?.counts()?;
    let left = counts.ready;
    match form {
        Form::Json => streams.json(&json!({"sent": sent, "left": left, "dead": counts.dead}))?,
        Form::Text => streams.line(&format!("{sent} sent, {left} left, {} dead", counts.dead))?,
    }
    if left > 0 && failed == 0 {
        streams.complain(&format!("{left} wait for their next attempt or are in a relay's hand"));
    }
    Ok(if left > 0 || failed > 0 { Outcome::Findings } else { Outcome::Done })
}

/// 0 to 1, for the jitter of a retry; without entropy, the middle.
fn random() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
