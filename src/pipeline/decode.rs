//! Picture to symbols: `decode(&Picture, &Formats) -> Vec<Symbol>`.
//!
//! Pure and single-threaded; what reads nothing is an empty list, never an error.

pub mod cells;
pub mod components;
pub mod engine;
pub mod evidence;
pub mod explain;
pub mod gather;
pub mod glance;
pub mod growth;
pub mod lanes;
pub mod lead;
pub mod least_squares;
pub mod linear;
pub mod locate;
pub mod matrix;
pub mod noise;
pub mod patch;
pub mod patches;
pub mod pool;
pub mod pooled;
pub mod profile;
pub mod raster;
pub mod reduced;
pub mod registration;
pub mod search;
pub mod strip;
pub mod texture;
pub mod work;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::pipeline::decode::locate::Region;
use crate::pipeline::decode::patches::Patches;
use crate::pipeline::decode::pool::{Pools, Regions};
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::reduced::Reduced;
use crate::pipeline::decode::search::Search;
use crate::pipeline::decode::work::Work;
use crate::pipeline::frame::Picture;
use crate::pipeline::symbol::{Candidate, Corners, Point, Symbol, Symbology};

/// What to look for: symbologies, and how narrow the modules of their symbols may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats {
    symbologies: Vec<Symbology>,
    least_px: u32,
}

impl Formats {
    /// All that the decoder knows.
    pub fn all() -> Self {
        Self::only(Symbology::ALL)
    }

    /// Just these.
    pub fn only(symbologies: impl IntoIterator<Item = Symbology>) -> Self {
        let mut list: Vec<Symbology> = symbologies.into_iter().collect();
        list.sort_unstable();
        list.dedup();
        Self { symbologies: list, least_px: 1 }
    }

    /// The same where modules are at least so many pixels wide: nothing finer need be found.
    #[must_use]
    pub fn with_least_px(self, least_px: u32) -> Self {
        Self { least_px, ..self }
    }

    /// Whether modules may be too fine for the half-size picture, where matrix symbols show from three pixels on.
    fn are_fine(&self) -> bool {
        self.least_px < 3
    }

    /// Whether `symbology` is looked for.
    pub fn has(&self, symbology: Symbology) -> bool {
        self.symbologies.contains(&symbology)
    }

    /// Whether any of `symbologies` is looked for.
    pub fn has_any(&self, symbologies: &[Symbology]) -> bool {
        symbologies.iter().any(|symbology| self.has(*symbology))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Symbology> + '_ {
        self.symbologies.iter().copied()
    }
}

/// How many smaller pictures are looked at for wider bars where nothing was read.
const COARSER: usize = 2;

/// Half the pixels that such a symbol has across in the smaller picture, at least: what was read there had 90, and narrower
/// ones of 51 modules and more show without.
const MIN_WIDE_ACROSS: f32 = 48.0;

/// A picture of fewer pixels than this is searched at its full size.
const SMALL: usize = 640 * 480;

/// The decoder fell over a picture: a fault of ours, and no more than a picture's worth (E24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the decoder fell over this picture")]
pub struct Fell;

/// What a picture held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// Each symbol once, from the top left on.
    pub symbols: Vec<Symbol>,
    /// What was read, but not clearly enough to be a symbol.
    pub candidates: Vec<Candidate>,
    /// Regions that looked like bars and were not read closely, since the work was spent.
    pub skipped: usize,
    /// Regions that were read closely, in vain.
    pub unread: Vec<Region>,
    /// Work that was spent, in columns.
    pub spent: usize,
}

/// Decodes one picture after another: the memory that one takes, the next one takes again.
///
/// It remembers nothing else, so each picture gives what it would give a new one.
#[derive(Debug, Default)]
pub struct Decoder {
    pools: Pools,
}

impl Decoder {
    /// All symbols of `picture` that are of `formats`: each place once, from the top left on.
    pub fn decode(&mut self, picture: &Picture, formats: &Formats) -> Vec<Symbol> {
        self.decode_within(picture, formats, Work::default()).symbols
    }

    /// The same for no more than `work`: what costs little is done everywhere, then what costs more, the largest first.
    pub fn decode_within(&mut self, picture: &Picture, formats: &Formats, work: Work) -> Decoded {
        look(View::of(picture), formats, work, &self.pools)
    }

    /// The same with the usual work, where a panic is a value.
    pub fn decode_guarded(
        &mut self,
        picture: &Picture,
        formats: &Formats,
    ) -> Result<Decoded, Fell> {
        let attempt = AssertUnwindSafe(|| self.decode_within(picture, formats, Work::default()));
        catch_unwind(attempt).map_err(|_panic| Fell)
    }
}

