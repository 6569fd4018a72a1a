//! What a request may not contain (RFC 6455 §4.1, RFC 9110 §5): found before
//! a byte of it is written.

use super::{Request, RequestError};
use crate::{
    http::{is_field_value, is_token},
    uri::PathAndQuery,
};

impl Request<'_> {
    /// Looks for what may not be sent.
    /// [`Handshake::new`](super::Handshake::new) does so too; this is for who
    /// wants to know before connecting.
    ///
    /// # Errors
    /// The first thing in the request that may not be sent.
    pub fn check(&self) -> Result<(), RequestError> {
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
        #[cfg(feature = "deflate")]
        if let Some(index) = self.deflate.iter().position(|offer| !offer.is_valid()) {
            return Err(RequestError::InvalidDeflateOffer { index });
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
        let headers = self.headers.iter().chain(self.secret_headers);
        for (index, (name, value)) in headers.enumerate() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn reserved_headers_in_any_case() {
        for name in RESERVED {
            for written in [name, &name.to_uppercase(), &name.to_lowercase()] {
                let headers = [("A", "b"), (written, "x")];
                let error = Request::to("a", "/").headers(&headers).check();
                assert_eq!(error, Err(RequestError::ReservedHeader { index: 1, name }));
            }
        }
        assert_eq!(
            format!(
                "{}",
                RequestError::ReservedHeader {
                    index: 1,
                    name: "Host"
                }
            ),
            "extra header 2, Host, is part of the handshake and cannot be set"
        );
    }

    #[test]
    fn header_injection_is_refused() {
        let request = || Request::to("a", "/");
        for value in ["a\r\nX: y", "a\n", "\r", "a\0", "\x7f", "\x1b"] {
            let index = 0;
            for (request, error) in [
                (
                    request().headers(&[("A", value)]),
                    RequestError::InvalidHeaderValue { index },
                ),
                (
                    request().headers(&[(value, "a")]),
                    RequestError::InvalidHeaderName { index },
                ),
                (
                    request()
                        .headers(&[("A", "b")])
                        .secret_headers(&[("A", value)]),
                    RequestError::InvalidHeaderValue { index: 1 },
                ),
                (
                    request().subprotocols(&[value]),
                    RequestError::InvalidSubprotocol { index },
                ),
                (request().origin(value), RequestError::InvalidOrigin),
                (request().cookie(value), RequestError::InvalidCookie),
                (request().host(value), RequestError::InvalidHost),
                (Request::to("a", value), RequestError::InvalidTarget),
            ] {
                assert_eq!(request.check(), Err(error), "{value:?}");
            }
        }
    }

    #[test]
    fn other_refusals() {
        let request = || Request::to("a", "/");
        for (request, error) in [
            (
                request().headers(&[("", "a")]),
                RequestError::InvalidHeaderName { index: 0 },
            ),
            (
                request().headers(&[("A:", "a")]),
                RequestError::InvalidHeaderName { index: 0 },
            ),
            (
                request().headers(&[("A ", "a")]),
                RequestError::InvalidHeaderName { index: 0 },
            ),
            (
                request().subprotocols(&["a", ""]),
                RequestError::InvalidSubprotocol { index: 1 },
            ),
            (
                request().subprotocols(&["a,b"]),
                RequestError::InvalidSubprotocol { index: 0 },
            ),
            (
                request().subprotocols(&["a", "b", "a"]),
                RequestError::DuplicateSubprotocol { index: 2 },
            ),
            (request().host(""), RequestError::InvalidHost),
            (request().host("a b"), RequestError::InvalidHost),
            (request().host("a/b"), RequestError::InvalidHost),
            (request().host("é"), RequestError::InvalidHost),
            (request().origin(""), RequestError::InvalidOrigin),
            (Request::to("a", "x"), RequestError::InvalidTarget),
            (Request::to("a", "/a b"), RequestError::InvalidTarget),
            (Request::to("a", "/#"), RequestError::InvalidTarget),
            (Request::to("a", "/é"), RequestError::InvalidTarget),
            (
                request().cookie("a=1").headers(&[("cookie", "b=2")]),
                RequestError::DuplicateHeader {
                    index: 0,
                    name: "Cookie",
                },
            ),
            (
                request().origin("null").headers(&[("ORIGIN", "x")]),
                RequestError::DuplicateHeader {
                    index: 0,
                    name: "Origin",
                },
            ),
        ] {
            assert_eq!(request.check(), Err(error), "{request:?}");
        }
        for request in [
            request().subprotocols(&["a", "A"]),
            request().headers(&[
                ("Cookie", "a=1"),
                ("Origin", "null"),
                ("Authorization", "x"),
            ]),
            Request::to("a:80", ""),
            Request::to("[::1]:80", "?a"),
        ] {
            assert_eq!(request.check(), Ok(()), "{request:?}");
        }
    }
}
