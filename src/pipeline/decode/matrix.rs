//! Matrix symbols: patches of texture, cut out and enlarged, to the readers of matrix symbols.

pub mod aztec;
pub mod bits;
pub mod datamatrix;
pub mod edges;
pub mod grid;
pub mod hough;
pub mod line;
pub mod pdf417;
pub mod pools;
pub mod qr;
pub mod relief;
pub mod rings;
pub mod sheet;
pub mod solomon;
pub mod stacked;

use crate::pipeline::decode::engine::{self, Effort, Family};
use crate::pipeline::decode::matrix::edges::Edges;
use crate::pipeline::decode::matrix::line::Line;
use crate::pipeline::decode::matrix::relief::Relief;
use crate::pipeline::decode::matrix::rings::Rings;
use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::{Gray, View};
use crate::pipeline::decode::texture::is_mixed;
use crate::pipeline::decode::{Formats, add};
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// Most bull's eyes that are followed in one patch.
const MAX_EYES: usize = 10;

/// A crop with a shorter side than this is enlarged.
const SMALL_SIDE: usize = 110;

/// A picture of at most this many pixels is also read whole.
pub(crate) const WHOLE: usize = 1300 * 1300;

/// A picture of at most this many pixels is searched for finders enlarged, one of more than twice so many reduced.
pub(crate) const FINE: usize = 240 * 240;

/// A whole picture of more pixels than this is searched for finders reduced: what is large has large modules, too.
const BOUNDED: usize = 2 * FINE;

/// A patch of more pixels than this is searched at half its size, too.
const FINEST: usize = 80 * 80;

/// In a patch of at most this many pixels, with its room, modules may be of less than two: those of a version 10.
const FINE_MODULES: usize = 170 * 170;

/// A picture of at most this many pixels is given to rxing's reader of Data Matrix.
const SLIGHT: usize = 300 * 300;

/// A picture of at most this many pixels is read enlarged, too.
const TINY: usize = 400 * 400;

