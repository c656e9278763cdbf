//! What ARCHITECTURE.md says always holds, where it can be read off the files. Owns the table of floors.
//!
//! Reads text, and knows of Rust only comments, strings and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which floor each module of `pulsar/src` is on. Imports go down, or stay on a floor.
const FLOORS: &[(&str, u8)] = &[
    // Vocabulary.
    ("crash", 0),
    ("duration", 0),
    ("error", 0),
    ("exit", 0),
    ("id", 0),
    ("plural", 0),
    ("sync", 0),
    ("wire", 0),
    // Pure.
    ("message", 1),
    ("supervise", 1),
    // Contracts.
    ("actor", 2),
    ("address", 2),
    ("api", 2),
    ("tree", 2),
    ("supervisor", 2),
    ("members", 2),
    ("events", 2),
    ("command", 2),
    ("handed", 2),
    ("host", 2),
    ("interleavings", 2),
    ("mailbox", 2),
    ("node", 2),
    ("panics", 2),
    ("peer", 2),
    ("proxy", 2),
    ("recorder", 2),
    ("reply", 2),
    ("report", 2),
    ("request", 2),
    ("runner", 2),
    ("scope", 2),
    ("spawner", 2),
    ("timers", 2),
    // The shell.
    ("arbiter", 3),
    ("concurrency", 3),
    ("entry", 3),
    ("link", 3),
    // Applications: what they have in common, and what each speaks.
    ("app", 4),
    ("config", 4),
    ("log", 4),
    ("serve", 4),
    ("apps", 5),
    // The index.
    ("lib", 6),
    ("prelude", 6),
    // The door for generated code sees all that generated code names.
    ("__private", 6),
];

/// What a module may name although it is on a higher floor, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// The most lines of code that a file may have: without blanks, comments and the tests at its end.
const MAX_CODE: usize = 350;

/// Files that may have a few more for now, and why.
const LONG: &[(&str, usize, &str)] = &[];

/// What a pure module does not name.
const IMPURE: &[&str] = &[
    "tokio::",
    "rustix::",
    "tracing::",
    "Instant",
    "SystemTime",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
];

#[test]
fn each_file_says_what_it_owns() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//!"));
    none(silent.map(|source| source.path), "a file opens with `//!`: what it owns, and what it must not know");
}

#[test]
fn no_file_grows_long() {
    let long = sources().into_iter().filter_map(|source| {
        let lines = source.code_lines();
        let most = LONG.iter().find(|(path, ..)| *path == source.path).map_or(MAX_CODE, |(_, most, _)| *most);
        (lines > most).then(|| format!("{}: {lines} lines of code", source.path))
    });
    none(long, "divide a file that has more than 350 lines of code");
}

#[test]
fn unsafe_code_is_in_one_place() {
    // And where a loop's number stands for its thread, which the compiler cannot know.
    let places = ["pulsar/src/concurrency/sys", "pulsar/src/mailbox/queue.rs"];
    let sources = sources().into_iter().filter(|source| !places.iter().any(|place| source.path.starts_with(place)));
    let found = sources.filter(|source| words(&source.code).any(|word| word == "unsafe"));
    none(found.map(|source| source.path), "`unsafe` belongs into concurrency/sys/ or mailbox/queue.rs");
}

#[test]
fn the_arbiters_loop_calls_no_subscriber() {
    let on_its_loop = |path: &str| path.starts_with("pulsar/src/arbiter") || path.starts_with("pulsar/src/link");
    let macros = ["error", "warn", "info", "debug", "trace", "event", "span"].map(|name| format!("tracing::{name}!"));
    let found = sources().into_iter().filter(|source| on_its_loop(&source.path));
    let found = found.filter(|source| macros.iter().any(|name| source.code.contains(name)));
    none(found.map(|source| source.path), "the subscriber is the user's code: `report::note`, or the arbiter's log");
}

#[test]
fn every_module_is_on_a_floor() {
    let modules: BTreeSet<_> = runtime().iter().map(Source::module).collect();
    let table: BTreeSet<_> = FLOORS.iter().map(|(module, _)| (*module).to_string()).collect();
    assert_eq!(modules, table, "the modules of pulsar/src, and the table of floors");
}

