//! SOCKS proxies.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream, ToSocketAddrs},
    thread,
};

use hybi_std::{
    Kind,
    proxy::{Socks4Reply, Socks5Reply, TunnelError},
};

use crate::{
    at,
    support::{echo, read_to_end, serve},
    talk, through, tunnel_error,
};

/// Reads as many bytes as `expected` has, which they must be.
#[track_caller]
fn expect(stream: &mut TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, expected);
}

#[test]
fn socks5_with_names_addresses_and_credentials() {
    let v6: &[u8] = b"\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x51";
    for (url, scheme, address) in [
        (
            "ws://target.example/",
            "socks5h",
            &b"\x03\x0etarget.example\0\x50"[..],
        ),
        ("ws://192.0.2.7/", "socks5h", b"\x01\xc0\0\x02\x07\0\x50"),
        ("ws://192.0.2.7/", "socks5", b"\x01\xc0\0\x02\x07\0\x50"),
        ("ws://[2001:db8::1]:81/", "socks5", v6),
    ] {
        let (proxy_url, proxy) = serve(move |mut stream| {
            expect(&mut stream, b"\x05\x02\x00\x02");
            stream.write_all(b"\x05\x02").unwrap();
            expect(&mut stream, b"\x01\x04user\x04p@ss");
            stream.write_all(b"\x01\x00").unwrap();
            expect(&mut stream, b"\x05\x01\x00");
            expect(&mut stream, address);
            stream
                .write_all(b"\x05\x00\x00\x03\x04name\x12\x34")
                .unwrap();
            echo(tungstenite::accept(stream).unwrap());
        });
        let proxy_url = at(scheme, &proxy_url).replace("//", "//user:p%40ss@");
        talk(through(url, &proxy_url).connect().unwrap());
        proxy.join().unwrap();
    }
}

/// A SOCKS5 proxy that answers each of so many connections with `reply`.
fn refusing(reply: u8, connections: usize) -> (String, thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("socks5://{}", listener.local_addr().unwrap());
    let proxy = thread::spawn(move || {
        for _ in 0..connections {
            let (mut stream, _) = listener.accept().unwrap();
            expect(&mut stream, b"\x05\x01\x00");
            stream.write_all(b"\x05\x00").unwrap();
            expect(&mut stream, b"\x05\x01\x00");
            stream
                .write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
                .unwrap();
            read_to_end(&mut stream);
        }
        listener.set_nonblocking(true).unwrap();
        connections + usize::from(listener.accept().is_ok())
    });
    (url, proxy)
}

#[test]
fn socks5_refusals() {
    for reply in 1..=9 {
        let (url, proxy) = refusing(reply, 1);
        let error = through("ws://192.0.2.7/", &url).connect().unwrap_err();
        assert_eq!(proxy.join().unwrap(), 1);
        assert_eq!(error.kind(), Kind::Proxy);
        assert_eq!(
            tunnel_error(&error),
            TunnelError::Socks5(Socks5Reply(reply))
        );
        assert!(
            error.to_string().contains(&format!("code {reply}: ")),
            "{error}"
        );
    }
    for (answer, expected) in [
        (
            &b"\x05\xff"[..],
            TunnelError::NoAcceptableMethod {
                with_credentials: true,
            },
        ),
        (
            b"\x05\x02\x01\x07",
            TunnelError::WrongCredentials { status: 7 },
        ),
    ] {
        let (url, proxy) = serve(move |mut stream| {
            expect(&mut stream, b"\x05\x02\x00\x02");
            stream.write_all(&answer[..2]).unwrap();
            if answer.len() > 2 {
                expect(&mut stream, b"\x01\x04user\x06secret");
                stream.write_all(&answer[2..]).unwrap();
            }
            read_to_end(&mut stream);
        });
        let proxy_url = at("socks5h", &url).replace("//", "//user:secret@");
        let error = through("ws://target.example/", &proxy_url)
            .connect()
            .unwrap_err();
        proxy.join().unwrap();
        assert_eq!(tunnel_error(&error), expected);
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

/// Where this machine resolves, each address gets its chance; where the
/// proxy's rules say no, none of the others does.
#[test]
fn socks5_tries_every_address() {
    let addresses = ("localhost", 80).to_socket_addrs().unwrap().count();
    for (reply, connections) in [(5, addresses), (2, 1)] {
        let (url, proxy) = refusing(reply, connections);
        let error = through("ws://localhost/", &url).connect().unwrap_err();
        assert_eq!(proxy.join().unwrap(), connections);
        assert_eq!(
            tunnel_error(&error),
            TunnelError::Socks5(Socks5Reply(reply))
        );
    }
    let error = through("ws://no-such-host.invalid/", "socks5://127.0.0.1:1")
        .connect()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Resolve, "{error:?}");
}

#[test]
fn socks4_and_4a() {
    for (url, scheme, request) in [
        (
            "ws://target.example/",
            "socks4a",
            &b"\x04\x01\0\x50\0\0\0\x01user\0target.example\0"[..],
        ),
        (
            "ws://192.0.2.7/",
            "socks4a",
            b"\x04\x01\0\x50\xc0\0\x02\x07user\0",
        ),
        (
            "ws://localhost/",
            "socks4",
            b"\x04\x01\0\x50\x7f\0\0\x01user\0",
        ),
    ] {
        let (proxy_url, proxy) = serve(move |mut stream| {
            expect(&mut stream, request);
            stream.write_all(b"\x00\x5a\0\0\0\0\0\0").unwrap();
            echo(tungstenite::accept(stream).unwrap());
        });
        let proxy_url = at(scheme, &proxy_url).replace("//", "//user@");
        talk(through(url, &proxy_url).connect().unwrap());
        proxy.join().unwrap();
    }
    for code in [91, 92, 93, 0] {
        let (url, proxy) = serve(move |mut stream| {
            expect(&mut stream, b"\x04\x01\0\x50\xc0\0\x02\x07\0");
            stream.write_all(&[0, code, 0, 0, 0, 0, 0, 0]).unwrap();
            read_to_end(&mut stream);
        });
        let error = through("ws://192.0.2.7/", &at("socks4", &url))
            .connect()
            .unwrap_err();
        proxy.join().unwrap();
        assert_eq!(tunnel_error(&error), TunnelError::Socks4(Socks4Reply(code)));
    }
}
