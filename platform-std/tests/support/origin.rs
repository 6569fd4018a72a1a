//! A server that answers one request after another, each on a connection of
//! its own, by a list.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener},
    thread::{self, JoinHandle},
};

use super::{accept_with, read_head, read_to_end};

pub struct Origin {
    listener: TcpListener,
}

/// What to answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status line and headers, without a body.
    Refuse(String),
    /// 101, with these header lines more.
    Accept(String),
}

/// A refusal: `status` and header lines.
pub fn refuse(status: &str, headers: &[&str]) -> Answer {
    let lines = headers.join("\r\n");
    Answer::Refuse(format!(
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\n{lines}{}\r\n",
        if headers.is_empty() { "" } else { "\r\n" }
    ))
}

pub fn redirect(location: &str) -> Answer {
    refuse("302 Found", &[&format!("Location: {location}")])
}

pub fn challenge(headers: &[&str]) -> Answer {
    let lines: Vec<_> = headers
        .iter()
        .map(|header| format!("WWW-Authenticate: {header}"))
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    refuse("401 Unauthorized", &lines)
}

pub fn accepted() -> Answer {
    Answer::Accept(String::new())
}

impl Origin {
    pub fn new() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address())
    }

    /// Answers, then refuses connections. The requests as they came.
    pub fn answer(self, answers: impl IntoIterator<Item = Answer>) -> JoinHandle<Vec<String>> {
        let answers: Vec<_> = answers.into_iter().collect();
        thread::spawn(move || {
            let mut heads = Vec::new();
            for answer in answers {
                let (mut stream, _) = self.listener.accept().unwrap();
                heads.push(match answer {
                    Answer::Refuse(text) => {
                        let head = read_head(&mut stream);
                        stream.write_all(text.as_bytes()).unwrap();
                        head
                    }
                    Answer::Accept(lines) => accept_with(&mut stream, &lines),
                });
                read_to_end(&mut stream);
            }
            heads
        })
    }
}
