//! Stacked GS1 DataBar: rows of one strip that are parts of one symbol.
//!
//! Every row of pixels is read by itself. A part counts that enough rows read the same, with few against it, and
//! parts make a symbol when their order, their ends and the check value fit.

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::databar::expanded::{self, Row};
use crate::pipeline::decode::linear::databar::omni::{self, Half, Side, is_guard};
use crate::pipeline::decode::linear::databar::{self, IDENTIFIER, element};
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::pool::Lent;
use crate::pipeline::decode::profile::Bars;
use crate::pipeline::decode::strip::Strip;
use crate::pipeline::symbol::{Confidence, Symbol, Symbology};

/// Rows that are looked at before all are.
const PROBES: u16 = 5;

/// Pixels from row to row.
const ROW_PX: f32 = 1.5;

/// Least and most rows.
const ROWS: (f32, f32) = (10.0, 72.0);

/// Every so manieth row is read before others are.
const STRIDE: u8 = 4;

/// Pixels that are looked at above and below the strip: its rim is rough.
const RIM_PX: f32 = 5.0;

/// Rows that must read the same part.
const MIN_VOTES: u32 = 3;

/// How many times as many as read anything else there.
const CLEAR: u32 = 3;

/// By how many modules the ends of two halves may differ.
const ALIGNED: f32 = 5.0;

/// What a row of pixels may hold of a symbol.
#[derive(Debug, Clone)]
enum Content {
    /// A symbol that is not stacked.
    Whole(Reading),
    Half(Side, Half),
    Row(Row),
}

impl Content {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole(reading), Self::Whole(other)) => {
                reading.text == other.text && reading.symbology == other.symbology
            }
            (Self::Half(a, half), Self::Half(b, other)) => a == b && half.is_same(other),
            (Self::Row(row), Self::Row(other)) => row.is_same(other),
            _ => false,
        }
    }

    fn module(&self) -> f32 {
        match self {
            Self::Whole(reading) => reading.module,
            Self::Half(_, half) => half.module,
            Self::Row(row) => row.module,
        }
    }

    fn margin(&self) -> f32 {
        match self {
            Self::Whole(reading) => reading.margin,
            Self::Half(_, half) => half.margin(),
            Self::Row(row) => row.margin(),
        }
    }
}

/// A part of a symbol with what speaks for it.
#[derive(Debug, Clone)]
struct Part {
    content: Content,
    /// Whether it reads from the last column to the first.
    backward: bool,
    /// Its first and last column, from left to right.
    extent: (f32, f32),
    /// Rows that read it.
    votes: u32,
    /// Where they lie: the sum, the first and the last.
    sum: f32,
    rows: (f32, f32),
}

impl Part {
    /// Where it lies, downward in the direction of reading.
    fn height(&self) -> f32 {
        let mean = self.sum / self.votes as f32;
        if self.backward { -mean } else { mean }
    }

    /// Whether the two may be seen in one place only by mistake.
    fn rivals(&self, other: &Self) -> bool {
        let shared = self.extent.1.min(other.extent.1) - self.extent.0.max(other.extent.0);
        let apart = self.rows.1 < other.rows.0 || other.rows.1 < self.rows.0;
        shared > 0.0 && !apart && self.backward == other.backward
    }

    fn is_aligned_with(&self, other: &Self) -> bool {
        let room = ALIGNED * self.content.module();
        let (a, b) = (self.extent, other.extent);
        let scale = self.content.module() / other.content.module().max(1e-6);
        (a.0 - b.0).abs() < room && (a.1 - b.1).abs() < room && (0.8..1.25).contains(&scale)
    }
}

/// The stacked symbol in `strip`.
pub fn read(strip: &Strip<'_>, formats: &Formats) -> Option<Symbol> {
    let along = strip.region().along.max(1.0);
    let reach = 1.0 + RIM_PX / along;
    let at = |share: f32| reach * (2.0 * share - 1.0);
    let (pools, thin) = (strip.pools(), strip.thinned(2));
    let is_promising = |k: u16| {
        let v = at((f32::from(k) + 0.5) / f32::from(PROBES));
        // Half the columns show the wide elements of a finder pattern, too.
        if !has_finder(&look(&thin, v, 0.0)) {
            return false;
        }
        let bars = look(strip, v, 0.0);
        has_finder(&bars)
            && !(contents(&bars).is_empty() && contents(&bars.reversed(pools)).is_empty())
    };
    if !(0..PROBES).any(is_promising) {
        return None;
    }
    let n = (2.0 * reach * along / ROW_PX).clamp(ROWS.0, ROWS.1).floor();
    let mut parts = Vec::new();
    // A few rows of clear print tell as much as all.
    for first in 0..STRIDE {
        let mut k = f32::from(first) + 0.5;
        while k < n {
            let v = at(k / n);
            let forward = look(strip, v, 0.5 / along);
            collect(&forward.reversed(pools), v, true, &mut parts);
            collect(&forward, v, false, &mut parts);
            k += f32::from(STRIDE);
        }
        if found(&parts).is_some() {
            break;
        }
    }
    found(&parts).filter(|found| formats.has(found.symbology)).map(|found| symbol(&found, strip))
}

