//! SOCKS5 (RFC 1928), with user and password (RFC 1929).
//!
//! ```text
//! §3    5 | count | methods           5 | method
//! 1929  1 | n | user | n | password   1 | status
//! §4    5 | 1 | 0 | address | port    5 | reply | 0 | address | port
//! §5    address: 1 | IPv4    3 | n | name    4 | IPv6
//! ```

use core::fmt;

use super::{
    ProxyError, ProxyRequestError, ProxyResponseError, Socks5Reply, Target, TunnelConfig,
    conversation::{Conversation, Step},
};
use crate::{
    http::{REDACTED, Writer},
    uri::Host,
};

/// Asks a SOCKS5 proxy for a tunnel. A target that is a name is left to the
/// proxy to resolve, as with `socks5h`; for `socks5` give it an address.
///
/// `Debug` shows no secret.
#[derive(Clone, Copy)]
pub struct Socks5<'a> {
    target: Target<'a>,
    credentials: Option<(&'a [u8], &'a [u8])>,
    phase: Phase,
}

/// Which message is due or under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Methods,
    Credentials,
    Connect,
}

impl<'a> Socks5<'a> {
    /// A tunnel to `target`.
    pub const fn new(target: Target<'a>) -> Self {
        Self {
            target,
            credentials: None,
            phase: Phase::Methods,
        }
    }

    /// Offers user (1 to 255 bytes) and password (at most 255; RFC 1929 wants
    /// at least one, but proxies take none). A proxy that asks for nothing
    /// does not get them. Whoever sees the connection to the proxy can read
    /// them.
    #[must_use]
    pub const fn credentials(mut self, user: &'a [u8], password: &'a [u8]) -> Self {
        self.credentials = Some((user, password));
        self
    }

    /// RFC 1928 §3.
    fn read_method(&mut self, answer: &[u8]) -> Result<Step, ProxyError> {
        let [_, method, ..] = *answer else {
            return Ok(Step::Wait);
        };
        self.phase = match (method, self.credentials) {
            (NO_AUTHENTICATION, _) => Phase::Connect,
            (USER_AND_PASSWORD, Some(_)) => Phase::Credentials,
            (NO_ACCEPTABLE_METHOD, credentials) => {
                return Err(ProxyError::NoAcceptableMethod {
                    with_credentials: credentials.is_some(),
                });
            }
            _ => return Err(ProxyResponseError::Method(method).into()),
        };
        Ok(Step::Next(2))
    }

    /// RFC 1929 §2. The version is not looked at: some proxies say 5 for 1.
    fn read_status(&mut self, answer: &[u8]) -> Result<Step, ProxyError> {
        match *answer {
            [_, 0, ..] => {
                self.phase = Phase::Connect;
                Ok(Step::Next(2))
            }
            [_, status, ..] => Err(ProxyError::WrongCredentials { status }),
            _ => Ok(Step::Wait),
        }
    }

    fn write_address(&self, out: &mut Writer<'_>) {
        match self.target.host {
            Host::Ipv4(address) => {
                out.bytes(&[IPV4]);
                out.bytes(&address.octets());
            }
            Host::Ipv6(address) => {
                out.bytes(&[IPV6]);
                out.bytes(&address.octets());
            }
            Host::Name(name) => {
                out.bytes(&[NAME]);
                write_counted(out, name.as_bytes());
            }
        }
        out.bytes(&self.target.port.to_be_bytes());
    }
}

