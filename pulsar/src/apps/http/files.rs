//! The files under `/static/`: those of one directory, and nothing that a link in it leads to outside of it.

use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use tower::Service as _;
use tower_http::services::ServeDir;

use super::errors;

/// A directory whose files are served.
#[derive(Clone)]
pub(super) struct Files {
    root: PathBuf,
    serve: ServeDir,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.into(), serve: ServeDir::new(root) }
    }

    /// Answers a request whose path begins with `/static/`.
    pub(super) async fn answer(mut self, request: Request<Body>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map(|it| it.as_str()).unwrap_or_default();
        let within = path.strip_prefix("/static").unwrap_or(path);
        let Ok(uri) = within.parse::<axum::http::Uri>() else { return errors::response(StatusCode::BAD_REQUEST) };
        let Some(asked) = relative(uri.path()) else { return errors::response(StatusCode::NOT_FOUND) };
        let root = self.root.clone();
        // It may have to wait for a disk.
        let found = tokio::task::spawn_blocking(move || is_within(&root, &asked)).await;
        if !found.unwrap_or(false) {
            return errors::response(StatusCode::NOT_FOUND);
        }
        parts.uri = uri;
        match self.serve.call(Request::from_parts(parts, body)).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}

/// The path that is asked for, decoded; none where it is no plain one.
fn relative(path: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let (mut bytes, mut rest) = (Vec::new(), path.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        // Digits only: a number may also have a sign.
        let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
        bytes.push(u8::from_str_radix(text, 16).ok()?);
        rest = after;
    }
    let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
    // Roots are left out, wherever they stand; whatever leads up is nothing that anybody has to ask for.
    let parts = path.components().filter(|part| *part != Component::RootDir);
    parts.map(|part| matches!(part, Component::Normal(_)).then_some(part)).collect()
}

/// Whether this is there, and is where it seems to be.
fn is_within(root: &Path, path: &Path) -> bool {
    let Ok(root) = root.canonicalize() else { return false };
    let is = |path: &Path| path.canonicalize().is_ok_and(|real| real.starts_with(&root));
    let (whole, index) = (root.join(path), root.join(path).join("index.html"));
    is(&whole) && (!index.exists() || is(&index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_looked_for() {
        for (path, expected) in [
            ("/", Some("")),
            ("/a/b.html", Some("a/b.html")),
            ("/a%20b/%C3%A9", Some("a b/é")),
            ("/a//b/", Some("a/b")),
            ("/../a", None),
            ("/%2e%2e/a", None),
            ("/..%2fa", None),
            ("//etc/passwd", Some("etc/passwd")),
            ("/%2fetc", Some("etc")),
            ("/a%2", None),
            ("/a%zz", None),
            ("/a%+1", None),
        ] {
            assert_eq!(relative(path), expected.map(PathBuf::from), "{path}");
        }
    }
}
