//! The home that a command works on, and the parts that are opened from it.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::commands::Streams;
use crate::config::{Config, Target};
use crate::edge::home::Home;
use crate::edge::models;
use crate::edge::publisher::Publisher;
use crate::edge::publisher::file::FilePublisher;
use crate::edge::publisher::sns::{SnsPublisher, SnsSettings};
use crate::edge::store::Store;
use crate::pipeline::catalog::Catalog;

/// A station's home and what the environment says of it.
#[derive(Debug, Clone)]
pub struct Site {
    /// The home.
    pub home: Home,
    /// The variables that begin with `SCANSTATION_`.
    pub environment: Vec<(String, String)>,
}

/// No home can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHome {
    /// Nothing names one.
    #[error(
        "no home: give --home DIR or set SCANSTATION_HOME; `scanstation init DIR` makes a home"
    )]
    Unnamed,
    /// The one named was never set up.
    #[error("{path} holds no station.toml; `scanstation init {path}` makes one")]
    NotSetUp {
        /// The home.
        path: PathBuf,
    },
    /// Nothing can be linked without a model.
    #[error("no model in {path} can be used; `scanstation models check` says why")]
    NoModels {
        /// The folder.
        path: PathBuf,
    },
    /// `init` finds one there already.
    #[error("{path} is there already; it was left as it is")]
    SetUp {
        /// Its station.toml.
        path: PathBuf,
    },
}

impl Site {
    /// The home of decision 19: `flag`, else `SCANSTATION_HOME`, else the working directory if it holds a station.toml.
    pub fn find(flag: Option<&Path>, environment: &[(String, String)]) -> Result<Self, NoHome> {
        let variable = environment.iter().find(|(name, _)| name == "SCANSTATION_HOME");
        let variable =
            variable.map(|(_, path)| Path::new(path)).filter(|p| !p.as_os_str().is_empty());
        let named = flag.or(variable);
        let home = Home::new(named.unwrap_or(Path::new(".")));
        match (home.is_set_up(), named) {
            (true, _) => Ok(Self { home, environment: environment.to_vec() }),
            (false, Some(path)) => Err(NoHome::NotSetUp { path: path.to_owned() }),
            (false, None) => Err(NoHome::Unnamed),
        }
    }

    /// Its settings.
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.home.root(), &self.environment, &[])?)
    }

    /// Its database.
    pub fn store(&self) -> anyhow::Result<Store> {
        let path = self.home.database();
        Store::open(&path).with_context(|| format!("open {}", path.display()))
    }

    /// Its models; a faulty file is left out and complained of.
    pub fn catalog(&self, streams: &mut Streams<'_>) -> anyhow::Result<Catalog> {
        let (catalog, faults) = models::load(&self.home.models())?;
        for fault in faults {
            streams.complain(&format!("left out: {fault}"));
        }
        Ok(catalog)
    }

    /// Where its events go.
    pub fn publisher(&self, target: &Target) -> anyhow::Result<Box<dyn Publisher>> {
        Ok(match target {
            Target::File => {
                let path = self.home.notifications();
                let file = FilePublisher::open(&path);
                Box::new(file.with_context(|| format!("open {}", path.display()))?)
            }
            Target::Sns { region, endpoint_url } => {
                let settings =
                    SnsSettings { region: region.clone(), endpoint_url: endpoint_url.clone() };
                Box::new(SnsPublisher::new(&settings).context("make a client of SNS")?)
            }
        })
    }
}
