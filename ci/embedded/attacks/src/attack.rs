//! The list of attacks, and of the servers that behave.

/// What a server does, and what a client should make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attack {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the server does.
    pub what: &'static str,
    /// The fault that a client of hybi-embedded should report; `None` where
    /// it should be content.
    pub fault: Option<&'static str>,
    /// Whether it shows after the handshake only.
    pub later: bool,
    /// Whether the client must use the pre-shared key.
    pub psk: bool,
}

const fn good(name: &'static str, what: &'static str) -> Attack {
    Attack {
        name,
        what,
        fault: None,
        later: false,
        psk: false,
    }
}

const fn opening(name: &'static str, what: &'static str, fault: &'static str) -> Attack {
    Attack {
        fault: Some(fault),
        ..good(name, what)
    }
}

const fn later(name: &'static str, what: &'static str, fault: &'static str) -> Attack {
    Attack {
        later: true,
        ..opening(name, what, fault)
    }
}

const fn psk(attack: Attack) -> Attack {
    Attack {
        psk: true,
        ..attack
    }
}

/// All of them.
pub const ATTACKS: &[Attack] = &[
    good("good", "behaves"),
    good(
        "intermediate",
        "has its certificate from an intermediate CA",
    ),
    good(
        "unrelated",
        "sends another certificate too, which has nothing to do with it",
    ),
    good("fourth-name", "has the host as its fourth name"),
    good("pinned", "has a key that is always the same"),
    good(
        "change-cipher-spec",
        "sends a ChangeCipherSpec for the sake of middleboxes",
    ),
    good("padding", "pads its records"),
    good(
        "tickets",
        "sends session tickets, two in a record, one with an extension",
    ),
    psk(good("psk", "knows the pre-shared key")),
    opening(
        "wrong-host",
        "has a certificate for another host",
        "Certificate(WrongHost)",
    ),
    opening(
        "self-signed",
        "has signed its certificate itself",
        "Certificate(UnknownIssuer)",
    ),
    opening(
        "expired",
        "has a certificate that is no longer valid",
        "Certificate(Expired)",
    ),
    opening(
        "not-yet-valid",
        "has a certificate that is not valid yet",
        "Certificate(NotYetValid)",
    ),
    opening(
        "unknown-ca",
        "has a certificate from another CA",
        "Certificate(UnknownIssuer)",
    ),
    opening(
        "same-name-ca",
        "has one from a CA of the same name",
        "Certificate(BadSignature)",
    ),
    opening(
        "leaf-signs-leaf",
        "has issued it with a server's certificate",
        "Certificate(IssuerIsNoCa)",
    ),
    opening(
        "client-usage",
        "has a certificate for clients",
        "Certificate(WrongUsage)",
    ),
    opening(
        "common-name-only",
        "is named by its common name only",
        "Certificate(WrongHost)",
    ),
    opening(
        "name-constraint",
        "is outside of what its CA may issue for",
        "Certificate(Constraint)",
    ),
    opening(
        "broken-certificate",
        "sends a certificate cut short",
        "Certificate(Malformed)",
    ),
    opening(
        "no-certificate",
        "sends neither Certificate nor CertificateVerify",
        "NotProven",
    ),
    opening(
        "no-verify",
        "sends a copied Certificate, and no CertificateVerify",
        "NotProven",
    ),
    opening(
        "empty-certificate",
        "sends a Certificate without certificates",
        "NotProven",
    ),
    opening(
        "verify-only",
        "sends CertificateVerify without Certificate",
        "UnexpectedMessage",
    ),
    opening(
        "two-certificates",
        "sends Certificate twice",
        "UnexpectedMessage",
    ),
    opening(
        "copied-certificate",
        "signs with another key than the certificate's",
        "Certificate(BadSignature)",
    ),
    opening(
        "wrong-signature",
        "signs another transcript",
        "Certificate(BadSignature)",
    ),
    opening(
        "client-context",
        "signs as a client does",
        "Certificate(BadSignature)",
    ),
    opening(
        "pinned-copied",
        "as pinned, and signs with another key than the certificate's",
        "Certificate(BadSignature)",
    ),
    opening(
        "pinned-no-verify",
        "as pinned, and sends no CertificateVerify",
        "NotProven",
    ),
    opening(
        "pkcs1-scheme",
        "names a kind of signature that TLS 1.3 does not have",
        "Certificate(Unsupported)",
    ),
    opening(
        "unknown-scheme",
        "names a kind of signature that nobody has",
        "UnexpectedMessage",
    ),
    opening("wrong-finished", "sends a wrong Finished", "BadRecord"),
    opening(
        "plaintext-flight",
        "sends its certificate in the clear",
        "PlaintextRecord",
    ),
    opening("flipped-bit", "has a bit changed on the way", "BadRecord"),
    opening(
        "empty-record-early",
        "sends an encrypted record with nothing in it",
        "BadRecord",
    ),
    opening(
        "two-change-cipher-specs",
        "sends two ChangeCipherSpecs",
        "PlaintextRecord",
    ),
    opening(
        "odd-change-cipher-spec",
        "sends a ChangeCipherSpec with another content",
        "UnexpectedMessage",
    ),
    opening(
        "hello-retry-request",
        "asks for a key share on another curve",
        "HelloRetryRequest",
    ),
    opening(
        "other-suite",
        "chooses a suite that was not offered",
        "NothingInCommon",
    ),
    opening(
        "other-group",
        "sends a key share on another curve",
        "NothingInCommon",
    ),
    opening(
        "off-curve",
        "sends a key share that is no point of the curve",
        "NothingInCommon",
    ),
    opening("tls12", "chooses TLS 1.2", "NoTls13"),
    opening(
        "psk-unasked",
        "chooses a pre-shared key that was not offered",
        "UnexpectedMessage",
    ),
    opening(
        "hello-and-more",
        "sends something after the ServerHello in its record",
        "UnexpectedMessage",
    ),
    opening("garbage", "speaks HTTP", "BadRecord"),
    opening("alert-version", "refuses with protocol_version", "NoTls13"),
    opening(
        "alert-handshake-failure",
        "refuses with handshake_failure",
        "NothingInCommon",
    ),
    opening(
        "alert-access-denied",
        "refuses with access_denied",
        "Alert(49)",
    ),
    opening(
        "encrypted-alert",
        "refuses after its ServerHello",
        "SomeAlert",
    ),
    opening(
        "hangs-up",
        "ends the connection after its ServerHello",
        "Truncated",
    ),
    opening("hangs-up-at-once", "ends the connection", "Truncated"),
    later(
        "plaintext-alert",
        "has close_notify in the clear put in",
        "PlaintextRecord",
    ),
    later(
        "plaintext-handshake",
        "has a handshake message in the clear put in",
        "PlaintextRecord",
    ),
    later(
        "plaintext-change-cipher-spec",
        "has a ChangeCipherSpec put in",
        "PlaintextRecord",
    ),
    later(
        "plaintext-data",
        "has data in the clear put in",
        "BadRecord",
    ),
    later("replay", "has a record sent again", "BadRecord"),
    later(
        "empty-record",
        "sends an encrypted record with nothing in it",
        "BadRecord",
    ),
    later(
        "zeros",
        "sends an encrypted record of zeros only",
        "BadRecord",
    ),
    later(
        "unknown-type",
        "sends an encrypted record of an unknown type",
        "BadRecord",
    ),
    later(
        "oversized",
        "announces a record longer than any may be",
        "BadRecord",
    ),
    later("key-update", "changes its keys", "KeyUpdate"),
    later(
        "certificate-request",
        "asks for a certificate after the handshake",
        "UnexpectedMessage",
    ),
    later(
        "finished-again",
        "sends Finished again",
        "UnexpectedMessage",
    ),
    later(
        "cut-ticket",
        "sends a ticket that goes on in another record",
        "UnexpectedMessage",
    ),
    later(
        "ticket-flood",
        "sends tickets and nothing else",
        "UnexpectedMessage",
    ),
    later(
        "empty-flood",
        "sends records without data and nothing else",
        "UnexpectedMessage",
    ),
    later("alert", "sends a fatal alert", "SomeAlert"),
    later(
        "truncated",
        "ends the connection without close_notify",
        "Truncated",
    ),
    later(
        "truncated-record",
        "ends the connection inside a record",
        "Truncated",
    ),
    psk(opening(
        "wrong-psk",
        "does not know the pre-shared key but says so",
        "BadRecord",
    )),
    psk(opening(
        "psk-refused",
        "shows a certificate instead",
        "PskRefused",
    )),
    psk(opening(
        "psk-and-certificate",
        "takes the key, and shows a certificate too",
        "UnexpectedMessage",
    )),
];

impl Attack {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ATTACKS.iter().find(|attack| attack.name == name)
    }
}
