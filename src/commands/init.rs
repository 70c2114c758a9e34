//! `scanstation init`: a home with a commented station.toml, the shipped models, and folders closed to others.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

use crate::commands::{NoHome, Outcome, Streams};
use crate::config::TEMPLATE;
use crate::edge::home::Home;
use crate::edge::models::SHIPPED;

/// Makes a home at `dir`. A station.toml that is there is left as it is, and so is every file in models/.
pub fn run(dir: &Path, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let home = Home::new(dir);
    if home.config().symlink_metadata().is_ok() {
        return Err(NoHome::SetUp { path: home.config() }.into());
    }
    set_up(&home)?;
    streams.line(&format!("{}: your settings", home.config().display()))?;
    streams.line(&format!("{}: {} device models", home.models().display(), SHIPPED.len()))?;
    streams.line(&format!("next: scanstation --home {} doctor", dir.display()))?;
    Ok(Outcome::Done)
}

/// Makes what of `home` is missing: folders, models, station.toml last, so that a home with one is whole.
pub fn set_up(home: &Home) -> anyhow::Result<()> {
    home.create()?;
    for (name, text) in SHIPPED {
        write_new(&home.models().join(name), text)?;
    }
    write_new(&home.config(), TEMPLATE)
}

/// Writes `text` to a new file that only its owner reads; one that is there is left as it is.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        match file {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
            Ok(mut file) => file.write_all(text.as_bytes()).and_then(|()| file.sync_all()),
        }
    };
    write().with_context(|| format!("write {}", path.display()))
}
