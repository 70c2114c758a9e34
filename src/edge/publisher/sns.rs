//! Delivering to SNS, with the standard credential chain and an endpoint that may be a local stand-in.

use std::fmt;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::ProvideCredentials;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::{PublishError as SnsError, PublishOutput};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::edge::publisher::{PublishError, Publisher};
use crate::edge::store::Delivery;
use crate::pipeline::show;

// Without these a connection that accepts and never answers holds a publish for ever.
const CONNECT: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(4);
const ATTEMPT: Duration = Duration::from_secs(5);
const OPERATION: Duration = Duration::from_secs(12);

/// Once more at once, for a dropped connection; beyond that the outbox is the retry.
const ATTEMPTS: u32 = 2;

/// Codes that a person has to do something about, whatever their status.
const NEEDS_A_PERSON: [&str; 8] = [
    "NotFound",
    "AuthorizationError",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "RequestExpired",
    "MissingAuthenticationToken",
    "IncompleteSignature",
];

/// Where SNS is; what is `None` comes from the environment and the profile, as with every AWS tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnsSettings {
    /// The region, such as `us-east-1`.
    pub region: Option<String>,
    /// Another endpoint than Amazon's, such as `http://127.0.0.1:4566`.
    pub endpoint_url: Option<String>,
}

/// A client of SNS with a runtime of its own.
pub struct SnsPublisher {
    runtime: Runtime,
    client: Client,
    config: SdkConfig,
}

impl fmt::Debug for SnsPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnsPublisher").finish_non_exhaustive()
    }
}

impl SnsPublisher {
    /// Makes a client; nothing is sent and no credentials are asked for yet.
    ///
    /// On a machine that is not EC2, `AWS_EC2_METADATA_DISABLED=true` makes missing credentials fail at once.
    pub fn new(settings: &SnsSettings) -> std::io::Result<Self> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION);
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        Self::with(loader.timeout_config(timeouts.build()), settings)
    }

    fn with(loader: ConfigLoader, settings: &SnsSettings) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let tls = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let mut loader = loader
            .http_client(tls.build_https())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = runtime.block_on(loader.load());
        Ok(Self { client: Client::new(&config), runtime, config })
    }

    async fn send(&self, delivery: &Delivery) -> Result<PublishOutput, SdkError<SnsError>> {
        let topic = delivery.topic_arn.as_str();
        let mut publish = self.client.publish().topic_arn(topic).message(&delivery.payload);
        if topic.strip_suffix(".fifo").is_some() {
            // Decision 15.
            publish = publish
                .message_group_id(hex_sha256(delivery.dsn.as_str()))
                .message_deduplication_id(delivery.notification_id.as_str());
        }
        publish.send().await
    }

    /// The class of an error, as measured; its text holds status and code, never what the server says of the message.
    async fn class(&self, error: &SdkError<SnsError>) -> PublishError {
        match error {
            SdkError::ConstructionFailure(_) => PublishError::Halt {
                why: "the request cannot be made: check the region".to_owned(),
            },
            SdkError::ServiceError(service) => {
                class_of_answer(service.raw().status().as_u16(), error.code().unwrap_or_default())
            }
            SdkError::TimeoutError(_) => {
                PublishError::Retry { why: "no answer in time".to_owned() }
            }
            SdkError::ResponseError(_) => PublishError::Retry { why: "half an answer".to_owned() },
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                PublishError::Retry { why: "no connection in time".to_owned() }
            }
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                PublishError::Retry { why: "no connection".to_owned() }
            }
            // What is left of a request that never came off: a closed connection, or no credentials to sign it with.
            _ if self.has_credentials().await => {
                PublishError::Retry { why: "the connection was closed".to_owned() }
            }
            _ => PublishError::Halt { why: "no AWS credentials".to_owned() },
        }
    }

    async fn has_credentials(&self) -> bool {
        match self.config.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.is_ok(),
            None => false,
        }
    }
}

impl Publisher for SnsPublisher {
    fn publish(&mut self, delivery: &Delivery) -> Result<String, PublishError> {
        self.runtime.block_on(async {
            let output = match self.send(delivery).await {
                Ok(output) => output,
                Err(error) => return Err(self.class(&error).await),
            };
            // A stand-in can say 200 and nothing else; only an id says that the topic has it.
            output.message_id().filter(|id| !id.is_empty()).map(str::to_owned).ok_or_else(|| {
                PublishError::Retry { why: "an answer without a message id".to_owned() }
            })
        })
    }
}

/// What an answer that is no success means: its HTTP status and SNS's code, empty where it has none.
fn class_of_answer(status: u16, code: &str) -> PublishError {
    let code_shown = if code.is_empty() { "no code".to_owned() } else { show::shortened(code, 40) };
    let why = format!("SNS answered {status}, {code_shown}");
    // The SDK retries other codes of throttling, but not SNS's own.
    let throttled = status == 429 || code.contains("Throttl") || code == "KMSThrottling";
    if throttled || code == "InternalError" || !(400..500).contains(&status) {
        return PublishError::Retry { why };
    }
    if matches!(status, 401 | 403 | 404)
        || NEEDS_A_PERSON.contains(&code)
        || code.starts_with("KMS")
    {
        return PublishError::Halt { why };
    }
    PublishError::Refused { why }
}

fn hex_sha256(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(digit.into(), 16));
        }
    }
    hex
}

#[cfg(test)]
mod tests;
