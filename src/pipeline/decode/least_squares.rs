//! The normal equations of least squares, solved.

/// The first `n` unknowns of symmetric equations by Gauss's elimination, the others being zero; `None` where they do not
/// tell them all.
pub fn solve<const N: usize>(
    mut normal: [[f64; N]; N],
    mut right: [f64; N],
    n: usize,
) -> Option<[f64; N]> {
    let n = n.min(N);
    for column in 0..n {
        let upper = normal[column];
        if upper[column].abs() < 1e-12 {
            return None;
        }
        for row in column + 1..n {
            let factor = normal[row][column] / upper[column];
            (column..n).for_each(|k| normal[row][k] -= factor * upper[k]);
            right[row] -= factor * right[column];
        }
    }
    let mut out = [0.0; N];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| normal[row][k] * out[k]).sum();
        out[row] = (right[row] - known) / normal[row][row];
    }
    out.iter().all(|v| v.is_finite()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknowns_are_those_the_equations_were_made_of() {
        let normal = [[4.0, 1.0, 2.0], [1.0, 3.0, 0.5], [2.0, 0.5, 5.0]];
        let of = |x: [f64; 3]| normal.map(|row| row.iter().zip(x).map(|(n, x)| n * x).sum());
        let near = |found: [f64; 3], x: [f64; 3]| {
            found.iter().zip(x).all(|(found, x): (&f64, f64)| (found - x).abs() < 1e-9)
        };
        assert!(near(solve(normal, of([3.0, -1.0, 2.0]), 3).unwrap(), [3.0, -1.0, 2.0]));
        assert!(near(solve(normal, of([3.0, -1.0, 0.0]), 2).unwrap(), [3.0, -1.0, 0.0]));
        // Twice the same equation says nothing of two unknowns.
        assert_eq!(solve([[1.0, 2.0], [2.0, 4.0]], [3.0, 6.0], 2), None);
        assert_eq!(solve([[1.0, 2.0], [2.0, 4.0]], [3.0, 6.0], 1), Some([3.0, 0.0]));
    }
}
