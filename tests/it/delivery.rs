//! The publisher is down: the station links on, events wait. It comes back: they go out as they stand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use scanstation::edge::clock;
use serde_json::{Value, json};
use test_case::test_case;

use crate::rig::{Rig, run};

const PATIENCE: Duration = Duration::from_secs(30);

/// The parameters of one request.
type Request = BTreeMap<String, String>;

/// Something that answers Publish as SNS does, and keeps what it was asked.
#[derive(Debug)]
struct Sns {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sns {
    /// At `address`; each request gets the status that `status` gives for its number, counted from 1.
    fn start(address: SocketAddr, status: fn(usize) -> u16) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, stopping) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::Relaxed) {
                    return;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                if let Some(request) = request_of(&stream) {
                    let mut requests = kept.lock().unwrap();
                    requests.push(request);
                    answer(&stream, status(requests.len()), requests.len());
                }
            }
        });
        Self { address, requests, stop, thread: Some(thread) }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Sns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for somebody to call.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn request_of(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).ok()? > 0 && line != "\r\n" {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    Some(pairs.map(|(key, value)| (unescaped(key), unescaped(value))).collect())
}

/// The text of an `application/x-www-form-urlencoded` value.
fn unescaped(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn answer(mut stream: &TcpStream, status: u16, n: usize) {
    let body = if status == 200 {
        format!(
            "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
             <MessageId>message-{n}</MessageId></PublishResult><ResponseMetadata>\
             <RequestId>{n}</RequestId></ResponseMetadata></PublishResponse>"
        )
    } else {
        "<ErrorResponse><Error><Type>Receiver</Type><Code>InternalError</Code>\
         <Message>\u{1b}[2J</Message></Error></ErrorResponse>"
            .to_owned()
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + &body).as_bytes());
}

/// An address where nobody listens.
fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// `command`, delivering to an SNS at `address`.
fn delivering(mut command: Command, address: SocketAddr) -> Command {
    command
        .env("SCANSTATION_PUBLISHER_KIND", "sns")
        .env("SCANSTATION_PUBLISHER_REGION", "us-east-1")
        .env("SCANSTATION_PUBLISHER_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy");
    command
}

/// `events publish` until nothing is left; what failed before is due after a second or two.
fn drain(rig: &Rig, address: SocketAddr) {
    let deadline = clock::instant() + PATIENCE;
    loop {
        let ran = run(&mut delivering(rig.command(&["events", "publish", "--json"]), address));
        let left = ran.json().pop().unwrap()["left"].clone();
        if left == 0 {
            return;
        }
        assert!(clock::instant() < deadline, "{left} left: {ran:?}");
        clock::rest(Duration::from_millis(200));
    }
}

fn states(rig: &Rig) -> Vec<Value> {
    rig.events().iter().map(|event| event["state"].clone()).collect()
}

/// Each event is sent, its message id kept, and what SNS was given is what `events show` says.
fn is_delivered(rig: &Rig, requests: &[Request]) {
    for event in rig.events() {
        assert_eq!(event["state"], "sent");
        let id = event["notification_id"].as_str().unwrap();
        let shown = rig.run(&["events", "show", id]).is(0).out;
        let is_it = |request: &&Request| request["Message"] == shown.trim_end();
        let request = requests.iter().rfind(is_it).unwrap();
        assert_eq!(
            (request["Action"].as_str(), &event["topic_arn"]),
            ("Publish", &json!(request["TopicArn"]))
        );
        let n = requests.iter().rposition(|other| other["Message"] == request["Message"]).unwrap();
        assert_eq!(event["message_id"], format!("message-{}", n + 1));
    }
}

#[test_case(&[]; "in step")]
#[test_case(&["--speed", "50"]; "with threads")]
fn with_the_publisher_down_the_station_links_on(flags: &[&str]) {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0004", "0022", "0041", "0047"]);
    let address = closed_port();
    let mut demo = rig.demo(&pictures);
    demo.args(flags);
    let summary = run(&mut delivering(demo, address)).is(0).json().pop().unwrap();
    assert_eq!((&summary["links"], &summary["verdicts"]), (&json!(4), &json!({"linked": 4})));
    assert_eq!((&summary["events"]["ready"], &summary["events"]["sent"]), (&json!(4), &json!(0)));
    assert_eq!(states(&rig), ["ready", "ready", "ready", "ready"]);
    let ran = run(&mut delivering(rig.command(&["events", "publish"]), address)).is(1);
    assert!(ran.out.ends_with("4 left, 0 dead\n"), "{ran:?}");

    let sns = Sns::start(address, |_| 200);
    drain(&rig, address);
    assert_eq!(sns.requests().len(), 4);
    is_delivered(&rig, &sns.requests());
    drain(&rig, address);
    assert_eq!(sns.requests().len(), 4, "what is sent stays sent");
    assert!(rig.links().iter().all(|link| link["state"] == "closed"));
}

#[test]
fn a_server_that_fails_now_and_then_is_asked_again() {
    let rig = Rig::new();
    let pictures = rig.pictures(&["0001", "0002", "0004", "0022", "0041", "0047"]);
    let sns = Sns::start("127.0.0.1:0".parse().unwrap(), |n| if n % 4 == 0 { 200 } else { 500 });
    run(&mut delivering(rig.demo(&pictures), sns.address)).is(0);
    drain(&rig, sns.address);
    is_delivered(&rig, &sns.requests());
    for (path, bytes) in rig.files() {
        let is_log = path.to_string_lossy().contains("/logs/");
        assert!(!is_log || crate::rig::is_inert(&bytes), "{}", path.display());
    }
}
