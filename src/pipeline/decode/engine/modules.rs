//! The modules of a matrix symbol to its content, through rxing's error correction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::decoder::highLevelDecode;
use rxing::common::BitMatrix;
use rxing::common::cpp_essentials::DecoderResult;
use rxing::common::reedsolomon::{PredefinedGenericGF, ReedSolomonDecoder};
use rxing::datamatrix::decoder::{BitMatrixParser, DataBlock, decoded_bit_stream_parser};
use rxing::qrcode::common::Version;
use rxing::qrcode::cpp_port::decoder::DecodeBitStream;
use rxing::qrcode::decoder as qrcode;

use crate::pipeline::decode::engine::blocks::{Block, Blocks};
use crate::pipeline::decode::engine::without_leading_fnc1;
use crate::pipeline::decode::matrix::bits::Bits;
use crate::pipeline::decode::matrix::solomon::Field;

/// What the modules of a symbol say.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its content, as in [`crate::pipeline::symbol::Symbol`].
    pub text: String,
    /// Its symbology identifier.
    pub identifier: String,
    /// How the codewords were corrected.
    pub correction: Correction,
}

/// How much error correction was used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Correction {
    /// Codewords that error correction changed.
    pub changed: usize,
    /// The most it could have changed.
    pub most: usize,
    /// Minus the binary logarithm of the chance that noise is corrected to some symbol with so few changes.
    pub bits: f32,
}

impl Correction {
    /// With a block of `n` codewords of `bits` bits, `check` of them for correction, of which `erased` were taken for
    /// anything and `changed` more were changed.
    #[must_use]
    pub fn and(
        self,
        (n, check): (usize, usize),
        bits: u8,
        (changed, erased): (usize, usize),
    ) -> Self {
        // Words within `changed` errors of a symbol: (n over changed) * (2^bits)^changed, of (2^bits)^check cosets.
        let n = n.saturating_sub(erased);
        let choices = |k: usize| ((n - k) as f32 / (k + 1) as f32).log2();
        let ways: f32 = (0..changed.min(n)).map(choices).sum();
        let free = f32::from(bits) * check.saturating_sub(changed + erased) as f32;
        Self {
            changed: self.changed + changed + erased,
            most: self.most + check / 2,
            bits: self.bits + (free - ways).max(0.0),
        }
    }
}

/// What becomes of modules that are not sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubts {
    /// They are taken for what they are likelier to be.
    Believed,
    /// Where that does not read, their codewords are taken for anything.
    Erased,
}

/// The content of a Data Matrix symbol (ISO/IEC 16022, ECC 200) of these modules, its finder included.
pub fn data_matrix(bits: &Bits<'_>, doubts: Doubts) -> Option<Reading> {
    let mirrored = || {
        bits.arranged((bits.rows, bits.columns), |x, y| {
            // At the diagonal through the corner of the solid edges.
            (bits.columns - 1 - y, bits.rows - 1 - x)
        })
    };
    let attempt = || {
        let printed = data_matrix_of(bits, doubts, false);
        printed.or_else(|| data_matrix_of(&mirrored(), doubts, true))
    };
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten()
}

fn data_matrix_of(bits: &Bits<'_>, doubts: Doubts, is_mirrored: bool) -> Option<Reading> {
    let field = Field::new(0x12d, 1);
    let (data, correction) =
        Blocks { bits, of: data_matrix_blocks, is_fixed: |_, _| false, doubts }.read(&field)?;
    // The blocks take turns (5.7.2): the last of the largest symbols' are a codeword shorter.
    let longest = data.iter().map(Vec::len).max()?;
    let turns = (0..longest).flat_map(|k| data.iter().filter_map(move |words| words.get(k)));
    let words: Vec<u8> = turns.copied().collect();
    let found = decoded_bit_stream_parser::decode(&words, is_mirrored).ok()?;
    let identifier = format!("]d{}", found.getSymbologyModifier());
    let text = without_leading_fnc1(found.getText(), &identifier).to_owned();
    (!text.is_empty()).then_some(Reading { text, identifier, correction })
}

fn data_matrix_blocks(bits: &Bits<'_>) -> Option<Vec<Block>> {
    let mut parser = BitMatrixParser::new(&matrix(bits)?).ok()?;
    let codewords = parser.readCodewords().ok()?;
    let blocks = DataBlock::getDataBlocks(&codewords, parser.getVersion(), false).ok()?;
    blocks.iter().map(|b| Block::of(b.getCodewords(), b.getNumDataCodewords())).collect()
}

