//! What a scripted camera shows.

use std::sync::Arc;

use crate::edge::camera::source::Layout;
use crate::pipeline::camera::{Pixels, Size};

/// What a camera shows: its bytes and how to read them.
#[derive(Debug, Clone)]
pub struct Scene {
    /// A frame's bytes.
    pub bytes: Arc<Vec<u8>>,
    /// How they are to be read.
    pub layout: Layout,
}

/// A gray scene of `shade`.
pub fn label(width: u32, height: u32, shade: u8) -> Scene {
    let n = usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(0);
    grey(width, height, vec![shade; n])
}

/// A scene of luma bytes, row by row.
pub fn grey(width: u32, height: u32, luma: Vec<u8>) -> Scene {
    let layout = Layout::packed(Pixels::Grey, Size { width, height });
    Scene { bytes: Arc::new(luma), layout }
}

/// Moves some of `bytes` by one: a sensor's noise, from `seed`; the next seed.
pub(super) fn noisy(bytes: &mut [u8], seed: u64) -> u64 {
    let mut state = seed;
    for chunk in bytes.chunks_mut(64) {
        // xorshift64: the same in every run, and never zero.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let place = usize::try_from(state % 64).unwrap_or(0);
        if let Some(byte) = chunk.get_mut(place) {
            *byte ^= 1;
        }
    }
    state
}
