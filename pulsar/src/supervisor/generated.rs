//! What every proxy that `#[supervisor]` makes has in common. Knows nothing of what a supervisor does.

use serde::Deserialize;
use serde::de::{Error, SeqAccess};

/// The implementations that every generated supervisor's proxy shares.
#[doc(hidden)]
#[macro_export]
macro_rules! __supervisor_proxy_impls {
    // What is implemented under bounds takes them for granted: see the macro that calls this.
    ([$($bounds:tt)*] $proxy:ident, $supervisor:ty, $this:ident $(, $(#[$cfg:meta])* $child:ident)*) => {
        impl ::core::clone::Clone for $proxy
        where
            $($bounds)*
        {
            fn clone(&self) -> Self {
                Self {
                    $this: ::core::clone::Clone::clone(&self.$this),
                    $($(#[$cfg])* $child: ::core::clone::Clone::clone(&self.$child),)*
                }
            }
        }
        impl ::core::fmt::Debug for $proxy
        where
            $($bounds)*
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.$this, f)
            }
        }
        impl ::core::cmp::PartialEq for $proxy
        where
            $($bounds)*
        {
            fn eq(&self, other: &Self) -> bool {
                self.$this == other.$this
            }
        }
        impl ::core::cmp::Eq for $proxy where $($bounds)* {}
        impl ::core::ops::Deref for $proxy
        where
            $($bounds)*
        {
            type Target = $crate::__private::SupervisorProxy;
            fn deref(&self) -> &Self::Target {
                &self.$this
            }
        }
        // A tuple of them all, without those that `cfg` leaves out.
        impl $crate::__private::serde::Serialize for $proxy
        where
            $($bounds)*
        {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                use $crate::__private::serde::ser::SerializeTuple;
                let count = 1 $(+ $crate::__private::counted!($(#[$cfg])* $child))*;
                let mut tuple = serializer.serialize_tuple(count)?;
                SerializeTuple::serialize_element(&mut tuple, &self.$this)?;
                $($(#[$cfg])* SerializeTuple::serialize_element(&mut tuple, &self.$child)?;)*
                SerializeTuple::end(tuple)
            }
        }
        impl<'de> $crate::__private::serde::Deserialize<'de> for $proxy
        where
            $($bounds)*
        {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                struct Tuple;
                impl<'de> $crate::__private::serde::de::Visitor<'de> for Tuple
                where
                    $($bounds)*
                {
                    type Value = $proxy;
                    fn expecting(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        f.write_str("a supervisor's proxy")
                    }
                    fn visit_seq<A: $crate::__private::serde::de::SeqAccess<'de>>(
                        self,
                        mut all: A,
                    ) -> ::core::result::Result<$proxy, A::Error> {
                        ::core::result::Result::Ok($proxy {
                            $this: $crate::__private::element(&mut all)?,
                            $($(#[$cfg])* $child: $crate::__private::element(&mut all)?,)*
                        })
                    }
                }
                let count = 1 $(+ $crate::__private::counted!($(#[$cfg])* $child))*;
                deserializer.deserialize_tuple(count, Tuple)
            }
        }
    };
}

/// 1, or 0 where `cfg` leaves the child out.
#[doc(hidden)]
#[macro_export]
macro_rules! __counted {
    ($(#[$cfg:meta])* $child:ident) => {{
        #[allow(unused_mut)]
        let mut count = 0_usize;
        $(#[$cfg])*
        {
            count += 1;
        }
        count
    }};
}

/// The next part of a proxy that is read.
#[doc(hidden)]
pub fn element<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(all: &mut A) -> Result<T, A::Error> {
    all.next_element()?.ok_or_else(|| Error::missing_field("child"))
}
