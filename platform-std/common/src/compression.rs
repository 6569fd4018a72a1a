//! permessage-deflate: what to offer, and how much to try.

use alloc::{format, vec::Vec};

use hybi_core::extension::deflate::{ClientWindow, DeflateError, DeflateOffer};

/// Settings of permessage-deflate (RFC 7692).
///
/// Do not compress secrets beside text that somebody else chose: the length
/// of the result tells about them. See `WebSocket::override_compression`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Compression {
    offers: Vec<DeflateOffer>,
    level: u8,
    threshold: usize,
}

impl Default for Compression {
    fn default() -> Self {
        Self::new()
    }
}

impl Compression {
    /// Offers `permessage-deflate; client_max_window_bits`, level 6,
    /// messages from 64 bytes on.
    pub fn new() -> Self {
        Self::offering([DeflateOffer {
            client_max_window_bits: ClientWindow::Any,
            ..DeflateOffer::default()
        }])
    }

    /// Offers these, the preferred one first.
    pub fn offering(offers: impl IntoIterator<Item = DeflateOffer>) -> Self {
        Self {
            offers: offers.into_iter().collect(),
            level: 6,
            threshold: 64,
        }
    }

    /// Offers what `parameters` says, in the form of the header, without the
    /// extension's name: `server_max_window_bits=10; client_max_window_bits`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(parameters: &str) -> Result<Self, DeflateError> {
        let separator = if parameters.trim().is_empty() {
            ""
        } else {
            ";"
        };
        let text = format!("permessage-deflate{separator}{parameters}");
        let offers: Result<Vec<_>, _> = DeflateOffer::parse_list(&text).collect();
        Ok(Self::offering(offers?))
    }

    /// Sets the level of compression, 1 (fast) to 9 (small).
    pub fn level(mut self, level: u8) -> Self {
        self.level = level.clamp(1, 9);
        self
    }

    /// Sets below which size, in bytes, messages go uncompressed.
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// The offers.
    #[must_use]
    pub fn offers(&self) -> &[DeflateOffer] {
        &self.offers
    }

    /// The level and the threshold.
    #[must_use]
    pub const fn effort(&self) -> (u8, usize) {
        (self.level, self.threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn parameters_are_read_and_checked() {
        let parsed = Compression::parse("server_max_window_bits=10; client_max_window_bits");
        assert_eq!(
            parsed.unwrap().offers[0].to_string(),
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits"
        );
        assert_eq!(
            Compression::parse("").unwrap().offers,
            [DeflateOffer::default()]
        );
        assert!(Compression::parse("client_max_window_bits=8").is_err());
        assert!(Compression::parse("nonsense").is_err());
    }
}
