//! Settings by name, each with the place it was set: a line of station.toml, or a variable of the environment.
//!
//! It knows which names there are, not what they mean; `config` does.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::pipeline::show;

/// What every variable of the environment begins with.
pub(super) const PREFIX: &str = "SCANSTATION_";

/// The settings there are, outside `[[camera]]`. A variable is the name in capitals, `_` for `.`.
const KEYS: &[&str] = &[
    "station",
    "publish_at",
    "hold_seconds",
    "settle_ms",
    "source.use",
    "agreement.reed_solomon",
    "agreement.checked",
    "agreement.unchecked",
    "agreement.window_ms",
    "agreement.gone_ms",
    "agreement.tunnel.reed_solomon",
    "agreement.tunnel.checked",
    "agreement.tunnel.unchecked",
    "agreement.tunnel.window_ms",
    "agreement.tunnel.gone_ms",
    "decode.budget_ms",
    "evidence.max_mb",
    "evidence.retention_days",
    "publisher.kind",
    "publisher.region",
    "publisher.endpoint_url",
    "publisher.retry.first_ms",
    "publisher.retry.cap_ms",
    "publisher.retry.dead_after",
];

/// The settings of a `[[camera]]`.
const CAMERA_KEYS: &[&str] = &[
    "name",
    "usb.serial",
    "usb.port",
    "view",
    "mode",
    "roi",
    "rotate",
    "mirror",
    "least_px",
    "format",
    "size",
    "rate",
    "exposure",
    "gain",
    "focus",
    "white_balance",
    "power_line_hz",
];

/// The one variable that is no setting.
const HOME: &str = "SCANSTATION_HOME";

/// Where a setting was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of a file, counted from 1.
    Line(PathBuf, usize),
    /// A file that lacks it.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// The command line.
    Flag(&'static str),
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A setting that cannot be: where, what, why, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}: {why}")]
pub struct ConfigError {
    /// Where it was set.
    pub place: Place,
    /// The setting, with its value where it has one, fit to be shown.
    pub what: String,
    /// What is wrong and what to do.
    pub why: String,
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Whole(i64),
    Flag(bool),
    /// From the environment: a text or a number, as the reader wants it.
    Untyped(String),
    Other(&'static str),
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Untyped(text) => {
                write!(f, "\"{}\"", show::shortened(text, 60))
            }
            Self::Whole(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Other(kind) => write!(f, "({kind})"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    value: Value,
    place: Place,
}

/// Settings by name.
#[derive(Debug)]
pub(super) struct Settings {
    /// Where they would stand if they were made.
    place: Place,
    found: BTreeMap<String, Setting>,
}

/// The settings of a station: its own, and one set for each `[[camera]]`.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) station: Settings,
    pub(super) cameras: Vec<Settings>,
}

impl Sheet {
    /// Reads `text`, the content of `file`, and puts the environment's settings over it.
    pub(super) fn read(
        text: &str,
        file: &Path,
        environment: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let lines = Lines { text, file };
        let table = DeTable::parse(text).map_err(|error| lines.syntax(&error))?.into_inner();
        let mut station = Settings { place: Place::File(file.to_owned()), found: BTreeMap::new() };
        let mut cameras = Vec::new();
        for (key, value) in &table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("camera", DeValue::Array(entries)) => {
                    for entry in entries {
                        cameras.push(lines.camera(entry)?);
                    }
                }
                (name, _) => lines.collect(name, value, KEYS, &mut station.found)?,
            }
        }
        station.put_over(environment)?;
        Ok(Self { station, cameras })
    }
}

