//! The core: pure functions from a picture to a decision. No files, no clock, no threads.

pub mod camera;
pub mod catalog;
pub mod command;
pub mod decision;
pub mod decode;
pub mod frame;
pub mod gate;
pub mod gs1;
pub mod ident;
pub mod link;
pub mod meaning;
pub mod mount;
pub mod named;
pub mod notification;
pub mod order;
pub mod payload;
pub mod sharpness;
pub mod shot;
pub mod show;
pub mod symbol;
pub mod time;
pub mod verdict;
pub mod view;
