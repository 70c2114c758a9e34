//! What one picture may cost, counted and never read from a clock (decision 21): equal pictures give equal symbols.

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

/// A picture of three blurred symbols that read nothing, so that everything is tried on them.
pub fn unreadable() -> Result<Picture, NoPicture> {
    const MODULE: usize = 4;
    let (width, height) = SIDES;
    let mut luma = Vec::new();
    let mut state = 0x9e37_79b9_u32;
    let mut row: Vec<u8> = Vec::new();
    for y in 0..height {
        if y % 160 == 0 {
            // Another symbol begins: as many dark modules as light ones, in no order.
            let mut module = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if state >> 31 == 0 { 60_u16 } else { 200 }
            };
            let modules: Vec<u16> = (0..110).map(|_| module()).collect();
            let at = |x: usize| {
                let bar = x.checked_sub(100).and_then(|x| modules.get(x / MODULE));
                bar.copied().unwrap_or(200)
            };
            let blurred = |x: usize| (x..x + 7).map(at).sum::<u16>() / 7;
            row = (0..width as usize).map(|x| u8::try_from(blurred(x)).unwrap_or(200)).collect();
        }
        if (30..130).contains(&(y % 160)) {
            luma.extend_from_slice(&row);
        } else {
            luma.resize(luma.len() + width as usize, 200);
        }
    }
    Picture::new(width, height, luma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::{Formats, decode_within};

    #[test]
    fn the_unreadable_picture_costs_work_and_reads_nothing() {
        let decoded = decode_within(&unreadable().unwrap(), &Formats::all(), Work::default());
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
