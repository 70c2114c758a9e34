//! What the screen may read of the station.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::pipeline::catalog::Catalog;
use crate::pipeline::decision::Decision;
use crate::pipeline::order::Packing;
use crate::pipeline::view::View;
use crate::station::{CameraHealth, Concern, Held, Message, Outbox, Rules, Station};

impl Station {
    /// The order on the table.
    pub fn order(&self) -> Option<&Packing> {
        self.order.as_ref()
    }

    /// The catalogue it decides by.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The rules it was configured with.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What is in view, by the view's name.
    pub fn views(&self) -> &BTreeMap<Arc<str>, View> {
        &self.views
    }

    /// What the big line is about.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The box that waits for its order.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The last decisions, the newest in front.
    pub fn history(&self) -> impl Iterator<Item = &Decision> {
        self.history.iter()
    }

    /// How each camera is.
    pub fn cameras(&self) -> &BTreeMap<Arc<str>, CameraHealth> {
        &self.cameras
    }

    /// The outbox.
    pub fn outbox(&self) -> Outbox {
        self.outbox
    }

    /// What somebody is to be told of the machine.
    pub fn concern(&self) -> Option<Concern> {
        self.concern
    }

    /// Whether the store failed, so that nothing more is linked until a restart.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether the store owes an answer.
    pub fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }
}
