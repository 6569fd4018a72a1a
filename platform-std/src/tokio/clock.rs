//! tokio's clock on the core's scale, and its timer.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use ::tokio::time::{Instant, Sleep, sleep_until, timeout_at};

/// A time on the scale that the core uses: since a fixed origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    pub(super) fn now(self) -> Duration {
        self.origin.elapsed()
    }

    pub(super) fn at(self, time: Duration) -> Instant {
        later(self.origin, time).unwrap_or_else(|| self.origin + FAR)
    }
}

/// What stands for a time beyond the platform's calendar.
const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

/// `None`: beyond the platform's calendar, so never.
pub(super) fn later(from: Instant, time: Duration) -> Option<Instant> {
    from.checked_add(time)
}

/// How long it is until `deadline`.
pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The result of `work`, or `None` where the deadline passes first.
pub(super) async fn before<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = T>,
) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    }
}

/// One timer, made when the first deadline needs it.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Ready once `at` has passed, and sometimes earlier: look at the clock.
    ///
    /// A deadline that moves back with every byte received does not move the
    /// timer. It goes off in vain now and then, which costs less.
    pub(super) fn poll(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.is_elapsed() || sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(cx)
    }
}
