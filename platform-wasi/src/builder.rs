//! What to connect to and how.

use alloc::{string::String, vec::Vec};
use core::{fmt, time::Duration};

use hybi_common::{journey, url};
use hybi_core::{
    connection::{Config, Delivery, Keepalive},
    handshake::HandshakeConfig,
    http::{REDACTED, shown},
};

#[cfg(feature = "tls")]
use crate::tls::{Tls, TlsError};
use crate::{
    compression::Compression, connect, dial::AddressFamily, error::ConnectError, proxy::Proxy,
    websocket::WebSocket,
};

/// Settings of a connection. [`connect`](Self::connect) may be called any
/// number of times, to reconnect for instance.
///
/// ```no_run
/// # fn main() -> Result<(), hybi_wasi::ConnectError> {
/// let socket = hybi_wasi::builder("ws://example.com/chat")
///     .subprotocol("v2.chat")
///     .header("User-Agent", "meter/1.0")
///     .idle_timeout(core::time::Duration::from_secs(60))
///     .connect()?;
/// # Ok(())
/// # }
/// ```
///
/// `Debug` leaves secrets out.
#[derive(Clone)]
#[must_use]
pub struct Builder {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) secret_headers: Vec<(String, String)>,
    pub(crate) host: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) journey: journey::Settings,
    pub(crate) compression: Option<Compression>,
    pub(crate) config: Config,
    pub(crate) handshake: HandshakeConfig,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) family: AddressFamily,
    pub(crate) proxy: Proxy,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    #[cfg(feature = "tls")]
    pub(crate) proxy_tls: Option<Tls>,
}

