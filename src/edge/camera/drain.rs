//! Keeps one camera open and its slot fresh: a step at a time, so that a thread drives it in life and a test by hand.
//!
//! It takes frames from the driver as they come and does nothing else with them. What is flagged, short, or no newer
//! than the one before is counted and dropped. After any error, and after silence, the camera is dropped and opened
//! anew, under whatever node it has then: a stream that has failed is spoilt.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::edge::camera::slot::{Shared, Slot};
use crate::edge::camera::source::{Answer, CameraError, Driver, FrameSource, Opened, Raw};
use crate::edge::camera::sysfs::Find;
use crate::pipeline::camera::{Rate, Setup};

/// How long one step may wait for a frame: so soon a thread notices that it is to stop.
const PATIENCE: Duration = Duration::from_millis(100);
/// A camera that gives nothing for so long is opened anew, or for [`PERIODS`], whichever is longer.
const SILENCE: Duration = Duration::from_millis(1500);
/// Frame periods that a slow camera may miss.
const PERIODS: f64 = 6.0;
/// How long the first frame after opening may take: sensors start up.
const FIRST: Duration = Duration::from_secs(3);
/// How long to wait before a camera that failed is looked up again; doubled each time, up to [`AGAIN_MOST`].
const AGAIN: Duration = Duration::from_millis(200);
/// The longest such wait.
const AGAIN_MOST: Duration = Duration::from_secs(1);
/// For how long frames are counted before a rate is judged.
const RATE_WINDOW: Duration = Duration::from_secs(5);
/// A rate below this share of what was agreed on is told.
const RATE_SHARE: f64 = 0.8;

/// Keeps a camera's slot fresh.
#[derive(Debug)]
pub struct Drain {
    driver: Box<dyn Driver>,
    find: Find,
    setup: Setup,
    session: Option<Session>,
    /// Before that it is not tried again.
    due: Duration,
    again: Duration,
    last_error: Option<CameraError>,
}

/// A camera while it is open.
#[derive(Debug)]
struct Session {
    source: Box<dyn FrameSource>,
    opened_at: Duration,
    last_frame: Option<Duration>,
    /// Number and stamp of the newest frame.
    newest: Option<(u32, Option<Duration>)>,
    window: Window,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There was a frame, or none yet: go on at once.
    On,
    /// The camera is not open: nothing is to be done for so long.
    Wait(Duration),
}

impl Drain {
    /// Will keep the camera that `find` tells open as `setup` asks; it need not be there yet.
    pub fn new(driver: Box<dyn Driver>, find: Find, setup: Setup) -> Self {
        let (session, last_error) = (None, None);
        Self { driver, find, setup, session, due: Duration::ZERO, again: AGAIN, last_error }
    }

    /// The time of the world that the camera is in.
    pub fn time(&self) -> Duration {
        self.driver.time()
    }

    /// Opens the camera where that is due, or takes what it gives and puts it into `slot`.
    pub fn step(&mut self, slot: &Shared) -> Step {
        let now = self.driver.time();
        if now < self.due {
            return Step::Wait(self.due.saturating_sub(now));
        }
        let guarded = catch_unwind(AssertUnwindSafe(|| self.step_unguarded(now, slot)));
        match guarded.unwrap_or(Err(CameraError::Fell)) {
            Ok(()) => Step::On,
            Err(error) => self.failed(error, slot),
        }
    }

    fn step_unguarded(&mut self, now: Duration, slot: &Shared) -> Result<(), CameraError> {
        let Some(session) = &mut self.session else {
            let source = self.driver.open(&self.find, &self.setup)?;
            let opened = source.opened().clone();
            self.session = Some(Session::new(source, self.driver.time()));
            self.last_error = None;
            slot.with(|slot| tell_opened(slot, &opened));
            return Ok(());
        };
        let raw = session.source.next(PATIENCE)?;
        let now = self.driver.time().max(now);
        match raw {
            Some(raw) => {
                self.again = AGAIN;
                slot.with(|slot| session.give(raw, now, slot));
                Ok(())
            }
            None => {
                session.is_silent(now).map_or(Ok(()), |silent| Err(CameraError::Silent { silent }))
            }
        }
    }

    fn failed(&mut self, error: CameraError, slot: &Shared) -> Step {
        // The old one is gone before the new one is looked up: a dead handle keeps its node's number.
        let session = self.session.take();
        let is_clean = catch_unwind(AssertUnwindSafe(|| drop(session))).is_ok();
        let is_new = self.last_error.as_ref() != Some(&error);
        slot.with(|slot| {
            slot.counts.silent += u64::from(matches!(error, CameraError::Silent { .. }));
            slot.fail(error.to_string());
            if is_new {
                slot.note(error.to_string());
            }
            if !is_clean {
                slot.note("the camera's driver fell over while it was closed".to_owned());
            }
        });
        self.last_error = Some(error);
        let wait = self.again;
        self.due = self.driver.time() + wait;
        self.again = (self.again * 2).min(AGAIN_MOST);
        Step::Wait(wait)
    }
}

