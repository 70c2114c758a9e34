//! Reed-Solomon codes with erasures: a codeword known to be doubtful costs half of what an unknown error does.

/// Elements of the field, and most words of a code over it, and one.
const ELEMENTS: usize = 256;

/// The Galois field of 256 elements and the first root of a code over it.
#[derive(Debug)]
pub struct Field {
    /// The powers of its generator.
    powers: [u16; ELEMENTS - 1],
    /// The power that each element is; that of 0 is not used.
    logs: [u16; ELEMENTS],
    /// The power of the generator that is the first root.
    first: usize,
}

impl Field {
    /// The field modulo `polynomial`, for a code whose first root is the power `first`.
    pub fn new(polynomial: u16, first: usize) -> Self {
        let (mut powers, mut logs) = ([0; ELEMENTS - 1], [0; ELEMENTS]);
        let mut element = 1_u16;
        for (place, power) in powers.iter_mut().zip(0..) {
            *place = element;
            if let Some(log) = logs.get_mut(usize::from(element)) {
                *log = power;
            }
            element <<= 1;
            if usize::from(element) >= ELEMENTS {
                element ^= polynomial;
            }
        }
        Self { powers, logs, first }
    }

    /// How many powers of the generator differ.
    fn order(&self) -> usize {
        self.powers.len()
    }

    fn power(&self, k: usize) -> u16 {
        self.powers.get(k % self.order()).copied().unwrap_or_default()
    }

    fn log(&self, element: u16) -> usize {
        self.logs.get(usize::from(element)).copied().map_or(0, usize::from)
    }

    fn product(&self, a: u16, b: u16) -> u16 {
        if a == 0 || b == 0 { 0 } else { self.power(self.log(a) + self.log(b)) }
    }

    fn quotient(&self, a: u16, b: u16) -> u16 {
        if a == 0 { 0 } else { self.power(self.log(a) + self.order() - self.log(b)) }
    }

    /// The value at `x` of a polynomial, its lowest coefficient first.
    fn value(&self, polynomial: &[u16], x: u16) -> u16 {
        polynomial.iter().rev().fold(0, |sum, c| self.product(sum, x) ^ c)
    }

    /// The value of `words` at each of as many roots as there are places for it: all are zero if they are a codeword.
    fn find_syndromes(&self, words: &[u16], syndromes: &mut [u16]) {
        for (k, syndrome) in syndromes.iter_mut().enumerate() {
            let root = self.power(self.first + k);
            *syndrome = words.iter().fold(0, |sum, word| self.product(sum, root) ^ word);
        }
    }

    /// Sets `words` right, the last `check` of which are for correction and those at `erased` may be anything:
    /// how many others were wrong. `None`, and `words` of no use, if that is not possible.
    pub fn correct(&self, words: &mut [u16], check: usize, erased: &[usize]) -> Option<usize> {
        let (n, mut room) = (words.len(), [0; ELEMENTS]);
        let syndromes = room.get_mut(..check)?;
        self.find_syndromes(words, syndromes);
        if syndromes.iter().all(|s| *s == 0) {
            return Some(0);
        }
        if erased.len() > check || n > self.order() {
            return None;
        }
        let locator = self.locator(syndromes, n, erased);
        let degree = locator.iter().rposition(|c| *c != 0)?;
        let locator = locator.get(..=degree)?;
        // Twice the errors and once the erasures is what the code corrects.
        if 2 * degree > check + erased.len() {
            return None;
        }
        let mut product = [0_u16; ELEMENTS];
        let product = product.get_mut(..check)?;
        for (i, a) in syndromes.iter().enumerate() {
            for (sum, b) in product.iter_mut().skip(i).zip(locator) {
                *sum ^= self.product(*a, *b);
            }
        }
        // The derivative: only odd powers are left of it.
        let mut derivative = [0_u16; ELEMENTS];
        let derivative = derivative.get_mut(..degree)?;
        let odd = locator.iter().skip(1).step_by(2);
        derivative.iter_mut().step_by(2).zip(odd).for_each(|(place, c)| *place = *c);
        let (mut n_found, mut n_errors) = (0, 0);
        for (k, word) in words.iter_mut().enumerate() {
            let place = n - 1 - k;
            let inverse = self.power(self.order() - place % self.order());
            if self.value(locator, inverse) != 0 {
                continue;
            }
            let slope = self.value(derivative, inverse);
            if slope == 0 {
                return None;
            }
            let ratio = self.quotient(self.value(product, inverse), slope);
            // The place to the power of 1 - first.
            let shift = place * (self.order() + 1 - self.first % self.order());
            let change = self.product(ratio, self.power(shift));
            n_found += 1;
            n_errors += usize::from(change != 0 && !erased.contains(&k));
            *word ^= change;
        }
        self.find_syndromes(words, syndromes);
        let is_right = n_found == degree && syndromes.iter().all(|s| *s == 0);
        is_right.then_some(n_errors)
    }