/// The content of a QR code (ISO/IEC 18004, model 2) of these modules, as printed or as in a mirror.
pub fn qr(bits: &Bits<'_>, doubts: Doubts) -> Option<Reading> {
    let attempt = || qr_of(bits, doubts).or_else(|| qr_of(&bits.transposed(), doubts));
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten()
}

fn qr_of(bits: &Bits<'_>, doubts: Doubts) -> Option<Reading> {
    let mut parser = qrcode::BitMatrixParser::new(matrix(bits)?).ok()?;
    let level = parser.readFormatInformation().ok()?.getErrorCorrectionLevel();
    let version = parser.readVersion().ok()?;
    let field = Field::new(0x11d, 0);
    let (data, correction) =
        Blocks { bits, of: qr_blocks, is_fixed: is_qr_format, doubts }.read(&field)?;
    let found = DecodeBitStream(&data.concat(), version, level).ok();
    let found = found.filter(DecoderResult::isValid)?;
    let identifier = found.symbologyIdentifier();
    let text = without_leading_fnc1(&found.text(), &identifier).to_owned();
    (!text.is_empty()).then_some(Reading { text, identifier, correction })
}

/// Whether a module of a QR code is of its format or version information, or of a finder pattern beside it.
fn is_qr_format((x, y): (usize, usize), (columns, rows): (usize, usize)) -> bool {
    let near = |k: usize, side: usize| k < 9 || k + 11 >= side;
    (x < 9 && near(y, rows)) || (y < 9 && near(x, columns))
}

fn qr_blocks(bits: &Bits<'_>) -> Option<Vec<Block>> {
    let mut parser = qrcode::BitMatrixParser::new(matrix(bits)?).ok()?;
    let level = parser.readFormatInformation().ok()?.getErrorCorrectionLevel();
    let version = parser.readVersion().ok()?;
    let codewords = parser.readCodewords().ok()?;
    let blocks = qrcode::DataBlock::getDataBlocks(&codewords, version, level).ok()?;
    blocks.iter().map(|b| Block::of(b.getCodewords(), b.getNumDataCodewords())).collect()
}

/// Rows and columns of the centres of the alignment patterns of a QR code of `side` modules (annex E).
pub fn qr_alignment(side: usize) -> impl Iterator<Item = usize> {
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let version = Version::getProvisionalVersionForDimension(side).ok();
    let centres = version.map(Version::getAlignmentPatternCenters).unwrap_or_default();
    centres.iter().filter_map(|k| usize::try_from(*k).ok())
}

/// What the mode message of an Aztec symbol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AztecMode {
    /// So many layers, and so many codewords of data.
    Layers {
        /// Layers of data around the core.
        layers: usize,
        /// Codewords that are not for error correction.
        words: usize,
    },
    /// A symbol without data: the message is its value.
    Rune(u8),
}

/// The mode message of an Aztec symbol (ISO/IEC 24778, 7.2.3 and annex A for runes): 28 bits or 40.
///
/// A rune has to be without error; that is what `is_exact` asks of the rest of its core, too.
pub fn aztec_mode(message: &[bool], is_exact: bool) -> Option<AztecMode> {
    let words: Vec<i32> = words(message, 4);
    let is_compact = words.len() == 7;
    let n_data = if is_compact { 2 } else { 4 };
    let check = words.len().checked_sub(n_data)?;
    let field = ReedSolomonDecoder::new(PredefinedGenericGF::AztecParam.into());
    let decode = |words: &[i32]| {
        let mut words = words.to_vec();
        let changed = field.decode(&mut words, i32::try_from(check).ok()?).ok()?;
        let value = words.iter().take(n_data).fold(0, |sum, w| sum << 4 | w);
        Some((changed, usize::try_from(value).ok()?))
    };
    let attempt = || {
        if let Some((_, value)) = decode(&words) {
            let bits = if is_compact { 6 } else { 11 };
            return Some(AztecMode::Layers {
                layers: (value >> bits) + 1,
                words: (value & ((1 << bits) - 1)) + 1,
            });
        }
        let inverse: Vec<i32> = words.iter().map(|w| w ^ 0b1010).collect();
        let (_, value) = decode(&inverse).filter(|(n, _)| *n == 0 && is_compact && is_exact)?;
        u8::try_from(value).ok().map(AztecMode::Rune)
    };
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten()
}

