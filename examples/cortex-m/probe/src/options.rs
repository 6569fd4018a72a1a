//! The arguments.

use core::time::Duration;

use hybi_core::{extension::deflate::DeflateOffer, reconnect::Policy};

use crate::{MESSAGE, WINDOW_BITS, failure::Failure};

pub(crate) const USAGE: &str = "\
usage: probe [OPTIONS] ws[s]://HOST[:PORT]/PATH
  -t, --text MSG            send once after connecting; repeatable, in order
  -b, --binary HEX
      --ping PAYLOAD
      --echo                send every message back
      --count N             close after N messages
      --stdin               send each line of the standard input (which has to be there already)
      --eof-wait SECS       how long to go on after its end
  -H, --header 'NAME: VALUE'
  -s, --subprotocol NAME
  -o, --origin ORIGIN
      --ca FILE             the root to trust, in DER
      --servername NAME     what its certificate has to say, instead of HOST
  -k, --insecure            no verification
      --no-compress
      --deflate PARAMS      server_max_window_bits of 8 to 10
      --max-message BYTES   at most 12288
      --max-frame BYTES
      --connect-timeout, --handshake-timeout, --idle-timeout, --close-timeout SECS
      --ping-interval, --ping-timeout SECS
      --reconnect[=MAX], --backoff MIN..MAX";

/// What to send once.
#[derive(Clone, Copy)]
pub(crate) enum Order<'a> {
    Text(&'a str),
    Binary(Hex<'a>),
    Ping(&'a str),
}

pub(crate) struct Options<'a> {
    pub(crate) url: &'a str,
    pub(crate) orders: heapless::Vec<Order<'a>, 16>,
    pub(crate) echo: bool,
    pub(crate) count: Option<u32>,
    pub(crate) stdin: bool,
    pub(crate) eof_wait: Option<Duration>,
    pub(crate) headers: heapless::Vec<(&'a str, &'a str), 8>,
    pub(crate) subprotocols: heapless::Vec<&'a str, 8>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) ca: Option<&'a str>,
    pub(crate) server_name: Option<&'a str>,
    pub(crate) insecure: bool,
    pub(crate) max_message: u64,
    pub(crate) max_frame: u64,
    pub(crate) connect_timeout: Duration,
    pub(crate) handshake_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) close_timeout: Duration,
    pub(crate) ping_interval: Option<Duration>,
    pub(crate) ping_timeout: Duration,
    pub(crate) offer: Option<DeflateOffer>,
    /// Without it, one connection.
    pub(crate) reconnect: Option<Policy>,
}

