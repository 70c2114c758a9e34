//! Model files: those of a folder, and those that the program ships with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::pipeline::catalog::{Catalog, Fault};

/// The shipped models: name and content of each file, in order of names.
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

/// Why a folder of models cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the models in {path}")]
pub struct ModelsError {
    /// The folder or file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// The catalogue of the `.toml` files in `folder`, in byte order of their names, with the faults of those left out.
pub fn load(folder: &Path) -> Result<(Catalog, Vec<Fault>), ModelsError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ModelsError { path, source }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&path).map_err(failed(&path))?;
        files.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(Catalog::load(files.iter().map(|(name, text)| (name.as_str(), text.as_str()))))
}

/// The catalogue that the program ships with.
pub fn shipped() -> Catalog {
    Catalog::load(SHIPPED.iter().copied()).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::catalog::check;

    #[test]
    fn the_shipped_models_are_those_of_the_folder_and_have_no_fault() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let (of_folder, faults) = load(&folder).unwrap();
        assert_eq!(faults, []);
        assert_eq!(of_folder.hash(), shipped().hash());
        assert!(of_folder.models().len() >= 12);
    }

    #[test]
    fn no_shipped_models_serials_overlap() {
        let overlaps = check::warnings(&shipped());
        let overlaps: Vec<_> = overlaps.iter().filter(|w| w.what.contains("overlap")).collect();
        assert!(overlaps.is_empty(), "{overlaps:?}");
    }
}
