//! RSA of 2048 to 4096 bits, PKCS #1 v1.5 and PSS (RFC 8017).
//!
//! Only the public operation, so nothing here is secret. Numbers are 4096 bits
//! wide whatever the key is: one size in flash.

use core::{cmp::Ordering, num::NonZeroU64};

use crypto_bigint::{NonZero, U4096};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use super::{
    der::{element, positive},
    hash::{Hash, HashFunction, sha256, sha384, sha512},
};

/// RSA PKCS #1 v1.5 with SHA-256. Not for TLS 1.3 itself, for certificates.
pub static RSA_PKCS1_2048_4096_SHA256: &dyn SignatureVerificationAlgorithm = &Rsa {
    signature: alg_id::RSA_PKCS1_SHA256,
    hash: sha256,
    padding: Padding::Pkcs1(&digest_info(1, 32)),
};

/// RSA PKCS #1 v1.5 with SHA-384. Not for TLS 1.3 itself, for certificates.
pub static RSA_PKCS1_2048_4096_SHA384: &dyn SignatureVerificationAlgorithm = &Rsa {
    signature: alg_id::RSA_PKCS1_SHA384,
    hash: sha384,
    padding: Padding::Pkcs1(&digest_info(2, 48)),
};

/// RSA PKCS #1 v1.5 with SHA-512. Not for TLS 1.3 itself, for certificates.
pub static RSA_PKCS1_2048_4096_SHA512: &dyn SignatureVerificationAlgorithm = &Rsa {
    signature: alg_id::RSA_PKCS1_SHA512,
    hash: sha512,
    padding: Padding::Pkcs1(&digest_info(3, 64)),
};

/// RSA PSS with SHA-256: `rsa_pss_rsae_sha256` of TLS 1.3.
pub static RSA_PSS_2048_4096_SHA256: &dyn SignatureVerificationAlgorithm = &Rsa {
    signature: alg_id::RSA_PSS_SHA256,
    hash: sha256,
    padding: Padding::Pss,
};

/// RSA PSS with SHA-384: `rsa_pss_rsae_sha384` of TLS 1.3.
pub static RSA_PSS_2048_4096_SHA384: &dyn SignatureVerificationAlgorithm = &Rsa {
    signature: alg_id::RSA_PSS_SHA384,
    hash: sha384,
    padding: Padding::Pss,
};

/// RSA PSS with SHA-512: `rsa_pss_rsae_sha512` of TLS 1.3.
pub static RSA_PSS_2048_4096_SHA512: &dyn SignatureVerificationAlgorithm = &Rsa {
    signature: alg_id::RSA_PSS_SHA512,
    hash: sha512,
    padding: Padding::Pss,
};

#[derive(Debug)]
struct Rsa {
    signature: AlgorithmIdentifier,
    hash: HashFunction,
    padding: Padding,
}

#[derive(Debug)]
enum Padding {
    /// With the start of the DER of a `DigestInfo`, up to the hash.
    Pkcs1(&'static [u8]),
    /// The same hash in MGF1, and a salt as long as the hash: RFC 8446
    /// §4.2.3.
    Pss,
}

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let verified = PublicKey::parse(public_key).and_then(|key| {
            let mut block = [0; MAX_BYTES];
            let block = key.open(signature, &mut block)?;
            let hash = (self.hash)(&[message]);
            match self.padding {
                Padding::Pkcs1(digest_info) => pkcs1(block, digest_info, &hash),
                Padding::Pss => pss(block, key.bits, &hash, self.hash),
            }
        });
        verified.ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

const MIN_BITS: usize = 2048;
const MAX_BYTES: usize = 512;

struct PublicKey<'a> {
    modulus: &'a [u8],
    bits: usize,
    exponent: NonZeroU64,
}

impl<'a> PublicKey<'a> {
    /// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`
    fn parse(mut der: &'a [u8]) -> Option<Self> {
        let (_, mut sequence) = element(&mut der, 0x30)?;
        let modulus = positive(&mut sequence)?;
        let exponent = positive(&mut sequence)?;
        if !der.is_empty() || !sequence.is_empty() || modulus.len() > MAX_BYTES {
            return None;
        }
        let unused = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
        let bits = modulus.len() * 8 - unused;
        // Larger exponents are in use nowhere; the work must be bounded.
        if bits < MIN_BITS || modulus.last()? & 1 == 0 || exponent.len() > 4 {
            return None;
        }
        let exponent = exponent
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        if exponent < 3 || exponent & 1 == 0 {
            return None;
        }
        Some(Self {
            modulus,
            bits,
            exponent: NonZeroU64::new(exponent)?,
        })
    }

