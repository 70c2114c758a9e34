//! The device models on file: those of a folder, and those that the program brings along.

use std::io;
use std::path::Path;

/// A model file: its name and its text.
pub type ModelFile = (String, String);

/// The largest model file that is read.
const MOST_BYTES: u64 = 1 << 20;

/// The models of `models/` at build time: what `init` writes and `demo` runs with.
pub const SHIPPED: &[(&str, &str)] = &[
    ("aircon-l3.toml", include_str!("../../models/aircon-l3.toml")),
    ("coffee-k2.toml", include_str!("../../models/coffee-k2.toml")),
    ("dishwasher-d6.toml", include_str!("../../models/dishwasher-d6.toml")),
    ("drs-test-device.toml", include_str!("../../models/drs-test-device.toml")),
    ("feeder-n1.toml", include_str!("../../models/feeder-n1.toml")),
    ("fridge-f7.toml", include_str!("../../models/fridge-f7.toml")),
    ("laser-p9.toml", include_str!("../../models/laser-p9.toml")),
    ("pitcher-b2.toml", include_str!("../../models/pitcher-b2.toml")),
    ("printer-p4.toml", include_str!("../../models/printer-p4.toml")),
    ("purifier-a5.toml", include_str!("../../models/purifier-a5.toml")),
    ("softener-s2.toml", include_str!("../../models/softener-s2.toml")),
    ("speaker-e3.toml", include_str!("../../models/speaker-e3.toml")),
    ("vacuum-v8.toml", include_str!("../../models/vacuum-v8.toml")),
    ("washer-w1.toml", include_str!("../../models/washer-w1.toml")),
];

/// The model files in `folder`, in byte order of their names.
pub fn read(folder: &Path) -> io::Result<Vec<ModelFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name.filter(|name| name.ends_with(".toml") && !name.starts_with('.'))
        else {
            continue;
        };
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{name}: {error}"));
        if path.metadata().map_err(named)?.len() > MOST_BYTES {
            return Err(io::Error::other(format!("{name}: over {MOST_BYTES} bytes")));
        }
        // A byte that is no UTF-8 becomes a character that no field takes: the catalogue names its line.
        let text = String::from_utf8_lossy(&std::fs::read(&path).map_err(named)?).into_owned();
        files.push((name, text));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::catalog::Catalog;

    #[test]
    fn the_program_brings_every_model_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        assert_eq!(SHIPPED.iter().map(owned).collect::<Vec<_>>(), read(&folder).unwrap());
    }

    #[test]
    fn the_shipped_models_have_no_fault() {
        let (catalog, faults) = Catalog::load(SHIPPED.iter().copied());
        assert_eq!(faults, []);
        assert_eq!(catalog.models().len(), SHIPPED.len());
    }
}
