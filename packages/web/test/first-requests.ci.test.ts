import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page, Request } from 'playwright-core';
import { eventually } from '../../../test/acceptance/eventually.ts';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { knows, untilShown } from './shown-pictures.fixture.ts';

const ORDERS = ['newest', 'taken-newest'];

/** Every request for what the page must know before it shows pictures, in order. */
function asked(page: Page): { readonly paths: string[]; readonly requests: readonly Request[] } {
  const paths: string[] = [];
  const requests: Request[] = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    const isList = pathname === '/images' && ORDERS.includes(searchParams.get('order') ?? '');
    if (!isList && pathname !== '/app.json' && pathname !== '/whoami') return;
    requests.push(request);
    paths.push(isList && searchParams.has('user_id') ? `${pathname} of ${searchParams.get('user_id')}` : pathname);
  });
  return { paths, requests };
}

/** Loads the page while the gallery's module isn't answered, until the function that is returned is called. */
async function loadedWithoutModule(page: Page, origin: string): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route('**/assets/index-*.js', async (route) => {
    await held.promise;
    await route.continue();
  });
  await page.goto(origin, { waitUntil: 'commit' });
  return held.resolve;
}

describe('the first requests of an open service', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let id: string;
  before(async () => {
    gallery = await startGallery();
    id = await gallery.seed(1);
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it('are sent before the module has arrived, and none of them twice', async () => {
    for (const user of [undefined, 'me', 'M. & Söhne']) {
      const { page, context, complaints } = await gallery.open({ path: 'about:blank' });
      const { paths } = asked(page);
      const ofUser = user === undefined ? '/images' : `/images of ${user}`;
      const isEarly = user !== 'M. & Söhne'; // no header has this name as it is
      const release = await loadedWithoutModule(
        page,
        `${gallery.service.origin}/${user ? `?user=${encodeURIComponent(user)}` : ''}`,
      );
      await eventually(async () => assert.deepEqual(paths, isEarly ? ['/app.json', ofUser] : ['/app.json']));
      release();
      if (isEarly) await untilShown(page, id);
      else await page.getByText('has no pictures yet').waitFor();
      await page.waitForLoadState('networkidle');
      assert.deepEqual(paths, ['/app.json', ofUser]);
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });

  it('send no credential that the tab keeps from another service', async () => {
    const { page, context } = await gallery.open({ path: 'about:blank' });
    await context.addInitScript(`
      sessionStorage.setItem('safelight-credential', 'safelight_secret');
      sessionStorage.setItem('safelight-caller', '{"kind":"user","scopes":["images:read"],"users":["ada"]}');
    `);
    const { requests } = asked(page);
    await page.goto(gallery.service.origin);
    await untilShown(page, id);
    for (const request of requests) assert.ok(!JSON.stringify(await request.allHeaders()).includes('secret'));
    await context.close();
  });
});

describe('the first requests of a service with authentication', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  let ids: Readonly<Record<'ada' | 'bob', string>>;
  let keys: Readonly<Record<'ada' | 'bob', string>>;
  before(async () => {
    gallery = await startClosedGallery();
    keys = { ada: await gallery.keyOf('ada'), bob: await gallery.keyOf('bob') };
    ids = { ada: await gallery.seedAs(keys.ada, 1), bob: await gallery.seedAs(keys.bob, 2) };
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it('after a reload are sent before the module has arrived; without somebody there is only one', async () => {
    const { page, context, complaints } = await gallery.open();
    const { paths } = asked(page);
    await page.reload();
    await page.getByLabel('API key or token').waitFor();
    assert.deepEqual(paths.splice(0), ['/app.json']);
    await signIn(page, keys.ada);
    await untilShown(page, ids.ada);
    paths.splice(0);
    const release = await loadedWithoutModule(page, gallery.service.origin);
    const all = ['/app.json', '/whoami', '/images of ada'];
    await eventually(async () => assert.deepEqual(paths, all));
    release();
    await untilShown(page, ids.ada);
    await page.waitForLoadState('networkidle');
    assert.deepEqual(paths, all);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('are for nothing if the key is of somebody else than the tab remembers', async () => {
    const { page, context } = await gallery.open();
    await signIn(page, keys.ada);
    await untilShown(page, ids.ada);
    await page.evaluate(`sessionStorage.setItem('safelight-credential', '${keys.bob}')`);
    const { paths } = asked(page);
    await page.reload();
    await untilShown(page, ids.bob);
    assert.deepEqual(paths, ['/app.json', '/whoami', '/images of ada', '/images of bob']);
    assert.equal(await knows(page, ids.ada), false);
    await context.close();
  });
});
