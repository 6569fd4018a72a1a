//! Digest (RFC 7616): MD5 and SHA-256, each also as `-sess`, with `qop=auth`
//! or, as old servers want it, without `qop`.

use alloc::{format, string::String, vec::Vec};
use core::fmt::Write as _;

use hybi_core::http::is_field_value;
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::{Asked, Challenge, Credentials};

/// A challenge that can be answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest<'a> {
    challenge: &'a Challenge,
    realm: &'a str,
    nonce: &'a str,
    pub(super) algorithm: Algorithm,
    /// The session variant.
    session: bool,
    /// With `qop=auth`.
    qop: bool,
    /// The user's name does not go over the wire.
    userhash: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// The hexadecimal hash of the parts with colons between them.
    fn hash(self, parts: &[&[u8]]) -> String {
        let text = parts.join(&b':');
        let mut hexadecimal = String::new();
        let mut write = |bytes: &[u8]| {
            for byte in bytes {
                // Writing to a string cannot fail.
                let _ = write!(hexadecimal, "{byte:02x}");
            }
        };
        match self {
            Self::Md5 => write(&Md5::digest(text)),
            Self::Sha256 => write(&Sha256::digest(text)),
        }
        hexadecimal
    }
}

impl<'a> Digest<'a> {
    /// `None`: another scheme, an algorithm or protection that is not known
    /// here, or no nonce.
    pub(super) fn of(challenge: &'a Challenge) -> Option<Self> {
        if !challenge.is("Digest") {
            return None;
        }
        let algorithm = challenge.parameter("algorithm").unwrap_or("MD5");
        let (name, session) = match algorithm.len().checked_sub("-sess".len()) {
            Some(at) if algorithm.get(at..)?.eq_ignore_ascii_case("-sess") => {
                (algorithm.get(..at)?, true)
            }
            _ => (algorithm, false),
        };
        let algorithm = if name.eq_ignore_ascii_case("MD5") {
            Algorithm::Md5
        } else if name.eq_ignore_ascii_case("SHA-256") {
            Algorithm::Sha256
        } else {
            return None;
        };
        let qop = match challenge.parameter("qop") {
            Some(offered) => {
                let mut offered = offered.split(',').map(str::trim);
                if !offered.any(|qop| qop.eq_ignore_ascii_case("auth")) {
                    return None;
                }
                true
            }
            None => false,
        };
        let userhash = challenge.parameter("userhash");
        Some(Self {
            challenge,
            realm: challenge.parameter("realm")?,
            nonce: challenge.parameter("nonce")?,
            algorithm,
            session,
            qop,
            userhash: userhash.is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }

    /// The value of `Authorization` (RFC 7616 §3.4). `None`: the user's name
    /// or something of the challenge cannot stand in a header.
    pub(super) fn answer(
        &self,
        credentials: &Credentials,
        asked: Asked<'_>,
        cnonce: &str,
    ) -> Option<String> {
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let (user, realm, nonce) = (&*credentials.user, self.realm.as_bytes(), self.nonce);
        let mut secret = hash(&[user, realm, &credentials.password]);
        if self.session {
            secret = hash(&[secret.as_bytes(), nonce.as_bytes(), cnonce.as_bytes()]);
        }
        let request = hash(&[asked.method.as_bytes(), asked.target.as_bytes()]);
        let response = if self.qop {
            [&secret, nonce, COUNT, cnonce, "auth", &request].map(str::as_bytes)[..].to_vec()
        } else {
            Vec::from([secret.as_bytes(), nonce.as_bytes(), request.as_bytes()])
        };
        let response = hash(&response);

        let mut answer = format!("Digest {}", self.username(user)?);
        for (name, value) in [
            ("realm", self.realm),
            ("nonce", nonce),
            ("uri", asked.target),
            ("response", &response),
        ] {
            quoted(&mut answer, name, value);
        }
        if let Some(algorithm) = self.challenge.parameter("algorithm") {
            answer += &format!(", algorithm={algorithm}");
        }
        if self.qop {
            answer += &format!(", qop=auth, nc={COUNT}");
        }
        if self.qop || self.session {
            quoted(&mut answer, "cnonce", cnonce);
        }
        if let Some(opaque) = self.challenge.parameter("opaque") {
            quoted(&mut answer, "opaque", opaque);
        }
        if self.userhash {
            answer += ", userhash=true";
        }
        is_field_value(answer.as_bytes()).then_some(answer)
    }

    /// The user's name: as a hash, quoted, or in the form for other letters
    /// (RFC 7616 §3.4.4, RFC 8187 §3.2.1).
    fn username(&self, user: &[u8]) -> Option<String> {
        let mut username = String::new();
        if self.userhash {
            let hash = self.algorithm.hash(&[user, self.realm.as_bytes()]);
            return Some(format!("username=\"{hash}\""));
        }
        let user = str::from_utf8(user).ok()?;
        if user.is_ascii() {
            quoted(&mut username, "username", user);
            return Some(username.split_off(", ".len()));
        }
        username += "username*=UTF-8''";
        for byte in user.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                username.push(char::from(byte));
            } else {
                let _ = write!(username, "%{byte:02X}");
            }
        }
        Some(username)
    }
}

