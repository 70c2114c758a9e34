//! The order on the table, and the last units.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::pipeline::order::{OrderLine, Packing};
use crate::pipeline::show;
use crate::pipeline::time::Timestamp;
use crate::station::Station;
use crate::ui::words::{self, Tone};
use crate::ui::{bold, dim, draw_panel, spread};

/// Draws the order: its lines, how many units of each are linked, and their last fours.
pub(super) fn draw_order(frame: &mut Frame<'_>, area: Rect, station: &Station, now: Timestamp) {
    let Some(open) = station.order() else {
        let line = match station.held() {
            Some(_) => Line::from(format!(" {}", words::held(station, now))),
            None => Line::from(" Scan an order, or press o.").style(dim()),
        };
        return draw_panel(frame, area, "ORDER".to_owned(), vec![line]);
    };
    let mut lines = Vec::new();
    for line in &open.order.lines {
        let name = words::product(station.catalog(), &line.asin);
        lines.push(heading(open, line, name, area.width));
        lines.extend(last4s(open, line, area.width));
    }
    let (linked, wanted) = open.progress();
    let order = show::last4(open.order.order_id.as_str());
    let title = format!("ORDER {order}  {linked} of {wanted}");
    draw_panel(frame, area, title, lines);
}

fn heading(open: &Packing, line: &OrderLine, name: String, width: u16) -> Line<'static> {
    if !line.scan {
        return spread(vec![Span::raw(format!("   {name}"))], "no scan ".into(), width)
            .style(dim());
    }
    let n_linked = open.links.iter().filter(|link| link.line == line.line).count();
    let is_full = open.next_unit(line).is_none();
    let (glyph, style) =
        if is_full { (" ✔ ", Tone::Good.letters()) } else { (" … ", Tone::Wait.letters()) };
    let left = vec![Span::styled(glyph, style), Span::styled(name, bold())];
    spread(left, format!("{n_linked} of {} ", line.quantity).into(), width)
}

/// The linked units of a line by their last fours, as many a row as fit.
fn last4s(open: &Packing, line: &OrderLine, width: u16) -> Vec<Line<'static>> {
    let links = open.links.iter().filter(|link| link.line == line.line);
    let units: Vec<String> = links.map(|link| show::last4(link.dsn.as_str())).collect();
    let a_row = (usize::from(width).saturating_sub(3) / 6).max(1);
    units.chunks(a_row).map(|row| Line::from(format!("   {}", row.join(" ")))).collect()
}

/// Draws the last decisions, the newest in front.
pub(super) fn draw_history(frame: &mut Frame<'_>, area: Rect, station: &Station) {
    let rows = usize::from(area.height.saturating_sub(1));
    let line = |decision: &crate::pipeline::decision::Decision| {
        let (tone, word, _) = words::verdict_row(&decision.verdict);
        let last4 = decision.dsn.as_ref().map(|dsn| show::last4(dsn.as_str())).unwrap_or_default();
        let left = vec![
            Span::styled(format!(" {} ", words::clock(decision.at)), dim()),
            Span::styled(format!("{} ", tone.glyph()), tone.letters()),
            Span::styled(word, Style::new()),
        ];
        spread(left, format!("{last4} ").into(), area.width)
    };
    let lines: Vec<Line<'_>> = station.history().take(rows).map(line).collect();
    let lines =
        if lines.is_empty() { vec![Line::from(" Nothing yet.").style(dim())] } else { lines };
    draw_panel(frame, area, "LAST".to_owned(), lines);
}
