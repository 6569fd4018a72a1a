//! What the command line means, checked before anything is connected.

use core::time::Duration;
use std::collections::VecDeque;

use clap::ArgMatches;
use hybi_core::reconnect::Policy;
#[cfg(not(target_os = "wasi"))]
use hybi_std::SocketOption;
use hybi_std::{
    AddressFamily, Builder, Compression, Keepalive, Kind, Message, Proxy, Tls, tls::TlsError,
};

use crate::{
    args::Args, event::Event, input::Source, outgoing::Outgoing, output::Format, talk::Plan,
};

/// A command line that cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    Usage(String),
    /// Files of certificates and keys.
    Tls(TlsError),
}

impl Unusable {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Usage(_) => Kind::Usage,
            Self::Tls(_) => Kind::Tls,
        }
    }

    pub(crate) fn event(self) -> Event<'static> {
        let kind = self.kind();
        match self {
            Self::Usage(words) => Event::error(kind, words),
            Self::Tls(error) => Event::error(kind, error.to_string()),
        }
    }
}

impl From<String> for Unusable {
    fn from(words: String) -> Self {
        Self::Usage(words)
    }
}

impl From<TlsError> for Unusable {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl Args {
    pub(crate) const fn format(&self) -> Format {
        if self.json {
            Format::Json
        } else if self.raw {
            Format::Raw
        } else {
            Format::Human
        }
    }

    /// How to connect.
    ///
    /// # Errors
    /// What cannot be used, in words that hold no secret.
    pub(crate) fn builder(&self) -> Result<Builder, Unusable> {
        let mut builder = hybi_std::builder(self.url.as_deref().unwrap_or_default());
        for header in &self.header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| "-H, --header: give 'NAME: VALUE'".to_owned())?;
            builder = builder.header(name, value.trim_matches([' ', '\t']));
        }
        for name in &self.subprotocol {
            builder = builder.subprotocol(name);
        }
        if let Some(origin) = &self.origin {
            builder = builder.origin(origin);
        }
        if let Some(host) = &self.host {
            builder = builder.host(host);
        }
        if let Some(cookie) = &self.cookie {
            builder = builder.cookie(cookie);
        }
        builder = builder.max_redirects(self.max_redirects);
        if let Some(user) = &self.user {
            let (user, password) = user
                .split_once(':')
                .ok_or_else(|| "-u, --user: give USER:PASS".to_owned())?;
            builder = builder.credentials(user, password);
        }
        if self.no_compress {
            builder = builder.compression(None);
        } else if let Some(parameters) = &self.deflate {
            let compression = Compression::parse(parameters).map_err(|_| {
                "--deflate: give parameters of RFC 7692, such as \
                 'server_max_window_bits=10; client_max_window_bits'"
                    .to_owned()
            })?;
            builder = builder.compression(compression);
        }
        builder = self.limits(builder)?;
        if self.ipv4 {
            builder = builder.address_family(AddressFamily::Ipv4);
        } else if self.ipv6 {
            builder = builder.address_family(AddressFamily::Ipv6);
        }
        builder = self.socket_options(builder)?;
        if let Some(url) = &self.proxy {
            let proxy = Proxy::url(url).map_err(|error| format!("-p, --proxy: {error}"))?;
            builder = builder.proxy(proxy);
        } else {
            builder = builder.proxy(if self.no_proxy {
                Proxy::None
            } else {
                Proxy::Env
            });
        }
        if let Some(path) = &self.unix {
            #[cfg(unix)]
            {
                builder = builder.unix_socket(path);
            }
            #[cfg(not(unix))]
            {
                let _ = path;
                return Err("--unix: there are no Unix sockets on this platform"
                    .to_owned()
                    .into());
            }
        }
        match self.tls()? {
            Some(tls) => Ok(builder.tls(tls)),
            None => Ok(builder),
        }
    }

    #[cfg(not(target_os = "wasi"))]
    fn socket_options(&self, mut builder: Builder) -> Result<Builder, String> {
        for option in &self.sockopt {
            let option: SocketOption = option
                .parse()
                .map_err(|error| format!("--sockopt: {error}"))?;
            builder = builder.socket_option(option);
        }
        Ok(builder)
    }

    #[cfg(target_os = "wasi")]
    fn socket_options(&self, builder: Builder) -> Result<Builder, String> {
        match self.sockopt.first() {
            Some(_) => Err("--sockopt: WASI has no raw socket options".to_owned()),
            None => Ok(builder),
        }
    }

    fn limits(&self, mut builder: Builder) -> Result<Builder, String> {
        if let Some(bytes) = self.max_message {
            builder = builder.max_message_size(bytes);
        }
        if let Some(bytes) = self.max_frame {
            builder = builder.max_frame_size(bytes);
        }
        if let Some(time) = seconds("--connect-timeout", self.connect_timeout.as_deref())? {
            builder = builder.connect_timeout(time);
        }
        if let Some(time) = seconds("--handshake-timeout", self.handshake_timeout.as_deref())? {
            builder = builder.handshake_timeout(time);
        }
        if let Some(time) = seconds("--idle-timeout", self.idle_timeout.as_deref())? {
            builder = builder.idle_timeout(time);
        }
        if let Some(time) = seconds("--close-timeout", self.close_timeout.as_deref())? {
            builder = builder.close_timeout(time);
        }
        if let Some(interval) = more_than_none("--ping-interval", self.ping_interval.as_deref())? {
            let timeout = more_than_none("--ping-timeout", self.ping_timeout.as_deref())?;
            let timeout = timeout.unwrap_or(Duration::from_secs(20));
            builder = builder.keepalive(Keepalive::every(interval).timeout(Some(timeout)));
        }
        Ok(builder)
    }

    /// `None`: as it is without these options.
    fn tls(&self) -> Result<Option<Tls>, TlsError> {
        let mut tls = Tls::builder();
        let mut given = self.insecure;
        for path in &self.ca {
            tls = tls.add_root_file(path)?;
            given = true;
        }
        if let (Some(chain), Some(key)) = (&self.cert, &self.key) {
            tls = tls.client_certificate_files(chain, key)?;
            given = true;
        }
        if let Some(name) = &self.servername {
            tls = tls.server_name(name);
            given = true;
        }
        if self.insecure {
            tls = tls.danger_accept_any_certificate();
        }
        given.then(|| tls.build()).transpose()
    }

    /// What to do once connected.
    ///
    /// # Errors
    /// What cannot be used, in words.
    pub(crate) fn plan(&self, matches: &ArgMatches, source: Source) -> Result<Plan, Unusable> {
        let default_wait = match (source, self.count) {
            // The peer ends it, or the messages that are awaited.
            (Source::Nothing, _) | (Source::Lines, Some(_)) => None,
            _ => Some(Duration::ZERO),
        };
        let eof_wait = seconds("--eof-wait", self.eof_wait.as_deref())?;
        Ok(Plan {
            outgoing: outgoing(matches)?,
            echo: self.echo,
            count: self.count,
            eof_wait: eof_wait.or(default_wait),
            #[cfg(target_os = "wasi")]
            given_wait: eof_wait,
            only_own_pongs: self.format() == Format::Human
                && self.ping_interval.is_some()
                && self.verbose == 0,
        })
    }

    /// How to connect again. `None`: not at all.
    ///
    /// # Errors
    /// What cannot be used, in words.
    pub(crate) fn policy(&self) -> Result<Option<Policy>, Unusable> {
        let Some(attempts) = self.reconnect else {
            return Ok(None);
        };
        let mut policy = Policy::default();
        policy.attempts = attempts;
        if let Some(range) = &self.backoff {
            let usage = "--backoff: give seconds as MIN..MAX, such as 0.5..30";
            let (minimum, maximum) = range.split_once("..").ok_or_else(|| usage.to_owned())?;
            policy.minimum = time(minimum).ok_or_else(|| usage.to_owned())?;
            policy.maximum = time(maximum).ok_or_else(|| usage.to_owned())?;
            if policy.minimum > policy.maximum {
                return Err(usage.to_owned().into());
            }
            // Nothing would grow out of nothing.
            policy.minimum = policy.minimum.max(SHORTEST_WAIT).min(policy.maximum);
        }
        // A server may ask for more, but the user has set the range.
        policy.max_retry_after = policy.maximum;
        Ok(Some(policy))
    }
}

