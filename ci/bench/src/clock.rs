//! The CPU time of the calling thread: what other programs do on the machine
//! hardly shows in it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}
