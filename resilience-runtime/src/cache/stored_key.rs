//! Stored keys in the form that users see: the part itself if there is one, else a tuple.

use std::hash::Hash;

use crate::instance::key::KeyBuf;

pub trait StoredKey: Eq + Hash + Clone + Send + Sync + 'static {
    /// The key as `Cache::invalidate` and `weigh` take it.
    type UserKey: Clone + 'static;
    fn user_key(&self) -> &Self::UserKey;
    fn from_user_key(key: &Self::UserKey) -> Self;
}

impl<A: Eq + Hash + Clone + Send + Sync + 'static> StoredKey for KeyBuf<(A,)> {
    type UserKey = A;

    fn user_key(&self) -> &A {
        &self.0.0
    }
    fn from_user_key(key: &A) -> Self {
        Self((key.clone(),))
    }
}

macro_rules! tuples {
    ($($($part:ident)*;)*) => {$(
        impl<$($part: Eq + Hash + Clone + Send + Sync + 'static),*> StoredKey for KeyBuf<($($part,)*)> {
            type UserKey = ($($part,)*);

            fn user_key(&self) -> &Self::UserKey {
                &self.0
            }
            #[allow(clippy::clone_on_copy, reason = "the key without parts is `Copy`")]
            fn from_user_key(key: &Self::UserKey) -> Self {
                Self(key.clone())
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
