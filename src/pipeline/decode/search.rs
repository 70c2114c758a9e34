//! One picture searched for linear symbols, what costs little first: a symbol that is read spares its place the rest.

use crate::pipeline::decode::glance::{MIN_ACROSS, may_be_alike, may_be_symbol, may_be_whole_bars};
use crate::pipeline::decode::linear::stack::{MIN_STACK, is_worn, stacked};
use crate::pipeline::decode::linear::{self, Close, Desk, Unclear};
use crate::pipeline::decode::locate::{self, Region};
use crate::pipeline::decode::pool::{Lent, Pools};
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
    tried: Vec<Region>,
    /// What may yet be fitted.
    unclear: Vec<Wanting<'a>>,
    pools: &'a Pools,
    /// Room in which strips are read.
    desk: Lent<'a, Desk>,
    /// What was found.
    pub found: Decoded,
}

/// A region whose edges told nothing, in a picture that has so many pixels of a rim around it.
#[derive(Debug)]
struct Wanting<'a> {
    unclear: Unclear<'a>,
    rim: f32,
}

impl<'a> Search<'a> {
    /// A search of `view` that may cost so much.
    pub fn new(view: View<'a>, formats: &'a Formats, work: Work, pools: &'a Pools) -> Self {
        let (desk, found) = (pools.desks.lend(), Decoded::default());
        Self { view, formats, work, tried: Vec::new(), unclear: Vec::new(), pools, desk, found }
    }

    /// Adds the symbols of `regions` that edges tell: the plain ones of all, then those that take a closer look.
    pub fn read(&mut self, regions: &[Region]) {
        let unread = self.read_plain(regions);
        self.read_closely(unread);
    }

