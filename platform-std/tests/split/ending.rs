//! How both halves end.

use super::*;

#[test]
fn dropping_the_receiver_says_1001_and_dropping_senders_nothing() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x81\x02hi").unwrap();
        let close = read_frame(&mut stream);
        read_to_end(&mut stream);
        close
    });
    let (sender, mut receiver) = split(&builder(url));
    drop(sender.clone());
    drop(sender);
    assert_eq!(receiver.receive().unwrap(), Event::Text("hi"));
    drop(receiver);
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}

#[test]
fn a_lost_connection_ends_both_halves() {
    let (url, server) = serve_raw(drop);
    let (sender, mut receiver) = split(&builder(url));
    assert!(receiver.receive().unwrap_err().is_fatal());
    assert!(receiver.receive().unwrap_err().is_fatal());
    assert!(sender.send_text("x").is_err());
    assert!(sender.close(CloseCode::NORMAL, "").is_err());
    server.join().unwrap();
}

#[test]
fn orders_that_cannot_be_carried_out_harm_nothing() {
    let (sender, mut receiver) = split(&plain_echo());
    assert!(sender.ping(&[0; 126]).is_err());
    assert!(sender.start_close(CloseCode(1005), "why").is_err());
    assert!(sender.close(CloseCode(999), "").is_err());
    sender.send_text("fine").unwrap();
    assert_eq!(receiver.receive().unwrap(), Event::Text("fine"));
}
