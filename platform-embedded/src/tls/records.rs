//! Which records may pass, and how a read that was given up goes on.
//!
//! embedded-tls reads a record in two steps: five bytes of header into a
//! variable of its own, then the body straight into its receive buffer. When
//! its future is dropped in between, or the transport has nothing more before
//! a deadline, the header is lost. So the header is kept here as well and
//! handed over again, and a body is handed over only when it is whole:
//!
//! ```text
//!            embedded-tls asks for            what it gets
//! header     5 bytes                          the header, once it is whole and may pass
//! body       the rest, in rx[at..][..length]  the length, once all is in there
//!                          ^^^^^^^^^
//!                          `filled` says how much came before the read was given up;
//!                          the next read asks for the same place, and finds it there
//! ```

use super::{error::Fault, hello};

/// How long the body of an encrypted record may be (RFC 8446 §5.2).
const MAX_CIPHERTEXT: usize = 16_384 + 256;
/// How long that of a plain one may be (RFC 8446 §5.1).
const MAX_PLAINTEXT: usize = 16_384;
/// An encrypted record holds at least its content type and the tag:
/// embedded-tls panics on less.
const MIN_CIPHERTEXT: usize = 1 + 16;
/// How many records in a row may have nothing for the application: more would
/// keep a read busy for as long as the peer likes.
const MAX_RUN: u8 = 32;
const HEADER: usize = 5;

pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;

/// Stands for the low byte of the version in the header of a record that comes
/// after the handshake, on its way from here to [`Guard`](super::suite::Guard),
/// which must treat it differently and has no other way to know.
pub(super) const AFTER_HANDSHAKE: u8 = 0xFF;
pub(super) const LEGACY_VERSION: [u8; 2] = [0x03, 0x03];

/// Where the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not begun.
    New,
    /// The ServerHello is to come, in the clear.
    Hello(hello::Offer),
    /// The rest of the server's flight, encrypted.
    Flight,
    /// After the handshake: application data.
    Open,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Read into [`Records::target`].
    Fill,
    /// Hand over what is in the buffer.
    Deliver(usize),
}

#[derive(Debug)]
pub(super) struct Records {
    pub(super) phase: Phase,
    /// The length of embedded-tls's receive buffer.
    capacity: usize,
    header: [u8; HEADER],
    /// How many bytes of the header have come.
    came: usize,
    /// How many of them embedded-tls has, in the read that goes on.
    handed: usize,
    /// How many bytes of the body have come.
    filled: usize,
    /// Where the body is put, once a part of it has come.
    place: usize,
    /// A read has begun and not ended.
    reading: bool,
    /// The one ChangeCipherSpec that is ignored has come.
    changed: bool,
    /// Encrypted records since the application began to read.
    run: u8,
}

