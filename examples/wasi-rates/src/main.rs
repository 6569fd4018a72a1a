//! How fast the client is against an echo server: round trips of 64 bytes,
//! one after the other, and of 1 MiB. The same program natively and, on
//! `hybi-wasi`, as a component: `ci/wasi/rates.sh` runs both.
//!
//! ```text
//! wasi-rates ws://127.0.0.1:9000/ [SECONDS]
//! ```

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use hybi_std::{CloseCode, Event, WebSocket};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let url = args.next().ok_or("usage: wasi-rates URL [SECONDS]")?;
    let time = match args.next() {
        Some(seconds) => Duration::try_from_secs_f64(seconds.parse()?)?,
        None => Duration::from_secs(3),
    };
    let mut socket = hybi_std::builder(url)
        .compression(None)
        .idle_timeout(Duration::from_secs(30))
        .connect()?;
    let small = rate(&mut socket, &[b'x'; 64], time)?;
    println!("{small:.0} round trips of 64 bytes a second");
    let large = rate(&mut socket, &vec![7; 1 << 20], time)?;
    println!("{large:.1} MiB a second each way, in messages of 1 MiB");
    socket.close(CloseCode::NORMAL, "")?;
    Ok(())
}

/// Round trips a second, the best of three times.
fn rate(socket: &mut WebSocket, message: &[u8], time: Duration) -> Result<f64, Box<dyn Error>> {
    let mut best: f64 = 0.0;
    for _ in 0..3 {
        let begin = Instant::now();
        let mut done = 0_u32;
        while begin.elapsed() < time / 3 {
            socket.send_binary(message)?;
            match socket.receive()? {
                Event::Binary(data) if data == message => done += 1,
                other => return Err(format!("no echo but {other:?}").into()),
            }
        }
        best = best.max(f64::from(done) / begin.elapsed().as_secs_f64());
    }
    Ok(best)
}
