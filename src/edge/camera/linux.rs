//! The machine's cameras, through V4L2: the only file, with its sub-modules, that names the crate v4l.
//!
//! The crate's wrappers unwrap and panic where a driver says something unforeseen: whoever calls in here guards.

mod controls;
mod offers;

use std::fmt;
use std::io;
use std::time::Duration;

use v4l::buffer::{Flags, Metadata, Type};
use v4l::io::mmap::Stream;
use v4l::io::traits::{CaptureStream, Stream as _};
use v4l::video::Capture;
use v4l::{Device, Format, FourCC};

use crate::edge::camera::source::{CameraError, Driver, FrameSource, Layout, Opened, Raw};
use crate::edge::camera::sysfs::{self, Find};
use crate::edge::clock;
use crate::pipeline::camera::{Mode, Pixels, Rate, Setup, Size};

pub use crate::edge::camera::linux::offers::{Knob, Offer, look};

/// Buffers that the kernel fills in turn. The drain keeps one for a moment only; the others are for its being late.
const BUFFERS: u32 = 4;
/// How long the first frame may take: sensors start up.
const FIRST: Duration = Duration::from_secs(3);
/// How long a frame may take that the kernel has said is there.
const LIMIT: Duration = Duration::from_secs(1);
/// What poll waits for: something to read.
const POLLIN: i16 = 1;
/// Errors of the kernel, as errno.h numbers them.
const EACCES: i32 = 13;
const EPERM: i32 = 1;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;

/// The machine's cameras.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linux;

impl Driver for Linux {
    fn open(&mut self, find: &Find, setup: &Setup) -> Result<Box<dyn FrameSource>, CameraError> {
        let node = sysfs::find(find)?.path;
        let failed = |error: io::Error| open_error(&node, &error);
        let device = Device::with_path(&node).map_err(failed)?;
        let offers = offers::modes(&device).map_err(failed)?;
        let mode = setup.choose(&offers).ok_or_else(|| no_mode(&node, setup))?;
        let layout = set_format(&device, mode).map_err(failed)?;
        // Setting the format sets the rate back, so it comes after.
        let rate = set_rate(&device, mode.rate).map_err(failed)?;
        if (layout.pixels, layout.size) != (mode.pixels, mode.size) || !rate.is_about(mode.rate) {
            return Err(no_mode(&node, setup));
        }
        let controls = controls::set(&device, &setup.controls);
        let stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS).map_err(failed)?;
        let opened = Opened { node, mode, controls };
        let mut streaming = Streaming { opened, layout, stream: Some(stream), first: None };
        streaming.start()?;
        Ok(Box::new(streaming))
    }

    fn time(&self) -> Duration {
        clock::monotonic()
    }
}

