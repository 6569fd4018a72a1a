//! Sensor readings over a WebSocket: blocking, on smoltcp, without an
//! allocator.
//!
//! ```text
//! telemetry-smoltcp ws://ADDRESS:PORT/PATH [COUNT | --large BYTES]
//! ```
//!
//! Sends COUNT readings as JSON to an echo server, one each 100 ms, waits for
//! each to come back, and closes. With `--large`, sends one message of so many
//! bytes instead and checks it as it comes back: messages of any size go
//! through the same small buffers.
#![no_std]
#![no_main]

mod large;
mod readings;

use core::{fmt, time::Duration};

use board::{Sleep, eprintln, println, uptime};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Delivery, Event},
    driver::{Error, blocking::WebSocket},
    entropy::RandCore,
    handshake::{Handshake, HandshakeConfig, Request},
    uri::{Host, Uri},
};
use hybi_embedded::{
    error::{ConnectError, StreamError},
    smoltcp::{Network, SmoltcpStream},
};
use nic::smoltcp::Device;
use smoltcp::{
    iface::{SocketSet, SocketStorage},
    socket::tcp,
};

/// The TCP socket's buffers, each.
const TCP_BUFFER: usize = 2048;
/// The WebSocket's buffers, each: the response head or the request, then
/// frames.
const BUFFER: usize = 2048;

type Client<'a> = WebSocket<
    SmoltcpStream<'a, 'a, Device<board::Controller>, Sleep>,
    &'a mut [u8],
    &'a mut [u8],
    RandCore<board::HostSeeded>,
>;

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
    let order = Order::parse(&board::arguments())?;
    let uri = Uri::parse(&order.url).map_err(|_| Failure::Usage)?;
    let Host::Ipv4(address) = uri.host() else {
        return Err(Failure::Usage);
    };

    // The board, and the network on it.
    let mut peripherals = cortex_m::Peripherals::take().ok_or(Failure::Usage)?;
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    let mut device = Device::new(board::ethernet());
    let mut interface = board::interface(&mut device, &mut rng);
    let (mut tcp_rx, mut tcp_tx) = ([0; TCP_BUFFER], [0; TCP_BUFFER]);
    let mut storage = [SocketStorage::EMPTY];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let socket = sockets.add(tcp::Socket::new(
        tcp::SocketBuffer::new(&mut tcp_rx[..]),
        tcp::SocketBuffer::new(&mut tcp_tx[..]),
    ));

    // TCP, then the opening handshake.
    let local_port = board::LocalPorts::new(&mut rng).next();
    let network = Network {
        interface: &mut interface,
        device: &mut device,
        sockets: &mut sockets,
        clock: Sleep,
    };
    let now = uptime();
    let deadline = Some(now + Duration::from_secs(10));
    let server = (address, uri.port());
    let stream = SmoltcpStream::connect(network, socket, server, local_port, deadline)?;

    let (mut rx, mut tx) = ([0; BUFFER], [0; BUFFER]);
    let request = Request::new(&uri);
    let handshake = Handshake::new(
        &request,
        &mut rx[..],
        &mut tx[..],
        RandCore(rng),
        HandshakeConfig::default(),
        now,
    )
    .map_err(Error::from)?;
    let mut config = Config::default();
    config.idle_timeout = Some(Duration::from_secs(60));
    if order.large.is_some() {
        config.delivery = Delivery::Chunks;
        config.max_message_size = u64::MAX;
        config.max_frame_size = u64::MAX;
    }
    let mut client = WebSocket::connect(stream, handshake, config)?;
    println!("connected after {} ms", uptime().as_millis());

    let done = match order.large {
        Some(bytes) => large::echo(&mut client, bytes)?,
        None => readings::send(&mut client, order.count)?,
    };
    let closed = client.close(CloseCode::NORMAL, done)?;
    let code = closed.code.map(|code| code.0);
    println!("closed: {code:?} {:?}", closed.reason);
    if !closed.clean {
        return Err(Failure::NotClean);
    }
    let deadline = Some(uptime() + Duration::from_secs(5));
    client.transport_mut().shutdown(deadline)?;
    let (peak, size) = (board::stack_peak(), board::stack_size());
    println!("stack: at most {peak} of {size} bytes");
    Ok(())
}

/// What the arguments ask for.
struct Order {
    url: heapless::String<128>,
    count: u32,
    large: Option<u32>,
}

impl Order {
    fn parse(mut words: &board::Arguments) -> Result<Self, Failure> {
        let mut word = || words.next().and_then(Result::ok);
        let url = word().ok_or(Failure::Usage)?;
        let (mut count, mut large) = (10, None);
        match word() {
            Some("--large") => {
                let bytes = word().and_then(|word| word.parse().ok());
                large = Some(bytes.ok_or(Failure::Usage)?);
            }
            Some(number) => count = number.parse().map_err(|_| Failure::Usage)?,
            None => {}
        }
        Ok(Self {
            url: url.try_into().map_err(|_| Failure::Usage)?,
            count,
            large,
        })
    }
}

/// Why it did not work.
enum Failure {
    Usage,
    Connect(ConnectError),
    Client(Error<StreamError>),
    Stream(StreamError),
    /// What came back is not what was sent.
    WrongEcho,
    /// The server closed the connection.
    Closed(Option<CloseCode>),
    NotClean,
}

impl Failure {
    fn unexpected(event: Event<'_>) -> Self {
        match event {
            Event::Closed(closed) => Self::Closed(closed.code),
            _ => Self::WrongEcho,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => {
                f.write_str("usage: telemetry-smoltcp ws://ADDRESS:PORT/PATH [COUNT|--large BYTES]")
            }
            Self::Connect(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::Stream(error) => error.fmt(f),
            Self::WrongEcho => f.write_str("what came back is not what was sent"),
            Self::Closed(Some(code)) => write!(f, "the server closed with {}", code.0),
            Self::Closed(None) => f.write_str("the server closed without a code"),
            Self::NotClean => f.write_str("the server did not answer the Close frame"),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<Error<StreamError>> for Failure {
    fn from(error: Error<StreamError>) -> Self {
        Self::Client(error)
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}
