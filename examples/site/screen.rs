//! What is seen of the tree: a table that is drawn anew on a terminal, lines elsewhere. Decides nothing.

use std::{
    collections::VecDeque,
    io::{IsTerminal, Write},
    time::Duration,
};

use pulsar::{Events, prelude::*};

/// How many of the last events stand below the table.
const SHOWN: usize = 8;

/// How long an event is waited for: memory and counts change without one.
const PERIOD: Duration = Duration::from_millis(200);

/// To the upper left corner, and nothing below.
const CLEAR: &str = "\x1b[H\x1b[J";

/// Where the tree is shown.
pub(crate) struct Screen {
    events: Events,
    last: VecDeque<String>,
    terminal: bool,
}

impl Screen {
    /// Begins to listen.
    pub(crate) async fn open() -> Result<Self> {
        let mut events = pulsar::events();
        events.listen().await?;
        Ok(Self { events, last: VecDeque::new(), terminal: std::io::stdout().is_terminal() })
    }

    /// Shows a line as if it had happened.
    pub(crate) fn say(&mut self, line: impl ToString) {
        let line = line.to_string();
        if !self.terminal {
            println!("{line}");
        }
        self.last.push_back(line);
        if self.last.len() > SHOWN {
            self.last.pop_front();
        }
    }

    /// Waits for something to show, but not for long, and shows it.
    pub(crate) async fn refresh(&mut self) -> Result<()> {
        if let Ok(event) = tokio::time::timeout(PERIOD, self.events.next()).await {
            self.say(event?);
        }
        if self.terminal { self.draw().await } else { Ok(()) }
    }

    /// Shows the tree for the last time.
    pub(crate) async fn close(self) -> Result<()> {
        if self.terminal {
            return self.draw().await;
        }
        println!("\n{}", pulsar::tree().await?);
        Ok(())
    }

    async fn draw(&self) -> Result<()> {
        let tree = pulsar::tree().await?;
        let events: String = self.last.iter().map(|line| format!("{}\n", line.lines().next().unwrap_or(""))).collect();
        // In one write, so that nothing flickers.
        let mut out = std::io::stdout().lock();
        write!(out, "{CLEAR}{tree}\n\n{events}\n> ")?;
        Ok(out.flush()?)
    }
}
