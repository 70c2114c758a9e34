//! The bits of GS1 DataBar Expanded to an element string (ISO/IEC 24724, 7.2.5).

use crate::pipeline::decode::linear::databar::check_digit;

/// FNC1 between elements.
const GS: char = '\u{1d}';

/// Bits that are taken from the front.
struct Bits<'a> {
    rest: &'a [bool],
}

impl Bits<'_> {
    /// The next `n` bits as a number, left where they are.
    fn peek(&self, n: usize) -> Option<u32> {
        let bits = self.rest.get(..n)?;
        Some(bits.iter().fold(0, |value, bit| value << 1 | u32::from(*bit)))
    }

    fn skip(&mut self, n: usize) {
        self.rest = self.rest.get(n..).unwrap_or_default();
    }

    /// What a method of fixed length leaves is not data.
    fn end(&mut self) {
        self.rest = &[];
    }

    fn take(&mut self, n: usize) -> Option<u32> {
        let value = self.peek(n)?;
        self.skip(n);
        Some(value)
    }
}

/// The element string of `bits`, without brackets; `None` where they are not one.
pub fn text(bits: &[bool]) -> Option<String> {
    // Symbols are about whose makers knew nothing of the return to numbers.
    [Separator::ToNumbers, Separator::Stays].into_iter().find_map(|how| element_string(bits, how))
}

/// What FNC1 among letters does to what follows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Separator {
    /// Numbers follow (ISO/IEC 24724:2011, 7.2.5.5.2).
    ToNumbers,
    /// Letters follow, as they came.
    Stays,
}

fn element_string(bits: &[bool], separator: Separator) -> Option<String> {
    let mut bits = Bits { rest: bits };
    // The first bit tells of a 2D component, which is not read.
    bits.skip(1);
    let mut out = String::new();
    if bits.peek(1)? == 1 {
        bits.skip(1 + 2);
        let first = bits.take(4)?;
        gtin(&mut bits, first, &mut out)?;
    } else if bits.peek(2)? == 0 {
        bits.skip(2 + 2);
    } else {
        compressed(&mut bits, &mut out)?;
    }
    general(&mut bits, separator, &mut out)?;
    // An odd digit at the end comes with an FNC1 that parts nothing.
    while out.ends_with(GS) {
        out.pop();
    }
    // Each element begins with its application identifier.
    let begins = |element: &str| {
        element.len() > 2 && element.bytes().take(2).all(|byte| byte.is_ascii_digit())
    };
    out.split(GS).all(begins).then_some(out)
}

/// ISO/IEC 24724, 7.2.5.4: a GTIN that begins with 9, with a weight, a price or a date.
fn compressed(bits: &mut Bits<'_>, out: &mut String) -> Option<()> {
    match (bits.peek(4)?, bits.peek(5)?) {
        (0b0100, _) => {
            bits.skip(4);
            gtin(bits, 9, out)?;
            number(bits.take(15)?, "3103", 6, out)?;
            bits.end();
            Some(())
        }
        (0b0101, _) => {
            bits.skip(4);
            gtin(bits, 9, out)?;
            match bits.take(15)? {
                weight @ 0..10_000 => number(weight, "3202", 6, out)?,
                weight => number(weight - 10_000, "3203", 6, out)?,
            }
            bits.end();
            Some(())
        }
        (_, price @ (0b01100 | 0b01101)) => {
            bits.skip(5 + 2);
            gtin(bits, 9, out)?;
            let places = bits.take(2)?;
            out.push_str(if price == 0b01100 { "392" } else { "393" });
            number(places, "", 1, out)?;
            if price == 0b01101 {
                number(bits.take(10)?, "", 3, out)?;
            }
            Some(())
        }
        _ => dated(bits, out),
    }
}

/// The methods of seven bits: a weight and a date.
fn dated(bits: &mut Bits<'_>, out: &mut String) -> Option<()> {
    let method = bits.take(7)?.checked_sub(0b011_1000)?;
    let date_ai = ["11", "13", "15", "17"].get(method as usize / 2)?;
    gtin(bits, 9, out)?;
    let weight = bits.take(20)?;
    out.push_str(if method.is_multiple_of(2) { "310" } else { "320" });
    number(weight / 100_000, "", 1, out)?;
    number(weight % 100_000, "", 6, out)?;
    let date = bits.take(16)?;
    // 38400 stands for no date.
    if date < 38_400 {
        number(date / 32 / 12, date_ai, 2, out)?;
        number(date / 32 % 12 + 1, "", 2, out)?;
        number(date % 32, "", 2, out)?;
    }
    bits.end();
    Some(())
}

/// Appends `ai` and `value` in so many digits; `None` where it has more.
fn number(value: u32, ai: &str, digits: usize, out: &mut String) -> Option<()> {
    let text = format!("{value:0digits$}");
    (text.len() == digits).then(|| {
        out.push_str(ai);
        out.push_str(&text);
    })
}

