//! The structure tensor of a picture in cells of 4x4 pixels: how strong its gradient is, and in how many directions.

use multiversion::multiversion;

use crate::pipeline::decode::lanes::{BLOCK, fill};
use crate::pipeline::decode::raster::View;

/// Pixels on a side of a cell.
pub const CELL: usize = 4;

/// Pairs of pixels on a side of a cell.
const HALF: usize = CELL / 2;

/// Least gradient energy of a cell of bars (gray values squared a pixel).
pub const MIN_ENERGY: f32 = 4.0;

/// The structure tensor of each cell: sums of products of the gradient.
#[derive(Debug, Default)]
pub struct Cells {
    /// Cells a row.
    pub columns: usize,
    /// Rows of cells.
    pub rows: usize,
    /// xx, yy and xy of each cell and its eight neighbours, a pixel: the window in which direction is judged.
    planes: [Vec<f32>; 3],
    /// The gradient energy of each cell by itself.
    pub energies: Vec<f32>,
    /// The energies of windows that others are measured by.
    pub levels: Levels,
}

/// Room in which the planes of cells are worked out.
#[derive(Debug, Default)]
pub struct Workspace {
    /// xx, yy and xy of each cell by itself.
    own: [Vec<f32>; 3],
    /// Sums over three cells of a column.
    row: Vec<f32>,
    /// Energies to be sorted, as their bits: those of what is not negative are in its order.
    sorted: Vec<u32>,
}

/// Two energies among those of all windows, of a quarter of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Levels {
    /// What one in five has not: noise.
    pub noise: f32,
    /// What one in a hundred exceeds.
    pub strong: f32,
}

impl Levels {
    /// Those of `energies`, which are put in order in `sorted`.
    fn of(energies: impl ExactSizeIterator<Item = f32>, sorted: &mut Vec<u32>) -> Self {
        fill(sorted, energies.step_by(4).map(f32::to_bits));
        let Some(last) = sorted.len().checked_sub(1) else { return Self::default() };
        let mut at =
            |share: usize| f32::from_bits(*sorted.select_nth_unstable(last * share / 100).1);
        Self { noise: at(20), strong: at(99) }
    }
}

impl Cells {
    /// The cells of `picture`, of `side` pixels each, [`CELL`] or twice as many.
    pub fn of(picture: View<'_>, side: usize) -> Self {
        let mut cells = Self::default();
        cells.fill(picture, side, &mut Workspace::default());
        cells
    }

    /// Makes them the cells of `picture`, of `side` pixels each; of large cells every other row is looked at.
    pub fn fill(&mut self, picture: View<'_>, side: usize, workspace: &mut Workspace) {
        let (columns, rows) = (picture.width / side, picture.height / side);
        let Workspace { own, row: row_sums, sorted } = workspace;
        // What was there is overwritten, cell by cell.
        for plane in own.iter_mut() {
            plane.resize(columns * rows, 0.0);
        }
        let step = if side > CELL { 2 } else { 1 };
        // Sobel's weights sum to 8.
        let scale = 1.0 / (64 * (side / step) * side) as f32;
        let add_up = if side > CELL { add_up::<CELL> } else { add_up::<HALF> };
        let mut sums = Sums::new();
        for (row, tile) in
            (0..rows).flat_map(|row| (0..=picture.width / TILE).map(move |t| (row, t)))
        {
            sums.products.iter_mut().for_each(|column| column.fill(0));
            for y in (row * side..(row + 1) * side).step_by(step) {
                sums.add_row(picture, tile * TILE, y);
            }
            let (first, n) = (tile * TILE / side, TILE / side);
            for (plane, products) in own.iter_mut().zip(&sums.products) {
                let cells = &mut plane[row * columns..(row + 1) * columns];
                let last = (first + n).min(columns);
                add_up(products, scale, cells.get_mut(first..last).unwrap_or_default());
            }
        }
        (self.columns, self.rows) = (columns, rows);
        fill(&mut self.energies, own[0].iter().zip(&own[1]).map(|(xx, yy)| xx + yy));
        for (plane, own) in self.planes.iter_mut().zip(own.iter()) {
            smooth(own, columns, row_sums, plane);
        }
        self.levels = Levels::of(self.windows(), sorted);
    }

