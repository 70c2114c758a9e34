//! A straight edge, where it lies and where it ends.

use crate::pipeline::symbol::Point;

/// A straight edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The unit vector across it, from dark to light.
    pub across: Point,
    /// How far across it lies from the origin.
    pub offset: f32,
    /// Where along it (its direction is `across` turned by a quarter) it begins.
    pub from: f32,
    /// Where along it ends.
    pub to: f32,
}

impl Line {
    /// The point at `along`.
    pub fn at(&self, along: f32) -> Point {
        let Point { x, y } = self.across;
        Point::new(x * self.offset - y * along, y * self.offset + x * along)
    }

    /// How far along it the foot of `point` lies.
    pub fn along(&self, point: Point) -> f32 {
        -self.across.y * point.x + self.across.x * point.y
    }

    /// Its length in pixels.
    pub fn length(&self) -> f32 {
        self.to - self.from
    }

    /// Where the two cross.
    pub fn crossing(&self, other: &Self) -> Option<Point> {
        let (a, b) = (self.across, other.across);
        let area = a.x * b.y - a.y * b.x;
        (area.abs() > 0.2).then(|| {
            Point::new(
                (self.offset * b.y - other.offset * a.y) / area,
                (a.x * other.offset - b.x * self.offset) / area,
            )
        })
    }

    /// The line through two points, light on the side of `light`.
    pub fn through(a: Point, b: Point, light: Point) -> Self {
        let length = a.distance(b).max(1e-3);
        let mut across = Point::new((a.y - b.y) / length, (b.x - a.x) / length);
        if across.x * (light.x - a.x) + across.y * (light.y - a.y) < 0.0 {
            across = Point::new(-across.x, -across.y);
        }
        let mut line = Self { across, offset: across.x * a.x + across.y * a.y, from: 0.0, to: 0.0 };
        let (p, q) = (line.along(a), line.along(b));
        (line.from, line.to) = (p.min(q), p.max(q));
        line
    }

    /// Whether one with such a normal and offset has its direction and passes within `reach` pixels of its middle.
    pub fn is_like(&self, across: Point, offset: f32, reach: f32) -> bool {
        let middle = self.at(f32::midpoint(self.from, self.to));
        let off = across.x * middle.x + across.y * middle.y - offset;
        across.x * self.across.x + across.y * self.across.y > 0.99 && off.abs() < reach
    }

    /// The same edge of the negative.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            across: Point::new(-self.across.x, -self.across.y),
            offset: -self.offset,
            from: -self.to,
            to: -self.from,
        }
    }
}
