//! What was typed, nothing looked up: the command line as clap reads it.
//!
//! `config` turns it into settings and `commands` into work; nothing here touches a file or the environment.

mod cameras;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::pipeline::ident::{Asin, NotificationId, OrderId};
use crate::pipeline::mount::Region;
use crate::pipeline::symbol::Symbology;

pub use crate::cli::cameras::{Cameras, Look};
pub use crate::cli::values::{NoSource, Source};

/// Exit codes, the same for every command (contracts).
const EXIT_CODES: &str = "\
Exit codes:
  0  done, whatever the verdicts; also after q, SIGTERM or SIGINT
  1  done, but something was refused or failed and is named on standard error
  2  wrong usage or configuration
  3  the world failed: database, disk, a second `run` on the same home";

/// The barcode scanning station of a fulfillment center.
///
/// A camera sees a box; its barcodes are read; the device's serial number is checked against its model's rule and
/// linked to the pre-registered order on the packing table; when the pack is closed the maker is told with a
/// `DeviceRegisteredNotification`.
///
/// Try it: `scanstation demo`. Set a station up: `scanstation init DIR`, then `scanstation doctor`, `scanstation run`.
#[derive(Debug, Parser)]
#[command(name = "scanstation", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    /// The station's home: station.toml, models/, station.db, notifications.jsonl, logs/
    ///
    /// Without it `SCANSTATION_HOME` counts, then the working directory if it holds a station.toml.
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the station: the dashboard, or plain lines
    ///
    /// Reads boxes from the configured cameras until `q`, SIGTERM or SIGINT. One `run` a home; other commands work
    /// beside it.
    #[command(after_help = RUN_HELP)]
    Run(Run),
    /// Play pictures through the whole station with simulated time, and print each decision
    ///
    /// Never writes to the home. The same input gives the same output, byte for byte.
    #[command(after_help = REPLAY_HELP)]
    Replay(Replay),
    /// Read the barcodes of pictures: the decoder alone
    #[command(after_help = DECODE_HELP)]
    Decode(Decode),
    /// Play the shipped samples as a camera on a fresh home
    #[command(after_help = DEMO_HELP)]
    Demo(Demo),
    /// Import, list, show and cancel pre-registered orders
    #[command(subcommand)]
    Orders(Orders),
    /// Check and list the device models, or ask which one a serial number is of
    #[command(subcommand)]
    Models(Models),
    /// List links of devices to orders, or take one back
    #[command(subcommand)]
    Links(Links),
    /// List, show, publish and retry notifications
    #[command(subcommand)]
    Events(Events),
    /// List the cameras that are plugged in; try one, or tune it
    #[command(after_help = EXIT_CODES)]
    Cameras(Cameras),
    /// Check models, database, disk space, clock, publisher and camera
    ///
    /// For each: OK, or what is wrong and what to do about it. Changes nothing.
    #[command(after_help = EXIT_CODES)]
    Doctor(Output),
    /// Make a home: a commented station.toml, models/ and logs/
    #[command(after_help = INIT_HELP)]
    Init(Init),
}

const RUN_HELP: &str = "\
Examples:
  scanstation run
  scanstation run --source camera:top
  scanstation run --plain --json --source ./pictures
  scanstation run --record ./recording --record-minutes 5

Keys: o type an order, u undo last, c close, space acknowledge, ? help, q quit

Exit codes: 0 after q, SIGTERM or SIGINT; 2 wrong usage or configuration; 3 the world failed";

const REPLAY_HELP: &str = "\
Examples:
  scanstation replay samples/
  scanstation replay --json --orders orders.jsonl box1.png box2.png

Exit codes: 0 done, whatever the verdicts; 1 a file was no picture; 2 wrong usage; 3 the world failed";

const DECODE_HELP: &str = "\
Examples:
  scanstation decode --json photo.jpg folder/
  scanstation decode --formats Code128,DataMatrix --roi 100,80,640,480 photo.jpg