    /// xx, yy and xy of the window around cell `k`; nothing beyond the last.
    pub fn tensor(&self, k: usize) -> [f32; 3] {
        [0, 1, 2].map(|plane: usize| self.planes[plane].get(k).copied().unwrap_or_default())
    }

    /// The same of each cell.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = [f32; 3]> + '_ {
        let [xx, yy, xy] = &self.planes;
        xx.iter().zip(yy).zip(xy).map(|((xx, yy), xy)| [*xx, *yy, *xy])
    }

    /// The energy of each window.
    fn windows(&self) -> impl ExactSizeIterator<Item = f32> + '_ {
        self.planes[0].iter().zip(&self.planes[1]).map(|(xx, yy)| xx + yy)
    }

    /// The energy that one window in a hundred exceeds, of all of them: small symbols have few windows.
    pub fn strongest(&self, Workspace { sorted: above, .. }: &mut Workspace) -> f32 {
        // Those near it and above are few.
        let near = 0.7 * self.levels.strong;
        above.clear();
        let [xx, yy, _] = &self.planes;
        for (xx, yy) in xx.chunks(BLOCK).zip(yy.chunks(BLOCK)) {
            let energies = xx.iter().zip(yy).map(|(xx, yy)| xx + yy);
            let greater = |most: f32, energy: f32| if energy > most { energy } else { most };
            if energies.clone().fold(0.0, greater) >= near {
                above.extend(energies.filter(|energy| *energy >= near).map(f32::to_bits));
            }
        }
        let n_stronger = self.energies.len().saturating_sub(1).div_ceil(100);
        match above.len().checked_sub(1 + n_stronger) {
            Some(rank) => f32::from_bits(*above.select_nth_unstable(rank).1),
            None => self.levels.strong,
        }
    }

    /// Whether no cell has the gradient of bars or modules, as in a view of the bare table.
    pub fn are_flat(&self) -> bool {
        self.energies.iter().all(|energy| *energy < 2.0 * MIN_ENERGY)
    }

    /// Whether each cell has a good part of the energy of its window itself, not from its neighbours alone: fine bars
    /// fill every cell, and near a small symbol the window would reach over its quiet zone to the edge of the label.
    pub fn are_own(&self) -> impl ExactSizeIterator<Item = bool> + '_ {
        self.energies.iter().zip(self.windows()).map(|(own, window)| *own >= 0.4 * window)
    }

    /// The levels of energy where the windows of cells that have none themselves are empty.
    pub fn own_levels(&self, Workspace { sorted, .. }: &mut Workspace) -> Levels {
        let own = self.windows().zip(self.are_own());
        Levels::of(own.map(|(energy, is_own)| if is_own { energy } else { 0.0 }), sorted)
    }
}

/// Sets each cell of `out` to the mean of that of `plane`, of so many `columns`, and its eight neighbours; beyond the rim
/// there is nothing.
#[multiversion(targets("x86_64+avx2"))]
fn smooth(plane: &[f32], columns: usize, sums: &mut Vec<f32>, out: &mut Vec<f32>) {
    out.resize(plane.len(), 0.0);
    sums.clear();
    sums.resize(columns + 2, 0.0);
    let row = |y: usize| plane.get(y * columns..(y + 1) * columns);
    for (y, out) in out.chunks_exact_mut(columns.max(1)).enumerate() {
        let sums_of_row = &mut sums[1..=columns];
        sums_of_row.copy_from_slice(row(y).unwrap_or_default());
        for near in [y.checked_sub(1).and_then(row), row(y + 1)].into_iter().flatten() {
            sums_of_row.iter_mut().zip(near).for_each(|(sum, v)| *sum += v);
        }
        let near = sums.iter().zip(&sums[1..]).zip(&sums[2..]);
        for (out, ((left, middle), right)) in out.iter_mut().zip(near) {
            *out = (left + middle + right) * (1.0 / 9.0);
        }
    }
}

/// Sets each cell to the sum of its `N` of `product`, to `scale`.
#[multiversion(targets("x86_64+avx2"))]
fn add_up<const N: usize>(product: &[i32; TILE / 2], scale: f32, cells: &mut [f32]) {
    for (cell, parts) in cells.iter_mut().zip(product.as_chunks::<N>().0) {
        *cell = parts.iter().sum::<i32>() as f32 * scale;
    }
}