    /// RSAVP1 of RFC 8017 §5.2.2: the encoded message in a signature.
    fn open<'b>(&self, signature: &[u8], block: &'b mut [u8; MAX_BYTES]) -> Option<&'b mut [u8]> {
        if signature.len() != self.modulus.len() || signature.cmp(self.modulus) != Ordering::Less {
            return None;
        }
        let modulus = NonZero::new(number(self.modulus)?).into_option()?;
        let base = number(signature)?;
        let mut power = base;
        for bit in (0..self.exponent.ilog2()).rev() {
            power = power.square_mod_vartime(&modulus);
            if self.exponent.get() >> bit & 1 == 1 {
                power = power.mul_mod_vartime(&base, &modulus);
            }
        }
        block.copy_from_slice(power.to_be_bytes().as_ref());
        block.get_mut(MAX_BYTES - signature.len()..)
    }
}

/// A number of at most 4096 bits from its bytes, the highest first.
fn number(bytes: &[u8]) -> Option<U4096> {
    let mut padded = [0; MAX_BYTES];
    padded
        .get_mut(MAX_BYTES.checked_sub(bytes.len())?..)?
        .copy_from_slice(bytes);
    Some(U4096::from_be_slice(&padded))
}

/// EMSA-PKCS1-v1_5 of RFC 8017 §9.2: there is one right block, byte for byte.
fn pkcs1(block: &[u8], digest_info: &[u8], hash: &Hash) -> Option<()> {
    let (rest, found) = block.split_at_checked(block.len().checked_sub(hash.as_bytes().len())?)?;
    let (padding, info) = rest.split_at_checked(rest.len().checked_sub(digest_info.len())?)?;
    let [0x00, 0x01, ones @ .., 0x00] = padding else {
        return None;
    };
    (found == hash.as_bytes()
        && info == digest_info
        && ones.len() >= 8
        && ones.iter().all(|&byte| byte == 0xFF))
    .then_some(())
}

/// EMSA-PSS of RFC 8017 §9.1.2.
fn pss(block: &mut [u8], modulus_bits: usize, hash: &Hash, function: HashFunction) -> Option<()> {
    let hash = hash.as_bytes();
    // The encoded message is one bit shorter than the modulus, which may make
    // it one byte shorter.
    let bits = modulus_bits - 1;
    let (zero, message) = block.split_at_mut_checked(block.len() - bits.div_ceil(8))?;
    let unused = u32::try_from(message.len() * 8 - bits).ok()?;
    let (&mut trailer, message) = message.split_last_mut()?;
    let (data, seed) = message.split_at_mut_checked(message.len().checked_sub(hash.len())?)?;
    let high = 0xFF_u8.checked_shr(unused)?;
    if zero.iter().any(|&byte| byte != 0) || trailer != 0xBC || data.first()? & !high != 0 {
        return None;
    }
    // MGF1 of RFC 8017 §B.2.1.
    for (counter, chunk) in (0_u32..).zip(data.chunks_mut(hash.len())) {
        let mask = function(&[seed, &counter.to_be_bytes()]);
        for (byte, mask) in chunk.iter_mut().zip(mask.as_bytes()) {
            *byte ^= mask;
        }
    }
    *data.first_mut()? &= high;
    let (padding, salt) = data.split_at_checked(data.len().checked_sub(hash.len())?)?;
    let (&one, zeros) = padding.split_last()?;
    if one != 0x01 || zeros.iter().any(|&byte| byte != 0) {
        return None;
    }
    (function(&[&[0; 8], hash, salt]).as_bytes() == seed).then_some(())
}

/// The start of the DER of a `DigestInfo` of SHA-2: the last arc of the hash's
/// object identifier, 2.16.840.1.101.3.4.2.`arc`, and its length.
const fn digest_info(arc: u8, length: u8) -> [u8; 19] {
    [
        0x30,
        17 + length,
        0x30,
        13,
        0x06,
        9,
        0x60,
        0x86,
        0x48,
        0x01,
        0x65,
        0x03,
        0x04,
        0x02,
        arc,
        0x05,
        0,
        0x04,
        length,
    ]
}
