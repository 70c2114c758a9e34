//! How sharp and how bright a picture is, for whoever sets a lens.

use crate::pipeline::frame::Picture;

/// What of a picture a lens and a lamp decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The steepest edges: gray levels between two pixels next to each other, 0 to 255.
    pub sharpness: f64,
    /// The mean of all pixels, 0 to 255.
    pub brightness: f64,
    /// The part of all pixels that are white beyond what the sensor tells apart, 0 to 1.
    pub glare: f64,
}

/// The part of a picture that its steepest edges are: a label's bars are about so much of a frame.
const STEEPEST: u64 = 200;
/// From here a pixel tells nothing any more.
const WHITE: u8 = 252;

/// How sharp and how bright `picture` is.
pub fn look(picture: &Picture) -> Look {
    let width = usize::try_from(picture.width()).unwrap_or(1).max(1);
    let mut steps = [0_u64; 256];
    let (mut sum, mut n_white) = (0_u64, 0_u64);
    for row in picture.luma().chunks_exact(width) {
        sum += row.iter().map(|luma| u64::from(*luma)).sum::<u64>();
        n_white += row.iter().filter(|luma| **luma >= WHITE).count() as u64;
        for pair in row.windows(2) {
            if let [a, b] = pair
                && let Some(step) = steps.get_mut(usize::from(a.abs_diff(*b)))
            {
                *step += 1;
            }
        }
    }
    let n = picture.luma().len().max(1) as f64;
    Look { sharpness: steepest(&steps), brightness: sum as f64 / n, glare: n_white as f64 / n }
}

/// The mean of the steepest steps.
fn steepest(steps: &[u64; 256]) -> f64 {
    let most = (steps.iter().sum::<u64>() / STEEPEST).max(1);
    let (mut n, mut sum) = (0, 0_u64);
    for (step, found) in steps.iter().enumerate().rev() {
        let taken = (*found).min(most - n);
        n += taken;
        sum += taken * step as u64;
    }
    sum as f64 / n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(edge: &[u8]) -> Picture {
        let period: Vec<u8> = edge.iter().chain(edge.iter().rev()).copied().collect();
        let luma = period.iter().cycle().take(200 * 100).copied().collect();
        Picture::new(200, 100, luma).unwrap()
    }

    #[test]
    fn blur_lowers_sharpness_and_not_brightness() {
        let sharp = look(&bars(&[20, 20, 20, 220, 220]));
        let blurred = look(&bars(&[20, 70, 120, 170, 220]));
        assert!(sharp.sharpness > 2.0 * blurred.sharpness, "{sharp:?} {blurred:?}");
        assert!((blurred.brightness - 120.0).abs() < 1.0 && blurred.glare == 0.0);
    }

    #[test]
    fn a_white_picture_is_all_glare() {
        let white = look(&bars(&[255]));
        assert_eq!((white.sharpness, white.brightness, white.glare), (0.0, 255.0, 1.0));
    }
}
