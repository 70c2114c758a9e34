//! Controls: set after every opening, since a camera that was replugged starts from its own defaults, and read back.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use v4l::Device;
use v4l::control::{Control as Setting, Value};

use crate::edge::camera::source::Answer;
use crate::pipeline::camera::{Control, Wish};

/// How the kernel answers for a control that is not there, as errno.h numbers it.
const EINVAL: i32 = 22;

/// The ids of a control and of the switch that leaves it to the camera, as `linux/v4l2-controls.h` numbers them.
struct Ids {
    value: u32,
    switch: Option<u32>,
    /// What the switch is set to for automatic, the first that is taken, and for fixed.
    auto: &'static [i64],
    fixed: i64,
}

impl Ids {
    fn of(control: Control) -> Self {
        let (value, switch, auto, fixed): (u32, Option<u32>, &[i64], i64) = match control {
            // A menu: automatic, manual, shutter priority, aperture priority. UVC cameras have the last.
            Control::Exposure => (0x009a_0902, Some(0x009a_0901), &[3, 0], 1),
            Control::Gain => (0x0098_0913, Some(0x0098_0912), &[1], 0),
            Control::Focus => (0x009a_090a, Some(0x009a_090c), &[1], 0),
            Control::WhiteBalance => (0x0098_091a, Some(0x0098_090c), &[1], 0),
            Control::PowerLine => (0x0098_0918, None, &[], 0),
        };
        Self { value, switch, auto, fixed }
    }
}

/// Sets `wishes` one after another and reads each back.
pub(super) fn set(device: &Device, wishes: &[(Control, Wish)]) -> Vec<Answer> {
    let answer = |(control, wish): &(Control, Wish)| {
        // The crate unwraps what a driver says of a control.
        let tried = catch_unwind(AssertUnwindSafe(|| set_one(device, *control, *wish)));
        let fell = || Err(io::Error::other("the driver fell over"));
        let found = tried.unwrap_or_else(|_| fell()).map_err(|error| match error.raw_os_error() {
            Some(EINVAL) => "the camera has no such control".to_owned(),
            _ => error.to_string(),
        });
        Answer { control: *control, wish: *wish, found }
    };
    wishes.iter().map(answer).collect()
}

/// What `control` is now.
pub(super) fn found(device: &Device, control: Control) -> io::Result<Wish> {
    let ids = Ids::of(control);
    if let Some(switch) = ids.switch
        && number(device, switch).is_ok_and(|state| ids.auto.contains(&state))
    {
        return Ok(Wish::Auto);
    }
    let value = number(device, ids.value)?;
    match (control, value) {
        (Control::PowerLine, 3) => Ok(Wish::Auto),
        (Control::PowerLine, n) => Ok(Wish::Fixed(hertz(n))),
        (_, n) => Ok(Wish::Fixed(u32::try_from(n).unwrap_or(0))),
    }
}

/// The least and the greatest value of each control the camera has; the power line's is a menu.
pub(super) fn ranges(device: &Device) -> Vec<(Control, (u32, u32))> {
    let found = device.query_controls().unwrap_or_default();
    let range = |control: &Control| {
        let id = Ids::of(*control).value;
        let one = found.iter().find(|one| one.id == id && *control != Control::PowerLine)?;
        let value = |n: i64| u32::try_from(n.max(0)).ok();
        Some((*control, (value(one.minimum)?, value(one.maximum)?)))
    };
    Control::ALL.iter().filter_map(range).collect()
}

fn set_one(device: &Device, control: Control, wish: Wish) -> io::Result<Wish> {
    let ids = Ids::of(control);
    match wish {
        Wish::Auto => {
            let switch = ids.switch.ok_or_else(|| io::Error::other("it has no automatic"))?;
            let mut tried = Err(io::Error::other("it has no automatic"));
            for state in ids.auto {
                tried = put(device, switch, *state);
                if tried.is_ok() {
                    break;
                }
            }
            tried?;
        }
        Wish::Fixed(value) => {
            // Automatic goes off first, or the value is refused. A camera without the switch needs none.
            if let Some(switch) = ids.switch {
                let _ = put(device, switch, ids.fixed);
            }
            let value = match control {
                Control::PowerLine => menu(value),
                _ => i64::from(value),
            };
            put(device, ids.value, value)?;
        }
    }
    found(device, control)
}

/// The power-line menu: disabled, 50 hertz, 60 hertz, automatic.
fn menu(hertz: u32) -> i64 {
    match hertz {
        0 => 0,
        60 => 2,
        _ => 1,
    }
}

fn hertz(menu: i64) -> u32 {
    match menu {
        1 => 50,
        2 => 60,
        _ => 0,
    }
}

fn put(device: &Device, id: u32, value: i64) -> io::Result<()> {
    device.set_control(Setting { id, value: Value::Integer(value) })
}

fn number(device: &Device, id: u32) -> io::Result<i64> {
    match device.control(id)?.value {
        Value::Integer(value) => Ok(value),
        Value::Boolean(value) => Ok(i64::from(value)),
        _ => Err(io::Error::other("it is no number")),
    }
}
