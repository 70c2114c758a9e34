//! The only file that names the decoder library, rxing.
//!
//! Each family of symbologies is read by itself, over the whole picture: rxing's readers stop at the
//! first family that gives something, and would hide a serial behind a QR code. A reader that panics
//! on a picture (rxing's known ones do) has read nothing.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::HybridBinarizer;
use rxing::multi::{GenericMultipleBarcodeReader, MultipleBarcodeReader};
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, MultiUseMultiFormatReader,
    RXingResult, RXingResultMetadataType, RXingResultMetadataValue,
};

use crate::pipeline::decode::Formats;
use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::{Corners, Point, Symbol, Symbology};

/// Below this many pixels on a side there is no symbol, and rxing does not end on some such pictures.
const MIN_SIDE: u32 = 24;

/// Symbologies that one of rxing's readers looks for in one go.
const FAMILIES: [&[Symbology]; 6] = [
    &[
        Symbology::Code128,
        Symbology::Code39,
        Symbology::Code93,
        Symbology::Codabar,
        Symbology::ITF,
        Symbology::Ean13,
        Symbology::Ean8,
        Symbology::UpcA,
        Symbology::UpcE,
        Symbology::DataBar,
        Symbology::DataBarExpanded,
    ],
    &[Symbology::DataMatrix],
    &[Symbology::QRCode, Symbology::MicroQRCode, Symbology::Rmqr],
    &[Symbology::Aztec],
    &[Symbology::PDF417],
    &[Symbology::MaxiCode],
];

/// Every symbol that rxing reads in `picture`.
pub fn read(picture: &Picture, formats: &Formats) -> Vec<Symbol> {
    if picture.width().min(picture.height()) < MIN_SIDE {
        return Vec::new();
    }
    let mut symbols = Vec::new();
    for family in FAMILIES {
        let wanted: HashSet<BarcodeFormat> =
            family.iter().filter(|s| formats.has(**s)).filter_map(|s| rxing_name(*s)).collect();
        if !wanted.is_empty() {
            let found = catch_unwind(AssertUnwindSafe(|| read_family(picture, wanted)));
            symbols.extend(found.unwrap_or_default());
        }
    }
    symbols
}

fn read_family(picture: &Picture, wanted: HashSet<BarcodeFormat>) -> Vec<Symbol> {
    let hints = DecodeHints {
        PossibleFormats: Some(wanted),
        TryHarder: Some(true),
        // Without it rxing drops FNC1, and two element strings run into one.
        AssumeGs1: Some(true),
        ..DecodeHints::default()
    };
    let source =
        Luma8LuminanceSource::new(picture.luma().to_vec(), picture.width(), picture.height());
    let Ok(source) = source else { return Vec::new() };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let mut reader = GenericMultipleBarcodeReader::new(MultiUseMultiFormatReader::default());
    let found = reader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    found.iter().filter_map(symbol).collect()
}

fn symbol(found: &RXingResult) -> Option<Symbol> {
    let symbology = symbology(*found.getBarcodeFormat())?;
    let identifier = identifier(found, symbology);
    let text = without_leading_fnc1(found.getText(), &identifier).to_owned();
    Some(Symbol { symbology, text, identifier, corners: corners(found), confidence: None })
}

fn identifier(found: &RXingResult, symbology: Symbology) -> String {
    match found.getRXingResultMetadata().get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER) {
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) => identifier.clone(),
        _ => match symbology {
            Symbology::DataBar | Symbology::DataBarExpanded => "]e0".to_owned(),
            Symbology::MaxiCode => "]U0".to_owned(),
            Symbology::MicroQRCode | Symbology::Rmqr => "]Q1".to_owned(),
            _ => String::new(),
        },
    }
}

/// The content without what stands for an FNC1 in first position: the identifier tells that.
fn without_leading_fnc1<'a>(text: &'a str, identifier: &str) -> &'a str {
    let mark = match identifier {
        "]C1" => "]C1",
        "]d2" | "]Q3" => "\u{1d}",
        _ => return text,
    };
    text.strip_prefix(mark).unwrap_or(text)
}

/// The corners as far as rxing tells them: a linear symbol is the line that was read.
fn corners(found: &RXingResult) -> Corners {
    let points: Vec<Point> = found.getPoints().iter().map(|p| Point::new(p.x, p.y)).collect();
    let is_qr = *found.getBarcodeFormat() == BarcodeFormat::QR_CODE;
    match points.as_slice() {
        [] => [Point::new(0.0, 0.0); 4],
        [only] => [*only; 4],
        [start, end] => [*start, *end, *end, *start],
        // A QR code's points are the centres of its finder patterns: bottom left, top left, top right.
        [bottom, top, right] => around_three(*bottom, *top, *right),
        [bottom, top, right, ..] if is_qr => around_three(*bottom, *top, *right),
        // Data Matrix and Aztec go around from one corner; PDF417 has its outer corners first.
        [a, b, c, d, ..] => clockwise([*a, *b, *c, *d]),
    }
}

/// Four corners from three, clockwise from the top left.
fn around_three(bottom: Point, top: Point, right: Point) -> Corners {
    [top, right, Point::new(bottom.x + right.x - top.x, bottom.y + right.y - top.y), bottom]
}

/// The same four points, clockwise on the screen, beginning with the first.
fn clockwise(points: Corners) -> Corners {
    let n = points.len() as f32;
    let centre = Point::new(
        points.iter().map(|p| p.x).sum::<f32>() / n,
        points.iter().map(|p| p.y).sum::<f32>() / n,
    );
    let angle = |p: &Point| (p.y - centre.y).atan2(p.x - centre.x);
    let first = points[0];
    let mut sorted = points;
    sorted.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    let start = sorted.iter().position(|p| *p == first).unwrap_or(0);
    sorted.rotate_left(start);
    sorted
}

fn symbology(format: BarcodeFormat) -> Option<Symbology> {
    Symbology::ALL.into_iter().find(|symbology| rxing_name(*symbology) == Some(format))
}

/// Its name there; `None` for what rxing does not read.
fn rxing_name(symbology: Symbology) -> Option<BarcodeFormat> {
    Some(match symbology {
        Symbology::Code128 => BarcodeFormat::CODE_128,
        Symbology::Code39 => BarcodeFormat::CODE_39,
        Symbology::Code93 => BarcodeFormat::CODE_93,
        Symbology::Codabar => BarcodeFormat::CODABAR,
        Symbology::ITF => BarcodeFormat::ITF,
        Symbology::Ean13 => BarcodeFormat::EAN_13,
        Symbology::Ean8 => BarcodeFormat::EAN_8,
        Symbology::UpcA => BarcodeFormat::UPC_A,
        Symbology::UpcE => BarcodeFormat::UPC_E,
        Symbology::DataBar => BarcodeFormat::RSS_14,
        Symbology::DataBarExpanded => BarcodeFormat::RSS_EXPANDED,
        Symbology::DataMatrix => BarcodeFormat::DATA_MATRIX,
        Symbology::QRCode => BarcodeFormat::QR_CODE,
        Symbology::MicroQRCode => BarcodeFormat::MICRO_QR_CODE,
        Symbology::Rmqr => BarcodeFormat::RECTANGULAR_MICRO_QR_CODE,
        Symbology::Aztec => BarcodeFormat::AZTEC,
        Symbology::PDF417 => BarcodeFormat::PDF_417,
        Symbology::MaxiCode => BarcodeFormat::MAXICODE,
        Symbology::MicroPDF417 => return None,
    })
}
