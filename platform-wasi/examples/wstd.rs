//! The core's async driver on wstd, an executor for components: sends, and
//! receives with another task beside it, all in one thread.
//!
//! ```text
//! cargo build -p hybi-wasi --target wasm32-wasip2 --example wstd --features embedded-io-async
//! wasmtime run -S inherit-network,allow-ip-name-lookup \
//!     target/wasm32-wasip2/debug/examples/wstd.wasm ws://localhost:7000/
//! ```

#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod component {
    use core::{error::Error, time::Duration};

    use hybi_core::{
        close_code::CloseCode,
        connection::{Config, Event},
        driver::asynch::WebSocket,
        handshake::{Handshake, HandshakeConfig, Request},
        uri::Uri,
    };
    use hybi_wasi::{
        WasiEntropy,
        asynch::{AsyncStream, AsyncTimer},
        wasi::io::poll::Pollable,
    };
    use wstd::{runtime::AsyncPollable, task::sleep};

    async fn ready(pollable: Pollable) {
        AsyncPollable::new(pollable).wait_for().await;
    }

    pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
        let url = std::env::args().nth(1).ok_or("usage: wstd URL")?;
        let uri = Uri::parse(&url)?;
        let deadline = Some(hybi_wasi::now() + Duration::from_secs(10));
        let stream = AsyncStream::connect(uri.host_text(), uri.port(), deadline, ready).await?;
        let handshake = Handshake::new(
            &Request::new(&uri),
            Vec::new(),
            Vec::new(),
            WasiEntropy::new(),
            HandshakeConfig::default(),
            hybi_wasi::now(),
        )?;
        let timer = AsyncTimer(ready);
        let mut socket = WebSocket::connect(stream, timer, handshake, Config::default()).await?;
        println!("connected");

        // Other work goes on while the socket waits.
        let other = wstd::runtime::spawn(async {
            for n in 1..=3 {
                sleep(Duration::from_millis(20).into()).await;
                println!("tick {n}");
            }
        });
        other.await;
        socket.send_text("hello from wstd").await?;
        socket.send_binary(&vec![7; 1 << 20]).await?;
        for _ in 0..2 {
            match socket.receive().await? {
                Event::Text(text) => println!("text: {text}"),
                Event::Binary(data) => println!("binary: {} bytes", data.len()),
                other => println!("{other:?}"),
            }
        }
        let closed = socket.close(CloseCode::NORMAL, "done").await?;
        println!("closed: {:?}", closed.code.map(|code| code.0));
        Ok(())
    }
}

#[cfg(all(target_os = "wasi", target_env = "p2"))]
fn main() {
    if let Err(error) = wstd::runtime::block_on(component::run()) {
        eprintln!("wstd: {error}");
        std::process::exit(1);
    }
}

#[cfg(not(all(target_os = "wasi", target_env = "p2")))]
fn main() {
    eprintln!("this example runs in a WASI host: build it for wasm32-wasip2");
}
