//! The way to an open connection over several attempts: [`hybi_common`]'s,
//! with this crate's settings, TLS and cookies.

use hybi_common::journey::{self, Headers, Hook, Said, is_redirect};
use hybi_core::{
    handshake::{HandshakeError, Request},
    uri::Uri,
};

#[cfg(feature = "cookies")]
use crate::cookies::CookieJar;
use crate::{
    auth::{Challenge, Credentials},
    builder::Builder,
    entropy::OsEntropy,
    error::{ConnectError, RedirectError, Response, UrlError},
    tls::{Tls, TlsError},
};

/// The settings of a [`Builder`] that a journey goes by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) common: journey::Settings,
    #[cfg(feature = "cookies")]
    pub(crate) cookie_jar: Option<CookieJar>,
}

/// Where the way has led so far.
#[derive(Debug)]
pub(crate) struct Journey<'a> {
    pub(crate) builder: &'a Builder,
    way: journey::Journey<'a>,
}

impl<'a> Journey<'a> {
    pub(crate) fn begin(builder: &'a Builder) -> Result<Self, ConnectError> {
        let said = Said {
            headers: &builder.headers,
            secret_headers: &builder.secret_headers,
            host: builder.host.as_deref(),
            origin: builder.origin.as_deref(),
            cookie: builder.cookie.as_deref(),
            subprotocols: &builder.subprotocols,
            deflate: match &builder.compression {
                Some(compression) => compression.offers(),
                None => &[],
            },
        };
        let way = journey::Journey::begin(&builder.url, &builder.journey.common, said)?;
        Ok(Self { builder, way })
    }

    /// Where the next attempt leads.
    pub(crate) fn uri(&self) -> Result<Uri<'_>, ConnectError> {
        Ok(self.way.uri().map_err(UrlError::from)?)
    }

    /// The TLS settings of the next attempt. The client certificate and the
    /// server name that the caller gave are for the builder's origin.
    pub(crate) fn tls(&self) -> Result<Tls, TlsError> {
        let tls = self.builder.tls_or_default()?;
        Ok(if self.way.is_home() {
            tls.clone()
        } else {
            tls.for_another_server()
        })
    }

    /// The request of the next attempt, lent to `f`.
    pub(crate) fn with_request<R>(&self, uri: &Uri<'_>, f: impl FnOnce(&Request<'_>) -> R) -> R {
        let cookies = |own: Option<&str>, headers: &mut Headers<'a>, secret: &mut Headers<'a>| {
            self.with_jar(own, headers, secret)
        };
        self.way.with_request(uri, cookies, f)
    }

    /// The caller's own cookies and those of the jar in one value, as it has
    /// to be (RFC 6265 §5.4). A cookie of the caller's hides one of the same
    /// name. `None`: the jar has none.
    #[cfg(feature = "cookies")]
    fn with_jar(
        &self,
        own: Option<&str>,
        headers: &mut Headers<'a>,
        secret: &mut Headers<'a>,
    ) -> Option<String> {
        let jar = self.builder.journey.cookie_jar.as_ref()?;
        let is_cookie = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("Cookie");
        let mut all: Vec<&str> = own.into_iter().collect();
        if all.is_empty() {
            let given = headers.iter().chain(&*secret).filter(|h| is_cookie(h));
            all.extend(given.map(|(_, value)| *value));
        }
        let pairs = all.iter().flat_map(|cookies| cookies.split(';'));
        let names: Vec<_> = pairs
            .map(|pair| pair.split('=').next().unwrap_or_default().trim())
            .collect();
        let kept = jar.header_without(self.way.url(), &names)?;
        if own.is_none() {
            headers.retain(|header| !is_cookie(header));
            secret.retain(|header| !is_cookie(header));
        }
        all.push(&kept);
        Some(all.join("; "))
    }

    #[cfg(not(feature = "cookies"))]
    #[expect(clippy::unused_self, reason = "there is no jar")]
    const fn with_jar(
        &self,
        _own: Option<&str>,
        _headers: &mut Headers<'a>,
        _secret: &mut Headers<'a>,
    ) -> Option<String> {
        None
    }

    /// Keeps the cookies of a response.
    pub(crate) fn keep_cookies(&self, response: &Response) {
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.builder.journey.cookie_jar {
            for (name, value) in response.headers() {
                if name.eq_ignore_ascii_case("Set-Cookie")
                    && let Ok(cookie) = str::from_utf8(value)
                    && !jar.set(self.way.url(), cookie)
                {
                    log::debug!("a cookie of the server's is not one that it may set");
                }
            }
        }
        #[cfg(not(feature = "cookies"))]
        let _ = response;
    }

    /// What to do after a failed attempt: another one, or nothing more.
    ///
    /// # Errors
    /// `error`, made more precise where it was a redirect.
    pub(crate) fn go_on(&mut self, error: ConnectError) -> Result<(), ConnectError> {
        let ConnectError::Handshake {
            error: HandshakeError::Refused { .. },
            response: Some(response),
        } = &error
        else {
            return Err(error);
        };
        let test = self.builder.entropy.as_ref();
        let mut entropy = OsEntropy::of(test).map_err(ConnectError::Io)?;
        match self.way.go_on(response, &mut entropy) {
            Ok(true) => Ok(()),
            Ok(false) => Err(error),
            Err(reason) => Err(not_followed(error, reason)),
        }
    }
}

