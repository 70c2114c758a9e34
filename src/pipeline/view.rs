//! Agreement over frames: what is in view, since when, and how many different frames say so (decisions 1 to 7).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::pipeline::catalog::Catalog;
use crate::pipeline::ident::{Dsn, OrderId};
use crate::pipeline::meaning::{Meaning, meaning};
use crate::pipeline::symbol::{ErrorControl, Point, Symbol, Symbology};
use crate::pipeline::time::Timestamp;

/// Frames of two cameras this close are one look at the box, in milliseconds (decision 7).
pub const POOL_MS: i64 = 500;
/// A symbol with a corner this close to the picture's edge does not count, in pixels (decision 4).
pub const EDGE_PX: f32 = 2.0;
/// The most symbols that are followed in one view: more is noise, or an attack.
const MAX_TRACKS: usize = 64;
/// After a symbol was left out nothing is linked for so long, in milliseconds.
const CROWDED_MS: i64 = 2000;

/// How many frames must agree, and for how long things count (`[agreement]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// For symbologies with Reed-Solomon codewords.
    pub reed_solomon: u32,
    /// For symbologies with a mandatory check character.
    pub checked: u32,
    /// For symbologies without.
    pub unchecked: u32,
    /// Frames further apart than this do not agree, in milliseconds.
    pub window_ms: i64,
    /// What is unseen for so long has left, in milliseconds.
    pub gone_ms: i64,
    /// Whether byte-equal frames count as different ones.
    pub equal_frames: EqualFrames,
}

/// What a frame counts that is byte for byte the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EqualFrames {
    /// Nothing: a camera's frames differ by noise at least, or it is frozen.
    Ignore,
    /// A frame: only where a still stands for a held box, in `demo` and `replay`.
    Count,
}

impl Default for Agreement {
    fn default() -> Self {
        Self {
            reed_solomon: 2,
            checked: 3,
            unchecked: 4,
            window_ms: 2000,
            gone_ms: 700,
            equal_frames: EqualFrames::Ignore,
        }
    }
}

impl Agreement {
    /// Frames that must agree on a symbol of `symbology`.
    pub fn needed(&self, symbology: Symbology) -> u32 {
        match symbology.error_control() {
            ErrorControl::ReedSolomon => self.reed_solomon,
            ErrorControl::Checked => self.checked,
            ErrorControl::Unchecked => self.unchecked,
        }
    }
}

/// A frame after decoding.
#[derive(Debug, Clone)]
pub struct Glance {
    /// The camera's name.
    pub camera: Arc<str>,
    /// The view that the camera looks at.
    pub view: Arc<str>,
    /// The file it came from, where it came from one.
    pub source: Option<Arc<str>>,
    /// The frame's number.
    pub number: u64,
    /// When it was taken.
    pub taken: Timestamp,
    /// A number that differs where the picture differs.
    pub fingerprint: u64,
    /// The symbols that count: none touches the picture's edge.
    pub symbols: Arc<[Symbol]>,
}

/// Symbols of `symbols` that no edge of a picture of `width` x `height` may have cut (decision 4).
pub fn inside(symbols: Vec<Symbol>, width: u32, height: u32) -> Vec<Symbol> {
    symbols.into_iter().filter(|symbol| !symbol.touches_edge(EDGE_PX, width, height)).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sighting {
    camera: Arc<str>,
    at: Timestamp,
    number: u64,
    fingerprint: u64,
}

/// What has become of the box that a track is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Nothing yet.
    Fresh,
    /// It is linked: silent while it stays.
    Linked,
    /// It was undone or refused: it must leave and come again.
    Barred,
    /// Its link was taken back: it is judged and told of, and must leave and come again to be linked.
    Contradicted,
}

/// One symbol followed from frame to frame.
#[derive(Debug, Clone)]
pub struct Track {
    /// The symbol, as last seen.
    pub symbol: Symbol,
    /// What it is to the station.
    pub meaning: Arc<Meaning>,
    /// The camera that saw it last.
    pub camera: Arc<str>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// Frames that must agree on it.
    pub needed: u32,
    /// When enough frames had agreed, once they have.
    pub agreed_at: Option<Timestamp>,
    /// Frames of the view decoded since then.
    pub glances_since: u32,
    /// Whether it has been acted on: a command carried out, an order looked up.
    pub acted: bool,
    /// The order that it calls up, once that is known.
    pub calls: Option<OrderId>,
    /// What has become of its box.
    pub state: Use,
    sightings: VecDeque<Sighting>,
    /// The fingerprint that counted last, by camera: a frozen camera is remembered for longer than the window.
    counted: BTreeMap<Arc<str>, u64>,
}

impl Track {
    /// Whether enough frames agreed on it.
    pub fn is_agreed(&self) -> bool {
        self.agreed_at.is_some()
    }

    /// When the newest frame was taken that counts for it (decision 4).
    pub fn newest(&self) -> Option<Timestamp> {
        self.sightings.iter().map(|sighting| sighting.at).max()
    }

