//! A server that is no one's client: it reads frames of up to 16 KiB and sends them back.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::Failure;

const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind("127.0.0.1:0".parse()?)?;
        let listener: TcpListener = socket.listen(4096)?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            // A client that is gone is no concern of the others.
            tokio::spawn(async move { drop(echo(stream).await) });
        }
    })
}

async fn echo(mut stream: TcpStream) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(512);
    while !buffer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
    let head = str::from_utf8(&buffer)?;
    let key = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Key"))
        .ok_or("no key")?
        .1;
    let digest = sha1_smol::Sha1::from(format!("{}{GUID}", key.trim()));
    let accept = BASE64_STANDARD.encode(digest.digest().bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    loop {
        let mut start = [0; 2];
        stream.read_exact(&mut start).await?;
        let mut answer = vec![start[0], start[1] & 0x7F];
        let mut len = usize::from(start[1] & 0x7F);
        if len == 126 {
            let long = stream.read_u16().await?;
            answer.extend(long.to_be_bytes());
            len = long.into();
        }
        if len > 1 << 14 {
            return Err("too long".into());
        }
        let mut mask = [0; 4];
        stream.read_exact(&mut mask).await?;
        let at = answer.len();
        answer.resize(at + len, 0);
        stream.read_exact(&mut answer[at..]).await?;
        for (n, byte) in answer[at..].iter_mut().enumerate() {
            *byte ^= mask[n % 4];
        }
        stream.write_all(&answer).await?;
        if start[0] == 0x88 {
            return Ok(());
        }
    }
}
