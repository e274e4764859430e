// Package simulation runs the library in small worlds that a seed makes: issuers
// that rotate their keys and break, a network that loses and delays, clocks that are
// set back, hosts that restart, and attackers. A world of hours takes milliseconds,
// since it runs in a testing/synctest bubble, and the same seed always makes the same
// world. Each run is held to a model, which is written apart from the library and
// knows only what the endpoints were asked and what they answered.
//
// # Invariants
//
// The line that checks one of them cites its number.
//
//	I1  Nothing is accepted that the model refuses.
//	I2  No good token is refused as invalid, except where the rules of a remote set
//	    say so: the last fetch did not find its key, or the budget is spent.
//	I3  A token is undecided only where nothing could be known: there is no set that
//	    is young enough, or the key is unknown and the fetch for it failed.
//	I4  Endpoints are asked within the budget: one fetch at a time, none during
//	    backoff, and for unknown key IDs three and then one every ten seconds.
//	I5  A new key is accepted within its bound, and keys are refreshed when it is
//	    time: 30 s after a lookup that did not find the key, a minute where its ID was
//	    used before, a second for a file, and 88 % of the freshness for all.
//	I6  What is kept in memory is bounded, and so are goroutines and files. None of
//	    these is left when the world has ended.
//	I7  The same seed makes the same run: all decisions, requests and their times.
//
// It has no API, only tests; README.md says how to run them.
package simulation