impl Builder {
    /// Follows at most so many redirects (301, 302, 303, 307, 308) in a row,
    /// each of them a new connection with the deadlines of the first.
    /// Default: 0, because a redirect lets one server choose to whom the next
    /// messages go.
    ///
    /// `http` and `https` in a `Location` are read as `ws` and `wss`. No
    /// redirect leads from `wss` to `ws`. Where it leads to another scheme,
    /// host or port, `Authorization`, `Proxy-Authorization`, `Cookie`, what
    /// [`secret_header`](Self::secret_header) has added, user and password,
    /// the client certificate, and the names given by [`host`](Self::host)
    /// and [`TlsBuilder::server_name`](crate::tls::TlsBuilder::server_name)
    /// stay behind, for the rest of the way. A Unix socket serves for every
    /// hop.
    pub const fn max_redirects(mut self, n: u32) -> Self {
        self.journey.common.max_redirects = n;
        self
    }

    /// A user and a password for the server, instead of those in the URL.
    ///
    /// They answer a challenge (401): by Digest where the server knows it,
    /// else by Basic. Each answer is a new connection with the deadlines of
    /// the first. Over TLS, Basic goes with the first request already; see
    /// [`basic_at_once`](Self::basic_at_once). They go to the URL's own
    /// origin only, whatever redirects.
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.journey.common.credentials = Some(Credentials::new(user, password));
        self
    }

    /// Whether Basic goes with the first request, before the server has
    /// asked. Anyone on the path can read it where there is no TLS. Default:
    /// over TLS yes, without it no.
    pub const fn basic_at_once(mut self, at_once: bool) -> Self {
        self.journey.common.basic_at_once = Some(at_once);
        self
    }

    /// Answers challenges in place of the caller: `answer` is asked about
    /// each challenge of a 401 until it returns the value of an
    /// `Authorization` header, `Bearer` with a token for instance. Where it
    /// returns `None` for all of them, user and password answer, if they are
    /// known.
    ///
    /// It is asked once for each URL, of the URL's own origin only. Schemes
    /// that belong to one connection, such as NTLM, do not work this way: the
    /// answer goes over a new one.
    ///
    /// ```
    /// # fn token_for(realm: Option<&str>) -> Option<String> { None }
    /// let builder = hybi_std::builder("wss://example.com/").authenticate(|challenge| {
    ///     let token = token_for(challenge.parameter("realm"))?;
    ///     challenge.is("Bearer").then(|| format!("Bearer {token}"))
    /// });
    /// ```
    pub fn authenticate(
        mut self,
        answer: impl Fn(&Challenge) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.journey.common.authenticate = Some(Hook::new(answer));
        self
    }
}

/// Makes a redirect that is not followed the error that says so.
pub(crate) fn not_followed(error: ConnectError, reason: RedirectError) -> ConnectError {
    match error {
        ConnectError::Handshake {
            error: HandshakeError::Refused { status },
            response: Some(response),
        } if is_redirect(status) => ConnectError::Redirect { reason, response },
        error => error,
    }
}
