//! Drives a fuzzing server of the Autobahn test suite from a microcontroller:
//! runs its cases, echoes what they send and asks for the report.
//!
//! ```text
//! autobahn ws://ADDRESS:PORT --agent NAME [--cases FIRST-LAST] [--deflate]
//! ```
//!
//! The largest messages of the suite, 16 MiB, are 128 times the memory. They
//! go through it as they arrive, in pieces; the buffers below are all there
//! is. With `--deflate`, permessage-deflate is offered with the largest
//! window; what goes out is not compressed, which RFC 7692 allows.
//!
//! Many cases break the protocol on purpose. What the client makes of that is
//! for the server's report to judge, not for the exit status here, which
//! tells only whether the cases ran.
#![no_std]
#![no_main]

mod echo;
mod order;

use core::{fmt, time::Duration};

use board::{Sleep, eprintln, println, uptime};
use echo::Piece;
use hybi_core::{
    connection::{Config, Connection, Delivery, Event},
    driver::{
        Error,
        blocking::{WebSocket, open},
    },
    entropy::RandCore,
    extension::{
        NoCompressor,
        deflate::{ClientWindow, DeflateOffer, Inflate, PerMessageDeflate},
    },
    handshake::{Handshake, HandshakeConfig, HandshakeError, Request},
};
use hybi_embedded::{
    error::StreamError,
    smoltcp::{Network, SmoltcpStream},
};
use nic::smoltcp::Device;
use order::{Failure, Order};
use smoltcp::{
    iface::{Interface, SocketHandle, SocketSet, SocketStorage},
    socket::tcp,
};
use static_cell::{ConstStaticCell, StaticCell};

/// The WebSocket's buffers, each.
const BUFFER: usize = 2048;
/// The TCP socket's buffers, each.
const TCP_BUFFER: usize = 4096;
/// The largest window that there is.
const WINDOW: usize = 1 << 15;

static PIECE: ConstStaticCell<Piece> = ConstStaticCell::new(Piece::new());
static INFLATE: StaticCell<Option<Window>> = StaticCell::new();

type Path = heapless::String<128>;
type Stream<'a, 's> = SmoltcpStream<'a, 's, Device<board::Controller>, Sleep>;
type Entropy<'a> = RandCore<&'a mut board::HostSeeded>;
type Window = Inflate<[u8; WINDOW]>;
type Deflate<'a> = PerMessageDeflate<&'a mut Window, [u8; 0]>;
type Client<'a, 's> =
    WebSocket<Stream<'a, 's>, &'a mut [u8], &'a mut [u8], Entropy<'a>, Option<Deflate<'a>>>;

#[cortex_m_rt::entry]
fn main() -> ! {
    let status = match run() {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("failed: {failure}");
            1
        }
    };
    board::exit(status)
}

fn run() -> Result<(), Failure> {
    let order = Order::parse(&board::arguments()).ok_or(Failure::Usage)?;

    let mut peripherals = cortex_m::Peripherals::take().ok_or(Failure::Usage)?;
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    let mut device = Device::new(board::ethernet());
    let interface = board::interface(&mut device, &mut rng);
    let (mut tcp_rx, mut tcp_tx) = ([0; TCP_BUFFER], [0; TCP_BUFFER]);
    let mut storage = [SocketStorage::EMPTY];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let socket = sockets.add(tcp::Socket::new(
        tcp::SocketBuffer::new(&mut tcp_rx[..]),
        tcp::SocketBuffer::new(&mut tcp_tx[..]),
    ));
    let mut suite = Suite {
        order: &order,
        interface,
        device,
        sockets,
        socket,
        ports: board::LocalPorts::new(&mut rng),
        rng,
        rx: [0; _],
        tx: [0; _],
        inflate: INFLATE.init_with(|| None),
    };
    suite.run(PIECE.take())
}

/// The server, and the one connection at a time to it.
struct Suite<'a> {
    order: &'a Order,
    interface: Interface,
    device: Device<board::Controller>,
    sockets: SocketSet<'a>,
    socket: SocketHandle,
    ports: board::LocalPorts,
    rng: board::HostSeeded,
    rx: [u8; BUFFER],
    tx: [u8; BUFFER],
    inflate: &'static mut Option<Window>,
}

