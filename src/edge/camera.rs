//! USB cameras on Linux, through nokhwa: found by what they are, not by number, drained all the time.
//!
//! A capture thread does nothing but take frames and put the newest into a slot; who decodes takes it
//! from there, so that no frame queues up and grows old. After any error the camera is dropped and looked
//! up anew: nokhwa's stream is spoilt by then, and a replugged camera may have another number.

pub mod luma;
pub mod sysfs;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType,
};
use nokhwa::{Buffer, Camera, NokhwaError};

use crate::edge::camera::sysfs::{Find, NotFound};
use crate::edge::clock;
use crate::pipeline::frame::{Frame, Picture};
use crate::pipeline::time::Timestamp;

/// The format that is known before a camera has said what it has.
const ANY: [FrameFormat; 3] = [FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::MJPEG];
/// Fewer frames a second than this are too few to hold a box still for.
const MIN_RATE: u32 = 10;
/// Wider pictures than this cost more to decode than they show.
const MAX_WIDTH: u32 = 1920;
/// How long to wait before a camera that failed is looked up again.
const AGAIN: Duration = Duration::from_secs(1);

/// Why a camera gives no frames; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// It is not plugged in, or not told from another.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The device does not open.
    #[error("{node} does not open ({why}); {hint}")]
    Open {
        /// Its node.
        node: String,
        /// The driver's words.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// It offers no format that can be read.
    #[error("{node} offers neither YUYV, NV12 nor MJPEG at {MIN_RATE} frames a second or more")]
    NoFormat {
        /// Its node.
        node: String,
    },
    /// It stopped giving frames.
    #[error("the camera stopped: {why}")]
    Stopped {
        /// The driver's words.
        why: String,
    },
    /// nokhwa or the driver under it fell over.
    #[error("the camera's driver fell over")]
    Fell,
}

/// A raw frame: what the camera gave, not yet luma.
#[derive(Debug)]
struct Raw {
    buffer: Buffer,
    number: u64,
    taken: Timestamp,
}

#[derive(Debug, Default)]
struct Slot {
    newest: Option<Raw>,
    error: Option<String>,
    overwritten: u64,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
    stop: AtomicBool,
}

/// A camera that is being drained.
#[derive(Debug)]
pub struct Capture {
    name: Arc<str>,
    shared: Arc<Shared>,
}

/// What a camera gave, or why it gave nothing.
#[derive(Debug)]
pub enum Seen {
    /// Its newest frame.
    Frame(Frame),
    /// A frame that was damaged on the way: it is dropped.
    Damaged,
    /// Nothing new in the time given.
    Silent,
    /// It is gone, and why.
    Gone(String),
}

impl Capture {
    /// Begins to drain the camera that `find` tells; it need not be there yet.
    pub fn start(name: Arc<str>, find: Find) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(format!("camera {name}"))
            .spawn(move || drain(&find, &of_thread))?;
        Ok(Self { name, shared })
    }

    /// The newest frame, waited for at most `patience`.
    pub fn newest(&self, patience: Duration) -> Seen {
        let slot = self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let is_empty = |slot: &mut Slot| slot.newest.is_none() && slot.error.is_none();
        let waited = self.shared.changed.wait_timeout_while(slot, patience, is_empty);
        let (mut slot, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = slot.error.take() {
            return Seen::Gone(why);
        }
        let Some(raw) = slot.newest.take() else { return Seen::Silent };
        drop(slot);
        match picture(&raw.buffer) {
            Some(picture) => Seen::Frame(Frame {
                picture: Arc::new(picture),
                camera: Arc::clone(&self.name),
                number: raw.number,
                taken: raw.taken,
            }),
            None => Seen::Damaged,
        }
    }

    /// Frames that a newer one replaced before anybody took them.
    pub fn overwritten(&self) -> u64 {
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner).overwritten
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // The thread may be waiting inside the driver: it is told, not joined.
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

fn drain(find: &Find, shared: &Shared) {
    let mut number = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        let session = AssertUnwindSafe(|| session(find, shared, &mut number));
        let error = match catch_unwind(session) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => CameraError::Fell,
        };
        let mut slot = shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.newest = None;
        slot.error = Some(error.to_string());
        shared.changed.notify_all();
        // Waits for its time to try again; nobody else wakes it.
        let _ = shared.changed.wait_timeout_while(slot, AGAIN, |_| true);
    }
}

