//! The threads that see: a camera's newest frame, decoded; or a reel, played at its own pace.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::edge::camera::drain::Drain;
use crate::edge::camera::linux::Linux;
use crate::edge::camera::sysfs::Find;
use crate::edge::camera::{Capture, Seen};
use crate::edge::clock;
use crate::edge::reel::Item;
use crate::edge::steps::StepLine;
use crate::pipeline::camera::Setup;
use crate::pipeline::decode::{Formats, decode_guarded};
use crate::pipeline::frame::Frame;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Glance, inside};
use crate::projector::{Go, Moment, Pace, Played, Projector};
use crate::run::Input;
use crate::station::{CameraHealth, Event};

/// A camera that gives nothing, or the same, for so long is lost or frozen, in milliseconds (E23).
const QUIET_MS: i64 = 2000;
/// How soon a waiting eye notices that it is to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// Something that sees.
#[derive(Debug)]
pub struct Eye {
    /// Its name, and that of the view it looks at.
    pub name: Arc<str>,
    /// Cameras of one view see one box.
    pub view: Arc<str>,
    /// What it sees.
    pub source: Source,
    /// The symbologies that the station has a use for.
    pub formats: Formats,
}

/// What an eye sees.
#[derive(Debug)]
pub enum Source {
    /// A camera, and how it is opened.
    Camera(Find, Setup),
    /// Pictures.
    Reel {
        /// The pictures.
        items: Vec<Item>,
        /// What happens between them.
        steps: Vec<StepLine>,
        /// How stills are played.
        pace: Pace,
        /// So many times faster than life.
        speed: u32,
    },
}

/// Opens `eye` on a thread of its own, until `stop`.
pub(super) fn open(eye: Eye, inputs: Sender<Input>, stop: Arc<AtomicBool>) -> io::Result<()> {
    let thread = std::thread::Builder::new().name(format!("eye {}", eye.name));
    thread.spawn(move || {
        let played = match &eye.source {
            Source::Camera(find, setup) => {
                let drain = Drain::new(Box::new(Linux), find.clone(), setup.clone());
                watch(&eye, drain, &inputs, &stop)
            }
            Source::Reel { items, steps, pace, speed } => {
                let life = Projector::duration_ms(items, steps);
                // What is faster than life ends now: no notification may come from the future.
                let start = clock::now().plus(life / i64::from((*speed).max(1)) - life);
                let projector = Projector::new(items, steps, start).with_pace(*pace);
                play(&eye, projector, *speed, &inputs, &stop)
            }
        };
        let _ = inputs.send(Input::Ended(played));
    })?;
    Ok(())
}

fn watch(eye: &Eye, drain: Drain, inputs: &Sender<Input>, stop: &AtomicBool) -> Played {
    let mut played = Played::default();
    let capture = match Capture::start(Arc::clone(&eye.name), drain) {
        Ok(capture) => capture,
        Err(error) => {
            log::error!("camera {}: {error}", eye.name);
            return played;
        }
    };
    let mut health = Health::new(clock::now());
    let mut told = None;
    while !stop.load(Ordering::Relaxed) {
        match capture.newest(PATIENCE) {
            Seen::Raw(raw) => {
                // A frame that is damaged is counted by the capture.
                if let Some(frame) = capture.frame(&raw) {
                    let fingerprint = frame.picture.fingerprint();
                    health.saw(fingerprint, clock::now());
                    played.frames += 1;
                    let glance = glance(eye, &frame, fingerprint);
                    played.symbols += glance.symbols.len() as u64;
                    let _ = inputs.send(Input::Happened(Event::Glance(glance)));
                }
            }
            Seen::Silent => {}
            Seen::Gone(why) => health.gone(why),
        }
        for note in capture.notes() {
            log::info!("camera {}: {note}", eye.name);
        }
        let (now_is, why) = health.at(clock::now());
        if told != Some(now_is) {
            told = Some(now_is);
            log::info!("camera {}: {now_is:?} {why}", eye.name);
            let name = Arc::clone(&eye.name);
            let _ = inputs.send(Input::Happened(Event::Camera { name, health: now_is }));
        }
    }
    log::info!("camera {}: {}", eye.name, capture.counts());
    played
}

