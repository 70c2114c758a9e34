//! Cameras that are played from a script, with time under control: no machine, no thread, no waiting.
//!
//! A test says what each camera shows and what goes wrong when. The clock moves only when the drain waits for a frame
//! or the test moves it, so a shift of half an hour takes as long as its frames take to decode.
//!
//! ```
//! use std::time::Duration;
//! use scanstation::edge::camera::drain::Drain;
//! use scanstation::edge::camera::script::{Event, Script, label};
//! use scanstation::edge::camera::slot::Shared;
//! use scanstation::edge::camera::sysfs::Find;
//! use scanstation::pipeline::camera::Setup;
//!
//! let script = Script::new(label(64, 48, 200), 15);
//! script.at(Duration::from_secs(2), Event::Unplug);
//! script.at(Duration::from_secs(3), Event::Plug);
//! let (mut drain, slot) = (Drain::new(Box::new(script.clone()), Find::First, Setup::default()), Shared::default());
//! while script.now() < Duration::from_secs(5) {
//!     if let scanstation::edge::camera::drain::Step::Wait(time) = drain.step(&slot) {
//!         script.pass(time);
//!     }
//!     let frame = slot.with(|slot| slot.take(script.now()));
//!     // … decode `frame`, then `script.pass(…)` for what that took.
//! }
//! assert_eq!(slot.with(|slot| slot.counts.opened), 2);
//! ```

mod scene;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::edge::camera::script::scene::noisy;
use crate::edge::camera::source::{Answer, CameraError, Driver, FrameSource, Layout, Opened, Raw};
use crate::edge::camera::sysfs::{Find, NotFound};
use crate::pipeline::camera::{Mode, Rate, Setup, Wish};

pub use crate::edge::camera::script::scene::{Scene, grey, label};

/// What happens to a camera.
#[derive(Debug, Clone)]
pub enum Event {
    /// It shows this from now on.
    Show(Scene),
    /// It stays plugged in and gives nothing.
    Stall,
    /// It gives frames again.
    Resume,
    /// It is pulled out.
    Unplug,
    /// It is put back.
    Plug,
    /// So many frame times pass without a frame; the driver's count goes on.
    Lose(u32),
    /// So many frames come at once, all stamped with the times they were due at.
    Burst(u32),
    /// The next frame comes after the one that follows it.
    Reorder,
    /// The next frame comes twice.
    Duplicate,
    /// So many frames are cut to half their bytes.
    Tear(u32),
    /// So many frames are marked as damaged.
    Flag(u32),
    /// Opening fails with this, so many times.
    FailOpen(CameraError, u32),
    /// The driver panics at the next call of this.
    Panic(Call),
    /// The camera disappears in the middle of the next call of this.
    VanishIn(Call),
}

/// A call into a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Opening.
    Open,
    /// Waiting for a frame.
    Next,
    /// Closing.
    Close,
}

/// A camera that plays a script; its clones are the same camera.
#[derive(Debug, Clone)]
pub struct Script(Arc<Mutex<World>>);

#[derive(Debug)]
struct World {
    now: Duration,
    rate: Rate,
    scene: Scene,
    noise: u64,
    events: VecDeque<(Duration, Event)>,
    is_plugged: bool,
    /// Each replug makes another device: handles of the one before are dead.
    generation: u64,
    is_streaming: bool,
    is_stalled: bool,
    next_due: Duration,
    sequence: u32,
    /// What the driver holds until it is asked for; it has [`BUFFERS`].
    ready: VecDeque<Raw>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Faults {
    lose: u32,
    tear: u32,
    flag: u32,
    burst: u32,
    gathered: Vec<Raw>,
    reorder: bool,
    held_back: Option<Raw>,
    duplicate: bool,
    fail_open: Option<(CameraError, u32)>,
    panic_in: Option<Call>,
    vanish_in: Option<Call>,
}

/// Frames that a driver holds for a reader that is late.
const BUFFERS: usize = 4;

impl Script {
    /// A camera that is plugged in and shows `scene`, so many frames a second. Every frame differs a little from
    /// the one before, by noise that is the same in every run.
    pub fn new(scene: Scene, frames_a_second: u32) -> Self {
        let rate = Rate::whole(frames_a_second);
        Self(Arc::new(Mutex::new(World {
            now: Duration::ZERO,
            rate,
            scene,
            noise: 0x9e37_79b9_7f4a_7c15,
            events: VecDeque::new(),
            is_plugged: true,
            generation: 0,
            is_streaming: false,
            is_stalled: false,
            next_due: Duration::from_secs_f64(1.0 / rate.per_second()),
            sequence: 0,
            ready: VecDeque::new(),
            faults: Faults::default(),
        })))
    }

    /// Has `event` happen at `time`; events are told in order of their times.
    pub fn at(&self, time: Duration, event: Event) {
        let mut world = self.world();
        let place = world.events.partition_point(|(at, _)| *at <= time);
        world.events.insert(place, (time, event));
    }

    /// The time.
    pub fn now(&self) -> Duration {
        self.world().now
    }

    /// Lets `time` go by: what decoding takes, or waiting.
    pub fn pass(&self, time: Duration) {
        let mut world = self.world();
        let until = world.now + time;
        world.run_to(until);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn period(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate.per_second())
    }

    /// Lets everything happen that is due until `until`, in order.
    fn run_to(&mut self, until: Duration) {
        loop {
            let event_at = self.events.front().map(|(at, _)| *at).filter(|at| *at <= until);
            let is_frame_due = self.next_due <= until;
            match event_at {
                Some(at) if !is_frame_due || at <= self.next_due => {
                    self.now = self.now.max(at);
                    if let Some((_, event)) = self.events.pop_front() {
                        self.happen(event);
                    }
                }
                _ if is_frame_due => {
                    self.now = self.now.max(self.next_due);
                    self.frame();
                    self.next_due += self.period();
                }
                _ => break,
            }
        }
        self.now = self.now.max(until);
    }

