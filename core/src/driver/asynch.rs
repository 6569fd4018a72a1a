//! The async driver, over `embedded-io-async`.

use core::{future::Future, time::Duration};

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
