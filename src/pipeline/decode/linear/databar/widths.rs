//! Widths of a character's bars and spaces to its value (ISO/IEC 24724, annex B).
//!
//! The odd elements of a character and its even ones are numbered apart: each set is a row of whole modules with a
//! given sum and a greatest width, and its number is its place among all such rows in order. Measured widths are
//! brought to the nearest row that there is, so the distance to the next one tells how sure a character is.

/// The rows of widths nearest to measured ones.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Nearest<const H: usize> {
    widths: [u8; H],
    /// Its square distance.
    error: f32,
    /// The square distance of the next row.
    next: f32,
}

/// What one number of odd modules means for a character.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Modules of the odd and of the even elements.
    pub modules: (u8, u8),
    /// The widest odd and the widest even element.
    pub widest: (u8, u8),
    /// How many rows there are of the set that counts faster.
    pub rows: u32,
    /// The first value of the group.
    pub first: u32,
}

/// Which elements count slower, as the tens do in a number of two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slow {
    /// The odd ones.
    Odd,
    /// The even ones.
    Even,
}

/// Which elements have at least one that is a single module wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrow {
    /// The odd ones.
    Odd,
    /// The even ones.
    Even,
}

/// A set of characters.
#[derive(Debug)]
pub struct Set {
    /// Its groups, by the modules of the odd elements.
    pub groups: &'static [Group],
    /// What counts slower.
    pub slow: Slow,
    /// What has a narrow element.
    pub narrow: Narrow,
}

/// A character that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Character<const H: usize> {
    /// Its value.
    pub value: u32,
    /// The widths of its odd elements (the first, the third …).
    pub odd: [u8; H],
    /// The widths of its even elements.
    pub even: [u8; H],
    /// Mean square distance of the measured widths, in modules.
    pub error: f32,
    /// How much farther the next character is: 0 (as near) to 1.
    pub margin: f32,
}

/// The greatest mean square distance at which a character counts as read.
const MAX_ERROR: f32 = 0.1;

/// The smallest margin at which a character counts as read.
const MIN_MARGIN: f32 = 0.3;

impl<const H: usize> Character<H> {
    /// The sum of its widths, each by its weight: `first`, and three times as much from element to element.
    pub fn weighted(&self, first: u32, modulus: u32) -> u32 {
        let widths = self.odd.iter().zip(&self.even).flat_map(|(a, b)| [*a, *b]);
        let mut weight = first % modulus;
        widths.fold(0, |sum, width| {
            let sum = (sum + weight * u32::from(width)) % modulus;
            weight = weight * 3 % modulus;
            sum
        })
    }
}

/// The character of `set` nearest to `odd` and `even`, measured in modules; `None` where that is not clear.
pub fn character<const H: usize>(
    odd: &[f32; H],
    even: &[f32; H],
    set: &Set,
) -> Option<Character<H>> {
    let mut best: Option<(f32, Nearest<H>, Nearest<H>, &Group)> = None;
    let mut next = f32::MAX;
    for group in set.groups {
        let near = nearest(odd, group.modules.0, group.widest.0).zip(nearest(
            even,
            group.modules.1,
            group.widest.1,
        ));
        let Some((a, b)) = near else { continue };
        let error = a.error + b.error;
        let second = (a.next + b.error).min(a.error + b.next);
        if best.is_some_and(|(known, ..)| known <= error) {
            next = next.min(error);
        } else {
            next = best.map_or(f32::MAX, |(known, ..)| known).min(next).min(second);
            best = Some((error, a, b, group));
        }
    }
    let (error, odd, even, group) = best?;
    let margin = (next - error) / (next + error).max(1e-6);
    let error = error / (2 * H) as f32;
    let narrow = if set.narrow == Narrow::Odd { &odd } else { &even };
    if error > MAX_ERROR || margin < MIN_MARGIN || !narrow.widths.contains(&1) {
        return None;
    }
    let ranks = (
        rank(&odd.widths, group.widest.0, set.narrow == Narrow::Odd),
        rank(&even.widths, group.widest.1, set.narrow == Narrow::Even),
    );
    let place = match set.slow {
        Slow::Odd => ranks.0 * group.rows + ranks.1,
        Slow::Even => ranks.1 * group.rows + ranks.0,
    };
    let value = group.first + place;
    Some(Character { value, odd: odd.widths, even: even.widths, error, margin })
}

