//! One picture searched for linear symbols, what costs little first: a symbol that is read spares its place the rest.

use crate::pipeline::decode::glance::{MIN_ACROSS, may_be_alike, may_be_symbol, may_be_whole_bars};
use crate::pipeline::decode::linear::stack::{MIN_STACK, is_worn, stacked};
use crate::pipeline::decode::linear::{self, Desk, Unclear};
use crate::pipeline::decode::locate::{self, Region};
use crate::pipeline::decode::pool::{Lent, Pools, Regions};
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::strip::Strip;
use crate::pipeline::decode::work::Work;
use crate::pipeline::decode::{Decoded, Formats, add, contains, gather, middle};
use crate::pipeline::symbol::{Candidate, Corners, Symbol, Symbology};

/// Most regions of bars that are read in one picture.
const MAX_REGIONS: usize = 40;

/// Most regions of worn bars, and so many of them, the largest, that may be fitted, too.
const MAX_WORN: usize = 6;
const MAX_WORN_FITTED: usize = 2;

/// Half the pixels across one, at least: what was read had 113, modules of 3 pixels and more. Three in four regions of
/// print are narrower.
const MIN_WORN_ACROSS: f32 = 60.0;

/// Most regions of worn bars that are looked at as labels above each other.
const MAX_HEAPS: usize = 4;

/// Most chains of worn pieces.
const MAX_WORN_CHAINS: usize = 2;

/// Height of a symbol of which there are pieces, at most, as a share of its width. What was read had 0.46.
const MAX_HIGH: f32 = 0.5;

/// One picture being searched for linear symbols.
#[derive(Debug)]
pub struct Search<'a> {
    view: View<'a>,
    formats: &'a Formats,
    /// What is left of the work.
    work: Work,
    /// Regions that were read closely, in vain.
    tried: Regions<'a>,
    /// What may yet be fitted.
    unclear: Vec<Unclear<'a>>,
    pools: &'a Pools,
    /// Room in which strips are read.
    desk: Lent<'a, Desk>,
    /// What was found.
    pub found: Decoded,
}

impl<'a> Search<'a> {
    /// A search of `view` that may cost so much.
    pub fn new(view: View<'a>, formats: &'a Formats, work: Work, pools: &'a Pools) -> Self {
        let (mut desk, found) = (pools.desks.lend(), Decoded::default());
        desk.found.clear();
        Self {
            view,
            formats,
            work,
            tried: pools.regions.empty(),
            unclear: Vec::new(),
            pools,
            desk,
            found,
        }
    }

    /// Adds the symbols of `regions` that edges tell: the plain ones of all, then those that take a closer look.
    pub fn read(&mut self, regions: &[Region]) {
        let unread = self.read_plain(regions);
        self.read_closely(&unread);
    }