/// Each connection is authenticated by a request of its own.
const COUNT: &str = "00000001";

/// Appends `, name="value"` (RFC 9110 §5.6.4).
fn quoted(to: &mut String, name: &str, value: &str) {
    *to += &format!(", {name}=\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            to.push('\\');
        }
        to.push(character);
    }
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_7616: &str = r#"Digest realm="http-auth@example.org", qop="auth, auth-int",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn answer(challenge: &str, user: &str, password: &str, cnonce: &str) -> Option<String> {
        let challenge = challenge.replace('\n', " ");
        let challenges = Challenge::all([challenge.as_bytes()]);
        assert_eq!(challenges.len(), 1, "{challenge}");
        let asked = Asked {
            method: "GET",
            target: "/dir/index.html",
        };
        let credentials = Credentials::new(user, password);
        Digest::of(&challenges[0])?.answer(&credentials, asked, cnonce)
    }

    fn mufasa(more: &str) -> Option<String> {
        let challenge = format!("{RFC_7616}{more}");
        answer(&challenge, "Mufasa", "Circle of Life", CNONCE)
    }

    /// RFC 7616 §3.9.1.
    #[test]
    fn the_examples_of_rfc_7616() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            assert_eq!(
                mufasa(&format!(", algorithm={algorithm}")).unwrap(),
                format!(
                    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                     nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                     uri=\"/dir/index.html\", response=\"{response}\", \
                     algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"{CNONCE}\", \
                     opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
                )
            );
        }
    }

    /// RFC 2617 §3.5, with and without its `qop`.
    #[test]
    fn the_example_of_rfc_2617() {
        let challenge = r#"Digest realm="testrealm@host.com", qop="auth,auth-int",
            nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#;
        let with = answer(challenge, "Mufasa", "Circle Of Life", "0a4f113b").unwrap();
        assert!(
            with.contains("response=\"6629fae49393a05397450978507c4ef1\""),
            "{with}"
        );
        assert!(
            !with.contains("algorithm") && !with.contains("opaque"),
            "{with}"
        );
        let old = challenge.replace("qop=\"auth,auth-int\",", "");
        let old = answer(&old, "Mufasa", "Circle Of Life", "0a4f113b").unwrap();
        assert!(
            old.contains("response=\"670fd8c2df070c60b045671b8b24ff02\""),
            "{old}"
        );
        assert!(!old.contains("cnonce") && !old.contains("nc="), "{old}");
    }

    /// Computed with Python's hashlib.
    #[test]
    fn session_variants_and_user_hash() {
        for (more, expected) in [
            (
                ", algorithm=MD5-sess",
                "response=\"e783283f46242139c486a698fec7211d\"",
            ),
            (
                ", algorithm=SHA-256-SESS",
                "response=\"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7\"",
            ),
            (
                ", algorithm=SHA-256, userhash=true",
                "username=\"a947aad205e80e429958a387394944c6b496301e79f89d35a4cc23b6ee12b5b6\"",
            ),
        ] {
            let answer = mufasa(more).unwrap();
            assert!(answer.contains(expected), "{more}: {answer}");
        }
    }

    #[test]
    fn what_cannot_be_answered() {
        for challenge in [
            "Digest",
            "Basic realm=r, nonce=n",
            "Digest realm=r",
            "Digest nonce=n",
            "Digest realm=r, nonce=n, algorithm=SHA-512-256",
            "Digest realm=r, nonce=n, algorithm=-sess",
            "Digest realm=r, nonce=n, algorithm=\"\"",
            "Digest realm=r, nonce=n, qop=auth-int",
            "Digest realm=r, nonce=n, qop=\"\"",
        ] {
            assert_eq!(answer(challenge, "u", "p", "c"), None, "{challenge}");
        }
        assert_eq!(
            answer("Digest realm=r, nonce=n", "u\r\nX: y", "p", "c"),
            None
        );
    }

    #[test]
    fn quoting() {
        let challenge = r#"Digest realm="a \"b\" \\", nonce=n"#;
        let ascii = answer(challenge, r#"u"\"#, "p", "c").unwrap();
        assert!(
            ascii.starts_with(r#"Digest username="u\"\\", realm="a \"b\" \\", nonce="n""#),
            "{ascii}"
        );
        let other = answer(challenge, "Jäsøn Doe", "p", "c").unwrap();
        assert!(
            other.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm"),
            "{other}"
        );
    }
}
