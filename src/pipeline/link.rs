//! A link: this device goes to that line of that order. Its states and their legal steps (decision 12).

use serde::Serialize;

use crate::pipeline::ident::{
    Asin, CustomerId, Dsn, LwaClientId, ModelId, NotificationId, OrderId, TopicArn,
};
use crate::pipeline::named::{IllegalStep, named};
use crate::pipeline::notification::Notification;
use crate::pipeline::time::Timestamp;

named!(
    /// Where a link stands.
    LinkState, "link state", {
        /// Made; its event is held.
        Linked = "linked",
        /// The pack was closed; its event is on its way.
        Closed = "closed",
        /// Taken back; the device is free again.
        Released = "released",
    }
);

named!(
    /// Why a link was released.
    ReleaseReason, "reason", {
        /// The packer undid it.
        Undo = "undo",
        /// The order was cancelled.
        Cancelled = "cancelled",
        /// A later frame contradicted it (decision 2).
        Contradicted = "contradicted",
        /// The device came back; it is not linked again without a person's say (E11).
        Return = "return",
    }
);

/// What moves a link on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkCause {
    /// The pack was closed.
    Close,
    /// It is taken back.
    Release(ReleaseReason),
}

impl LinkState {
    /// The state after `cause`.
    pub fn step(self, cause: LinkCause) -> Result<Self, IllegalStep> {
        match (self, cause) {
            (Self::Linked, LinkCause::Close) => Ok(Self::Closed),
            (Self::Linked | Self::Closed, LinkCause::Release(_)) => Ok(Self::Released),
            (_, LinkCause::Close) => Err(IllegalStep { from: self.name(), cause: "close" }),
            (_, LinkCause::Release(reason)) => {
                Err(IllegalStep { from: self.name(), cause: reason.name() })
            }
        }
    }
}

/// A link to be made: a finished value before the store is touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The device.
    pub dsn: Dsn,
    /// The order.
    pub order_id: OrderId,
    /// The version of the order that this was decided on; another in the database stops the link.
    pub order_version: u32,
    /// The order's line.
    pub line: u32,
    /// The unit of the line, counted from 1.
    pub unit: u32,
    /// The line's product.
    pub asin: Asin,
    /// The product's model.
    pub model_id: ModelId,
    /// Whose topic the event goes to.
    pub topic_arn: TopicArn,
    /// The maker's client.
    pub lwa_client_id: LwaClientId,
    /// The customer, as that client knows it.
    pub directed_customer_id: CustomerId,
    /// The event's id, made now, fixed for life.
    pub notification_id: NotificationId,
    /// The hash of the catalogue that decided.
    pub catalog: String,
    /// When.
    pub linked_at: Timestamp,
}

impl NewLink {
    /// What the maker will be told of it.
    pub fn notification(&self) -> Notification {
        Notification {
            lwa_client_id: self.lwa_client_id.clone(),
            notification_id: self.notification_id.clone(),
            serial_number: self.dsn.clone(),
            model_id: self.model_id.clone(),
            directed_customer_id: self.directed_customer_id.clone(),
        }
    }
}

/// A link as the database has it; its `--json` line is contracts 5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The database's number for it.
    pub link_id: i64,
    /// The device.
    pub dsn: Dsn,
    /// How many times this device has been linked, this one included.
    pub generation: u32,
    /// The order.
    pub order_id: OrderId,
    /// The order's line.
    pub line: u32,
    /// The unit of the line, counted from 1.
    pub unit: u32,
    /// The line's product.
    pub asin: Asin,
    /// The product's model.
    pub model_id: ModelId,
    /// Where it stands.
    pub state: LinkState,
    /// Why it was released, once it is.
    pub reason: Option<ReleaseReason>,
    /// The station that made it.
    pub station: String,
    /// Who made it; nobody signs in yet.
    pub operator: Option<String>,
    /// The hash of the catalogue that decided.
    pub catalog: String,
    /// When it was made.
    pub linked_at: Timestamp,
    /// When the pack was closed.
    pub closed_at: Option<Timestamp>,
    /// When it was released.
    pub released_at: Option<Timestamp>,
    /// Its event.
    pub notification_id: NotificationId,
}

impl Link {
    /// Whether its pack was closed.
    pub fn is_closed(&self) -> bool {
        self.state == LinkState::Closed
    }
}

/// What the store says to a link that was asked for. A refusal is an answer, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkAnswer {
    /// It stands, on disk.
    Linked(Box<Link>),
    /// Another order has the device.
    Taken {
        /// That order.
        order_id: OrderId,
        /// The station that linked it.
        station: String,
        /// When.
        at: Timestamp,
    },
    /// This order has it already, as this unit.
    Here {
        /// The unit.
        unit: u32,
    },
    /// The device came back from an order once.
    Returned {
        /// That order.
        order_id: OrderId,
        /// When it was released.
        at: Timestamp,
    },
    /// The order is not the version that was decided on, or the unit has been filled meanwhile.
    Changed,
    /// The order has been cancelled.
    Cancelled,
}

/// What the store says to a release that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseAnswer {
    /// Released; its event will never be sent.
    Released(Box<Link>),
    /// No active link of that device.
    NotLinked,
    /// Its event is on its way or gone (E26).
    AlreadySent,
}

/// What the store says to a close that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseAnswer {
    /// Closed: so many links, their events ready.
    Closed {
        /// Links that were closed by this.
        links: u32,
    },
    /// The order is not the version that was called up.
    Changed,
    /// The order has been cancelled; its links were released and their events dropped.
    Cancelled {
        /// Links that were released by this.
        released: u32,
    },
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const RELEASE: LinkCause = LinkCause::Release(ReleaseReason::Undo);

    #[test_case(LinkState::Linked, LinkCause::Close, Some(LinkState::Closed))]
    #[test_case(LinkState::Linked, RELEASE, Some(LinkState::Released))]
    #[test_case(LinkState::Closed, RELEASE, Some(LinkState::Released))]
    #[test_case(LinkState::Closed, LinkCause::Close, None)]
    #[test_case(LinkState::Released, LinkCause::Close, None)]
    #[test_case(LinkState::Released, RELEASE, None)]
    fn steps(from: LinkState, cause: LinkCause, to: Option<LinkState>) {
        assert_eq!(from.step(cause).ok(), to);
    }
}