/// The row of widths from 1 to `widest` with the given `sum` nearest to `measured`; `None` where there is none.
fn nearest<const H: usize>(measured: &[f32; H], sum: u8, widest: u8) -> Option<Nearest<H>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the widths of elements"
    )]
    let mut widths = measured.map(|x| x.round().clamp(1.0, f32::from(widest)) as u8);
    // What one module more, or less, at an element adds to the square distance.
    let more = |widths: &[u8; H], k: usize| {
        (widths[k] < widest).then(|| 1.0 + 2.0 * (f32::from(widths[k]) - measured[k]))
    };
    let less = |widths: &[u8; H], k: usize| {
        (widths[k] > 1).then(|| 1.0 - 2.0 * (f32::from(widths[k]) - measured[k]))
    };
    let cheapest = |cost: &dyn Fn(usize) -> Option<f32>| {
        let costs = (0..H).filter_map(|k| cost(k).map(|c| (c, k)));
        costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, k)| k)
    };
    loop {
        let total: u8 = widths.iter().sum();
        match total.cmp(&sum) {
            std::cmp::Ordering::Equal => break,
            std::cmp::Ordering::Less => widths[cheapest(&|k| more(&widths, k))?] += 1,
            std::cmp::Ordering::Greater => widths[cheapest(&|k| less(&widths, k))?] -= 1,
        }
    }
    let square = |(x, w): (&f32, &u8)| (x - f32::from(*w)) * (x - f32::from(*w));
    let error: f32 = measured.iter().zip(&widths).map(square).sum();
    let mut step = f32::MAX;
    for (k, j) in (0..H).flat_map(|k| (0..H).map(move |j| (k, j))).filter(|(k, j)| k != j) {
        if let (Some(a), Some(b)) = (more(&widths, k), less(&widths, j)) {
            step = step.min(a + b);
        }
    }
    Some(Nearest { widths, error, next: error + step })
}

/// The place of `widths` among the rows of their sum, those with the narrower first element first.
fn rank(widths: &[u8], widest: u8, needs_narrow: bool) -> u32 {
    let mut rest: u8 = widths.iter().sum();
    let mut needs_narrow = needs_narrow;
    let mut place = 0;
    for (k, width) in widths.iter().enumerate() {
        let after = widths.len() - k - 1;
        for less in 1..*width {
            place += rows(after, rest - less, widest);
            if needs_narrow && less > 1 {
                place -= rows_of_wide(after, rest - less, widest);
            }
        }
        needs_narrow &= *width > 1;
        rest -= width;
    }
    place
}

/// How many rows of so many elements from 1 to `widest` have the given sum: inclusion and exclusion.
fn rows(elements: usize, sum: u8, widest: u8) -> u32 {
    if elements == 0 {
        return u32::from(sum == 0);
    }
    let (mut plus, mut minus) = (0, 0);
    for k in 0..=elements {
        let used = k * usize::from(widest) + 1;
        let Some(free) = usize::from(sum).checked_sub(used) else { break };
        let ways = choose(elements, k) * choose(free, elements - 1);
        *if k.is_multiple_of(2) { &mut plus } else { &mut minus } += ways;
    }
    plus - minus
}

/// The same of elements from 2 on.
fn rows_of_wide(elements: usize, sum: u8, widest: u8) -> u32 {
    let used = u8::try_from(elements).unwrap_or(u8::MAX);
    sum.checked_sub(used).map_or(0, |rest| rows(elements, rest, widest - 1))
}

fn choose(n: usize, k: usize) -> u32 {
    if k > n {
        return 0;
    }
    let product = (0..k).fold(1_u64, |p, j| p * (n - j) as u64 / (j + 1) as u64);
    u32::try_from(product).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All rows of the given sum, in order.
    fn all(elements: usize, sum: u8, widest: u8) -> Vec<Vec<u8>> {
        if elements == 0 {
            return if sum == 0 { vec![Vec::new()] } else { Vec::new() };
        }
        let first = 1..=widest.min(sum);
        let with = |w: u8| {
            let rest = all(elements - 1, sum - w, widest).into_iter();
            rest.map(move |rest| [&[w][..], &rest].concat())
        };
        first.flat_map(with).collect()
    }

    #[test]
    fn ranks_count_the_rows_in_order() {
        for (elements, sum, widest) in [(4, 10, 6), (4, 8, 5), (6, 8, 3), (7, 13, 4)] {
            for needs_narrow in [false, true] {
                let rows = all(elements, sum, widest).into_iter();
                let rows = rows.filter(|row| !needs_narrow || row.contains(&1));
                for (k, row) in rows.enumerate() {
                    assert_eq!(rank(&row, widest, needs_narrow) as usize, k, "{row:?}");
                }
            }
        }
    }

    #[test]
    fn the_nearest_row_has_the_sum_and_the_next_is_farther() {
        let found = nearest(&[1.4, 2.6, 0.7, 3.2], 8, 5).unwrap();
        assert_eq!(found.widths, [1, 3, 1, 3]);
        assert!(found.next > found.error && found.error < 0.5, "{found:?}");
        assert_eq!(nearest(&[1.0; 4], 9, 2), None);
    }
}
