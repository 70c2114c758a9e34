//! Every place where a symbol may begin is asked in turn, by whatever symbology.

use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::profile::Bars;

/// Adds to `found` what `read_at` makes of each bar that has at least `least` edges from it on.
///
/// `read_at` gives a reading and the edge at which the search goes on.
pub fn every_start(
    bars: &Bars,
    least: usize,
    found: &mut Vec<Reading>,
    read_at: impl Fn(&Bars, usize) -> Option<(Reading, usize)>,
) {
    let mut k = 0;
    while k + least <= bars.edges.len() {
        if !is_free_before(bars, k) {
            k += 2;
            continue;
        }
        if let Some((reading, next)) = read_at(bars, k) {
            found.push(reading);
            k = next.max(k + 2);
        } else {
            k += 2;
        }
    }
}

/// Whether more than three of the thinnest of the next elements are free before bar `k`: none of those who ask is
/// content with less, and here it costs little.
fn is_free_before(bars: &Bars, k: usize) -> bool {
    let near = bars.edges.get(k..).unwrap_or_default().windows(2).take(9);
    let thinnest = near.map(|edges| edges[1] - edges[0]).fold(f32::MAX, f32::min);
    bars.before(k) > 3.0 * thinnest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::symbol::Symbology;

    #[test]
    fn the_search_goes_on_after_a_symbol() {
        // Free space before bars 0, 2 and 6.
        let edges = [0_u8, 1, 9, 10, 11, 12, 20, 21, 22, 23, 24, 25].map(f32::from);
        let bars = Bars { edges: edges.to_vec() };
        let asked = std::cell::RefCell::new(Vec::new());
        let mut found = Vec::new();
        every_start(&bars, 4, &mut found, |_, k| {
            asked.borrow_mut().push(k);
            let reading = Reading::new(Symbology::ITF, String::new(), "]I0", (0.0, 1.0));
            (k == 2).then_some((reading, 6))
        });
        assert_eq!((found.len(), asked.into_inner()), (1, vec![0, 2, 6]));
    }
}
