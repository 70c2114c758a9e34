//! The seed of each picture: its number, unless another is needed for all of its symbols to be read.

use std::collections::BTreeMap;

/// How many seeds further a picture has to go (found by `make-samples --seeds`).
const OTHERS: &[(&str, u64)] = &[
    ("0007", 2),
    ("0009", 1),
    ("0013", 1),
    ("0015", 1),
    ("0017", 1),
    ("0028", 1),
    ("0030", 1),
    ("0034", 1),
    ("0036", 8),
    ("0046", 1),
    ("0050", 1),
    ("0063", 1),
    ("0064/000003", 1),
    ("0064/000010", 1),
    ("0064/000016", 1),
    ("0065/000005", 1),
    ("0066/000013", 1),
    ("0071", 1),
];

/// From one seed of a picture to the next.
const STEP: u64 = 1_000_000;

/// Seeds further by the names of pictures: `0017`, or `0065/000006` for a frame of a sequence.
#[derive(Debug, Clone)]
pub(crate) struct Seeds(BTreeMap<String, u64>);

impl Seeds {
    /// The seeds of the committed samples.
    pub(crate) fn committed() -> Self {
        Self(OTHERS.iter().map(|(name, further)| ((*name).to_owned(), *further)).collect())
    }

    /// The seed of the picture `name`.
    pub(crate) fn of(&self, name: &str) -> u64 {
        own(name) + self.further(name) * STEP
    }

    /// How many seeds further than its own number the picture `name` goes.
    pub(crate) fn further(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Takes the next seed for the picture `name`.
    pub(crate) fn advance(&mut self, name: &str) {
        *self.0.entry(name.to_owned()).or_insert(0) += 1;
    }
}

/// The number in a name, so that no two pictures begin alike.
fn own(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}
