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
