//! HTTP proxies, and what holds for all.

use std::{
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Instant,
};

use hybi_std::{
    ConnectError, Kind, builder,
    proxy::{ProxyError, ProxyUrl, TunnelError},
};
use rustls::{ServerConnection, StreamOwned};

use crate::{
    at,
    support::{
        self, Server, assert_took, echo, millis, nobody, read_head, read_to_end, serve,
        tls::{Identity, authority, params, serve_with, server_config, trusting},
    },
    talk, through, tunnel_error,
};

/// A proxy that reads a CONNECT request, answers with `answer` and, where
/// that is a success, is the server as well.
fn connect_proxy(answer: &str) -> Server<String> {
    let answer = answer.to_owned();
    serve(move |mut stream| {
        let head = read_head(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        if answer.contains(" 2") {
            echo(tungstenite::accept(stream).unwrap());
        } else {
            read_to_end(&mut stream);
        }
        head
    })
}

#[test]
fn any_2xx_opens_the_tunnel() {
    for answer in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let (url, proxy) = connect_proxy(answer);
        let socket = through("ws://target.example/x", &at("http", &url)).connect();
        let socket = socket.unwrap();
        assert_eq!(socket.url(), "ws://target.example/x");
        talk(socket);
        assert_eq!(
            proxy.join().unwrap(),
            "CONNECT target.example:80 HTTP/1.1\r\nHost: target.example:80\r\n\r\n"
        );
    }
}

#[test]
fn credentials_go_to_the_proxy_and_ipv6_stands_in_brackets() {
    let (url, proxy) = connect_proxy("HTTP/1.1 200 OK\r\n\r\n");
    let proxy_url = at("http", &url).replace("//", "//us%65r:p%40ss@");
    talk(
        through("ws://[2001:DB8::1]:81", &proxy_url)
            .connect()
            .unwrap(),
    );
    assert_eq!(
        proxy.join().unwrap(),
        "CONNECT [2001:db8::1]:81 HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\
         Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n"
    );
}

#[test]
fn tls_to_the_target_to_the_proxy_and_to_both() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let trust = trusting(&authority.pem());
    let config = || server_config(&identity);
    let tls =
        |config, stream| StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);

    // wss through http.
    let inner = config();
    let (url, proxy) = serve(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        echo(tungstenite::accept(tls(inner, stream)).unwrap());
    });
    let socket = through("wss://localhost/", &at("http", &url)).tls(trust.clone());
    let socket = socket.connect().unwrap();
    assert!(socket.stream().is_tls());
    talk(socket);
    proxy.join().unwrap();

    // ws through https: TLS ends at the proxy.
    let (port, proxy) = serve_with(config(), |mut stream| {
        let head = read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        echo(tungstenite::accept(stream).unwrap());
        head
    });
    let proxy_url = format!("https://user:secret@localhost:{port}");
    let socket = through("ws://target.example/", &proxy_url).tls(trust.clone());
    let socket = socket.connect().unwrap();
    assert!(!socket.stream().is_tls());
    talk(socket);
    let head = proxy.join().unwrap().unwrap();
    assert!(head.contains("Proxy-Authorization: Basic "), "{head}");

    // wss through https: TLS inside TLS.
    let inner = config();
    let (port, proxy) = serve_with(config(), move |mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let inner = ServerConnection::new(Arc::new(inner)).unwrap();
        echo(tungstenite::accept(StreamOwned::new(inner, stream)).unwrap());
    });
    let proxy_url = format!("https://localhost:{port}");
    let socket = through("wss://127.0.0.1/", &proxy_url).tls(trust.clone());
    let socket = socket.connect().unwrap();
    assert!(socket.stream().is_tls());
    talk(socket);
    proxy.join().unwrap().unwrap();

    // A proxy that is not trusted gets no request.
    let stranger = Identity::self_signed(params());
    let (port, proxy) = serve_with(server_config(&stranger), |_| ());
    let proxy_url = format!("https://localhost:{port}");
    let error = through("ws://target.example/", &proxy_url)
        .tls(trust.clone())
        .connect()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Proxy, "{error:?}");
    let is_tls = matches!(
        &error,
        ConnectError::Proxy {
            error: ProxyError::Tls(_),
            ..
        }
    );
    assert!(is_tls, "{error:?}");
    assert!(proxy.join().unwrap().is_none());

    // It may have settings of its own; those for the server stay out of it.
    let (port, proxy) = serve_with(server_config(&stranger), |mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        echo(tungstenite::accept(stream).unwrap());
    });
    let proxy_url = format!("https://localhost:{port}");
    let socket = through("ws://target.example/", &proxy_url)
        .tls(trust)
        .proxy_tls(trusting(&stranger.pem));
    talk(socket.connect().unwrap());
    proxy.join().unwrap().unwrap();
}

