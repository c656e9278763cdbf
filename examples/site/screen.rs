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

/// An empty screen, and the prompt in its first line: what is typed stays there while the table below is drawn anew.
const OPEN: &str = "\x1b[H\x1b[J> ";

/// An empty prompt.
const PROMPT: &str = "\x1b[H\x1b[K> ";

/// Remembers where the cursor is, goes below the prompt, and empties what is there.
const BELOW: &str = "\x1b7\x1b[3;1H\x1b[J";

/// Back to where something was being typed.
const BACK: &str = "\x1b8";

/// To the last line, for whoever has the terminal next.
const LEAVE: &str = "\x1b[999;1H\n";

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
        let screen = Self { events, last: VecDeque::new(), terminal: std::io::stdout().is_terminal() };
        screen.write(OPEN);
        Ok(screen)
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

    /// A command was taken: the next can be typed.
    pub(crate) fn prompt(&self) {
        self.write(PROMPT);
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
        let events = self.last.iter().map(|line| line.lines().next().unwrap_or("").to_string());
        let lines = tree.to_string().lines().map(Into::into).chain([String::new()]).chain(events).collect::<Vec<_>>();
        // What does not fit would move the prompt away.
        let size = rustix::termios::tcgetwinsize(std::io::stdout());
        let (rows, width) =
            size.map_or((lines.len(), 200), |size| (usize::from(size.ws_row).saturating_sub(3), size.ws_col.into()));
        let fitting = lines.iter().take(rows).map(|line| line.chars().take(width).collect());
        let shown = fitting.collect::<Vec<String>>().join("\n");
        // In one write, so that nothing flickers.
        self.write(&format!("{BELOW}{shown}{BACK}"));
        Ok(())
    }

    fn write(&self, text: &str) {
        if self.terminal {
            let mut out = std::io::stdout().lock();
            // A terminal that is gone shows nothing.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.write(LEAVE);
    }
}
