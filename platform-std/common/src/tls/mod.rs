//! What `hybi-std` and `hybi-wasi` do alike about TLS, whatever the cryptography:
//! how a server's certificate is verified, and how a failure is told.

mod alert;
mod certificate;
mod der;
mod verify;

pub use alert::alert_text;
pub use certificate::CertificateProblem;
pub use verify::{AcceptAny, Verifier, by_store};
