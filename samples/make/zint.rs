//! Symbols from an encoder that shares nothing with our decoder: Debian's `zint`, run as a program.

use std::io::Cursor;
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// The encoder and its version, as the truth names it.
pub(crate) const ENCODER: &str = "zint 2.11.1";

/// What a symbol is for, as the station should see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// The device serial number.
    Dsn,
    /// What stands for an ASIN.
    Product,
    /// What calls an order up.
    CallUp,
    /// A command to the station.
    Command,
    /// What must not be stored.
    Secret,
    /// None of our business.
    Other,
}

impl Role {
    /// Its name in words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dsn => "DSN",
            Self::Product => "product",
            Self::CallUp => "call-up",
            Self::Command => "command",
            Self::Secret => "secret",
            Self::Other => "other",
        }
    }
}

/// One symbol to print: its symbology, its content, and what a reader should say of it.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// The symbology, by the name of our formats.
    pub(crate) format: &'static str,
    /// The symbology identifier a reader gives.
    pub(crate) identifier: &'static str,
    /// The text a reader gives.
    pub(crate) text: String,
    /// What it is for.
    pub(crate) role: Role,
    /// What zint is given, where that is not the text.
    data: String,
    /// Zint's name of the symbology and further options.
    options: &'static [&'static str],
}

/// The modules of a symbol, row by row, true where dark. Those of a linear one are a single row.
#[derive(Debug, Clone)]
pub(crate) struct Modules {
    /// Modules across.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Whether the module at `x`, `y` is dark.
    pub(crate) fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }
}

impl Spec {
    fn new(
        format: &'static str,
        identifier: &'static str,
        options: &'static [&'static str],
        text: &str,
    ) -> Self {
        let (text, role) = (text.to_owned(), Role::Other);
        Self { format, identifier, role, data: text.clone(), text, options }
    }

    /// The same symbol in another role.
    pub(crate) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Whether it is a row of bars.
    pub(crate) fn is_linear(&self) -> bool {
        !matches!(self.format, "DataMatrix" | "QRCode" | "MicroQRCode" | "Aztec" | "PDF417")
    }

    /// Runs zint and takes the modules from the picture it prints.
    pub(crate) fn encode(&self) -> anyhow::Result<Modules> {
        let mut zint = Command::new("zint");
        zint.args(self.options).args(["--notext", "--noquietzones", "--direct", "--filetype=PNG"]);
        // At half its usual scale zint prints a pixel a module.
        zint.args(["--scale=0.5", "--data", &self.data]);
        let printed = zint.output().context("run zint (Debian package zint)")?;
        ensure!(printed.status.success(), "zint: {}", String::from_utf8_lossy(&printed.stderr));
        let picture =
            image::ImageReader::with_format(Cursor::new(printed.stdout), image::ImageFormat::Png);
        let picture = picture.decode().with_context(|| format!("zint's {}", self.format))?;
        let picture = picture.into_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        if width == 0 || height == 0 {
            bail!("zint printed an empty {}", self.format);
        }
        let dark: Vec<bool> = picture.as_raw().iter().map(|luma| *luma < 128).collect();
        if self.is_linear() {
            // Guard bars reach deeper, and all bars reach the top row.
            return Ok(Modules { width, height: 1, dark: dark[..width].to_vec() });
        }
        Ok(Modules { width, height, dark })
    }
}

/// Code 128.
pub(crate) fn code128(text: &str) -> Spec {
    Spec::new("Code128", "]C0", &["--barcode=CODE128"], text)
}

/// Code 39 without a check character.
pub(crate) fn code39(text: &str) -> Spec {
    Spec::new("Code39", "]A0", &["--barcode=CODE39"], text)
}

/// Code 93.
pub(crate) fn code93(text: &str) -> Spec {
    Spec::new("Code93", "]G0", &["--barcode=CODE93"], text)
}

/// Codabar; `text` has no start and stop characters, the symbol has A and B.
pub(crate) fn codabar(text: &str) -> Spec {
    let spec = Spec::new("Codabar", "]F0", &["--barcode=CODABAR"], text);
    Spec { data: format!("A{text}B"), ..spec }
}

/// Interleaved 2 of 5 without a check digit.
pub(crate) fn itf(text: &str) -> Spec {
    Spec::new("ITF", "]I0", &["--barcode=C25INTER"], text)
}

/// UPC-A or EAN by the number of digits, the check digit with them.
pub(crate) fn gtin(text: &str) -> Spec {
    let spec = match text.len() {
        8 => Spec::new("EAN-8", "]E4", &["--barcode=EANX_CHK"], text),
        12 => Spec::new("UPC-A", "]E0", &["--barcode=UPCA_CHK"], text),
        _ => Spec::new("EAN-13", "]E0", &["--barcode=EANX_CHK"], text),
    };
    spec.role(Role::Product)
}

/// Data Matrix ECC 200.
pub(crate) fn data_matrix(text: &str) -> Spec {
    Spec::new("DataMatrix", "]d1", &["--barcode=DATAMATRIX", "--square"], text)
}

/// QR code with error correction level M.
pub(crate) fn qr(text: &str) -> Spec {
    Spec::new("QRCode", "]Q1", &["--barcode=QRCODE", "--secure=2"], text)
}

/// Micro QR code.
pub(crate) fn micro_qr(text: &str) -> Spec {
    Spec::new("MicroQRCode", "]Q1", &["--barcode=MICROQR"], text)
}

/// Aztec code.
pub(crate) fn aztec(text: &str) -> Spec {
    Spec::new("Aztec", "]z0", &["--barcode=AZTEC"], text)
}

/// PDF417.
pub(crate) fn pdf417(text: &str) -> Spec {
    Spec::new("PDF417", "]L0", &["--barcode=PDF417", "--cols=4", "--secure=3"], text)
}

/// GS1 DataBar omnidirectional: `gtin` of 14 digits.
pub(crate) fn data_bar(gtin: &str) -> Spec {
    let spec = Spec::new("DataBar", "]e0", &["--barcode=DBAR_OMN"], gtin);
    let digits = gtin.get(..13).unwrap_or(gtin).to_owned();
    Spec { data: digits, ..spec }.role(Role::Product)
}

/// GS1-128 of `elements`, each an application identifier and its value.
pub(crate) fn gs1_128(elements: &[(&str, &str)]) -> Spec {
    gs1(Spec::new("Code128", "]C1", &["--barcode=GS1_128"], ""), elements)
}

/// GS1 DataMatrix of `elements`.
pub(crate) fn gs1_data_matrix(elements: &[(&str, &str)]) -> Spec {
    gs1(
        Spec::new("DataMatrix", "]d2", &["--barcode=DATAMATRIX", "--square", "--gs1"], ""),
        elements,
    )
}

/// `spec` with `elements` as its content: FNC1 ends what is of no fixed length, unless it is last.
fn gs1(spec: Spec, elements: &[(&str, &str)]) -> Spec {
    let mut text = String::new();
    let mut data = String::new();
    for (n, (ai, value)) in elements.iter().enumerate() {
        text.push_str(ai);
        text.push_str(value);
        let has_fixed_length = matches!(*ai, "01" | "11" | "17");
        if !has_fixed_length && n + 1 < elements.len() {
            text.push('\u{1d}');
        }
        data.extend(["[", ai, "]", value]);
    }
    Spec { text, data, ..spec }
}
