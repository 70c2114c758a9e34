//! The station: every rule of the floor, as `apply(event, now) -> effects`. All of its state is here, none of the world.
//!
//! What it needs from the database it asks for, one question at a time, and goes on when the answer comes
//! in as an event; so a written list of events and times is a test.

mod beside;
mod boxes;
mod concern;
mod orders;
mod read;
mod tell;
mod turn;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::pipeline::catalog::Catalog;
use crate::pipeline::command::Command;
use crate::pipeline::decision::Decision;
use crate::pipeline::ident::{Dsn, NotificationId, OrderId};
use crate::pipeline::link::{CloseAnswer, LinkAnswer, NewLink, ReleaseAnswer, ReleaseReason};
use crate::pipeline::notification::OutboxCounts;
use crate::pipeline::order::Packing;
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::{Agreement, Glance, View};

pub use crate::station::concern::Concern;

/// Decisions that the history keeps.
const HISTORY: usize = 50;

/// When events may go out (requirement conflict c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishAt {
    /// When the pack is closed.
    PackClose,
    /// When the linked box has left the view.
    Link,
}

/// The rules that a station is configured with.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How many frames must agree.
    pub agreement: Agreement,
    /// The same for views that have their own: those of tunnel cameras.
    pub tunnels: BTreeMap<Arc<str>, Agreement>,
    /// How long after agreement a contradiction still stops a link, in milliseconds (decision 2).
    pub settle_ms: i64,
    /// How long a box waits for its order, in milliseconds (E18).
    pub hold_ms: i64,
    /// When events may go out.
    pub publish_at: PublishAt,
    /// Where notification ids come from: ten bytes of a hash of this and a counter.
    pub seed: [u8; 16],
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            agreement: Agreement::default(),
            tunnels: BTreeMap::new(),
            settle_ms: 300,
            hold_ms: 20_000,
            publish_at: PublishAt::PackClose,
            seed: [0; 16],
        }
    }
}

impl Rules {
    /// How many frames of `view` must agree.
    pub fn agreement_of(&self, view: &str) -> &Agreement {
        self.tunnels.get(view).unwrap_or(&self.agreement)
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A frame was decoded.
    Glance(Glance),
    /// Time went by.
    Tick,
    /// The packer typed an order's code or id.
    Typed(String),
    /// The packer gave a command by key.
    Command(Command),
    /// The packer saw what the screen says.
    Acknowledge,
    /// Someone looked an order up for us.
    Found {
        /// What was looked up.
        text: String,
        /// The order, where one has that code.
        packing: Option<Box<Packing>>,
    },
    /// The store answered a link.
    LinkAnswered(LinkAnswer),
    /// The store answered a release.
    ReleaseAnswered(ReleaseAnswer),
    /// The store answered a close.
    CloseAnswered(CloseAnswer),
    /// The store could not do what was asked, and why.
    StoreFailed(String),
    /// The outbox changed.
    Outbox(Outbox),
    /// The machine was looked at.
    Machine(Option<Concern>),
    /// A camera came, went, or froze.
    Camera {
        /// Its name.
        name: Arc<str>,
        /// How it is.
        health: CameraHealth,
    },
    /// The source has no more frames (`demo`, `replay`).
    SourceEnded,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask the store; it answers with an event.
    Ask(Ask),
    /// A decision: to the output and the journal.
    Decide(Box<Decision>),
    /// A pack was closed: to the output.
    Closed {
        /// The order.
        order_id: OrderId,
        /// Its links, whose events may go out now.
        links: u32,
    },
    /// A link was taken back: to the output.
    Released {
        /// The device.
        dsn: Dsn,
        /// Why.
        reason: ReleaseReason,
    },
    /// An event may go out: wake the relay.
    WakeRelay,
    /// Make a sound.
    Sound(Sound),
}

/// A question to the store.
#[derive(Debug, Clone)]
pub enum Ask {
    /// The order with this code or id.
    Find(String),
    /// Make this link.
    Link(Box<NewLink>),
    /// Close this order at this version.
    Close {
        /// The order.
        order_id: OrderId,
        /// The version that was packed.
        version: u32,
    },
    /// Take this device's link back.
    Release {
        /// The device.
        dsn: Dsn,
        /// Why.
        reason: ReleaseReason,
    },
    /// Let this event go out although the pack is open (`publish_at = "link"`); it has no answer.
    MakeReady(NotificationId),
}

/// What the packer hears (operator flow 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Done: one high tone.
    Ok,
    /// Again: two soft ticks.
    Again,
    /// Wrong: a low double.
    Wrong,
    /// Stop: until acknowledged.
    Stop,
}

/// How a camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraHealth {
    /// It gives frames.
    Live,
    /// It gives none, or is not there (E23).
    Lost,
    /// It gives the same frame again and again (E23).
    Frozen,
}

/// The outbox as the screen shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outbox {
    /// How many events stand where.
    pub counts: OutboxCounts,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
    /// Whether delivery as a whole stands still and needs a person.
    pub halted: bool,
}

