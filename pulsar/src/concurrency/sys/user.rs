//! Linux: the user and the group that a process runs as.

use std::ffi::CString;
use std::io;

/// Becomes this user and this group, of the system's lists or by number; without a group, the user's own. Nothing where neither is named.
///
/// Of the whole process: each of its threads. What the kernel does at the parent's death is asked for again, for it forgets that.
pub(crate) fn become_user(user: Option<&str>, group: Option<&str>) -> Result<(), String> {
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    let known = user.map(find_user).transpose()?;
    let gid = match (group, &known) {
        (Some(group), _) => Some(find_group(group)?),
        (None, Some(user)) => Some(user.gid),
        (None, None) => None,
    };
    let (uid_now, gid_now) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let same = known.as_ref().is_none_or(|user| user.uid == uid_now) && gid.is_none_or(|gid| gid == gid_now);
    if same {
        return Ok(());
    }
    let failed = |what: &str| format!("cannot become {what}: {}; it takes root", io::Error::last_os_error());
    if let Some(gid) = gid {
        let name = known.as_ref().and_then(|user| user.name.as_ref());
        // SAFETY: the name is a C string that lives through the call; without one the list of groups is emptied.
        #[expect(unsafe_code, reason = "no safe library sets these for all threads of a process")]
        let set = unsafe {
            let groups = match name {
                Some(name) => libc::initgroups(name.as_ptr(), gid),
                None => libc::setgroups(0, std::ptr::null()),
            };
            groups == 0 && libc::setgid(gid) == 0
        };
        if !set {
            return Err(failed(&format!("group {}", group.unwrap_or("of the user"))));
        }
    }
    if let Some(user) = &known {
        // SAFETY: it takes a number.
        #[expect(unsafe_code, reason = "as above")]
        let set = unsafe { libc::setuid(user.uid) == 0 };
        if !set {
            return Err(failed(&format!("user {}", user.uid)));
        }
    }
    super::lifeline::tie_again().map_err(|error| error.to_string())
}

struct User {
    uid: u32,
    gid: u32,
    name: Option<CString>,
}

/// Read from the file, not asked of the C library, whose modules may start threads and open sockets.
fn find_user(user: &str) -> Result<User, String> {
    let row = row("/etc/passwd", user)?;
    let number = |at: usize| row.as_ref().and_then(|row| row.get(at)?.parse::<u32>().ok());
    match (number(2), number(3), user.parse::<u32>()) {
        (Some(uid), Some(gid), _) => {
            let name = row.as_ref().and_then(|row| CString::new(row.first()?.as_str()).ok());
            Ok(User { uid, gid, name })
        }
        (_, _, Ok(uid)) => Ok(User { uid, gid: uid, name: None }),
        _ => Err(format!("there is no user `{user}` in /etc/passwd")),
    }
}

fn find_group(group: &str) -> Result<u32, String> {
    let row = row("/etc/group", group)?;
    let found = row.and_then(|row| row.get(2)?.parse().ok());
    found.or_else(|| group.parse().ok()).ok_or_else(|| format!("there is no group `{group}` in /etc/group"))
}

/// The row of this name, or of this number.
fn row(path: &str, name: &str) -> Result<Option<Vec<String>>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mut rows = text.lines().map(|line| line.split(':').map(String::from).collect::<Vec<_>>());
    Ok(rows.find(|row| row.first().is_some_and(|first| first == name) || row.get(2).is_some_and(|id| id == name)))
}
