//! What the readers of PDF417 and `MicroPDF417` lend themselves.

use crate::pipeline::decode::matrix::pdf417::micro::Row;
use crate::pipeline::decode::matrix::pdf417::rails::Sight;
use crate::pipeline::decode::matrix::pdf417::rows::Mark;
use crate::pipeline::decode::matrix::pdf417::templates::Templates;
use crate::pipeline::decode::pool::Pool;

/// A pool for each kind of it.
#[derive(Debug, Default)]
pub struct StackedPools {
    /// Start and stop patterns.
    pub sights: Pool<Vec<Sight>>,
    /// What tells the rows of lines.
    pub marks: Pool<Vec<Mark>>,
    /// Rows of `MicroPDF417`.
    pub micro_rows: Pool<Vec<Row>>,
    /// What codewords look like.
    pub templates: Pool<Templates>,
}
