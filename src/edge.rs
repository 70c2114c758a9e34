//! The shell: everything that touches the world.

pub mod camera;
pub mod clock;
pub mod home;
pub mod models;
pub mod log;
pub mod pictures;
pub mod publisher;
pub mod reel;
pub mod relay;
pub mod steps;
pub mod home;
pub mod pictures;
pub mod publisher;
pub mod relay;
pub mod store;
