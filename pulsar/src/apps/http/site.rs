//! What a worker serves, as its function made it.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use tower::Service;

use crate::error::Error;

type Answering = Pin<Box<dyn Future<Output = Response<Body>>>>;

/// A site that is no router: any tower service, or a function that is asked before a router.
///
/// ```
/// use pulsar::http::{Body, Response, Router, Site};
///
/// #[pulsar::http]
/// fn site() -> Site {
///     // CONNECT has no path: it never reaches a router.
///     Site::new(Router::new()).connect(async |request| Response::new(Body::from(request.uri().to_string())))
/// }
/// # fn main() {}
/// ```
pub struct Site {
    pub(super) served: Served,
    pub(super) connect: Option<Rc<dyn Fn(Request<Body>) -> Answering>>,
}

/// A router is called as it is, without a box.
#[derive(Clone)]
pub(super) enum Served {
    Router(Router),
    Other(Rc<dyn Fn(Request<Body>) -> Answering>),
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Site")
    }
}

impl Site {
    /// The site of a router.
    ///
    /// ```
    /// let site = pulsar::http::Site::new(pulsar::http::Router::new());
    /// ```
    pub fn new(router: Router) -> Self {
        Self { served: Served::Router(router), connect: None }
    }

    /// The site of a service that is no router. It runs on the worker's own thread, and need not be `Send`.
    ///
    /// ```
    /// use pulsar::http::{Body, Request, Response, Site};
    ///
    /// let site = Site::service(tower::service_fn(async |request: Request| {
    ///     Ok(Response::new(Body::from(request.uri().path().to_string())))
    /// }));
    /// ```
    pub fn service<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + 'static,
        S::Future: 'static,
    {
        let serve = move |request| -> Answering {
            let called = tower::ServiceExt::oneshot(service.clone(), request);
            Box::pin(async move {
                match called.await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        };
        Self { served: Served::Other(Rc::new(serve)), connect: None }
    }

    /// Has `CONNECT` requests answered by this: a proxy's tunnels. Without, they go where all others go.
    ///
    /// ```
    /// use pulsar::http::{Body, Response, Router, Site};
    ///
    /// let site = Site::new(Router::new()).connect(async |_| Response::new(Body::empty()));
    /// ```
    pub fn connect<F>(mut self, answer: impl Fn(Request<Body>) -> F + 'static) -> Self
    where
        F: Future<Output = Response<Body>> + 'static,
    {
        self.connect = Some(Rc::new(move |request| Box::pin(answer(request))));
        self
    }
}

/// What the function under `#[pulsar::http]` may return, also in a `Result`.
///
/// ```
/// use pulsar::http::{IntoSite, Router};
///
/// let site = Router::new().into_site().unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that can be served over HTTP",
    label = "return a `Router`, a `Site`, or a `Result` of one of them"
)]
pub trait IntoSite {
    /// The site, or why there is none: the worker's start then fails.
    fn into_site(self) -> Result<Site, Error>;
}

impl IntoSite for Router {
    fn into_site(self) -> Result<Site, Error> {
        Ok(Site::new(self))
    }
}

impl IntoSite for Site {
    fn into_site(self) -> Result<Site, Error> {
        Ok(self)
    }
}

impl<T: IntoSite, E: Into<Error>> IntoSite for Result<T, E> {
    fn into_site(self) -> Result<Site, Error> {
        self.map_err(Into::into)?.into_site()
    }
}
