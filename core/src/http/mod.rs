//! The little of HTTP/1.1 that an opening handshake needs (RFC 9110, 9112):
//! request text, response heads, header lists.

use core::{error::Error as StdError, fmt};

mod chunked;
pub mod list;
mod parse;
mod write;

pub(crate) use chunked::Chunked;
pub use parse::Headers;
pub(crate) use parse::{BodyLength, HeadScanner, MAX_HEADERS, ResponseHead, ScanError};
pub(crate) use write::Writer;

/// Whether a header of this name carries a secret that has no place in logs:
/// `Authorization`, `Proxy-Authorization`, `Cookie`, `Set-Cookie`. ASCII case
/// does not matter.
pub fn is_secret_header(name: &str) -> bool {
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
    ]
    .iter()
    .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// What stands in logs for the value of a secret header.
pub const REDACTED: &str = "***";

/// What may stand in logs for a header's value: the value, or [`REDACTED`]
/// where the header is a secret one, or a `Location` that names a user.
pub fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    let names_user = name.eq_ignore_ascii_case("Location") && value.contains('@');
    if names_user || is_secret_header(name) {
        REDACTED
    } else {
        value
    }
}

/// Whether `text` is a `token` (RFC 9110 §5.6.2): a header name, a
/// subprotocol, a parameter name.
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Whether `text` may stand as a header's value (RFC 9110 §5.5): no control
/// character except a tab.
pub fn is_field_value(text: &[u8]) -> bool {
    !text
        .iter()
        .any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// What makes bytes not the head of an HTTP/1.1 response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HeadError {
    /// The bytes do not begin with `HTTP/`.
    NotHttp,
    /// A version of HTTP other than 1.0 and 1.1.
    Version,
    /// A line that does not end in CR LF (RFC 9112 §2.2).
    LineEnding,
    /// A status line that is none (RFC 9112 §4).
    StatusLine,
    /// A header line that is none, or is folded (RFC 9112 §5).
    Header,
    /// A `Content-Length` that is not one number (RFC 9112 §6.3).
    ContentLength,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttp => "it is not HTTP",
            Self::Version => "it is not HTTP/1.1",
            Self::LineEnding => "a line does not end in CR LF",
            Self::StatusLine => "its status line is malformed",
            Self::Header => "a header line is malformed",
            Self::ContentLength => "its Content-Length is not a number",
        })
    }
}

impl StdError for HeadError {}

/// The parts before and after the first `byte`.
pub(crate) fn split_once(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|other| *other == byte)?;
    let (before, after) = bytes.split_at_checked(at)?;
    Some((before, after.get(1..)?))
}

/// `bytes` without optional whitespace (RFC 9110 §5.6.3) at its ends.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Traces a request or response head line by line, secrets redacted.
#[cfg(feature = "log")]
pub(crate) fn trace_head(direction: &str, head: &[u8]) {
    trace_head_but(direction, head, &[]);
}

/// The same, with further headers that are secret.
#[cfg(feature = "log")]
pub(crate) fn trace_head_but(direction: &str, head: &[u8], secret: &[(&str, &str)]) {
    if !log::log_enabled!(target: "hybi", log::Level::Trace) {
        return;
    }
    let text = |bytes| str::from_utf8(bytes).unwrap_or("(not UTF-8)");
    if let Some((line, _)) = split_once(head, b'\r') {
        log::trace!(target: "hybi", "{direction} {}", text(line));
    }
    for (name, value) in Headers::of_head(head) {
        let is_named = |(other, _): &(&str, &str)| name.eq_ignore_ascii_case(other);
        let value = if secret.iter().any(is_named) {
            REDACTED
        } else {
            shown(name, text(value))
        };
        log::trace!(target: "hybi", "{direction} {name}: {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_headers_in_any_case() {
        for name in [
            "authorization",
            "PROXY-AUTHORIZATION",
            "Cookie",
            "set-cookie",
        ] {
            assert!(is_secret_header(name), "{name}");
        }
        for name in ["", "Cookies", "Origin", "WWW-Authenticate"] {
            assert!(!is_secret_header(name), "{name}");
        }
    }

    #[test]
    fn what_may_stand_in_logs() {
        for (name, value, expected) in [
            ("X", "a@b", "a@b"),
            ("cookie", "a=1", "***"),
            ("Location", "/x", "/x"),
            ("location", "ws://u:p@a/", "***"),
        ] {
            assert_eq!(shown(name, value), expected, "{name}");
        }
    }

    #[test]
    fn tokens() {
        for token in ["chat", "v1.json", "!#$%&'*+-.^_`|~", "0"] {
            assert!(is_token(token.as_bytes()), "{token}");
        }
        for other in ["", "a b", "a,b", "a/b", "é", "a:", "\"a\"", "a\0", "(a)"] {
            assert!(!is_token(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn field_values() {
        for value in ["", "a b\tc", "é"] {
            assert!(is_field_value(value.as_bytes()), "{value}");
        }
        for value in ["a\r", "a\nb", "\0", "\x7f", "\x1b[0m"] {
            assert!(!is_field_value(value.as_bytes()), "{value:?}");
        }
    }

    #[test]
    fn trims_spaces_and_tabs_only() {
        assert_eq!(trim(b" \t a b\t"), b"a b");
        assert_eq!(trim(b" \t "), b"");
        assert_eq!(trim(b"\r"), b"\r");
    }
}
