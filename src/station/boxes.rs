//! Boxes at the station: agreed, settled, judged, linked, and contradicted.

use std::sync::Arc;

use crate::pipeline::catalog::Model;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::{Asin, Dsn, ModelId};
use crate::pipeline::link::{LinkAnswer, LinkState, NewLink, ReleaseReason};
use crate::pipeline::meaning::Role;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::{Fit, Judgement, Verdict, judge};
use crate::pipeline::view::{Track, Use, View};
use crate::station::{Ask, Effect, Held, Pending, PublishAt, Station};

/// Frames that must have been decoded since agreement before a link (decision 2).
const SETTLE_GLANCES: u32 = 2;
/// A link's newest agreeing frame is no older, in milliseconds (decision 4).
const NEWEST_MS: i64 = 1000;
/// A box without a serial is told of after so long, in milliseconds (E1).
const NO_SERIAL_MS: i64 = 4000;
/// Readings that go on differing are given up after so long, in milliseconds (E3).
const CHECKING_MS: i64 = 3000;

/// What a view comes to at this moment.
enum Finding {
    /// Nothing to say, or not yet.
    Nothing,
    /// Two readings of one spot differ.
    Checking,
    /// A linked box is contradicted by what is in view with it.
    Contradicted(Dsn),
    /// A verdict, and the serial that it is about.
    Verdict(Verdict, Option<Dsn>),
    /// A device that fits.
    Fits(Fit),
}

impl Station {
    /// Judges what is in `view` and acts on it.
    pub(super) fn look_at_box(
        &mut self,
        view: &Arc<str>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let finding = self.finding(view, now);
        if !matches!(finding, Finding::Checking | Finding::Nothing) {
            self.checking_since.remove(view);
        }
        match finding {
            Finding::Nothing => {}
            Finding::Checking => self.check(view, now, effects),
            Finding::Contradicted(dsn) => {
                self.release(dsn, ReleaseReason::Contradicted, effects);
            }
            Finding::Verdict(verdict, dsn) => {
                if verdict == Verdict::NoOrder
                    && let Some(dsn) = &dsn
                    && self.held.as_ref().is_none_or(|held| held.dsn != *dsn)
                {
                    self.held = Some(Held { dsn: dsn.clone(), since: now });
                }
                self.tell(view, verdict, dsn, now, effects);
            }
            Finding::Fits(fit) => self.link(view, fit, now, effects),
        }
    }

    fn finding(&self, view: &Arc<str>, now: Timestamp) -> Finding {
        let Some(view) = self.views.get(view) else { return Finding::Nothing };
        let here: Vec<&Track> = view.tracks.iter().collect();
        let serials: Vec<&Track> = here.iter().copied().filter(|t| t.is_serial()).collect();
        if let Some(contradicted) = self.contradicted(&here) {
            return Finding::Contradicted(contradicted);
        }
        if serials.iter().any(|a| serials.iter().any(|b| disagree(a, b))) {
            return Finding::Checking;
        }
        let fresh: Vec<&Track> =
            serials.iter().copied().filter(|t| t.state == Use::Fresh && t.is_agreed()).collect();
        let Some(subject) = fresh.first() else {
            return if serials.is_empty() {
                self.without_serial(view, now)
            } else {
                Finding::Nothing
            };
        };
        if !fresh.iter().all(|track| self.is_settled(track, now)) {
            return Finding::Nothing;
        }
        if let Some(finding) = self.held_up(subject, &here, now) {
            return finding;
        }
        self.judged(subject, &serials, &here)
    }

    /// What speaks against the box before it has agreed: waited for, and told once it lasts.
    fn held_up(&self, subject: &Track, here: &[&Track], now: Timestamp) -> Option<Finding> {
        let asins = self.asins_of_line(subject);
        let against = |track: &&&Track| {
            let other_serial = track.is_serial() && track.differs(subject);
            let other_product = !track.meaning.asins.is_empty()
                && !asins.is_empty()
                && !track.meaning.asins.iter().any(|asin| asins.contains(asin));
            !track.is_agreed() && track.covisible(subject) && (other_serial || other_product)
        };
        let track = here.iter().find(against)?;
        let waited = subject.agreed_at.map_or(0, |at| now.since(at));
        if waited <= self.rules.agreement.window_ms {
            return Some(Finding::Nothing);
        }
        if track.is_serial() {
            return Some(Finding::Verdict(Verdict::TwoBoxes, None));
        }
        Some(Finding::Checking)
    }

