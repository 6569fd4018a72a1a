//! What a blocked receive looks after.

use super::*;

#[test]
fn a_pong_is_on_the_wire_before_the_ping_is_handed_over() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x89\x02hi").unwrap();
        let pong = read_frame(&mut stream);
        read_to_end(&mut stream);
        pong
    });
    let (sender, mut receiver) = split(&builder(url));
    assert_eq!(receiver.receive().unwrap(), Event::Ping(b"hi"));
    // Nothing that was only queued gets past this.
    sender.abort();
    assert_eq!(server.join().unwrap(), (10, b"hi".to_vec()));
}

#[test]
fn what_was_on_its_way_survives_the_split() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x01\x03one\x89\x00\x80\x03two").unwrap();
        read_to_end(&mut stream);
    });
    let mut socket = builder(url).connect().unwrap();
    let waker = socket.waker().unwrap();
    assert_eq!(socket.receive_message().unwrap(), Message::Ping(Vec::new()));
    let (_sender, mut receiver) = socket.split().unwrap();
    assert_eq!(receiver.receive().unwrap(), Event::Text("onetwo"));
    waker.wake();
    assert!(matches!(receiver.receive(), Err(Error::Woken)));
    receiver.waker().wake();
    assert_eq!(receiver.receive_timeout(millis(5000)).unwrap(), None);
    drop(receiver);
    server.join().unwrap();
}

#[test]
fn keepalive_and_the_idle_deadline_run_while_a_receive_blocks() {
    let (url, server) = serve_raw(|mut stream| {
        let ping = read_frame(&mut stream);
        read_to_end(&mut stream);
        ping.0
    });
    let keepalive = hybi_std::Keepalive::every(millis(100)).timeout(millis(200));
    let (_sender, mut receiver) =
        split(&builder(url).keepalive(keepalive).close_timeout(millis(100)));
    let begin = Instant::now();
    assert_eq!(receiver.receive().unwrap_err().kind(), Kind::Timeout);
    assert!(begin.elapsed() >= millis(299));
    drop(receiver);
    assert_eq!(server.join().unwrap(), 9);
}

/// A stream of which nothing is known, with a time-out of its own.
struct Timed(std::net::TcpStream);

impl Read for Timed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Timed {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn a_stream_that_cannot_be_polled() {
    let (url, server) = support::serve(|mut stream| {
        accept(&mut stream);
        let frame = read_frame(&mut stream);
        stream.write_all(b"\x81\x02ok").unwrap();
        read_to_end(&mut stream);
        frame
    });
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(millis(20))).unwrap();
    let socket = builder(&url).connect_over(Prepared::other(Timed(stream)));
    let (sender, mut receiver) = socket.unwrap().split().unwrap();
    let blocked = thread::spawn(move || {
        let message = receiver.receive_message().unwrap();
        (message, receiver)
    });
    settle();
    let begin = Instant::now();
    sender.send_text("hello").unwrap();
    let (message, receiver) = blocked.join().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert_eq!(message, Message::from("ok"));
    sender.abort();
    drop(receiver);
    assert_eq!(server.join().unwrap(), (1, b"hello".to_vec()));
}
