//! The terminal: taken on entering, given back on leaving, also when the program panics. The one impure file of the ui.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::pipeline::time::Timestamp;
use crate::station::{Sound, Station};
use crate::ui::bells::Bells;
use crate::ui::{Screen, Sounds, draw};

/// The terminal as the dashboard has it: raw, on its other screen, until this is dropped.
#[derive(Debug)]
pub struct Terminal {
    screen: ratatui::Terminal<CrosstermBackend<Stdout>>,
    bells: Bells,
    is_taken: Arc<AtomicBool>,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// A panic of this thread gives it back before its message is written. One of another thread, such as a
    /// decoder's that is caught, writes nothing while the dashboard is up.
    pub fn enter() -> io::Result<Self> {
        let is_taken = Arc::new(AtomicBool::new(true));
        install_hook(Arc::clone(&is_taken));
        let entered = enable_raw_mode()
            .and_then(|()| execute!(io::stdout(), EnterAlternateScreen))
            .and_then(|()| ratatui::Terminal::new(CrosstermBackend::new(io::stdout())));
        match entered {
            Ok(screen) => Ok(Self { screen, bells: Bells::default(), is_taken }),
            Err(error) => {
                give_back(&is_taken);
                Err(error)
            }
        }
    }

    /// Draws the dashboard.
    pub fn draw(&mut self, station: &Station, screen: &Screen, now: Timestamp) -> io::Result<()> {
        self.screen.draw(|frame| draw(frame, station, screen, now)).map(|_| ())
    }

    /// Takes in a sound; it rings with the next [`Self::ring`].
    pub fn play(&mut self, sound: Sound, screen: &Screen, now: Timestamp) {
        if screen.sounds == Sounds::On {
            self.bells.play(sound, now);
        }
    }

    /// When the next bell is due.
    pub fn next_bell(&self, station: &Station) -> Option<Timestamp> {
        self.bells.next_due(station.message())
    }

    /// Rings the bell if one is due at `now`.
    pub fn ring(&mut self, station: &Station, now: Timestamp) -> io::Result<()> {
        if !self.bells.take_due(station.message(), now) {
            return Ok(());
        }
        let mut out = io::stdout();
        out.write_all(b"\x07")?;
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back(&self.is_taken);
    }
}

fn install_hook(is_taken: Arc<AtomicBool>) {
    let before = panic::take_hook();
    let ours = thread::current().id();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours {
            give_back(&is_taken);
        }
        if !is_taken.load(Ordering::SeqCst) {
            before(info);
        }
    }));
}

/// Gives the terminal back, once; an error here has nobody left to be told.
fn give_back(is_taken: &AtomicBool) {
    if is_taken.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    }
}
