//! Close status codes (RFC 6455 §7.4 and the IANA registry).

use core::fmt;

/// The status code of a Close frame (RFC 6455 §7.4).
///
/// An open set of numbers with names for the registered ones. A value may be
/// any number; [`is_sendable`](Self::is_sendable) tells whether it may stand
/// in a frame.
///
/// ```
/// use hybi_core::close_code::CloseCode;
///
/// assert_eq!(CloseCode::NORMAL.to_string(), "1000 (normal closure)");
/// assert!(CloseCode(4001).is_sendable());
/// assert!(!CloseCode::ABNORMAL.is_sendable());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CloseCode(pub u16);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        impl CloseCode {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// A short English name, or `"unregistered"`.
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($value => $text,)*
                    _ => "unregistered",
                }
            }
        }
    };
}

codes! {
    /// The purpose of the connection has been fulfilled.
    NORMAL = 1000, "normal closure";
    /// The endpoint goes away: a server stops, a page is left.
    GOING_AWAY = 1001, "going away";
    /// The peer broke the protocol.
    PROTOCOL_ERROR = 1002, "protocol error";
    /// The endpoint cannot accept this type of data.
    UNSUPPORTED_DATA = 1003, "unsupported data";
    /// Never in a frame: a Close frame that carried no code.
    NO_STATUS = 1005, "no status received";
    /// Never in a frame: the connection ended without a Close frame.
    ABNORMAL = 1006, "abnormal closure";
    /// Data did not fit its type, such as text that is not UTF-8.
    INVALID_PAYLOAD = 1007, "invalid payload data";
    /// A message broke the endpoint's policy.
    POLICY_VIOLATION = 1008, "policy violation";
    /// A message was too big to process.
    MESSAGE_TOO_BIG = 1009, "message too big";
    /// The server did not negotiate an extension that the client needs.
    MANDATORY_EXTENSION = 1010, "mandatory extension";
    /// The server met an unexpected condition.
    INTERNAL_ERROR = 1011, "internal error";
    /// The service restarts; reconnect after a random delay.
    SERVICE_RESTART = 1012, "service restart";
    /// The service is overloaded; reconnect elsewhere or later.
    TRY_AGAIN_LATER = 1013, "try again later";
    /// A gateway got an invalid answer from the server behind it.
    BAD_GATEWAY = 1014, "bad gateway";
    /// Never in a frame: the TLS handshake failed.
    TLS_HANDSHAKE = 1015, "TLS handshake failure";
}

impl CloseCode {
    /// Whether the code may stand in a Close frame: 1000 to 1003, 1007 to
    /// 1014 and 3000 to 4999 (RFC 6455 §7.4.1, §7.4.2).
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sendable_codes_are_those_of_section_7_4() {
        for code in 0..=u16::MAX {
            let expected = (1000..=1003).contains(&code)
                || (1007..=1014).contains(&code)
                || (3000..=4999).contains(&code);
            assert_eq!(CloseCode(code).is_sendable(), expected, "{code}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(CloseCode::NORMAL.name(), "normal closure");
        assert_eq!(CloseCode(4000).name(), "unregistered");
    }
}
