//! The way to an open connection over several attempts: which redirect to
//! follow, which challenge to answer, and what a request may say where.
//!
//! ```text
//!   attempt ─► 101: open
//!      ▲   ├─► 301 302 303 307 308 ─► another URL ─┐
//!      │   ├─► 401 ─► with Authorization ──────────┤
//!      │   └─► anything else: an error             │
//!      └───────────────────────────────────────────┘
//! ```
//! Each attempt is a connection of its own, with deadlines of its own.

use alloc::{string::String, vec::Vec};
#[cfg(feature = "http")]
use alloc::{string::ToString as _, sync::Arc};
#[cfg(feature = "http")]
use core::fmt;

use hybi_core::{
    entropy::Entropy,
    extension::deflate::DeflateOffer,
    handshake::Request,
    http::is_secret_header,
    uri::{Uri, UriError},
};

#[cfg(feature = "http")]
use crate::{
    auth::{self, Asked, Challenge, Credentials},
    redirect,
};
use crate::{
    redirect::RedirectError,
    response::Response,
    url::{self, UrlError},
};

/// What to do after a refusal. Without the feature `http` there is nothing to
/// set.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    #[cfg(feature = "http")]
    /// How many redirects in a row to follow.
    pub max_redirects: u32,
    #[cfg(feature = "http")]
    /// User and password instead of those of the URL.
    pub credentials: Option<Credentials>,
    #[cfg(feature = "http")]
    /// Whether Basic goes with the first request. `None`: over TLS only.
    pub basic_at_once: Option<bool>,
    #[cfg(feature = "http")]
    /// Answers challenges for the caller.
    pub authenticate: Option<Hook>,
}

#[cfg(feature = "http")]
/// Answers challenges for the caller.
#[derive(Clone)]
pub struct Hook(Arc<Answer>);

#[cfg(feature = "http")]
type Answer = dyn Fn(&Challenge) -> Option<String> + Send + Sync;

#[cfg(feature = "http")]
impl Hook {
    /// Asks `answer` about each challenge.
    pub fn new(answer: impl Fn(&Challenge) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }
}

