//! The cipher suites, each with a guard between embedded-tls and what it
//! decrypts.
//!
//! embedded-tls panics on any handshake message after the handshake but a
//! session ticket, and reads the tickets, which it has no use for. Its cipher
//! is a type that we may choose, so ours looks at each decrypted record before
//! embedded-tls does.

use aes_gcm::{
    Aes128Gcm, Aes256Gcm,
    aead::{
        AeadCore, AeadInPlace, Buffer, Error, Key, KeyInit, KeySizeUser, Nonce, Tag,
        consts::{U12, U16, U32, U58, U70},
    },
};
use embedded_tls::TlsCipherSuite;
use sha2::{Sha256, Sha384};

use super::records::{AFTER_HANDSHAKE, ALERT, APPLICATION_DATA, HANDSHAKE, LEGACY_VERSION};

/// A cipher suite. An embedded-tls connection knows one.
pub trait Suite: TlsCipherSuite + sealed::Sealed + 'static {}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else may implement Suite")]
    pub trait Sealed {}
}

/// TLS_AES_128_GCM_SHA256, which every TLS 1.3 server has (RFC 8446 §9.1).
#[derive(Debug, Clone, Copy)]
pub struct Aes128GcmSha256;

/// TLS_AES_256_GCM_SHA384. More flash, RAM and time.
#[derive(Debug, Clone, Copy)]
pub struct Aes256GcmSha384;

impl TlsCipherSuite for Aes128GcmSha256 {
    const CODE_POINT: u16 = 0x1301;
    type Cipher = Guard<Aes128Gcm>;
    type KeyLen = U16;
    type IvLen = U12;
    type Hash = Sha256;
    type LabelBufferSize = U58;
}

impl TlsCipherSuite for Aes256GcmSha384 {
    const CODE_POINT: u16 = 0x1302;
    type Cipher = Guard<Aes256Gcm>;
    type KeyLen = U32;
    type IvLen = U12;
    type Hash = Sha384;
    type LabelBufferSize = U70;
}

impl sealed::Sealed for Aes128GcmSha256 {}
impl sealed::Sealed for Aes256GcmSha384 {}
impl Suite for Aes128GcmSha256 {}
impl Suite for Aes256GcmSha384 {}

/// An AEAD that shows embedded-tls only what it can bear.
#[expect(missing_debug_implementations, reason = "it holds a key")]
pub struct Guard<C>(C);

impl<C: KeySizeUser> KeySizeUser for Guard<C> {
    type KeySize = C::KeySize;
}

impl<C: KeyInit> KeyInit for Guard<C> {
    fn new(key: &Key<Self>) -> Self {
        Self(C::new(key))
    }
}

impl<C: AeadCore> AeadCore for Guard<C> {
    type NonceSize = C::NonceSize;
    type TagSize = C::TagSize;
    type CiphertextOverhead = C::CiphertextOverhead;
}

impl<C: AeadInPlace> AeadInPlace for Guard<C> {
    fn encrypt_in_place_detached(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        buffer: &mut [u8],
    ) -> Result<Tag<Self>, Error> {
        self.0.encrypt_in_place_detached(nonce, header, buffer)
    }

    fn decrypt_in_place_detached(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        buffer: &mut [u8],
        tag: &Tag<Self>,
    ) -> Result<(), Error> {
        self.0.decrypt_in_place_detached(nonce, header, buffer, tag)
    }

    fn decrypt_in_place(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        buffer: &mut dyn Buffer,
    ) -> Result<(), Error> {
        let &[kind, high, low, a, b] = header else {
            return Err(Error);
        };
        let [_, legacy] = LEGACY_VERSION;
        let after = low == AFTER_HANDSHAKE;
        let low = if after { legacy } else { low };
        self.0
            .decrypt_in_place(nonce, &[kind, high, low, a, b], buffer)?;
        if after { guard(buffer) } else { Ok(()) }
    }
}

/// Changes the content of a record that came after the handshake into one that
/// embedded-tls handles as it should be handled.
fn guard(buffer: &mut dyn Buffer) -> Result<(), Error> {
    // RFC 8446 §5.4: the content type is the last byte that is not zero.
    let content = buffer.as_ref();
    let at = content.iter().rposition(|&byte| byte != 0).ok_or(Error)?;
    let (messages, rest) = content.split_at_checked(at).ok_or(Error)?;
    let stand_in = match rest.first() {
        Some(&(APPLICATION_DATA | ALERT)) => return Ok(()),
        Some(&HANDSHAKE) => match post_handshake(messages) {
            // No data.
            Some(Messages::Tickets) => APPLICATION_DATA,
            // Not a content type of TLS 1.3: `Unimplemented`.
            Some(Messages::KeyUpdate) => super::records::CHANGE_CIPHER_SPEC,
            // An alert without content: `ParseError`.
            None => ALERT,
        },
        _ => return Err(Error),
    };
    buffer.truncate(1);
    *buffer.as_mut().first_mut().ok_or(Error)? = stand_in;
    Ok(())
}

enum Messages {
    Tickets,
    KeyUpdate,
}

/// The messages in a record: nothing but tickets, or a KeyUpdate among them.
fn post_handshake(mut messages: &[u8]) -> Option<Messages> {
    const NEW_SESSION_TICKET: u8 = 4;
    const KEY_UPDATE: u8 = 24;
    loop {
        let (&[kind, a, b, c], rest) = messages.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        let (_, rest) = rest.split_at_checked(length)?;
        match kind {
            KEY_UPDATE => return Some(Messages::KeyUpdate),
            NEW_SESSION_TICKET if rest.is_empty() => return Some(Messages::Tickets),
            NEW_SESSION_TICKET => messages = rest,
            _ => return None,
        }
    }
}