/// Something that the packer is told that is no verdict on a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An order was called up.
    OrderOpen,
    /// The pack was closed with so many links.
    Closed(u32),
    /// Units are still missing: the pack cannot be closed.
    UnitsMissing,
    /// There is nothing on the table to close.
    NothingToClose,
    /// Another order was called up while units of this one are missing.
    OrderStillOpen,
    /// The device's link was taken back.
    Unlinked(Dsn),
    /// There is nothing to undo.
    NothingToUndo,
    /// The event is on its way: a supervisor must see to it (E26).
    AlreadySent,
    /// The box that waited for its order is forgotten.
    HoldExpired,
    /// The database or disk failed: nothing more is linked until the station is started again (decision 16).
    StoreFailed(String),
}

/// What the big line is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Face {
    /// Nothing has happened yet.
    Ready,
    /// A decision.
    Decision(Box<Decision>),
    /// A notice.
    Notice(Notice),
}

/// The last thing told, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What.
    pub face: Face,
    /// When.
    pub at: Timestamp,
    /// Whether the packer has acknowledged it.
    pub acknowledged: bool,
}

/// A box that waits for its order (E18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The device.
    pub dsn: Dsn,
    /// Since when.
    pub since: Timestamp,
}

/// What the station waits to hear from the store.
#[derive(Debug, Clone)]
enum Pending {
    Find(Lookup),
    Link { link: Box<NewLink>, view: Arc<str> },
    Close { then: Option<Box<Packing>> },
    Release { dsn: Dsn, reason: ReleaseReason },
}

/// Why an order is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lookup {
    /// A symbol in view may be its code.
    Seen,
    /// The packer typed it.
    Typed,
    /// It has changed: the scan begins anew.
    Reload,
}

/// What was last told of a view, so that it is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    verdict: &'static str,
    dsn: Option<Dsn>,
}

/// The packing station.
#[derive(Debug)]
pub struct Station {
    catalog: Arc<Catalog>,
    rules: Rules,
    views: BTreeMap<Arc<str>, View>,
    told: BTreeMap<Arc<str>, Told>,
    checking_since: BTreeMap<Arc<str>, Timestamp>,
    order: Option<Packing>,
    held: Option<Held>,
    pending: Option<Pending>,
    wishes: VecDeque<Wish>,
    ids_made: u64,
    stopped: bool,
    ended: bool,
    message: Message,
    history: VecDeque<Decision>,
    cameras: BTreeMap<Arc<str>, CameraHealth>,
    outbox: Outbox,
    concern: Option<Concern>,
}

/// Something asked for while the store still owes an answer.
#[derive(Debug, Clone)]
enum Wish {
    Typed(String),
    Command(Command),
}

impl Station {
    /// A station with nothing called up and nothing in view.
    pub fn new(catalog: Arc<Catalog>, rules: Rules, now: Timestamp) -> Self {
        Self {
            catalog,
            rules,
            views: BTreeMap::new(),
            told: BTreeMap::new(),
            checking_since: BTreeMap::new(),
            order: None,
            held: None,
            pending: None,
            wishes: VecDeque::new(),
            ids_made: 0,
            stopped: false,
            ended: false,
            message: Message { face: Face::Ready, at: now, acknowledged: true },
            history: VecDeque::new(),
            cameras: BTreeMap::new(),
            outbox: Outbox::default(),
            concern: None,
        }
    }

    /// Takes in what happened at `now`; gives what is to be done, in order.
    pub fn apply(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        // A frame tells of the time before it was decoded; all else finds what is in view now.
        if !matches!(event, Event::Glance(_)) {
            self.pass_time(now, &mut effects);
        }
        match event {
            Event::Glance(glance) => self.see(&glance, now, &mut effects),
            Event::Tick => {}
            Event::Typed(text) => self.wishes.push_back(Wish::Typed(text)),
            Event::Command(command) => self.wishes.push_back(Wish::Command(command)),
            Event::Acknowledge => self.message.acknowledged = true,
            Event::Found { text, packing } => self.found(&text, packing, now, &mut effects),
            Event::LinkAnswered(answer) => self.link_answered(answer, now, &mut effects),
            Event::ReleaseAnswered(answer) => self.release_answered(answer, now, &mut effects),
            Event::CloseAnswered(answer) => self.close_answered(answer, now, &mut effects),
            Event::StoreFailed(why) => self.store_failed(why, now, &mut effects),
            Event::Outbox(outbox) => self.outbox = outbox,
            Event::Machine(concern) => self.concern = concern,
            Event::Camera { name, health } => {
                self.cameras.insert(name, health);
            }
            Event::SourceEnded => self.ended = true,
        }
        self.go_on(now, &mut effects);
        effects
    }

    fn store_failed(&mut self, why: String, now: Timestamp, effects: &mut Vec<Effect>) {
        self.pending = None;
        self.stopped = true;
        self.notice(Notice::StoreFailed(why), now, effects);
    }

    /// An id that nobody has had: from the seed and how many were made before.
    fn new_id(&mut self, now: Timestamp) -> NotificationId {
        self.ids_made += 1;
        let mut hasher = Sha256::new();
        hasher.update(self.rules.seed);
        hasher.update(self.ids_made.to_be_bytes());
        let mut entropy = [0; 10];
        for (byte, hashed) in entropy.iter_mut().zip(hasher.finalize()) {
            *byte = hashed;
        }
        NotificationId::new(now.millis().unsigned_abs(), &entropy)
    }
}