impl Builder {
    /// A connection to `url`, `ws://` or, with the feature `tls`, `wss://`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            host: None,
            origin: None,
            cookie: None,
            subprotocols: Vec::new(),
            journey: journey::Settings::default(),
            compression: Some(Compression::new()),
            config: Config::default(),
            handshake: HandshakeConfig::DEFAULT,
            connect_timeout: Some(Duration::from_secs(10)),
            family: AddressFamily::Any,
            proxy: Proxy::None,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "tls")]
            proxy_tls: None,
        }
    }

    /// Adds a header to the request. Those of the handshake itself, such as
    /// `Host` or `Sec-WebSocket-Key`, are refused when connecting, and so is
    /// a value with CR, LF or another control character.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header whose value is a secret: it is not shown in logs and
    /// `Debug`, and does not follow a redirect to another origin. The values
    /// of `Authorization`, `Proxy-Authorization` and `Cookie` are treated so
    /// anyway.
    pub fn secret_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secret_headers.push((name.into(), value.into()));
        self
    }

    /// Replaces the value of the `Host` header, port included. TLS still
    /// verifies the URL's host.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sends an `Origin` header, which some servers demand. Default: none.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Sends a `Cookie` header, such as `a=1; b=2`.
    pub fn cookie(mut self, cookie: impl Into<String>) -> Self {
        self.cookie = Some(cookie.into());
        self
    }

    /// Offers a subprotocol; call it again for more, the preferred one first.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// The largest message to receive, in bytes. A larger one ends the
    /// connection with 1009. Default: 64 MiB.
    pub const fn max_message_size(mut self, bytes: u64) -> Self {
        self.config.max_message_size = bytes;
        self
    }

    /// The largest frame to receive, in bytes, refused at its header.
    /// Default: 16 MiB.
    pub const fn max_frame_size(mut self, bytes: u64) -> Self {
        self.config.max_frame_size = bytes;
        self
    }

    /// The most frames that a received message may come in. Default: 131,072.
    pub const fn max_fragments(mut self, frames: u32) -> Self {
        self.config.max_fragments = frames;
        self
    }

    /// The most memory that messages waiting to be written may take; what is
    /// larger goes out in several frames. Default: 1 MiB and 4 KiB, which holds 1 MiB whole.
    pub const fn max_send_buffer(mut self, bytes: usize) -> Self {
        self.config.max_send_buffer = bytes;
        self
    }

    /// The longest response head to take from the server, in bytes. Default:
    /// 16 KiB.
    pub const fn max_response_head(mut self, bytes: usize) -> Self {
        self.handshake.limits.max_head_size = bytes;
        self
    }

    /// How much of the body of a refusal to keep, in bytes. Default: 16 KiB.
    pub const fn max_response_body(mut self, bytes: usize) -> Self {
        self.handshake.limits.max_body_size = bytes;
        self
    }

    /// Whether to receive whole messages, or chunks as they arrive: messages
    /// of any size without memory for them. Default: whole.
    pub const fn delivery(mut self, delivery: Delivery) -> Self {
        self.config.delivery = delivery;
        self
    }

    /// Takes received text as it comes, whatever its bytes are, which RFC
    /// 6455 §8.1 forbids: for tools that look at faulty servers, and for who
    /// checks by other means.
    ///
    /// Whole text messages are then [`Event::RawText`](crate::Event::RawText)
    /// instead of `Text`, and the bytes of text chunks may be anything. The
    /// reason of a Close frame is checked all the same.
    pub const fn danger_skip_utf8_validation(mut self, skip: bool) -> Self {
        self.config.validate_utf8 = !skip;
        self
    }

    /// How long looking up the name, connecting to one of its addresses, what
    /// is said to a proxy and the TLS handshake may take together. Default:
    /// 10 s. `None`: for ever.
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = timeout.into();
        self
    }

    /// How long the opening handshake may take after that. Default: 10 s.
    /// `None`: for ever.
    pub fn handshake_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.handshake.timeout = timeout.into();
        self
    }

    /// How long the server may stay silent before the connection ends with
    /// 1001. Default: `None`, for ever.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.idle_timeout = timeout.into();
        self
    }

    /// Sends Pings by itself, and ends the connection with 1001 where one
    /// stays without its Pong. They leave while one of the receiving methods
    /// runs. Default: `None`.
    pub fn keepalive(mut self, keepalive: impl Into<Option<Keepalive>>) -> Self {
        self.config.keepalive = keepalive.into();
        self
    }

    /// How long the server may leave sent bytes untaken before the connection
    /// fails. Default: `None`, for ever.
    pub fn write_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.write_timeout = timeout.into();
        self
    }

    /// How long the closing handshake may take, up to the end of TCP.
    /// Default: 5 s.
    pub const fn close_timeout(mut self, timeout: Duration) -> Self {
        self.config.close_timeout = Some(timeout);
        self
    }

    /// Which addresses of the host to use. Default: all.
    pub const fn address_family(mut self, family: AddressFamily) -> Self {
        self.family = family;
        self
    }

    /// Which proxy to go through; see [`proxy`](crate::proxy). Default: none.
    pub fn proxy(mut self, proxy: impl Into<Proxy>) -> Self {
        self.proxy = proxy.into();
        self
    }

    /// Sets which permessage-deflate offers are made and how messages are
    /// compressed; `None` offers nothing. By default it is offered.
    pub fn compression(mut self, compression: impl Into<Option<Compression>>) -> Self {
        self.compression = compression.into();
        self
    }

    /// Connects, performs the handshakes and hands over the open connection.
    ///
    /// Blocks at most for the two deadlines together, for each redirect that
    /// is followed and each challenge that is answered.
    ///
    /// # Errors
    /// [`ConnectError`] tells which step failed. Nothing is left open.
    pub fn connect(&self) -> Result<WebSocket, ConnectError> {
        connect::dial(self)
    }
}

