//! Frames with truth for measuring the decoder: one degradation at a time, or chance mixtures by severity.
//!
//! They go to a folder beside a `manifest.jsonl` whose lines name what each frame shows and what was done to it.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "strengths of degradations are small and not negative"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use serde_json::json;

use crate::camera::{self, Pose};
use crate::face::{Face, Row, Stuff};
use crate::harm::{self, Harm};
use crate::labels::{bare, shown, text};
use crate::rng::Rng;
use crate::zint::{self, Spec};

/// Width and height of the frames.
const SIZE: (u32, u32) = (1920, 1080);
/// Pixels to a module where a unit of the face is a pixel.
const MODULE: f32 = 8.0 / 3.0;
/// Letters and digits of a serial number.
const SERIAL: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What a frame of chance may suffer from.
const NAMES: [&str; KINDS as usize] = [
    "rotation",
    "tilt",
    "scale",
    "defocus",
    "motion",
    "noise",
    "light",
    "glare",
    "curve",
    "damage",
    "occlusion",
    "jpeg",
];
/// How many of them there are.
const KINDS: u8 = 12;

/// A step of a sweep: its name, and what it does.
type Step = (String, Harm);

/// Writes a box of every design at every step of every sweep into `folder`.
pub(crate) fn one_at_a_time(folder: &Path) -> anyhow::Result<()> {
    let mut rng = Rng::new(1);
    let boxes: Vec<Face> =
        (0..DESIGNS).map(|design| label(design, &mut rng)).collect::<Result<_, _>>()?;
    let mut album = Album::new(folder)?;
    for (name, harm) in steps() {
        for face in &boxes {
            album.add(face, &harm, (0, &name), &mut rng)?;
        }
    }
    album.close()
}

/// Writes `count` frames of chance boxes, severities 0 to 4 in turn, as `seed` gives them.
pub(crate) fn mixed(folder: &Path, count: usize, seed: u64) -> anyhow::Result<()> {
    let mut rng = Rng::new(seed);
    let mut album = Album::new(folder)?;
    for n in 0..count {
        let severity = n % 5;
        let face = label(rng.below(DESIGNS), &mut rng)?;
        let (name, harm) = chance(severity, &mut rng);
        album.add(&face, &harm, (severity, &name), &mut rng)?;
    }
    album.close()
}

/// The frames written so far, and the list of them.
struct Album<'a> {
    folder: &'a Path,
    manifest: BufWriter<File>,
    frames: usize,
}

impl<'a> Album<'a> {
    fn new(folder: &'a Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let manifest = BufWriter::new(File::create(folder.join("manifest.jsonl"))?);
        Ok(Self { folder, manifest, frames: 0 })
    }

    /// Takes `face` under `harm`; `kind` is its severity and the names, with a plus between them, of what was done.
    fn add(
        &mut self,
        face: &Face,
        harm: &Harm,
        kind: (usize, &str),
        rng: &mut Rng,
    ) -> anyhow::Result<()> {
        let pose = Pose {
            turn: harm.rotation + rng.between(-1.0, 1.0),
            tilt: harm.tilt,
            axis: rng.between(0.0, 360.0),
            scale: harm.scale / MODULE,
            offset: (rng.between(-20.0, 20.0), rng.between(-10.0, 10.0)),
        };
        let picture = harm::shoot(face, pose, harm, SIZE, rng)?;
        let file = format!("{:04}.png", self.frames);
        picture.save(self.folder.join(&file))?;
        self.frames += 1;
        // What leaves the picture, or nearly does, may be read, but need not.
        let mut symbols = Vec::new();
        let mut also = Vec::new();
        for placed in &face.symbols {
            let corners = camera::corners(placed, face, pose, SIZE);
            let is_inside = |(x, y): &(f32, f32)| {
                (8.0..SIZE.0 as f32 - 8.0).contains(x) && (8.0..SIZE.1 as f32 - 8.0).contains(y)
            };
            if !corners.iter().all(is_inside) {
                also.push(&placed.spec.text);
                continue;
            }
            symbols.push(json!({
                "format": name_of(&placed.spec), "text": placed.spec.text,
                "role": placed.spec.role, "quad": corners,
                "module_px": placed.module * pose.scale, "occluded": harm.occlusion,
            }));
        }
        let main: Vec<&str> = kind.1.split('+').collect();
        let line = json!({
            "file": file, "severity": kind.0, "main": main, "also": also, "symbols": symbols,
        });
        Ok(writeln!(self.manifest, "{line}")?)
    }

