//! The URL of a proxy.

use alloc::{
    borrow::ToOwned as _,
    format,
    string::{String, ToString as _},
};
use core::{error::Error, fmt};

use hybi_core::uri::{Host, Uri, UriError, percent_decode};

use crate::url::{self, UrlError};

/// What is spoken with a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// HTTP CONNECT.
    Http,
    /// HTTP CONNECT inside TLS.
    Https,
    /// SOCKS4: this machine resolves the target's name.
    Socks4,
    /// SOCKS4a: the proxy does.
    Socks4a,
    /// SOCKS5: this machine resolves the target's name.
    Socks5,
    /// SOCKS5: the proxy does.
    Socks5h,
}

impl ProxyScheme {
    /// As it stands in a URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "http" => Self::Http,
            "https" => Self::Https,
            // As curl reads it.
            "socks4" | "socks" => Self::Socks4,
            "socks4a" => Self::Socks4a,
            "socks5" => Self::Socks5,
            "socks5h" => Self::Socks5h,
            _ => return None,
        })
    }

    /// As curl has it: an `http://` proxy without a port is at 1080 too.
    const fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            _ => 1080,
        }
    }

    const fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

/// User and password, decoded.
///
/// `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password; empty where there is none.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Where a proxy is, what it speaks, and with which credentials.
///
/// `Debug` and `Display` replace the credentials with `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    scheme: ProxyScheme,
    /// IPv6 without brackets.
    host: String,
    port: u16,
    credentials: Option<Credentials>,
    exceptions: Option<String>,
}

impl ProxyUrl {
    /// Parses `scheme://user:password@host:port`. Everything but the host may
    /// be missing: then it is `http`, nobody, and the port that the
    /// [module](super) tells. A path is ignored.
    ///
    /// # Errors
    /// [`ProxyUrlError`], which holds no secret.
    pub fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (
                ProxyScheme::parse(scheme).ok_or(ProxyUrlError::Scheme)?,
                rest,
            ),
            None => (ProxyScheme::Http, text),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let (userinfo, host_and_port) = match authority.rsplit_once('@') {
            Some((userinfo, rest)) => (userinfo, rest),
            None => ("", authority),
        };
        // "http:/proxy" means something else than a host of that name.
        if host_and_port.ends_with(':') {
            return Err(ProxyUrlError::of_address(UriError::InvalidPort.into()));
        }
        let url = format!("ws://{host_and_port}");
        let url = url::to_ascii(&url).map_err(ProxyUrlError::of_address)?;
        let uri = Uri::parse(&url).map_err(|error| ProxyUrlError::of_address(error.into()))?;
        Ok(Self {
            scheme,
            host: match uri.host() {
                Host::Name(name) => name.to_owned(),
                Host::Ipv4(address) => address.to_string(),
                Host::Ipv6(address) => address.to_string(),
            },
            port: uri.explicit_port().unwrap_or(scheme.default_port()),
            credentials: credentials(scheme, userinfo)?,
            exceptions: None,
        })
    }

    /// Reaches some targets directly all the same: a list as `no_proxy` has
    /// it, see the [module](super).
    #[must_use]
    pub fn except(mut self, list: impl Into<String>) -> Self {
        self.exceptions = Some(list.into());
        self
    }

    /// What is spoken.
    #[must_use]
    pub const fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// The host, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// User and password.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// What [`except`](Self::except) was told; empty: nothing.
    #[must_use]
    pub fn exceptions(&self) -> &str {
        self.exceptions.as_deref().unwrap_or("")
    }
}

