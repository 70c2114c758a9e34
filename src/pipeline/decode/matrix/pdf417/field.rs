//! Reed-Solomon correction of errors and erasures over the whole numbers modulo 929 (ISO/IEC 15438, 5.10 and annex F).

/// The number of values of a codeword, a prime.
pub const MODULUS: u32 = 929;

/// The primitive element whose powers from the first on are the roots of the generator polynomial.
const GENERATOR: u32 = 3;

/// Bits a codeword is worth.
const BITS: f32 = 9.86;

/// `words`, `check` of them for correction, set right where some are `erased`; with the number of other words changed.
///
/// `None` where more is wrong than `check` words can tell.
pub fn corrected(words: &[u16], check: usize, erased: &[usize]) -> Option<(Vec<u16>, usize)> {
    let n = words.len();
    if check >= n || n >= MODULUS as usize || erased.len() > check {
        return None;
    }
    let syndromes = syndromes(words, check);
    if syndromes.iter().all(|s| *s == 0) {
        return Some((words.to_vec(), 0));
    }
    let locator = locator(&syndromes, erased.iter().map(|k| power(n.saturating_sub(1 + k))));
    let degree = locator.iter().rposition(|c| *c != 0)?;
    // The evaluator: the product of syndromes and locator, as far as there are syndromes.
    let term = |k: usize| {
        let pairs = locator.iter().take(k + 1).zip(syndromes.get(..=k)?.iter().rev());
        Some(pairs.fold(0, |sum, (a, b)| (sum + a * b) % MODULUS))
    };
    let evaluator: Vec<u32> = (0..check).filter_map(term).collect();
    let slope: Vec<u32> =
        (1_u32..).zip(locator.iter().skip(1)).map(|(k, c)| k % MODULUS * c % MODULUS).collect();
    let mut right = words.to_vec();
    let mut roots = 0;
    for (k, word) in right.iter_mut().enumerate() {
        let inverse = power(928 - (n - 1 - k));
        if value(&locator, inverse) != 0 {
            continue;
        }
        roots += 1;
        let by = value(&evaluator, inverse) * inverted(value(&slope, inverse)) % MODULUS;
        // Forney's formula has a minus, which taking the error away cancels.
        *word = u16::try_from((u32::from(*word) + by) % MODULUS).ok()?;
    }
    let is_right = roots == degree && self::syndromes(&right, check).iter().all(|s| *s == 0);
    let changed = || {
        let changed = right.iter().zip(words).enumerate();
        changed.filter(|(k, (a, b))| a != b && !erased.contains(k)).count()
    };
    let changed = is_right.then(changed)?;
    Some((right, changed))
}

/// Minus the binary logarithm of the chance that noise of `n` codewords is corrected to some symbol: by `check` of
/// them, with so many `erased` and so many other ones `changed`.
pub fn evidence(n: usize, check: usize, erased: usize, changed: usize) -> f32 {
    let known = n.saturating_sub(erased);
    let choices = |k: usize| (known.saturating_sub(k) as f32 / (k + 1) as f32).max(1.0).log2();
    let ways: f32 = (0..changed.min(known)).map(choices).sum();
    BITS * (check.saturating_sub(erased + changed)) as f32 - ways
}

/// The values of the polynomial `words` at the roots of the generator polynomial.
fn syndromes(words: &[u16], check: usize) -> Vec<u32> {
    let at = |root: u32| words.iter().fold(0, |sum, w| (sum * root + u32::from(*w)) % MODULUS);
    (1..=check).map(|k| at(power(k))).collect()
}