    fn close(mut self) -> anyhow::Result<()> {
        Ok(self.manifest.flush()?)
    }
}

/// The format's name, GS1's own where the content is GS1's.
fn name_of(spec: &Spec) -> &'static str {
    match spec.identifier {
        "]C1" => "GS1-128",
        "]d2" => "GS1-DataMatrix",
        _ => spec.format,
    }
}

/// Every sweep's steps, all else at its best.
fn steps() -> Vec<Step> {
    let good = Harm::default();
    let mut steps = Vec::new();
    for scale in [2.0, 3.6] {
        for rotation in (0..360_u16).step_by(5).map(f32::from) {
            steps.push((format!("rotation at {scale} px"), Harm { rotation, scale, ..good }));
        }
    }
    let mut sweep = |name: &str, values: &[f32], harm: &dyn Fn(f32) -> Harm| {
        steps.extend(values.iter().map(|value| (format!("{name} {value}"), harm(*value))));
    };
    let scales = [0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0];
    sweep("scale", &scales, &|scale| Harm { scale, ..good });
    sweep("tilt", &[15.0, 25.0, 35.0, 45.0, 55.0], &|tilt| Harm { tilt, ..good });
    let radii = [0.3, 0.5, 0.7, 0.9, 1.1, 1.3];
    sweep("defocus", &radii, &|defocus| Harm { defocus, ..good });
    let lengths = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0];
    sweep("motion", &lengths, &|motion| Harm { motion, ..good });
    sweep("noise", &[2.0, 5.0, 10.0, 15.0, 20.0, 30.0], &|noise| Harm { noise, ..good });
    sweep("light", &[0.5, 0.25, 0.12, 0.06], &|light| Harm { light, ..good });
    sweep("uneven", &[0.4, 0.6, 0.8], &|uneven| Harm { uneven, ..good });
    sweep("glare", &[0.4, 0.8, 1.6, 2.4], &|glare| Harm { glare, ..good });
    sweep("curve", &[0.2, 0.4, 0.6, 0.8, 1.0], &|curve| Harm { curve, ..good });
    let shares = [0.15, 0.3, 0.45, 0.6, 0.75];
    sweep("occlusion", &shares, &|occlusion| Harm { occlusion, ..good });
    for damage in [2, 4, 8, 12] {
        steps.push((format!("damage {damage}"), Harm { damage, ..good }));
    }
    for jpeg in [50, 30, 20, 10] {
        steps.push((format!("jpeg {jpeg}"), Harm { jpeg, ..good }));
    }
    steps
}

/// What befalls a frame of `severity`: two degradations in earnest, the others a little.
fn chance(severity: usize, rng: &mut Rng) -> Step {
    let first = rng.below(KINDS);
    let main = [first, (first + 1 + rng.below(KINDS - 1)) % KINDS].map(usize::from);
    let mut level = |n: usize| {
        if main.contains(&n) {
            return severity as f32;
        }
        (rng.unit() * severity as f32 * 0.8).floor().min(2.0)
    };
    // From the best to the worst of severity 4.
    let graded = |level: f32, best: f32, worst: f32| best + (worst - best) * level / 4.0;
    let levels: Vec<f32> = (0..NAMES.len()).map(&mut level).collect();
    let at = |n: usize, best: f32, worst: f32| {
        graded(levels.get(n).copied().unwrap_or(0.0), best, worst)
    };
    let turn = if levels.first().is_some_and(|level| *level >= 3.0) { 180.0 } else { 20.0 };
    let harm = Harm {
        rotation: rng.between(-1.0, 1.0) * at(0, 2.0, turn),
        tilt: at(1, 3.0, 42.0),
        scale: at(2, 3.6, 1.3),
        defocus: at(3, 0.0, 0.95),
        motion: at(4, 0.0, 2.4),
        noise: at(5, 0.8, 14.0),
        light: at(6, 1.0, 0.12),
        uneven: at(6, 0.1, 0.6),
        glare: at(7, 0.0, 2.2),
        curve: at(8, 0.0, 0.8),
        damage: at(9, 0.0, 8.0) as u32,
        occlusion: at(10, 0.0, 0.6),
        jpeg: at(11, 100.0, 20.0) as u8,
    };
    (main.map(|n| NAMES[n]).join("+"), harm)
}

