//! What reaches the thread that owns the station.

use ratatui::crossterm::event::KeyEvent;

use crate::edge::steps::Step;
use crate::pipeline::time::Timestamp;
use crate::projector::Played;
use crate::station::Event;

/// What reaches the thread that owns the station.
#[derive(Debug)]
pub enum Input {
    /// Something happened, now.
    Happened(Event),
    /// A reel's frame, or its end, at the reel's own time.
    Played(Event, Timestamp),
    /// A reel's step.
    Step(Step, Timestamp),
    /// A picture that is none.
    NoPicture {
        /// The file.
        source: String,
        /// Why.
        error: String,
    },
    /// A part failed that the station goes on without.
    Trouble {
        /// The part.
        part: &'static str,
        /// Why.
        why: String,
    },
    /// A key was pressed.
    Key(KeyEvent),
    /// The window changed its size.
    Resized,
    /// An eye has seen all there was.
    Ended(Played),
}
