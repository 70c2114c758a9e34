//! The `DeviceRegisteredNotification`: its exact bytes, its outbox states, its retry schedule.

use serde::{Deserialize, Serialize};

use crate::pipeline::ident::{
    CustomerId, Dsn, LwaClientId, ModelId, NotificationId, OrderId, TopicArn,
};
use crate::pipeline::named::{IllegalStep, named};
use crate::pipeline::time::Timestamp;

/// The document's constant version of this message (requirement 51).
const VERSION: &str = "2015-06-05";
const TYPE: &str = "DeviceRegisteredNotification";

/// What the maker is told: all that is known at link time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The maker's client.
    pub lwa_client_id: LwaClientId,
    /// Fixed for life: receivers drop a second copy by it.
    pub notification_id: NotificationId,
    /// The device, byte for byte as on the box (requirement 44).
    pub serial_number: Dsn,
    /// Its model.
    pub model_id: ModelId,
    /// The customer, as that client knows it.
    pub directed_customer_id: CustomerId,
}

/// The message in the document's own key order: 4 + 2 + 1 fields (requirement 51).
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the document's own names")]
struct Message {
    notification_info: NotificationInfo,
    device_info: DeviceInfo,
    customer_info: CustomerInfo,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NotificationInfo {
    notification_type: String,
    lwa_client_id: String,
    notification_time: String,
    notification_id: String,
    version: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeviceInfo {
    device_identifier: DeviceIdentifier,
    product_identifier: ProductIdentifier,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeviceIdentifier {
    serial_number: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProductIdentifier {
    model_id: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomerInfo {
    directed_customer_id: String,
}

/// How bytes break the message's schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// Not the document's JSON: a key is missing, unknown, or no text.
    #[error("not the message's JSON: {0}")]
    Shape(String),
    /// A field's value is not of its form.
    #[error("{field} is not of its form")]
    Field {
        /// The field's name in the message.
        field: &'static str,
    },
    /// Right fields, but not the very bytes that the station writes: order of keys or spaces.
    #[error("the keys are not in the document's order")]
    Bytes,
}

impl Notification {
    /// The message as it goes out, with `notificationTime` set to `at`; it has passed [`check`].
    pub fn message(&self, at: Timestamp) -> Result<String, Breach> {
        let message = Message {
            notification_info: NotificationInfo {
                notification_type: TYPE.to_owned(),
                lwa_client_id: self.lwa_client_id.to_string(),
                notification_time: at.to_string(),
                notification_id: self.notification_id.to_string(),
                version: VERSION.to_owned(),
            },
            device_info: DeviceInfo {
                device_identifier: DeviceIdentifier {
                    serial_number: self.serial_number.as_str().to_owned(),
                },
                product_identifier: ProductIdentifier { model_id: self.model_id.to_string() },
            },
            customer_info: CustomerInfo {
                directed_customer_id: self.directed_customer_id.to_string(),
            },
        };
        let bytes = serde_json::to_string(&message).map_err(|e| Breach::Shape(e.to_string()))?;
        check(&bytes)?;
        Ok(bytes)
    }
}

/// Whether `bytes` are exactly such a message as the station may send.
pub fn check(bytes: &str) -> Result<(), Breach> {
    let message: Message = serde_json::from_str(bytes).map_err(|e| Breach::Shape(e.to_string()))?;
    let info = &message.notification_info;
    let time = &info.notification_time;
    let serial = &message.device_info.device_identifier.serial_number;
    let fields = [
        ("notificationType", info.notification_type == TYPE),
        ("lwaClientId", info.lwa_client_id.parse::<LwaClientId>().is_ok()),
        ("notificationTime", time.parse::<Timestamp>().is_ok_and(|at| at.to_string() == *time)),
        ("notificationId", info.notification_id.parse::<NotificationId>().is_ok()),
        ("version", info.version == VERSION),
        ("serialNumber", !serial.is_empty() && !serial.chars().any(char::is_control)),
        ("modelId", message.device_info.product_identifier.model_id.parse::<ModelId>().is_ok()),
        (
            "directedCustomerId",
            message.customer_info.directed_customer_id.parse::<CustomerId>().is_ok(),
        ),
    ];
    if let Some((field, _)) = fields.into_iter().find(|(_, good)| !good) {
        return Err(Breach::Field { field });
    }
    match serde_json::to_string(&message) {
        Ok(again) if again == bytes => Ok(()),
        _ => Err(Breach::Bytes),
    }
}

named!(
    /// Where an event stands in the outbox (decision 12).
    OutboxState, "event state", {
        /// Waits for the pack to be closed.
        Held = "held",
        /// May go out.
        Ready = "ready",
        /// A relay has it in hand.
        Sending = "sending",
        /// The topic took it.
        Sent = "sent",
        /// Refused as it is; a person must look (`events retry`).
        Dead = "dead",
        /// Its link was released before it went out.
        Dropped = "dropped",
    }
);

/// What moves an event on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxCause {
    /// The pack was closed.
    Close,
    /// A relay took it in hand.
    Take,
    /// The topic took it.
    Accepted,
    /// It did not go out, or nobody knows whether it did.
    Failed,
    /// The payload was refused.
    Refused,
    /// A person wants it tried again.
    Retry,
    /// Its link was released.
    Drop,
}

impl OutboxState {
    /// The state after `cause`.
    pub fn step(self, cause: OutboxCause) -> Result<Self, IllegalStep> {
        match (self, cause) {
            (Self::Held, OutboxCause::Close)
            | (Self::Sending, OutboxCause::Failed)
            | (Self::Dead, OutboxCause::Retry) => Ok(Self::Ready),
            (Self::Ready, OutboxCause::Take) => Ok(Self::Sending),
            (Self::Sending, OutboxCause::Accepted) => Ok(Self::Sent),
            (Self::Sending, OutboxCause::Refused) => Ok(Self::Dead),
            (Self::Held | Self::Ready, OutboxCause::Drop) => Ok(Self::Dropped),
            _ => Err(IllegalStep { from: self.name(), cause: cause.name() }),
        }
    }
}

impl OutboxCause {
    fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Take => "take",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Retry => "retry",
            Self::Drop => "drop",
        }
    }
}

/// An outbox row; its `--json` line is contracts 6, without the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// The event.
    pub notification_id: NotificationId,
    /// The device.
    pub dsn: Dsn,
    /// The order.
    pub order_id: OrderId,
    /// Where it goes.
    pub topic_arn: TopicArn,
    /// Where it stands.
    pub state: OutboxState,
    /// Times it was taken in hand.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at: Option<Timestamp>,
    /// Fixed when it became ready.
    pub notification_time: Option<Timestamp>,
    /// When its link was made.
    pub held_at: Timestamp,
    /// When it became ready.
    pub ready_at: Option<Timestamp>,
    /// When the topic took it.
    pub sent_at: Option<Timestamp>,
    /// The topic's id for it.
    pub message_id: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// How many events stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OutboxCounts {
    /// Wait for the pack to be closed.
    pub held: u64,
    /// May go out, or are in a relay's hand.
    pub ready: u64,
    /// Gone out.
    pub sent: u64,
    /// Dropped.
    pub dropped: u64,
    /// Refused.
    pub dead: u64,
}

