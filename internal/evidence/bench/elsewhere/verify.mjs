// Verifies tokens with the libraries of Node, as a Go program asks.
//
// The first line of standard input is {issuer, audience, leeway, cases}; a case is
// {name, alg, key, token}, its key a secret or a public key in PEM. The answer is
// {runtime, contenders}. After that each line is {op, contender, case}:
//
//   check, token   answers {claims} or {refused}
//   time, ms       verifies the token of the case that long; answers {ns, runs}, in ns
//                  of the processor, those of all threads
//
// Everything that can be prepared is prepared once, as each library's
// documentation shows it.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createVerifier } from 'fast-jwt'
import { jwtVerify, importSPKI } from 'jose'

const version = name => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version

const required = ['exp', 'iss', 'aud', 'sub']

function fastJWT(all, { alg, key }, cache) {
  return createVerifier({
    key,
    algorithms: [alg],
    allowedIss: all.issuer,
    allowedAud: all.audience,
    clockTolerance: all.leeway * 1000,
    requiredClaims: required,
    cache
  })
}

async function jose(all, { alg, key }) {
  const ready = alg === 'HS256'
    ? await crypto.subtle.importKey('raw', new TextEncoder().encode(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    : await importSPKI(key, alg)
  const options = {
    algorithms: [alg],
    issuer: all.issuer,
    audience: all.audience,
    clockTolerance: all.leeway,
    requiredClaims: required
  }
  return async raw => (await jwtVerify(raw, ready, options)).payload
}

const contenders = {
  'fast-jwt': { prepare: (all, c) => fastJWT(all, c, false) },
  'fast-jwt again': { library: 'fast-jwt', again: true, prepare: (all, c) => fastJWT(all, c, true) },
  jose: { isAsync: true, prepare: jose }
}

const batch = 20 // runs between two looks at the clock

function timeSync(verify, raw, ms) {
  const start = performance.now()
  const spent = process.cpuUsage()
  let runs = 0
  do {
    for (let i = 0; i < batch; i++) verify(raw)
    runs += batch
  } while (performance.now() - start < ms)
  return since(spent, runs)
}

async function timeAsync(verify, raw, ms) {
  const start = performance.now()
  const spent = process.cpuUsage()
  let runs = 0
  do {
    for (let i = 0; i < batch; i++) await verify(raw)
    runs += batch
  } while (performance.now() - start < ms)
  return since(spent, runs)
}

function since(spent, runs) {
  const { user, system } = process.cpuUsage(spent)
  return { ns: (user + system) * 1000, runs }
}

async function answer({ op, contender, case: name, token, ms }, prepared, cases) {
  const verify = prepared[contender][name]
  if (op === 'check') {
    try {
      return { claims: await verify(token) }
    } catch (err) {
      return { refused: String(err.code ?? err) }
    }
  }
  return (contenders[contender].isAsync ? timeAsync : timeSync)(verify, cases[name].token, ms)
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const all = JSON.parse((await lines.next()).value)
const prepared = {}
const cases = {}
for (const c of all.cases) cases[c.name] = c
for (const [name, contender] of Object.entries(contenders)) {
  prepared[name] = {}
  for (const c of all.cases) prepared[name][c.name] = await contender.prepare(all, c)
}
const say = what => console.log(JSON.stringify(what))
say({
  runtime: `Node ${process.version} (OpenSSL ${process.versions.openssl})`,
  contenders: Object.entries(contenders).map(([id, { library = id, again = false }]) => (
    { id, library, version: version(library), again, cases: Object.keys(cases) }
  ))
})
for await (const line of lines) {
  try {
    say(await answer(JSON.parse(line), prepared, cases))
  } catch (err) {
    say({ error: String(err) })
  }
}
