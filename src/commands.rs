//! The commands, a file each: what was asked for, done, and its exit code.

pub mod cameras;
pub mod decode;
pub mod demo;
pub mod doctor;
pub mod events;
pub mod init;
pub mod links;
pub mod models;
pub mod orders;
pub mod replay;
pub mod run;
mod site;
mod table;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;

use crate::cli::{Cli, Command, Output};
use crate::config::{ConfigError, LoadError};
use crate::edge::recording::RecordingError;
use crate::pipeline::show;

pub use crate::commands::site::{NoHome, Site};

/// How a command prints its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON Lines (`--json`).
    Json,
    /// Lines for a person.
    Text,
}

impl From<Output> for Form {
    fn from(output: Output) -> Self {
        if output.json { Self::Json } else { Self::Text }
    }
}

/// How a command ended (contracts, exit codes); an error of the world is an `Err` and exits with 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Done, but something was refused or failed and has been named on standard error.
    Findings,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Findings => Self::from(1),
        }
    }
}

/// Where a command writes.
#[expect(missing_debug_implementations, reason = "two writers have nothing to show")]
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// What was refused, and why.
    pub err: &'a mut dyn Write,
}

impl Streams<'_> {
    /// Writes a line of the result.
    pub fn line(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{text}").context("write to standard output")
    }

    /// Writes `value` as a JSON line of the result.
    pub fn json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let text = show::json_escaped(&serde_json::to_string(value)?);
        self.line(&text)
    }

    /// Names something that was refused or failed; that is no result.
    pub fn complain(&mut self, text: &str) {
        // Where nobody listens there is nobody to tell.
        let _ = writeln!(self.err, "scanstation: {text}");
    }
}

/// Does what was typed. `environment` holds the variables that begin with `SCANSTATION_`.
pub fn dispatch(
    cli: &Cli,
    environment: &[(String, String)],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let site = || Site::find(cli.home.as_deref(), environment);
    match &cli.command {
        Command::Decode(typed) => decode::run(typed, streams),
        Command::Orders(typed) => orders::run(typed, &site()?, streams),
        Command::Models(typed) => models::run(typed, site, streams),
        Command::Links(typed) => links::run(typed, &site()?, streams),
        Command::Events(typed) => events::run(typed, &site()?, streams),
        Command::Cameras(typed) => cameras::run(typed, site(), streams),
        Command::Doctor(output) => doctor::run((*output).into(), &site()?, streams),
        Command::Init(typed) => init::run(&typed.dir, streams),
        Command::Run(typed) => run::run(typed, &site()?, streams),
        Command::Replay(typed) => replay::run(typed, site(), streams),
        Command::Demo(typed) => demo::run(typed, cli.home.as_deref(), environment, streams),
    }
}

/// The exit code of an error: 2 for usage and configuration, 0 where nobody reads on, else 3.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    let not_ours = |cause: &RecordingError| matches!(cause, RecordingError::NotOurs { .. });
    let usage = error.chain().any(|cause| {
        cause.is::<ConfigError>()
            || cause.is::<LoadError>()
            || cause.is::<NoHome>()
            || cause.downcast_ref().is_some_and(not_ours)
    });
    if usage {
        2
    } else if is_broken_pipe(error) {
        0
    } else {
        3
    }
}

/// Whether the reader of standard output has gone: nothing is left to do, and nothing is wrong.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &io::Error| cause.kind() == ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken))
}
