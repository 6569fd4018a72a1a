//! HTTP CONNECT (RFC 9110 §9.3.6).

use core::fmt;

use super::{
    ProxyError, ProxyRequestError, ProxyResponse, ProxyResponseError, Target, TunnelConfig,
    basic::write_basic,
    conversation::{Conversation, Step},
    tunnel::over,
};
use crate::{
    error::Limit,
    http::{
        HeadScanner, MAX_HEADERS, REDACTED, ResponseHead, ScanError, Writer, is_field_value,
        is_token,
    },
};

/// Asks an HTTP proxy for a tunnel. The proxy resolves the target's name.
///
/// `Debug` shows no secret.
pub struct HttpConnect<'a> {
    target: Target<'a>,
    authorization: Authorization<'a>,
    headers: &'a [(&'a str, &'a str)],
    scanner: HeadScanner,
    final_head: Option<(ResponseHead, usize)>,
}

#[derive(Clone, Copy)]
enum Authorization<'a> {
    None,
    Basic { user: &'a str, password: &'a str },
    Value(&'a str),
}

impl<'a> HttpConnect<'a> {
    /// A tunnel to `target`.
    pub const fn new(target: Target<'a>) -> Self {
        Self {
            target,
            authorization: Authorization::None,
            headers: &[],
            scanner: HeadScanner::new(),
            final_head: None,
        }
    }

    /// Sends user and password with the first request (Basic, RFC 7617).
    /// Whoever sees the connection to the proxy can read them.
    #[must_use]
    pub const fn credentials(mut self, user: &'a str, password: &'a str) -> Self {
        self.authorization = Authorization::Basic { user, password };
        self
    }

    /// Sends this value of `Proxy-Authorization`, such as the answer to a
    /// challenge, instead.
    #[must_use]
    pub const fn authorization(mut self, value: &'a str) -> Self {
        self.authorization = Authorization::Value(value);
        self
    }

    /// Sends further headers to the proxy. The target never sees them.
    #[must_use]
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = headers;
        self
    }

    pub(super) fn response<'r>(&self, received: &'r [u8]) -> Option<ProxyResponse<'r>> {
        let (head, len) = self.final_head?;
        Some(ProxyResponse {
            head: received.get(..len)?,
            status: head.status,
        })
    }

    /// Looks for the end of the head and reads it.
    fn head(
        &mut self,
        answer: &[u8],
        config: &TunnelConfig,
    ) -> Result<Option<(ResponseHead, usize)>, ProxyError> {
        let most = config.max_headers.min(MAX_HEADERS);
        let len = match self.scanner.advance(answer, config.max_head_size, most) {
            Ok(Some(len)) => len,
            Ok(None) => return Ok(None),
            Err(ScanError::Malformed(error)) => return Err(ProxyResponseError::from(error).into()),
            Err(ScanError::TooLong) => {
                return Err(over(Limit::ResponseHead, config.max_head_size).into());
            }
            Err(ScanError::TooManyHeaders) => {
                return Err(over(Limit::ResponseHeaders, most).into());
            }
        };
        let bytes = answer.get(..len).unwrap_or(&[]);
        #[cfg(feature = "log")]
        crate::http::trace_head("proxy <", bytes);
        let head =
            ResponseHead::parse(bytes, self.scanner.headers()).map_err(ProxyResponseError::from)?;
        Ok(Some((head, len)))
    }
}

