//! The folder of a station: what lies where, who may read it, and which process has it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A station's folder; it need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

/// The one `run` or `demo` of a home. Dropping it, or the end of the process however it comes, gives the home back.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another `run` or `demo` has it.
    #[error("{path} is in use by {}", holder(*.pid))]
    InUse {
        /// The home.
        path: PathBuf,
        /// The other process, where it has written itself down.
        pid: Option<u32>,
    },
    /// A file or folder of it cannot be made, opened or locked.
    #[error("{path} cannot be used")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Home {
    /// The home at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its configuration.
    pub fn config(&self) -> PathBuf {
        self.root.join("station.toml")
    }

    /// Its device models, one TOML file each.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.root.join("station.db")
    }

    /// What the file publisher delivers into.
    pub fn notifications(&self) -> PathBuf {
        self.root.join("notifications.jsonl")
    }

    /// Its logs.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The frames around exceptions.
    pub fn evidence(&self) -> PathBuf {
        self.root.join("evidence")
    }

    /// Whether it was set up: `station.toml` is there.
    pub fn is_set_up(&self) -> bool {
        self.config().is_file()
    }

    /// Makes the folder, `models/` and `logs/` where they are missing, and closes them to others (decision 23).
    pub fn create(&self) -> Result<(), HomeError> {
        for folder in [self.root.clone(), self.models(), self.logs()] {
            make_private(&folder).map_err(|source| HomeError::File { path: folder, source })?;
        }
        Ok(())
    }

    /// Takes the home for this process (decision 17); the folder must exist.
    ///
    /// Errors: [`HomeError::InUse`] names the process that has it.
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        let path = self.root.join("station.lock");
        self.try_lock(&path).map_err(|source| HomeError::File { path, source })?
    }

    fn try_lock(&self, path: &Path) -> std::io::Result<Result<HomeLock, HomeError>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text)?;
                let pid = text.trim().parse().ok();
                return Ok(Err(HomeError::InUse { path: self.root.clone(), pid }));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The file stays when the lock goes: removing it would let two processes lock two files of one name.
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Ok(HomeLock { _file: file }))
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        done => return done,
    }
    let mut permissions = folder.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o700);
        std::fs::set_permissions(folder, permissions)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_home_is_private() {
        let dir = TempDir::new().unwrap();
        let home = Home::new(dir.path().join("new/home"));
        home.create().unwrap();
        home.create().unwrap();
        for folder in [home.root().to_owned(), home.models(), home.logs()] {
            assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        assert!(!home.is_set_up());
    }

    #[test]
    fn a_second_one_learns_who_has_it() {
        let dir = TempDir::new().unwrap();
        let home = Home::new(dir.path());
        let lock = home.lock().unwrap();
        let error = home.lock().unwrap_err();
        let own = std::process::id();
        assert!(matches!(&error, HomeError::InUse { pid: Some(pid), .. } if *pid == own));
        assert!(error.to_string().ends_with(&format!("is in use by process {own}")), "{error}");
        drop(lock);
        home.lock().unwrap();
    }

    #[test]
    fn a_home_that_is_a_file_is_named() {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let home = Home::new(file.join("home"));
        assert!(matches!(home.create(), Err(HomeError::File { .. })));
        assert!(matches!(home.lock(), Err(HomeError::File { .. })));
    }
}
