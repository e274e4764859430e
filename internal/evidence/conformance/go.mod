module github.com/jwtverify/jwtverify/internal/evidence/conformance

go 1.26

require (
	github.com/go-jose/go-jose/v4 v4.1.9
	github.com/go-json-experiment/json v1.27.2
	github.com/google/go-cmp v0.7.0
	github.com/jwtverify/jwtverify v0.0.0
)

require filippo.io/mldsa v1.0.0 // indirect

replace github.com/jwtverify/jwtverify => ../../..
