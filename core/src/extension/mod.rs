//! Extensions (RFC 6455 §9): permessage-deflate, or none.

mod codec;
#[cfg(feature = "deflate")]
pub mod deflate;

pub(crate) use codec::bound;
pub use codec::{Compressor, Decompressor, Inflated, InvalidData, NoCompressor};
use core::fmt;

use crate::error::CapacityError;

/// The parameters with which an extension was negotiated.
#[cfg(feature = "deflate")]
pub(crate) type Negotiated = deflate::DeflateParams;
/// There is no extension to negotiate.
#[cfg(not(feature = "deflate"))]
pub(crate) type Negotiated = core::convert::Infallible;

/// What a connection asks of its extension. Implemented by [`Plain`], by
/// `deflate::PerMessageDeflate` and by an `Option` of one; not meant to be
/// implemented elsewhere.
pub trait Extension: fmt::Debug {
    /// Whether RSV1 marks compressed messages (RFC 7692 §6).
    fn is_negotiated(&self) -> bool;

    /// Decompresses; see [`Decompressor::inflate`].
    ///
    /// # Errors
    /// [`InvalidData`]: the message is not what it claims to be.
    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData>;

    /// See [`Decompressor::is_final`].
    fn is_final(&self) -> bool;

    /// See [`Decompressor::is_complete`].
    fn is_complete(&mut self) -> bool;

    /// See [`Decompressor::output`].
    fn output(&self) -> &[u8];

    /// Adds what was decompressed to the whole message.
    ///
    /// # Errors
    /// [`CapacityError`]: the message does not fit.
    fn append(&mut self, part: Inflated) -> Result<(), CapacityError>;

    /// The whole message so far.
    fn message(&self) -> &[u8];

    /// A received message begins: the one before is not needed any more.
    fn begin_message(&mut self);

    /// A received message is complete.
    fn end_message(&mut self);

    /// Whether a message of `len` bytes, or one of unknown length that begins
    /// with so many, is worth compressing. Takes an override back.
    fn wants(&mut self, len: usize) -> bool;

    /// Compresses `payload` into `output`, which has the bytes that [`Compressor::compress`] asks for. Returns
    /// how many are used, `00 00 FF FF` at their end included; `None` where
    /// that failed and the payload has to go uncompressed.
    fn compress(&mut self, payload: &[u8], output: &mut [u8]) -> Option<usize>;

    /// A sent message is complete.
    fn end_compressed(&mut self);
}

/// No extension.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Extension for Plain {
    fn is_negotiated(&self) -> bool {
        false
    }

    fn inflate(&mut self, _: &[u8]) -> Result<Inflated, InvalidData> {
        Err(InvalidData)
    }

    fn is_final(&self) -> bool {
        false
    }

    fn is_complete(&mut self) -> bool {
        false
    }

    fn output(&self) -> &[u8] {
        &[]
    }

    fn append(&mut self, _: Inflated) -> Result<(), CapacityError> {
        Ok(())
    }

    fn message(&self) -> &[u8] {
        &[]
    }

    fn begin_message(&mut self) {}

    fn end_message(&mut self) {}

    fn wants(&mut self, _: usize) -> bool {
        false
    }

    fn compress(&mut self, _: &[u8], _: &mut [u8]) -> Option<usize> {
        None
    }

    fn end_compressed(&mut self) {}
}

/// Negotiated or not, decided when the connection opens.
impl<X: Extension> Extension for Option<X> {
    fn is_negotiated(&self) -> bool {
        self.as_ref().is_some_and(X::is_negotiated)
    }

    fn inflate(&mut self, input: &[u8]) -> Result<Inflated, InvalidData> {
        self.as_mut().ok_or(InvalidData)?.inflate(input)
    }

    fn is_final(&self) -> bool {
        self.as_ref().is_some_and(X::is_final)
    }

    fn is_complete(&mut self) -> bool {
        self.as_mut().is_some_and(X::is_complete)
    }

    fn output(&self) -> &[u8] {
        self.as_ref().map_or(&[], X::output)
    }

    fn append(&mut self, part: Inflated) -> Result<(), CapacityError> {
        self.as_mut().map_or(Ok(()), |x| x.append(part))
    }

    fn message(&self) -> &[u8] {
        self.as_ref().map_or(&[], X::message)
    }

    fn begin_message(&mut self) {
        if let Some(extension) = self {
            extension.begin_message();
        }
    }

    fn end_message(&mut self) {
        if let Some(extension) = self {
            extension.end_message();
        }
    }

    fn wants(&mut self, len: usize) -> bool {
        self.as_mut().is_some_and(|x| x.wants(len))
    }

    fn compress(&mut self, payload: &[u8], output: &mut [u8]) -> Option<usize> {
        self.as_mut()?.compress(payload, output)
    }

    fn end_compressed(&mut self) {
        if let Some(extension) = self {
            extension.end_compressed();
        }
    }
}