/// How many designs of labels there are.
const DESIGNS: u8 = 5;

/// A label of `design` with chance content.
fn label(design: u8, rng: &mut Rng) -> anyhow::Result<Face> {
    let dsn = format!("G{}", letters(15, rng));
    let rows = match design {
        0 => vec![
            text(20.0, "SMART SPEAKER  MODEL A7K2"),
            Row::Beside(vec![
                vec![shown(zint::gtin(&digits(12, rng)))],
                vec![shown(zint::code128(&format!("X00{}", letters(7, rng))))],
            ]),
            shown(zint::code128(&dsn)),
            shown(zint::code128(&digits(15, rng))),
        ],
        1 => vec![
            Row::Beside(vec![
                vec![text(16.0, "SN"), bare(zint::data_matrix(&dsn))],
                vec![shown(zint::gtin(&digits(13, rng))), text(14.0, "MADE FOR INDOOR USE 5V 2A")],
            ]),
            shown(zint::code39(&letters(12, rng))),
        ],
        2 => {
            let gtin = digits(14, rng);
            vec![
                shown(zint::gs1_128(&[("01", &gtin), ("21", &letters(10, rng))])),
                Row::Beside(vec![
                    vec![bare(zint::qr(&dsn))],
                    vec![bare(zint::gs1_data_matrix(&[("01", &gtin), ("21", &dsn)]))],
                    vec![shown(zint::gtin(&digits(12, rng)))],
                ]),
            ]
        }
        3 => vec![
            text(26.0, "WASHER  7 KG"),
            shown(zint::code93(&letters(10, rng))),
            Row::Beside(vec![
                vec![shown(zint::itf(&digits(14, rng)))],
                vec![bare(zint::aztec(&dsn))],
            ]),
            shown(zint::code128(&dsn)),
        ],
        _ => vec![
            Row::Beside(vec![
                vec![shown(zint::gtin(&digits(8, rng)))],
                vec![shown(zint::codabar(&digits(10, rng)))],
            ]),
            bare(zint::data_bar(&digits(14, rng))),
            bare(zint::pdf417(&dsn)),
            shown(zint::code128(&letters(12, rng))),
        ],
    };
    // The label lies in the middle of its box, which is just large enough.
    let room = Face::new(Stuff::Cardboard, 1200.0, 900.0).label(0.0, 0.0, &rows)?;
    let mut face = Face::new(Stuff::Cardboard, room.width + 100.0, room.height + 100.0);
    face.letter((16.0, 12.0), 24.0, "THIS SIDE UP   FRAGILE", 80);
    face.label(50.0, 50.0, &rows)?;
    Ok(face)
}

fn letters(count: usize, rng: &mut Rng) -> String {
    let mut letter = || char::from(SERIAL[usize::from(rng.below(34))]);
    (0..count).map(|_| letter()).collect()
}

/// `count` digits, the last of them GS1's check digit.
fn digits(count: usize, rng: &mut Rng) -> String {
    let body: Vec<u32> = (1..count).map(|_| u32::from(rng.below(10))).collect();
    let weighted = body.iter().rev().enumerate().map(|(n, d)| if n % 2 == 0 { 3 * d } else { *d });
    let check = (10 - weighted.sum::<u32>() % 10) % 10;
    body.iter().chain([&check]).map(u32::to_string).collect()
}
