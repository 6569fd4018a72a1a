//! What a server means by a TLS alert.

use alloc::{format, string::String};

use rustls::AlertDescription;

/// The alert, and what is probably behind it.
#[must_use]
pub fn alert_text(alert: AlertDescription) -> String {
    let hint = match alert {
        AlertDescription::CertificateRequired => "; it asks for a client certificate",
        AlertDescription::UnknownCA | AlertDescription::BadCertificate => {
            "; it does not accept the client certificate"
        }
        AlertDescription::UnrecognisedName => "; it does not know this server name",
        AlertDescription::ProtocolVersion => "; it speaks neither TLS 1.2 nor TLS 1.3",
        AlertDescription::HandshakeFailure => {
            "; no cipher suite in common, or it asks for a client certificate"
        }
        AlertDescription::NoApplicationProtocol => "; it does not offer http/1.1",
        _ => "",
    };
    format!("{alert:?}{hint}")
}
