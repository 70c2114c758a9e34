//! A model file: `models/*.toml` to a [`Model`], each fault with its line (contracts 2).

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use crate::pipeline::catalog::pattern::Pattern;
use crate::pipeline::catalog::{
    Certification, Device, Fault, Kind, MarketplaceEntry, Model, Product, Replenishment,
    SerialRule, Slot, SlotInMarketplace,
};
use crate::pipeline::payload::PayloadRule;
use crate::pipeline::show;
use crate::pipeline::symbol::Symbology;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    model_id: Spanned<String>,
    name: Spanned<String>,
    marketplaces: Spanned<Vec<MarketplaceText>>,
    kind: Spanned<KindText>,
    device_type: Option<Spanned<String>>,
    manufacturer: ManufacturerText,
    serial: Spanned<SerialText>,
    product: Vec<ProductText>,
    #[serde(default)]
    slot: Vec<SlotText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketplaceText {
    id: Spanned<String>,
    device_name: Spanned<String>,
    certification: Certification,
    test_accounts: Option<Spanned<Vec<String>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindText {
    Drs,
    Ask,
    Ack,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManufacturerText {
    lwa_client_id: Spanned<String>,
    topic_arn: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SerialText {
    regex: Option<Spanned<String>>,
    regex_waived_until: Option<Spanned<toml::value::Datetime>>,
    symbologies: Spanned<Vec<Spanned<String>>>,
    payload: PayloadText,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "rule", rename_all = "lowercase", deny_unknown_fields)]
enum PayloadText {
    Raw {},
    Prefix { prefix: String },
    Gs1 { ai: String },
    Key { key: String },
    Url { parameter: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductText {
    asin: Spanned<String>,
    #[serde(default)]
    gtins: Vec<Spanned<String>>,
    #[serde(default)]
    fnskus: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotText {
    id: Spanned<String>,
    category: Spanned<String>,
    replenishment: Replenishment,
    #[serde(default, rename = "in")]
    in_marketplaces: BTreeMap<Spanned<String>, SlotInText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotInText {
    name: Spanned<String>,
    #[serde(default)]
    asins: Vec<Spanned<String>>,
}

/// The model in `text`, the content of the file named `file`; or every fault found in it.
pub fn parse(file: &str, text: &str) -> Result<Model, Vec<Fault>> {
    let mut checks = Checks { file, text, faults: Vec::new() };
    let parsed: ModelFile = match toml::from_str(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return Err(vec![checks.fault(at, "file", "", error.message().to_owned())]);
        }
    };
    let model = checks.model(parsed);
    match model {
        Some(model) if checks.faults.is_empty() => Ok(model),
        _ => Err(checks.faults),
    }
}

struct Checks<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

impl Checks<'_> {
    fn fault(&self, at: usize, field: &'static str, value: &str, reason: String) -> Fault {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let value = show::shortened(value, 60);
        Fault { file: self.file.to_owned(), line, field, value, reason }
    }

    fn refuse(&mut self, at: &Spanned<String>, field: &'static str, reason: impl Into<String>) {
        let fault = self.fault(at.span().start, field, at.get_ref(), reason.into());
        self.faults.push(fault);
    }

    fn parse<T: FromStr<Err: ToString>>(
        &mut self,
        field: &'static str,
        text: &Spanned<String>,
    ) -> Option<T> {
        match text.get_ref().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(text, field, error.to_string());
                None
            }
        }
    }

    fn parse_all<T: FromStr<Err: ToString>>(
        &mut self,
        field: &'static str,
        texts: &[Spanned<String>],
    ) -> Vec<T> {
        texts.iter().filter_map(|text| self.parse(field, text)).collect()
    }

    fn shown_text(&mut self, field: &'static str, text: &Spanned<String>, most: usize) -> String {
        let n = text.get_ref().chars().count();
        if n == 0 || n > most || text.get_ref().chars().any(char::is_control) {
            let reason = format!("it has 1 to {most} characters and none that cannot be printed");
            self.refuse(text, field, reason);
        }
        text.get_ref().clone()
    }

    fn model(&mut self, file: ModelFile) -> Option<Model> {
        let model_id = self.parse("model_id", &file.model_id);
        let name = self.shown_text("name", &file.name, 60);
        let lwa_client_id =
            self.parse("manufacturer.lwa_client_id", &file.manufacturer.lwa_client_id);
        let topic_arn = self.parse("manufacturer.topic_arn", &file.manufacturer.topic_arn);
        let device = self.device(&file);
        let marketplaces = self.marketplaces(&file.marketplaces);
        let serial = self.serial(&file.serial);
        let products = self.products(&file);
        let slots = self.slots(&file.slot);
        Some(Model {
            file: self.file.to_owned(),
            model_id: model_id?,
            name,
            device: device?,
            lwa_client_id: lwa_client_id?,
            topic_arn: topic_arn?,
            marketplaces,
            serial: serial?,
            products,
            slots,
        })
    }

    fn device(&mut self, file: &ModelFile) -> Option<Device> {
        let kind = match file.kind.get_ref() {
            KindText::Drs => Kind::Drs,
            KindText::Ask => Kind::Ask,
            KindText::Ack => Kind::Ack,
        };
        match (kind, &file.device_type) {
            (Kind::Ack, Some(device_type)) => {
                let device_type = self.shown_text("device_type", device_type, 60);
                Some(Device { kind, device_type: Some(device_type) })
            }
            (Kind::Drs | Kind::Ask, None) => Some(Device { kind, device_type: None }),
            (Kind::Ack, None) => {
                let reason = "an ack device needs its device_type".to_owned();
                let fault = self.fault(file.kind.span().start, "kind", "ack", reason);
                self.faults.push(fault);
                None
            }
            (Kind::Drs | Kind::Ask, Some(device_type)) => {
                self.refuse(device_type, "device_type", "only an ack device has a device_type");
                None
            }
        }
    }

    fn marketplaces(&mut self, texts: &Spanned<Vec<MarketplaceText>>) -> Vec<MarketplaceEntry> {
        let mut entries: Vec<MarketplaceEntry> = Vec::new();
        for text in texts.get_ref() {
            let Some(id) = self.parse("marketplaces.id", &text.id) else { continue };
            if entries.iter().any(|entry| entry.id == id) {
                self.refuse(&text.id, "marketplaces.id", "the marketplace stands twice");
            }
            let n_test_accounts = self.test_accounts(text.test_accounts.as_ref());
            entries.push(MarketplaceEntry {
                id,
                device_name: self.shown_text("marketplaces.device_name", &text.device_name, 200),
                certification: text.certification,
                n_test_accounts,
            });
        }
        if entries.is_empty() && self.faults.is_empty() {
            let reason = "at least one marketplace is needed".to_owned();
            let fault = self.fault(texts.span().start, "marketplaces", "", reason);
            self.faults.push(fault);
        }
        entries
    }

    fn test_accounts(&mut self, accounts: Option<&Spanned<Vec<String>>>) -> usize {
        let Some(accounts) = accounts else { return 0 };
        let n = accounts.get_ref().len();
        if n > 10 {
            let reason = "at most 10 test accounts a marketplace".to_owned();
            let at = accounts.span().start;
            let fault = self.fault(at, "marketplaces.test_accounts", "", reason);
            self.faults.push(fault);
        }
        n
    }

    fn serial(&mut self, serial: &Spanned<SerialText>) -> Option<SerialRule> {
        let at = serial.span().start;
        let text = serial.get_ref();
        let symbologies =
            self.parse_all::<Symbology>("serial.symbologies", text.symbologies.get_ref());
        if text.symbologies.get_ref().is_empty() {
            let reason = "at least one symbology is needed".to_owned();
            let start = text.symbologies.span().start;
            let fault = self.fault(start, "serial.symbologies", "", reason);
            self.faults.push(fault);
        }
        let pattern = match (&text.regex, &text.regex_waived_until) {
            (Some(regex), _) => Some(self.pattern(regex)?),
            (None, Some(_)) => None,
            (None, None) => {
                let reason = "a model needs its serial regex (or regex_waived_until)".to_owned();
                let fault = self.fault(at, "serial.regex", "", reason);
                self.faults.push(fault);
                return None;
            }
        };
        let waived_until = text.regex_waived_until.as_ref().map(|date| date.get_ref().to_string());
        let payload = self.payload(at, &text.payload)?;
        Some(SerialRule { pattern, waived_until, symbologies, payload })
    }

    fn pattern(&mut self, regex: &Spanned<String>) -> Option<Pattern> {
        match Pattern::new(regex.get_ref()) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.refuse(regex, "serial.regex", error.to_string());
                None
            }
        }
    }

    fn payload(&mut self, at: usize, text: &PayloadText) -> Option<PayloadRule> {
        let (field, value, rule) = match text {
            PayloadText::Raw {} => return Some(PayloadRule::Raw),
            PayloadText::Prefix { prefix } => {
                ("serial.payload.prefix", prefix, PayloadRule::Prefix(prefix.clone()))
            }
            PayloadText::Gs1 { ai } => ("serial.payload.ai", ai, PayloadRule::Gs1(ai.clone())),
            PayloadText::Key { key } => ("serial.payload.key", key, PayloadRule::Key(key.clone())),
            PayloadText::Url { parameter } => {
                ("serial.payload.parameter", parameter, PayloadRule::Url(parameter.clone()))
            }
        };
        if value.is_empty() {
            let fault = self.fault(at, field, value, "it may not be empty".to_owned());
            self.faults.push(fault);
            return None;
        }
        Some(rule)
    }

    fn products(&mut self, file: &ModelFile) -> Vec<Product> {
        let mut products = Vec::new();
        for text in &file.product {
            let gtins = self.parse_all("product.gtins", &text.gtins);
            let fnskus = self.parse_all("product.fnskus", &text.fnskus);
            if let Some(asin) = self.parse("product.asin", &text.asin) {
                products.push(Product { asin, gtins, fnskus });
            }
        }
        products
    }

    fn slots(&mut self, texts: &[SlotText]) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        for text in texts {
            let id = self.shown_text("slot.id", &text.id, 60);
            if slots.iter().any(|slot| slot.id == id) {
                self.refuse(&text.id, "slot.id", "the slot stands twice");
            }
            let category = self.shown_text("slot.category", &text.category, 60);
            let mut in_marketplaces = Vec::new();
            for (marketplace, entry) in &text.in_marketplaces {
                let id = self.parse("slot.in", marketplace);
                let name = self.shown_text("slot.in.name", &entry.name, 200);
                let asins = self.parse_all("slot.in.asins", &entry.asins);
                if let Some(marketplace) = id {
                    in_marketplaces.push(SlotInMarketplace { marketplace, name, asins });
                }
            }
            let replenishment = text.replenishment.clone();
            slots.push(Slot { id, category, replenishment, in_marketplaces });
        }
        slots
    }
}