#[test]
fn imports_go_down() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let exports = root_exports();
    let mut unused: BTreeSet<_> =
        EXCEPTIONS.iter().map(|(from, to, _)| ((*from).to_string(), (*to).to_string())).collect();
    let mut wrong = BTreeSet::new();
    for source in runtime() {
        let module = source.module();
        let here = floors.get(module.as_str()).copied().unwrap_or(u8::MAX);
        for name in named_of_crate(&source.code) {
            // A module, or what `lib.rs` re-exports of one. A macro of this crate lies at the root: it is of no floor.
            let found = floors.get_key_value(name.as_str());
            let found = found.or_else(|| floors.get_key_value(exports.get(&name)?.as_str()));
            let Some((target, floor)) = found else { continue };
            if *floor > here && !unused.remove(&(module.clone(), (*target).to_string())) {
                wrong.insert(format!("{} (floor {here}) names `{target}` (floor {floor})", source.path));
            }
        }
        if climbs_to_the_root(&source) {
            wrong.insert(format!("{} names the root by `super`: write `crate`", source.path));
        }
    }
    none(wrong, "imports go down floors only");
    none(unused.iter().map(|(from, to)| format!("{from} -> {to}")), "an exception that nothing needs any more");
}

#[test]
fn the_lower_floors_are_pure() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let mut wrong = BTreeSet::new();
    for source in runtime() {
        match floors.get(source.module().as_str()) {
            Some(0 | 1) => {
                let impure = IMPURE.iter().filter(|path| names(&source.code, path).next().is_some());
                wrong.extend(impure.map(|path| format!("{}: {path}", source.path)));
            }
            Some(2) => {
                let rest = names(&source.code, "tokio::").filter(|rest| !rest.starts_with("sync"));
                wrong.extend(rest.map(|rest| format!("{}: tokio::{}", source.path, word(rest))));
            }
            _ => {}
        }
    }
    none(wrong, "floors 0 and 1 compute, and floor 2 uses of tokio only `sync`");
}

#[test]
fn the_wall_clock_decides_nothing() {
    // It is shown, and it makes a seed: that is all.
    let may = ["pulsar/src/arbiter/chronicle.rs", "pulsar/src/events.rs", "pulsar/src/runner/control.rs"];
    let reads = ["SystemTime", "UNIX_EPOCH", "ClockId::Realtime"];
    let reading = runtime().into_iter().filter(|source| reads.iter().any(|name| source.code.contains(name)));
    none(reading.map(|source| source.path).filter(|path| !may.contains(&path.as_str())), "deadlines are monotonic");
}

