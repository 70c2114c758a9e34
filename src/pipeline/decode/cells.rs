//! The structure tensor of a picture in cells of 4x4 pixels: how strong its gradient is, and in how many directions.

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
    pub tensors: Vec<[f32; 3]>,
    /// The gradient energy of each cell by itself.
    pub energies: Vec<f32>,
    /// The energy of a window that one in five has not: noise.
    pub noise: f32,
    /// The energy that one window in a hundred exceeds, of a quarter of them.
    pub strong: f32,
}

impl Cells {
    /// The cells of `picture`, of `side` pixels each, [`CELL`] or twice as many; of large cells every other row is looked at.
    pub fn of(picture: View<'_>, side: usize) -> Self {
        let (columns, rows) = (picture.width / side, picture.height / side);
        let mut tensors = vec![[0.0_f32; 3]; columns * rows];
        let step = if side > CELL { 2 } else { 1 };
        // Sobel's weights sum to 8.
        let scale = 1.0 / (64 * (side / step) * side) as f32;
        let mut sums = Sums::new();
        for (row, cells) in tensors.chunks_exact_mut(columns.max(1)).enumerate() {
            for (tile, cells) in cells.chunks_mut(TILE / side).enumerate() {
                sums.products.iter_mut().for_each(|column| column.fill(0));
                for y in (row * side..(row + 1) * side).step_by(step) {
                    sums.add_row(picture, tile * TILE, y);
                }
                let add_up = if side > CELL { add_up::<CELL> } else { add_up::<HALF> };
                (0..3).for_each(|k| add_up(&sums.products[k], k, scale, cells));
            }
        }
        let energies = tensors.iter().map(|t| t[0] + t[1]).collect();
        let raw = Self { columns, rows, tensors, energies, noise: 0.0, strong: 0.0 };
        Self { tensors: raw.smoothed(), ..raw }.levelled()
    }

    /// The same with its levels of energy: a quarter of the cells says enough about all of them.
    fn levelled(mut self) -> Self {
        let mut energies: Vec<f32> = self.tensors.iter().step_by(4).map(|t| t[0] + t[1]).collect();
        if let Some(last) = energies.len().checked_sub(1) {
            let mut at = |share: usize| {
                *energies.select_nth_unstable_by(last * share / 100, f32::total_cmp).1
            };
            (self.noise, self.strong) = (at(20), at(99));
        }
        self
    }

    /// The energy that one window in a hundred exceeds, of all of them: small symbols have few windows.
    pub fn strongest(&self) -> f32 {
        // Those near it and above are few.
        let energies = self.tensors.iter().map(|t| t[0] + t[1]);
        let mut above: Vec<f32> = energies.filter(|energy| *energy >= 0.7 * self.strong).collect();
        let n_stronger = self.tensors.len().saturating_sub(1).div_ceil(100);
        match above.len().checked_sub(1 + n_stronger) {
            Some(rank) => *above.select_nth_unstable_by(rank, f32::total_cmp).1,
            None => self.strong,
        }
    }

    /// Whether no cell has the gradient of bars or modules, as in a view of the bare table.
    pub fn are_flat(&self) -> bool {
        self.energies.iter().all(|energy| *energy < 2.0 * MIN_ENERGY)
    }

    /// The same without what cells have from their neighbours alone: fine bars fill every cell, and near a small
    /// symbol the window would reach over its quiet zone to the edge of the label.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let own = |(tensor, energy): (&[f32; 3], &f32)| {
            if *energy < 0.4 * (tensor[0] + tensor[1]) { [0.0; 3] } else { *tensor }
        };
        let tensors = self.tensors.iter().zip(&self.energies).map(own).collect();
        Self { tensors, energies: self.energies.clone(), ..*self }.levelled()
    }

    /// The mean of each cell and its eight neighbours; beyond the rim there is nothing.
    fn smoothed(&self) -> Vec<[f32; 3]> {
        let mut out = vec![[0.0_f32; 3]; self.tensors.len()];
        let mut sums = vec![[0.0_f32; 3]; self.columns + 2];
        let row = |y: usize| &self.tensors[y * self.columns..(y + 1) * self.columns];
        for (y, out) in out.chunks_exact_mut(self.columns.max(1)).enumerate() {
            let sums_of_row = sums[1..=self.columns].as_flattened_mut();
            sums_of_row.fill(0.0);
            for near in y.saturating_sub(1)..(y + 2).min(self.rows) {
                sums_of_row.iter_mut().zip(row(near).as_flattened()).for_each(|(s, v)| *s += v);
            }
            let [left, middle, right] = [0, 3, 6].map(|k| &sums.as_flattened()[k..]);
            let near = left.iter().zip(middle).zip(right);
            for (out, ((left, middle), right)) in out.as_flattened_mut().iter_mut().zip(near) {
                *out = (left + middle + right) * (1.0 / 9.0);
            }
        }
        out
    }
}

/// Sets component `k` of each cell to the sum of its `N` of `product`, to `scale`.
fn add_up<const N: usize>(product: &[i32], k: usize, scale: f32, cells: &mut [[f32; 3]]) {
    for (cell, parts) in cells.iter_mut().zip(product.as_chunks::<N>().0) {
        cell[k] = parts.iter().sum::<i32>() as f32 * scale;
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

/// The weighted sum and the difference of three rows, column by column.
#[inline(never)]
fn add_down(rows: [&[u8]; 3], smooth: &mut [i16], steep: &mut [i16]) {
    let rows = rows[0].iter().zip(rows[1]).zip(rows[2]);
    for (((upper, middle), lower), (smooth, steep)) in rows.zip(smooth.iter_mut().zip(steep)) {
        let [upper, middle, lower] = [*upper, *middle, *lower].map(i16::from);
        (*smooth, *steep) = (upper + 2 * middle + lower, lower - upper);
    }
}

/// The gradient across and down of all columns but the first and the last.
#[inline(never)]
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
#[inline(never)]
fn add_products(a: &[i16; TILE], b: &[i16; TILE], sums: &mut [i32; TILE / 2]) {
    let blocks = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    for (sums, (a, b)) in sums.as_chunks_mut::<4>().0.iter_mut().zip(blocks) {
        // Written so that eight products and their sums by twos are one instruction.
        let products: [i32; 8] = std::array::from_fn(|k| i32::from(a[k]) * i32::from(b[k]));
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum += products[2 * k] + products[2 * k + 1];
        }
    }
}
