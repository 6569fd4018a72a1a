//! A WebSocket client as a WASI component: sends text, binary and a ping to
//! an echo server, prints what comes back and closes.
//!
//! ```text
//! cargo build -p hybi-wasi --target wasm32-wasip2 --example echo
//! wasmtime run -S inherit-network,allow-ip-name-lookup \
//!     target/wasm32-wasip2/debug/examples/echo.wasm ws://localhost:7000/
//! ```

#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod component {
    use core::{error::Error, time::Duration};

    use hybi_core::{
        close_code::CloseCode,
        connection::{Config, Event},
        driver::blocking::WebSocket,
        handshake::{Handshake, HandshakeConfig, Request},
        uri::Uri,
    };
    use hybi_wasi::{entropy::WasiEntropy, stream::WasiStream};

    type Client = WebSocket<WasiStream, Vec<u8>, Vec<u8>, WasiEntropy>;

    pub(crate) fn run() -> Result<(), Box<dyn Error>> {
        let url = std::env::args().nth(1).ok_or("usage: echo URL")?;
        let uri = Uri::parse(&url)?;
        if uri.is_secure() {
            return Err("this example speaks ws:// only".into());
        }
        let mut client = connect(&uri)?;
        println!("connected");

        client.send_text("hello from a component")?;
        print_next(&mut client)?;
        client.send_binary(&vec![7; 1 << 20])?;
        print_next(&mut client)?;
        client.ping(b"are you there")?;
        print_next(&mut client)?;

        let closed = client.close(CloseCode::NORMAL, "done")?;
        println!(
            "closed: {:?} {:?}",
            closed.code.map(|code| code.0),
            closed.reason
        );
        Ok(())
    }

    fn connect(uri: &Uri<'_>) -> Result<Client, Box<dyn Error>> {
        let now = WasiStream::now();
        let deadline = now + Duration::from_secs(10);
        let stream = WasiStream::connect(uri.host_text(), uri.port(), Some(deadline))?;
        let handshake = Handshake::new(
            &Request::new(uri),
            Vec::new(),
            Vec::new(),
            WasiEntropy::new(),
            HandshakeConfig::default(),
            now,
        )?;
        let mut config = Config::default();
        config.idle_timeout = Some(Duration::from_secs(30));
        Ok(WebSocket::connect(stream, handshake, config)?)
    }

    fn print_next(client: &mut Client) -> Result<(), Box<dyn Error>> {
        match client.receive()? {
            Event::Text(text) => println!("text: {text}"),
            Event::Binary(data) => println!("binary: {} bytes", data.len()),
            Event::Ping(data) => println!("ping: {}", String::from_utf8_lossy(data)),
            Event::Pong(data) => println!("pong: {}", String::from_utf8_lossy(data)),
            other => println!("{other:?}"),
        }
        Ok(())
    }
}

#[cfg(all(target_os = "wasi", target_env = "p2"))]
fn main() {
    if let Err(error) = component::run() {
        eprintln!("echo: {error}");
        std::process::exit(1);
    }
}

#[cfg(not(all(target_os = "wasi", target_env = "p2")))]
fn main() {
    eprintln!("this example runs in a WASI host: build it for wasm32-wasip2");
}
