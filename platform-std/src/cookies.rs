//! Cookies (RFC 6265), kept between connections where a caller wants it.

use core::{fmt, ops::Deref};
use std::{
    io::{self, BufReader, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cookie_store::{Cookie, CookieStore, serde::json};
use hybi_core::http::is_field_value;
use url::{Host, Url};

use crate::builder::Builder;

/// A jar for the cookies that servers set in their handshake responses:
/// opened connections, redirects and refusals. Clones share what is in it.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hybi_std::CookieJar;
///
/// let jar = CookieJar::new();
/// let socket = hybi_std::builder("wss://example.com/chat").cookie_jar(&jar).connect()?;
/// jar.to_writer(&mut std::fs::File::create("cookies.json")?)?;
/// # Ok(())
/// # }
/// ```
///
/// Domain, path, `Secure`, `Expires` and `Max-Age` are observed, and the
/// prefixes `__Secure-` and `__Host-`; for that, `ws` counts as `http` and
/// `wss` as `https`. As in browsers, a `Secure` cookie also goes to the
/// machine itself without TLS. A cookie for a whole top-level domain is
/// refused; for what else is a public suffix, such as `co.uk`, give the jar
/// [the list](Self::public_suffixes).
///
/// `Debug` shows how many cookies there are, not what they are.
#[derive(Clone, Default)]
pub struct CookieJar {
    store: Arc<Mutex<CookieStore>>,
}

/// More are not kept: a server must not fill the memory.
const MAX_COOKIES: usize = 1000;

impl CookieJar {
    /// An empty jar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A jar with the cookies that [`to_writer`](Self::to_writer) has
    /// written and that have not expired since.
    ///
    /// # Errors
    /// Those of `reader`, and [`io::ErrorKind::InvalidData`].
    pub fn from_reader(reader: impl Read) -> io::Result<Self> {
        let store = json::load(BufReader::new(reader)).map_err(invalid)?;
        Ok(Self {
            store: Arc::new(Mutex::new(store)),
        })
    }

    /// Writes the cookies as JSON: those that have a time until which they
    /// are good, as RFC 6265 has it. They are secrets; mind who may read
    /// them.
    ///
    /// # Errors
    /// Those of `writer`.
    pub fn to_writer(&self, writer: &mut impl Write) -> io::Result<()> {
        json::save(&self.store(), writer).map_err(invalid)
    }

    /// Like [`to_writer`](Self::to_writer), with those, too, that are good
    /// only for a session, so that the session goes on with the next program.
    ///
    /// # Errors
    /// Those of `writer`.
    pub fn to_writer_with_session(&self, writer: &mut impl Write) -> io::Result<()> {
        json::save_incl_expired_and_nonpersistent(&self.store(), writer).map_err(invalid)
    }

    /// Refuses cookies for public suffixes from now on, by the text of
    /// [the list](https://publicsuffix.org/list/public_suffix_list.dat);
    /// Debian has it in `/usr/share/publicsuffix/`.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`], where the text is not that list.
    pub fn public_suffixes(self, list: &str) -> io::Result<Self> {
        let list = list.parse().map_err(invalid)?;
        let mut store = self.store();
        *store = core::mem::take(&mut *store).with_suffix_list(list);
        drop(store);
        Ok(self)
    }

    /// Stores a cookie as if the server of `url` had sent
    /// `Set-Cookie: cookie`. False: it may not be stored for that URL, or
    /// one of the two makes no sense.
    pub fn set(&self, url: &str, cookie: &str) -> bool {
        let Some(url) = to_http(url) else {
            return false;
        };
        let Ok(cookie) = Cookie::parse(cookie, &url) else {
            return false;
        };
        if !is_allowed(&cookie, &url) {
            return false;
        }
        let mut store = self.store();
        let (domain, path, name) = place(&cookie);
        if !store.contains_any(&domain, &path, &name) && store.iter_any().count() >= MAX_COOKIES {
            forget_expired(&mut store);
            if store.iter_any().count() >= MAX_COOKIES {
                log::warn!("a cookie is not kept: the jar has {MAX_COOKIES}");
                return false;
            }
        }
        store.insert(cookie.into_owned(), &url).is_ok()
    }

    /// The value of the `Cookie` header for a request to `url`, longer paths
    /// first (RFC 6265 §5.4). `None`: there is no cookie for it.
    #[must_use]
    pub fn header(&self, url: &str) -> Option<String> {
        self.header_without(url, &[])
    }

    /// Takes no cookie of these names.
    pub(crate) fn header_without(&self, url: &str, names: &[&str]) -> Option<String> {
        let url = to_http(url)?;
        let store = self.store();
        let mut cookies = store.matches(&url);
        cookies.sort_by_key(|cookie| core::cmp::Reverse(cookie.path.as_ref().len()));
        let pairs: Vec<_> = cookies
            .iter()
            .filter(|cookie| !names.contains(&cookie.name()))
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .filter(|pair| is_field_value(pair.as_bytes()))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// How many cookies there are that have not expired.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store().iter_unexpired().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Throws all cookies away.
    pub fn clear(&self) {
        self.store().clear();
    }

    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Builder {
    /// Sends the cookies of this jar that are for the URL, and keeps in it
    /// those that servers set while connecting. Default: none are kept.
    pub fn cookie_jar(mut self, jar: &CookieJar) -> Self {
        self.journey.cookie_jar = Some(jar.clone());
        self
    }
}

impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieJar")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// What the store does not look at: top-level domains, `Secure` from where
/// it means nothing, and the prefixes of names (RFC 6265bis §4.1.3, §5.7).
fn is_allowed(cookie: &Cookie<'_>, url: &Url) -> bool {
    let is_secure = url.scheme() == "https" || is_loopback(url);
    let secure = cookie.secure() == Some(true);
    if secure && !is_secure {
        return false;
    }
    let domain = cookie.deref().domain().unwrap_or_default();
    if !domain.is_empty() && !domain.contains('.') && url.host_str() != Some(domain) {
        return false;
    }
    let has_prefix = |prefix: &str| {
        let begin = cookie.name().get(..prefix.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    };
    if has_prefix("__Host-") {
        return secure && domain.is_empty() && cookie.deref().path() == Some("/");
    }
    secure || !has_prefix("__Secure-")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn forget_expired(store: &mut CookieStore) {
    let expired: Vec<_> = store
        .iter_any()
        .filter(|cookie| cookie.is_expired())
        .map(place)
        .collect();
    for (domain, path, name) in expired {
        store.remove(&domain, &path, &name);
    }
}

fn place(cookie: &Cookie<'_>) -> (String, String, String) {
    (
        String::from(&cookie.domain),
        String::from(&cookie.path),
        cookie.name().to_owned(),
    )
}

/// The store knows `http` and `https` only.
fn to_http(url: &str) -> Option<Url> {
    let mut url = Url::parse(url).ok()?;
    let scheme = match url.scheme() {
        "ws" => "http",
        "wss" => "https",
        _ => return Some(url),
    };
    url.set_scheme(scheme).ok()?;
    Some(url)
}

fn invalid(error: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
