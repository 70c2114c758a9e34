//! What a picture holds and what it makes the station say: the file beside it (contracts 3).

use serde::{Deserialize, Serialize};

use crate::zint::{Role, Spec};

/// The truth of one picture or sequence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// Its symbols.
    pub(crate) symbols: Vec<TrueSymbol>,
    /// The order it is about.
    pub(crate) order_id: Option<String>,
    /// The decisions it causes, in order.
    pub(crate) verdicts: Vec<String>,
    /// How it was made.
    pub(crate) made: Made,
}

/// One symbol, as a reader should give it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TrueSymbol {
    /// Its symbology.
    pub(crate) format: String,
    /// Its content.
    pub(crate) text: String,
    /// Its symbology identifier.
    pub(crate) identifier: String,
    /// What it is for.
    pub(crate) role: Role,
    /// Its corners in pixels, clockwise from its own top left.
    pub(crate) corners: [(f64, f64); 4],
}

/// How a picture was made; of several faces, the first one's pose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Made {
    /// What encoded the symbols.
    pub(crate) encoder: Option<String>,
    /// What the generator's chance began with.
    pub(crate) seed: u64,
    /// Rotation of the first face, clockwise.
    pub(crate) turn_deg: Option<f64>,
    /// Its tilt out of the picture's plane.
    pub(crate) tilt_deg: Option<f64>,
    /// Pixels to the smallest module.
    pub(crate) px_per_module: Option<f64>,
    /// Deviation of the blur.
    pub(crate) blur_px: f64,
    /// Deviation of the noise, in grey levels.
    pub(crate) noise: f64,
    /// How much darker the darkest side is.
    pub(crate) shade: f64,
}

impl TrueSymbol {
    /// `spec` at `corners`.
    pub(crate) fn new(spec: &Spec, corners: [(f32, f32); 4]) -> Self {
        let tenths = |value: f32| (f64::from(value) * 10.0).round() / 10.0;
        Self {
            format: spec.format.to_owned(),
            text: spec.text.clone(),
            identifier: spec.identifier.to_owned(),
            role: spec.role,
            corners: corners.map(|(x, y)| (tenths(x), tenths(y))),
        }
    }
}
