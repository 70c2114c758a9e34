//! Linear symbols: a straightened region to symbols, each read the same by rows that know nothing of each other.
//!
//! A check character is right by chance once in a hundred times, so it never decides alone: bands of rows are
//! read apart, and what they read must agree.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "columns are clamped to the profile before they become indices"
)]

pub mod add_on;
pub mod ballot;
pub mod character;
pub mod codabar;
pub mod code128;
pub mod code39;
pub mod code93;
pub mod databar;
pub mod ean;
pub mod fit;
pub mod itf;
pub mod joint;
pub mod reader;
pub mod reading;
pub mod rounds;
pub mod scan;
pub mod stack;

use std::cell::LazyCell;

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::glance::{
    Look, MIN_ACROSS, may_be_bars, may_be_fitted, may_be_whole, may_be_whole_bars,
};
use crate::pipeline::decode::linear::ballot::{Ballot, Claim};
use crate::pipeline::decode::linear::fit::Side;
use crate::pipeline::decode::linear::fit::hypothesis::{hypotheses, stretches};
use crate::pipeline::decode::linear::fit::model::Kind;
use crate::pipeline::decode::linear::reader::Reader;
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::linear::stack::stacked;
use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::pooled::{Pooled, pooled};
use crate::pipeline::decode::strip::{BANDS, Bands, Strip, mean_into, mean_of};
use crate::pipeline::symbol::{Candidate, Confidence, Symbol, Symbology};

/// Fewer edges than this in the middle of a region are no symbol.
const MIN_EDGES: usize = 20;

/// The same of a symbol whose blur has left hardly any.
const MIN_BLURRED: usize = 14;

/// The bands in the order they are read: those in the middle first, for the rim may be beside the bars.
const FROM_MIDDLE: [usize; BANDS] = [2, 5, 3, 4, 1, 6, 0, 7];

/// So many bands that read the same are not outvoted by the others, three to one.
const SETTLED: u32 = 6;

/// Most rows that are averaged in a band.
const MAX_BAND_ROWS: usize = 6;

/// Pixels between a symbol that was followed and the rim of the picture: rows are looked for in steps of three.
const RIM: f32 = 6.0;

/// The bit of the first pooled profile where it was fitted, rather than read by its edges.
const FITTED: usize = 8;

/// Room in which strips are read.
#[derive(Debug, Default)]
pub struct Desk {
    reader: Reader,
    bands: Bands,
    mean: Vec<f32>,
    ballot: Ballot,
    /// The symbols that were read, until they are taken.
    pub found: Vec<Symbol>,
}

/// A strip whose rows are alike and whose edges told nothing.
#[derive(Debug)]
pub struct Unclear<'a> {
    strip: Strip<'a>,
    pooled: Lent<'a, Pooled>,
    ballot: Lent<'a, Ballot>,
    /// Whether it has the edges of characters.
    has_characters: bool,
    /// Whether it may be a symbol that is fitted as a whole.
    is_short: bool,
}

impl Unclear<'_> {
    /// The region it is of.
    pub fn region(&self) -> &Region {
        self.strip.region()
    }

    /// Pixels of a rim around the picture it is in.
    pub fn rim(&self) -> f32 {
        self.strip.rim()
    }

    /// Columns of its profiles.
    pub fn columns(&self) -> usize {
        self.strip.columns
    }

    /// Whether it has the edges of characters and they were not fitted yet.
    pub fn has_characters(&self) -> bool {
        self.has_characters
    }

    /// Whether it may be a symbol that is fitted as a whole and was not yet.
    pub fn is_short(&self) -> bool {
        self.is_short
    }

    /// The symbols that characters fitted one by one tell.
    pub fn fit(&mut self, formats: &Formats) -> Vec<Symbol> {
        // Once is enough.
        self.has_characters = false;
        fit(&self.pooled, (formats, self.strip.pools()), &mut self.ballot);
        self.symbols()
    }

    /// The symbols whose characters are followed from one end to the other.
    pub fn follow(&mut self, formats: &Formats) -> Vec<Symbol> {
        if let Some((reading, bits)) =
            joint::followed::read(&self.pooled, formats, self.strip.pools())
            && self.is_whole(&reading)
        {
            self.ballot.add([reading], 0, bits << FITTED);
        }
        self.symbols()
    }

    /// Whether no bar is cut by the rim of the picture: such are not taken on a fit alone.
    fn is_whole(&self, reading: &Reading) -> bool {
        let claim = Claim { reading: reading.clone(), bands: 0, pooled: 0 };
        let corners = symbol(&claim, &self.strip, self.profile()).corners;
        corners.iter().all(|corner| self.strip.shows(*corner, RIM))
    }

    /// The symbols that only tell as a whole.
    pub fn fit_whole(&mut self, formats: &Formats) -> Vec<Symbol> {
        // Once is enough.
        self.is_short = false;
        fit_whole(&self.pooled, (formats, self.strip.pools()), &mut self.ballot);
        self.symbols()
    }

    /// What was read, but not clearly enough.
    pub fn candidate(&self) -> Option<Candidate> {
        let claim = self.ballot.likeliest()?;
        Some(symbol(claim, &self.strip, self.profile()).into())
    }

    fn symbols(&self) -> Vec<Symbol> {
        symbols(&self.ballot, &self.strip, self.profile()).collect()
    }

    fn profile(&self) -> &[f32] {
        self.pooled.first().map_or(&[], |profile| profile)
    }
}

