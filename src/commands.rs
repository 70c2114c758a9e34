//! The commands, a file each: what was asked for, done, and its exit code.

pub mod decode;
pub mod demo;
pub mod replay;

use std::process::ExitCode;

/// How a command prints its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON Lines (`--json`).
    Json,
    /// Lines for a person.
    Text,
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
