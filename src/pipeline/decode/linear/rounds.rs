//! What the edges of bands and pooled profiles read, in rounds: as they are, then more and more sharpened.

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::FROM_MIDDLE;
use crate::pipeline::decode::linear::ballot::Ballot;
use crate::pipeline::decode::linear::reader::Reader;
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::pooled::Pooled;
use crate::pipeline::decode::profile::sharpened;
use crate::pipeline::decode::strip::{BANDS, Bands};

/// From how far blur is taken out of a profile, in columns, and how much of it; `None` as it is.
type Sharpening = Option<(usize, f32)>;

/// How edges are read, in turn.
const SHARPENINGS: [Sharpening; 4] = [None, Some((1, 1.0)), Some((2, 1.5)), Some((4, 2.0))];

/// Adds what the edges of the profiles read, more and more sharpened until enough agree.
pub fn add_all(
    profiles: (&Bands, &Pooled),
    (formats, pools): (&Formats, &Pools),
    reader: &mut Reader,
    ballot: &mut Ballot,
) {
    for sharpening in SHARPENINGS {
        // The strongest may make a little clearer what was read by then, and nothing out of nothing.
        if sharpening == SHARPENINGS[SHARPENINGS.len() - 1] && ballot.is_empty() {
            return;
        }
        add(profiles, (sharpening, formats, pools), reader, ballot);
        if ballot.winners().next().is_some() {
            return;
        }
    }
}

/// Adds what the edges of the profiles read as they are.
pub fn add_as_is(
    profiles: (&Bands, &Pooled),
    (formats, pools): (&Formats, &Pools),
    reader: &mut Reader,
    ballot: &mut Ballot,
) {
    add(profiles, (None, formats, pools), reader, ballot);
}

/// Adds what the edges of the profiles read, sharpened so.
fn add(
    (bands, pooled): (&Bands, &Pooled),
    (sharpening, formats, pools): (Sharpening, &Formats, &Pools),
    reader: &mut Reader,
    ballot: &mut Ballot,
) {
    let mut add_profile = |profile: &[f32], ballot: &mut Ballot, (bands, pooled): (u32, u32)| {
        let readings = match sharpening {
            None => reader.read(profile, 0.25, formats),
            Some(by) => reader.read(&sharpened(profile, by, pools), 0.2, formats),
        };
        ballot.add(readings, bands, pooled);
    };
    for (k, profile) in pooled.iter().enumerate() {
        add_profile(profile, ballot, (0, 1 << k));
    }
    // What only the others would read, their mean would have read too; and as they are, all were read before.
    let asked = if sharpening.is_none() { 0 } else { BANDS / 2 };
    for (n, k) in FROM_MIDDLE.into_iter().enumerate() {
        if n >= asked && ballot.is_empty() {
            break;
        }
        add_profile(&bands[k], ballot, (1 << k, 0));
    }
}
