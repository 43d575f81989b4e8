//! One instance of a policy for each value of a user's key, in bounded memory.
//!
//! Keys come from outside: there may be as many as an attacker likes, all different, chosen to collide, and with a `Hash`,
//! `Eq`, `Clone` or `Drop` that panics or calls back. So the number of instances has a limit, hashing is randomised, and
//! no code of a key runs while the map is locked.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use crate::instance::key::{Key, KeyBuf, KeyRef};
use crate::instance::prehashed::BuildPrehashed;
use crate::sync::lock;

/// What a keyed map keeps of a policy.
pub trait Instance: Send + Sync + 'static {
    /// What would be lost if it were forgotten now. Asked of instances only that nobody is using, with the map locked: no
    /// code of a user's may run in here.
    fn standing(&self) -> Standing;
}

/// What an instance that nobody is using is worth. The lower ones go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Like a new one: forgetting it changes nothing.
    Idle,
    /// It remembers something that is not in force, such as a failure or two.
    Spare,
    /// It has done its work, and waits for a call that may never come.
    Spent,
    /// It is in force: never forgotten.
    InForce,
}

/// The number of instances that one new key may look at in search of a place.
const SCAN: usize = 32;

/// An instance and its key. Whoever holds one keeps it in the map.
pub struct Slot<O, T> {
    key: KeyBuf<O>,
    instance: T,
}

impl<O, T> Deref for Slot<O, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.instance
    }
}

impl<O, T: fmt::Debug> fmt::Debug for Slot<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instance.fmt(f)
    }
}

/// The instances whose keys hash alike, nearly always one. It is replaced and never changed, so that a caller compares
/// keys in a copy of it, without the lock.
type Bucket<O, T> = Arc<[Arc<Slot<O, T>>]>;

struct Slots<O, T> {
    buckets: HashMap<u64, Bucket<O, T>, BuildPrehashed>,
    /// The hash of each instance, in the order of their turns to be forgotten.
    turns: Vec<u64>,
    next: usize,
}

/// A bounded map from keys, as they are stored, to instances.
pub struct Keyed<O, T> {
    max: usize,
    hasher: RandomState,
    slots: Mutex<Slots<O, T>>,
}

impl<O, T> Keyed<O, T>
where
    O: Hash + Eq + Send + Sync + 'static,
    T: Instance,
{
    pub fn new(max: usize) -> Self {
        let slots = Slots { buckets: HashMap::default(), turns: Vec::new(), next: 0 };
        Self { max: max.max(1), hasher: RandomState::new(), slots: Mutex::new(slots) }
    }

    /// The instance of this key, made now if there is none. `None` if there is no room: the limit is reached, and of the
    /// instances looked at, each is in use or in force. What such a call gets instead is the policy's decision; it must
    /// not grow memory, and not make one key answer for another.
    ///
    /// A hit clones nothing of the key and allocates nothing.
    #[inline]
    pub fn get_or_insert<P>(&self, key: &KeyRef<P>, make: impl FnOnce() -> T) -> Option<Arc<Slot<O, T>>>
    where
        P: Key<Owned = O>,
    {
        let hash = self.hasher.hash_one(key);
        let seen = self.bucket(hash);
        match find(seen.as_ref(), key) {
            Some(slot) => Some(slot),
            None => self.insert(hash, seen, key, make()),
        }
    }

    fn bucket(&self, hash: u64) -> Option<Bucket<O, T>> {
        lock(&self.slots).buckets.get(&hash).cloned()
    }

    #[cold]
    fn insert<P>(
        &self,
        hash: u64,
        mut seen: Option<Bucket<O, T>>,
        key: &KeyRef<P>,
        instance: T,
    ) -> Option<Arc<Slot<O, T>>>
    where
        P: Key<Owned = O>,
    {
        let new = Arc::new(Slot { key: KeyBuf(key.0.to_owned_key()), instance });
        loop {
            {
                let mut slots = lock(&self.slots);
                let current = slots.buckets.get(&hash);
                if same(current, seen.as_ref()) {
                    drop(seen);
                    if slots.turns.len() < self.max {
                        slots.put(hash, Arc::clone(&new));
                        slots.turns.push(hash);
                        return Some(new);
                    }
                    let forgotten = slots.forget_one();
                    if forgotten.is_some() {
                        slots.put(hash, Arc::clone(&new));
                        slots.turns.push(hash);
                    }
                    drop(slots);
                    let has_room = forgotten.is_some();
                    // Before there is something to return: a destructor that panics would leak it, in use for ever.
                    drop(forgotten);
                    return has_room.then_some(new);
                }
                seen = current.cloned();
            }
            // Somebody was faster, perhaps with this very key.
            if let Some(slot) = find(seen.as_ref(), key) {
                return Some(slot);
            }
        }
    }
}