/// What a [`Decoder`] makes of one picture alone.
pub fn decode(picture: &Picture, formats: &Formats) -> Vec<Symbol> {
    Decoder::default().decode(picture, formats)
}

fn look(view: View<'_>, formats: &Formats, work: Work, pools: &Pools) -> Decoded {
    let reduced = Reduced::of(view, formats, pools);
    if reduced.cells.are_flat() {
        return Decoded::default();
    }
    let is_small = view.width * view.height < SMALL;
    let mut padded = pools.grays.lend();
    if is_small {
        view.pad_into(gather::RIM, &mut padded);
    }
    let regions = regions(&reduced, pools);
    let mut search = Search::new(view, formats, work, pools);
    if is_small {
        search.read_upright(padded.view(), gather::RIM as f32);
    }
    let likely = search.read_plain(&regions);
    // A symbol with finder patterns costs little to read, and its modules look like bars in places.
    let smaller = reduced.halvings(view, pools);
    let patches = Patches::of(view, &reduced, &smaller, pools);
    patches.read_by_finders(formats, &mut search.found.symbols);
    search.read_closely(&likely);
    let unread = search.left(&regions);
    search.read(&locate::joined(&unread, pools));
    search.read_chained(&locate::chained(&search.left(&unread), pools));
    let worn = locate::worn_regions(&reduced.cells, pools);
    let worn = worn.iter().map(|(region, may_be)| (region.scaled(reduced.factor), *may_be));
    search.read_worn(worn);
    // What costs more comes later: what was read by then is spared it.
    let symbols = &mut search.found.symbols;
    let gathered = gather::gathered(&unread, pools);
    matrix::stacked::read((view, pools), (&unread, &gathered), formats, symbols);
    gather::read_stacks(&gathered, (view, pools), formats, symbols);
    gather::read_stacks(&unread, (view, pools), formats, symbols);
    patches.read_by_sides(formats, symbols);
    search.follow();
    search.fit();
    // Before anything is looked at once more: a picture that reads nothing yet would spend its work on that.
    search.fit_whole();
    if search.found.symbols.is_empty() {
        if is_small {
            search.read_whole(padded.view(), gather::RIM as f32, unread.first());
        }
        read_coarser(&mut search, &smaller, pools);
    }
    if search.found.symbols.is_empty() {
        matrix::read_whole((view, pools), formats, &mut search.found.symbols);
    }
    search.fit_whole();
    let (unread, spent) = (search.unread(), work.columns() - search.work().columns());
    let candidates = search.candidates();
    let mut found = Decoded { candidates, unread, spent, ..search.found };
    sort(&mut found.symbols);
    drop(patches);
    // What was lent last comes back first, so that the next picture lends each for what it was.
    let [half, quarter, eighth] = smaller;
    drop((eighth, quarter, half));
    found
}

/// Bars as wide as a window of cells have no gradient there: they show in a smaller picture.
fn read_coarser(search: &mut Search<'_>, smaller: &[Reduced<'_>], pools: &Pools) {
    for smaller in smaller.iter().take(COARSER) {
        if !search.found.symbols.is_empty() {
            return;
        }
        let found = locate::regions(&smaller.cells, pools);
        let wide = found.iter().filter(|region| region.across >= MIN_WIDE_ACROSS);
        search.read_wide(wide.map(|region| region.scaled(smaller.factor)));
    }
}

/// The regions of bars: those of the reduced picture, and those whose bars only the whole one shows.
fn regions<'p>(reduced: &Reduced<'_>, pools: &'p Pools) -> Regions<'p> {
    let mut found = locate::regions(&reduced.cells, pools);
    for region in &mut *found {
        *region = region.scaled(reduced.factor);
    }
    if let Some(fine) = &reduced.fine {
        // The same grid of cells, so the same regions but for the fine ones.
        for region in locate::own_regions(fine, pools).iter().map(|r| r.scaled(2.0)) {
            if !region.is_among(&found) {
                found.push(region);
            }
        }
    }
    found
}

/// Adds what lies whole in the picture and is not there yet. Of two symbols in one place the larger is there: bars that
/// lead out of their region on one side look like a shorter symbol with free space beside it.
pub(crate) fn add(
    symbols: &mut Vec<Symbol>,
    found: impl IntoIterator<Item = Symbol>,
    view: View<'_>,
) {
    for mut symbol in found {
        let covers = |a: &Symbol, b: &Symbol| {
            contains(a, middle(&b.corners)) && area(&a.corners) >= area(&b.corners)
        };
        let is_there = |other: &Symbol| is_same(other, &symbol) || covers(other, &symbol);
        if is_whole(&symbol, view) && !symbols.iter().any(is_there) {
            symbols.retain(|other| !covers(&symbol, other));
            for corner in &mut symbol.corners {
                corner.x = corner.x.clamp(0.0, view.width as f32 - 1.0);
                corner.y = corner.y.clamp(0.0, view.height as f32 - 1.0);
            }
            symbols.push(symbol);
        }
    }
}

