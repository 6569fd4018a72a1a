//! From the first attempt to the end: the board, connections, and the waits
//! between them.

use core::time::Duration;

use board::{Sleep, uptime};
use hybi_core::{entropy::RandCore, extension::deflate::Inflate, reconnect::Backoff, uri::Uri};
use hybi_embedded::smoltcp::{Network, SmoltcpStream, resolve};
use nic::smoltcp::Device;
use smoltcp::{
    iface::{Interface, SocketHandle, SocketSet, SocketStorage},
    socket::{dns, tcp},
    wire::{IpAddress, Ipv4Address},
};
use static_cell::{ConstStaticCell, StaticCell};

use crate::{
    MESSAGE, WINDOW_BITS,
    end::End,
    event::Line,
    failure::Failure,
    options::Options,
    session::{self, Talk},
    tls::Secure,
};

/// The send buffer: larger messages go out in several frames.
const FRAME: usize = 2 << 10;

/// What one connection after another works in.
pub(crate) struct Memory {
    pub(crate) buffers: &'static mut Buffers,
    pub(crate) inflate: &'static mut Option<Window>,
}

pub(crate) struct Buffers {
    pub(crate) rx: [u8; MESSAGE],
    pub(crate) tx: [u8; FRAME],
    /// A message that was compressed.
    pub(crate) message: [u8; MESSAGE],
    /// A message on its way back.
    pub(crate) echo: [u8; MESSAGE],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    rx: [0; _],
    tx: [0; _],
    message: [0; _],
    echo: [0; _],
});

/// Not in [`BUFFERS`], which are zero at the start and so take no flash.
static INFLATE: StaticCell<Option<Window>> = StaticCell::new();

/// The decompressor with its window.
pub(crate) type Window = Inflate<[u8; 1 << WINDOW_BITS]>;

static TCP: ConstStaticCell<[[u8; 2048]; 2]> = ConstStaticCell::new([[0; _]; 2]);

pub(crate) type Stream<'a, 's> = SmoltcpStream<'a, 's, Device<board::Controller>, Sleep>;

/// The board and its network.
struct Board<'s> {
    interface: Interface,
    device: Device<board::Controller>,
    sockets: SocketSet<'s>,
    names: SocketHandle,
    socket: SocketHandle,
    ports: board::LocalPorts,
}

/// Runs to the end.
pub(crate) fn run(options: &Options<'_>) -> End {
    let uri = match Uri::parse(options.url) {
        Ok(uri) => uri,
        Err(error) => return End::Failed(error.into()),
    };
    let mut secure = match uri.is_secure().then(|| Secure::new(options)).transpose() {
        Ok(secure) => secure,
        Err(failure) => return End::Failed(failure),
    };
    let Some(mut peripherals) = cortex_m::Peripherals::take() else {
        return End::Failed(Failure::Usage("no board"));
    };
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();

    let mut device = Device::new(board::ethernet());
    let interface = board::interface(&mut device, &mut rng);
    let mut storage = [SocketStorage::EMPTY; 2];
    let mut queries = [const { None }];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let name_server = [IpAddress::Ipv4(Ipv4Address::new(10, 0, 2, 3))];
    let names = sockets.add(dns::Socket::new(&name_server, &mut queries[..]));
    let [tcp_rx, tcp_tx] = TCP.take();
    let socket = sockets.add(tcp::Socket::new(
        tcp::SocketBuffer::new(&mut tcp_rx[..]),
        tcp::SocketBuffer::new(&mut tcp_tx[..]),
    ));
    let mut board = Board {
        interface,
        device,
        sockets,
        names,
        socket,
        ports: board::LocalPorts::new(&mut rng),
    };

    let mut memory = Memory {
        buffers: BUFFERS.take(),
        inflate: INFLATE.init_with(|| None),
    };
    let mut talk = Talk::new(options);
    let mut backoff = options.reconnect.map(Backoff::new);
    // Since the last open connection.
    let mut losses = 0u32;
    loop {
        let end = match board.connect(options, &uri) {
            Ok(stream) => {
                let opened = |talk: &mut Talk<'_>| {
                    talk.attempt = core::mem::take(&mut losses);
                    if let Some(backoff) = &mut backoff {
                        backoff.opened(uptime());
                    }
                };
                let ended = match &mut secure {
                    Some(secure) => {
                        secure.run(stream, &uri, &mut talk, &mut rng, &mut memory, opened)
                    }
                    None => session::run(
                        stream,
                        &uri,
                        &mut talk,
                        &mut rng,
                        &mut memory,
                        opened,
                        |stream| {
                            let deadline = Some(uptime() + Duration::from_secs(1));
                            let _ = stream.shutdown(deadline);
                        },
                    ),
                };
                ended.unwrap_or_else(End::Failed)
            }
            Err(failure) => End::Failed(failure),
        };
        let Some(backoff) = backoff.as_mut().filter(|_| end.is_loss() && !talk.closing) else {
            return end;
        };
        losses += 1;
        let delay = if end.is_final() {
            None
        } else {
            backoff.lost(uptime(), None, &mut RandCore(&mut rng))
        };
        Line::new("disconnected")
            .text("kind", end.kind())
            .number("attempt", Some(losses))
            .number("retry_in_ms", delay.map(|delay| delay.as_millis()))
            .text("message", &end)
            .print();
        match delay {
            Some(delay) => board.wait(uptime() + delay),
            None => return end,
        }
    }
}

impl<'s> Board<'s> {
    fn network(&mut self) -> Network<'_, 's, Device<board::Controller>, Sleep> {
        Network {
            interface: &mut self.interface,
            device: &mut self.device,
            sockets: &mut self.sockets,
            clock: Sleep,
        }
    }

    fn connect(&mut self, options: &Options<'_>, uri: &Uri<'_>) -> Result<Stream<'_, 's>, Failure> {
        let deadline = Some(uptime() + options.connect_timeout);
        let (names, socket) = (self.names, self.socket);
        // Whatever the last connection left.
        self.sockets.get_mut::<tcp::Socket<'_>>(socket).abort();
        let port = self.ports.next();
        let mut network = self.network();
        let address = resolve(&mut network, names, uri.host_text(), deadline)?;
        let server = (address, uri.port());
        Ok(SmoltcpStream::connect(
            network, socket, server, port, deadline,
        )?)
    }

    /// Waits, with the network served meanwhile.
    fn wait(&mut self, until: Duration) {
        while uptime() < until {
            self.network().poll();
            hybi_embedded::smoltcp::Clock::wait(&mut Sleep, Some(until));
        }
    }
}
