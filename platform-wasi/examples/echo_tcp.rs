//! The transport alone: sends a line to a TCP echo server and reads it back.
//!
//! ```text
//! cargo build -p hybi-wasi --target wasm32-wasip2 --example echo_tcp
//! wasmtime run -S inherit-network,allow-ip-name-lookup \
//!     target/wasm32-wasip2/debug/examples/echo_tcp.wasm localhost 7000
//! ```

#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod component {
    use core::{error::Error, time::Duration};

    use embedded_io::{Read, Write};
    use hybi_core::driver::blocking::Transport;
    use hybi_wasi::stream::WasiStream;

    pub(crate) fn run() -> Result<(), Box<dyn Error>> {
        let mut args = std::env::args().skip(1);
        let (Some(host), Some(port)) = (args.next(), args.next()) else {
            return Err("usage: echo_tcp HOST PORT".into());
        };

        let mut stream = WasiStream::connect(&host, port.parse()?, after(5_000))?;
        println!("connected");

        stream.write_all(b"hello\n")?;
        stream.flush()?;
        let mut line = [0; 6];
        stream.read_exact(&mut line)?;
        print!("echo: {}", String::from_utf8_lossy(&line));

        // Nothing is under way now, so the read ends at its deadline.
        match stream.read_until(&mut line, after(200))? {
            None => println!("deadline passed"),
            Some(n) => return Err(format!("{n} bytes out of nowhere").into()),
        }

        // An echo server ends its side when we end ours.
        stream.shutdown(after(5_000))?;
        match stream.read_until(&mut line, after(5_000))? {
            Some(0) => println!("end of stream"),
            other => return Err(format!("no end of stream, but {other:?}").into()),
        }
        Ok(())
    }

    fn after(millis: u64) -> Option<Duration> {
        Some(WasiStream::now() + Duration::from_millis(millis))
    }
}

#[cfg(all(target_os = "wasi", target_env = "p2"))]
fn main() {
    if let Err(error) = component::run() {
        eprintln!("echo_tcp: {error}");
        std::process::exit(1);
    }
}

#[cfg(not(all(target_os = "wasi", target_env = "p2")))]
fn main() {
    eprintln!("this example runs in a WASI host: build it for wasm32-wasip2");
}
