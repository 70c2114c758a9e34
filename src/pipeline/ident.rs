//! The identifiers on and around a box, each made only by parsing (spec: identifiers).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::pipeline::show;

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no {what}: {why}")]
pub struct NotIdent {
    /// The identifier's name.
    pub what: &'static str,
    /// The text, fit to be shown, shortened.
    pub value: String,
    /// The rule it breaks.
    pub why: &'static str,
}

/// A text newtype that parses by one rule and shows itself as it is.
macro_rules! ident {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:expr, $why:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotIdent;

            fn from_str(text: &str) -> Result<Self, NotIdent> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotIdent { what: $what, value: show::shortened(text, 40), why: $why })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

ident!(
    /// Amazon Standard Identification Number: ten characters, `B0…` or an ISBN-10.
    Asin,
    "ASIN",
    |t| t.len() == 10 && t.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
    "it has ten characters of A-Z and 0-9"
);

ident!(
    /// Fulfilment Network SKU: stands for a product, never for one unit.
    Fnsku,
    "FNSKU",
    |t| t.len() == 10 && t.starts_with("X0") && upper_alphanumeric(t),
    "it has ten characters of A-Z and 0-9 and begins with X0"
);

ident!(
    /// The id of an order.
    OrderId,
    "order id",
    |t| token(t, 64),
    "it has 1 to 64 printable ASCII characters and no space"
);

ident!(
    /// A code by which a packer calls an order up: a shipment's SP00…, a tote's or licence plate's number.
    OrderCode,
    "order code",
    |t| token(t, 64),
    "it has 1 to 64 printable ASCII characters and no space"
);

ident!(
    /// The model's id in the notification: free text or a GUID, byte-exact (requirement 19).
    ModelId,
    "model id",
    |t| line(t, 128),
    "it has 1 to 128 characters and none that cannot be printed"
);

ident!(
    /// The maker's Login with Amazon client (requirement 2).
    LwaClientId,
    "lwaClientId",
    |t| token(t, 128) && t.starts_with("amzn1.application-oa2-client."),
    "it begins with amzn1.application-oa2-client."
);

ident!(
    /// The customer's id, as the maker's client knows it (requirement 52).
    CustomerId,
    "directedCustomerId",
    |t| token(t, 128) && t.starts_with("amzn1.account."),
    "it begins with amzn1.account."
);

ident!(
    /// The ARN of the maker's SNS topic.
    TopicArn,
    "topic ARN",
    topic_arn,
    "it is arn:aws:sns:REGION:ACCOUNT:NAME"
);

ident!(
    /// A marketplace, such as `amazon.com`; data on the order, never a routing key (requirement 31).
    Marketplace,
    "marketplace",
    |t| token(t, 40) && t.starts_with("amazon.") && !t.ends_with('.'),
    "it is a shop's domain such as amazon.com"
);

ident!(
    /// The notification's id: `amzn1.dash.notification.v1.` and a `UUIDv7`, fixed for life.
    NotificationId,
    "notificationId",
    |t| t.strip_prefix(NotificationId::PREFIX).is_some_and(|u| uuid::Uuid::try_parse(u).is_ok()),
    "it is amzn1.dash.notification.v1. and a UUID"
);

impl NotificationId {
    const PREFIX: &str = "amzn1.dash.notification.v1.";

    /// The id made at `millis` since 1970 from ten bytes that nobody else has.
    pub fn new(millis: u64, entropy: &[u8; 10]) -> Self {
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, entropy).into_uuid();
        Self(format!("{}{uuid}", Self::PREFIX))
    }
}

/// A device serial number that has matched the whole regex of a model, byte for byte as the symbol has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Dsn(String);

impl Dsn {
    /// For [`crate::pipeline::catalog::Model`], whose regex it has matched, and for the store, which holds only such.
    pub(crate) fn matched(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A Global Trade Item Number, compared as 14 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

impl FromStr for Gtin {
    type Err = NotIdent;

    fn from_str(text: &str) -> Result<Self, NotIdent> {
        let wrong = |why| NotIdent { what: "GTIN", value: show::shortened(text, 40), why };
        if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("it has 8, 12, 13 or 14 digits"));
        }
        let mut digits = [b'0'; 14];
        for (slot, digit) in digits.iter_mut().rev().zip(text.bytes().rev()) {
            *slot = digit;
        }
        // GS1 General Specifications 7.9: weights 3 and 1 in turn, the sum a multiple of ten.
        let weighted = |(i, d): (usize, &u8)| u32::from(d - b'0') * if i % 2 == 0 { 3 } else { 1 };
        let sum: u32 = digits.iter().enumerate().map(weighted).sum();
        if sum.is_multiple_of(10) {
            Ok(Self(digits))
        } else {
            Err(wrong("its check digit is wrong"))
        }
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

fn upper_alphanumeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn token(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn topic_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let [arn, partition, sns, region, account, name] = parts.as_slice() else { return false };
    let name = name.strip_suffix(".fifo").unwrap_or(name);
    *arn == "arn"
        && partition.starts_with("aws")
        && *sns == "sns"
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && (1..=256).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("012345678905", true; "UPC-A")]
    #[test_case("4006381333931", true; "EAN-13")]
    #[test_case("96385074", true; "EAN-8")]
    #[test_case("09501101530003", true; "fourteen digits")]
    #[test_case("012345678906", false; "wrong check digit")]
    #[test_case("01234567890", false; "eleven digits")]
    #[test_case("01234567890x", false; "a letter")]
    fn gtins(text: &str, good: bool) {
        assert_eq!(text.parse::<Gtin>().is_ok(), good);
    }

    #[test]
    fn a_gtin_is_the_same_in_every_length() {
        assert_eq!("012345678905".parse::<Gtin>(), "00012345678905".parse::<Gtin>());
    }

    #[test_case("arn:aws:sns:us-east-1:000000000000:washer-registered", true)]
    #[test_case("arn:aws:sns:us-east-1:000000000000:washer.fifo", true)]
    #[test_case("arn:aws:sqs:us-east-1:000000000000:washer", false)]
    #[test_case("arn:aws:sns:us-east-1:0000:washer", false)]
    fn topics(text: &str, good: bool) {
        assert_eq!(text.parse::<TopicArn>().is_ok(), good);
    }

    #[test]
    fn a_notification_id_parses_as_one() {
        let id = NotificationId::new(1_767_225_600_000, &[7; 10]);
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    proptest! {
        #[test]
        fn any_text_at_all_does_not_panic(text in any::<String>()) {
            let _ = (text.parse::<Gtin>(), text.parse::<Asin>(), text.parse::<TopicArn>());
            let _ = (text.parse::<NotificationId>(), text.parse::<OrderCode>());
        }
    }
}
