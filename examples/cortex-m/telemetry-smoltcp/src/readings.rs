//! One reading after another, as JSON.

use core::{fmt::Write as _, time::Duration};

use board::{println, uptime};
use hybi_core::connection::Event;

use crate::{Client, Failure};

/// Sends `count` readings and waits for the echo of each.
pub(crate) fn send(client: &mut Client<'_>, count: u32) -> Result<&'static str, Failure> {
    let mut json = heapless::String::<64>::new();
    for sequence in 1..=count {
        json.clear();
        let tenths = sensor(sequence);
        let (whole, part) = (tenths / 10, tenths % 10);
        write!(json, r#"{{"seq":{sequence},"celsius":{whole}.{part}}}"#)
            .map_err(|_| Failure::Usage)?;
        client.send_text(&json)?;
        loop {
            match client.receive()? {
                Event::Text(echo) if echo == json => break,
                Event::Ping(_) | Event::Pong(_) => {}
                event => return Err(Failure::unexpected(event)),
            }
        }
        println!("{json}");
        pause(client, uptime() + Duration::from_millis(100))?;
    }
    Ok("done")
}

/// Passes time with the connection served meanwhile: Pings are answered.
fn pause(client: &mut Client<'_>, until: Duration) -> Result<(), Failure> {
    while uptime() < until {
        match client.receive_until(Some(until))? {
            None | Some(Event::Ping(_) | Event::Pong(_)) => {}
            Some(event) => return Err(Failure::unexpected(event)),
        }
    }
    Ok(())
}

/// Tenths of a degree.
fn sensor(sequence: u32) -> u32 {
    200 + sequence * 7 % 50
}
