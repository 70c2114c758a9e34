//! Memory that is lent and comes back: what every picture needs is allocated for the first ones only.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::pipeline::decode::cells::{Cells, Workspace};
use crate::pipeline::decode::growth::Growth;
use crate::pipeline::decode::linear::Desk;
use crate::pipeline::decode::linear::ballot::Ballot;
use crate::pipeline::decode::linear::fit::pools::FitPools;
use crate::pipeline::decode::linear::joint::pools::JointPools;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::matrix::pdf417::pools::StackedPools;
use crate::pipeline::decode::matrix::pools::MatrixPools;
use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::pooled::Pooled;
use crate::pipeline::decode::profile::{Bars, Room};
use crate::pipeline::decode::raster::Gray;
use crate::pipeline::decode::strip::Bands;
use crate::pipeline::decode::texture::{Marked, Windows};
use crate::pipeline::symbol::Point;

/// What the decoder of one camera's pictures lends itself, a pool for each size and kind.
#[derive(Debug, Default)]
pub struct Pools {
    /// Pictures reduced or padded.
    pub grays: Pool<Gray>,
    /// The structure of pictures.
    pub cells: Pool<Cells>,
    /// Room in which that is worked out.
    pub workspaces: Pool<Workspace>,
    /// Room in which cells are joined to regions.
    pub growths: Pool<Growth>,
    /// Room in which cells are joined to patches.
    pub marked: Pool<Marked>,
    /// Such patches.
    pub patches: Pool<Vec<Patch>>,
    /// The windows by which they are told from print.
    pub windows: Pool<Windows>,
    /// Points in a picture.
    pub points: Pool<Vec<Point>>,
    /// Regions of bars.
    pub regions: Pool<Vec<Region>>,
    /// Regions of worn bars, and whether each may be so by itself.
    pub worn: Pool<Vec<(Region, bool)>>,
    /// Room in which strips are read.
    pub desks: Pool<Desk>,
    /// What was read in a strip.
    pub ballots: Pool<Ballot>,
    /// Profiles, and other rows of numbers.
    pub profiles: Pool<Vec<f32>>,
    /// Profiles of bands of rows.
    pub bands: Pool<Bands>,
    /// Profiles of several bands.
    pub pooled: Pool<Pooled>,
    /// Edges of profiles.
    pub bars: Pool<Bars>,
    /// Room in which those are found.
    pub rooms: Pool<Room>,
    /// Numbers of things.
    pub counts: Pool<Vec<usize>>,
    /// What the readers of matrix symbols use.
    pub matrix: MatrixPools,
    /// What those of stacked ones use.
    pub stacked: StackedPools,
    /// What the fits of characters one by one use.
    pub fit: FitPools,
    /// What those of whole symbols use.
    pub joint: JointPools,
}

/// A profile that is lent.
pub type Profile<'p> = Lent<'p, Vec<f32>>;

/// Regions, in a list that is lent.
pub type Regions<'p> = Lent<'p, Vec<Region>>;

/// Values that own memory, kept while nobody uses them.
pub struct Pool<T> {
    idle: Cell<Vec<T>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { idle: Cell::default() }
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl<T: Default> Pool<T> {
    /// One that nobody uses, as it was left: who takes it clears it. A new one where there is none.
    pub fn lend(&self) -> Lent<'_, T> {
        let mut idle = self.idle.take();
        let value = idle.pop().unwrap_or_default();
        self.idle.set(idle);
        Lent { value, pool: self }
    }
}

impl<T> Pool<Vec<T>> {
    /// A list that nobody uses, of these `values`.
    pub fn collect(&self, values: impl IntoIterator<Item = T>) -> Lent<'_, Vec<T>> {
        let mut list = self.empty();
        list.extend(values);
        list
    }

    /// One of nothing.
    pub fn empty(&self) -> Lent<'_, Vec<T>> {
        let mut list = self.lend();
        list.clear();
        list
    }
}

/// A value that goes back to its pool when it is dropped, be it by a panic.
pub struct Lent<'p, T: Default> {
    value: T,
    pool: &'p Pool<T>,
}

impl<T: Default> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        let mut idle = self.pool.idle.take();
        idle.push(std::mem::take(&mut self.value));
        self.pool.idle.set(idle);
    }
}

impl<T: Default> Deref for Lent<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Default> DerefMut for Lent<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Default + AsRef<U>, U: ?Sized> AsRef<U> for Lent<'_, T> {
    fn as_ref(&self) -> &U {
        self.value.as_ref()
    }
}

impl<T: Default + fmt::Debug> fmt::Debug for Lent<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back() {
        let pool: Pool<Vec<u8>> = Pool::default();
        let fill = |n: usize| {
            let mut lent = pool.lend();
            lent.resize(n, 0);
            lent.as_ptr()
        };
        let first = fill(1000);
        assert_eq!(fill(10), first);
        // Two at once are not the same, and both come back.
        let (a, b) = (pool.lend(), pool.lend());
        assert!(a.as_ptr() == first && b.capacity() == 0);
        drop((a, b));
        assert_eq!(pool.idle.take().len(), 2);
    }

    #[test]
    fn what_a_panic_interrupts_comes_back_too() {
        let pool: Pool<Vec<u8>> = Pool::default();
        let fall = std::panic::AssertUnwindSafe(|| {
            pool.lend().resize(1000, 0);
            let _lent = pool.lend();
            panic!("in use");
        });
        assert!(std::panic::catch_unwind(fall).is_err());
        assert_eq!(pool.lend().capacity(), 1000);
    }
}