impl<'a> Suite<'a> {
    fn run(&mut self, piece: &mut Piece) -> Result<(), Failure> {
        let order = self.order;
        let (first, last) = match order.cases {
            Some(cases) => cases,
            None => (1, self.count()?),
        };
        println!("buffers: {BUFFER} bytes each way, and {TCP_BUFFER} each way for TCP");
        let started = uptime();
        let mut failed = 0;
        for case in first..=last {
            let path = path(format_args!("/runCase?case={case}&agent={}", order.agent))?;
            match self.connect(&path, |client| echo::echo(client, piece)) {
                Ok(()) => {}
                // What the case was after, often.
                Err(Failure::Client(_)) => failed += 1,
                Err(failure) => return Err(failure),
            }
            if (case + 1 - first).is_multiple_of(50) || case == last {
                let seconds = (uptime() - started).as_secs();
                println!("{case} of {last} cases, {seconds} s");
            }
        }
        let path = path(format_args!("/updateReports?agent={}", order.agent))?;
        self.connect(&path, |client| echo::echo(client, piece))?;
        println!("{failed} cases ended with an error");
        Ok(())
    }

    /// How many cases there are.
    fn count(&mut self) -> Result<u32, Failure> {
        let mut count = heapless::String::<8>::new();
        self.connect("/getCaseCount", |client| {
            loop {
                match client.receive()? {
                    Event::Chunk(chunk) => {
                        let text = str::from_utf8(chunk.data).unwrap_or("?");
                        let _ = count.push_str(text);
                    }
                    Event::Closed(_) => return Ok(()),
                    _ => {}
                }
            }
        })?;
        count.parse().map_err(|_| Failure::NoCount)
    }

    /// Opens a connection, does something with it, and ends it.
    fn connect(
        &mut self,
        path: &str,
        act: impl FnOnce(&mut Client<'_, 'a>) -> Result<(), Error<StreamError>>,
    ) -> Result<(), Failure> {
        let local_port = self.ports.next();
        // What is left of the connection before.
        self.sockets.get_mut::<tcp::Socket<'a>>(self.socket).abort();
        let mut network = Network {
            interface: &mut self.interface,
            device: &mut self.device,
            sockets: &mut self.sockets,
            clock: Sleep,
        };
        network.poll();
        let now = uptime();
        let deadline = Some(now + Duration::from_secs(10));
        let server = (self.order.address, self.order.port);
        let mut stream =
            SmoltcpStream::connect(network, self.socket, server, local_port, deadline)?;
        let offers = [DeflateOffer {
            client_max_window_bits: ClientWindow::Any,
            ..DeflateOffer::default()
        }];
        let mut request = Request::to(&self.order.host, path);
        if self.order.deflate {
            request = request.deflate(&offers);
        }
        let mut handshake = Handshake::new(
            &request,
            &mut self.rx[..],
            &mut self.tx[..],
            RandCore(&mut self.rng),
            HandshakeConfig::default(),
            now,
        )?;
        open(&mut stream, &mut handshake)?;
        let deflate = match handshake.deflate() {
            Some(params) => {
                let new = Inflate::new(params.server_max_window_bits, [0; _]);
                let inflate = self.inflate.insert(new.map_err(HandshakeError::from)?);
                Some(PerMessageDeflate::new(
                    params,
                    inflate,
                    [0; 0],
                    NoCompressor,
                ))
            }
            None => None,
        };
        let mut config = Config::default();
        config.max_message_size = 16 << 20;
        config.delivery = Delivery::Chunks;
        config.idle_timeout = Some(Duration::from_secs(60));
        let connection = Connection::from_handshake_with(handshake, config, deflate)?;
        let mut client = WebSocket::new(stream, connection);
        let result = act(&mut client);
        let deadline = Some(uptime() + Duration::from_secs(1));
        // The server has gone first; it need not hear the rest.
        let _ = client.transport_mut().shutdown(deadline);
        Ok(result?)
    }
}

fn path(text: fmt::Arguments<'_>) -> Result<Path, Failure> {
    let mut path = Path::new();
    fmt::Write::write_fmt(&mut path, text).map_err(|_| Failure::Usage)?;
    Ok(path)
}
