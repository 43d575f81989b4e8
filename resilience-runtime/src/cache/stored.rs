//! Keys as their users name them: one part stands for itself, several are a tuple.

use std::hash::Hash;

use crate::instance::key::KeyBuf;

/// A key in a store.
pub trait StoredKey: Eq + Hash + Clone + Send + Sync + 'static {
    /// What `Cache::invalidate` takes and `weigh` gets to see.
    type Named: 'static;
    fn named(&self) -> &Self::Named;
    fn of(named: &Self::Named) -> Self;
}

impl<A: Eq + Hash + Clone + Send + Sync + 'static> StoredKey for KeyBuf<(A,)> {
    type Named = A;

    fn named(&self) -> &A {
        &self.0.0
    }
    fn of(named: &A) -> Self {
        Self((named.clone(),))
    }
}

macro_rules! tuples {
    ($($($part:ident)*;)*) => {$(
        impl<$($part: Eq + Hash + Clone + Send + Sync + 'static),*> StoredKey for KeyBuf<($($part,)*)> {
            type Named = ($($part,)*);

            fn named(&self) -> &Self::Named {
                &self.0
            }
            #[allow(clippy::clone_on_copy, reason = "the key without parts")]
            fn of(named: &Self::Named) -> Self {
                Self(named.clone())
            }
        }
    )*};
}

tuples! {
    ;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}
