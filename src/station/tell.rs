//! What the station tells: decisions once a presence, notices, and the sound of each.

use std::sync::Arc;

use crate::pipeline::decision::{Decision, SeenSymbol};
use crate::pipeline::ident::Dsn;
use crate::pipeline::time::Timestamp;
use crate::pipeline::verdict::Verdict;
use crate::pipeline::view::{LastGlance, View};
use crate::station::{Effect, Face, HISTORY, Message, Notice, Sound, Station, Told};

impl Station {
    /// Decides `verdict` on what is in `view`, unless that is what was told of it last.
    pub(super) fn tell(
        &mut self,
        view: &Arc<str>,
        verdict: Verdict,
        dsn: Option<Dsn>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let told = Told { verdict: verdict.name(), dsn: dsn.clone() };
        let of_order =
            matches!(verdict, Verdict::Cancelled | Verdict::NotPreregistered | Verdict::NoRule);
        let again = self.told.get(view).is_some_and(|last| {
            last.verdict == told.verdict && (last.dsn == told.dsn || of_order && last.dsn.is_none())
        });
        if !again {
            self.told.insert(Arc::clone(view), told);
            let decision = Decision { dsn, ..self.decision(verdict, Some(view), now) };
            self.decide(decision, now, effects);
        }
    }

    /// A decision with all that the order and the view say of it; the serial is the caller's to add.
    pub(super) fn decision(
        &self,
        verdict: Verdict,
        view: Option<&Arc<str>>,
        now: Timestamp,
    ) -> Decision {
        let newest = |views: &mut dyn Iterator<Item = &View>| -> Option<View> {
            views.filter(|v| v.last.is_some()).max_by_key(|v| taken(v)).cloned()
        };
        let view = match view {
            Some(name) => self.views.get(name).cloned(),
            None => newest(&mut self.views.values()),
        };
        let last: Option<&LastGlance> = view.as_ref().and_then(|view| view.last.as_ref());
        let tracks = view.as_ref().map(|view| view.tracks.as_slice()).unwrap_or_default();
        let symbols = tracks.iter().map(SeenSymbol::of);
        Decision {
            at: now,
            camera: last.map(|last| Arc::clone(&last.camera)),
            source: last.and_then(|last| last.source.clone()),
            verdict,
            dsn: None,
            order_id: self.order.as_ref().map(|open| open.order.order_id.clone()),
            line: None,
            unit: None,
            units: None,
            asin: None,
            model_id: None,
            symbols: symbols.collect(),
        }
    }

    /// Puts a decision on the screen, into the history and out.
    pub(super) fn decide(
        &mut self,
        mut decision: Decision,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if decision.verdict == Verdict::UnknownOrder {
            decision.order_id = None;
        } else {
            self.add_unit(&mut decision);
        }
        effects.push(Effect::Sound(sound(&decision.verdict)));
        effects.push(Effect::Decide(Box::new(decision.clone())));
        self.history.push_front(decision.clone());
        self.history.truncate(HISTORY);
        let acknowledged = sound(&decision.verdict) != Sound::Stop;
        self.message = Message { face: Face::Decision(Box::new(decision)), at: now, acknowledged };
    }

    /// Adds line, unit and model where the order has the device, or has one line only.
    fn add_unit(&self, decision: &mut Decision) {
        let Some(open) = &self.order else { return };
        let link = decision.dsn.as_ref().and_then(|dsn| open.link_of(dsn));
        let mut lines = open.order.scan_lines();
        let line = match link {
            Some(link) => lines.find(|line| line.line == link.line),
            None => lines.next().filter(|_| lines.next().is_none()),
        };
        decision.line = line.map(|line| line.line);
        decision.unit = link.map(|link| link.unit);
        decision.units = line.map(|line| line.quantity);
        decision.asin = line.map(|line| line.asin.clone());
        decision.model_id = line
            .and_then(|line| self.catalog.model_of(&line.asin))
            .map(|model| model.model_id.clone());
    }

    pub(super) fn notice(&mut self, notice: Notice, now: Timestamp, effects: &mut Vec<Effect>) {
        let sound = match &notice {
            Notice::OrderOpen | Notice::Closed(_) => Sound::Ok,
            Notice::Unlinked(_) | Notice::NothingToUndo | Notice::HoldExpired => Sound::Again,
            Notice::UnitsMissing | Notice::NothingToClose | Notice::OrderStillOpen => Sound::Wrong,
            Notice::AlreadySent | Notice::StoreFailed(_) => Sound::Stop,
        };
        effects.push(Effect::Sound(sound));
        let acknowledged = sound != Sound::Stop;
        self.message = Message { face: Face::Notice(notice), at: now, acknowledged };
    }
}

fn taken(view: &View) -> Option<Timestamp> {
    view.last.as_ref().map(|last| last.taken)
}

/// The sound of each verdict (operator flow 6.2).
pub(crate) fn sound(verdict: &Verdict) -> Sound {
    match verdict {
        Verdict::Linked => Sound::Ok,
        Verdict::AlreadyDone { .. }
        | Verdict::NotPreregistered
        | Verdict::NoOrder
        | Verdict::Unreadable
        | Verdict::Checking
        | Verdict::Ambiguous { .. }
        | Verdict::OrderComplete => Sound::Again,
        Verdict::SameBox { .. }
        | Verdict::NotASerial { .. }
        | Verdict::Returned { .. }
        | Verdict::TwoBoxes
        | Verdict::Secret { .. }
        | Verdict::UnknownOrder
        | Verdict::NoSerial => Sound::Wrong,
        Verdict::WrongModel { .. }
        | Verdict::WrongVariant { .. }
        | Verdict::NoRule
        | Verdict::Taken { .. }
        | Verdict::Cancelled
        | Verdict::Changed => Sound::Stop,
    }
}