fn no_mode(node: &str, setup: &Setup) -> CameraError {
    let words = [
        setup.pixels.map(|pixels| pixels.to_string()),
        setup.size.map(|size| size.to_string()),
        setup.rate.map(|rate| format!("at {rate} frames a second")),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    let wanted = if words.is_empty() {
        "format that can be read: YUYV, NV12, GREY or MJPEG".to_owned()
    } else {
        words.join(" ")
    };
    CameraError::NoMode { node: node.to_owned(), wanted }
}

fn open_error(node: &str, error: &io::Error) -> CameraError {
    let node = node.to_owned();
    match error.raw_os_error() {
        Some(EACCES | EPERM) => CameraError::NoRight { node },
        Some(EBUSY) => CameraError::Busy { node },
        _ => CameraError::Open { node, why: error.to_string() },
    }
}

fn stopped(error: &io::Error) -> CameraError {
    CameraError::Stopped { why: error.to_string() }
}

fn four_cc(pixels: Pixels) -> FourCC {
    FourCC::new(match pixels {
        Pixels::Yuyv => b"YUYV",
        Pixels::Nv12 => b"NV12",
        Pixels::Grey => b"GREY",
        Pixels::Mjpeg => b"MJPG",
    })
}

fn pixels_of(code: FourCC) -> Option<Pixels> {
    Pixels::ALL.iter().copied().find(|pixels| four_cc(*pixels) == code)
}

fn set_format(device: &Device, mode: Mode) -> io::Result<Layout> {
    let wanted = Format::new(mode.size.width, mode.size.height, four_cc(mode.pixels));
    let found = device.set_format(&wanted)?;
    let size = Size { width: found.width, height: found.height };
    let unknown = || io::Error::other(format!("the format is {} now", found.fourcc));
    let pixels = pixels_of(found.fourcc).ok_or_else(unknown)?;
    let packed = Layout::packed(pixels, size);
    Ok(Layout { stride: found.stride.max(packed.stride), ..packed })
}

fn set_rate(device: &Device, rate: Rate) -> io::Result<Rate> {
    let (frames, seconds) = rate.fraction();
    let interval = v4l::Fraction::new(seconds, frames);
    let found = device.set_params(&v4l::video::capture::Parameters::new(interval))?.interval;
    // A driver that has no notion of a rate says 0/0: it gives what it gives.
    Ok(Rate::new(found.denominator, found.numerator).unwrap_or(rate))
}

/// A camera that streams.
struct Streaming {
    opened: Opened,
    layout: Layout,
    /// Taken when it is closed.
    stream: Option<Stream<'static>>,
    /// The frame that the crate waits for when it begins to stream.
    first: Option<Raw>,
}

impl fmt::Debug for Streaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("opened", &self.opened).finish_non_exhaustive()
    }
}

impl Streaming {
    /// Begins to stream, which with this crate is to wait for the first frame: a device in use is told by that.
    fn start(&mut self) -> Result<(), CameraError> {
        let Self { opened, layout, stream: Some(stream), first } = self else {
            return Err(CameraError::Fell);
        };
        stream.set_timeout(FIRST);
        let (bytes, found) = CaptureStream::next(stream).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => CameraError::Silent { silent: FIRST },
            _ => open_error(&opened.node, &error),
        })?;
        *first = Some(raw(bytes, found, *layout));
        stream.set_timeout(LIMIT);
        Ok(())
    }
}

impl FrameSource for Streaming {
    fn opened(&self) -> &Opened {
        &self.opened
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Raw>, CameraError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(stream) = &mut self.stream else { return Err(CameraError::Fell) };
        // Asking for a frame that does not come in time would spoil the stream: it is waited for beforehand.
        let wait = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
        match stream.handle().poll(POLLIN, wait) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(stopped(&error)),
        }
        let (bytes, found) = CaptureStream::next(stream).map_err(|error| stopped(&error))?;
        Ok(Some(raw(bytes, found, self.layout)))
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        // The crate panics in its drop, and then once more, where the driver refuses to stop for another reason
        // than that it is gone, and two panics end the process. The buffers of such a one are left to the kernel.
        match stream.stop() {
            Err(error) if error.raw_os_error() != Some(ENODEV) => std::mem::forget(stream),
            _ => drop(stream),
        }
    }
}

/// What was dequeued: the bytes that are the frame's own, which are fewer than the buffer has.
fn raw(buffer: &[u8], found: &Metadata, layout: Layout) -> Raw {
    let n_used = usize::try_from(found.bytesused).unwrap_or(usize::MAX);
    let bytes = buffer.get(..n_used).unwrap_or(buffer).to_vec();
    let is_monotonic = found.flags.contains(Flags::TIMESTAMP_MONOTONIC);
    let seconds = u64::try_from(found.timestamp.sec).ok();
    let micros = u64::try_from(found.timestamp.usec).ok();
    let stamp = seconds.zip(micros).filter(|_| is_monotonic);
    let stamp = stamp.map(|(s, us)| Duration::from_secs(s) + Duration::from_micros(us));
    Raw {
        bytes,
        layout,
        sequence: found.sequence,
        is_flagged: found.flags.contains(Flags::ERROR),
        stamp,
        arrived: clock::monotonic(),
        number: 0,
    }
}
