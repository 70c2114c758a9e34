//! What the fits of whole symbols lend themselves.

use crate::pipeline::decode::linear::joint::bank::Bank;
use crate::pipeline::decode::linear::joint::scene::Slopes;
use crate::pipeline::decode::linear::joint::settle::PARTS;
use crate::pipeline::decode::linear::joint::trellis::{Places, States};
use crate::pipeline::decode::linear::joint::{Rough, Start};
use crate::pipeline::decode::pool::Pool;

/// A pool for each kind of it.
#[derive(Debug, Default)]
pub struct JointPools {
    /// Pairs of ends that a symbol may have.
    pub roughs: Pool<Vec<Rough>>,
    /// Scenes to begin with.
    pub starts: Pool<Vec<Start>>,
    /// Characters through the blur of each part of a symbol.
    pub banks: Pool<[Bank; PARTS]>,
    /// The places of trellises.
    pub places: Pool<Places>,
    /// The states of searches through them, those of two places.
    pub states: Pool<[States; 2]>,
    /// The rows of readings.
    pub rows: Pool<Vec<usize>>,
    /// The darkness of columns and its slopes.
    pub slopes: Pool<Vec<Slopes>>,
    /// Running sums.
    pub sums: Pool<Vec<f64>>,
}
