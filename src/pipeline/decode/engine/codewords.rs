//! Codewords of PDF417 and its kin: their patterns, and their content through rxing's tables and compaction modes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::pdf417::decoder::decoded_bit_stream_parser;
use rxing::pdf417::pdf_417_common::{SYMBOL_TABLE, getCodeword};

/// Each codeword's patterns: 17 modules, the first one in the highest bit, a set bit for a dark one; and its value.
pub fn patterns() -> impl Iterator<Item = (u32, u16)> {
    let value = |bits: &u32| u16::try_from(getCodeword(*bits)).ok().map(|value| (*bits, value));
    SYMBOL_TABLE.iter().filter_map(value)
}

/// The content of data `codewords`, the first of which is their number.
pub fn content(codewords: &[u16]) -> Option<String> {
    let words: Vec<u32> = codewords.iter().map(|word| u32::from(*word)).collect();
    let attempt = || decoded_bit_stream_parser::decode(&words, "").ok();
    let found = catch_unwind(AssertUnwindSafe(attempt)).ok().flatten()?;
    let text = found.getText().to_owned();
    (!text.is_empty()).then_some(text)
}
