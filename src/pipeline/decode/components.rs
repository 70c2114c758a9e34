//! Cells of one kind that touch, row by row: each row's runs are joined to those they lie under.

use std::ops::Range;

/// Cells joined by their sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The columns of the box around them.
    pub columns: Range<usize>,
    /// Its rows.
    pub rows: Range<usize>,
    /// How many they are.
    pub cells: usize,
}

/// The components of one grid of cells, and room in which they are found.
#[derive(Debug, Default)]
pub struct Components {
    /// The cells of one row that are of the kind, a bit each.
    bits: Vec<u64>,
    runs: Vec<Run>,
    /// The component of each run.
    component_of: Vec<usize>,
    found: Vec<Component>,
}

/// Neighbouring cells of one row.
#[derive(Debug)]
struct Run {
    columns: Range<usize>,
    row: usize,
    /// The place of an earlier run of the same component, or its own.
    earlier: usize,
}

impl Components {
    /// Those of the cells in rows of `columns` whose `marks` have the bit `mark`: in the order of their first cells.
    pub fn of(&mut self, marks: &[u8], columns: usize, mark: u8) -> &[Component] {
        let Self { bits, runs, component_of, found } = self;
        runs.clear();
        component_of.clear();
        found.clear();
        let mut above = 0..0;
        for (row, marks) in marks.chunks(columns.max(1)).enumerate() {
            gather(marks, mark, bits);
            let first = runs.len();
            add_row((bits, row), marks.len(), above, runs);
            above = first..runs.len();
        }
        for k in 0..runs.len() {
            // What is earlier was brought to its first run already.
            let first = runs[runs[k].earlier].earlier;
            runs[k].earlier = first;
            let Run { columns, row, .. } = &runs[k];
            if first == k {
                component_of.push(found.len());
                let (columns, rows) = (columns.clone(), *row..*row);
                found.push(Component { columns, rows, cells: 0 });
            } else {
                component_of.push(component_of[first]);
            }
            if let Some(own) = found.get_mut(component_of[k]) {
                own.columns =
                    own.columns.start.min(columns.start)..own.columns.end.max(columns.end);
                own.rows.end = row + 1;
                own.cells += columns.len();
            }
        }
        found
    }
}

/// Makes `bits` those of the cells of a row that have `mark`, 64 a word.
fn gather(marks: &[u8], mark: u8, bits: &mut Vec<u64>) {
    // Eight bytes of 0 or 1, the first lowest, are eight bits of the highest byte of this product.
    const TOGETHER: u64 = 0x0102_0408_1020_4080;
    let eight = |eight: &[u8]| {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(eight).for_each(|(byte, marks)| *byte = u8::from(marks & mark != 0));
        u64::from_le_bytes(bytes).wrapping_mul(TOGETHER) >> 56
    };
    let word = |marks: &[u8]| {
        // Most cells have none.
        if marks.iter().fold(0, |any, marks| any | marks) & mark == 0 {
            return 0;
        }
        let parts = marks.chunks(8).map(eight).enumerate();
        parts.fold(0, |word, (k, bits)| word | bits << (8 * k))
    };
    bits.clear();
    bits.extend(marks.chunks(64).map(word));
}

/// Adds the runs of a row of so many cells to `runs`, each joined to those of the row above that it touches.
fn add_row((bits, row): (&[u64], usize), n: usize, mut above: Range<usize>, runs: &mut Vec<Run>) {
    let mut start = next(bits, 0, true).min(n);
    while start < n {
        let end = next(bits, start, false).min(n);
        let own = runs.len();
        runs.push(Run { columns: start..end, row, earlier: own });
        // Those above that end before this one begins touch none that follows either.
        while above.start < above.end && runs[above.start].columns.end <= start {
            above.start += 1;
        }
        for k in above.clone() {
            if runs[k].columns.start >= end {
                break;
            }
            join(runs, k, own);
        }
        start = next(bits, end, true).min(n);
    }
}

/// The place of the first bit from `from` on that is so, or one beyond all.
fn next(bits: &[u64], from: usize, is: bool) -> usize {
    let flipped = if is { 0 } else { u64::MAX };
    let mut wanted = u64::MAX << (from % 64);
    for (k, word) in bits.iter().enumerate().skip(from / 64) {
        let found = (word ^ flipped) & wanted;
        if found != 0 {
            return 64 * k + found.trailing_zeros() as usize;
        }
        wanted = u64::MAX;
    }
    64 * bits.len()
}

/// Makes the components of two runs one.
fn join(runs: &mut [Run], a: usize, b: usize) {
    let first = |mut k: usize| {
        while runs[k].earlier != k {
            k = runs[k].earlier;
        }
        k
    };
    let (a, b) = (first(a), first(b));
    runs[a.max(b)].earlier = a.min(b);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rows: &[&str]) -> Vec<(Range<usize>, Range<usize>, usize)> {
        let marks: Vec<u8> = rows.concat().bytes().map(|b| if b == b'#' { 6 } else { 5 }).collect();
        // What was there before is gone.
        let mut components = Components::default();
        components.of(&[2; 8], 2, 2);
        let found = components.of(&marks, rows[0].len(), 2);
        found.iter().map(|c| (c.columns.clone(), c.rows.clone(), c.cells)).collect()
    }

    #[test]
    fn cells_that_touch_by_their_sides_are_one() {
        // Two arms that meet below, one that another encloses, and a corner that does not touch.
        let rows = ["#..#.....", "#.##.####", "###..#..#", "....##.##", "...#....#"];
        assert_eq!(found(&rows), [(0..4, 0..3, 8), (4..9, 1..5, 11), (3..4, 4..5, 1)]);
        // A chain of corners is as many components as cells.
        assert_eq!(found(&["#.#", ".#.", "#.#"]).len(), 5);
        // Arms that join late, the later first.
        assert_eq!(found(&["#.#.#", "#.###", "#.#..", "###.."]), [(0..5, 0..4, 12)]);
        assert_eq!(found(&["...", "..."]), []);
        // Over the ends of words.
        let (upper, lower) = (".".repeat(60) + &"#".repeat(80), ".".repeat(139) + "#");
        assert_eq!(found(&[&upper, &lower]), [(60..140, 0..2, 81)]);
    }
}
