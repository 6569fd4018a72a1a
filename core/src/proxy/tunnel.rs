//! One tunnel under way: buffers, deadline and outcome; what is said is the
//! [`Protocol`](super::Protocol)'s.

use core::{fmt, time::Duration};

use super::{
    HttpConnect, Protocol, ProxyError, ProxyResponse, ProxyResponseError, conversation::Step,
};
use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit},
};

/// How a tunnel is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TunnelConfig {
    /// The longest response head of an HTTP proxy, in bytes; 16 KiB by
    /// default. Interim responses (1xx) count towards it.
    pub max_head_size: usize,
    /// The most header lines in it; 64 by default, and never more than 128.
    pub max_headers: usize,
    /// How long it may take from the `now` of [`Tunnel::new`]; 10 s by
    /// default.
    pub timeout: Option<Duration>,
}

impl TunnelConfig {
    /// The default configuration.
    pub const DEFAULT: Self = Self {
        max_head_size: 16 * 1024,
        max_headers: 64,
        timeout: Some(Duration::from_secs(10)),
    };
}

impl Default for TunnelConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A tunnel through a proxy, being opened.
///
/// `tx` must hold the longest message to the proxy: for HTTP the request,
/// about 30 bytes, twice the target and the headers; for SOCKS at most 521
/// bytes. `rx` must hold the answer: an HTTP response head (512 bytes are
/// enough for most), or 262 bytes for SOCKS. A growing buffer grows as far as
/// needed.
///
/// ```text
/// rx  [ the answer so far | what follows it | free ]
///     ^0                  ^answer           ^filled
/// ```
pub struct Tunnel<P, Rx, Tx> {
    protocol: P,
    rx: Rx,
    tx: Tx,
    config: TunnelConfig,
    deadline: Option<Duration>,
    /// The message in `tx`.
    message_len: usize,
    sent: usize,
    /// The complete last answer.
    answer: usize,
    /// Bytes of interim answers that are gone from `rx`.
    skipped: usize,
    filled: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asking,
    Open,
    Failed(ProxyError),
}

impl<P: Protocol, Rx: Buffer, Tx: Buffer> Tunnel<P, Rx, Tx> {
    /// Checks what is to be asked and writes the first message to `tx`;
    /// [`transmit`](Self::transmit) has it then. `now` is the time since any
    /// fixed origin.
    ///
    /// # Errors
    /// [`ProxyError::Request`] for what cannot be asked, and
    /// [`ProxyError::Capacity`] where `tx` cannot hold the longest message or
    /// `rx` not a single byte. Nothing was written then.
    pub fn new(
        protocol: P,
        mut rx: Rx,
        mut tx: Tx,
        config: TunnelConfig,
        now: Duration,
    ) -> Result<Self, ProxyError> {
        protocol.check()?;
        tx.reserve(protocol.longest())?;
        rx.reserve(1)?;
        let message_len = protocol.write(tx.bytes_mut());
        Ok(Self {
            protocol,
            rx,
            tx,
            config,
            deadline: config.timeout.and_then(|timeout| now.checked_add(timeout)),
            message_len,
            sent: 0,
            answer: 0,
            skipped: 0,
            filled: 0,
            state: State::Asking,
        })
    }

    /// What is still to be written to the transport. Empty once all of it is,
    /// and after a failure.
    pub fn transmit(&self) -> &[u8] {
        match self.state {
            State::Asking => self.tx.bytes().get(self.sent..self.message_len),
            _ => None,
        }
        .unwrap_or(&[])
    }

