//! The log of a program of applications: a subscriber, where there is none, and the file it writes to.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{MISCONFIGURED, Settings};
use crate::error::Error;

/// How often at most it is looked whether the file was moved away.
const LOOK: Duration = Duration::from_secs(1);

/// Has this process log as its settings say, unless it has a subscriber of its own. Lines of a worker without a file of its own go through the
/// master, which says whose they are.
pub(crate) fn install(settings: &Settings, master: bool) -> Result<(), Error> {
    let wrong = |why: String| Error::msg(why).with_code(MISCONFIGURED);
    let filter = EnvFilter::builder()
        .parse(&settings.log_level)
        .map_err(|error| wrong(format!("the setting `log_level`: `{}`: {error}", settings.log_level)))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_thread_names(false);
    // One that the program has installed itself stays.
    let _ = match &settings.log_file {
        Some(path) => {
            let file = Rotated::open(path)
                .map_err(|error| wrong(format!("the setting `log_file`: {}: {error}", path.display())))?;
            builder.with_ansi(false).with_writer(file).try_init()
        }
        None => {
            let colour = master && io::stderr().is_terminal();
            builder.with_ansi(colour).with_writer(io::stderr).try_init()
        }
    };
    Ok(())
}

/// A file to append to, opened anew when it was moved away or removed, as those do who rotate logs.
#[derive(Clone)]
struct Rotated(Arc<Mutex<Opened>>);

struct Opened {
    path: PathBuf,
    file: File,
    looked: Instant,
}

impl Rotated {
    fn open(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let file = append(&path)?;
        Ok(Self(Arc::new(Mutex::new(Opened { path, file, looked: Instant::now() }))))
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

impl Opened {
    fn look(&mut self) -> io::Result<()> {
        if self.looked.elapsed() < LOOK {
            return Ok(());
        }
        self.looked = Instant::now();
        let ours = self.file.metadata().map(|found| (found.dev(), found.ino())).ok();
        let there = std::fs::metadata(&self.path).map(|found| (found.dev(), found.ino())).ok();
        if ours != there {
            self.file = append(&self.path)?;
        }
        Ok(())
    }
}

impl Write for Rotated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Where it cannot be opened anew, the old one still takes it.
        let _ = opened.look();
        opened.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Rotated {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_moved_away_is_opened_anew() {
        let dir = std::env::temp_dir().join(format!("pulsar-log-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (path, moved) = (dir.join("site.log"), dir.join("site.log.1"));
        let mut log = Rotated::open(&path).unwrap();
        log.write_all(b"one\n").unwrap();
        std::fs::rename(&path, &moved).unwrap();
        // The next look is due.
        log.0.lock().unwrap().looked = Instant::now().checked_sub(LOOK).unwrap();
        log.write_all(b"two\n").unwrap();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!((read(&moved).as_str(), read(&path).as_str()), ("one\n", "two\n"));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