/// Modules a side of an Aztec symbol of so many layers.
pub fn aztec_side(layers: usize, is_compact: bool) -> usize {
    if is_compact {
        return 11 + 4 * layers;
    }
    // A line of the reference grid every 15 modules from the centre.
    let plain = 14 + 4 * layers;
    plain + 1 + 2 * ((plain / 2 - 1) / 15)
}

/// The content of an Aztec symbol whose mode message tells `layers` and data `words`.
pub fn aztec(
    bits: &Bits<'_>,
    (layers, n_data): (usize, usize),
    is_compact: bool,
) -> Option<Reading> {
    let (size, field) = match layers {
        ..=2 => (6, PredefinedGenericGF::AztecData6),
        3..=8 => (8, PredefinedGenericGF::AztecData8),
        9..=22 => (10, PredefinedGenericGF::AztecData10),
        _ => (12, PredefinedGenericGF::AztecData12),
    };
    let raw = aztec_bits(bits, layers, is_compact);
    // The bits left over come first.
    let mut words = words(raw.get(raw.len() % size..)?, size);
    // A symbol that sets up the reader has the highest bit of the number set, where that is no number (7.2.3).
    let flag = if is_compact { 1 << 5 } else { 1 << 10 };
    let n_data = if n_data > words.len() { n_data.checked_sub(flag)? } else { n_data };
    let check = words.len().checked_sub(n_data).filter(|check| *check >= 3)?;
    let attempt = || {
        let field = ReedSolomonDecoder::new(field.into());
        let changed = field.decode(&mut words, i32::try_from(check).ok()?).ok()?;
        let (n, size_bits) = (words.len(), u8::try_from(size).ok()?);
        let correction = Correction::default().and((n, check), size_bits, (changed, 0));
        let content = unstuffed(words.get(..n_data)?, size)?;
        let text = (content.len() >= 5).then(|| highLevelDecode(&content).ok())??;
        let identifier = "]z0".to_owned();
        (!text.is_empty()).then_some(Reading { text, identifier, correction })
    };
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten()
}

/// The bits of the layers, from the outermost in: each two modules wide, down its left side and around.
fn aztec_bits(bits: &Bits<'_>, layers: usize, is_compact: bool) -> Vec<bool> {
    let plain = 4 * layers + if is_compact { 11 } else { 14 };
    let middle = bits.columns / 2;
    // Where a module lies whose place was counted without the reference grid.
    let real = |k: usize| {
        if is_compact {
            k
        } else if k < plain / 2 {
            let out = plain / 2 - 1 - k;
            middle.saturating_sub(out + out / 15 + 1)
        } else {
            let out = k - plain / 2;
            middle + out + out / 15 + 1
        }
    };
    let at = |x: usize, y: usize| bits.at(real(x), real(y));
    let mut out = Vec::new();
    for layer in 0..layers {
        let (low, high) = (2 * layer, plain - 1 - 2 * layer);
        let length = high - low - 1;
        let pairs = || (0..length).flat_map(|along| [(along, 0), (along, 1)]);
        out.extend(pairs().map(|(along, in_)| at(low + in_, low + along)));
        out.extend(pairs().map(|(along, in_)| at(low + along, high - in_)));
        out.extend(pairs().map(|(along, in_)| at(high - in_, high - along)));
        out.extend(pairs().map(|(along, in_)| at(high - along, low + in_)));
    }
    out
}

/// Words of `size` bits, the first bit the highest.
fn words(bits: &[bool], size: usize) -> Vec<i32> {
    let word = |bits: &[bool]| bits.iter().fold(0, |word, bit| word << 1 | i32::from(*bit));
    bits.chunks_exact(size).map(word).collect()
}

/// The bits of data `words`, without the one that follows a run of equal ones (7.3.1.2).
fn unstuffed(words: &[i32], size: usize) -> Option<Vec<bool>> {
    let full = (1 << size) - 1;
    let mut bits = Vec::with_capacity(words.len() * size);
    for word in words {
        let n = match *word {
            0 => return None,
            word if word == full => return None,
            word if word == 1 || word == full - 1 => size - 1,
            _ => size,
        };
        bits.extend((0..n).map(|k| word >> (size - 1 - k) & 1 == 1));
    }
    Some(bits)
}

fn matrix(bits: &Bits<'_>) -> Option<BitMatrix> {
    let (columns, rows) = (u32::try_from(bits.columns).ok()?, u32::try_from(bits.rows).ok()?);
    let mut matrix = BitMatrix::new(columns, rows).ok()?;
    for y in 0..rows {
        for x in 0..columns {
            matrix.set_bool(x, y, bits.at(x as usize, y as usize));
        }
    }
    Some(matrix)
}