/// Puts on `desk` what edges tell of `strip`, and adds what may yet be fitted to `unclear`.
pub fn read<'a>(
    strip: Strip<'a>,
    formats: &Formats,
    desk: &mut Desk,
    unclear: &mut Vec<Unclear<'a>>,
) {
    let n_before = desk.found.len();
    if read_plain(&strip, formats, desk) && desk.found.len() == n_before {
        read_closely(strip, formats, desk, unclear);
    }
}

/// Puts on `desk` the symbols in `strip` that are read as it is: whether it is worth a closer look where there are none.
pub fn read_plain(strip: &Strip<'_>, formats: &Formats, desk: &mut Desk) -> bool {
    let Desk { reader, bands, mean, ballot, found } = desk;
    strip.mean_into(mean, (-0.25, 0.25), 5);
    let edges = reader.edges(mean, 0.2);
    if edges < MIN_EDGES {
        // All it may be is a symbol that is fitted as a whole.
        return edges >= MIN_BLURRED && may_be_whole(strip.region());
    }
    // Most symbols are plain: a few rows of each band, as they are, agree.
    strip.bands_into(bands, 2);
    ballot.clear();
    for (n, k) in FROM_MIDDLE.into_iter().enumerate() {
        if n >= BANDS / 2 && ballot.is_empty() || ballot.is_settled(SETTLED) {
            break;
        }
        ballot.add(reader.read(&bands[k], 0.25, formats), 1 << k, 0);
    }
    if !ballot.is_empty() {
        mean_into(mean, &*bands);
        found.extend(symbols(ballot, strip, mean));
    }
    true
}

/// Puts on `desk` what edges tell of `strip` at a closer look: of its parts where labels are stuck close, or of the whole.
pub fn read_closely<'a>(
    strip: Strip<'a>,
    formats: &Formats,
    desk: &mut Desk,
    unclear: &mut Vec<Unclear<'a>>,
) {
    let n_before = desk.found.len();
    for part in stacked(&strip) {
        let n_before = desk.found.len();
        if read_plain(&part, formats, desk) && desk.found.len() == n_before {
            unclear.extend(read_aligned(part, formats, desk));
        }
    }
    if desk.found.len() == n_before {
        unclear.extend(read_aligned(strip, formats, desk));
    }
}

/// Puts on `desk` the symbols whose edges `strip` shows as it is, perhaps after it was aligned: worn print is not blurred.
pub fn read_worn(mut strip: Strip<'_>, formats: &Formats, desk: &mut Desk) {
    let n_before = desk.found.len();
    if !read_plain(&strip, formats, desk) || desk.found.len() > n_before {
        return;
    }
    let Desk { reader, bands, ballot, found, .. } = desk;
    strip.align();
    strip.bands_into(bands, MAX_BAND_ROWS);
    let pools = strip.pools();
    if !may_be_whole_bars(bands, pools) {
        return;
    }
    let pooled = pooled(bands, pools);
    ballot.clear();
    rounds::add_as_is((bands, &pooled), (formats, pools), reader, ballot);
    found.extend(symbols(ballot, &strip, &pooled[0]));
}

/// Puts on `desk` what edges tell of `strip` after it was aligned: those of many rows, and sharpened ones. Where they tell
/// nothing, it may yet be fitted.
fn read_aligned<'a>(
    mut strip: Strip<'a>,
    formats: &Formats,
    desk: &mut Desk,
) -> Option<Unclear<'a>> {
    let Desk { reader, bands, ballot: inverted, found, .. } = desk;
    strip.align();
    strip.bands_into(bands, MAX_BAND_ROWS);
    let pools = strip.pools();
    let pooled = pooled(bands, pools);
    let [whole, ..] = &*pooled;
    let edges = reader.edges(whole, 0.2);
    // Too few, and it is too blurred for edges to be read one by one.
    let has_edges = edges >= MIN_EDGES;
    let mut ballot = pools.ballots.lend();
    ballot.clear();
    if has_edges {
        if !may_be_bars(bands, pools) {
            return None;
        }
        rounds::add_all((bands, &pooled), (formats, pools), reader, &mut ballot);
        if ballot.winners().next().is_none() {
            light_on_dark((bands, &pooled), formats, reader, inverted);
            if inverted.winners().next().is_some() {
                found.extend(symbols(inverted, &strip, &mean_of(&*bands, pools)));
                return None;
            }
        } else {
            found.extend(symbols(&ballot, &strip, whole));
            return None;
        }
    }
    let region = strip.region();
    let may_be = |look| may_be_fitted(bands, whole, look, pools);
    let has_characters = has_edges && region.across >= MIN_ACROSS && may_be(&Look::FITTED);
    let is_short = edges >= MIN_BLURRED && may_be_whole(region) && may_be(&Look::WHOLE);
    if !has_characters && !is_short {
        return None;
    }
    Some(Unclear { strip, pooled, ballot, has_characters, is_short })
}

