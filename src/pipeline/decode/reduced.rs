//! The structure of a picture as bars and modules are looked for in it: at half its size, and finer where that is wanted.

use crate::pipeline::decode::cells::{CELL, Cells};
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::{Gray, View};
use crate::pipeline::decode::{Formats, SMALL};

/// How many times the reduced picture is halved to find wider modules and bars: modules of 80 pixels have five in the
/// last.
pub const HALVINGS: usize = 3;

/// The structure of a picture, in cells of a picture perhaps reduced.
#[derive(Debug)]
pub struct Reduced<'p> {
    /// The reduced picture; `None` where it is the picture itself.
    pub gray: Option<Lent<'p, Gray>>,
    /// Its cells.
    pub cells: Lent<'p, Cells>,
    /// The same cells by the gradients of the picture itself, where that is the larger: fine bars and modules.
    pub fine: Option<Lent<'p, Cells>>,
    /// How many pixels of the picture one of the reduced is wide.
    pub factor: f32,
}

impl<'p> Reduced<'p> {
    /// That of `view` as far as `formats` need it.
    pub fn of(view: View<'_>, formats: &Formats, pools: &'p Pools) -> Self {
        if view.width * view.height < SMALL {
            let cells = cells(view, CELL, pools);
            return Self { gray: None, cells, fine: None, factor: 1.0 };
        }
        let half = halved(view, pools);
        let fine = formats.are_fine().then(|| cells(view, 2 * CELL, pools));
        Self { cells: cells(half.view(), CELL, pools), fine, gray: Some(half), factor: 2.0 }
    }

    /// The same of `view`, the whole picture, at half this size.
    fn smaller(&self, view: View<'_>, pools: &'p Pools) -> Self {
        let half = halved(self.small(view), pools);
        let factor = 2.0 * self.factor;
        Self { cells: cells(half.view(), CELL, pools), fine: None, gray: Some(half), factor }
    }

    /// The same of `view`, the whole picture, at half this size, at half of that and so on.
    pub fn halvings(&self, view: View<'_>, pools: &'p Pools) -> [Self; HALVINGS] {
        let half = self.smaller(view, pools);
        let quarter = half.smaller(view, pools);
        let eighth = quarter.smaller(view, pools);
        [half, quarter, eighth]
    }

    /// The reduced picture, or else `view`, the whole one.
    pub fn small<'a>(&'a self, view: View<'a>) -> View<'a> {
        self.gray.as_ref().map_or(view, |gray| gray.view())
    }
}

fn halved<'p>(view: View<'_>, pools: &'p Pools) -> Lent<'p, Gray> {
    let mut half = pools.grays.lend();
    view.halve_into(&mut half);
    half
}

fn cells<'p>(view: View<'_>, side: usize, pools: &'p Pools) -> Lent<'p, Cells> {
    let mut cells = pools.cells.lend();
    cells.fill(view, side, &mut pools.workspaces.lend());
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_finer_than_wanted_is_not_looked_for() {
        let luma = vec![200_u8; 800 * 600];
        let view = View { width: 800, height: 600, luma: &luma };
        let pools = Pools::default();
        let formats = |px| Formats::all().with_least_px(px);
        let is_fine = |px| Reduced::of(view, &formats(px), &pools).fine.is_some();
        assert_eq!([1, 2, 3].map(is_fine), [true, true, false]);
    }
}
