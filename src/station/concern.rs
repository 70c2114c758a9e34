//! What somebody is to be told of before it stops the station.

/// A machine that will not do for much longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// The disk is nearly full (E30).
    DiskLow {
        /// What is left of it, in MiB.
        left_mb: u64,
    },
    /// The wall clock was set while the station ran (E28).
    ClockMoved,
}
