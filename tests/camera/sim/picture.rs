//! What the webcam shows: labels in Code 128, with the noise of a sensor, in the formats that webcams send.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::device::{GREY, MJPEG};

/// Frames that differ by their noise: no two that follow each other are equal.
pub(crate) const VARIANTS: u64 = 12;

/// Code 128, set B (ISO/IEC 15417): the widths of the elements of value 0 to 106, bars and spaces in turn.
const WIDTHS: [&[u8]; 107] = [
    b"212222", b"222122", b"222221", b"121223", b"121322", b"131222", b"122213", b"122312",
    b"132212", b"221213", b"221312", b"231212", b"112232", b"122132", b"122231", b"113222",
    b"123122", b"123221", b"223211", b"221132", b"221231", b"213212", b"223112", b"312131",
    b"311222", b"321122", b"321221", b"312212", b"322112", b"322211", b"212123", b"212321",
    b"232121", b"111323", b"131123", b"131321", b"112313", b"132113", b"132311", b"211313",
    b"231113", b"231311", b"112133", b"112331", b"132131", b"113123", b"113321", b"133121",
    b"313121", b"211331", b"231131", b"213113", b"213311", b"213131", b"311123", b"311321",
    b"331121", b"312113", b"312311", b"332111", b"314111", b"221411", b"431111", b"111224",
    b"111422", b"121124", b"121421", b"141122", b"141221", b"112214", b"112412", b"122114",
    b"122411", b"142112", b"142211", b"241211", b"221114", b"413111", b"241112", b"134111",
    b"111242", b"121142", b"121241", b"114212", b"124112", b"124211", b"411212", b"421112",
    b"421211", b"212141", b"214121", b"412121", b"111143", b"111341", b"131141", b"114113",
    b"114311", b"411113", b"411311", b"113141", b"114131", b"311141", b"411131", b"211412",
    b"211214", b"211232", b"2331112",
];
const START_B: usize = 104;
const STOP: usize = 106;
/// The focus at which the lens is sharp.
const SHARP: i32 = 100;
/// Pixels a module, where they fit.
const MODULE: usize = 2;

/// A frame's bytes: `labels` under one another, in `format`, with the noise of `variant`.
pub(crate) fn frame(
    labels: &[String],
    (w, h): (usize, usize),
    focus: i32,
    format: u8,
    variant: u64,
) -> Vec<u8> {
    let mut luma = vec![200; w * h];
    for (i, label) in labels.iter().enumerate() {
        let band = h / labels.len();
        draw(&mut luma, w, (i * band + band / 6, i * band + band * 5 / 6), label);
    }
    blur(&mut luma, w, focus.abs_diff(SHARP) as usize / 25);
    add_noise(&mut luma, variant);
    match format {
        MJPEG => jpeg(&luma, w, h),
        GREY => luma,
        _ => luma.iter().flat_map(|l| [*l, 128]).collect(),
    }
}

/// Draws a label between two rows, in the middle of the picture; one that does not fit is not drawn.
fn draw(luma: &mut [u8], w: usize, (top, bottom): (usize, usize), text: &str) {
    let values: Vec<usize> = text.bytes().map(|b| usize::from(b.clamp(32, 127) - 32)).collect();
    let sum: usize = values.iter().enumerate().map(|(i, value)| (i + 1) * value).sum();
    let check = (START_B + sum) % 103;
    let all = [START_B].into_iter().chain(values).chain([check, STOP]);
    let widths: Vec<u8> = all.flat_map(|value| WIDTHS[value]).map(|b| b - b'0').collect();
    let n: usize = widths.iter().map(|width| usize::from(*width) * MODULE).sum();
    if n > w {
        println!("camera-sim: {text} does not fit");
        return;
    }
    for row in luma.chunks_mut(w).take(bottom).skip(top) {
        row.fill(235);
        let mut x = (w - n) / 2;
        for (i, width) in widths.iter().enumerate() {
            let end = x + usize::from(*width) * MODULE;
            row[x..end].fill(if i % 2 == 0 { 20 } else { 235 });
            x = end;
        }
    }
}

/// Each pixel the mean of those up to `radius` beside it, as a lens out of focus shows bars.
fn blur(luma: &mut [u8], w: usize, radius: usize) {
    if radius == 0 {
        return;
    }
    for row in luma.chunks_mut(w) {
        let sharp = row.to_vec();
        for (x, pixel) in row.iter_mut().enumerate() {
            let near = &sharp[x.saturating_sub(radius)..(x + radius + 1).min(w)];
            let sum: usize = near.iter().map(|l| usize::from(*l)).sum();
            *pixel = (sum / near.len()) as u8;
        }
    }
}

/// Adds up to 2 either way to every pixel, the same for the same `seed`.
fn add_noise(luma: &mut [u8], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for chunk in luma.chunks_mut(16) {
        // xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        for (i, pixel) in chunk.iter_mut().enumerate() {
            let bits = (state >> (i * 4)) & 15;
            *pixel = pixel.wrapping_add((bits % 5) as u8).wrapping_sub(2);
        }
    }
}

fn jpeg(luma: &[u8], w: usize, h: usize) -> Vec<u8> {
    let rgb: Vec<u8> = luma.iter().flat_map(|l| [*l, *l, *l]).collect();
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 80);
    encoder.write_image(&rgb, w as u32, h as u32, ExtendedColorType::Rgb8).expect("a JPEG");
    bytes
}