fn credentials(scheme: ProxyScheme, userinfo: &str) -> Result<Option<Credentials>, ProxyUrlError> {
    if userinfo.is_empty() {
        return Ok(None);
    }
    let decode = |text| {
        let text = String::from_utf8(percent_decode(text).collect()).ok()?;
        // Neither HTTP nor a terminal shall see any.
        (!text.contains(|c: char| c.is_ascii_control())).then_some(text)
    };
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let (user, password) = match (decode(user), decode(password)) {
        (Some(user), Some(password)) => (user, password),
        _ => return Err(ProxyUrlError::Userinfo),
    };
    let fits = if scheme.is_http() {
        // RFC 7617 §2: Basic cannot tell where such a user ends.
        !user.contains(':')
    } else {
        // RFC 1929 §2 counts in one byte.
        !user.is_empty() && user.len() <= 255 && password.len() <= 255
    };
    if !fits {
        return Err(ProxyUrlError::Userinfo);
    }
    Ok(Some(Credentials { user, password }))
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme.as_str())?;
        if self.credentials.is_some() {
            f.write_str("***@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

/// What is wrong with the URL of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyUrlError {
    /// Its scheme is none of those known.
    Scheme,
    /// User or password are not UTF-8, have a control character, or cannot be
    /// sent with this scheme.
    Userinfo,
    /// Its host or port.
    Address(UrlError),
}

impl ProxyUrlError {
    /// Positions and characters are those of a URL that nobody wrote.
    fn of_address(error: UrlError) -> Self {
        Self::Address(match error {
            UrlError::Syntax(UriError::InvalidCharacter { .. }) => UriError::InvalidHost.into(),
            other => other,
        })
    }
}

impl fmt::Display for ProxyUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => f.write_str(
                "a proxy's URL begins with http://, https://, socks4://, socks4a://, socks5:// \
                 or socks5h://",
            ),
            Self::Userinfo => f.write_str(
                "user or password of the proxy's URL cannot be sent: percent-encode them",
            ),
            Self::Address(error) => write!(f, "the proxy's URL leads nowhere: {error}"),
        }
    }
}

impl Error for ProxyUrlError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Address(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(all(test, feature = "idn"))]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (text, shown, credentials) in [
            ("proxy", "http://proxy:1080", None),
            ("proxy:3128", "http://proxy:3128", None),
            ("127.0.0.1:8", "http://127.0.0.1:8", None),
            ("HTTP://proxy:80/", "http://proxy:80", None),
            ("https://proxy", "https://proxy:443", None),
            (
                "https://[2001:DB8::1]:8/x?y",
                "https://[2001:db8::1]:8",
                None,
            ),
            ("socks://a", "socks4://a:1080", None),
            ("socks4://a", "socks4://a:1080", None),
            ("Socks4A://a:1", "socks4a://a:1", None),
            ("socks5://a", "socks5://a:1080", None),
            ("socks5h://[::1]", "socks5h://[::1]:1080", None),
            (" http://bücher:1\n", "http://xn--bcher-kva:1", None),
            ("http://@a:1", "http://a:1", None),
            ("u:p@a:1", "http://***@a:1", Some(("u", "p"))),
            ("socks5://u@a:1", "socks5://***@a:1", Some(("u", ""))),
            ("http://:p@a:1", "http://***@a:1", Some(("", "p"))),
            (
                "http://u%40x:a:b%3a%25@c@a:1",
                "http://***@a:1",
                Some(("u@x", "a:b:%@c")),
            ),
            (
                "socks4://user%3Apass@a:1",
                "socks4://***@a:1",
                Some(("user:pass", "")),
            ),
            (
                "http://%C3%A9:%zz@a:1",
                "http://***@a:1",
                Some(("é", "%zz")),
            ),
        ] {
            let url = ProxyUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(format!("{url:?}"), format!("ProxyUrl({shown})"), "{text}");
            let found = url.credentials();
            let found = found.map(|found| (found.user.as_str(), found.password.as_str()));
            assert_eq!(found, credentials, "{text}");
        }
    }

    #[test]
    fn refused() {
        let long = format!("socks5://{}@a", "x".repeat(256));
        for (text, expected) in [
            ("ftp://a", ProxyUrlError::Scheme),
            ("socks6://a", ProxyUrlError::Scheme),
            ("://a", ProxyUrlError::Scheme),
            ("http://u%ff@a", ProxyUrlError::Userinfo),
            ("http://u%0d%0a@a", ProxyUrlError::Userinfo),
            ("http://u:p%00@a", ProxyUrlError::Userinfo),
            ("http://u%3ax:p@a", ProxyUrlError::Userinfo),
            ("socks5://:p@a", ProxyUrlError::Userinfo),
            (&long, ProxyUrlError::Userinfo),
        ] {
            assert_eq!(ProxyUrl::parse(text), Err(expected), "{text}");
        }
        for text in [
            "",
            "http://",
            "http://:80",
            "http:///x",
            "a:x",
            "a:0",
            "a:99999",
            "::1",
            "[::1",
            "a b",
            "127.1",
            "http:/a",
        ] {
            let error = ProxyUrl::parse(text).unwrap_err();
            assert!(
                matches!(error, ProxyUrlError::Address(_)),
                "{text}: {error:?}"
            );
        }
        let error = ProxyUrl::parse("http://u:s3cret@a b").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}