/// When a failed event is tried again: exponential, capped, with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The first wait, at most, in milliseconds.
    pub first_ms: u32,
    /// Every wait, at most, in milliseconds.
    pub cap_ms: u32,
    /// Attempts after which an event is dead; 0: never.
    pub dead_after: u32,
}

impl RetrySchedule {
    /// Milliseconds to wait after `attempts` attempts; `random` is 0 to 1, drawn anew each time.
    pub fn wait_ms(&self, attempts: u32, random: f64) -> i64 {
        let doublings = attempts.saturating_sub(1).min(31);
        let most = u64::from(self.first_ms).saturating_mul(1 << doublings);
        let most = most.min(u64::from(self.cap_ms)).max(1);
        // At least a tenth: a wait of nothing would be no wait.
        let share = random.clamp(0.1, 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "at most cap_ms, a u32")]
        let wait = (most as f64 * share) as i64;
        wait.max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    fn example() -> Notification {
        Notification {
            lwa_client_id: "amzn1.application-oa2-client.6b68exxxxxxxxxx9".parse().unwrap(),
            notification_id: NotificationId::new(1_443_666_232_747, &[0; 10]),
            serial_number: Dsn::matched("DeviceSerialNumber"),
            model_id: "myDeviceModel".parse().unwrap(),
            directed_customer_id: "amzn1.account.AHxxxxxxxxGA2O5Q".parse().unwrap(),
        }
    }

