//! What each proof asks for, and what it does without.

use core::time::Duration;

use embassy_futures::block_on;
use hybi_embedded::{
    signature::{ECDSA_P256_SHA256, SignatureVerificationAlgorithm},
    tls::{
        CertificateError, DangerouslyTrustAnyone, Fault, Pins, RecordFilter, Roots, TlsStream,
        blocking::Blocking, trust_anchor,
    },
};
use sha2::{Digest, Sha256};
use tls_attacks::Attack;

use crate::{
    attacks::{CA, Seen, against, block, wait},
    tcp::{Tcp, Urandom, since_1970},
};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The client with these roots, over the server of that name.
fn roots(server: &str, host: &str, make: fn(Roots<'_>) -> Roots<'_>) -> Seen {
    let anchors = [trust_anchor(&CA).unwrap()];
    let proof = make(Roots::new(&anchors));
    let attack = Attack::named(server).unwrap();
    against(attack, |tcp| block(tcp, host, &proof)).0
}

static ONLY_P256: &[&dyn SignatureVerificationAlgorithm] = &[ECDSA_P256_SHA256];

const GOOD: Seen = (true, Ok(()));

const fn refused(error: CertificateError) -> Seen {
    (false, Err(Fault::Certificate(error)))
}

#[test]
fn addresses_are_names_too() {
    for host in [
        "localhost",
        "localhost.",
        "127.0.0.1",
        "10.0.2.2",
        "::1",
        "[::1]",
    ] {
        assert_eq!(
            roots("good", host, |roots| roots.at(since_1970())),
            GOOD,
            "{host}"
        );
    }
    for host in ["127.0.0.2", "[::2]", "local", "x.localhost", "localhos"] {
        let seen = roots("good", host, |roots| roots.at(since_1970()));
        assert_eq!(seen, refused(CertificateError::WrongHost), "{host}");
    }
}

#[test]
fn without_a_clock_nothing_is_good() {
    let seen = roots("good", "localhost", |roots| roots);
    assert_eq!(seen, refused(CertificateError::NoClock));
    let seen = roots("good", "localhost", |roots| roots.at(Duration::ZERO));
    assert_eq!(seen, refused(CertificateError::NotYetValid));
    let seen = roots("good", "localhost", |roots| roots.at(since_1970() + YEAR));
    assert_eq!(seen, refused(CertificateError::Expired));
}

#[test]
fn dates_can_be_ignored_and_nothing_else() {
    for attack in tls_attacks::ATTACKS {
        let Some(fault) = attack
            .fault
            .filter(|fault| fault.starts_with("Certificate"))
        else {
            continue;
        };
        let seen = roots(attack.name, "localhost", |roots| {
            roots.dangerously_ignore_dates()
        });
        match fault {
            "Certificate(Expired)" | "Certificate(NotYetValid)" => assert_eq!(seen, GOOD),
            _ => assert_eq!(format!("{:?}", seen.1.unwrap_err()), fault, "{attack:?}"),
        }
    }
    let seen = roots("intermediate", "localhost", |roots| {
        roots.dangerously_ignore_dates()
    });
    assert_eq!(seen, GOOD);
}

#[test]
fn without_roots_nothing_is_good() {
    let attack = Attack::named("good").unwrap();
    let proof = Roots::new(&[]).at(since_1970());
    let seen = against(attack, |tcp| block(tcp, "localhost", &proof)).0;
    assert_eq!(seen, refused(CertificateError::UnknownIssuer));
}

#[test]
fn an_algorithm_that_is_not_named_is_not_known() {
    let seen = roots("good", "localhost", |roots| {
        roots.at(since_1970()).algorithms(&[])
    });
    assert_eq!(seen, refused(CertificateError::Unsupported));
    let seen = roots("good", "localhost", |roots| {
        roots.at(since_1970()).algorithms(ONLY_P256)
    });
    assert_eq!(seen, GOOD);
}

/// A pin needs no CA, no clock and no name; but the key, and the proof that
/// the server has it.
#[test]
fn pins() {
    let pin = pin_of_the_test_server();
    let other = [7; 32];
    for (server, pins, expected) in [
        ("pinned", &[pin][..], GOOD),
        ("pinned", &[other, pin], GOOD),
        ("pinned", &[other], refused(CertificateError::PinMismatch)),
        ("pinned", &[], refused(CertificateError::PinMismatch)),
        ("good", &[pin], refused(CertificateError::PinMismatch)),
        (
            "pinned-copied",
            &[pin],
            refused(CertificateError::BadSignature),
        ),
        ("pinned-no-verify", &[pin], (false, Err(Fault::NotProven))),
    ] {
        let attack = Attack::named(server).unwrap();
        let proof = Pins::new(pins);
        let seen = against(attack, |tcp| block(tcp, "another.test", &proof)).0;
        assert_eq!(seen, expected, "{server}");
    }
}

fn pin_of_the_test_server() -> [u8; 32] {
    Sha256::digest(tls_attacks::pinned_key()).into()
}

/// What it says: it takes those that prove nothing. It still notices what
/// comes in the clear.
#[test]
fn trusting_anyone() {
    for (server, expected) in [
        ("good", GOOD),
        ("self-signed", GOOD),
        ("no-certificate", GOOD),
        ("no-verify", GOOD),
        ("copied-certificate", GOOD),
        ("plaintext-alert", (true, Err(Fault::PlaintextRecord))),
        ("truncated", (true, Err(Fault::Truncated))),
        ("wrong-finished", (false, Err(Fault::BadRecord))),
    ] {
        let attack = Attack::named(server).unwrap();
        let client = |tcp| block_on(wait(tcp, "localhost", &DangerouslyTrustAnyone, false));
        assert_eq!(against(attack, client).0, expected, "{server}");
    }
}

#[test]
fn what_cannot_work_is_said_before_a_byte_goes_out() {
    let anchors = [trust_anchor(&CA).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let attempt = |host: &str, tx: usize, out: usize| {
        let (mut rx, mut tx, mut out) = (vec![0; 4096], vec![0; tx], vec![0; out]);
        let filter = RecordFilter::new(Blocking::new(Tcp::connect(port)), &mut out);
        let open = TlsStream::open(&filter, &mut rx, &mut tx, host, &proof, Urandom);
        let error = block_on(open).err().unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let none = std::io::Read::read(&mut &stream, &mut [0]);
        assert_eq!(none.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        crate::attacks::fault(error)
    };
    for host in ["", "a b", "a..b", "-", "[1.2.3.4", &"a".repeat(300)] {
        assert_eq!(attempt(host, 512, 512), Fault::InvalidHost, "{host}");
    }
    assert_eq!(attempt("localhost", 512, 511), Fault::BufferTooSmall);
    assert_eq!(attempt("localhost", 100, 512), Fault::BufferTooSmall);
    assert_eq!(attempt("localhost", 0, 0), Fault::BufferTooSmall);
    // Names that do not fit.
    let long = ["a".repeat(60), "b".repeat(60), "c".repeat(60)].join(".");
    assert_eq!(attempt(&long, 256, 256), Fault::BufferTooSmall);
}

#[test]
fn a_record_that_does_not_fit() {
    let anchors = [trust_anchor(&CA).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let seen = against(Attack::named("good").unwrap(), |tcp| {
        let (mut rx, mut tx, mut out) = (vec![0; 300], vec![0; 512], vec![0; 512]);
        let filter = RecordFilter::new(tcp, &mut out);
        let open = TlsStream::open(&filter, &mut rx, &mut tx, "localhost", &proof, Urandom);
        let error = block_on(open).err().unwrap();
        (false, Err(crate::attacks::fault(error)))
    });
    let Err(Fault::RecordTooLong { needed }) = seen.0.1 else {
        panic!("{seen:?}");
    };
    // With what it asks for it works.
    let seen = against(Attack::named("good").unwrap(), |tcp| {
        let (mut rx, mut tx, mut out) = (vec![0; needed + 8], vec![0; 512], vec![0; 512]);
        let filter = RecordFilter::new(tcp, &mut out);
        let open = TlsStream::open(&filter, &mut rx, &mut tx, "localhost", &proof, Urandom);
        block_on(async { open.await.unwrap().close().await.unwrap() });
        GOOD
    });
    assert_eq!(seen.0, GOOD);
}

#[test]
fn a_filter_serves_once() {
    let seen = against(Attack::named("good").unwrap(), |tcp| {
        let anchors = [trust_anchor(&CA).unwrap()];
        let proof = Roots::new(&anchors).at(since_1970());
        let (mut rx, mut tx, mut out) = (vec![0; 4096], vec![0; 512], vec![0; 512]);
        let (mut rx2, mut tx2) = (vec![0; 4096], vec![0; 512]);
        let filter = RecordFilter::new(tcp, &mut out);
        let open = TlsStream::open(&filter, &mut rx, &mut tx, "localhost", &proof, Urandom);
        let mut tls = block_on(open).unwrap();
        let open = TlsStream::open(&filter, &mut rx2, &mut tx2, "localhost", &proof, Urandom);
        let error = block_on(open).err().unwrap();
        assert_eq!(crate::attacks::fault(error), Fault::FilterInUse);
        assert!(filter.transport().is_some());
        (true, block_on(tls.close()).map_err(crate::attacks::fault))
    });
    assert_eq!(seen.0, GOOD);
}
