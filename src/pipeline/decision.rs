//! A decision as it is told: on the screen, in the journal, as a JSON line (contracts 4).

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::pipeline::ident::{Asin, Dsn, ModelId, OrderId};
use crate::pipeline::meaning::Role;
use crate::pipeline::symbol::Symbology;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::Verdict;
use crate::pipeline::view::{EqualFrames, Track};

/// What the station decided, and on what.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// The camera whose frame settled it.
    pub camera: Option<Arc<str>>,
    /// The file that frame came from.
    pub source: Option<Arc<str>>,
    /// What was decided.
    pub verdict: Verdict,
    /// The device.
    pub dsn: Option<Dsn>,
    /// The order.
    pub order_id: Option<OrderId>,
    /// The order's line.
    pub line: Option<u32>,
    /// The unit of the line, counted from 1.
    pub unit: Option<u32>,
    /// Units of the line.
    pub units: Option<u32>,
    /// The line's product.
    pub asin: Option<Asin>,
    /// The device's model.
    pub model_id: Option<ModelId>,
    /// The symbols in view.
    pub symbols: Vec<SeenSymbol>,
}

/// A symbol as a decision saw it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenSymbol {
    /// Its symbology.
    #[serde(rename = "format")]
    pub symbology: Symbology,
    /// Its content; `None` where it holds a secret.
    pub text: Option<String>,
    /// Its symbology identifier.
    pub identifier: String,
    /// The part it played.
    pub role: Role,
    /// Different frames that agreed.
    pub agreed: u32,
    /// Frames that had to.
    pub needed: u32,
}

impl SeenSymbol {
    /// What a decision says of `track`.
    pub fn of(track: &Track) -> Self {
        let role = if track.calls.is_some() { Role::CallUp } else { track.meaning.role };
        Self {
            symbology: track.symbol.symbology,
            text: track.meaning.secret.is_none().then(|| track.symbol.text.clone()),
            identifier: track.symbol.identifier.clone(),
            role,
            agreed: track.agreed(),
            needed: track.needed,
        }
    }
}

/// The JSON line of a decision; every key is always there.
#[derive(Debug, Serialize)]
pub struct DecisionLine<'a> {
    r#type: &'static str,
    n: u64,
    at: Timestamp,
    camera: Option<&'a str>,
    source: Option<&'a str>,
    verdict: &'static str,
    dsn: Option<&'a Dsn>,
    order_id: Option<&'a OrderId>,
    line: Option<u32>,
    unit: Option<u32>,
    units: Option<u32>,
    asin: Option<&'a Asin>,
    model_id: Option<&'a ModelId>,
    detail: Value,
    symbols: &'a [SeenSymbol],
    equal_frames: bool,
}

impl Decision {
    /// Its JSON line, the `n`th of the output; with `EqualFrames::Count` a still stood for several frames.
    pub fn line(&self, n: u64, equal_frames: EqualFrames) -> DecisionLine<'_> {
        DecisionLine {
            r#type: "decision",
            n,
            at: self.at,
            camera: self.camera.as_deref(),
            source: self.source.as_deref(),
            verdict: self.verdict.name(),
            dsn: self.dsn.as_ref(),
            order_id: self.order_id.as_ref(),
            line: self.line,
            unit: self.unit,
            units: self.units,
            asin: self.asin.as_ref(),
            model_id: self.model_id.as_ref(),
            detail: self.verdict.detail(),
            symbols: &self.symbols,
            equal_frames: equal_frames == EqualFrames::Count,
        }
    }
}
