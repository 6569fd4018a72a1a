//! The `hybi` command line on a microcontroller: the same arguments, as far
//! as they make sense here, and the same events, as JSON lines, with the same
//! exit status.
//!
//! ```text
//! probe [OPTIONS] ws://HOST[:PORT]/PATH
//! ```
//!
//! The options are in `options.rs`. There is no standard input and no TLS;
//! a message is at most 32 KiB.
#![no_std]
#![no_main]

mod event;
mod failure;
mod options;
mod session;

use board::{Sleep, eprintln, uptime};
use event::Line;
use failure::Failure;
use hybi_core::uri::Uri;
use hybi_embedded::smoltcp::{Network, SmoltcpStream, resolve};
use nic::smoltcp::Device;
use options::Options;
use smoltcp::{
    iface::{SocketSet, SocketStorage},
    socket::{dns, tcp},
    wire::{IpAddress, Ipv4Address},
};
use static_cell::ConstStaticCell;

/// The largest message.
const MESSAGE: usize = 32 << 10;
/// The send buffer: larger messages go out in several frames.
const FRAME: usize = 4 << 10;

/// All buffers.
struct Buffers {
    tcp_rx: [u8; 4096],
    tcp_tx: [u8; 4096],
    rx: [u8; MESSAGE],
    tx: [u8; FRAME],
    /// A message on its way back.
    echo: [u8; MESSAGE],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    tcp_rx: [0; _],
    tcp_tx: [0; _],
    rx: [0; _],
    tx: [0; _],
    echo: [0; _],
});

type Stream<'a> = SmoltcpStream<'a, 'a, Device<board::Controller>, Sleep>;

#[cortex_m_rt::entry]
fn main() -> ! {
    let status = match run() {
        Ok(status) => status,
        Err(failure) => {
            Line::new("error")
                .text("kind", failure.kind())
                .number("close_code", failure.close_code())
                .number("status", failure.status())
                .text("message", &failure)
                .print();
            failure.exit()
        }
    };
    board::exit(status)
}

fn run() -> Result<i32, Failure> {
    let arguments = board::arguments();
    let options = Options::parse(&arguments).inspect_err(|_| eprintln!("{}", options::USAGE))?;
    let uri = Uri::parse(options.url)?;
    if uri.is_secure() {
        return Err(Failure::Tls);
    }

    let mut peripherals = cortex_m::Peripherals::take().ok_or(Failure::Usage("no board"))?;
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    let mut device = Device::new(board::ethernet());
    let mut interface = board::interface(&mut device, &mut rng);
    let buffers = BUFFERS.take();
    let mut storage = [SocketStorage::EMPTY; 2];
    let mut queries = [const { None }];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let name_server = [IpAddress::Ipv4(Ipv4Address::new(10, 0, 2, 3))];
    let names = sockets.add(dns::Socket::new(&name_server, &mut queries[..]));
    let socket = sockets.add(tcp::Socket::new(
        tcp::SocketBuffer::new(&mut buffers.tcp_rx[..]),
        tcp::SocketBuffer::new(&mut buffers.tcp_tx[..]),
    ));

    let local_port = board::LocalPorts::new(&mut rng).next();
    let mut network = Network {
        interface: &mut interface,
        device: &mut device,
        sockets: &mut sockets,
        clock: Sleep,
    };
    let deadline = Some(uptime() + options.connect_timeout);
    let address = resolve(&mut network, names, uri.host_text(), deadline)?;
    let server = (address, uri.port());
    let stream = SmoltcpStream::connect(network, socket, server, local_port, deadline)?;
    session::run(
        stream,
        &uri,
        &options,
        rng,
        &mut buffers.rx,
        &mut buffers.tx,
        &mut buffers.echo,
    )
}