    /// The transport took the first `n` bytes of
    /// [`transmit`](Self::transmit).
    pub fn transmitted(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n).min(self.message_len);
    }

    /// Where to read the transport's next bytes to; then call
    /// [`received`](Self::received). Never empty while the tunnel is being
    /// opened.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        match self.state {
            State::Asking => self.rx.bytes_mut().get_mut(self.filled..),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// The first `n` bytes of [`receive_buffer`](Self::receive_buffer) were
    /// read from the transport. Call [`poll`](Self::poll) next.
    pub fn received(&mut self, n: usize) {
        if self.state == State::Asking {
            self.filled = self.filled.saturating_add(n).min(self.rx.bytes().len());
            if let Err(error) = self.advance() {
                self.state = State::Failed(error);
            }
        }
    }

    /// The transport ended: the proxy sends nothing more. Call
    /// [`poll`](Self::poll) next.
    pub fn receive_eof(&mut self) {
        if self.state == State::Asking {
            self.state = State::Failed(ProxyError::ConnectionLost);
        }
    }

    /// The time at which to call [`handle_timeout`](Self::handle_timeout), on
    /// the scale of the `now` of [`new`](Self::new).
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Asking => self.deadline,
            _ => None,
        }
    }

    /// Looks whether the deadline has passed at `now`. May be called at any
    /// time; call [`poll`](Self::poll) next.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.state == State::Asking && self.deadline.is_some_and(|deadline| deadline <= now) {
            self.state = State::Failed(ProxyError::Timeout);
        }
    }

    /// Whether the tunnel is open: what is written now reaches the target.
    /// False: transmit and receive more.
    ///
    /// # Errors
    /// Why there will be no tunnel; the same error from then on.
    pub fn poll(&self) -> Result<bool, ProxyError> {
        match self.state {
            State::Asking => Ok(false),
            State::Open => Ok(true),
            State::Failed(error) => Err(error),
        }
    }

    /// What arrived right behind the proxy's last answer: the first bytes of
    /// the tunnel. Whoever reads from it next must be given them first. Most
    /// often empty, because in TLS and in WebSocket the client speaks first.
    pub fn rest(&self) -> &[u8] {
        match self.state {
            State::Open => self.rx.bytes().get(self.answer..self.filled),
            _ => None,
        }
        .unwrap_or(&[])
    }

    /// The buffers, for the opening handshake for instance.
    pub fn into_buffers(self) -> (Rx, Tx) {
        (self.rx, self.tx)
    }

    fn advance(&mut self) -> Result<(), ProxyError> {
        loop {
            let answer = self.rx.bytes().get(..self.filled).unwrap_or(&[]);
            let mut config = self.config;
            config.max_head_size = config.max_head_size.saturating_sub(self.skipped);
            match self.protocol.read(answer, &config) {
                Ok(Step::Wait) => return self.make_room(self.protocol.answer_limit(&config)),
                Ok(Step::Skip(len)) => {
                    self.take(len);
                    self.skipped = self.skipped.saturating_add(len);
                }
                // An answer to what was not asked yet is none.
                Ok(Step::Next(_) | Step::Open(_)) if self.sent < self.message_len => {
                    return Err(ProxyResponseError::Premature.into());
                }
                Ok(Step::Next(len)) => {
                    self.take(len);
                    self.message_len = self.protocol.write(self.tx.bytes_mut());
                    self.sent = 0;
                }
                Ok(Step::Open(len)) => {
                    self.answer = len;
                    self.state = State::Open;
                    return Ok(());
                }
                // The limit is said as the caller set it.
                Err(ProxyError::Capacity(CapacityError {
                    limit: Limit::ResponseHead,
                    ..
                })) => {
                    return Err(over(Limit::ResponseHead, self.config.max_head_size).into());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes an answer out of the buffer.
    fn take(&mut self, len: usize) {
        let len = len.min(self.filled);
        self.rx.bytes_mut().copy_within(len..self.filled, 0);
        self.filled -= len;
    }

    /// Makes sure that there is free space for an answer of up to `most`
    /// bytes, which is not complete.
    fn make_room(&mut self, most: usize) -> Result<(), ProxyError> {
        if self.filled < self.rx.bytes().len() {
            return Ok(());
        }
        let max = self.rx.max_len();
        if self.filled >= max {
            return Err(over(Limit::Buffer, max).into());
        }
        let wanted = self.filled.saturating_add(STEP).min(most).min(max);
        self.rx.reserve(wanted.max(self.filled + 1))?;
        Ok(())
    }
}

impl<Rx: Buffer, Tx: Buffer> Tunnel<HttpConnect<'_>, Rx, Tx> {
    /// The HTTP proxy's final response: after success and after a refusal.
    pub fn response(&self) -> Option<ProxyResponse<'_>> {
        self.protocol.response(self.rx.bytes())
    }
}

/// How much a growing buffer grows at least.
const STEP: usize = 1024;

/// What is longer than a limit of ours.
pub(super) fn over(limit: Limit, allowed: usize) -> CapacityError {
    CapacityError {
        limit,
        needed: (allowed as u64).saturating_add(1),
        allowed: allowed as u64,
    }
}

impl<P, Rx, Tx> fmt::Debug for Tunnel<P, Rx, Tx> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel")
            .field("state", &self.state)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