    /// The polynomial whose roots are the inverse places of errors and erasures (Berlekamp and Massey).
    fn locator(&self, syndromes: &[u16], n: usize, erased: &[usize]) -> [u16; ELEMENTS] {
        let n_terms = (syndromes.len() + 1).min(ELEMENTS);
        let mut locator = [0; ELEMENTS];
        locator[0] = 1;
        for place in erased {
            let root = self.power(n.saturating_sub(1 + place));
            for k in (1..n_terms).rev() {
                let below = locator[k - 1];
                locator[k] ^= self.product(below, root);
            }
        }
        let (mut before, mut length) = (locator, erased.len());
        for r in erased.len()..syndromes.len() {
            let terms = locator.iter().zip(syndromes[..=r].iter().rev());
            let off = terms.fold(0, |sum, (c, s)| sum ^ self.product(*c, *s));
            before[..n_terms].rotate_right(1);
            before[0] = 0;
            if off == 0 {
                continue;
            }
            let is_longer = 2 * length <= r + erased.len();
            if is_longer {
                length = r + 1 + erased.len() - length;
            }
            for (c, b) in locator.iter_mut().zip(&mut before).take(n_terms) {
                let old = *c;
                *c ^= self.product(off, *b);
                if is_longer {
                    *b = self.quotient(old, off);
                }
            }
        }
        locator
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `content` with `check` words that make it a codeword.
    fn encoded(field: &Field, content: &[u16], check: usize) -> Vec<u16> {
        let mut words = content.to_vec();
        words.resize(content.len() + check, 0);
        // The words for correction as erasures of a codeword.
        let erased: Vec<usize> = (content.len()..words.len()).collect();
        field.correct(&mut words, check, &erased).unwrap();
        words
    }

    #[test]
    fn the_words_are_those_of_the_standard() {
        // ISO/IEC 16022, annex O: "123456" in a symbol of 10 x 10.
        let field = Field::new(0x12d, 1);
        assert_eq!(encoded(&field, &[142, 164, 186], 5), [142, 164, 186, 114, 25, 5, 88, 102]);
    }

    proptest! {
        #[test]
        fn what_is_within_reach_is_corrected(
            content in prop::collection::vec(0_u16..256, 5..40),
            damage in prop::collection::vec((any::<prop::sample::Index>(), 1_u16..256), 0..9),
            n_erased in 0_usize..9,
            first in 0_usize..2,
        ) {
            let check = 12;
            let field = Field::new(if first == 0 { 0x11d } else { 0x12d }, first);
            let right = encoded(&field, &content, check);
            let mut words = right.clone();
            let mut places: Vec<usize> = damage.iter().map(|(k, _)| k.index(words.len())).collect();
            for (place, (_, change)) in places.iter().zip(&damage) {
                words[*place] ^= change;
            }
            places.sort_unstable();
            places.dedup();
            let erased = &places[..n_erased.min(places.len())];
            let n_wrong = places[erased.len()..].iter().filter(|k| words[**k] != right[**k]).count();
            let found = field.correct(&mut words, check, erased);
            if 2 * n_wrong + erased.len() <= check {
                prop_assert_eq!((found, words), (Some(n_wrong), right));
            } else if let Some(n) = found {
                // Another codeword may be as near.
                prop_assert!(2 * n + erased.len() <= check);
            }
        }
    }
}
