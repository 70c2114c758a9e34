//! GS1 element strings: what follows the FNC1, taken apart by application identifier (AI).
//!
//! The table holds the AIs that matter on a box and those of predefined length (GS1 General Specifications,
//! figure 7.8.5-2); an AI that is not in it makes the element string not ours (decision 26).

use crate::pipeline::ident::Gtin;

/// FNC1 within data, as decoders give it.
const GS: char = '\u{1d}';

/// One application identifier with its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The application identifier, two to four digits.
    pub ai: String,
    /// Its data.
    pub data: String,
}

/// Why a text is no element string, or not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Error {
    /// No AI of the table begins here.
    #[error("no application identifier that is known begins at {at}")]
    UnknownAi {
        /// Byte position.
        at: usize,
    },
    /// The data is too short, too long, or holds a character it may not.
    #[error("the data of ({ai}) is not of its format")]
    Format {
        /// The AI.
        ai: String,
    },
    /// The check digit of a GTIN or SSCC is wrong.
    #[error("the check digit of ({ai}) is wrong")]
    CheckDigit {
        /// The AI.
        ai: String,
    },
    /// An AI stands twice, with different data.
    #[error("({ai}) stands twice")]
    Twice {
        /// The AI.
        ai: String,
    },
    /// An AI without one that it requires.
    #[error("({ai}) lacks one of {required:?}")]
    Lacks {
        /// The AI.
        ai: String,
        /// One of these is required.
        required: &'static [&'static str],
    },
    /// Two AIs that exclude each other.
    #[error("({ai}) and ({with}) exclude each other")]
    Excluded {
        /// The AI.
        ai: String,
        /// The other.
        with: &'static str,
    },
}

/// What the data of an AI looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// So many digits, no more, no less.
    Digits(usize),
    /// So many digits, the last a GS1 check digit.
    Checked(usize),
    /// One to so many digits.
    UpToDigits(usize),
    /// One to so many characters of character set 82.
    UpTo(usize),
    /// So many digits, then up to so many characters of set 82.
    DigitsThen(usize, usize),
}

/// AI, its format. A trailing `n` stands for any digit.
const TABLE: &[(&str, Format)] = &[
    ("00", Format::Checked(18)),
    ("01", Format::Checked(14)),
    ("02", Format::Checked(14)),
    ("03", Format::Checked(14)),
    ("10", Format::UpTo(20)),
    ("11", Format::Digits(6)),
    ("12", Format::Digits(6)),
    ("13", Format::Digits(6)),
    ("15", Format::Digits(6)),
    ("16", Format::Digits(6)),
    ("17", Format::Digits(6)),
    ("20", Format::Digits(2)),
    ("21", Format::UpTo(20)),
    ("22", Format::UpTo(20)),
    ("235", Format::UpTo(28)),
    ("240", Format::UpTo(30)),
    ("241", Format::UpTo(30)),
    ("242", Format::UpToDigits(6)),
    ("250", Format::UpTo(30)),
    ("251", Format::UpTo(30)),
    ("254", Format::UpTo(20)),
    ("30", Format::UpToDigits(8)),
    ("31nn", Format::Digits(6)),
    ("32nn", Format::Digits(6)),
    ("33nn", Format::Digits(6)),
    ("34nn", Format::Digits(6)),
    ("35nn", Format::Digits(6)),
    ("36nn", Format::Digits(6)),
    ("37", Format::UpToDigits(8)),
    ("400", Format::UpTo(30)),
    ("41n", Format::Checked(13)),
    ("8003", Format::DigitsThen(14, 16)),
    ("8004", Format::UpTo(30)),
    ("8006", Format::Digits(18)),
    ("8026", Format::Digits(18)),
    ("90", Format::UpTo(30)),
    ("91", Format::UpTo(90)),
    ("92", Format::UpTo(90)),
    ("93", Format::UpTo(90)),
    ("94", Format::UpTo(90)),
    ("95", Format::UpTo(90)),
    ("96", Format::UpTo(90)),
    ("97", Format::UpTo(90)),
    ("98", Format::UpTo(90)),
    ("99", Format::UpTo(90)),
];