#[cfg(feature = "http")]
impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// What the requests of all attempts say, as far as it may be said where they
/// go.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Headers.
    pub headers: &'a [(String, String)],
    /// Headers for the URL's own origin only.
    pub secret_headers: &'a [(String, String)],
    /// Instead of the URL's host, at its own origin.
    pub host: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Cookie`, for the URL's own origin only.
    pub cookie: Option<&'a str>,
    /// Subprotocols, the preferred one first.
    pub subprotocols: &'a [String],
    /// permessage-deflate offers, the preferred one first.
    pub deflate: &'a [DeflateOffer],
}

#[cfg(feature = "http")]
impl Said<'_> {
    fn has_header(&self, name: &str) -> bool {
        let mut all = self.headers.iter().chain(self.secret_headers);
        all.any(|(other, _)| other.eq_ignore_ascii_case(name))
    }
}

/// Headers on their way into a request.
pub type Headers<'a> = Vec<(&'a str, &'a str)>;

/// Where the way has led so far.
#[derive(Debug)]
pub struct Journey<'a> {
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "there are none"))]
    settings: &'a Settings,
    said: Said<'a>,
    /// In ASCII, checked. After a redirect without userinfo.
    url: String,
    /// Still at the origin of the first URL. Secrets go nowhere else, and not
    /// back there either: who leads away may lead back.
    home: bool,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "none is followed"))]
    redirects: u32,
    /// The value of an `Authorization` header.
    authorization: Option<String>,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "none is given"))]
    answers: u8,
}

#[cfg(feature = "http")]
/// A challenge is answered once, and once more where only its nonce was old.
const MAX_ANSWERS: u8 = 2;

impl<'a> Journey<'a> {
    /// The way to `url`, as people write it.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn begin(url: &str, settings: &'a Settings, said: Said<'a>) -> Result<Self, UrlError> {
        let url = url::to_ascii(url)?.into_owned();
        let journey = Self {
            settings,
            said,
            url,
            home: true,
            redirects: 0,
            authorization: None,
            answers: 0,
        };
        #[cfg(feature = "http")]
        let journey = journey.with_basic()?;
        Ok(journey)
    }

    #[cfg(feature = "http")]
    fn with_basic(mut self) -> Result<Self, UrlError> {
        let is_secure = self.uri()?.is_secure();
        let at_once = self.settings.basic_at_once.unwrap_or(is_secure);
        if at_once && !self.said.has_header("Authorization") {
            self.authorization = self.credentials().and_then(|known| known.basic());
        }
        Ok(self)
    }

    /// Where the next attempt leads.
    ///
    /// # Errors
    /// None, in truth: the URL was checked.
    pub fn uri(&self) -> Result<Uri<'_>, UriError> {
        Uri::parse(&self.url)
    }

    /// The same as text.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether that is still the origin of the first URL. What is for that
    /// origin alone, the client certificate for instance, goes nowhere else.
    #[must_use]
    pub const fn is_home(&self) -> bool {
        self.home
    }

    /// The request of the next attempt, lent to `f`. `cookies` may put
    /// another value in the place of the caller's own `Cookie`, which it is
    /// given with all headers.
    pub fn with_request<R>(
        &self,
        uri: &Uri<'_>,
        cookies: impl FnOnce(Option<&str>, &mut Headers<'a>, &mut Headers<'a>) -> Option<String>,
        f: impl FnOnce(&Request<'_>) -> R,
    ) -> R {
        let said = &self.said;
        let mut headers = borrowed(said.headers);
        let mut secret = borrowed(said.secret_headers);
        if !self.home {
            headers.retain(|(name, _)| !is_secret_header(name));
            secret.clear();
        }
        let own = said.cookie.filter(|_| self.home);
        let merged = cookies(own, &mut headers, &mut secret);
        let cookie = merged.as_deref().or(own);
        let mut headers: Vec<(&str, &str)> = headers;
        if let Some(value) = &self.authorization {
            let is_other = |(name, _): &(&str, &str)| !name.eq_ignore_ascii_case("Authorization");
            headers.retain(is_other);
            secret.retain(is_other);
            headers.push(("Authorization", value));
        }
        let subprotocols: Vec<_> = said.subprotocols.iter().map(String::as_str).collect();
        let mut request = Request::new(uri)
            .headers(&headers)
            .secret_headers(&secret)
            .subprotocols(&subprotocols)
            .deflate(said.deflate);
        if let Some(host) = said.host.filter(|_| self.home) {
            request = request.host(host);
        }
        if let Some(origin) = said.origin {
            request = request.origin(origin);
        }
        if let Some(cookie) = cookie {
            request = request.cookie(cookie);
        }
        f(&request)
    }

    /// What to do after a refusal with this response. True: another attempt.
    ///
    /// # Errors
    /// It was a redirect, which is not followed.
    pub fn go_on(
        &mut self,
        response: &Response,
        entropy: &mut impl Entropy,
    ) -> Result<bool, RedirectError> {
        match response.status() {
            #[cfg(feature = "http")]
            status if is_redirect(status) => self.follow(response).map(|()| true),
            #[cfg(feature = "http")]
            401 => Ok(self.answer(response, entropy)),
            status => {
                let _ = entropy;
                if is_redirect(status) {
                    return Err(RedirectError::Off);
                }
                Ok(false)
            }
        }
    }

    #[cfg(feature = "http")]
    fn follow(&mut self, response: &Response) -> Result<(), RedirectError> {
        let limit = self.settings.max_redirects;
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

    #[cfg(feature = "http")]
    /// Whether there is an answer to give.
    fn answer(&mut self, response: &Response, entropy: &mut impl Entropy) -> bool {
        if !self.home || self.answers >= MAX_ANSWERS {
            return false;
        }
        let headers = response.headers();
        let challenges = Challenge::all(
            headers
                .filter(|(name, _)| name.eq_ignore_ascii_case("WWW-Authenticate"))
                .map(|(_, value)| value),
        );
        if self.answers > 0 && !auth::is_stale(&challenges) {
            return false;
        }
        let hook = self.settings.authenticate.as_ref();
        let mut answer = hook.and_then(|hook| challenges.iter().find_map(|one| hook.0(one)));
        if answer.is_none()
            && let Some(credentials) = self.credentials()
            && let Ok(uri) = self.uri()
        {
            let asked = Asked {
                method: "GET",
                target: &uri.path_and_query().to_string(),
            };
            answer = credentials.answer(&challenges, asked, entropy);
        }
        // What was refused once is not said again.
        if answer.is_none() || answer == self.authorization {
            return false;
        }
        log::debug!("401: once more, with credentials");
        self.authorization = answer;
        self.answers += 1;
        true
    }

    #[cfg(feature = "http")]
    /// Those of the settings, else those of the URL.
    fn credentials(&self) -> Option<Credentials> {
        if !self.home {
            return None;
        }
        match &self.settings.credentials {
            Some(credentials) => Some(credentials.clone()),
            None => Credentials::from_userinfo(self.uri().ok()?.userinfo()?),
        }
    }
}

/// Whether a status is that of a redirect that a client may follow.
#[must_use]
pub const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn borrowed(headers: &[(String, String)]) -> Headers<'_> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
