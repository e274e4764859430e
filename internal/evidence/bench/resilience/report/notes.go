package main

// notes stand below the table.
var notes = []string{
	"Each library is set up as its documentation shows for production: [libraries](resilience/libraries) and [jwx](resilience/jwx) hold and cite that. Where a row says “refresh every second”, its documented option for the interval is set to that; otherwise it is as documented, such as 15 minutes for jwx and go-jwt-middleware and an hour for keyfunc.",
	"A good token is signed with a key that the issuer publishes at that time; all others are bad. A caller gives up after 2 s. “>” means: not within the time given, which is 6 s, or as long as tokens came.",
	"The scenarios were chosen by the authors of jwtverify, and its rules were written with them in mind. The longest wait decides no mark in the picture.",
	"All libraries run at the same time, each in a process of its own, except for the flood, the cold cache, and the two rows with bytes held. The machine has other work to do: differences of some milliseconds mean nothing. The flood takes all of the CPU, so its waits also show what it costs to refuse a token.",
	"Bytes held are by how much the heap grew at most, garbage included; bytes sent are those that the endpoint got rid of, all requests together.",
	"jwtverify: at a cold start, while the endpoint does not answer, it fetches again after 1 s, 2 s, and so on up to 60 s, so the first token is accepted that much later; go-oidc and go-jwt-middleware fetch with every token instead.",
	"golang-jwt + keyfunc: the start waits for the first fetch, a minute at most. A fetch for an unknown kid is made once in five minutes, failed ones included; the others are refused meanwhile.",
	"go-oidc: it has no interval, and fetches when a token does not verify with the keys at hand; a withdrawn key is forgotten then. oidc.NewProvider, which its README begins with, returns an error at a cold start during an outage.",
	"jwx and go-jwt-middleware do not fetch for an unknown kid; a program that uses jwx can call Cache.Refresh when it sees fit. With jwx the key set comes from a call of its own, so a program can see there that there is none yet; the error has no type.",
	"Two issuers: a verifier of go-oidc and a key set of jwx serve one, and the program has to choose.",
	"go-jwt-middleware runs with jwx v3.0.13, which it asks for. With v3.4.0, 20 of 20 good tokens fail beside the weak RSA key and beside the EC key, and none of the weak key is accepted.",
	"A redirect: whoever answers at the endpoint could publish a key there as well. The two rows show who follows.",
	"Not in the table: golang-jwt alone, which fetches no keys; jwkset v0.11.4, which is what keyfunc uses; jwx v4, which leaves fetching to a module that was not available (v4.5.0 needs GOEXPERIMENT=jsonv2, and v4.6.0 Go 1.26.10).",
}
