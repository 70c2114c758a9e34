//! `scanstation doctor`: is each part of a station as it should be, and what is to be done where it is not.
//!
//! It changes nothing: no database is made or brought up to date, no notification sent.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::path::Path;

use serde_json::json;

use crate::cli::Source;
use crate::commands::{Form, Outcome, Site, Streams, run};
use crate::config::{Config, Target};
use crate::edge::camera::sysfs::{self, Find};
use crate::edge::store::{Store, StoreError};
use crate::edge::{clock, models, pictures, probe};
use crate::pipeline::catalog::check;
use crate::pipeline::show;
use crate::pipeline::time::Timestamp;

/// When this program was written: a clock before that was never set.
const WRITTEN: i64 = 1_767_225_600_000;

/// How a part is.
enum Health {
    /// As it should be; what it is.
    Good(String),
    /// Not as it should be.
    Bad {
        /// What is wrong.
        what: String,
        /// What to do.
        todo: String,
    },
}

use Health::{Bad, Good};

/// Looks at every part of the station and says how it is.
pub fn run(form: Form, site: &Site, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let config = Config::load(site.home.root(), &site.environment, &[]);
    let settings = match &config {
        Ok(config) => Good(format!("station {}", config.station)),
        Err(error) => {
            bad(error, "correct it; `scanstation init` in another folder shows a good one")
        }
    };
    let mut parts = vec![
        ("settings", settings),
        ("models", models_of(site)),
        ("database", database(&site.home.database())),
        ("disk", disk(site.home.root())),
        ("clock", time(site)),
    ];
    if let Ok(config) = &config {
        parts.push(("publisher", publisher(site, &config.publisher.target)));
        parts.push(("camera", camera(config)));
    }
    let mut outcome = Outcome::Done;
    for (part, health) in &parts {
        if let Bad { what, todo } = health {
            outcome = Outcome::Findings;
            streams.complain(&format!("{part}: {what}; {todo}"));
        }
        tell(part, health, form, streams)?;
    }
    Ok(outcome)
}

fn tell(part: &str, health: &Health, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    match (form, health) {
        (Form::Json, Good(found)) => {
            streams.json(&json!({"part": part, "ok": true, "found": found, "todo": null}))
        }
        (Form::Json, Bad { what, todo }) => {
            streams.json(&json!({"part": part, "ok": false, "found": what, "todo": todo}))
        }
        (Form::Text, Good(found)) => streams.line(&format!("{part:9}  OK     {found}")),
        (Form::Text, Bad { what, todo }) => {
            streams.line(&format!("{part:9}  WRONG  {what}"))?;
            streams.line(&format!("{:9}  do     {todo}", ""))
        }
    }
}

/// A finding from an error.
fn bad(error: &dyn Error, todo: &str) -> Health {
    Bad { what: in_words(error), todo: todo.to_owned() }
}

/// An error and its causes, in a row.
fn in_words(error: &dyn Error) -> String {
    let mut what = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        what = format!("{what}: {source}");
        cause = source.source();
    }
    show::printable(&what)
}

fn models_of(site: &Site) -> Health {
    let folder = site.home.models();
    let (catalog, faults) = match models::load(&folder) {
        Ok(loaded) => loaded,
        Err(error) => return bad(&error, "put the device models' TOML files there"),
    };
    let n_good = catalog.models().len();
    match faults.first() {
        Some(fault) => {
            let what = format!("{} faults, the first: {fault}; {n_good} models good", faults.len());
            Bad {
                what,
                todo: "correct the file; `scanstation models check` names every fault".to_owned(),
            }
        }
        None if n_good == 0 => Bad {
            what: format!("no model in {}", folder.display()),
            todo: "put the device models' TOML files there".to_owned(),
        },
        None => Good(format!("{n_good} models, {} warnings", check::warnings(&catalog).len())),
    }
}

fn database(path: &Path) -> Health {
    if !path.exists() {
        return Good("not there yet; the first command that needs it makes it".to_owned());
    }
    let counts =
        Store::snapshot_of(path).and_then(|store| Ok((store.counts()?, store.links()?.len())));
    match counts {
        Ok((counts, _)) if counts.dead > 0 => Bad {
            what: format!("{} notifications are dead", counts.dead),
            todo: "see `scanstation events list` for why, then `scanstation events retry ID`"
                .to_owned(),
        },
        Ok((counts, links)) => Good(format!(
            "{links} links; notifications: {} held, {} ready, {} sent",
            counts.held, counts.ready, counts.sent
        )),
        Err(error @ StoreError::TooNew { .. }) => {
            bad(&error, "run the newer scanstation that wrote it")
        }
        Err(error @ (StoreError::NotOurs | StoreError::Corrupt { .. })) => {
            bad(&error, "move it away and restore the newest copy; links that it holds are needed")
        }
        Err(error) => bad(&error, "look at the disk and at who may read the file"),
    }
}

