//! The checks of a ServerHello (RFC 8446 §4.1.3) that embedded-tls leaves out.

use super::error::Fault;

/// What we have offered, of that what the server may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) suite: u16,
    /// A pre-shared key, which the server must take.
    pub(super) psk: bool,
}

const SERVER_HELLO: u8 = 2;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
const TLS13: u16 = 0x0304;
const SECP256R1: u16 = 0x0017;

/// SHA-256 of "HelloRetryRequest" as the random (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// Checks the record body that should be a ServerHello and nothing else.
pub(super) fn check(body: &[u8], offer: Offer) -> Result<(), Fault> {
    let hello = ServerHello::parse(body).ok_or(Fault::UnexpectedMessage)?;
    if hello.version != Some(TLS13) {
        return Err(Fault::NoTls13);
    }
    if hello.random == &RETRY {
        return Err(Fault::HelloRetryRequest);
    }
    if hello.suite != offer.suite || hello.group != Some(SECP256R1) {
        return Err(Fault::NothingInCommon);
    }
    match (offer.psk, hello.psk) {
        (true, None) => Err(Fault::PskRefused),
        (true, Some(0)) | (false, None) => Ok(()),
        _ => Err(Fault::UnexpectedMessage),
    }
}

struct ServerHello<'a> {
    random: &'a [u8; 32],
    suite: u16,
    version: Option<u16>,
    group: Option<u16>,
    psk: Option<u16>,
}

impl<'a> ServerHello<'a> {
    /// ```text
    /// 2 length24 | version16 random[32] id<0..32> suite16 compression8 extensions<..>16
    ///                                                 each: type16 data<..>16
    /// ```
    fn parse(body: &'a [u8]) -> Option<Self> {
        let (&[kind, a, b, c], mut rest) = body.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        if kind != SERVER_HELLO || rest.len() != length {
            return None;
        }
        let _legacy_version = number(&mut rest)?;
        let (random, mut rest) = rest.split_first_chunk()?;
        // Our session id is empty, and the server must send it back.
        let [id_length] = *take(&mut rest)?;
        let suite = number(&mut rest)?;
        let [compression] = *take(&mut rest)?;
        let mut extensions = vector(&mut rest)?;
        if id_length != 0 || compression != 0 || !rest.is_empty() {
            return None;
        }
        let mut hello = Self {
            random,
            suite,
            version: None,
            group: None,
            psk: None,
        };
        while !extensions.is_empty() {
            let kind = number(&mut extensions)?;
            let mut data = vector(&mut extensions)?;
            let slot = match kind {
                SUPPORTED_VERSIONS => &mut hello.version,
                KEY_SHARE => &mut hello.group,
                PRE_SHARED_KEY => &mut hello.psk,
                _ => continue,
            };
            // RFC 8446 §4.2: no extension twice.
            if slot.replace(number(&mut data)?).is_some() {
                return None;
            }
        }
        Some(hello)
    }
}

fn take<'a, const N: usize>(input: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(taken)
}

fn number(input: &mut &[u8]) -> Option<u16> {
    take(input).copied().map(u16::from_be_bytes)
}

fn vector<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(input)?;
    let (taken, rest) = input.split_at_checked(usize::from(length))?;
    *input = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{vec, vec::Vec};

    use super::*;

    const OFFER: Offer = Offer {
        suite: 0x1301,
        psk: false,
    };
    const VERSION: [u8; 6] = [0, 43, 0, 2, 3, 4];
    const SHARE: [u8; 6] = [0, 51, 0, 2, 0, 0x17];
    const FIRST_KEY: [u8; 6] = [0, 41, 0, 2, 0, 0];
    const SECOND_KEY: [u8; 6] = [0, 41, 0, 2, 0, 1];

    fn hello(extensions: &[[u8; 6]]) -> Vec<u8> {
        let extensions = extensions.concat();
        let length = u8::try_from(extensions.len()).unwrap();
        let mut hello = vec![SERVER_HELLO, 0, 0, 40 + length, 3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0x13, 0x01, 0, 0, length]);
        hello.extend(extensions);
        hello
    }

    #[test]
    fn what_must_be_there() {
        let psk = Offer { psk: true, ..OFFER };
        let unexpected = Err(Fault::UnexpectedMessage);
        for (extensions, offer, expected) in [
            (&[VERSION, SHARE][..], OFFER, Ok(())),
            (&[SHARE, VERSION], OFFER, Ok(())),
            (&[SHARE], OFFER, Err(Fault::NoTls13)),
            (&[VERSION], OFFER, Err(Fault::NothingInCommon)),
            (&[VERSION, SHARE, VERSION], OFFER, unexpected),
            (&[VERSION, SHARE, FIRST_KEY], OFFER, unexpected),
            (&[VERSION, SHARE, FIRST_KEY], psk, Ok(())),
            (&[VERSION, SHARE, SECOND_KEY], psk, unexpected),
            (&[VERSION, SHARE], psk, Err(Fault::PskRefused)),
        ] {
            assert_eq!(check(&hello(extensions), offer), expected);
        }
    }

    #[test]
    fn no_byte_but_the_random_may_differ() {
        let good = hello(&[VERSION, SHARE]);
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 0x80;
            // The legacy version and the random.
            let free = (4..38).contains(&at);
            assert_eq!(check(&changed, OFFER).is_ok(), free, "byte {at}");
            assert!(check(&good[..at], OFFER).is_err(), "cut at {at}");
        }
    }
}