/// The symbol of a patch that has finder patterns, looked for in a crop of at most so many pixels.
pub(crate) fn read_by_finders(
    (view, pools): (View<'_>, &Pools),
    patch: &Patch,
    formats: &Formats,
    most: usize,
) -> Option<Symbol> {
    let crop = Crop::plain((view, pools), patch).within(most);
    let gray = crop.gray.view();
    let mut relief = Relief::of(gray, pools);
    let is_wanted = formats.has_any(Family::Qr.symbologies());
    let finders =
        if is_wanted { rings::finders(&relief, pools) } else { pools.matrix.rings.empty() };
    let has_qr = formats.has(Symbology::QRCode);
    let is_fine = has_qr && gray.luma.len() <= FINE_MODULES;
    let found = has_qr
        .then(|| qr((gray, pools), &finders))
        .flatten()
        .or_else(|| {
            let is_wanted = formats.has(Symbology::Aztec);
            is_wanted.then(|| aztec((gray, pools), &rings::bulls_eyes(&relief, pools)))?
        })
        .or_else(|| {
            is_fine.then_some(())?;
            relief.refine(gray);
            qr((gray, pools), &rings::finders(&relief, pools))
        });
    if let Some(symbol) = found {
        return Some(crop.placed(symbol));
    }
    // Micro QR and rMQR have one finder pattern.
    (1..3).contains(&finders.len()).then_some(())?;
    let crop = Crop::of((view, pools), patch).within(most);
    let found = engine::read(crop.gray.view(), Family::Qr, Effort::Quick)?;
    Some(crop.placed(found))
}

/// The Data Matrix symbol of a patch, looked for in a crop of at most so many pixels.
pub(crate) fn read_by_sides(
    (view, pools): (View<'_>, &Pools),
    patch: &Patch,
    most: usize,
) -> Option<Symbol> {
    // Enlarging adds nothing to straight edges.
    let plain = Crop::plain((view, pools), patch).within(most);
    let whole = || plain.sides().read().map(|symbol| plain.placed(symbol));
    if plain.gray.luma.len() <= FINEST {
        return whole();
    }
    // Half the size is half the noise, and wide modules lose nothing. The sides of a finder show there, too: whatever was
    // read, print seldom.
    let half = plain.halved();
    let sides = half.sides();
    if !sides.meet() {
        return None;
    }
    whole().or_else(|| sides.read().map(|symbol| half.placed(symbol)))
}

/// The QR code of `view`, dark on light or light on dark.
fn qr((view, pools): (View<'_>, &Pools), finders: &[Rings]) -> Option<Symbol> {
    let of = |is_dark: bool| {
        let of_colour = finders.iter().filter(|rings| rings.is_dark == is_dark);
        pools.matrix.rings.collect(of_colour.copied())
    };
    let (dark, light) = (of(true), of(false));
    let on_dark =
        || (light.len() > 2).then(|| qr::read((negative(view, pools).view(), pools), &light))?;
    qr::read((view, pools), &dark).or_else(on_dark)
}

/// The Aztec symbol of `view`, dark on light or light on dark.
fn aztec((view, pools): (View<'_>, &Pools), eyes: &[Rings]) -> Option<Symbol> {
    eyes.iter().take(MAX_EYES).find_map(|rings| {
        if rings.is_dark {
            return aztec::read((view, pools), rings);
        }
        let negative = negative(view, pools);
        aztec::read((negative.view(), pools), &Rings { is_dark: true, ..*rings })
    })
}

fn negative<'p>(view: View<'_>, pools: &'p Pools) -> Lent<'p, Gray> {
    let mut negative = pools.grays.lend();
    let Gray { width, height, luma } = &mut *negative;
    (*width, *height) = (view.width, view.height);
    luma.clear();
    luma.extend(view.luma.iter().map(|v| 255 - v));
    negative
}

/// A patch and the straight edges in it that may be sides of a Data Matrix symbol.
struct Sides<'a> {
    view: View<'a>,
    pools: &'a Pools,
    edges: Lent<'a, Edges>,
    lines: Lent<'a, Vec<Line>>,
}

impl<'a> Sides<'a> {
    fn of(view: View<'a>, pools: &'a Pools) -> Self {
        let edges = Edges::of(view, pools);
        let least = (0.25 * view.width.min(view.height) as f32).max(14.0);
        let lines = hough::lines(&edges, least, pools);
        Self { view, pools, edges, lines }
    }

    /// Whether any two of them meet like those of a finder.
    fn meet(&self) -> bool {
        datamatrix::has_corner(&self.lines) || datamatrix::has_corner(&self.reversed())
    }

    /// The symbol, dark on light or light on dark.
    fn read(mut self) -> Option<Symbol> {
        let Self { view, pools, .. } = self;
        datamatrix::read((view, pools), &self.edges, &self.lines).or_else(|| {
            let lines = self.reversed();
            datamatrix::has_corner(&lines).then_some(())?;
            self.edges.reverse();
            datamatrix::read((negative(view, pools).view(), pools), &self.edges, &lines)
        })
    }

    /// Those of the negative.
    fn reversed(&self) -> Lent<'a, Vec<Line>> {
        self.pools.matrix.lines.collect(self.lines.iter().map(Line::reversed))
    }
}

/// Reads a picture that is itself little more than a symbol, unless it is too large for that.
pub fn read_whole((view, pools): (View<'_>, &Pools), formats: &Formats, symbols: &mut Vec<Symbol>) {
    if view.width * view.height > WHOLE {
        return;
    }
    let reduced = Crop::reduced((view, pools), 2 * TINY);
    let own = reduced.gray.view();
    if is_mixed(own, &all_of(own)) {
        let whole = Whole::of(view, reduced);
        let found = whole.read_by_finders(formats).or_else(|| whole.read_by_rxing(formats));
        add(symbols, found, view);
    }
}

/// A picture that may be little more than a symbol, and the finder patterns in it.
struct Whole<'a> {
    view: View<'a>,
    /// The picture where it is small, or reduced.
    reduced: Crop<'a>,
    /// The same at a size at which it costs little, where finder patterns are looked for, if that is another.
    smaller: Option<Crop<'a>>,
    finders: Lent<'a, Vec<Rings>>,
    eyes: Lent<'a, Vec<Rings>>,
}

impl<'a> Whole<'a> {
    fn of(view: View<'a>, reduced: Crop<'a>) -> Self {
        let pools = reduced.pools;
        let is_large = reduced.gray.luma.len() > BOUNDED;
        let smaller = is_large.then(|| reduced.halved().within(BOUNDED));
        let relief = Relief::of(smaller.as_ref().unwrap_or(&reduced).gray.view(), pools);
        let (finders, eyes) = (rings::finders(&relief, pools), rings::bulls_eyes(&relief, pools));
        Self { view, reduced, smaller, finders, eyes }
    }

    /// The picture in which finder patterns were looked for.
    fn small(&self) -> &Crop<'a> {
        self.smaller.as_ref().unwrap_or(&self.reduced)
    }

    /// What our own readers see.
    fn read_by_finders(&self, formats: &Formats) -> Option<Symbol> {
        let small = self.small();
        let gray = (small.gray.view(), small.pools);
        let aztec = || formats.has(Symbology::Aztec).then(|| aztec(gray, &self.eyes))?;
        let placed = |symbol| small.placed(symbol);
        let data_matrix = || formats.has(Symbology::DataMatrix).then(|| self.data_matrix())?;
        aztec().map(placed).or_else(data_matrix)
    }

    fn data_matrix(&self) -> Option<Symbol> {
        let is_fine = self.view.width * self.view.height <= FINE;
        let enlarged = || Crop::enlarged((self.view, self.reduced.pools), &all_of(self.view));
        let enlarged = is_fine.then(|| enlarged().within(BOUNDED));
        let crop = enlarged.as_ref().unwrap_or_else(|| self.small());
        crop.sides().read().map(|symbol| crop.placed(symbol))
    }

    /// What rxing reads, at one size or two.
    fn read_by_rxing(&self, formats: &Formats) -> Option<Symbol> {
        let likely =
            |family: &Family| formats.has_any(family.symbologies()) && self.is_likely(*family);
        let mut families = Family::ALL.into_iter().filter(likely).peekable();
        families.peek()?;
        let is_tiny = self.view.width * self.view.height <= TINY;
        let enlarged = || Crop::enlarged((self.view, self.reduced.pools), &all_of(self.view));
        let enlarged = is_tiny.then(enlarged);
        let crops = || [&self.reduced].into_iter().chain(&enlarged);
        families.find_map(|family| {
            crops().take(if family.is_square() { 2 } else { 1 }).find_map(|crop| {
                let found = engine::read(crop.gray.view(), family, Effort::Hard)?;
                Some(crop.placed(found))
            })
        })
    }

    /// Whether there is a finder pattern as large as a symbol has that fills a good part of the picture.
    fn is_likely(&self, family: Family) -> bool {
        let gray = &self.small().gray;
        let side = gray.width.min(gray.height) as f32;
        let has = |found: &[Rings], share: f32| {
            found.iter().any(|rings| 7.0 * rings.module > share * side)
        };
        match family {
            // Its finder is of lines, which others have, too: only where it costs little.
            Family::DataMatrix => self.view.width * self.view.height <= SLIGHT,
            // What was read so had 0.085 or more; of finders as small a letter passes for one.
            Family::Qr => has(&self.finders, 0.07),
            // 0.16 and 0.175.
            Family::Aztec | Family::MaxiCode => has(&self.eyes, 0.13),
        }
    }
}

/// The whole of `view`.
fn all_of(view: View<'_>) -> Patch {
    Patch { left: 0, top: 0, width: view.width, height: view.height }
}

/// `patch` with its quiet zone, and with the rim that the threshold cut away.
fn roomy(view: View<'_>, patch: &Patch) -> Patch {
    let room = 10 + patch.width.min(patch.height) / 8;
    let (left, top) = (patch.left.saturating_sub(room), patch.top.saturating_sub(room));
    let right = (patch.left + patch.width + room).min(view.width);
    let bottom = (patch.top + patch.height + room).min(view.height);
    Patch { left, top, width: right - left, height: bottom - top }
}

/// A patch cut out with room around it, perhaps enlarged.
struct Crop<'p> {
    pools: &'p Pools,
    gray: Lent<'p, Gray>,
    left: f32,
    top: f32,
    scale: f32,
}