/// AI, one of these must stand beside it (GS1 Syntax Dictionary, `req`).
const REQUIRES: &[(&str, &[&str])] = &[
    ("02", &["37"]),
    ("37", &["02", "8026"]),
    ("10", &["01", "02", "03", "8006", "8026"]),
    ("21", &["01", "03", "8006"]),
    ("22", &["01"]),
    ("235", &["01"]),
    ("240", &["01", "02", "03", "8006", "8026"]),
    ("241", &["01", "02", "03", "8006", "8026"]),
    ("250", &["21"]),
];

/// Two AIs that may not stand together (GS1 Syntax Dictionary, `ex`).
const EXCLUDES: &[(&str, &str)] =
    &[("01", "02"), ("01", "37"), ("01", "255"), ("01", "8006"), ("21", "235"), ("02", "03")];

/// The elements of `text`, an element string without its leading FNC1, with the pairing rules kept.
pub fn parse(text: &str) -> Result<Vec<Element>, Gs1Error> {
    let mut elements: Vec<Element> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        let (ai, format) = leading_ai(rest).ok_or(Gs1Error::UnknownAi { at })?;
        let data = rest.get(ai.len()..).unwrap_or_default();
        let (data, after) = split_data(data, format);
        check_data(ai, data, format)?;
        match elements.iter().find(|e| e.ai == ai) {
            Some(same) if same.data != data => return Err(Gs1Error::Twice { ai: ai.to_owned() }),
            Some(_) => {}
            None => elements.push(Element { ai: ai.to_owned(), data: data.to_owned() }),
        }
        rest = after.strip_prefix(GS).unwrap_or(after);
    }
    check_pairs(&elements)?;
    Ok(elements)
}

/// The data of `ai` among `elements`.
pub fn data<'a>(elements: &'a [Element], ai: &str) -> Option<&'a str> {
    elements.iter().find(|element| element.ai == ai).map(|element| element.data.as_str())
}

/// The GTIN of the unit: AI (01), or that of a piece, AI (8006).
pub fn gtin(elements: &[Element]) -> Option<Gtin> {
    let text = data(elements, "01").or_else(|| data(elements, "8006").and_then(|d| d.get(..14)))?;
    text.parse().ok()
}

fn leading_ai(text: &str) -> Option<(&str, Format)> {
    TABLE.iter().find_map(|(pattern, format)| {
        let ai = text.get(..pattern.len())?;
        let fits = |(p, c): (u8, u8)| if p == b'n' { c.is_ascii_digit() } else { p == c };
        pattern.bytes().zip(ai.bytes()).all(fits).then_some((ai, *format))
    })
}

/// The data that belongs to the AI, and what follows it.
fn split_data(text: &str, format: Format) -> (&str, &str) {
    match format {
        Format::Digits(n) | Format::Checked(n) => text.split_at_checked(n).unwrap_or((text, "")),
        Format::UpToDigits(_) | Format::UpTo(_) | Format::DigitsThen(..) => {
            text.split_at_checked(text.find(GS).unwrap_or(text.len())).unwrap_or((text, ""))
        }
    }
}

fn check_data(ai: &str, data: &str, format: Format) -> Result<(), Gs1Error> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let good = match format {
        Format::Digits(n) | Format::Checked(n) => data.len() == n && digits(data),
        Format::UpToDigits(n) => (1..=n).contains(&data.len()) && digits(data),
        Format::UpTo(n) => (1..=n).contains(&data.len()) && data.bytes().all(is_set_82),
        Format::DigitsThen(n, more) => data.split_at_checked(n).is_some_and(|(head, tail)| {
            digits(head) && tail.len() <= more && tail.bytes().all(is_set_82)
        }),
    };
    if !good {
        return Err(Gs1Error::Format { ai: ai.to_owned() });
    }
    if matches!(format, Format::Checked(_)) && !has_check_digit(data) {
        return Err(Gs1Error::CheckDigit { ai: ai.to_owned() });
    }
    Ok(())
}