    /// The products of the open order that `serial` could be for.
    fn asins_of_line(&self, serial: &Track) -> Vec<Asin> {
        let Some(open) = &self.order else { return Vec::new() };
        let states =
            |model: &Model| serial.meaning.serials.iter().any(|s| s.model_id == model.model_id);
        let lines = open.order.scan_lines();
        let lines = lines.filter(|line| self.catalog.model_of(&line.asin).is_some_and(states));
        lines.map(|line| line.asin.clone()).collect()
    }

    fn is_settled(&self, track: &Track, now: Timestamp) -> bool {
        let settled = |at| now.since(at) >= self.rules.settle_ms;
        track.agreed_at.is_some_and(settled) && track.glances_since >= SETTLE_GLANCES
    }

    fn judged(&self, subject: &Track, serials: &[&Track], here: &[&Track]) -> Finding {
        let dsn = subject.meaning.serials.first().map(|serial| serial.dsn.clone());
        let Some(open) = &self.order else { return Finding::Verdict(Verdict::NoOrder, dsn) };
        let other_order =
            |track: &&Track| track.calls.as_ref().is_some_and(|id| *id != open.order.order_id);
        if here.iter().copied().filter(|t| t.covisible(subject)).any(|t| other_order(&t)) {
            return Finding::Verdict(Verdict::Ambiguous { between: "orders" }, dsn);
        }
        // A box that is linked, undone or refused counts as long as it is in view with the new one.
        let with: Vec<&Track> =
            serials.iter().copied().filter(|t| t.is_agreed() && t.covisible(subject)).collect();
        let products: Vec<&Track> = here
            .iter()
            .copied()
            .filter(|t| t.is_agreed() && !t.meaning.asins.is_empty() && t.covisible(subject))
            .collect();
        match judge(&with, &products, open, &self.catalog) {
            Judgement::Fits(fit) => Finding::Fits(fit),
            Judgement::Refused(verdict, dsn) => Finding::Verdict(verdict, dsn),
        }
    }

    /// What is said of a view without any serial in it.
    fn without_serial(&self, view: &View, now: Timestamp) -> Finding {
        let here = &view.tracks;
        if let Some(track) =
            here.iter().find(|t| t.meaning.secret.is_some() && self.is_settled(t, now))
            && let Some(class) = track.meaning.secret
        {
            let length = track.symbol.text.chars().count();
            return Finding::Verdict(Verdict::Secret { class, length }, None);
        }
        let Some(open) = self.order.as_ref().filter(|open| !open.is_full()) else {
            return Finding::Nothing;
        };
        let wanted = |model_id: &ModelId| {
            let lines = open.order.scan_lines();
            lines
                .filter_map(|line| self.catalog.model_of(&line.asin))
                .any(|m| m.model_id == *model_id)
        };
        let misfits = here.iter().filter(|track| self.is_settled(track, now));
        let misfits = misfits.flat_map(|track| &track.meaning.misfits);
        if let Some(misfit) = misfits.filter(|m| wanted(&m.model_id)).max_by_key(|m| m.position) {
            let (position, text) = (misfit.position, misfit.text.clone());
            return Finding::Verdict(Verdict::NotASerial { position, text }, None);
        }
        let long = view.box_since.is_some_and(|since| now.since(since) >= NO_SERIAL_MS);
        let is_box = here.iter().any(|t| t.is_agreed() && is_of_a_box(t));
        if long && is_box { Finding::Verdict(Verdict::NoSerial, None) } else { Finding::Nothing }
    }

    /// The linked device that an agreed symbol in view with it contradicts (decision 2).
    fn contradicted(&self, here: &[&Track]) -> Option<Dsn> {
        let open = self.order.as_ref()?;
        let linked = open.links.iter().filter(|link| link.state == LinkState::Linked);
        for link in linked {
            let is_it = |track: &&&Track| track.state == Use::Linked && track.states(&link.dsn);
            let Some(track) = here.iter().find(is_it) else { continue };
            let against = |other: &&&Track| {
                let knows = |dsn: &Dsn| open.link_of(dsn).is_some();
                let known = other.meaning.serials.iter().any(|s| knows(&s.dsn));
                let other_serial = other.is_serial() && other.differs(track) && !known;
                let asins = &other.meaning.asins;
                let other_product = !asins.is_empty() && !asins.contains(&link.asin);
                other.is_agreed() && other.covisible(track) && (other_serial || other_product)
            };
            if here.iter().any(|other| against(&other)) {
                return Some(link.dsn.clone());
            }
        }
        None
    }

