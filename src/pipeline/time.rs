//! Points in time: milliseconds, because everything the station writes has three fractional digits.
//!
//! Nothing here reads a clock; `edge/clock.rs` does, and hands the value in.

use std::fmt;
use std::str::FromStr;

/// A point in time, to the millisecond, UTC.
///
/// Shown and parsed as RFC 3339 with exactly three fractional digits and `Z` (requirement 51).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Where simulated time begins: 2026-01-01T00:00:00.000Z (decision 18).
pub const SIMULATED_START: Timestamp = Timestamp(1_767_225_600_000);

/// The last millisecond of the year 9999, the end of what RFC 3339 can say.
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The point `millis` milliseconds after 1970-01-01T00:00:00Z, kept within the years 1970 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LAST))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The point `millis` milliseconds later.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this; negative where this comes first.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no time; write it as 2026-01-31T10:42:00.000Z")]
pub struct NoTime {
    text: String,
}

impl FromStr for Timestamp {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        let wrong = || NoTime { text: text.chars().take(40).collect() };
        let at: jiff::Timestamp = text.parse().map_err(|_ignored: jiff::Error| wrong())?;
        let millis = at.as_millisecond();
        if (0..=LAST).contains(&millis) { Ok(Self(millis)) } else { Err(wrong()) }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_three_fractional_digits_always() {
        assert_eq!(SIMULATED_START.to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(1).to_string(), "1970-01-01T00:00:00.001Z");
        assert_eq!(
            Timestamp::from_millis(1_443_666_232_747).to_string(),
            "2015-10-01T02:23:52.747Z"
        );
    }

    proptest! {
        #[test]
        fn shown_and_parsed_again_is_the_same(millis in 0..=LAST) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
        }

        #[test]
        fn any_text_does_not_panic(text in ".{0,40}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
