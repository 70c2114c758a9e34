//! The stage: the one big word, what is the matter, what to do, and the serial's last four.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Paragraph};

use crate::pipeline::time::Timestamp;
use crate::station::Station;
use crate::ui::big::{self, Scale};
use crate::ui::words::{self, Telling};
use crate::ui::{bold, wrap};

/// Rows for what is the matter and what to do in a stage of so many; the last four stand beside them.
fn text_rows(rows: u16) -> u16 {
    if rows >= 16 { 5 } else { 3 }
}

/// Draws what the station has to say.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, station: &Station, now: Timestamp) {
    let telling = words::telling(station, now);
    frame.render_widget(Block::new().style(telling.tone.field()), area);
    let margin = Margin::new(2, u16::from(area.height >= 9));
    let inner = area.inner(margin);
    let [word, _, text] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(u16::from(area.height >= 11)),
        Constraint::Length(text_rows(area.height)),
    ])
    .areas(inner);
    draw_word(frame, word, &telling);
    let text = draw_last4(frame, text, &telling);
    draw_text(frame, text, &telling);
}

fn draw_word(frame: &mut Frame<'_>, area: Rect, telling: &Telling) {
    let style = telling.tone.field();
    let text = format!("{} {}", telling.tone.glyph(), telling.word);
    if let Some(scale) = big::fitting(&text, area.width, area.height) {
        let down = (area.height - scale.rows()) / 2;
        let area = Rect { y: area.y + down, height: area.height - down, ..area };
        big::draw(frame.buffer_mut(), area, &text, scale, style);
    } else {
        let area = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
        let style = style.add_modifier(Modifier::BOLD);
        frame.render_widget(Line::from(text).style(style), area);
    }
}

/// Draws the last four at the right; gives the area that is left.
fn draw_last4(frame: &mut Frame<'_>, area: Rect, telling: &Telling) -> Rect {
    let Some(last4) = &telling.last4 else { return area };
    let scale = big::fitting(last4, area.width / 3, area.height.min(Scale::One.rows()));
    let width = match scale.and_then(|scale| big::width(last4, scale)) {
        Some(width) => width,
        None => u16::try_from(last4.chars().count()).unwrap_or(u16::MAX),
    };
    let [text, number] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(width)]).spacing(3).areas(area);
    if let Some(scale) = scale {
        big::draw(frame.buffer_mut(), number, last4, scale, telling.tone.field());
    } else {
        let line = Line::from(last4.as_str()).style(bold());
        frame.render_widget(Text::from(vec![Line::default(), line]), number);
    }
    text
}

fn draw_text(frame: &mut Frame<'_>, area: Rect, telling: &Telling) {
    let [what, then] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    let style: Style = telling.tone.field();
    frame.render_widget(Paragraph::new(telling.what.as_str()).style(style).wrap(wrap()), what);
    let line = Line::from(format!("→ {}", telling.then));
    frame.render_widget(line.style(style.add_modifier(Modifier::BOLD)), then);
}
