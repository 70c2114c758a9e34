//! What one picture may cost, counted and never read from a clock (decision 21): equal pictures give equal symbols.

use crate::pipeline::decode::linear::code128::PATTERNS;
use crate::pipeline::frame::{NoPicture, Picture};

/// Columns of the regions that are read closely; one costs some five microseconds. A plain symbol costs none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work(usize);

impl Default for Work {
    /// What `decode` and `replay` use: some fifteen symbols that are hard to read.
    fn default() -> Self {
        Self(12_000)
    }
}

impl Work {
    /// So many columns.
    pub fn of(columns: usize) -> Self {
        Self(columns)
    }

    /// What is done in `ms` milliseconds at the pace of `columns` in `spent_ms`; the default where nothing was measured.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what a picture may have"
    )]
    pub fn in_ms(ms: u32, columns: usize, spent_ms: f64) -> Self {
        if columns == 0 || spent_ms <= 0.0 {
            return Self::default();
        }
        Self((f64::from(ms) * columns as f64 / spent_ms).clamp(1_000.0, 1e6) as usize)
    }

    /// Columns that are left.
    pub fn columns(self) -> usize {
        self.0
    }

    /// Takes `columns` of it, unless less is left.
    pub(crate) fn spend(&mut self, columns: usize) -> bool {
        let left = self.0.checked_sub(columns);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// Pixels on the sides of the picture that is worked on to know a machine's pace.
const SIDES: (u32, u32) = (640, 480);

/// Pixels a module in it, by how many of them it is blurred, and where its symbols begin.
const MODULE: usize = 4;
const BLUR: u16 = 7;
const LEFT: usize = 60;

/// Symbols in it, one below the other.
const SYMBOLS: u32 = 3;

/// A picture of blurred Code 128 symbols whose check characters are wrong, so that everything is tried on them in vain.
pub fn unreadable() -> Result<Picture, NoPicture> {
    let (width, height) = SIDES;
    let each = height / SYMBOLS;
    let mut luma = Vec::new();
    for symbol in 0..SYMBOLS {
        let row = row(symbol as usize, width as usize);
        for y in 0..each {
            if (each / 5..each * 4 / 5).contains(&y) {
                luma.extend_from_slice(&row);
            } else {
                luma.resize(luma.len() + row.len(), 200);
            }
        }
    }
    Picture::new(width, height, luma)
}

/// A row of symbol `n`, blurred.
fn row(n: usize, width: usize) -> Vec<u8> {
    let data = (1..8).map(|k| (37 * k + 11 * n) % 95);
    let sum = 104 + data.clone().enumerate().map(|(k, value)| (k + 1) * value).sum::<usize>();
    let values = [104].into_iter().chain(data).chain([(sum + 1) % 103, 106]);
    let widths = values.filter_map(|value| PATTERNS.get(value)).flatten().chain(&[2]);
    let bars = widths.enumerate().flat_map(|(k, n)| vec![k % 2 == 0; MODULE * usize::from(*n)]);
    let bars: Vec<bool> = bars.collect();
    let at = |x: usize| {
        let is_dark = x.checked_sub(LEFT).and_then(|x| bars.get(x)).copied().unwrap_or(false);
        if is_dark { 60_u16 } else { 200 }
    };
    let blurred = |x: usize| (x..x + usize::from(BLUR)).map(at).sum::<u16>() / BLUR;
    (0..width).map(|x| u8::try_from(blurred(x)).unwrap_or(u8::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::{Decoder, Formats};

    #[test]
    fn the_unreadable_picture_costs_work_and_reads_nothing() {
        let picture = unreadable().unwrap();
        let mut decoder = Decoder::default();
        let decoded = decoder.decode_within(&picture, &Formats::all(), Work::default());
        assert_eq!((decoded.symbols.len(), decoded.skipped), (0, 0));
        assert!(decoded.spent > 1_000, "{}", decoded.spent);
    }

    #[test]
    fn twice_the_time_is_twice_the_work() {
        let columns = |ms| Work::in_ms(ms, 2_000, 10.0).columns();
        assert_eq!((columns(30), columns(60)), (6_000, 12_000));
        assert_eq!(Work::in_ms(60, 0, 0.0), Work::default());
    }
}
