//! One connection: a TLS 1.3 server by hand (RFC 8446), which does what the
//! attack says.

use std::{
    cell::RefCell,
    io::{self, Error, Read, Write},
    net::{Shutdown, TcpStream},
    rc::Rc,
};

use p256::{PublicKey, SecretKey, ecdh::diffie_hellman, elliptic_curve::sec1::ToEncodedPoint};

use crate::{
    attack::Attack,
    certificates::{Identity, identity},
    keys::{
        APPLICATION_DATA, HANDSHAKE, Mutate, Protection, Secret, derive, extract, finished, hash,
        header,
    },
    messages::{ClientHello, Flight, extension, message, vector16},
};

/// The identity of the pre-shared key.
pub const PSK_IDENTITY: &[u8] = b"sensor 7";
/// The pre-shared key.
pub const PSK: &[u8; 32] = b"hybi attack tests pre-shared key";

/// What a client did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// It ended its side of the handshake.
    pub finished: bool,
    /// Bytes of its application that came.
    pub received: usize,
    /// It ended with `close_notify`.
    pub close_notify: bool,
}

/// Serves one connection as `attack` says, to its end. What the client sends
/// after the handshake is sent back.
///
/// # Errors
/// A message that a client should not send. A client that hangs up is no
/// error.
pub fn serve(stream: TcpStream, attack: &Attack) -> io::Result<Report> {
    run(stream, attack, None)
}

/// As [`serve`], with `mutate` applied to the ServerHello and to the content of
/// each encrypted record, whose last byte is the type, before it goes out.
///
/// # Errors
/// See [`serve`].
pub fn serve_mutated(
    stream: TcpStream,
    attack: &Attack,
    mutate: impl FnMut(&mut Vec<u8>) + 'static,
) -> io::Result<Report> {
    run(stream, attack, Some(Rc::new(RefCell::new(mutate))))
}

fn run(stream: TcpStream, attack: &Attack, mutate: Option<Mutate>) -> io::Result<Report> {
    stream.set_nodelay(true)?;
    let mut server = Server {
        stream,
        attack: attack.name,
        transcript: Vec::new(),
        report: Report::default(),
        mutate,
    };
    match server.run() {
        Err(error) if hung_up(error.kind()) => {}
        result => result?,
    }
    Ok(server.report)
}

fn hung_up(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
    )
}

struct Server {
    stream: TcpStream,
    attack: &'static str,
    transcript: Vec<u8>,
    report: Report,
    mutate: Option<Mutate>,
}

const ALERT: u8 = 21;
const CHANGE_CIPHER_SPEC: u8 = 20;
const CLOSE_NOTIFY: [u8; 2] = [1, 0];

impl Server {
    fn run(&mut self) -> io::Result<()> {
        let hello = self.client_hello()?;
        match self.attack {
            "hangs-up-at-once" => return Ok(()),
            "garbage" => return self.stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "alert-version" => return self.plain(ALERT, &[2, 70]),
            "alert-handshake-failure" => return self.plain(ALERT, &[2, 40]),
            "alert-access-denied" => return self.plain(ALERT, &[2, 49]),
            _ => {}
        }
        let mut secret = [7; 32];
        secret[31] = u8::try_from(self.transcript.len() % 251).unwrap_or_default();
        let secret =
            SecretKey::from_slice(&secret).map_err(|_| Error::other("a secret of zero"))?;
        let share = secret.public_key().to_encoded_point(false);
        self.server_hello(share.as_bytes(), hello.psk)?;
        if self.attack == "hangs-up" {
            return Ok(());
        }

        let client = PublicKey::from_sec1_bytes(&hello.share)
            .map_err(|_| Error::other("no key share on P-256"))?;
        let shared = diffie_hellman(secret.to_nonzero_scalar(), client.as_affine());
        let psk: &[u8] = match self.attack {
            "psk" | "psk-and-certificate" => PSK,
            "wrong-psk" => &[1; 32],
            _ => &[0; 32],
        };
        let early = extract(&[0; 32], psk);
        let handshake = extract(
            &derive(&early, "derived", &hash(&[])),
            shared.raw_secret_bytes(),
        );
        let context = hash(&self.transcript);
        let from_client: Secret = derive(&handshake, "c hs traffic", &context);
        let from_server: Secret = derive(&handshake, "s hs traffic", &context);

        self.flight(&from_server)?;

        let master = extract(&derive(&handshake, "derived", &hash(&[])), &[0; 32]);
        let context = hash(&self.transcript);
        let mut write = Protection::new(&derive(&master, "s ap traffic", &context))
            .mutated(self.mutate.as_ref());
        let mut read = Protection::new(&derive(&master, "c ap traffic", &context));
        let expected = finished(&from_client, &self.transcript);
        self.client_finished(&mut Protection::new(&from_client), &expected)?;
        self.report.finished = true;
        self.afterwards(&mut write)?;
        self.echo(&mut read, &mut write)
    }

