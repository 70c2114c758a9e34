//! Cells of one kind that touch, row by row: each row's runs are joined to those they lie under.

use std::ops::Range;

use crate::pipeline::decode::lanes::first;

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
    /// Those of the cells that are `on`, in rows of `columns`: in the order of their first cells.
    pub fn of<T>(&mut self, cells: &[T], columns: usize, on: impl Fn(&T) -> bool) -> &[Component] {
        let Self { runs, component_of, found } = self;
        runs.clear();
        component_of.clear();
        found.clear();
        join_all(cells, columns, on, runs);
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

/// Adds the runs of all rows to `runs`, each joined to those of the row above that it touches.
fn join_all<T>(cells: &[T], columns: usize, on: impl Fn(&T) -> bool, runs: &mut Vec<Run>) {
    let mut above = 0..0;
    for (row, cells) in cells.chunks(columns.max(1)).enumerate() {
        let first_run = runs.len();
        let mut from = 0;
        while let Some(start) = first(&cells[from..], &on) {
            let start = from + start;
            let len = cells[start..].iter().position(|cell| !on(cell));
            let end = len.map_or(cells.len(), |len| start + len);
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
            from = end;
        }
        above = first_run..runs.len();
    }
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
        let cells = rows.concat().into_bytes();
        // What was there before is gone.
        let mut components = Components::default();
        components.of(&[true; 8], 2, |is_on| *is_on);
        let found = components.of(&cells, rows[0].len(), |cell| *cell == b'#');
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
    }
}
