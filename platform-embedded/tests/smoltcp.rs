//! The smoltcp transport over smoltcp's own stack and loopback device, in
//! virtual time: a wait moves the clock to where the stack wants to go on.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use core::time::Duration;

use embedded_io::{Error as _, ErrorKind, Read, Write};
use hybi_core::driver::blocking::Transport;
use hybi_embedded::{
    error::{ConnectError, StreamError},
    smoltcp::{Clock, Network, SmoltcpStream},
};
use smoltcp::{
    iface::{Config, Interface, SocketHandle, SocketSet},
    phy::{Loopback, Medium},
    socket::tcp::{Socket, SocketBuffer, State},
    time::Instant,
    wire::{EthernetAddress, IpAddress, IpCidr},
};

const HERE: IpAddress = IpAddress::v4(127, 0, 0, 1);
const SECOND: Duration = Duration::from_secs(1);
const BUFFER: usize = 2048;

/// Time that passes only where somebody waits, and then at most a millisecond
/// a turn: packets on the loopback device arrive with the next turn.
struct VirtualClock(Duration);

impl Clock for VirtualClock {
    fn now(&mut self) -> Duration {
        self.0
    }

    fn wait(&mut self, until: Option<Duration>) {
        let next = self.0 + SECOND / 1_000;
        self.0 = until.map_or(next, |until| until.clamp(self.0 + SECOND / 1_000_000, next));
        assert!(self.0 < 1_000 * SECOND, "a wait for ever");
    }
}

/// An interface with two sockets: the stream's and its peer's.
struct Board {
    device: Loopback,
    interface: Interface,
    sockets: SocketSet<'static>,
    ours: SocketHandle,
    theirs: SocketHandle,
    /// What the next network's clock shows first.
    start: Duration,
}

type Stream<'a> = SmoltcpStream<'a, 'static, Loopback, VirtualClock>;

impl Board {
    fn new() -> Self {
        let mut device = Loopback::new(Medium::Ethernet);
        let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]).into());
        let mut interface = Interface::new(config, &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(HERE, 8)).unwrap();
        });
        let mut sockets = SocketSet::new(Vec::new());
        let mut add = || {
            let buffer = || SocketBuffer::new(vec![0; BUFFER]);
            sockets.add(Socket::new(buffer(), buffer()))
        };
        let (ours, theirs) = (add(), add());
        sockets.get_mut::<Socket<'_>>(theirs).listen(80).unwrap();
        Self {
            device,
            interface,
            sockets,
            ours,
            theirs,
            start: SECOND,
        }
    }

    fn network(&mut self) -> Network<'_, 'static, Loopback, VirtualClock> {
        Network {
            interface: &mut self.interface,
            device: &mut self.device,
            sockets: &mut self.sockets,
            clock: VirtualClock(self.start),
        }
    }

    fn connect(&mut self) -> (Stream<'_>, SocketHandle) {
        let (ours, theirs) = (self.ours, self.theirs);
        let deadline = Some(10 * SECOND);
        let stream = Stream::connect(self.network(), ours, (HERE, 80), 50_000, deadline);
        (stream.unwrap(), theirs)
    }
}

fn peer<'a>(stream: &'a mut Stream<'_>, theirs: SocketHandle) -> &'a mut Socket<'static> {
    settle(stream);
    stream.network().sockets.get_mut(theirs)
}

fn settle(stream: &mut Stream<'_>) {
    for _ in 0..3 {
        stream.network().poll();
    }
}

fn after(stream: &mut Stream<'_>, wait: Duration) -> Option<Duration> {
    Some(stream.now() + wait)
}

#[test]
fn bytes_pass_both_ways() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    stream.write_all(b"hello").unwrap();
    stream.flush().unwrap();
    let mut buf = [0; 5];
    assert_eq!(peer(&mut stream, theirs).recv_slice(&mut buf), Ok(5));
    assert_eq!(&buf, b"hello");
    assert_eq!(peer(&mut stream, theirs).send_slice(b"world"), Ok(5));
    stream.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"world");
}

#[test]
fn a_flush_sends_at_once_even_small_pieces() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    let before = stream.now();
    for n in 1..=10 {
        stream.write_all(b"x").unwrap();
        stream.flush().unwrap();
        // Until here it is on the cable. No acknowledgement comes back,
        // because no time passes.
        assert_eq!(peer(&mut stream, theirs).recv_queue(), n);
    }
    assert_eq!(stream.now(), before);
}

#[test]
fn a_read_ends_at_its_deadline_and_loses_nothing() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    let deadline = after(&mut stream, SECOND);
    let mut buf = [0; 8];
    assert_eq!(stream.read_until(&mut buf, deadline), Ok(None));
    assert_eq!(Some(stream.now()), deadline);
    peer(&mut stream, theirs).send_slice(b"late").unwrap();
    settle(&mut stream);
    assert_eq!(stream.read_until(&mut buf, deadline), Ok(Some(4)));
    assert_eq!(&buf[..4], b"late");
}

