//! What a symbol's content carries: the serial by a model's payload rule, product codes beside it, secrets.

use crate::pipeline::gs1;
use crate::pipeline::ident::Gtin;
use crate::pipeline::named::named;
use crate::pipeline::symbol::{Symbol, Symbology};

/// How a model's serial lies in a symbol's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadRule {
    /// It is the content.
    Raw,
    /// It follows this prefix.
    Prefix(String),
    /// It is the data of this application identifier.
    Gs1(String),
    /// It is the value of this key in `KEY:value;KEY:value`.
    Key(String),
    /// It is the value of this query parameter of a URL.
    Url(String),
}

impl PayloadRule {
    /// The serial that `symbol` carries by this rule; `None` where its content is not of the rule's form.
    pub fn extract(&self, symbol: &Symbol) -> Option<String> {
        let text = symbol.text.as_str();
        match self {
            Self::Raw => (!symbol.is_gs1()).then(|| text.to_owned()),
            Self::Prefix(prefix) => text.strip_prefix(prefix.as_str()).map(str::to_owned),
            Self::Gs1(ai) => {
                let elements = symbol.is_gs1().then(|| gs1::parse(text).ok())??;
                gs1::data(&elements, ai).map(str::to_owned)
            }
            Self::Key(key) => value_of(text, key).map(str::to_owned),
            Self::Url(parameter) => query_value(text, parameter),
        }
    }

    /// Whether any content at all is of this rule's form, so that not matching says little.
    pub fn is_raw(&self) -> bool {
        *self == Self::Raw
    }
}

/// The GTIN that `symbol` states, where its symbology or content is made to state one.
pub fn gtin(symbol: &Symbol) -> Option<Gtin> {
    let text = symbol.text.as_str();
    match symbol.symbology {
        Symbology::Ean13 | Symbology::Ean8 | Symbology::UpcA => text.parse().ok(),
        Symbology::UpcE => expand_upc_e(text)?.parse().ok(),
        // ITF-14: a case's GTIN; shorter ITF is anybody's.
        Symbology::ITF | Symbology::DataBar if text.len() == 14 => text.parse().ok(),
        _ if symbol.is_gs1() => gs1::gtin(&gs1::parse(text).ok()?),
        _ => value_of(text, "UPC").or_else(|| value_of(text, "EAN"))?.parse().ok(),
    }
}

named!(
    /// What kind of secret a symbol holds: such a symbol is recognised, never stored (E27).
    SecretClass, "class of secret", {
        /// The inner code of Frustration-Free Setup, with the device's PIN.
        FfsInner = "ffs_inner",
        /// A Wi-Fi network's name and password.
        Wifi = "wifi",
        /// A Matter set-up payload, with the passcode.
        Matter = "matter",
        /// A `HomeKit` set-up payload, with the set-up code.
        HomeKit = "homekit",
        /// A one-time password's seed.
        OneTimePassword = "one_time_password",
    }
);

impl SecretClass {
    /// A content of this class of `length` characters, or a few more, that tells nothing.
    pub fn stand_in(self, length: usize) -> String {
        let mut text = String::from(match self {
            Self::FfsInner => "PIN:",
            Self::Wifi => "WIFI:",
            Self::Matter => "MT:",
            Self::HomeKit => "X-HM://",
            Self::OneTimePassword => "otpauth://",
        });
        while text.len() < length {
            text.push('*');
        }
        text
    }
}

/// The kind of secret that `text` holds, if it does.
pub fn secret(text: &str) -> Option<SecretClass> {
    let starts = |prefix: &str| {
        text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    let inner = value_of(text, "ABV").is_some_and(|v| v.starts_with("IB"));
    if inner || value_of(text, "PIN").is_some() {
        Some(SecretClass::FfsInner)
    } else if starts("WIFI:") {
        Some(SecretClass::Wifi)
    } else if starts("MT:") {
        Some(SecretClass::Matter)
    } else if starts("X-HM://") {
        Some(SecretClass::HomeKit)
    } else if starts("otpauth://") || starts("otpauth-migration://") {
        Some(SecretClass::OneTimePassword)
    } else {
        None
    }
}

/// The value of `key` in `KEY:value;KEY:value`, a trailing `;` allowed (requirements 1.9).
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once(':'));
    let mut values = pairs.filter(|(name, _)| *name == key).map(|(_, value)| value);
    let first = values.next()?;
    // A key that stands twice says nothing that may be relied on.
    values.next().is_none().then_some(first)
}