With --json, a line an image, in order:
  {\"path\":…,\"symbols\":[{\"format\":\"Code128\",\"text\":…,\"identifier\":\"]C1\",\"corners\":[[x,y],…]}],\"cpu_ms\":…}

Exit codes: 0 done; 1 a file was no picture; 2 wrong usage";

const DEMO_HELP: &str = "\
Without --home a fresh directory is made, kept, and printed first and last.

Examples:
  scanstation demo
  scanstation demo --plain --speed 10
  scanstation demo --plain --json --home ./demo

Exit codes: 0 done, whatever the verdicts; 1 a file was no picture; 2 wrong usage or configuration; 3 the world failed";

const INIT_HELP: &str = "\
Example:
  scanstation init /srv/station && scanstation --home /srv/station doctor

Exit codes: 0 done; 2 there is a station.toml already; 3 the directory cannot be written";

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct Output {
    /// Print JSON Lines: one object a line, stable fields
    #[arg(long)]
    pub json: bool,
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Where pictures come from: camera, camera:NAME, a folder or a file
    ///
    /// May be given several times; replaces `[source] use` of station.toml.
    #[arg(long, value_name = "SPEC", num_args = 1..)]
    pub source: Vec<Source>,
    /// Plain lines instead of the dashboard; so it is when standard output is no terminal
    #[arg(long)]
    pub plain: bool,
    /// Keep the last minutes' frames in this folder, for `replay`; secrets are filled in
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// For how long recorded frames are kept
    #[arg(long, value_name = "N", default_value_t = 15, requires = "record", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub record_minutes: u32,
    /// How much they may take, in MiB
    #[arg(long, value_name = "MB", default_value_t = 4096, requires = "record", value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    pub record_max: u32,
    /// How decisions are printed.
    #[command(flatten)]
    pub output: Output,
}

/// `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// Pictures, folders of pictures, or recorded sequences
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The orders of this world; else PATH/orders.jsonl, else a snapshot of the home's
    #[arg(long, value_name = "FILE")]
    pub orders: Option<PathBuf>,
    /// How decisions are printed.
    #[command(flatten)]
    pub output: Output,
}

/// `decode`.
#[derive(Debug, Args)]
pub struct Decode {
    /// Pictures, or folders of them (PNG, JPEG, WebP, BMP, GIF, PGM)
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Look for these symbologies only, such as Code128,DataMatrix
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub formats: Vec<Symbology>,
    /// Look at this part of the picture only: left, top, width, height in pixels
    #[arg(long, value_name = "X,Y,W,H")]
    pub roi: Option<Region>,
    /// Show what was read too unclearly to be a symbol, too: a hint, in a list of its own
    #[arg(long)]
    pub candidates: bool,
    /// Draw what the decoder makes of each picture, stage by stage, into this folder
    #[arg(long, value_name = "DIR")]
    pub explain: Option<PathBuf>,
    /// How symbols are printed.
    #[command(flatten)]
    pub output: Output,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Plain lines instead of the dashboard; so it is when standard output is no terminal
    #[arg(long)]
    pub plain: bool,
    /// Play so many times faster than life; without it the dashboard plays at life's pace, plain lines as fast as they come
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub speed: Option<u32>,
    /// The folder with the pictures and their orders.jsonl
    #[arg(long, value_name = "DIR", default_value = "samples")]
    pub samples: PathBuf,
    /// How decisions are printed.
    #[command(flatten)]
    pub output: Output,
}

/// `orders …`.
#[derive(Debug, Subcommand)]
pub enum Orders {
    /// Import pre-registered orders: JSON Lines or CSV, told by content
    ///
    /// All or nothing: one bad line and nothing is imported, unless --skip-bad. Each bad line is named on standard
    /// error with its number, field, value and reason. A higher version of an order replaces, an equal and identical
    /// one changes nothing, any other is a bad line.
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Import the good orders of a file that has bad ones
        #[arg(long)]
        skip_bad: bool,
        /// How the result is printed.
        #[command(flatten)]
        output: Output,
    },
    /// List all orders
    #[command(after_help = EXIT_CODES)]
    List(Output),
    /// Show an order and its links
    #[command(after_help = EXIT_CODES)]
    Show {
        /// Its order id, or a code that calls it up
        #[arg(value_name = "ID")]
        id: String,
        /// How the order is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Cancel an order: its open links are released, their events dropped
    #[command(after_help = EXIT_CODES)]
    Cancel {
        /// Its order id
        #[arg(value_name = "ID")]
        id: OrderId,
        /// How the result is printed.
        #[command(flatten)]
        output: Output,
    },
}

