//! Events found now and looked at later.

use core::time::Duration;

use super::{Connection, Event, event::Pending};
use crate::{buffer::Buffer, entropy::Entropy, error::ReceiveError, extension::Extension};

/// An event that [`Connection::poll_found`] found. It borrows nothing, so
/// that a driver can transmit replies, or come back from a poll function,
/// before it looks at the event with [`Connection::found`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found(pub(crate) Pending);

impl<Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension> Connection<Rx, Tx, E, X> {
    /// Like [`poll_event`](Self::poll_event), without a borrow of the
    /// connection in what it returns.
    ///
    /// # Errors
    /// See [`poll_event`](Self::poll_event).
    pub fn poll_found(&mut self, now: Duration) -> Result<Option<Found>, ReceiveError> {
        Ok(self.poll_pending(now)?.map(Found))
    }

    /// A whole message that is here already, where nothing else has to be
    /// looked at first, not even the clock. `None` says nothing: ask
    /// [`poll_found`](Self::poll_found).
    #[inline]
    pub fn find_message(&mut self) -> Option<Found> {
        self.poll_message().map(Found)
    }

    /// The event that was found. Look before the next
    /// [`poll_found`](Self::poll_found) and before the next
    /// [`receive_buffer`](Self::receive_buffer): they may put other bytes in
    /// its place.
    pub fn found(&self, found: Found) -> Event<'_> {
        self.event(found.0)
    }
}
