//! The one place that waits: a `wasi:io/poll` of pollables and a deadline.

use alloc::vec::Vec;
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

/// The earlier one of two deadlines.
pub(crate) fn earliest(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A pollable that is ready from `deadline` on.
pub(crate) fn timer(deadline: Duration) -> Pollable {
    // A deadline after the 584 years of the clock is none that passes.
    let instant = u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX);
    monotonic_clock::subscribe_instant(instant)
}

/// Waits until `pollable` is ready, at most until `deadline`. True: it is.
pub(crate) fn wait(pollable: &Pollable, deadline: Option<Duration>) -> bool {
    let Some(deadline) = deadline else {
        pollable.block();
        return true;
    };
    let timer = timer(deadline);
    poll(&[pollable, &timer]).contains(&0)
}

/// Waits until any of `pollables` is ready, at most until `deadline`. The
/// places of those that are, in no order; none: the deadline passed.
///
/// With nothing to wait for at all it returns at once.
pub(crate) fn wait_any(pollables: &[&Pollable], deadline: Option<Duration>) -> Vec<usize> {
    let timer = deadline.map(timer);
    let mut all = pollables.to_vec();
    all.extend(timer.as_ref());
    // The host traps on an empty list.
    if all.is_empty() {
        return Vec::new();
    }
    let ready = poll(&all);
    let ready = ready.iter().filter_map(|&at| usize::try_from(at).ok());
    ready.filter(|&at| at < pollables.len()).collect()
}
