//! The shell: everything that touches the world.

pub mod camera;
pub mod clock;
pub mod evidence;
pub mod home;
pub mod log;
pub mod models;
pub mod pictures;
pub mod probe;
pub mod publisher;
pub mod recording;
pub mod reel;
pub mod relay;
pub mod steps;
pub mod store;
