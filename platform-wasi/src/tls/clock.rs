//! The date, for the dates of certificates.

use rustls::{pki_types::UnixTime, time_provider::TimeProvider};

/// `wasi:clocks/wall-clock`; in tests outside WASI the operating system's
/// clock.
#[derive(Debug)]
pub(super) struct WallClock;

impl TimeProvider for WallClock {
    #[cfg(all(target_os = "wasi", target_env = "p2"))]
    fn current_time(&self) -> Option<UnixTime> {
        let now = wasi::clocks::wall_clock::now();
        let since_1970 = core::time::Duration::new(now.seconds, now.nanoseconds);
        Some(UnixTime::since_unix_epoch(since_1970))
    }

    #[cfg(not(all(target_os = "wasi", target_env = "p2")))]
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::now())
    }
}
