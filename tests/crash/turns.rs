//! Threads of which one goes on at a time, from place to place: whose turn it is, a seed decides.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::Duration;

use lopper::error::{Error, Result};

/// Where a turn ends: no transaction is open, so nobody waits for a lock of one who waits for its turn.
const PLACES: [&str; 5] = [
    "store::committed",
    "kill::candidates-listed",
    "kill::file-removed",
    "kill::files-answered",
    "restore::files-looked-for",
];

/// Longer than any turn: whoever takes so long waits for a lock.
const STUCK: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    GoOn,
    Die,
}

/// Where a turn has ended.
#[derive(Debug)]
pub enum Stood {
    /// At a place.
    At(#[expect(dead_code, reason = "it is shown when a schedule fails")] &'static str),
    /// With an error, or without.
    Ended(Option<Error>),
    Died,
}

struct Turn {
    orders: Receiver<Order>,
    stood: Sender<Stood>,
}

thread_local! {
    static TURN: RefCell<Option<Turn>> = const { RefCell::new(None) };
}

/// What an actor that is to die unwinds with.
struct Death;

/// Ends a turn of this thread, if it takes turns at all.
fn wait(place: &'static str) {
    let order = TURN.with_borrow(|turn| {
        turn.as_ref().map(|turn| {
            turn.stood.send(Stood::At(place)).unwrap();
            turn.orders.recv().unwrap_or(Order::Die)
        })
    });
    if order == Some(Order::Die) {
        // It dies once: what is dropped on the way must not wait again.
        TURN.take();
        resume_unwind(Box::new(Death));
    }
}

/// One of those who take turns.
pub struct Actor {
    orders: Sender<Order>,
    stood: Receiver<Stood>,
    pub has_begun: bool,
    pub has_ended: bool,
}

impl Actor {
    /// Begins `work` in its first turn.
    pub fn new<'scope>(
        scope: &'scope Scope<'scope, '_>,
        work: impl FnOnce() -> Result<()> + Send + 'scope,
    ) -> Self {
        static PLACED: Once = Once::new();
        PLACED.call_once(|| {
            for place in PLACES {
                fail::cfg_callback(place, move || wait(place)).unwrap();
            }
        });
        let (orders, received) = channel();
        let (told, stood) = channel();
        scope.spawn(move || {
            if received.recv() != Ok(Order::GoOn) {
                return;
            }
            TURN.set(Some(Turn { orders: received, stood: told.clone() }));
            let end = match catch_unwind(AssertUnwindSafe(work)) {
                Ok(end) => Stood::Ended(end.err()),
                Err(cause) if cause.is::<Death>() => Stood::Died,
                Err(cause) => resume_unwind(cause),
            };
            // A schedule that has failed hears nothing any more.
            let _ = told.send(end);
        });
        Self { orders, stood, has_begun: false, has_ended: false }
    }

    /// Gives it a turn; answers where it stands then.
    pub fn goes_on(&mut self) -> Stood {
        self.obeys(Order::GoOn)
    }

    /// Lets it die where it stands, with all that it has open.
    pub fn dies(&mut self) -> Stood {
        self.obeys(Order::Die)
    }

    fn obeys(&mut self, order: Order) -> Stood {
        self.orders.send(order).unwrap();
        let stood = self.stood.recv_timeout(STUCK).expect("an actor is stuck or has panicked");
        self.has_begun = true;
        self.has_ended = !matches!(stood, Stood::At(_));
        stood
    }
}