#[cfg(feature = "http")]
impl Builder {
    /// Follows at most so many redirects (301, 302, 303, 307, 308) in a row,
    /// each of them a new connection with the deadlines of the first.
    /// Default: 0, because a redirect lets one server choose to whom the next
    /// messages go. Needs the feature `http`.
    ///
    /// `http` and `https` in a `Location` are read as `ws` and `wss`. No
    /// redirect leads from `wss` to `ws`. Where it leads to another scheme,
    /// host or port, `Authorization`, `Proxy-Authorization`, `Cookie`, what
    /// [`secret_header`](Self::secret_header) has added, user and password,
    /// the client certificate, and the names given by [`host`](Self::host)
    /// and `TlsBuilder::server_name` stay behind, for the rest of the way.
    pub const fn max_redirects(mut self, n: u32) -> Self {
        self.journey.max_redirects = n;
        self
    }

    /// A user and a password for the server, instead of those in the URL.
    /// Needs the feature `http`.
    ///
    /// They answer a challenge (401): by Digest where the server knows it,
    /// else by Basic. Each answer is a new connection with the deadlines of
    /// the first. Over TLS, Basic goes with the first request already; see
    /// [`basic_at_once`](Self::basic_at_once). They go to the URL's own
    /// origin only, whatever redirects.
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        let credentials = hybi_common::auth::Credentials::new(user, password);
        self.journey.credentials = Some(credentials);
        self
    }

    /// Whether Basic goes with the first request, before the server has
    /// asked. Anyone on the path can read it where there is no TLS. Default:
    /// over TLS yes, without it no. Needs the feature `http`.
    pub const fn basic_at_once(mut self, at_once: bool) -> Self {
        self.journey.basic_at_once = Some(at_once);
        self
    }

    /// Answers challenges in place of the caller: `answer` is asked about
    /// each challenge of a 401 until it returns the value of an
    /// `Authorization` header, `Bearer` with a token for instance. Where it
    /// returns `None` for all of them, user and password answer, if they are
    /// known. Needs the feature `http`.
    ///
    /// It is asked once for each URL, of the URL's own origin only. Schemes
    /// that belong to one connection, such as NTLM, do not work this way: the
    /// answer goes over a new one.
    pub fn authenticate(
        mut self,
        answer: impl Fn(&crate::Challenge) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.journey.authenticate = Some(journey::Hook::new(answer));
        self
    }
}

#[cfg(feature = "tls")]
impl Builder {
    /// The TLS settings for `wss://`. Default: [`Tls::new`]. Needs the
    /// feature `tls`.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The TLS settings for an `https://` proxy. Default: those for the
    /// server, without a client certificate and another server name. Needs
    /// the feature `tls`.
    pub fn proxy_tls(mut self, tls: Tls) -> Self {
        self.proxy_tls = Some(tls);
        self
    }

    pub(crate) fn tls_or_default(&self) -> Result<Tls, TlsError> {
        match &self.tls {
            Some(tls) => Ok(tls.clone()),
            None => Tls::new(),
        }
    }

    pub(crate) fn tls_to_proxy(&self) -> Result<Tls, TlsError> {
        match &self.proxy_tls {
            Some(tls) => Ok(tls.clone()),
            None => Ok(self.tls_or_default()?.for_another_server()),
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), shown(name, value)));
        let secret = self.secret_headers.iter();
        let headers = headers.chain(secret.map(|(name, _)| (name.as_str(), REDACTED)));
        let mut all = f.debug_struct("Builder");
        all.field("url", &url::redacted(&self.url))
            .field("headers", &headers.collect::<Vec<_>>())
            .field("host", &self.host)
            .field("origin", &self.origin)
            .field("cookie", &self.cookie.as_ref().map(|_| REDACTED))
            .field("subprotocols", &self.subprotocols)
            .field("journey", &self.journey)
            .field("compression", &self.compression)
            .field("config", &self.config)
            .field("handshake", &self.handshake)
            .field("connect_timeout", &self.connect_timeout)
            .field("family", &self.family)
            .field("proxy", &self.proxy);
        #[cfg(feature = "tls")]
        all.field("tls", &self.tls);
        all.finish()
    }
}