fn disk(home: &Path) -> Health {
    match probe::free_bytes(home) {
        Ok(free) if free < probe::LEAST_BYTES => Bad {
            what: format!("{} MiB free, {} are needed", free >> 20, probe::LEAST_BYTES >> 20),
            todo: "make room; the station stops rather than lose a link".to_owned(),
        },
        Ok(free) => Good(format!("{} MiB free", free >> 20)),
        Err(error) => bad(&error, "look at the disk"),
    }
}

fn time(site: &Site) -> Health {
    let now = clock::now();
    let path = site.home.database();
    let newest = if path.exists() {
        Store::snapshot_of(&path).and_then(|store| store.newest_link())
    } else {
        Ok(None)
    };
    health_of_clock(now, newest.unwrap_or_default())
}

fn health_of_clock(now: Timestamp, newest: Option<Timestamp>) -> Health {
    let todo = "set the clock, best by NTP: notifications carry its time".to_owned();
    match newest {
        _ if now.millis() < WRITTEN => Bad { what: format!("it says {now}"), todo },
        Some(newest) if newest.since(now) > probe::SKEW_MS => {
            Bad { what: format!("it says {now}, but the newest link is of {newest}"), todo }
        }
        _ => Good(now.to_string()),
    }
}

fn publisher(site: &Site, target: &Target) -> Health {
    match target {
        Target::File => {
            let path = site.home.notifications();
            let opened = OpenOptions::new().append(true).open(&path);
            match opened {
                Err(error) if path.exists() => {
                    bad(&error, "see to it that the station's user may write notifications.jsonl")
                }
                _ => Good(format!("file {}", path.display())),
            }
        }
        Target::Sns { endpoint_url: Some(url), .. } => match probe::answers(&host_of(url)) {
            Ok(()) => Good(format!("sns at {url}")),
            Err(error) => {
                let todo =
                    "start that server or correct publisher.endpoint_url; events wait meanwhile";
                let what = format!("{url} does not answer: {}", in_words(&error));
                Bad { what, todo: todo.to_owned() }
            }
        },
        Target::Sns { region, .. } => {
            let region = region.as_deref().unwrap_or("of each topic");
            Good(format!(
                "sns, region {region}; credentials are asked for by the first notification"
            ))
        }
    }
}

/// `NAME:PORT` of a URL that the configuration has checked.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    match (has_port, scheme) {
        (true, _) => host.to_owned(),
        (false, "http") => format!("{host}:80"),
        (false, _) => format!("{host}:443"),
    }
}

fn camera(config: &Config) -> Health {
    let wants_camera = |source: &Source| matches!(source, Source::Cameras | Source::Camera(_));
    if !config.sources.iter().any(wants_camera) {
        return folder(config);
    }
    let mut finds: Vec<Find> = config.cameras.iter().map(run::find).collect();
    if finds.is_empty() {
        finds.push(Find::First);
    }
    let mut found = Vec::new();
    for find in &finds {
        let node = match sysfs::find(find) {
            Ok(node) => node,
            Err(error) => {
                let todo =
                    "plug it in or correct its usb setting; [source] use may name a folder instead";
                return bad(&error, todo);
            }
        };
        // A device that another process streams from opens all the same: this asks for the right only.
        if let Err(error) = File::open(&node.path) {
            let todo = "add the user to the group video and sign in again".to_owned();
            return Bad { what: format!("{}: {}", node.path, in_words(&error)), todo };
        }
        found.push(format!("{} ({})", node.path, show::printable(&node.name)));
    }
    Good(found.join(", "))
}

fn folder(config: &Config) -> Health {
    let mut n_pictures = 0;
    for source in &config.sources {
        let Source::Path(path) = source else { continue };
        if let Err(error) = path.metadata() {
            return bad(&error, "correct [source] use in station.toml");
        }
        n_pictures += pictures::walk(std::slice::from_ref(path)).len();
    }
    if n_pictures == 0 {
        let todo = "put pictures there, or correct [source] use in station.toml".to_owned();
        return Bad { what: "no picture in the source".to_owned(), todo };
    }
    Good(format!("{n_pictures} pictures in place of a camera"))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("http://127.0.0.1:4566", "127.0.0.1:4566")]
    #[test_case("https://sns.example.com/path", "sns.example.com:443")]
    #[test_case("http://user@host?x", "host:80")]
    #[test_case("http://[::1]:99", "[::1]:99")]
    fn hosts(url: &str, expected: &str) {
        assert_eq!(host_of(url), expected);
    }

    #[test_case(0, None, false; "never set")]
    #[test_case(WRITTEN + 9, None, true; "set")]
    #[test_case(WRITTEN + 9, Some(WRITTEN + 2_009), true; "two seconds behind")]
    #[test_case(WRITTEN + 9, Some(WRITTEN + 2_010), false; "more")]
    fn clocks(now: i64, newest: Option<i64>, good: bool) {
        let newest = newest.map(Timestamp::from_millis);
        let health = health_of_clock(Timestamp::from_millis(now), newest);
        assert_eq!(matches!(health, Good(_)), good);
    }
}
