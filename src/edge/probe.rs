//! What `doctor` asks of the machine: room on the disk, whether a server answers.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

/// With less free disk than this, in bytes, the station stops rather than lose a link (E30).
pub const LEAST_BYTES: u64 = 200 << 20;

/// A clock that is further behind the newest link than this, in milliseconds, is wrong (E28).
pub const SKEW_MS: i64 = 2000;

/// For how long a server may take to answer.
const CONNECT: Duration = Duration::from_secs(2);

/// Bytes that this user may still write to the disk that `path` is on.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
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
