//! The catalogue: every device model on file, and what its codes stand for.

pub mod check;
pub mod file;
pub mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::pipeline::catalog::pattern::{Mismatch, Pattern};
use crate::pipeline::ident::{Asin, Dsn, Fnsku, Gtin, LwaClientId, Marketplace, ModelId, TopicArn};
use crate::pipeline::payload::PayloadRule;
use crate::pipeline::symbol::{Symbol, Symbology};

/// What is wrong in a model file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The field.
    pub field: &'static str,
    /// Its value, fit to be shown.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, field, value, reason } = self;
        if value.is_empty() {
            write!(f, "{file}:{line}: {field}: {reason}")
        } else {
            write!(f, "{file}:{line}: {field} = {value:?}: {reason}")
        }
    }
}

/// How a device talks to Dash (requirements 17 and 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A generic device of the self-service portal.
    Drs,
    /// An Alexa Skills Kit device.
    Ask,
    /// An Alexa Connect Kit device.
    Ack,
}

impl Kind {
    /// Its name in the model file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drs => "drs",
            Self::Ask => "ask",
            Self::Ack => "ack",
        }
    }
}

/// A device's kind; an ACK device has a type, the others have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The kind.
    pub kind: Kind,
    /// The ACK configuration's device type.
    pub device_type: Option<String>,
}

/// How far a model's certification in a marketplace has come (requirement 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certification {
    /// Not handed in.
    Draft,
    /// Handed in.
    Submitted,
    /// Certified.
    Certified,
}

/// A model in one marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketplaceEntry {
    /// Which.
    pub id: Marketplace,
    /// The device's name there, as customers see it.
    pub device_name: String,
    /// How far its certification has come.
    pub certification: Certification,
    /// Test accounts; their ids are customers' and are not kept.
    pub n_test_accounts: usize,
}

/// How a box of the model carries its serial.
#[derive(Debug, Clone, PartialEq)]
pub struct SerialRule {
    /// What every serial matches, whole; `None` only where it is waived.
    pub pattern: Option<Pattern>,
    /// Until when the model may go without, as written.
    pub waived_until: Option<String>,
    /// The symbologies it may be printed in.
    pub symbologies: Vec<Symbology>,
    /// How it lies in a symbol's content.
    pub payload: PayloadRule,
}

/// A product that is sold of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its ASIN; it stands in one model only.
    pub asin: Asin,
    /// GTINs that stand for it.
    pub gtins: Vec<Gtin>,
    /// FNSKUs that stand for it.
    pub fnskus: Vec<Fnsku>,
}

/// The state of a slot's replenishment id (requirement 23).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replenishment {
    /// How far the request has come.
    pub state: ReplenishmentState,
    /// The id, once assigned.
    #[serde(default)]
    pub id: Option<String>,
}

/// How far a request for a replenishment id has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplenishmentState {
    /// Not asked for.
    None,
    /// Written, not handed in.
    Draft,
    /// Handed in; seven business days to wait.
    Submitted,
    /// There.
    Assigned,
}

/// One consumable that the device can replenish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its internal id.
    pub id: String,
    /// The consumable's category.
    pub category: String,
    /// Its replenishment id.
    pub replenishment: Replenishment,
    /// Its names and products by marketplace.
    pub in_marketplaces: Vec<SlotInMarketplace>,
}

/// A slot in one marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInMarketplace {
    /// Which.
    pub marketplace: Marketplace,
    /// The slot's name there, as customers see it.
    pub name: String,
    /// The products that fill it.
    pub asins: Vec<Asin>,
}

/// One device model, every value of it checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The file it comes from.
    pub file: String,
    /// What the notification calls it.
    pub model_id: ModelId,
    /// What we call it, at most 60 characters.
    pub name: String,
    /// Its kind.
    pub device: Device,
    /// The maker's client.
    pub lwa_client_id: LwaClientId,
    /// The maker's topic.
    pub topic_arn: TopicArn,
    /// Where it is sold.
    pub marketplaces: Vec<MarketplaceEntry>,
    /// How a box carries its serial.
    pub serial: SerialRule,
    /// What is sold of it.
    pub products: Vec<Product>,
    /// What it replenishes.
    pub slots: Vec<Slot>,
}

