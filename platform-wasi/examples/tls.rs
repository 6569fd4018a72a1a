//! A WebSocket client over TLS as a WASI component, with settings for every
//! case: whom to trust, what to show the server. Sends a text, prints what
//! comes back and closes; or exits with 1 and the reason.
//!
//! ```text
//! cargo build -p hybi-wasi --target wasm32-wasip2 --example tls
//! wasmtime run -S inherit-network,allow-ip-name-lookup --dir certificates \
//!     target/wasm32-wasip2/debug/examples/tls.wasm wss://localhost:7000/ \
//!     --root certificates/ca.pem
//! ```
//!
//! | option | meaning |
//! | --- | --- |
//! | `--root FILE` | trusts these certificates in PEM, and no others |
//! | `--certificate FILE KEY` | shows this certificate to the server |
//! | `--name NAME` | asks for this server instead of the URL's host |
//! | `--insecure` | **accepts any certificate** |
//! | `--size N` | sends N bytes instead of the text, and compares what comes back |
//! | `--messages N` | waits for so many messages |
//! | `--seconds N` | gives up connecting after so long |

#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod component {
    use core::{error::Error, time::Duration};

    use hybi_wasi::{
        CloseCode, Message, Tls,
        tls::{Roots, TlsBuilder},
    };

    pub(crate) fn run() -> Result<(), Box<dyn Error>> {
        let mut arguments = std::env::args().skip(1);
        let mut next = |what| arguments.next().ok_or_else(|| format!("no {what}"));
        let url = next("URL")?;
        let mut tls = Tls::builder();
        let mut text = None;
        let (mut messages, mut seconds) = (1, 10);
        while let Ok(option) = next("option") {
            tls = match &*option {
                "--root" => tls.roots(Roots::Added).add_root_file(next("FILE")?)?,
                "--certificate" => tls.client_certificate_files(next("FILE")?, next("KEY")?)?,
                "--name" => tls.server_name(next("NAME")?),
                "--insecure" => TlsBuilder::danger_accept_any_certificate(tls),
                "--size" => {
                    let size = next("N")?.parse()?;
                    text = Some((0..size).map(|n: u32| n.to_le_bytes()[0]).collect());
                    tls
                }
                "--messages" => {
                    messages = next("N")?.parse()?;
                    tls
                }
                "--seconds" => {
                    seconds = next("N")?.parse()?;
                    tls
                }
                other => return Err(format!("unknown option {other}").into()),
            };
        }
        let mut socket = hybi_wasi::builder(url)
            .connect_timeout(Duration::from_secs(seconds))
            .compression(None)
            .tls(tls.build()?)
            .connect()?;
        println!("connected");
        let sent = match text {
            Some(data) => Message::Binary(data),
            None => Message::Text("over TLS".into()),
        };
        socket.send(sent.clone())?;
        for _ in 0..messages {
            match socket.receive_message()? {
                Message::Text(text) => println!("text: {text}"),
                message if message == sent => println!("the same bytes"),
                other => return Err(format!("unexpected: {other:?}").into()),
            }
        }
        let closed = socket.close(CloseCode::NORMAL, "done")?;
        println!("closed: {}", closed.code.map_or(1005, |code| code.0));
        Ok(())
    }
}

#[cfg(all(target_os = "wasi", target_env = "p2"))]
fn main() -> std::process::ExitCode {
    match component::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(all(target_os = "wasi", target_env = "p2")))]
fn main() {
    eprintln!("this example runs in a WASI host: build it for wasm32-wasip2");
}
