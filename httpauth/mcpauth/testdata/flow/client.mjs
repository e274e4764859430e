// The real client of the TypeScript SDK. It connects to an MCP server, calls one
// tool after the other, and prints what they say.
//
//   node client.mjs SERVER REDIRECT TOOL...
//
// Where a browser would open, it prints "open URL" and reads the code from standard
// input.
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';

const [server, redirect, ...tools] = process.argv.slice(2);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// provider keeps in memory what a client must not forget.
let client, tokens, verifier;
const provider = {
  redirectUrl: redirect,
  clientMetadata: {
    client_name: 'flow', redirect_uris: [redirect], application_type: 'native',
    token_endpoint_auth_method: 'none', grant_types: ['authorization_code'], response_types: ['code'],
  },
  clientInformation: () => client,
  saveClientInformation: (info) => { client = info; },
  tokens: () => tokens,
  // The SDK registers a client for the scopes of one challenge, and this authorization
  // server then grants it no others: for wider ones the client must register again.
  saveTokens: (t) => { tokens = t; client = undefined; },
  codeVerifier: () => verifier,
  saveCodeVerifier: (v) => { verifier = v; },
  redirectToAuthorization: (url) => console.log(`open ${url}`),
};

// authorized repeats step after the user has granted what it lacked, once.
async function authorized(step) {
  try {
    return await step();
  } catch (err) {
    if (!(err instanceof UnauthorizedError)) throw err;
    const { value: code } = await input.next();
    await transport.finishAuth(code);
    return step();
  }
}

let transport, mcp;
await authorized(async () => {
  transport = new StreamableHTTPClientTransport(new URL(server), { authProvider: provider });
  mcp = new Client({ name: 'flow', version: '1.0.0' });
  await mcp.connect(transport);
});
for (const tool of tools) {
  const result = await authorized(() => mcp.callTool({ name: tool, arguments: {} }));
  console.log(`said ${result.content.map((c) => c.text).join(' ')}`);
}
await mcp.close();
process.exit(0);
