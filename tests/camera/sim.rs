//! A USB webcam made of software, for machines that have none: `camera-sim [FIFO [PORT [SERIAL]]]`.
//!
//! It speaks the USB/IP wire protocol with the kernel's own `vhci-hcd` over a socket pair, so the kernel enumerates a
//! real USB device and binds its ordinary `uvcvideo` driver to it. Nothing leaves the machine, no network is used, and no
//! usbip tool is needed. PORT is 0 to 7 of the virtual bus, one program for each camera; SERIAL is `LAB0001` on port 0.
//!
//! It streams over a bulk endpoint: YUYV and MJPEG at 640x480, 1280x720 and 320x240, and GREY at 640x480, each at 30, 15
//! and 5 frames a second, with noise of up to 2 a pixel that differs from frame to frame and is the same in every run. The lens is sharp at focus 100.
//!
//! Commands, one a line, from FIFO or standard input:
//!
//! ```text
//! plug | unplug           attach to the virtual bus, pull the cable
//! stall | resume          stay plugged but send no frame, send again
//! err N                   mark the next N frames as broken (UVC error bit)
//! short N                 cut the next N frames to half their size
//! gap N                   skip the next N frames' time slots
//! labels A B …            what the Code 128 labels say from now on; none: an empty table
//! quit
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "it stands for a device in a test, and falls where it is wrong"
)]

#[path = "sim/descriptors.rs"]
mod descriptors;
#[path = "sim/device.rs"]
mod device;
#[path = "sim/picture.rs"]
mod picture;
#[path = "sim/wire.rs"]
mod wire;

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::device::{Camera, FPS, PAYLOAD, Setting, YUYV, controls};
use crate::wire::{Link, reply, serve};

const VHCI: &str = "/sys/devices/platform/vhci_hcd.0";
/// Device or resource busy, as errno.h numbers it.
const EBUSY: i32 = 16;
/// Bytes of a payload's header.
const HEADER: usize = 12;

#[derive(Default)]
struct Faults {
    stalled: bool,
    err: u32,
    short: u32,
    gap: u32,
    labels: Vec<String>,
}

/// What is to be sent of a frame.
struct Due {
    broken: bool,
    cut: bool,
    labels: Vec<String>,
}

impl Faults {
    /// What the next frame is; `None` where none is sent.
    fn next(&mut self) -> Option<Due> {
        if self.stalled {
            return None;
        }
        if self.gap > 0 {
            self.gap -= 1;
            return None;
        }
        let (broken, cut) = (self.err > 0, self.short > 0);
        self.err = self.err.saturating_sub(1);
        self.short = self.short.saturating_sub(1);
        Some(Due { broken, cut, labels: self.labels.clone() })
    }
}

/// Sends frames at the agreed rate for as long as the cable is in.
fn stream(cam: &Mutex<Camera>, link: &Link, faults: &Mutex<Faults>) {
    let start = Instant::now();
    let (mut number, mut fid, mut next) = (0_u64, 0_u8, Instant::now());
    let mut drawn: HashMap<(u8, u8, u64), Vec<u8>> = HashMap::new();
    let (mut of, mut of_focus) = (Vec::new(), 0);
    while !link.gone() {
        let setting = {
            let c = cam.lock().unwrap();
            c.streaming.then(|| (c.setting, c.focus()))
        };
        let Some((setting, focus)) = setting else {
            std::thread::sleep(Duration::from_millis(2));
            next = Instant::now();
            continue;
        };
        let period = Duration::from_nanos(u64::from(setting.interval) * 100);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        next = (next + period).max(Instant::now().checked_sub(period).unwrap_or(next));
        number += 1;
        let Some(due) = faults.lock().unwrap().next() else { continue };
        if (&due.labels, focus) != (&of, of_focus) {
            of.clone_from(&due.labels);
            of_focus = focus;
            drawn.clear();
        }
        // Drawing is slow on an emulated processor: each variant once.
        let variant = number % picture::VARIANTS;
        let key = (setting.format, setting.frame, variant);
        let (w, h) = (usize::from(setting.size().0), usize::from(setting.size().1));
        let image = drawn
            .entry(key)
            .or_insert_with(|| picture::frame(&of, (w, h), focus, setting.format, variant));
        let n = if due.cut { image.len() / 2 } else { image.len() };
        fid ^= 1;
        let pts = (start.elapsed().as_nanos() * 48 / 1000) as u32;
        if !send(cam, link, &image[..n], Mark { fid, pts, broken: due.broken }) {
            return;
        }
    }
}

