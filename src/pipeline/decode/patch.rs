//! An upright box in a picture.

use crate::pipeline::symbol::Point;

/// Greatest ratio of the sides of an upright box around a square that is seen at a slant.
const MAX_UNSQUARE: f32 = 1.4;

/// An upright box, in pixels of the picture it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    /// The first column.
    pub left: usize,
    /// The first row.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Patch {
    /// The same box in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(self, factor: usize) -> Self {
        Self {
            left: self.left * factor,
            top: self.top * factor,
            width: self.width * factor,
            height: self.height * factor,
        }
    }

    /// Pixels in it.
    pub fn area(&self) -> usize {
        self.width * self.height
    }

    /// The box around both.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// Whether it is about as wide as high, like the upright box around any square.
    pub fn is_about_square(&self) -> bool {
        let (least, most) = (self.width.min(self.height), self.width.max(self.height));
        most as f32 <= MAX_UNSQUARE * least as f32
    }

    /// Whether `point` lies in it.
    pub fn holds(&self, point: Point) -> bool {
        let within = |at: f32, from: usize, n: usize| at >= from as f32 && at <= (from + n) as f32;
        within(point.x, self.left, self.width) && within(point.y, self.top, self.height)
    }

    /// Its middle.
    pub fn middle(&self) -> Point {
        let middle = |from: usize, n: usize| from as f32 + n as f32 / 2.0;
        Point::new(middle(self.left, self.width), middle(self.top, self.height))
    }

    /// Share of the two boxes' area that they have in common.
    pub fn overlap(&self, other: &Self) -> f32 {
        let common =
            |a: usize, n: usize, b: usize, m: usize| (a + n).min(b + m).saturating_sub(a.max(b));
        let both = common(self.left, self.width, other.left, other.width)
            * common(self.top, self.height, other.top, other.height);
        // Nearly all have nothing in common.
        if both == 0 {
            return 0.0;
        }
        both as f32 / (self.area() + other.area() - both).max(1) as f32
    }
}
