//! The bell: which sounds are still due. A terminal has one tone, so a sound is told by how often it rings.

use crate::pipeline::time::Timestamp;
use crate::station::{Message, Sound};

/// Between the two bells of a wrong, in milliseconds: closer, and a terminal runs them into one.
const DOUBLE_MS: i64 = 250;
/// Between the bells of a stop, in milliseconds.
const STOP_MS: i64 = 1500;

/// What is still to ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bells {
    next: Option<Next>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Next {
    at: Timestamp,
    then: Then,
}

/// What follows the next bell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Second,
    UntilAcknowledged,
}

impl Bells {
    /// Takes in a sound: one bell for done, two for wrong, one again and again for stop, none for again.
    pub fn play(&mut self, sound: Sound, now: Timestamp) {
        let then = match sound {
            Sound::Again => return,
            Sound::Ok => Then::Nothing,
            Sound::Wrong => Then::Second,
            Sound::Stop => Then::UntilAcknowledged,
        };
        self.next = Some(Next { at: now, then });
    }

    /// When the next bell is due, by what the station says now: the run loop need not wake before.
    pub fn next_due(&self, message: &Message) -> Option<Timestamp> {
        let is_over = |next: &Next| next.then == Then::UntilAcknowledged && message.acknowledged;
        self.next.filter(|next| !is_over(next)).map(|next| next.at)
    }

    /// Whether a bell is to ring at `now`; each is given once.
    pub fn take_due(&mut self, message: &Message, now: Timestamp) -> bool {
        let Some(due) = self.next_due(message) else {
            self.next = None;
            return false;
        };
        if due > now {
            return false;
        }
        self.next = self.next.and_then(|next| match next.then {
            Then::Nothing => None,
            Then::Second => Some(Next { at: now.plus(DOUBLE_MS), then: Then::Nothing }),
            Then::UntilAcknowledged => Some(Next { at: now.plus(STOP_MS), then: next.then }),
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::time::SIMULATED_START;
    use crate::station::Face;

    /// The milliseconds at which bells ring, of the first five seconds.
    fn rings(sound: Sound, acknowledged_at: i64) -> Vec<i64> {
        let mut bells = Bells::default();
        bells.play(sound, SIMULATED_START);
        let rings = |ms: &i64| {
            let message = Message {
                face: Face::Ready,
                at: SIMULATED_START,
                acknowledged: sound != Sound::Stop || *ms >= acknowledged_at,
            };
            bells.take_due(&message, SIMULATED_START.plus(*ms))
        };
        (0..5000).step_by(50).filter(rings).collect()
    }

    #[test_case(Sound::Ok, &[0])]
    #[test_case(Sound::Again, &[])]
    #[test_case(Sound::Wrong, &[0, 250])]
    #[test_case(Sound::Stop, &[0, 1500, 3000])]
    fn each_sound_rings(sound: Sound, expected: &[i64]) {
        assert_eq!(rings(sound, 4000), expected);
    }
}
