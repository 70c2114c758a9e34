//! Delivering a notification: to a file, to SNS, or to nobody.

pub mod file;
pub mod sns;

use crate::edge::store::Delivery;
use crate::pipeline::ident::NotificationId;

/// Something that takes notifications.
pub trait Publisher: Send {
    /// Delivers the payload of `delivery` as it is; gives the id under which it was taken.
    fn publish(&mut self, delivery: &Delivery) -> Result<String, PublishError>;
}

/// Why a notification was not delivered, by what is to be done. No text here holds anything of the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It did not go out, or nobody knows: the same again later.
    #[error("{why}")]
    Retry {
        /// What happened.
        why: String,
    },
    /// Nothing can go out until a person has done something: credentials, topic, clock, rights on the file.
    #[error("{why}")]
    Halt {
        /// What happened.
        why: String,
    },
    /// This one message is not wanted as it is.
    #[error("{why}")]
    Refused {
        /// What happened.
        why: String,
    },
}

/// Takes everything and keeps it in memory: what `replay` publishes to.
#[derive(Debug, Default)]
pub struct Recording {
    /// What it was given, in order.
    pub taken: Vec<(NotificationId, String)>,
}

impl Publisher for Recording {
    fn publish(&mut self, delivery: &Delivery) -> Result<String, PublishError> {
        self.taken.push((delivery.notification_id.clone(), delivery.payload.clone()));
        Ok(format!("recorded-{}", self.taken.len()))
    }
}
