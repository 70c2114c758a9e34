//! What a camera is to the station: something that opens, gives frames with what is known of each, and fails.
//!
//! There are two makers: [`Linux`](crate::edge::camera::linux::Linux), the machine's cameras, and
//! [`Script`](crate::edge::camera::script::Script), which plays what a test has written, with time under control.

use std::fmt::Debug;
use std::time::Duration;

use crate::edge::camera::sysfs::{Find, NotFound};
use crate::pipeline::camera::{Control, Mode, Pixels, Setup, Size, Wish};

/// The world that cameras are in: the machine, or a script.
///
/// All times are of one clock that never steps, from some start of its own.
pub trait Driver: Send + Debug {
    /// Opens the camera that `find` tells as `setup` asks, and begins to stream.
    fn open(&mut self, find: &Find, setup: &Setup) -> Result<Box<dyn FrameSource>, CameraError>;

    /// The time.
    fn time(&self) -> Duration;
}

/// A camera that streams. After an error it is of no use: it is dropped and opened anew.
pub trait FrameSource: Debug + Send {
    /// Where it is and what was agreed on with it.
    fn opened(&self) -> &Opened;

    /// The next frame, in the order in which they came; `None` where there was none within `patience`.
    fn next(&mut self, patience: Duration) -> Result<Option<Raw>, CameraError>;
}

/// A camera as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its node, such as `/dev/video0`.
    pub node: String,
    /// The mode it streams in.
    pub mode: Mode,
    /// The controls that were to be set, and what was read back.
    pub controls: Vec<Answer>,
}

/// What became of a control that was to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The control.
    pub control: Control,
    /// What was asked for.
    pub wish: Wish,
    /// What the camera says it is now, or why it does not say.
    pub found: Result<Wish, String>,
}

impl Answer {
    /// What differs from the wish, in words; `None` where nothing does.
    pub fn difference(&self) -> Option<String> {
        let Self { control, wish, found } = self;
        match found {
            Ok(found) if found == wish => None,
            Ok(found) => Some(format!("{control} was to be {wish} and is {found}")),
            Err(why) => Some(format!("{control} was to be {wish}: {why}")),
        }
    }
}

/// How a frame's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How they hold luma.
    pub pixels: Pixels,
    /// The frame's size.
    pub size: Size,
    /// Bytes from a row to the next; of no meaning for JPEG.
    pub stride: u32,
}

impl Layout {
    /// As a camera without padding has it.
    pub fn packed(pixels: Pixels, size: Size) -> Self {
        let bytes = if pixels == Pixels::Yuyv { 2 } else { 1 };
        Self { pixels, size, stride: size.width.saturating_mul(bytes) }
    }

    /// The bytes that hold all of the luma; what has fewer is a torn frame. A JPEG is as long as it is.
    pub fn least_bytes(&self) -> usize {
        let row = match self.pixels {
            Pixels::Mjpeg => return 1,
            Pixels::Yuyv => u64::from(self.size.width) * 2,
            Pixels::Nv12 | Pixels::Grey => u64::from(self.size.width),
        };
        let rows_above = u64::from(self.size.height.saturating_sub(1));
        usize::try_from(u64::from(self.stride) * rows_above + row).unwrap_or(usize::MAX)
    }
}

/// A frame as the camera gave it, not yet luma, with all that the driver knows of it.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Its bytes: those that are the frame's own, not what the buffer held before.
    pub bytes: Vec<u8>,
    /// How they are to be read.
    pub layout: Layout,
    /// The driver's count of frames; what was lost on the way is missing in it.
    pub sequence: u32,
    /// Whether the driver says that it is damaged.
    pub is_flagged: bool,
    /// When the kernel saw it begin or end, on the driver's clock; `None` where it does not say.
    pub stamp: Option<Duration>,
    /// When it was taken from the driver, on its clock.
    pub arrived: Duration,
    /// Its place in the camera's accepted frames, from 1 and through every reopening; 0 before that.
    pub number: u64,
}

impl Raw {
    /// How old it is at `now`: since the kernel saw it, or since it arrived.
    pub fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.stamp.unwrap_or(self.arrived).min(self.arrived))
    }
}

/// Why a camera gives no frames; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CameraError {
    /// It is not plugged in, or not told from another.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The user may not open it.
    #[error("{node}: no right to open it; add the user to the group video and sign in again")]
    NoRight {
        /// Its node.
        node: String,
    },
    /// Another program streams from it.
    #[error("{node} is in use; close the program that has it")]
    Busy {
        /// Its node.
        node: String,
    },
    /// The device does not open.
    #[error("{node} does not open ({why}); replug it")]
    Open {
        /// Its node.
        node: String,
        /// The driver's words.
        why: String,
    },
    /// It has no mode as it was asked for, or none that can be read.
    #[error("{node} has no {wanted}; `scanstation cameras` lists what it has")]
    NoMode {
        /// Its node.
        node: String,
        /// What was asked for.
        wanted: String,
    },
    /// It stopped giving frames.
    #[error("the camera stopped ({why}); replug it if it does not come back")]
    Stopped {
        /// The driver's words.
        why: String,
    },
    /// It is plugged in and gives nothing.
    #[error("the camera has given no frame for {} ms; replug it if it does not come back", silent.as_millis())]
    Silent {
        /// For how long.
        silent: Duration,
    },
    /// The driver under it fell over.
    #[error("the camera's driver fell over; replug it")]
    Fell,
}
