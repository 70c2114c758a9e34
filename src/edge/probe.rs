//! What `doctor` asks of the machine: room on the disk, video devices, whether a server answers.

use std::fs::File;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For how long a server may take to answer.
const CONNECT: Duration = Duration::from_secs(2);

/// Bytes that this user may still write to the disk that `path` is on.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// A video device of the machine.
#[derive(Debug)]
pub struct Video {
    /// Its device file.
    pub path: PathBuf,
    /// What the driver calls it.
    pub name: String,
    /// Whether this user may open it.
    pub opens: io::Result<()>,
}

/// The machine's video devices that give pictures, by number.
pub fn videos() -> Vec<Video> {
    let entries = std::fs::read_dir("/sys/class/video4linux").into_iter().flatten().flatten();
    let mut numbered: Vec<(u32, Video)> = Vec::new();
    for entry in entries {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let number = file_name.strip_prefix("video").and_then(|digits| digits.parse().ok());
        let read =
            |name: &str| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        // A camera's further nodes carry its metadata, not pictures.
        let Some(number) = number.filter(|_| matches!(read("index").trim(), "" | "0")) else {
            continue;
        };
        let path = Path::new("/dev").join(&file_name);
        let opens = File::open(&path).map(drop);
        numbered.push((number, Video { path, name: read("name").trim().to_owned(), opens }));
    }
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, video)| video).collect()
}

/// Whether a server listens at `host`, which is `NAME:PORT`.
pub fn answers(host: &str) -> io::Result<()> {
    let address = host.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::other("the name has no address"))?;
    TcpStream::connect_timeout(&address, CONNECT).map(drop)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn there_is_room_where_tests_run() {
        assert!(free_bytes(Path::new(".")).unwrap() > 0);
        assert!(free_bytes(Path::new("./no such folder")).is_err());
    }

    #[test]
    fn a_listening_server_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        answers(&host).unwrap();
        drop(listener);
        assert!(answers(&host).is_err());
    }
}
