//! The core: pure functions from a picture to a decision. No files, no clock, no threads.

pub mod decode;
pub mod frame;
pub mod symbol;
pub mod time;
