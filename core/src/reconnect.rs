//! When to try again after a loss: exponential backoff with full jitter.
//! Pure: time and randomness are passed in.
//!
//! ```
//! use core::time::Duration;
//! use hybi_core::reconnect::{Backoff, Policy};
//! # struct Zeros;
//! # impl hybi_core::entropy::Entropy for Zeros {
//! #     fn fill(&mut self, bytes: &mut [u8]) { bytes.fill(0) }
//! # }
//! # let mut entropy = Zeros;
//! # let now = Duration::ZERO;
//! let mut backoff = Backoff::new(Policy::default());
//! // After each loss, and each attempt that failed:
//! match backoff.lost(now, None, &mut entropy) {
//!     Some(delay) => { /* wait for `delay`, then try again */ }
//!     None => { /* no attempt is left */ }
//! }
//! // Once a connection is open:
//! backoff.opened(now);
//! ```

use core::time::Duration;

use crate::{entropy::Entropy, handshake::HandshakeError};

/// How often and how fast to try again. Start from [`Policy::default`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Policy {
    /// The least wait. Default 0.5 s.
    pub minimum: Duration,
    /// The longest wait. Default 30 s.
    pub maximum: Duration,
    /// How many attempts may follow each other without success. Default: any
    /// number.
    pub attempts: Option<u32>,
    /// How long a connection must have been open for the count to begin
    /// again. Default: any time.
    pub stable_after: Duration,
    /// The longest wait that a server may ask for with `Retry-After`, beyond
    /// [`maximum`](Self::maximum). Default 5 min.
    pub max_retry_after: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimum: Duration::from_millis(500),
            maximum: Duration::from_secs(30),
            attempts: None,
            stable_after: Duration::ZERO,
            max_retry_after: Duration::from_secs(300),
        }
    }
}

/// The state of a [`Policy`] at work.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Backoff {
    policy: Policy,
    attempt: u32,
    opened: Option<Duration>,
}

impl Backoff {
    /// Before the first attempt.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            attempt: 0,
            opened: None,
        }
    }

    /// A connection has opened at `now`.
    pub const fn opened(&mut self, now: Duration) {
        self.opened = Some(now);
    }

    /// A connection was lost, or an attempt failed, at `now`. Returns how long
    /// to wait before the next attempt; `None`: there is none left.
    ///
    /// The wait lies between the minimum and the smaller of the maximum and
    /// minimum × 2^attempts, anywhere with equal likelihood, so that many
    /// clients do not come back together. `retry_after` is what the server
    /// asked for; the wait is not shorter.
    pub fn lost(
        &mut self,
        now: Duration,
        retry_after: Option<Duration>,
        entropy: &mut impl Entropy,
    ) -> Option<Duration> {
        let policy = self.policy;
        if let Some(opened) = self.opened.take()
            && now >= opened.saturating_add(policy.stable_after)
        {
            self.attempt = 0;
        }
        if policy.attempts.is_some_and(|most| self.attempt >= most) {
            return None;
        }
        self.attempt = self.attempt.saturating_add(1);
        let factor = 1u32.checked_shl(self.attempt).unwrap_or(u32::MAX);
        let ceiling = policy.minimum.saturating_mul(factor).min(policy.maximum);
        let delay = between(policy.minimum.min(policy.maximum), ceiling, entropy);
        let asked = retry_after.map_or(Duration::ZERO, |asked| asked.min(policy.max_retry_after));
        Some(delay.max(asked))
    }

    /// Counts the attempts since the last connection that was open, from 1;
    /// 0 before the first loss.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// A time between `low` and `high`, to the millisecond.
fn between(low: Duration, high: Duration, entropy: &mut impl Entropy) -> Duration {
    let spread = high.saturating_sub(low).as_millis();
    let spread = u64::try_from(spread).unwrap_or(u64::MAX);
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    // The top half of a product: no bias worth the name.
    let product = u128::from(u64::from_ne_bytes(bytes)) * (u128::from(spread) + 1);
    let offset = u64::try_from(product >> 64).unwrap_or(spread);
    low.saturating_add(Duration::from_millis(offset))
}