/// Why a symbol is not this model's serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSerial {
    /// The model has no rule on file.
    NoRule,
    /// The symbology or the content's form is not the model's.
    OtherForm,
    /// It has the form, but its serial does not match.
    Mismatch {
        /// What the payload rule gave.
        text: String,
        /// Where it stops matching.
        at: Mismatch,
    },
}

impl Model {
    /// The serial on `symbol`, by this model's symbologies, payload rule and regex: the only way to a [`Dsn`].
    pub fn serial_of(&self, symbol: &Symbol) -> Result<Dsn, NotSerial> {
        if !self.serial.symbologies.contains(&symbol.symbology) {
            return Err(NotSerial::OtherForm);
        }
        let text = self.serial.payload.extract(symbol).ok_or(NotSerial::OtherForm)?;
        let pattern = self.serial.pattern.as_ref().ok_or(NotSerial::NoRule)?;
        match pattern.check(&text) {
            Ok(()) => Ok(Dsn::matched(&text)),
            Err(at) => Err(NotSerial::Mismatch { text, at }),
        }
    }

    /// The serial that `text` itself is, by this model's regex alone (`models which`).
    pub fn serial_from_text(&self, text: &str) -> Option<Dsn> {
        let pattern = self.serial.pattern.as_ref()?;
        pattern.check(text).is_ok().then(|| Dsn::matched(text))
    }

    /// Whether one of its products is `asin`.
    pub fn sells(&self, asin: &Asin) -> bool {
        self.products.iter().any(|product| product.asin == *asin)
    }
}

/// Every model on file, with what their product codes stand for.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    models: Vec<Model>,
    by_asin: BTreeMap<Asin, usize>,
    by_gtin: BTreeMap<Gtin, BTreeSet<Asin>>,
    by_fnsku: BTreeMap<String, Asin>,
    hash: String,
}

impl Catalog {
    /// The catalogue of `files` (name and content, in order of names); a faulty file is left out and its faults told.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Fault>) {
        let mut catalog = Self::default();
        let mut faults = Vec::new();
        let mut hasher = Sha256::new();
        for (name, text) in files {
            match file::parse(name, text).and_then(|model| catalog.admit(model)) {
                Ok(()) => {
                    hasher.update(name);
                    hasher.update([0]);
                    hasher.update(text);
                    hasher.update([0]);
                }
                Err(more) => faults.extend(more),
            }
        }
        catalog.hash = format!("sha256:{}", hex(&hasher.finalize()));
        (catalog, faults)
    }

    /// Adds `model`, unless it claims what another model has.
    fn admit(&mut self, model: Model) -> Result<(), Vec<Fault>> {
        let faults = check::against(&self.models, &model);
        if !faults.is_empty() {
            return Err(faults);
        }
        let index = self.models.len();
        for product in &model.products {
            self.by_asin.insert(product.asin.clone(), index);
            for gtin in &product.gtins {
                self.by_gtin.entry(*gtin).or_default().insert(product.asin.clone());
            }
            for fnsku in &product.fnskus {
                self.by_fnsku.insert(fnsku.to_string(), product.asin.clone());
            }
        }
        self.models.push(model);
        Ok(())
    }

    /// Every model, in order of their files' names.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model that sells `asin`.
    pub fn model_of(&self, asin: &Asin) -> Option<&Model> {
        self.by_asin.get(asin).and_then(|index| self.models.get(*index))
    }

    /// The products that `gtin` may stand for.
    pub fn asins_of_gtin(&self, gtin: Gtin) -> Option<&BTreeSet<Asin>> {
        self.by_gtin.get(&gtin)
    }

    /// The product that `text` names by itself, as an FNSKU or an ASIN on file.
    pub fn asin_of_text(&self, text: &str) -> Option<&Asin> {
        let by_asin = || Some(self.by_asin.get_key_value(&text.parse().ok()?)?.0);
        self.by_fnsku.get(text).or_else(by_asin)
    }

    /// What every decision records: `sha256:` and the hash of the files it was loaded from.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::symbol::Point;

    const WASHER: &str = r#"
