//! The built binary on a home of its own, the pictures put before it, and what it leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Itself, where it ended with `code` and wrote nothing that a terminal acts on.
    pub(crate) fn is(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(is_inert(self.out.as_bytes()) && is_inert(self.err.as_bytes()), "{self:?}");
        self
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Whether `bytes` hold no control byte but the newline.
pub(crate) fn is_inert(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| (*byte >= 0x20 && *byte != 0x7f) || *byte == b'\n')
}

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// The program, knowing of no home and no cloud.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scanstation"));
    command.env_remove("SCANSTATION_HOME").current_dir(std::env::temp_dir()).stdin(Stdio::null());
    command
}

pub(crate) fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// A folder with a home and pictures, gone with the test.
#[derive(Debug)]
pub(crate) struct Rig {
    folder: TempDir,
}

impl Rig {
    /// Nothing is there yet.
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with this home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).arg("--home").arg(self.home());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// The demo on `pictures`, as JSON Lines.
    pub(crate) fn demo(&self, pictures: &Path) -> Command {
        let mut command = self.command(&["demo", "--plain", "--json"]);
        command.arg("--samples").arg(pictures);
        command
    }

    /// A sequence of frames of the still with this stem: what a live camera sees of a box that is held.
    pub(crate) fn sequence(&self, stem: &str) -> PathBuf {
        let folder = self.path(stem);
        fs::create_dir(&folder).unwrap();
        let still = image::open(samples().join(name_of(stem))).unwrap().into_luma8();
        let mut times = Vec::new();
        for i in 0..14_u8 {
            let mut frame = still.clone();
            // No two frames of a camera are equal.
            frame.put_pixel(0, 0, image::Luma([i]));
            frame.save(folder.join(format!("{i:02}.pgm"))).unwrap();
            let taken = u32::from(i) * 66;
            let decided = taken + 40;
            let line = serde_json::json!({
                "file": format!("{i:02}.pgm"), "camera": "top", "frame": i, "taken_ms": taken, "decided_ms": decided
            });
            times.push(line.to_string());
        }
        fs::write(folder.join("sequence.jsonl"), times.join("\n")).unwrap();
        folder
    }

    /// A folder with these samples, all orders, and the steps between those samples.
    pub(crate) fn pictures(&self, stems: &[&str]) -> PathBuf {
        let to = self.path("pictures");
        fs::create_dir(&to).unwrap();
        fs::copy(samples().join("orders.jsonl"), to.join("orders.jsonl")).unwrap();
        let mut names = Vec::new();
        for stem in stems {
            let name = name_of(stem);
            copy(&samples().join(&name), &to.join(&name));
            names.push(name);
        }
        let steps = fs::read_to_string(samples().join("steps.jsonl")).unwrap();
        let is_kept = |line: &&str| names.iter().any(|name| line.contains(&format!("{name:?}")));
        let kept: Vec<&str> = steps.lines().filter(is_kept).collect();
        fs::write(to.join("steps.jsonl"), kept.join("\n")).unwrap();
        to
    }

    pub(crate) fn links(&self) -> Vec<Value> {
        self.run(&["links", "list", "--json"]).is(0).json()
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.run(&["events", "list", "--json"]).is(0).json()
    }

    /// The lines of notifications.jsonl; a line that is not whole is a fault.
    pub(crate) fn notifications(&self) -> Vec<String> {
        let path = self.home().join("notifications.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        assert!(text.is_empty() || text.ends_with('\n'), "{text}");
        text.lines().map(str::to_owned).collect()
    }

    /// Every file of the home with its bytes.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        gather(&self.home(), &mut files);
        files
    }
}

/// The file or folder of the sample with this stem.
pub(crate) fn name_of(stem: &str) -> String {
    let names = fs::read_dir(samples()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = names.map(|name| name.into_string().unwrap());
    let is_it = |name: &String| {
        name == stem || (name.starts_with(&format!("{stem}.")) && *name != format!("{stem}.json"))
    };
    names.find(is_it).unwrap()
}

/// Copies a file, or a folder with its files.
pub(crate) fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn gather(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else {
            let bytes = fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
}
