//! SHA-2 behind one type, so that the algorithms are not compiled once for
//! each hash.

use core::fmt;

use sha2::Digest;

/// A hash function over the pieces of a message.
pub(super) type HashFunction = fn(&[&[u8]]) -> Hash;

/// The output of a hash function: up to 64 bytes.
#[derive(Clone, Copy)]
pub(super) struct Hash {
    bytes: [u8; 64],
    length: usize,
}

impl Hash {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn of<D: Digest>(pieces: &[&[u8]]) -> Self {
        let mut digest = D::new();
        for piece in pieces {
            digest.update(piece);
        }
        let output = digest.finalize();
        let mut hash = Self {
            bytes: [0; 64],
            length: output.len().min(64),
        };
        for (to, from) in hash.bytes.iter_mut().zip(output) {
            *to = from;
        }
        hash
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().fmt(f)
    }
}

pub(super) fn sha256(pieces: &[&[u8]]) -> Hash {
    Hash::of::<sha2::Sha256>(pieces)
}

pub(super) fn sha384(pieces: &[&[u8]]) -> Hash {
    Hash::of::<sha2::Sha384>(pieces)
}

#[cfg(feature = "rsa")]
pub(super) fn sha512(pieces: &[&[u8]]) -> Hash {
    Hash::of::<sha2::Sha512>(pieces)
}
