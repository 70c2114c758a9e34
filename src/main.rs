//! The program: what was typed, the command it names, its exit code.

use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;

use scanstation::commands::{self, Form};
use scanstation::pipeline::decode::Formats;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(2).collect();
    let paths: Vec<PathBuf> = args.iter().filter(|a| *a != "--json").map(PathBuf::from).collect();
    let form = if args.iter().any(|a| a == "--json") { Form::Json } else { Form::Text };
    match commands::decode::run(&paths, &Formats::all(), form, &mut stdout().lock()) {
        Ok(outcome) => outcome.into(),
        Err(_) => ExitCode::from(3),
    }
}