#[test]
fn the_floors_are_those_of_the_architecture() {
    let architecture = read("ARCHITECTURE.md");
    for (module, floor) in FLOORS.iter().filter(|(module, _)| *module != "__private") {
        let row = architecture.lines().find(|line| line.starts_with(&format!("| {floor} ")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for floor {floor}"));
        assert!(row.contains(&format!("`{module}`")), "ARCHITECTURE.md does not have `{module}` on floor {floor}");
    }
}

/// A command, or a child, of the name of a proxy's own method would hide it: the macros refuse those that they know of.
#[test]
fn the_macros_know_the_methods_of_proxies() {
    let names = read("pulsar-macros/src/names.rs");
    let mut unknown = BTreeSet::new();
    for (list, block, files) in [
        (
            "RESERVED",
            "impl<A: Actor> Proxy<A> {",
            &["pulsar/src/proxy.rs", "pulsar/src/proxy/call.rs", "pulsar/src/proxy/pool.rs"][..],
        ),
        ("SUPERVISOR_RESERVED", "impl SupervisorProxy {", &["pulsar/src/supervisor/proxy.rs"]),
    ] {
        let known = names.split(&format!("const {list}: ")).nth(1).and_then(|rest| rest.split("];").next());
        let known = known.unwrap_or_else(|| panic!("names.rs has no list {list}"));
        let mut methods = 0;
        for file in files {
            let text = read(file);
            let blocks = text.split(block).skip(1).filter_map(|rest| rest.split("\n}").next());
            for line in blocks.flat_map(str::lines) {
                let signature = ["    pub fn ", "    pub async fn "].iter().find_map(|start| line.strip_prefix(start));
                let Some(name) = signature.map(word) else { continue };
                methods += 1;
                if !known.contains(&format!("\"{name}\"")) {
                    unknown.insert(format!("{list}: {name}"));
                }
            }
        }
        assert!(methods > 5, "{block} has only {methods} methods: is this where they are?");
    }
    none(unknown, "names of a proxy's own methods that pulsar-macros/src/names.rs does not have");
}

#[test]
fn nothing_is_left_undone() {
    let mut wrong = BTreeSet::new();
    for folder in ["pulsar", "pulsar-macros/src", "examples", "tests", "ui-tests/tests", "ui-tests/src"] {
        for source in rust_files(folder) {
            for mark in ["todo!(", "unimplemented!(", "#[ignore"] {
                // The macros are tested with what a user may write.
                let quoted = mark == "#[ignore" && source.path.starts_with("pulsar-macros/");
                if source.code.contains(mark) && !quoted {
                    wrong.insert(format!("{}: {mark}", source.path));
                }
            }
        }
    }
    none(wrong, "nothing is left undone, and every test runs");
}

#[test]
fn dependencies_come_from_where_everyone_finds_them() {
    let lock = read("Cargo.lock");
    let sources: BTreeSet<_> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert_eq!(sources.len(), 1, "Cargo.lock names one index: {sources:?}");
    assert!(!root().join(".cargo").exists(), "how cargo reaches the index is each machine's own affair");
    let mut manifests = vec!["Cargo.toml".to_string()];
    for member in ["pulsar", "pulsar-macros", "examples", "tests", "ui-tests"] {
        manifests.push(format!("{member}/Cargo.toml"));
    }
    for manifest in manifests {
        let text = read(&manifest);
        for key in ["registry =", "index =", "git =", "[source", "[registries"] {
            assert!(!text.contains(key), "{manifest} has `{key}`");
        }
    }
}

#[test]
fn the_documents_are_there() {
    let readme = read("README.md");
    for command in ["cargo run --release --bin wordcount -- README.md", "cargo test --workspace"] {
        assert!(
            readme.lines().any(|line| line == command),
            "README.md has the command `{command}` on a line of its own"
        );
    }
    assert!(read("CHANGELOG.md").contains("\n## ["), "CHANGELOG.md has a version");
    for name in ["CONTRIBUTING.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(!read(name).is_empty(), "{name} is there");
    }
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut broken = BTreeSet::new();
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
        let text = read(name);
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !root().join(target).exists() {
                broken.insert(format!("{name}: {target}"));
            }
        }
    }
    none(broken, "a link to a file that is not there");
}

#[test]
fn what_is_read_off_the_files_is_what_they_say() {
    let code = "use crate::{a, b::{c, d},\n e as f};\nfn g(_: &crate::h::I) { $crate::j!(); mycrate::k() }";
    assert_eq!(named_of_crate(code).into_iter().collect::<Vec<_>>(), ["a", "b", "e", "h"]);
    let text = "a /* b /* c */ d */ e // f\n\"g \\\" h\" 'i' &'j r#\"k\" l\"# r#m '\\''";
    let code = without_comments_and_strings(text);
    assert_eq!(words(&code).collect::<Vec<_>>(), ["a", "e", "j", "r", "r", "m"]);
    assert_eq!(root_exports().get("ActorId").map(String::as_str), Some("id"));
}

/// One file of Rust.
struct Source {
    /// From the root of the workspace.
    path: String,
    text: String,
    /// Without comments, and without what strings and characters hold.
    code: String,
}

