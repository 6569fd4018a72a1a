//! Redirects (RFC 9110 §15.4): where to, and why not.

use core::{error::Error, fmt};

#[cfg(feature = "http")]
use url::Url;

/// Why a redirect was not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectError {
    /// Redirects are not followed unless `Builder::max_redirects` allows it.
    Off,
    /// The connection runs over a stream that the caller has made, with
    /// `Builder::connect_over`.
    Prepared,
    /// There were more in a row than allowed.
    TooMany {
        /// How many are.
        limit: u32,
    },
    /// The response has no `Location`.
    MissingLocation,
    /// Its `Location` is no URL that can be opened.
    InvalidLocation,
    /// It leads from `wss` to `ws`.
    Downgrade,
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("redirects are not allowed"),
            Self::Prepared => f.write_str("the caller's stream leads nowhere else"),
            Self::TooMany { limit } => write!(f, "only {limit} in a row are allowed"),
            Self::MissingLocation => f.write_str("it has no Location"),
            Self::InvalidLocation => f.write_str("its Location cannot be opened"),
            Self::Downgrade => f.write_str("it leads from wss to ws"),
        }
    }
}

impl Error for RedirectError {}

#[cfg(feature = "http")]
/// Where `location` leads, seen from `base`: a `ws` or `wss` URL without
/// userinfo and fragment. `http` and `https` are read as `ws` and `wss`.
///
/// # Errors
/// [`RedirectError`].
pub(crate) fn target(base: &str, location: &str) -> Result<Url, RedirectError> {
    let base = Url::parse(base).map_err(|_| RedirectError::InvalidLocation)?;
    // The parser would leave out tabs and line ends wherever they stand.
    if location.is_empty() || location.contains(|c: char| c.is_ascii_control()) {
        return Err(RedirectError::InvalidLocation);
    }
    let mut target = base
        .join(location)
        .map_err(|_| RedirectError::InvalidLocation)?;
    let scheme = match target.scheme() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return Err(RedirectError::InvalidLocation),
    };
    if base.scheme() == "wss" && scheme == "ws" {
        return Err(RedirectError::Downgrade);
    }
    // `https://a:443` and `wss://a` are one origin: both have no port here.
    let set = target
        .set_scheme(scheme)
        .and_then(|()| target.set_username(""))
        .and_then(|()| target.set_password(None));
    set.map_err(|()| RedirectError::InvalidLocation)?;
    // RFC 6455 §3: a WebSocket URL has no fragment.
    target.set_fragment(None);
    Ok(target)
}

#[cfg(feature = "http")]
/// Whether both have the same scheme, host and port.
pub(crate) fn same_origin(one: &str, other: &Url) -> bool {
    Url::parse(one).is_ok_and(|one| one.origin() == other.origin())
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn targets() {
        let base = "wss://u:p@Example.com:8443/a/b/c?q=1";
        for (location, expected) in [
            ("wss://b.example/x", "wss://b.example/x"),
            ("https://b.example:443/x", "wss://b.example/x"),
            ("HTTPS://B.example:80", "wss://b.example:80/"),
            ("/x?y=1#f", "wss://example.com:8443/x?y=1"),
            ("x", "wss://example.com:8443/a/b/x"),
            ("../x", "wss://example.com:8443/a/x"),
            ("?y", "wss://example.com:8443/a/b/c?y"),
            ("//b.example/x", "wss://b.example/x"),
            ("wss://v:q@b.example/", "wss://b.example/"),
            ("wss://[::1]:1/", "wss://[::1]:1/"),
            ("/ü b", "wss://example.com:8443/%C3%BC%20b"),
            ("//bücher.example", "wss://xn--bcher-kva.example/"),
        ] {
            let target = target(base, location).map(String::from);
            assert_eq!(target.as_deref(), Ok(expected), "{location}");
        }
        let plain = target("ws://a:80/x", "https://a/").map(String::from);
        assert_eq!(plain.as_deref(), Ok("wss://a/"));
    }

    #[test]
    fn what_cannot_be_followed() {
        for location in [
            "",
            "ftp://a/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "wss://",
            "wss://a:99999/",
            "wss://a b/",
            "wss://[::1/",
            "/a\tb",
            "/a\r\nb",
        ] {
            let target = target("wss://a/", location);
            assert_eq!(target, Err(RedirectError::InvalidLocation), "{location:?}");
        }
        for location in ["ws://a/", "http://a/", "http:/x", "HTTP://b:443/"] {
            let target = target("wss://a/", location);
            assert_eq!(target, Err(RedirectError::Downgrade), "{location:?}");
        }
    }

    #[test]
    fn origins() {
        for (one, other, same) in [
            ("ws://a/x", "ws://a:80/y", true),
            ("WSS://u:p@A:443/", "wss://a/", true),
            ("ws://a/", "wss://a/", false),
            ("ws://a/", "ws://a:81/", false),
            ("ws://a/", "ws://b/", false),
            ("ws://a/", "ws://a./", false),
        ] {
            let other = Url::parse(other).unwrap();
            assert_eq!(same_origin(one, &other), same, "{one} {other}");
        }
    }
}
