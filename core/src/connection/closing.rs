//! The end of a connection (RFC 6455 §7): Close frames, failures, deadline.
//!
//! ```text
//!          close()                    peer's Close
//!  Open ───────────► Close sent ─────────────────────┐
//!   │  peer's Close (echoed)                         ▼
//!   ├──────────────────────────────────► wait for the peer to end TCP ─► Closed
//!   │  a rule, a limit or a deadline broken          ▲
//!   └──────────────► failed, Close sent ─────────────┘ (the error, in its place)
//! ```

use core::time::Duration;

use super::{
    State,
    event::{Initiator, Span},
};
use crate::{close_code::CloseCode, error::ReceiveError};

#[derive(Debug, Clone, Copy)]
struct PeerClose {
    code: Option<CloseCode>,
    reason: Span,
}

#[derive(Debug)]
pub(super) struct Closing {
    /// Who sent the first Close frame; `None` while the connection is open.
    initiator: Option<Initiator>,
    peer: Option<PeerClose>,
    failure: Option<ReceiveError>,
    state: State,
    /// Absolute: of the whole closing handshake.
    pub(super) deadline: Option<Duration>,
    /// The transport ended.
    pub(super) eof: bool,
    clean: bool,
}

impl Closing {
    pub(super) const fn new() -> Self {
        Self {
            initiator: None,
            peer: None,
            failure: None,
            state: State::Open,
            deadline: None,
            eof: false,
            clean: false,
        }
    }

    #[inline]
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether frames are still looked at: until the peer's Close frame or a
    /// failure.
    pub(super) const fn is_receiving(&self) -> bool {
        self.peer.is_none() && self.failure.is_none() && !self.is_over()
    }

    /// The outcome is settled and does not change any more.
    const fn is_over(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    #[inline]
    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Nothing but Close frames is sent from now on.
    const fn leave_open(&mut self) {
        if self.is_open() {
            self.state = State::Closing;
        }
    }

    pub(super) fn close_sent(
        &mut self,
        initiator: Initiator,
        now: Duration,
        timeout: Option<Duration>,
    ) {
        self.initiator.get_or_insert(initiator);
        self.leave_open();
        self.start_deadline(now, timeout);
    }

    pub(super) const fn close_received(&mut self, code: Option<CloseCode>, body: Span) {
        // The reason follows the two bytes of the code.
        let reason = Span {
            start: if code.is_some() {
                body.start + 2
            } else {
                body.end
            },
            end: body.end,
        };
        self.peer = Some(PeerClose { code, reason });
    }

    pub(super) fn fail(&mut self, error: ReceiveError, now: Duration, timeout: Option<Duration>) {
        self.failure.get_or_insert(error);
        self.leave_open();
        self.start_deadline(now, timeout);
    }

    #[cfg(feature = "embedded-io")]
    /// Counts the deadline from `now`: the clock was behind.
    pub(super) fn restart_deadline(&mut self, now: Duration, timeout: Option<Duration>) {
        if self.deadline.take().is_some() {
            self.start_deadline(now, timeout);
        }
    }

    pub(super) const fn failure(&self) -> Option<ReceiveError> {
        self.failure
    }

    pub(super) fn start_deadline(&mut self, now: Duration, timeout: Option<Duration>) {
        if self.deadline.is_none() {
            self.deadline = timeout.map(|timeout| now.saturating_add(timeout));
        }
    }

    /// Whether it is over now. `sent`: nothing waits to be transmitted.
    /// `dead`: nothing can be. `timeless`: there is no deadline to wait by.
    pub(super) fn poll(
        &mut self,
        now: Duration,
        sent: bool,
        dead: bool,
        timeless: bool,
    ) -> Result<bool, ReceiveError> {
        if !self.is_over() {
            let late = self.deadline.is_some_and(|deadline| now >= deadline);
            let answered = self.peer.is_some() || self.failure.is_some();
            // The last word is out, or never will be.
            let said = answered && (sent || dead);
            if !answered && dead && (late || timeless) {
                self.failure = Some(ReceiveError::ConnectionLost);
            } else if !(late || said && (self.eof || dead || timeless)) {
                return Ok(false);
            }
            self.state = State::Closed;
            self.clean = self.peer.is_some() && sent && !dead;
            self.deadline = None;
        }
        match self.failure {
            Some(error) => Err(error),
            None => Ok(true),
        }
    }

    pub(super) fn peer_code(&self) -> Option<CloseCode> {
        self.peer?.code
    }

    pub(super) fn peer_reason(&self) -> Option<Span> {
        Some(self.peer?.reason)
    }

    pub(super) fn initiator(&self) -> Initiator {
        self.initiator.unwrap_or(Initiator::Local)
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.clean
    }
}
