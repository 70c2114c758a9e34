//! Camera buffers to luma, without ever making RGB.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};

use crate::pipeline::frame::Picture;

/// The luma of packed YUYV 4:2:2: every other byte.
pub fn of_yuyv(bytes: &[u8], width: u32, height: u32) -> Option<Picture> {
    Picture::check_size(width, height).ok()?;
    let n = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    let packed = bytes.get(..n.checked_mul(2)?)?;
    let luma = packed.chunks_exact(2).filter_map(|pair| pair.first().copied()).collect();
    Picture::new(width, height, luma).ok()
}

/// The luma plane that stands first in the buffer (NV12, GREY).
pub fn of_plane(bytes: &[u8], width: u32, height: u32) -> Option<Picture> {
    Picture::check_size(width, height).ok()?;
    let n = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    Picture::new(width, height, bytes.get(..n)?.to_vec()).ok()
}

/// The luma of the JPEG that the buffer begins with.
///
/// The buffer is longer than the JPEG and goes on with bytes of older frames. A JPEG that was cut on the way
/// would be completed from those: one without its own end marker is dropped.
pub fn of_jpeg(bytes: &[u8]) -> Option<Picture> {
    let jpeg = bytes.get(..end_of_jpeg(bytes)?)?;
    let decoder = JpegDecoder::new(Cursor::new(jpeg)).ok()?;
    let (width, height) = decoder.dimensions();
    Picture::check_size(width, height).ok()?;
    let luma = DynamicImage::from_decoder(decoder).ok()?.into_luma8();
    Picture::new(width, height, luma.into_raw()).ok()
}

/// The length of the JPEG at the start of `bytes`: to its end marker, if no other image begins before that.
fn end_of_jpeg(bytes: &[u8]) -> Option<usize> {
    const START: [u8; 2] = [0xff, 0xd8];
    const END: [u8; 2] = [0xff, 0xd9];
    if !bytes.starts_with(&START) {
        return None;
    }
    let is_mark = |at: usize, mark: [u8; 2]| bytes.get(at..at + 2) == Some(mark.as_slice());
    let end = (2..bytes.len()).find(|at| is_mark(*at, END) || is_mark(*at, START))?;
    is_mark(end, END).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
    use proptest::prelude::*;

    use super::*;

    fn jpeg(shade: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new(&mut bytes)
            .write_image(&[shade; 64 * 48], 64, 48, ExtendedColorType::L8)
            .unwrap();
        bytes
    }

    #[test]
    fn yuyv_is_every_other_byte() {
        let picture = of_yuyv(&[1, 99, 2, 99, 3, 99, 4, 99, 0, 0], 2, 2).unwrap();
        assert_eq!(picture.luma(), [1, 2, 3, 4]);
        assert!(of_yuyv(&[1, 99, 2], 2, 1).is_none());
    }

    #[test]
    fn a_jpeg_ends_at_its_own_mark() {
        let mut bytes = jpeg(10);
        bytes.extend(jpeg(200));
        assert_eq!(of_jpeg(&bytes).unwrap().luma().first(), Some(&10));
    }

    #[test]
    fn a_cut_jpeg_followed_by_an_older_ones_rest_is_dropped() {
        let (new, old) = (jpeg(10), jpeg(200));
        let cut = [&new[..new.len() / 2], &old].concat();
        assert!(of_jpeg(&cut).is_none());
        assert!(of_jpeg(&new[..new.len() - 2]).is_none());
    }

    proptest! {
        #[test]
        fn no_buffer_panics(bytes in any::<Vec<u8>>(), width in 0u32..9, height in 0u32..9) {
            let _ = (of_yuyv(&bytes, width, height), of_plane(&bytes, width, height));
            let _ = of_jpeg(&[&[0xff, 0xd8], bytes.as_slice()].concat());
        }
    }
}