    /// Tells that two readings differ; gives up when they go on (E3, E2).
    fn check(&mut self, view: &Arc<str>, now: Timestamp, effects: &mut Vec<Effect>) {
        let since = *self.checking_since.entry(Arc::clone(view)).or_insert(now);
        let verdict =
            if now.since(since) > CHECKING_MS { Verdict::Unreadable } else { Verdict::Checking };
        self.tell(view, verdict, None, now, effects);
    }

    fn link(&mut self, view: &Arc<str>, fit: Fit, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(link) = self.new_link(&fit, now) else { return };
        let tracks = self.views.get(view).into_iter().flat_map(|view| &view.tracks);
        let newest = tracks.filter(|t| t.states(&fit.dsn)).map(|t| t.last_seen).max();
        if newest.is_none_or(|newest| now.since(newest) > NEWEST_MS) {
            return;
        }
        effects.push(Effect::Ask(Ask::Link(Box::new(link.clone()))));
        self.pending = Some(Pending::Link { link: Box::new(link), view: Arc::clone(view) });
    }

    fn new_link(&mut self, fit: &Fit, now: Timestamp) -> Option<NewLink> {
        let notification_id = self.new_id(now);
        let order = &self.order.as_ref()?.order;
        let line = order.lines.iter().find(|line| line.line == fit.line)?;
        let model = self.catalog.model_of(&line.asin)?;
        let link = NewLink {
            dsn: fit.dsn.clone(),
            order_id: order.order_id.clone(),
            order_version: order.version,
            line: fit.line,
            unit: fit.unit,
            asin: line.asin.clone(),
            model_id: model.model_id.clone(),
            topic_arn: model.topic_arn.clone(),
            lwa_client_id: model.lwa_client_id.clone(),
            directed_customer_id: order.customer(line)?.clone(),
            notification_id,
            catalog: self.catalog.hash().to_owned(),
            linked_at: now,
        };
        // A trial of the message before anything is written (decision 13).
        link.notification().message(now).ok().map(|_| link)
    }

    pub(super) fn link_answered(
        &mut self,
        answer: LinkAnswer,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Pending::Link { link, view }) = self.pending.take() else { return };
        let dsn = link.dsn.clone();
        self.set_use(&dsn, Use::Barred);
        let verdict = match answer {
            LinkAnswer::Linked(made) => {
                self.set_use(&dsn, Use::Linked);
                if let Some(open) = self.order.as_mut() {
                    open.links.push(*made);
                }
                self.held = None;
                Verdict::Linked
            }
            LinkAnswer::Taken { order_id, station, at } => Verdict::Taken { order_id, station, at },
            LinkAnswer::Returned { order_id, at } => Verdict::Returned { order_id, at },
            LinkAnswer::Here { unit } => Verdict::AlreadyDone { unit },
            LinkAnswer::Cancelled => return self.cancelled(Some(&dsn), now, effects),
            LinkAnswer::Changed => {
                if let Some(open) = self.order.take() {
                    self.changed(open, Some(dsn), now, effects);
                }
                return;
            }
        };
        let decision = Decision { dsn: Some(dsn), ..self.decision(verdict, Some(&view), now) };
        self.decide(decision, now, effects);
    }

    /// Marks every track that states `dsn`.
    pub(super) fn set_use(&mut self, dsn: &Dsn, state: Use) {
        let tracks = self.views.values_mut().flat_map(|view| &mut view.tracks);
        for track in tracks.filter(|track| track.states(dsn)) {
            track.state = state;
        }
    }

    /// With `publish_at = "link"`: the events of linked boxes that have left may go out.
    pub(super) fn boxes_left(&mut self, left: &[Track], effects: &mut Vec<Effect>) {
        if self.rules.publish_at != PublishAt::Link {
            return;
        }
        for track in left.iter().filter(|track| track.state == Use::Linked) {
            let links = self.order.iter().flat_map(|open| &open.links);
            for link in links.filter(|link| track.states(&link.dsn)) {
                effects.push(Effect::Ask(Ask::MakeReady(link.notification_id.clone())));
                effects.push(Effect::WakeRelay);
            }
        }
    }
}

/// Whether two tracks are readings of one spot that differ, each seen more than once.
fn disagree(a: &Track, b: &Track) -> bool {
    let twice = a.agreed() > 1 && b.agreed() > 1;
    twice && a.differs(b) && a.covisible(b) && a.same_spot(b)
}

/// Whether a symbol tells that a box is in view: its product code, a serial that misses, any other code.
fn is_of_a_box(track: &Track) -> bool {
    matches!(track.meaning.role, Role::Product | Role::Other) && track.calls.is_none()
}
