//! The first few of many, in order: to sort all so that equal ones keep their order takes memory.

use std::cmp::Ordering;

/// Brings the `n` first of `list` by `compare` to its front, in order. Equal ones keep theirs, and so do the others.
pub fn lead<T>(list: &mut [T], n: usize, compare: impl Fn(&T, &T) -> Ordering) {
    for k in 0..n.min(list.len()) {
        let rest = &mut list[k..];
        let lesser = |best: usize, k: usize| {
            if compare(&rest[k], &rest[best]).is_lt() { k } else { best }
        };
        let first = (1..rest.len()).fold(0, lesser);
        rest[..=first].rotate_right(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lead_as_if_all_were_sorted() {
        let list: Vec<(usize, usize)> = (0..40).map(|k| (k * 7 % 11, k)).collect();
        let by_first = |a: &(usize, usize), b: &(usize, usize)| b.0.cmp(&a.0);
        let mut sorted = list.clone();
        sorted.sort_by(by_first);
        for n in [0, 1, 14, 40, 50] {
            let mut led = list.clone();
            lead(&mut led, n, by_first);
            assert_eq!(led[..n.min(40)], sorted[..n.min(40)]);
        }
    }
}
