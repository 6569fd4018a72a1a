//! The client's opening handshake (RFC 6455 §4.1, the list on the request).

use core::fmt;

use super::key::SecWebSocketKey;
#[cfg(feature = "deflate")]
use crate::extension::deflate::DeflateOffer;
use crate::{
    http::{REDACTED, Writer, shown},
    uri::{PathAndQuery, Uri},
};

/// Where in the written request its offers stand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Offered {
    pub(super) subprotocols: (usize, usize),
    pub(super) extensions: (usize, usize),
}

/// What to ask the server for. Borrows everything; nothing is checked before
/// [`Handshake::new`](super::Handshake::new) writes it.
///
/// ```
/// use hybi_core::{handshake::Request, uri::Uri};
///
/// let uri = Uri::parse("wss://example.com/chat")?;
/// let request = Request::new(&uri)
///     .subprotocols(&["v2.chat", "v1.chat"])
///     .origin("https://example.com")
///     .headers(&[("User-Agent", "meter/1.0")]);
/// # let _ = request;
/// # Ok::<(), hybi_core::uri::UriError>(())
/// ```
///
/// `Debug` shows the names of secret headers but not their values.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    pub(super) target: PathAndQuery<'a>,
    pub(super) origin: Option<&'a str>,
    pub(super) subprotocols: &'a [&'a str],
    #[cfg(feature = "deflate")]
    pub(super) deflate: &'a [DeflateOffer],
    pub(super) cookie: Option<&'a str>,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) secret_headers: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    /// A request for `uri`. Its userinfo is not sent: who wants it sent adds
    /// an `Authorization` header.
    pub fn new(uri: &Uri<'a>) -> Self {
        Self {
            port: uri.port_to_name(),
            target: uri.path_and_query(),
            ..Self::to(uri.host_text(), "/")
        }
    }

    /// A request without a URI: `host` as it shall stand in the `Host`
    /// header, with a port where it is not the default one, and path and
    /// query. For firmware with a fixed server, which saves the URI parser.
    pub const fn to(host: &'a str, path_and_query: &'a str) -> Self {
        Self {
            host,
            port: None,
            target: PathAndQuery::new(path_and_query),
            origin: None,
            subprotocols: &[],
            #[cfg(feature = "deflate")]
            deflate: &[],
            cookie: None,
            headers: &[],
            secret_headers: &[],
        }
    }

    /// Replaces the `Host` header's value, port included.
    #[must_use]
    pub const fn host(mut self, host: &'a str) -> Self {
        self.host = host;
        self.port = None;
        self
    }

    /// Sends an `Origin` header. None is sent unless asked for: it is the
    /// mark of a browser (RFC 6455 §10.2).
    #[must_use]
    pub const fn origin(mut self, origin: &'a str) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Offers subprotocols, the preferred one first (RFC 6455 §1.9).
    #[must_use]
    pub const fn subprotocols(mut self, subprotocols: &'a [&'a str]) -> Self {
        self.subprotocols = subprotocols;
        self
    }

    /// Sends a `Cookie` header, such as `a=1; b=2`.
    #[must_use]
    pub const fn cookie(mut self, cookie: &'a str) -> Self {
        self.cookie = Some(cookie);
        self
    }

    /// Sends further headers, in this order, after those of the handshake.
    /// Names and values are refused where they could change the rest of the
    /// request; see [`RequestError`](super::RequestError).
    #[must_use]
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = headers;
        self
    }

    /// Sends further headers whose values are secret, after the others:
    /// neither `Debug` nor the log shows them. `Authorization`, `Cookie` and
    /// `Proxy-Authorization` are always treated so.
    #[must_use]
    pub const fn secret_headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.secret_headers = headers;
        self
    }

    /// Offers permessage-deflate (RFC 7692), the preferred offer first.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn deflate(mut self, offers: &'a [DeflateOffer]) -> Self {
        self.deflate = offers;
        self
    }

    /// Writes the request.
    pub(super) fn write(&self, out: &mut Writer<'_>, key: &SecWebSocketKey) -> Offered {
        let (slash, target) = self.target.parts();
        out.text("GET ");
        out.text(slash);
        out.text(target);
        out.text(" HTTP/1.1\r\nHost: ");
        out.text(self.host);
        if let Some(port) = self.port {
            out.text(":");
            out.decimal(port);
        }
        out.text(
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ",
        );
        out.bytes(key.as_bytes());
        out.text("\r\n");
        let mut offered = Offered::default();
        for (index, subprotocol) in self.subprotocols.iter().enumerate() {
            if index == 0 {
                out.text("Sec-WebSocket-Protocol: ");
                offered.subprotocols.0 = out.len();
            } else {
                out.text(", ");
            }
            out.text(subprotocol);
            offered.subprotocols.1 = out.len();
        }
        if !self.subprotocols.is_empty() {
            out.text("\r\n");
        }
        #[cfg(feature = "deflate")]
        if !self.deflate.is_empty() {
            use core::fmt::Write as _;
            out.text("Sec-WebSocket-Extensions: ");
            offered.extensions.0 = out.len();
            for (index, offer) in self.deflate.iter().enumerate() {
                // Writing to this writer cannot fail.
                let _ = write!(out, "{}{offer}", if index == 0 { "" } else { ", " });
            }
            offered.extensions.1 = out.len();
            out.text("\r\n");
        }
        if let Some(origin) = self.origin {
            out.header("Origin", origin);
        }
        if let Some(cookie) = self.cookie {
            out.header("Cookie", cookie);
        }
        for (name, value) in self.headers.iter().chain(self.secret_headers) {
            out.header(name, value);
        }
        out.text("\r\n");
        offered
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("target", &self.target)
            .field("origin", &self.origin)
            .field("subprotocols", &self.subprotocols)
            .field("cookie", &self.cookie.map(|_| REDACTED))
            .field("headers", &Redacted(self.headers, self.secret_headers))
            .finish_non_exhaustive()
    }
}