/// Columns that are worked on at a time, so that all that is needed of them stays near.
const TILE: usize = 512;

/// The products of the gradient in a part of a row of cells, two columns together, with room for a row of it.
///
/// Whole numbers of 16 bits, so that eight of them are worked on at once.
struct Sums {
    /// The sums of xx, yy and xy of each two columns: a cell of 8 pixels at most, far from overflow.
    products: [[i32; TILE / 2]; 3],
    /// With a column to each side.
    smooth: [i16; TILE + 2],
    steep: [i16; TILE + 2],
    across: [i16; TILE],
    down: [i16; TILE],
}

impl Sums {
    fn new() -> Self {
        Self {
            products: [[0; TILE / 2]; 3],
            smooth: [0; TILE + 2],
            steep: [0; TILE + 2],
            across: [0; TILE],
            down: [0; TILE],
        }
    }

    /// Adds the products of Sobel's gradient of row `y` from column `left` on; there is none at the rim.
    fn add_row(&mut self, picture: View<'_>, left: usize, y: usize) {
        if y == 0 || y + 1 >= picture.height {
            return;
        }
        let (first, last) = (left.max(1), (left + TILE).min(picture.width.saturating_sub(1)));
        let Some(n) = last.checked_sub(first).filter(|n| *n > 0) else { return };
        let rows = [y - 1, y, y + 1].map(|y| &picture.row(y)[first - 1..=last]);
        let Self { products, smooth, steep, across, down } = self;
        let (smooth, steep) = (&mut smooth[..n + 2], &mut steep[..n + 2]);
        add_down(rows, smooth, steep);
        let inner = first - left..first - left + n;
        add_across((smooth, steep), &mut across[inner.clone()], &mut down[inner]);
        // What was in the columns beside them.
        for rest in [&mut across[..], &mut down[..]] {
            rest[..first - left].fill(0);
            rest[first - left + n..].fill(0);
        }
        let [xx, yy, xy] = products;
        add_products(across, across, xx);
        add_products(down, down, yy);
        add_products(across, down, xy);
    }
}

// Each by itself, so that the compiler knows that no slice reaches into another, and makes vectors of them.
// Where the processor has wider ones, a second version of each is taken.

/// The weighted sum and the difference of three rows, column by column.
#[multiversion(targets("x86_64+avx2"))]
fn add_down(rows: [&[u8]; 3], smooth: &mut [i16], steep: &mut [i16]) {
    let rows = rows[0].iter().zip(rows[1]).zip(rows[2]);
    for (((upper, middle), lower), (smooth, steep)) in rows.zip(smooth.iter_mut().zip(steep)) {
        let [upper, middle, lower] = [*upper, *middle, *lower].map(i16::from);
        (*smooth, *steep) = (upper + 2 * middle + lower, lower - upper);
    }
}

/// The gradient across and down of all columns but the first and the last.
#[multiversion(targets("x86_64+avx2"))]
fn add_across((smooth, steep): (&[i16], &[i16]), across: &mut [i16], down: &mut [i16]) {
    for (x, (before, after)) in across.iter_mut().zip(smooth.iter().zip(&smooth[2..])) {
        *x = after - before;
    }
    let near = steep.iter().zip(&steep[1..]).zip(&steep[2..]);
    for (y, ((before, here), after)) in down.iter_mut().zip(near) {
        *y = before + 2 * here + after;
    }
}

/// Adds the products of the values of two rows, each two neighbours together.
#[multiversion(targets("x86_64+avx2"))]
fn add_products(a: &[i16; TILE], b: &[i16; TILE], sums: &mut [i32; TILE / 2]) {
    let blocks = a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0);
    for (sums, (a, b)) in sums.as_chunks_mut::<8>().0.iter_mut().zip(blocks) {
        // Written so that eight or sixteen products and their sums by twos are one instruction.
        let products: [i32; 16] = std::array::from_fn(|k| i32::from(a[k]) * i32::from(b[k]));
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum += products[2 * k] + products[2 * k + 1];
        }
    }
}
