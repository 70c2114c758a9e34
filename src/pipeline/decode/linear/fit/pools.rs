//! What the fits of characters one by one lend themselves.

use crate::pipeline::decode::linear::fit::Room;
use crate::pipeline::decode::linear::fit::hypothesis::Hypothesis;
use crate::pipeline::decode::linear::fit::run::Run;
use crate::pipeline::decode::linear::fit::template::Sampler;
use crate::pipeline::decode::pool::Pool;

/// A pool for each kind of it.
#[derive(Debug, Default)]
pub struct FitPools {
    /// Where symbols may begin and end.
    pub stretches: Pool<Vec<(f32, f32)>>,
    /// Profiles seen from one end.
    pub samplers: Pool<Sampler>,
    /// Room in which they are compared with characters.
    pub rooms: Pool<Room>,
    /// What a profile may be.
    pub hypotheses: Pool<Vec<Hypothesis>>,
    /// Ways from one end of a symbol to the other.
    pub runs: Pool<Vec<Run>>,
}
