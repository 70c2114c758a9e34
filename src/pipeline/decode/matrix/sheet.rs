//! A patch with the contrast that counts as a whole step in it.

use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::Point;

/// Gray pixels whose steps of brightness are measured against what is usual among them.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    view: View<'a>,
    full: f32,
}

impl<'a> Sheet<'a> {
    /// The pixels of `view`; a third of what lies between its dark and its light pixels is a whole step.
    pub fn of(view: View<'a>) -> Self {
        let counts = view.counts(1);
        let total = view.luma.len() as f32;
        let rank = |share: f32| {
            let mut below = 0.0;
            let reached = |n: &usize| {
                below += *n as f32;
                below >= share * total
            };
            counts.iter().position(reached).unwrap_or(255) as f32
        };
        Self { view, full: ((rank(0.95) - rank(0.05)) / 3.0).max(4.0) }
    }

    /// The brightness at `place`.
    #[inline]
    pub fn look(&self, place: Point) -> f32 {
        self.view.sample(place.x, place.y)
    }

    /// A step of brightness, -1 to 1: glare makes some small and none larger than whole.
    #[inline]
    pub fn step(&self, rise: f32) -> f32 {
        (rise / self.full).clamp(-1.0, 1.0)
    }
}
