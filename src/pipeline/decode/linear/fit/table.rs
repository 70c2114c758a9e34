//! Rows of one length that are compared with a window, several at once.

use multiversion::multiversion;

/// Rows that are compared at once, and sums of each.
const LANES: usize = 8;

/// Rows of one length, side by side.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Of eight rows the first values, then the second, and so on; then of the next eight.
    values: Vec<[f32; LANES]>,
    /// Values of a row.
    length: usize,
    rows: usize,
}

impl Table {
    /// The table of `rows`.
    pub fn of<R: AsRef<[f32]>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut table = Self::default();
        table.fill(rows);
        table
    }

    /// Makes it the table of `rows`, all as long as the first.
    pub fn fill<R: AsRef<[f32]>>(&mut self, rows: impl IntoIterator<Item = R>) {
        self.values.clear();
        (self.length, self.rows) = (0, 0);
        for row in rows {
            let row = row.as_ref();
            let lane = self.rows % LANES;
            if lane == 0 {
                self.length = row.len();
                self.values.resize(self.values.len() + self.length, [0.0; LANES]);
            }
            let from = self.values.len() - self.length;
            for (values, value) in self.values[from..].iter_mut().zip(row) {
                values[lane] = *value;
            }
            self.rows += 1;
        }
    }

    /// Makes `products` those of each row and `window`, as far as both go.
    pub fn products(&self, window: &[f32], products: &mut Vec<f32>) {
        products.clear();
        add_products(&self.values, self.length.max(1), window, products);
        products.truncate(self.rows);
    }
}

/// Adds the products of `window` and of rows of `length`, eight at a time: each is summed up in the order of
/// [`dot`](crate::pipeline::decode::lanes::dot).
#[multiversion(targets("x86_64+avx2"))]
fn add_products(rows: &[[f32; LANES]], length: usize, window: &[f32], products: &mut Vec<f32>) {
    let n = length.min(window.len());
    let window = &window[..n];
    for eight in rows.chunks_exact(length) {
        let eight = &eight[..n];
        let mut sums = [[0.0_f32; LANES]; LANES];
        // Sum by sum: value by value, the compiler would turn rows and values over and over.
        for (first, sums) in sums.iter_mut().enumerate() {
            for k in (first..n).step_by(LANES) {
                let by = window[k];
                sums.iter_mut().zip(&eight[k]).for_each(|(sum, value)| *sum += value * by);
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        let total = |k: usize| ((a[k] + b[k]) + (c[k] + d[k])) + ((e[k] + f[k]) + (g[k] + h[k]));
        products.extend_from_slice(&std::array::from_fn::<f32, LANES, _>(total));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::decode::lanes::dot;

    #[test]
    fn products_are_those_of_each_row_by_itself() {
        for (length, n) in [(32, 20), (52, 3), (7, 9), (24, 16)] {
            let value = |row: usize, k: usize| ((row * 37 + k * 53 + row * k) % 101) as f32 / 7.0;
            let row = |row: usize| (0..length).map(|k| value(row, k)).collect::<Vec<f32>>();
            let table = Table::of((0..n).map(row));
            for window in [row(77), row(78)[..length - 3].to_vec(), [row(79), row(80)].concat()] {
                let mut products = Vec::new();
                table.products(&window, &mut products);
                let each: Vec<f32> = (0..n).map(|k| dot(&row(k), &window)).collect();
                // To the last bit.
                assert_eq!(products, each, "{length}");
            }
        }
    }
}
