//! Any bytes as a batch: `cargo +nightly fuzz run frames`.
#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use pulsar::message::{Limits, begin_batch, envelope, envelopes};

fuzz_target!(|bytes: &[u8]| {
    let batch = Bytes::copy_from_slice(bytes);
    let Ok(read) = envelopes(batch, &Limits::default()) else { return };
    let mut again = BytesMut::new();
    begin_batch(&mut again);
    for item in read {
        let Ok((header, payload)) = item else { return };
        let copied = envelope(&mut again, &header, |out| {
            out.put_raw(&payload);
            Ok(())
        });
        copied.expect("what was read can be written");
    }
    assert_eq!(again, bytes, "a batch that is read whole is written alike");
});
