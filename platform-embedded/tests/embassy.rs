//! The embassy transport over embassy-net's own stack and a loopback cable,
//! in real time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod common;

use core::{
    future::Future,
    net::Ipv4Addr,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    collections::VecDeque,
    sync::Arc,
    task::Wake,
    thread::{self, Thread},
};

use embassy_futures::{
    join::join,
    select::{Either, select},
};
use embassy_net::{
    Config, Ipv4Cidr, Stack, StackResources, StaticConfigV4,
    dns::DnsSocket,
    tcp::{
        TcpSocket,
        client::{TcpClient, TcpClientState},
    },
    udp::{PacketMetadata, UdpSocket},
};
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embedded_io_async::{Read, Write};
use hybi_core::driver::asynch::Timer as _;
use hybi_embedded::{
    embassy::{EmbassyStream, EmbassyTimer},
    error::{ConnectError, StreamError},
    nal::{self, NalError},
};

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A network card that hears what it says.
#[derive(Default)]
struct Loop {
    frames: VecDeque<Vec<u8>>,
    reader: Option<Waker>,
}

struct Frame(Vec<u8>);
struct Plug<'a>(&'a mut Loop);

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        f(&mut self.0)
    }
}

impl TxToken for Plug<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.frames.push_back(frame);
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
        result
    }
}

