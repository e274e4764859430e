// Package refresh decides when a remote key set is fetched and what a lookup
// does in the meantime. It is pure logic: it does no I/O, starts no goroutine
// and takes the time as an argument.
//
// # Rules
//
// The rules of a remote key set, with their defaults. This package decides those
// marked *; package keys and internal/fetch carry out the rest. The line that
// obeys a rule cites its number, and so does the name of the test that holds it.
//
//	R1*  Freshness. A set is fresh for its Cache-Control max-age less its Age
//	     (RFC 9111 §4.2), but at least 1 min and at most 24 h; for 10 min if the
//	     response names none. A refresh starts in the background at 80 % of that
//	     time, ±10 % jitter.
//	R2*  Past its freshness. A lookup of a known key waits for the one refresh, at
//	     most 1 s and within its own context, then uses the last good set. It does
//	     not wait where that brings nothing new: during backoff and the minute
//	     after it, and for a fetch that began while the set was fresh, until the set
//	     is 1 min past that. So in an outage only a lookup waits that comes after a
//	     time without any; with Run none does, unless the machine slept. After a bad
//	     signature (R9) a lookup waits all the same, until the fetch has ended.
//	R3*  Outage. The last good set is used until 1 h past its freshness
//	     (WithMaxStale), then lookups fail with ErrUnavailable. An empty,
//	     unreadable or entirely unusable response is a failed fetch, also the
//	     first one, and never replaces a good set.
//	R4*  Backoff. After a failure the next fetch waits 1 s, doubling to 60 s, with
//	     jitter between half and all of the delay. Retry-After is honored up to
//	     1 h, but for at most 1 min while there is no set to use.
//	R5*  Unknown key ID: no key of any algorithm has it. It triggers one fetch,
//	     which all who wait share, on a budget of 3 and then 1 per 10 s. Over
//	     budget nobody waits and one fetch is scheduled for the next slot.
//	R6*  What costs no budget. A failed fetch is refunded. A scheduled refresh is
//	     not charged, so no flood of unknown key IDs can delay it.
//	R7*  Negative cache. An ID that a fetch did not find is remembered for 30 s,
//	     and never more than 1,024 of them.
//	R8*  Undecided. If the fetch for an unknown ID failed, or the set is past its
//	     freshness while backoff forbids a fetch, the answer is ErrUnavailable,
//	     not "no key".
//	R9*  Known key, bad signature (Hint.Retry). The key may have changed under its
//	     ID: at most one successful fetch per ID per minute, within the budget of
//	     R5. All who come while it is under way wait for it. If it fails, the key
//	     is the one there is. A caller whose context ends first gets
//	     ErrUnavailable.
//	R10* Clock set back. The set is used on, as old as it was, and one refresh is
//	     wanted, within the budget.
//	R11* Sleep. Freshness, staleness and retirement count the time of day, since
//	     the monotonic clock stands still while the machine sleeps.
//	R12* Cold start while the endpoint is down. The snapshot or the seed is used,
//	     if there is one that is young enough; otherwise ErrUnavailable, until
//	     the endpoint answers.
//	R13  Concurrency. One fetch at a time, detached from its caller's context,
//	     with its own timeout of 5 s. Each waiter is bounded by its own context.
//	     Reads take no lock and see an immutable set.
//	R14  Fetch. Only https, or http on loopback; at most 3 redirects, on the same
//	     host and never to http; more than 1 MiB is an error; ETag and 304; gzip.
//	R15  Odd key. It is skipped, with a reason in Status.Skipped, and never fatal.
//	     Of duplicate key IDs all are kept.
//	R16  Removed key. It stops verifying at the next refresh, for cached tokens
//	     too.
//	R17  Other issuer. A token that names another issuer than the set is bound to
//	     gets no key, without a fetch and without budget.
//	R18  File. It is bounded like a remote set: once gone or emptied, its keys are
//	     used until WithMaxStale, then lookups fail with ErrUnavailable.
//	R19  Snapshot. Its owner and mode are checked, no link is followed, and no
//	     time more than 1 min in the future is accepted. A shared one is bound by
//	     a MAC.
//	R20* One fetch per key ID (keys.NewPerID). A fetch on the budget of R5 is for
//	     the ID of its lookup, and says nothing about others: who looks for
//	     another one waits for its own, and over budget gets ErrUnavailable. It
//	     makes the known keys no fresher, and when it fails it delays no refresh
//	     of them.
package refresh
