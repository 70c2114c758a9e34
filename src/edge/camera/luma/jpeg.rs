//! A camera's JPEG to luma, strictly: one that was cut or damaged on the way is no picture.
//!
//! A decoder fills in what a cut JPEG lacks, and a camera's buffer goes on with bytes of an older frame: a barcode
//! that is no longer there could be read. So the bytes must be one whole JPEG by their markers (ITU-T T.81, annex B)
//! before they are decoded, and the decoder must find no fault.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::pipeline::camera::Size;
use crate::pipeline::frame::Picture;

/// Markers of T.81, table B.1, after their 0xff.
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const TEM: u8 = 0x01;

/// The luma of the one JPEG that `bytes` are, which must be of `size`.
pub(super) fn read(bytes: &[u8], size: Size) -> Option<Picture> {
    Picture::check_size(size.width, size.height).ok()?;
    let whole = bytes.get(..end(bytes)?)?;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::try_from(size.width).ok()?)
        .set_max_height(usize::try_from(size.height).ok()?)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(whole), options);
    decoder.decode_headers().ok()?;
    let found = decoder.info()?;
    if (u32::from(found.width), u32::from(found.height)) != (size.width, size.height) {
        return None;
    }
    Picture::new(size.width, size.height, decoder.decode().ok()?).ok()
}

/// The length of the JPEG that `bytes` begin with, where it is whole and nothing but padding follows.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    if bytes.get(..at)? != [0xff, SOI] {
        return None;
    }
    loop {
        let (marker, after) = marker(bytes, at)?;
        match marker {
            EOI => {
                let is_padding = |byte: &u8| matches!(byte, 0 | 0xff);
                return bytes.get(after..)?.iter().all(is_padding).then_some(after);
            }
            SOI | TEM | 0xd0..=0xd7 => return None,
            _ => {
                let length = [*bytes.get(after)?, *bytes.get(after + 1)?];
                at = after.checked_add(usize::from(u16::from_be_bytes(length)).max(2))?;
            }
        }
        if marker == SOS {
            at = after_scan(bytes, at)?;
        }
    }
}

/// The marker at `at`, any fill bytes before it passed over, and where its segment begins.
fn marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    if *bytes.get(at)? != 0xff {
        return None;
    }
    let fill = bytes.get(at..)?.iter().take_while(|byte| **byte == 0xff).count();
    let place = at.checked_add(fill)?;
    Some((*bytes.get(place)?, place.checked_add(1)?))
}

/// Where the entropy-coded data that begins at `at` ends: at a marker that is no restart.
fn after_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let ahead = bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        at = at.checked_add(ahead)?;
        match *bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            // A fill byte.
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
