//! `scanstation models`: check, list, which.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::Models;
use crate::commands::{Form, NoHome, Outcome, Site, Streams, table};
use crate::edge::models;
use crate::pipeline::catalog::check;
use crate::pipeline::catalog::pattern::Pattern;
use crate::pipeline::catalog::{Catalog, Model};
use crate::pipeline::ident::Asin;
use crate::pipeline::show;

/// Does what was typed after `models`; `site` finds the home where one is needed.
pub fn run(
    typed: &Models,
    site: impl FnOnce() -> Result<Site, NoHome>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    match typed {
        Models::Check { folder, output } => {
            let folder: PathBuf = match folder {
                Some(folder) => folder.clone(),
                None => site()?.home.models(),
            };
            check_folder(&folder, (*output).into(), streams)
        }
        Models::List(output) => {
            let catalog = site()?.catalog(streams)?;
            list(&catalog, (*output).into(), streams)
        }
        Models::Which { dsn, asin, output } => {
            let catalog = site()?.catalog(streams)?;
            Which { dsn, asin: asin.as_ref(), form: (*output).into() }.run(&catalog, streams)
        }
    }
}

fn check_folder(folder: &Path, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let (catalog, faults) = models::load(folder)?;
    let warnings = check::warnings(&catalog);
    for fault in &faults {
        streams.complain(&fault.to_string());
        if form == Form::Json {
            streams.json(&json!({
                "type": "fault", "file": fault.file, "line": fault.line, "field": fault.field,
                "value": fault.value, "reason": fault.reason,
            }))?;
        }
    }
    for warning in &warnings {
        match form {
            Form::Json => streams
                .json(&json!({"type": "warning", "file": warning.file, "reason": warning.what}))?,
            Form::Text => streams.line(&format!("warning: {warning}"))?,
        }
    }
    let n_good = catalog.models().len();
    let none = n_good == 0 && faults.is_empty();
    if none {
        streams.complain(&format!("{}: no model file (*.toml)", folder.display()));
    }
    match form {
        Form::Json => streams.json(&json!({
            "type": "summary", "models": n_good, "faults": faults.len(),
            "warnings": warnings.len(), "catalog": catalog.hash(),
        }))?,
        Form::Text => streams.line(&format!(
            "{n_good} models good, {} faults, {} warnings",
            faults.len(),
            warnings.len()
        ))?,
    }
    Ok(if faults.is_empty() && !none { Outcome::Done } else { Outcome::Findings })
}

fn list(catalog: &Catalog, form: Form, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    if form == Form::Json {
        for model in catalog.models() {
            streams.json(&as_json(model))?;
        }
        return Ok(Outcome::Done);
    }
    let rows: Vec<[String; 5]> = catalog
        .models()
        .iter()
        .map(|model| {
            let asins: Vec<&str> = model.products.iter().map(|p| p.asin.as_str()).collect();
            [
                model.model_id.to_string(),
                model.name.clone(),
                model.device.kind.name().to_owned(),
                asins.join(" "),
                rule(model).to_owned(),
            ]
        })
        .collect();
    table::write(streams, ["MODEL", "NAME", "KIND", "PRODUCTS", "SERIAL RULE"], &rows)?;
    Ok(Outcome::Done)
}

fn rule(model: &Model) -> &str {
    model.serial.pattern.as_ref().map_or("(none)", Pattern::as_str)
}

fn as_json(model: &Model) -> Value {
    let products: Vec<Value> = model
        .products
        .iter()
        .map(|product| {
            let gtins: Vec<String> = product.gtins.iter().map(ToString::to_string).collect();
            json!({"asin": product.asin, "gtins": gtins, "fnskus": product.fnskus})
        })
        .collect();
    let slots: Vec<Value> =
        model.slots.iter().map(|slot| json!({"id": slot.id, "category": slot.category})).collect();
    let marketplaces: Vec<&str> = model.marketplaces.iter().map(|m| m.id.as_str()).collect();
    json!({
        "model_id": model.model_id, "name": model.name, "kind": model.device.kind.name(),
        "device_type": model.device.device_type, "file": model.file,
        "lwa_client_id": model.lwa_client_id, "topic_arn": model.topic_arn,
        "marketplaces": marketplaces,
        "regex": model.serial.pattern.as_ref().map(Pattern::as_str),
        "regex_waived_until": model.serial.waived_until, "symbologies": model.serial.symbologies,
        "products": products, "slots": slots,
    })
}

struct Which<'a> {
    dsn: &'a str,
    asin: Option<&'a Asin>,
    form: Form,
}

impl Which<'_> {
    fn run(&self, catalog: &Catalog, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
        let asked = |model: &&Model| self.asin.is_none_or(|asin| model.sells(asin));
        let asked: Vec<&Model> = catalog.models().iter().filter(asked).collect();
        let matching =
            asked.iter().filter(|model| model.serial_from_text(self.dsn).is_some()).copied();
        let matching: Vec<&Model> = matching.collect();
        for model in &matching {
            let Model { model_id, name, file, .. } = model;
            match self.form {
                Form::Json => streams.json(&json!({
                    "dsn": self.dsn, "model_id": model_id, "name": name, "file": file,
                    "regex": rule(model),
                }))?,
                Form::Text => {
                    let text = format!("{model_id}  {name}  {file}  {}", rule(model));
                    streams.line(&show::printable(&text))?;
                }
            }
        }
        if matching.is_empty() {
            self.explain(&asked, streams);
            return Ok(Outcome::Findings);
        }
        Ok(Outcome::Done)
    }

    /// Says why there is no match: no such product, or where the nearest rule stops.
    fn explain(&self, asked: &[&Model], streams: &mut Streams<'_>) {
        let dsn = show::shortened(self.dsn, 64);
        if let (Some(asin), true) = (self.asin, asked.is_empty()) {
            streams.complain(&format!("no model on file sells {asin}"));
            return;
        }
        let stop = |model: &&Model| {
            let pattern = model.serial.pattern.as_ref()?;
            Some((pattern.check(self.dsn).err()?.position, model.model_id.clone()))
        };
        let furthest = asked.iter().filter_map(stop).max_by_key(|(position, _)| *position);
        streams.complain(&match furthest {
            Some((position, model_id)) if position > 0 => {
                format!("\"{dsn}\" is no model's serial; {model_id} stops matching after {position} characters")
            }
            _ => format!("\"{dsn}\" is no model's serial"),
        });
    }
}
