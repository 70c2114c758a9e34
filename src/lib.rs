//! The barcode scanning station of a fulfillment center.

pub mod cli;
pub mod commands;
pub mod config;
pub mod edge;
pub mod floor;
pub mod pipeline;
pub mod projector;
pub mod report;
pub mod run;
pub mod station;
pub mod ui;
