//! The seed of each picture: its number, unless another is needed for all of its symbols to be read.

use std::collections::BTreeMap;

/// Where the number does not do (found by `make-samples --seeds`).
const OTHERS: &[(&str, u64)] = &[
    ("0007", 2000007),
    ("0009", 1000009),
    ("0013", 1000013),
    ("0015", 1000015),
    ("0017", 1000017),
    ("0028", 1000028),
    ("0030", 1000030),
    ("0034", 1000034),
    ("0036", 8000036),
    ("0046", 1000046),
    ("0050", 1000050),
    ("0063", 1000063),
    ("0064/000003", 65000003),
    ("0064/000010", 65000010),
    ("0064/000016", 65000016),
    ("0065/000005", 66000005),
    ("0066/000013", 67000013),
    ("0071", 1000071),
];

/// Seeds by the names of pictures: `0017`, or `0065/000006` for a frame of a sequence.
#[derive(Debug, Clone)]
pub(crate) struct Seeds(BTreeMap<String, u64>);

impl Seeds {
    /// The seeds of the committed samples.
    pub(crate) fn committed() -> Self {
        Self(OTHERS.iter().map(|(name, seed)| ((*name).to_owned(), *seed)).collect())
    }

    /// The seed of the picture `name`.
    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_else(|| own(name))
    }

    /// The seed of the picture `name`, where it is not its own number.
    pub(crate) fn other(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// Takes the next seed for the picture `name`.
    pub(crate) fn advance(&mut self, name: &str) {
        let next = self.of(name) + 1_000_000;
        self.0.insert(name.to_owned(), next);
    }
}

/// The number in a name, so that no two pictures begin alike.
fn own(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}
