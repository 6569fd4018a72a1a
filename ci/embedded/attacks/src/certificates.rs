//! What the server shows: chains that are right, or wrong in one way.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData, SanType,
};
use time::{Duration, OffsetDateTime};

/// The root that clients of the tests trust.
pub const CA_DER: &[u8] = include_bytes!("../ca.der");
const CA_KEY: &str = include_str!("../ca.key");
const PINNED_KEY: &str = include_str!("../pinned.key");

/// The SubjectPublicKeyInfo of the server `pinned`.
#[must_use]
pub fn pinned_key() -> Vec<u8> {
    KeyPair::from_pem(PINNED_KEY).map_or_else(|_| Vec::new(), |key| key.subject_public_key_info())
}

pub(crate) struct Identity {
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) key: KeyPair,
}

type Result<T> = core::result::Result<T, rcgen::Error>;

/// The names of a good server: the host's own, and the host as a guest of
/// QEMU sees it.
fn server() -> Result<CertificateParams> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    for address in ["127.0.0.1", "::1", "10.0.2.2"] {
        let address: Option<IpAddr> = address.parse().ok();
        params
            .subject_alt_names
            .extend(address.map(SanType::IpAddress));
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    dates(&mut params, -1, 30);
    Ok(params)
}

fn ca(name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(vec![])?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    dates(&mut params, -1, 30);
    Ok(params)
}

fn dates(params: &mut CertificateParams, from: i64, to: i64) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now + Duration::days(from);
    params.not_after = now + Duration::days(to);
}

fn root() -> Result<Issuer<'static, KeyPair>> {
    Ok(Issuer::new(root_params()?, KeyPair::from_pem(CA_KEY)?))
}

fn root_params() -> Result<CertificateParams> {
    let mut params = ca("hybi attack tests")?;
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2120, 1, 1);
    Ok(params)
}

/// Makes the root's certificate, for whom wants another.
///
/// # Errors
/// Those of rcgen.
pub fn make_root() -> core::result::Result<Vec<u8>, rcgen::Error> {
    let key = KeyPair::from_pem(CA_KEY)?;
    Ok(root_params()?.self_signed(&key)?.der().to_vec())
}

fn single(params: &CertificateParams, issuer: &Issuer<'_, KeyPair>) -> Result<Identity> {
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, issuer)?;
    Ok(Identity {
        chain: vec![leaf.der().to_vec()],
        key,
    })
}

fn below(issuer: CertificateParams, leaf: &CertificateParams) -> Result<Identity> {
    let key = KeyPair::generate()?;
    let certificate = issuer.signed_by(&key, &root()?)?;
    let mut identity = single(leaf, &Issuer::new(issuer, key))?;
    identity.chain.push(certificate.der().to_vec());
    Ok(identity)
}

pub(crate) fn identity(attack: &str) -> Result<Identity> {
    let mut params = server()?;
    match attack {
        "intermediate" => below(ca("intermediate")?, &params),
        "unrelated" => {
            let mut identity = single(&params, &root()?)?;
            let key = KeyPair::generate()?;
            let other = ca("somebody else")?.self_signed(&key)?;
            identity.chain.push(other.der().to_vec());
            Ok(identity)
        }
        "fourth-name" => {
            let names = [
                "a.test",
                "b.test",
                &format!("{}.test", "long".repeat(14)),
                "localhost",
            ];
            params.subject_alt_names =
                CertificateParams::new(names.map(str::to_owned))?.subject_alt_names;
            single(&params, &root()?)
        }
        "wrong-host" => {
            params.subject_alt_names =
                CertificateParams::new(vec!["example.test".to_owned()])?.subject_alt_names;
            single(&params, &root()?)
        }
        "self-signed" => {
            let key = KeyPair::generate()?;
            let leaf = params.self_signed(&key)?;
            Ok(Identity {
                chain: vec![leaf.der().to_vec()],
                key,
            })
        }
        "expired" => {
            dates(&mut params, -30, -1);
            single(&params, &root()?)
        }
        "not-yet-valid" => {
            dates(&mut params, 1, 30);
            single(&params, &root()?)
        }
        "unknown-ca" => single(&params, &Issuer::new(ca("other")?, KeyPair::generate()?)),
        "same-name-ca" => single(&params, &Issuer::new(root_params()?, KeyPair::generate()?)),
        "leaf-signs-leaf" => {
            let mut issuer = server()?;
            issuer
                .distinguished_name
                .push(DnType::CommonName, "a server");
            below(issuer, &params)
        }
        "client-usage" => {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            single(&params, &root()?)
        }
        "common-name-only" => {
            params.subject_alt_names.clear();
            params
                .distinguished_name
                .push(DnType::CommonName, "localhost");
            single(&params, &root()?)
        }
        "name-constraint" => {
            let mut issuer = ca("constrained")?;
            issuer.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("example.test".to_owned())],
                excluded_subtrees: vec![],
            });
            below(issuer, &params)
        }
        "broken-certificate" => {
            let mut identity = single(&params, &root()?)?;
            for certificate in &mut identity.chain {
                certificate.truncate(certificate.len() / 2);
            }
            Ok(identity)
        }
        "pinned" | "pinned-copied" | "pinned-no-verify" => {
            let key = KeyPair::from_pem(PINNED_KEY)?;
            let leaf = params.signed_by(&key, &root()?)?;
            Ok(Identity {
                chain: vec![leaf.der().to_vec()],
                key,
            })
        }
        _ => single(&params, &root()?),
    }
}
