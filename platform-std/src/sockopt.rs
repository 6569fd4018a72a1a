//! Options of the TCP socket, typed and by the names that the sockets API
//! gives them.

use core::{fmt, str::FromStr, time::Duration};
use std::{error::Error, io};

use socket2::{Socket, TcpKeepalive};

/// An option to set on the TCP socket before it connects.
///
/// Parses from `LEVEL:NAME=VALUE`, as in `TCP:NODELAY=0` or
/// `SOL_SOCKET:SO_RCVBUF=65536`: case does not matter, nor do the prefixes
/// `SOL_`, `IPPROTO_`, `SO_`, `TCP_`, `IP_` and `IPV6_`. Flags take 0 or 1,
/// times whole seconds (`TCP_USER_TIMEOUT` milliseconds).
///
/// Where the platform lacks an option, connecting fails with an error of kind
/// `Unsupported`.
///
/// ```
/// use hybi_std::SocketOption;
///
/// let builder = hybi_std::builder("ws://127.0.0.1:8765/")
///     .socket_option(SocketOption::NoDelay(false))
///     .socket_option("SOCKET:RCVBUF=65536".parse()?);
/// # Ok::<(), hybi_std::SocketOptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketOption {
    /// `TCP:NODELAY`, on by default: small messages leave at once.
    NoDelay(bool),
    /// `SOCKET:KEEPALIVE`, on by default.
    KeepAlive(bool),
    /// `TCP:KEEPIDLE`: probe after this much silence. Default: 30 s.
    KeepAliveIdle(Duration),
    /// `TCP:KEEPINTVL`: time between probes. Default: 10 s.
    KeepAliveInterval(Duration),
    /// `TCP:KEEPCNT`: give up after so many. Default: 3.
    KeepAliveCount(u32),
    /// `SOCKET:RCVBUF`, in bytes.
    ReceiveBuffer(usize),
    /// `SOCKET:SNDBUF`, in bytes.
    SendBuffer(usize),
    /// `SOCKET:LINGER`: how long closing the socket may wait for unsent data.
    /// Zero resets the connection instead.
    Linger(Duration),
    /// `IP:TOS`.
    TypeOfService(u32),
    /// `IPV6:TCLASS`.
    TrafficClass(u32),
    /// `IP:TTL`.
    TimeToLive(u32),
    /// `TCP:MAXSEG`, in bytes.
    MaxSegment(u32),
    /// `TCP:USER_TIMEOUT`: how long sent data may stay unacknowledged. Linux.
    UserTimeout(Duration),
    /// `TCP:CONGESTION`: the congestion control by name. Linux, FreeBSD.
    Congestion(String),
    /// `SOCKET:MARK`. Linux.
    Mark(u32),
    /// `SOCKET:BINDTODEVICE`: a network interface by name. Linux.
    BindDevice(String),
}

/// What every connection gets before the caller's own options.
pub(crate) const DEFAULTS: [SocketOption; 5] = [
    SocketOption::NoDelay(true),
    SocketOption::KeepAlive(true),
    SocketOption::KeepAliveIdle(Duration::from_secs(30)),
    SocketOption::KeepAliveInterval(Duration::from_secs(10)),
    SocketOption::KeepAliveCount(3),
];

/// Sets the defaults, as far as the platform knows them, then `options`.
pub(crate) fn apply_all(
    options: &[SocketOption],
    socket: &Socket,
    is_ipv4: bool,
) -> io::Result<()> {
    for default in &DEFAULTS {
        let _ = default.apply(socket, is_ipv4);
    }
    for option in options {
        option.apply(socket, is_ipv4).map_err(|error| {
            io::Error::new(error.kind(), format!("socket option {option:?}: {error}"))
        })?;
    }
    Ok(())
}

