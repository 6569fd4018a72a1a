//! A TLS handshake with a server that may misbehave, then `ping` there and
//! back.
//!
//! ```text
//! attacked PORT CA.der
//! attacked PORT --pin SHA256
//! attacked PORT --psk IDENTITY KEY
//! ```
//!
//! The server is on 127.0.0.1 of the host. Prints `accepted`, or the fault by
//! its name and in words. The exit status is 0 where the server was accepted, 4
//! where it was refused, 1 where something else went wrong.
#![no_std]
#![no_main]

use core::{fmt, time::Duration};

use board::{HostSeeded, Sleep, eprintln, println, uptime};
use embedded_io::{Read as _, ReadExactError, Write as _};
use hybi_core::entropy::RandCore;
use hybi_embedded::{
    error::{ConnectError, StreamError},
    smoltcp::{Network, SmoltcpStream},
    tls::{
        CertificateDer, Fault, Pins, Proof, Psk, RecordFilter, Roots, TlsError,
        blocking::{Blocking, OpenError, TlsStream},
        trust_anchor,
    },
};
use nic::smoltcp::Device;
use smoltcp::{
    iface::{SocketSet, SocketStorage},
    socket::tcp,
    wire::Ipv4Address,
};

/// What the servers have certificates for.
const HOST: &str = "localhost";

type Stream<'a> = SmoltcpStream<'a, 'a, Device<board::Controller>, Sleep>;

#[cortex_m_rt::entry]
fn main() -> ! {
    let status = match run() {
        Ok(()) => {
            println!("accepted");
            0
        }
        Err(Failure::Tls(fault)) => {
            println!("{fault:?}: {fault}");
            4
        }
        Err(failure) => {
            eprintln!("failed: {failure}");
            1
        }
    };
    board::exit(status)
}

fn run() -> Result<(), Failure> {
    let arguments = board::arguments();
    let mut words = &arguments;
    let mut word = || words.next().and_then(Result::ok).ok_or(Failure::Usage);
    let port = word()?.parse().map_err(|_| Failure::Usage)?;

    let mut peripherals = cortex_m::Peripherals::take().ok_or(Failure::Usage)?;
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    let mut device = Device::new(board::ethernet());
    let mut interface = board::interface(&mut device, &mut rng);
    let (mut tcp_rx, mut tcp_tx) = ([0; 2048], [0; 2048]);
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
    let server = (Ipv4Address::new(10, 0, 2, 2), port);
    let stream = SmoltcpStream::connect(network, socket, server, local_port, deadline)?;

    match word()? {
        "--pin" => {
            let pins = [pin(word()?).ok_or(Failure::Usage)?];
            talk(stream, &Pins::new(&pins), &mut rng)
        }
        "--psk" => {
            let (identity, key) = (word()?, word()?);
            let proof = Psk::new(identity.as_bytes(), key.as_bytes());
            talk(stream, &proof, &mut rng)
        }
        path => {
            let mut bytes = [0; 1024];
            let der = board::file(path, &mut bytes).ok_or(Failure::Usage)?;
            let ca = CertificateDer::from_slice(der);
            let roots = [trust_anchor(&ca).map_err(|_| Failure::Usage)?];
            talk(
                stream,
                &Roots::new(&roots).at(board::since_1970()),
                &mut rng,
            )
        }
    }
}

/// 64 hexadecimal digits.
fn pin(digits: &str) -> Option<[u8; 32]> {
    let mut pin = [0; 32];
    for (byte, at) in pin.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    (digits.len() == 64).then_some(pin)
}

fn talk(stream: Stream<'_>, proof: &impl Proof, rng: &mut HostSeeded) -> Result<(), Failure> {
    let (mut rx, mut tx, mut out) = ([0; 4096], [0; 512], [0; 512]);
    let filter = RecordFilter::new(Blocking::new(stream), &mut out);
    let deadline = Some(uptime() + Duration::from_secs(30));
    let entropy = RandCore(rng);
    let open = TlsStream::<_>::open(&filter, &mut rx, &mut tx, HOST, proof, entropy, deadline);
    let mut tls = open?;
    println!("the server has proven who it is");
    tls.write_all(b"ping")?;
    tls.flush()?;
    let mut echo = [0; 4];
    tls.read_exact(&mut echo).map_err(|error| match error {
        ReadExactError::UnexpectedEof => Failure::WrongEcho,
        ReadExactError::Other(error) => error.into(),
    })?;
    if &echo != b"ping" {
        return Err(Failure::WrongEcho);
    }
    println!("and sends back what it gets");
    // What an attacker put in behind it; a server that behaves says nothing.
    let mut more = [0; 1];
    let deadline = uptime() + Duration::from_secs(1);
    if let Some(1..) =
        hybi_core::driver::blocking::Transport::read_until(&mut tls, &mut more, Some(deadline))?
    {
        return Err(Failure::WrongEcho);
    }
    tls.close(Some(uptime() + Duration::from_secs(5)))?;
    Ok(())
}

enum Failure {
    Usage,
    Connect(ConnectError),
    Stream(StreamError),
    TimedOut,
    WrongEcho,
    Tls(Fault),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => {
                f.write_str("usage: attacked PORT CA.der | --pin SHA256 | --psk IDENTITY KEY")
            }
            Self::Connect(error) => error.fmt(f),
            Self::Stream(error) => error.fmt(f),
            Self::TimedOut => f.write_str("the handshake took too long"),
            Self::WrongEcho => f.write_str("what came back is not what was sent"),
            Self::Tls(fault) => fault.fmt(f),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<TlsError<StreamError>> for Failure {
    fn from(error: TlsError<StreamError>) -> Self {
        match error {
            TlsError::Transport(error) => Self::Stream(error),
            TlsError::Tls(fault) => Self::Tls(fault),
            _ => Self::Tls(Fault::Internal),
        }
    }
}

impl From<OpenError<StreamError>> for Failure {
    fn from(error: OpenError<StreamError>) -> Self {
        match error {
            OpenError::Failed(error) => error.into(),
            _ => Self::TimedOut,
        }
    }
}