/// Makes `ballot` what `bands` read as where spaces are darker than bars.
fn light_on_dark(
    (bands, pooled): (&Bands, &Pooled),
    formats: &Formats,
    reader: &mut Reader,
    ballot: &mut Ballot,
) {
    ballot.clear();
    // Nearly always there is nothing, which the means show.
    if pooled.iter().any(|profile| reader.read_light(profile, 0.25, formats).len() > 0) {
        for (k, profile) in bands.iter().enumerate() {
            ballot.add(reader.read_light(profile, 0.25, formats), 1 << k, 0);
        }
    }
}

fn symbols<'s>(
    ballot: &'s Ballot,
    strip: &'s Strip<'_>,
    profile: &'s [f32],
) -> impl Iterator<Item = Symbol> + 's {
    let whole = move |claim: &&Claim| match claim.reading.symbology {
        Symbology::ITF => itf::has_both_ends(profile, &claim.reading),
        _ => true,
    };
    ballot.winners().filter(whole).map(move |claim| symbol(claim, strip, profile))
}

/// Reads what has no clear edges: what the whole may be is looked for in each of the pooled profiles.
fn fit(pooled: &Pooled, (formats, pools): (&Formats, &Pools), ballot: &mut Ballot) {
    let [whole, ..] = pooled;
    let stretches = stretches(whole, pools);
    let sides = pooled.each_ref().map(|profile| LazyCell::new(|| Side::both(profile, pools)));
    for direction in 0..2 {
        for hypothesis in &*hypotheses(&stretches, &sides[0][direction], formats, pools) {
            let mut misses = 0;
            for (k, side) in sides.iter().enumerate() {
                let reading = side[direction].read(hypothesis, pools);
                misses += usize::from(reading.is_none());
                ballot.add(reading, 0, 1 << (k + FITTED));
                // Three of the four must agree.
                if misses > 1 {
                    break;
                }
            }
            if ballot.winners().next().is_some() {
                return;
            }
        }
    }
}

/// Reads what has no edges at all: a whole symbol at once.
fn fit_whole(pooled: &Pooled, (formats, pools): (&Formats, &Pools), ballot: &mut Ballot) {
    let long = formats.has(Symbology::Ean13) || formats.has(Symbology::UpcA);
    for (wanted, kind) in [(long, Kind::Ean13), (formats.has(Symbology::Ean8), Kind::Ean8)] {
        if wanted
            && let Some((reading, bits)) = joint::read(pooled, kind, pools)
            && formats.has(reading.symbology)
        {
            ballot.add([reading], 0, bits << FITTED);
            return;
        }
    }
}

fn symbol(claim: &Claim, strip: &Strip<'_>, profile: &[f32]) -> Symbol {
    let reading = &claim.reading;
    let (from, to) = reading.extent();
    let column = |x: f32| (x.max(0.0) as usize).min(profile.len());
    let columns = &profile[column(from)..column(to)];
    let rows = claim.rows();
    // Where it is but a part of the region, the mean of all bands shows what is beside it too.
    let own = (rows.1 - rows.0 < 1.0).then(|| strip.mean(rows.0, rows.1, MAX_BAND_ROWS));
    let bars = own.as_ref().map_or(profile, |own| own.as_slice());
    let (top, bottom) = strip.reach(bars, (column(from), column(to)), rows);
    let corners = strip.corners((from, to), (top, bottom), reading.backward);
    let low = columns.iter().copied().fold(255.0, f32::min);
    let high = columns.iter().copied().fold(0.0, f32::max);
    let confidence = Confidence {
        rows: claim.bands.count_ones().max(1),
        margin: reading.margin,
        px_per_module: reading.module * strip.step,
        contrast: (high - low).max(0.0) / 255.0,
        errors_corrected: 0,
    };
    // What was only fitted has no edges, nor has what stands beside it.
    let add_on =
        if claim.is_by_edges() { add_on::read(strip, reading, (top, bottom)) } else { None };
    Symbol {
        symbology: reading.symbology,
        text: reading.text.clone().into(),
        identifier: reading.identifier.to_owned(),
        corners,
        confidence: Some(confidence),
        add_on,
    }
}