impl<O, T: Instance> Slots<O, T> {
    /// Adds an instance to those whose keys hash alike.
    fn put(&mut self, hash: u64, new: Arc<Slot<O, T>>) {
        let others = self.buckets.get(&hash).map_or(&[][..], |bucket| bucket);
        let bucket = others.iter().cloned().chain([new]).collect();
        // The old bucket's instances are in the new one, so that this drops no key.
        self.buckets.insert(hash, bucket);
    }

    /// Makes room for one, if that may be: the first idle instance among those whose turn it is, or else the least of
    /// them. The old bucket of what is forgotten comes back, to be dropped elsewhere.
    fn forget_one(&mut self) -> Option<Bucket<O, T>> {
        let mut least: Option<(Standing, usize, usize)> = None;
        for _ in 0..SCAN.min(self.turns.len()) {
            if self.next >= self.turns.len() {
                self.next = 0;
            }
            let turn = self.next;
            self.next += 1;
            let Some(bucket) = self.buckets.get_mut(&self.turns[turn]) else { continue };
            // Somebody else has the bucket: they may be about to take an instance out of it.
            let Some(slots) = Arc::get_mut(bucket) else { continue };
            for (index, slot) in slots.iter_mut().enumerate().take(SCAN) {
                // Likewise the instance.
                let Some(slot) = Arc::get_mut(slot) else { continue };
                let standing = slot.instance.standing();
                if standing < least.map_or(Standing::InForce, |(standing, ..)| standing) {
                    least = Some((standing, turn, index));
                }
            }
            if matches!(least, Some((Standing::Idle, ..))) {
                break;
            }
        }
        let (_, turn, index) = least?;
        let hash = self.turns.swap_remove(turn);
        let old = self.buckets.remove(&hash)?;
        if old.len() > 1 {
            let rest =
                old.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, slot)| Arc::clone(slot)).collect();
            self.buckets.insert(hash, rest);
        }
        Some(old)
    }
}

/// Runs the `Eq` of keys: not under the lock.
fn find<P: Key, T>(bucket: Option<&Bucket<P::Owned, T>>, key: &KeyRef<P>) -> Option<Arc<Slot<P::Owned, T>>> {
    bucket?.iter().find(|slot| key.0.is_key(&slot.key.0)).cloned()
}

fn same<O, T>(current: Option<&Bucket<O, T>>, seen: Option<&Bucket<O, T>>) -> bool {
    match (current, seen) {
        (Some(current), Some(seen)) => Arc::ptr_eq(current, seen),
        (None, None) => true,
        _ => false,
    }
}

/// A keyed map without the type of its keys.
pub trait AnyKeyed<T>: Send + Sync {
    /// The number of instances.
    fn len(&self) -> usize;
    /// Looks at each instance, without the lock.
    fn for_each(&self, look: &mut dyn FnMut(&T));
    /// Forgets all instances. Those who hold one keep it, and nobody else finds it.
    fn clear(&self);
}

impl<O, T> AnyKeyed<T> for Keyed<O, T>
where
    O: Hash + Eq + Send + Sync + 'static,
    T: Instance,
{
    fn len(&self) -> usize {
        lock(&self.slots).turns.len()
    }

    fn for_each(&self, look: &mut dyn FnMut(&T)) {
        let buckets: Vec<_> = lock(&self.slots).buckets.values().cloned().collect();
        for slot in buckets.iter().flat_map(|bucket| bucket.iter()) {
            look(&slot.instance);
        }
    }

    fn clear(&self) {
        let forgotten = {
            let mut slots = lock(&self.slots);
            slots.turns.clear();
            std::mem::take(&mut slots.buckets)
        };
        drop(forgotten);
    }
}

