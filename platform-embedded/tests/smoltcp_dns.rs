//! Name lookup over smoltcp: two boards on a cable, one of them the name
//! server, in real time.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod common;

use core::time::Duration;
use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Instant as StdInstant,
};

use hybi_embedded::{
    error::ConnectError,
    smoltcp::{Clock, Network, resolve},
};
use smoltcp::{
    iface::{Config, Interface, SocketHandle, SocketSet},
    phy::{self, Device, DeviceCapabilities, Medium},
    socket::{
        dns,
        udp::{self, PacketBuffer, PacketMetadata},
    },
    time::Instant,
    wire::{EthernetAddress, IpAddress, IpCidr},
};

const CLIENT: IpAddress = IpAddress::v4(10, 0, 0, 1);
const SERVER: IpAddress = IpAddress::v4(10, 0, 0, 2);
const NOBODY: IpAddress = IpAddress::v4(10, 0, 0, 3);

/// One end of a cable.
struct Cable {
    outgoing: Sender<Vec<u8>>,
    incoming: Receiver<Vec<u8>>,
}

fn cable() -> (Cable, Cable) {
    let ((a, b), (c, d)) = (channel(), channel());
    let end = |outgoing, incoming| Cable { outgoing, incoming };
    (end(a, d), end(c, b))
}

struct Frame(Vec<u8>);

impl phy::RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

struct Plug<'a>(&'a Sender<Vec<u8>>);

impl phy::TxToken for Plug<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        // Nobody listens once the other board is off.
        let _ = self.0.send(frame);
        result
    }
}

impl Device for Cable {
    type RxToken<'a> = Frame;
    type TxToken<'a> = Plug<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Frame, Plug<'_>)> {
        let frame = self.incoming.try_recv().ok()?;
        Some((Frame(frame), Plug(&self.outgoing)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Plug<'_>> {
        Some(Plug(&self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

struct Uptime(StdInstant);

impl Clock for Uptime {
    fn now(&mut self) -> Duration {
        self.0.elapsed()
    }

    fn wait(&mut self, _: Option<Duration>) {
        thread::sleep(Duration::from_millis(1));
    }
}

fn interface(device: &mut Cable, address: IpAddress, last: u8) -> Interface {
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, last]).into());
    let mut interface = Interface::new(config, device, Instant::ZERO);
    interface.update_ip_addrs(|addresses| addresses.push(IpCidr::new(address, 24)).unwrap());
    interface
}

/// Answers queries until the other board is off.
fn name_server(mut device: Cable) {
    let start = StdInstant::now();
    let mut interface = interface(&mut device, SERVER, 2);
    let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; 4], vec![0; 2048]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(53).unwrap();
    let mut sockets = SocketSet::new(Vec::new());
    let handle = sockets.add(socket);
    // An empty frame is no packet; it only finds out whether the cable is in.
    while device.outgoing.send(Vec::new()).is_ok() {
        let now = Instant::from_micros(i64::try_from(start.elapsed().as_micros()).unwrap());
        interface.poll(now, &mut device, &mut sockets);
        let socket = sockets.get_mut::<udp::Socket<'_>>(handle);
        let mut answer = None;
        if let Ok((query, from)) = socket.recv() {
            answer = Some((common::dns_answer(query, [192, 0, 2, 7]), from.endpoint));
        }
        if let Some((answer, to)) = answer {
            socket.send_slice(&answer, to).unwrap();
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Looks `host` up at `server`, with room for `slots` lookups, twice.
fn look_up(host: &str, server: IpAddress, slots: usize) -> [Result<IpAddress, ConnectError>; 2] {
    let (mut device, other) = cable();
    let server_thread = thread::spawn(|| name_server(other));
    let mut interface = interface(&mut device, CLIENT, 1);
    let mut queries: Vec<_> = (0..slots).map(|_| None).collect();
    let mut sockets = SocketSet::new(Vec::new());
    let dns: SocketHandle = sockets.add(dns::Socket::new(&[server], queries.as_mut_slice()));
    let mut network = Network {
        interface: &mut interface,
        device: &mut device,
        sockets: &mut sockets,
        clock: Uptime(StdInstant::now()),
    };
    let result = [(); 2].map(|()| {
        let deadline = network.clock.now() + Duration::from_millis(500);
        resolve(&mut network, dns, host, Some(deadline))
    });
    drop(sockets);
    drop(device);
    server_thread.join().unwrap();
    result
}

#[test]
fn a_name_is_looked_up() {
    let address = Ok(IpAddress::v4(192, 0, 2, 7));
    assert_eq!(look_up("board.test", SERVER, 1), [address; 2]);
}

#[test]
fn an_unknown_name_is_not_found() {
    let error = Err(ConnectError::NameNotFound);
    assert_eq!(look_up("other.test", SERVER, 1), [error; 2]);
}

#[test]
fn an_address_needs_no_server() {
    assert_eq!(
        look_up("10.0.0.9", NOBODY, 0),
        [Ok(IpAddress::v4(10, 0, 0, 9)); 2]
    );
    let v6 = IpAddress::v6(0xfd00, 0, 0, 0, 0, 0, 0, 1);
    assert_eq!(look_up("[fd00::1]", NOBODY, 0), [Ok(v6); 2]);
}

#[test]
fn a_silent_server_ends_at_the_deadline_and_frees_the_slot() {
    let error = Err(ConnectError::TimedOut);
    assert_eq!(look_up("board.test", NOBODY, 1), [error; 2]);
}

#[test]
fn a_bad_name_and_a_full_socket_are_told_apart() {
    let error = Err(ConnectError::InvalidName);
    assert_eq!(look_up("a..b", SERVER, 1), [error; 2]);
    let error = Err(ConnectError::LookupsExhausted);
    assert_eq!(look_up("board.test", SERVER, 0), [error; 2]);
}
