//! Time for the async driver.

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

/// A clock that an async driver can wait for.
pub trait Timer {
    /// Time since any fixed origin.
    fn now(&mut self) -> Duration;

    /// Completes once [`now`](Self::now) has reached `deadline`. Dropping the
    /// future is always safe.
    fn sleep_until(&mut self, deadline: Duration) -> impl Future<Output = ()>;
}

/// No clock: time stands still and deadlines never pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTimer;

impl Timer for NoTimer {
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }

    async fn sleep_until(&mut self, _: Duration) {
        core::future::pending().await
    }
}

/// The result of `work`, or `None` where `deadline` passes first.
pub(super) async fn before<V, Err, C: Timer>(
    work: impl Future<Output = Result<V, Err>>,
    timer: &mut C,
    deadline: Option<Duration>,
) -> Result<Option<V>, Err> {
    let mut work = pin!(work);
    let Some(deadline) = deadline else {
        return work.await.map(Some);
    };
    let mut alarm = pin!(timer.sleep_until(deadline));
    poll_fn(|context| {
        if let Poll::Ready(result) = work.as_mut().poll(context) {
            return Poll::Ready(result.map(Some));
        }
        alarm.as_mut().poll(context).map(|()| Ok(None))
    })
    .await
}
