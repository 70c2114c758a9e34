//! The shell: everything that touches the world.

pub mod clock;
pub mod log;
pub mod pictures;
pub mod reel;
pub mod steps;
pub mod home;
pub mod pictures;
pub mod publisher;
pub mod relay;
pub mod store;
