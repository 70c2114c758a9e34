//! Closed sets of states and reasons: each variant has one name, in SQL, in JSON and on the command line.

/// An enum whose variants have one name in SQL, JSON and on the command line.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in SQL and JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::pipeline::named::NoSuch;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|one| one.name() == text);
                found.ok_or($crate::pipeline::named::NoSuch { what: $what, names: &[$($text,)+] })
            }
        }
    };
}
pub(crate) use named;

/// A name that is none of a closed set's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such {what}; it is one of: {}", names.join(", "))]
pub struct NoSuch {
    /// What the set is of.
    pub what: &'static str,
    /// The names there are.
    pub names: &'static [&'static str],
}

/// A step that the state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{from} does not step by {cause}")]
pub struct IllegalStep {
    /// The state's name.
    pub from: &'static str,
    /// What was to happen.
    pub cause: &'static str,
}
