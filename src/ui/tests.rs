//! A screen for every verdict, every notice and every state of the dashboard, driven through `Station::apply`.

mod floor;
mod screens;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use test_case::test_case;

use super::*;
use crate::pipeline::command::Command;
use crate::station::{Concern, Event};
use crate::ui::keys::{Action, on_key};
use floor::{Floor, SCENES};

/// Writes every scene, with the escapes of its colours, into the folder `SCREENS_TO`: to be looked at with `cat`.
#[test]
fn gallery() {
    let Ok(folder) = std::env::var("SCREENS_TO") else { return };
    for (name, make) in SCENES {
        for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 50)] {
            let file = format!("{folder}/{name}-{width}");
            std::fs::write(file, make().colours(width, height)).unwrap();
        }
    }
}

#[test]
fn every_verdict_and_notice_has_a_scene() {
    let words: Vec<String> = SCENES.iter().map(|(_, make)| make().telling().word).collect();
    for word in [
        "LINKED",
        "1 OF 2",
        "ALREADY DONE",
        "SAME BOX",
        "WRONG PRODUCT",
        "WRONG VARIANT",
        "NOT A SERIAL",
        "NOT READY",
        "TAKEN",
        "RETURNED",
        "NO SCAN",
        "CANCELLED",
        "CHANGED",
        "COMPLETE",
        "TWO BOXES",
        "WHICH ONE?",
        "NOT FOR US",
        "NO SUCH ORDER",
        "HELD",
        "NO SERIAL",
        "UNREADABLE",
        "CHECKING",
        "READY",
        "SHOW BOX",
        "CLOSED",
        "NOT FULL",
        "NO ORDER",
        "UNLINKED",
        "NO CAMERA",
        "NO UNDO",
        "ALREADY SENT",
        "LET GO",
        "STOP",
    ] {
        assert!(words.iter().any(|shown| shown == word), "{word} in {words:?}");
    }
}

#[test]
fn no_control_character_is_ever_drawn() {
    for text in ["\u{1b}]0;x\u{7}'; DROP TABLE links;--", "S/N:\u{1b}[2J\u{202e}\u{9b}31m"] {
        let floor = Floor::hostile(text);
        for (width, height) in [(60, 16), (80, 24), (200, 50)] {
            let buffer = floor.buffer(width, height);
            for cell in buffer.content() {
                assert!(!cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'));
            }
            assert!(floor.text(width, height).contains("\\u{1b}"));
        }
    }
}

#[test]
fn ids_stand_by_their_last_four_but_in_view() {
    for (name, make) in SCENES {
        let text = make().text(200, 50);
        assert!(!text.contains("amzn1.account"), "{name}");
        assert!(!text.contains("-0000") && !text.contains("SECRETPASS"), "{name}");
        let outside: String = text.lines().take(18).collect();
        for dsn in ["AD123456C", "AF123456C", "X12345A1B123456"] {
            assert!(!outside.contains(dsn), "{name}");
        }
    }
}

#[test]
fn what_to_do_is_never_cut_off() {
    for (name, make) in SCENES.iter().filter(|(name, _)| *name != "help") {
        let floor = make();
        let then = floor.telling().then;
        assert!(floor.text(60, 16).contains(&then), "{name}: {then}");
    }
}

#[test]
fn the_machine_is_told_of_before_it_stops_the_station() {
    let mut floor = Floor::new();
    floor.apply(Event::Machine(Some(Concern::DiskLow { left_mb: 812 })));
    assert!(floor.text(80, 24).contains("DISK LOW, 812 MiB – tell a supervisor"));
    floor.apply(Event::Machine(Some(Concern::ClockMoved)));
    assert!(floor.text(80, 24).contains("THE CLOCK WAS SET"));
    floor.apply(Event::Machine(None));
    assert!(!floor.text(80, 24).contains("supervisor"));
}

#[test]
fn a_small_window_asks_for_a_larger_one() {
    assert!(Floor::new().text(50, 10).contains("Enlarge the window: 60 x 16 at least."));
}

#[test]
fn no_size_of_window_panics() {
    for (_, make) in SCENES {
        let mut floor = make();
        for mode in [Mode::Watching, Mode::Help, Mode::Typing("x".repeat(64)), Mode::AskingToQuit] {
            floor.screen.mode = mode;
            for (width, height) in [(1, 1), (59, 80), (60, 16), (61, 17), (109, 22), (300, 16)] {
                let _ = floor.text(width, height);
            }
        }
    }
}

fn press(floor: &mut Floor, code: KeyCode) -> Option<Action> {
    on_key(&mut floor.screen, KeyEvent::new(code, KeyModifiers::NONE), &floor.station)
}

#[test]
fn an_order_is_typed() {
    let mut floor = Floor::new();
    for c in "oSP00x".chars() {
        assert!(press(&mut floor, KeyCode::Char(c)).is_none());
    }
    let _ = press(&mut floor, KeyCode::Backspace);
    assert_eq!(floor.screen.mode, Mode::Typing("SP00".to_owned()));
    let typed = press(&mut floor, KeyCode::Enter);
    assert!(matches!(typed, Some(Action::Event(Event::Typed(text))) if text == "SP00"));
    assert_eq!(floor.screen.mode, Mode::Watching);
    let _ = press(&mut floor, KeyCode::Char('o'));
    assert!(press(&mut floor, KeyCode::Enter).is_none(), "nothing typed");
    let _ = press(&mut floor, KeyCode::Char('o'));
    assert!(press(&mut floor, KeyCode::Esc).is_none());
    assert_eq!(floor.screen.mode, Mode::Watching);
}

#[test_case('u', |a| matches!(a, Action::Event(Event::Command(Command::Undo))))]
#[test_case('c', |a| matches!(a, Action::Event(Event::Command(Command::Close))))]
#[test_case(' ', |a| matches!(a, Action::Event(Event::Acknowledge)))]
#[test_case('q', |a| matches!(a, Action::Quit))]
fn a_key_acts(c: char, is_right: fn(&Action) -> bool) {
    assert!(press(&mut Floor::new(), KeyCode::Char(c)).is_some_and(|action| is_right(&action)));
}

#[test]
fn quitting_asks_while_an_order_is_open() {
    let mut floor = Floor::with_order("SP00C4T8W2X6");
    assert!(press(&mut floor, KeyCode::Char('q')).is_none());
    assert_eq!(floor.screen.mode, Mode::AskingToQuit);
    assert!(press(&mut floor, KeyCode::Char('n')).is_none());
    assert_eq!(floor.screen.mode, Mode::Watching);
    let _ = press(&mut floor, KeyCode::Char('q'));
    assert!(matches!(press(&mut floor, KeyCode::Char('y')), Some(Action::Quit)));
    let event = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(matches!(on_key(&mut floor.screen, event, &floor.station), Some(Action::Quit)));
}
