//! The sizes of what a client keeps in RAM, as the sizes of statics: to be
//! read from the symbols.
#![no_std]
#![no_main]

use core::hint::black_box;

use footprint::Wire;
use hybi_core::{connection::Connection, driver::blocking::WebSocket, handshake::Handshake};

footprint::stop_at_panic!();

type Lent = &'static mut [u8];

static HANDSHAKE: [u8; size_of::<Handshake<Lent, Lent, Wire>>()] = [0; _];
static CONNECTION: [u8; size_of::<Connection<Lent, Lent, Wire>>()] = [0; _];
static WEBSOCKET: [u8; size_of::<WebSocket<Wire, Lent, Lent, Wire>>()] = [0; _];
#[cfg(feature = "tls")]
static TLS: [u8; size_of::<hybi_embedded::tls::blocking::TlsStream<'_, Wire>>()
    + size_of::<hybi_embedded::tls::RecordFilter<'_, hybi_embedded::tls::blocking::Blocking<Wire>>>(
    )] = [0; _];
#[cfg(feature = "deflate")]
static DEFLATE: [u8; size_of::<hybi_core::extension::deflate::Inflate<Lent>>()] = [0; _];

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(|| {
        black_box((&HANDSHAKE, &CONNECTION, &WEBSOCKET));
        #[cfg(feature = "tls")]
        black_box(&TLS);
        #[cfg(feature = "deflate")]
        black_box(&DEFLATE);
    })
}