    #[test]
    fn the_message_is_the_documents() {
        let message = example().message(Timestamp::from_millis(1_443_666_232_747)).unwrap();
        assert_eq!(
            message,
            concat!(
                r#"{"notificationInfo":{"notificationType":"DeviceRegisteredNotification","#,
                r#""lwaClientId":"amzn1.application-oa2-client.6b68exxxxxxxxxx9","#,
                r#""notificationTime":"2015-10-01T02:23:52.747Z","#,
                r#""notificationId":"amzn1.dash.notification.v1.01502136-85ab-7000-8000-000000000000","#,
                r#""version":"2015-06-05"},"#,
                r#""deviceInfo":{"deviceIdentifier":{"serialNumber":"DeviceSerialNumber"},"#,
                r#""productIdentifier":{"modelId":"myDeviceModel"}},"#,
                r#""customerInfo":{"directedCustomerId":"amzn1.account.AHxxxxxxxxGA2O5Q"}}"#,
            )
        );
    }

    #[test_case("2015-06-05", "2015-06-06", "version")]
    #[test_case("52.747Z", "52.7Z", "notificationTime")]
    #[test_case("DeviceRegisteredNotification", "deviceRegisteredNotification", "notificationType")]
    #[test_case("amzn1.account.", "account.", "directedCustomerId")]
    fn a_changed_field_is_a_breach(from: &str, to: &str, name: &'static str) {
        let message = example().message(Timestamp::from_millis(1_443_666_232_747)).unwrap();
        assert_eq!(check(&message.replace(from, to)), Err(Breach::Field { field: name }));
    }

    #[test]
    fn other_spaces_are_a_breach() {
        let message = example().message(Timestamp::from_millis(0)).unwrap();
        assert_eq!(
            check(&message.replace(':', ": ").replace("T00: 00: 00", "T00:00:00")),
            Err(Breach::Bytes)
        );
        assert!(matches!(check("{}"), Err(Breach::Shape(_))));
    }

    #[test]
    fn only_the_contracts_steps_are_legal() {
        use OutboxCause::{Accepted, Close, Drop, Failed, Refused, Retry, Take};
        use OutboxState::{Dead, Dropped, Held, Ready, Sending, Sent};
        let legal = [
            (Held, Close, Ready),
            (Held, Drop, Dropped),
            (Ready, Take, Sending),
            (Ready, Drop, Dropped),
            (Sending, Accepted, Sent),
            (Sending, Failed, Ready),
            (Sending, Refused, Dead),
            (Dead, Retry, Ready),
        ];
        for from in OutboxState::ALL {
            for cause in [Close, Take, Accepted, Failed, Refused, Retry, Drop] {
                let expected = legal.iter().find(|(f, c, _)| f == from && *c == cause);
                assert_eq!(
                    from.step(cause).ok(),
                    expected.map(|(_, _, to)| *to),
                    "{from} {cause:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_over_the_cap_nor_nothing(attempts in any::<u32>(), random in any::<f64>()) {
            let schedule = RetrySchedule { first_ms: 1000, cap_ms: 300_000, dead_after: 0 };
            let wait = schedule.wait_ms(attempts, random);
            prop_assert!((1..=300_000).contains(&wait));
        }

        #[test]
        fn any_bytes_do_not_panic(bytes in any::<String>()) {
            prop_assert!(check(&bytes).is_err());
        }
    }
}