impl Driver for Loop {
    type RxToken<'a> = Frame;
    type TxToken<'a> = Plug<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Frame, Plug<'_>)> {
        self.reader = Some(cx.waker().clone());
        let frame = self.frames.pop_front()?;
        Some((Frame(frame), Plug(self)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Plug<'_>> {
        Some(Plug(self))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet([2, 0, 0, 0, 0, 1])
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Runs `test` beside a stack whose address and name server are `HERE`.
fn with_stack(test: impl AsyncFnOnce(Stack<'_>)) {
    let mut config = StaticConfigV4 {
        address: Ipv4Cidr::new(HERE, 8),
        gateway: None,
        dns_servers: Default::default(),
    };
    config.dns_servers.push(HERE).unwrap();
    let mut resources = StackResources::<8>::new();
    let (stack, mut runner) = embassy_net::new(
        Loop::default(),
        Config::ipv4_static(config),
        &mut resources,
        1,
    );
    let stack_runs = runner.run();
    match block_on(select(stack_runs, test(stack))) {
        Either::First(never) => never,
        Either::Second(()) => {}
    }
}

/// Accepts one connection at port 80 and runs `peer` on it, beside `test` on
/// the stream that connected.
fn with_pair(
    peer: impl AsyncFnOnce(&mut TcpSocket<'_>),
    test: impl AsyncFnOnce(&mut EmbassyStream<'_>),
) {
    with_stack(async |stack| {
        let accept = async {
            let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
            let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
            socket.accept(80).await.unwrap();
            peer(&mut socket).await;
            // A reset or a FIN leaves before the socket goes.
            let _ = socket.flush().await;
        };
        let connect = async {
            let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
            let deadline = after(10_000);
            let mut stream =
                EmbassyStream::connect(stack, "127.0.0.1", 80, &mut rx, &mut tx, deadline)
                    .await
                    .unwrap();
            test(&mut stream).await;
        };
        join(accept, connect).await;
    });
}

async fn echo(socket: &mut TcpSocket<'_>) {
    let mut buf = [0; 512];
    while let Ok(n @ 1..) = socket.read(&mut buf).await {
        socket.write_all(&buf[..n]).await.unwrap();
    }
    socket.close();
}

fn after(millis: u64) -> Option<Duration> {
    Some(EmbassyTimer.now() + Duration::from_millis(millis))
}

#[test]
fn bytes_pass_both_ways() {
    with_pair(echo, async |stream| {
        stream.write_all(b"hello").await.unwrap();
        stream.flush().await.unwrap();
        let mut buf = [0; 5];
        stream.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"hello");
        stream.shutdown(after(10_000)).await.unwrap();
        assert_eq!(stream.read(&mut buf).await, Ok(0));
        assert_eq!(stream.read(&mut buf).await, Ok(0));
    });
}

#[test]
fn empty_buffers_do_not_wait() {
    with_pair(echo, async |stream| {
        assert_eq!(stream.read(&mut []).await, Ok(0));
        assert_eq!(stream.write(&[]).await, Ok(0));
        stream.shutdown(None).await.unwrap();
    });
}

#[test]
fn a_dropped_read_loses_nothing() {
    with_pair(
        async |socket| {
            for n in 0..100_u8 {
                socket.write_all(&[n; 3]).await.unwrap();
                socket.flush().await.unwrap();
            }
            socket.close();
        },
        async |stream| {
            let mut received = Vec::new();
            loop {
                let mut buf = [0; 2];
                let wait = EmbassyTimer.now() + Duration::from_micros(50);
                match select(stream.read(&mut buf), EmbassyTimer.sleep_until(wait)).await {
                    Either::First(Ok(0)) => break,
                    Either::First(n) => received.extend_from_slice(&buf[..n.unwrap()]),
                    Either::Second(()) => {}
                }
            }
            let expected: Vec<u8> = (0..100).flat_map(|n| [n; 3]).collect();
            assert_eq!(received, expected);
        },
    );
}

#[test]
fn a_sleep_ends_at_or_after_its_deadline() {
    block_on(async {
        for micros in [0, 1, 100, 20_000] {
            let deadline = EmbassyTimer.now() + Duration::from_micros(micros);
            EmbassyTimer.sleep_until(deadline).await;
            assert!(EmbassyTimer.now() >= deadline);
        }
    });
}

#[test]
fn a_reset_is_an_error() {
    with_pair(
        async |socket| socket.abort(),
        async |stream| {
            assert_eq!(stream.read(&mut [0; 8]).await, Err(StreamError::Reset));
            assert_eq!(stream.write(b"more").await, Err(StreamError::Reset));
        },
    );
}

async fn attempt(stack: Stack<'_>, host: &str, port: u16) -> Result<(), ConnectError> {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    EmbassyStream::connect(stack, host, port, &mut rx, &mut tx, after(300))
        .await
        .map(drop)
}

#[test]
fn failures_are_told_apart() {
    with_stack(async |stack| {
        assert_eq!(
            attempt(stack, "127.0.0.1", 81).await,
            Err(ConnectError::Refused)
        );
        assert_eq!(
            attempt(stack, "a..b", 80).await,
            Err(ConnectError::InvalidName)
        );
        assert_eq!(
            attempt(stack, "0.0.0.0", 80).await,
            Err(ConnectError::Unreachable)
        );
        // Nobody answers for this address.
        let before = EmbassyTimer.now();
        assert_eq!(
            attempt(stack, "127.9.9.9", 80).await,
            Err(ConnectError::TimedOut)
        );
        assert!(EmbassyTimer.now() - before >= Duration::from_millis(300));
    });
}

/// Answers name queries while `test` runs.
async fn with_name_server(stack: Stack<'_>, test: impl Future<Output = ()>) {
    let server = async {
        let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
        let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
        let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
        socket.bind(53).unwrap();
        loop {
            let mut query = [0; 512];
            let (n, from) = socket.recv_from(&mut query).await.unwrap();
            let answer = common::dns_answer(&query[..n], HERE.octets());
            socket.send_to(&answer, from.endpoint).await.unwrap();
        }
    };
    match select(server, test).await {
        Either::First(()) | Either::Second(()) => {}
    }
}

async fn accept_one(stack: Stack<'_>) {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
    socket.accept(80).await.unwrap();
    echo(&mut socket).await;
}

#[test]
fn a_name_is_looked_up() {
    with_stack(async |stack| {
        with_name_server(stack, async {
            let (_, result) = join(accept_one(stack), attempt_and_close(stack)).await;
            assert_eq!(result, Ok(()));
            let result = attempt(stack, "other.test", 80).await;
            assert_eq!(result, Err(ConnectError::NameNotFound));
        })
        .await;
    });
}

async fn attempt_and_close(stack: Stack<'_>) -> Result<(), ConnectError> {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut stream =
        EmbassyStream::connect(stack, "board.test", 80, &mut rx, &mut tx, after(1_000)).await?;
    stream.shutdown(after(1_000)).await.unwrap();
    Ok(())
}

#[test]
fn embedded_nal_connects_by_name_and_by_address() {
    with_stack(async |stack| {
        with_name_server(stack, async {
            let state = TcpClientState::<2, 256, 256>::new();
            let (tcp, dns) = (TcpClient::new(stack, &state), DnsSocket::new(stack));
            for host in ["board.test", "127.0.0.1"] {
                let client = async {
                    let mut stream =
                        nal::connect(&tcp, &dns, host, 80, &mut EmbassyTimer, after(1_000))
                            .await
                            .unwrap();
                    stream.write_all(b"hello").await.unwrap();
                    let mut buf = [0; 5];
                    stream.read_exact(&mut buf).await.unwrap();
                    assert_eq!(&buf, b"hello");
                };
                let server = async {
                    let (mut rx, mut tx) = ([0; 256], [0; 256]);
                    let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
                    socket.accept(80).await.unwrap();
                    let mut buf = [0; 5];
                    socket.read_exact(&mut buf).await.unwrap();
                    socket.write_all(&buf).await.unwrap();
                    socket.flush().await.unwrap();
                };
                join(client, server).await;
            }
            let other = nal::connect(&tcp, &dns, "other.test", 80, &mut EmbassyTimer, None).await;
            assert!(matches!(other, Err(NalError::Lookup(_))));
            let closed = nal::connect(&tcp, &dns, "127.0.0.1", 81, &mut EmbassyTimer, None).await;
            assert!(matches!(closed, Err(NalError::Connect(_))));
            let deadline = after(100);
            let silent =
                nal::connect(&tcp, &dns, "127.9.9.9", 80, &mut EmbassyTimer, deadline).await;
            assert!(matches!(silent, Err(NalError::TimedOut)));
        })
        .await;
    });
}
