//! The only file that names the decoder library, rxing.
//!
//! It reads matrix symbols in crops that others have found; a crop is bounded in size and
//! shape, since a call cannot be interrupted. A reader that panics (rxing's known ones do) has read nothing.
//! Its linear readers are not asked: they see UPC-E and EAN-8 in texture.

pub mod blocks;
pub mod codewords;
pub mod modules;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::AztecReader;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::maxicode::MaxiCodeReader;
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, RXingResult,
    RXingResultMetadataType, RXingResultMetadataValue, Reader,
};

use crate::pipeline::decode::raster::View;
use crate::pipeline::symbol::{Corners, Point, Symbol, Symbology};

/// Below this many pixels on a side there is no symbol, and rxing does not end on some such pictures.
const MIN_SIDE: usize = 24;

/// Above this many pixels on a side rxing takes too long: a call of it cannot be interrupted.
const MAX_SIDE: usize = 2000;

/// How much wider than high a picture may be, or higher than wide.
const MAX_ASPECT: usize = 12;

/// Symbologies that one of rxing's readers looks for in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Data Matrix.
    DataMatrix,
    /// QR Code, Micro QR Code and rMQR.
    Qr,
    /// Aztec Code.
    Aztec,
    /// MaxiCode.
    MaxiCode,
}

impl Family {
    /// All of them, the likeliest on a box first.
    pub const ALL: [Self; 4] = [Self::DataMatrix, Self::Qr, Self::Aztec, Self::MaxiCode];

    /// Whether its symbols are a square of modules: a patch of texture, not rows of bars.
    pub fn is_square(self) -> bool {
        matches!(self, Self::DataMatrix | Self::Qr | Self::Aztec)
    }

    /// Its symbologies.
    pub fn symbologies(self) -> &'static [Symbology] {
        match self {
            Self::DataMatrix => &[Symbology::DataMatrix],
            Self::Qr => &[Symbology::QRCode, Symbology::MicroQRCode, Symbology::Rmqr],
            Self::Aztec => &[Symbology::Aztec],
            Self::MaxiCode => &[Symbology::MaxiCode],
        }
    }
}

/// How hard rxing tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One pass.
    Quick,
    /// All it has.
    Hard,
}

/// The symbol of one of `family` that rxing reads in `picture`, its corners in pixels of `picture`.
pub fn read(picture: View<'_>, family: Family, effort: Effort) -> Option<Symbol> {
    let (short, long) = (picture.width.min(picture.height), picture.width.max(picture.height));
    if short < MIN_SIDE || long > MAX_SIDE || long > MAX_ASPECT * short {
        return None;
    }
    // Some pictures make rxing panic: that costs this crop.
    catch_unwind(AssertUnwindSafe(|| found(picture, family, effort))).ok().flatten()
}

fn found(picture: View<'_>, family: Family, effort: Effort) -> Option<Symbol> {
    let hints = DecodeHints {
        PossibleFormats: Some(family.symbologies().iter().filter_map(|s| rxing_name(*s)).collect()),
        TryHarder: Some(effort == Effort::Hard),
        // Without it rxing drops FNC1, and two element strings run into one.
        AssumeGs1: Some(true),
        ..DecodeHints::default()
    };
    let width = u32::try_from(picture.width).ok()?;
    let height = u32::try_from(picture.height).ok()?;
    let source = Luma8LuminanceSource::new(picture.luma.to_vec(), width, height).ok()?;
    let bits = &mut BinaryBitmap::new(HybridBinarizer::new(source));
    let result = match family {
        Family::DataMatrix => DataMatrixReader.decode_with_hints(bits, &hints),
        Family::Qr => QrReader.decode_with_hints(bits, &hints).or_else(|error| match effort {
            Effort::Quick => Err(error),
            Effort::Hard => QRCodeReader.decode_with_hints(bits, &hints),
        }),
        Family::Aztec => AztecReader.decode_with_hints(bits, &hints),
        Family::MaxiCode => MaxiCodeReader::default().decode_with_hints(bits, &hints),
    };
    // rxing puts U+FFFC and what follows before the part of a message in several MaxiCode symbols.
    let is_ours = |symbol: &Symbol| {
        family.symbologies().contains(&symbol.symbology) && !symbol.text.starts_with('\u{fffc}')
    };
    symbol(&result.ok()?).filter(is_ours)
}

fn symbol(found: &RXingResult) -> Option<Symbol> {
    let symbology = symbology(*found.getBarcodeFormat())?;
    let identifier = identifier(found, symbology);
    let text = without_leading_fnc1(found.getText(), &identifier).to_owned();
    Some(Symbol {
        symbology,
        text,
        identifier,
        corners: corners(found),
        confidence: None,
        add_on: None,
    })
}

fn identifier(found: &RXingResult, symbology: Symbology) -> String {
    match found.getRXingResultMetadata().get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER) {
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) => identifier.clone(),
        _ => match symbology {
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
    match points.as_slice() {
        [] => [Point::new(0.0, 0.0); 4],
        [only] => [*only; 4],
        [start, end] => [*start, *end, *end, *start],
        // A QR code's points are the centres of its finder patterns: bottom left, top left, top right.
        [bottom, top, right] => around_three(*bottom, *top, *right),
        // Aztec goes around from its top right.
        [a, b, c, d, ..] if *found.getBarcodeFormat() == BarcodeFormat::AZTEC => {
            let [first, second, third, last] = clockwise([*a, *b, *c, *d]);
            [last, first, second, third]
        }
        // Data Matrix goes around from one corner.
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
        Symbology::DataMatrix => BarcodeFormat::DATA_MATRIX,
        Symbology::QRCode => BarcodeFormat::QR_CODE,
        Symbology::MicroQRCode => BarcodeFormat::MICRO_QR_CODE,
        Symbology::Rmqr => BarcodeFormat::RECTANGULAR_MICRO_QR_CODE,
        Symbology::Aztec => BarcodeFormat::AZTEC,
        Symbology::MaxiCode => BarcodeFormat::MAXICODE,
        Symbology::DataBar
        | Symbology::DataBarExpanded
        | Symbology::PDF417
        | Symbology::MicroPDF417 => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_small_or_too_long_is_not_handed_over() {
        let strip = vec![0_u8; 8 * 518];
        let tall = View { width: 8, height: 518, luma: &strip };
        assert_eq!(read(tall, Family::Qr, Effort::Hard), None);
    }
}
