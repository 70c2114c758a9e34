//! The device behind the wire: its setting, its controls, and the requests that change them.

use std::collections::VecDeque;

use crate::descriptors::{config_descriptor, device_descriptor, string_descriptor};

/// One bulk payload, header included.
pub(crate) const PAYLOAD: u32 = 16 * 1024;
pub(crate) const SIZES: [(u16, u16); 3] = [(640, 480), (1280, 720), (320, 240)];
pub(crate) const FPS: [u32; 3] = [30, 15, 5];

/// Format index, as in the descriptors.
pub(crate) const YUYV: u8 = 1;
pub(crate) const MJPEG: u8 = 2;
pub(crate) const GREY: u8 = 3;

#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) format: u8,
    pub(crate) frame: u8,
    pub(crate) interval: u32, // 100 ns units
}

impl Setting {
    pub(crate) fn size(self) -> (u16, u16) {
        SIZES[(self.frame - 1) as usize]
    }
    pub(crate) fn max_frame(self) -> u32 {
        let (w, h) = self.size();
        u32::from(w) * u32::from(h) * if self.format == GREY { 1 } else { 2 }
    }
}

pub(crate) struct Camera {
    pub(crate) serial: String,
    pub(crate) setting: Setting,
    pub(crate) streaming: bool,
    pub(crate) pending: VecDeque<u32>, // bulk reads that the kernel waits on, by sequence number
    pub(crate) controls: Vec<Control>,
}

impl Camera {
    /// Where its lens is set to.
    pub(crate) fn focus(&self) -> i32 {
        self.controls.iter().find(|c| (c.unit, c.selector) == (1, 0x06)).map_or(0, |c| c.cur)
    }
}

/// A camera control that the host can read and set. `unit` and `selector` are UVC's.
pub(crate) struct Control {
    unit: u8,
    selector: u8,
    len: usize,
    min: i32,
    max: i32,
    res: i32,
    def: i32,
    cur: i32,
}

pub(crate) fn controls() -> Vec<Control> {
    let c = |unit, selector, len, [min, max, res, def]: [i32; 4]| Control {
        unit,
        selector,
        len,
        min,
        max,
        res,
        def,
        cur: def,
    };
    vec![
        c(1, 0x02, 1, [1, 8, 0x09, 8]), // auto exposure mode: RES is a bitmap, manual(1)|aperture(8)
        c(1, 0x04, 4, [3, 2047, 1, 250]), // exposure time, 100 us units
        c(1, 0x06, 2, [0, 250, 5, 100]), // focus, absolute
        c(1, 0x08, 1, [0, 1, 1, 1]),    // auto focus
        c(2, 0x02, 2, [0, 255, 1, 128]), // brightness
        c(2, 0x04, 2, [0, 255, 1, 64]), // gain
    ]
}

pub(crate) fn probe_bytes(s: Setting) -> Vec<u8> {
    let mut p = vec![1, 0, s.format, s.frame];
    p.extend(s.interval.to_le_bytes());
    p.extend([0; 10]);
    p.extend(s.max_frame().to_le_bytes());
    p.extend(PAYLOAD.to_le_bytes());
    p.extend(48_000_000u32.to_le_bytes());
    p.extend([3, 0, 0, 0]);
    p
}

/// Answers a request on endpoint 0: the bytes to send back, or None to stall it.
pub(crate) fn control_request(cam: &mut Camera, setup: [u8; 8], out: &[u8]) -> Option<Vec<u8>> {
    let (kind, request) = (setup[0], setup[1]);
    let value = u16::from_le_bytes([setup[2], setup[3]]);
    let index = u16::from_le_bytes([setup[4], setup[5]]);
    let length = u16::from_le_bytes([setup[6], setup[7]]) as usize;
    let selector = (value >> 8) as u8;
    let mut answer = match (kind & 0x60, request) {
        (0x00, 0x06) => match selector {
            1 => device_descriptor(),
            2 => config_descriptor(),
            3 => string_descriptor(value as u8, &cam.serial)?,
            _ => return None,
        },
        (0x00, 0x00) => vec![0, 0],
        (0x00, 0x08) => vec![1],
        (0x00, 0x0A) => vec![0],
        (0x00, 0x01) => {
            // CLEAR_FEATURE(HALT) on the bulk endpoint is how Linux says "stop streaming".
            if kind & 0x1F == 2 {
                cam.streaming = false;
            }
            vec![]
        }
        (0x00, _) => vec![],
        (0x20, _) if index & 0xFF == 1 => negotiate(cam, request, selector, out)?,
        (0x20, _) => control(cam, request, (index >> 8) as u8, selector, out)?,
        _ => return None,
    };
    answer.truncate(length);
    Some(answer)
}

/// Probe and commit: the setting that the host asks for, or the nearest to it.
fn negotiate(cam: &mut Camera, request: u8, selector: u8, out: &[u8]) -> Option<Vec<u8>> {
    Some(match request {
        0x01 => {
            let mut s = Setting {
                format: *out.get(2)?,
                frame: *out.get(3)?,
                interval: u32::from_le_bytes(out.get(4..8)?.try_into().ok()?),
            };
            if !(1..=3).contains(&s.format) || !(1..=3).contains(&s.frame) {
                return None;
            }
            let offered = FPS.map(|f| 10_000_000 / f).into_iter();
            s.interval = offered.min_by_key(|i| i.abs_diff(s.interval))?;
            cam.setting = s;
            if selector == 2 {
                cam.streaming = true;
            }
            vec![]
        }
        0x85 => vec![34, 0],
        0x86 => vec![3],
        _ => probe_bytes(cam.setting),
    })
}

/// Reads or sets a control of a unit.
fn control(cam: &mut Camera, request: u8, unit: u8, selector: u8, out: &[u8]) -> Option<Vec<u8>> {
    let c = cam.controls.iter_mut().find(|c| c.unit == unit && c.selector == selector)?;
    let n = match request {
        0x01 => {
            let mut b = [0_u8; 4];
            b[..c.len].copy_from_slice(out.get(..c.len)?);
            c.cur = i32::from_le_bytes(b);
            println!("camera-sim: control {unit}/{selector} = {}", c.cur);
            return Some(vec![]);
        }
        0x81 => c.cur,
        0x82 => c.min,
        0x83 => c.max,
        0x84 => c.res,
        0x87 => c.def,
        0x85 => return Some((c.len as u16).to_le_bytes().to_vec()),
        0x86 => return Some(vec![3]),
        _ => return None,
    };
    Some(n.to_le_bytes()[..c.len].to_vec())
}
