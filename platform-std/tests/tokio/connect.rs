//! Connecting: what fails, redirects, proxies, Unix sockets.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use hybi_std::{CloseCode, ConnectError, Event, Kind, Proxy, builder, tls::Roots};
use tokio_tungstenite::tungstenite;

use crate::{
    peer::{serve_echo, serve_echo_tls},
    support::{header, nobody, read_head, read_to_end, serve, serve_echo as serve_blocking},
};

#[tokio::test]
async fn errors_are_those_of_the_blocking_client() {
    let error = hybi_std::tokio::connect("http://a/").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Url);
    let url = format!("ws://{}/", nobody());
    let error = hybi_std::tokio::connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connect);
    let error = hybi_std::tokio::connect("ws://does-not-exist.invalid/").await;
    assert_eq!(error.unwrap_err().kind(), Kind::Resolve);
    let bad = builder(&url).header("Host", "b");
    assert_eq!(bad.connect_async().await.unwrap_err().kind(), Kind::Usage);

    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        let response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope";
        stream.write_all(response.as_bytes()).unwrap();
    });
    let error = hybi_std::tokio::connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Handshake);
    assert_eq!(error.response().unwrap().body(), b"nope");
    server.join().unwrap();

    let (url, _) = serve_echo_tls().await;
    let tls = hybi_std::Tls::builder().roots(Roots::Bundled).build();
    let untrusting = builder(&url).tls(tls.unwrap());
    let error = untrusting.connect_async().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error:?}");

    let (url, server) = serve(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        read_to_end(&mut stream);
    });
    let plain = builder(url.replace("ws://", "wss://"));
    let error = plain.connect_async().await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    server.join().unwrap();
}

#[tokio::test]
async fn redirects_are_followed_where_they_are_allowed() {
    let (target, _server) = serve_echo().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            read_head(&mut stream);
            let response =
                format!("HTTP/1.1 302 Found\r\nLocation: {target}x\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(response.as_bytes()).unwrap();
        }
    });
    let error = builder(&url).connect_async().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Redirect, "{error:?}");
    let builder = builder(&url).max_redirects(1);
    let mut socket = builder.connect_async().await.unwrap();
    assert!(socket.url().ends_with("/x"), "{}", socket.url());
    socket.send_text("there").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("there"));
    server.join().unwrap();
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// Carries bytes both ways until both ends have ended.
fn tunnel(client: TcpStream, target: TcpStream) {
    let (back, forth) = (target.try_clone().unwrap(), client.try_clone().unwrap());
    let other = thread::spawn(move || pump(back, forth));
    pump(client, target);
    other.join().unwrap();
}

#[tokio::test]
async fn through_an_http_proxy() {
    let (target, _server) = serve_echo().await;
    let (proxy, server) = serve(|mut stream| {
        let head = read_head(&mut stream);
        let host = header(&head, "Host").unwrap().to_owned();
        let authorization = header(&head, "Proxy-Authorization").map(str::to_owned);
        stream
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .unwrap();
        tunnel(stream, TcpStream::connect(host).unwrap());
        authorization
    });
    let proxy = proxy.replace("ws://", "http://user:pass@");
    let builder = builder(&target).proxy(Proxy::url(&proxy).unwrap());
    let mut socket = builder.connect_async().await.unwrap();
    socket.send_text("through").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("through"));
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
    drop(socket);
    let authorization = server.join().unwrap();
    assert_eq!(authorization.as_deref(), Some("Basic dXNlcjpwYXNz"));
}

#[tokio::test]
async fn through_a_socks5_proxy_with_tls_to_the_target() {
    let (target, tls) = serve_echo_tls().await;
    let (proxy, server) = serve(|mut stream| {
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).unwrap();
        stream.write_all(&[5, 0]).unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3]);
        let mut name = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut name).unwrap();
        let (name, port) = name.split_at(name.len() - 2);
        let port = u16::from_be_bytes([port[0], port[1]]);
        let name = str::from_utf8(name).unwrap();
        let target = TcpStream::connect((name, port)).unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        tunnel(stream, target);
    });
    let proxy = proxy.replace("ws://", "socks5h://");
    let builder = builder(&target).tls(tls).proxy(Proxy::url(&proxy).unwrap());
    let mut socket = builder.connect_async().await.unwrap();
    assert!(socket.stream().is_tls());
    socket.send_text("through").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("through"));
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
    drop(socket);
    server.join().unwrap();
}

#[tokio::test]
async fn a_proxy_that_refuses_and_one_that_says_nothing() {
    let (proxy, server) = serve(|mut stream| {
        read_head(&mut stream);
        let response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(response.as_bytes()).unwrap();
    });
    let through = |proxy: &str| {
        let proxy = proxy.replace("ws://", "http://");
        builder("ws://example.com/").proxy(Proxy::url(&proxy).unwrap())
    };
    let error = through(&proxy).connect_async().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Proxy, "{error:?}");
    server.join().unwrap();

    let (proxy, server) = serve(|mut stream| {
        read_head(&mut stream);
        read_to_end(&mut stream);
    });
    let begin = std::time::Instant::now();
    let builder = through(&proxy).connect_timeout(crate::support::millis(150));
    let error = builder.connect_async().await.unwrap_err();
    crate::support::assert_took(begin, crate::support::millis(150));
    assert!(matches!(error, ConnectError::Proxy { .. }), "{error:?}");
    server.join().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn over_a_unix_socket() {
    use std::os::unix::net::UnixListener;
    let path = std::env::temp_dir().join(format!("hybi-tokio-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        crate::support::echo(tungstenite::accept(stream).unwrap());
    });
    let builder = builder("ws://example.com/").unix_socket(&path);
    let mut socket = builder.connect_async().await.unwrap();
    assert_eq!(socket.peer_addr(), None);
    socket.send_text("local").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("local"));
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
    server.join().unwrap();
    std::fs::remove_file(&path).unwrap();
}

/// One builder for the blocking client and this one.
#[tokio::test]
async fn a_builder_serves_both() {
    let (url, server) = serve_blocking();
    let (async_url, _server) = serve_echo().await;
    let settings = |url: &str| builder(url).compression(None).max_message_size(10);
    let blocking = settings(&url);
    tokio::task::spawn_blocking(move || {
        let mut socket = blocking.connect().unwrap();
        socket.send_text("ten bytes!").unwrap();
        socket.receive().unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap();
    })
    .await
    .unwrap();
    server.join().unwrap();
    let mut socket = settings(&async_url).connect_async().await.unwrap();
    socket.send_text("eleven bytes").await.unwrap();
    let error = socket.receive().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooBig);
    assert_eq!(error.close_code(), Some(CloseCode(1009)));
}
