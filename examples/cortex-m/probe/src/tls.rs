//! TLS beneath the WebSocket.

use core::time::Duration;

use board::{HostSeeded, eprintln, uptime};
use hybi_core::{entropy::RandCore, uri::Uri};
use hybi_embedded::tls::{
    CertificateDer, DangerouslyTrustAnyone, RecordFilter, Roots,
    blocking::{Blocking, TlsStream},
    trust_anchor,
};
use static_cell::ConstStaticCell;

use crate::{
    client::{Memory, Stream},
    end::End,
    failure::Failure,
    options::Options,
    session::{self, Talk},
};

/// The longest message that goes out in one record.
const TX: usize = 2048;

/// What TLS takes.
struct Tls {
    /// One record of any server's.
    rx: [u8; 16_640],
    tx: [u8; TX],
    out: [u8; TX],
}

static TLS: ConstStaticCell<Tls> = ConstStaticCell::new(Tls {
    rx: [0; _],
    tx: [0; _],
    out: [0; _],
});

/// Where the root's certificate is read to.
static CA: ConstStaticCell<[u8; 2048]> = ConstStaticCell::new([0; _]);

/// Whom to believe.
enum Trust {
    Root(CertificateDer<'static>),
    Anyone,
}

/// What every connection over TLS works with.
pub(crate) struct Secure {
    trust: Trust,
    buffers: &'static mut Tls,
}

impl Secure {
    /// Once only.
    pub(crate) fn new(options: &Options<'_>) -> Result<Self, Failure> {
        let trust = if options.insecure {
            eprintln!("warning: the server's certificate is not verified");
            Trust::Anyone
        } else {
            let path = options.ca.ok_or(Failure::Usage("wss:// needs --ca"))?;
            let der = board::file(path, CA.take());
            let der = der.ok_or(Failure::Usage("the CA's certificate cannot be read"))?;
            Trust::Root(CertificateDer::from_slice(der))
        };
        Ok(Self {
            trust,
            buffers: TLS.take(),
        })
    }

    /// Runs a connection over TLS over `stream`.
    pub(crate) fn run(
        &mut self,
        stream: Stream<'_, '_>,
        uri: &Uri<'_>,
        talk: &mut Talk<'_>,
        rng: &mut HostSeeded,
        memory: &mut Memory,
        opened: impl FnOnce(&mut Talk<'_>),
    ) -> Result<End, Failure> {
        let options = talk.options;
        let host = options.server_name.unwrap_or(uri.host_text());
        let Tls { rx, tx, out } = &mut *self.buffers;
        let filter = RecordFilter::new(Blocking::new(stream), out);
        let deadline = Some(uptime() + options.connect_timeout);
        let entropy = RandCore(&mut *rng);
        let stream = match &self.trust {
            Trust::Root(ca) => {
                let roots = [trust_anchor(ca).map_err(|error| Failure::Tls(error.into()))?];
                let proof = Roots::new(&roots).at(board::since_1970());
                TlsStream::<_>::open(&filter, rx, tx, host, &proof, entropy, deadline)?
            }
            Trust::Anyone => {
                let proof = DangerouslyTrustAnyone;
                TlsStream::<_>::open(&filter, rx, tx, host, &proof, entropy, deadline)?
            }
        };
        session::run(stream, uri, talk, rng, memory, opened, |stream| {
            let deadline = Some(uptime() + Duration::from_secs(1));
            let _ = stream.close(deadline);
            if let Some(mut stream) = filter.transport() {
                let _ = stream.get_mut().shutdown(deadline);
            }
        })
    }
}
