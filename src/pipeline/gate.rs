//! The change gate: with nothing moving in view a frame need not be decoded again.
//!
//! A frame is compared with the one that was decoded last, cell by cell, over every fourth row of its luma. The
//! reference stays until the next decoding, so that what creeps adds up. A change wakes the gate with the frame that
//! shows it. What lies still is decoded several times, so that it can agree and the station can settle, then once in a
//! while: what follows a typed order, or a symbol that is hard to read, is not left waiting.

use std::collections::BTreeMap;

use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::{Symbol, Symbology};
use crate::pipeline::time::Timestamp;
use crate::pipeline::view::Agreement;

/// One row in so many is compared.
const STEP: usize = 4;
/// A cell is so many columns wide.
const CELL: usize = 16;
/// And so many compared rows high: as high as it is wide.
const BAND: usize = CELL / STEP;
/// Pictures with a shorter side than this have too few cells to tell by.
const LEAST_SIDE: u32 = 64;

/// Gray levels by which a sample may change without noise, on average over a cell.
const STILL: u32 = 4;
/// The same for the cell's mean, from which noise cancels out.
const STILL_MEAN: u32 = 3;
/// Samples of a moved cell change by so many times what those of the picture's median cell do, which is its noise.
const OVER_NOISE: u32 = 3;
/// A median change of more gray levels is no noise: the light has changed.
const MOST_NOISE: u32 = 12;

/// Frames that are decoded after the last change, at least: a second at 15 frames.
const LOOKS: u32 = 15;
/// So many times more while a symbol that was seen has not agreed.
const PATIENCE: u32 = 4;
/// With nothing moving a frame is decoded this often, in milliseconds: a link's newest frame is at most 1 s old
/// (decision 4), and one may follow a typed order.
const AGAIN_MS: i64 = 1000;
/// A compressed frame as long as the last within this share, in thousandths, may show the same.
const SAME_LENGTH: usize = 20;
/// But not more than so many in a row are taken for it unseen.
const MOST_UNSEEN: u32 = 2;

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Decode it.
    Decode,
    /// It shows what the one decoded last does.
    AsBefore,
}

/// One camera's change gate.
#[derive(Debug)]
pub struct Gate {
    rules: Agreement,
    reference: Option<Reference>,
    /// Frames decoded since the last change.
    looks: u32,
    /// In how many of them each symbol was read.
    read: BTreeMap<(Symbology, String), u32>,
    /// How many symbols the last look read, and whether the one before read the same.
    last: (usize, bool),
    /// When the last look was.
    looked_at: Option<Timestamp>,
    unseen: u32,
}

/// The frame that was decoded last: every [`STEP`]th row of it, and its length while it was compressed.
#[derive(Debug)]
struct Reference {
    width: u32,
    height: u32,
    rows: Vec<u8>,
    length: Option<usize>,
}

impl Gate {
    /// A gate that stays open until symbols have agreed by `rules`.
    pub fn new(rules: Agreement) -> Self {
        Self {
            rules,
            reference: None,
            looks: 0,
            read: BTreeMap::new(),
            last: (0, false),
            looked_at: None,
            unseen: 0,
        }
    }

    /// Whether `picture`, at `now`, is to be decoded. After it was, [`Gate::looked`] is to be told.
    pub fn judge(&mut self, picture: &Picture, now: Timestamp) -> Judged {
        self.unseen = 0;
        if self.reference.as_ref().is_none_or(|reference| reference.differs(picture)) {
            self.looks = 0;
            self.read.clear();
            self.last = (0, false);
            return Judged::Decode;
        }
        if self.is_open() || self.is_due(now) { Judged::Decode } else { Judged::AsBefore }
    }

    /// The same for a frame that is still compressed, `length` bytes long: one that seems equal need not be unpacked.
    ///
    /// A JPEG's length changes with nearly everything that its picture shows. What it does not tell is seen soon after:
    /// every third frame is unpacked.
    pub fn judge_compressed(&mut self, length: usize, now: Timestamp) -> Judged {
        let before = self.reference.as_ref().and_then(|reference| reference.length);
        let is_same =
            before.is_some_and(|before| before.abs_diff(length) * 1000 <= before * SAME_LENGTH);
        if !is_same || self.is_open() || self.is_due(now) || self.unseen >= MOST_UNSEEN {
            return Judged::Decode;
        }
        self.unseen += 1;
        Judged::AsBefore
    }

