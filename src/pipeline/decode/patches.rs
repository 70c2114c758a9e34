//! The patches of a picture that may be matrix symbols, by the size at which their modules show as texture.

use crate::pipeline::decode::matrix::{FINE, read_by_finders, read_by_sides};
use crate::pipeline::decode::noise::is_noise;
use crate::pipeline::decode::patch::Patch;
use crate::pipeline::decode::pool::{Lent, Pools};
use crate::pipeline::decode::raster::View;
use crate::pipeline::decode::reduced::{HALVINGS, Reduced};
use crate::pipeline::decode::texture::{
    is_mixed, may_be_modules, may_be_wide_modules, patches, wide_patches,
};
use crate::pipeline::decode::{Formats, add, contains, middle};
use crate::pipeline::symbol::{Point, Symbol, Symbology};

/// Pixels of a patch in the picture that it is read in, at most: modules of more than some sixteen pixels show no
/// texture. What was read had 180 000.
const LARGEST: usize = 1_000_000;

/// The patches of a picture that may be matrix symbols.
#[derive(Debug)]
pub struct Patches<'a> {
    picture: View<'a>,
    pools: &'a Pools,
    /// Those of all modules but the wide ones.
    narrow: OfSize<'a>,
    /// Those of ever wider ones.
    wide: [OfSize<'a>; HALVINGS],
}

/// Those whose modules show as texture at one size.
#[derive(Debug)]
struct OfSize<'a> {
    /// The picture, perhaps reduced, that they are read in.
    view: View<'a>,
    /// How many pixels of the whole picture one of that is wide.
    factor: usize,
    /// Whether these are all modules but the wide ones.
    are_narrow: bool,
    /// In pixels of `view`, largest first.
    patches: Lent<'a, Vec<Patch>>,
}

impl<'a> Patches<'a> {
    /// Those of `picture`, whose structure is `reduced`, and whose wider modules show in ever `smaller` pictures.
    pub fn of(
        picture: View<'a>,
        reduced: &'a Reduced<'_>,
        smaller: &'a [Reduced<'_>; HALVINGS],
        pools: &'a Pools,
    ) -> Self {
        let small = reduced.small(picture);
        let factor = if reduced.factor > 1.0 { 2 } else { 1 };
        let grids = [&*reduced.cells].into_iter().chain(reduced.fine.as_deref());
        let mut found = patches(grids, pools);
        keep_likely(&mut found, (picture, small, factor), may_be_modules, pools);
        let narrow = OfSize { view: picture, factor: 1, are_narrow: true, patches: found };
        // What is wide loses nothing at half its size, which a picture has that is twice as large as the one it shows in.
        let (mut view, mut factor) = (small, factor);
        let wide = smaller.each_ref().map(|smaller| {
            let small = smaller.small(picture);
            let mut patches = wide_patches(&smaller.cells, pools);
            keep_likely(&mut patches, (view, small, 2), may_be_wide_modules, pools);
            let of = OfSize { view, factor, are_narrow: false, patches };
            (view, factor) = (small, 2 * factor);
            of
        });
        Self { picture, pools, narrow, wide }
    }

    /// By the width of modules, those of narrow ones first.
    fn sizes(&self) -> impl Iterator<Item = &OfSize<'a>> {
        [&self.narrow].into_iter().chain(&self.wide)
    }

    /// They, in pixels of the whole picture.
    pub fn boxes(&self) -> Vec<Patch> {
        let of_size = |of: &OfSize<'_>| {
            let factor = of.factor;
            of.patches.iter().map(|patch| patch.scaled(factor)).collect::<Vec<_>>()
        };
        self.sizes().flat_map(of_size).collect()
    }

    /// Adds the symbols that have finder patterns: QR Code and Aztec.
    pub fn read_by_finders(&self, formats: &Formats, symbols: &mut Vec<Symbol>) {
        for of in self.sizes() {
            of.read_each(self.picture, symbols, |patch| {
                read_by_finders((of.view, self.pools), patch, formats, of.most())
            });
        }
    }

    /// Adds the symbols that are found by their sides, which costs more: Data Matrix.
    pub fn read_by_sides(&self, formats: &Formats, symbols: &mut Vec<Symbol>) {
        if !formats.has(Symbology::DataMatrix) {
            return;
        }
        let mut known = self.pools.points.lend();
        for of in self.sizes().filter(|of| !of.patches.is_empty()) {
            // A label with all that is on it may look like wide modules, too.
            known.clear();
            known.extend(symbols.iter().map(|symbol| middle(&symbol.corners)));
            let is_label = |patch: &Patch| {
                let patch = patch.scaled(of.factor);
                !patch.is_about_square() || known.iter().any(|point| patch.holds(*point))
            };
            of.read_each(self.picture, symbols, |patch| {
                let may_be = of.are_narrow || !is_label(patch);
                may_be.then(|| read_by_sides((of.view, self.pools), patch, of.most()))?
            });
        }
    }
}

