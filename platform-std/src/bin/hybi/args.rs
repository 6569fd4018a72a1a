//! The command line, as it is written.

use std::path::PathBuf;

use clap::{ArgAction, Parser};
#[cfg(not(target_os = "wasi"))]
use clap_complete::Shell;

/// A WebSocket client: sends each line of stdin as a text message and prints
/// what it receives.
///
/// It ends when the connection ends, or after the input has ended and
/// --eof-wait has passed; Ctrl-C closes the connection, a second one drops
/// it.
#[derive(Debug, Parser)]
#[command(name = "hybi", version, max_term_width = 100)]
#[command(after_help = "\
Exit status: 0 closed with 1000, 1001 or no code · 1 connection lost · 2 usage or URL ·
3 handshake, redirect or proxy refused · 4 TLS · 5 the peer broke the protocol ·
6 a deadline passed · 7 the peer closed with another code")]
pub(crate) struct Args {
    /// ws:// or wss://
    #[arg(required = true)]
    pub(crate) url: Option<String>,

    /// Send this text message after connecting, in the order given;
    /// repeatable
    #[arg(short, long, value_name = "MSG", allow_hyphen_values = true)]
    pub(crate) text: Vec<String>,

    /// Send this binary message, likewise
    #[arg(short, long, value_name = "HEX|@FILE")]
    pub(crate) binary: Vec<String>,

    /// Send a ping with this payload, likewise
    #[arg(long, value_name = "PAYLOAD", allow_hyphen_values = true)]
    pub(crate) ping: Vec<String>,

    /// Send every received message back
    #[arg(long)]
    pub(crate) echo: bool,

    /// Close after this many received messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,

    /// How long to go on receiving after the input has ended
    #[arg(long, value_name = "SECS")]
    pub(crate) eof_wait: Option<String>,

    /// Add a request header; repeatable
    #[arg(
        short = 'H',
        long,
        value_name = "NAME: VALUE",
        allow_hyphen_values = true
    )]
    pub(crate) header: Vec<String>,

    /// Offer a subprotocol; repeatable, the preferred one first
    #[arg(short, long, value_name = "NAME")]
    pub(crate) subprotocol: Vec<String>,

    /// Send this Origin header
    #[arg(short, long, overrides_with = "no_origin")]
    pub(crate) origin: Option<String>,

    /// Send no Origin header (the default)
    #[arg(long, overrides_with = "origin")]
    pub(crate) no_origin: bool,

    /// Send this Host header
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    /// Send this Cookie header
    #[arg(long, value_name = "STRING")]
    pub(crate) cookie: Option<String>,

    /// Follow at most so many redirects
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_redirects: u32,

    /// User and password for HTTP authentication, Basic or Digest; the URL may
    /// have them, too
    #[arg(short, long, value_name = "USER:PASS", allow_hyphen_values = true)]
    pub(crate) user: Option<String>,

    /// Connect through a proxy
    #[arg(short, long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Connect directly, whatever the environment says
    #[arg(long, conflicts_with = "proxy")]
    pub(crate) no_proxy: bool,

    /// Trust the certificates in this PEM file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,

    /// Show the server this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// The private key of --cert (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Ask for this name and verify it, not the URL's host
    #[arg(long, value_name = "NAME")]
    pub(crate) servername: Option<String>,

    /// DANGEROUS: accept any certificate
    #[arg(short = 'k', long)]
    pub(crate) insecure: bool,

    /// Connect through a Unix socket
    #[arg(long, value_name = "PATH")]
    pub(crate) unix: Option<PathBuf>,

    /// IPv4 only
    #[arg(short = '4', overrides_with = "ipv6")]
    pub(crate) ipv4: bool,

    /// IPv6 only
    #[arg(short = '6', overrides_with = "ipv4")]
    pub(crate) ipv6: bool,

    /// Set a socket option, such as TCP:NODELAY=0; repeatable
    #[arg(long, value_name = "LEVEL:NAME=VALUE")]
    pub(crate) sockopt: Vec<String>,

    /// Do not offer compression
    #[arg(long, conflicts_with = "deflate")]
    pub(crate) no_compress: bool,

    /// Offer permessage-deflate with these parameters
    #[arg(long, value_name = "PARAMS")]
    pub(crate) deflate: Option<String>,

    /// The largest message to receive; default 67108864
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_message: Option<u64>,

    /// The largest frame to receive; default 16777216
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_frame: Option<u64>,

    /// Deadline of name lookup, TCP and TLS; default 10
    #[arg(long, value_name = "SECS")]
    pub(crate) connect_timeout: Option<String>,

    /// Deadline of the opening handshake; default 10
    #[arg(long, value_name = "SECS")]
    pub(crate) handshake_timeout: Option<String>,

    /// Close when nothing arrived for so long; default: never
    #[arg(long, value_name = "SECS")]
    pub(crate) idle_timeout: Option<String>,

    /// Deadline of the closing handshake; default 5
    #[arg(long, value_name = "SECS")]
    pub(crate) close_timeout: Option<String>,

    /// Send a ping after each such interval; default: none
    #[arg(long, value_name = "SECS")]
    pub(crate) ping_interval: Option<String>,

    /// Deadline of its pong; default 20
    #[arg(long, value_name = "SECS", requires = "ping_interval")]
    pub(crate) ping_timeout: Option<String>,

    /// Connect again after a loss, at most MAX times in a row
    #[arg(long, value_name = "MAX", num_args = 0..=1, require_equals = true)]
    pub(crate) reconnect: Option<Option<u32>>,

    /// How long to wait before that, in seconds; default 0.5..30
    #[arg(long, value_name = "MIN..MAX", requires = "reconnect")]
    pub(crate) backoff: Option<String>,

    /// Log to stderr; twice: frames and headers
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Print payloads only, each with a newline
    #[arg(long, conflicts_with = "json")]
    pub(crate) raw: bool,

    /// Print the seconds since the start before each line
    #[arg(long)]
    pub(crate) timings: bool,

    /// Print one JSON object a line for each event
    #[arg(long)]
    pub(crate) json: bool,

    /// Print the man page
    #[cfg(not(target_os = "wasi"))]
    #[arg(long, hide = true, exclusive = true)]
    pub(crate) man: bool,

    /// Print the completions of a shell
    #[cfg(not(target_os = "wasi"))]
    #[arg(long, value_name = "SHELL", hide = true, exclusive = true)]
    pub(crate) completions: Option<Shell>,
}
