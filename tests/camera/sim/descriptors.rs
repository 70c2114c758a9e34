//! What the device says of itself when the kernel enumerates it: USB 2.0 and USB Video Class 1.1 descriptors.

use crate::device::{FPS, GREY, MJPEG, SIZES, YUYV};

pub(crate) fn device_descriptor() -> Vec<u8> {
    let mut d = vec![18, 1, 0x00, 0x02, 0xEF, 0x02, 0x01, 64];
    d.extend([0x09, 0x12, 0x01, 0x00, 0x00, 0x01]); // 1209:0001, the pid.codes test pair
    d.extend([1, 2, 3, 1]);
    d
}

fn guid(fourcc: [u8; 4]) -> Vec<u8> {
    let mut g = fourcc.to_vec();
    g.extend([0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    g
}

fn frame_descriptor(subtype: u8, index: u8, (w, h): (u16, u16), bytes: u32) -> Vec<u8> {
    let mut d = vec![26 + 4 * FPS.len() as u8, 0x24, subtype, index, 0];
    d.extend(w.to_le_bytes());
    d.extend(h.to_le_bytes());
    d.extend((bytes * 8 * FPS[FPS.len() - 1]).to_le_bytes());
    d.extend((bytes * 8 * FPS[0]).to_le_bytes());
    d.extend(bytes.to_le_bytes());
    d.extend((10_000_000 / FPS[0]).to_le_bytes());
    d.push(FPS.len() as u8);
    for f in FPS {
        d.extend((10_000_000 / f).to_le_bytes());
    }
    d
}

fn uncompressed(index: u8, fourcc: [u8; 4], bits: u8, sizes: &[(u16, u16)]) -> Vec<u8> {
    let mut d = vec![27, 0x24, 0x04, index, sizes.len() as u8];
    d.extend(guid(fourcc));
    d.extend([bits, 1, 0, 0, 0, 0]);
    for (i, s) in sizes.iter().enumerate() {
        let bytes = u32::from(s.0) * u32::from(s.1) * u32::from(bits) / 8;
        d.extend(frame_descriptor(0x05, i as u8 + 1, *s, bytes));
    }
    d.extend([6, 0x24, 0x0D, 1, 1, 4]);
    d
}

pub(crate) fn config_descriptor() -> Vec<u8> {
    // Video control: camera terminal 1 -> processing unit 2 -> output terminal 3.
    let mut units = vec![18, 0x24, 0x02, 1, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    units.extend([0b0010_1010, 0, 0b0000_0010]); // AE mode, exposure, focus | auto focus
    units.extend([12, 0x24, 0x05, 2, 1, 0, 0, 2, 0b0000_0001, 0b0000_0010, 0, 0]);
    units.extend([9, 0x24, 0x03, 3, 0x01, 0x01, 0, 2, 0]);
    let vc_len = (13 + units.len()) as u16;
    let mut vc = vec![13, 0x24, 0x01, 0x10, 0x01];
    vc.extend(vc_len.to_le_bytes());
    vc.extend(48_000_000u32.to_le_bytes());
    vc.extend([1, 1]);
    vc.extend(units);

    // Video streaming: the three formats.
    let mut formats = uncompressed(YUYV, *b"YUY2", 16, &SIZES);
    formats.extend([11, 0x24, 0x06, MJPEG, SIZES.len() as u8, 1, 1, 0, 0, 0, 0]);
    for (i, s) in SIZES.iter().enumerate() {
        let bytes = u32::from(s.0) * u32::from(s.1) * 2;
        formats.extend(frame_descriptor(0x07, i as u8 + 1, *s, bytes));
    }
    formats.extend([6, 0x24, 0x0D, 1, 1, 4]);
    formats.extend(uncompressed(GREY, *b"Y800", 8, &SIZES[..1]));
    let vs_len = (16 + formats.len()) as u16;
    let mut vs = vec![16, 0x24, 0x01, 3];
    vs.extend(vs_len.to_le_bytes());
    vs.extend([0x81, 0, 3, 0, 0, 0, 1, 0, 0, 0]);
    vs.extend(formats);

    let mut body = vec![8, 11, 0, 2, 0x0E, 0x03, 0x00, 2]; // the two interfaces belong together
    body.extend([9, 4, 0, 0, 0, 0x0E, 0x01, 0x00, 2]);
    body.extend(vc);
    body.extend([9, 4, 1, 0, 1, 0x0E, 0x02, 0x00, 0]);
    body.extend(vs);
    body.extend([7, 5, 0x81, 0x02, 0x00, 0x02, 0]);
    let mut d = vec![9, 2];
    d.extend((9 + body.len() as u16).to_le_bytes());
    d.extend([2, 1, 0, 0x80, 250]);
    d.extend(body);
    d
}

pub(crate) fn string_descriptor(index: u8, serial: &str) -> Option<Vec<u8>> {
    let text = match index {
        0 => return Some(vec![4, 3, 0x09, 0x04]),
        1 => "Lab".into(),
        2 => "Lab Camera".into(),
        3 => serial.to_owned(),
        _ => return None,
    };
    let mut d = vec![2 + 2 * text.len() as u8, 3];
    d.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    Some(d)
}
