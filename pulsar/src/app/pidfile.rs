//! The file that holds the master's process id.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::config::MISCONFIGURED;
use crate::error::Error;

/// Writes it. One that a living process wrote is left alone, which is an error; that of a dead one is replaced.
pub(super) fn write(path: &Path) -> Result<(), Error> {
    let failed = |why: String| Error::msg(format!("the pid file {}: {why}", path.display())).with_code(MISCONFIGURED);
    for _ in 0..2 {
        match OpenOptions::new().write(true).create_new(true).mode(0o644).open(path) {
            Ok(mut file) => return writeln!(file, "{}", std::process::id()).map_err(|error| failed(error.to_string())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                let text = text.trim();
                let number = text.parse::<i32>().ok().and_then(rustix::process::Pid::from_raw);
                match number {
                    Some(pid) if is_alive(pid) => {
                        return Err(failed(format!(
                            "process {text} runs and has written it: is this program running already?"
                        )));
                    }
                    None if !text.is_empty() => {
                        let shown: String = text.chars().take(40).collect();
                        return Err(failed(format!(
                            "it holds no process id but `{}`: it is not touched",
                            shown.escape_debug()
                        )));
                    }
                    _ => fs::remove_file(path).map_err(|error| failed(error.to_string()))?,
                }
            }
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    Err(failed("somebody else writes it, too".into()))
}

fn is_alive(pid: rustix::process::Pid) -> bool {
    pid != rustix::process::getpid() && !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_one_is_replaced_a_living_ones_is_not() {
        let dir = std::env::temp_dir().join(format!("pulsar-pidfile-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("site.pid");
        let own = format!("{}\n", std::process::id());
        write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own);
        // Nobody has this number.
        fs::write(&path, "4194305\n").unwrap();
        write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own);
        fs::write(&path, "1\n").unwrap();
        assert!(write(&path).unwrap_err().to_string().contains("process 1 runs"));
        fs::write(&path, "notes").unwrap();
        assert!(write(&path).unwrap_err().to_string().contains("`notes`"));
        assert!(write(&dir.join("none/site.pid")).unwrap_err().to_string().contains("none/site.pid"));
        fs::remove_dir_all(&dir).unwrap();
    }
}
