//! The client's opening handshake (RFC 6455 §4.1, the list on the request).

use core::fmt;

use super::{RequestError, key::SecWebSocketKey};
use crate::{
    http::{REDACTED, Writer, is_field_value, is_secret_header, is_token},
    uri::{PathAndQuery, Uri},
};

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
    host: &'a str,
    port: Option<u16>,
    target: PathAndQuery<'a>,
    origin: Option<&'a str>,
    subprotocols: &'a [&'a str],
    extensions: Option<&'a str>,
    cookie: Option<&'a str>,
    headers: &'a [(&'a str, &'a str)],
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
            extensions: None,
            cookie: None,
            headers: &[],
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
    /// request; see [`RequestError`].
    #[must_use]
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = headers;
        self
    }

    /// Offers extensions: the value of `Sec-WebSocket-Extensions`.
    #[must_use]
    #[allow(dead_code, reason = "permessage-deflate will make the offer")]
    pub(crate) const fn extensions(mut self, offer: &'a str) -> Self {
        self.extensions = Some(offer);
        self
    }

    pub(super) const fn offers_extensions(&self) -> bool {
        self.extensions.is_some()
    }

    /// Everything that may not be sent is found here, before a byte is
    /// written.
    pub(super) fn check(&self) -> Result<(), RequestError> {
        if !is_host(self.host) {
            return Err(RequestError::InvalidHost);
        }
        if !is_target(self.target) {
            return Err(RequestError::InvalidTarget);
        }
        if self.origin.is_some_and(|origin| !is_filled(origin)) {
            return Err(RequestError::InvalidOrigin);
        }
        if self.cookie.is_some_and(|cookie| !is_filled(cookie)) {
            return Err(RequestError::InvalidCookie);
        }
        if self.extensions.is_some_and(|offer| !is_filled(offer)) {
            return Err(RequestError::InvalidExtensions);
        }
        for (index, subprotocol) in self.subprotocols.iter().enumerate() {
            if !is_token(subprotocol.as_bytes()) {
                return Err(RequestError::InvalidSubprotocol { index });
            }
            if self
                .subprotocols
                .iter()
                .take(index)
                .any(|s| s == subprotocol)
            {
                return Err(RequestError::DuplicateSubprotocol { index });
            }
        }
        for (index, (name, value)) in self.headers.iter().enumerate() {
            self.check_header(index, name, value)?;
        }
        Ok(())
    }

    fn check_header(&self, index: usize, name: &str, value: &str) -> Result<(), RequestError> {
        if !is_token(name.as_bytes()) {
            return Err(RequestError::InvalidHeaderName { index });
        }
        if !is_field_value(value.as_bytes()) {
            return Err(RequestError::InvalidHeaderValue { index });
        }
        let is = |other: &&&'static str| name.eq_ignore_ascii_case(other);
        if let Some(name) = RESERVED.iter().find(is) {
            return Err(RequestError::ReservedHeader { index, name });
        }
        let own = [self.origin.map(|_| "Origin"), self.cookie.map(|_| "Cookie")];
        if let Some(name) = own.iter().flatten().find(is) {
            return Err(RequestError::DuplicateHeader { index, name });
        }
        Ok(())
    }

    /// Writes the request. Returns where the list of subprotocols stands.
    pub(super) fn write(&self, out: &mut Writer<'_>, key: &SecWebSocketKey) -> (usize, usize) {
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
        let mut offered = (0, 0);
        for (index, subprotocol) in self.subprotocols.iter().enumerate() {
            if index == 0 {
                out.text("Sec-WebSocket-Protocol: ");
                offered.0 = out.len();
            } else {
                out.text(", ");
            }
            out.text(subprotocol);
            offered.1 = out.len();
        }
        if !self.subprotocols.is_empty() {
            out.text("\r\n");
        }
        if let Some(offer) = self.extensions {
            out.header("Sec-WebSocket-Extensions", offer);
        }
        if let Some(origin) = self.origin {
            out.header("Origin", origin);
        }
        if let Some(cookie) = self.cookie {
            out.header("Cookie", cookie);
        }
        for (name, value) in self.headers {
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
            .field("extensions", &self.extensions)
            .field("cookie", &self.cookie.map(|_| REDACTED))
            .field("headers", &Redacted(self.headers))
            .finish()
    }
}

struct Redacted<'a>(&'a [(&'a str, &'a str)]);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.0 {
            let secret = is_secret_header(name);
            map.entry(name, if secret { &REDACTED } else { value });
        }
        map.finish()
    }
}

/// The headers that decide about the handshake or the framing of HTTP.
const RESERVED: [&str; 10] = [
    "Host",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
    "Content-Length",
    "Transfer-Encoding",
];

/// A value with something in it and no control character.
fn is_filled(text: &str) -> bool {
    !text.is_empty() && is_field_value(text.as_bytes())
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"/?#@\\".contains(&byte))
}

fn is_target(target: PathAndQuery<'_>) -> bool {
    let (slash, rest) = target.parts();
    let begins_well = slash.is_empty() || rest.is_empty() || rest.starts_with('?');
    begins_well
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
}