impl Records {
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::New,
            capacity: 0,
            header: [0; HEADER],
            came: 0,
            handed: 0,
            filled: 0,
            place: 0,
            reading: false,
            changed: false,
            run: 0,
        }
    }

    pub(super) const fn begin(&mut self, offer: hello::Offer, capacity: usize) {
        self.phase = Phase::Hello(offer);
        self.capacity = capacity;
    }

    /// The application begins to read.
    pub(super) const fn start_run(&mut self) {
        self.run = 0;
    }

    /// A read of embedded-tls begins. When the last one did not end, it was
    /// given up with the record unfinished.
    pub(super) const fn start(&mut self) {
        if self.reading {
            self.handed = 0;
        }
        self.reading = true;
    }

    /// What the read into `buf` needs next.
    pub(super) fn step(&mut self, buf: &mut [u8]) -> Result<Step, Fault> {
        loop {
            if self.came < HEADER {
                return Ok(Step::Fill);
            }
            let [kind, .., high, low] = self.header;
            let length = usize::from(u16::from_be_bytes([high, low]));
            if self.filled == 0 && self.handed == 0 {
                self.admit(kind, length)?;
            }
            if kind == CHANGE_CIPHER_SPEC {
                if self.filled == 0 {
                    return Ok(Step::Fill);
                }
                // RFC 8446 §5: "drop it without further processing".
                self.changed = true;
                self.next();
                continue;
            }
            if self.handed < HEADER {
                return self.hand_header(buf).map(Step::Deliver);
            }
            // It asks for the body whole, at the same place as before.
            if buf.len() != length || (self.filled > 0 && buf.as_ptr().addr() != self.place) {
                return Err(Fault::Internal);
            }
            if self.filled < length {
                self.place = buf.as_ptr().addr();
                return Ok(Step::Fill);
            }
            self.look_at(kind, buf)?;
            self.next();
            self.reading = false;
            return Ok(Step::Deliver(length));
        }
    }

    /// Where the next bytes of the transport belong; never empty after
    /// [`Step::Fill`].
    pub(super) fn target<'b>(&'b mut self, buf: &'b mut [u8]) -> &'b mut [u8] {
        let (area, at) = match self.came {
            HEADER if self.header.first() == Some(&CHANGE_CIPHER_SPEC) => {
                // Its one byte goes over the low byte of its length, which is
                // the one that it must be.
                (self.header.as_mut_slice(), HEADER - 1)
            }
            HEADER => (buf, self.filled),
            came => (self.header.as_mut_slice(), came),
        };
        area.get_mut(at..).unwrap_or_default()
    }

    /// `n` bytes have come into the target.
    pub(super) fn filled(&mut self, n: usize) -> Result<(), Fault> {
        if self.came < HEADER {
            self.came = HEADER.min(self.came.saturating_add(n));
        } else {
            self.filled = self.filled.saturating_add(n);
            if let [CHANGE_CIPHER_SPEC, .., byte] = self.header
                && byte != 1
            {
                return Err(Fault::UnexpectedMessage);
            }
        }
        Ok(())
    }

    /// Whether a record of this kind and length may come now.
    fn admit(&mut self, kind: u8, length: usize) -> Result<(), Fault> {
        let [_, high, low, ..] = self.header;
        match (kind, self.phase) {
            (HANDSHAKE | ALERT, Phase::Hello(_)) if (1..=MAX_PLAINTEXT).contains(&length) => {}
            (APPLICATION_DATA, Phase::Flight | Phase::Open)
                if (MIN_CIPHERTEXT..=MAX_CIPHERTEXT).contains(&length)
                    && [high, low] == LEGACY_VERSION => {}
            // Before the peer's Finished, in the clear, one byte.
            (CHANGE_CIPHER_SPEC, Phase::Flight) if length == 1 && !self.changed => return Ok(()),
            (CHANGE_CIPHER_SPEC | HANDSHAKE | ALERT, Phase::Flight | Phase::Open) => {
                return Err(Fault::PlaintextRecord);
            }
            _ => return Err(Fault::BadRecord),
        }
        if length > self.capacity {
            return Err(Fault::RecordTooLong { needed: length });
        }
        Ok(())
    }

    fn hand_header(&mut self, buf: &mut [u8]) -> Result<usize, Fault> {
        let mut header = self.header;
        if self.phase == Phase::Open {
            header[2] = AFTER_HANDSHAKE;
        }
        let rest = header.get(self.handed..).unwrap_or_default();
        let n = rest.len().min(buf.len());
        let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) else {
            return Err(Fault::Internal);
        };
        to.copy_from_slice(from);
        self.handed += n;
        self.reading = false;
        Ok(n)
    }

    /// What embedded-tls does not look at, or does not report.
    fn look_at(&mut self, kind: u8, body: &[u8]) -> Result<(), Fault> {
        let Phase::Hello(offer) = self.phase else {
            self.run = self.run.saturating_add(1);
            return match self.run {
                0..=MAX_RUN => Ok(()),
                _ => Err(Fault::UnexpectedMessage),
            };
        };
        match (kind, body) {
            (ALERT, [_, code]) => Err(match code {
                40 => Fault::NothingInCommon,
                70 => Fault::NoTls13,
                code => Fault::Alert(*code),
            }),
            (HANDSHAKE, _) => {
                hello::check(body, offer)?;
                self.phase = Phase::Flight;
                Ok(())
            }
            _ => Err(Fault::BadRecord),
        }
    }

    const fn next(&mut self) {
        self.came = 0;
        self.handed = 0;
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn records(phase: Phase) -> Records {
        let mut records = Records::new();
        records.begin(
            hello::Offer {
                suite: 0x1301,
                psk: false,
            },
            64,
        );
        if phase != Phase::New {
            records.phase = phase;
        }
        records
    }

    /// One read of embedded-tls into `buf`, fed from `input` byte by byte, given
    /// up after `most` bytes.
    fn read(
        records: &mut Records,
        buf: &mut [u8],
        input: &mut &[u8],
        most: usize,
    ) -> Option<Result<usize, Fault>> {
        records.start();
        for _ in 0..=most {
            match records.step(buf) {
                Ok(Step::Deliver(n)) => return Some(Ok(n)),
                Ok(Step::Fill) => {}
                Err(fault) => return Some(Err(fault)),
            }
            let (&byte, rest) = input.split_first()?;
            let target = records.target(buf);
            target[0] = byte;
            *input = rest;
            if let Err(fault) = records.filled(1) {
                return Some(Err(fault));
            }
        }
        None
    }

    /// Header and body of the next record, as embedded-tls reads them.
    fn next(records: &mut Records, mut input: &[u8], most: usize) -> Result<Vec<u8>, Fault> {
        let mut buf = [0; 64];
        loop {
            let mut header = [0; HEADER];
            let Some(result) = read(records, &mut header, &mut input, most) else {
                continue;
            };
            assert_eq!(result?, HEADER);
            let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
            let Some(result) = read(records, &mut buf[..length], &mut input, most) else {
                continue;
            };
            return Ok([&header[..], &buf[..result?]].concat());
        }
    }

    fn record(kind: u8, length: u8) -> Vec<u8> {
        let body = (0..length).map(|byte| byte ^ 0x5A);
        [kind, 3, 3, 0, length].into_iter().chain(body).collect()
    }

    #[test]
    fn a_read_given_up_anywhere_goes_on() {
        let sent = record(APPLICATION_DATA, 40);
        let mut marked = sent.clone();
        marked[2] = AFTER_HANDSHAKE;
        for most in 1..50 {
            let mut flight = records(Phase::Flight);
            assert_eq!(next(&mut flight, &sent, most), Ok(sent.clone()));
            let mut open = records(Phase::Open);
            assert_eq!(next(&mut open, &sent, most), Ok(marked.clone()));
        }
    }

    #[test]
    fn what_may_come_when() {
        let hello = records(Phase::New).phase;
        for (phase, kind, length, expected) in [
            (hello, APPLICATION_DATA, 20, Err(Fault::BadRecord)),
            (hello, CHANGE_CIPHER_SPEC, 1, Err(Fault::BadRecord)),
            (hello, HANDSHAKE, 0, Err(Fault::BadRecord)),
            (
                hello,
                HANDSHAKE,
                65,
                Err(Fault::RecordTooLong { needed: 65 }),
            ),
            (Phase::Flight, APPLICATION_DATA, 16, Err(Fault::BadRecord)),
            (Phase::Flight, APPLICATION_DATA, 17, Ok(22)),
            (Phase::Flight, APPLICATION_DATA, 64, Ok(69)),
            (
                Phase::Flight,
                APPLICATION_DATA,
                65,
                Err(Fault::RecordTooLong { needed: 65 }),
            ),
            (Phase::Flight, HANDSHAKE, 20, Err(Fault::PlaintextRecord)),
            (Phase::Flight, ALERT, 2, Err(Fault::PlaintextRecord)),
            (
                Phase::Flight,
                CHANGE_CIPHER_SPEC,
                2,
                Err(Fault::PlaintextRecord),
            ),
            (Phase::Flight, 24, 20, Err(Fault::BadRecord)),
            (Phase::Open, APPLICATION_DATA, 16, Err(Fault::BadRecord)),
            (Phase::Open, APPLICATION_DATA, 17, Ok(22)),
            (Phase::Open, HANDSHAKE, 20, Err(Fault::PlaintextRecord)),
            (Phase::Open, ALERT, 2, Err(Fault::PlaintextRecord)),
            (
                Phase::Open,
                CHANGE_CIPHER_SPEC,
                1,
                Err(Fault::PlaintextRecord),
            ),
            (Phase::Open, 0, 20, Err(Fault::BadRecord)),
        ] {
            let found = next(&mut records(phase), &record(kind, length), 99);
            let found = found.map(|record| record.len());
            assert_eq!(found, expected, "{phase:?} {kind} {length}");
        }
        // The version is part of what is authenticated.
        let mut old = record(APPLICATION_DATA, 20);
        old[2] = 1;
        let found = next(&mut records(Phase::Open), &old, 99);
        assert_eq!(found, Err(Fault::BadRecord));
    }

    #[test]
    fn one_change_cipher_spec_is_swallowed() {
        let change = [CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1];
        let data = record(APPLICATION_DATA, 20);
        for most in [1, 2, 3, 99] {
            let mut records = records(Phase::Flight);
            let once = [&change[..], &data].concat();
            assert_eq!(next(&mut records, &once, most), Ok(data.clone()));
            let again = next(&mut records, &once, most);
            assert_eq!(again, Err(Fault::PlaintextRecord));
        }
    }

    #[test]
    fn another_place_is_not_taken_for_the_same() {
        let mut records = records(Phase::Open);
        let sent = record(APPLICATION_DATA, 20);
        let (mut here, mut there) = ([0; 20], [0; 20]);
        let mut input = &sent[..];
        assert_eq!(read(&mut records, &mut [0; 5], &mut input, 9), Some(Ok(5)));
        assert_eq!(read(&mut records, &mut here, &mut input, 9), None);
        assert_eq!(read(&mut records, &mut [0; 5], &mut input, 9), Some(Ok(5)));
        let moved = read(&mut records, &mut there, &mut input, 9);
        assert_eq!(moved, Some(Err(Fault::Internal)));
    }
}