model_id = "WASHER-W1"
name = "Washing machine W1"
marketplaces = [{ id = "amazon.com", device_name = "Washing machine", certification = "certified", test_accounts = [] }]
kind = "drs"
[manufacturer]
lwa_client_id = "amzn1.application-oa2-client.example0001"
topic_arn = "arn:aws:sns:us-east-1:000000000000:washer-registered"
[serial]
regex = "[ADFGHLMRSTVZ]{2}[0-9]{6}[A-Z]"
symbologies = ["Code128", "DataMatrix"]
payload = { rule = "prefix", prefix = "S/N:" }
[[product]]
asin = "B0EXAMPL01"
gtins = ["012345678905"]
fnskus = ["X00EXAMPL1"]
[[slot]]
id = "detergent"
category = "laundry-detergent"
replenishment = { state = "assigned", id = "example-0001" }
in = { "amazon.com" = { name = "Detergent", asins = ["B0EXAMPL91"] } }
"#;

    fn faults_of(text: &str) -> Vec<String> {
        Catalog::load([("w.toml", text)]).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_file_is_a_model() {
        let (catalog, faults) = Catalog::load([("w.toml", WASHER)]);
        assert_eq!(faults, []);
        let asin: Asin = "B0EXAMPL01".parse().unwrap();
        let model = catalog.model_of(&asin).unwrap();
        assert_eq!(model.slots.len(), 1);
        assert_eq!(catalog.asin_of_text("X00EXAMPL1"), Some(&asin));
        let gtin = "00012345678905".parse().unwrap();
        assert_eq!(catalog.asins_of_gtin(gtin).map(BTreeSet::len), Some(1));
        let mut symbol = Symbol {
            symbology: Symbology::Code128,
            text: "S/N:AD123456C".to_owned(),
            identifier: "]C0".to_owned(),
            corners: [Point::new(0.0, 0.0); 4],
            confidence: None,
            add_on: None,
        };
        assert_eq!(model.serial_of(&symbol).unwrap().as_str(), "AD123456C");
        symbol.symbology = Symbology::QRCode;
        assert_eq!(model.serial_of(&symbol), Err(NotSerial::OtherForm));
    }

    #[test_case::test_case("regex = \"[ADFGHLMRSTVZ]{2}", "regex = \"[0-9", "w.toml:10: serial.regex"; "a bad regex")]
    #[test_case::test_case("\"Code128\"", "\"Code127\"", "w.toml:11: serial.symbologies"; "no symbology")]
    #[test_case::test_case("012345678905", "012345678906", "w.toml:15: product.gtins"; "check digit")]
    #[test_case::test_case("kind = \"drs\"", "kind = \"ack\"", "w.toml:5: kind"; "ack without its type")]
    #[test_case::test_case("name = \"Washing machine W1\"", "nam = \"x\"", "w.toml:3: file"; "an unknown key")]
    #[test_case::test_case("washer-registered", "washer registered", "w.toml:8: manufacturer.topic_arn"; "no ARN")]
    fn a_fault_is_told_with_its_line(from: &str, to: &str, expected: &str) {
        let faults = faults_of(&WASHER.replace(from, to));
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{faults:?}");
    }

    #[test]
    fn what_another_model_has_is_refused() {
        let second = WASHER.replace("WASHER-W1", "WASHER-W2");
        let (catalog, faults) = Catalog::load([("a.toml", WASHER), ("b.toml", &second)]);
        assert_eq!(catalog.models().len(), 1);
        assert!(faults.iter().all(|fault| fault.file == "b.toml"), "{faults:?}");
        assert!(!faults.is_empty());
    }
}
