//! The shell: everything that touches the world.

pub mod clock;
pub mod home;
pub mod pictures;
pub mod publisher;
pub mod relay;
pub mod store;
