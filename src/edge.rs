//! The shell: everything that touches the world.

pub mod clock;
pub mod log;
pub mod pictures;
pub mod reel;
pub mod steps;
pub mod store;
