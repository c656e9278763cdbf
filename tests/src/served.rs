//! A program that serves, from outside: started, asked over sockets, told to end. Knows nothing of the runtime's insides.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::proc::{self, Signal};
use crate::{SOON, until_blocking};

/// A program that serves. Killed when it is dropped.
#[derive(Debug)]
pub struct Served {
    child: Child,
    /// All that it has written.
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Served {
    /// Starts it. [`ready`](Self::ready) waits for it to be.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        use std::os::unix::process::CommandExt;
        let command = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let log = Arc::<Mutex<String>>::default();
        let stdout = child.stdout.take().map(|pipe| read(pipe, log.clone()));
        let stderr = child.stderr.take().map(|pipe| read(pipe, log.clone()));
        Self { child, log, readers: stdout.into_iter().chain(stderr).collect() }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("nobody panics with it").clone()
    }

    /// Waits until it has written this, and gives the line.
    #[track_caller]
    pub fn says(&self, what: &str) -> String {
        let mut found = None;
        until_blocking(&format!("it says `{what}`"), SOON, || {
            found = self.log().lines().find(|line| line.contains(what)).map(String::from);
            found.is_some()
        });
        found.unwrap_or_default()
    }

    /// Waits until it serves, and gives the address behind `scheme` that it says first.
    #[track_caller]
    pub fn ready(&self, scheme: &str) -> String {
        let line = self.says(&format!(" serves {scheme}"));
        let at = line.find(scheme).map_or(0, |at| at + scheme.len());
        line[at..].split([' ', ',']).next().unwrap_or_default().to_string()
    }

    /// Its workers: the actors whose title begins so.
    pub fn workers(&self, name: &str) -> Vec<u32> {
        let children = proc::children(self.pid()).into_iter().filter(|(_, state)| *state != 'Z').map(|(pid, _)| pid);
        children.filter(|&pid| proc::title(pid).contains(&format!("pulsar: {name}."))).collect()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        assert!(proc::signal(self.pid(), signal));
    }

    /// Tells it to end, and waits for that.
    #[track_caller]
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn wait(&mut self) -> (ExitStatus, String) {
        let mut status = None;
        until_blocking("it ends", SOON * 3, || {
            status = self.child.try_wait().expect("it is ours");
            status.is_some()
        });
        self.readers.drain(..).for_each(|reader| reader.join().expect("a reader"));
        (status.expect("it has ended"), self.log())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- what it wrote ---\n{}", self.log());
        }
    }
}

fn read(pipe: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("nobody panics with it");
            log.push_str(&line);
            log.push('\n');
        }
    })
}

/// An answer of HTTP/1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, as it came.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }

    /// Whether the server closes the connection after it.
    pub fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

/// One connection of a client that keeps it.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    pub fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SOON))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Asks for a path, and reads the answer.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.write(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes())?;
        self.read()
    }

    /// Reads one answer.
    pub fn read(&mut self) -> io::Result<Answer> {
        let ended = || io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(ended());
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(ended)?;
        let mut answer = Answer { status, head, body: String::new() };
        let mut body = Vec::new();
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let mut line = String::new();
                self.stream.read_line(&mut line)?;
                let length = usize::from_str_radix(line.trim(), 16).map_err(|_| ended())?;
                let mut chunk = vec![0; length + 2];
                self.stream.read_exact(&mut chunk)?;
                if length == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..length]);
            }
        } else if let Some(length) = answer.header("content-length").and_then(|length| length.parse().ok()) {
            body = vec![0; length];
            self.stream.read_exact(&mut body)?;
        }
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }

    /// What still comes until the server closes the connection.
    pub fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    }
}

/// One request on a connection of its own.
pub fn get(address: &str, path: &str) -> io::Result<Answer> {
    Client::connect(address)?.get(path)
}

/// What comes back of this, as many bytes as it has.
pub fn echoed(stream: &mut (impl Read + Write), text: &[u8]) -> Vec<u8> {
    stream.write_all(text).expect("it is taken");
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).expect("it comes back");
    answer
}

/// Clients that ask again and again, on connections that they keep.
#[derive(Debug)]
pub struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    trouble: Arc<Mutex<Vec<String>>>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// So many of them.
    pub fn begin(address: &str, path: &'static str, clients: usize) -> Self {
        let (over, answered, trouble) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default(), Arc::default());
        let client = |_| {
            let (address, over, answered, trouble) =
                (address.to_string(), over.clone(), answered.clone(), Arc::<Mutex<Vec<String>>>::clone(&trouble));
            std::thread::spawn(move || {
                let mut connection: Option<Client> = None;
                while !over.load(Ordering::Relaxed) {
                    let fresh = connection.is_none();
                    let asked = match connection.take() {
                        Some(known) => Ok(known),
                        None => Client::connect(&address),
                    };
                    let asked = asked.and_then(|mut asked| Ok((asked.get(path)?, asked)));
                    match asked {
                        Ok((answer, asked)) if answer.status == 200 => {
                            answered.fetch_add(1, Ordering::Relaxed);
                            connection = Some(asked).filter(|_| !answer.closes());
                        }
                        Ok((answer, _)) => trouble.lock().expect("no panic").push(answer.head),
                        Err(error) => {
                            trouble
                                .lock()
                                .expect("no panic")
                                .push(format!("{error}, on a connection {}", if fresh { "just made" } else { "kept" }));
                        }
                    }
                }
            })
        };
        let clients = (0..clients).map(client).collect();
        Self { over, answered, trouble, clients }
    }

    /// How many were answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits until so many more were answered.
    #[track_caller]
    pub fn more(&self, count: u64) {
        let goal = self.answered() + count;
        let deadline = Instant::now() + SOON * 3;
        while self.answered() < goal {
            assert!(
                Instant::now() < deadline,
                "{} of {goal} were answered; {:?}",
                self.answered(),
                self.trouble.lock()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it. How many were answered, and what went wrong.
    pub fn end(self) -> (u64, Vec<String>) {
        self.over.store(true, Ordering::Relaxed);
        self.clients.into_iter().for_each(|client| client.join().expect("a client"));
        let trouble = std::mem::take(&mut *self.trouble.lock().expect("no panic"));
        (self.answered.load(Ordering::Relaxed), trouble)
    }
}
