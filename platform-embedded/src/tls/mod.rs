//! TLS 1.3 that cannot be fooled: embedded-tls, hardened from outside.
//!
//! ```no_run
//! # #[cfg(feature = "embassy-net")]
//! # mod example {
//! use core::time::Duration;
//!
//! use hybi_core::{
//!     connection::{Config, Event},
//!     driver::asynch::{Timer, WebSocket},
//!     handshake::{Handshake, HandshakeConfig, Request},
//!     uri::Uri,
//! };
//! use hybi_embedded::{
//!     Entropy,
//!     embassy::{EmbassyStream, EmbassyTimer},
//!     tls::{CertificateDer, RecordFilter, Roots, TlsStream, trust_anchor},
//! };
//!
//! # const CA_DER: &[u8] = &[];
//! // include_bytes!("ca.der")
//! static CA: CertificateDer<'_> = CertificateDer::from_slice(CA_DER);
//!
//! # type Error = Box<dyn std::error::Error>;
//! async fn telemetry(
//!     stack: embassy_net::Stack<'_>,
//!     mut entropy: impl Entropy,
//!     since_1970: Duration,
//! ) -> Result<(), Error> {
//!     // In a `static` of its own each, in firmware: not on a task's stack.
//!     let (mut tcp_rx, mut tcp_tx) = ([0; 2048], [0; 1024]);
//!     let (mut tls_rx, mut tls_tx, mut tls_out) = ([0; 4096], [0; 512], [0; 512]);
//!     let (mut rx, mut tx) = ([0; 1024], [0; 512]);
//!
//!     let uri = Uri::parse("wss://example.com/telemetry")?;
//!     let now = EmbassyTimer.now();
//!     let deadline = now + Duration::from_secs(20);
//!     let tcp = EmbassyStream::connect(
//!         stack,
//!         uri.host_text(),
//!         uri.port(),
//!         &mut tcp_rx,
//!         &mut tcp_tx,
//!         Some(deadline),
//!     )
//!     .await?;
//!
//!     let filter = RecordFilter::new(tcp, &mut tls_out);
//!     let roots = [trust_anchor(&CA)?];
//!     let proof = Roots::new(&roots).at(since_1970);
//!     let open = TlsStream::open(
//!         &filter,
//!         &mut tls_rx,
//!         &mut tls_tx,
//!         uri.host_text(),
//!         &proof,
//!         &mut entropy,
//!     );
//!     let tls = embassy_time::with_timeout(embassy_time::Duration::from_secs(20), open)
//!         .await
//!         .map_err(|_| "the TLS handshake took too long")??;
//!
//!     let request = Request::new(&uri);
//!     let config = HandshakeConfig::default();
//!     let handshake =
//!         Handshake::new(&request, &mut rx[..], &mut tx[..], entropy, config, now)?;
//!     let mut client = WebSocket::connect(tls, EmbassyTimer, handshake, Config::default()).await?;
//!
//!     client.send_text("21.5").await?;
//!     while let Event::Text(_) | Event::Ping(_) = client.receive().await? {}
//!
//!     client.transport_mut().close().await?;
//!     if let Some(mut tcp) = filter.transport() {
//!         tcp.shutdown(Some(EmbassyTimer.now() + Duration::from_secs(5))).await?;
//!     }
//!     Ok(())
//! }
//! # }
//! ```
//!
//! Over smoltcp, and any other blocking stream, it is
//! `RecordFilter::new(Blocking::new(tcp), …)` and [`blocking::TlsStream`].
//!
//! # What is proven
//! The server proves who it is by [`Roots`], [`Pins`] or [`Psk`], before the
//! first byte of the application goes out. embedded-tls 0.19 by itself takes a
//! server that sends no certificate, or a copied one without a signature, and
//! lets anybody end the connection or crash the device by a record in the
//! clear. So:
//!
//! - certificates are verified by rustls-webpki: chain, dates, host, usage,
//!   constraints, signatures;
//! - after the handshake it is checked that the server sent a certificate and
//!   the signature with its key, and that both were verified;
//! - the [`RecordFilter`] checks the ServerHello, and lets pass only records
//!   of the right type and length for that stage;
//! - each decrypted record is looked at before embedded-tls sees it, so that
//!   no handshake message after the handshake makes it panic.
//!
//! Revocation (CRL, OCSP) is not checked.
//!
//! # What the server must have
//! TLS 1.3 with a key share on P-256 and the one suite of the connection,
//! [`Aes128GcmSha256`] unless you say otherwise; a certificate with a key on
//! P-256, or of what the features `p384`, `rsa` and `ed25519` add. embedded-tls
//! knows no HelloRetryRequest, no KeyUpdate, no resumption, no X25519 and no
//! ChaCha20. Each has an error of its own in [`Fault`]. Its messages of the
//! handshake must be whole in a record each, so do not ask a server for small
//! records.
//!
//! # Buffers
//! | buffer | how long |
//! | --- | --- |
//! | `rx` | the longest body of a record that the server sends: 16,640 bytes serve any; the least is its certificates and about 300 bytes for the rest of its flight, and later its longest message and 27 bytes |
//! | `tx` | the longest piece to be sent in one record, and 133 bytes; at least 256, or 200 and the host's name, with [`Psk`] its identity and 50 more |
//! | `out` | as long as `tx` |

pub mod blocking;
mod error;
mod filter;
mod handshake;
mod hello;
mod proof;
mod records;
mod stream;
mod suite;
mod verifier;

pub use error::{CertificateError, Fault, TlsError};
pub use filter::RecordFilter;
pub use proof::{DangerouslyTrustAnyone, Pins, Proof, Psk, Roots};
pub use rustls_pki_types::{CertificateDer, TrustAnchor};
pub use stream::TlsStream;
pub use suite::{Aes128GcmSha256, Aes256GcmSha384, Suite};

/// The root that the certificate of a CA stands for.
///
/// The certificate is believed without any check, its dates included. It is
/// borrowed, so it can stay in flash:
///
/// ```
/// # use hybi_embedded::tls::{CertificateDer, CertificateError, trust_anchor};
/// # const CA_DER: &[u8] = &[];
/// // include_bytes!("ca.der")
/// static CA: CertificateDer<'_> = CertificateDer::from_slice(CA_DER);
///
/// let root = trust_anchor(&CA);
/// # assert_eq!(root, Err(CertificateError::Malformed));
/// ```
///
/// # Errors
/// [`CertificateError`]: it cannot be read.
pub fn trust_anchor<'a>(
    certificate: &'a CertificateDer<'a>,
) -> Result<TrustAnchor<'a>, CertificateError> {
    webpki::anchor_from_trusted_cert(certificate).map_err(proof::certificate_error)
}
