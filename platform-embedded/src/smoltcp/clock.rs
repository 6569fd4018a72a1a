//! The application's clock.

use core::time::Duration;

/// Tells the time, and passes it.
///
/// A closure that returns the time will do: `|| Duration::from_millis(ticks())`.
/// Then every wait is a busy loop. Implement the trait to sleep or to do other
/// work meanwhile.
pub trait Clock {
    /// Time since any fixed origin. Never goes back.
    fn now(&mut self) -> Duration;

    /// Called when there is nothing to do before `until`, unless the device
    /// receives a packet; `None`: nothing at all. May return early, and must
    /// return soon after a packet has come: a board waits for an interrupt
    /// here, of its network card or its timer.
    ///
    /// Does nothing unless it is implemented.
    fn wait(&mut self, until: Option<Duration>) {
        let _ = until;
    }
}

impl<F: FnMut() -> Duration> Clock for F {
    fn now(&mut self) -> Duration {
        self()
    }
}
