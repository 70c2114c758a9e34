//! The last two rows and what may lie over the rest: cameras, queue, clock, keys, banner, help.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use crate::pipeline::show;
use crate::pipeline::time::Timestamp;
use crate::station::{CameraHealth, Concern, Station};
use crate::ui::keys::KEYS;
use crate::ui::words::{self, Tone};
use crate::ui::{Mode, Screen, Sounds, bold, dim, spread};

/// A queue is told of once its oldest has waited so long, in milliseconds: below, it is on its way.
const QUEUE_MS: i64 = 10_000;

/// The red row while a camera gives no new frames (E23).
pub(super) fn banner(station: &Station) -> Option<Line<'static>> {
    let ill = station.cameras().iter().find(|(_, health)| **health != CameraHealth::Live);
    let (name, health) = ill?;
    let name = show::shortened(name, 20);
    let text = if *health == CameraHealth::Lost {
        format!("  ✖ CAMERA {name} LOST – plug it in again; press o to type an order")
    } else {
        format!("  ✖ CAMERA {name} FROZEN – unplug it and plug it in again")
    };
    Some(Line::from(text).style(Tone::Wrong.field().add_modifier(Modifier::BOLD)))
}

/// Draws cameras, queue and clock.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    station: &Station,
    screen: &Screen,
    now: Timestamp,
) {
    let mut left = Vec::new();
    for (name, health) in station.cameras() {
        let (glyph, tone) = match health {
            CameraHealth::Live => (" ✔ ", Tone::Good),
            CameraHealth::Lost | CameraHealth::Frozen => (" ✖ ", Tone::Wrong),
        };
        left.push(Span::styled(glyph, tone.letters()));
        left.push(Span::raw(show::shortened(name, 14)));
    }
    if left.is_empty() {
        left.push(Span::styled(" no camera yet", dim()));
    }
    left.push(Span::raw("   "));
    left.push(queue(station, now));
    let sounds = if screen.sounds == Sounds::Off { "sound off  " } else { "" };
    let zone = if area.width < 80 { "" } else { "UTC " };
    let right = Span::raw(format!("{sounds}{} {zone}", words::clock(now)));
    frame.render_widget(spread(left, right, area.width), area);
}

/// The outbox: silent while events go out, amber while they wait, red where a person is needed (E20). What is said of
/// the machine takes its place while nothing worse is to be said (E28, E30).
fn queue(station: &Station, now: Timestamp) -> Span<'static> {
    let outbox = station.outbox();
    let counts = outbox.counts;
    let waited = outbox.oldest.map_or(0, |oldest| now.since(oldest));
    if outbox.halted {
        let text = format!("✖ QUEUE {} HALTED – tell a supervisor", counts.ready);
        return Span::styled(text, Tone::Wrong.field());
    }
    if counts.dead > 0 {
        let text = format!("✖ {} REFUSED – tell a supervisor", counts.dead);
        return Span::styled(text, Tone::Wrong.field());
    }
    let machine = station.concern().map(|concern| match concern {
        Concern::DiskLow { left_mb } => format!("… DISK LOW, {left_mb} MiB – tell a supervisor"),
        Concern::ClockMoved => "… THE CLOCK WAS SET – tell a supervisor".to_owned(),
    });
    if let Some(text) = machine {
        return Span::styled(text, Tone::Wait.field());
    }
    if counts.ready > 0 && waited >= QUEUE_MS {
        let age = words::age(waited);
        let text = format!("… QUEUE {}, oldest {age} – keep packing", counts.ready);
        return Span::styled(text, Tone::Wait.field());
    }
    Span::styled(format!("queue {}  sent {}", counts.ready, counts.sent), dim())
}

/// Draws the keys, or what takes their place.
pub(super) fn draw_keys(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let line = match &screen.mode {
        Mode::Watching | Mode::Help => keys(),
        Mode::Typing(typed) => typing(typed, area.width),
        Mode::AskingToQuit => Line::from(" An order is open. Quit all the same?   y yes   n no")
            .style(Tone::Wait.field().add_modifier(Modifier::BOLD)),
    };
    frame.render_widget(line, area);
}

fn keys() -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for key in KEYS {
        spans.push(Span::styled(key.name, bold()));
        spans.push(Span::styled(format!(" {}   ", key.brief), dim()));
    }
    Line::from(spans)
}

/// The end of what is typed, where it is longer than the row.
fn typing(typed: &str, width: u16) -> Line<'static> {
    let room = usize::from(width).saturating_sub(40);
    let shown = show::printable(typed);
    let tail: String = shown.chars().skip(shown.chars().count().saturating_sub(room)).collect();
    Line::from(vec![
        Span::styled(" Order: ", bold()),
        Span::styled(tail, bold()),
        Span::styled(" ", Style::new().add_modifier(Modifier::REVERSED)),
        Span::styled("   enter call up   esc back", dim()),
    ])
}

/// Draws the help over the middle.
pub(super) fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let mut lines = vec![Line::default()];
    for key in KEYS {
        let name = Span::styled(format!("  {:<8}", key.name), bold());
        lines.push(Line::from(vec![name, Span::raw(key.help)]));
    }
    let name = Span::styled("  Ctrl-C  ", bold());
    lines.push(Line::from(vec![name, Span::raw("quit at once")]));
    lines.push(Line::default());
    lines.push(Line::from("  Barcodes CLOSE, UNDO, NO-BARCODE do it by hand").style(dim()));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let width = 52.min(area.width);
    let over = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, over);
    let block = Block::bordered().border_type(BorderType::Rounded).title(" KEYS ");
    frame.render_widget(Paragraph::new(lines).block(block), over);
}
