//! What to connect to and how.

use core::{fmt, time::Duration};
use std::{path::PathBuf, sync::OnceLock};

use hybi_core::{
    connection::{Config, Delivery, Keepalive},
    handshake::HandshakeConfig,
    http::{REDACTED, shown},
};

use crate::{
    compression::Compression,
    connect,
    entropy::TestEntropy,
    error::ConnectError,
    journey::Settings,
    lookup::AddressFamily,
    proxy::Proxy,
    socket::Prepared,
    sockopt::SocketOption,
    tls::{Tls, TlsError},
    url,
    websocket::WebSocket,
};

/// Settings of a connection. [`connect`](Self::connect) may be called any
/// number of times, to reconnect for instance.
///
/// ```no_run
/// # fn main() -> Result<(), hybi_std::ConnectError> {
/// let socket = hybi_std::builder("wss://example.com/chat")
///     .subprotocol("v2.chat")
///     .header("User-Agent", "meter/1.0")
///     .idle_timeout(std::time::Duration::from_secs(60))
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
    pub(crate) journey: Settings,
    pub(crate) entropy: Option<TestEntropy>,
    pub(crate) compression: Option<Compression>,
    pub(crate) config: Config,
    pub(crate) handshake: HandshakeConfig,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) family: AddressFamily,
    pub(crate) socket_options: Vec<SocketOption>,
    pub(crate) unix_socket: Option<PathBuf>,
    pub(crate) proxy: Proxy,
    proxy_tls: Option<Tls>,
    // Made when it is first needed, then kept for the sessions to resume.
    tls: OnceLock<Tls>,
}

impl Builder {
    /// A connection to `url`, `ws://` or `wss://`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            host: None,
            origin: None,
            cookie: None,
            subprotocols: Vec::new(),
            journey: Settings::default(),
            entropy: None,
            compression: Some(Compression::new()),
            config: Config::default(),
            handshake: HandshakeConfig::DEFAULT,
            connect_timeout: Some(Duration::from_secs(10)),
            family: AddressFamily::Any,
            socket_options: Vec::new(),
            unix_socket: None,
            proxy: Proxy::Env,
            proxy_tls: None,
            tls: OnceLock::new(),
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
    /// instead of `Text`, and the bytes of text chunks may be anything. In a
    /// [`Message`](crate::Message), U+FFFD stands for what is not UTF-8. The
    /// reason of a Close frame is checked all the same.
    pub const fn danger_skip_utf8_validation(mut self, skip: bool) -> Self {
        self.config.validate_utf8 = !skip;
        self
    }

    /// How long looking up the name, connecting to one of its addresses and
    /// the TLS handshake may take together. Default: 10 s. `None`: for ever.
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

    /// Sets an option on the TCP socket; call it again for more. Default:
    /// `TCP_NODELAY`, and keepalive after 30 s, every 10 s, 3 times.
    pub fn socket_option(mut self, option: SocketOption) -> Self {
        self.socket_options.push(option);
        self
    }

    /// Connects to the Unix socket at `path` instead of the URL's host and
    /// port, which still go into the request (and TLS).
    #[cfg(unix)]
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.unix_socket = Some(path.into());
        self
    }

    /// Whether to go through a proxy; see [`proxy`](crate::proxy). Default:
    /// as the environment says. A Unix socket or a stream that is connected
    /// already needs none.
    pub fn proxy(mut self, proxy: impl Into<Proxy>) -> Self {
        self.proxy = proxy.into();
        self
    }

    /// The TLS settings for an `https://` proxy. Default: those for the
    /// server, without a client certificate and another server name.
    pub fn proxy_tls(mut self, tls: Tls) -> Self {
        self.proxy_tls = Some(tls);
        self
    }

    /// The TLS settings for `wss://`. Default: [`Tls::new`].
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = OnceLock::from(tls);
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

    /// Like [`connect`](Self::connect), over a stream that is connected
    /// already. TLS is laid over it where the URL says `wss`; the URL's host
    /// still goes into the request. There is this one attempt: no redirect
    /// is followed, no challenge answered.
    ///
    /// # Errors
    /// See [`connect`](Self::connect).
    pub fn connect_over(&self, stream: impl Into<Prepared>) -> Result<WebSocket, ConnectError> {
        connect::over(self, stream.into())
    }

    /// Whether [`tls_or_default`](Self::tls_or_default) has to read the
    /// platform's roots first.
    #[cfg(feature = "tokio")]
    pub(crate) fn wants_tls(&self) -> bool {
        self.tls.get().is_none()
    }

    /// The settings to go by, unless there are some already.
    #[cfg(feature = "tokio")]
    pub(crate) fn keep_tls(&self, made: Tls) {
        let _ = self.tls.set(made);
    }

    pub(crate) fn tls_or_default(&self) -> Result<&Tls, TlsError> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls);
        }
        let made = Tls::new()?;
        Ok(self.tls.get_or_init(|| made))
    }

    /// Uses the TLS settings of `other`, and its sessions, where none were
    /// set.
    pub(crate) fn share_tls(&self, other: &Self) {
        let scheme = self.url.get(..4).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("wss:")
            && self.tls.get().is_none()
            && let Ok(tls) = other.tls_or_default()
        {
            let _ = self.tls.set(tls.clone());
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
        f.debug_struct("Builder")
            .field("url", &url::redacted(&self.url))
            .field("headers", &headers.collect::<Vec<_>>())
            .field("host", &self.host)
            .field("origin", &self.origin)
            .field("cookie", &self.cookie.as_ref().map(|_| REDACTED))
            .field("subprotocols", &self.subprotocols)
            .field("journey", &self.journey)
            .field("entropy", &self.entropy)
            .field("compression", &self.compression)
            .field("config", &self.config)
            .field("handshake", &self.handshake)
            .field("connect_timeout", &self.connect_timeout)
            .field("family", &self.family)
            .field("socket_options", &self.socket_options)
            .field("unix_socket", &self.unix_socket)
            .field("proxy", &self.proxy)
            .field("tls", &self.tls.get())
            .finish()
    }
}