/// Whether no character of `symbol` is cut by the rim of the picture.
fn is_whole(symbol: &Symbol, view: View<'_>) -> bool {
    let [a, b, c, d] = symbol.corners;
    let middle = |p: Point, q: Point| Point::new(f32::midpoint(p.x, q.x), f32::midpoint(p.y, q.y));
    if symbol.symbology.is_linear() {
        // The rim may take of the height of the bars, not of their number. A DataBar symbol says how long it is; what
        // is left of an ITF looks whole unless the free space beside it is seen.
        let module = symbol.confidence.map_or(0.0, |c| c.px_per_module);
        let margin = match symbol.symbology {
            Symbology::DataBar | Symbology::DataBarExpanded => -1.0,
            Symbology::ITF => (3.0 * module).max(2.0),
            _ => 2.0,
        };
        // Some crops are only a few rows.
        let margin = margin.min(0.3 * view.height.min(view.width) as f32);
        return [middle(a, d), middle(b, c)].iter().all(|p| view.holds(p.x, p.y, margin));
    }
    // The corners of a matrix symbol without a quiet zone lie on the rim, or a little outside.
    symbol.corners.iter().all(|p| view.holds(p.x, p.y, -3.0))
}

/// Whether `point` lies in `symbol`.
pub(crate) fn contains(symbol: &Symbol, point: Point) -> bool {
    let corners = &symbol.corners;
    let side = |k: usize| {
        let (a, b) = (corners[k], corners[(k + 1) % 4]);
        (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
    };
    let sides: [f32; 4] = std::array::from_fn(side);
    sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0)
}

/// Orders `symbols` from the top left on.
pub(crate) fn sort(symbols: &mut [Symbol]) {
    let key = |s: &Symbol| (s.corners[0].y, s.corners[0].x);
    symbols.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal));
}

/// The middle of four corners.
fn middle(corners: &Corners) -> Point {
    let sum = corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.x, sum.1 + c.y));
    Point::new(sum.0 / 4.0, sum.1 / 4.0)
}

/// Pixels between four corners.
fn area([a, b, c, d]: &Corners) -> f32 {
    let twice = (c.x - a.x) * (d.y - b.y) - (d.x - b.x) * (c.y - a.y);
    (twice / 2.0).abs()
}

