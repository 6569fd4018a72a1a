//! The messages of the handshake (RFC 8446 §4): one is read, the others made.

use std::io::{self, Error};

use rcgen::{KeyPair, SigningKey};

use crate::keys::hash;

/// Messages for one record.
pub(crate) struct Flight<'a> {
    pub(crate) transcript: &'a mut Vec<u8>,
    pub(crate) messages: Vec<u8>,
}

impl Flight<'_> {
    pub(crate) fn add(&mut self, kind: u8, body: &[u8]) {
        let message = message(kind, body);
        self.transcript.extend(&message);
        self.messages.extend(message);
    }

    pub(crate) fn certificate(&mut self, chain: &[Vec<u8>]) {
        let mut entries = Vec::new();
        for certificate in chain {
            entries.extend(vector24(certificate));
            entries.extend([0, 0]);
        }
        self.add(11, &[&[0][..], &vector24(&entries)].concat());
    }

    pub(crate) fn verify(&mut self, attack: &str, key: &KeyPair) -> io::Result<()> {
        let side = if attack == "client-context" {
            "client"
        } else {
            "server"
        };
        let mut signed = vec![0x20; 64];
        signed.extend(format!("TLS 1.3, {side} CertificateVerify\0").bytes());
        let mut transcript = hash(self.transcript);
        if attack == "wrong-signature" {
            transcript[0] ^= 1;
        }
        signed.extend(transcript);
        let signature = if ["copied-certificate", "pinned-copied"].contains(&attack) {
            KeyPair::generate().and_then(|other| other.sign(&signed))
        } else {
            key.sign(&signed)
        };
        let scheme: u16 = match attack {
            "pkcs1-scheme" => 0x0401,
            "unknown-scheme" => 0x0E0E,
            _ => 0x0403,
        };
        let signature = vector16(&signature.map_err(Error::other)?);
        self.add(15, &[&scheme.to_be_bytes()[..], &signature].concat());
        Ok(())
    }
}

/// What matters of a ClientHello (RFC 8446 §4.1.2).
pub(crate) struct ClientHello {
    pub(crate) share: Vec<u8>,
    pub(crate) psk: bool,
}

impl ClientHello {
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let rest = body.get(4 + 2 + 32..)?;
        let rest = after(rest, 1)?.1;
        let rest = after(rest, 2)?.1;
        let rest = after(rest, 1)?.1;
        let mut extensions = after(rest, 2)?.0;
        let mut hello = Self {
            share: Vec::new(),
            psk: false,
        };
        while !extensions.is_empty() {
            let (kind, rest) = extensions.split_first_chunk::<2>()?;
            let (data, rest) = after(rest, 2)?;
            extensions = rest;
            match u16::from_be_bytes(*kind) {
                // The list, the group, then the share.
                51 => hello.share = after(data.get(4..)?, 2)?.0.to_vec(),
                41 => hello.psk = true,
                _ => {}
            }
        }
        Some(hello)
    }
}

/// A vector whose length is in its first `size` bytes, and what follows.
fn after(input: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = input.split_at_checked(size)?;
    let length = length
        .iter()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    rest.split_at_checked(length)
}

pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &vector24(body)].concat()
}

pub(crate) fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector16(data)].concat()
}

pub(crate) fn vector16(data: &[u8]) -> Vec<u8> {
    [&data.len().to_be_bytes()[size_of::<usize>() - 2..], data].concat()
}

pub(crate) fn vector24(data: &[u8]) -> Vec<u8> {
    [&data.len().to_be_bytes()[size_of::<usize>() - 3..], data].concat()
}