    /// Different frames that say so now.
    pub fn agreed(&self) -> u32 {
        u32::try_from(self.sightings.len()).unwrap_or(u32::MAX)
    }

    /// Whether it was in view together with `other` at some moment.
    pub fn covisible(&self, other: &Self) -> bool {
        let pool = if self.camera == other.camera { 0 } else { POOL_MS };
        self.first_seen <= other.last_seen.plus(pool)
            && other.first_seen <= self.last_seen.plus(pool)
    }

    /// Whether it states a serial.
    pub fn is_serial(&self) -> bool {
        !self.meaning.serials.is_empty()
    }

    /// Whether it states the serial `dsn` by some model's rule.
    pub fn states(&self, dsn: &Dsn) -> bool {
        self.meaning.serials.iter().any(|serial| serial.dsn == *dsn)
    }

    /// Whether it and `other` state no serial in common.
    pub fn differs(&self, other: &Self) -> bool {
        !self.meaning.serials.iter().any(|serial| other.states(&serial.dsn))
    }

    /// Whether it and `other` are the same spot: two readings of one symbol.
    pub fn same_spot(&self, other: &Self) -> bool {
        let reach = |track: &Self| {
            let [a, b, c, _] = track.symbol.corners;
            a.distance(b).max(b.distance(c)) / 2.0
        };
        self.camera == other.camera
            && centre(self).distance(centre(other)) < reach(self).min(reach(other)) / 2.0
    }

    /// Whether it and `other` surely stand on one label: side by side, turned alike, no more than a symbol apart.
    pub fn same_label(&self, other: &Self) -> bool {
        let direction = |track: &Self| {
            let [a, b, ..] = track.symbol.corners;
            (b.y - a.y).atan2(b.x - a.x)
        };
        let turned = (direction(self) - direction(other)).abs();
        let turned = turned.min(std::f32::consts::TAU - turned);
        let width = |track: &Self| track.symbol.corners[0].distance(track.symbol.corners[1]);
        let apart = centre(self).distance(centre(other));
        self.camera == other.camera
            && turned < ALIKE_RAD
            && apart < LABEL_SHARE * width(self).min(width(other))
    }

    fn see(&mut self, symbol: &Symbol, glance: &Glance, rules: &Agreement) {
        self.symbol.clone_from(symbol);
        self.last_seen = self.last_seen.max(glance.taken);
        self.camera = Arc::clone(&glance.camera);
        let is_repeat = |s: &Sighting| {
            let equal =
                rules.equal_frames == EqualFrames::Ignore && s.fingerprint == glance.fingerprint;
            s.camera == glance.camera && (s.number == glance.number || equal)
        };
        let is_frozen = rules.equal_frames == EqualFrames::Ignore
            && self.counted.get(&glance.camera) == Some(&glance.fingerprint);
        if !is_frozen && !self.sightings.iter().any(is_repeat) {
            self.counted.insert(Arc::clone(&glance.camera), glance.fingerprint);
            let Glance { taken, number, fingerprint, .. } = *glance;
            let camera = Arc::clone(&glance.camera);
            self.sightings.push_back(Sighting { camera, at: taken, number, fingerprint });
        }
        self.forget(glance.taken, rules);
        if self.agreed_at.is_none() && self.agreed() >= self.needed {
            self.agreed_at = Some(glance.taken);
        }
    }

    fn forget(&mut self, now: Timestamp, rules: &Agreement) {
        self.sightings.retain(|sighting| now.since(sighting.at) <= rules.window_ms);
    }
}

/// Two symbols of one label are turned alike within this: six degrees.
const ALIKE_RAD: f32 = 0.105;
/// Their centres lie no further apart than this share of the narrower one's width.
const LABEL_SHARE: f32 = 0.8;

fn centre(track: &Track) -> Point {
    let corners = &track.symbol.corners;
    let mean = |of: fn(&Point) -> f32| corners.iter().map(of).sum::<f32>() / 4.0;
    Point::new(mean(|p| p.x), mean(|p| p.y))
}

/// What the cameras of one view see now.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Every symbol in view, the one that came first in front.
    pub tracks: Vec<Track>,
    /// Since when something that may be a box has been in view without a break.
    pub box_since: Option<Timestamp>,
    /// The last frame's camera and file.
    pub last: Option<LastGlance>,
    /// When a symbol was last left out because too many are in view.
    crowded: Option<Timestamp>,
    /// The last frame of each camera: its number and fingerprint.
    frames: BTreeMap<Arc<str>, (u64, u64)>,
}

/// The newest frame of a view.
#[derive(Debug, Clone)]
pub struct LastGlance {
    /// The camera.
    pub camera: Arc<str>,
    /// The file, where it came from one.
    pub source: Option<Arc<str>>,
    /// When it was taken.
    pub taken: Timestamp,
}

