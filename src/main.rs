//! The program: what was typed, the command it names, its exit code.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use scanstation::cli::Cli;
use scanstation::commands::{self, Streams};
use scanstation::config;
use scanstation::pipeline::show;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                // It repeats what was typed, which may hold anything.
                for line in error.render().to_string().lines() {
                    let _ = writeln!(stderr(), "{}", show::printable(line));
                }
            } else {
                let _ = error.print();
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (mut out, mut err) = (stdout(), stderr());
    let mut streams = Streams { out: &mut out, err: &mut err };
    match commands::dispatch(&cli, &config::environment(), &mut streams) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            if !commands::is_broken_pipe(&error) {
                // A path may hold anything.
                let error = show::printable(&format!("{error:#}"));
                let _ = writeln!(err, "scanstation: {error}");
            }
            ExitCode::from(commands::exit_code(&error))
        }
    }
}
