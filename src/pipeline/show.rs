//! Text from the outside, made fit to be shown: what a barcode says is hostile.

use std::fmt::Write as _;

/// `text` with everything that is neither printable ASCII nor an ellipsis escaped, so that no terminal, log or reader acts on it.
///
/// A GS, which is what an FNC1 within data reads as, is shown as `<GS>`.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{1d}' => shown.push_str("<GS>"),
            ' '..='~' | '…' => shown.push(c),
            _ => shown.extend(c.escape_unicode()),
        }
    }
    shown
}

/// A JSON text with what a terminal or a reader of lines may act on escaped: control and direction characters.
///
/// JSON itself escapes those of ASCII; the others may stand only within its strings, so an escape means the same.
pub fn json_escaped(json: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if acts(c) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// At most `most` characters of what [`printable`] gives, an ellipsis standing for the rest.
pub fn shortened(text: &str, most: usize) -> String {
    let shown = printable(text);
    if shown.chars().count() <= most {
        return shown;
    }
    shown.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The last four characters after an ellipsis: what logs and the dashboard show of an identifier (decision 22).
pub fn last4(text: &str) -> String {
    let n = text.chars().count();
    let tail: String = text.chars().skip(n.saturating_sub(4)).collect();
    if n > 4 { format!("…{}", printable(&tail)) } else { printable(&tail) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("AD123456C", "AD123456C"; "a serial as it is")]
    #[test_case("\u{1b}]0;x\u{7}'", "\\u{1b}]0;x\\u{7}'"; "an escape sequence in the open")]
    #[test_case("10AB\u{1d}21X", "10AB<GS>21X"; "FNC1")]
    #[test_case("a\u{202e}b", "a\\u{202e}b"; "a change of direction")]
    fn shows(text: &str, expected: &str) {
        assert_eq!(printable(text), expected);
    }

    #[test_case("AD123456C", "…456C")]
    #[test_case("456C", "456C")]
    #[test_case("", "")]
    fn shows_the_last_four(text: &str, expected: &str) {
        assert_eq!(last4(text), expected);
    }

    #[test]
    fn json_means_the_same_escaped() {
        let text = "a\u{85}b\u{202e}c\u{1b}é";
        let json = json_escaped(&serde_json::to_string(text).unwrap());
        assert_eq!(json, r#""a\u0085b\u202ec\u001bé""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    proptest! {
        #[test]
        fn nothing_shown_is_a_control_character(text in any::<String>()) {
            prop_assert!(printable(&text).chars().all(|c| matches!(c, ' '..='~' | '…')));
            prop_assert!(!last4(&text).chars().any(char::is_control));
        }
    }
}
