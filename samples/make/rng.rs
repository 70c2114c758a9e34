//! Chance from a seed: the same seed gives the same picture, byte for byte.

/// A generator of pseudo-random numbers (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    /// The generator that `seed` starts.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5ca9_57a7_1013_0001 }
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// Evenly in `0..end`.
    pub(crate) fn below(&mut self, end: u8) -> u8 {
        u8::try_from((self.bits() >> 8) % u64::from(end.max(1))).unwrap_or_default()
    }

    /// Evenly in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f32 {
        unit_of(self.bits())
    }

    /// Evenly between `low` and `high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Near enough to the normal distribution, mean 0 and deviation 1: the sum of four even ones.
    pub(crate) fn normal(&mut self) -> f32 {
        let bits = self.bits();
        let sum: u64 = (0..4).map(|n| (bits >> (16 * n)) & 0xffff).sum();
        // Four even numbers in 0..1 have mean 2 and variance 4/12.
        (sum as f32 / 65535.0 - 2.0) * 3.0_f32.sqrt()
    }
}

/// Smooth noise over the plane, -1 to 1, with bumps of about one unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    seed: u64,
}

impl Noise {
    /// The noise that `rng` draws next.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self { seed: rng.bits() }
    }

    /// Its value at `x`, `y`.
    pub(crate) fn at(self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (ease(x - left), ease(y - top));
        let corner = |dx: f32, dy: f32| self.corner(left + dx, top + dy);
        let upper = corner(0.0, 0.0) * (1.0 - fx) + corner(1.0, 0.0) * fx;
        let lower = corner(0.0, 1.0) * (1.0 - fx) + corner(1.0, 1.0) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    fn corner(self, x: f32, y: f32) -> f32 {
        let place = u64::from(x.to_bits()) << 32 | u64::from(y.to_bits());
        2.0 * unit_of(mix(self.seed ^ mix(place))) - 1.0
    }
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn unit_of(bits: u64) -> f32 {
    (bits >> 40) as f32 / (1_u64 << 24) as f32
}

fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