impl Settings {
    /// The setting `key` as a `T`; `None` where it was not made.
    pub(super) fn parsed<T>(&self, key: &str) -> Result<Option<T>, ConfigError>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error: T::Err| self.wrong(key, &error.to_string()))
    }

    /// As [`Settings::parsed`], but a whole number may also stand without quotes.
    pub(super) fn parsed_loosely<T>(&self, key: &str) -> Result<Option<T>, ConfigError>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.found.get(key).map(|setting| &setting.value) {
            Some(Value::Whole(number)) => {
                let parsed = number.to_string().parse();
                parsed.map(Some).map_err(|error: T::Err| self.wrong(key, &error.to_string()))
            }
            Some(Value::Other(_)) => match "".parse() {
                Ok(value) => Ok(Some(value)),
                Err::<T, _>(error) => Err(self.wrong(key, &error.to_string())),
            },
            _ => self.parsed(key),
        }
    }

    /// The setting `key`, a text that obeys `rule`; `None` where it was not made.
    pub(super) fn checked(
        &self,
        key: &str,
        rule: fn(&str) -> bool,
        why: &str,
    ) -> Result<Option<String>, ConfigError> {
        match self.text(key)? {
            Some(text) if !rule(text) => Err(self.wrong(key, why)),
            found => Ok(found.map(str::to_owned)),
        }
    }

    /// The setting `key`, a whole number within `range`; `default` where it was not made.
    pub(super) fn whole(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, ConfigError> {
        let why = format!("write a whole number from {} to {}", range.start(), range.end());
        let number = match self.found.get(key).map(|setting| &setting.value) {
            None => return Ok(default),
            Some(Value::Whole(number)) => u32::try_from(*number).ok(),
            Some(Value::Untyped(text)) => text.parse().ok(),
            Some(Value::Text(_) | Value::Flag(_) | Value::Other(_)) => None,
        };
        number.filter(|n| range.contains(n)).ok_or_else(|| self.wrong(key, &why))
    }

    /// The setting `key`, true or false; false where it was not made.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ConfigError> {
        match self.found.get(key).map(|setting| &setting.value) {
            None => Ok(false),
            Some(Value::Flag(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "write true or false")),
        }
    }

    /// The error that the value of `key` is wrong, or missing, because of `why`.
    pub(super) fn wrong(&self, key: &str, why: &str) -> ConfigError {
        let why = why.to_owned();
        match self.found.get(key) {
            Some(Setting { value, place: place @ Place::Variable(_) }) => {
                ConfigError { place: place.clone(), what: value.to_string(), why }
            }
            Some(Setting { value, place }) => {
                ConfigError { place: place.clone(), what: format!("{key} = {value}"), why }
            }
            None => ConfigError { place: self.place.clone(), what: format!("no {key}"), why },
        }
    }

    /// Whether `key` was set.
    pub(super) fn has(&self, key: &str) -> bool {
        self.found.contains_key(key)
    }

    fn text(&self, key: &str) -> Result<Option<&str>, ConfigError> {
        match self.found.get(key).map(|setting| &setting.value) {
            None => Ok(None),
            Some(Value::Text(text) | Value::Untyped(text)) => Ok(Some(text)),
            Some(Value::Whole(_) | Value::Flag(_) | Value::Other(_)) => {
                Err(self.wrong(key, "write a text in double quotes"))
            }
        }
    }

    fn put_over(&mut self, environment: &[(String, String)]) -> Result<(), ConfigError> {
        for (name, value) in environment {
            if !name.starts_with(PREFIX) || name == HOME {
                continue;
            }
            let place = Place::Variable(name.clone());
            let Some(key) = KEYS.iter().find(|key| variable(key) == *name) else {
                let why = format!("no such setting; there are {}", variables());
                return Err(ConfigError { place, what: "unknown variable".to_owned(), why });
            };
            let value = Value::Untyped(value.clone());
            self.found.insert((*key).to_owned(), Setting { value, place });
        }
        Ok(())
    }
}

/// The variable that sets `key`.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

fn variables() -> String {
    KEYS.iter().map(|key| variable(key)).collect::<Vec<_>>().join(", ")
}

/// A file's text, for telling on which line something stands.
struct Lines<'a> {
    text: &'a str,
    file: &'a Path,
}

impl Lines<'_> {
    fn place(&self, at: usize) -> Place {
        let before = self.text.as_bytes().iter().take(at);
        Place::Line(self.file.to_owned(), before.filter(|b| **b == b'\n').count() + 1)
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let place = self.place(error.span().map_or(0, |span| span.start));
        ConfigError { place, what: "not TOML".to_owned(), why: show::printable(error.message()) }
    }

    fn camera(&self, entry: &Spanned<DeValue<'_>>) -> Result<Settings, ConfigError> {
        let mut camera = Settings { place: self.place(entry.span().start), found: BTreeMap::new() };
        let DeValue::Table(table) = entry.get_ref() else {
            let why = "write each camera as a [[camera]] table".to_owned();
            return Err(ConfigError { place: camera.place, what: "camera".to_owned(), why });
        };
        for (key, value) in table {
            self.collect(key.get_ref(), value, CAMERA_KEYS, &mut camera.found)?;
        }
        Ok(camera)
    }

    /// Puts the value of `name`, or all that is below it, into `found`; a name that is none of `known` is an error.
    fn collect(
        &self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        known: &[&str],
        found: &mut BTreeMap<String, Setting>,
    ) -> Result<(), ConfigError> {
        let below = format!("{name}.");
        if let DeValue::Table(table) = value.get_ref()
            && known.iter().any(|key| key.starts_with(&below))
        {
            return table.iter().try_for_each(|(key, value)| {
                self.collect(&format!("{below}{}", key.get_ref()), value, known, found)
            });
        }
        let place = self.place(value.span().start);
        if !known.contains(&name) {
            let what = format!("unknown key {}", show::shortened(name, 60));
            return Err(ConfigError { place, what, why: nearest(name, known) });
        }
        found.insert(name.to_owned(), Setting { value: value_of(value.get_ref()), place });
        Ok(())
    }
}

fn value_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i64::from_str_radix(&digits, number.radix())
                .map_or(Value::Other("a number out of range"), Value::Whole)
        }
        DeValue::Boolean(flag) => Value::Flag(*flag),
        other => Value::Other(other.type_str()),
    }
}

/// What to do about the unknown key `name`: the known keys of its table, or all there are.
fn nearest(name: &str, known: &[&str]) -> String {
    let table = name.rsplit_once('.').map_or("", |(table, _)| table);
    let of_table = |key: &&&str| key.rsplit_once('.').map_or("", |(table, _)| table) == table;
    let mut names: Vec<&str> = known.iter().filter(of_table).copied().collect();
    if table.is_empty() || names.is_empty() {
        names = known.to_vec();
    }
    format!("remove it or correct it; the keys are {}", names.join(", "))
}