    /// Adds the plain symbols of `regions`; what is left of them may be looked at closely.
    pub fn read_plain(&mut self, regions: &[Region]) -> Regions<'a> {
        let mut unread = self.pools.regions.empty();
        for region in regions.iter().take(MAX_REGIONS) {
            if self.has(region) || self.tried.iter().any(|other| region.is_like(other)) {
                continue;
            }
            let Some(strip) = self.strip(region) else { continue };
            let may_be = linear::read_plain(&strip, self.formats, &mut self.desk);
            self.take();
            // What was read in a region may stand above or below something else.
            if may_be && !self.has(region) {
                unread.push(*region);
            }
        }
        unread
    }

    /// Adds what was read to what was found.
    fn take(&mut self) {
        add(&mut self.found.symbols, self.desk.found.drain(..), self.view);
    }

    /// The same but for what looks whole only where it is: what is left of an ITF that a rough box cuts does, too.
    fn take_whole(&mut self) {
        self.desk.found.retain(|symbol| symbol.symbology != Symbology::ITF);
        self.take();
    }

    /// Adds the symbols of `regions` that take a closer look, where nothing was read yet.
    pub fn read_closely(&mut self, regions: &[Region]) {
        for region in regions {
            if self.has(region) || !may_be_symbol(region) {
                continue;
            }
            let Some(strip) = self.strip(region) else { continue };
            if !self.work.spend(strip.columns) {
                self.found.skipped += 1;
                continue;
            }
            linear::read_closely(strip, self.formats, &mut self.desk, &mut self.unclear);
            if self.desk.found.is_empty() {
                self.tried.push(*region);
            }
            self.take();
        }
    }

    /// The same of regions of worn bars, with whether they may be so by themselves: what lines cross is mostly print, so
    /// their rows have to be alike.
    pub fn read_worn(&mut self, worn: impl Iterator<Item = (Region, bool)>) {
        let pools = self.pools;
        let worn = pools.worn.collect(worn);
        let may_be =
            |(region, may_be): &&(Region, bool)| *may_be && region.across >= MIN_WORN_ACROSS;
        let regions = self.unseen(worn.iter().filter(may_be).map(|(region, _)| *region));
        let mut regions = pools.regions.collect(regions);
        let mut heaps = pools.regions.empty();
        regions.retain(|region| {
            let are_bars = self.are_bars(region);
            if !are_bars {
                heaps.push(*region);
            }
            are_bars
        });
        let (fitted, others) = regions.split_at(regions.len().min(MAX_WORN_FITTED));
        self.read(fitted);
        let heaps = heaps.iter().filter(|heap| heap.along > MIN_STACK).take(MAX_HEAPS);
        let mut labels = pools.regions.empty();
        heaps.for_each(|heap| self.add_labels(heap, &mut labels));
        for region in others.iter().chain(&*labels).take(MAX_WORN) {
            self.read_crisp(region);
            self.take();
        }
        // What lines without ink have left of wide bars are pieces.
        let pieces = worn.iter().map(|(region, _)| region).filter(|region| !self.has(region));
        let mut chains = locate::chained(&pools.regions.collect(pieces.copied()), pools);
        let is_worn = |r: &Region| self.strip(r).is_some_and(|strip| is_worn(&strip));
        let may_be = |r: &Region| r.along < MAX_HIGH * r.across && self.are_bars(r) && is_worn(r);
        chains.retain(may_be);
        for chain in chains.iter().take(MAX_WORN_CHAINS) {
            self.read_crisp(chain);
            self.take_whole();
        }
    }

    /// Reads what the edges of `region` tell as they are, unless a symbol was read there.
    fn read_crisp(&mut self, region: &Region) {
        if let Some(strip) = self.strip(region).filter(|_| !self.has(region)) {
            linear::read_worn(strip, self.formats, &mut self.desk);
        }
    }

    /// Adds the labels above each other in `region` whose rows are alike to `labels`.
    fn add_labels(&self, region: &Region, labels: &mut Vec<Region>) {
        let Some(strip) = self.strip(region) else { return };
        let parts = stacked(&strip).into_iter().map(|part| *part.region());
        labels.extend(parts.filter(|part| part.across >= MIN_ACROSS && self.are_bars(part)));
    }

    /// The strip of `region`.
    fn strip(&self, region: &Region) -> Option<Strip<'a>> {
        Strip::new(self.view, *region, self.pools)
    }

    /// The same of regions of wide bars: in a smaller picture lines of print look like them.
    pub fn read_wide(&mut self, regions: impl Iterator<Item = Region>) {
        let regions = self.unseen(regions.filter(may_be_symbol));
        let regions = self.pools.regions.collect(regions.filter(|region| self.are_alike(region)));
        self.read(&regions);
    }

    /// Those of the first `regions` of some width that were not looked at yet.
    fn unseen(&self, regions: impl Iterator<Item = Region>) -> impl Iterator<Item = Region> {
        let is_new = |r: &Region| !self.has(r) && !self.tried.iter().any(|other| r.is_like(other));
        regions.filter(|r| r.across >= MIN_ACROSS).take(MAX_REGIONS).filter(is_new)
    }

    /// The same of regions of several parts: what their edges tell, where their rows are alike. They are too rough to be
    /// fitted.
    pub fn read_chained(&mut self, regions: &[Region]) {
        for region in regions {
            if self.has(region) || !self.are_bars(region) {
                continue;
            }
            let Some(strip) = self.strip(region) else { continue };
            linear::read(strip, self.formats, &mut self.desk, &mut Vec::new());
            self.take_whole();
        }
    }

    /// Whether rows of `region` are alike, of a quarter of its columns, which say of most that they are print.
    fn are_alike(&self, region: &Region) -> bool {
        self.strip(region)
            .is_some_and(|strip| may_be_alike(&*strip.thinned(4).bands(1), self.pools))
    }

    /// Whether they are and its edges are those of bars.
    fn are_bars(&self, region: &Region) -> bool {
        self.are_alike(region)
            && self.strip(region).is_some_and(|strip| {
                let pixels = strip.thinned(if strip.step < 1.0 { 2 } else { 1 });
                may_be_whole_bars(&*pixels.bands(2), self.pools)
            })
    }

    /// Adds the symbols that lie upright in a picture that may be little more, and take no closer look.
    pub fn read_upright(&mut self, padded: View<'a>, rim: f32) {
        for region in gather::wholes(padded, rim, None) {
            let Some(strip) = Strip::new(padded, region, self.pools) else { continue };
            let strip = strip.with_rim(rim);
            linear::read_plain(&strip, self.formats, &mut self.desk);
            move_all(&mut self.desk.found, -rim);
            self.take();
        }
    }

    /// Adds the symbols of a picture that is all symbol, which `padded` shows with a rim of `rim` pixels.
    pub fn read_whole(&mut self, padded: View<'a>, rim: f32, largest: Option<&Region>) {
        for region in gather::wholes(padded, rim, largest) {
            let Some(strip) = Strip::new(padded, region, self.pools) else { continue };
            let strip = strip.with_rim(rim);
            let n_unclear = self.unclear.len();
            gather::read_whole(strip, self.formats, &mut self.desk, &mut self.unclear);
            move_all(&mut self.desk.found, -rim);
            self.take();
            if !self.found.symbols.is_empty() {
                self.unclear.truncate(n_unclear);
                return;
            }
        }
    }

    /// Adds the symbols whose characters are followed from one end to the other: a fourth of the price of a fit.
    pub fn follow(&mut self) {
        self.each_unclear(Unclear::has_characters, Unclear::follow, 4);
    }

    /// Adds the symbols that characters fitted one by one tell, where edges told nothing.
    pub fn fit(&mut self) {
        self.each_unclear(Unclear::has_characters, Unclear::fit, 1);
    }

    /// Adds the symbols that only tell as a whole, where nothing else did.
    pub fn fit_whole(&mut self) {
        self.each_unclear(Unclear::is_short, Unclear::fit_whole, 1);
    }

    /// What was read where no symbol was found, but not clearly enough.
    pub fn candidates(&self) -> Vec<Candidate> {
        let found = self.unclear.iter().filter_map(|unclear| {
            let mut candidate = unclear.candidate()?;
            move_by(&mut candidate.corners, -unclear.rim());
            let middle = middle(&candidate.corners);
            let is_read = self.found.symbols.iter().any(|symbol| contains(symbol, middle));
            (!is_read).then_some(candidate)
        });
        found.collect()
    }

    /// Adds what `fit` reads of what `may_be` its kind where nothing was read yet; a region costs its columns divided by
    /// `share`.
    fn each_unclear(
        &mut self,
        may_be: fn(&Unclear<'a>) -> bool,
        fit: fn(&mut Unclear<'a>, &Formats) -> Vec<Symbol>,
        share: usize,
    ) {
        let mut unclear = std::mem::take(&mut self.unclear);
        unclear.retain_mut(|unclear| {
            let rim = unclear.rim();
            let mut centre = unclear.region().centre;
            (centre.x, centre.y) = (centre.x - rim, centre.y - rim);
            if self.found.symbols.iter().any(|symbol| contains(symbol, centre)) {
                return false;
            }
            if !may_be(unclear) {
                return true;
            }
            if !self.work.spend(unclear.columns() / share) {
                self.found.skipped += 1;
                return false;
            }
            let mut symbols = fit(unclear, self.formats);
            let is_unread = symbols.is_empty();
            move_all(&mut symbols, -rim);
            add(&mut self.found.symbols, symbols, self.view);
            is_unread
        });
        self.unclear = unclear;
    }

    /// What is left of the work.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Regions that were read closely, in vain.
    pub fn unread(&self) -> Vec<Region> {
        self.tried.iter().filter(|region| !self.has(region)).copied().collect()
    }

    /// Those of `regions` where no symbol was read.
    pub fn left(&self, regions: &[Region]) -> Regions<'a> {
        let left = regions.iter().filter(|region| !self.has(region));
        self.pools.regions.collect(left.copied())
    }

    /// Whether a symbol was read where `region` is.
    pub fn has(&self, region: &Region) -> bool {
        self.found.symbols.iter().any(|symbol| contains(symbol, region.centre))
    }
}

/// Moves `symbols` to the right and down.
fn move_all(symbols: &mut [Symbol], by: f32) {
    for symbol in symbols {
        move_by(&mut symbol.corners, by);
    }
}

fn move_by(corners: &mut Corners, by: f32) {
    for corner in corners {
        (corner.x, corner.y) = (corner.x + by, corner.y + by);
    }
}
