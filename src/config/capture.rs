//! The part of a `[[camera]]` that says how it is opened: format, size, rate, and what its controls are set to.

use std::str::FromStr;

use crate::config::settings::{ConfigError, Settings};
use crate::pipeline::camera::{Control, Setup, Wish};

/// How the camera whose settings these are is opened.
pub(super) fn setup(camera: &Settings) -> Result<Setup, ConfigError> {
    let mut controls = Vec::new();
    for control in Control::ALL {
        let Some(Value(wish)) = camera.parsed_loosely(control.name())? else { continue };
        if let Err(why) = is_legal(*control, wish) {
            return Err(camera.wrong(control.name(), why));
        }
        controls.push((*control, wish));
    }
    Ok(Setup {
        pixels: camera.parsed("format")?,
        size: camera.parsed("size")?,
        rate: camera.parsed_loosely("rate")?,
        controls,
    })
}

fn is_legal(control: Control, wish: Wish) -> Result<(), &'static str> {
    match (control, wish) {
        (Control::PowerLine, Wish::Fixed(0 | 50 | 60)) => Ok(()),
        (Control::PowerLine, _) => Err("write 50 or 60, or 0 for none"),
        (Control::Exposure, Wish::Fixed(0)) => Err("write it in units of 100 microseconds"),
        (Control::WhiteBalance, Wish::Fixed(kelvin)) if !(1_000..=20_000).contains(&kelvin) => {
            Err("write it in kelvin, such as 4500")
        }
        _ => Ok(()),
    }
}

/// A control's value as it is written: `auto`, or a number.
struct Value(Wish);

impl FromStr for Value {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = || text.parse().ok().filter(|n| *n <= 1_000_000).map(Wish::Fixed);
        let wish = if text == "auto" { Some(Wish::Auto) } else { number() };
        wish.map(Self).ok_or("write a whole number, or \"auto\"")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use test_case::test_case;

    use super::*;
    use crate::config::Config;
    use crate::pipeline::camera::Pixels;

    fn parse(lines: &str) -> Result<Setup, String> {
        let text = format!("station = \"a\"\n[[camera]]\nname = \"top\"\n{lines}");
        let config = Config::parse(&text, Path::new("s"), &[], &[]);
        config.map(|config| config.cameras[0].setup.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_camera_is_set_up_as_written() {
        let text = "format = \"YUYV\"\nsize = \"1280x720\"\nrate = 15\nexposure = 50\nfocus = \"auto\"\npower_line_hz = 50";
        let setup = parse(text).unwrap();
        assert_eq!(setup.pixels, Some(Pixels::Yuyv));
        assert_eq!(setup.size.unwrap().to_string(), "1280x720");
        assert_eq!(setup.rate.unwrap().to_string(), "15");
        let controls = [
            (Control::Exposure, Wish::Fixed(50)),
            (Control::Focus, Wish::Auto),
            (Control::PowerLine, Wish::Fixed(50)),
        ];
        assert_eq!(setup.controls, controls);
        assert_eq!(parse("rate = \"12.5\"").unwrap().rate.unwrap().to_string(), "12.5");
    }

    #[test_case(
        "format = \"RGB\"",
        "s:4: format = \"RGB\": no such format; it is one of: YUYV, NV12, GREY, MJPEG"
    )]
    #[test_case("size = \"big\"", "s:4: size = \"big\": write it as 1280x720")]
    #[test_case("rate = 12.5", "s:4: rate = (float): write it as 15 or \"12.5\"")]
    #[test_case("rate = 0", "s:4: rate = 0: write it as 15 or \"12.5\"")]
    #[test_case("power_line_hz = 40", "s:4: power_line_hz = 40: write 50 or 60, or 0 for none")]
    #[test_case(
        "exposure = \"short\"",
        "s:4: exposure = \"short\": write a whole number, or \"auto\""
    )]
    #[test_case("white_balance = 1", "s:4: white_balance = 1: write it in kelvin, such as 4500")]
    fn what_cannot_be_is_named(line: &str, expected: &str) {
        assert_eq!(parse(line).unwrap_err(), expected);
    }
}
