import * as oauth from 'oauth4webapi';
import type { AppInfo, Oidc } from '../app-info.ts';
import type { Credential } from '../credential.ts';
import { remember, remembered } from '../tab-memory.ts';
import { SignInError } from './sign-in-error.ts';

/** Between the page before the issuer's and the page after it. Only this tab has it, and only until it returns. */
interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly returnTo: string;
}

/** Clocks of issuers differ from the service's by seconds. */
const TOLERATED_SECONDS = 30;
/** The issuer answers within this time, or sign-in fails and can be tried again. */
const ANSWER_MS = 20_000;
/** Signing out doesn't wait for an issuer that is away. */
const END_MS = 3_000;

interface Issuer {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly options: () => { readonly signal: AbortSignal; readonly [oauth.allowInsecureRequests]: boolean };
}

async function issuerOf(
  { issuer, client_id }: Oidc,
  { clockSkewSeconds }: Pick<AppInfo, 'clockSkewSeconds'>,
): Promise<Issuer> {
  const url = new URL(issuer);
  // The service accepts such an issuer only on its own machine.
  const isPlain = url.protocol === 'http:';
  const options = () => ({ signal: AbortSignal.timeout(ANSWER_MS), [oauth.allowInsecureRequests]: isPlain });
  const answer = await oauth.discoveryRequest(url, { ...options(), algorithm: 'oidc' });
  const server = await oauth.processDiscoveryResponse(url, answer);
  const client = { client_id, [oauth.clockSkew]: clockSkewSeconds, [oauth.clockTolerance]: TOLERATED_SECONDS };
  return { server, client, options };
}

/** A page of the issuer that people visit, never a script. */
function pageAt(url: string | undefined, { issuer }: Oidc): URL | undefined {
  const page = url === undefined ? null : URL.parse(url);
  const isTrusted = page?.protocol === 'https:' || page?.protocol === new URL(issuer).protocol;
  return page && isTrusted ? page : undefined;
}

/** Leaves the page for the issuer's. Errors: `SignInError`. */
export async function beginSignIn(info: AppInfo, oidc: Oidc): Promise<void> {
  try {
    const { server } = await issuerOf(oidc, info);
    const page = pageAt(server.authorization_endpoint, oidc);
    if (!page) throw new SignInError('issuer');
    const pending: Pending = {
      verifier: oauth.generateRandomCodeVerifier(),
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      returnTo: `${location.pathname}${location.search}`,
    };
    const asked = {
      client_id: oidc.client_id,
      redirect_uri: oidc.redirect_uri,
      response_type: 'code',
      scope: oidc.scopes,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      ...(oidc.scopes.split(' ').includes('offline_access') && { prompt: 'consent' }), // OpenID Connect Core 11
      ...apiOf(oidc),
    };
    for (const [name, value] of Object.entries(asked)) page.searchParams.set(name, value);
    remember('sign-in', JSON.stringify(pending));
    location.assign(page);
  } catch (error) {
    throw SignInError.from(error);
  }
}

/** By its standard name, and by Auth0's. */
const apiOf = ({ resource }: Oidc): Readonly<Record<string, string>> =>
  resource === null ? {} : { resource, audience: resource };

/** The rest of a sign-in, with what the issuer has sent. The address is again the one before. Errors: `SignInError`. */
export async function finishSignIn(info: AppInfo, oidc: Oidc, returned: URLSearchParams): Promise<Credential> {
  const kept = remembered('sign-in');
  if (kept === undefined) throw new SignInError('not-ours');
  const pending = JSON.parse(kept) as Pending;
  if (returned.get('state') !== pending.state) throw new SignInError('not-ours'); // the one that was begun may still return
  remember('sign-in', undefined);
  if (isOwnPath(pending.returnTo)) history.replaceState(null, '', pending.returnTo);
  try {
    const issuer = await issuerOf(oidc, info);
    const { server, client, options } = issuer;
    const parameters = oauth.validateAuthResponse(server, client, returned, pending.state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      oidc.redirect_uri,
      pending.verifier,
      { ...options(), additionalParameters: resourceOf(oidc) },
    );
    const checked = { expectedNonce: pending.nonce, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, checked);
    return credentialOf(issuer, oidc, tokens);
  } catch (error) {
    throw SignInError.from(error);
  }
}

const resourceOf = ({ resource }: Oidc): Record<string, string> => (resource === null ? {} : { resource });

/** A path of this origin, as the browser reads it. */
export const isOwnPath = (path: string): boolean =>
  path.startsWith('/') && URL.parse(path, location.origin)?.origin === location.origin;

/** Tokens live in this closure, and end with the page. */
function credentialOf(issuer: Issuer, oidc: Oidc, first: oauth.TokenEndpointResponse): Credential {
  const { server, client, options } = issuer;
  let { access_token: access, refresh_token: refresh } = first;
  const idToken = first.id_token;
  /** Other tabs ask too, and a refresh token is for one use. */
  let renewing: Promise<boolean> | undefined;

  /**
   * A refresh token that isn't replaced by its use would be as good as a password for who steals it: it is dropped.
   */
  async function renewOnce(): Promise<boolean> {
    const used = refresh;
    if (used === undefined) return false;
    try {
      const more = { ...options(), additionalParameters: resourceOf(oidc) };
      const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), used, more);
      const next = await oauth.processRefreshTokenResponse(server, client, answer);
      access = next.access_token;
      refresh = next.refresh_token === used ? undefined : next.refresh_token;
      return true;
    } catch (error) {
      if (error instanceof TypeError) throw error; // no connection: the token may still be good
      refresh = undefined;
      return false;
    }
  }

  return {
    kind: 'issuer',
    token: () => access,

    renew() {
      renewing ??= renewOnce().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },

    async end() {
      const revoked = refresh ?? access;
      [access, refresh] = ['', undefined];
      if (server.revocation_endpoint !== undefined) {
        await oauth
          .revocationRequest(server, client, oauth.None(), revoked, {
            ...options(),
            signal: AbortSignal.timeout(END_MS),
          })
          .catch(() => undefined);
      }
      const page = pageAt(server.end_session_endpoint, oidc);
      if (!page) return undefined;
      page.searchParams.set('client_id', oidc.client_id);
      page.searchParams.set('post_logout_redirect_uri', new URL('/', oidc.redirect_uri).href);
      if (idToken !== undefined) page.searchParams.set('id_token_hint', idToken);
      return page.href;
    },
  };
}
