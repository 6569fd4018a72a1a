//! Nothing is left of connections that are over. A file of its own: the
//! descriptors are those of the whole process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

use std::{fs, net::TcpListener, thread, time::Duration};

use hybi_std::{CloseCode, Reconnecting, builder, reconnect::SessionEvent};

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn five_hundred_connections_leave_no_descriptor() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let builder = builder(format!("ws://{}/", listener.local_addr().unwrap()));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut socket = tungstenite::accept(stream.unwrap()).unwrap();
            while let Ok(message) = socket.read() {
                if message.is_text() {
                    socket.send(message).unwrap();
                }
            }
        }
    });
    let cycle = |n: u32| match n % 4 {
        0 => {
            let mut socket = builder.connect().unwrap();
            socket.send_text("x").unwrap();
            socket.receive_message().unwrap();
            assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
        }
        1 => {
            // The sender outlives the connection, which is over all the same.
            let (sender, mut receiver) = builder.connect().unwrap().split().unwrap();
            sender.send_text("x").unwrap();
            receiver.receive_message().unwrap();
            assert!(sender.close(CloseCode::NORMAL, "").unwrap().clean);
        }
        2 => {
            let (sender, _receiver) = builder.connect().unwrap().split().unwrap();
            sender.abort();
        }
        _ => {
            let mut session = Reconnecting::new(builder.clone());
            let opened = session.next_event();
            assert!(matches!(opened, Some(SessionEvent::Open(_))));
            session.handle().close(CloseCode::NORMAL, "").unwrap();
            assert_eq!(session.count(), 1);
        }
    };
    (0..20).for_each(cycle);
    let before = settled();
    (0..500).for_each(cycle);
    let after = settled();
    println!("descriptors: {before} before, {after} after");
    assert_eq!(before, after);
}

/// The number once the server's side has ended too.
fn settled() -> usize {
    thread::sleep(Duration::from_millis(100));
    descriptors()
}
