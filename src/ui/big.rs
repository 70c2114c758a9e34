//! Block letters: a word several rows high, to be read from two metres away.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// How large a letter is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Two dots a row: three rows high.
    Half,
    /// A dot a cell: five rows.
    One,
    /// Two cells square a dot: ten rows.
    Two,
}

/// Dots from top to bottom of a letter.
const DOTS: u16 = 5;

impl Scale {
    /// Rows that a letter takes.
    pub fn rows(self) -> u16 {
        match self {
            Self::Half => DOTS.div_ceil(2),
            Self::One => DOTS,
            Self::Two => DOTS * 2,
        }
    }

    fn columns(self) -> u16 {
        if self == Self::Two { 2 } else { 1 }
    }
}

/// The columns that `text` takes at `scale`; `None` where a character has no block letter.
pub fn width(text: &str, scale: Scale) -> Option<u16> {
    let mut dots = 0_u16;
    for c in text.chars() {
        dots = dots.saturating_add(n_dots(letter(c)?)).saturating_add(1);
    }
    Some(dots.saturating_sub(1).saturating_mul(scale.columns()))
}

/// The largest scale at which `text` fits into `columns` and `rows`.
pub fn fitting(text: &str, columns: u16, rows: u16) -> Option<Scale> {
    [Scale::Two, Scale::One, Scale::Half]
        .into_iter()
        .find(|scale| scale.rows() <= rows && width(text, *scale).is_some_and(|w| w <= columns))
}

/// Draws `text` from the top left of `area` on, cut off at its edges.
pub fn draw(buffer: &mut Buffer, area: Rect, text: &str, scale: Scale, style: Style) {
    let mut x = 0;
    for letter in text.chars().filter_map(letter) {
        for column in 0..n_dots(letter) {
            for _ in 0..scale.columns() {
                draw_column(buffer, area, (letter, column), (x, scale), style);
                x += 1;
            }
        }
        x += scale.columns();
    }
}

fn draw_column(
    buffer: &mut Buffer,
    area: Rect,
    (letter, column): (&Letter, u16),
    (x, scale): (u16, Scale),
    style: Style,
) {
    for y in 0..scale.rows().min(area.height) {
        let symbol = match scale {
            Scale::Half => match (dot(letter, column, 2 * y), dot(letter, column, 2 * y + 1)) {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => continue,
            },
            Scale::One if dot(letter, column, y) => "█",
            Scale::Two if dot(letter, column, y / 2) => "█",
            Scale::One | Scale::Two => continue,
        };
        if x < area.width
            && let Some(cell) = buffer.cell_mut((area.x + x, area.y + y))
        {
            cell.set_symbol(symbol).set_style(style);
        }
    }
}

/// A letter: its rows of dots, all of one length.
type Letter = [&'static str; DOTS as usize];

fn n_dots(letter: &Letter) -> u16 {
    letter.first().map_or(0, |row| u16::try_from(row.len()).unwrap_or(u16::MAX))
}

fn dot(letter: &Letter, column: u16, row: u16) -> bool {
    let row = letter.get(usize::from(row)).map(|row| row.as_bytes());
    row.and_then(|row| row.get(usize::from(column))) == Some(&b'#')
}

fn letter(c: char) -> Option<&'static Letter> {
    FONT.iter().find(|(of, _)| *of == c).map(|(_, letter)| letter)
}

/// The letters there are.
#[rustfmt::skip]
const FONT: &[(char, Letter)] = &[
    (' ', ["  ", "  ", "  ", "  ", "  "]),
    ('A', [" ## ", "#  #", "####", "#  #", "#  #"]),
    ('B', ["### ", "#  #", "### ", "#  #", "### "]),
    ('C', [" ###", "#   ", "#   ", "#   ", " ###"]),
    ('D', ["### ", "#  #", "#  #", "#  #", "### "]),
    ('E', ["####", "#   ", "### ", "#   ", "####"]),
    ('F', ["####", "#   ", "### ", "#   ", "#   "]),
    ('G', [" ###", "#   ", "# ##", "#  #", " ###"]),
    ('H', ["#  #", "#  #", "####", "#  #", "#  #"]),
    ('I', ["###", " # ", " # ", " # ", "###"]),
    ('J', ["  ##", "   #", "   #", "#  #", " ## "]),
    ('K', ["#  #", "# # ", "##  ", "# # ", "#  #"]),
    ('L', ["#   ", "#   ", "#   ", "#   ", "####"]),
    ('M', ["#   #", "## ##", "# # #", "#   #", "#   #"]),
    ('N', ["#   #", "##  #", "# # #", "#  ##", "#   #"]),
    ('O', [" ## ", "#  #", "#  #", "#  #", " ## "]),
    ('P', ["### ", "#  #", "### ", "#   ", "#   "]),
    ('Q', [" ## ", "#  #", "#  #", "# ##", " ###"]),
    ('R', ["### ", "#  #", "### ", "# # ", "#  #"]),
    ('S', [" ###", "#   ", " ## ", "   #", "### "]),
    ('T', ["#####", "  #  ", "  #  ", "  #  ", "  #  "]),
    ('U', ["#  #", "#  #", "#  #", "#  #", " ## "]),
    ('V', ["#   #", "#   #", "#   #", " # # ", "  #  "]),
    ('W', ["#   #", "#   #", "# # #", "## ##", "#   #"]),
    ('X', ["#   #", " # # ", "  #  ", " # # ", "#   #"]),
    ('Y', ["#   #", " # # ", "  #  ", "  #  ", "  #  "]),
    ('Z', ["####", "   #", " ## ", "#   ", "####"]),
    ('0', [" ## ", "#  #", "#  #", "#  #", " ## "]),
    ('1', [" # ", "## ", " # ", " # ", "###"]),
    ('2', ["### ", "   #", " ## ", "#   ", "####"]),
    ('3', ["### ", "   #", " ## ", "   #", "### "]),
    ('4', ["#  #", "#  #", "####", "   #", "   #"]),
    ('5', ["####", "#   ", "### ", "   #", "### "]),
    ('6', [" ## ", "#   ", "### ", "#  #", " ## "]),
    ('7', ["####", "   #", "  # ", " #  ", " #  "]),
    ('8', [" ## ", "#  #", " ## ", "#  #", " ## "]),
    ('9', [" ## ", "#  #", " ###", "   #", " ## "]),
    ('-', ["   ", "   ", "###", "   ", "   "]),
    ('?', ["### ", "   #", " ## ", "    ", " #  "]),
    ('✔', ["      #", "     ##", "#   ## ", "## ##  ", " ###   "]),
    ('✖', ["#   #", "## ##", " ### ", "## ##", "#   #"]),
    ('…', ["        ", "        ", "        ", "## ## ##", "## ## ##"]),
    ('▶', ["#    ", "###  ", "#####", "###  ", "#    "]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_a_rectangle() {
        for (c, letter) in FONT {
            assert!(letter.iter().all(|row| row.len() == letter[0].len()), "{c}");
            assert!(letter.iter().all(|row| row.bytes().all(|b| b == b'#' || b == b' ')), "{c}");
        }
    }

    #[test]
    fn the_largest_that_fits_is_taken() {
        assert_eq!(fitting("STOP", 80, 12), Some(Scale::Two));
        assert_eq!(fitting("STOP", 30, 12), Some(Scale::One));
        assert_eq!(fitting("STOP", 30, 3), Some(Scale::Half));
        assert_eq!(fitting("STOP", 10, 12), None);
        assert_eq!(fitting("stop", 80, 12), None, "no small letters");
    }
}
