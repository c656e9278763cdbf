//! Sockets that listen: opened in the master, found again by what they are in each worker.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::{TcpListener, UdpSocket, UnixListener};

use super::{PeerAddr, Stream};
use crate::config::Bind;
use crate::entry::listen_fds;

/// How many bytes a connection takes that the network has not. The system says that there is room again when a third of what it has taken is gone; of
/// megabytes that takes a slow client longer than `body_timeout`.
const UNSENT: u32 = 128 << 10;

/// A socket that was opened.
pub(crate) struct Opened {
    pub(crate) fd: OwnedFd,
    /// Where it is: with the port that was free.
    pub(crate) address: PeerAddr,
    /// A file that is to be removed with it.
    pub(crate) file: Option<PathBuf>,
}

/// Opens what one `bind` asks for: for streams, or for datagrams.
pub(crate) fn open(bind: &Bind, backlog: u32, datagrams: bool) -> Result<Vec<Opened>, String> {
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("cannot listen at {bind}: somebody else listens there already"),
        io::ErrorKind::PermissionDenied => {
            format!("cannot listen at {bind}: {error}; ports below 1024 need privileges (CAP_NET_BIND_SERVICE)")
        }
        _ => format!("cannot listen at {bind}: {error}"),
    };
    match bind {
        Bind::Tcp(place) => inet(place, backlog, datagrams).map_err(wrong),
        Bind::Unix(path) => unix(path, backlog, datagrams).map(|opened| vec![opened]).map_err(wrong),
        Bind::Inherited(name) => inherited(name, datagrams).map_err(wrong),
    }
}

fn inet(place: &str, backlog: u32, datagrams: bool) -> io::Result<Vec<Opened>> {
    let mut opened: Vec<Opened> = Vec::new();
    let addresses: Vec<SocketAddr> = place.to_socket_addrs()?.collect();
    let others = addresses.iter().any(SocketAddr::is_ipv4);
    for mut address in addresses {
        // A name of several addresses has one port at all of them.
        if let Some(PeerAddr::Tcp(first)) = opened.first().map(|opened| &opened.address) {
            address.set_port(first.port());
        }
        let (kind, protocol) = if datagrams { (Type::DGRAM, Protocol::UDP) } else { (Type::STREAM, Protocol::TCP) };
        let socket = match Socket::new(Domain::for_address(address), kind.nonblocking(), Some(protocol)) {
            // A system without IPv6 still has `localhost`.
            Err(error) if address.is_ipv6() && (!opened.is_empty() || others) => {
                tracing::debug!(target: "pulsar::serve", "nothing listens at {address}: {error}");
                continue;
            }
            made => made?,
        };
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        if !datagrams {
            socket.set_reuse_address(true)?;
            // What is accepted inherits these: what is answered goes out at once, and a client that reads slowly is seen to read.
            socket.set_tcp_nodelay(true)?;
            socket.set_tcp_notsent_lowat(UNSENT)?;
        }
        let bound = socket
            .bind(&SockAddr::from(address))
            .and_then(|()| if datagrams { Ok(()) } else { socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX)) });
        match bound {
            // A machine without IPv6 still has `localhost`.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable && !opened.is_empty() => continue,
            bound => bound?,
        }
        let address = socket.local_addr()?.as_socket().map_or(PeerAddr::Tcp(address), PeerAddr::Tcp);
        opened.push(Opened { fd: socket.into(), address, file: None });
    }
    if opened.is_empty() { Err(io::Error::other("the name has no address")) } else { Ok(opened) }
}

fn unix(path: &Path, backlog: u32, datagrams: bool) -> io::Result<Opened> {
    let kind = if datagrams { Type::DGRAM } else { Type::STREAM };
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, kind.nonblocking(), None)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path, &address, kind)? => {
            std::fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    if !datagrams {
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    }
    Ok(Opened { fd: socket.into(), address: PeerAddr::Unix(Some(path.into())), file: Some(path.into()) })
}

/// Whether the file is a socket at which nobody listens any more.
fn is_stale(path: &Path, address: &SockAddr, kind: Type) -> io::Result<bool> {
    if !std::fs::symlink_metadata(path)?.file_type().is_socket() {
        return Ok(false);
    }
    // One that has no room for more is there, and is not waited for.
    let refused = Socket::new(Domain::UNIX, kind.nonblocking(), None)?.connect(address).err();
    Ok(refused.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused))
}

fn inherited(name: &str, datagrams: bool) -> io::Result<Vec<Opened>> {
    let (found, others): (Vec<_>, Vec<_>) = listen_fds().into_iter().partition(|socket| socket.name == name);
    crate::entry::put_back(others);
    if found.is_empty() {
        return Err(io::Error::other("no socket of this name was opened for this program (LISTEN_FDNAMES)"));
    }
    let opened = found.into_iter().map(|socket| {
        let socket = Socket::from(socket.fd);
        let kind = if datagrams { Type::DGRAM } else { Type::STREAM };
        if socket.r#type()? != kind || !datagrams && !socket.is_listener()? {
            let wanted = if datagrams { "datagrams (ListenDatagram=)" } else { "streams that listens (ListenStream=)" };
            return Err(io::Error::other(format!("it is no socket of {wanted}")));
        }
        socket.set_nonblocking(true)?;
        Ok(Opened { address: address_of(&socket)?, fd: socket.into(), file: None })
    });
    opened.collect()
}

fn address_of(socket: &Socket) -> io::Result<PeerAddr> {
    let address = socket.local_addr()?;
    Ok(match address.as_socket() {
        Some(address) => PeerAddr::Tcp(address),
        None => PeerAddr::Unix(address.as_pathname().map(Path::to_path_buf)),
    })
}

/// A socket that a worker was handed.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
    Udp(UdpSocket),
}

impl Listener {
    /// On the loop of this thread.
    pub(super) fn adopt(fd: OwnedFd) -> io::Result<Self> {
        let socket = Socket::from(fd);
        let unix = socket.domain()? == Domain::UNIX;
        match (socket.r#type()? == Type::DGRAM, unix) {
            (false, false) => TcpListener::from_std(socket.into()).map(Self::Tcp),
            (false, true) => UnixListener::from_std(socket.into()).map(Self::Unix),
            (true, false) => UdpSocket::from_std(socket.into()).map(Self::Udp),
            (true, true) => Err(io::Error::other("datagrams over a Unix socket are not served")),
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(Stream, PeerAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Stream::tcp(stream), PeerAddr::Tcp(peer)))
            }
            Self::Unix(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Stream::unix(stream), PeerAddr::Unix(peer.as_pathname().map(Path::to_path_buf))))
            }
            Self::Udp(_) => std::future::pending().await,
        }
    }

    pub(super) fn address(&self) -> PeerAddr {
        let nowhere = || PeerAddr::Tcp(SocketAddr::from(([0, 0, 0, 0], 0)));
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(|_| nowhere(), PeerAddr::Tcp),
            Self::Udp(socket) => socket.local_addr().map_or_else(|_| nowhere(), PeerAddr::Tcp),
            Self::Unix(listener) => {
                let address = listener.local_addr().ok();
                PeerAddr::Unix(address.and_then(|address| address.as_pathname().map(Path::to_path_buf)))
            }
        }
    }
}
