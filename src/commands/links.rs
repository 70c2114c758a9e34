//! `scanstation links`: list, undo.

use serde_json::json;

use crate::cli::Links;
use crate::commands::{Form, Outcome, Site, Streams, table};
use crate::edge::clock;
use crate::edge::store::{JournalEntry, Store};
use crate::pipeline::link::{Link, LinkState, ReleaseAnswer, ReleaseReason};
use crate::pipeline::show;

/// Does what was typed after `links`.
pub fn run(typed: &Links, site: &Site, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    match typed {
        Links::List(output) => list(site, (*output).into(), streams),
        Links::Undo { dsn, reason, output } => {
            Undo { dsn, reason, form: (*output).into() }.run(site, streams)
        }
    }
}

fn list(site: &Site, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let links = site.store()?.links()?;
    if form == Form::Json {
        for link in &links {
            streams.json(link)?;
        }
        return Ok(Outcome::Done);
    }
    let rows: Vec<[String; 7]> = links.iter().map(row).collect();
    let header = ["LINK", "DSN", "MODEL", "ORDER", "UNIT", "STATE", "LINKED"];
    table::write(streams, header, &rows)?;
    Ok(Outcome::Done)
}

fn row(link: &Link) -> [String; 7] {
    let state = link
        .reason
        .map_or_else(|| link.state.to_string(), |reason| format!("{} ({reason})", link.state));
    [
        link.link_id.to_string(),
        link.dsn.as_str().to_owned(),
        link.model_id.to_string(),
        link.order_id.to_string(),
        format!("{}.{}", link.line, link.unit),
        state,
        link.linked_at.to_string(),
    ]
}

struct Undo<'a> {
    dsn: &'a str,
    reason: &'a str,
    form: Form,
}

impl Undo<'_> {
    fn run(&self, site: &Site, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
        let station = site.config()?.station;
        let mut store = site.store()?;
        let (links, now) = (store.links()?, clock::now());
        let active =
            |link: &&Link| link.dsn.as_str() == self.dsn && link.state != LinkState::Released;
        let Some(link) = links.iter().find(active) else {
            return Ok(self.refused("not_linked", "no active link of it", streams));
        };
        let reason = match self.reason {
            "return" => ReleaseReason::Return,
            _ => ReleaseReason::Undo,
        };
        match store.release(&link.dsn, reason, now)? {
            ReleaseAnswer::NotLinked => {
                Ok(self.refused("not_linked", "no active link of it", streams))
            }
            ReleaseAnswer::AlreadySent => {
                let why = "its notification is on its way or gone; a device that came back is undone with --reason return";
                Ok(self.refused("already_sent", why, streams))
            }
            ReleaseAnswer::Released(link) => {
                self.note(&mut store, &link, station)?;
                match self.form {
                    Form::Json => streams.json(&link)?,
                    Form::Text => streams.line(&format!(
                        "{} is free again; order {} line {} unit {} is open",
                        show::printable(self.dsn),
                        link.order_id,
                        link.line,
                        link.unit
                    ))?,
                }
                Ok(Outcome::Done)
            }
        }
    }

    fn refused(&self, name: &str, why: &str, streams: &mut Streams<'_>) -> Outcome {
        streams.complain(&format!("{}: {name}: {why}", show::shortened(self.dsn, 64)));
        Outcome::Findings
    }

    /// Keeps the person's own words; the store has written the release itself.
    fn note(&self, store: &mut Store, link: &Link, station: String) -> anyhow::Result<()> {
        store.journal(&JournalEntry {
            at: link.released_at.unwrap_or_else(clock::now),
            station,
            operator: None,
            catalog: link.catalog.clone(),
            kind: "undo_reason".to_owned(),
            order_id: Some(link.order_id.clone()),
            dsn: Some(link.dsn.as_str().to_owned()),
            detail: json!({"link_id": link.link_id, "reason": self.reason}),
        })?;
        Ok(())
    }
}
