//! Camera buffers to luma beside a plain copy of the luma plane, and how old a frame is when it has been decoded, at 1080p
//! and 30 frames a second: `cargo bench --bench camera`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use scanstation::edge::camera::drain::Drain;
use scanstation::edge::camera::source::{CameraError, Driver, FrameSource, Layout, Opened, Raw};
use scanstation::edge::camera::sysfs::Find;
use scanstation::edge::camera::{Capture, Seen, luma};
use scanstation::edge::clock;
use scanstation::pipeline::camera::{Mode, Pixels, Rate, Setup, Size};
use scanstation::pipeline::decode::linear::code128::PATTERNS;
use scanstation::pipeline::decode::{Decoder, Formats};

/// How often each buffer is turned into luma; the best counts.
const ROUNDS: u32 = 25;
/// For how long frames are decoded as they come.
const WHILE: Duration = Duration::from_secs(20);

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (name, width, height) in [("1080p", 1920, 1080), ("4K", 3840, 2160)] {
        let size = Size { width, height };
        let gray = label(size);
        let copy = best(|| drop(std::hint::black_box(gray.clone())));
        writeln!(out, "{name:>6} copy of the luma plane: {copy:.2} ms")?;
        for pixels in Pixels::ALL {
            let raw = raw(bytes(&gray, size, *pixels), *pixels, size);
            let each = best(|| drop(std::hint::black_box(luma::picture(&raw))));
            writeln!(out, "{name:>6} {pixels}: {each:.2} ms")?;
        }
    }
    for pixels in [Pixels::Yuyv, Pixels::Mjpeg] {
        let (mut ages, overwritten) = ages(pixels)?;
        ages.sort();
        let at = |share: usize| ages.get(ages.len() * share / 100).copied().unwrap_or_default();
        writeln!(
            out,
            "age when decoded, 1080p {pixels} at 30: median {:.1?}, 99 of 100 within {:.1?}; {} decoded, {overwritten} overwritten",
            at(50),
            at(99),
            ages.len()
        )?;
    }
    Ok(())
}

/// CPU time of the fastest round, in milliseconds.
fn best(mut work: impl FnMut()) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        let start = clock::thread_cpu_ms();
        work();
        least = least.min(clock::thread_cpu_ms() - start);
    }
    least
}

/// How old frames are once they are decoded, and how many were overwritten meanwhile.
fn ages(pixels: Pixels) -> std::io::Result<(Vec<Duration>, u64)> {
    let size = Size { width: 1920, height: 1080 };
    let bytes = Arc::new(bytes(&label(size), size, pixels));
    let drain = Drain::new(Box::new(Live { bytes, pixels, size }), Find::First, Setup::default());
    let capture = Capture::start(Arc::from("bench"), drain)?;
    let mut ages = Vec::new();
    let mut decoder = Decoder::default();
    let end = clock::monotonic() + WHILE;
    while clock::monotonic() < end {
        let Seen::Raw(raw) = capture.newest(Duration::from_millis(100)) else { continue };
        if let Some(frame) = capture.frame(&raw) {
            std::hint::black_box(decoder.decode(&frame.picture, &Formats::all()));
            ages.push(raw.age(clock::monotonic()));
        }
    }
    Ok((ages, capture.counts().overwritten))
}

/// A camera that gives the same frame 30 times a second, by the wall's clock.
#[derive(Debug, Clone)]
struct Live {
    bytes: Arc<Vec<u8>>,
    pixels: Pixels,
    size: Size,
}

#[derive(Debug)]
struct Streaming {
    live: Live,
    opened: Opened,
    due: Duration,
    sequence: u32,
}

impl Driver for Live {
    fn open(&mut self, _: &Find, _: &Setup) -> Result<Box<dyn FrameSource>, CameraError> {
        let mode = Mode { pixels: self.pixels, size: self.size, rate: Rate::whole(30) };
        let opened = Opened { node: "bench".to_owned(), mode, controls: Vec::new() };
        let due = clock::monotonic();
        Ok(Box::new(Streaming { live: self.clone(), opened, due, sequence: 0 }))
    }

    fn time(&self) -> Duration {
        clock::monotonic()
    }
}

impl FrameSource for Streaming {
    fn opened(&self) -> &Opened {
        &self.opened
    }

    fn next(&mut self, _: Duration) -> Result<Option<Raw>, CameraError> {
        self.due += Duration::from_nanos(33_333_333);
        self.sequence += 1;
        clock::rest(self.due.saturating_sub(clock::monotonic()));
        let Live { bytes, pixels, size } = &self.live;
        let mut raw = raw(bytes.to_vec(), *pixels, *size);
        (raw.sequence, raw.stamp, raw.arrived) =
            (self.sequence, Some(self.due), clock::monotonic());
        Ok(Some(raw))
    }
}

fn raw(bytes: Vec<u8>, pixels: Pixels, size: Size) -> Raw {
    let layout = Layout::packed(pixels, size);
    let (sequence, is_flagged, stamp, arrived) = (1, false, None, Duration::ZERO);
    Raw { bytes, layout, sequence, is_flagged, stamp, arrived, number: 1 }
}

fn bytes(gray: &[u8], size: Size, pixels: Pixels) -> Vec<u8> {
    match pixels {
        Pixels::Yuyv => gray.iter().flat_map(|luma| [*luma, 128]).collect(),
        Pixels::Nv12 => gray.iter().copied().chain(vec![128; gray.len() / 2]).collect(),
        Pixels::Grey => gray.to_vec(),
        Pixels::Mjpeg => {
            let rgb: Vec<u8> = gray.iter().flat_map(|luma| [*luma; 3]).collect();
            let mut bytes = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, 85);
            let written =
                encoder.write_image(&rgb, size.width, size.height, ExtendedColorType::Rgb8);
            written.map_or(Vec::new(), |()| bytes)
        }
    }
}

/// A gray table with noise and one Code 128 label of three pixels a bar.
fn label(size: Size) -> Vec<u8> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as u8 / 3
    };
    let mut luma: Vec<u8> = (0..width * height).map(|_| 180 + noise()).collect();
    let values = [104, 33, 34, 17, 18, 19, 20, 21, 22, 35];
    let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
    let all = values.into_iter().chain([sum % 103, 106]);
    let mut at = width / 3;
    for (k, n) in all.flat_map(|value| PATTERNS[value]).chain([2]).enumerate() {
        let next = at + 3 * usize::from(n);
        for row in luma.chunks_mut(width).skip(height / 2).take(90) {
            row[at..next].fill(if k % 2 == 0 { 25 } else { 225 });
        }
        at = next;
    }
    luma
}
