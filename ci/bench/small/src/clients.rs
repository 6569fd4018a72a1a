//! The clients: each receives, or sends, so many messages; `mark` is called
//! when it has warmed up and when it is done.

use core::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use hybi_core::{
    connection::{Config, Connection, Event},
    driver::blocking::{Transport, WebSocket},
};

use crate::stream::{Stream, Xorshift};

impl Transport for Stream<'_> {}

/// What is done with a client.
pub struct Task<'a> {
    /// What the server sends, or nothing.
    pub input: &'a [u8],
    /// What is sent, or nothing.
    pub message: &'a [u8],
    pub count: u32,
}

/// The largest message that fits.
pub const LARGEST: usize = 4096;
const BUFFER: usize = LARGEST + 160;
const WARM_UP: u32 = 32;

pub type Client = fn(&Task<'_>, &mut dyn FnMut());

pub const CLIENTS: &[(&str, Client)] = &[
    ("hybi-core", hybi),
    ("ws-framer", ws_framer),
    ("websocketz", websocketz),
    ("embedded-websocket", embedded_websocket),
    #[cfg(not(target_os = "none"))]
    ("tungstenite", tungstenite),
];

/// Warms up, then does it.
fn run(task: &Task<'_>, mark: &mut dyn FnMut(), mut one: impl FnMut()) {
    (0..WARM_UP).for_each(|_| one());
    mark();
    (0..task.count).for_each(|_| one());
    mark();
}

fn hybi(task: &Task<'_>, mark: &mut dyn FnMut()) {
    let (mut rx, mut tx) = ([0; BUFFER], [0; BUFFER]);
    let config = Config::default();
    let connection = Connection::new(&mut rx[..], &mut tx[..], Xorshift(1), config);
    let mut socket = WebSocket::new(Stream::new(task.input), connection.expect("room"));
    if task.input.is_empty() {
        run(task, mark, || {
            socket.send_binary(task.message).expect("sent");
        });
    } else {
        run(task, mark, || match socket.receive() {
            Ok(Event::Text(_) | Event::Binary(_)) => {}
            other => panic!("{other:?}"),
        });
    }
}

fn ws_framer(task: &Task<'_>, mark: &mut dyn FnMut()) {
    use ws_framer::{WsFrame, WsRxFramer, WsTxFramer};
    let (mut rx, mut tx) = ([0; BUFFER], [0; BUFFER]);
    let mut stream = Stream::new(task.input);
    if task.input.is_empty() {
        let mut framer = WsTxFramer::new(true, &mut tx);
        run(task, mark, || {
            let frame = framer.binary(task.message);
            stream.put(frame.expect("room"));
        });
        return;
    }
    let mut framer = WsRxFramer::new(&mut rx);
    run(task, mark, || {
        loop {
            match framer.next_frame() {
                Some(Ok(WsFrame::Text(_) | WsFrame::Binary(_))) => return,
                Some(other) => panic!("{other:?}"),
                None => {
                    let taken = stream.take(framer.read_buf());
                    framer.advance(taken);
                }
            }
        }
    });
}

fn websocketz(task: &Task<'_>, mark: &mut dyn FnMut()) {
    use websocketz::{Message, WebSocket, next};
    let (mut rx, mut tx, mut fragments) = ([0; BUFFER], [0; BUFFER], [0; 16]);
    let stream = Stream::new(task.input);
    let mut socket = WebSocket::client(stream, Xorshift(1), &mut rx, &mut tx, &mut fragments);
    if task.input.is_empty() {
        run(task, mark, || {
            now(socket.send(Message::Binary(task.message))).expect("sent");
        });
    } else {
        run(task, mark, || {
            now(async {
                match next!(socket) {
                    Some(Ok(Message::Text(_) | Message::Binary(_))) => {}
                    other => panic!("{other:?}"),
                }
            });
        });
    }
}

/// A future over a transport that is always ready.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

fn embedded_websocket(task: &Task<'_>, mark: &mut dyn FnMut()) {
    use embedded_websocket::{
        WebSocketClient, WebSocketSendMessageType, WebSocketState,
        framer::{Framer, ReadResult},
    };
    struct Io<'a>(Stream<'a>);
    impl embedded_websocket::framer::Stream<()> for Io<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
            Ok(self.0.take(buffer))
        }

        fn write_all(&mut self, bytes: &[u8]) -> Result<(), ()> {
            self.0.put(bytes);
            Ok(())
        }
    }
    let (mut rx, mut tx, mut message) = ([0; BUFFER], [0; BUFFER], [0; BUFFER]);
    let mut cursor = 0;
    let mut client = WebSocketClient::new_client(Xorshift(1));
    client.state = WebSocketState::Open;
    let mut framer = Framer::new(&mut rx, &mut cursor, &mut tx, &mut client);
    let mut stream = Io(Stream::new(task.input));
    if task.input.is_empty() {
        run(task, mark, || {
            let kind = WebSocketSendMessageType::Binary;
            let sent = framer.write(&mut stream, kind, true, task.message);
            assert!(sent.is_ok());
        });
    } else {
        run(task, mark, || {
            match framer.read(&mut stream, &mut message) {
                Ok(ReadResult::Text(_) | ReadResult::Binary(_)) => {}
                _ => panic!("no message"),
            }
        });
    }
}

#[cfg(not(target_os = "none"))]
fn tungstenite(task: &Task<'_>, mark: &mut dyn FnMut()) {
    use std::io;
    use tungstenite::{Bytes, Message, WebSocket, protocol::Role};
    struct Io<'a>(Stream<'a>);
    impl io::Read for Io<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(self.0.take(buffer))
        }
    }
    impl io::Write for Io<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(self.0.put(bytes))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let stream = Io(Stream::new(task.input));
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
    if task.input.is_empty() {
        run(task, mark, || {
            let message = Message::Binary(Bytes::copy_from_slice(task.message));
            socket.send(message).expect("sent");
        });
    } else {
        run(task, mark, || match socket.read() {
            Ok(Message::Text(_) | Message::Binary(_)) => {}
            other => panic!("{other:?}"),
        });
    }
}
