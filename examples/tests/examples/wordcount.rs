//! `wordcount` counts what a plain loop counts, whatever it is given and wherever its workers are.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::run::{KINDS, Outcome, feed, run};

fn wordcount(kind: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
    command.args(["--kind", kind, "--workers", "2"]);
    command
}

/// The same in a line of shell, as `"$0" "$@"`.
fn shell(line: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).arg(command.get_program()).args(command.get_args());
    shell
}

/// What is right, in the plainest words.
fn reference(texts: &[&[u8]]) -> String {
    let mut counts = HashMap::<String, u64>::new();
    for text in texts {
        for word in String::from_utf8_lossy(text).split(|char: char| !char.is_alphanumeric()) {
            if !word.is_empty() {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.iter().map(|(word, count)| format!("{count} {word}\n")).collect()
}

/// A folder with files in it.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn add(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// Text of about `size` bytes with many different words, always the same.
fn prose(size: usize) -> String {
    let words = ["the", "Actor", "naïve", "ΟΔΟΣ", "中文字", "42nd", "x", "İstanbul", "straße", "Вода", "e\u{301}t"];
    let (mut text, mut seed) = (String::with_capacity(size), 7_u64);
    while text.len() < size {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = (seed >> 33) as usize;
        text.push_str(words[chance % words.len()]);
        if chance.is_multiple_of(3) {
            text.push_str(&(chance % 997).to_string());
        }
        text.push_str([" ", ", ", ".\n", "—", "\t", "🎉"][chance % 6]);
    }
    text
}

#[test]
fn large_text_is_counted() {
    let (files, text) = (Files::new(), prose(3 << 20));
    let path = files.add("prose", &text);
    let right = reference(&[text.as_bytes()]);
    for kind in KINDS {
        assert!(run(wordcount(kind).arg(&path)).clean() == right, "{kind}");
    }
}

#[test]
fn cuts_are_not_seen() {
    let (files, text) = (Files::new(), prose(600));
    let path = files.add("prose", &text);
    let right = reference(&[text.as_bytes()]);
    for kind in KINDS {
        for piece in ["1", "3", "7", "64"] {
            assert_eq!(run(wordcount(kind).args(["--piece", piece]).arg(&path)).clean(), right, "{kind}, {piece}");
            let streamed = feed(wordcount(kind).args(["--piece", piece]), text.as_bytes());
            assert_eq!(streamed.clean(), right, "{kind}, {piece}, from a stream");
        }
    }
}

#[test]
fn a_word_may_be_longer_than_a_piece() {
    let (files, word) = (Files::new(), "Aé".repeat(100_000));
    let path = files.add("long", &word);
    let right = format!("1 {}\n", word.to_lowercase());
    for kind in KINDS {
        assert!(run(wordcount(kind).args(["--piece", "4096"]).arg(&path)).clean() == right, "{kind}");
    }
}

#[test]
fn files_and_standard_input_go_together() {
    let files = Files::new();
    let one = files.add("one", "a b c");
    let two = files.add("two", "d");
    for kind in KINDS {
        let outcome = feed(wordcount(kind).arg(&one).arg("-").arg(&two).arg(&one), b"c e");
        assert_eq!(outcome.clean(), "3 c\n2 a\n2 b\n1 d\n1 e\n", "{kind}");
        assert_eq!(feed(&mut wordcount(kind), b"to be or not to be").clean(), "2 be\n2 to\n1 not\n1 or\n", "{kind}");
        assert_eq!(feed(wordcount(kind).arg("/dev/stdin"), b"x X").clean(), "2 x\n", "{kind}");
    }
}

#[test]
fn many_small_files_are_counted() {
    let files = Files::new();
    let paths: Vec<_> = (0..2500).map(|n| files.add(n.to_string(), format!("all n{}", n % 2))).collect();
    for kind in KINDS {
        assert_eq!(run(wordcount(kind).args(&paths)).clean(), "2500 all\n1250 n0\n1250 n1\n", "{kind}");
    }
}

#[test]
fn nothing_gives_nothing() {
    let files = Files::new();
    let path = files.add("empty", "");
    for kind in KINDS {
        assert_eq!(run(wordcount(kind).arg(&path)).clean(), "", "{kind}");
        assert_eq!(run(&mut wordcount(kind)).clean(), "", "{kind}");
    }
}

#[test]
fn only_the_top_is_printed() {
    let files = Files::new();
    let path = files.add("letters", "c b a b c c d");
    for kind in KINDS {
        let top = |top| run(wordcount(kind).args(["--top", top]).arg(&path)).clean();
        assert_eq!(top("2"), "3 c\n2 b\n", "{kind}");
        assert_eq!(top("99"), "3 c\n2 b\n1 a\n1 d\n", "{kind}");
        assert_eq!(top("0"), "", "{kind}");
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_counted() {
    let files = Files::new();
    let good = files.add("good", "word");
    for kind in KINDS {
        let outcome = run(wordcount(kind).current_dir(files.0.path()).args(["none", "good", "."]).arg(&good));
        assert_eq!(outcome.stdout, "2 word\n", "{kind}");
        assert_eq!(
            outcome.stderr, "wordcount: none: No such file or directory\nwordcount: .: Is a directory\n",
            "{kind}"
        );
        assert_eq!(outcome.status.code(), Some(1), "{kind}");
    }
}

#[test]
fn a_file_without_permission_is_told() {
    let files = Files::new();
    let path = files.add("secret", "word");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&path).is_ok() {
        return; // root may read everything
    }
    for kind in KINDS {
        let outcome = run(wordcount(kind).current_dir(files.0.path()).arg("secret"));
        assert_eq!(outcome.stderr, "wordcount: secret: Permission denied\n", "{kind}");
        assert_eq!(outcome.status.code(), Some(1), "{kind}");
    }
}

#[test]
fn bytes_that_are_no_text_separate() {
    let text = b"a\xFFb\xE2\x82c \xC3\xA9\x80\x80d\xF0\x9F";
    let files = Files::new();
    files.add("bad", text);
    files.add("once", b"a\xFF");
    for kind in KINDS {
        for piece in ["1", "2", "5", "1000"] {
            let mut command = wordcount(kind);
            command.current_dir(files.0.path()).args(["--piece", piece, "bad", "-", "once"]);
            let outcome = feed(&mut command, text);
            assert_eq!(outcome.stdout, reference(&[text, text, b"a"]), "{kind}, {piece}");
            assert_eq!(
                outcome.stderr,
                "wordcount: bad: 5 invalid UTF-8 sequences treated as separators\n\
                 wordcount: standard input: 5 invalid UTF-8 sequences treated as separators\n\
                 wordcount: once: 1 invalid UTF-8 sequence treated as separator\n",
                "{kind}, {piece}"
            );
            assert!(outcome.status.success(), "{kind}, {piece}");
        }
    }
}

#[test]
fn a_name_need_not_be_text() {
    let files = Files::new();
    let path = files.add(std::ffi::OsStr::from_bytes(b"caf\xE9"), "word");
    for kind in KINDS {
        assert_eq!(run(wordcount(kind).arg(&path)).clean(), "1 word\n", "{kind}");
    }
}

#[test]
fn who_has_seen_enough_may_leave() {
    let files = Files::new();
    let text: String = (0..200_000).map(|n| format!("{n} ")).collect();
    let path = files.add("numbers", text);
    for kind in KINDS {
        let outcome = run(shell(r#"{ "$0" "$@"; echo status $? >&2; } | head -n 1"#, &wordcount(kind)).arg(&path));
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("1 0\n", "status 0\n"), "{kind}");
    }
}

#[test]
fn a_full_disk_is_told() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let files = Files::new();
    let path = files.add("letters", "a b c");
    let outcome = run(shell(r#""$0" "$@" >/dev/full"#, &wordcount("thread")).arg(&path));
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(outcome.stderr, "wordcount: standard output: No space left on device\n");
}

#[test]
fn mistakes_are_told_with_status_two() {
    let mistakes: [(&[&str], &str); 4] = [
        (&["--kind", "fiber"], "`fiber` is no kind of actor: write `process`, `thread` or `task`"),
        (&["--workers", "0"], "--workers"),
        (&["--top", "many"], "--top"),
        (&["--wrokers", "2"], "--workers"),
    ];
    for (arguments, message) in mistakes {
        let outcome = run(Command::new(env!("CARGO_BIN_EXE_wordcount")).args(arguments));
        assert_eq!(outcome.status.code(), Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(message) && outcome.stdout.is_empty(), "{outcome:?}");
    }
    let help = run(Command::new(env!("CARGO_BIN_EXE_wordcount")).arg("--help")).clean();
    assert!(help.contains("--kind") && !help.contains("--piece"), "{help}");
}

/// The same work by `tr`, `sort` and `uniq`, where they are.
#[test]
fn coreutils_count_the_same() {
    let files = Files::new();
    let text: String = prose(200_000).chars().filter(char::is_ascii).collect();
    let path = files.add("ascii", &text);
    let script = "tr A-Z a-z <\"$0\" | tr -cs a-z0-9 '\\n' | grep . | sort | uniq -c | sort -k1,1nr -k2,2";
    let mut command = Command::new("sh");
    command.env("LC_ALL", "C").args(["-c", script]).arg(&path);
    let Outcome { status, stdout, .. } = run(&mut command);
    if !status.success() {
        return;
    }
    let mut right = Vec::new();
    for line in stdout.lines() {
        writeln!(right, "{}", line.trim_start()).unwrap();
    }
    for kind in KINDS {
        assert!(run(wordcount(kind).arg(&path)).clean().as_bytes() == right, "{kind}");
    }
}

/// Workers are killed all the while, and every word is counted once.
#[test]
fn chaos_changes_nothing() {
    let (files, text) = (Files::new(), prose(2 << 20));
    let path = files.add("prose", &text);
    let right = reference(&[text.as_bytes()]);
    for seed in ["1", "7"] {
        let mut command = wordcount("process");
        let outcome = run(command.args(["--chaos", "--seed", seed, "--piece", "16384"]).arg(&path));
        let killed = outcome.stderr.strip_prefix("wordcount: survived ").and_then(|rest| rest.split_once(" kills"));
        let kills: u32 = killed.and_then(|(kills, _)| kills.parse().ok()).expect(&outcome.stderr);
        assert!(outcome.stderr.ends_with(&format!("(seed {seed})\n")), "{}", outcome.stderr);
        assert!(outcome.status.success() && kills >= 10, "{:?}: {}", outcome.status, outcome.stderr);
        assert!(outcome.stdout == right, "seed {seed}, {kills} kills");
    }
    // What is streamed through this process is done again just so.
    let outcome = feed(wordcount("process").args(["--chaos", "--piece", "16384"]), text.as_bytes());
    assert!(outcome.status.success() && outcome.stdout == right, "{}", outcome.stderr);
}
