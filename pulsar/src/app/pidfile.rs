//! The file that holds the master's process id.

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::backstage::Owned;
use crate::config::MISCONFIGURED;
use crate::error::Error;

/// Writes it, and keeps it locked: one that a living program holds is an error, that of a dead one is taken over.
pub(super) fn write(path: &Path) -> Result<Owned, Error> {
    let failed = |why: String| Error::msg(format!("the pid file {}: {why}", path.display())).with_code(MISCONFIGURED);
    let io = |error: io::Error| failed(error.to_string());
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o644).open(path).map_err(io)?;
    let mut text = String::new();
    (&file).take(64).read_to_string(&mut text).map_err(io)?;
    let text = text.trim();
    // A number may be another's by now; a lock ends with whoever held it.
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(failed(format!("process {text} runs and has written it: is this program running already?")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let shown: String = text.chars().take(40).collect();
        return Err(failed(format!("it holds no process id but `{}`: it is not touched", shown.escape_debug())));
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
    writeln!(file, "{}", std::process::id()).map_err(io)?;
    Ok(Owned::new(std::path::absolute(path).map_err(io)?, Some(file)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_stale_one_is_replaced_a_living_ones_is_not() {
        let dir = std::env::temp_dir().join(format!("pulsar-pidfile-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("site.pid");
        let own = format!("{}\n", std::process::id());
        let held = write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own);
        assert!(write(&path).err().unwrap().to_string().contains(&format!("process {} runs", own.trim())));
        drop(held);
        assert!(!path.exists());
        // Nobody holds it: whoever wrote it has died, whose number this is by now does not matter.
        fs::write(&path, "1\n").unwrap();
        let held = write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own);
        // Somebody has put another in its place.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "notes").unwrap();
        drop(held);
        assert!(path.exists());
        assert!(write(&path).err().unwrap().to_string().contains("`notes`"));
        assert!(write(&dir.join("none/site.pid")).err().unwrap().to_string().contains("none/site.pid"));
        fs::remove_dir_all(&dir).unwrap();
    }
}
