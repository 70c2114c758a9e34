//! What the readers of matrix symbols lend themselves.

use crate::pipeline::decode::matrix::datamatrix::Corner;
use crate::pipeline::decode::matrix::edges::Edges;
use crate::pipeline::decode::matrix::hough::Hough;
use crate::pipeline::decode::matrix::line::Line;
use crate::pipeline::decode::matrix::qr::{Frame, Three};
use crate::pipeline::decode::matrix::relief::Relief;
use crate::pipeline::decode::matrix::rings::{Rings, Seen};
use crate::pipeline::decode::pool::Pool;

/// A pool for each kind of it.
#[derive(Debug, Default)]
pub struct MatrixPools {
    /// Patches in two colours.
    pub reliefs: Pool<Relief>,
    /// Concentric squares in them.
    pub rings: Pool<Vec<Rings>>,
    /// The same as rows show them.
    pub seen: Pool<Vec<Seen>>,
    /// Edges of patches.
    pub edges: Pool<Edges>,
    /// Room in which lines are found among those.
    pub houghs: Pool<Hough>,
    /// Such lines.
    pub lines: Pool<Vec<Line>>,
    /// Two of them that meet.
    pub corners: Pool<Vec<Corner>>,
    /// Three finder patterns, and how far they are from a square.
    pub threes: Pool<Vec<(Three, f32)>>,
    /// Sizes of the symbols they may be of, and how clear those are.
    pub frames: Pool<Vec<(Frame, f32)>>,
    /// Pairs of places in a symbol.
    pub pairs: Pool<Vec<[(f32, f32); 2]>>,
    /// How well each of several numbers fits.
    pub scores: Pool<Vec<(usize, f32)>>,
    /// How dark and how light modules are near each of many.
    pub levels: Pool<Vec<(f32, f32)>>,
    /// Whether each of many is so.
    pub bools: Pool<Vec<bool>>,
}
