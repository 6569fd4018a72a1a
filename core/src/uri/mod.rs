//! `ws://` and `wss://` URIs (RFC 6455 §3, syntax of RFC 3986).
//!
//! Parsing borrows from the text and changes nothing in it: percent-encoding,
//! `;params` and letter case stay as written.

use core::fmt;

mod error;
mod host;
mod parse;
mod target;

pub use error::UriError;
pub use host::Host;
pub use parse::percent_decode;
pub use target::PathAndQuery;

/// A `ws://` or `wss://` URI, borrowed from its text.
///
/// `Debug` and `Display` replace userinfo with `***`.
///
/// ```
/// use hybi_core::uri::Uri;
///
/// let uri = Uri::parse("wss://example.com?room=1")?;
/// assert!(uri.is_secure());
/// assert_eq!(uri.port(), 443);
/// assert_eq!(uri.path_and_query(), "/?room=1");
/// # Ok::<(), hybi_core::uri::UriError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Uri<'a> {
    secure: bool,
    userinfo: Option<&'a str>,
    host: Host<'a>,
    /// As written, with the brackets of an IPv6 address.
    host_text: &'a str,
    port: Option<u16>,
    target: PathAndQuery<'a>,
}

impl<'a> Uri<'a> {
    /// Parses an absolute URI with the scheme `ws` or `wss`, in any case.
    ///
    /// # Errors
    /// [`UriError`] says what is wrong and what to write instead.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        if let Some((position, character)) = text
            .char_indices()
            .find(|(_, character)| !character.is_ascii_graphic())
        {
            return Err(UriError::InvalidCharacter {
                position,
                character,
            });
        }
        let (scheme, rest) = text.split_once("://").ok_or(UriError::MissingScheme)?;
        let secure = if scheme.eq_ignore_ascii_case("wss") {
            true
        } else if scheme.eq_ignore_ascii_case("ws") {
            false
        } else if parse::is_scheme(scheme) {
            return Err(UriError::UnsupportedScheme);
        } else {
            return Err(UriError::MissingScheme);
        };
        // RFC 6455 §3: "Fragment identifiers are meaningless in the context
        // of WebSocket URIs and MUST NOT be used on these URIs."
        if rest.contains('#') {
            return Err(UriError::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (userinfo, host_and_port) = match authority.rsplit_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, authority),
        };
        if userinfo.is_some_and(|text| !parse::is_encoded(text, b":")) {
            return Err(UriError::InvalidUserinfo);
        }
        let (host, host_text, port) = parse::host_and_port(host_and_port)?;
        Ok(Self {
            secure,
            userinfo,
            host,
            host_text,
            port,
            target: PathAndQuery::new(target),
        })
    }

    /// Whether the scheme is `wss`: the connection runs over TLS.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host, in the form that a resolver or a socket takes.
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The host as written, with the brackets of an IPv6 address.
    pub const fn host_text(&self) -> &'a str {
        self.host_text
    }

    /// The port: the explicit one, else 80 for `ws` and 443 for `wss`
    /// (RFC 6455 §3).
    pub const fn port(&self) -> u16 {
        match self.port {
            Some(port) => port,
            None => self.default_port(),
        }
    }

    /// The port where the text names one, the scheme's default included.
    pub const fn explicit_port(&self) -> Option<u16> {
        self.port
    }

    /// The port that a `Host` header has to name: none where it is the
    /// scheme's default (RFC 6455 §4.1).
    pub(crate) fn port_to_name(&self) -> Option<u16> {
        self.port.filter(|port| *port != self.default_port())
    }

    /// `user:password` as written, still percent-encoded; see
    /// [`percent_decode`]. A secret: keep it out of logs. Nothing in this
    /// crate sends it.
    pub const fn userinfo(&self) -> Option<&'a str> {
        self.userinfo
    }

    /// The resource name (RFC 6455 §3): what the request line asks for.
    pub const fn path_and_query(&self) -> PathAndQuery<'a> {
        self.target
    }

    const fn default_port(&self) -> u16 {
        if self.secure { 443 } else { 80 }
    }
}

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secure { "wss://" } else { "ws://" })?;
        if self.userinfo.is_some() {
            f.write_str("***@")?;
        }
        f.write_str(self.host_text)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.target.fmt(f)
    }
}

