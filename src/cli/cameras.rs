//! `cameras`, `cameras try` and `cameras tune` as they are typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Output;

/// `cameras …`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cameras {
    /// Look at one of them; without this, all that are plugged in are listed.
    #[command(subcommand)]
    pub look: Option<Look>,
    /// How the list is printed.
    #[command(flatten)]
    pub output: Output,
}

/// A look through a camera.
#[derive(Debug, Subcommand)]
pub enum Look {
    /// Show what a camera sees: frames a second, sharpness, exposure, pixels per bar; write a picture
    #[command(after_help = TRY_HELP)]
    Try {
        /// Its name in station.toml, or its USB serial number or port; else the first
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// For so many seconds
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
        seconds: u32,
        /// Write the last frame to this file, as PNG
        #[arg(long, value_name = "FILE", default_value = "camera.png")]
        picture: PathBuf,
        /// How each second is printed.
        #[command(flatten)]
        output: Output,
    },
    /// Measure which format serves barcodes best, and exposure and focus on a label held still; write it to station.toml
    #[command(after_help = TUNE_HELP)]
    Tune {
        /// Its name in station.toml; else the first
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Leave station.toml as it is
        #[arg(long)]
        dry_run: bool,
        /// How the findings are printed.
        #[command(flatten)]
        output: Output,
    },
}

const TRY_HELP: &str = "\
Examples:
  scanstation cameras try top
  scanstation cameras try --seconds 30 --json ABC123

The picture has the area of a symbol that holds a secret filled in.

Exit codes: 0 done; 1 no frame came; 2 wrong usage or configuration; 3 the camera does not open";

const TUNE_HELP: &str = "\
Hold a label still under the camera, as boxes are held, until it is done: half a minute at most.

The largest size that really arrives at 15 frames a second or more is taken, uncompressed before MJPEG. Then the shortest
exposure and the focus with which the label is read best. station.toml keeps its comments.

Exit codes: 0 done; 1 no mode arrives fast enough, or nothing was written; 2 wrong usage or configuration; 3 the camera does not open";