/// The keyed maps under one name, one for each type of key: a generic function may be called with several.
pub struct Family<T: 'static> {
    max: usize,
    maps: Mutex<Vec<Member<T>>>,
}

struct Member<T: 'static> {
    key: TypeId,
    typed: &'static (dyn Any + Send + Sync),
    any: &'static dyn AnyKeyed<T>,
}

impl<T: Instance> Family<T> {
    /// `max` instances for each type of key.
    pub const fn new(max: usize) -> Self {
        Self { max, maps: Mutex::new(Vec::new()) }
    }

    /// The map for this type of key. It lives as long as the process: there are as many as the source has types.
    pub fn of<O>(&self) -> &'static Keyed<O, T>
    where
        O: Hash + Eq + Send + Sync + 'static,
    {
        let mut maps = lock(&self.maps);
        let key = TypeId::of::<O>();
        if let Some(known) = maps.iter().find(|map| map.key == key).and_then(|map| map.typed.downcast_ref()) {
            return known;
        }
        let new: &'static Keyed<O, T> = Box::leak(Box::new(Keyed::new(self.max)));
        maps.push(Member { key, typed: new, any: new });
        new
    }

    /// All maps there are.
    pub fn all(&self) -> Vec<&'static dyn AnyKeyed<T>> {
        lock(&self.maps).iter().map(|map| map.any).collect()
    }
}