fn glance(eye: &Eye, frame: &Frame, fingerprint: u64) -> Glance {
    let picture = &frame.picture;
    // A decoder that falls over costs the frame, not the station (E24).
    let symbols = decode_guarded(picture, &eye.formats).unwrap_or_else(|error| {
        log::error!("camera {}: frame {}: {error}", eye.name, frame.number);
        Vec::new()
    });
    Glance {
        camera: Arc::clone(&eye.name),
        view: Arc::clone(&eye.view),
        source: None,
        number: frame.number,
        taken: frame.taken,
        fingerprint,
        symbols: Arc::from(inside(symbols, picture.width(), picture.height())),
    }
}

/// What a camera's frames say of it.
struct Health {
    last_frame: Timestamp,
    last_change: Timestamp,
    fingerprint: Option<u64>,
    why: Option<String>,
}

impl Health {
    fn new(now: Timestamp) -> Self {
        Self { last_frame: now, last_change: now, fingerprint: None, why: None }
    }

    fn saw(&mut self, fingerprint: u64, now: Timestamp) {
        self.last_frame = now;
        self.why = None;
        if self.fingerprint.replace(fingerprint) != Some(fingerprint) {
            self.last_change = now;
        }
    }

    fn gone(&mut self, why: String) {
        self.why = Some(why);
    }

    fn at(&self, now: Timestamp) -> (CameraHealth, &str) {
        let why = self.why.as_deref().unwrap_or_default();
        if self.why.is_some() || now.since(self.last_frame) >= QUIET_MS {
            (CameraHealth::Lost, why)
        } else if now.since(self.last_change) >= QUIET_MS {
            (CameraHealth::Frozen, why)
        } else {
            (CameraHealth::Live, why)
        }
    }
}

/// Plays a reel no faster than life times `speed`; what decodes too slowly makes it slower, never skips.
fn play(
    eye: &Eye,
    projector: Projector<'_>,
    speed: u32,
    inputs: &Sender<Input>,
    stop: &AtomicBool,
) -> Played {
    let name = Arc::clone(&eye.name);
    let _ = inputs.send(Input::Happened(Event::Camera { name, health: CameraHealth::Live }));
    let mut pacer = Pacer { last: None, speed: i64::from(speed.max(1)) };
    let result: Result<Played, std::convert::Infallible> = projector.play(&mut |moment| {
        let input = match moment {
            Moment::Glance(glance, at) => {
                pacer.wait(at);
                let mut glance = glance;
                glance.view = Arc::clone(&eye.view);
                Input::Played(Event::Glance(glance), at)
            }
            Moment::Step(step, at) => {
                pacer.wait(at);
                Input::Step(step.clone(), at)
            }
            Moment::Error { source, error } => Input::NoPicture { source, error },
            Moment::End(at) => {
                pacer.wait(at);
                Input::Played(Event::SourceEnded, at)
            }
        };
        let is_heard = inputs.send(input).is_ok() && !stop.load(Ordering::Relaxed);
        Ok(if is_heard { Go::On } else { Go::Stop })
    });
    match result {
        Ok(played) => played,
    }
}

/// Keeps a reel's frames apart.
struct Pacer {
    last: Option<(Timestamp, Instant)>,
    speed: i64,
}

impl Pacer {
    /// Waits until `at` is due, counted from the frame before.
    fn wait(&mut self, at: Timestamp) {
        if let Some((last, since)) = self.last {
            // Whole milliseconds would add up: the reel's clock must not get ahead of the wall's.
            let apart = u64::try_from(at.since(last) * 1_000_000 / self.speed).unwrap_or(0);
            let due = since + Duration::from_nanos(apart);
            let left = due.saturating_duration_since(clock::instant());
            clock::rest(left);
        }
        self.last = Some((at, clock::instant()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_lost_or_frozen_after_two_seconds() {
        let at = |ms: i64| Timestamp::from_millis(1_000_000 + ms);
        let mut health = Health::new(at(0));
        health.saw(1, at(0));
        health.saw(2, at(100));
        assert_eq!(health.at(at(1500)).0, CameraHealth::Live);
        assert_eq!(health.at(at(2100)).0, CameraHealth::Lost);
        health.saw(2, at(2200));
        assert_eq!(health.at(at(2200)).0, CameraHealth::Frozen);
        health.saw(3, at(2300));
        assert_eq!(health.at(at(2300)).0, CameraHealth::Live);
        health.gone("unplugged".to_owned());
        assert_eq!(health.at(at(2300)), (CameraHealth::Lost, "unplugged"));
    }
}
