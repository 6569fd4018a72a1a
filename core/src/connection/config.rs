//! Limits and deadlines of a connection.

use core::time::Duration;

use super::Keepalive;

/// How messages are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Delivery {
    /// Whole messages, assembled in the receive buffer, which must hold the
    /// largest one.
    #[default]
    Whole,
    /// [`Chunk`](super::Event::Chunk)s as they arrive: messages of any size
    /// through a small buffer.
    Chunks,
}

/// Limits and deadlines. Start from [`Config::default`] and set fields.
///
/// ```
/// use core::time::Duration;
/// use hybi_core::connection::{Config, Delivery};
///
/// let mut config = Config::default();
/// config.max_message_size = 16 << 20;
/// config.idle_timeout = Some(Duration::from_secs(60));
/// config.delivery = Delivery::Chunks;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Config {
    /// The largest message to receive, in bytes. Default 64 MiB. The receive
    /// buffer may allow less. A larger one fails the connection with 1009.
    pub max_message_size: u64,
    /// The largest payload of one received frame, in bytes. Default 16 MiB.
    /// Refused at the header, before any of its payload is read.
    pub max_frame_size: u64,
    /// The most frames in one received message. Default 131,072.
    pub max_fragments: u32,
    /// The most bytes that a growing send buffer may take; larger messages
    /// go out in several frames. Default 1 MiB and 4 KiB, so that 1 MiB goes
    /// out in one. Fixed buffers are their own limit.
    pub max_send_buffer: usize,
    /// How long the peer may stay silent before the connection fails with
    /// 1001. Any received byte counts. Default: for ever.
    pub idle_timeout: Option<Duration>,
    /// Pings at an interval. Default: none.
    pub keepalive: Option<Keepalive>,
    /// How long the closing handshake may take, all of it, up to the end of
    /// the transport. Default 5 s. `None`: there is no clock; the connection
    /// ends as soon as its last Close frame is transmitted.
    pub close_timeout: Option<Duration>,
    /// How long a driver may wait for the transport to take queued bytes.
    /// Default: for ever.
    pub write_timeout: Option<Duration>,
    /// How messages are handed over.
    pub delivery: Delivery,
    /// Whether text that is not UTF-8 fails the connection with 1007, which
    /// RFC 6455 §8.1 demands. Default true. Without it every whole text
    /// message comes as [`RawText`](super::Event::RawText), and the bytes of
    /// text chunks may be anything: for tools that look at faulty peers, and
    /// for callers who check by themselves. The reason in a Close frame is
    /// checked all the same.
    pub validate_utf8: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_message_size: 64 << 20,
            max_frame_size: 16 << 20,
            max_fragments: 1 << 17,
            max_send_buffer: (1 << 20) + 4096,
            idle_timeout: None,
            keepalive: None,
            close_timeout: Some(Duration::from_secs(5)),
            write_timeout: None,
            delivery: Delivery::Whole,
            validate_utf8: true,
        }
    }
}