/// The value of a query parameter of an http(s) URL, percent-decoded.
fn query_value(text: &str, parameter: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let query = rest.split_once('?')?.1;
    let query = query.split_once('#').map_or(query, |(before, _)| before);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == parameter).map(|(_, value)| value);
    let first = values.next()?;
    values.next().is_none().then(|| percent_decoded(first))?
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// The 12 digits of UPC-A that 8 digits of UPC-E stand for (ISO/IEC 15420, 4.3.4).
fn expand_upc_e(text: &str) -> Option<String> {
    let digits: [u8; 8] = text.as_bytes().try_into().ok()?;
    let [system, a, b, c, d, e, last, check] = digits.map(char::from);
    let body = match last {
        '0'..='2' => format!("{a}{b}{last}0000{c}{d}{e}"),
        '3' => format!("{a}{b}{c}00000{d}{e}"),
        '4' => format!("{a}{b}{c}{d}00000{e}"),
        '5'..='9' => format!("{a}{b}{c}{d}{e}0000{last}"),
        _ => return None,
    };
    Some(format!("{system}{body}{check}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;
    use crate::pipeline::symbol::Point;

    fn symbol(symbology: Symbology, identifier: &str, text: &str) -> Symbol {
        Symbol {
            symbology,
            text: text.to_owned(),
            identifier: identifier.to_owned(),
            corners: [Point::new(0.0, 0.0); 4],
            confidence: None,
            add_on: None,
        }
    }

    fn code128(text: &str) -> Symbol {
        symbol(Symbology::Code128, "]C0", text)
    }

    #[test_case(&PayloadRule::Raw, "AD123456C", Some("AD123456C"))]
    #[test_case(&PayloadRule::Prefix("S/N:".into()), "S/N:AD123456C", Some("AD123456C"))]
    #[test_case(&PayloadRule::Prefix("S/N:".into()), "s/n:AD123456C", None; "case counts")]
    #[test_case(&PayloadRule::Key("SERNUM".into()), "ABV:OB01;SERNUM:G090;PID:ebK3;", Some("G090"))]
    #[test_case(&PayloadRule::Key("SERNUM".into()), "SERNUM:A;SERNUM:B", None; "twice")]
    #[test_case(&PayloadRule::Url("sn".into()), "https://example.com/r?a=1&sn=AB%2D1#x", Some("AB-1"))]
    #[test_case(&PayloadRule::Url("sn".into()), "https://example.com/r?sn=%zz", None; "bad escape")]
    #[test_case(&PayloadRule::Url("sn".into()), "sn=AB1", None; "no URL")]
    #[test_case(&PayloadRule::Gs1("21".into()), "010950110153000321XYZ", None; "digits without FNC1")]
    fn extracts(rule: &PayloadRule, text: &str, expected: Option<&str>) {
        assert_eq!(rule.extract(&code128(text)).as_deref(), expected);
    }

    #[test]
    fn extracts_a_gs1_serial_and_its_gtin() {
        let symbol = symbol(Symbology::DataMatrix, "]d2", "010950110153000321XYZ");
        assert_eq!(PayloadRule::Gs1("21".into()).extract(&symbol).as_deref(), Some("XYZ"));
        assert_eq!(PayloadRule::Raw.extract(&symbol), None);
        assert_eq!(gtin(&symbol), "09501101530003".parse().ok());
    }

    #[test_case(Symbology::UpcE, "01234565", Some("012345000065"))]
    #[test_case(Symbology::UpcA, "012345678905", Some("012345678905"))]
    #[test_case(Symbology::Ean8, "96385074", Some("96385074"))]
    #[test_case(Symbology::ITF, "123456", None)]
    #[test_case(Symbology::Code128, "012345678905", None)]
    #[test_case(Symbology::DataMatrix, "ABV:OB01;SERNUM:X;UPC:012345678905;", Some("012345678905"))]
    fn gtins(symbology: Symbology, text: &str, expected: Option<&str>) {
        let found = gtin(&symbol(symbology, "", text));
        assert_eq!(found, expected.and_then(|t| t.parse().ok()));
    }

    #[test_case("ABV:IB01;SERNUM:G1;PIN:12345678;", Some(SecretClass::FfsInner))]
    #[test_case("ABV:OB01;SERNUM:G1;PUK:abc;", None; "the outer code is for us")]
    #[test_case("WIFI:T:WPA;S:home;P:secret;;", Some(SecretClass::Wifi))]
    #[test_case("MT:Y.K9042C00KA0648G00", Some(SecretClass::Matter))]
    #[test_case("MT1234", None)]
    fn secrets(text: &str, expected: Option<SecretClass>) {
        assert_eq!(secret(text), expected);
    }

    proptest! {
        #[test]
        fn any_content_does_not_panic(text in any::<String>()) {
            let rules = [PayloadRule::Raw, PayloadRule::Url("a".into()), PayloadRule::Key("A".into())];
            for symbology in Symbology::ALL {
                let symbol = symbol(symbology, "]C1", &text);
                let _ = (gtin(&symbol), secret(&text));
                for rule in &rules {
                    let _ = rule.extract(&symbol);
                }
            }
        }
    }
}
