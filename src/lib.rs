//! The barcode scanning station of a fulfillment center: from a picture of a box to a published notification.
//!
//! | step | module | function |
//! |---|---|---|
//! | file → picture | [`edge::pictures`] | [`read`](edge::pictures::read) |
//! | picture → symbols | [`pipeline::decode`] | [`decode`](pipeline::decode::decode) |
//! | symbol → the part it plays | [`pipeline::meaning`] | [`meaning`](pipeline::meaning::meaning) |
//! | frames → what is in view and agrees | [`pipeline::view`] | [`View::see`](pipeline::view::View::see) |
//! | view × order × models → judgement | [`pipeline::verdict`] | [`judge`](pipeline::verdict::judge) |
//! | what happened → what is to be done | [`station`] | [`Station::apply`](station::Station::apply) |
//! | link and held event → disk | [`edge::store`] | [`Store::link`](edge::store::Store::link) |
//! | link → the message's bytes | [`pipeline::notification`] | [`Notification::message`](pipeline::notification::Notification::message) |
//! | pack closed → event ready | [`edge::store`] | [`Store::close`](edge::store::Store::close) |
//! | ready → delivered | [`edge::relay`] | [`Relay::step`](edge::relay::Relay::step) |
//!
//! Modules in reading order: [`pipeline`], the core, pure functions; [`station`], every rule of the floor, pure still;
//! [`edge`], all that touches the world; [`projector`], pictures as a camera's frames; [`floor`], station, store and relay
//! in step; [`run`], the same with threads; [`ui`] and [`report`], what is seen of it; [`cli`], [`config`] and [`commands`],
//! the way in. ARCHITECTURE.md has the invariants and what happens when something fails.

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