impl Conversation for HttpConnect<'_> {
    fn check(&self) -> Result<(), ProxyRequestError> {
        self.target.check()?;
        match self.authorization {
            Authorization::None => {}
            Authorization::Basic { user, password } => {
                // RFC 7617 §2: a user with a colon would end early, and
                // control characters "MUST NOT" be in either.
                if user.contains(|c: char| c == ':' || c.is_ascii_control()) {
                    return Err(ProxyRequestError::InvalidUser);
                }
                if password.contains(|c: char| c.is_ascii_control()) {
                    return Err(ProxyRequestError::InvalidPassword);
                }
            }
            Authorization::Value(value) => {
                if value.is_empty() || !is_field_value(value.as_bytes()) {
                    return Err(ProxyRequestError::InvalidAuthorization);
                }
            }
        }
        for (index, (name, value)) in self.headers.iter().enumerate() {
            let is_own = OWN.iter().any(|own| name.eq_ignore_ascii_case(own));
            if is_own || !is_token(name.as_bytes()) || !is_field_value(value.as_bytes()) {
                return Err(ProxyRequestError::InvalidHeader { index });
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut [u8]) -> usize {
        use fmt::Write as _;
        let mut writer = Writer::new(out);
        // Writing to this writer cannot fail.
        let _ = write!(writer, "CONNECT {} HTTP/1.1\r\n", self.target);
        let _ = write!(writer, "Host: {}\r\n", self.target);
        match self.authorization {
            Authorization::None => {}
            Authorization::Basic { user, password } => {
                writer.text("Proxy-Authorization: Basic ");
                write_basic(&mut writer, user, password);
                writer.text("\r\n");
            }
            Authorization::Value(value) => writer.header("Proxy-Authorization", value),
        }
        for (name, value) in self.headers {
            writer.header(name, value);
        }
        writer.text("\r\n");
        let len = writer.len();
        #[cfg(feature = "log")]
        if let Some(request) = out.get(..len) {
            crate::http::trace_head("proxy >", request);
        }
        len
    }

    fn read(&mut self, answer: &[u8], config: &TunnelConfig) -> Result<Step, ProxyError> {
        let Some((head, len)) = self.head(answer, config)? else {
            return Ok(Step::Wait);
        };
        // RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx
        // responses received prior to a final response".
        if matches!(head.status, 100 | 102..=199) {
            self.scanner = HeadScanner::new();
            return Ok(Step::Skip(len));
        }
        self.final_head = Some((head, len));
        match head.status {
            // RFC 9110 §9.3.6: "Any 2xx (Successful) response indicates that
            // the sender […] will switch to tunnel mode immediately after the
            // response header section"; Content-Length and Transfer-Encoding
            // mean nothing in it.
            200..=299 => Ok(Step::Open(len)),
            status => Err(ProxyError::Refused { status }),
        }
    }

    fn answer_limit(&self, config: &TunnelConfig) -> usize {
        config.max_head_size
    }
}

impl fmt::Debug for HttpConnect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnect")
            .field("target", &self.target)
            .field(
                "authorization",
                &match self.authorization {
                    Authorization::None => "none",
                    _ => REDACTED,
                },
            )
            .finish_non_exhaustive()
    }
}

