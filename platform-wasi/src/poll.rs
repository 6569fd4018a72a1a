//! The one place that waits: a `wasi:io/poll` of a pollable and a deadline.

use core::time::Duration;

use wasi::{
    clocks::monotonic_clock,
    io::poll::{Pollable, poll},
};

/// Time since the origin of the host's monotonic clock.
pub(crate) fn now() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

/// Whether `deadline`, a time on the scale of [`now`], has come.
pub(crate) fn passed(deadline: Option<Duration>) -> bool {
    deadline.is_some_and(|deadline| now() >= deadline)
}

/// Waits until `pollable` is ready, at most until `deadline`. True: it is.
pub(crate) fn wait(pollable: &Pollable, deadline: Option<Duration>) -> bool {
    let Some(deadline) = deadline else {
        pollable.block();
        return true;
    };
    // A deadline after the 584 years of the clock is none that passes.
    let instant = u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX);
    let timer = monotonic_clock::subscribe_instant(instant);
    poll(&[pollable, &timer]).contains(&0)
}