impl SocketOption {
    fn apply(&self, socket: &Socket, is_ipv4: bool) -> io::Result<()> {
        match self {
            Self::NoDelay(on) => socket.set_tcp_nodelay(*on),
            Self::KeepAlive(on) => socket.set_keepalive(*on),
            Self::KeepAliveIdle(time) => keepalive(socket, |k| Some(k.with_time(*time))),
            Self::KeepAliveInterval(time) => keepalive(socket, |k| with_interval(k, *time)),
            Self::KeepAliveCount(count) => keepalive(socket, |k| with_retries(k, *count)),
            Self::ReceiveBuffer(bytes) => socket.set_recv_buffer_size(*bytes),
            Self::SendBuffer(bytes) => socket.set_send_buffer_size(*bytes),
            Self::Linger(time) => socket.set_linger(Some(*time)),
            Self::TimeToLive(hops) if is_ipv4 => socket.set_ttl_v4(*hops),
            Self::TimeToLive(hops) => socket.set_unicast_hops_v6(*hops),
            // Each of these two is about one address family; a connection
            // over the other is not refused for it.
            Self::TypeOfService(value) if is_ipv4 => socket.set_tos_v4(*value),
            Self::TypeOfService(_) => Ok(()),
            Self::TrafficClass(_) if is_ipv4 => Ok(()),
            other => other.apply_by_platform(socket),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn apply_by_platform(&self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::TrafficClass(value) => socket.set_tclass_v6(*value),
            Self::MaxSegment(bytes) => socket.set_tcp_mss(*bytes),
            Self::UserTimeout(time) => socket.set_tcp_user_timeout(Some(*time)),
            #[cfg(target_os = "linux")]
            Self::Congestion(name) => socket.set_tcp_congestion(name.as_bytes()),
            Self::Mark(mark) => socket.set_mark(*mark),
            Self::BindDevice(name) => socket.bind_device(Some(name.as_bytes())),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    fn apply_by_platform(&self, socket: &Socket) -> io::Result<()> {
        match self {
            #[cfg(any(
                target_os = "macos",
                target_os = "freebsd",
                target_os = "netbsd",
                target_os = "openbsd"
            ))]
            Self::TrafficClass(value) => socket.set_tclass_v6(*value),
            Self::MaxSegment(bytes) => socket.set_tcp_mss(*bytes),
            #[cfg(target_os = "freebsd")]
            Self::Congestion(name) => socket.set_tcp_congestion(name.as_bytes()),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    #[cfg(not(unix))]
    fn apply_by_platform(&self, _: &Socket) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn keepalive(
    socket: &Socket,
    with: impl FnOnce(TcpKeepalive) -> Option<TcpKeepalive>,
) -> io::Result<()> {
    match with(TcpKeepalive::new()) {
        Some(keepalive) => socket.set_tcp_keepalive(&keepalive),
        None => Err(io::ErrorKind::Unsupported.into()),
    }
}

macro_rules! keepalive_detail {
    ($name:ident, $value:ty) => {
        #[cfg(any(
            windows,
            target_vendor = "apple",
            target_os = "linux",
            target_os = "android",
            target_os = "freebsd",
            target_os = "netbsd",
            target_os = "illumos"
        ))]
        fn $name(keepalive: TcpKeepalive, value: $value) -> Option<TcpKeepalive> {
            Some(keepalive.$name(value))
        }

        #[cfg(not(any(
            windows,
            target_vendor = "apple",
            target_os = "linux",
            target_os = "android",
            target_os = "freebsd",
            target_os = "netbsd",
            target_os = "illumos"
        )))]
        fn $name(_: TcpKeepalive, _: $value) -> Option<TcpKeepalive> {
            None
        }
    };
}

keepalive_detail!(with_interval, Duration);
keepalive_detail!(with_retries, u32);

/// Text that names no [`SocketOption`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOptionError(String);

impl fmt::Display for SocketOptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for SocketOptionError {}

const NAMES: &str = "SOCKET:KEEPALIVE, SOCKET:RCVBUF, SOCKET:SNDBUF, SOCKET:LINGER, SOCKET:MARK, \
                     SOCKET:BINDTODEVICE, TCP:NODELAY, TCP:KEEPIDLE, TCP:KEEPINTVL, TCP:KEEPCNT, \
                     TCP:MAXSEG, TCP:USER_TIMEOUT, TCP:CONGESTION, IP:TOS, IP:TTL, IPV6:TCLASS";

impl FromStr for SocketOption {
    type Err = SocketOptionError;

