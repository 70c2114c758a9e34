//! Camera buffers to luma, without ever making RGB; what is short or damaged is no picture.

mod jpeg;

use std::panic::catch_unwind;

use crate::edge::camera::source::{Layout, Raw};
use crate::pipeline::camera::{Pixels, Size};
use crate::pipeline::frame::Picture;

/// The luma of what a camera gave; `None` where that is short or damaged.
pub fn picture(raw: &Raw) -> Option<Picture> {
    let Layout { pixels, size, stride } = raw.layout;
    match pixels {
        Pixels::Yuyv => of_yuyv(&raw.bytes, size, stride),
        Pixels::Nv12 | Pixels::Grey => of_plane(&raw.bytes, size, stride),
        // Whatever a decoder of other people's does with bytes from a cable costs that frame.
        Pixels::Mjpeg => catch_unwind(|| jpeg::read(&raw.bytes, size)).ok().flatten(),
    }
}

/// The luma of packed YUYV 4:2:2, which is every other byte of a row.
fn of_yuyv(bytes: &[u8], size: Size, stride: u32) -> Option<Picture> {
    rows(bytes, size, stride, 2, |row, luma| {
        // As a number masked, not as the first of two: 0.06 ms at 1080p against 0.80, for the compiler sees vectors.
        let pairs = row.as_chunks::<2>().0.iter();
        luma.extend(pairs.map(|pair| (u16::from_le_bytes(*pair) & 0xff) as u8));
    })
}

/// The luma plane that stands first in the buffer (NV12, GREY).
fn of_plane(bytes: &[u8], size: Size, stride: u32) -> Option<Picture> {
    rows(bytes, size, stride, 1, |row, luma| luma.extend_from_slice(row))
}

