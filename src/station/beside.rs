//! How two tracks of a view stand to each other: readings of one spot, parts of one box, one box after another.

use crate::pipeline::meaning::Role;
use crate::pipeline::view::{Track, Use};

/// Whether two tracks are readings of one spot that differ, each seen more than once.
pub(super) fn disagree(a: &Track, b: &Track) -> bool {
    let twice = a.agreed() > 1 && b.agreed() > 1;
    let is_silent = |track: &Track| track.state == Use::Linked;
    let silent = is_silent(a) || is_silent(b);
    twice && !silent && a.differs(b) && a.covisible(b) && a.same_spot(b)
}

/// Whether `track` was in view together with `subject` or another symbol of its box.
pub(super) fn is_with(subject: &Track, here: &[&Track], track: &Track) -> bool {
    here.iter().any(|part| !part.differs(subject) && part.covisible(track))
}

/// Whether `by` states another serial and came into view when `track` was no longer seen: the box was swapped.
pub(super) fn succeeds(by: &Track, track: &Track) -> bool {
    by.differs(track) && by.first_seen > track.last_seen && !by.covisible(track)
}

/// Whether a symbol tells that a box is in view: its product code, a serial that misses, any other code.
pub(super) fn is_of_a_box(track: &Track) -> bool {
    matches!(track.meaning.role, Role::Product | Role::Other) && track.calls.is_none()
}