/// `-t`, `-b` and `--ping` in the order in which they stand.
fn outgoing(matches: &ArgMatches) -> Result<VecDeque<Outgoing>, String> {
    let mut all = Vec::new();
    for option in ["text", "binary", "ping"] {
        let indices = matches.indices_of(option).into_iter().flatten();
        let values = matches.get_many::<String>(option).into_iter().flatten();
        all.extend(indices.zip(values).map(|(at, value)| (at, option, value)));
    }
    all.sort_unstable();
    all.into_iter()
        .map(|(_, option, value)| match option {
            "text" => Ok(Outgoing::Message(Message::Text(value.clone()))),
            "binary" => Outgoing::binary(value).map_err(|words| format!("-b, --binary: {words}")),
            _ if value.len() > 125 => Err(format!(
                "--ping: a payload has at most 125 bytes, not {}",
                value.len()
            )),
            _ => Ok(Outgoing::Message(Message::Ping(value.clone().into_bytes()))),
        })
        .collect()
}

/// The least first wait before connecting again.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Seconds with a fraction.
fn seconds(option: &str, value: Option<&str>) -> Result<Option<Duration>, String> {
    let Some(value) = value else { return Ok(None) };
    match time(value) {
        Some(time) => Ok(Some(time)),
        None => Err(format!("{option}: give seconds, such as 2 or 0.5")),
    }
}

/// The same, but not none.
fn more_than_none(option: &str, value: Option<&str>) -> Result<Option<Duration>, String> {
    match seconds(option, value)? {
        Some(Duration::ZERO) => Err(format!("{option}: give more than 0 seconds")),
        time => Ok(time),
    }
}

fn time(value: &str) -> Option<Duration> {
    let seconds = value.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let time = |text| seconds("", Some(text)).unwrap().unwrap();
        assert_eq!(time("2"), Duration::from_secs(2));
        assert_eq!(time("0.25"), Duration::from_millis(250));
        assert_eq!(time("0"), Duration::ZERO);
        for wrong in ["", "-1", "x", "1s", "nan", "inf", "1e99"] {
            assert!(seconds("", Some(wrong)).is_err(), "{wrong}");
        }
    }
}
