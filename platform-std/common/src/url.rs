//! From what people write to what the core's strict parser takes: host names
//! outside ASCII become `xn--` names (UTS 46), other characters outside
//! ASCII and spaces are percent-encoded.

use alloc::{
    borrow::{Cow, ToOwned as _},
    format,
    string::{String, ToString as _},
};
use core::{
    error::Error,
    fmt::{self, Write as _},
};

use hybi_core::uri::{Uri, UriError};

/// Why a URL cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not a `ws://` or `wss://` URL.
    Syntax(UriError),
    /// Its host is not in ASCII, and there is no `xn--` form of it, or nothing
    /// here that finds it: the feature `idn`.
    Host(String),
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::Host(host) => write!(f, "{host:?} is not a host name that exists in any form"),
        }
    }
}

impl Error for UrlError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Syntax(error) => Some(error),
            Self::Host(_) => None,
        }
    }
}

impl From<UriError> for UrlError {
    fn from(error: UriError) -> Self {
        Self::Syntax(error)
    }
}

/// `url` in the form that goes on the wire, checked.
///
/// # Errors
/// [`UrlError`].
pub fn to_ascii(url: &str) -> Result<Cow<'_, str>, UrlError> {
    let url = url.trim_matches(|c: char| c.is_ascii_whitespace());
    let ascii = if url.bytes().all(|byte| byte.is_ascii() && byte != b' ') {
        Cow::Borrowed(url)
    } else {
        Cow::Owned(encode(url)?)
    };
    Uri::parse(&ascii)?;
    Ok(ascii)
}

/// How `url` may stand in logs and events: without its userinfo.
#[must_use]
pub fn redacted(url: &str) -> String {
    if let Ok(uri) = Uri::parse(url) {
        return uri.to_string();
    }
    // Not a URL, so anything up to an @ may be a secret.
    match url.rsplit_once('@') {
        Some((_, rest)) => format!("***@{rest}"),
        None => url.to_owned(),
    }
}

fn encode(url: &str) -> Result<String, UrlError> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(UriError::MissingScheme.into());
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let (userinfo, host_and_port) = match authority.rsplit_once('@') {
        Some((userinfo, host_and_port)) => (Some(userinfo), host_and_port),
        None => (None, authority),
    };
    let mut ascii = format!("{scheme}://");
    if let Some(userinfo) = userinfo {
        percent_encode(userinfo, &mut ascii);
        ascii.push('@');
    }
    if host_and_port.is_ascii() {
        ascii.push_str(host_and_port);
    } else {
        let (host, port) = match host_and_port.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_and_port, None),
        };
        ascii.push_str(&host_to_ascii(host)?);
        if let Some(port) = port {
            ascii.push(':');
            ascii.push_str(port);
        }
    }
    percent_encode(target, &mut ascii);
    Ok(ascii)
}

#[cfg(feature = "idn")]
fn host_to_ascii(host: &str) -> Result<String, UrlError> {
    idna::domain_to_ascii_strict(host).map_err(|_| UrlError::Host(host.to_owned()))
}

#[cfg(not(feature = "idn"))]
fn host_to_ascii(host: &str) -> Result<String, UrlError> {
    Err(UrlError::Host(host.to_owned()))
}

/// Only what cannot stand in a URI at all; a `%` stays, so that what is
/// encoded already is not encoded twice.
fn percent_encode(text: &str, to: &mut String) {
    for character in text.chars() {
        if character.is_ascii() && character != ' ' {
            to.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(all(test, feature = "idn"))]
mod tests {
    use super::*;

    #[test]
    fn ascii_stays_as_written() {
        let url = "wss://u:p%20w@Example.com:8443/a;b?c=%7B&d";
        assert_eq!(to_ascii(url).unwrap(), url);
        assert!(matches!(to_ascii(url), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn people_write_other_letters() {
        for (written, sent) in [
            ("ws://bücher.example/", "ws://xn--bcher-kva.example/"),
            ("ws://例え.テスト:81/", "ws://xn--r8jz45g.xn--zckzah:81/"),
            ("ws://a/straße?q=ü 1", "ws://a/stra%C3%9Fe?q=%C3%BC%201"),
            ("  ws://a/b c\n", "ws://a/b%20c"),
            ("ws://ü:p@a/", "ws://%C3%BC:p@a/"),
            ("ws://a?ü", "ws://a?%C3%BC"),
        ] {
            assert_eq!(to_ascii(written).unwrap(), sent, "{written}");
        }
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        for url in [
            "",
            "a",
            "http://a/",
            "ws://",
            "ws://a/#f",
            "ws://a/\r\nX",
            "ws:// a/",
        ] {
            assert!(matches!(to_ascii(url), Err(UrlError::Syntax(_))), "{url:?}");
        }
        assert!(matches!(
            to_ascii("ws://a\u{ad}\u{300}b..ü/"),
            Err(UrlError::Host(_))
        ));
    }

    #[test]
    fn userinfo_never_shows() {
        assert_eq!(redacted("wss://user:secret@a/b"), "wss://***@a/b");
        assert_eq!(redacted("wss//user:sec@ret@a b"), "***@a b");
    }
}
