//! SOCKS4 and its extension 4a: no RFC, but notes by their makers.
//!
//! ```text
//! 4 | 1 | port | address | user id | 0 [ | name | 0 ]
//! 0 | code | port | address
//! ```
//!
//! With 4a the address is 0.0.0.1 and the name follows.

use core::fmt;

use super::{
    ProxyError, ProxyRequestError, ProxyResponseError, Socks4Reply, Target, TunnelConfig,
    conversation::{Conversation, Step},
};
use crate::{
    http::{REDACTED, Writer},
    uri::Host,
};

/// Asks a SOCKS4 proxy for a tunnel. A target that is a name is left to the
/// proxy to resolve (SOCKS4a); for SOCKS4 as such, give it an IPv4 address.
///
/// `Debug` shows no secret.
#[derive(Clone, Copy)]
pub struct Socks4<'a> {
    target: Target<'a>,
    user: &'a [u8],
}

impl<'a> Socks4<'a> {
    /// A tunnel to `target`.
    pub const fn new(target: Target<'a>) -> Self {
        Self { target, user: b"" }
    }

    /// Sends this user id, at most 255 bytes without NUL.
    #[must_use]
    pub const fn user(mut self, user: &'a [u8]) -> Self {
        self.user = user;
        self
    }
}

impl Conversation for Socks4<'_> {
    fn check(&self) -> Result<(), ProxyRequestError> {
        self.target.check()?;
        match self.target.host {
            Host::Name(name) if name.len() > 255 => return Err(ProxyRequestError::HostTooLong),
            Host::Ipv6(_) => return Err(ProxyRequestError::Ipv6),
            _ => {}
        }
        if self.user.len() > 255 || self.user.contains(&0) {
            return Err(ProxyRequestError::InvalidUser);
        }
        Ok(())
    }

    fn write(&self, out: &mut [u8]) -> usize {
        let mut writer = Writer::new(out);
        writer.bytes(&[4, 1]);
        writer.bytes(&self.target.port.to_be_bytes());
        writer.bytes(&match self.target.host {
            Host::Ipv4(address) => address.octets(),
            _ => [0, 0, 0, 1],
        });
        writer.bytes(self.user);
        writer.bytes(&[0]);
        if let Host::Name(name) = self.target.host {
            writer.text(name);
            writer.bytes(&[0]);
        }
        writer.len()
    }

    fn read(&mut self, answer: &[u8], _: &TunnelConfig) -> Result<Step, ProxyError> {
        match *answer {
            [version, ..] if version != 0 => Err(ProxyResponseError::NotSocks4(version).into()),
            [_, code, ..] if Socks4Reply(code) != Socks4Reply::GRANTED => {
                Err(ProxyError::Socks4(Socks4Reply(code)))
            }
            _ if answer.len() < REPLY_LEN => Ok(Step::Wait),
            _ => Ok(Step::Open(REPLY_LEN)),
        }
    }

    fn answer_limit(&self, _: &TunnelConfig) -> usize {
        REPLY_LEN
    }
}

const REPLY_LEN: usize = 8;

impl fmt::Debug for Socks4<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socks4")
            .field("target", &self.target)
            .field("user", &REDACTED)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};
    use core::net::{Ipv4Addr, Ipv6Addr};
    use std::{format, vec, vec::Vec};

    fn to(host: Host<'_>) -> Socks4<'_> {
        Socks4::new(Target::new(host, 443))
    }

    fn request(ask: &Socks4<'_>) -> Vec<u8> {
        let mut out = vec![0; ask.longest()];
        assert_eq!(ask.write(&mut out), out.len());
        out
    }

    #[test]
    fn requests() {
        let address = Host::Ipv4(Ipv4Addr::new(192, 0, 2, 7));
        assert_eq!(
            request(&to(address)),
            b"\x04\x01\x01\xbb\xc0\x00\x02\x07\x00"
        );
        assert_eq!(
            request(&to(address).user(b"Fred")),
            b"\x04\x01\x01\xbb\xc0\x00\x02\x07Fred\0"
        );
        assert_eq!(
            request(&to(Host::Name("a.example")).user(b"Fred")),
            b"\x04\x01\x01\xbb\x00\x00\x00\x01Fred\0a.example\0"
        );
    }

    #[test]
    fn what_may_not_be_asked() {
        let name = "a".repeat(256);
        assert_eq!(
            to(Host::Name(&name)).check(),
            Err(ProxyRequestError::HostTooLong)
        );
        assert_eq!(to(Host::Name(&name[1..])).check(), Ok(()));
        let error = to(Host::Name("a\0b")).check();
        assert_eq!(error, Err(ProxyRequestError::InvalidHost));
        let error = to(Host::Ipv6(Ipv6Addr::LOCALHOST)).check();
        assert_eq!(error, Err(ProxyRequestError::Ipv6));
        for (user, ok) in [(&b""[..], true), (b"a\0", false), (&[b'x'; 256], false)] {
            assert_eq!(to(Host::Name("a")).user(user).check().is_ok(), ok);
        }
        let shown = format!("{:?}", to(Host::Name("a")).user(b"secret"));
        assert!(shown.contains(REDACTED), "{shown}");
    }

    #[test]
    fn answers_at_every_split() {
        let ask = || to(Host::Name("a.example"));
        for (answer, expected) in [
            (&b"\x00\x5a\x01\xbb\xc0\x00\x02\x07"[..], Ok(&b""[..])),
            (b"\x00\x5a\x00\x00\x00\x00\x00\x00\x16\x03", Ok(b"\x16\x03")),
            (
                b"\x00\x5b\x00\x00\x00\x00\x00\x00",
                Err(ProxyError::Socks4(Socks4Reply::REJECTED)),
            ),
            (b"\x00\x5c", Err(ProxyError::Socks4(Socks4Reply::NO_IDENTD))),
            (
                b"\x00\x5d\x00",
                Err(ProxyError::Socks4(Socks4Reply::IDENTD_MISMATCH)),
            ),
            (b"\x00\x00", Err(ProxyError::Socks4(Socks4Reply(0)))),
            (
                b"HTTP/1.1 400 Bad Request\r\n",
                Err(ProxyResponseError::NotSocks4(b'H').into()),
            ),
        ] {
            at_every_split(ask, &[answer], expected);
        }
        let text = format!("{}", ProxyError::Socks4(Socks4Reply(91)));
        assert_eq!(text, "it answered with code 91: rejected or failed");
    }
}
