//! What a URI asks its host for (RFC 6455 §3).

use core::fmt;

/// Path and query of a [`Uri`](super::Uri), which is RFC 6455's "resource name".
///
/// Always begins with `/`: an empty path is `/`, and `?x` without a path is
/// `/?x`. Compares with `str`; `Display` writes it whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PathAndQuery<'a>(&'a str);

impl<'a> PathAndQuery<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The path and query in two parts to be written one after the other:
    /// a slash where the URI has no path, and what the URI has.
    pub fn parts(&self) -> (&'static str, &'a str) {
        if self.0.starts_with('/') {
            ("", self.0)
        } else {
            ("/", self.0)
        }
    }
}

impl PartialEq<str> for PathAndQuery<'_> {
    fn eq(&self, other: &str) -> bool {
        let (slash, rest) = self.parts();
        other.strip_prefix(slash) == Some(rest)
    }
}

impl PartialEq<&str> for PathAndQuery<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for PathAndQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slash, rest) = self.parts();
        f.write_str(slash)?;
        f.write_str(rest)
    }
}

impl fmt::Debug for PathAndQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathAndQuery({self})")
    }
}
