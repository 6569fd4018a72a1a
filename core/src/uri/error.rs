//! What is wrong with a URI, and what to write instead.

use core::{error::Error as StdError, fmt};

/// Why a text is not a URI that a WebSocket client can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UriError {
    /// A space, a control character or one outside ASCII.
    InvalidCharacter {
        /// Where, in bytes from the start of the text.
        position: usize,
        /// Which.
        character: char,
    },
    /// The text does not begin with a scheme and `://`.
    MissingScheme,
    /// A scheme other than `ws` and `wss`.
    UnsupportedScheme,
    /// A fragment (`#…`), which RFC 6455 §3 forbids.
    Fragment,
    /// Userinfo with a character that has to be percent-encoded.
    InvalidUserinfo,
    /// No host.
    EmptyHost,
    /// A host name with a character that no host name has.
    InvalidHost,
    /// A host that ends in a number but is not a dotted IPv4 address.
    InvalidIpv4,
    /// Brackets around something that is not an IPv6 address; zone
    /// identifiers are not supported.
    InvalidIpv6,
    /// An IPv6 address without brackets.
    UnbracketedIpv6,
    /// A port that is not a decimal number.
    InvalidPort,
    /// Port 0, or one above 65535.
    PortOutOfRange,
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidCharacter {
                position,
                character,
            } => {
                return write!(
                    f,
                    "character U+{:04X} at byte {position} of the URI: percent-encode it, \
                     or write the host name in its xn-- form",
                    u32::from(*character)
                );
            }
            Self::MissingScheme => "the URI must begin with ws:// or wss://",
            Self::UnsupportedScheme => "the URI's scheme must be ws or wss",
            Self::Fragment => "a WebSocket URI has no fragment: remove #, or write it as %23",
            Self::InvalidUserinfo => {
                "the user or password has a character that must be percent-encoded"
            }
            Self::EmptyHost => "the URI has no host",
            Self::InvalidHost => "the host has a character that no host name has",
            Self::InvalidIpv4 => {
                "the host ends in a number: write an IPv4 address as four decimal numbers"
            }
            Self::InvalidIpv6 => {
                "the host in brackets is not an IPv6 address (zones are not supported)"
            }
            Self::UnbracketedIpv6 => "put the IPv6 address in brackets, as in ws://[::1]:80/",
            Self::InvalidPort => "the port is not a decimal number",
            Self::PortOutOfRange => "the port must lie within 1 and 65535",
        })
    }
}

impl StdError for UriError {}
