//! The SNS publisher against a scripted HTTP stub of our own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use test_case::test_case;

use super::*;
use crate::edge::store::fixtures::{at, new_link};

const PUBLISHED: &str = r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>"#;
const NO_ID: &str =
    r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"></PublishResponse>"#;

/// An HTTP answer; no status: the connection is closed without one.
#[derive(Debug, Clone)]
struct Answer(u16, String);

fn error(status: u16, code: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>amzn1.account.SECRET</Message></Error></ErrorResponse>"
    );
    Answer(status, body)
}

/// Answers each request with the next of `answers`, the last for ever; hands out the bodies that it got.
fn stub(answers: Vec<Answer>) -> (String, Receiver<String>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (bodies, received) = channel();
    let thread = std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" || line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            bodies.send(String::from_utf8(body).unwrap()).unwrap();
            let Answer(status, body) = answer;
            if status > 0 {
                let head =
                    format!("HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nConnection: close");
                let text = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                reader.get_mut().write_all(text.as_bytes()).unwrap();
            }
        }
    });
    (url, received, thread)
}

fn publisher(url: &str) -> SnsPublisher {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "static");
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    SnsPublisher::with(loader, &settings(url)).unwrap()
}

/// With a twentieth of the real timeouts.
fn hasty(url: &str) -> SnsPublisher {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "static");
    let timeouts = TimeoutConfig::builder()
        .read_timeout(READ / 20)
        .operation_attempt_timeout(ATTEMPT / 20)
        .operation_timeout(OPERATION / 20);
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts.build())
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    SnsPublisher::with(loader, &settings(url)).unwrap()
}

fn settings(url: &str) -> SnsSettings {
    SnsSettings { region: Some("us-east-1".to_owned()), endpoint_url: Some(url.to_owned()) }
}

fn delivery(topic: &str) -> Delivery {
    let new = new_link("AD123456C", 1, 1);
    Delivery {
        payload: new.notification().message(at(0)).unwrap(),
        notification_id: new.notification_id,
        topic_arn: topic.parse().unwrap(),
        dsn: new.dsn,
        attempts: 1,
        lease_until: at(60),
    }
}

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:washer";
const FIFO: &str = "arn:aws:sns:us-east-1:000000000000:washer.fifo";

/// The value of a field of a form, decoded.
fn field(body: &str, name: &str) -> Option<String> {
    let value = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            bytes.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    String::from_utf8(bytes).ok()
}

#[test]
fn the_message_is_the_payload_and_nothing_else() {
    let (url, bodies, stub) = stub(vec![Answer(200, PUBLISHED.to_owned())]);
    let delivery = delivery(TOPIC);
    let answer = publisher(&url).publish(&delivery);
    assert_eq!(answer, Ok("567910cd-659e-55d4-8ccb-5aaf14679dc0".to_owned()));
    let body = bodies.recv().unwrap();
    assert_eq!(field(&body, "Action").as_deref(), Some("Publish"));
    assert_eq!(field(&body, "TopicArn").as_deref(), Some(TOPIC));
    assert_eq!(field(&body, "Message"), Some(delivery.payload));
    let names: Vec<&str> = body.split('&').filter_map(|pair| pair.split('=').next()).collect();
    assert_eq!(names, ["Action", "Version", "TopicArn", "Message"]);
    stub.join().unwrap();
}

#[test]
fn a_fifo_topic_gets_group_and_deduplication_id() {
    let (url, bodies, stub) = stub(vec![Answer(200, PUBLISHED.to_owned())]);
    let delivery = delivery(FIFO);
    publisher(&url).publish(&delivery).unwrap();
    let body = bodies.recv().unwrap();
    let group = "dc9630f7a3b01a4a20f217af3c2710988f83191b7b86a4ef2cb0372493889e1f";
    assert_eq!(field(&body, "MessageGroupId").as_deref(), Some(group));
    let id = delivery.notification_id.as_str();
    assert_eq!(field(&body, "MessageDeduplicationId").as_deref(), Some(id));
    stub.join().unwrap();
}

#[derive(Debug, PartialEq)]
enum Class {
    Retry,
    Halt,
    Refused,
}

#[test_case(vec![error(500, "InternalError"); 2], Class::Retry; "server error")]
#[test_case(vec![Answer(503, "not XML".to_owned()); 2], Class::Retry; "server error without XML")]
#[test_case(vec![error(429, "Throttled")], Class::Retry; "SNS throttles")]
#[test_case(vec![error(400, "KMSThrottling")], Class::Retry; "KMS throttles")]
#[test_case(vec![error(400, "ThrottlingException"); 2], Class::Retry; "AWS throttles")]
#[test_case(vec![Answer(0, String::new()); 2], Class::Retry; "closed without an answer")]
#[test_case(vec![Answer(200, NO_ID.to_owned())], Class::Retry; "taken without an id")]
#[test_case(vec![Answer(200, "<PublishResp".to_owned())], Class::Retry; "half an answer")]
#[test_case(vec![error(403, "InvalidClientTokenId")], Class::Halt; "wrong key")]
#[test_case(vec![error(403, "SignatureDoesNotMatch")], Class::Halt; "wrong clock")]
#[test_case(vec![error(403, "AuthorizationError")], Class::Halt; "no right")]
#[test_case(vec![error(404, "NotFound")], Class::Halt; "no topic")]
#[test_case(vec![error(400, "KMSDisabled")], Class::Halt; "key of the topic disabled")]
#[test_case(vec![error(400, "InvalidParameter")], Class::Refused; "not wanted")]
fn errors_have_a_class(answers: Vec<Answer>, expected: Class) {
    let (url, bodies, stub) = stub(answers.clone());
    let error = publisher(&url).publish(&delivery(TOPIC)).unwrap_err();
    let class = match &error {
        PublishError::Retry { .. } => Class::Retry,
        PublishError::Halt { .. } => Class::Halt,
        PublishError::Refused { .. } => Class::Refused,
    };
    assert_eq!(class, expected, "{error}");
    assert!(!error.to_string().contains("SECRET"), "{error}");
    stub.join().unwrap();
    assert_eq!(bodies.iter().count(), answers.len(), "{error}");
}

#[test]
fn a_second_attempt_sends_the_same_bytes() {
    let answers = vec![error(500, "InternalError"), Answer(200, PUBLISHED.to_owned())];
    let (url, bodies, stub) = stub(answers);
    publisher(&url).publish(&delivery(TOPIC)).unwrap();
    stub.join().unwrap();
    let bodies: Vec<String> = bodies.iter().collect();
    assert_eq!(bodies[0], bodies[1]);
}

#[test]
fn nobody_there_is_tried_again() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = publisher(&format!("http://{free}")).publish(&delivery(TOPIC)).unwrap_err();
    assert_eq!(error, PublishError::Retry { why: "no connection".to_owned() });
}

#[test]
fn one_that_never_answers_is_given_up() {
    // Connections are taken into the listener's queue and nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let error = hasty(&url).publish(&delivery(TOPIC)).unwrap_err();
    assert!(matches!(error, PublishError::Retry { .. }), "{error}");
}

#[test]
fn without_credentials_the_relay_stops() {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).no_credentials();
    let mut publisher = SnsPublisher::with(loader, &settings("http://127.0.0.1:9")).unwrap();
    let error = publisher.publish(&delivery(TOPIC)).unwrap_err();
    assert_eq!(error, PublishError::Halt { why: "no AWS credentials".to_owned() });
}
