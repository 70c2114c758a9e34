//! How a camera is to be opened: format, size, rate and controls, as station.toml, a driver and a script name them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::pipeline::named::named;

named!(
    /// How a frame's bytes hold its luma.
    Pixels, "format", {
        /// Packed 4:2:2: luma is every other byte.
        Yuyv = "YUYV",
        /// A plane of luma, then one of colour.
        Nv12 = "NV12",
        /// A plane of luma.
        Grey = "GREY",
        /// A JPEG a frame.
        Mjpeg = "MJPEG",
    }
);

impl Pixels {
    /// Whether every pixel comes as the sensor saw it.
    pub fn is_plain(self) -> bool {
        self != Self::Mjpeg
    }
}

/// A frame's size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Size {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// Pixels in all.
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Text that is no size or no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write it as {0}")]
pub struct BadForm(&'static str);

/// The longest side, in pixels, that a setting may ask for.
const MAX_SIDE: u32 = 16_384;

impl FromStr for Size {
    type Err = BadForm;

    fn from_str(text: &str) -> Result<Self, BadForm> {
        let bad = BadForm("1280x720");
        let side = |text: &str| text.parse().ok().filter(|n| (1..=MAX_SIDE).contains(n));
        let (width, height) = text.split_once('x').ok_or(bad)?;
        Ok(Self { width: side(width).ok_or(bad)?, height: side(height).ok_or(bad)? })
    }
}

/// Frames a second, as a fraction: there are cameras of 12.5 and of 30000/1001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    frames: u32,
    seconds: u32,
}

impl Rate {
    /// So many frames in so many seconds; `None` where either is zero.
    pub fn new(frames: u32, seconds: u32) -> Option<Self> {
        (frames > 0 && seconds > 0).then_some(Self { frames, seconds })
    }

    /// So many frames a second, at least one.
    pub fn whole(frames: u32) -> Self {
        Self { frames: frames.max(1), seconds: 1 }
    }

    /// Frames and seconds, as V4L2 writes an interval.
    pub fn fraction(self) -> (u32, u32) {
        (self.frames, self.seconds)
    }

    /// Frames a second.
    pub fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }

    /// Whether both come to the same, to a hundredth of a frame.
    pub fn is_about(self, other: Self) -> bool {
        (self.per_second() - other.per_second()).abs() < 0.01
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.per_second());
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Rate {
    type Err = BadForm;

    fn from_str(text: &str) -> Result<Self, BadForm> {
        let bad = BadForm("15 or \"12.5\"");
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |t: &str| (1..=3).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(bad);
        }
        let thousandths: u32 = format!("{part:0<3}").parse().ok().ok_or(bad)?;
        let whole: u32 = whole.parse().ok().ok_or(bad)?;
        match thousandths {
            0 => Self::new(whole, 1),
            _ => Self::new(whole * 1_000 + thousandths, 1_000),
        }
        .ok_or(bad)
    }
}

/// A format that a camera streams in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// How bytes hold luma.
    pub pixels: Pixels,
    /// A frame's size.
    pub size: Size,
    /// Frames a second.
    pub rate: Rate,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.pixels, self.size, self.rate)
    }
}

named!(
    /// What of a camera's exposure, lens and colour a station sets.
    Control, "control", {
        /// Exposure time, in units of 100 microseconds.
        Exposure = "exposure",
        /// Gain, in the camera's own units.
        Gain = "gain",
        /// Focus, in the camera's own units.
        Focus = "focus",
        /// White balance, in kelvin.
        WhiteBalance = "white_balance",
        /// The light's power-line frequency: 0 for none, 50 or 60 hertz.
        PowerLine = "power_line_hz",
    }
);

/// What a control is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// The camera chooses.
    Auto,
    /// This value.
    Fixed(u32),
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Fixed(value) => value.fmt(f),
        }
    }
}

/// How a camera is to be opened; what is not said is left to it, or chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// How bytes are to hold luma.
    pub pixels: Option<Pixels>,
    /// A frame's size.
    pub size: Option<Size>,
    /// Frames a second.
    pub rate: Option<Rate>,
    /// The controls that are to be set.
    pub controls: Vec<(Control, Wish)>,
}

