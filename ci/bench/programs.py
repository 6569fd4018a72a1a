#!/usr/bin/env python3
"""A minimal program of each library, connecting with TLS where the library can: how long a clean
build computes, how many crates it takes, how large the stripped program is. Writes
results/raw/programs.tsv. `programs.py NAME…` measures only those and keeps the other lines."""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE / "results/raw/programs.tsv"
TOKIO = 'tokio = { version = "1", features = ["rt", "net", "macros"] }'
RUSTLS = (
    'rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }'
)
PROVIDER = "rustls::crypto::ring::default_provider().install_default().unwrap();"
RESULT = "Result<(), Box<dyn std::error::Error>>"
URL = "let url = std::env::args().nth(1).unwrap();"


def sync(body: str) -> str:
    return f"fn main() -> {RESULT} {{\n{URL}\n{body}\nOk(())\n}}\n"


def tokio(body: str, uses: str = "") -> str:
    return (
        f'{uses}\n#[tokio::main(flavor = "current_thread")]\n'
        f"async fn main() -> {RESULT} {{\n{URL}\n{body}\nOk(())\n}}\n"
    )


HYBI = """let mut socket = hybi_std::connect(&url)?;
socket.send_text("hello")?;
println!("{:?}", socket.receive()?);
socket.close(hybi_std::CloseCode::NORMAL, "")?;"""
SINK = "use futures_util::{SinkExt, StreamExt};"
FUTURES = 'futures-util = { version = "0.3", default-features = false, features = ["sink"] }'

PROGRAMS: dict[str, tuple[list[str], str]] = {
    "hybi-std": (
        [f'hybi-std = {{ path = "{HERE}/../../platform-std", default-features = false }}'],
        sync(HYBI),
    ),
    "hybi-std, default features": (
        [f'hybi-std = {{ path = "{HERE}/../../platform-std" }}'],
        sync(HYBI),
    ),
    "hybi-std on tokio": (
        [
            (
                f'hybi-std = {{ path = "{HERE}/../../platform-std", default-features = false, '
                'features = ["tokio"] }'
            ),
            TOKIO,
        ],
        tokio(
            """let mut socket = hybi_std::tokio::connect(&url).await?;
socket.send_text("hello").await?;
println!("{:?}", socket.receive().await?);
socket.close(hybi_std::CloseCode::NORMAL, "").await?;"""
        ),
    ),
    "tungstenite": (
        [
            'tungstenite = { version = "=0.30.0", features = ["rustls-tls-webpki-roots"] }',
            RUSTLS,
        ],
        sync(
            PROVIDER
            + """let (mut socket, _) = tungstenite::connect(url)?;
socket.send("hello".into())?;
println!("{:?}", socket.read()?);
socket.close(None)?;
while socket.read().is_ok() {}"""
        ),
    ),
    "tokio-tungstenite": (
        [
            'tokio-tungstenite = { version = "=0.30.0", features = ["rustls-tls-webpki-roots"] }',
            RUSTLS,
            TOKIO,
            FUTURES,
        ],
        tokio(
            PROVIDER
            + """let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
socket.send("hello".into()).await?;
println!("{:?}", socket.next().await);
socket.close(None).await?;""",
            SINK,
        ),
    ),
    "tokio-websockets": (
        [
            (
                'tokio-websockets = { version = "=0.13.3", features = ["client", "ring", '
                '"rustls-webpki-roots", "rustls-tls12", "fastrand", "sha1_smol"] }'
            ),
            TOKIO,
            FUTURES,
        ],
        tokio(
            """let uri = url.parse()?;
let (mut socket, _) = tokio_websockets::ClientBuilder::from_uri(uri).connect().await?;
socket.send(tokio_websockets::Message::text("hello")).await?;
println!("{:?}", socket.next().await);
socket.close().await?;""",
            SINK,
        ),
    ),
    "yawc": (
        ['yawc = "=0.5.0"', TOKIO, FUTURES],
        tokio(
            """let mut socket = yawc::WebSocket::connect(url.parse()?).await?;
socket.send(yawc::frame::Frame::text("hello")).await?;
println!("{:?}", socket.next_frame().await?);
socket.close().await?;""",
            SINK,
        ),
    ),
    "fastwebsockets, no TLS": (
        [
            'fastwebsockets = { version = "=0.10.0", features = ["upgrade"] }',
            'hyper = "1"',
            'http-body-util = "0.1"',
            'bytes = "1"',
            TOKIO,
        ],
        """use hyper::{Request, header};
struct Spawn;
impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) { tokio::task::spawn(future); }
}
"""
        + tokio(
            """let stream = tokio::net::TcpStream::connect(&url).await?;
let request = Request::get("/").header(header::HOST, &url)
    .header(header::UPGRADE, "websocket").header(header::CONNECTION, "upgrade")
    .header(header::SEC_WEBSOCKET_KEY, fastwebsockets::handshake::generate_key())
    .header(header::SEC_WEBSOCKET_VERSION, "13")
    .body(http_body_util::Empty::<bytes::Bytes>::new())?;
let (socket, _) = fastwebsockets::handshake::client(&Spawn, request, stream).await?;
let mut socket = fastwebsockets::FragmentCollector::new(socket);
socket.write_frame(fastwebsockets::Frame::text("hello".as_bytes().into())).await?;
println!("{:?}", socket.read_frame().await?.payload.len());
socket.write_frame(fastwebsockets::Frame::close(1000, b"")).await?;"""
        ),
    ),
}


def measure(name: str, dependencies: list[str], main: str, folder: Path) -> list[str]:
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text(main)
    listed = "\n".join(dependencies)
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "program"\nversion = "0.0.0"\nedition = "2024"\n'
        f"[workspace]\n[dependencies]\n{listed}\n"
    )

    def cargo(*args: str) -> str:
        env = os.environ | {"CARGO_TARGET_DIR": str(folder / "target")}
        done = subprocess.run(
            ["cargo", *args], cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    cargo("fetch", "-q")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    cargo("build", "-q", "--release")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    tree = cargo("tree", "-e", "normal,build", "--prefix", "none", "--no-dedupe")
    crates = len({line.removesuffix(" (*)") for line in tree.splitlines() if line}) - 1
    program = folder / "target/release/program"
    subprocess.run(["strip", program], check=True)
    values = {"seconds": seconds, "crates": crates, "bytes": program.stat().st_size}
    return [
        f"{name}\tprogram\t{metric}\t{value:.1f}\t{value:.1f}\t{value:.1f}"
        for metric, value in values.items()
    ]


def main() -> None:
    wanted = sys.argv[1:] or list(PROGRAMS)
    known = OUT.read_text().splitlines() if OUT.exists() else []
    lines = {name: [line for line in known if line.startswith(f"{name}\t")] for name in PROGRAMS}
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            lines[name] = measure(name, *PROGRAMS[name], Path(folder))
        print("\n".join(lines[name]), flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("".join(f"{line}\n" for all_ in lines.values() for line in all_))


if __name__ == "__main__":
    main()