impl fmt::Debug for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::{Ipv4Addr, Ipv6Addr};
    use std::format;

    #[track_caller]
    fn error(text: &str) -> UriError {
        Uri::parse(text).expect_err(text)
    }

    #[test]
    fn schemes_ports_and_targets() {
        for (text, secure, host, port, explicit, target) in [
            ("ws://a", false, "a", 80, None, "/"),
            ("wss://a", true, "a", 443, None, "/"),
            ("WS://A/", false, "A", 80, None, "/"),
            ("wSs://a:9001/x", true, "a", 9001, Some(9001), "/x"),
            ("ws://a:80/", false, "a", 80, Some(80), "/"),
            ("ws://a:/x", false, "a", 80, None, "/x"),
            ("ws://a:00443/x", false, "a", 443, Some(443), "/x"),
            ("ws://a:65535", false, "a", 65535, Some(65535), "/"),
            ("ws://a?x=1", false, "a", 80, None, "/?x=1"),
            ("ws://a:1?", false, "a", 1, Some(1), "/?"),
            (
                "ws://a/p;x=1;y/q;z?q=/?@:",
                false,
                "a",
                80,
                None,
                "/p;x=1;y/q;z?q=/?@:",
            ),
            ("ws://a/%C3%a9%20%zz", false, "a", 80, None, "/%C3%a9%20%zz"),
            ("ws://a//b/../c", false, "a", 80, None, "//b/../c"),
            (
                "ws://x_1-2.example.%61.",
                false,
                "x_1-2.example.%61.",
                80,
                None,
                "/",
            ),
            ("ws://127.0.0.1:8/a", false, "127.0.0.1", 8, Some(8), "/a"),
            ("ws://[::1]", false, "[::1]", 80, None, "/"),
            (
                "wss://[2001:DB8::1]:8443/a",
                true,
                "[2001:DB8::1]",
                8443,
                Some(8443),
                "/a",
            ),
            (
                "ws://[::ffff:1.2.3.4]:?a",
                false,
                "[::ffff:1.2.3.4]",
                80,
                None,
                "/?a",
            ),
        ] {
            let uri = Uri::parse(text).expect(text);
            assert_eq!(uri.is_secure(), secure, "{text}");
            assert_eq!(uri.host_text(), host, "{text}");
            assert_eq!(
                (uri.port(), uri.explicit_port()),
                (port, explicit),
                "{text}"
            );
            assert_eq!(uri.path_and_query(), target, "{text}");
            assert_eq!(format!("{}", uri.path_and_query()), target, "{text}");
        }
    }

    #[test]
    fn hosts() {
        let host = |text| Uri::parse(text).unwrap().host();
        assert_eq!(host("ws://example.com"), Host::Name("example.com"));
        assert_eq!(
            host("ws://10.0.0.1:9"),
            Host::Ipv4(Ipv4Addr::new(10, 0, 0, 1))
        );
        assert_eq!(host("ws://[::1]:9"), Host::Ipv6(Ipv6Addr::LOCALHOST));
        assert_eq!(format!("{}", host("ws://[0:0::1]:9")), "[::1]");
    }

    #[test]
    fn the_default_port_is_not_named() {
        let named = |text| Uri::parse(text).unwrap().port_to_name();
        assert_eq!(named("ws://a:80"), None);
        assert_eq!(named("ws://a:443"), Some(443));
        assert_eq!(named("wss://a:443"), None);
        assert_eq!(named("wss://a:80"), Some(80));
    }

    #[test]
    fn userinfo_is_kept_but_never_shown() {
        let uri = Uri::parse("ws://user:s%65cret@a:1/x?y").unwrap();
        assert_eq!(uri.userinfo(), Some("user:s%65cret"));
        assert_eq!(uri.host(), Host::Name("a"));
        assert_eq!(format!("{uri}"), "ws://***@a:1/x?y");
        assert_eq!(format!("{uri:?}"), "Uri(ws://***@a:1/x?y)");
        assert_eq!(Uri::parse("ws://@a").unwrap().userinfo(), Some(""));
        assert_eq!(Uri::parse("ws://a/@b").unwrap().userinfo(), None);
    }

    #[test]
    fn refused() {
        for (text, expected) in [
            ("", UriError::MissingScheme),
            ("example.com", UriError::MissingScheme),
            ("a:80/x", UriError::MissingScheme),
            ("//a/x", UriError::MissingScheme),
            ("ws:/a", UriError::MissingScheme),
            ("://a", UriError::MissingScheme),
            ("a/b?u=ws://c", UriError::MissingScheme),
            ("http://a", UriError::UnsupportedScheme),
            ("wsss://a", UriError::UnsupportedScheme),
            ("ws://a/#", UriError::Fragment),
            ("ws://a#x", UriError::Fragment),
            ("ws://a/x?y#z", UriError::Fragment),
            ("ws://", UriError::EmptyHost),
            ("ws:///x", UriError::EmptyHost),
            ("ws://:80/", UriError::EmptyHost),
            ("ws://u@/", UriError::EmptyHost),
            ("ws://?x", UriError::EmptyHost),
            ("ws://a\\@b/", UriError::InvalidUserinfo),
            ("ws://a@b@c/", UriError::InvalidUserinfo),
            ("ws://a%4@c/", UriError::InvalidUserinfo),
            ("ws://a\\b/", UriError::InvalidHost),
            ("ws://a%/", UriError::InvalidHost),
            ("ws://a%2/", UriError::InvalidHost),
            ("ws://a<b/", UriError::InvalidHost),
            ("ws://a]/", UriError::InvalidHost),
            ("ws://[::1]x/", UriError::InvalidHost),
            ("ws://127.1/", UriError::InvalidIpv4),
            ("ws://0x7f000001/", UriError::InvalidIpv4),
            ("ws://1.2.3.256/", UriError::InvalidIpv4),
            ("ws://[::1/", UriError::InvalidIpv6),
            ("ws://[]/", UriError::InvalidIpv6),
            ("ws://[fe80::1%25eth0]/", UriError::InvalidIpv6),
            ("ws://[v1.a]/", UriError::InvalidIpv6),
            ("ws://::1/", UriError::UnbracketedIpv6),
            ("ws://a:1:2/", UriError::UnbracketedIpv6),
            ("ws://a:x/", UriError::InvalidPort),
            ("ws://a:+80/", UriError::InvalidPort),
            ("ws://a:-1/", UriError::InvalidPort),
            ("ws://a:0/", UriError::PortOutOfRange),
            ("ws://a:65536/", UriError::PortOutOfRange),
            ("ws://a:99999999999999999999/", UriError::PortOutOfRange),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
    }

    #[test]
    fn characters_that_must_be_encoded() {
        for (text, position, character) in [
            (" ws://a", 0, ' '),
            ("ws://a/b c", 8, ' '),
            ("ws://a/\r\nX: y", 7, '\r'),
            ("ws://a\0", 6, '\0'),
            ("ws://a/\x7f", 7, '\x7f'),
            ("ws://é/", 5, 'é'),
            ("ws://a/?q=ü", 10, 'ü'),
        ] {
            let expected = UriError::InvalidCharacter {
                position,
                character,
            };
            assert_eq!(error(text), expected, "{text:?}");
        }
        assert_eq!(
            format!("{}", error("ws://a/é")),
            "character U+00E9 at byte 7 of the URI: percent-encode it, \
             or write the host name in its xn-- form"
        );
    }
}
