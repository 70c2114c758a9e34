//! Frames on their way to the disk: held back for a second, with every secret filled in (decision 22).
//!
//! A secret is read in some frames and not in others; its place is filled in the frames of a second before and after as
//! well, but for one in which another symbol was read there.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::pipeline::frame::Picture;
use crate::pipeline::payload::{self, SecretClass};
use crate::pipeline::symbol::{Corners, Point, Symbol, Symbology};
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::Glance;

/// For how long a frame is held back, and a secret's place is filled after it was last read, in milliseconds.
const HOLD_MS: i64 = 1000;
/// Pictures that are held back take no more bytes than this; beyond, the oldest goes before its time.
const MOST_BYTES: usize = 96 << 20;
/// What is filled reaches so much further than the symbol's corners on every side: a share of its longer side.
const MARGIN: f32 = 0.15;
/// The same at least, in pixels, in a picture that is written by itself.
const ALONE_PX: f32 = 8.0;
/// The gray of a filled place.
const FILL: u8 = 128;

/// A symbol with a secret, without its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Its symbology.
    pub format: Symbology,
    /// Its symbology identifier.
    pub identifier: String,
    /// Its class.
    pub class: String,
    /// Its content's length, in characters.
    pub length: usize,
    /// Where it was.
    pub corners: [(f32, f32); 4],
    /// Its place among the symbols of its frame, from 0.
    pub index: usize,
}

impl Secret {
    fn of((index, symbol): (usize, &Symbol)) -> Option<Self> {
        Some(Self {
            format: symbol.symbology,
            identifier: symbol.identifier.clone(),
            class: payload::secret(&symbol.text)?.name().to_owned(),
            length: symbol.text.chars().count(),
            corners: symbol.corners.map(|corner| (corner.x, corner.y)),
            index,
        })
    }

    /// A symbol that stands where it stood and means the same, with a content that tells nothing; `None` where its
    /// class is none.
    pub fn stand_in(&self) -> Option<Symbol> {
        let class: SecretClass = self.class.parse().ok()?;
        Some(Symbol {
            symbology: self.format,
            text: class.stand_in(self.length),
            identifier: self.identifier.clone(),
            corners: self.corners.map(|(x, y)| Point::new(x, y)),
            confidence: None,
            add_on: None,
        })
    }
}

/// A frame that was decided on, to be recorded.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The camera's name.
    pub camera: Arc<str>,
    /// Its view's.
    pub view: Arc<str>,
    /// The frame's number.
    pub number: u64,
    /// When it was taken.
    pub taken: Timestamp,
    /// When it was decided on.
    pub decided: Timestamp,
    /// Its picture; `None` where it shows what the camera's one before did.
    pub picture: Option<Arc<Picture>>,
    /// The secrets on it.
    pub secrets: Vec<Secret>,
    /// Where its other symbols are.
    others: Vec<Area>,
}

impl Shot {
    /// The frame of `glance`, decided on at `decided`.
    pub fn of(glance: &Glance, picture: Option<Arc<Picture>>, decided: Timestamp) -> Self {
        let is_secret = |symbol: &&Symbol| payload::secret(&symbol.text).is_some();
        let others = glance.symbols.iter().filter(|symbol| !is_secret(symbol));
        Self {
            camera: Arc::clone(&glance.camera),
            view: Arc::clone(&glance.view),
            number: glance.number,
            taken: glance.taken,
            decided,
            picture,
            secrets: glance.symbols.iter().enumerate().filter_map(Secret::of).collect(),
            others: others.map(|symbol| Area::around(&symbol.corners, 0.0, 0.0)).collect(),
        }
    }

    /// Fills `area`, where no other symbol was read in it.
    fn fill(&mut self, area: Area) {
        if !self.others.iter().any(|other| other.meets(area))
            && let Some(picture) = &self.picture
        {
            self.picture = Some(Arc::new(filled(picture, &[area])));
        }
    }

    fn bytes(&self) -> usize {
        self.picture.as_ref().map_or(0, |picture| picture.luma().len())
    }
}