const IMPORT_HELP: &str = "\
JSON Lines, an order a line; every key is required, unknown keys are errors:
  {\"order_id\":\"112-0000001-0000001\",\"version\":1,\"codes\":[\"SP00A1B2C3D4\"],\"marketplace\":\"amazon.com\",
   \"directed_customer_id\":\"amzn1.account.AHEXAMPLE0001\",\"pre_registered\":true,\"cancelled\":false,
   \"lines\":[{\"line\":1,\"asin\":\"B0EXAMPL01\",\"quantity\":2,\"scan\":true,\"directed_customer_id\":null,
             \"slot_asins\":{\"detergent\":\"B0EXAMPL91\"}}]}
CSV, a row a line of an order; codes and slot=ASIN pairs are separated by spaces:
  order_id,version,codes,marketplace,directed_customer_id,pre_registered,cancelled,line,asin,quantity,scan,slot_asins

Exit codes: 0 all imported; 1 lines were refused (with --skip-bad the others are in); 3 the world failed";

/// `models …`.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// Check the model files: what is wrong, with file and line, and what is doubtful
    #[command(
        after_help = "Exit codes: 0 no fault, warnings or not; 1 faults; 3 the folder cannot be read"
    )]
    Check {
        /// The folder; else the home's models/
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
        /// How findings are printed.
        #[command(flatten)]
        output: Output,
    },
    /// List the models
    #[command(after_help = EXIT_CODES)]
    List(Output),
    /// Which model's rule a serial number matches
    #[command(after_help = WHICH_HELP)]
    Which {
        /// The serial number, byte for byte
        #[arg(value_name = "DSN")]
        dsn: String,
        /// Ask the model of this product only
        #[arg(long, value_name = "ASIN")]
        asin: Option<Asin>,
        /// How matches are printed.
        #[command(flatten)]
        output: Output,
    },
}

const WHICH_HELP: &str = "\
Example:
  scanstation models which TestAmazonPreReg001

Exit codes: 0 a model matches; 1 none does; 3 the models cannot be read";

/// `links …`.
#[derive(Debug, Subcommand)]
pub enum Links {
    /// List all links, the released ones included
    #[command(after_help = EXIT_CODES)]
    List(Output),
    /// Take a link back before its notification went out
    #[command(after_help = UNDO_HELP)]
    Undo {
        /// The device's serial number
        #[arg(value_name = "DSN")]
        dsn: String,
        /// Why, in a few words, kept in the journal; `return` for a device that came back
        #[arg(long, value_name = "REASON")]
        reason: String,
        /// How the result is printed.
        #[command(flatten)]
        output: Output,
    },
}

const UNDO_HELP: &str = "\
Example:
  scanstation links undo AD123456C --reason \"wrong box\"

Once the notification is on its way the link stands. A device that came back is released with --reason return,
and is not linked again without a person's say.

Exit codes: 0 released; 1 refused: not linked, or already_sent; 3 the world failed";

/// `events …`.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// List all notifications and where each stands
    #[command(after_help = EXIT_CODES)]
    List(Output),
    /// Print the exact bytes of a notification
    #[command(after_help = EXIT_CODES)]
    Show {
        /// Its notificationId
        #[arg(value_name = "ID")]
        id: NotificationId,
    },
    /// Publish what is ready, once, and stop
    #[command(after_help = "Exit codes: 0 nothing is left; 1 rows are left; 3 the world failed")]
    Publish(Output),
    /// Give a dead notification another try
    #[command(after_help = EXIT_CODES)]
    Retry {
        /// Its notificationId
        #[arg(value_name = "ID")]
        id: NotificationId,
        /// How the result is printed.
        #[command(flatten)]
        output: Output,
    },
}

/// `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The home to make
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use test_case::test_case;

    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test_case(&["run", "--source", "a.png", "b.png", "--source", "camera:top"], true)]
    #[test_case(&["orders", "import", "f.csv", "--skip-bad", "--home", "h"], true)]
    #[test_case(&["decode", "--formats", "Code128,UPC-A", "--roi", "0,0,9,9", "a.png"], true)]
    #[test_case(&["decode", "--formats", "GS1-128", "a.png"], false; "no such symbology")]
    #[test_case(&["models", "which", "X", "--asin", "short"], false; "no ASIN")]
    #[test_case(&["run", "--record", "d", "--record-minutes", "5", "--record-max", "64"], true)]
    #[test_case(&["run", "--record-minutes", "5"], false; "nothing to record to")]
    #[test_case(&["demo", "--speed", "0"], false; "no speed")]
    #[test_case(&["links", "undo", "AD123456C"], false; "no reason")]
    #[test_case(&["cameras", "--json"], true)]
    #[test_case(&["cameras", "try", "top", "--seconds", "3"], true)]
    #[test_case(&["cameras", "tune", "--dry-run"], true)]
    #[test_case(&["decode"], false; "no path")]
    #[test_case(&[], false; "no command")]
    fn command_lines(words: &[&str], good: bool) {
        let line = std::iter::once("scanstation").chain(words.iter().copied());
        assert_eq!(Cli::try_parse_from(line).is_ok(), good);
    }
}
