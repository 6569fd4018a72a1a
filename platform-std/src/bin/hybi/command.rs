//! What a person types: messages, and commands that begin with a slash.

use hybi_std::CloseCode;

use crate::{input::Order, outgoing::Outgoing};

#[derive(Debug)]
pub(crate) enum Command {
    Order(Order),
    Help,
}

pub(crate) const HELP: &str = "\
Each line is sent as a text message. Commands:
  /binary HEX|@FILE       send a binary message
  /ping [PAYLOAD]         send a ping
  /close [CODE] [REASON]  close with this code (1000) and reason
  /quit                   close, as Ctrl-D and Ctrl-C do
  /help                   show this
  //TEXT                  send TEXT with one slash before it
";

/// The names, to be completed.
const NAMES: [&str; 5] = ["binary", "close", "help", "ping", "quit"];

/// What a command's name, begun after a slash, is completed with.
pub(crate) fn complete(line: &str) -> Option<String> {
    let begun = line.strip_prefix('/')?;
    let mut names = NAMES.iter().filter_map(|name| name.strip_prefix(begun));
    match (names.next(), names.next()) {
        (Some(rest), None) => Some(format!("{rest} ")),
        _ => None,
    }
}

/// The order that `line` gives.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn parse(line: String) -> Result<Command, String> {
    let Some(command) = line.strip_prefix('/') else {
        return Ok(Command::Order(Order::Text(line)));
    };
    if command.starts_with('/') {
        return Ok(Command::Order(Order::Text(command.to_owned())));
    }
    let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
    let rest = rest.trim();
    let order = match name.trim_end() {
        "binary" if rest.is_empty() => {
            return Err("/binary: give hexadecimal digits, or @FILE".to_owned());
        }
        "binary" => match Outgoing::binary(rest) {
            Ok(message) => Order::Send(message),
            Err(words) => return Err(format!("/binary: {words}")),
        },
        "ping" if rest.len() > 125 => return Err("a ping has at most 125 bytes".to_owned()),
        "ping" => Order::Ping(rest.as_bytes().to_vec()),
        "close" => close(rest)?,
        "quit" => Order::Close(CloseCode::NORMAL, String::new()),
        "help" => return Ok(Command::Help),
        other => {
            return Err(format!(
                "there is no command /{other}: see /help, or send it as //{other}"
            ));
        }
    };
    Ok(Command::Order(order))
}

fn close(rest: &str) -> Result<Order, String> {
    let (first, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let (code, reason) = if rest.is_empty() {
        (CloseCode::NORMAL, "")
    } else if first.bytes().all(|byte| byte.is_ascii_digit()) {
        let code = first.parse().map(CloseCode).ok();
        match code.filter(|code| code.is_sendable()) {
            Some(code) => (code, reason.trim_start()),
            None => {
                return Err(format!(
                    "{first} may not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999"
                ));
            }
        }
    } else {
        (CloseCode::NORMAL, rest)
    };
    if reason.len() > 123 {
        return Err("a reason has at most 123 bytes".to_owned());
    }
    Ok(Order::Close(code, reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an order is, in words.
    fn order(line: &str) -> String {
        match parse(line.to_owned()) {
            Ok(Command::Order(order)) => format!("{order:?}"),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_are_messages() {
        for (line, text) in [("", ""), ("a /b", "a /b"), ("//a", "/a"), (" /a", " /a")] {
            assert_eq!(order(line), format!("Text({text:?})"));
        }
    }

    #[test]
    fn commands() {
        assert_eq!(order("/ping"), "Ping([])");
        assert_eq!(order("/ping a b"), format!("Ping({:?})", b"a b"));
        assert_eq!(order("/binary 00fF"), "Send(Message(Binary([0, 255])))");
        assert_eq!(order("/close"), "Close(CloseCode(1000), \"\")");
        assert_eq!(order("/close 4000"), "Close(CloseCode(4000), \"\")");
        assert_eq!(
            order("/close 4000 so long"),
            "Close(CloseCode(4000), \"so long\")"
        );
        assert_eq!(
            order("/close so long"),
            "Close(CloseCode(1000), \"so long\")"
        );
        assert_eq!(order("/quit"), order("/close"));
        assert!(matches!(parse("/help ".to_owned()), Ok(Command::Help)));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let long = "x".repeat(126);
        for line in [
            "/pong".to_owned(),
            "/".to_owned(),
            "/binary".to_owned(),
            "/binary 0".to_owned(),
            "/binary @/no/such/file".to_owned(),
            "/close 1005".to_owned(),
            "/close 99999".to_owned(),
            format!("/ping {long}"),
            format!("/close {long}"),
        ] {
            assert!(parse(line.clone()).is_err(), "{line:?}");
        }
    }

    #[test]
    fn names_are_completed() {
        for (line, rest) in [
            ("/b", Some("inary ")),
            ("/close", Some(" ")),
            ("/", None),
            ("/x", None),
            ("b", None),
            ("/ping a", None),
        ] {
            assert_eq!(complete(line).as_deref(), rest, "{line}");
        }
    }
}
