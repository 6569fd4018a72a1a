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

    use hybi_wasi::{CloseCode, Event, WebSocket};

    pub(crate) fn run() -> Result<(), Box<dyn Error>> {
        let url = std::env::args().nth(1).ok_or("usage: echo URL")?;
        let mut socket = hybi_wasi::builder(url)
            .idle_timeout(Duration::from_secs(30))
            .connect()?;
        println!("connected");

        socket.send_text("hello from a component")?;
        print_next(&mut socket)?;
        socket.send_binary(&vec![7; 1 << 20])?;
        print_next(&mut socket)?;
        socket.ping(b"are you there")?;
        print_next(&mut socket)?;

        let closed = socket.close(CloseCode::NORMAL, "done")?;
        println!(
            "closed: {:?} {:?}",
            closed.code.map(|code| code.0),
            closed.reason
        );
        Ok(())
    }

    fn print_next(socket: &mut WebSocket) -> Result<(), Box<dyn Error>> {
        match socket.receive()? {
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