/// Whether an attempt that failed so would fail again: the request is wrong,
/// or the server refused with 401, 403 or 404.
pub const fn is_final(error: &HandshakeError) -> bool {
    matches!(
        error,
        HandshakeError::Request(_)
            | HandshakeError::MissingExtension
            | HandshakeError::Refused {
                status: 401 | 403 | 404
            }
    )
}

/// The wait that a `Retry-After` header asks for, where its value is a number
/// of seconds (RFC 9110 §10.2.3); a date needs a calendar.
pub fn retry_after(value: &[u8]) -> Option<Duration> {
    let text = core::str::from_utf8(value).ok()?.trim();
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fill(u8);

    impl Entropy for Fill {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn waits_double_and_stay_between_minimum_and_maximum() {
        let (mut least, mut most) = (
            Backoff::new(Policy::default()),
            Backoff::new(Policy::default()),
        );
        for ceiling in [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            assert_eq!(least.lost(ms(0), None, &mut Fill(0)), Some(ms(500)));
            assert_eq!(most.lost(ms(0), None, &mut Fill(255)), Some(ms(ceiling)));
        }
        for _ in 0..100 {
            assert_eq!(most.lost(ms(0), None, &mut Fill(255)), Some(ms(30_000)));
        }
        assert_eq!(most.attempt(), 107);
    }

    #[test]
    fn attempts_are_counted_since_the_last_stable_connection() {
        let policy = Policy {
            attempts: Some(2),
            stable_after: ms(1000),
            ..Policy::default()
        };
        let mut backoff = Backoff::new(policy);
        assert!(backoff.lost(ms(0), None, &mut Fill(1)).is_some());
        // Too short to count.
        backoff.opened(ms(10));
        assert!(backoff.lost(ms(20), None, &mut Fill(1)).is_some());
        assert_eq!(backoff.attempt(), 2);
        assert_eq!(backoff.lost(ms(30), None, &mut Fill(1)), None);
        backoff.opened(ms(40));
        assert!(backoff.lost(ms(1040), None, &mut Fill(1)).is_some());
        assert_eq!(backoff.attempt(), 1);
    }

    #[test]
    fn a_server_may_ask_for_more() {
        let mut backoff = Backoff::new(Policy::default());
        let asked = Some(Duration::from_secs(60));
        assert_eq!(backoff.lost(ms(0), asked, &mut Fill(9)), asked);
        let asked = Some(Duration::from_secs(1 << 40));
        let most = Some(Duration::from_secs(300));
        assert_eq!(backoff.lost(ms(0), asked, &mut Fill(9)), most);
        assert_eq!(retry_after(b" 120 "), Some(Duration::from_secs(120)));
        for other in [&b""[..], b"-1", b"1.5", b"Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(retry_after(other), None);
        }
    }

    #[test]
    fn odd_policies_do_no_harm() {
        for (minimum, maximum) in [(10, 5), (0, 0), (u64::MAX, u64::MAX)] {
            let policy = Policy {
                minimum: ms(minimum),
                maximum: ms(maximum),
                ..Policy::default()
            };
            let mut backoff = Backoff::new(policy);
            for _ in 0..70 {
                let delay = backoff.lost(ms(u64::MAX), None, &mut Fill(255)).unwrap();
                assert!(delay <= ms(maximum), "{minimum} {maximum} {delay:?}");
            }
        }
    }

    #[test]
    fn what_is_final() {
        for (status, expected) in [
            (401, true),
            (403, true),
            (404, true),
            (500, false),
            (503, false),
        ] {
            assert_eq!(is_final(&HandshakeError::Refused { status }), expected);
        }
        assert!(!is_final(&HandshakeError::ConnectionLost));
    }
}
