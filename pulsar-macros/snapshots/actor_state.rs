/// Counts.
#[derive(Debug)]
#[cfg(unix)]
pub struct Counter {
    /// Where it starts.
    pub start: u64,
    label: String,
    #[cfg(feature = "files")]
    path: std::path::PathBuf,
    total: Vec<u64>,
    shared: Rc<Cell<u64>>,
}
#[cfg(unix)]
impl Counter {
    ///A `Counter` with this specification, to be spawned.
    #[allow(dead_code, clippy::too_many_arguments, clippy::new_without_default)]
    pub fn new(
        start: u64,
        label: impl ::core::convert::Into<String>,
        #[cfg(feature = "files")]
        path: impl ::core::convert::Into<std::path::PathBuf>,
    ) -> Self {
        ::pulsar::__private::assert_wire::<u64>();
        ::pulsar::__private::assert_wire::<String>();
        #[cfg(feature = "files")]
        ::pulsar::__private::assert_wire::<std::path::PathBuf>();
        ::pulsar::__private::assert_default::<Vec<u64>>();
        Self {
            start,
            label: ::core::convert::Into::into(label),
            #[cfg(feature = "files")]
            path: ::core::convert::Into::into(path),
            total: <Vec<u64> as ::core::default::Default>::default(),
            shared: Rc::new(Cell::new(1)),
        }
    }
}
#[cfg(unix)]
///The typed proxy of [`Counter`]: cheap to clone, and a value that can be sent in a message.
pub struct CounterProxy(#[doc(hidden)] pub ::pulsar::__private::Proxy<Counter>);
#[cfg(unix)]
#[automatically_derived]
impl ::pulsar::__private::Specified for Counter {
    const NAME: &'static str = ::core::concat!(::core::module_path!(), "::Counter");
    const SPECIFICATION: &'static str = "start: u64, label: String, path: std::path::PathBuf";
    const OPTIONS: ::pulsar::__private::Options = ::pulsar::__private::Options::new()
        .kind(::pulsar::__private::Kind::Thread);
    const CONSTRUCTOR: bool = true;
    #[allow(unused_variables)]
    fn encode(
        &self,
        out: &mut ::pulsar::__private::Encoder<'_>,
    ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
        ::pulsar::__private::assert_wire::<u64>();
        ::pulsar::__private::assert_wire::<String>();
        #[cfg(feature = "files")]
        ::pulsar::__private::assert_wire::<std::path::PathBuf>();
        ::pulsar::__private::assert_default::<Vec<u64>>();
        out.put::<u64>(&self.start)?;
        out.put::<String>(&self.label)?;
        #[cfg(feature = "files")] out.put::<std::path::PathBuf>(&self.path)?;
        ::core::result::Result::Ok(())
    }
    #[allow(unused_variables)]
    fn decode(
        input: &mut ::pulsar::__private::Decoder<'_>,
    ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
        ::pulsar::__private::assert_wire::<u64>();
        ::pulsar::__private::assert_wire::<String>();
        #[cfg(feature = "files")]
        ::pulsar::__private::assert_wire::<std::path::PathBuf>();
        ::pulsar::__private::assert_default::<Vec<u64>>();
        ::core::result::Result::Ok(Self {
            start: input.take::<u64>()?,
            label: input.take::<String>()?,
            #[cfg(feature = "files")]
            path: input.take::<std::path::PathBuf>()?,
            total: <Vec<u64> as ::core::default::Default>::default(),
            shared: Rc::new(Cell::new(1)),
        })
    }
}