impl<'a> Options<'a> {
    pub(crate) fn parse(mut words: &'a board::Arguments) -> Result<Self, Failure> {
        let mut options = Self {
            url: "",
            orders: heapless::Vec::new(),
            echo: false,
            count: None,
            stdin: false,
            eof_wait: None,
            headers: heapless::Vec::new(),
            subprotocols: heapless::Vec::new(),
            origin: None,
            ca: None,
            server_name: None,
            insecure: false,
            max_message: MESSAGE as u64,
            max_frame: MESSAGE as u64,
            connect_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            idle_timeout: None,
            close_timeout: Duration::from_secs(5),
            ping_interval: None,
            ping_timeout: Duration::from_secs(20),
            offer: Some(DeflateOffer {
                server_max_window_bits: Some(WINDOW_BITS),
                ..DeflateOffer::default()
            }),
            reconnect: None,
        };
        let mut policy = Policy::default();
        let mut next = || match words.next() {
            Some(Ok(word)) => Ok(Some(word)),
            Some(Err(_)) => Err(Failure::Usage("an argument is not UTF-8")),
            None => Ok(None),
        };
        while let Some(word) = next()? {
            let mut value = || next()?.ok_or(Failure::Usage("an option lacks its value"));
            match word {
                "-t" | "--text" => options.order(Order::Text(value()?))?,
                "-b" | "--binary" => options.order(Order::Binary(Hex::parse(value()?)?))?,
                "--ping" => {
                    let payload = value()?;
                    if payload.len() > 125 {
                        return Err(Failure::Usage("a ping has at most 125 bytes"));
                    }
                    options.order(Order::Ping(payload))?;
                }
                "--echo" => options.echo = true,
                "--count" => options.count = Some(number(value()?)?),
                "-H" | "--header" => {
                    let header = value()?.split_once(':');
                    let (name, value) = header.ok_or(Failure::Usage("a header has a colon"))?;
                    push(&mut options.headers, (name, value.trim()))?;
                }
                "-s" | "--subprotocol" => push(&mut options.subprotocols, value()?)?,
                "-o" | "--origin" => options.origin = Some(value()?),
                "--ca" => options.ca = Some(value()?),
                "--servername" => options.server_name = Some(value()?),
                "-k" | "--insecure" => options.insecure = true,
                "--max-message" => options.max_message = number(value()?)?,
                "--max-frame" => options.max_frame = number(value()?)?,
                "--connect-timeout" => options.connect_timeout = seconds(value()?)?,
                "--handshake-timeout" => options.handshake_timeout = seconds(value()?)?,
                "--idle-timeout" => options.idle_timeout = Some(seconds(value()?)?),
                "--close-timeout" => options.close_timeout = seconds(value()?)?,
                "--ping-interval" => options.ping_interval = Some(seconds(value()?)?),
                "--ping-timeout" => options.ping_timeout = seconds(value()?)?,
                "--stdin" => options.stdin = true,
                "--eof-wait" => options.eof_wait = Some(seconds(value()?)?),
                "--no-compress" => options.offer = None,
                "--deflate" => options.offer = Some(offer(value()?)?),
                "--reconnect" => options.reconnect = Some(policy),
                "--backoff" => {
                    let range = value()?.split_once("..");
                    let (least, most) = range.ok_or(Failure::Usage("a range is MIN..MAX"))?;
                    policy.minimum = seconds(least)?;
                    policy.maximum = seconds(most)?;
                }
                // What is so here in any case.
                "--json" => {}
                _ if word.starts_with("--reconnect=") => {
                    let most = word.trim_start_matches("--reconnect=");
                    policy.attempts = Some(number(most)?);
                    options.reconnect = Some(policy);
                }
                _ if word.starts_with('-') => return Err(Failure::Usage("unknown option")),
                _ if options.url.is_empty() => options.url = word,
                _ => return Err(Failure::Usage("more than one URL")),
            }
        }
        if options.url.is_empty() {
            return Err(Failure::Usage("no URL"));
        }
        // `--backoff` may come after it.
        options.reconnect = options.reconnect.map(|_| policy);
        Ok(options)
    }

    fn order(&mut self, order: Order<'a>) -> Result<(), Failure> {
        push(&mut self.orders, order)
    }
}

fn push<T, const N: usize>(list: &mut heapless::Vec<T, N>, item: T) -> Result<(), Failure> {
    list.push(item)
        .map_err(|_| Failure::Usage("an option is repeated too often"))
}

fn number<T: core::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::Usage("not a number"))
}

/// Seconds, with fractions.
fn seconds(text: &str) -> Result<Duration, Failure> {
    Duration::try_from_secs_f32(number(text)?).map_err(|_| Failure::Usage("not a time"))
}

/// What follows `permessage-deflate;` in the offer. There is no memory for
/// larger windows.
fn offer(params: &str) -> Result<DeflateOffer, Failure> {
    let mut text = heapless::String::<128>::new();
    let fits = text.push_str("permessage-deflate;").is_ok() && text.push_str(params).is_ok();
    let mut offers = DeflateOffer::parse_list(&text);
    match (offers.next(), offers.next()) {
        (Some(Ok(offer)), None)
            if fits
                && offer
                    .server_max_window_bits
                    .is_some_and(|bits| bits <= WINDOW_BITS) =>
        {
            Ok(offer)
        }
        _ => Err(Failure::Usage(
            "--deflate needs server_max_window_bits of 8 to 10",
        )),
    }
}

/// Bytes, written as hexadecimal digits.
#[derive(Clone, Copy)]
pub(crate) struct Hex<'a>(&'a str);

impl<'a> Hex<'a> {
    fn parse(digits: &'a str) -> Result<Self, Failure> {
        let whole = digits.len().is_multiple_of(2);
        if whole && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            Ok(Self(digits))
        } else {
            Err(Failure::Usage("binary data is pairs of hexadecimal digits"))
        }
    }

    /// Writes the bytes to `out` as far as they fit.
    pub(crate) fn decode<'b>(&self, out: &'b mut [u8]) -> &'b [u8] {
        let mut len = 0;
        for (byte, pair) in out.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            let pair = str::from_utf8(pair).unwrap_or_default();
            *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
            len += 1;
        }
        out.get(..len).unwrap_or_default()
    }
}