impl<O, T> fmt::Debug for Keyed<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").field("max", &self.max).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Family<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("max", &self.max).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::key::KeyPart;
    use std::cell::Cell;
    use std::hash::Hasher;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

    #[derive(Debug, Default)]
    struct Policy(AtomicU8);

    impl Policy {
        fn set(&self, standing: Standing) {
            self.0.store(standing as u8, Ordering::Relaxed);
        }
    }

    impl Instance for Policy {
        fn standing(&self) -> Standing {
            match self.0.load(Ordering::Relaxed) {
                0 => Standing::Idle,
                1 => Standing::Spare,
                2 => Standing::Spent,
                _ => Standing::InForce,
            }
        }
    }

    /// A key as a call holds it.
    struct By<K>(K);

    impl<K: Hash + Eq + Clone + Send + Sync + 'static> KeyPart for By<K> {
        type Owned = K;

        fn hash_part<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
        fn is(&self, owned: &K) -> bool {
            self.0 == *owned
        }
        fn to_owned_part(&self) -> K {
            self.0.clone()
        }
    }

    type Map<K> = Keyed<(K,), Policy>;
    type Held<K> = Arc<Slot<(K,), Policy>>;

    fn get<K>(map: &Map<K>, key: K) -> Option<Held<K>>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
    {
        map.get_or_insert(&KeyRef((By(key),)), Policy::default)
    }

    #[test]
    fn a_key_has_one_instance_and_each_key_its_own() {
        let map = Map::new(10);
        let first = get(&map, 1);
        assert!(first.is_some());
        let again = get(&map, 1);
        assert!(first.zip(again).is_some_and(|(first, again)| Arc::ptr_eq(&first, &again)));
        assert!(get(&map, 2).zip(get(&map, 1)).is_some_and(|(two, one)| !Arc::ptr_eq(&two, &one)));
        assert_eq!(map.len(), 2);
    }

    #[test]
    fn a_hit_clones_nothing_of_the_key() {
        static CLONES: AtomicUsize = AtomicUsize::new(0);

        #[derive(PartialEq, Eq, Hash)]
        struct Counted(u32);

        impl Clone for Counted {
            fn clone(&self) -> Self {
                CLONES.fetch_add(1, Ordering::Relaxed);
                Self(self.0)
            }
        }
        let map = Map::new(4);
        for _ in 0..100 {
            assert!(get(&map, Counted(7)).is_some());
        }
        assert_eq!(CLONES.load(Ordering::Relaxed), 1);
    }

    /// BUG-F1.
    #[test]
    fn a_flood_of_keys_stays_within_the_limit() {
        let map = Map::new(100);
        for key in 0..100_000 {
            assert!(get(&map, key).is_some(), "an idle one makes room");
            assert!(map.len() <= 100);
        }
        let slots = lock(&map.slots);
        assert_eq!((slots.turns.len(), slots.buckets.len()), (100, 100));
    }

    /// BUG-F2.
    #[test]
    fn what_is_in_force_or_in_use_survives_the_flood() {
        let map = Map::new(100);
        let held: Vec<_> = (0..10).map(|key| get(&map, key)).collect();
        for key in 10..20 {
            if let Some(policy) = get(&map, key) {
                policy.set(Standing::InForce);
            }
        }
        for key in 1_000..50_000 {
            let _policy = get(&map, key);
        }
        for (key, slot) in (0..10).zip(held) {
            assert!(get(&map, key).zip(slot).is_some_and(|(found, held)| Arc::ptr_eq(&found, &held)));
        }
        for key in 10..20 {
            assert!(get(&map, key).is_some_and(|policy| policy.standing() == Standing::InForce));
        }
    }

    #[test]
    fn the_least_goes_first_and_the_rest_are_rejected() {
        let map = Map::new(4);
        let standings = [Standing::InForce, Standing::Spent, Standing::Spare, Standing::Idle];
        for (key, standing) in standings.into_iter().enumerate() {
            if let Some(policy) = get(&map, key) {
                policy.set(standing);
            }
        }
        for (key, gone) in [(10, 3), (11, 2), (12, 1)] {
            if let Some(policy) = get(&map, key) {
                policy.set(Standing::InForce);
            }
            let hash = map.hasher.hash_one(KeyRef((By(gone),)));
            assert!(map.bucket(hash).is_none(), "{gone} made room for {key}");
        }
        assert!(get(&map, 13).is_none());
        assert_eq!(map.len(), 4);
    }

    /// BUG-E26.
    #[test]
    fn a_new_key_looks_at_a_bounded_number_of_others() {
        struct Counted;
        static LOOKS: AtomicUsize = AtomicUsize::new(0);
        impl Instance for Counted {
            fn standing(&self) -> Standing {
                LOOKS.fetch_add(1, Ordering::Relaxed);
                Standing::InForce
            }
        }
        let map: Keyed<(u32,), Counted> = Keyed::new(5_000);
        for key in 0..5_000 {
            assert!(map.get_or_insert(&KeyRef((By(key),)), || Counted).is_some());
        }
        assert_eq!(LOOKS.load(Ordering::Relaxed), 0);
        assert!(map.get_or_insert(&KeyRef((By(5_000),)), || Counted).is_none());
        assert_eq!(LOOKS.load(Ordering::Relaxed), SCAN);
    }

    /// All keys hash alike: equality alone tells them apart, and the limit holds.
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    #[test]
    fn keys_that_collide_are_told_apart_and_forgotten_one_by_one() {
        let map = Map::new(8);
        for key in 0..8 {
            if let Some(policy) = get(&map, Colliding(key)) {
                policy.set(if key % 2 == 0 { Standing::Idle } else { Standing::InForce });
            }
        }
        for key in 8..100 {
            assert!(get(&map, Colliding(key)).is_some());
            assert_eq!((map.len(), lock(&map.slots).buckets.len()), (8, 1));
        }
        for key in [1, 3, 5, 7] {
            assert!(get(&map, Colliding(key)).is_some_and(|policy| policy.standing() == Standing::InForce));
        }
    }

    thread_local! {
        static TRAP: Cell<Option<fn()>> = const { Cell::new(None) };
        /// Pieces of a key's code to run before the one that panics.
        static FUSE: Cell<u32> = const { Cell::new(0) };
    }

    fn spring() {
        if let Some(trap) = TRAP.take() {
            trap();
            TRAP.set(Some(trap));
        }
        if FUSE.get() == 1 {
            FUSE.set(0);
            panic!("the user's code");
        }
        FUSE.set(FUSE.get().saturating_sub(1));
    }

    /// A key whose every piece of code does what the trap says.
    struct Trap(u32);

    impl PartialEq for Trap {
        fn eq(&self, other: &Self) -> bool {
            spring();
            self.0 == other.0
        }
    }
    impl Eq for Trap {}
    impl Hash for Trap {
        fn hash<H: Hasher>(&self, state: &mut H) {
            spring();
            self.0.hash(state);
        }
    }
    impl Clone for Trap {
        fn clone(&self) -> Self {
            spring();
            Self(self.0)
        }
    }
    impl Drop for Trap {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                spring();
            }
        }
    }

    static TRAPS: Family<Policy> = Family::new(2);

    #[test]
    fn the_code_of_a_key_may_come_back_to_the_map_and_may_panic() {
        let map: &'static Map<Trap> = TRAPS.of();
        TRAP.set(Some(|| {
            // Would wait for ever for a lock that this thread holds.
            let _policy = get(TRAPS.of(), Trap(99));
        }));
        for key in (0..20).chain(0..20) {
            let _policy = get(map, Trap(key));
        }
        TRAP.set(None);
        // In `hash`, in `eq` or `clone`, and in the `drop` of what is forgotten.
        for fuse in 1..=4 {
            for key in [1, 1, 2, 3, 4] {
                FUSE.set(fuse);
                let key_of_call = KeyRef((By(Trap(key)),));
                let _panicked =
                    catch_unwind(AssertUnwindSafe(|| drop(map.get_or_insert(&key_of_call, Policy::default))));
                FUSE.set(0);
                assert!(map.len() <= 2);
                assert!(get(map, Trap(key)).is_some(), "as if nothing had happened");
            }
        }
        map.clear();
        assert_eq!(map.len(), 0);
    }

    /// Asks for its own key while the map asks for a copy of it, as another thread might.
    struct Overtaken<'a> {
        map: &'a Map<u32>,
        first: Cell<Option<Held<u32>>>,
    }

    impl KeyPart for Overtaken<'_> {
        type Owned = u32;

        fn hash_part<H: Hasher>(&self, state: &mut H) {
            7_u32.hash(state);
        }
        fn is(&self, owned: &u32) -> bool {
            *owned == 7
        }
        fn to_owned_part(&self) -> u32 {
            self.first.set(get(self.map, 7));
            7
        }
    }

    #[test]
    fn a_key_that_somebody_else_has_brought_in_meanwhile_is_found() {
        let map = Map::new(4);
        let key = KeyRef((Overtaken { map: &map, first: Cell::new(None) },));
        let late = map.get_or_insert(&key, Policy::default);
        assert!(key.0.0.first.take().zip(late).is_some_and(|(first, late)| Arc::ptr_eq(&first, &late)));
        assert_eq!(map.len(), 1);
    }

    #[test]
    fn an_instance_that_is_being_looked_up_is_in_use() {
        let map = Map::new(4);
        let _policy = get(&map, 7);
        let looked_up = map.bucket(map.hasher.hash_one(KeyRef((By(7),))));
        for key in 1_000..2_000 {
            let _policy = get(&map, key);
        }
        assert!(looked_up.zip(get(&map, 7)).is_some_and(|(bucket, found)| Arc::ptr_eq(&bucket[0], &found)));
    }

    #[test]
    fn each_type_of_key_has_a_map_of_its_own_within_a_family() {
        static FAMILY: Family<Policy> = Family::new(10);
        let numbers: &Map<u32> = FAMILY.of();
        let texts: &Map<String> = FAMILY.of();
        assert!(get(numbers, 1).is_some() && get(texts, "one".to_owned()).is_some());
        assert!(std::ptr::eq(numbers, FAMILY.of::<(u32,)>()));
        assert_eq!(FAMILY.all().iter().map(|map| map.len()).sum::<usize>(), 2);
        let mut seen = 0;
        FAMILY.all().iter().for_each(|map| map.for_each(&mut |_| seen += 1));
        assert_eq!(seen, 2);
        FAMILY.all().iter().for_each(|map| map.clear());
        assert_eq!(FAMILY.all().iter().map(|map| map.len()).sum::<usize>(), 0);
    }

    #[test]
    fn threads_that_come_at_once_with_one_key_find_one_instance() {
        let map = Map::new(4);
        for round in 0..200 {
            let barrier = std::sync::Barrier::new(4);
            let found: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            get(&map, round)
                        })
                    })
                    .collect();
                threads.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
            });
            assert_eq!(found.len(), 4);
            assert!(found.iter().all(|slot| Arc::ptr_eq(slot, &found[0])));
        }
    }
}