/// Opens the camera and takes frames until it fails or is told to stop.
fn session(find: &Find, shared: &Shared, number: &mut u64) -> Result<(), CameraError> {
    let node = sysfs::find(find)?;
    let mut camera = open(node.number, &node.path)?;
    let stopped = |error: NokhwaError| CameraError::Stopped { why: error.to_string() };
    while !shared.stop.load(Ordering::Relaxed) {
        let buffer = camera.frame().map_err(stopped)?;
        *number += 1;
        let raw = Raw { buffer, number: *number, taken: clock::now() };
        let mut slot = shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.overwritten += u64::from(slot.newest.replace(raw).is_some());
        shared.changed.notify_all();
    }
    Ok(())
}

/// Whether the camera that `find` tells is there and opens; its format, in words.
pub fn try_open(find: &Find) -> Result<String, CameraError> {
    let node = sysfs::find(find)?;
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let camera = open(node.number, &node.path)?;
        Ok(format!("{} {}", node.path, camera.camera_format()))
    }));
    opened.unwrap_or(Err(CameraError::Fell))
}

fn open(number: u32, node: &str) -> Result<Camera, CameraError> {
    let failed = |error: NokhwaError| {
        let why = error.to_string();
        let hint = hint(&why);
        CameraError::Open { node: node.to_owned(), why, hint }
    };
    let with = |wanted: RequestedFormatType, formats: &[FrameFormat]| {
        let request = RequestedFormat::with_formats(wanted, formats);
        Camera::with_backend(CameraIndex::Index(number), request, ApiBackend::Video4Linux)
    };
    let mut asked = with(RequestedFormatType::None, &ANY).map_err(failed)?;
    let offers = asked.compatible_camera_formats().map_err(failed)?;
    drop(asked);
    let best = best(&offers).ok_or_else(|| CameraError::NoFormat { node: node.to_owned() })?;
    let exact = RequestedFormatType::Exact(best);
    // nokhwa skips the rate if it equals the one before the format was set, which setting the format has
    // reset: then the first try is refused and the second works.
    let again = |_first: NokhwaError| with(exact, &[best.format()]);
    let mut camera = with(exact, &[best.format()]).or_else(again).map_err(failed)?;
    camera.open_stream().map_err(failed)?;
    Ok(camera)
}

/// The format for barcodes: enough frames, then as many pixels, then uncompressed.
fn best(offers: &[CameraFormat]) -> Option<CameraFormat> {
    let is_fit = |f: &&CameraFormat| {
        ANY.contains(&f.format()) && f.frame_rate() >= MIN_RATE && f.width() <= MAX_WIDTH
    };
    let key = |f: &&CameraFormat| {
        let plain = f.format() != FrameFormat::MJPEG;
        (f.width() * f.height(), plain, f.frame_rate())
    };
    offers.iter().filter(is_fit).max_by_key(key).copied()
}

fn hint(why: &str) -> &'static str {
    if why.contains("Permission") || why.contains("os error 13") {
        "add the user to the group video and sign in again"
    } else if why.contains("busy") || why.contains("os error 16") {
        "another program has it: close that one"
    } else {
        "replug it"
    }
}

/// The luma plane of what the camera gave; `None` where that is short or damaged.
fn picture(buffer: &Buffer) -> Option<Picture> {
    let (width, height) = (buffer.resolution().width(), buffer.resolution().height());
    let bytes = buffer.buffer();
    match buffer.source_frame_format() {
        FrameFormat::YUYV => luma::of_yuyv(bytes, width, height),
        FrameFormat::NV12 | FrameFormat::GRAY => luma::of_plane(bytes, width, height),
        FrameFormat::MJPEG => luma::of_jpeg(bytes),
        FrameFormat::RAWRGB | FrameFormat::RAWBGR => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_largest_picture_that_comes_fast_enough() {
        let offer = |w, h, format, rate| CameraFormat::new_from(w, h, format, rate);
        let offers = [
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::YUYV, 10),
            offer(1280, 720, FrameFormat::MJPEG, 30),
            offer(1920, 1080, FrameFormat::YUYV, 5),
            offer(3840, 2160, FrameFormat::MJPEG, 30),
        ];
        assert_eq!(best(&offers), Some(offers[1]));
        assert_eq!(best(&offers[3..]), None);
    }
}