impl OfSize<'_> {
    /// Adds what `read` finds in each of them that was not read.
    fn read_each(
        &self,
        picture: View<'_>,
        symbols: &mut Vec<Symbol>,
        read: impl Fn(&Patch) -> Option<Symbol>,
    ) {
        for patch in &*self.patches {
            let middle = patch.scaled(self.factor).middle();
            if !symbols.iter().any(|symbol| contains(symbol, middle)) {
                let found = read(patch).map(|symbol| scaled(symbol, self.factor));
                add(symbols, found, picture);
            }
        }
    }

    /// Pixels of a crop in which they are read, at most: symbols of wide modules are of fewer modules.
    fn most(&self) -> usize {
        if self.are_narrow { 2 * FINE } else { FINE }
    }
}

/// Keeps those of `found`, in pixels of `small`, that may be read in `view`, so many times as large: in pixels of that.
fn keep_likely(
    found: &mut Vec<Patch>,
    (view, small, factor): (View<'_>, View<'_>, usize),
    may_be_modules: fn(View<'_>, &Patch, &Pools) -> bool,
    pools: &Pools,
) {
    found.retain(|patch| {
        patch.area() * factor * factor <= LARGEST
            && may_be_modules(small, patch, pools)
            && is_mixed(small, patch)
            && !(factor > 1 && is_noise(view, small, patch, pools))
    });
    for patch in found.iter_mut() {
        *patch = patch.scaled(factor);
    }
}

/// `symbol` in a picture `factor` times as large.
fn scaled(mut symbol: Symbol, factor: usize) -> Symbol {
    for corner in &mut symbol.corners {
        *corner = Point::new(corner.x * factor as f32, corner.y * factor as f32);
    }
    symbol
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use crate::pipeline::decode::matrix::grid::DATA_MATRIX;
    use crate::pipeline::decode::{Formats, decode};
    use crate::pipeline::frame::Picture;

    const WIDE: [&str; 21] = [
        "#######....##.#######",
        "#.....#.#.#.#.#.....#",
        "#.###.#.##.##.#.###.#",
        "#.###.#.#.###.#.###.#",
        "#.###.#.###...#.###.#",
        "#.....#.#.....#.....#",
        "#######.#.#.#.#######",
        "..........#.#........",
        "..#..#######.#.#####.",
        "#..#.#.#.#.#####.#..#",
        "####..#.##..#.#######",
        "###.##..#...####..###",
        "#..#..##..###.####.#.",
        "........#..#.....###.",
        "#######.#######......",
        "#.....#.#.##..#.#.###",
        "#.###.#...#####...###",
        "#.###.#...#.###..#...",
        "#.###.#.##..#..##.###",
        "#.....#..#..###...#.#",
        "#######..#.#..#.#####",
    ];

    /// A Code 128.
    const BESIDE: &str = "##.#..#....#...#.##...#...##.#...##.###.#...##...#...#.#.##...#...#...##.#...#..#...##..##...###.#.##";

    /// Draws `rows`, modules of so many pixels across and down, around a middle and turned by so many degrees.
    fn draw(
        luma: &mut [u8],
        rows: &[&str],
        (across, down): (f32, f32),
        (middle_x, middle_y, degrees): (f32, f32, f32),
    ) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (columns, n_rows) = (rows[0].len() as f32, rows.len() as f32);
        for (k, value) in luma.iter_mut().enumerate() {
            let (x, y) = ((k % 1280) as f32 - middle_x, (k / 1280) as f32 - middle_y);
            let u = (x * cos + y * sin) / across + columns / 2.0;
            let v = (y * cos - x * sin) / down + n_rows / 2.0;
            if (0.0..columns).contains(&u) && (0.0..n_rows).contains(&v) {
                let is_at =
                    |k: u16, place: f32| (f32::from(k)..f32::from(k) + 1.0).contains(&place);
                let is_dark = rows.iter().zip(0..).any(|(row, y)| {
                    let mut modules = row.bytes().zip(0..);
                    is_at(y, v) && modules.any(|(module, x)| is_at(x, u) && module == b'#')
                });
                *value = if is_dark { 50 } else { 210 };
            }
        }
    }

    #[test_case(&WIDE, 24.0, 33.0, "WIDE 24"; "a QR code of modules of 24 pixels")]
    #[test_case(&WIDE, 38.0, 4.0, "WIDE 24"; "a QR code of modules of 38 pixels")]
    #[test_case(&DATA_MATRIX, 20.0, 250.0, "SERIAL 0123456789"; "a Data Matrix of modules of 20 pixels")]
    #[test_case(&DATA_MATRIX, 44.0, 3.0, "SERIAL 0123456789"; "a Data Matrix of modules of 44 pixels")]
    fn wide_modules_are_read_beside_bars(rows: &[&str], px: f32, degrees: f32, text: &str) {
        let mut luma = vec![210; 1280 * 1000];
        draw(&mut luma, &[BESIDE], (2.0, 120.0), (1130.0, 300.0, 0.0));
        draw(&mut luma, rows, (px, px), (520.0, 500.0, degrees));
        let picture = Picture::new(1280, 1000, luma).unwrap();
        let found = decode(&picture, &Formats::all());
        let mut texts: Vec<&str> = found.iter().map(|symbol| symbol.text.as_str()).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["BESIDE", text]);
        let symbol = found.iter().find(|symbol| symbol.text == text).unwrap();
        let [a, b, ..] = symbol.corners;
        let side = px * rows.len() as f32;
        assert!((a.distance(b) - side).abs() < 0.05 * side, "{symbol:?}");
    }
}
