//! A future against a deadline.

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use hybi_core::driver::asynch::Timer;

/// Runs `future` to its end, at most until `deadline`. `None`: the deadline
/// passed first, and the future was dropped.
pub(crate) async fn race<F: Future>(
    future: F,
    timer: &mut impl Timer,
    deadline: Option<Duration>,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let Some(deadline) = deadline else {
        return Some(future.await);
    };
    let mut expired = pin!(timer.sleep_until(deadline));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => expired.as_mut().poll(cx).map(|()| None),
    })
    .await
}