    fn from_str(text: &str) -> Result<Self, SocketOptionError> {
        let (key, value) = text.split_once('=').ok_or_else(|| wrong_form(text))?;
        let (level, name) = key.split_once(':').ok_or_else(|| wrong_form(text))?;
        let level = without_prefix(level, &["SOL_", "IPPROTO_"]);
        let name = without_prefix(name, &["SO_", "TCP_", "IP_", "IPV6_"]);
        let value = value.trim();
        let number = || -> Result<u32, SocketOptionError> {
            value.parse().map_err(|_| {
                SocketOptionError(format!("{text:?}: the value must be a whole number"))
            })
        };
        let flag = || match number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(SocketOptionError(format!(
                "{text:?}: the value must be 0 or 1"
            ))),
        };
        let seconds = || number().map(|n| Duration::from_secs(n.into()));
        let size = || -> Result<usize, SocketOptionError> {
            usize::try_from(number()?).map_err(|_| wrong_form(text))
        };
        Ok(match (level.as_str(), name.as_str()) {
            ("SOCKET", "KEEPALIVE") => Self::KeepAlive(flag()?),
            ("SOCKET", "RCVBUF") => Self::ReceiveBuffer(size()?),
            ("SOCKET", "SNDBUF") => Self::SendBuffer(size()?),
            ("SOCKET", "LINGER") => Self::Linger(seconds()?),
            ("SOCKET", "MARK") => Self::Mark(number()?),
            ("SOCKET", "BINDTODEVICE") => Self::BindDevice(value.to_owned()),
            ("TCP", "NODELAY") => Self::NoDelay(flag()?),
            ("TCP", "KEEPIDLE" | "KEEPALIVE") => Self::KeepAliveIdle(seconds()?),
            ("TCP", "KEEPINTVL") => Self::KeepAliveInterval(seconds()?),
            ("TCP", "KEEPCNT") => Self::KeepAliveCount(number()?),
            ("TCP", "MAXSEG") => Self::MaxSegment(number()?),
            ("TCP", "USER_TIMEOUT") => Self::UserTimeout(Duration::from_millis(number()?.into())),
            ("TCP", "CONGESTION") => Self::Congestion(value.to_owned()),
            ("IP", "TOS") => Self::TypeOfService(number()?),
            ("IP", "TTL") => Self::TimeToLive(number()?),
            ("IPV6", "TCLASS") => Self::TrafficClass(number()?),
            _ => {
                return Err(SocketOptionError(format!(
                    "{text:?}: no socket option of that name is offered; there are {NAMES}"
                )));
            }
        })
    }
}

fn wrong_form(text: &str) -> SocketOptionError {
    SocketOptionError(format!(
        "{text:?} is not of the form LEVEL:NAME=VALUE, as in TCP:NODELAY=0"
    ))
}

fn without_prefix(text: &str, prefixes: &[&str]) -> String {
    let text = text.trim().to_ascii_uppercase();
    let stripped = prefixes
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .map(str::to_owned);
    stripped.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Type};

    #[test]
    fn names_with_and_without_prefixes() {
        for text in [
            "TCP:NODELAY=0",
            "IPPROTO_TCP:TCP_NODELAY=0",
            "sol_tcp:nodelay= 0",
        ] {
            assert_eq!(text.parse(), Ok(SocketOption::NoDelay(false)));
        }
        assert_eq!(
            "SOL_SOCKET:SO_RCVBUF=65536".parse(),
            Ok(SocketOption::ReceiveBuffer(65536))
        );
        assert_eq!(
            "TCP:USER_TIMEOUT=1500".parse(),
            Ok(SocketOption::UserTimeout(Duration::from_millis(1500)))
        );
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let error = |text: &str| text.parse::<SocketOption>().unwrap_err().to_string();
        assert!(error("NODELAY=1").contains("LEVEL:NAME=VALUE"));
        assert!(error("TCP:NODELAY=yes").contains("whole number"));
        assert!(error("TCP:NODELAY=2").contains("0 or 1"));
        assert!(error("TCP:FOO=1").contains("TCP:NODELAY"));
    }

    #[test]
    fn the_socket_has_what_was_set() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let options = [
            SocketOption::KeepAliveIdle(Duration::from_secs(77)),
            SocketOption::TimeToLive(9),
        ];
        apply_all(&options, &socket, true).unwrap();
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.ttl_v4().unwrap(), 9);
        #[cfg(target_os = "linux")]
        {
            let time = socket.tcp_keepalive_time().unwrap();
            assert_eq!(time, Duration::from_secs(77));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
        }
    }
}