#[test]
fn refusals_name_the_hop_and_the_reply() {
    let (url, proxy) = connect_proxy(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\
         Content-Length: 5\r\n\r\nwho??",
    );
    let hop = at("http", &url);
    let error = through("ws://target.example/", &hop).connect().unwrap_err();
    proxy.join().unwrap();
    assert_eq!(error.kind(), Kind::Proxy);
    assert_eq!(error.status(), Some(407));
    assert_eq!(
        error.to_string(),
        format!("proxy {hop}: it refused with status 407 Proxy Authentication Required")
    );
    let ConnectError::Proxy { error, .. } = &error else {
        panic!("{error:?}")
    };
    let challenge = error.response().unwrap().header("proxy-authenticate");
    assert_eq!(challenge, Some("Basic realm=\"x\""));

    for status in [101, 302, 401, 404, 502] {
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 3\r\n\r\nbad");
        let (url, proxy) = connect_proxy(&answer);
        let proxy_url = at("http", &url).replace("//", "//user:secret@");
        let error = through("ws://target.example/", &proxy_url)
            .connect()
            .unwrap_err();
        proxy.join().unwrap();
        assert_eq!(tunnel_error(&error), TunnelError::Refused { status });
        assert_eq!(error.kind(), Kind::Proxy);
        assert!(error.response().is_none(), "the server said nothing");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("//***@127.0.0.1"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn answers_that_are_none() {
    for answer in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "\x05\x00",
        "",
    ] {
        let (url, proxy) = serve(move |mut stream| {
            read_head(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let error = through("ws://target.example/", &at("http", &url))
            .connect()
            .unwrap_err();
        proxy.join().unwrap();
        assert_eq!(error.kind(), Kind::Proxy, "{answer:?}: {error:?}");
        tunnel_error(&error);
    }
    let head = format!("HTTP/1.1 200 {}\r\n\r\n", "x".repeat(20_000));
    let (url, proxy) = serve(move |mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(head.as_bytes());
    });
    let error = through("ws://target.example/", &at("http", &url))
        .connect()
        .unwrap_err();
    proxy.join().unwrap();
    assert!(error.to_string().contains("max_head_size"), "{error}");
}

/// They belong to the tunnel, whoever sent them.
#[test]
fn bytes_right_after_the_answer_are_not_lost() {
    let answer = "HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x\r\n";
    for (url, kind) in [
        ("ws://target.example/", Kind::Handshake),
        ("wss://target.example/", Kind::Tls),
    ] {
        let (proxy_url, proxy) = serve(move |mut stream| {
            read_head(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
            read_to_end(&mut stream);
        });
        let error = through(url, &at("http", &proxy_url)).connect().unwrap_err();
        proxy.join().unwrap();
        assert_eq!(error.kind(), kind, "{error:?}");
    }
}

#[test]
fn the_connect_deadline_covers_the_proxy() {
    let drip = |mut stream: TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 ");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(millis(20));
        }
    };
    let silence = |mut stream: TcpStream| read_to_end(&mut stream);
    for (scheme, serve_it) in [
        ("http", drip as fn(TcpStream)),
        ("http", silence),
        ("https", silence),
        ("socks4a", silence),
        ("socks5h", silence),
    ] {
        let (url, proxy) = serve(serve_it);
        let begin = Instant::now();
        let error = through("ws://target.example/", &at(scheme, &url))
            .connect_timeout(millis(300))
            .connect()
            .unwrap_err();
        assert_took(begin, millis(300));
        assert_eq!(error.kind(), Kind::Timeout, "{error:?}");
        let text = error.to_string();
        assert!(
            text.ends_with(": no tunnel through it within 300ms"),
            "{text}"
        );
        proxy.join().unwrap();
    }
    // And TLS behind it.
    let (url, proxy) = serve(|mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        read_to_end(&mut stream);
    });
    let begin = Instant::now();
    let error = through("wss://target.example/", &at("http", &url))
        .connect_timeout(millis(300))
        .connect()
        .unwrap_err();
    assert_took(begin, millis(300));
    assert!(error.to_string().contains("TLS handshake"), "{error}");
    assert_eq!(error.kind(), Kind::Timeout);
    proxy.join().unwrap();
}

#[test]
fn a_proxy_that_cannot_be_reached() {
    let proxy = format!("socks5h://user:secret@{}", nobody());
    let error = through("ws://target.example/", &proxy)
        .connect()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Proxy, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
    let ConnectError::Proxy { hop, error } = error else {
        panic!("{error:?}")
    };
    assert!(hop.starts_with("socks5h://***@127.0.0.1:"), "{hop}");
    assert!(matches!(error, ProxyError::Connect { .. }), "{error:?}");

    let error = through("ws://target.example/", "http://no-such-host.invalid:1")
        .connect()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Proxy, "{error:?}");
    assert!(
        error.to_string().contains("no-such-host.invalid:1"),
        "{error}"
    );
}

#[test]
fn exceptions_are_reached_directly() {
    let (url, server) = support::serve_echo();
    let proxy = ProxyUrl::parse(&format!("http://{}", nobody())).unwrap();
    let through_it = builder(&url).proxy(proxy.clone()).connect();
    assert_eq!(through_it.unwrap_err().kind(), Kind::Proxy);
    talk(
        builder(&url)
            .proxy(proxy.except("10.0.0.0/8, 127.0.0.0/8"))
            .connect()
            .unwrap(),
    );
    server.join().unwrap();
}

#[test]
fn nothing_is_connected_for_what_cannot_be_asked() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let long = format!("ws://{}.example/", "a.".repeat(140));
    for (url, scheme) in [
        ("ws://[2001:db8::1]/", "socks4a"),
        (&long, "socks4a"),
        (&long, "socks5h"),
    ] {
        let error = through(url, &format!("{scheme}://{address}"))
            .connect()
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Proxy, "{error:?}");
        let asked = tunnel_error(&error);
        assert!(matches!(asked, TunnelError::Request(_)), "{error:?}");
    }
    // No IPv6 through SOCKS4, and the name was to be resolved here.
    let error = through("ws://[2001:db8::1]/", &format!("socks4://{address}"));
    assert_eq!(error.connect().unwrap_err().kind(), Kind::Resolve);
    assert!(listener.accept().is_err());
}

#[test]
fn debug_keeps_secrets() {
    let builder = through("ws://a/", "http://user:s3cret@b");
    let shown = format!("{builder:?}");
    assert!(shown.contains("http://***@b:1080"), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
}
