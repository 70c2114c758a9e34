//! Sums over profiles, eight columns at a time: what a compiler makes vectors of.

use multiversion::multiversion;

/// Sums side by side.
const LANES: usize = 8;

/// The sum of `values`.
pub fn sum(values: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, v)| *sum += v);
    }
    sums.iter_mut().zip(rest).for_each(|(sum, v)| *sum += v);
    total(sums)
}

/// The sum of sums side by side: none waits for more than two others.
pub fn total([a, b, c, d, e, f, g, h]: [f32; LANES]) -> f32 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// The sum of the products of `a` and `b`, as far as both go.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let ((left, rest_left), (right, rest_right)) =
        (a[..n].as_chunks::<LANES>(), b[..n].as_chunks::<LANES>());
    let mut sums = [0.0_f32; LANES];
    for (x, y) in left.iter().zip(right) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    for (sum, (x, y)) in sums.iter_mut().zip(rest_left.iter().zip(rest_right)) {
        *sum += x * y;
    }
    total(sums)
}

/// The least sum of a value of `a` and the one of `b` at its place.
pub fn least_sum(a: &[f32], b: &[f32]) -> f32 {
    let mut least = [f32::MAX; 4];
    let (mut left, mut right) = (a.chunks_exact(4), b.chunks_exact(4));
    for (x, y) in (&mut left).zip(&mut right) {
        for (least, (x, y)) in least.iter_mut().zip(x.iter().zip(y)) {
            let sum = x + y;
            *least = if sum < *least { sum } else { *least };
        }
    }
    let rest = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x + y);
    rest.chain(least).fold(f32::MAX, f32::min)
}

/// The smallest and the greatest of `values`.
pub fn range(values: &[f32]) -> (f32, f32) {
    // One instruction each, where numbers are compared that are some.
    let lesser = |a: f32, b: f32| if a < b { a } else { b };
    let greater = |a: f32, b: f32| if a > b { a } else { b };
    let (mut low, mut high) = ([f32::MAX; LANES], [f32::MIN; LANES]);
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (v, (low, high)) in block.iter().zip(low.iter_mut().zip(&mut high)) {
            (*low, *high) = (lesser(*v, *low), greater(*v, *high));
        }
    }
    // Halves laid on each other until one is left.
    for half in [4, 2, 1] {
        for k in 0..half {
            (low[k], high[k]) = (lesser(low[k], low[k + half]), greater(high[k], high[k + half]));
        }
    }
    let narrower = |(low, high): (f32, f32), v: &f32| (lesser(*v, low), greater(*v, high));
    rest.iter().fold((low[0], high[0]), narrower)
}

/// Makes `all` what `values` gives, many at once.
#[multiversion(targets("x86_64+avx2"))]
pub fn fill<T: Copy + Default>(all: &mut Vec<T>, values: impl ExactSizeIterator<Item = T>) {
    all.resize(values.len(), T::default());
    // Not `extend`: what it calls would be compiled without.
    for (place, value) in all.iter_mut().zip(values) {
        *place = value;
    }
}

/// Values that are asked at once.
pub const BLOCK: usize = 32;

/// The place of the first of `values` that `is` so, where few are: whole blocks are passed over.
pub fn first<T>(values: &[T], is: impl Fn(&T) -> bool) -> Option<usize> {
    let mut blocks = values.chunks(BLOCK);
    let block = blocks.position(|block| block.iter().fold(false, |any, value| any | is(value)))?;
    let from = block * BLOCK;
    values[from..].iter().position(is).map(|k| from + k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_what_is_left_of_them_both_count() {
        let a: Vec<f32> = (0..21_u8).map(f32::from).collect();
        let found = [sum(&a), dot(&a, &a[1..]), range(&a[3..]).0, range(&a[..18]).1];
        let close = found.iter().zip([210.0, 2660.0, 3.0, 17.0]).all(|(f, e)| (f - e).abs() < 1e-3);
        assert!(close, "{found:?}");
    }
}
