//! How deep the stack goes in each part of a connection: blocking, on smoltcp,
//! by painting it before and looking after.
//!
//! ```text
//! stack URL [CA.der]
//! ```
//!
//! URL is that of a server that answers each message with one, compressed if it
//! likes. Prints a line a part: its name and bytes. Counted is what goes beyond
//! the depth at which the part was called, with smoltcp, the driver of the
//! network card and interrupts that come meanwhile.
#![no_std]
#![no_main]

use core::time::Duration;

use board::{HostSeeded, Sleep, eprintln, println, uptime};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event},
    driver::blocking::{Transport, WebSocket, open},
    entropy::RandCore,
    extension::{
        NoCompressor,
        deflate::{DeflateOffer, Inflate, PerMessageDeflate},
    },
    handshake::{Handshake, HandshakeConfig, Request},
    uri::{Host, Uri},
};
use hybi_embedded::{
    smoltcp::{Network, SmoltcpStream},
    tls::{
        CertificateDer, RecordFilter, Roots, TrustAnchor,
        blocking::{Blocking, TlsStream},
        trust_anchor,
    },
};
use nic::smoltcp::Device;
use smoltcp::{
    iface::{SocketSet, SocketStorage},
    socket::tcp,
};
use static_cell::{ConstStaticCell, StaticCell};

struct Buffers {
    tcp_rx: [u8; 2048],
    tcp_tx: [u8; 2048],
    tls_rx: [u8; 4096],
    tls_tx: [u8; 768],
    tls_out: [u8; 768],
    rx: [u8; 1024],
    tx: [u8; 1024],
    message: [u8; 1024],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    tcp_rx: [0; _],
    tcp_tx: [0; _],
    tls_rx: [0; _],
    tls_tx: [0; _],
    tls_out: [0; _],
    rx: [0; _],
    tx: [0; _],
    message: [0; _],
});
static CA: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; _]);
type Window = Inflate<[u8; 1024]>;
static WINDOW: StaticCell<Window> = StaticCell::new();

#[cortex_m_rt::entry]
fn main() -> ! {
    let status = match run() {
        Ok(()) => 0,
        Err(words) => {
            eprintln!("failed: {words}");
            1
        }
    };
    board::exit(status)
}

/// Runs a part and prints how much stack it took.
#[inline(never)]
fn part<R>(name: &str, part: impl FnOnce() -> R) -> R {
    board::forget_stack_peak();
    let before = board::stack_now();
    let result = call(part);
    println!("{name}: {}", board::stack_peak().saturating_sub(before));
    result
}

/// In a frame of its own, below that of [`part`].
#[inline(never)]
fn call<R>(part: impl FnOnce() -> R) -> R {
    part()
}

fn run() -> Result<(), &'static str> {
    let arguments = board::arguments();
    let mut words = &arguments;
    let mut word = || words.next().and_then(Result::ok);
    let uri = Uri::parse(word().ok_or("no URL")?).map_err(|_| "not a URL")?;
    let Host::Ipv4(address) = uri.host() else {
        return Err("the host must be an address");
    };
    let ca = word().and_then(|path| board::file(path, CA.take()));
    let ca = ca.map(CertificateDer::from_slice);
    let roots = ca.as_ref().and_then(|ca| trust_anchor(ca).ok());

    let mut peripherals = cortex_m::Peripherals::take().ok_or("no board")?;
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    let mut device = Device::new(board::ethernet());
    let mut interface = board::interface(&mut device, &mut rng);
    let Buffers {
        tcp_rx,
        tcp_tx,
        tls_rx,
        tls_tx,
        tls_out,
        rx,
        tx,
        message,
    } = BUFFERS.take();
    let mut storage = [SocketStorage::EMPTY];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let socket = sockets.add(tcp::Socket::new(
        tcp::SocketBuffer::new(&mut tcp_rx[..]),
        tcp::SocketBuffer::new(&mut tcp_tx[..]),
    ));
    let local_port = board::LocalPorts::new(&mut rng).next();
    let network = Network {
        interface: &mut interface,
        device: &mut device,
        sockets: &mut sockets,
        clock: Sleep,
    };
    let deadline = Some(uptime() + Duration::from_secs(20));
    let server = (address, uri.port());
    let stream = part("TCP connect", || {
        SmoltcpStream::connect(network, socket, server, local_port, deadline)
    });
    let stream = stream.map_err(|_| "no connection")?;

    let messages = [rx, tx, message];
    if !uri.is_secure() {
        return talk(stream, &uri, &mut rng, messages);
    }
    let filter = RecordFilter::new(Blocking::new(stream), tls_out);
    let roots: &[TrustAnchor<'_>] = roots.as_slice();
    let stream = part("TLS handshake", || {
        let proof = Roots::new(roots).at(board::since_1970());
        let entropy = RandCore(&mut rng);
        let host = uri.host_text();
        TlsStream::<_>::open(&filter, tls_rx, tls_tx, host, &proof, entropy, deadline)
    });
    let stream = stream.map_err(|_| "the TLS handshake failed")?;
    talk(stream, &uri, &mut rng, messages)
}

/// Everything after the transport is there.
fn talk<T: Transport>(
    mut stream: T,
    uri: &Uri<'_>,
    rng: &mut HostSeeded,
    buffers: [&mut [u8; 1024]; 3],
) -> Result<(), &'static str> {
    let [rx, tx, message] = buffers;
    let offers = [DeflateOffer {
        server_max_window_bits: Some(10),
        ..DeflateOffer::default()
    }];
    let request = Request::new(uri).deflate(&offers);
    let handshake = part("opening handshake", || {
        let config = HandshakeConfig::default();
        let entropy = RandCore(rng);
        let now = stream.now();
        let mut handshake =
            Handshake::new(&request, &mut rx[..], &mut tx[..], entropy, config, now).ok()?;
        open(&mut stream, &mut handshake).ok()?;
        Some(handshake)
    });
    let handshake = handshake.ok_or("the opening handshake failed")?;
    let params = handshake.deflate();
    let deflate = params.map(|params| {
        let inflate = WINDOW.init_with(|| {
            // 2^10 bytes are what was asked for at most.
            Inflate::new(params.server_max_window_bits, [0; _]).unwrap_or_else(|_| board::exit(1))
        });
        PerMessageDeflate::new(params, inflate, &mut message[..], NoCompressor)
    });
    let receive = if deflate.is_some() {
        "receive, compressed"
    } else {
        "receive"
    };
    let connection = Connection::from_handshake_with(handshake, Config::default(), deflate);
    let mut client = WebSocket::new(stream, connection.map_err(|_| "no connection")?);
    part("send", || client.send_text(r#"{"seq":1,"celsius":20.7}"#))
        .map_err(|_| "nothing was sent")?;
    part(receive, || match client.receive() {
        Ok(Event::Text(_)) => Ok(()),
        _ => Err("nothing came"),
    })?;
    let closed = part("closing handshake", || {
        client
            .close(CloseCode::NORMAL, "")
            .map(|closed| closed.clean)
    });
    match closed {
        Ok(true) => Ok(()),
        _ => Err("no closing handshake"),
    }
}