struct Redacted<'a>(&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)]);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.0 {
            map.entry(name, &shown(name, value));
        }
        for (name, _) in self.1 {
            map.entry(name, &REDACTED);
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "deflate")]
    use crate::extension::deflate::ClientWindow;
    use std::{format, string::String, vec};

    fn written(request: &Request<'_>) -> String {
        let key = SecWebSocketKey::from_nonce(*b"the sample nonce");
        let mut counter = Writer::new(&mut []);
        request.write(&mut counter, &key);
        let mut out = vec![0; counter.len()];
        request.write(&mut Writer::new(&mut out), &key);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_bare_request() {
        let uri = Uri::parse("ws://server.example.com/chat").unwrap();
        assert_eq!(
            written(&Request::new(&uri)),
            "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let same = Request::to("server.example.com", "/chat");
        assert_eq!(written(&same), written(&Request::new(&uri)));
    }

    #[cfg(feature = "deflate")]
    #[test]
    fn a_full_request_in_order() {
        let offers = [DeflateOffer {
            client_max_window_bits: ClientWindow::Any,
            ..DeflateOffer::default()
        }];
        let uri = Uri::parse("wss://user:s3cret@[2001:DB8::1]:8443?a=%20").unwrap();
        let request = Request::new(&uri)
            .headers(&[("User-Agent", "x/1"), ("X-Empty", ""), ("X", "a\tb é")])
            .cookie("a=1; b=2")
            .origin("https://example.com")
            .deflate(&offers)
            .subprotocols(&["v2.chat", "v1.chat"]);
        assert_eq!(request.check(), Ok(()));
        let text = written(&request);
        assert_eq!(
            text,
            "GET /?a=%20 HTTP/1.1\r\nHost: [2001:DB8::1]:8443\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: v2.chat, v1.chat\r\n\
             Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
             Origin: https://example.com\r\nCookie: a=1; b=2\r\n\
             User-Agent: x/1\r\nX-Empty: \r\nX: a\tb é\r\n\r\n"
        );
        let key = SecWebSocketKey::from_nonce([0; 16]);
        let offered = request.write(&mut Writer::new(&mut []), &key);
        let (start, end) = offered.subprotocols;
        assert_eq!(&text[start..end], "v2.chat, v1.chat");
        let (start, end) = offered.extensions;
        assert_eq!(
            &text[start..end],
            "permessage-deflate; client_max_window_bits"
        );
    }

    #[test]
    fn the_host_header_names_other_ports_than_the_default() {
        for (text, host) in [
            ("ws://a:80/", "Host: a\r\n"),
            ("ws://a:443/", "Host: a:443\r\n"),
            ("wss://a:443/", "Host: a\r\n"),
            ("wss://a:80/", "Host: a:80\r\n"),
        ] {
            let uri = Uri::parse(text).unwrap();
            assert!(written(&Request::new(&uri)).contains(host), "{text}");
            let other = written(&Request::new(&uri).host("b:1"));
            assert!(other.contains("Host: b:1\r\n"), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let request = Request::to("a", "/")
            .cookie("id=s3cret")
            .headers(&[("AUTHORIZATION", "Basic s3cret"), ("X", "seen")])
            .secret_headers(&[("X-Key", "s3cret")]);
        assert!(written(&request).ends_with("X: seen\r\nX-Key: s3cret\r\n\r\n"));
        let shown = format!("{request:?}");
        assert!(
            ["AUTHORIZATION", "seen", "X-Key"]
                .iter()
                .all(|word| shown.contains(word)),
            "{shown}"
        );
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
