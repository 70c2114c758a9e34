//! The vote of the profiles of one strip: what several read alike is a symbol, unless others read otherwise.

use crate::pipeline::decode::linear::FITTED;
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::strip::BANDS;
use crate::pipeline::symbol::{ErrorControl, Symbology};

/// One content and what speaks for it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// How it was read where that was clearest.
    pub reading: Reading,
    /// Bands that read it: bit k is band k.
    pub bands: u32,
    /// Profiles of several bands that read it.
    pub pooled: u32,
}

/// All that was read in one strip.
#[derive(Debug, Default)]
pub struct Ballot {
    claims: Vec<Claim>,
}

impl Ballot {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.claims.clear();
    }

    /// Adds what the profiles whose bits are set read: `bands` by themselves, `pooled` of several bands.
    pub fn add(&mut self, readings: impl IntoIterator<Item = Reading>, bands: u32, pooled: u32) {
        for reading in readings {
            let same = |c: &&mut Claim| {
                c.reading.symbology == reading.symbology
                    && c.reading.text == reading.text
                    && c.reading.overlaps(&reading)
            };
            if let Some(claim) = self.claims.iter_mut().find(same) {
                claim.bands |= bands;
                claim.pooled |= pooled;
                if reading.margin > claim.reading.margin {
                    claim.reading = reading;
                }
            } else {
                self.claims.push(Claim { reading, bands, pooled });
            }
        }
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Whether at least `n` bands speak for each claim.
    pub fn is_settled(&self, n: u32) -> bool {
        !self.is_empty() && self.claims.iter().all(|claim| claim.bands.count_ones() >= n)
    }

    /// The claim that most speaks for, be it enough or not.
    pub fn likeliest(&self) -> Option<&Claim> {
        self.claims.iter().max_by_key(|claim| claim.bands.count_ones() + claim.pooled.count_ones())
    }

    /// The claims that enough speaks for, and little against.
    pub fn winners(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| {
            let rivals = self.claims.iter().filter(|other| {
                !std::ptr::eq(*other, *claim) && other.reading.overlaps(&claim.reading)
            });
            let against = rivals.map(|r| r.bands.count_ones() + r.pooled.count_ones()).max();
            let for_it = claim.bands.count_ones() + claim.pooled.count_ones();
            claim.is_supported() && for_it >= 3 * against.unwrap_or(0)
        })
    }
}

impl Claim {
    /// Where its bars are for certain, as values of v: from the middle of the first to that of the last of the bands
    /// that read it; most of the region where only means of several bands did.
    pub fn rows(&self) -> (f32, f32) {
        let middle = |band: u32| (2 * band + 1) as f32 / BANDS as f32 - 1.0;
        if self.bands == 0 {
            return (-0.6, 0.6);
        }
        let last = u32::BITS - 1 - self.bands.leading_zeros();
        (middle(self.bands.trailing_zeros()), middle(last))
    }

    /// Whether edges told it, rather than a fit alone.
    pub fn is_by_edges(&self) -> bool {
        (self.bands | self.pooled & ((1 << FITTED) - 1)) != 0
    }

    fn is_supported(&self) -> bool {
        let (bands, pooled) = (self.bands.count_ones(), self.pooled.count_ones());
        match (self.reading.symbology.error_control(), self.reading.symbology) {
            // Two thin bars in a row begin and end it, and it checks nothing.
            (_, Symbology::ITF) => bands >= 4 || (bands >= 3 && pooled >= 2),
            (ErrorControl::Unchecked, _) => {
                bands >= 3
                    || (bands >= 2 && pooled >= 2)
                    || (pooled >= 4 && self.reading.margin > 0.6)
            }
            // Few characters, no start pattern of their own: easily seen in other things.
            // As a whole it is fitted strictly.
            (_, Symbology::Ean8 | Symbology::UpcE) => {
                (bands >= 4 && pooled >= 1) || self.pooled >> FITTED == 0b1111
            }
            // No free zone and a check value of two digits.
            (_, Symbology::DataBar) => bands >= 4 || (bands >= 3 && pooled >= 2),
            _ => bands >= 3 || (bands >= 1 && pooled >= 2) || pooled >= 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn reading(symbology: Symbology, text: &str) -> Reading {
        Reading::new(symbology, text.to_owned(), "]X0", (0.0, 100.0))
    }

    #[test_case(Symbology::Code128, 0b11, 0, 0; "two bands")]
    #[test_case(Symbology::Code128, 0b111, 0, 1; "three bands")]
    #[test_case(Symbology::Code128, 0b1, 0b11, 1; "a band and two means")]
    #[test_case(Symbology::Ean8, 0b111, 0b11, 0; "a ghost of a few characters")]
    #[test_case(Symbology::ITF, 0b111, 0b1, 0; "nothing checks it")]
    fn so_many_speak_for_a_symbol(symbology: Symbology, bands: u32, pooled: u32, winners: usize) {
        let mut ballot = Ballot::default();
        ballot.add([reading(symbology, "12345670")], bands, pooled);
        assert_eq!(ballot.winners().count(), winners);
    }

    #[test]
    fn a_vote_is_settled_when_every_claim_has_enough() {
        let mut ballot = Ballot::default();
        assert!(!ballot.is_settled(0), "nothing was read");
        ballot.add([reading(Symbology::Code128, "RIGHT")], 0b111, 0);
        assert!(ballot.is_settled(3) && !ballot.is_settled(4));
        ballot.add([reading(Symbology::Code128, "WRONG")], 0b1000, 0);
        assert!(!ballot.is_settled(3));
    }

    #[test]
    fn what_a_third_contradicts_is_not_taken() {
        let mut ballot = Ballot::default();
        ballot.add([reading(Symbology::Code128, "RIGHT")], 0b1_1111, 0);
        assert_eq!(ballot.winners().count(), 1);
        ballot.add([reading(Symbology::Code128, "WRONG")], 0b110_0000, 0);
        assert_eq!(ballot.winners().count(), 0);
        assert_eq!(ballot.likeliest().map(|claim| claim.reading.text.as_str()), Some("RIGHT"));
    }
}
