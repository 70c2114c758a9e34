//! The barcode scanning station of a fulfillment center.

pub mod commands;
pub mod edge;
pub mod pipeline;
pub mod station;
pub mod ui;