    /// Takes in what `picture` was decoded to at `now`; it was `length` bytes long if it came compressed.
    pub fn looked(
        &mut self,
        picture: &Picture,
        length: Option<usize>,
        symbols: &[Symbol],
        now: Timestamp,
    ) {
        let mut n_known = 0;
        for symbol in symbols {
            let times = self.read.entry((symbol.symbology, symbol.text.clone())).or_default();
            if *times == 0 {
                // Something that none of the looks had read: it gets as many looks as what has just come.
                self.looks = 0;
            }
            n_known += usize::from(*times > 0);
            *times += 1;
        }
        let same = n_known == symbols.len() && n_known == self.last.0;
        self.last = (symbols.len(), same);
        self.looks = self.looks.saturating_add(1);
        self.looked_at = Some(now);
        self.reference = Some(Reference::of(picture, length));
    }

    /// Whether frames are decoded although nothing changes.
    fn is_open(&self) -> bool {
        let needed = self.rules.reed_solomon.max(self.rules.checked).max(self.rules.unchecked);
        let enough = LOOKS.max(2 * needed);
        let agrees = |((symbology, _), times): (&(Symbology, String), &u32)| {
            *times >= self.rules.needed(*symbology)
        };
        // What is said of a still view is what its last look read: a slip is not to stand.
        let is_settled = self.last.1 && self.read.iter().all(agrees);
        self.looks < enough || (!is_settled && self.looks < PATIENCE * enough)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.looked_at.is_none_or(|at| now.since(at) >= AGAIN_MS || now < at)
    }
}

impl Reference {
    fn of(picture: &Picture, length: Option<usize>) -> Self {
        let (width, height) = (picture.width(), picture.height());
        Self { width, height, rows: sampled(picture).collect::<Vec<_>>().concat(), length }
    }

    /// Whether something in `picture` is not where it was.
    fn differs(&self, picture: &Picture) -> bool {
        if (self.width, self.height) != (picture.width(), picture.height())
            || self.width.min(self.height) < LEAST_SIDE
        {
            return true;
        }
        let mut cells = self.cells(picture);
        let middle = cells.len() / 2;
        let (_, median, _) = cells.select_nth_unstable_by_key(middle, |cell| cell.changes);
        let noise = median.changes / cell_samples();
        let allowed = cell_samples() * (STILL + OVER_NOISE * noise);
        let allowed_mean = cell_samples() * (STILL_MEAN + noise);
        noise > MOST_NOISE
            || cells.iter().any(|cell| cell.changes > allowed || cell.shift > allowed_mean)
    }

    fn cells(&self, picture: &Picture) -> Vec<Cell> {
        let width = self.rows.len() / sampled(picture).count().max(1);
        let n_across = width / CELL;
        let mut cells = Vec::new();
        let mut band = vec![(0_u32, 0_i32); n_across];
        let rows = self.rows.chunks_exact(width.max(1)).zip(sampled(picture));
        for (i, (before, now)) in rows.enumerate() {
            let (before, _) = before.as_chunks::<CELL>();
            let (now, _) = now.as_chunks::<CELL>();
            for ((sum, before), now) in band.iter_mut().zip(before).zip(now) {
                let (changes, shift) = compared(before, now);
                sum.0 += u32::from(changes);
                sum.1 += i32::from(shift);
            }
            if i % BAND == BAND - 1 {
                cells.extend(band.iter_mut().map(|sum| Cell::of(std::mem::take(sum))));
            }
        }
        cells
    }
}

/// What has changed in a cell.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// The sum of its samples' changes.
    changes: u32,
    /// The change of its samples' sum.
    shift: u32,
}

impl Cell {
    fn of((changes, shift): (u32, i32)) -> Self {
        Self { changes, shift: shift.unsigned_abs() }
    }
}

fn cell_samples() -> u32 {
    u32::try_from(CELL * BAND).unwrap_or(u32::MAX)
}

/// The sum of changes, and the change of the sum, of a cell's row.
fn compared(before: &[u8; CELL], now: &[u8; CELL]) -> (u16, i16) {
    let mut changes = 0;
    let mut shift = 0;
    for (a, b) in before.iter().zip(now) {
        changes += u16::from(a.abs_diff(*b));
        shift += i16::from(*b) - i16::from(*a);
    }
    (changes, shift)
}