/// Frames a second below which a box is not held still for long enough to agree.
const ENOUGH: f64 = 15.0;
/// Fewer than this are of use only where nothing else is on offer.
const LEAST: f64 = 5.0;
/// Wider frames than this cost more to decode than they show, unless asked for.
const MAX_WIDTH: u32 = 1920;

impl Setup {
    /// The mode of `offers` to open: one that is as wished for, then one with enough frames a second, then the
    /// most pixels, then uncompressed, then the more frames a second.
    pub fn choose(&self, offers: &[Mode]) -> Option<Mode> {
        let is_wished = |mode: &&Mode| {
            self.pixels.is_none_or(|pixels| mode.pixels == pixels)
                && self.size.is_none_or(|size| mode.size == size)
                && self.rate.is_none_or(|rate| mode.rate.is_about(rate))
        };
        let is_fit = |mode: &&Mode| {
            (self.size.is_some() || mode.size.width <= MAX_WIDTH)
                && (self.rate.is_some() || mode.rate.per_second() >= LEAST)
        };
        let key = |mode: &&Mode| {
            let rate = mode.rate.per_second();
            (rate >= ENOUGH, mode.size.area(), mode.pixels.is_plain(), rate)
        };
        let by_worth =
            |a: &&Mode, b: &&Mode| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal);
        offers.iter().filter(is_wished).filter(is_fit).max_by(by_worth).copied()
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn mode(text: &str) -> Mode {
        let words: Vec<&str> = text.split(' ').collect();
        let [pixels, size, rate] = words.as_slice() else { panic!("{text}") };
        Mode {
            pixels: pixels.parse().unwrap(),
            size: size.parse().unwrap(),
            rate: rate.parse().unwrap(),
        }
    }

    const OFFERS: [&str; 7] = [
        "YUYV 640x480 30",
        "YUYV 1280x720 10",
        "MJPEG 1280x720 30",
        "YUYV 1920x1080 5",
        "MJPEG 1920x1080 30",
        "MJPEG 3840x2160 30",
        "GREY 640x480 12.5",
    ];

    #[test_case(None, None, "MJPEG 1920x1080 30"; "the most pixels at enough frames")]
    #[test_case(Some("YUYV"), None, "YUYV 640x480 30"; "enough frames before pixels")]
    #[test_case(None, Some("1280x720"), "MJPEG 1280x720 30"; "a size")]
    #[test_case(None, Some("3840x2160"), "MJPEG 3840x2160 30"; "a size beyond what is chosen")]
    #[test_case(Some("GREY"), None, "GREY 640x480 12.5"; "too few frames where nothing else is there")]
    fn the_mode_for_barcodes(pixels: Option<&str>, size: Option<&str>, expected: &str) {
        let setup = Setup {
            pixels: pixels.map(|text| text.parse().unwrap()),
            size: size.map(|text| text.parse().unwrap()),
            ..Setup::default()
        };
        assert_eq!(setup.choose(&OFFERS.map(mode)), Some(mode(expected)));
    }

    #[test]
    fn what_is_not_on_offer_is_not_replaced() {
        let setup = Setup { rate: Some("25".parse().unwrap()), ..Setup::default() };
        assert_eq!(setup.choose(&OFFERS.map(mode)), None);
    }

    #[test_case("12.5", "12.5", 12.5)]
    #[test_case("30", "30", 30.0)]
    #[test_case("29.97", "29.97", 29.97)]
    fn rates(text: &str, shown: &str, per_second: f64) {
        let rate: Rate = text.parse().unwrap();
        assert_eq!(rate.to_string(), shown);
        assert!((rate.per_second() - per_second).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_size_or_rate_is_refused() {
        for text in ["", "x", "640", "0x480", "640x", "99999x1", "-1x2"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        for text in ["", "0", "0.0", ".5", "5.", "1e3", "-5", "1000", "1.2345"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