/// Whether two readings are of one symbol: the same content at the same place.
fn is_same(a: &Symbol, b: &Symbol) -> bool {
    let height = a.corners[0].distance(a.corners[3]).max(b.corners[0].distance(b.corners[3]));
    a.symbology == b.symbology
        && a.text == b.text
        && middle(&a.corners).distance(middle(&b.corners)) < height.max(8.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::linear::code128::PATTERNS;

    const MODULE: usize = 3;
    const HEIGHT: usize = 120;

    /// The modules of a Code 128 symbol, true for a bar, of start, data and check values.
    fn code_128(values: &[usize]) -> Vec<bool> {
        let widths = values.iter().chain([&106]).flat_map(|v| PATTERNS[*v]).chain([2]);
        let bars = widths.enumerate();
        bars.flat_map(|(k, n)| vec![k % 2 == 0; usize::from(n)]).collect()
    }

    /// Digits in code set C with their check character.
    fn digits(text: &str) -> Vec<usize> {
        let pairs = text.as_bytes().chunks(2).map(|p| usize::from((p[0] - 48) * 10 + p[1] - 48));
        let mut values: Vec<usize> = [105].into_iter().chain(pairs).collect();
        let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
        values.push(sum % 103);
        values
    }

    /// A picture whose rows show `symbol` at each height.
    fn picture(modules: usize, symbol: impl Fn(usize) -> Vec<bool>) -> Picture {
        let (width, height) = ((modules + 40) * MODULE, HEIGHT + 80);
        let mut luma = vec![220_u8; width * height];
        for y in 0..HEIGHT {
            for (k, dark) in symbol(y).iter().enumerate() {
                let at = (y + 40) * width + (k + 20) * MODULE;
                luma[at..at + MODULE].fill(if *dark { 30 } else { 220 });
            }
        }
        Picture::new(u32::try_from(width).unwrap(), u32::try_from(height).unwrap(), luma).unwrap()
    }

    fn texts(picture: &Picture) -> Vec<String> {
        decode(picture, &Formats::all()).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn a_plain_symbol_is_read_with_its_place() {
        let values = digits("84187631076182232943");
        let modules = code_128(&values);
        let found = decode(&picture(modules.len(), |_| modules.clone()), &Formats::all());
        let [symbol] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (symbol.text.as_str(), symbol.identifier.as_str()),
            ("84187631076182232943", "]C0")
        );
        let [a, b, c, _] = symbol.corners;
        assert!(
            (a.x - 59.5).abs() < 2.0 && (b.x - a.x - (modules.len() * MODULE) as f32).abs() < 3.0
        );
        assert!((a.y - 40.0).abs() < 6.0 && (c.y - 160.0).abs() < 6.0, "{symbol:?}");
    }

    // zxing-cpp issue 990 and ZXingObjC issue 206: the misread has the right check character.
    #[test_case("84187631076182232943", "84187604076182234143"; "zxing-cpp 990")]
    #[test_case("03360016016606242001", "42360016016606242028"; "ZXingObjC 206")]
    fn a_misread_with_the_right_check_character_is_not_taken(right: &str, wrong: &str) {
        let (right_bars, wrong_bars) = (code_128(&digits(right)), code_128(&digits(wrong)));
        let bars =
            |y: usize| if y.is_multiple_of(24) { wrong_bars.clone() } else { right_bars.clone() };
        assert_eq!(texts(&picture(right_bars.len(), bars)), [right]);
        // Half of the symbol says one, half the other: neither is sure.
        let bars = |y: usize| if y < HEIGHT / 2 { wrong_bars.clone() } else { right_bars.clone() };
        assert_eq!(texts(&picture(right_bars.len(), bars)), Vec::<String>::new());
    }

    #[test]
    fn what_is_plain_needs_no_work_and_what_was_skipped_is_told() {
        let modules = code_128(&digits("84187631076182232943"));
        let plain = picture(modules.len(), |_| modules.clone());
        // Motion across the bars takes their edges.
        let width = plain.width() as usize;
        let rows = plain.luma().chunks(width).flat_map(|row| {
            let mean = |k: usize| {
                row[k..(k + 5).min(width)].iter().map(|v| u32::from(*v)).sum::<u32>() / 5
            };
            (0..width).map(move |k| u8::try_from(mean(k)).unwrap()).collect::<Vec<_>>()
        });
        let moved = Picture::new(plain.width(), plain.height(), rows.collect()).unwrap();
        let read = |picture: &Picture, columns: usize| {
            let Decoded { symbols, skipped, .. } =
                Decoder::default().decode_within(picture, &Formats::all(), Work::of(columns));
            (symbols.len(), skipped > 0)
        };
        let all = [read(&plain, 0), read(&moved, 0), read(&moved, 4000)];
        assert_eq!(all, [(1, false), (0, true), (1, false)]);
    }

    #[test]
    fn of_two_symbols_in_one_place_the_larger_is_there() {
        let luma = vec![0; 300 * 300];
        let view = View { width: 300, height: 300, luma: &luma };
        let symbol = |text: &str, right: f32, left: f32| Symbol {
            symbology: Symbology::Code128,
            text: text.to_owned(),
            identifier: "]C0".to_owned(),
            corners: [(left, 50.0), (right, 50.0), (right, 99.0), (left, 99.0)]
                .map(|(x, y)| Point::new(x, y)),
            confidence: None,
            add_on: None,
        };
        let (whole, part, beside) =
            (symbol("WHOLE", 200.0, 10.0), symbol("WHO", 150.0, 10.0), symbol("B", 290.0, 210.0));
        for order in [[&whole, &part, &beside], [&part, &beside, &whole]] {
            let mut symbols = Vec::new();
            add(&mut symbols, order.map(Clone::clone), view);
            let mut texts: Vec<&str> = symbols.iter().map(|s| s.text.as_str()).collect();
            texts.sort_unstable();
            assert_eq!(texts, ["B", "WHOLE"]);
        }
    }

    #[test]
    fn a_symbol_cut_by_the_rim_is_not_read() {
        let modules = code_128(&digits("84187631076182232943"));
        let whole = picture(modules.len(), |_| modules.clone());
        let (width, cut) = (whole.width() as usize, 24 * MODULE);
        let rows = whole.luma().chunks(width).flat_map(|row| row[cut..].to_vec()).collect();
        let cut = Picture::new(u32::try_from(width - cut).unwrap(), whole.height(), rows).unwrap();
        assert_eq!(texts(&cut), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_picture_is_decoded_without_a_panic(
            width in 1_u32..200,
            height in 1_u32..120,
            seed in any::<u32>(),
            grain in 1_u32..40,
        ) {
            let mut state = seed | 1;
            let luma = (0..width * height).map(|k| {
                if k % grain == 0 {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                }
                state.to_le_bytes()[0]
            });
            let picture = Picture::new(width, height, luma.collect()).unwrap();
            let _ = decode(&picture, &Formats::all());
        }
    }
}
