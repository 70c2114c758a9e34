//! What is in view: every symbol, the part it plays, and how many frames agree on it.
//!
//! The one place of the screen where serials stand whole (decision 22); a secret is told by its class alone.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::pipeline::meaning::Role;
use crate::pipeline::show;
use crate::pipeline::view::{Track, Use};
use crate::station::Station;
use crate::ui::words::{self, Tone};
use crate::ui::{bold, cut, dim, draw_panel};

/// Columns before the text: space, symbology, role, glyph, agreement.
const FIXED: usize = 1 + 1 + 8 + 2 + 4;

/// Columns that a text wants beside the rest.
const ROOM: usize = 16;

/// Draws the symbols of every view.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, station: &Station) {
    let tracks: Vec<&Track> = station.views().values().flat_map(|view| &view.tracks).collect();
    let name_width = tracks.iter().map(|t| t.symbol.symbology.name().len()).max().unwrap_or(0);
    let room = usize::from(area.width).saturating_sub(FIXED + name_width + 1);
    let mut lines = Vec::new();
    for track in tracks {
        if room < ROOM {
            // Too narrow for both: the text has a row of its own.
            lines.push(row(track, (name_width, 0)));
            let (text, style) = content(track, usize::from(area.width).saturating_sub(3));
            lines.push(Line::from(format!("   {text}")).style(style));
        } else {
            lines.push(row(track, (name_width, room)));
        }
        lines
            .extend(hint(track, station).map(|hint| Line::from(format!("   {hint}")).style(dim())));
    }
    if lines.is_empty() {
        lines.push(Line::from(" Nothing.").style(dim()));
    }
    draw_panel(frame, area, "IN VIEW".to_owned(), lines);
}

fn row(track: &Track, (name_width, room): (usize, usize)) -> Line<'static> {
    let needed = track.needed;
    let agreed = if track.is_agreed() { needed } else { track.agreed().min(needed) };
    let tone = if track.is_agreed() { Tone::Good } else { Tone::Wait };
    let (text, style) = if room > 0 { content(track, room) } else { Default::default() };
    Line::from(vec![
        Span::raw(format!(" {:name_width$} ", track.symbol.symbology.name())),
        Span::styled(format!("{:<8}", role_name(role(track))), dim()),
        Span::styled(format!("{} ", tone.glyph()), tone.letters()),
        Span::raw(format!("{agreed}/{needed} ")),
        Span::styled(text, style),
    ])
}

fn role(track: &Track) -> Role {
    if track.calls.is_some() { Role::CallUp } else { track.meaning.role }
}

/// What the symbol holds, fit to be shown; of a secret its class.
fn content(track: &Track, room: usize) -> (String, Style) {
    match track.meaning.secret {
        Some(class) => (cut(&format!("{}, not kept", words::secret(class)), room), dim()),
        None if role(track) == Role::Dsn => (show::shortened(&track.symbol.text, room), bold()),
        None => (show::shortened(&track.symbol.text, room), Style::new()),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Dsn => "serial",
        Role::Product => "product",
        Role::CallUp => "order",
        Role::Command => "command",
        Role::Secret => "secret",
        Role::Other => "other",
    }
}

/// What else is to be known of a symbol.
fn hint(track: &Track, station: &Station) -> Option<String> {
    match track.state {
        Use::Linked => return Some("linked".to_owned()),
        Use::Barred if track.is_serial() => {
            return Some("take it away first".to_owned());
        }
        Use::Barred | Use::Contradicted | Use::Fresh => {}
    }
    let serials = &track.meaning.serials;
    let models: Vec<String> =
        serials.iter().map(|s| words::model(station.catalog(), &s.model_id)).collect();
    if !models.is_empty() {
        return Some(models.join(" or "));
    }
    let asins = track.meaning.asins.iter();
    let products: Vec<String> = asins.map(|asin| words::product(station.catalog(), asin)).collect();
    if !products.is_empty() {
        return Some(products.join(" or "));
    }
    let misfit = track.meaning.misfits.iter().max_by_key(|misfit| misfit.position)?;
    let fits = misfit.text.get(..misfit.position)?.chars().count();
    let model = words::model(station.catalog(), &misfit.model_id);
    Some(format!("wrong at {} for {model}", fits + 1))
}
