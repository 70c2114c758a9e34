//! The thread that watches the keyboard.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event};

use crate::run::Input;

/// How soon it notices that it is to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// Sends every key, until `stop`. A terminal that is gone stops the station.
pub(super) fn watch(inputs: Sender<Input>, stop: Arc<AtomicBool>) -> io::Result<()> {
    let thread = std::thread::Builder::new().name("hands".to_owned());
    thread.spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            let event = match event::poll(PATIENCE) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(error) => Err(error),
            };
            let input = match event {
                Ok(Event::Key(key)) => Input::Key(key),
                Ok(_) => Input::Resized,
                Err(_) => {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            };
            if inputs.send(input).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