    fn client_hello(&mut self) -> io::Result<ClientHello> {
        let (header, body) = self.record()?;
        if header[0] != HANDSHAKE {
            return Err(Error::other("not a ClientHello"));
        }
        let hello =
            ClientHello::parse(&body).ok_or_else(|| Error::other("a broken ClientHello"))?;
        self.transcript = body;
        Ok(hello)
    }

    fn server_hello(&mut self, share: &[u8], psk: bool) -> io::Result<()> {
        let attack = self.attack;
        let random = match attack {
            "hello-retry-request" => hash(b"HelloRetryRequest"),
            _ => [9; 32],
        };
        let suite: u16 = if attack == "other-suite" {
            0x1303
        } else {
            0x1301
        };
        let group: u16 = if attack == "other-group" {
            0x001D
        } else {
            0x0017
        };
        let mut share = share.to_vec();
        if attack == "off-curve" {
            share[40] ^= 1;
        }
        let mut extensions = extension(51, &[&group.to_be_bytes()[..], &vector16(&share)].concat());
        if attack == "hello-retry-request" {
            extensions = extension(51, &0x001D_u16.to_be_bytes());
        }
        if attack != "tls12" {
            extensions.extend(extension(43, &[3, 4]));
        }
        let takes_psk = ["psk", "wrong-psk", "psk-and-certificate"].contains(&attack);
        if (takes_psk && psk) || attack == "psk-unasked" {
            extensions.extend(extension(41, &[0, 0]));
        }
        let mut body = vec![3, 3];
        body.extend(random);
        body.push(0);
        body.extend(suite.to_be_bytes());
        body.push(0);
        body.extend(vector16(&extensions));
        let mut hello = message(2, &body);
        self.transcript.extend(&hello);
        if attack == "hello-and-more" {
            hello.extend(message(8, &[0, 0]));
        }
        if let Some(mutate) = &self.mutate {
            (mutate.borrow_mut())(&mut hello);
        }
        self.plain(HANDSHAKE, &hello)?;
        match attack {
            "change-cipher-spec" => self.plain(CHANGE_CIPHER_SPEC, &[1]),
            "odd-change-cipher-spec" => self.plain(CHANGE_CIPHER_SPEC, &[2]),
            "two-change-cipher-specs" => {
                self.plain(CHANGE_CIPHER_SPEC, &[1])?;
                self.plain(CHANGE_CIPHER_SPEC, &[1])
            }
            _ => Ok(()),
        }
    }

    /// EncryptedExtensions to Finished, as the attack wants them.
    fn flight(&mut self, traffic: &Secret) -> io::Result<()> {
        let attack = self.attack;
        let mut write = Protection::new(traffic).mutated(self.mutate.as_ref());
        if attack == "empty-record-early" {
            return self.send(&write.seal(&[]));
        }
        if attack == "encrypted-alert" {
            return self.send(&write.seal(&[2, 49, ALERT]));
        }
        let Identity { chain, key } = identity(attack).map_err(Error::other)?;
        let mut flight = Flight {
            transcript: &mut self.transcript,
            messages: Vec::new(),
        };
        flight.add(8, &[0, 0]);
        let psk = ["psk", "wrong-psk"].contains(&attack);
        if !psk && !["no-certificate", "verify-only"].contains(&attack) {
            let chain = if attack == "empty-certificate" {
                &[]
            } else {
                &chain[..]
            };
            flight.certificate(chain);
            if attack == "two-certificates" {
                flight.certificate(chain);
            }
        }
        if !psk
            && ![
                "no-certificate",
                "no-verify",
                "pinned-no-verify",
                "empty-certificate",
            ]
            .contains(&attack)
        {
            flight.verify(attack, &key)?;
        }
        let mut mac = finished(traffic, flight.transcript);
        if attack == "wrong-finished" {
            mac[0] ^= 1;
        }
        flight.add(20, &mac);
        let mut content = flight.messages;
        if attack == "plaintext-flight" {
            return self.plain(HANDSHAKE, &content);
        }
        content.push(HANDSHAKE);
        if attack == "padding" {
            content.extend([0; 100]);
        }
        let mut record = write.seal(&content);
        if attack == "flipped-bit" {
            record[100] ^= 1;
        }
        self.send(&record)
    }

