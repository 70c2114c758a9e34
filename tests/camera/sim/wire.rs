//! The USB/IP wire to the kernel's virtual host controller: requests in, answers out, over a socket pair.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::device::{Camera, control_request};

/// Errors of the kernel, as errno.h numbers them.
/// The endpoint that streams.
const EP_STREAM: u32 = 1;
const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;

fn be(b: &[u8]) -> u32 {
    u32::from_be_bytes(b[..4].try_into().unwrap())
}

pub(crate) fn reply(kind: u32, seq: u32, status: i32, actual: u32, data: &[u8]) -> Vec<u8> {
    let mut r = Vec::with_capacity(48 + data.len());
    for word in [kind, seq, 0, 0, 0, status.cast_unsigned(), actual, 0, 0, 0, 0, 0] {
        r.extend(word.to_be_bytes());
    }
    r.extend(data);
    r
}

/// The way back to the kernel, and whether the cable has been pulled.
///
/// A read is taken off `Camera::pending` and answered under one lock of `out`, and so is a
/// cancellation: the kernel drops a device that answers a read after its cancellation.
pub(crate) struct Link {
    pub(crate) out: Mutex<UnixStream>,
    pub(crate) gone: AtomicBool,
}

impl Link {
    pub(crate) fn gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

/// Reads the kernel's requests until the cable is pulled.
pub(crate) fn serve(mut sock: UnixStream, cam: &Mutex<Camera>, link: &Link) {
    let mut head = [0u8; 48];
    while sock.read_exact(&mut head).is_ok() {
        let (cmd, seq) = (be(&head[0..]), be(&head[4..]));
        let (dir_in, ep) = (be(&head[12..]) == 1, be(&head[16..]));
        let answer = match cmd {
            1 => {
                let len = be(&head[24..]);
                let mut data = vec![0; if dir_in { 0 } else { len as usize }];
                if sock.read_exact(&mut data).is_err() {
                    break;
                }
                if ep == EP_STREAM {
                    cam.lock().unwrap().pending.push_back(seq);
                    continue;
                }
                let setup = head[40..48].try_into().unwrap();
                match control_request(&mut cam.lock().unwrap(), setup, &data) {
                    Some(a) if dir_in => reply(3, seq, 0, a.len() as u32, &a),
                    Some(_) => reply(3, seq, 0, len, &[]),
                    None => reply(3, seq, -EPIPE, 0, &[]),
                }
            }
            2 => {
                let victim = be(&head[20..]);
                let mut out = link.out.lock().unwrap();
                let pending = &mut cam.lock().unwrap().pending;
                let before = pending.len();
                pending.retain(|p| *p != victim);
                let status = if pending.len() < before { -ECONNRESET } else { 0 };
                if out.write_all(&reply(4, seq, status, 0, &[])).is_err() {
                    break;
                }
                continue;
            }
            _ => break,
        };
        if link.out.lock().unwrap().write_all(&answer).is_err() {
            break;
        }
    }
    link.gone.store(true, Ordering::Relaxed);
}
