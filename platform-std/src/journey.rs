//! The way to an open connection over several attempts: which redirect to
//! follow, which challenge to answer, and what a request may say where.
//! Without I/O.
//!
//! ```text
//!   attempt ─► 101: open
//!      ▲   ├─► 301 302 303 307 308 ─► another URL ─┐
//!      │   ├─► 401 ─► with Authorization ──────────┤
//!      │   └─► anything else: an error             │
//!      └───────────────────────────────────────────┘
//! ```
//! Each attempt is a connection of its own, with deadlines of its own.

use core::fmt;
use std::sync::Arc;

use hybi_core::{
    handshake::{HandshakeError, Request},
    http::is_secret_header,
    uri::Uri,
};

#[cfg(feature = "cookies")]
use crate::cookies::CookieJar;
use crate::{
    auth::{self, Asked, Challenge, Credentials},
    builder::Builder,
    entropy::OsEntropy,
    error::ConnectError,
    redirect::{self, RedirectError},
    response::Response,
    tls::{Tls, TlsError},
    url::{self, UrlError},
};

/// The settings of a [`Builder`] that a journey goes by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) max_redirects: u32,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) basic_at_once: Option<bool>,
    pub(crate) authenticate: Option<Hook>,
    #[cfg(feature = "cookies")]
    pub(crate) cookie_jar: Option<CookieJar>,
}

/// Answers challenges for the caller.
#[derive(Clone)]
pub(crate) struct Hook(pub(crate) Arc<Answer>);

type Answer = dyn Fn(&Challenge) -> Option<String> + Send + Sync;

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// Where the way has led so far.
#[derive(Debug)]
pub(crate) struct Journey<'a> {
    pub(crate) builder: &'a Builder,
    /// In ASCII, checked. After a redirect without userinfo.
    url: String,
    /// Still at the origin of the builder's URL. Secrets go nowhere else,
    /// and not back there either: who leads away may lead back.
    home: bool,
    redirects: u32,
    /// The value of an `Authorization` header.
    authorization: Option<String>,
    answers: u8,
}

/// A challenge is answered once, and once more where only its nonce was old.
const MAX_ANSWERS: u8 = 2;

impl<'a> Journey<'a> {
    pub(crate) fn begin(builder: &'a Builder) -> Result<Self, ConnectError> {
        let url = url::to_ascii(&builder.url)?.into_owned();
        let mut journey = Self {
            builder,
            url,
            home: true,
            redirects: 0,
            authorization: None,
            answers: 0,
        };
        let is_secure = journey.uri()?.is_secure();
        let at_once = builder.journey.basic_at_once.unwrap_or(is_secure);
        if at_once && !builder.has_header("Authorization") {
            journey.authorization = journey.credentials().and_then(|known| known.basic());
        }
        Ok(journey)
    }

