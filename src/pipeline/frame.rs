//! What a camera sees: 8-bit luma pictures, and frames, which are pictures with a number and a time.

use std::fmt;
use std::sync::Arc;

use crate::pipeline::time::Timestamp;

/// The most pixels a picture may have: an 8K frame with room to spare.
pub const MAX_PIXELS: u64 = 64 << 20;

/// An 8-bit gray picture, rows from the top, no padding between them.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    luma: Vec<u8>,
}

/// Why bytes are no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// A side is zero.
    #[error("a picture of {width}x{height} has no pixels")]
    Empty {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// More than [`MAX_PIXELS`].
    #[error("a picture of {width}x{height} is over the limit of {MAX_PIXELS} pixels")]
    TooLarge {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The bytes are not width x height.
    #[error("{bytes} bytes are no picture of {width}x{height}")]
    WrongLength {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes given.
        bytes: usize,
    },
}

impl Picture {
    /// A picture of `width` x `height` pixels from its luma bytes, row by row.
    pub fn new(width: u32, height: u32, luma: Vec<u8>) -> Result<Self, NoPicture> {
        Self::check_size(width, height)?;
        if luma.len() as u64 != u64::from(width) * u64::from(height) {
            return Err(NoPicture::WrongLength { width, height, bytes: luma.len() });
        }
        Ok(Self { width, height, luma })
    }

    /// Whether a picture may have this size: asked before any memory is taken for it.
    pub fn check_size(width: u32, height: u32) -> Result<(), NoPicture> {
        match u64::from(width) * u64::from(height) {
            0 => Err(NoPicture::Empty { width, height }),
            n if n > MAX_PIXELS => Err(NoPicture::TooLarge { width, height }),
            _ => Ok(()),
        }
    }

    /// Pixels a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The luma bytes, row by row.
    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    /// A number that differs, in all likelihood, where a pixel differs: byte-equal frames are one view (decision 1).
    pub fn fingerprint(&self) -> u64 {
        // Every step of a lane is one to one: frames that differ in one place never share a number. Four lanes, since a
        // step waits for the one before: 2 ms a second at 1080p15, against 16 with the hasher of the standard library.
        let step = |lane: u64, word: [u8; 8]| {
            (lane ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        };
        let mut lanes = [u64::from(self.width), 1, 2, 3];
        let (blocks, rest) = self.luma.as_chunks::<32>();
        for block in blocks {
            let (words, _) = block.as_chunks::<8>();
            for (lane, word) in lanes.iter_mut().zip(words) {
                *lane = step(*lane, *word);
            }
        }
        for byte in rest {
            lanes[0] = step(lanes[0], [*byte, 0, 0, 0, 0, 0, 0, 0]);
        }
        lanes.into_iter().fold(0, |all, lane| step(all, lane.to_le_bytes()))
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}

/// A picture as a camera gave it.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What the camera saw.
    pub picture: Arc<Picture>,
    /// The camera's name in `station.toml`.
    pub camera: Arc<str>,
    /// Counted up by the source; a number not seen before is another frame.
    pub number: u64,
    /// When it was taken.
    pub taken: Timestamp,
}
