//! Processes as a loop written by hand keeps them: start, hello over a socketpair, one question, wait for the end. Nothing but the
//! standard library.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::child::Other;
use crate::job::{Figure, Job, Shape};
use crate::memory;

pub fn run(job: Job) -> io::Result<Figure> {
    let mut nanos = Vec::new();
    match job.shape {
        Shape::Boot => {
            for _ in 0..job.count {
                let began = Instant::now();
                let _other = start()?;
                nanos.push(began.elapsed().as_nanos() as u64);
            }
        }
        Shape::Restart => {
            let mut other = start()?;
            for _ in 0..job.count {
                // Nothing is under way any more.
                std::thread::sleep(Duration::from_millis(5));
                let began = Instant::now();
                other.child.kill()?;
                other.child.wait()?;
                other = start()?;
                ask(&mut other.socket)?;
                nanos.push(began.elapsed().as_nanos() as u64);
            }
        }
        Shape::Processes => {
            let others = (0..job.count).map(|_| start()).collect::<io::Result<Vec<_>>>()?;
            let bytes: u64 = others.iter().map(|other| memory::proportional(other.child.id())).sum();
            return Ok(Figure { bytes: Some(bytes as f64 / job.count as f64), ..Figure::default() });
        }
        _ => return Err(io::Error::other("it does nothing of the kind")),
    }
    Ok(Figure::of_each(nanos))
}

fn start() -> io::Result<Other> {
    let mut other = Other::start("exec", None)?;
    other.socket.read_exact(&mut [0])?;
    Ok(other)
}

fn ask(socket: &mut UnixStream) -> io::Result<()> {
    socket.write_all(&[1])?;
    socket.read_exact(&mut [0])
}

/// Says hello, then answers whatever comes.
pub fn child(mut socket: UnixStream) -> io::Result<()> {
    socket.write_all(&[1])?;
    let mut byte = [0];
    while socket.read_exact(&mut byte).is_ok() {
        socket.write_all(&byte)?;
    }
    Ok(())
}
