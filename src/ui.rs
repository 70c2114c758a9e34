//! The dashboard: what the packer reads from two metres away, and beside it what a person at the desk wants to know.
//!
//! It reads the station and changes nothing but its own [`Screen`].
//!
//! ```text
//! ┌──────────────────────────────────────────────────────────────┐
//! │ banner, only while a camera is lost or frozen                │
//! │                                                              │
//! │  ✖ WRONG PRODUCT         the word, in block letters          │ stage
//! │  what is the matter                               4 5 6 7    │
//! │  → what to do                      last four of the serial   │
//! ├─ ORDER …0001 ──────────────┬─ IN VIEW ───────────────────────┤
//! │ Coffee machine K2   1 of 2 │ Code128  dsn  ✔ 3/3  K2A24…     │ three columns
//! ├─ LAST ─────────────────────┤ EAN-13   product  … 1/3  614…   │ where the screen
//! │ 10:42:07 ✔ LINKED …4567    │                                 │ is wide
//! ├────────────────────────────┴─────────────────────────────────┤
//! │ cameras   queue                                        clock │
//! │ keys, or the order being typed, or the question              │
//! └──────────────────────────────────────────────────────────────┘
//! ```

pub mod bells;
pub mod big;
pub mod keys;
mod panels;
mod seen;
mod stage;
mod status;
pub mod terminal;
pub mod words;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use crate::pipeline::time::Timestamp;
use crate::station::Station;

/// The smallest window that is drawn in.
const SMALLEST: (u16, u16) = (60, 16);
/// From this width on the three panels stand side by side.
const WIDE: u16 = 110;

/// What the dashboard itself has to remember.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screen {
    /// What the keys are for at the moment.
    pub mode: Mode,
    /// Whether the bell rings.
    pub sounds: Sounds,
}

/// What the keys are for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// What [`keys::KEYS`] says.
    #[default]
    Watching,
    /// An order's code is being typed: so far this.
    Typing(String),
    /// The help is open.
    Help,
    /// Whether to leave an open order is asked.
    AskingToQuit,
}

/// Whether the bell rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sounds {
    /// It does.
    #[default]
    On,
    /// It is silent, and the screen says so.
    Off,
}

/// Draws the dashboard as it is at `now`.
pub fn draw(frame: &mut Frame<'_>, station: &Station, screen: &Screen, now: Timestamp) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("Enlarge the window: {} x {} at least.", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Paragraph::new(text).wrap(wrap()), area);
        return;
    }
    let banner = status::banner(station);
    let [top, stage, body, state, keys] = Layout::vertical([
        Constraint::Length(u16::from(banner.is_some())),
        Constraint::Length(stage_rows(area.height)),
        Constraint::Min(4),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    if let Some(banner) = banner {
        frame.render_widget(banner, top);
    }
    stage::draw(frame, stage, station, now);
    draw_panels(frame, body, station, now);
    status::draw(frame, state, station, screen, now);
    status::draw_keys(frame, keys, screen);
    if screen.mode == Mode::Help {
        status::draw_help(frame, area);
    }
}

/// Rows of the stage in a window of so many: about half of it.
fn stage_rows(rows: u16) -> u16 {
    match rows {
        0..20 => 6,
        20..23 => 9,
        23..36 => 11,
        36..44 => 16,
        _ => 18,
    }
}

fn draw_panels(frame: &mut Frame<'_>, area: Rect, station: &Station, now: Timestamp) {
    let (order, history, view) = if area.width >= WIDE {
        let [order, view, history] =
            Layout::horizontal([Constraint::Fill(3), Constraint::Fill(4), Constraint::Fill(3)])
                .spacing(2)
                .areas(area);
        (order, history, view)
    } else {
        let [left, view] =
            Layout::horizontal([Constraint::Fill(4), Constraint::Fill(5)]).spacing(1).areas(area);
        let [order, history] =
            Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(left);
        (order, history, view)
    };
    panels::draw_order(frame, order, station, now);
    panels::draw_history(frame, history, station);
    seen::draw(frame, view, station);
}

/// Draws `lines` under a title; what does not fit is counted in the last row.
fn draw_panel(frame: &mut Frame<'_>, area: Rect, title: String, mut lines: Vec<Line<'_>>) {
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(dim())
        .title(Line::from(format!(" {title} ")).style(bold().remove_modifier(Modifier::DIM)));
    let rows = usize::from(block.inner(area).height);
    if lines.len() > rows {
        let n_left = lines.len() - rows.saturating_sub(1);
        lines.truncate(rows.saturating_sub(1));
        lines.push(Line::from(format!(" … {n_left} more")).style(dim()));
    }
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// A line with `left` at one end and `right` at the other of `width` columns; `left` gives way.
fn spread(mut left: Vec<Span<'static>>, right: Span<'static>, width: u16) -> Line<'static> {
    let room = usize::from(width).saturating_sub(right.width() + 1);
    let taken: usize = left.iter().map(Span::width).sum();
    if taken > room {
        let head: usize = left.iter().take(left.len().saturating_sub(1)).map(Span::width).sum();
        if let Some(last) = left.last_mut() {
            last.content = cut(&last.content, room.saturating_sub(head)).into();
        }
    }
    let taken: usize = left.iter().map(Span::width).sum();
    left.push(Span::raw(" ".repeat((room + 1).saturating_sub(taken))));
    left.push(right);
    Line::from(left)
}

/// At most `most` columns of `text`, an ellipsis standing for the rest.
fn cut(text: &str, most: usize) -> String {
    if Span::raw(text).width() <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if Span::raw(format!("{kept}{c}…")).width() > most {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

fn wrap() -> ratatui::widgets::Wrap {
    ratatui::widgets::Wrap { trim: true }
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

#[cfg(test)]
mod tests;