    /// Where the next attempt leads.
    pub(crate) fn uri(&self) -> Result<Uri<'_>, ConnectError> {
        Ok(Uri::parse(&self.url).map_err(UrlError::from)?)
    }

    /// The TLS settings of the next attempt. The client certificate and the
    /// server name that the caller gave are for the builder's origin.
    pub(crate) fn tls(&self) -> Result<Tls, TlsError> {
        let tls = self.builder.tls_or_default()?;
        Ok(if self.home {
            tls.clone()
        } else {
            tls.for_another_server()
        })
    }

    /// The request of the next attempt, lent to `f`.
    pub(crate) fn with_request<R>(&self, uri: &Uri<'_>, f: impl FnOnce(&Request<'_>) -> R) -> R {
        let builder = self.builder;
        let mut headers = borrowed(&builder.headers);
        let mut secret = borrowed(&builder.secret_headers);
        if !self.home {
            headers.retain(|(name, _)| !is_secret_header(name));
            secret.clear();
        }
        let mut cookie = builder.cookie.as_deref().filter(|_| self.home);
        let merged = self.with_jar(cookie, &mut headers, &mut secret);
        cookie = merged.as_deref().or(cookie);
        if let Some(value) = &self.authorization {
            for list in [&mut headers, &mut secret] {
                list.retain(|(name, _)| !name.eq_ignore_ascii_case("Authorization"));
            }
            headers.push(("Authorization", value));
        }
        let subprotocols: Vec<_> = builder.subprotocols.iter().map(String::as_str).collect();
        let mut request = Request::new(uri)
            .headers(&headers)
            .secret_headers(&secret)
            .subprotocols(&subprotocols);
        if let Some(compression) = &builder.compression {
            request = request.deflate(&compression.offers);
        }
        if let Some(host) = builder.host.as_ref().filter(|_| self.home) {
            request = request.host(host);
        }
        if let Some(origin) = &builder.origin {
            request = request.origin(origin);
        }
        if let Some(cookie) = cookie {
            request = request.cookie(cookie);
        }
        f(&request)
    }

    /// The caller's own cookies and those of the jar in one value, as it has
    /// to be (RFC 6265 §5.4). A cookie of the caller's hides one of the same
    /// name. `None`: the jar has none.
    #[cfg(feature = "cookies")]
    fn with_jar(
        &self,
        own: Option<&str>,
        headers: &mut Vec<(&'a str, &'a str)>,
        secret: &mut Vec<(&'a str, &'a str)>,
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
        let kept = jar.header_without(&self.url, &names)?;
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
        _headers: &mut Vec<(&'a str, &'a str)>,
        _secret: &mut Vec<(&'a str, &'a str)>,
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
                    && !jar.set(&self.url, cookie)
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
            error: HandshakeError::Refused { status },
            response: Some(response),
        } = &error
        else {
            return Err(error);
        };
        if is_redirect(*status) {
            match self.follow(response) {
                Ok(()) => return Ok(()),
                Err(reason) => return Err(not_followed(error, reason)),
            }
        }
        if *status == 401 && self.answer(response)? {
            return Ok(());
        }
        Err(error)
    }

    fn follow(&mut self, response: &Response) -> Result<(), RedirectError> {
        let limit = self.builder.journey.max_redirects;
        if limit == 0 {
            return Err(RedirectError::Off);
        }
        let location = response
            .header("Location")
            .ok_or(RedirectError::MissingLocation)?;
        let target = redirect::target(&self.url, location)?;
        if self.redirects >= limit {
            return Err(RedirectError::TooMany { limit });
        }
        let url = String::from(target.clone());
        let uri = Uri::parse(&url).map_err(|_| RedirectError::InvalidLocation)?;
        log::debug!("{} leads to {uri}", response.status());
        self.redirects += 1;
        self.answers = 0;
        if !redirect::same_origin(&self.url, &target) {
            self.home = false;
        }
        // An answer holds for the URL that asked, but for Basic.
        let is_basic = |value: &String| value.starts_with("Basic ");
        self.authorization = self.authorization.take().filter(is_basic);
        if !self.home {
            self.authorization = None;
        }
        self.url = url;
        Ok(())
    }

    /// Whether there is an answer to give.
    fn answer(&mut self, response: &Response) -> Result<bool, ConnectError> {
        if !self.home || self.answers >= MAX_ANSWERS {
            return Ok(false);
        }
        let headers = response.headers();
        let challenges = Challenge::all(
            headers
                .filter(|(name, _)| name.eq_ignore_ascii_case("WWW-Authenticate"))
                .map(|(_, value)| value),
        );
        if self.answers > 0 && !auth::is_stale(&challenges) {
            return Ok(false);
        }
        let hook = self.builder.journey.authenticate.as_ref();
        let mut answer = hook.and_then(|hook| challenges.iter().find_map(|one| hook.0(one)));
        if answer.is_none()
            && let Some(credentials) = self.credentials()
        {
            let target = self.uri()?.path_and_query().to_string();
            let asked = Asked {
                method: "GET",
                target: &target,
            };
            let test = self.builder.entropy.as_ref();
            let mut entropy = OsEntropy::of(test).map_err(ConnectError::Io)?;
            answer = credentials.answer(&challenges, asked, &mut entropy);
        }
        // What was refused once is not said again.
        if answer.is_none() || answer == self.authorization {
            return Ok(false);
        }
        log::debug!("401: once more, with credentials");
        self.authorization = answer;
        self.answers += 1;
        Ok(true)
    }

    /// Those of the builder, else those of its URL.
    fn credentials(&self) -> Option<Credentials> {
        if !self.home {
            return None;
        }
        match &self.builder.journey.credentials {
            Some(credentials) => Some(credentials.clone()),
            None => Credentials::from_userinfo(self.uri().ok()?.userinfo()?),
        }
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

const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
