module github.com/jwtverify/jwtverify/httpauth/mcpauth

go 1.26.0

replace github.com/jwtverify/jwtverify => ../..

require (
	github.com/go-jose/go-jose/v4 v4.1.9
	github.com/go-json-experiment/json v1.27.2
	github.com/google/go-cmp v0.7.0
	github.com/jwtverify/jwtverify v0.0.0
	github.com/modelcontextprotocol/go-sdk v1.8.0
)

require (
	filippo.io/mldsa v1.0.0 // indirect
	github.com/google/jsonschema-go v0.4.3 // indirect
	github.com/segmentio/asm v1.1.3 // indirect
	github.com/segmentio/encoding v0.5.4 // indirect
	github.com/yosida95/uritemplate/v3 v3.0.2 // indirect
	golang.org/x/oauth2 v0.35.0 // indirect
	golang.org/x/sync v0.20.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)