    fn happen(&mut self, event: Event) {
        let faults = &mut self.faults;
        match event {
            Event::Show(scene) => self.scene = scene,
            Event::Stall => self.is_stalled = true,
            Event::Resume => self.is_stalled = false,
            Event::Unplug => self.unplug(),
            Event::Plug => self.is_plugged = true,
            Event::Lose(n) => faults.lose += n,
            Event::Burst(n) => faults.burst = n,
            Event::Reorder => faults.reorder = true,
            Event::Duplicate => faults.duplicate = true,
            Event::Tear(n) => faults.tear += n,
            Event::Flag(n) => faults.flag += n,
            Event::FailOpen(error, n) => faults.fail_open = Some((error, n)),
            Event::Panic(call) => faults.panic_in = Some(call),
            Event::VanishIn(call) => faults.vanish_in = Some(call),
        }
    }

    fn unplug(&mut self) {
        self.is_plugged = false;
        self.is_streaming = false;
        self.generation += 1;
        self.ready.clear();
    }

    /// The sensor's next frame goes its way.
    fn frame(&mut self) {
        if !self.is_streaming || self.is_stalled {
            return;
        }
        self.sequence = self.sequence.wrapping_add(1);
        if self.faults.lose > 0 {
            self.faults.lose -= 1;
            return;
        }
        let raw = self.raw();
        let faults = &mut self.faults;
        if faults.burst > 0 {
            faults.burst -= 1;
            faults.gathered.push(raw);
            if faults.burst == 0 {
                let gathered = std::mem::take(&mut faults.gathered);
                for raw in gathered {
                    self.deliver(raw);
                }
            }
            return;
        }
        if std::mem::take(&mut faults.reorder) {
            faults.held_back = Some(raw);
            return;
        }
        let (again, late) = (std::mem::take(&mut faults.duplicate), faults.held_back.take());
        let twice = again.then(|| raw.clone());
        for raw in [Some(raw), twice, late].into_iter().flatten() {
            self.deliver(raw);
        }
    }

    /// A frame that finds no buffer free is lost.
    fn deliver(&mut self, raw: Raw) {
        if self.ready.len() < BUFFERS {
            self.ready.push_back(raw);
        }
    }

    fn raw(&mut self) -> Raw {
        let mut bytes = self.scene.bytes.to_vec();
        let layout = self.scene.layout;
        if layout.pixels.is_plain() {
            self.noise = noisy(&mut bytes, self.noise);
        }
        let faults = &mut self.faults;
        if faults.tear > 0 {
            faults.tear -= 1;
            bytes.truncate(bytes.len() / 2);
        }
        let is_flagged = faults.flag > 0;
        faults.flag = faults.flag.saturating_sub(1);
        let (sequence, stamp) = (self.sequence, Some(self.now));
        Raw { bytes, layout, sequence, is_flagged, stamp, arrived: self.now, number: 0 }
    }

    /// What the script says of a call that begins.
    fn enter(&mut self, call: Call) {
        if self.faults.vanish_in.take_if(|at| *at == call).is_some() {
            self.unplug();
        }
        if self.faults.panic_in.take_if(|at| *at == call).is_some() {
            // As a wrapper around a driver may; without the words that a panic prints.
            std::panic::resume_unwind(Box::new("by the script"));
        }
    }
}

impl Driver for Script {
    fn open(&mut self, _find: &Find, setup: &Setup) -> Result<Box<dyn FrameSource>, CameraError> {
        let mut world = self.world();
        let now = world.now;
        world.run_to(now);
        world.enter(Call::Open);
        if !world.is_plugged {
            return Err(NotFound::None.into());
        }
        if let Some((error, n)) = world.faults.fail_open.take() {
            world.faults.fail_open = (n > 1).then(|| (error.clone(), n - 1));
            return Err(error);
        }
        let Layout { pixels, size, .. } = world.scene.layout;
        let mode = Mode { pixels, size, rate: world.rate };
        let answer = |(control, wish): &(_, Wish)| Answer {
            control: *control,
            wish: *wish,
            found: Ok(*wish),
        };
        let controls = setup.controls.iter().map(answer).collect();
        world.is_streaming = true;
        world.sequence = 0;
        let (node, generation) = ("/dev/script".to_owned(), world.generation);
        world.ready.clear();
        drop(world);
        let opened = Opened { node, mode, controls };
        Ok(Box::new(Playing { script: self.clone(), generation, opened }))
    }

    fn time(&self) -> Duration {
        self.now()
    }
}

/// A script's camera while it is open.
#[derive(Debug)]
struct Playing {
    script: Script,
    generation: u64,
    opened: Opened,
}

impl FrameSource for Playing {
    fn opened(&self) -> &Opened {
        &self.opened
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Raw>, CameraError> {
        let mut world = self.script.world();
        world.enter(Call::Next);
        let deadline = world.now + patience;
        while world.generation == self.generation && world.ready.is_empty() && world.now < deadline
        {
            let event_at = world.events.front().map_or(deadline, |(at, _)| *at);
            let until = deadline.min(world.next_due).min(event_at).max(world.now);
            world.run_to(until);
        }
        if world.generation != self.generation {
            return Err(CameraError::Stopped { why: "No such device (os error 19)".to_owned() });
        }
        let arrived = world.now;
        Ok(world.ready.pop_front().map(|raw| Raw { arrived, ..raw }))
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let mut world = self.script.world();
        if world.generation == self.generation {
            world.is_streaming = false;
            world.ready.clear();
        }
        if std::thread::panicking() {
            return;
        }
        world.enter(Call::Close);
    }
}
