//! What the application lends.

use core::{fmt, time::Duration};

use smoltcp::{
    iface::{Interface, SocketSet},
    phy::Device,
    time::Instant,
};

use super::Clock;

/// The application's interface, device, sockets and clock, borrowed for as
/// long as a stream lives. The fields stay usable between two calls to the
/// stream, for DHCP or other sockets.
pub struct Network<'a, 's, D: ?Sized, C> {
    /// The IP configuration.
    pub interface: &'a mut Interface,
    /// The network card.
    pub device: &'a mut D,
    /// All sockets of the interface.
    pub sockets: &'a mut SocketSet<'s>,
    /// The time.
    pub clock: C,
}

impl<D: Device + ?Sized, C: Clock> Network<'_, '_, D, C> {
    /// Takes packets from the device and gives it those that are due.
    pub fn poll(&mut self) {
        let now = instant(self.clock.now());
        let Self {
            interface,
            device,
            sockets,
            ..
        } = self;
        interface.poll(now, *device, sockets);
    }

    /// Polls until `ready` finds what it looks for, at most until `deadline`.
    /// `None`: the deadline passed first.
    pub(super) fn wait<R>(
        &mut self,
        deadline: Option<Duration>,
        mut ready: impl FnMut(&mut Self) -> Option<R>,
    ) -> Option<R> {
        loop {
            self.poll();
            if let Some(found) = ready(self) {
                return Some(found);
            }
            let now = self.clock.now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return None;
            }
            // None: smoltcp waits for a packet only.
            let due = self
                .interface
                .poll_at(instant(now), self.sockets)
                .map(|at| Duration::from_micros(at.total_micros().unsigned_abs()));
            self.clock.wait(match (due, deadline) {
                (Some(due), Some(deadline)) => Some(due.min(deadline)),
                (due, deadline) => due.or(deadline),
            });
        }
    }
}

impl<D: ?Sized, C> fmt::Debug for Network<'_, '_, D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

fn instant(time: Duration) -> Instant {
    Instant::from_micros(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
