//! Key exchange: X25519 (RFC 7748), P-256 and P-384 (SP 800-56A). Each key
//! serves one handshake.

use alloc::{boxed::Box, vec::Vec};
use core::{fmt, marker::PhantomData};

use p256::{
    NistP256,
    elliptic_curve::{
        AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, PublicKey, SecretKey,
        sec1::{FromSec1Point, ModulusSize, ToSec1Point},
    },
};
use p384::NistP384;
use rustls::{
    Error, NamedGroup, PeerMisbehaved,
    crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup},
    ffdhe_groups::FfdheGroup,
};
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroizing;

use super::random;

pub(super) static X25519: &dyn SupportedKxGroup = &Montgomery;
pub(super) static SECP256R1: &dyn SupportedKxGroup =
    &Weierstrass::<NistP256>(NamedGroup::secp256r1, PhantomData);
pub(super) static SECP384R1: &dyn SupportedKxGroup =
    &Weierstrass::<NistP384>(NamedGroup::secp384r1, PhantomData);

const INVALID: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

#[derive(Debug)]
struct Montgomery;

impl SupportedKxGroup for Montgomery {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut secret = Zeroizing::new([0; 32]);
        random::fill(&mut *secret)?;
        Ok(Box::new(MontgomeryKey::new(secret)))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }
}

pub(super) struct MontgomeryKey {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl MontgomeryKey {
    pub(super) fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        let public = x25519(*secret, X25519_BASEPOINT_BYTES);
        Self { secret, public }
    }
}

impl ActiveKeyExchange for MontgomeryKey {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer = <[u8; 32]>::try_from(peer).map_err(|_| INVALID)?;
        let shared = Zeroizing::new(x25519(*self.secret, peer));
        // RFC 8446 §7.4.2: all zeros come from a point of small order. The
        // peer knows whether it sent one, so this needs no constant time.
        if shared.iter().fold(0, |any, byte| any | byte) == 0 {
            return Err(INVALID);
        }
        Ok(SharedSecret::from(shared.as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }
}

/// The curves of NIST, as rustls uses them.
pub(super) trait Curve:
    CurveArithmetic<AffinePoint: FromSec1Point<Self> + ToSec1Point<Self>>
where
    FieldBytesSize<Self>: ModulusSize,
{
}

impl Curve for NistP256 {}
impl Curve for NistP384 {}

struct Weierstrass<C>(NamedGroup, PhantomData<fn() -> C>);

impl<C: Curve> SupportedKxGroup for Weierstrass<C>
where
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        // FIPS 186-5 §A.2.2: again, where the number is not below the order
        // or zero. For P-256, one in 2^32.
        for _ in 0..8 {
            let mut bytes = Zeroizing::new(FieldBytes::<C>::default());
            random::fill(&mut bytes)?;
            if let Ok(secret) = SecretKey::<C>::from_bytes(&bytes) {
                return Ok(Box::new(WeierstrassKey::new(self.0, secret)));
            }
        }
        Err(Error::FailedToGetRandomBytes)
    }

    fn name(&self) -> NamedGroup {
        self.0
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }
}

impl<C> fmt::Debug for Weierstrass<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) struct WeierstrassKey<C: CurveArithmetic> {
    group: NamedGroup,
    secret: SecretKey<C>,
    public: Vec<u8>,
}

impl<C: Curve> WeierstrassKey<C>
where
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    pub(super) fn new(group: NamedGroup, secret: SecretKey<C>) -> Self {
        let point = secret.public_key().as_affine().to_sec1_point(false);
        Self {
            group,
            secret,
            public: point.as_bytes().to_vec(),
        }
    }
}

impl<C: Curve> ActiveKeyExchange for WeierstrassKey<C>
where
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // RFC 8446 §4.2.8.2: uncompressed points only, each checked to be on
        // the curve, which `from_sec1_bytes` does.
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(INVALID);
        }
        let peer = PublicKey::<C>::from_sec1_bytes(peer).map_err(|_| INVALID)?;
        let shared = self.secret.diffie_hellman(&peer);
        Ok(SharedSecret::from(shared.raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        self.group
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }
}

/// SEC 1 §2.3.3: how an uncompressed point begins.
pub(super) const UNCOMPRESSED: u8 = 4;
