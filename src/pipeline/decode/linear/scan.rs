//! Every place where a symbol may begin is asked in turn, by whatever symbology.

use crate::pipeline::decode::linear::Reading;
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
        if let Some((reading, next)) = read_at(bars, k) {
            found.push(reading);
            k = next.max(k + 2);
        } else {
            k += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::symbol::Symbology;

    #[test]
    fn the_search_goes_on_after_a_symbol() {
        let bars = Bars { edges: (0..12_u8).map(f32::from).collect() };
        let asked = std::cell::RefCell::new(Vec::new());
        let mut found = Vec::new();
        every_start(&bars, 4, &mut found, |_, k| {
            asked.borrow_mut().push(k);
            let reading = Reading::new(Symbology::ITF, String::new(), "]I0", (0.0, 1.0));
            (k == 2).then_some((reading, 6))
        });
        assert_eq!((found.len(), asked.into_inner()), (1, vec![0, 2, 6, 8]));
    }
}