/// Whether five elements of `bars` may be a finder pattern, from either side: the second and the third one have ten to
/// twelve of its fifteen modules, the last two have two (tables 4 and 10). What costs little, before anything else.
fn has_finder(bars: &Bars) -> bool {
    let may_be = |[_, b, c, d, e]: [f32; 5], whole: f32| {
        (0.55..0.9).contains(&((b + c) / whole)) && (0.06..0.23).contains(&((d + e) / whole))
    };
    (0..bars.elements()).filter_map(|k| bars.widths::<5>(k)).any(|widths| {
        let whole = widths.iter().sum();
        let [a, b, c, d, e] = widths;
        may_be(widths, whole) || may_be([e, d, c, b, a], whole)
    })
}

/// The symbol whose parts enough rows have read.
fn found(parts: &[Part]) -> Option<Found<'_>> {
    let strong = |part: &&Part| {
        let against = parts.iter().filter(|p| !p.content.is_same(&part.content) && p.rivals(part));
        let most = against.map(|p| p.votes).max().unwrap_or(0);
        part.votes >= MIN_VOTES && part.votes >= CLEAR * most
    };
    let parts: Vec<&Part> = parts.iter().filter(strong).collect();
    whole(&parts).or_else(|| halves(&parts)).or_else(|| rows(&parts))
}

/// The bars of row `v`, the mean of two rows `apart` from each other.
fn look<'a>(strip: &Strip<'a>, v: f32, apart: f32) -> Lent<'a, Bars> {
    let rows = if apart > 0.0 { 2 } else { 1 };
    Bars::of(&strip.mean(v - apart, v + apart, rows), 0.25, strip.pools())
}

fn collect(bars: &Bars, v: f32, backward: bool, parts: &mut Vec<Part>) {
    for (content, (from, to)) in contents(bars) {
        let extent = if backward { (-to, -from) } else { (from, to) };
        let is_same = |p: &&mut Part| {
            p.backward == backward
                && p.content.is_same(&content)
                && p.extent.0 < extent.1
                && extent.0 < p.extent.1
        };
        if let Some(part) = parts.iter_mut().find(is_same) {
            part.votes += 1;
            part.sum += v;
            part.rows = (part.rows.0.min(v), part.rows.1.max(v));
        } else {
            let part = Part { content, backward, extent, votes: 1, sum: v, rows: (v, v) };
            parts.push(part);
        }
    }
}

/// The parts that start somewhere in `bars`, with their ends.
fn contents(bars: &Bars) -> Vec<(Content, (f32, f32))> {
    let mut found: Vec<(Content, (f32, f32))> = Vec::new();
    let mut whole = Vec::new();
    databar::read(bars, &mut whole);
    found.extend(whole.into_iter().map(|reading| {
        let ends = reading.ends;
        (Content::Whole(reading), ends)
    }));
    // The shortest part is a block without its right character between two guards.
    for k in (0..bars.edges.len().saturating_sub(15)).step_by(2) {
        // A guard of a space and a bar, or of a bar and a space.
        let rows = [1, 2].into_iter().filter_map(|guard| expanded::row(bars, k, guard));
        let rows = rows.map(|row| {
            let ends = row.ends;
            (Content::Row(row), ends)
        });
        let here = rows.chain(half(bars, k));
        for (content, ends) in here {
            // The end of a row is no row of its own.
            if !found.iter().any(|(_, other)| other.0 <= ends.0 && ends.1 <= other.1) {
                found.push((content, ends));
            }
        }
    }
    found
}

/// The half of a stacked symbol that begins with the guard bar at `k`.
fn half(bars: &Bars, k: usize) -> Option<(Content, (f32, f32))> {
    // The upper one begins with a space, a bar, and ends with a bar, a space; the lower one the other way round.
    let read = |side, first: usize, last: usize| {
        let half = Half::read(bars, first, side)?;
        let guards = (k..first).chain(first + 21..=last);
        let are_guards = guards.map(|g| bars.width(g) / half.module).all(is_guard);
        let ends = (*bars.edges.get(k)?, *bars.edges.get(last + 1)?);
        are_guards.then_some((Content::Half(side, half), ends))
    };
    read(Side::Left, k + 1, k + 22).or_else(|| read(Side::Right, k + 2, k + 24))
}

