//! Orders at the station: called up, closed, undone, changed under the packer's hands.

use std::sync::Arc;

use crate::pipeline::command::Command;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::Dsn;
use crate::pipeline::link::{CloseAnswer, LinkState, ReleaseAnswer, ReleaseReason};
use crate::pipeline::meaning::{Role, is_shipment, may_call_up};
use crate::pipeline::order::Packing;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::{self, Verdict};
use crate::pipeline::view::{Track, Use};
use crate::station::turn::is_askable;
use crate::station::{Ask, Effect, Lookup, Notice, Pending, Station, Told};

impl Station {
    /// Carries out a command barcode in view that has not been; whether there was one.
    pub(super) fn act_on_commands(
        &mut self,
        view: &Arc<str>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(view) = self.views.get_mut(view) else { return false };
        let new = |t: &&mut Track| t.is_agreed() && !t.acted && t.meaning.command.is_some();
        let Some(track) = view.tracks.iter_mut().find(new) else { return false };
        track.acted = true;
        if let Some(command) = track.meaning.command {
            self.command(command, now, effects);
        }
        true
    }

    /// Looks up a symbol in view that may be an order's code and has not been; whether there was one.
    pub(super) fn call_up(&mut self, view: &Arc<str>, effects: &mut Vec<Effect>) -> bool {
        let Some(view) = self.views.get_mut(view) else { return false };
        let new = |t: &&mut Track| {
            let role = t.meaning.role;
            t.is_agreed()
                && !t.acted
                && matches!(role, Role::CallUp | Role::Other)
                && may_call_up(&t.symbol.text)
        };
        let Some(track) = view.tracks.iter_mut().find(new) else { return false };
        track.acted = true;
        let text = track.symbol.text.clone();
        self.look_up(text, Lookup::Seen, effects);
        true
    }

    pub(super) fn look_up(&mut self, text: String, why: Lookup, effects: &mut Vec<Effect>) {
        if is_askable(&text) {
            self.pending = Some(Pending::Find(why));
            effects.push(Effect::Ask(Ask::Find(text)));
        }
    }