impl Conversation for Socks5<'_> {
    fn check(&self) -> Result<(), ProxyRequestError> {
        self.target.check()?;
        if let Host::Name(name) = self.target.host
            && name.len() > MAX_LEN
        {
            return Err(ProxyRequestError::HostTooLong);
        }
        if let Some((user, password)) = self.credentials {
            if user.is_empty() || user.len() > MAX_LEN {
                return Err(ProxyRequestError::InvalidUser);
            }
            if password.len() > MAX_LEN {
                return Err(ProxyRequestError::InvalidPassword);
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut [u8]) -> usize {
        let mut writer = Writer::new(out);
        match (self.phase, self.credentials) {
            (Phase::Methods, None) => writer.bytes(&[VERSION, 1, NO_AUTHENTICATION]),
            (Phase::Methods, Some(_)) => {
                writer.bytes(&[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD]);
            }
            (Phase::Credentials, credentials) => {
                let (user, password) = credentials.unwrap_or_default();
                writer.bytes(&[1]);
                write_counted(&mut writer, user);
                write_counted(&mut writer, password);
            }
            (Phase::Connect, _) => {
                writer.bytes(&[VERSION, CONNECT, 0]);
                self.write_address(&mut writer);
            }
        }
        writer.len()
    }

    fn longest(&self) -> usize {
        [Phase::Methods, Phase::Credentials, Phase::Connect]
            .into_iter()
            .map(|phase| Self { phase, ..*self }.write(&mut []))
            .max()
            .unwrap_or(0)
    }

    fn read(&mut self, answer: &[u8], _: &TunnelConfig) -> Result<Step, ProxyError> {
        match (self.phase, answer) {
            (Phase::Credentials, _) => self.read_status(answer),
            (_, [version, ..]) if *version != VERSION => {
                Err(ProxyResponseError::NotSocks5(*version).into())
            }
            (Phase::Methods, _) => self.read_method(answer),
            (Phase::Connect, _) => read_reply(answer),
        }
    }

    fn answer_limit(&self, _: &TunnelConfig) -> usize {
        6 + 1 + MAX_LEN
    }
}

/// RFC 1928 §6.
fn read_reply(answer: &[u8]) -> Result<Step, ProxyError> {
    let address = match *answer {
        [_, reply, ..] if Socks5Reply(reply) != Socks5Reply::SUCCEEDED => {
            return Err(ProxyError::Socks5(Socks5Reply(reply)));
        }
        [_, _, _, IPV4, ..] => 4,
        [_, _, _, IPV6, ..] => 16,
        [_, _, _, NAME, len, ..] => 1 + usize::from(len),
        [_, _, _, NAME] => return Ok(Step::Wait),
        [_, _, _, kind, ..] => return Err(ProxyResponseError::AddressType(kind).into()),
        _ => return Ok(Step::Wait),
    };
    let len = 4 + address + 2;
    Ok(if answer.len() < len {
        Step::Wait
    } else {
        Step::Open(len)
    })
}

/// A length and that many bytes; the length has been checked.
fn write_counted(out: &mut Writer<'_>, bytes: &[u8]) {
    out.bytes(&[u8::try_from(bytes.len()).unwrap_or(u8::MAX)]);
    out.bytes(bytes);
}

const VERSION: u8 = 5;
const CONNECT: u8 = 1;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_ACCEPTABLE_METHOD: u8 = 0xff;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// What a length of one byte can tell.
const MAX_LEN: usize = 255;

impl fmt::Debug for Socks5<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socks5")
            .field("target", &self.target)
            .field("credentials", &self.credentials.map(|_| REDACTED))
            .field("phase", &self.phase)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};
    use core::net::{Ipv4Addr, Ipv6Addr};
    use std::{format, vec, vec::Vec};

    const A: Host<'static> = Host::Name("a.example");

    fn to(host: Host<'_>) -> Socks5<'_> {
        Socks5::new(Target::new(host, 443))
    }

    fn message(mut ask: Socks5<'_>, phase: Phase) -> Vec<u8> {
        ask.phase = phase;
        let mut out = vec![0; ask.longest()];
        let len = ask.write(&mut out);
        out.truncate(len);
        out
    }

    #[test]
    fn messages() {
        let with = to(A).credentials(b"user", b"pass");
        for (ask, phase, expected) in [
            (to(A), Phase::Methods, &b"\x05\x01\x00"[..]),
            (with, Phase::Methods, b"\x05\x02\x00\x02"),
            (with, Phase::Credentials, b"\x01\x04user\x04pass"),
            (
                with,
                Phase::Connect,
                b"\x05\x01\x00\x03\x09a.example\x01\xbb",
            ),
            (
                to(Host::Ipv4(Ipv4Addr::new(192, 0, 2, 7))),
                Phase::Connect,
                b"\x05\x01\x00\x01\xc0\x00\x02\x07\x01\xbb",
            ),
            (
                to(Host::Ipv6(Ipv6Addr::LOCALHOST)),
                Phase::Connect,
                b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb",
            ),
        ] {
            assert_eq!(message(ask, phase), expected, "{ask:?} {phase:?}");
        }
    }

    #[test]
    fn what_may_not_be_asked() {
        let long = "x".repeat(256);
        let (most, long_bytes) = (&long[1..], long.as_bytes());
        for (ask, expected) in [
            (to(Host::Name(most)), Ok(())),
            (to(Host::Name(&long)), Err(ProxyRequestError::HostTooLong)),
            (to(Host::Name("a b")), Err(ProxyRequestError::InvalidHost)),
            (to(A).credentials(most.as_bytes(), most.as_bytes()), Ok(())),
            (to(A).credentials(b"u", b""), Ok(())),
            (
                to(A).credentials(b"", b"p"),
                Err(ProxyRequestError::InvalidUser),
            ),
            (
                to(A).credentials(long_bytes, b""),
                Err(ProxyRequestError::InvalidUser),
            ),
            (
                to(A).credentials(b"u", long_bytes),
                Err(ProxyRequestError::InvalidPassword),
            ),
        ] {
            assert_eq!(ask.check(), expected, "{ask:?}");
        }
        let shown = format!("{:?}", to(A).credentials(b"u", b"secret"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn answers_at_every_split() {
        const OPEN: &[u8] = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34";
        let v6: &[u8] = b"\x05\x00\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34first";
        let name: &[u8] = b"\x05\x00\x00\x03\x03abc\x12\x34\x16";
        let named_empty: &[u8] = b"\x05\x00\x00\x03\x00\x12\x34";
        let none = || to(A);
        for (answers, expected) in [
            ([b"\x05\x00", OPEN], Ok(&b""[..])),
            ([b"\x05\x00", v6], Ok(b"first")),
            ([b"\x05\x00", name], Ok(b"\x16")),
            ([b"\x05\x00", named_empty], Ok(b"")),
            (
                [b"\x05\x00", b"\x05\x00\x00\x02"],
                Err(ProxyResponseError::AddressType(2).into()),
            ),
            (
                [b"\x05\x00", b"HTTP"],
                Err(ProxyResponseError::NotSocks5(b'H').into()),
            ),
        ] {
            at_every_split(none, &answers, expected);
        }
        for reply in 1..=9 {
            let answer = [5, reply, 0, 1, 0, 0, 0, 0, 0, 0];
            let error = Err(ProxyError::Socks5(Socks5Reply(reply)));
            at_every_split(none, &[b"\x05\x00", &answer], error);
            // Some proxies end it there.
            at_every_split(none, &[b"\x05\x00", &answer[..2]], error);
        }
        for (answer, error) in [
            (
                &b"\x05\xff"[..],
                ProxyError::NoAcceptableMethod {
                    with_credentials: false,
                },
            ),
            (b"\x05\x02", ProxyResponseError::Method(2).into()),
            (b"\x05\x01", ProxyResponseError::Method(1).into()),
            (b"\x00\x5b", ProxyResponseError::NotSocks5(0).into()),
            (b"HTTP/1.1", ProxyResponseError::NotSocks5(b'H').into()),
        ] {
            at_every_split(none, &[answer], Err(error));
        }

        let with = || to(A).credentials(b"user", b"pass");
        at_every_split(with, &[b"\x05\x00", OPEN], Ok(b""));
        at_every_split(with, &[b"\x05\x02", b"\x01\x00", OPEN], Ok(b""));
        at_every_split(with, &[b"\x05\x02", b"\x05\x00", OPEN], Ok(b""));
        let error = ProxyError::WrongCredentials { status: 1 };
        at_every_split(with, &[b"\x05\x02", b"\x01\x01"], Err(error));
        let error = ProxyError::NoAcceptableMethod {
            with_credentials: true,
        };
        at_every_split(with, &[b"\x05\xff"], Err(error));
    }

    /// Who answers what was not asked yet knows nothing of it.
    #[test]
    fn answers_ahead_of_the_question_are_refused() {
        let mut tunnel = tunnel(to(A));
        send_all(&mut tunnel);
        feed(
            &mut tunnel,
            b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34",
        );
        assert_eq!(tunnel.poll(), Err(ProxyResponseError::Premature.into()));
    }
}
