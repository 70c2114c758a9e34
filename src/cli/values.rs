//! Values of the command line that have a form of their own: a source.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Every configured camera, or the first there is.
    Cameras,
    /// The configured camera of this name.
    Camera(String),
    /// A picture, or a folder of them.
    Path(PathBuf),
}

/// A source that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no source; it is camera, camera:NAME, a folder or a file")]
pub struct NoSource;

impl FromStr for Source {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        match text.strip_prefix("camera") {
            Some("") => Ok(Self::Cameras),
            Some(rest) if rest.starts_with(':') => match rest.trim_start_matches(':') {
                "" => Err(NoSource),
                name => Ok(Self::Camera(name.to_owned())),
            },
            _ if text.is_empty() => Err(NoSource),
            _ => Ok(Self::Path(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cameras => f.write_str("camera"),
            Self::Camera(name) => write!(f, "camera:{name}"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("camera", Ok(Source::Cameras))]
    #[test_case("camera:top", Ok(Source::Camera("top".to_owned())))]
    #[test_case("camera:", Err(NoSource))]
    #[test_case("cameras", Ok(Source::Path("cameras".into())); "a folder whose name begins so")]
    #[test_case("./DIR", Ok(Source::Path("./DIR".into())))]
    #[test_case("", Err(NoSource))]
    fn sources(text: &str, expected: Result<Source, NoSource>) {
        assert_eq!(text.parse(), expected);
    }
}
