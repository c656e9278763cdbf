//! Large payloads go in pieces: whole, in order, and without holding up what is small.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pulsar::prelude::*;
use pulsar_tests::{
    actors::{Carrier, CarrierProxy},
    for_each_kind, until,
};

/// How long what is large may take: without optimisation each byte costs, and a machine may have much else to do.
const SOON: Duration = Duration::from_secs(50);

/// Bytes that differ everywhere.
fn bytes(len: usize) -> Bytes {
    (0..len as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

for_each_kind! {
    async fn payloads_of_every_size_come_whole(kind: Kind) -> Result<()> {
        let carrier = Carrier::new().on(kind).spawn().await?;
        for len in [0, 1, 65_535, 1 << 20, (1 << 20) + 1, (16 << 20) - 64, (16 << 20) + 1] {
            let sent = bytes(len);
            let back = carrier.carry(sent.clone()).timeout(SOON).await?;
            assert!(back == sent, "{len} bytes");
            if len < 2 << 20 {
                let list = carrier.carry_list(sent.to_vec()).timeout(SOON).await?;
                assert!(list == sent, "a list of {len}");
            }
        }
        Ok(())
    }

    async fn what_is_small_stays_behind_what_is_large(kind: Kind) -> Result<()> {
        let carrier = Carrier::new().on(kind).spawn().await?;
        for from in [None, Some(Kind::Process), Some(Kind::Thread)] {
            let lens = vec![1, 20 << 20, 2, 3, 3 << 20, 4, 18 << 20, 5];
            carrier.forget().timeout(SOON).await?;
            match from {
                None => {
                    for len in &lens {
                        carrier.take(bytes(*len)).timeout(SOON).tell().await?;
                    }
                }
                Some(from) => {
                    let sender = Carrier::new().on(from).spawn().await?;
                    sender.send_on(carrier.clone(), lens.clone()).timeout(SOON).await?;
                }
            }
            until("all have come", SOON, async || {
                carrier.taken().timeout(SOON).await.is_ok_and(|taken| taken.len() == lens.len())
            }).await;
            assert_eq!(carrier.taken().timeout(SOON).await?[..], lens[..], "{from:?}");
        }
        Ok(())
    }
}

#[pulsar::test]
async fn what_is_small_and_for_another_is_not_held_up() -> Result<()> {
    let (large, small) = (Carrier::new().spawn().await?, Carrier::new().spawn().await?);
    let (there, asked) = futures_util::future::join(large.carry(bytes(20 << 20)).timeout(SOON), async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let began = Instant::now();
            let () = small.forget().timeout(SOON).await?;
            large.ping().timeout(SOON).await?;
            slowest = slowest.max(began.elapsed());
        }
        Ok::<_, Error>(slowest)
    })
    .await;
    assert_eq!(there?.len(), 20 << 20);
    println!("the slowest small ask beside 20 MiB took {:?}", asked?);
    Ok(())
}

#[pulsar::test(timeout = "300s")]
async fn a_large_ask_that_is_given_up_leaves_nothing() -> Result<()> {
    let carrier = Carrier::new().spawn().await?;
    let rss = async |carrier: &CarrierProxy| {
        carrier.info().timeout(SOON).await.map_or(0, |info| info.system.map_or(0, |system| system.rss))
    };
    for _ in 0..5 {
        let given_up = tokio::time::timeout(Duration::from_millis(2), carrier.carry(bytes(18 << 20))).await;
        drop(given_up);
    }
    assert_eq!(carrier.carry(bytes(1000)).timeout(SOON).await?.len(), 1000);
    assert!(rss(&carrier).await < 512 << 20);
    Ok(())
}