/// An upright rectangle of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Area {
    /// What holds `corners`, and `margin` times its longer side around them, `least_px` pixels at least.
    fn around(corners: &Corners, margin: f32, least_px: f32) -> Self {
        let least = |of: fn(&Point) -> f32| corners.iter().map(of).fold(f32::INFINITY, f32::min);
        let most = |of: fn(&Point) -> f32| corners.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
        let (left, right) = (least(|p| p.x), most(|p| p.x));
        let (top, bottom) = (least(|p| p.y), most(|p| p.y));
        let more = (margin * (right - left).max(bottom - top)).max(least_px);
        Self { left: left - more, top: top - more, right: right + more, bottom: bottom + more }
    }

    fn meets(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// `picture` with the secrets among `symbols` filled in (decision 22); `None` where there is none.
pub fn without_secrets(picture: &Picture, symbols: &[Symbol]) -> Option<Picture> {
    let secrets = symbols.iter().filter(|symbol| payload::secret(&symbol.text).is_some());
    let area = |symbol: &Symbol| Area::around(&symbol.corners, MARGIN, ALONE_PX);
    let areas: Vec<Area> = secrets.map(area).collect();
    (!areas.is_empty()).then(|| filled(picture, &areas))
}

/// `picture` with `areas` of one gray.
fn filled(picture: &Picture, areas: &[Area]) -> Picture {
    let mut luma = picture.luma().to_vec();
    let width = usize::try_from(picture.width()).unwrap_or(1).max(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float beyond the range saturates, and so does what is filled"
    )]
    let pixel = |at: f32| at as usize;
    for area in areas {
        let rows = luma.chunks_exact_mut(width);
        for row in rows.take(pixel(area.bottom.ceil())).skip(pixel(area.top)) {
            let right = pixel(area.right.ceil()).min(width);
            if let Some(part) = row.get_mut(pixel(area.left).min(right)..right) {
                part.fill(FILL);
            }
        }
    }
    // It is as long as it was.
    Picture::new(picture.width(), picture.height(), luma).unwrap_or_else(|_| picture.clone())
}

/// A place that a secret was read at.
#[derive(Debug, Clone)]
struct Place {
    camera: Arc<str>,
    area: Area,
    last: Timestamp,
}

/// The last second's frames.
#[derive(Debug, Default)]
pub struct HoldBack {
    shots: VecDeque<Shot>,
    places: Vec<Place>,
    bytes: usize,
}

impl HoldBack {
    /// Takes in the newest frame.
    pub fn push(&mut self, shot: Shot) {
        let mut shot = shot;
        self.places.retain(|place| shot.taken.since(place.last) <= HOLD_MS);
        if let Some(picture) = shot.picture.as_ref().filter(|_| !shot.secrets.is_empty()) {
            // Its own secrets are filled whatever else is there.
            let areas: Vec<Area> = shot.secrets.iter().map(area_of).collect();
            shot.picture = Some(Arc::new(filled(picture, &areas)));
        }
        let camera = Arc::clone(&shot.camera);
        for place in self.places.iter().filter(|place| place.camera == camera) {
            shot.fill(place.area);
        }
        for secret in &shot.secrets {
            let (camera, area) = (Arc::clone(&shot.camera), area_of(secret));
            for earlier in self.shots.iter_mut().filter(|earlier| earlier.camera == camera) {
                earlier.fill(area);
            }
            self.places.push(Place { camera, area, last: shot.taken });
        }
        self.bytes += shot.bytes();
        self.shots.push_back(shot);
    }

    /// The oldest frame, once it has been held back for long enough at `now`.
    pub fn pop(&mut self, now: Timestamp) -> Option<Shot> {
        let is_due = |shot: &Shot| now.since(shot.decided) >= HOLD_MS || self.bytes > MOST_BYTES;
        self.shots.front().filter(|shot| is_due(shot))?;
        self.pop_any()
    }

    /// The oldest frame.
    pub fn pop_any(&mut self) -> Option<Shot> {
        let shot = self.shots.pop_front()?;
        self.bytes = self.bytes.saturating_sub(shot.bytes());
        Some(shot)
    }
}

