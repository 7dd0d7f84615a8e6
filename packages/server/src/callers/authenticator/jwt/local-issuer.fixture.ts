import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { IssuerKey } from './signed-tokens.fixture.ts';

/** What the issuer does with a request for its keys. */
type Behavior =
  | 'answers'
  | 'hangs'
  | 'redirects'
  | 'fails'
  | 'floods'
  | 'inflates'
  | 'trickles'
  | 'sends-html'
  | 'closes';

/** An issuer of tokens on this machine, over real HTTP. */
export interface LocalIssuer extends AsyncDisposable {
  /** As in `iss`. */
  readonly url: string;
  readonly jwksUrl: string;
  /** The paths of all requests. */
  readonly requests: string[];
  behavior: Behavior;
  keys: readonly IssuerKey[];
  /** Replaces or adds members of the configuration. */
  configuration: Readonly<Record<string, unknown>>;
}

export async function startIssuer(...keys: readonly IssuerKey[]): Promise<LocalIssuer> {
  const server = createServer(({ url = '' }, response) => {
    issuer.requests.push(url);
    if (url === '/stolen') response.end(jwksOf(issuer.keys));
    else if (url === '/.well-known/openid-configuration') answer(response, JSON.stringify(configurationOf(issuer)));
    else answer(response, jwksOf(issuer.keys));
  });

  function answer(response: ServerResponse, document: string): void {
    switch (issuer.behavior) {
      case 'answers':
        return void response.end(document);
      case 'hangs':
        return;
      case 'redirects':
        return void response.writeHead(302, { Location: '/stolen' }).end();
      case 'fails':
        return void response.writeHead(500).end(document);
      case 'floods':
        return void response.end(document + ' '.repeat(300_000));
      case 'inflates': // a few hundred bytes on the way
        response.writeHead(200, { 'Content-Encoding': 'gzip' });
        return void response.end(gzipSync(document + ' '.repeat(300_000)));
      case 'trickles':
        return void response.write(document); // and never ends
      case 'sends-html':
        return void response.end('<!doctype html><title>Maintenance</title>');
      case 'closes':
        return void response.destroy();
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: LocalIssuer = {
    url,
    jwksUrl: `${url}/keys`,
    requests: [],
    behavior: 'answers',
    keys,
    configuration: {},
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return issuer;
}

const jwksOf = (keys: readonly IssuerKey[]): string => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });

const configurationOf = ({ url, jwksUrl, configuration }: LocalIssuer): object => ({
  issuer: url,
  jwks_uri: jwksUrl,
  authorization_endpoint: `${url}/authorize`,
  ...configuration,
});
