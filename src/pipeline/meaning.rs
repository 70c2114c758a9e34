//! What a symbol is to the station: a serial, a product code, an order's call-up, a command, a secret, or nothing.

use std::collections::BTreeSet;

use crate::pipeline::catalog::{Catalog, NotSerial};
use crate::pipeline::command::Command;
use crate::pipeline::ident::{Asin, Dsn, ModelId, OrderCode};
use crate::pipeline::named::named;
use crate::pipeline::payload::{self, SecretClass};
use crate::pipeline::symbol::{Symbol, Symbology};

named!(
    /// The part that a symbol plays (contracts 3).
    Role, "role", {
        /// A device serial number that some model accepts.
        Dsn = "dsn",
        /// A product code.
        Product = "product",
        /// Calls up an order.
        CallUp = "call_up",
        /// One of our command barcodes.
        Command = "command",
        /// Holds a secret.
        Secret = "secret",
        /// None of our business.
        Other = "other",
    }
);

/// A serial that a symbol states by one model's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serial {
    /// The model whose rule it passes.
    pub model_id: ModelId,
    /// The serial.
    pub dsn: Dsn,
}

/// Content that has a model's form but does not match its regex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The model.
    pub model_id: ModelId,
    /// What the payload rule gave.
    pub text: String,
    /// Where it stops matching, in bytes.
    pub position: usize,
}

/// What one symbol is to the station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The part it plays.
    pub role: Role,
    /// The command, where it is one.
    pub command: Option<Command>,
    /// The kind of secret, where it holds one.
    pub secret: Option<SecretClass>,
    /// The serial by each model that accepts it.
    pub serials: Vec<Serial>,
    /// The models whose form it has without matching.
    pub misfits: Vec<Misfit>,
    /// The products it stands for; empty where none is on file.
    pub asins: BTreeSet<Asin>,
}

/// A serial of a raw rule that matches no further than this says nothing of having been meant as one.
const RAW_MISFIT_FROM: usize = 2;

/// What `symbol` is, by the catalogue.
///
/// A command or a secret is nothing else; a shipment's or plate's code and a product code are never a serial.
pub fn meaning(symbol: &Symbol, catalog: &Catalog) -> Meaning {
    let text = symbol.text.as_str();
    let command = (symbol.symbology == Symbology::Code128).then(|| Command::of(text)).flatten();
    let secret = payload::secret(text);
    let mut meaning = Meaning {
        role: Role::Other,
        command,
        secret,
        serials: Vec::new(),
        misfits: Vec::new(),
        asins: BTreeSet::new(),
    };
    if command.is_some() {
        meaning.role = Role::Command;
    } else if secret.is_some() {
        meaning.role = Role::Secret;
    } else if calls_up(text) {
        meaning.role = Role::CallUp;
    } else {
        let is_product = states_product(symbol, catalog, &mut meaning.asins);
        if !is_product || symbol.is_gs1() || !symbol.symbology.is_linear() {
            read_serials(symbol, catalog, &mut meaning);
        }
        meaning.role = match (meaning.serials.is_empty(), is_product) {
            (false, _) => Role::Dsn,
            (true, true) => Role::Product,
            (true, false) => Role::Other,
        };
    }
    meaning
}

/// Whether `text` could be a code that calls an order up; only the database knows whether it does.
pub fn may_call_up(text: &str) -> bool {
    text.parse::<OrderCode>().is_ok()
}

/// Whether `text` has the shape of a shipment's, plate's or carrier's code (identifiers 5.1).
fn calls_up(text: &str) -> bool {
    let tail = |prefix: &str| {
        let tail = text.strip_prefix(prefix)?;
        tail.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).then_some(tail.len())
    };
    tail("SP").is_some_and(|n| (8..=12).contains(&n))
        || tail("LPN").is_some_and(|n| (6..=12).contains(&n))
        || tail("TBA").is_some_and(|n| (12..=14).contains(&n))
}

/// Whether `text` is a shipment's code: one that no order knows is told to the packer.
pub fn is_shipment(text: &str) -> bool {
    calls_up(text) && text.starts_with("SP")
}

/// Whether the symbol states a product, and the products on file that it stands for.
fn states_product(symbol: &Symbol, catalog: &Catalog, asins: &mut BTreeSet<Asin>) -> bool {
    let gtin = payload::gtin(symbol);
    if let Some(found) = gtin.and_then(|gtin| catalog.asins_of_gtin(gtin)) {
        asins.extend(found.iter().cloned());
    }
    if let Some(asin) = catalog.asin_of_text(&symbol.text) {
        asins.insert(asin.clone());
    }
    gtin.is_some() || !asins.is_empty()
}

fn read_serials(symbol: &Symbol, catalog: &Catalog, meaning: &mut Meaning) {
    for model in catalog.models() {
        let model_id = model.model_id.clone();
        match model.serial_of(symbol) {
            Ok(dsn) => meaning.serials.push(Serial { model_id, dsn }),
            Err(NotSerial::Mismatch { text, at }) => {
                if !model.serial.payload.is_raw() || at.position >= RAW_MISFIT_FROM {
                    meaning.misfits.push(Misfit { model_id, text, position: at.position });
                }
            }
            Err(NotSerial::NoRule | NotSerial::OtherForm) => {}
        }
    }
}