/// The polynomial whose roots are the inverse places of errors and erasures (Berlekamp and Massey).
fn locator(syndromes: &[u32], erased: impl Iterator<Item = u32>) -> Vec<u32> {
    let n = syndromes.len();
    let mut locator = vec![0; n + 2];
    locator[0] = 1;
    let mut n_erased = 0;
    for place in erased {
        n_erased += 1;
        for k in (1..=n_erased.min(n)).rev() {
            locator[k] = (locator[k] + (MODULUS - place) * locator[k - 1]) % MODULUS;
        }
    }
    let mut length = n_erased;
    let mut before = locator.clone();
    for r in n_erased + 1..=n {
        let pairs = locator.iter().zip(syndromes[..r].iter().rev());
        let discrepancy = pairs.fold(0, |sum, (a, b)| (sum + a * b) % MODULUS);
        before.rotate_right(1);
        before[0] = 0;
        if discrepancy == 0 {
            continue;
        }
        let pairs = locator.iter().zip(&before);
        let next = pairs.map(|(a, b)| (a + (MODULUS - discrepancy) * b) % MODULUS).collect();
        let last = std::mem::replace(&mut locator, next);
        if 2 * length < r + n_erased {
            length = r + n_erased - length;
            let by = inverted(discrepancy);
            before = last.iter().map(|c| c * by % MODULUS).collect();
        }
    }
    locator
}

/// The value of a polynomial, its lowest term first, at `x`.
fn value(polynomial: &[u32], x: u32) -> u32 {
    polynomial.iter().rev().fold(0, |sum, c| (sum * x + c) % MODULUS)
}

/// The primitive element to the power of `k`.
fn power(k: usize) -> u32 {
    raised(GENERATOR, k)
}

/// What times `a` is 1 (Fermat's little theorem).
fn inverted(a: u32) -> u32 {
    raised(a, MODULUS as usize - 2)
}

fn raised(base: u32, mut k: usize) -> u32 {
    let (mut result, mut square) = (1, base % MODULUS);
    while k > 0 {
        if k % 2 == 1 {
            result = result * square % MODULUS;
        }
        square = square * square % MODULUS;
        k /= 2;
    }
    result
}

/// The `n` codewords for correction of `data`: what is left when the data are divided by the generator polynomial.
#[cfg(test)]
pub(crate) fn check_words(data: &[u16], n: usize) -> Vec<u16> {
    // The generator polynomial, its highest term first.
    let mut generator = vec![1];
    for k in 1..=n {
        let root = power(k);
        generator.push(0);
        for j in (1..generator.len()).rev() {
            generator[j] = (generator[j] + (MODULUS - root) * generator[j - 1]) % MODULUS;
        }
    }
    let mut left: Vec<u32> = data.iter().map(|w| u32::from(*w)).chain(vec![0; n]).collect();
    for k in 0..data.len() {
        let first = left[k];
        for (j, term) in generator.iter().enumerate() {
            left[k + j] = (left[k + j] + (MODULUS - first) * term) % MODULUS;
        }
    }
    let negative = |w: &u32| u16::try_from((MODULUS - w) % MODULUS).unwrap();
    left[data.len()..].iter().map(negative).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard's own example of level 1 (annex of ISO/IEC 15438 on correction): data 5, 453, 178, 121, 239.
    const SYMBOL: [u16; 9] = [5, 453, 178, 121, 239, 452, 327, 657, 619];

    #[test]
    fn errors_and_erasures_are_set_right_as_far_as_they_can_be() {
        assert_eq!(corrected(&SYMBOL, 4, &[]), Some((SYMBOL.to_vec(), 0)));
        let mut words = SYMBOL;
        (words[1], words[7]) = (900, 0);
        assert_eq!(corrected(&words, 4, &[]), Some((SYMBOL.to_vec(), 2)));
        words[3] = 7;
        assert_eq!(
            corrected(&words, 4, &[3, 7]).map(|(right, n)| (right == SYMBOL, n)),
            Some((true, 1))
        );
        words[0] = 928;
        assert_eq!(
            corrected(&words, 4, &[0, 1, 3, 7]).map(|(right, _)| right),
            Some(SYMBOL.to_vec())
        );
        assert_eq!(corrected(&words, 4, &[]), None);
    }

    #[test]
    fn evidence_is_what_correction_leaves() {
        assert!((evidence(9, 4, 0, 0) - 39.4).abs() < 0.1);
        assert!(evidence(40, 8, 4, 2) < 2.0 * 9.86 && evidence(9, 4, 4, 0) < 0.1);
    }
}
