//! A proxy between seedbed and a server that lets bytes through until it sees what it is waiting for.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seedbed_tests::server::Server;

/// What happens when the client sends something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It gets through.
    Pass,
    /// Neither it nor anything else gets through any more, on any connection, new ones included; none is closed.
    Freeze,
    /// The connection is closed, and the server does not hear of what was sent.
    Cut,
    /// The server hears of it, and the client does not hear of the answer: the connection is closed.
    CutAnswer,
}

/// A proxy on 127.0.0.1. Its threads end with the test process.
pub(crate) struct Proxy {
    port: u16,
    is_frozen: Arc<AtomicBool>,
}

impl Proxy {
    /// Asks `rule` about everything that a client sends.
    pub(crate) fn new(server: &'static Server, rule: impl Fn(&[u8]) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let is_frozen = Arc::new(AtomicBool::new(false));
        let (frozen, rule) = (Arc::clone(&is_frozen), Arc::new(rule));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let socket = server.socket().join(format!(".s.PGSQL.{}", server.port()));
                let backend = UnixStream::connect(socket).expect("the server listens");
                let (frozen, rule) = (Arc::clone(&frozen), Arc::clone(&rule));
                std::thread::spawn(move || connection(client, &backend, &frozen, &*rule));
            }
        });
        Self { port, is_frozen }
    }

    /// A connection string through here.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Whether nothing gets through any more.
    pub(crate) fn is_frozen(&self) -> bool {
        self.is_frozen.load(Ordering::SeqCst)
    }
}

fn connection(
    mut client: TcpStream,
    mut backend: &UnixStream,
    frozen: &AtomicBool,
    rule: &(dyn Fn(&[u8]) -> Then + Sync),
) {
    let wait_if_frozen = || {
        while frozen.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(3600));
        }
    };
    let is_deaf = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut back = client.try_clone().expect("a socket can be cloned");
        scope.spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(length @ 1..) = backend.read(&mut bytes) {
                wait_if_frozen();
                if is_deaf.load(Ordering::SeqCst) || back.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            let _ = back.shutdown(Shutdown::Both);
        });
        let mut bytes = [0; 1 << 16];
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            wait_if_frozen();
            match rule(&bytes[..length]) {
                Then::Pass => {}
                Then::Freeze => frozen.store(true, Ordering::SeqCst),
                Then::Cut => break,
                Then::CutAnswer => is_deaf.store(true, Ordering::SeqCst),
            }
            wait_if_frozen();
            if backend.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = backend.shutdown(Shutdown::Both);
    });
}