    fn client_finished(&mut self, read: &mut Protection, expected: &Secret) -> io::Result<()> {
        loop {
            let (header, body) = self.record()?;
            match header[0] {
                CHANGE_CIPHER_SPEC => continue,
                APPLICATION_DATA => {}
                _ => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
            return match read.open(&header, &body) {
                Some((content, HANDSHAKE)) if content == message(20, expected) => Ok(()),
                _ => Err(Error::other("not the client's Finished")),
            };
        }
    }

    /// What the attack does after the handshake.
    fn afterwards(&mut self, write: &mut Protection) -> io::Result<()> {
        let inner = |kind, body: &[u8]| {
            let mut content = message(kind, body);
            content.push(HANDSHAKE);
            content
        };
        let ticket = [&[0; 8][..], &[1, 5], &vector16(&[6; 32]), &[0, 0]].concat();
        match self.attack {
            "tickets" => {
                let unknown = [
                    &ticket[..ticket.len() - 2],
                    &vector16(&extension(0x0A0A, &[])),
                ];
                let mut two = message(4, &ticket);
                two.extend(inner(4, &unknown.concat()));
                self.send(&write.seal(&two))?;
                self.send(&write.seal(&inner(4, &ticket)))
            }
            "plaintext-alert" => self.plain(ALERT, &CLOSE_NOTIFY),
            "plaintext-handshake" => self.plain(HANDSHAKE, &message(20, &[0; 32])),
            "plaintext-change-cipher-spec" => self.plain(CHANGE_CIPHER_SPEC, &[1]),
            "plaintext-data" => {
                self.plain(APPLICATION_DATA, b"HTTP/1.1 101 Switching Protocols\r\n")
            }
            "empty-record" => self.send(&write.seal(&[])),
            "zeros" => self.send(&write.seal(&[0; 20])),
            "unknown-type" => self.send(&write.seal(&[1, 2, 3, 24])),
            "oversized" => {
                self.send(&header(APPLICATION_DATA, 16_384 + 257))?;
                self.send(&[0; 16_384 + 257])
            }
            "key-update" => self.send(&write.seal(&inner(24, &[0]))),
            "certificate-request" => self.send(&write.seal(&inner(13, &[0, 0, 0]))),
            "finished-again" => self.send(&write.seal(&inner(20, &[0; 32]))),
            "cut-ticket" => {
                let whole = message(4, &ticket);
                let (first, _) = whole.split_at(20);
                self.send(&write.seal(&[first, &[HANDSHAKE]].concat()))
            }
            "ticket-flood" => {
                for _ in 0..1000 {
                    self.send(&write.seal(&inner(4, &ticket)))?;
                }
                Ok(())
            }
            "empty-flood" => {
                for _ in 0..1000 {
                    self.send(&write.seal(&[APPLICATION_DATA]))?;
                }
                Ok(())
            }
            "alert" => self.send(&write.seal(&[2, 80, ALERT])),
            "truncated-record" => {
                let record = write.seal(b"half of this\x17");
                self.send(&record[..record.len() / 2])?;
                self.stream.shutdown(Shutdown::Write)
            }
            "truncated" => self.stream.shutdown(Shutdown::Write),
            _ => Ok(()),
        }
    }

    /// Sends back what comes, until the client ends.
    fn echo(&mut self, read: &mut Protection, write: &mut Protection) -> io::Result<()> {
        loop {
            let (header, body) = self.record()?;
            let Some((mut content, kind)) = read.open(&header, &body) else {
                return Err(Error::other("a record that is not the client's"));
            };
            match kind {
                APPLICATION_DATA => self.report.received += content.len(),
                ALERT if content == CLOSE_NOTIFY => {
                    self.report.close_notify = true;
                    return self.send(&write.seal(&[1, 0, ALERT]));
                }
                _ => return Ok(()),
            }
            content.push(kind);
            if self.attack == "padding" {
                content.extend([0; 50]);
            }
            let record = write.seal(&content);
            self.send(&record)?;
            if self.attack == "replay" {
                self.send(&record)?;
            }
        }
    }

    fn record(&mut self) -> io::Result<([u8; 5], Vec<u8>)> {
        let mut header = [0; 5];
        self.stream.read_exact(&mut header)?;
        let mut body = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        self.stream.read_exact(&mut body)?;
        Ok((header, body))
    }

    fn plain(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        self.send(&[&header(kind, body.len())[..], body].concat())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}