fn check_pairs(elements: &[Element]) -> Result<(), Gs1Error> {
    let has = |ai: &str| elements.iter().any(|element| element.ai == ai);
    for (ai, required) in REQUIRES {
        if has(ai) && !required.iter().any(|other| has(other)) {
            return Err(Gs1Error::Lacks { ai: (*ai).to_owned(), required });
        }
    }
    for (ai, with) in EXCLUDES {
        if has(ai) && has(with) {
            return Err(Gs1Error::Excluded { ai: (*ai).to_owned(), with });
        }
    }
    Ok(())
}

/// GS1 General Specifications 7.9.1: from the right, weights 1 and 3 in turn, the sum a multiple of ten.
fn has_check_digit(digits: &str) -> bool {
    let weighted = |(i, d): (usize, u8)| u32::from(d - b'0') * if i % 2 == 0 { 1 } else { 3 };
    digits.bytes().rev().enumerate().map(weighted).sum::<u32>().is_multiple_of(10)
}

/// GS1 AI encodable character set 82 (General Specifications, figure 7.11-1).
fn is_set_82(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || br#"!"%&'()*+,-./:;<=>?_"#.contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    fn elements(pairs: &[(&str, &str)]) -> Vec<Element> {
        let element =
            |(ai, data): &(&str, &str)| Element { ai: (*ai).to_owned(), data: (*data).to_owned() };
        pairs.iter().map(element).collect()
    }

    #[test_case("0109501101530003", &[("01", "09501101530003")]; "one GTIN")]
    #[test_case("010950110153000310AB\u{1d}21XYZ", &[("01", "09501101530003"), ("10", "AB"), ("21", "XYZ")]; "FNC1 ends the batch")]
    #[test_case("010950110153000321XYZ\u{1d}", &[("01", "09501101530003"), ("21", "XYZ")]; "a needless FNC1 at the end")]
    #[test_case("01095011015300031726013121A1", &[("01", "09501101530003"), ("17", "260131"), ("21", "A1")]; "a date needs no FNC1")]
    #[test_case("00006141411234567890", &[("00", "006141411234567890")]; "an SSCC")]
    #[test_case("01095011015300033102001234", &[("01", "09501101530003"), ("3102", "001234")]; "a weight")]
    fn parses(text: &str, expected: &[(&str, &str)]) {
        assert_eq!(parse(text), Ok(elements(expected)));
    }

    #[test_case("0109501101530004"; "wrong check digit")]
    #[test_case("010950110153"; "too short")]
    #[test_case("21XYZ"; "a serial alone")]
    #[test_case("02095011015300033705\u{1d}21XYZ"; "a carton's content is no unit")]
    #[test_case("010950110153000321"; "an empty serial")]
    #[test_case("010950110153000321123456789012345678901"; "a serial of 21 characters")]
    #[test_case("01095011015300030295011015300038370"; "GTIN and content")]
    #[test_case("010950110153000399X\u{1d}7799"; "an unknown AI")]
    #[test_case("010950110153000321A B"; "a space is not in the set")]
    #[test_case("010950110153000321A\u{1d}21B"; "two serials")]
    fn refuses(text: &str) {
        assert!(parse(text).is_err());
    }

    #[test]
    fn the_hri_parentheses_are_not_data() {
        assert_eq!(parse("(01)09501101530003"), Err(Gs1Error::UnknownAi { at: 0 }));
    }

    proptest! {
        #[test]
        fn any_text_at_all_does_not_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn written_and_parsed_again_is_the_same(batch in "[A-Z0-9]{1,20}", serial in "[A-Z0-9]{1,20}") {
            let text = format!("010950110153000310{batch}\u{1d}21{serial}");
            let parsed = parse(&text).unwrap();
            prop_assert_eq!(data(&parsed, "10"), Some(batch.as_str()));
            prop_assert_eq!(data(&parsed, "21"), Some(serial.as_str()));
        }
    }
}
