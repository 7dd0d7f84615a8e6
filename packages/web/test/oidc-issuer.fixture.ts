import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export const AUDIENCE = 'https://api.example.test';
export const CLIENT_ID = 'gallery';

/** A real OpenID Provider of another origin: everybody can sign in, with any name. */
export interface OidcIssuer extends AsyncDisposable {
  readonly url: string;
  /** The paths of requests to it. */
  readonly requests: string[];
  /** How many of them have no complete answer yet. */
  underWay(): number;
  /** Lifetime of access tokens, for those made from now on. */
  accessSeconds: number;
  /** Whether a refresh token is replaced by its use. */
  rotates: boolean;
}

/** `port` is chosen before, since the service and the issuer must know each other's addresses. */
export async function startOidcIssuer({
  port,
  publicUrl,
}: {
  readonly port: number;
  readonly publicUrl: string;
}): Promise<OidcIssuer> {
  const url = `http://localhost:${port}`;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { accessSeconds: 300, rotates: true };
  const requests: string[] = [];
  let underWay = 0;
  const configuration = {
    clients: [
      {
        client_id: CLIENT_ID,
        id_token_signed_response_alg: 'ES256',
        token_endpoint_auth_method: 'none',
        application_type: 'native', // a gallery of this machine is at plain http
        redirect_uris: [`${publicUrl}/signed-in`],
        post_logout_redirect_uris: [`${publicUrl}/`],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['a secret of this test'] },
    clientBasedCORS: (_context: unknown, origin: string) => origin === publicUrl,
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    pkce: { required: () => true },
    rotateRefreshToken: () => issuer.rotates,
    ttl: {
      AccessToken: () => issuer.accessSeconds,
      Interaction: 600,
      Session: 600,
      Grant: 600,
      IdToken: 300,
      RefreshToken: 600,
      AuthorizationCode: 60,
    },
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'images:read images:write',
          audience: AUDIENCE,
          accessTokenTTL: issuer.accessSeconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
  const provider = new Provider(url, configuration);
  const handle = provider.callback();
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    underWay += 1;
    response.on('close', () => {
      underWay -= 1;
    });
    void handle(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(issuer, {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    underWay: () => underWay,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}