/// What the request says by itself, or must not say at all.
const OWN: [&str; 4] = [
    "Host",
    "Proxy-Authorization",
    "Content-Length",
    "Transfer-Encoding",
];

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};
    use crate::{http::HeadError, uri::Host};
    use core::net::Ipv6Addr;
    use std::{format, string::String, vec};

    fn ask() -> HttpConnect<'static> {
        HttpConnect::new(Target::new(Host::Name("a.example"), 443))
    }

    fn request(ask: &HttpConnect<'_>) -> String {
        let mut out = vec![0; ask.longest()];
        assert_eq!(ask.write(&mut out), out.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn requests() {
        assert_eq!(
            request(&ask()),
            "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
        );
        let v6 = Target::new(Host::Ipv6(Ipv6Addr::LOCALHOST), 80);
        let headers = [("User-Agent", "x/1")];
        let full = HttpConnect::new(v6)
            .headers(&headers)
            .credentials("Aladdin", "open sesame");
        assert_eq!(
            request(&full),
            "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\
             User-Agent: x/1\r\n\r\n"
        );
        let digest = ask().authorization("Digest username=\"u\"");
        assert!(request(&digest).contains("\r\nProxy-Authorization: Digest username=\"u\"\r\n"));
    }

    /// RFC 4648 §10, and RFC 7617 §2.1 in UTF-8.
    #[test]
    fn basic_of_every_length() {
        for (user, password, expected) in [
            ("", "", "Og=="),
            ("f", "", "Zjo="),
            ("f", "o", "Zjpv"),
            ("fo", "o", "Zm86bw=="),
            ("test", "123£", "dGVzdDoxMjPCow=="),
        ] {
            let text = request(&ask().credentials(user, password));
            assert!(text.contains(&format!("Basic {expected}\r\n")), "{text}");
        }
    }

    #[test]
    fn what_may_not_be_asked() {
        let invalid = |index| Err(ProxyRequestError::InvalidHeader { index });
        let user = Err(ProxyRequestError::InvalidUser);
        let long = "x".repeat(300);
        for (ask, expected) in [
            (ask().credentials(&long, &long), Ok(())),
            (ask().credentials("a:b", ""), user),
            (ask().credentials("a\r", ""), user),
            (
                ask().credentials("a", "\n"),
                Err(ProxyRequestError::InvalidPassword),
            ),
            (
                ask().authorization("a\r\nb"),
                Err(ProxyRequestError::InvalidAuthorization),
            ),
            (ask().headers(&[("X", "a"), ("X Y", "a")]), invalid(1)),
            (ask().headers(&[("X", "a\r\nY: b")]), invalid(0)),
            (ask().headers(&[("hOST", "a")]), invalid(0)),
            (ask().headers(&[("proxy-authorization", "a")]), invalid(0)),
        ] {
            assert_eq!(ask.check(), expected, "{ask:?}");
        }
        for host in ["", "a b", "a\r\nX:", "a:1", "a/b", "u@a", "é", "[a]"] {
            let ask = HttpConnect::new(Target::new(Host::Name(host), 1));
            assert_eq!(ask.check(), Err(ProxyRequestError::InvalidHost), "{host}");
        }
    }

    #[test]
    fn answers_at_every_split() {
        let refused = |status| Err(ProxyError::Refused { status });
        let malformed = |error| Err(ProxyResponseError::Malformed(error).into());
        for (answer, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Ok("")),
            ("HTTP/1.0 200 OK\r\nProxy-agent: x\r\n\r\n", Ok("")),
            ("HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n", Ok("")),
            (
                "HTTP/1.1 299 \r\nTransfer-Encoding: chunked\r\n\r\n",
                Ok(""),
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\n\x16\x03 first",
                Ok("\x16\x03 first"),
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\nA: b\r\n\r\n\
                 HTTP/1.1 200 OK\r\n\r\nrest",
                Ok("rest"),
            ),
            ("HTTP/1.1 101 Switching\r\n\r\n", refused(101)),
            ("HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", refused(302)),
            (
                "HTTP/1.1 407 \r\nProxy-Authenticate: Basic\r\n\r\n",
                refused(407),
            ),
            (
                "HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nbad",
                refused(502),
            ),
            ("SSH-2.0", malformed(HeadError::NotHttp)),
            ("\x05\x01", malformed(HeadError::NotHttp)),
            ("HTTP/2", malformed(HeadError::Version)),
            ("HTTP/1.1 200 OK\n\n", malformed(HeadError::LineEnding)),
            ("HTTP/1.1 abc\r\n\r\n", malformed(HeadError::StatusLine)),
            (
                "HTTP/1.1 200 OK\r\nbad\r\n\r\n",
                malformed(HeadError::Header),
            ),
        ] {
            at_every_split(ask, &[answer.as_bytes()], expected.map(str::as_bytes));
        }
    }

    #[test]
    fn the_response_can_be_read() {
        let mut tunnel = tunnel(ask());
        let answer = b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Digest realm=\"x\"\r\n\
                       Set-Cookie: secret\r\n\r\nbody";
        send_all(&mut tunnel);
        assert!(tunnel.response().is_none());
        feed(&mut tunnel, answer);
        let response = tunnel.response().unwrap();
        assert_eq!((response.status(), response.reason()), (407, "Who are you"));
        assert_eq!(
            response.headers().next(),
            Some(("Proxy-Authenticate", &b"Digest realm=\"x\""[..]))
        );
        assert!(!format!("{response:?}").contains("secret"));
        let shown = format!("{:?}", ask().credentials("u", "secret"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn limits_of_the_head() {
        let mut config = TunnelConfig::default();
        (config.max_head_size, config.max_headers) = (60, 2);
        let long = format!("HTTP/1.1 200 {}\r\n\r\n", "x".repeat(60));
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(3);
        let many = "HTTP/1.1 200 \r\nA:\r\nB:\r\nC:\r\n\r\n";
        for (answer, limit, needed) in [
            (&*long, Limit::ResponseHead, 61),
            (&interim, Limit::ResponseHead, 61),
            (many, Limit::ResponseHeaders, 3),
        ] {
            let mut tunnel = tunnel_with(ask(), config);
            send_all(&mut tunnel);
            feed(&mut tunnel, answer.as_bytes());
            let Err(ProxyError::Capacity(error)) = tunnel.poll() else {
                panic!("{answer}: {tunnel:?}")
            };
            assert_eq!((error.limit, error.needed), (limit, needed));
        }
    }
}
