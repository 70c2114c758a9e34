//! The keys: one table, from which the help is drawn too.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::pipeline::command::Command;
use crate::station::{Event, Station};
use crate::ui::{Mode, Screen};

/// The most characters an order's code has.
const LONGEST_CODE: usize = 64;

/// What a key asks the run loop to do.
#[derive(Debug, Clone)]
pub enum Action {
    /// Hand this to the station.
    Event(Event),
    /// Leave.
    Quit,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Type an order's code or id.
    TypeOrder,
    /// Take the last link back.
    Undo,
    /// Close the pack.
    Close,
    /// What the screen says was seen.
    Acknowledge,
    /// Show or hide the help.
    Help,
    /// Leave.
    Quit,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// What is pressed.
    pub code: KeyCode,
    /// Its name on the screen.
    pub name: &'static str,
    /// What it does, in a word.
    pub brief: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What it is for.
    pub press: Press,
}

const fn key(c: char, name: &'static str, brief: &'static str) -> Key {
    Key { code: KeyCode::Char(c), name, brief, help: "", press: Press::Help }
}

/// Every key (decision 24).
pub const KEYS: [Key; 6] = [
    Key { help: "type an order's code or id", press: Press::TypeOrder, ..key('o', "o", "order") },
    Key { help: "take the last link back", press: Press::Undo, ..key('u', "u", "undo") },
    Key { help: "close the pack", press: Press::Close, ..key('c', "c", "close") },
    Key { help: "seen: ends a stop", press: Press::Acknowledge, ..key(' ', "space", "seen") },
    Key { help: "show or hide this help", press: Press::Help, ..key('?', "?", "help") },
    Key { help: "quit; asks while an order is open", press: Press::Quit, ..key('q', "q", "quit") },
];

/// Takes in a key: changes `screen`, and says what else is to be done.
pub fn on_key(screen: &mut Screen, key: KeyEvent, station: &Station) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Action::Quit);
    }
    match std::mem::take(&mut screen.mode) {
        Mode::Watching => on_watching(screen, key.code, station),
        Mode::Typing(line) => on_typing(screen, line, key.code),
        Mode::Help => {
            // Space is an acknowledgement wherever it is pressed.
            (key.code == KeyCode::Char(' ')).then_some(Action::Event(Event::Acknowledge))
        }
        Mode::AskingToQuit => {
            let yes = matches!(key.code, KeyCode::Char('y' | 'Y' | 'q') | KeyCode::Enter);
            yes.then_some(Action::Quit)
        }
    }
}

fn on_watching(screen: &mut Screen, code: KeyCode, station: &Station) -> Option<Action> {
    let key = KEYS.iter().find(|key| key.code == code)?;
    match key.press {
        Press::TypeOrder => screen.mode = Mode::Typing(String::new()),
        Press::Undo => return Some(Action::Event(Event::Command(Command::Undo))),
        Press::Close => return Some(Action::Event(Event::Command(Command::Close))),
        Press::Acknowledge => return Some(Action::Event(Event::Acknowledge)),
        Press::Help => screen.mode = Mode::Help,
        Press::Quit if station.order().is_some() => screen.mode = Mode::AskingToQuit,
        Press::Quit => return Some(Action::Quit),
    }
    None
}

fn on_typing(screen: &mut Screen, mut line: String, code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Esc => return None,
        KeyCode::Enter => {
            let text = line.trim().to_owned();
            return (!text.is_empty()).then_some(Action::Event(Event::Typed(text)));
        }
        KeyCode::Backspace => {
            line.pop();
        }
        KeyCode::Char(c) if c.is_ascii_graphic() && line.len() < LONGEST_CODE => line.push(c),
        _ => {}
    }
    screen.mode = Mode::Typing(line);
    None
}
