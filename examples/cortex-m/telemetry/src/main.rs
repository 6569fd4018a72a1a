//! Sensor readings over a WebSocket, by a device that is left alone: async,
//! on embassy, without an allocator.
//!
//! ```text
//! telemetry ws://HOST[:PORT]/PATH [COUNT [INTERVAL-MS]]
//! ```
//!
//! Takes a reading each INTERVAL-MS (1000) and sends it as JSON; the server
//! acknowledges each by its number. When the connection is lost, or the
//! server silent for too long, it connects again after a while. Readings are
//! kept until they are acknowledged; those that there is no room for are
//! reported as lost. After COUNT readings (0, the default: never) it closes
//! and ends.
//!
//! Messages from the server may be compressed, through a window of 1 KiB.
#![no_std]
#![no_main]

mod outbox;
mod session;

use board::{eprintln, println};
use embassy_executor::Spawner;
use embassy_net::{Runner, StackResources};
use embassy_time::{Duration, Timer};
use hybi_core::reconnect::{Backoff, Policy, is_final};
use hybi_core::{entropy::RandCore, uri::Uri};
use hybi_embedded::embassy::EmbassyTimer;
use nic::embassy::Device;
use outbox::Outbox;
use rand_core::Rng as _;
use session::{Buffers, Ended};
use static_cell::{ConstStaticCell, StaticCell};

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    board::exit(run(spawner).await)
}

async fn run(spawner: Spawner) -> i32 {
    let Some(order) = Order::parse(&board::arguments()) else {
        eprintln!("usage: telemetry ws://HOST[:PORT]/PATH [COUNT [INTERVAL-MS]]");
        return 2;
    };
    let Ok(uri) = Uri::parse(&order.url) else {
        eprintln!("not a URL for a WebSocket");
        return 2;
    };

    // The board, and the network on it.
    let Some(mut peripherals) = cortex_m::Peripherals::take() else {
        return 1;
    };
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    static RESOURCES: StaticCell<StackResources<3>> = StaticCell::new();
    let (stack, runner) = embassy_net::new(
        board::embassy_ethernet(),
        embassy_net::Config::dhcpv4(Default::default()),
        RESOURCES.init(StackResources::new()),
        rng.next_u64(),
    );
    match network(runner) {
        Ok(task) => spawner.spawn(task),
        Err(_) => return 1,
    }

    // One connection after another.
    static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
    let buffers = BUFFERS.take();
    let mut outbox = Outbox::new(order.count, order.interval);
    let mut policy = Policy::default();
    policy.minimum = core::time::Duration::from_millis(200);
    policy.maximum = core::time::Duration::from_secs(5);
    let mut backoff = Backoff::new(policy);
    loop {
        let ended = session::run(stack, &uri, buffers, &mut rng, &mut outbox, &mut backoff).await;
        let failure = match ended {
            Ok(Ended::Done) => {
                println!("{outbox}");
                return 0;
            }
            Err(failure) => failure,
        };
        println!("disconnected: {failure}");
        if let session::Failure::Handshake(error) = failure
            && is_final(&error)
        {
            return 3;
        }
        let now = hybi_core::driver::asynch::Timer::now(&mut EmbassyTimer);
        let Some(delay) = backoff.lost(now, None, &mut RandCore(&mut rng)) else {
            return 1;
        };
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        println!("attempt {} in {millis} ms", backoff.attempt());
        Timer::after(Duration::from_millis(millis)).await;
    }
}

/// Runs the network.
#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Device<board::Controller>>) -> ! {
    runner.run().await
}

/// What the arguments ask for.
struct Order {
    url: heapless::String<128>,
    count: u32,
    interval: Duration,
}

impl Order {
    fn parse(mut words: &board::Arguments) -> Option<Self> {
        let url = words.next()?.ok()?.try_into().ok()?;
        let mut number = |default| match words.next() {
            Some(word) => word.ok()?.parse().ok(),
            None => Some(default),
        };
        Some(Self {
            url,
            count: number(0)?,
            interval: Duration::from_millis(number(1000)?.into()),
        })
    }
}