impl View {
    /// Takes in a decoded frame; what had left before it was taken is to be let go first.
    pub fn see(&mut self, glance: &Glance, catalog: &Catalog, rules: &Agreement) {
        let frame = (glance.number, glance.fingerprint);
        let last = self.frames.insert(Arc::clone(&glance.camera), frame);
        let is_repeat = last.is_some_and(|(number, fingerprint)| {
            let equal = rules.equal_frames == EqualFrames::Ignore && fingerprint == frame.1;
            number == frame.0 || equal
        });
        let further = |track: &&mut Track| track.agreed_at.is_some_and(|at| glance.taken > at);
        for track in self.tracks.iter_mut().filter(further).filter(|_| !is_repeat) {
            track.glances_since = track.glances_since.saturating_add(1);
        }
        for symbol in glance.symbols.iter() {
            self.see_symbol(symbol, glance, catalog, rules);
        }
        self.last = Some(LastGlance {
            camera: Arc::clone(&glance.camera),
            source: glance.source.clone(),
            taken: glance.taken,
        });
    }

    fn see_symbol(
        &mut self,
        symbol: &Symbol,
        glance: &Glance,
        catalog: &Catalog,
        rules: &Agreement,
    ) {
        let known = |track: &&mut Track| {
            track.symbol.symbology == symbol.symbology && track.symbol.text == symbol.text
        };
        if let Some(track) = self.tracks.iter_mut().find(known) {
            track.see(symbol, glance, rules);
        } else if self.tracks.len() < MAX_TRACKS {
            let mut track = Track {
                symbol: symbol.clone(),
                meaning: Arc::new(meaning(symbol, catalog)),
                camera: Arc::clone(&glance.camera),
                first_seen: glance.taken,
                last_seen: glance.taken,
                needed: rules.needed(symbol.symbology),
                agreed_at: None,
                glances_since: 0,
                acted: false,
                calls: None,
                state: Use::Fresh,
                sightings: VecDeque::new(),
                counted: BTreeMap::new(),
            };
            track.see(symbol, glance, rules);
            // The same serial in a second symbol is the same box.
            let same = self.tracks.iter().find(|t| !t.differs(&track) && t.state != Use::Fresh);
            track.state = same.map_or(Use::Fresh, |same| same.state);
            self.tracks.push(track);
        } else {
            self.crowded = Some(glance.taken);
        }
    }

    /// Whether there is more in view at `now` than is followed: what was left out may contradict what was not.
    pub fn is_crowded(&self, now: Timestamp) -> bool {
        self.crowded.is_some_and(|at| now.since(at) <= CROWDED_MS)
    }

    /// Lets go of what has left by `now`; gives the serials of linked boxes that have.
    pub fn expire(&mut self, now: Timestamp, rules: &Agreement) -> Vec<Track> {
        let is_here = |track: &Track| now.since(track.last_seen) <= rules.gone_ms;
        let serials: Vec<Track> =
            self.tracks.iter().filter(|t| t.is_serial() && is_here(t)).cloned().collect();
        // A product code once seen with a serial stays evidence for as long as that serial is in view.
        let is_kept = |track: &Track| {
            let evidence = track.is_agreed() && !track.meaning.asins.is_empty();
            is_here(track) || (evidence && serials.iter().any(|serial| serial.covisible(track)))
        };
        let (kept, left): (Vec<Track>, Vec<Track>) =
            std::mem::take(&mut self.tracks).into_iter().partition(is_kept);
        self.tracks = kept;
        for track in &mut self.tracks {
            track.forget(now, rules);
        }
        let since = self.tracks.iter().filter(|t| t.is_box_part()).map(|t| t.first_seen).min();
        self.box_since = match (self.box_since, since) {
            (_, None) => None,
            (None, since) => since,
            (was, Some(_)) => was,
        };
        left.into_iter().filter(Track::is_serial).collect()
    }
}

impl Track {
    /// Whether it may stand on a box: a call-up or a command may lie on the table.
    fn is_box_part(&self) -> bool {
        use crate::pipeline::meaning::Role;
        !matches!(self.meaning.role, Role::CallUp | Role::Command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_symbols_than_are_followed_crowd_the_view_until_they_are_gone() {
        let (catalog, _) = Catalog::load([]);
        let rules = Agreement::default();
        let glance = |ms: i64, n: usize| Glance {
            camera: Arc::from("top"),
            view: Arc::from("table"),
            source: None,
            number: ms.unsigned_abs(),
            taken: Timestamp::from_millis(ms),
            fingerprint: ms.unsigned_abs(),
            symbols: (0..n)
                .map(|i| Symbol {
                    symbology: Symbology::Code128,
                    text: format!("X{i}"),
                    identifier: "]C0".to_owned(),
                    corners: [Point::new(9.0, 9.0); 4],
                    confidence: None,
                    add_on: None,
                })
                .collect(),
        };
        let mut view = View::default();
        view.see(&glance(0, MAX_TRACKS), &catalog, &rules);
        assert!(!view.is_crowded(Timestamp::from_millis(0)));
        view.see(&glance(100, MAX_TRACKS + 1), &catalog, &rules);
        assert!(view.is_crowded(Timestamp::from_millis(2000)));
        assert!(!view.is_crowded(Timestamp::from_millis(2101)));
    }
}
