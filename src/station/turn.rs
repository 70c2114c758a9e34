//! A turn of the station: time passes, a frame is taken in, and what follows is done until the store is asked.

use std::sync::Arc;

use crate::pipeline::ident::OrderCode;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Glance, Track, Use};
use crate::station::{Effect, Held, Lookup, Notice, Station, Told, Wish};

impl Station {
    /// Takes in a frame.
    pub(super) fn see(&mut self, glance: &Glance, now: Timestamp, effects: &mut Vec<Effect>) {
        // What had left before this frame was taken does not come back with it as the same box.
        self.pass_time(glance.taken, effects);
        let view = self.views.entry(Arc::clone(&glance.view)).or_default();
        view.see(glance, &self.catalog, self.rules.agreement_of(&glance.view));
        self.pass_time(now, effects);
    }

    /// Lets go of what has left and of a box held too long.
    pub(super) fn pass_time(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let names: Vec<Arc<str>> = self.views.keys().cloned().collect();
        for name in names {
            let Some(view) = self.views.get_mut(&name) else { continue };
            let left = view.expire(now, self.rules.agreement_of(&name));
            let is_here = |told: &Told| match &told.dsn {
                Some(dsn) => view.tracks.iter().any(|track| track.states(dsn)),
                None => view.box_since.is_some(),
            };
            if self.told.get(&name).is_some_and(|told| !is_here(told)) {
                self.told.remove(&name);
            }
            if !view.tracks.iter().any(Track::is_serial) {
                self.checking_since.remove(&name);
            }
            self.boxes_left(&left, effects);
        }
        let is_over = |held: &mut Held| now.since(held.since) >= self.rules.hold_ms;
        if !self.stopped
            && let Some(held) = self.held.take_if(is_over)
        {
            // It is discarded: still in view, it must leave and come again (E18).
            self.set_use(&held.dsn, Use::Barred);
            self.notice(Notice::HoldExpired, now, effects);
        }
    }

    /// Acts on what is known, until the store is asked something or nothing is left to do.
    pub(super) fn go_on(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        while self.pending.is_none() && !self.stopped {
            // Before anything else, so that no pack is closed over a contradiction.
            if self.take_back(effects) {
                break;
            }
            match self.wishes.pop_front() {
                Some(Wish::Typed(text)) if !is_askable(&text) => self.unknown_order(now, effects),
                Some(Wish::Typed(text)) => self.look_up(text, Lookup::Typed, effects),
                Some(Wish::Command(command)) => self.command(command, now, effects),
                None => {
                    if !self.look_at_views(now, effects) {
                        break;
                    }
                }
            }
        }
        if self.pending.is_none() && self.ended && !self.stopped {
            self.ended = false;
            self.close_if_full(None, effects);
        }
    }

    /// Looks at every view once; whether anything was done that calls for another look.
    fn look_at_views(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> bool {
        let names: Vec<Arc<str>> = self.views.keys().cloned().collect();
        for name in names {
            if self.act_on_commands(&name, now, effects) || self.call_up(&name, effects) {
                return true;
            }
            self.look_at_box(&name, now, effects);
            if self.pending.is_some() {
                return true;
            }
        }
        false
    }
}

/// Whether `text` may be asked of the store as an order's code or id.
pub(super) fn is_askable(text: &str) -> bool {
    text.parse::<OrderCode>().is_ok()
}
