//! The state machine of `hybi-core` driven by hand over a `TcpStream`: fixed
//! buffers, no allocation by the client, every deadline kept.
//!
//! ```text
//! sans-io [ws://HOST:PORT/PATH [COUNT]]
//! ```
//!
//! Sends COUNT messages to an echo server, one after another, and closes.
//! Without a URL it starts a server of its own on a loopback port.

use std::{
    env,
    error::Error,
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event},
    entropy::RandCore,
    handshake::{Handshake, HandshakeConfig, Request},
    uri::{Host, Uri},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The response head, then the largest message.
type Rx = [u8; 1024];
/// The request head, then frames.
type Tx = [u8; 512];
type Entropy = RandCore<rand::rngs::ThreadRng>;

fn run(url: &str, count: usize) -> Outcome {
    let uri = Uri::parse(url)?;
    let mut io = dial(&uri)?;
    // The state machine takes time as a duration since any fixed origin.
    let clock = Instant::now();
    let handshake = open(&mut io, &uri, clock)?;
    let mut conn = Connection::from_handshake(handshake, Config::default())?;

    let mut received = 0;
    conn.send_text("message 1")?;
    loop {
        // 1. Events first, so that one write answers all that one read brought.
        match conn.poll_event(clock.elapsed())? {
            Some(Event::Text(text)) => {
                println!("text    {text:?}");
                received += 1;
                if received < count {
                    conn.send_text(&format!("message {}", received + 1))?;
                } else {
                    conn.close(CloseCode::NORMAL, "", clock.elapsed())?;
                }
                continue;
            }
            Some(Event::Closed(closed)) => {
                println!("closed  {}", closed.code.unwrap_or(CloseCode::NO_STATUS));
                if received < count || !closed.clean {
                    return Err(format!("{received} of {count} messages came back").into());
                }
                return Ok(());
            }
            Some(other) => {
                println!("{other:?}");
                continue;
            }
            None => {}
        }
        // 2. Then everything that is queued.
        if !conn.transmit().is_empty() {
            let n = io.write(conn.transmit())?;
            conn.transmitted(n);
            continue;
        }
        // 3. Only then the next read, up to the next deadline.
        let deadline = conn.poll_timeout();
        match read(&mut io, conn.receive_buffer(), deadline, clock)? {
            Some(0) => conn.receive_eof(),
            Some(n) => conn.received(n),
            None => conn.handle_timeout(clock.elapsed()),
        }
    }
}

/// The opening handshake.
fn open(io: &mut TcpStream, uri: &Uri<'_>, clock: Instant) -> Outcome<Handshake<Rx, Tx, Entropy>> {
    let mut handshake = Handshake::new(
        &Request::new(uri),
        [0; _],
        [0; _],
        RandCore(rand::rng()),
        HandshakeConfig::default(),
        clock.elapsed(),
    )?;
    while !handshake.poll()? {
        if !handshake.transmit().is_empty() {
            let n = io.write(handshake.transmit())?;
            handshake.transmitted(n);
            continue;
        }
        let deadline = handshake.poll_timeout();
        match read(io, handshake.receive_buffer(), deadline, clock)? {
            Some(0) => handshake.receive_eof(),
            Some(n) => handshake.received(n),
            None => handshake.handle_timeout(clock.elapsed()),
        }
    }
    Ok(handshake)
}

/// Reads, at most until `deadline`. `None`: nothing came.
fn read(
    io: &mut TcpStream,
    buffer: &mut [u8],
    deadline: Option<Duration>,
    clock: Instant,
) -> io::Result<Option<usize>> {
    let left = deadline.map(|deadline| deadline.saturating_sub(clock.elapsed()));
    // Zero is not a time that a socket takes.
    io.set_read_timeout(left.map(|left| left.max(Duration::from_millis(1))))?;
    match io.read(buffer) {
        Ok(n) => Ok(Some(n)),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(None),
            _ => Err(error),
        },
    }
}

fn dial(uri: &Uri<'_>) -> Outcome<TcpStream> {
    if uri.is_secure() {
        return Err("this example has no TLS: use ws://".into());
    }
    let io = match uri.host() {
        Host::Name(name) => TcpStream::connect((name, uri.port())),
        Host::Ipv4(address) => TcpStream::connect((address, uri.port())),
        Host::Ipv6(address) => TcpStream::connect((address, uri.port())),
    }?;
    io.set_nodelay(true)?;
    Ok(io)
}

fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let url = arguments.next();
    let count = arguments.next().map_or(Ok(3), |count| count.parse())?;
    if let Some(url) = url {
        return run(&url, count);
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let server = thread::spawn(move || serve(&listener).map_err(|error| error.to_string()));
    run(&url, count)?;
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// Serves one connection: sends every message back until it is closed.
fn serve(listener: &TcpListener) -> Outcome {
    let mut socket = tungstenite::accept(listener.accept()?.0)?;
    loop {
        match socket.read() {
            Ok(message) if message.is_text() => socket.send(message)?,
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
