//! Keepalive: a Ping at an interval, and a deadline for its Pong
//! (RFC 6455 §5.5.2, §5.5.3). Pure: it is told the time and what arrived.

use core::time::Duration;

use crate::error::SendError;

/// A payload of the caller's own: any that a Ping can have where there is an
/// allocator, else a short one, as it has its place in every connection.
#[cfg(feature = "alloc")]
type Payload = alloc::vec::Vec<u8>;
#[cfg(not(feature = "alloc"))]
type Payload = heapless::Vec<u8, MAX_PAYLOAD>;

/// The most bytes in it.
#[cfg(feature = "alloc")]
const MAX_PAYLOAD: usize = crate::frame::MAX_CONTROL_PAYLOAD;
#[cfg(not(feature = "alloc"))]
const MAX_PAYLOAD: usize = 16;

/// When to send Pings by oneself, and what to expect. Set as
/// [`Config::keepalive`](super::Config::keepalive).
///
/// ```
/// use core::time::Duration;
/// use hybi_core::connection::{Config, Keepalive};
///
/// let mut config = Config::default();
/// let keepalive = Keepalive::every(Duration::from_secs(20)).timeout(Duration::from_secs(5));
/// config.keepalive = Some(keepalive);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepalive {
    interval: Duration,
    timeout: Option<Duration>,
    any_traffic: bool,
    payload: Payload,
}

impl Keepalive {
    /// A Ping after each `interval` without one under way; the first one
    /// `interval` after the connection opened. Its Pong is expected within
    /// 20 s.
    pub const fn every(interval: Duration) -> Self {
        Self {
            interval,
            timeout: Some(Duration::from_secs(20)),
            any_traffic: false,
            payload: Payload::new(),
        }
    }

    /// Sets within which time the Pong with the Ping's payload has to come;
    /// `None`: it need not.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Lets any received byte count for the Pong.
    #[must_use]
    pub const fn any_traffic(mut self, counts: bool) -> Self {
        self.any_traffic = counts;
        self
    }

    /// Sets what the Pings carry, instead of a counter of four bytes.
    ///
    /// # Errors
    /// [`SendError::ControlTooLong`] for more than 125 bytes; without the
    /// feature `alloc`, for more than 16.
    pub fn payload(mut self, payload: &[u8]) -> Result<Self, SendError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        self.payload.clear();
        self.payload.extend(payload.iter().copied());
        Ok(self)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Keepalive {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Keepalive every {} ms", self.interval.as_millis());
    }
}

/// Where the keepalive of a connection stands.
#[derive(Debug, Default)]
pub(super) struct Pinger {
    /// When the last Ping was sent, or the connection opened.
    since: Option<Duration>,
    /// A Ping is under way.
    waiting: bool,
    count: u32,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    Lost,
}

impl Pinger {
    /// When something is due next.
    pub(super) fn deadline(&self, settings: &Keepalive) -> Option<Duration> {
        let wait = if self.waiting {
            settings.timeout?
        } else {
            settings.interval
        };
        Some(self.since?.saturating_add(wait))
    }

    pub(super) fn poll(&mut self, settings: &Keepalive, now: Duration) -> Due {
        if self.since.is_none() {
            self.since = Some(now);
        }
        match self.deadline(settings) {
            Some(deadline) if now >= deadline => {
                if self.waiting {
                    Due::Lost
                } else {
                    Due::Ping
                }
            }
            _ => Due::Nothing,
        }
    }

    /// What the next Ping carries, in `counter` where it is the counter.
    pub(super) fn payload<'a>(
        &self,
        settings: &'a Keepalive,
        counter: &'a mut [u8; 4],
    ) -> &'a [u8] {
        if settings.payload.is_empty() {
            *counter = self.count.to_be_bytes();
            counter
        } else {
            &settings.payload
        }
    }

    pub(super) const fn sent(&mut self, settings: &Keepalive, now: Duration) {
        self.since = Some(now);
        self.waiting = settings.timeout.is_some();
        if !self.waiting {
            self.count = self.count.wrapping_add(1);
        }
    }

    /// Bytes arrived; `pong`: those of a Pong.
    pub(super) fn received(&mut self, settings: &Keepalive, pong: Option<&[u8]>) {
        if !self.waiting {
            return;
        }
        let mut counter = [0; 4];
        let answered = match pong {
            Some(payload) => payload == self.payload(settings, &mut counter),
            None => settings.any_traffic,
        };
        if answered {
            self.waiting = false;
            self.count = self.count.wrapping_add(1);
        }
    }
}
