//! Blocks of codewords set right: those of unsure modules, by and by, as erasures.

use crate::pipeline::decode::engine::modules::{Correction, Doubts};
use crate::pipeline::decode::matrix::bits::Bits;
use crate::pipeline::decode::matrix::solomon::Field;

/// Modules less sure than this make a codeword unsure: one bound after the other, until a block reads.
const SURE: [f32; 6] = [0.1, 0.2, 0.3, 0.42, 0.55, 0.7];

/// Least evidence of a block that was read with erasures: 28 bits as of a symbol, and the choice among the attempts.
const MIN_BITS: f32 = 33.0;

/// Most words of a block: a field of 256 elements has no longer code.
const MAX_WORDS: usize = 255;

/// Codewords with their own error correction.
#[derive(Debug, Clone)]
pub struct Block {
    words: Vec<u16>,
    n_data: usize,
}

impl Block {
    /// `codewords`, the first `n_data` of them data.
    pub fn of(codewords: &[u8], n_data: u32) -> Option<Self> {
        let words = codewords.iter().map(|w| u16::from(*w)).collect();
        Some(Self { words, n_data: usize::try_from(n_data).ok()? })
    }

    /// Its data set right, and `correction` with what that took. Each word has a rank: the less, the less sure it is.
    fn corrected(
        &self,
        ranks: &[usize],
        field: &Field,
        correction: Correction,
    ) -> Option<(Vec<u8>, Correction)> {
        let n = self.words.len();
        let check = n.checked_sub(self.n_data)?;
        let attempt = |erased: &[usize]| {
            let mut room = [0; MAX_WORDS];
            let words = room.get_mut(..n)?;
            words.copy_from_slice(&self.words);
            let changed = field.correct(words, check, erased)?;
            let data = words.iter().take(self.n_data).map(|w| u8::try_from(*w).ok());
            Some((data.collect::<Option<Vec<u8>>>()?, (changed, erased.len())))
        };
        if let Some((data, changed)) = attempt(&[]) {
            return Some((data, correction.and((n, check), 8, changed)));
        }
        let mut erased = Vec::with_capacity(n);
        (0..SURE.len()).find_map(|least| {
            let unsure = ranks.iter().enumerate().filter(|(_, rank)| **rank <= least);
            let n_before = erased.len();
            erased.clear();
            erased.extend(unsure.map(|(k, _)| k));
            if erased.len() == n_before {
                return None;
            }
            let (data, changed) = attempt(&erased)?;
            let own = Correction::default().and((n, check), 8, changed);
            (own.bits >= MIN_BITS).then(|| (data, correction.and((n, check), 8, changed)))
        })
    }
}

/// The blocks of a symbol.
#[derive(Debug)]
pub struct Blocks<'a> {
    /// Its modules.
    pub bits: &'a Bits<'a>,
    /// What their blocks are.
    pub of: fn(&Bits<'_>) -> Option<Vec<Block>>,
    /// Whether the module at a column and row of so many says how the others are read: it is believed.
    pub is_fixed: fn((usize, usize), (usize, usize)) -> bool,
    /// What becomes of unsure ones.
    pub doubts: Doubts,
}

impl<'a> Blocks<'a> {
    /// The data of each block, and what setting it right took.
    pub fn read(&self, field: &Field) -> Option<(Vec<Vec<u8>>, Correction)> {
        let blocks = (self.of)(self.bits)?;
        let ranks = match self.doubts {
            Doubts::Believed => vec![Vec::new(); blocks.len()],
            Doubts::Erased => self.ranks(&blocks),
        };
        let mut correction = Correction::default();
        let mut data = Vec::new();
        for (block, ranks) in blocks.iter().zip(&ranks) {
            let read = block.corrected(ranks, field, correction)?;
            data.push(read.0);
            correction = read.1;
        }
        Some((data, correction))
    }

    /// Below which bound of [`SURE`] each word of each block has a module: the words that change with these modules.
    fn ranks(&self, blocks: &[Block]) -> Vec<Vec<usize>> {
        let all = SURE.len();
        let mut ranks: Vec<Vec<usize>> = blocks.iter().map(|b| vec![all; b.words.len()]).collect();
        for (rank, least) in SURE.iter().enumerate() {
            let Some(others) = (self.of)(&self.flipped(*least)) else { continue };
            for ((ranks, block), other) in ranks.iter_mut().zip(blocks).zip(&others) {
                let words = block.words.iter().zip(&other.words);
                for (known, _) in ranks.iter_mut().zip(words).filter(|(_, (a, b))| a != b) {
                    *known = rank.min(*known);
                }
            }
        }
        ranks
    }

    /// The modules with all turned that are less sure than `least`.
    fn flipped(&self, least: f32) -> Bits<'a> {
        let Bits { columns, rows, .. } = *self.bits;
        self.bits.with_dark(|k| {
            let (column, row) = (k % columns, k / columns);
            let is_fixed = (self.is_fixed)((column, row), (columns, rows));
            self.bits.at(column, row) ^ (self.bits.sure_at(column, row) < least && !is_fixed)
        })
    }
}
