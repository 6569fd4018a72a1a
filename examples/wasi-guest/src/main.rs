//! A component that knows WebSocket through WIT alone: it depends on no crate
//! of hybi, and is given `hybi:websocket/client` by composition. Waits with
//! one `wasi:io/poll` for the connection and for a clock of its own.
//!
//! ```text
//! cargo build -p hybi-wasi-component -p wasi-guest --target wasm32-wasip2
//! cd target/wasm32-wasip2/debug
//! wac plug wasi-guest.wasm --plug hybi_websocket.wasm -o both.wasm
//! wasmtime run -S inherit-network,allow-ip-name-lookup both.wasm ws://localhost:7000/
//! ```

#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod component {
    mod bindings {
        wit_bindgen::generate!({
            path: "../../platform-wasi/wit",
            world: "guest",
            with: { "wasi:io/poll@0.2.12": wasi::io::poll },
        });
    }

    use bindings::hybi::websocket::client::{Connection, Error, Event, Options, connect};
    use wasi::{clocks::monotonic_clock::subscribe_duration, io::poll::poll};

    const SECOND: u64 = 1_000_000_000;

    pub(crate) fn run() -> Result<(), Error> {
        let url = std::env::args().nth(1).unwrap_or_default();
        let options = Options::new();
        options.set_connect_timeout(Some(5 * SECOND));
        // A file of roots, for servers of an authority of one's own.
        if let Some(file) = std::env::args().nth(2) {
            options.add_roots(&std::fs::read_to_string(file).unwrap_or_default());
        }
        let connection = connect(&url, Some(&options))?;
        println!("connected");

        connection.send_text("hello through WIT")?;
        println!("{}", shown(&next(&connection)?));
        connection.send_binary(&vec![7; 100_000])?;
        println!("{}", shown(&next(&connection)?));
        connection.ping(b"are you there")?;
        println!("{}", shown(&next(&connection)?));
        if connection.receive_timeout(SECOND / 10)?.is_none() {
            println!("nothing more");
        }
        let closed = connection.close(1000, "done")?;
        println!("closed: {:?} clean: {}", closed.code, closed.clean);
        Ok(())
    }

    /// The next event, in a wait of the component's own.
    fn next(connection: &Connection) -> Result<Event, Error> {
        loop {
            if let Some(event) = connection.try_receive()? {
                return Ok(event);
            }
            let arrived = connection.subscribe();
            let tick = subscribe_duration(connection.next_deadline().unwrap_or(SECOND));
            poll(&[&arrived, &tick]);
        }
    }

    fn shown(event: &Event) -> String {
        match event {
            Event::Text(text) => format!("text: {text}"),
            Event::Binary(data) => format!("binary: {} bytes", data.len()),
            Event::Ping(payload) => format!("ping: {}", String::from_utf8_lossy(payload)),
            Event::Pong(payload) => format!("pong: {}", String::from_utf8_lossy(payload)),
            Event::Closed(closed) => format!("closed: {:?}", closed.code),
        }
    }
}

#[cfg(all(target_os = "wasi", target_env = "p2"))]
fn main() -> std::process::ExitCode {
    match component::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{:?}: {}", error.kind, error.message);
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(all(target_os = "wasi", target_env = "p2")))]
fn main() {
    eprintln!("this example runs in a WASI host: build it for wasm32-wasip2");
}