fn tell_opened(slot: &mut Slot, opened: &Opened) {
    slot.counts.opened += 1;
    let differences: Vec<String> = opened.controls.iter().filter_map(Answer::difference).collect();
    slot.note(format!("{} opened: {}", opened.node, opened.mode));
    for difference in differences {
        slot.note(difference);
    }
}

impl Session {
    fn new(source: Box<dyn FrameSource>, now: Duration) -> Self {
        let window = Window::new(source.opened().mode.rate);
        Self { source, opened_at: now, last_frame: None, newest: None, window }
    }

    fn give(&mut self, raw: Raw, now: Duration, slot: &mut Slot) {
        slot.counts.arrived += 1;
        if let Some(note) = self.window.count(now) {
            slot.note(note);
        }
        if raw.is_flagged {
            slot.counts.flagged += 1;
            return;
        }
        if raw.bytes.len() < raw.layout.least_bytes() {
            slot.counts.short += 1;
            return;
        }
        if let Some((sequence, stamp)) = self.newest.replace((raw.sequence, raw.stamp)) {
            let ahead = raw.sequence.wrapping_sub(sequence);
            // A driver that does not count still has its clock.
            let is_later = raw.stamp > stamp && stamp.is_some();
            if (ahead == 0 || ahead > u32::MAX / 2) && !is_later {
                slot.counts.repeated += 1;
                self.newest = Some((sequence, stamp));
                return;
            }
            if ahead <= u32::MAX / 2 {
                slot.counts.lost += u64::from(ahead.saturating_sub(1));
            }
        }
        self.last_frame = Some(now);
        slot.put(raw);
    }

    /// For how long nothing fit to be seen has come, where that is too long.
    fn is_silent(&self, now: Duration) -> Option<Duration> {
        let period = 1.0 / self.source.opened().mode.rate.per_second();
        let patience = SILENCE.max(Duration::from_secs_f64((period * PERIODS).min(60.0)));
        let (since, most) = match self.last_frame {
            Some(last) => (last, patience),
            None => (self.opened_at, FIRST.max(patience)),
        };
        let silent = now.saturating_sub(since);
        (silent >= most).then_some(silent)
    }
}

/// Counts frames for a while and judges their rate.
#[derive(Debug)]
struct Window {
    agreed: Rate,
    since: Option<Duration>,
    n: u32,
    is_low: bool,
}

impl Window {
    fn new(agreed: Rate) -> Self {
        Self { agreed, since: None, n: 0, is_low: false }
    }

