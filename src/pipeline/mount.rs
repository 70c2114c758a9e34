//! How a camera is mounted: which way up it hangs, whether it looks into a mirror, and which part of its picture matters.

use std::str::FromStr;

use crate::pipeline::frame::Picture;

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its left edge.
    pub x: u32,
    /// Its top edge.
    pub y: u32,
    /// Its width, at least 1.
    pub width: u32,
    /// Its height, at least 1.
    pub height: u32,
}

/// A text that is no part of a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no region; write left,top,width,height in pixels, such as 100,80,640,480")]
pub struct NoRegion;

impl FromStr for Region {
    type Err = NoRegion;

    fn from_str(text: &str) -> Result<Self, NoRegion> {
        let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[x, y, width, height]) if width > 0 && height > 0 => {
                Ok(Self { x, y, width, height })
            }
            _ => Err(NoRegion),
        }
    }
}

impl Region {
    /// What of it lies in a picture of `width` x `height`; `None` where nothing does.
    pub fn within(self, width: u32, height: u32) -> Option<Self> {
        let part = Self {
            width: self.width.min(width.checked_sub(self.x)?),
            height: self.height.min(height.checked_sub(self.y)?),
            ..self
        };
        (part.width > 0 && part.height > 0).then_some(part)
    }
}

/// By how much a picture is turned clockwise to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotate {
    /// It stands upright.
    #[default]
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
}

impl Rotate {
    /// The turn by so many degrees, a multiple of 90 below 360.
    pub fn of_degrees(degrees: u32) -> Option<Self> {
        match degrees {
            0 => Some(Self::None),
            90 => Some(Self::Quarter),
            180 => Some(Self::Half),
            270 => Some(Self::ThreeQuarters),
            _ => None,
        }
    }
}

/// What makes a camera's picture the one that is shown, decoded and recorded: turned first, then mirrored, then cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mount {
    /// By how much it is turned.
    pub rotate: Rotate,
    /// Whether left and right are exchanged: a symbol in a mirror is none, for most symbologies.
    pub mirror: bool,
    /// The part that is left, of the picture turned and mirrored; what of it lies outside is left out.
    pub region: Option<Region>,
}

impl Mount {
    /// Whether the picture is shown as it is.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The picture as it is shown; `None` where the region lies outside of it.
    pub fn show(&self, picture: &Picture) -> Option<Picture> {
        let (width, height) = match self.rotate {
            Rotate::None | Rotate::Half => (picture.width(), picture.height()),
            Rotate::Quarter | Rotate::ThreeQuarters => (picture.height(), picture.width()),
        };
        let whole = Region { x: 0, y: 0, width, height };
        let region = self.region.map_or(Some(whole), |region| region.within(width, height))?;
        let n_pixels = u64::from(region.width) * u64::from(region.height);
        let mut luma = Vec::with_capacity(usize::try_from(n_pixels).ok()?);
        for y in region.y..region.y.checked_add(region.height)? {
            self.put_row(picture, (y, height), (region, width), &mut luma)?;
        }
        Picture::new(region.width, region.height, luma).ok()
    }

    /// Puts the `region`'s part of row `y` behind `luma`, of a shown picture of `width` x `height` before the cut.
    ///
    /// Such a row is a row or a column of `picture`, read forwards or backwards.
    fn put_row(
        &self,
        picture: &Picture,
        (y, height): (u32, u32),
        (region, width): (Region, u32),
        luma: &mut Vec<u8>,
    ) -> Option<()> {
        let from_end = matches!(self.rotate, Rotate::Half | Rotate::ThreeQuarters);
        let backwards = matches!(self.rotate, Rotate::Quarter | Rotate::Half) != self.mirror;
        let line = usize::try_from(if from_end { height - 1 - y } else { y }).ok()?;
        let begin = if backwards { width - region.x - region.width } else { region.x };
        let (begin, n) = (usize::try_from(begin).ok()?, usize::try_from(region.width).ok()?);
        let stride = usize::try_from(picture.width()).ok()?;
        let all = picture.luma();
        if matches!(self.rotate, Rotate::None | Rotate::Half) {
            let row = all.get(line * stride + begin..)?.get(..n)?;
            if backwards {
                luma.extend(row.iter().rev());
            } else {
                luma.extend_from_slice(row);
            }
        } else {
            let column = all.get(line + begin * stride..)?.iter().step_by(stride).take(n);
            if backwards { luma.extend(column.rev()) } else { luma.extend(column) }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("1,2,3,4", true)]
    #[test_case("1,2,0,4", false; "no width")]
    #[test_case("1,2,3", false; "three numbers")]
    #[test_case("-1,2,3,4", false; "outside")]
    #[test_case("a,b,c,d", false; "letters")]
    fn regions(text: &str, good: bool) {
        assert_eq!(text.parse::<Region>().is_ok(), good);
    }

    // 1 2 3
    // 4 5 6
    #[test_case(Rotate::None, false, &[1, 2, 3, 4, 5, 6])]
    #[test_case(Rotate::None, true, &[3, 2, 1, 6, 5, 4])]
    #[test_case(Rotate::Quarter, false, &[4, 1, 5, 2, 6, 3])]
    #[test_case(Rotate::Quarter, true, &[1, 4, 2, 5, 3, 6])]
    #[test_case(Rotate::Half, false, &[6, 5, 4, 3, 2, 1])]
    #[test_case(Rotate::Half, true, &[4, 5, 6, 1, 2, 3])]
    #[test_case(Rotate::ThreeQuarters, false, &[3, 6, 2, 5, 1, 4])]
    #[test_case(Rotate::ThreeQuarters, true, &[6, 3, 5, 2, 4, 1])]
    fn turned_then_mirrored(rotate: Rotate, mirror: bool, expected: &[u8]) {
        let picture = Picture::new(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let shown = Mount { rotate, mirror, region: None }.show(&picture).unwrap();
        assert_eq!(shown.luma(), expected);
    }

    proptest! {
        #[test]
        fn a_region_is_of_the_picture_as_it_is_shown(
            (w, h) in (1..9u32, 1..9u32),
            turns in 0..4u32,
            mirror: bool,
            region in (0..9u32, 0..9u32, 1..9u32, 1..9u32),
        ) {
            let luma = (0..w * h).map(|i| u8::try_from(i).unwrap()).collect();
            let picture = Picture::new(w, h, luma).unwrap();
            let whole = Mount { rotate: Rotate::of_degrees(turns * 90).unwrap(), mirror, region: None };
            let (x, y, width, height) = region;
            let cut = Mount { region: Some(Region { x, y, width, height }), ..whole };
            let shown = whole.show(&picture).unwrap();
            let expected: Vec<u8> = (y..y + height)
                .flat_map(|y| (x..x + width).map(move |x| (x, y)))
                .filter(|(x, y)| *x < shown.width() && *y < shown.height())
                .map(|(x, y)| shown.luma()[(y * shown.width() + x) as usize])
                .collect();
            let part = cut.show(&picture).map(|part| part.luma().to_vec());
            prop_assert_eq!(part.unwrap_or_default(), expected);
        }
    }
}