fn area_of(secret: &Secret) -> Area {
    Area::around(&secret.corners.map(|(x, y)| Point::new(x, y)), MARGIN, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str, left: f32) -> Symbol {
        let corners = [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0)];
        Symbol {
            symbology: Symbology::QRCode,
            text: text.to_owned(),
            identifier: "]Q1".to_owned(),
            corners: corners.map(|(x, y)| Point::new(left + x, 30.0 + y)),
            confidence: None,
            add_on: None,
        }
    }

    fn shot(number: u64, symbols: Vec<Symbol>) -> Shot {
        let at = Timestamp::from_millis(1_000_000 + i64::try_from(number).unwrap() * 100);
        let glance = Glance {
            camera: Arc::from("top"),
            view: Arc::from("table"),
            source: None,
            number,
            taken: at,
            fingerprint: number,
            symbols: Arc::from(symbols),
        };
        let picture = Picture::new(100, 80, vec![9; 8000]).unwrap();
        Shot::of(&glance, Some(Arc::new(picture)), at)
    }

    fn filled_pixels(shot: &Shot) -> usize {
        shot.picture.as_ref().unwrap().luma().iter().filter(|pixel| **pixel == FILL).count()
    }

    #[test]
    fn of_a_picture_by_itself_the_secret_is_filled_in_and_nothing_else() {
        let picture = Picture::new(60, 40, vec![200; 2400]).unwrap();
        let symbol = |text: &str| Symbol {
            symbology: Symbology::QRCode,
            text: text.to_owned(),
            identifier: "]Q1".to_owned(),
            corners: [(20.0, 15.0), (30.0, 15.0), (30.0, 25.0), (20.0, 25.0)]
                .map(|(x, y)| Point::new(x, y)),
            confidence: None,
            add_on: None,
        };
        assert_eq!(without_secrets(&picture, &[symbol("AD123456C")]), None);
        let filled = without_secrets(&picture, &[symbol("WIFI:S:net;T:WPA;P:secret;;")]).unwrap();
        let at = |x: usize, y: usize| filled.luma()[y * 60 + x];
        assert_eq!((at(25, 20), at(13, 20), at(11, 20), at(25, 34)), (FILL, FILL, 200, 200));
    }

    #[test]
    fn a_secret_is_filled_a_second_before_and_after_it_is_read() {
        let mut held = HoldBack::default();
        let mut out = Vec::new();
        for number in 0..30 {
            // At 11 a serial lies where the secret was: it has moved.
            let symbols = match number {
                10 => vec![symbol("WIFI:S:home;P:secret;;", 40.0)],
                11 => vec![symbol("AD123456C", 50.0)],
                _ => Vec::new(),
            };
            let now = Timestamp::from_millis(1_000_000 + i64::try_from(number).unwrap() * 100);
            held.push(shot(number, symbols));
            out.extend(std::iter::from_fn(|| held.pop(now)));
        }
        out.extend(std::iter::from_fn(|| held.pop_any()));
        assert_eq!(out.len(), 30);
        let filled: Vec<u64> =
            out.iter().filter(|shot| filled_pixels(shot) > 0).map(|shot| shot.number).collect();
        let expected: Vec<u64> = (0..11).chain(12..21).collect();
        assert_eq!(filled, expected);
        // 20 pixels, and 3 on each side.
        assert_eq!(filled_pixels(&out[10]), 26 * 26);
        assert_eq!(out[10].secrets[0].class, "wifi");
    }

    #[test]
    fn a_stand_in_means_the_same_and_tells_nothing() {
        for text in
            ["WIFI:S:x;P:y;;", "PIN:1234;X:1", "MT:Y.K90", "X-HM://00ABC", "otpauth://totp/x?s=Y"]
        {
            let secret = Secret::of((3, &symbol(text, 0.0))).unwrap();
            let stand_in = secret.stand_in().unwrap();
            assert_eq!(Secret::of((3, &stand_in)), Some(secret), "{text}");
            assert!(!stand_in.text.ends_with(text.split_at(text.len() - 1).1));
        }
    }

    #[test]
    fn a_place_beyond_the_picture_is_filled_as_far_as_it_reaches() {
        for left in [-50.0, -10.0, 90.0, 500.0, f32::NAN, f32::INFINITY] {
            let mut held = HoldBack::default();
            held.push(shot(1, vec![symbol("WIFI:x", left)]));
            let n = filled_pixels(&held.pop_any().unwrap());
            assert!(n <= 26 * 26 || !left.is_finite(), "{left} {n}");
        }
    }
}