    /// Counts a frame; what is to be told, where the rate has fallen or is well again.
    fn count(&mut self, now: Duration) -> Option<String> {
        let Some(since) = self.since else {
            self.since = Some(now);
            return None;
        };
        self.n += 1;
        let time = now.saturating_sub(since);
        if time < RATE_WINDOW {
            return None;
        }
        let found = f64::from(self.n) / time.as_secs_f64();
        (self.since, self.n) = (Some(now), 0);
        let was_low =
            std::mem::replace(&mut self.is_low, found < self.agreed.per_second() * RATE_SHARE);
        match (was_low, self.is_low) {
            (false, true) => Some(format!(
                "{found:.1} of {} frames a second: more light, a shorter exposure, or a USB port of its own",
                self.agreed
            )),
            (true, false) => Some(format!("{found:.1} frames a second again")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::edge::camera::script::{Call, Event, Script, label};
    use crate::edge::camera::slot::Counts;

    /// Drains `script` for `seconds`, taking every frame; the numbers taken and what was noted.
    fn drained(script: &Script, seconds: u64) -> (Vec<u64>, Vec<String>, Counts) {
        let mut drain = Drain::new(Box::new(script.clone()), Find::First, Setup::default());
        let shared = Shared::default();
        let (mut numbers, mut notes) = (Vec::new(), Vec::new());
        while script.now() < Duration::from_secs(seconds) {
            if let Step::Wait(time) = drain.step(&shared) {
                script.pass(time);
            }
            let now = drain.time();
            shared.with(|slot| {
                numbers.extend(slot.take(now).map(|raw| raw.number));
                notes.extend(slot.notes());
                slot.error();
            });
        }
        (numbers, notes, shared.with(|slot| slot.counts))
    }

    fn script(events: &[(f64, Event)]) -> Script {
        let script = Script::new(label(64, 48, 100), 15);
        for (at, event) in events {
            script.at(Duration::from_secs_f64(*at), event.clone());
        }
        script
    }

    #[test]
    fn every_frame_comes_once() {
        let (numbers, notes, counts) = drained(&script(&[]), 10);
        assert_eq!(numbers, (1..=counts.accepted).collect::<Vec<_>>());
        assert_eq!((counts.arrived, counts.taken, counts.lost), (150, 150, 0));
        assert_eq!(notes, ["/dev/script opened: GREY 64x48 at 15"]);
    }

    #[test]
    fn a_silent_camera_is_found_in_time_and_opened_anew() {
        let (numbers, notes, counts) =
            drained(&script(&[(2.0, Event::Stall), (6.0, Event::Resume)]), 10);
        assert!(notes[1].starts_with("the camera has given no frame for 15"), "{notes:?}");
        assert!((85..95).contains(&numbers.len()) && counts.silent >= 1, "{counts}");
    }

    #[test]
    fn an_unplugged_camera_is_told_at_once_and_found_again() {
        let events = [(2.0, Event::Unplug), (5.0, Event::Plug)];
        let (_, notes, counts) = drained(&script(&events), 10);
        assert!(notes[1].contains("No such device") && notes[2].contains("no camera"), "{notes:?}");
        assert_eq!(counts.opened, 2);
        // Up to a second until it is looked up.
        assert!((90..=105).contains(&counts.taken), "{counts}");
    }

    #[test_case(Event::Flag(3), |c| c.flagged == 3; "flagged")]
    #[test_case(Event::Tear(3), |c| c.short == 3; "torn")]
    #[test_case(Event::Duplicate, |c| c.repeated == 1 && c.arrived == 151; "duplicate")]
    #[test_case(Event::Reorder, |c| c.repeated == 1 && c.lost == 1; "reordered")]
    #[test_case(Event::Lose(4), |c| c.lost == 4 && c.repeated == 0; "lost")]
    #[test_case(Event::Burst(4), |c| c.taken + c.stale == 150; "burst")]
    fn what_is_amiss_with_frames_is_counted(event: Event, is_right: fn(&Counts) -> bool) {
        let (numbers, _, counts) = drained(&script(&[(2.0, event)]), 10);
        assert!(is_right(&counts) && counts.opened == 1, "{counts}");
        assert!(numbers.is_sorted_by(|a, b| a < b));
    }

    #[test_case(Call::Open)]
    #[test_case(Call::Next)]
    #[test_case(Call::Close)]
    fn a_camera_may_vanish_or_its_driver_fall_in_any_call(call: Call) {
        for event in [Event::VanishIn(call), Event::Panic(call)] {
            let events = [
                (0.0, event.clone()),
                (3.0, Event::Stall),
                (6.0, Event::Resume),
                (8.0, Event::Plug),
            ];
            let (numbers, _, counts) = drained(&script(&events), 20);
            assert!(numbers.len() > 150, "{event:?}: {counts}");
            assert!(counts.failed >= 1 && counts.opened >= 1, "{event:?}: {counts}");
        }
    }

    #[test]
    fn what_keeps_it_from_opening_is_told_once() {
        let busy = CameraError::Busy { node: "/dev/script".to_owned() };
        let (_, notes, counts) = drained(&script(&[(0.0, Event::FailOpen(busy, 5))]), 10);
        assert_eq!(notes[0], "/dev/script is in use; close the program that has it");
        assert_eq!((notes.len(), counts.failed, counts.opened), (2, 5, 1));
    }

    #[test]
    fn a_rate_below_what_was_agreed_on_is_told() {
        let lost: Vec<(f64, Event)> =
            (0..100).map(|i| (5.0 + f64::from(i) * 0.2, Event::Lose(1))).collect();
        let (_, notes, _) = drained(&script(&lost), 40);
        assert!(notes[1].starts_with("10."), "{notes:?}");
        assert!(notes[2].ends_with("frames a second again"), "{notes:?}");
    }

    #[test]
    fn a_frame_that_waited_too_long_is_not_given() {
        let script = script(&[]);
        let mut drain = Drain::new(Box::new(script.clone()), Find::First, Setup::default());
        let shared = Shared::default();
        while shared.with(|slot| slot.counts.accepted) == 0 {
            drain.step(&shared);
        }
        script.pass(Duration::from_millis(301));
        assert!(shared.with(|slot| slot.take(script.now())).is_none());
        assert_eq!(shared.with(|slot| slot.counts.stale), 1);
    }
}