/// The picture of `size` whose rows stand `stride` bytes apart, each of `bytes_a_pixel` bytes a pixel.
fn rows(
    bytes: &[u8],
    size: Size,
    stride: u32,
    bytes_a_pixel: usize,
    take: impl Fn(&[u8], &mut Vec<u8>),
) -> Option<Picture> {
    Picture::check_size(size.width, size.height).ok()?;
    let (width, height) = (usize::try_from(size.width).ok()?, usize::try_from(size.height).ok()?);
    let row = width.checked_mul(bytes_a_pixel)?;
    let stride = usize::try_from(stride).ok()?.max(row);
    let last = stride.checked_mul(height.checked_sub(1)?)?;
    let all = bytes.get(..last.checked_add(row)?)?;
    let mut luma = Vec::with_capacity(width.checked_mul(height)?);
    for padded in all.chunks(stride) {
        take(padded.get(..row)?, &mut luma);
    }
    Picture::new(size.width, size.height, luma).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
    use proptest::prelude::*;

    use super::*;

    fn raw(pixels: Pixels, (width, height): (u32, u32), stride: u32, bytes: Vec<u8>) -> Raw {
        let layout = Layout { pixels, size: Size { width, height }, stride };
        let (sequence, is_flagged, stamp, arrived) = (1, false, None, Duration::ZERO);
        Raw { bytes, layout, sequence, is_flagged, stamp, arrived, number: 1 }
    }

    /// Stripes of both directions, so that a row or a column out of place shows.
    fn scene(width: u32, height: u32, seed: u32) -> Vec<u8> {
        let at = |x: u32, y: u32| (x * 7 + y * 13 + seed * 29).to_le_bytes()[0];
        (0..height).flat_map(|y| (0..width).map(move |x| at(x, y))).collect()
    }

    fn jpeg(luma: &[u8], width: u32, height: u32) -> Vec<u8> {
        let rgb: Vec<u8> = luma.iter().flat_map(|l| [*l, *l, *l]).collect();
        let mut bytes = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        encoder.write_image(&rgb, width, height, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    /// Byte by byte, as V4L2's tables draw the formats.
    fn reference(raw: &Raw) -> Option<Vec<u8>> {
        let Layout { pixels, size, stride } = raw.layout;
        let step = if pixels == Pixels::Yuyv { 2 } else { 1 };
        let stride = stride.max(size.width * step);
        let at = |x: u32, y: u32| raw.bytes.get((y * stride + x * step) as usize).copied();
        // The last chroma byte of a row is part of it.
        raw.bytes.get(((size.height - 1) * stride + size.width * step - 1) as usize)?;
        (0..size.height).flat_map(|y| (0..size.width).map(move |x| at(x, y))).collect()
    }

    proptest! {
        #[test]
        fn plain_formats_are_as_the_reference_has_them(
            width in 1u32..40, height in 1u32..12, pad in 0u32..9, short in 0usize..4, seed in any::<u8>(),
        ) {
            for pixels in [Pixels::Yuyv, Pixels::Nv12, Pixels::Grey] {
                let stride = Layout::packed(pixels, Size { width, height }).stride + pad;
                let n = (stride * height) as usize - short.min((stride * height) as usize);
                let bytes = (0..n).map(|i| i.to_le_bytes()[0].wrapping_mul(31) ^ seed).collect();
                let raw = raw(pixels, (width, height), stride, bytes);
                let found = picture(&raw).map(|picture| picture.luma().to_vec());
                prop_assert_eq!(&found, &reference(&raw));
                prop_assert_eq!(found.is_some(), raw.bytes.len() >= raw.layout.least_bytes());
            }
        }

        #[test]
        fn no_content_panics(
            bytes in any::<Vec<u8>>(), width in 0u32..70_000, height in 0u32..70_000, stride in any::<u32>(),
        ) {
            for pixels in Pixels::ALL {
                let _ = picture(&raw(*pixels, (width, height), stride, bytes.clone()));
            }
            let headed = [&[0xff, 0xd8, 0xff], bytes.as_slice(), &[0xff, 0xd9]].concat();
            let _ = picture(&raw(Pixels::Mjpeg, (16, 16), 0, headed));
        }

        #[test]
        fn a_damaged_jpeg_does_not_panic(at in 0usize..4000, with in any::<[u8; 3]>()) {
            let mut bytes = jpeg(&scene(48, 32, 1), 48, 32);
            let at = at % (bytes.len() - 3);
            bytes[at..at + 3].copy_from_slice(&with);
            let _ = picture(&raw(Pixels::Mjpeg, (48, 32), 0, bytes));
        }
    }

    fn read(bytes: Vec<u8>) -> Option<Picture> {
        picture(&raw(Pixels::Mjpeg, (64, 48), 0, bytes))
    }

    #[test]
    fn a_jpegs_luma_is_close_to_what_was_drawn() {
        // Smooth, for JPEG is not exact where it is not.
        let drawn: Vec<u8> = (0..48).flat_map(|_| (0..64).map(|x| x * 3 + 20)).collect();
        let found = read(jpeg(&drawn, 64, 48)).unwrap();
        let furthest = found.luma().iter().zip(&drawn).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(furthest <= Some(4), "{furthest:?}");
    }

    #[test]
    fn a_jpeg_cut_anywhere_is_no_picture() {
        let (new, old) = (jpeg(&scene(64, 48, 1), 64, 48), jpeg(&scene(64, 48, 2), 64, 48));
        assert!(read(new.clone()).is_some());
        for at in (7..new.len()).step_by(7) {
            let cut = &new[..at];
            assert!(read(cut.to_vec()).is_none(), "cut at {at}");
            assert!(read([cut, &[0; 500]].concat()).is_none(), "cut at {at}, then zeros");
            assert!(read([cut, &old].concat()).is_none(), "cut at {at}, then an older frame");
        }
    }

    #[test]
    fn a_jpeg_of_another_size_is_no_picture() {
        assert!(read(jpeg(&scene(48, 64, 1), 48, 64)).is_none());
        assert!(read(jpeg(&scene(640, 48, 1), 640, 48)).is_none());
    }

    #[test]
    fn padding_behind_a_jpeg_is_no_damage() {
        let whole = jpeg(&scene(64, 48, 1), 64, 48);
        assert!(read([whole.as_slice(), &[0; 9]].concat()).is_some());
        assert!(read([whole.as_slice(), &[0, 1]].concat()).is_none());
    }
}
