//! The seed of each picture: its number, unless another is needed for all of its symbols to be read.

/// Where the number does not do (found by `make-samples --seeds`).
const OTHERS: &[(&str, u64)] = &[];

/// The seed of the picture or sequence `name`.
pub(crate) fn of(name: &str) -> u64 {
    let other = OTHERS.iter().find(|(other, _)| *other == name);
    other.map_or_else(|| name.parse().unwrap_or(0), |(_, seed)| *seed)
}
