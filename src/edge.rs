//! The shell: everything that touches the world.

pub mod clock;
pub mod pictures;
pub mod store;
