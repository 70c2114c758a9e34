//! The threads that see: a camera's newest frame, decoded; or a reel, played at its own pace.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::edge::camera::drain::Drain;
use crate::edge::camera::linux::Linux;
use crate::edge::camera::source::Raw;
use crate::edge::camera::sysfs::Find;
use crate::edge::camera::{Capture, Seen};
use crate::edge::clock;
use crate::edge::reel::Item;
use crate::edge::steps::StepLine;
use crate::pipeline::camera::{Pixels, Setup};
use crate::pipeline::decode::Formats;
use crate::pipeline::decode::work::Work;
use crate::pipeline::frame::Picture;
use crate::pipeline::mount::Mount;
use crate::pipeline::shot::Shot;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Agreement, Glance};
use crate::projector::{Go, Moment, Pace, Played, Projector};
use crate::run::Input;
use crate::run::look::{Looked, Looker};
use crate::run::recorder::Recorder;
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
    /// How its picture is shown; a reel's is as it is.
    pub mount: Mount,
    /// The symbologies that the station has a use for.
    pub formats: Formats,
    /// By what its symbols agree.
    pub agreement: Agreement,
    /// What a camera's frame may cost.
    pub work: Work,
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

/// Where an eye's frames go.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) inputs: Sender<Input>,
    pub(super) recorder: Option<Recorder>,
}

impl Outlet {
    fn send(&self, input: Input) -> bool {
        self.inputs.send(input).is_ok()
    }

    fn record(&self, glance: &Glance, picture: Option<Arc<Picture>>, decided: Timestamp) {
        if let Some(recorder) = &self.recorder {
            recorder.shot(Shot::of(glance, picture, decided));
        }
    }
}

/// Opens `eye` on a thread of its own, until `stop`.
pub(super) fn open(eye: Eye, outlet: Outlet, stop: Arc<AtomicBool>) -> io::Result<()> {
    let thread = std::thread::Builder::new().name(format!("eye {}", eye.name));
    thread.spawn(move || {
        let played = match &eye.source {
            Source::Camera(find, setup) => {
                let drain = Drain::new(Box::new(Linux), find.clone(), setup.clone());
                watch(&eye, drain, &outlet, &stop)
            }
            Source::Reel { items, steps, pace, speed } => {
                let life = Projector::duration_ms(items, steps);
                // What is faster than life ends now: no notification may come from the future.
                let start = clock::now().plus(life / i64::from((*speed).max(1)) - life);
                let pacer = Pacer::new(start, *speed);
                let projector = Projector::new(items, steps, start).with_pace(*pace);
                let projector = match pace {
                    Pace::Held => projector,
                    // As a camera's frames are read, so that a recording of them is replayed to the same.
                    Pace::Frame => projector.with_formats(eye.formats.clone()),
                };
                play(&eye, projector, pacer, &outlet, &stop)
            }
        };
        outlet.send(Input::Ended(played));
    })?;
    Ok(())
}

fn watch(eye: &Eye, drain: Drain, outlet: &Outlet, stop: &AtomicBool) -> Played {
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
    let names = (Arc::clone(&eye.name), Arc::clone(&eye.view));
    let mut looker =
        Looker::new(names, eye.mount, eye.formats.clone(), eye.agreement).with_work(eye.work);
    while !stop.load(Ordering::Relaxed) {
        match capture.newest(PATIENCE) {
            Seen::Raw(raw) => {
                let length = (raw.layout.pixels == Pixels::Mjpeg).then_some(raw.bytes.len());
                if let Some(glance) = length.and_then(|length| unseen(&mut looker, &raw, length)) {
                    health.passed(clock::now());
                    tell(Looked { glance, picture: None, fell: None }, &mut played, outlet);
                } else if let Some(frame) = capture.frame(&raw) {
                    // A frame that is damaged is counted by the capture.
                    health.saw(frame.picture.fingerprint(), clock::now());
                    match looker.look(&frame, length) {
                        Ok(looked) => tell(looked, &mut played, outlet),
                        Err(error) => health.gone(error.to_string()),
                    }
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
            outlet.send(Input::Happened(Event::Camera { name, health: now_is }));
        }
    }
    log::info!("camera {}: {}", eye.name, capture.counts());
    played
}

/// What a compressed frame shows that need not be unpacked.
fn unseen(looker: &mut Looker, raw: &Raw, length: usize) -> Option<Glance> {
    let age = i64::try_from(raw.age(clock::monotonic()).as_millis()).unwrap_or(i64::MAX);
    looker.unseen(raw.number, clock::now().plus(-age), length)
}

/// Tells the station what was seen, and counts what was decoded.
fn tell(looked: Looked, played: &mut Played, outlet: &Outlet) {
    let Looked { glance, picture, fell } = looked;
    if let Some(error) = fell {
        log::error!("camera {}: frame {}: {error}", glance.camera, glance.number);
        if let Some(recorder) = &outlet.recorder {
            recorder.exception(clock::now(), "decoder_fell");
        }
    }
    played.frames += 1;
    if picture.is_some() {
        played.symbols += glance.symbols.len() as u64;
    }
    outlet.record(&glance, picture, clock::now());
    outlet.send(Input::Happened(Event::Glance(glance)));
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

    /// A frame came that nobody looked into.
    fn passed(&mut self, now: Timestamp) {
        self.last_frame = now;
        self.why = None;
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

/// Plays a reel no faster than `pacer` lets it; what decodes too slowly makes it slower, never skips.
fn play(
    eye: &Eye,
    projector: Projector<'_>,
    mut pacer: Pacer,
    outlet: &Outlet,
    stop: &AtomicBool,
) -> Played {
    let name = Arc::clone(&eye.name);
    outlet.send(Input::Happened(Event::Camera { name, health: CameraHealth::Live }));
    let result: Result<Played, std::convert::Infallible> = projector.play(&mut |moment| {
        let input = match moment {
            Moment::Glance(glance, at, picture) => {
                pacer.wait(at);
                outlet.record(&glance, picture, at);
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
        let is_heard = outlet.send(input) && !stop.load(Ordering::Relaxed);
        Ok(if is_heard { Go::On } else { Go::Stop })
    });
    match result {
        Ok(played) => played,
    }
}

/// Keeps a reel's frames apart.
struct Pacer {
    last: (Timestamp, Instant),
    speed: i64,
}

impl Pacer {
    /// One for a reel that begins now, at `start` of its own time, and runs at life times `speed`.
    fn new(start: Timestamp, speed: u32) -> Self {
        Self { last: (start, clock::instant()), speed: i64::from(speed.max(1)) }
    }

    /// Waits until `at` is due, counted from the frame before, or from the start: what the reel makes due must not lie
    /// in the wall's future, where it would stay behind when the reel is over.
    fn wait(&mut self, at: Timestamp) {
        let (last, since) = self.last;
        // Whole milliseconds would add up: the reel's clock must not get ahead of the wall's.
        let apart = u64::try_from(at.since(last) * 1_000_000 / self.speed).unwrap_or(0);
        let due = since + Duration::from_nanos(apart);
        let left = due.saturating_duration_since(clock::instant());
        clock::rest(left);
        self.last = (at, clock::instant());
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
