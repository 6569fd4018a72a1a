//! Connects, sends a text, a binary message and a ping, prints what comes
//! back and closes.
//!
//! The server is tungstenite on a loopback port, started here in a thread.
//! The exit status is 0 only if every event was the expected one.

use std::{error::Error, net::TcpListener, thread};

use hybi_std::{CloseCode, Event};

/// The client.
fn talk(url: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut socket = hybi_std::connect(url)?;
    socket.send_text("hello")?;
    socket.send_binary(&[0xca, 0xfe])?;
    socket.ping(b"still there?")?;

    let mut events = Vec::new();
    loop {
        let event = socket.receive()?;
        let line = match event {
            Event::Text(text) => format!("text    {text:?}"),
            Event::Binary(data) => format!("binary  {data:02x?}"),
            Event::Ping(payload) => format!("ping    {payload:02x?}"), // answered already
            Event::Pong(payload) => format!("pong    {:?}", str::from_utf8(payload)?),
            Event::Closed(closed) => format!(
                "closed  {}, {}",
                closed.code.unwrap_or(CloseCode::NO_STATUS),
                if closed.clean { "clean" } else { "not clean" }
            ),
            _ => continue,
        };
        println!("{line}");
        events.push(line);
        match event {
            Event::Pong(_) => socket.start_close(CloseCode::NORMAL, "bye")?,
            Event::Closed(_) => return Ok(events),
            _ => {}
        }
    }
}

const EXPECTED: [&str; 4] = [
    r#"text    "hello""#,
    "binary  [ca, fe]",
    r#"pong    "still there?""#,
    "closed  1000 (normal closure), clean",
];

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    println!("server  {url}");
    let server = thread::spawn(move || echo(&listener).map_err(|error| error.to_string()));

    let events = talk(&url)?;
    server.join().map_err(|_| "the server panicked")??;
    if events != EXPECTED {
        return Err(format!("expected {EXPECTED:#?}").into());
    }
    Ok(())
}

/// Serves one connection: sends every message back until it is closed.
fn echo(listener: &TcpListener) -> Result<(), Box<dyn Error>> {
    let mut socket = tungstenite::accept(listener.accept()?.0)?;
    loop {
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => socket.send(message)?,
            Ok(_) => {} // tungstenite answers Ping and Close itself
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
