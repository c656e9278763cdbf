//! An application that runs, as whoever started it sees it.

use super::Speaks;
use super::launch::url;
use crate::config::Settings;
use crate::error::{AskError, Error};
use crate::exit::ExitReason;
use crate::proxy::Proxy;
use crate::serve::{PeerAddr, WorkerProxy};
use crate::supervisor::SupervisorProxy;

/// An application that runs. Dropped, it runs on.
///
/// ```no_run
/// # async fn doc(hello: pulsar::App) -> pulsar::Result<()> {
/// let site = hello.bind("127.0.0.1:0").spawn().await?;
/// println!("{} serves {:?}", site.name(), site.urls());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct RunningApp {
    name: String,
    tree: SupervisorProxy,
    pool: WorkerProxy,
    addresses: Vec<PeerAddr>,
    settings: Settings,
    speaks: Speaks,
}

impl RunningApp {
    pub(super) fn new(
        name: String,
        tree: SupervisorProxy,
        pool: WorkerProxy,
        addresses: Vec<PeerAddr>,
        settings: Settings,
        speaks: Speaks,
    ) -> Self {
        Self { name, tree, pool, addresses, settings, speaks }
    }

    /// What it is called.
    ///
    /// ```no_run
    /// # fn doc(site: &pulsar::RunningApp) {
    /// println!("{}", site.name());
    /// # }
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens, with the ports that were free.
    ///
    /// ```no_run
    /// # fn doc(site: &pulsar::RunningApp) {
    /// for address in site.addresses() { println!("{address}"); }
    /// # }
    /// ```
    pub fn addresses(&self) -> &[PeerAddr] {
        &self.addresses
    }

    /// The same as people open it: `http://127.0.0.1:8060`.
    ///
    /// ```no_run
    /// # fn doc(site: &pulsar::RunningApp) {
    /// println!("{}", site.urls().join(", "));
    /// # }
    /// ```
    pub fn urls(&self) -> Vec<String> {
        let tls = self.settings.cert_file.is_some();
        self.addresses.iter().map(|address| url(address, self.speaks, tls)).collect()
    }

    /// The settings it began with.
    ///
    /// ```no_run
    /// # fn doc(site: &pulsar::RunningApp) {
    /// println!("{:?}", site.settings().exit_timeout);
    /// # }
    /// ```
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its pool, for what any pool does: `info`, `scale`, `each`, open commands.
    ///
    /// ```no_run
    /// # async fn doc(site: &pulsar::RunningApp) -> pulsar::Result<()> {
    /// site.pool().scale(4).await?;
    /// # Ok(()) }
    /// ```
    pub fn pool(&self) -> Proxy {
        self.pool.untyped()
    }

    /// Stops it: its workers finish what they have, for up to `exit_timeout`.
    ///
    /// # Errors
    ///
    /// [`AskError`] where the program is stopping.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is stopped all the same.
    ///
    /// ```no_run
    /// # async fn doc(site: &pulsar::RunningApp) -> pulsar::Result<()> {
    /// site.stop().await?;
    /// # Ok(()) }
    /// ```
    pub async fn stop(&self) -> Result<(), AskError> {
        self.tree.stop().await
    }

    /// Waits until it ends: stopped, or given up.
    ///
    /// # Errors
    ///
    /// That its workers failed too often (exit code 4).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    ///
    /// ```no_run
    /// # async fn doc(site: &pulsar::RunningApp) -> pulsar::Result<()> {
    /// site.wait().await
    /// # }
    /// ```
    pub async fn wait(&self) -> Result<(), Error> {
        match self.tree.wait().await? {
            ExitReason::GaveUp { last, .. } => {
                let text = format!("{} gave up: its workers failed too often; the last to end {last}", self.name);
                Err(Error::msg(text).with_code(GAVE_UP))
            }
            _ => Ok(()),
        }
    }
}

/// The exit code of a program whose application gave up.
const GAVE_UP: u8 = 4;
