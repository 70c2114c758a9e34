//! What was followed from its start character, fitted as a whole: Code 128 and Code 39.

use crate::pipeline::decode::Formats;
use crate::pipeline::decode::linear::fit::model::Model;
use crate::pipeline::decode::linear::fit::run::{Run, runs};
use crate::pipeline::decode::linear::joint::light;
use crate::pipeline::decode::linear::joint::scene::{Scene, TERMS};
use crate::pipeline::decode::linear::joint::settle::{Fitted, as_reading, settled};
use crate::pipeline::decode::linear::joint::spread::Shape;
use crate::pipeline::decode::linear::joint::{agreeing, mirrored};
use crate::pipeline::decode::linear::reading::Reading;
use crate::pipeline::decode::pool::Pools;
use crate::pipeline::decode::pooled::Pooled;

/// Most ways through a symbol that are fitted, the likeliest first.
const FITTED: usize = 3;

/// Least mean correlation of the characters of a way.
const MIN_LIKENESS: f32 = 0.85;

/// Most of the variance that a reading may leave unexplained.
const MAX_REST: f32 = 0.04;

/// Least error of the next best whole reading, in errors of the best.
const MIN_RATIO: f32 = 1.6;

/// What the pooled profiles of a strip read, and in which of them (bit k is profile k).
pub fn read(pooled: &Pooled, formats: &Formats, pools: &Pools) -> Option<(Reading, u32)> {
    let [whole, ..] = pooled;
    let mut ways = runs(whole, formats, pools);
    ways.retain(|run| run.likeness > MIN_LIKENESS);
    if ways.is_empty() {
        return None;
    }
    ways.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    let backward = pools.profiles.collect(whole.iter().rev().copied());
    let mut found: Option<(&Run, Model, Fitted<'_>, Reading)> = None;
    for run in ways.iter().take(FITTED) {
        let profile = if run.is_backward { &backward } else { whole };
        // The same way once more.
        let is_same = |known: &Run| (known.is_backward, known.kind) == (run.is_backward, run.kind);
        if found.as_ref().is_some_and(|(known, ..)| is_same(known)) {
            continue;
        }
        let model = run.kind.model().open_ended();
        let Some((fitted, reading)) = fitted(profile, &model, run, pools) else { continue };
        match &found {
            // Two contents at one place: neither is sure.
            Some((.., other)) if other.text != reading.text => return None,
            Some((_, _, best, _)) if best.rest < fitted.rest => {}
            _ => found = Some((run, model, fitted, reading)),
        }
    }
    let (run, model, best, reading) = found?;
    let bits = agreeing((pooled, run.is_backward), &model, &best, pools);
    Some((if run.is_backward { mirrored(reading, whole.len()) } else { reading }, bits))
}

/// The reading of `run`, if it explains the profile and no other does.
fn fitted<'p>(
    profile: &[f32],
    model: &Model,
    run: &Run,
    pools: &'p Pools,
) -> Option<(Fitted<'p>, Reading)> {
    let (from, to) = run.ends;
    let pitch = (to - from) / model.modules();
    let scene = Scene {
        from,
        to,
        curve: run.curve,
        spread: run.optics.blur * pitch,
        growth: run.optics.growth,
        light: light::of_parts(profile, run.ends, pitch, pools)?,
        terms: TERMS,
        shape: Shape::Mixed,
    };
    let fitted = settled(profile, model, scene, &mut pools.joint.rows.empty(), pools)?;
    let is_sure = fitted.rest < MAX_REST && fitted.ratio > MIN_RATIO;
    let reading = is_sure.then(|| as_reading(&fitted, model, pools))??;
    Some((fitted, reading))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::pipeline::decode::linear::code39;
    use crate::pipeline::decode::linear::code128::PATTERNS;
    use crate::pipeline::decode::linear::reading::Text;
    use crate::pipeline::decode::profile::smoothed;

    /// The profile of bars and spaces of these widths, whose modules of 3.2 columns shrink by twice `bow` from end to
    /// end, in a light that falls off in the middle, through a blur.
    fn profile(widths: &[f32], bow: f32) -> Vec<f32> {
        let total: f32 = widths.iter().sum();
        let mut edges = vec![0.0];
        edges.extend(widths.iter().scan(0.0, |sum, width| {
            *sum += width;
            let t = *sum / total;
            Some(3.2 * total * (t + bow * t * (1.0 - t)))
        }));
        let last = 3.2 * total;
        let shade = |k: u16| {
            let x = f32::from(k) - 60.0;
            let part = |a: f32, b: f32| (b.min(x + 1.0) - a.max(x)).max(0.0);
            let dark: f32 = edges.chunks_exact(2).map(|bar| part(bar[0], bar[1])).sum();
            let light = 1.0 - 0.4 * (-((x / last - 0.5) / 0.2).powi(2)).exp();
            light * (200.0 - 160.0 * dark)
        };
        let columns: Vec<f32> = (0..last as u16 + 120).map(shade).collect();
        let pools = Pools::default();
        smoothed(&smoothed(&columns, 2, &pools), 1, &pools).to_vec()
    }

    fn text(widths: &[f32], bow: f32) -> Option<Text> {
        let mut profile = profile(widths, bow);
        let read = |profile: &Vec<f32>| {
            let pooled = std::array::from_fn(|_| profile.clone());
            let found = read(&pooled, &Formats::all(), &Pools::default());
            found.map(|(reading, bits)| (reading.text, bits))
        };
        let forward = read(&profile);
        profile.reverse();
        assert_eq!(forward, read(&profile), "the same from both sides");
        forward.map(|(text, _)| text)
    }

    #[test_case(0, Some("G1A2B3C4D5E6"); "as it is")]
    #[test_case(1, None; "a wrong check character")]
    fn code_128_whose_modules_change_is_followed(off: usize, expected: Option<&str>) {
        let mut values = vec![104];
        values.extend("G1A2B3C4D5E6".bytes().map(|b| usize::from(b) - 32));
        let sum: usize = values[0] + (1..values.len()).map(|k| k * values[k]).sum::<usize>();
        values.push((sum + off) % 103);
        let widths = values.iter().chain([&106]).flat_map(|v| PATTERNS[*v]).chain([2]);
        let widths: Vec<f32> = widths.map(f32::from).collect();
        assert_eq!(text(&widths, 0.25).as_deref(), expected);
    }

    #[test_case(0, Some("G1A2B3C4"); "as it is")]
    #[test_case(20, None; "its first characters cut off")]
    fn code_39_is_read_from_star_to_star(cut: usize, expected: Option<&str>) {
        let row = |value: usize| {
            let is_wide = move |k: usize| code39::PATTERNS[value] & 1 << (8 - k) != 0;
            (0..9).map(move |k| if is_wide(k) { 2.0 } else { 1.0 }).chain([1.0])
        };
        let values = [43, 16, 1, 10, 2, 11, 3, 12, 4, 43];
        let widths: Vec<f32> = values.into_iter().flat_map(row).collect();
        assert_eq!(text(&widths[cut..widths.len() - 1], 0.1).as_deref(), expected);
    }
}