/// Every [`STEP`]th row.
fn sampled(picture: &Picture) -> impl Iterator<Item = &[u8]> {
    let width = usize::try_from(picture.width()).unwrap_or(1).max(1);
    picture.luma().chunks_exact(width).step_by(STEP)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::symbol::Point;

    /// A table with a label on it, its bars moved by `shift`, and noise of so many gray levels around each.
    fn frame(seed: u32, noise: u32, shift: Option<u32>) -> Picture {
        let mut random = seed.wrapping_mul(2_654_435_761) | 1;
        let luma = (0..320 * 240).map(|i| {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let (x, y) = (i % 320, i / 320);
            let is_label = (100..140).contains(&x) && (100..124).contains(&y);
            let bar = shift.is_some_and(|shift| (x + shift) % 4 < 2);
            let plain = if is_label && shift.is_some() && bar { 90 } else { 150 };
            u8::try_from(plain + random % (2 * noise + 1) - noise).unwrap()
        });
        Picture::new(320, 240, luma.collect()).unwrap()
    }

    fn symbol(text: &str) -> Symbol {
        Symbol {
            symbology: Symbology::Code128,
            text: text.to_owned(),
            identifier: "]C0".to_owned(),
            corners: [Point::new(0.0, 0.0); 4],
            confidence: None,
            add_on: None,
        }
    }

    fn at(frame: u32) -> Timestamp {
        Timestamp::from_millis(1_000_000 + i64::from(frame) * 66)
    }

    /// Frames that are decoded of `n` that show the same with `noise`, `read` from each.
    fn decoded(n: u32, noise: u32, read: fn(u32) -> Vec<Symbol>) -> Vec<u32> {
        let mut gate = Gate::new(Agreement::default());
        let mut decoded = Vec::new();
        for i in 0..n {
            let picture = frame(i, noise, Some(0));
            if gate.judge(&picture, at(i)) == Judged::Decode {
                gate.looked(&picture, None, &read(i), at(i));
                decoded.push(i);
            }
        }
        decoded
    }

    #[test_case(0; "no noise")]
    #[test_case(2; "little noise")]
    #[test_case(12; "much noise")]
    fn what_lies_still_is_decoded_fifteen_times_then_each_second(noise: u32) {
        let looks = decoded(60, noise, |_| vec![symbol("A")]);
        assert_eq!(looks[..15], (0..15).collect::<Vec<_>>());
        assert_eq!(looks[15..], [30, 46]);
    }

    #[test]
    fn a_symbol_that_has_not_agreed_keeps_it_open() {
        // Read in every tenth frame: three of them make it agree.
        let hard = |i: u32| if i.is_multiple_of(10) { vec![symbol("A")] } else { Vec::new() };
        assert_eq!(decoded(34, 2, hard), (0..23).collect::<Vec<_>>());
        // Read once: after four times as many looks it is given up.
        let once = |i: u32| if i == 0 { vec![symbol("A")] } else { Vec::new() };
        assert_eq!(decoded(70, 2, once), (0..60).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_look_before_it_closes_reads_what_the_one_before_did() {
        let slip = |i: u32| if i == 14 { Vec::new() } else { vec![symbol("A")] };
        assert_eq!(decoded(28, 2, slip), (0..17).collect::<Vec<_>>());
    }

    #[test_case(2, Some(2); "other bars in the same place")]
    #[test_case(5, Some(2); "other bars under noise")]
    #[test_case(5, None; "the label is gone")]
    fn a_change_wakes_it_at_once(noise: u32, shift: Option<u32>) {
        let mut gate = Gate::new(Agreement::default());
        for i in 0..20 {
            let picture = frame(i, noise, Some(0));
            if gate.judge(&picture, at(i)) == Judged::Decode {
                gate.looked(&picture, Some(10_000), &[symbol("A")], at(i));
            }
        }
        assert_eq!(gate.judge(&frame(20, noise, Some(0)), at(20)), Judged::AsBefore);
        assert_eq!(gate.judge(&frame(21, noise, shift), at(21)), Judged::Decode);
        assert!(gate.is_open());
    }

    #[test]
    fn a_compressed_frame_of_the_same_length_is_unpacked_every_third_time() {
        let mut gate = Gate::new(Agreement::default());
        for i in 0..15 {
            let picture = frame(i, 2, None);
            assert_eq!(gate.judge(&picture, at(i)), Judged::Decode);
            gate.looked(&picture, Some(10_000), &[], at(i));
        }
        assert_eq!(gate.judge_compressed(10_100, at(15)), Judged::AsBefore);
        assert_eq!(gate.judge_compressed(9_900, at(16)), Judged::AsBefore);
        assert_eq!(gate.judge_compressed(10_000, at(17)), Judged::Decode);
        assert_eq!(gate.judge(&frame(17, 2, None), at(17)), Judged::AsBefore);
        assert_eq!(gate.judge_compressed(10_000, at(18)), Judged::AsBefore);
        assert_eq!(gate.judge_compressed(10_300, at(19)), Judged::Decode);
    }
}