    pub(super) fn found(
        &mut self,
        text: &str,
        packing: Option<Box<Packing>>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Pending::Find(why)) = self.pending.take() else { return };
        let Some(packing) = packing else {
            if why == Lookup::Typed || is_shipment(text) {
                self.unknown_order(now, effects);
            }
            return;
        };
        let order_id = &packing.order.order_id;
        let mut tracks = self.views.values().flat_map(|view| &view.tracks);
        let is_called = tracks.any(|track| track.calls.as_ref() == Some(order_id));
        for track in self.views.values_mut().flat_map(|view| &mut view.tracks) {
            if track.symbol.text == text {
                track.calls = Some(packing.order.order_id.clone());
            }
        }
        if why == Lookup::Reload {
            self.order = Some(*packing);
            return;
        }
        let is_same =
            self.order.as_ref().is_some_and(|o| o.order.order_id == packing.order.order_id);
        // The order's other code, or its label before another camera: it has not left the view (decision 11).
        if is_same && is_called && why == Lookup::Seen {
            return;
        }
        if is_same && self.close_if_full(None, effects) {
            return;
        }
        self.replace(packing, now, effects);
    }

    pub(super) fn unknown_order(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let decision = self.decision(Verdict::UnknownOrder, None, now);
        self.decide(decision, now, effects);
    }

    /// Puts `packing` on the table, if what is there may go (decision 11).
    fn replace(&mut self, packing: Box<Packing>, now: Timestamp, effects: &mut Vec<Effect>) {
        let is_other = |open: &Packing| open.order.order_id != packing.order.order_id;
        let Some(open) = self.order.as_ref().filter(|open| is_other(open)) else {
            return self.open(*packing, now, effects);
        };
        let has_links = open.links.iter().any(|link| link.state == LinkState::Linked);
        if has_links && open.is_full() {
            self.close_if_full(Some(packing), effects);
        } else if has_links {
            self.notice(Notice::OrderStillOpen, now, effects);
        } else {
            self.open(*packing, now, effects);
        }
    }

    fn open(&mut self, packing: Packing, now: Timestamp, effects: &mut Vec<Effect>) {
        let verdict = if packing.order.cancelled {
            Some(Verdict::Cancelled)
        } else if !packing.order.pre_registered {
            Some(Verdict::NotPreregistered)
        } else if verdict::has_no_rule(&packing, &self.catalog) {
            Some(Verdict::NoRule)
        } else if packing.is_closed() {
            Some(Verdict::OrderComplete)
        } else {
            None
        };
        let is_same =
            self.order.as_ref().is_some_and(|o| o.order.order_id == packing.order.order_id);
        if !is_same {
            self.told.clear();
        }
        self.order = Some(packing);
        self.held = None;
        match verdict {
            Some(verdict) => {
                // What the order is has been said: a box in view is not told the same again.
                let told = Told { verdict: verdict.name(), dsn: None };
                let views: Vec<Arc<str>> = self.views.keys().cloned().collect();
                self.told.extend(views.into_iter().map(|view| (view, told.clone())));
                let decision = self.decision(verdict, None, now);
                self.decide(decision, now, effects);
            }
            None => self.notice(Notice::OrderOpen, now, effects),
        }
    }

    /// Asks to close the order if all its units are linked and not closed; whether it did.
    pub(super) fn close_if_full(
        &mut self,
        then: Option<Box<Packing>>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(open) = self.order.as_ref() else { return false };
        let has_links = open.links.iter().any(|link| link.state == LinkState::Linked);
        if !has_links || !open.is_full() {
            return false;
        }
        let (order_id, version) = (open.order.order_id.clone(), open.order.version);
        effects.push(Effect::Ask(Ask::Close { order_id, version }));
        self.pending = Some(Pending::Close { then });
        true
    }

    pub(super) fn command(&mut self, command: Command, now: Timestamp, effects: &mut Vec<Effect>) {
        match command {
            Command::Close => {
                if !self.close_if_full(None, effects) {
                    let missing = self.order.as_ref().is_some_and(|open| !open.is_full());
                    let notice =
                        if missing { Notice::UnitsMissing } else { Notice::NothingToClose };
                    self.notice(notice, now, effects);
                }
            }
            Command::Undo => self.undo(now, effects),
            Command::NoBarcode => {
                let decision = self.decision(Verdict::NoSerial, None, now);
                self.decide(decision, now, effects);
            }
        }
    }

    fn undo(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let links = self.order.iter().flat_map(|open| &open.links);
        let last = links.filter(|link| link.state == LinkState::Linked).max_by_key(|l| l.link_id);
        match last.map(|link| link.dsn.clone()) {
            Some(dsn) => self.release(dsn, ReleaseReason::Undo, effects),
            None => self.notice(Notice::NothingToUndo, now, effects),
        }
    }

    pub(super) fn release(&mut self, dsn: Dsn, reason: ReleaseReason, effects: &mut Vec<Effect>) {
        effects.push(Effect::Ask(Ask::Release { dsn: dsn.clone(), reason }));
        self.pending = Some(Pending::Release { dsn, reason });
    }

    pub(super) fn release_answered(
        &mut self,
        answer: ReleaseAnswer,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Pending::Release { dsn, reason }) = self.pending.take() else { return };
        match answer {
            // Not linked: someone else released it meanwhile, and what we wanted is so.
            ReleaseAnswer::Released(_) | ReleaseAnswer::NotLinked => {
                self.released(&dsn, reason, now, effects);
            }
            ReleaseAnswer::AlreadySent => {
                self.set_use(&dsn, Use::Barred);
                self.notice(Notice::AlreadySent, now, effects);
            }
        }
    }

    fn released(
        &mut self,
        dsn: &Dsn,
        reason: ReleaseReason,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(open) = self.order.as_mut() {
            open.links.retain(|link| link.dsn != *dsn);
        }
        effects.push(Effect::Released { dsn: dsn.clone(), reason });
        if reason == ReleaseReason::Contradicted {
            self.set_use(dsn, Use::Contradicted);
            self.contradiction(dsn, now, effects);
        } else {
            self.set_use(dsn, Use::Barred);
            self.notice(Notice::Unlinked(dsn.clone()), now, effects);
        }
    }

    pub(super) fn close_answered(
        &mut self,
        answer: CloseAnswer,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Pending::Close { then }) = self.pending.take() else { return };
        let Some(open) = self.order.take() else { return };
        match answer {
            CloseAnswer::Closed { links } => {
                let order_id = open.order.order_id.clone();
                effects.push(Effect::Closed { order_id, links });
                effects.push(Effect::WakeRelay);
                self.notice(Notice::Closed(links), now, effects);
                if let Some(next) = then {
                    self.open(*next, now, effects);
                }
            }
            // Another order was called up meanwhile: neither is on the table until one is called up again.
            CloseAnswer::Changed if then.is_some() => {
                let order_id = Some(open.order.order_id);
                let decision = self.decision(Verdict::Changed, None, now);
                self.decide(Decision { order_id, ..decision }, now, effects);
            }
            CloseAnswer::Changed => self.changed(open, None, now, effects),
            CloseAnswer::Cancelled { .. } => {
                self.order = Some(open);
                self.cancelled(None, now, effects);
            }
        }
    }

    /// The order is another version now: it is loaded anew and its boxes are shown again (decision 10).
    pub(super) fn changed(
        &mut self,
        open: Packing,
        dsn: Option<Dsn>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let order_id = open.order.order_id.to_string();
        self.order = Some(open);
        let decision = Decision { dsn, ..self.decision(Verdict::Changed, None, now) };
        self.decide(decision, now, effects);
        self.look_up(order_id, Lookup::Reload, effects);
    }

    pub(super) fn cancelled(
        &mut self,
        dsn: Option<&Dsn>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(open) = self.order.as_mut() {
            open.order.cancelled = true;
            open.links.clear();
        }
        let decision =
            Decision { dsn: dsn.cloned(), ..self.decision(Verdict::Cancelled, None, now) };
        self.decide(decision, now, effects);
    }
}
