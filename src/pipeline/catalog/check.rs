//! What models may not share, and what is worth a warning.

use std::fmt;

use crate::pipeline::catalog::pattern::Pattern;
use crate::pipeline::catalog::{Catalog, Fault, Model};

/// Other codes that stand on boxes, by their shapes (spec: identifiers 5.1).
const OTHER_CODES: &[(&str, &str)] = &[
    ("a MAC address", "[0-9A-F]{12}"),
    ("a UPC-A", "[0-9]{12}"),
    ("an EAN-13", "[0-9]{13}"),
    ("an IMEI", "[0-9]{15}"),
    ("an FNSKU", "X00[0-9A-Z]{7}"),
    ("an ASIN", "B0[0-9A-Z]{8}"),
    ("a shipment", "SP[0-9A-Z]{8,12}"),
    ("a licence plate", "LPN[A-Z]{2}[0-9]{8}"),
    ("a carrier's label", "TBA[0-9]{12}"),
    ("an SSCC", "00[0-9]{18}"),
];

/// What `model` claims although one of `models` has it.
pub(super) fn against(models: &[Model], model: &Model) -> Vec<Fault> {
    let fault = |field, value: &str, reason: String| Fault {
        file: model.file.clone(),
        line: 1,
        field,
        value: value.to_owned(),
        reason,
    };
    let mut faults = Vec::new();
    for other in models {
        let file = &other.file;
        if other.model_id == model.model_id {
            faults.push(fault("model_id", model.model_id.as_str(), format!("{file} has it")));
        }
        // Two topics for one client: nobody could say where its events go (contracts 2).
        if other.lwa_client_id == model.lwa_client_id && other.topic_arn != model.topic_arn {
            let reason = format!("{file} has the same lwa_client_id with another topic");
            faults.push(fault("manufacturer.topic_arn", model.topic_arn.as_str(), reason));
        }
        for product in model.products.iter().filter(|product| other.sells(&product.asin)) {
            faults.push(fault("product.asin", product.asin.as_str(), format!("{file} has it")));
        }
    }
    faults
}

/// Something that may go wrong with a catalogue whose files are all good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// Overlaps of serial rules with one another and with other codes on a box, each with a text that both accept.
pub fn warnings(catalog: &Catalog) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let others: Vec<(&str, Pattern)> = OTHER_CODES
        .iter()
        .filter_map(|(name, shape)| Some((*name, Pattern::new(shape).ok()?)))
        .collect();
    for (i, model) in catalog.models().iter().enumerate() {
        let Some(pattern) = &model.serial.pattern else {
            let what = "no serial rule: nothing of this model can be linked".to_owned();
            warnings.push(Warning { file: model.file.clone(), what });
            continue;
        };
        let mut warn = |what: String| warnings.push(Warning { file: model.file.clone(), what });
        for later in catalog.models().get(i + 1..).unwrap_or_default() {
            let same_form = later.serial.payload == model.serial.payload;
            let overlap = later.serial.pattern.as_ref().and_then(|other| pattern.common(other));
            if let (true, Some(text)) = (same_form, overlap) {
                warn(format!("its serials and those of {} overlap, e.g. {text:?}", later.file));
            }
        }
        for (name, other) in others.iter().filter(|_| model.serial.payload.is_raw()) {
            if let Some(text) = pattern.common(other) {
                warn(format!("a serial may look like {name}, e.g. {text:?}"));
            }
        }
        if model.slots.is_empty() {
            warn("no slot: there is nothing to replenish".to_owned());
        }
    }
    warnings
}
