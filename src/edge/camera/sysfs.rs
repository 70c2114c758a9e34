//! Which video node a camera is: by USB serial or port, as sysfs tells it.

use std::fs;
use std::path::Path;

/// Where Linux lists its video nodes.
const VIDEO: &str = "/sys/class/video4linux";

/// How a camera is told from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Find {
    /// The only one there is, or the first.
    First,
    /// By its USB serial number.
    Serial(String),
    /// By the USB port it is plugged into, such as `1-2.3`.
    Port(String),
}

/// A camera's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// N of `/dev/videoN`.
    pub number: u32,
    /// `/dev/videoN`.
    pub path: String,
    /// Its name, as its maker wrote it.
    pub name: String,
    /// Its USB serial number, where it has one.
    pub serial: Option<String>,
    /// Its USB port, where it is on one.
    pub port: Option<String>,
}

/// Why no node is the camera's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// No camera at all.
    #[error("no camera is plugged in")]
    None,
    /// No camera is told so.
    #[error("no camera with {0}; plugged in: {1}")]
    NoSuch(String, String),
    /// Two have the same serial number.
    #[error("two cameras with serial {0}: name each by its usb port in station.toml")]
    Twice(String),
}

/// The node of the camera that `find` tells.
pub fn find(find: &Find) -> Result<Node, NotFound> {
    choose(nodes(Path::new(VIDEO)), find)
}

/// Every camera that is plugged in, by node number.
pub fn cameras() -> Vec<Node> {
    nodes(Path::new(VIDEO))
}

/// The programs that have `node` open, by process id, as far as this user may see.
pub fn users(node: &str) -> Vec<(u32, String)> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let uses = |process: &Path| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|to| to == Path::new(node))
    };
    let mut users: Vec<(u32, String)> = processes
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let name = || text(&entry.path().join("comm")).unwrap_or_default();
            uses(&entry.path()).then(|| (id, name()))
        })
        .collect();
    users.sort();
    users
}

fn choose(nodes: Vec<Node>, find: &Find) -> Result<Node, NotFound> {
    let all: Vec<String> = nodes.iter().map(Node::in_words).collect();
    let is_it = |node: &Node| match find {
        Find::First => true,
        Find::Serial(serial) => node.serial.as_ref() == Some(serial),
        Find::Port(port) => node.port.as_ref() == Some(port),
    };
    let mut found = nodes.into_iter().filter(is_it);
    match (find, found.next(), found.next()) {
        (Find::Serial(serial), Some(_), Some(_)) => Err(NotFound::Twice(serial.clone())),
        (_, Some(node), _) => Ok(node),
        (_, None, _) if all.is_empty() => Err(NotFound::None),
        (Find::First, None, _) => Err(NotFound::None),
        (Find::Serial(serial), None, _) => {
            Err(NotFound::NoSuch(format!("serial {serial}"), all.join(", ")))
        }
        (Find::Port(port), None, _) => {
            Err(NotFound::NoSuch(format!("port {port}"), all.join(", ")))
        }
    }
}

impl Node {
    fn in_words(&self) -> String {
        let serial = self.serial.as_deref().unwrap_or("none");
        let port = self.port.as_deref().unwrap_or("none");
        format!("{} (serial {serial}, port {port})", self.path)
    }
}

fn nodes(folder: &Path) -> Vec<Node> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut nodes: Vec<Node> = entries.filter_map(|entry| node(&entry.path())).collect();
    nodes.sort_by_key(|node| node.number);
    nodes
}

/// The node of one entry; a camera's second node is for metadata and gives no pictures.
fn node(entry: &Path) -> Option<Node> {
    let number: u32 = entry.file_name()?.to_str()?.strip_prefix("video")?.parse().ok()?;
    if text(&entry.join("index")).is_some_and(|index| index != "0") {
        return None;
    }
    // The device is the camera's USB interface, such as 1-2.3:1.0; the camera itself is above it.
    let device = fs::canonicalize(entry.join("device")).ok();
    let usb = device.as_deref().and_then(Path::parent);
    let is_interface = device
        .as_deref()
        .and_then(Path::file_name)
        .is_some_and(|n| n.to_string_lossy().contains(':'));
    Some(Node {
        number,
        path: format!("/dev/video{number}"),
        name: text(&entry.join("name")).unwrap_or_default(),
        serial: usb.filter(|_| is_interface).and_then(|usb| text(&usb.join("serial"))),
        port: usb
            .filter(|_| is_interface)
            .and_then(|usb| Some(usb.file_name()?.to_string_lossy().into_owned())),
    })
}

fn text(path: &Path) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A sysfs with one USB camera (two nodes) and a virtual one.
    fn sysfs() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let interface = root.path().join("devices/1-2.3/1-2.3:1.0");
        fs::create_dir_all(&interface).unwrap();
        fs::write(root.path().join("devices/1-2.3/serial"), "ABC123\n").unwrap();
        for (name, index) in [("video0", "0"), ("video1", "1")] {
            let entry = root.path().join("class").join(name);
            fs::create_dir_all(&entry).unwrap();
            fs::write(entry.join("index"), index).unwrap();
            fs::write(entry.join("name"), "A camera\n").unwrap();
            symlink(&interface, entry.join("device")).unwrap();
        }
        fs::create_dir_all(root.path().join("class/video9")).unwrap();
        root
    }

    #[test]
    fn a_camera_is_found_by_what_it_is() {
        let root = sysfs();
        let nodes = nodes(&root.path().join("class"));
        assert_eq!(nodes.iter().map(|n| n.number).collect::<Vec<_>>(), [0, 9]);
        let by_serial = choose(nodes.clone(), &Find::Serial("ABC123".into())).unwrap();
        let by_port = choose(nodes.clone(), &Find::Port("1-2.3".into())).unwrap();
        assert_eq!((by_serial.number, &by_serial), (0, &by_port));
        let other = choose(nodes, &Find::Serial("XYZ".into())).unwrap_err();
        assert!(other.to_string().contains("/dev/video0 (serial ABC123, port 1-2.3)"));
        assert_eq!(choose(Vec::new(), &Find::First), Err(NotFound::None));
    }

    #[test]
    fn two_with_one_serial_are_told() {
        let node = |number| Node {
            number,
            path: format!("/dev/video{number}"),
            name: String::new(),
            serial: Some("1".into()),
            port: Some(format!("1-{number}")),
        };
        let find = Find::Serial("1".into());
        assert_eq!(choose(vec![node(0), node(2)], &find), Err(NotFound::Twice("1".into())));
    }
}