#[test]
fn a_deadline_long_past_is_one_turn_of_the_network() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    let before = stream.now();
    let past = Some(Duration::ZERO);
    assert_eq!(stream.read_until(&mut [0; 8], past), Ok(None));
    peer(&mut stream, theirs).send_slice(b"now").unwrap();
    // The peer's packet goes out in this turn, and comes in in the next.
    assert_eq!(stream.read_until(&mut [0; 8], past), Ok(None));
    assert_eq!(stream.read_until(&mut [0; 8], past), Ok(Some(3)));
    assert_eq!(stream.now(), before);
}

#[test]
fn empty_buffers_do_not_wait() {
    let mut board = Board::new();
    let (mut stream, _) = board.connect();
    assert_eq!(stream.read(&mut []), Ok(0));
    assert_eq!(stream.write(&[]), Ok(0));
}

#[test]
fn a_write_to_a_peer_that_does_not_read_ends_at_its_deadline() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    let mut sent = 0;
    loop {
        let deadline = after(&mut stream, SECOND);
        match stream.write_until(&[7; 1000], deadline).unwrap() {
            Some(n) => sent += n,
            None => break,
        }
    }
    assert_eq!(sent, 2 * BUFFER);

    // Nothing is lost: the peer reads all of it once it reads.
    let mut received = 0;
    let mut buf = [0; 300];
    while received < sent {
        received += peer(&mut stream, theirs).recv_slice(&mut buf).unwrap();
        let soon = after(&mut stream, SECOND / 100);
        assert_eq!(stream.read_until(&mut buf, soon), Ok(None));
    }
}

#[test]
fn a_megabyte_passes_through_two_kilobytes() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    let data: Vec<u8> = (0..1_000_000_u32)
        .map(|n| n.to_le_bytes()[n as usize % 3])
        .collect();
    let mut echoed = Vec::new();
    let mut sent = 0;
    let mut buf = [0; 1500];
    while echoed.len() < data.len() {
        let past = Some(Duration::ZERO);
        sent += stream
            .write_until(&data[sent..], past)
            .unwrap()
            .unwrap_or(0);
        let socket = peer(&mut stream, theirs);
        let room = buf.len().min(socket.send_capacity() - socket.send_queue());
        let n = socket.recv_slice(&mut buf[..room]).unwrap();
        assert_eq!(socket.send_slice(&buf[..n]), Ok(n));
        let soon = after(&mut stream, SECOND / 100);
        if let Some(n) = stream.read_until(&mut buf, soon).unwrap() {
            echoed.extend_from_slice(&buf[..n]);
        }
    }
    assert_eq!(echoed, data);
}

#[test]
fn the_peers_end_reads_as_zero_and_our_side_stays_open() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    let socket = peer(&mut stream, theirs);
    socket.send_slice(b"bye").unwrap();
    socket.close();
    let mut buf = [0; 8];
    assert_eq!(stream.read(&mut buf), Ok(3));
    assert_eq!(stream.read(&mut buf), Ok(0));
    assert_eq!(stream.read(&mut buf), Ok(0));
    stream.write_all(b"still here").unwrap();
    stream.flush().unwrap();
    assert_eq!(peer(&mut stream, theirs).recv_queue(), 10);
}

#[test]
fn shutdown_waits_for_the_acknowledgement_and_ends_our_side_only() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    stream.write_all(b"last").unwrap();
    let deadline = after(&mut stream, 10 * SECOND);
    stream.shutdown(deadline).unwrap();
    let socket = peer(&mut stream, theirs);
    assert_eq!(socket.state(), State::CloseWait);
    let mut buf = [0; 5];
    assert_eq!(socket.recv_slice(&mut buf), Ok(4));
    assert_eq!(&buf[..4], b"last");
    socket.send_slice(b"reply").unwrap();
    stream.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"reply");
    assert_eq!(stream.write(b"more"), Err(StreamError::Reset));
}

#[test]
fn a_reset_is_an_error() {
    let mut board = Board::new();
    let (mut stream, theirs) = board.connect();
    peer(&mut stream, theirs).abort();
    let error = stream.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error, StreamError::Reset);
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(stream.write(b"more"), Err(StreamError::Reset));
}

#[test]
fn a_closed_port_is_refused() {
    let mut board = Board::new();
    let ours = board.ours;
    let result = Stream::connect(board.network(), ours, (HERE, 81), 50_000, None);
    assert_eq!(result.unwrap_err(), ConnectError::Refused);
}

#[test]
fn a_connect_that_nobody_answers_ends_at_its_deadline_and_frees_the_socket() {
    let mut board = Board::new();
    let ours = board.ours;
    let nobody = IpAddress::v4(127, 9, 9, 9);
    let deadline = Some(2 * SECOND);
    let result = Stream::connect(board.network(), ours, (nobody, 80), 50_000, deadline);
    assert_eq!(result.unwrap_err(), ConnectError::TimedOut);
    board.start = 2 * SECOND;
    board.connect();
}

#[test]
fn a_socket_in_use_and_an_impossible_address_are_told_apart() {
    let mut board = Board::new();
    let ours = board.ours;
    let nowhere = (IpAddress::v4(0, 0, 0, 0), 80);
    let result = Stream::connect(board.network(), ours, nowhere, 50_000, None);
    assert_eq!(result.unwrap_err(), ConnectError::Unreachable);
    board.connect();
    let result = Stream::connect(board.network(), ours, (HERE, 80), 50_001, None);
    assert_eq!(result.unwrap_err(), ConnectError::SocketInUse);
}