impl<'p> Crop<'p> {
    /// `patch` with its room, enlarged if it is small.
    fn of((view, pools): (View<'_>, &'p Pools), patch: &Patch) -> Self {
        if patch.width.min(patch.height) < SMALL_SIDE {
            return Self::enlarged((view, pools), &roomy(view, patch));
        }
        Self::plain((view, pools), patch)
    }

    /// `patch` with its room, as it is.
    fn plain((view, pools): (View<'_>, &'p Pools), patch: &Patch) -> Self {
        let roomy = roomy(view, patch);
        let Patch { left, top, .. } = roomy;
        let (right, bottom) = (left + roomy.width, top + roomy.height);
        let mut gray = pools.grays.lend();
        (gray.width, gray.height) = (roomy.width, roomy.height);
        gray.luma.clear();
        for y in top..bottom {
            gray.luma.extend_from_slice(view.row(y).get(left..right).unwrap_or_default());
        }
        Self { pools, gray, left: left as f32, top: top as f32, scale: 1.0 }
    }

    /// All of `view`, halved until it has at most so many pixels.
    fn reduced((view, pools): (View<'_>, &'p Pools), most: usize) -> Self {
        if view.luma.len() <= most {
            return Self::plain((view, pools), &all_of(view));
        }
        let mut gray = pools.grays.lend();
        view.halve_into(&mut gray);
        Self { pools, gray, left: 0.0, top: 0.0, scale: 0.5 }.within(most)
    }

    /// `patch` at twice its size.
    fn enlarged((view, pools): (View<'_>, &'p Pools), patch: &Patch) -> Self {
        let mut gray = pools.grays.lend();
        view.double_into((patch.left, patch.top), (patch.width, patch.height), &mut gray);
        Self { pools, gray, left: patch.left as f32, top: patch.top as f32, scale: 2.0 }
    }

    /// The same halved until it has at most so many pixels.
    fn within(mut self, most: usize) -> Self {
        while self.gray.luma.len() > most {
            self = self.halved();
        }
        self
    }

    /// The same at half its size.
    fn halved(&self) -> Self {
        let mut gray = self.pools.grays.lend();
        self.gray.view().halve_into(&mut gray);
        Self { gray, scale: self.scale / 2.0, ..*self }
    }

    /// The straight edges in it.
    fn sides(&self) -> Sides<'_> {
        Sides::of(self.gray.view(), self.pools)
    }

    /// `symbol` with its corners in the whole picture.
    fn placed(&self, mut symbol: Symbol) -> Symbol {
        for corner in &mut symbol.corners {
            *corner =
                Point::new(self.left + corner.x / self.scale, self.top + corner.y / self.scale);
        }
        symbol
    }
}