/// What a frame's payloads say of it.
#[derive(Clone, Copy)]
struct Mark {
    fid: u8,
    pts: u32,
    broken: bool,
}

/// Sends a frame in bulk payloads; false where the cable is out.
fn send(cam: &Mutex<Camera>, link: &Link, image: &[u8], mark: Mark) -> bool {
    let pieces = image.len().div_ceil(PAYLOAD as usize - HEADER);
    for (i, piece) in image.chunks(PAYLOAD as usize - HEADER).enumerate() {
        let end = u8::from(i + 1 == pieces);
        let flags = 0x80 | 0x08 | 0x04 | mark.fid | end << 1 | u8::from(mark.broken) << 6;
        let mut payload = vec![HEADER as u8, flags];
        payload.extend(mark.pts.to_le_bytes());
        payload.extend(mark.pts.to_le_bytes());
        payload.extend([0, 0]);
        payload.extend(piece);
        loop {
            // A read is taken off the list and answered under one lock of the wire, as a cancellation is.
            let mut out = link.out.lock().unwrap();
            let mut c = cam.lock().unwrap();
            if link.gone() {
                return false;
            }
            if !c.streaming {
                return true;
            }
            let Some(seq) = c.pending.pop_front() else {
                drop(c);
                drop(out);
                std::thread::sleep(Duration::from_micros(500));
                continue;
            };
            drop(c);
            let message = reply(3, seq, 0, payload.len() as u32, &payload);
            if out.write_all(&message).is_err() {
                return false;
            }
            break;
        }
    }
    true
}

fn plug(port: u32, serial: &str, faults: &Arc<Mutex<Faults>>) -> std::io::Result<UnixStream> {
    let (ours, kernels) = UnixStream::pair()?;
    let cam = Arc::new(Mutex::new(Camera {
        serial: serial.to_owned(),
        setting: Setting { format: YUYV, frame: 1, interval: 10_000_000 / FPS[0] },
        streaming: false,
        pending: VecDeque::new(),
        controls: controls(),
    }));
    let link = Arc::new(Link { out: Mutex::new(ours.try_clone()?), gone: AtomicBool::new(false) });
    let (reader, c, l) = (ours.try_clone()?, Arc::clone(&cam), Arc::clone(&link));
    std::thread::spawn(move || serve(reader, &c, &l));
    let faults = Arc::clone(faults);
    std::thread::spawn(move || stream(&cam, &link, &faults));
    // Port, socket, device id, speed (3 = high).
    let line = format!("{port} {} {} 3", kernels.as_raw_fd(), 65_537 + port);
    for _ in 0..100 {
        match std::fs::write(format!("{VHCI}/attach"), &line) {
            // The kernel has not yet finished with the cable that was pulled just now.
            Err(error) if error.raw_os_error() == Some(EBUSY) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            // The kernel keeps its own hold of its end.
            other => return other.map(|()| ours),
        }
    }
    Err(std::io::Error::from_raw_os_error(EBUSY))
}

fn main() {
    let input: Box<dyn BufRead> = match std::env::args().nth(1) {
        // Opened for writing as well, so that the end of one writer is not the end of the file.
        Some(path) => {
            let file = std::fs::OpenOptions::new().read(true).write(true).open(path);
            Box::new(BufReader::new(file.expect("the FIFO")))
        }
        None => Box::new(std::io::stdin().lock()),
    };
    let port = std::env::args().nth(2).map_or(0, |port| port.parse().expect("PORT"));
    let serial = std::env::args().nth(3).unwrap_or_else(|| format!("LAB{:04}", port + 1));
    let faults = Arc::new(Mutex::new(Faults::default()));
    let mut cable: Option<UnixStream> = None;
    for line in input.lines() {
        let line = line.expect("a line");
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let n = rest.parse().unwrap_or(1);
        let mut set = faults.lock().unwrap();
        match word {
            "plug" if cable.is_none() => {
                drop(set);
                match plug(port, &serial, &faults) {
                    Ok(ours) => cable = Some(ours),
                    Err(error) => println!("camera-sim: plug: {error}"),
                }
            }
            "unplug" => {
                if let Some(ours) = cable.take() {
                    let _ = ours.shutdown(std::net::Shutdown::Both);
                }
            }
            "stall" => set.stalled = true,
            "resume" => set.stalled = false,
            "err" => set.err = n,
            "short" => set.short = n,
            "gap" => set.gap = n,
            "labels" => set.labels = rest.split_whitespace().map(str::to_owned).collect(),
            "quit" => return,
            _ => println!("camera-sim: what is '{line}'?"),
        }
    }
}