    /// Adds the plain symbols of `regions`; what is left of them may be looked at closely.
    pub fn read_plain(&mut self, regions: &[Region]) -> Vec<Strip<'a>> {
        let mut unread = Vec::new();
        for region in regions.iter().take(MAX_REGIONS) {
            if self.has(region) || self.tried.iter().any(|other| region.is_like(other)) {
                continue;
            }
            let Some(strip) = Strip::new(self.view, *region, self.pools) else { continue };
            let Some(found) = linear::read_plain(&strip, self.formats, &mut self.desk) else {
                continue;
            };
            add(&mut self.found.symbols, found, self.view);
            // What was read in a region may stand above or below something else.
            if !self.has(region) {
                unread.push(strip);
            }
        }
        unread
    }

    /// Adds the symbols of `strips` that take a closer look, where nothing was read yet.
    pub fn read_closely(&mut self, strips: Vec<Strip<'a>>) {
        for strip in strips {
            if self.has(strip.region()) || !may_be_symbol(strip.region()) {
                continue;
            }
            if !self.work.spend(strip.columns) {
                self.found.skipped += 1;
                continue;
            }
            let region = *strip.region();
            let Close { symbols, unclear } =
                linear::read_closely(strip, self.formats, &mut self.desk);
            if symbols.is_empty() {
                self.tried.push(region);
            }
            self.unclear.extend(unclear.into_iter().map(|unclear| Wanting { unclear, rim: 0.0 }));
            add(&mut self.found.symbols, symbols, self.view);
        }
    }

    /// The same of regions of worn bars, with whether they may be so by themselves: what lines cross is mostly print, so
    /// their rows have to be alike.
    pub fn read_worn(&mut self, worn: impl Iterator<Item = (Region, bool)>) {
        let worn: Vec<(Region, bool)> = worn.collect();
        let may_be =
            |(region, may_be): &&(Region, bool)| *may_be && region.across >= MIN_WORN_ACROSS;
        let regions = self.unseen(worn.iter().filter(may_be).map(|(region, _)| *region));
        let (alike, heaps): (Vec<Region>, Vec<Region>) = regions.partition(|r| self.are_bars(r));
        let (fitted, others) = alike.split_at(alike.len().min(MAX_WORN_FITTED));
        self.read(fitted);
        let heaps = heaps.iter().filter(|heap| heap.along > MIN_STACK).take(MAX_HEAPS);
        let labels: Vec<Region> = heaps.flat_map(|heap| self.labels(heap)).collect();
        for region in others.iter().chain(&labels).take(MAX_WORN) {
            let found = self.read_crisp(region);
            add(&mut self.found.symbols, found, self.view);
        }
        // What lines without ink have left of wide bars are pieces.
        let pieces: Vec<Region> = worn.into_iter().map(|(region, _)| region).collect();
        let chains = locate::chained(&self.left(&pieces)).into_iter();
        let is_worn =
            |r: &Region| Strip::new(self.view, *r, self.pools).is_some_and(|strip| is_worn(&strip));
        let may_be = |r: &Region| r.along < MAX_HIGH * r.across && self.are_bars(r) && is_worn(r);
        let chains: Vec<Region> = chains.filter(may_be).take(MAX_WORN_CHAINS).collect();
        for chain in &chains {
            let found = whole(self.read_crisp(chain));
            add(&mut self.found.symbols, found, self.view);
        }
    }

    /// What the edges of `region` tell as they are, unless a symbol was read there.
    fn read_crisp(&mut self, region: &Region) -> Vec<Symbol> {
        let strip = Strip::new(self.view, *region, self.pools).filter(|_| !self.has(region));
        strip
            .map(|strip| linear::read_worn(strip, self.formats, &mut self.desk))
            .unwrap_or_default()
    }

    /// The labels above each other in `region` whose rows are alike.
    fn labels(&self, region: &Region) -> Vec<Region> {
        let Some(strip) = Strip::new(self.view, *region, self.pools) else { return Vec::new() };
        let parts = stacked(&strip).into_iter().map(|part| *part.region());
        parts.filter(|part| part.across >= MIN_ACROSS && self.are_bars(part)).collect()
    }

    /// The same of regions of wide bars: in a smaller picture lines of print look like them.
    pub fn read_wide(&mut self, regions: impl Iterator<Item = Region>) {
        let regions = self.unseen(regions.filter(may_be_symbol));
        let regions: Vec<Region> = regions.filter(|region| self.are_alike(region)).collect();
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
            let Some(strip) = Strip::new(self.view, *region, self.pools) else { continue };
            let Close { symbols, .. } = linear::read(strip, self.formats, &mut self.desk);
            add(&mut self.found.symbols, whole(symbols), self.view);
        }
    }

    /// Whether rows of `region` are alike, of a quarter of its columns, which say of most that they are print.
    fn are_alike(&self, region: &Region) -> bool {
        let strip = Strip::new(self.view, *region, self.pools);
        strip.is_some_and(|strip| may_be_alike(&*strip.thinned(4).bands(1), self.pools))
    }

    /// Whether they are and its edges are those of bars.
    fn are_bars(&self, region: &Region) -> bool {
        self.are_alike(region)
            && Strip::new(self.view, *region, self.pools).is_some_and(|strip| {
                let pixels = strip.thinned(if strip.step < 1.0 { 2 } else { 1 });
                may_be_whole_bars(&*pixels.bands(2), self.pools)
            })
    }

    /// Adds the symbols that lie upright in a picture that may be little more, and take no closer look.
    pub fn read_upright(&mut self, padded: View<'a>, rim: f32) {
        for region in gather::wholes(padded, rim, None) {
            let Some(strip) = Strip::new(padded, region, self.pools) else { continue };
            let strip = strip.with_rim(rim);
            let mut symbols =
                linear::read_plain(&strip, self.formats, &mut self.desk).unwrap_or_default();
            move_all(&mut symbols, -rim);
            add(&mut self.found.symbols, symbols, self.view);
        }
    }

    /// Adds the symbols of a picture that is all symbol, which `padded` shows with a rim of `rim` pixels.
    pub fn read_whole(&mut self, padded: View<'a>, rim: f32, largest: Option<&Region>) {
        for region in gather::wholes(padded, rim, largest) {
            let Some(strip) = Strip::new(padded, region, self.pools) else { continue };
            let strip = strip.with_rim(rim);
            let Close { mut symbols, unclear } =
                gather::read_whole(strip, self.formats, &mut self.desk);
            move_all(&mut symbols, -rim);
            add(&mut self.found.symbols, symbols, self.view);
            if !self.found.symbols.is_empty() {
                return;
            }
            self.unclear.extend(unclear.into_iter().map(|unclear| Wanting { unclear, rim }));
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
        let found = self.unclear.iter().filter_map(|Wanting { unclear, rim }| {
            let mut candidate = unclear.candidate()?;
            move_by(&mut candidate.corners, -rim);
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
        for Wanting { mut unclear, rim } in std::mem::take(&mut self.unclear) {
            let mut centre = unclear.region().centre;
            (centre.x, centre.y) = (centre.x - rim, centre.y - rim);
            if self.found.symbols.iter().any(|symbol| contains(symbol, centre)) {
                continue;
            }
            if !may_be(&unclear) {
                self.unclear.push(Wanting { unclear, rim });
                continue;
            }
            if !self.work.spend(unclear.columns() / share) {
                self.found.skipped += 1;
                continue;
            }
            let mut symbols = fit(&mut unclear, self.formats);
            if symbols.is_empty() {
                self.unclear.push(Wanting { unclear, rim });
            }
            move_all(&mut symbols, -rim);
            add(&mut self.found.symbols, symbols, self.view);
        }
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
    pub fn left(&self, regions: &[Region]) -> Vec<Region> {
        regions.iter().filter(|region| !self.has(region)).copied().collect()
    }

    /// Whether a symbol was read where `region` is.
    pub fn has(&self, region: &Region) -> bool {
        self.found.symbols.iter().any(|symbol| contains(symbol, region.centre))
    }
}

/// Those of `symbols` that look whole only where they are: what is left of an ITF that a rough box cuts does, too.
fn whole(symbols: Vec<Symbol>) -> impl Iterator<Item = Symbol> {
    symbols.into_iter().filter(|s| s.symbology != Symbology::ITF)
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
