//! What the tests of pulsar's behaviour share: one test for each kind of actor, waits that have an end, and what the
//! operating system says of processes. Knows nothing of the runtime's insides.

pub mod actors;
pub mod proc;
pub mod served;
pub mod trees;
pub mod trials;

use std::time::{Duration, Instant};

/// How long anything may take that is expected to happen. Far longer than it does: a test that comes near it has failed.
pub const SOON: Duration = Duration::from_secs(20);

/// The bound of what the runtime promises within 50 ms.
pub const AT_ONCE: Duration = Duration::from_millis(500);

/// The same where a panic comes first: to print its backtrace, and to keep it, takes a quarter of a second without optimisation.
pub const AFTER_A_PANIC: Duration = Duration::from_secs(4);

/// Declares a test once and has it run for each kind: `name::process`, `name::thread`, `name::task`.
///
/// Each is in a module of the test's name, because a test of pulsar finds itself again by its path.
#[macro_export]
macro_rules! for_each_kind {
    ($($(#[$meta:meta])* async fn $name:ident($kind:ident: Kind) -> Result<()> $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing of its module")]
            use super::*;

            async fn body($kind: pulsar::Kind) -> pulsar::Result<()> $body

            #[pulsar::test]
            async fn process() -> pulsar::Result<()> {
                body(pulsar::Kind::Process).await
            }

            #[pulsar::test]
            async fn thread() -> pulsar::Result<()> {
                body(pulsar::Kind::Thread).await
            }

            #[pulsar::test]
            async fn task() -> pulsar::Result<()> {
                body(pulsar::Kind::Task).await
            }
        }
    )*};
}

/// Waits until `holds`, and fails the test if it does not within `within`.
pub async fn until(what: &str, within: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !holds().await {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until `holds` on a thread without a loop.
pub fn until_blocking(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A file in a directory of its own, which every process of a test can append to.
#[derive(Debug)]
pub struct Log {
    directory: tempfile::TempDir,
}

impl Log {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it touches the file system")]
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// Where it is.
    pub fn path(&self) -> String {
        self.directory.path().join("log").to_str().expect("a path of text").to_string()
    }

    /// Its lines so far.
    pub fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(self.path()).unwrap_or_default().lines().map(Into::into).collect()
    }
}

/// Appends one line in one write, so that those of several processes do not mix.
pub fn append(path: &str, line: &str) {
    use std::io::Write;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).expect("the log can be written");
}

/// The same of what may still happen when its test is over, and the directory gone.
pub fn append_if_there(path: &str, line: &str) {
    if std::path::Path::new(path).parent().is_some_and(std::path::Path::exists) {
        append(path, line);
    }
}

/// How often something is done to death: `PULSAR_KILLS`, else as often as a test suite can bear.
pub fn kills(usual: u32) -> u32 {
    std::env::var("PULSAR_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A small generator of numbers (splitmix64), for tests that print their seed.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Seeded from the environment variable `PULSAR_SEED`, else from the clock; prints the seed.
    pub fn from_env() -> Self {
        let seed = std::env::var("PULSAR_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(1, |since| since.as_nanos() as u64)
        });
        println!("PULSAR_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}
