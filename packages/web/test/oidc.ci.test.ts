import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page, Route } from 'playwright-core';
import { freePort } from '../../../test/servers/free-port.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { AUDIENCE, CLIENT_ID, type OidcIssuer, startOidcIssuer } from './oidc-issuer.fixture.ts';
import { knows, untilShown } from './shown-pictures.fixture.ts';
import { storePicture } from './store-picture.fixture.ts';

describe('sign-in at an issuer', { skip: NO_CHROMIUM }, () => {
  let issuer: OidcIssuer;
  let gallery: Gallery;
  let publicUrl: string;
  /** An image of ada. */
  let id: string;
  before(async () => {
    const [port, issuersPort] = [await freePort(), await freePort()];
    publicUrl = `http://127.0.0.1:${port}`;
    issuer = await startOidcIssuer({ port: issuersPort, publicUrl });
    gallery = await startGallery({
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      AUTH: 'jwt',
      JWT_ISSUER: issuer.url,
      JWT_AUDIENCE: AUDIENCE,
      JWT_CLOCK_SKEW_SECONDS: '0',
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_SCOPES: 'openid offline_access images:read images:write',
      RATE_LIMITS: 'off',
    });
  });
  after(async () => {
    await gallery?.[Symbol.asyncDispose]();
    await issuer?.[Symbol.asyncDispose]();
  });

  const begin = (page: Page) => page.getByRole('button', { name: 'Sign in', exact: true }).click();

  /** What a person does at the issuer, from its sign-in page on. */
  async function signInAs(page: Page, user: string): Promise<void> {
    await begin(page);
    await page.locator('input[name="login"]').fill(user);
    await page.locator('input[name="password"]').fill('any');
    await page.locator('button[type="submit"]').click();
    await page.locator('button[type="submit"]', { hasText: 'Continue' }).click();
    await page.getByRole('button', { name: 'Account' }).waitFor();
  }

  const kept = (page: Page) =>
    page.evaluate<string>(
      'JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href])',
    );
  const pending = async (page: Page): Promise<{ state: string }> =>
    JSON.parse(await page.evaluate<string>(`sessionStorage.getItem('safelight-sign-in')`)) as { state: string };
  const tokenRequests = () => issuer.requests.filter((path) => path.startsWith('/token')).length;

  it('signs in with PKCE and returns to the same place, with nothing of it in the address or in storage', async () => {
    const { page, context } = await gallery.open({ path: '/?view=trash' });
    const complaints: string[] = []; // of our pages: those of the issuer load fonts from elsewhere
    page.on('console', (message) => {
      if (message.type() === 'error' && message.location().url.startsWith(publicUrl)) complaints.push(message.text());
    });
    const visited: string[] = [];
    const bearers = new Set<string>();
    page.on('request', (request) => {
      if (request.isNavigationRequest()) visited.push(request.url());
      const [, token] = /^Bearer (.+)$/.exec(request.headers()['authorization'] ?? '') ?? [];
      if (token !== undefined && request.url().startsWith(publicUrl)) bearers.add(token);
    });
    await signInAs(page, 'ada');
    assert.equal(page.url(), `${publicUrl}/?view=trash`);
    const asked = new URL(visited.find((url) => url.startsWith(`${issuer.url}/auth?`)) ?? '').searchParams;
    assert.equal(asked.get('redirect_uri'), `${publicUrl}/signed-in`);
    assert.equal(asked.get('code_challenge_method'), 'S256');
    assert.equal(asked.get('response_type'), 'code');
    for (const name of ['state', 'nonce', 'code_challenge']) assert.ok((asked.get(name) ?? '').length >= 43, name);

    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('Signed in as ada.').waitFor();
    const [token] = [...bearers];
    assert.equal(bearers.size, 1);
    assert.doesNotMatch(await kept(page), /code|eyJ|verifier/);
    assert.deepEqual(await context.cookies(publicUrl), []);
    id = await storePicture({ origin: publicUrl, seed: 1, key: token ?? '' });
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Photos' }).click();
    await untilShown(page, id);
    assert.deepEqual(complaints, []);

    // The code is for one use, also with the state of another sign-in.
    const returned = new URL(visited.find((url) => url.startsWith(`${publicUrl}/signed-in`)) ?? '');
    await page.goto(returned.href);
    await page.getByText("This sign-in wasn't begun here, or it has been used.").waitFor();
    assert.equal(page.url(), `${publicUrl}/`);
    await begin(page);
    await page.waitForURL(`${issuer.url}/**`);
    await page.goto(publicUrl);
    returned.searchParams.set('state', (await pending(page)).state);
    await page.goto(returned.href);
    await page.getByText("answered in a way that can't be trusted").waitFor();
    assert.equal(await knows(page, id), false);
    await context.close();
  });

  for (const [what, change, words] of [
    ['another state', { state: 'other' }, "This sign-in wasn't begun here"],
    ['the name of another issuer', { iss: 'https://evil.example' }, "answered in a way that can't be trusted"],
    ['no name of its issuer', { iss: undefined }, "answered in a way that can't be trusted"],
  ] as const) {
    it(`refuses an answer with ${what}, and asks for no token`, async () => {
      const { page, context } = await gallery.open();
      await begin(page);
      await page.waitForURL(`${issuer.url}/**`);
      await page.goto(publicUrl);
      const answer: Record<string, string | undefined> = {
        code: 'stolen',
        state: (await pending(page)).state,
        iss: issuer.url,
        ...change,
      };
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(answer)) if (value !== undefined) query.set(name, value);
      const before = tokenRequests();
      await page.goto(`${publicUrl}/signed-in?${query}`);
      await page.getByText(words).waitFor();
      assert.equal(tokenRequests(), before);
      assert.equal(page.url(), `${publicUrl}/`);
      assert.doesNotMatch(await kept(page), what === 'another state' ? /stolen/ : /stolen|verifier/);
      await context.close();
    });
  }

  it('leaves the holder of a token alone when a link of another page leads here', async () => {
    const { page, context } = await gallery.open();
    const handedOut = page.waitForResponse(`${issuer.url}/token`).then((answer) => answer.json());
    await signInAs(page, 'ada');
    const { access_token: token } = (await handedOut) as { readonly access_token: string };
    await context.close();

    const other = await gallery.open();
    await other.page.getByText('Use a key instead').click();
    await other.page.getByLabel('Access token or another token').fill(token);
    await other.page.getByRole('button', { name: 'Sign in with this key' }).click();
    await untilShown(other.page, id);
    await other.page.goto(`${publicUrl}/signed-in?code=foreign&state=foreign`);
    await untilShown(other.page, id);
    assert.equal(other.page.url(), `${publicUrl}/`);
    await other.context.close();
  });

  it('says so when somebody cancels, and can be tried again', async () => {
    const { page, context } = await gallery.open();
    await begin(page);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByText('You were not signed in.').waitFor();
    assert.doesNotMatch(await kept(page), /verifier|error/);
    await signInAs(page, 'ada');
    await untilShown(page, id);
    await context.close();
  });

  it('works on a machine whose clock is an hour off', async () => {
    for (const hours of [-1, 1]) {
      const context = await gallery.browser.newContext();
      const page = await context.newPage();
      await page.clock.setSystemTime(Date.now() + hours * 3_600_000);
      await page.goto(publicUrl);
      await signInAs(page, 'ada');
      await untilShown(page, id);
      await context.close();
    }
  });

  it('renews tokens while the issuer rotates them, and otherwise asks the person', async (test) => {
    test.after(() => Object.assign(issuer, { rotates: true, accessSeconds: 300 }));
    const { page, context } = await gallery.open();
    await signInAs(page, 'ada');
    // Not from the sign-in on: a busy machine may take longer to accept the first token.
    issuer.accessSeconds = 2;
    const refused = (route: Route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer ended' } });
    await page.route(`${publicUrl}/images?*`, refused, { times: 1 });
    const [start, renewal] = [tokenRequests(), page.getByRole('dialog', { name: 'Sign in again' })];
    const views = ['Trash', 'Photos'];
    /** Reads again and again, as a person who looks around, until the page has asked the issuer or the person. */
    const browseUntil = async (isDone: () => Promise<boolean>) => {
      while (!(await isDone())) {
        const view = views.reverse()[0] ?? '';
        if (!(await renewal.isVisible()))
          await page
            .getByRole('link', { name: view })
            .click({ timeout: 2_000 })
            .catch(() => {});
        await page.waitForLoadState('networkidle');
      }
    };
    await browseUntil(async () => tokenRequests() >= start + 2);
    assert.equal(await renewal.count(), 0, 'the person noticed nothing');
    while (issuer.underWay() > 0) await setTimeout(5); // a renewal that has begun still gets another refresh token
    issuer.rotates = false;
    const last = tokenRequests();
    await browseUntil(async () => tokenRequests() > last + 1 || (await renewal.isVisible()));
    assert.equal(tokenRequests(), last + 1, 'a refresh token that stays is used once');
    await context.close();
  });

  it('gives another tab the access token alone, and renews it for both', async (test) => {
    test.after(() => Object.assign(issuer, { accessSeconds: 300 }));
    const { page, context } = await gallery.open();
    const handedOut = page.waitForResponse(`${issuer.url}/token`).then((answer) => answer.json());
    await signInAs(page, 'ada');
    await untilShown(page, id);
    const { refresh_token } = (await handedOut) as { readonly refresh_token: string };
    const second = await context.newPage();
    await second.addInitScript(`
      globalThis.heard = [];
      new BroadcastChannel('safelight-tabs').addEventListener('message', ({ data }) => heard.push(JSON.stringify(data)));`);
    const requests: string[] = [];
    second.on('request', (request) => requests.push(request.url()));
    await second.goto(publicUrl);
    await untilShown(second, id);
    const before = tokenRequests();
    const refused = (route: Route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer ended' } });
    await second.route(`${publicUrl}/images?*`, refused, { times: 1 });
    await second.getByRole('link', { name: 'Trash' }).click();
    await second.getByText('The trash is empty.').waitFor();
    assert.equal(tokenRequests(), before + 1, 'the first tab asked the issuer once');
    assert.ok(!requests.some((url) => url.startsWith(issuer.url)), 'the second never asked it');
    const heard = await second.evaluate<string[]>('heard');
    assert.ok(heard.length >= 2 && !heard.some((text) => text.includes(refresh_token)), 'no refresh token is told');
    await context.close();
  });

  it('signs out here and at the issuer, also for the back button', async () => {
    const { page, context } = await gallery.open();
    const handedOut = page.waitForResponse(`${issuer.url}/token`).then((answer) => answer.json());
    await signInAs(page, 'ada');
    await untilShown(page, id);
    const { refresh_token } = (await handedOut) as { readonly refresh_token: string };
    const revocation = page.waitForRequest((request) => request.url().startsWith(`${issuer.url}/token/revocation`));
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('button[type="submit"]').first().click();
    await page.waitForURL((url) => url.origin === publicUrl);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    assert.equal(new URLSearchParams((await revocation).postData() ?? '').get('token'), refresh_token);
    for (let step = 0; step < 4; step += 1) {
      await page.goBack().catch(() => {});
      if (page.url().startsWith(publicUrl)) assert.equal(await knows(page, id), false, page.url());
    }
    await page.goto(publicUrl);
    await begin(page);
    await page.locator('input[name="login"]').waitFor(); // the issuer has forgotten the person too
    await context.close();
  });

  it('leaves the page usable while the issuer is away', async () => {
    await issuer[Symbol.asyncDispose]();
    const { page, context } = await gallery.open();
    await begin(page);
    await page.getByText("The sign-in service can't be reached.").waitFor();
    await context.close();
  });
});