/// The content of a symbol and its parts, from the top on.
struct Found<'a> {
    symbology: Symbology,
    text: String,
    parts: Vec<&'a Part>,
}

/// A symbol that is not stacked; a strip that is joined of several regions may be the first to show it.
fn whole<'a>(parts: &[&'a Part]) -> Option<Found<'a>> {
    parts.iter().find_map(|part| {
        let Content::Whole(reading) = &part.content else { return None };
        let text = reading.text.clone().into();
        (part.votes > MIN_VOTES).then(|| Found {
            symbology: reading.symbology,
            text,
            parts: vec![*part],
        })
    })
}

/// The two halves of a symbol.
fn halves<'a>(parts: &[&'a Part]) -> Option<Found<'a>> {
    let pairs = parts.iter().flat_map(|upper| parts.iter().map(move |lower| (*upper, *lower)));
    let mut found = pairs.filter_map(|(upper, lower)| {
        let (Content::Half(Side::Left, left), Content::Half(Side::Right, right)) =
            (&upper.content, &lower.content)
        else {
            return None;
        };
        let stacked = upper.backward == lower.backward
            && upper.height() < lower.height()
            && upper.is_aligned_with(lower);
        let text = stacked.then(|| omni::text(left, right)).flatten()?;
        Some(Found { symbology: Symbology::DataBar, text, parts: vec![upper, lower] })
    });
    let first = found.next()?;
    // Two ways to put halves together are none.
    found.all(|other| other.text == first.text).then_some(first)
}

/// The rows of a symbol of several.
fn rows<'a>(parts: &[&'a Part]) -> Option<Found<'a>> {
    parts.iter().find_map(|first| {
        let Content::Row(row) = &first.content else { return None };
        let n = row.n_blocks().filter(|n| row.follows(*n, 0))?;
        let width = row.blocks.len();
        let mut chosen = vec![*first];
        let mut blocks = row.blocks.clone();
        while blocks.len() < n {
            let at = blocks.len();
            let wanted = width.min(n - at);
            // Of an even number of blocks, every second row runs from right to left, but not a last one that lacks
            // an odd number of them.
            let turned = width % 2 == 0 && chosen.len() % 2 == 1 && (width - wanted) % 2 == 0;
            let last = *chosen.last()?;
            let fits = |part: &&&Part| {
                let Content::Row(row) = &part.content else { return false };
                let mean = |p: &Part| if first.backward { -p.sum } else { p.sum } / p.votes as f32;
                part.backward == (first.backward != turned)
                    && row.blocks.len() == wanted
                    && row.follows(n, at)
                    && mean(part) > mean(last)
                    && (row.module / first.content.module() - 1.0).abs() < 0.2
            };
            let mut next = parts.iter().filter(fits);
            let part = next.next()?;
            if next.next().is_some() {
                return None;
            }
            let Content::Row(row) = &part.content else { return None };
            blocks.extend(row.blocks.iter().copied());
            chosen.push(part);
        }
        let text = element::text(&expanded::bits(&blocks)?)?;
        Some(Found { symbology: Symbology::DataBarExpanded, text, parts: chosen })
    })
}

fn symbol(found: &Found<'_>, strip: &Strip<'_>) -> Symbol {
    let least =
        |value: fn(&Part) -> f32| found.parts.iter().map(|p| value(p)).fold(f32::MAX, f32::min);
    let (from, to) = (least(|p| p.extent.0), -least(|p| -p.extent.1));
    let (top, bottom) = (least(|p| p.rows.0), -least(|p| -p.rows.1));
    let backward = found.parts.first().is_some_and(|p| p.backward);
    let profile = strip.mean(top, bottom, 8);
    let light = profile.iter().copied().fold(0.0, f32::max);
    let dark = profile.iter().copied().fold(255.0, f32::min);
    let confidence = Confidence {
        rows: found.parts.iter().map(|p| p.votes).min().unwrap_or(0),
        margin: least(|p| p.content.margin()),
        px_per_module: least(|p| p.content.module()) * strip.step,
        contrast: (light - dark).max(0.0) / 255.0,
        errors_corrected: 0,
    };
    Symbol {
        symbology: found.symbology,
        text: found.text.clone(),
        identifier: IDENTIFIER.to_owned(),
        corners: strip.corners((from, to), (top, bottom), backward),
        confidence: Some(confidence),
        add_on: None,
    }
}