/// Appends a GTIN by its first digit and twelve that take ten bits every three.
fn gtin(bits: &mut Bits<'_>, first: u32, out: &mut String) -> Option<()> {
    let mut digits = String::new();
    number(first, "", 1, &mut digits)?;
    for _ in 0..4 {
        number(bits.take(10)?, "", 3, &mut digits)?;
    }
    digits.push(check_digit(&digits));
    out.push_str("01");
    out.push_str(&digits);
    Some(())
}

/// A way to write characters (ISO/IEC 24724, 7.2.5.5).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Numeric,
    Alphanumeric,
    Iso646,
}

/// The general purpose field: what is left, up to its padding.
fn general(bits: &mut Bits<'_>, separator: Separator, out: &mut String) -> Option<()> {
    let mut mode = Mode::Numeric;
    while !bits.rest.is_empty() {
        if mode == Mode::Numeric {
            if !numeric(bits, &mut mode, out)? {
                break;
            }
        } else if bits.rest.len() < 5 && bits.rest.iter().all(|bit| !bit) {
            break;
        } else if bits.peek(5) == Some(15) {
            bits.skip(5);
            out.push(GS);
            if separator == Separator::ToNumbers {
                mode = Mode::Numeric;
            }
        } else if !letter(bits, &mut mode, out)? {
            break;
        }
    }
    Some(())
}

/// Two digits, or a latch; `false` at the end.
fn numeric(bits: &mut Bits<'_>, mode: &mut Mode, out: &mut String) -> Option<bool> {
    match bits.peek(4) {
        None => return Some(false),
        Some(0) => {
            bits.skip(4);
            *mode = Mode::Alphanumeric;
            return Some(true);
        }
        Some(one) if bits.rest.len() < 7 => {
            // A single digit in four bits ends the field.
            digit(one - 1, out)?;
            return Some(false);
        }
        Some(_) => {}
    }
    let two = bits.take(7)?.checked_sub(8)?;
    digit(two / 11, out)?;
    digit(two % 11, out)?;
    Some(true)
}

fn digit(value: u32, out: &mut String) -> Option<()> {
    out.push(if value == 10 { GS } else { char::from_digit(value, 10)? });
    Some(())
}

/// A character of the two modes of letters, or a latch; `false` at the end.
fn letter(bits: &mut Bits<'_>, mode: &mut Mode, out: &mut String) -> Option<bool> {
    if bits.peek(3) == Some(0) {
        bits.skip(3);
        *mode = Mode::Numeric;
        return Some(true);
    }
    let Some(five) = bits.peek(5) else { return Some(false) };
    match five {
        0b00100 => {
            bits.skip(5);
            *mode = if *mode == Mode::Iso646 { Mode::Alphanumeric } else { Mode::Iso646 };
            return Some(true);
        }
        5..=14 => {
            bits.skip(5);
            digit(five - 5, out)?;
            return Some(true);
        }
        _ => {}
    }
    let (byte, length) = if *mode == Mode::Alphanumeric { six(bits)? } else { eight(bits)? };
    bits.skip(length);
    out.push(char::from(byte));
    Some(true)
}

/// The alphanumeric character of the next six bits.
fn six(bits: &Bits<'_>) -> Option<(u8, usize)> {
    let value = u8::try_from(bits.peek(6)?).ok()?;
    let byte = match value {
        32..=57 => value + 33,
        58 => b'*',
        59..=62 => value - 59 + b',',
        _ => return None,
    };
    Some((byte, 6))
}

/// The character of ISO/IEC 646 of the next seven or eight bits.
fn eight(bits: &Bits<'_>) -> Option<(u8, usize)> {
    let seven = u8::try_from(bits.peek(7)?).ok()?;
    match seven {
        64..=89 => return Some((seven + 1, 7)),
        90..=115 => return Some((seven + 7, 7)),
        _ => {}
    }
    let value = u8::try_from(bits.peek(8)?).ok()?;
    let byte = b"!\"%&'()*+,-./:;<=>?_ ".get(usize::from(value.checked_sub(232)?))?;
    Some((*byte, 8))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    fn bits(text: &str) -> Vec<bool> {
        text.bytes().filter(|b| *b != b' ').map(|b| b == b'1').collect()
    }

    // The examples of ISO/IEC 24724, 7.2.5, as bits.
    #[test_case("0 0100 0000000001 0011101010 1000110111 1101111010 000011011010110", "01900123456789083103001750"; "a weight")]
    #[test_case("0 00 00 0010011 0010101 0000 100000 00100 00100", "1012A"; "numbers, then letters")]
    fn element_strings(text: &str, expected: &str) {
        assert_eq!(super::text(&bits(text)).as_deref(), Some(expected));
    }
}
