//! What a camera offers: modes, controls, and who has it.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use v4l::Device;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;

use crate::edge::camera::linux::{controls, four_cc, open_error, pixels_of};
use crate::edge::camera::source::CameraError;
use crate::pipeline::camera::{Control, Mode, Pixels, Rate, Size, Wish};

/// Sizes asked about where a camera has every size within bounds.
const USUAL_SIZES: [(u32, u32); 6] =
    [(320, 240), (640, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)];
/// Rates asked about where a camera has every rate within bounds.
const USUAL_RATES: [u32; 6] = [5, 10, 15, 25, 30, 60];
/// A driver may tell of any number of modes; nobody reads more.
const MOST: usize = 500;

/// What a camera offers.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The formats it has besides, which cannot be read here, as it calls them.
    pub unread: Vec<String>,
    /// The modes that can be opened.
    pub modes: Vec<Mode>,
    /// The controls it has of those that a station sets, and what they are now.
    pub controls: Vec<Knob>,
}

/// A control that a camera has.
#[derive(Debug, Clone, Copy)]
pub struct Knob {
    /// The control.
    pub control: Control,
    /// What it is now.
    pub now: Wish,
    /// Its least and its greatest value.
    pub range: Option<(u32, u32)>,
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.control, self.now)?;
        self.range.map_or(Ok(()), |(least, most)| write!(f, " ({least} to {most})"))
    }
}

/// What the camera at `node` offers. It is not streamed from, so it may be in use.
pub fn look(node: &str) -> Result<Offer, CameraError> {
    let looked = catch_unwind(AssertUnwindSafe(|| -> io::Result<Offer> {
        let device = Device::with_path(node)?;
        let formats = device.enum_formats()?;
        let unread = formats.iter().filter(|format| pixels_of(format.fourcc).is_none());
        let ranges = catch_unwind(AssertUnwindSafe(|| controls::ranges(&device)));
        let ranges = ranges.unwrap_or_default();
        let controls = Control::ALL.iter().filter_map(|control| {
            let found = catch_unwind(AssertUnwindSafe(|| controls::found(&device, *control)));
            let range = ranges.iter().find(|(of, _)| of == control).map(|(_, range)| *range);
            Some(Knob { control: *control, now: found.ok()?.ok()?, range })
        });
        Ok(Offer {
            unread: unread.map(|format| format.fourcc.to_string()).collect(),
            modes: modes(&device)?,
            controls: controls.collect(),
        })
    }));
    match looked {
        Ok(found) => found.map_err(|error| open_error(node, &error)),
        Err(_) => Err(CameraError::Fell),
    }
}

/// Every mode that can be opened and read.
pub(super) fn modes(device: &Device) -> io::Result<Vec<Mode>> {
    let mut modes = Vec::new();
    for format in device.enum_formats()? {
        let Some(pixels) = pixels_of(format.fourcc) else { continue };
        for size in sizes(device, pixels)? {
            let rates = rates(device, pixels, size).into_iter();
            modes.extend(rates.map(|rate| Mode { pixels, size, rate }));
        }
    }
    modes.truncate(MOST);
    Ok(modes)
}

fn sizes(device: &Device, pixels: Pixels) -> io::Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for found in device.enum_framesizes(four_cc(pixels))? {
        match found.size {
            FrameSizeEnum::Discrete(size) => {
                sizes.push(Size { width: size.width, height: size.height });
            }
            FrameSizeEnum::Stepwise(within) => {
                let is_within = |(width, height): &(u32, u32)| {
                    (within.min_width..=within.max_width).contains(width)
                        && (within.min_height..=within.max_height).contains(height)
                };
                let usual = USUAL_SIZES.iter().copied().filter(is_within);
                sizes.extend(usual.map(|(width, height)| Size { width, height }));
            }
        }
    }
    sizes.retain(|size| size.area() > 0);
    Ok(sizes)
}

/// The rates of a size. A driver that does not tell any gives what it gives: 30 is what it is asked for.
fn rates(device: &Device, pixels: Pixels, size: Size) -> Vec<Rate> {
    let found = device.enum_frameintervals(four_cc(pixels), size.width, size.height);
    let mut rates = Vec::new();
    for interval in found.unwrap_or_default() {
        match interval.interval {
            FrameIntervalEnum::Discrete(each) => {
                rates.extend(Rate::new(each.denominator, each.numerator));
            }
            FrameIntervalEnum::Stepwise(within) => {
                let fastest = Rate::new(within.min.denominator, within.min.numerator);
                let slowest = Rate::new(within.max.denominator, within.max.numerator);
                let Some((fastest, slowest)) = fastest.zip(slowest) else { continue };
                let is_within = |rate: &Rate| {
                    (slowest.per_second()..=fastest.per_second()).contains(&rate.per_second())
                };
                rates.extend(USUAL_RATES.map(Rate::whole).into_iter().filter(is_within));
            }
        }
    }
    if rates.is_empty() { vec![Rate::whole(30)] } else { rates }
}
