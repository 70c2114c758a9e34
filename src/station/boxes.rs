//! Boxes at the station: agreed, settled, judged, linked, and contradicted.

use std::sync::Arc;

use crate::pipeline::catalog::Model;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::{Asin, Dsn, ModelId};
use crate::pipeline::link::{LinkAnswer, LinkState, NewLink, ReleaseReason};
use crate::pipeline::meaning::Role;
use crate::pipeline::order::Packing;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::{Fit, Judgement, Verdict, judge};
use crate::pipeline::view::{Track, Use, View};
use crate::station::beside::{disagree, is_of_a_box, is_with, succeeds};
use crate::station::{Ask, Effect, Held, Notice, Pending, PublishAt, Sound, Station, Told};

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
        let window_ms = self.rules.agreement_of(view).window_ms;
        let Some(view) = self.views.get(view).filter(|view| !view.is_crowded(now)) else {
            return Finding::Nothing;
        };
        let here: Vec<&Track> = view.tracks.iter().collect();
        let serials: Vec<&Track> = here.iter().copied().filter(|t| t.is_serial()).collect();
        if serials.iter().any(|a| serials.iter().any(|b| disagree(a, b))) {
            return Finding::Checking;
        }
        let is_open = |t: &&Track| matches!(t.state, Use::Fresh | Use::Contradicted);
        let is_here = |t: &&Track| t.is_agreed() && !serials.iter().any(|by| succeeds(by, t));
        let fresh: Vec<&Track> = serials.iter().copied().filter(is_open).filter(is_here).collect();
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
        if let Some(finding) = self.held_up(subject, &here, window_ms, now) {
            return finding;
        }
        self.judged(subject, &serials, &here)
    }

    /// What speaks against the box before it has agreed: waited for, and told once it lasts over `window_ms`.
    fn held_up(
        &self,
        subject: &Track,
        here: &[&Track],
        window_ms: i64,
        now: Timestamp,
    ) -> Option<Finding> {
        let asins = self.asins_of_line(subject);
        let against = |track: &&&Track| {
            let other_serial = track.is_serial() && track.differs(subject);
            let other_product = !track.meaning.asins.is_empty()
                && !asins.is_empty()
                && !track.meaning.asins.iter().any(|asin| asins.contains(asin));
            !track.is_agreed()
                && is_with(subject, here, track)
                && (other_serial || other_product || self.may_call_another(track))
        };
        let track = here.iter().find(against)?;
        // A reading of one frame is waited for, however long the box has been in view.
        let since = subject.agreed_at.map(|at| at.max(track.first_seen));
        let waited = since.map_or(0, |since| now.since(since));
        if waited <= window_ms {
            return Some(Finding::Nothing);
        }
        if track.is_serial() {
            return Some(Finding::Verdict(Verdict::TwoBoxes, None));
        }
        Some(Finding::Checking)
    }

    /// Whether `track` has the shape of an order's code, and not of the open order's.
    fn may_call_another(&self, track: &Track) -> bool {
        let text = track.symbol.text.as_str();
        let is_open = |open: &Packing| {
            open.order.order_id.as_str() == text
                || open.order.codes.iter().any(|code| code.as_str() == text)
        };
        track.meaning.role == Role::CallUp && !self.order.as_ref().is_some_and(is_open)
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
        if here.iter().copied().filter(|t| is_with(subject, here, t)).any(|t| other_order(&t)) {
            return Finding::Verdict(Verdict::Ambiguous { between: "orders" }, dsn);
        }
        // A box that is linked, undone or refused counts as long as it is in view with the new one.
        let with: Vec<&Track> = serials
            .iter()
            .copied()
            .filter(|t| t.is_agreed() && is_with(subject, here, t))
            .collect();
        let products: Vec<&Track> = here
            .iter()
            .copied()
            .filter(|t| t.is_agreed() && !t.meaning.asins.is_empty())
            .filter(|t| is_with(subject, here, t))
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

    /// Asks to take back a link that is contradicted; whether it did.
    pub(super) fn take_back(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(dsn) = self.views.values().find_map(|v| self.contradicted(&v.tracks)) else {
            return false;
        };
        self.release(dsn, ReleaseReason::Contradicted, effects);
        true
    }

    /// Tells at once what contradicted `dsn`, and stops: the packer has seen green for it (decision 2).
    pub(super) fn contradiction(&mut self, dsn: &Dsn, now: Timestamp, effects: &mut Vec<Effect>) {
        self.told.clear();
        let finding = self.views.iter().find_map(|(name, view)| {
            let here: Vec<&Track> = view.tracks.iter().collect();
            let serials: Vec<&Track> = here.iter().copied().filter(|t| t.is_serial()).collect();
            let subject = serials.iter().copied().find(|track| track.states(dsn))?;
            Some((Arc::clone(name), self.judged(subject, &serials, &here)))
        });
        match finding {
            Some((view, Finding::Verdict(verdict, dsn))) => {
                self.tell(&view, verdict, dsn, now, effects);
            }
            // It has left, or what spoke against it has.
            _ => self.notice(Notice::Unlinked(dsn.clone()), now, effects),
        }
        // A verdict that is a stop itself has sounded it.
        let is_stop = |effect: &Effect| matches!(effect, Effect::Sound(Sound::Stop));
        if !effects.iter().any(is_stop) {
            effects.push(Effect::Sound(Sound::Stop));
        }
        self.message.acknowledged = false;
    }

    /// The linked device that an agreed symbol in view with it contradicts (decision 2).
    fn contradicted(&self, here: &[Track]) -> Option<Dsn> {
        let open = self.order.as_ref()?;
        let linked = open.links.iter().filter(|link| link.state == LinkState::Linked);
        for link in linked {
            let is_it = |track: &&Track| track.state == Use::Linked && track.states(&link.dsn);
            let its: Vec<&Track> = here.iter().filter(is_it).collect();
            let Some(track) = its.first() else { continue };
            let against = |other: &Track| {
                let knows = |dsn: &Dsn| open.link_of(dsn).is_some();
                let known = other.meaning.serials.iter().any(|s| knows(&s.dsn));
                let other_serial = other.is_serial() && other.differs(track) && !known;
                let asins = &other.meaning.asins;
                let other_product = !asins.is_empty() && !asins.contains(&link.asin);
                let together = its.iter().any(|track| other.covisible(track));
                other.is_agreed() && together && (other_serial || other_product)
            };
            if here.iter().any(against) {
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
        if verdict == Verdict::Unreadable {
            self.bar_disagreeing(view);
        }
        self.tell(view, verdict, None, now, effects);
    }

    /// Readings that went on differing are not linked when one of them stops being read (E2).
    fn bar_disagreeing(&mut self, view: &Arc<str>) {
        let Some(view) = self.views.get_mut(view) else { return };
        let all = view.tracks.clone();
        for track in &mut view.tracks {
            if all.iter().any(|other| disagree(track, other)) {
                track.state = Use::Barred;
            }
        }
    }

    fn link(&mut self, view: &Arc<str>, fit: Fit, now: Timestamp, effects: &mut Vec<Effect>) {
        let tracks = self.views.get(view).into_iter().flat_map(|view| &view.tracks);
        let tracks: Vec<&Track> = tracks.filter(|track| track.states(&fit.dsn)).collect();
        if tracks.iter().any(|track| track.state != Use::Fresh) {
            return;
        }
        let newest = tracks.iter().filter_map(|track| track.newest()).max();
        let Some(link) = self.new_link(&fit, now) else { return };
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
        let told = Told { verdict: verdict.name(), dsn: Some(dsn.clone()) };
        self.told.insert(Arc::clone(&view), told);
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
        if self.rules.publish_at != PublishAt::Link || self.stopped {
            return;
        }
        let is_being_released = |dsn: &Dsn| matches!(&self.pending, Some(Pending::Release { dsn: other, .. }) if other == dsn);
        for track in left.iter().filter(|track| track.state == Use::Linked) {
            let links = self.order.iter().flat_map(|open| &open.links);
            for link in links.filter(|link| track.states(&link.dsn)) {
                // Another symbol of the box may still be in view.
                let mut here = self.views.values().flat_map(|view| &view.tracks);
                if here.any(|track| track.states(&link.dsn)) || is_being_released(&link.dsn) {
                    continue;
                }
                effects.push(Effect::Ask(Ask::MakeReady(link.notification_id.clone())));
                effects.push(Effect::WakeRelay);
            }
        }
    }
}
