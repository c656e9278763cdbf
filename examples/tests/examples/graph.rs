//! The `graph` streams what its page draws.

use std::time::{Duration, Instant};

use pulsar::ws;
use tokio::time::timeout;

use crate::served::{SOON, Served};

#[test]
fn a_message_has_a_hundred_points() {
    let graph = Served::start(env!("CARGO_BIN_EXE_graph"), 2);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut socket = ws::connect(format!("ws://{}/points?every=10", graph.at)).await.unwrap();
        let mut last = None::<f64>;
        let begun = Instant::now();
        for _ in 0..20 {
            let message = timeout(SOON, socket.recv()).await.unwrap().unwrap();
            let points: Vec<f64> = serde_json::from_str(message.as_text().unwrap()).unwrap();
            assert_eq!(points.len(), 100);
            for point in points {
                assert!((0.0..=1.0).contains(&point), "{point}");
                assert!(last.is_none_or(|last| (point - last).abs() < 0.1), "it goes in small steps");
                last = Some(point);
            }
        }
        assert!(begun.elapsed() > Duration::from_millis(100), "it keeps its pace");
        let closed = socket.close(ws::CloseCode::NORMAL, "").await;
        assert_eq!(closed.code, ws::CloseCode::NORMAL);
    });
}
