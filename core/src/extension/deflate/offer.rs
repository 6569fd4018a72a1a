//! Offers of permessage-deflate (RFC 7692 §7.1), and what an answer makes of
//! one.

use core::fmt;

use super::{DeflateError, DeflateParams, NAME};
use crate::http::list::{self, Element};

/// `client_max_window_bits` in an offer (RFC 7692 §7.1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClientWindow {
    /// Not offered: the server may not limit the client's window.
    #[default]
    Fixed,
    /// Offered without a value: the server may ask for 9 to 15 bits.
    Any,
    /// Offered with a hint: the client will use no more than this, 9 to 15.
    AtMost(u8),
}

/// One offer of the extension. The default asks for nothing in particular:
/// windows of 32 KiB and context takeover both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeflateOffer {
    /// Asks the server to compress each message by itself (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// Tells that the client will compress each message by itself
    /// (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// Asks the server for a window of at most 2^8 to 2^15 bytes (§7.1.2.1):
    /// the memory that receiving takes.
    pub server_max_window_bits: Option<u8>,
    /// Lets the server choose the client's window.
    pub client_max_window_bits: ClientWindow,
}

/// The parameters as they stand in an offer or an answer.
#[derive(Debug, Default)]
pub(super) struct Written {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// `Some(None)`: without a value.
    client_max_window_bits: Option<Option<u8>>,
}

impl Written {
    pub(super) fn parse(element: &Element<'_>) -> Result<Self, DeflateError> {
        let mut written = Self::default();
        for parameter in element.parameters() {
            let bits = parameter.value().map(|value| match value.number() {
                Some(bits @ 8..=15) => u8::try_from(bits).map_err(|_| DeflateError::InvalidValue),
                _ => Err(DeflateError::InvalidValue),
            });
            let bits = bits.transpose()?;
            let repeated = match parameter.name() {
                "server_no_context_takeover" if bits.is_none() => {
                    core::mem::replace(&mut written.server_no_context_takeover, true)
                }
                "client_no_context_takeover" if bits.is_none() => {
                    core::mem::replace(&mut written.client_no_context_takeover, true)
                }
                "server_max_window_bits" if bits.is_some() => {
                    core::mem::replace(&mut written.server_max_window_bits, bits).is_some()
                }
                "client_max_window_bits" => written.client_max_window_bits.replace(bits).is_some(),
                "server_no_context_takeover"
                | "client_no_context_takeover"
                | "server_max_window_bits" => return Err(DeflateError::InvalidValue),
                _ => return Err(DeflateError::UnknownParameter),
            };
            if repeated {
                return Err(DeflateError::DuplicateParameter);
            }
        }
        Ok(written)
    }
}

impl DeflateOffer {
    /// The offers in the value of a `Sec-WebSocket-Extensions` header, or in
    /// a text such as `permessage-deflate; server_max_window_bits=10`.
    ///
    /// # Errors
    /// [`DeflateError`], and [`DeflateError::ClientWindowTooSmall`] for an
    /// offer of 8.
    pub fn parse_list(value: &str) -> impl Iterator<Item = Result<Self, DeflateError>> + '_ {
        list::elements(value.as_bytes()).map(|element| Self::from_element(&element?))
    }

    pub(super) fn from_element(element: &Element<'_>) -> Result<Self, DeflateError> {
        if !element.name().eq_ignore_ascii_case(NAME) {
            return Err(DeflateError::Malformed);
        }
        let written = Written::parse(element)?;
        let client_max_window_bits = match written.client_max_window_bits {
            None => ClientWindow::Fixed,
            Some(None) => ClientWindow::Any,
            Some(Some(8)) => return Err(DeflateError::ClientWindowTooSmall),
            Some(Some(bits)) => ClientWindow::AtMost(bits),
        };
        Ok(Self {
            server_no_context_takeover: written.server_no_context_takeover,
            client_no_context_takeover: written.client_no_context_takeover,
            server_max_window_bits: written.server_max_window_bits,
            client_max_window_bits,
        })
    }

    /// Whether all numbers are in their range.
    pub(crate) fn is_valid(&self) -> bool {
        self.server_max_window_bits
            .is_none_or(|bits| (8..=15).contains(&bits))
            && match self.client_max_window_bits {
                ClientWindow::AtMost(bits) => (9..=15).contains(&bits),
                _ => true,
            }
    }

    /// What the answer makes of this offer.
    pub(super) fn accept(&self, answer: &Written) -> Result<DeflateParams, DeflateError> {
        // §7.1.1.1, §7.1.2.1: a server accepts these by repeating them.
        if self.server_no_context_takeover && !answer.server_no_context_takeover {
            return Err(DeflateError::ServerContextTakeover);
        }
        // Nothing said is 15 bits (aiohttp says nothing when asked for 15).
        let server = answer.server_max_window_bits.unwrap_or(15);
        if let Some(asked) = self.server_max_window_bits
            && server > asked
        {
            return Err(DeflateError::ServerWindowTooLarge);
        }
        // §7.1.2.2: only where the offer has it, and then with a value.
        let hint = match self.client_max_window_bits {
            ClientWindow::AtMost(bits) => bits,
            ClientWindow::Any => 15,
            ClientWindow::Fixed if answer.client_max_window_bits.is_some() => {
                return Err(DeflateError::UnofferedClientWindow);
            }
            ClientWindow::Fixed => 15,
        };
        let client = match answer.client_max_window_bits {
            None => hint,
            Some(None) => return Err(DeflateError::InvalidValue),
            Some(Some(8)) => return Err(DeflateError::ClientWindowTooSmall),
            Some(Some(bits)) => bits.min(hint),
        };
        Ok(DeflateParams {
            server_no_context_takeover: answer.server_no_context_takeover,
            client_no_context_takeover: answer.client_no_context_takeover
                || self.client_no_context_takeover,
            server_max_window_bits: server,
            client_max_window_bits: client,
        })
    }
}

impl fmt::Display for DeflateOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        match self.client_max_window_bits {
            ClientWindow::Fixed => Ok(()),
            ClientWindow::Any => f.write_str("; client_max_window_bits"),
            ClientWindow::AtMost(bits) => write!(f, "; client_max_window_bits={bits}"),
        }
    }
}
