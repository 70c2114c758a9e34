//! What a still view costs an eye, and a picture's steps besides decoding: `cargo bench --bench idle`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use scanstation::edge::camera::luma;
use scanstation::edge::camera::source::{Layout, Raw};
use scanstation::edge::{clock, recording};
use scanstation::pipeline::camera::{Pixels, Size};
use scanstation::pipeline::decode::Formats;
use scanstation::pipeline::decode::linear::code128::PATTERNS;
use scanstation::pipeline::frame::{Frame, Picture};
use scanstation::pipeline::mount::{Mount, Rotate};
use scanstation::pipeline::time::Timestamp;
use scanstation::pipeline::view::Agreement;
use scanstation::run::look::Looker;

const HD: Size = Size { width: 1920, height: 1080 };

fn main() -> Result<(), Box<dyn Error>> {
    parts()?;
    for pixels in [Pixels::Yuyv, Pixels::Mjpeg] {
        idle(pixels)?;
    }
    Ok(())
}

/// CPU milliseconds of `work`, the best of so many rounds.
fn best<T>(rounds: u32, mut work: impl FnMut() -> T) -> f64 {
    let times = (0..rounds).map(|_| {
        let start = clock::thread_cpu_ms();
        std::hint::black_box(work());
        clock::thread_cpu_ms() - start
    });
    times.fold(f64::INFINITY, f64::min)
}

fn parts() -> Result<(), Box<dyn Error>> {
    let picture = Picture::new(HD.width, HD.height, table(HD, 1))?;
    println!("{HD} fingerprint: {:.2} ms", best(25, || picture.fingerprint()));
    println!("{HD} written without loss: {:.1} ms", best(10, || recording::png(&picture)));
    let png = recording::png(&picture)?.len() as f64;
    println!("{HD} without loss: {:.0} % of its luma", png / picture.luma().len() as f64 * 100.0);
    let turned = Mount { rotate: Rotate::Quarter, ..Mount::default() };
    println!("{HD} turned by 90 degrees: {:.2} ms", best(10, || turned.show(&picture)));
    Ok(())
}

/// A minute at 15 frames a second with a label that lies still under noise, as CPU time of the eye.
fn idle(pixels: Pixels) -> Result<(), Box<dyn Error>> {
    let raws: Vec<Raw> = (0..4)
        .map(|seed| raw(pixels, HD, &table(HD, seed), Duration::ZERO))
        .collect::<Result<_, _>>()?;
    let mut looker = looker();
    let (mut decoded, mut unseen) = (0, 0);
    let start = clock::thread_cpu_ms();
    for i in 0..900_u32 {
        let raw = &raws[i as usize % raws.len()];
        let taken = Timestamp::from_millis(i64::from(i) * 1000 / 15);
        let length = (pixels == Pixels::Mjpeg).then_some(raw.bytes.len());
        if length.is_some_and(|length| looker.unseen(i.into(), taken, length).is_some()) {
            unseen += 1;
            continue;
        }
        let picture = Arc::new(luma::picture(raw).ok_or("no picture")?);
        // As the eye does, for the frozen camera.
        std::hint::black_box(picture.fingerprint());
        let frame = Frame { picture, camera: Arc::from("top"), number: i.into(), taken };
        decoded += u32::from(looker.look(&frame, length)?.picture.is_some());
    }
    let share = (clock::thread_cpu_ms() - start) / 60_000.0 * 100.0;
    println!(
        "{HD} {pixels} idle, 900 frames in 60 s: {share:.1} % of a core; {decoded} decoded, {unseen} not unpacked"
    );
    Ok(())
}

fn looker() -> Looker {
    let names = (Arc::from("top"), Arc::from("table"));
    Looker::new(names, Mount::default(), Formats::all(), Agreement::default())
}

fn raw(pixels: Pixels, size: Size, plane: &[u8], arrived: Duration) -> Result<Raw, Box<dyn Error>> {
    let bytes = match pixels {
        Pixels::Grey => plane.to_vec(),
        Pixels::Nv12 => [plane, &vec![128; plane.len() / 2]].concat(),
        Pixels::Yuyv => plane.iter().flat_map(|luma| [*luma, 128]).collect(),
        Pixels::Mjpeg => {
            let mut bytes = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 80);
            encoder.encode(plane, size.width, size.height, image::ExtendedColorType::L8)?;
            bytes
        }
    };
    let layout = Layout::packed(pixels, size);
    Ok(Raw { bytes, layout, sequence: 0, is_flagged: false, stamp: None, arrived, number: 0 })
}

/// A table with a label, and noise.
fn table(size: Size, seed: u32) -> Vec<u8> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut luma: Vec<u8> = (0..width * height)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            190 + state.to_le_bytes()[1] % 5
        })
        .collect();
    let mut values: Vec<usize> = [104, 33, 34, 17, 18, 19, 20, 21].to_vec();
    let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
    values.extend([sum % 103, 106]);
    let mut at = 400;
    for (k, n) in values.iter().flat_map(|v| PATTERNS[*v]).chain([2]).enumerate() {
        let next = at + 3 * usize::from(n);
        for y in (400..500).filter(|_| k % 2 == 0) {
            luma[y * width + at..y * width + next].fill(40);
        }
        at = next;
    }
    luma
}
