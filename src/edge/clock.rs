//! The only file that asks for the time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::pipeline::time::Timestamp;

/// The wall clock's time.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A point on the clock that never steps, for waiting and for measuring how long something took.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Time on the kernel's clock that never steps, which drivers stamp frames with.
pub fn monotonic() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Lets `time` go by: for what plays pictures at their pace, and nothing else.
#[expect(
    clippy::disallowed_methods,
    reason = "a pace of at most a frame; shutdown waits no longer"
)]
pub fn rest(time: Duration) {
    std::thread::sleep(time.min(Duration::from_millis(500)));
}

/// CPU time that the calling thread has used, in milliseconds.
pub fn thread_cpu_ms() -> f64 {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    spent.tv_sec as f64 * 1e3 + spent.tv_nsec as f64 / 1e6
}