impl Source {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let code = without_comments_and_strings(&text);
        Self { path: name, text, code }
    }

    /// The path of its module below the root of its crate.
    fn modules(&self) -> Vec<&str> {
        let inside = self.path.split_once("/src/").map_or(self.path.as_str(), |(_, inside)| inside);
        inside.trim_end_matches(".rs").split('/').collect()
    }

    fn module(&self) -> String {
        self.modules().first().copied().unwrap_or_default().to_string()
    }

    /// Its code without the tests at its end.
    fn code_without_tests(&self) -> &str {
        self.code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }

    fn code_lines(&self) -> usize {
        self.code_without_tests().lines().filter(|line| !line.trim().is_empty()).count()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn runtime() -> Vec<Source> {
    rust_files("pulsar/src")
}

fn sources() -> Vec<Source> {
    runtime().into_iter().chain(rust_files("pulsar-macros/src")).collect()
}

/// The Rust files below a folder, in order; none if it is not there.
fn rust_files(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            // What is built by a package that is outside the workspace lies below it.
            if path.is_dir() && !path.ends_with("target") {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    found.iter().map(|path| Source::read(path)).collect()
}

/// Fails with everything that was found.
fn none(found: impl IntoIterator<Item = impl ToString>, rule: &str) {
    let found: Vec<_> = found.into_iter().map(|item| format!("\n  {}", item.to_string())).collect();
    assert!(found.is_empty(), "{rule}:{}", found.concat());
}

/// What `lib.rs` re-exports at the root, with the module that it comes from.
fn root_exports() -> BTreeMap<String, String> {
    let lib = Source::read(&root().join("pulsar/src/lib.rs")).code;
    let mut exports = BTreeMap::new();
    for statement in lib.split("pub use ").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let Some((module, names)) = statement.split_once("::") else { continue };
        for name in words(names) {
            exports.insert(name.to_string(), module.trim().to_string());
        }
    }
    exports
}

/// The first segments of all paths that begin with `crate::`, groups included.
fn named_of_crate(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in names(code, "crate::") {
        if !rest.starts_with('{') {
            found.insert(word(rest).to_string());
            continue;
        }
        let mut depth = 0;
        let mut begins = false;
        for (at, char) in rest.char_indices() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if depth == 1 && begins && !char.is_whitespace() {
                found.insert(word(&rest[at..]).to_string());
            }
            begins = depth == 1 && (matches!(char, '{' | ',') || (begins && char.is_whitespace()));
        }
    }
    found.remove("");
    found
}

/// Whether a chain of `super::` in it reaches the root of the crate.
fn climbs_to_the_root(source: &Source) -> bool {
    let depth = source.modules().len();
    source.module() != "lib" && source.code_without_tests().contains(&"super::".repeat(depth))
}

/// What follows each place where the code has `path` as a path of its own.
fn names<'a>(code: &'a str, path: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(path).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let apart = before.is_none_or(|char| !char.is_alphanumeric() && !"_$".contains(char));
        apart.then(|| &code[at + path.len()..])
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// The word that the text begins with.
fn word(text: &str) -> &str {
    text.split(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default()
}

/// The code as it is, with blanks for comments and for what strings and characters hold; lines stay lines.
fn without_comments_and_strings(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    let blank = |code: &mut String, char: char| code.push(if char == '\n' { '\n' } else { ' ' });
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|&char| char == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"' | '#', ..] if !code.ends_with(|char: char| char.is_alphanumeric() || char == '_') => {
                raw_string(rest)
            }
            ['"', ..] => string(rest, '"'),
            ['\'', '\\', ..] | ['\'', _, '\'', ..] => string(rest, '\''),
            _ => 0,
        };
        if length == 0 {
            code.push(chars[at]);
            at += 1;
            continue;
        }
        let comment = rest[0] == '/';
        for (index, &char) in rest[..length].iter().enumerate() {
            // The quotes stay, so that a line with a string is a line of code.
            let edge = !comment && (index == 0 || index + 1 == length);
            if edge { code.push(char) } else { blank(&mut code, char) }
        }
        at += length;
    }
    code
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            char if char == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a raw string; 0 for what only looks like one (`r#type`).
fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&char| char == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let ends = |at: &usize| {
        rest[*at] == '"' && rest[at + 1..].iter().take(hashes).filter(|&&char| char == '#').count() == hashes
    };
    (2 + hashes..rest.len()).find(ends).map_or(rest.len(), |at| (at + 1 + hashes).min(rest.len()))
}
