//! HTTP authentication (RFC 9110 §11): which challenge to answer, and how.
//!
//! The same for a server's 401 and a proxy's 407: [`Challenge::all`] reads
//! the headers, [`Credentials::answer`] writes the value that goes back.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hybi_core::{entropy::Entropy, uri::percent_decode};

mod challenge;
mod digest;

pub use challenge::Challenge;
use digest::{Algorithm, Digest};

/// A user's name and password, as bytes: UTF-8 unless a URL says otherwise.
///
/// `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

/// A request that is to be authenticated.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Such as `GET`, or `CONNECT` for a proxy.
    pub method: &'a str,
    /// As it stands in the request line.
    pub target: &'a str,
}

impl Credentials {
    /// A user and a password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: user.into().into_bytes(),
            password: password.into().into_bytes(),
        }
    }

    /// `user:password` as it stands in a URL, percent-encoded. `None`: it is
    /// empty.
    #[must_use]
    pub fn from_userinfo(userinfo: &str) -> Option<Self> {
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let decode = |text| percent_decode(text).collect::<Vec<u8>>();
        (!userinfo.is_empty()).then(|| Self {
            user: decode(user),
            password: decode(password),
        })
    }

    /// The value of `Authorization` for Basic (RFC 7617). `None`: the user's
    /// name has a colon, which Basic cannot carry.
    #[must_use]
    pub fn basic(&self) -> Option<String> {
        if self.user.contains(&b':') {
            log::debug!("Basic authentication is not possible: the user's name has a colon");
            return None;
        }
        let both = [&self.user[..], b":", &self.password].concat();
        Some(format!("Basic {}", BASE64_STANDARD.encode(both)))
    }

    /// Answers the strongest of the challenges that this can answer: Digest
    /// with SHA-256, Digest with MD5, Basic. `None`: there is none.
    pub fn answer(
        &self,
        challenges: &[Challenge],
        asked: Asked<'_>,
        entropy: &mut impl Entropy,
    ) -> Option<String> {
        let digests: Vec<_> = challenges.iter().filter_map(Digest::of).collect();
        for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
            let mut nonce = [0; 16];
            entropy.fill(&mut nonce);
            let cnonce = BASE64_STANDARD.encode(nonce);
            let answer = digests
                .iter()
                .filter(|digest| digest.algorithm == algorithm)
                .find_map(|digest| digest.answer(self, asked, &cnonce));
            if answer.is_some() {
                return answer;
            }
        }
        let has_basic = challenges.iter().any(|challenge| challenge.is("Basic"));
        has_basic.then(|| self.basic()).flatten()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Whether a Digest answer was right but for its nonce, so that the same
/// user and password may be tried once more (RFC 7616 §3.3).
#[must_use]
pub fn is_stale(challenges: &[Challenge]) -> bool {
    challenges.iter().any(|challenge| {
        let stale = challenge.parameter("stale");
        challenge.is("Digest") && stale.is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn answer(headers: &[&str], user: &str) -> Option<String> {
        let challenges = Challenge::all(headers.iter().map(|header| header.as_bytes()));
        let asked = Asked {
            method: "GET",
            target: "/",
        };
        Credentials::new(user, "p").answer(&challenges, asked, &mut Zeros)
    }

    #[test]
    fn basic() {
        // RFC 7617 §2 and §2.1.
        for (user, password, expected) in [
            ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test", "123£", "dGVzdDoxMjPCow=="),
            ("", "", "Og=="),
            ("u", "a:b", "dTphOmI="),
        ] {
            let basic = Credentials::new(user, password).basic();
            assert_eq!(basic.unwrap(), format!("Basic {expected}"), "{user}");
        }
        assert_eq!(Credentials::new("a:b", "c").basic(), None);
    }

    #[test]
    fn userinfo() {
        let basic = |text| Credentials::from_userinfo(text).unwrap().basic().unwrap();
        assert_eq!(
            basic("Aladdin:open%20sesame"),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(basic("u:a:b"), "Basic dTphOmI=");
        assert_eq!(basic("u"), basic("u:"));
        assert_eq!(basic("u:%ff"), "Basic dTr/");
        assert_eq!(Credentials::from_userinfo(""), None);
        let colon = Credentials::from_userinfo("a%3Ab:c").unwrap();
        assert_eq!(colon, Credentials::new("a:b", "c"));
    }

    #[test]
    fn the_strongest_challenge_is_answered() {
        let (md5, sha, basic) = (
            r#"Digest realm="r", nonce="n", qop="auth""#,
            r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#,
            r#"Basic realm="r""#,
        );
        for (headers, begin) in [
            (&[basic, md5, sha][..], "Digest"),
            (&[&format!("{basic}, {md5}")], "Digest"),
            (&[basic], "Basic dTpw"),
            (
                &[r#"Digest realm="r", nonce="n", algorithm=X"#, basic],
                "Basic",
            ),
            (&["basic"], "Basic dTpw"),
        ] {
            let answer = answer(headers, "u").unwrap();
            assert!(answer.starts_with(begin), "{headers:?}: {answer}");
            let has_sha = headers.contains(&sha);
            assert_eq!(answer.contains("SHA-256"), has_sha, "{answer}");
        }
        for headers in [
            &[][..],
            &["Bearer realm=\"r\""],
            &["Negotiate"],
            &["Digest"],
            &["Digest realm=\"unfinished"],
        ] {
            assert_eq!(answer(headers, "u"), None, "{headers:?}");
        }
        assert_eq!(answer(&[basic], "a:b"), None);
    }

    #[test]
    fn stale() {
        let stale = |header: &str| is_stale(&Challenge::all([header.as_bytes()]));
        assert!(stale(r#"Digest realm="r", nonce="n", stale=TRUE"#));
        assert!(stale(r#"Basic realm="r", Digest stale="true""#));
        assert!(!stale(r#"Digest realm="r", nonce="n", stale=false"#));
        assert!(!stale("Basic stale=true"));
        assert!(!stale("Digest"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Credentials::new("user", "secret"));
        assert_eq!(shown, "Credentials { .. }");
    }
}
