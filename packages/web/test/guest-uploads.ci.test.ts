import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { startClosedGallery } from './closed-gallery.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { type AlbumLinkJson, comeBack, createAlbum, linkTo, openLink } from './guests.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { chooserBy, dragOver, filesOf, heard, PATIENCE_MS, untilKept } from './uploads.fixture.ts';
import { until } from './viewer.fixture.ts';

const HOSTILE = '<img src=x onerror=globalThis.ran=1>';
const BOTH = { allow: ['view', 'contribute'] };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

interface Added {
  readonly image_id: string;
  readonly filename: string;
  readonly content_type: string;
  readonly added_by?: { readonly guest_id: string; readonly name: string | null };
}

/** JPEGs of these names, each with bytes of its own; HEIC by its ending. */
async function pictures(...names: readonly string[]): Promise<Record<string, Buffer>> {
  const made: Record<string, Buffer> = {};
  for (const [index, name] of names.entries()) {
    const type = /heic$/i.test(name) ? 'image/heic' : 'image/jpeg';
    made[name] = await testImage({ type, width: 96, height: 64, seed: 100 + index });
  }
  return made;
}

const own = (page: Page) => page.getByRole('region', { name: 'Your pictures' });
const row = (page: Page, name: string) => own(page).getByRole('listitem').filter({ hasText: name });
const says = (page: Page, words: string | RegExp) =>
  own(page).locator('header').getByText(words).waitFor({ timeout: PATIENCE_MS });
const add = (page: Page, paths: readonly string[]) => page.locator('[data-chooser=files]').setInputFiles([...paths]);
const addButton = (page: Page) => page.getByRole('button', { name: 'Add pictures' });

/** In the page: how many pictures this browser's list has as sent, of those that were added. */
const sent = (page: Page): Promise<number> =>
  page.evaluate(
    `Number(document.querySelector('section[aria-label="Your pictures"] header p')?.textContent.match(/^\\d+/)?.[0] ?? 0)`,
  );

async function untilSent(page: Page, count: number): Promise<void> {
  while ((await sent(page)) < count) await page.waitForTimeout(20);
}

/** In the page: changes each picture that this browser remembers. */
const remembered = (change: string) => `(async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const db = await done(indexedDB.open('safelight guest'));
  const store = db.transaction('pictures', 'readwrite').objectStore('pictures');
  for (const picture of await done(store.getAll())) await done(store.put({ ...picture, ${change} }));
  db.close();
})()`;

/** In the page: it looks at its queue only once `look` is called. */
const LATE_LOOK = `{
  const { setTimeout } = globalThis;
  const looks = [];
  globalThis.setTimeout = (run, ms, ...rest) => (ms === 100 ? looks.push(run) : setTimeout(run, ms, ...rest));
  globalThis.look = () => {
    if (looks.length === 0) throw new Error('the page has no timer of 100 ms');
    globalThis.setTimeout = setTimeout;
    for (const run of looks) run();
  };
}`;

describe('guests who add pictures by a link', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let first: string;
  before(async () => {
    gallery = await startGallery({ RATE_LIMITS: 'off' });
    first = await addPicture(gallery, { filename: 'first.jpg' });
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  const openGuest = async (link: AlbumLinkJson, options: Parameters<typeof openLink>[2] = {}) => {
    const opened = await openLink(gallery, link, options);
    return { ...opened, context: opened.page.context() };
  };
  /** An album with one picture, and a link of it. */
  async function shared(terms: object, fields: object = {}) {
    const album = await createAlbum(gallery, fields, [first]);
    return { album, link: await linkTo(gallery, album, terms) };
  }
  /** What guests added to an album, as its owner sees it. */
  async function addedTo(album: string): Promise<readonly Added[]> {
    const list = (await call(gallery, 'GET', `/images?album=${album}&limit=1000`)) as {
      readonly images: readonly Added[];
    };
    return list.images.filter(({ added_by }) => added_by !== undefined);
  }
  const namesOf = (added: readonly Added[]): readonly string[] => added.map(({ filename }) => filename).sort();
  const closedFor = async (context: BrowserContext, complaints: readonly string[], page: Page): Promise<void> => {
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await context.close();
  };

  it('adds 60 pictures from a phone exactly once, across a cut connection and a reload', async () => {
    const { album, link } = await shared(BOTH);
    const names = Array.from({ length: 60 }, (_, index) =>
      index % 10 === 4 ? `IMG_${index}.HEIC` : `IMG_${index}.jpg`,
    );
    await using files = await filesOf(await pictures(...names));
    const { page, context, complaints } = await openGuest(link, PHONE);
    await addButton(page).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    const chooser = await chooserBy(page, 'the button', () => addButton(page).tap());
    await chooser.setFiles([...files.paths]);
    await untilSent(page, 5);
    assert.deepEqual(await barriersOf(page), []);
    await context.setOffline(true);
    await own(page)
      .getByText(/^You're offline\. \d+ uploads continue when you're back\.$/)
      .waitFor();
    await context.setOffline(false);
    await untilSent(page, 20);
    await until(page, 'document.querySelectorAll(\'section[aria-label="Your pictures"] li\').length === 60');
    await page.reload();
    await says(page, '60 added');
    const added = await addedTo(album);
    assert.deepEqual(namesOf(added), [...names].sort());
    assert.equal(new Set(added.map(({ added_by }) => added_by?.guest_id)).size, 1, 'the same guest after the reload');
    assert.equal(added.filter(({ content_type }) => content_type === 'image/heic').length, 6);
    await page.getByText('61 pictures · shared until').waitFor();
    const small = await page.locator('section button:visible, section input:visible').evaluateAll((all) =>
      all.filter((one) => {
        const { width, height } = one.getBoundingClientRect();
        return Math.min(width, height) < 44;
      }),
    );
    assert.equal(small.length, 0, 'a finger hits each button');
    assert.deepEqual(await barriersOf(page), []);
    const others = complaints.filter((one) => !one.includes('ERR_INTERNET_DISCONNECTED'));
    await closedFor(context, others, page);
  });

  it('sends again what was cut off, and the service takes it once', async () => {
    const { album, link } = await shared(BOTH);
    await using files = await filesOf(await pictures('one.jpg', 'two.jpg'));
    const { page, context } = await openGuest(link);
    /** The first request of a kind reaches the service, and its answer is lost. */
    const lostOnce = () => {
      let isFirst = true;
      return async (route: Route): Promise<void> => {
        if (route.request().method() === 'GET' || !isFirst) return route.fallback();
        isFirst = false;
        await route.fetch();
        await route.abort('connectionreset');
      };
    };
    let puts = 0;
    await page.route(/\/uploads\?/, lostOnce());
    await page.route(/\/complete\?/, lostOnce());
    await page.route(/.*/, (route) => {
      if (route.request().method() !== 'PUT') return route.fallback();
      puts += 1;
      return puts === 1 ? route.abort('connectionreset') : route.fallback();
    });
    await add(page, files.paths);
    await says(page, '2 added');
    assert.deepEqual(namesOf(await addedTo(album)), ['one.jpg', 'two.jpg']);
    await page.locator('[data-image]').nth(2).waitFor();
    await context.close();
  });

  it('is one guest in two tabs, which send nothing twice', async () => {
    const { album, link } = await shared(BOTH);
    const names = Array.from({ length: 12 }, (_, index) => `tab-${index}.jpg`);
    await using files = await filesOf(await pictures(...names));
    const { page, context } = await openGuest(link);
    await page.route(/\/complete\?/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.fallback();
    });
    await add(page, files.paths);
    await untilSent(page, 1);
    const other = await context.newPage();
    await other.goto(link.page_url);
    await says(page, '12 added');
    await says(other, '12 added');
    assert.deepEqual(namesOf(await addedTo(album)), [...names].sort());
    await context.close();
  });

  it('takes back within an hour, from the same browser alone', async () => {
    const { album, link } = await shared(BOTH);
    await using files = await filesOf(await pictures('mine.jpg', 'stays.jpg'));
    const { page, context, complaints } = await openGuest(link);
    await add(page, files.paths);
    await says(page, '2 added');
    const [mine] = (await addedTo(album)).filter(({ filename }) => filename === 'mine.jpg');

    const stranger = await openGuest(link);
    await stranger.page.getByRole('link', { name: 'mine.jpg' }).waitFor();
    await addButton(stranger.page).waitFor();
    assert.equal(await own(stranger.page).count(), 0);
    const refused = await fetch(link.url.replace('?', `/uploads/${mine?.image_id}?`), {
      method: 'DELETE',
      headers: { 'guest-secret': 'another'.repeat(6) },
    });
    assert.equal(refused.status, 404);
    await stranger.context.close();

    await page.reload();
    await page.getByRole('button', { name: 'Show the list' }).click();
    await own(page).getByRole('button', { name: 'Take back mine.jpg' }).press('Enter');
    await page.locator('[data-toast]').getByText('mine.jpg is taken back.').waitFor();
    await row(page, 'mine.jpg').waitFor({ state: 'detached' });
    await until(page, "document.activeElement.ariaLabel === 'Take back stays.jpg'");
    await page.getByRole('link', { name: 'mine.jpg' }).waitFor({ state: 'detached' });
    await page.getByText('2 pictures · shared until').waitFor();
    assert.deepEqual(namesOf(await addedTo(album)), ['stays.jpg']);

    await page.evaluate(remembered('grantedAt: picture.grantedAt - 3_600_001'));
    await page.reload();
    await page.getByRole('button', { name: 'Show the list' }).click();
    await row(page, 'stays.jpg').getByText('Added').waitFor();
    assert.equal(
      await own(page)
        .getByRole('button', { name: /Take back/ })
        .count(),
      0,
    );
    assert.deepEqual(await barriersOf(page), []);
    await closedFor(context, complaints, page);
  });

  it('ends exactly at the most pictures of the link, and says so', async () => {
    const { album, link } = await shared({ ...BOTH, max_images: 3 });
    await using files = await filesOf(await pictures('1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg'));
    const { page, context, complaints } = await openGuest(link);
    await add(page, files.paths);
    await says(page, '3 added · 2 not added');
    await heard(page, "3 pictures added. 2 pictures weren't added.");
    assert.equal(await own(page).getByText('This link takes no more pictures.').count(), 2);
    assert.equal((await addedTo(album)).length, 3);
    assert.deepEqual(await barriersOf(page), []);
    await call(gallery, 'PATCH', `/albums/${album}/links/${link.link_id}`, { max_images: 4 });
    await own(page)
      .getByRole('button', { name: /^Try again/ })
      .first()
      .click();
    await says(page, '4 added · 1 not added');
    await own(page)
      .getByRole('button', { name: /^Remove .* from the list$/ })
      .click();
    await says(page, /^4 added$/);
    await closedFor(context, complaints, page);
  });

  it('is a drop box that shows nothing of the album, and remembers the name of its guest', async () => {
    const { album, link } = await shared({ allow: ['contribute'] }, { description: 'For the team' });
    await using files = await filesOf({ ...(await pictures('a.jpg')), 'notes.txt': 'no picture' });
    const { page, context, complaints } = await openGuest(link);
    await page.getByRole('heading', { name: 'Lisbon' }).waitFor();
    await page.getByText('For the team').waitFor();
    await page.getByText('Only the owner sees them.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.getByLabel('Your name').fill(' Anna ');
    await page.keyboard.press('Tab');
    await page.locator('main').press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Add pictures').waitFor();
    await page.keyboard.press('Escape');
    const chooser = await chooserBy(page, 'the key u', () => page.keyboard.press('u'));
    await chooser.setFiles([...files.paths]);
    await says(page, '1 added · 1 not added');
    await row(page, 'notes.txt').getByText("This file isn't a picture that we support.").waitFor();
    assert.deepEqual(
      (await addedTo(album)).map(({ added_by }) => added_by?.name),
      ['Anna'],
    );
    assert.equal(await page.locator('[data-image]').count(), 0);
    await page.reload();
    await row(page, 'a.jpg').getByText('Added').waitFor();
    assert.equal((await page.getByLabel('Your name').inputValue()).trim(), 'Anna');
    assert.deepEqual(await barriersOf(page), []);
    await closedFor(context, complaints, page);
  });

  it('takes what is dropped on the page, and names of files and guests for text', async () => {
    const { album, link } = await shared(BOTH, { title: HOSTILE });
    const name = '<img src=x onerror=ran=1>.jpg';
    await using files = await filesOf(await pictures(name));
    const { page, context, complaints } = await openGuest(link);
    await page.getByLabel('Your name').fill(HOSTILE);
    await (await dragOver(page, files.paths)).drop();
    await row(page, name).getByText('Added').waitFor();
    await page.locator('[data-image]').nth(1).waitFor();
    assert.equal(await page.evaluate('globalThis.ran'), undefined);
    assert.deepEqual(
      (await addedTo(album)).map(({ filename, added_by }) => [filename, added_by?.name]),
      [[name, HOSTILE]],
    );
    await closedFor(context, complaints, page);
  });

  it('opens the list also for a picture that is sent before the page looks at its queue', async () => {
    const { link } = await shared(BOTH);
    await using files = await filesOf(await pictures('a.jpg'));
    const { page, context } = await gallery.open({ path: 'about:blank' });
    await context.addInitScript(LATE_LOOK);
    await page.goto(link.page_url);
    const completed = page.waitForResponse(/\/complete\?/);
    await add(page, files.paths);
    await completed;
    await untilKept(page, 0, `guest ${link.link_id}`);
    await page.evaluate('look()');
    await says(page, /^1 added$/);
    await row(page, 'a.jpg').getByText('Added').waitFor();
    await context.close();
  });

  it('keeps what waits until the password is entered again', async () => {
    const { album, link } = await shared({ ...BOTH, password: 'correct horse' });
    await using files = await filesOf(await pictures('a.jpg', 'b.jpg'));
    const { page, context } = await openGuest(link);
    await page.getByLabel('Password').fill('correct horse');
    await page.keyboard.press('Enter');
    await addButton(page).waitFor();
    await call(gallery, 'PATCH', `/albums/${album}/links/${link.link_id}`, { password: 'battery staple' });
    await add(page, files.paths);
    const again = page.getByRole('dialog', { name: 'Enter the password again' });
    await again.waitFor();
    await own(page).getByText('The password is needed before more is sent.').waitFor();
    await again.getByLabel('Password').fill('battery staple');
    await page.keyboard.press('Enter');
    await says(page, '2 added');
    assert.equal((await addedTo(album)).length, 2);
    await context.close();
  });

  it('says that the link takes no more pictures, or has ended, beside what became of each', async () => {
    const { album, link } = await shared(BOTH);
    const path = `/albums/${album}/links/${link.link_id}`;
    await using files = await filesOf(await pictures('a.jpg', 'b.jpg', 'c.jpg'));
    const [a = '', b = '', c = ''] = files.paths;
    const { page, context } = await openGuest(link);
    await add(page, [a]);
    await says(page, '1 added');
    await call(gallery, 'PATCH', path, { allow: ['view'] });
    await add(page, [b]);
    await row(page, 'b.jpg').getByText('Pictures can’t be added by this link any more.').waitFor();
    await addButton(page).waitFor({ state: 'detached' });
    await row(page, 'a.jpg').getByText('Added').waitFor();
    assert.equal(
      await own(page)
        .getByRole('button', { name: /Take back/ })
        .count(),
      0,
    );
    assert.deepEqual(await barriersOf(page), []);
    await call(gallery, 'PATCH', path, BOTH);
    await comeBack(page);
    await addButton(page).waitFor();
    await call(gallery, 'DELETE', path);
    await add(page, [c]);
    await page.getByRole('alert').getByText('These pictures are no longer shared.').waitFor();
    await row(page, 'c.jpg').getByText('The link has ended.').waitFor();
    await row(page, 'a.jpg').getByText('Added').waitFor();
    assert.equal(await page.locator('[data-image]').count(), 0);
    assert.deepEqual(await barriersOf(page), []);
    await context.close();
  });

  it('asks to leave the page open where the browser keeps nothing', async () => {
    const { album, link } = await shared(BOTH);
    await using files = await filesOf(await pictures('a.jpg'));
    const { page, context } = await gallery.open({ path: 'about:blank' });
    await context.addInitScript("indexedDB.open = () => { throw new DOMException('none', 'SecurityError'); };");
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await page.route(/\/complete\?/, async (route) => {
      await waiting;
      await route.fallback();
    });
    await page.goto(link.page_url);
    await add(page, files.paths);
    await own(page).getByText('Leave this page open until all is sent.').waitFor();
    goOn();
    await row(page, 'a.jpg').getByText('Added').waitFor();
    await own(page).getByText('Leave this page open').waitFor({ state: 'detached' });
    assert.equal((await addedTo(album)).length, 1);
    await context.close();
  });
});

it('pictures wait for the owner where the link says so', { skip: NO_CHROMIUM }, async () => {
  await using gallery = await startClosedGallery({ RATE_LIMITS: 'off' });
  const key = await gallery.keyOf('me');
  const json = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const init = {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await gallery.as(key, path, init);
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return (await answer.json()) as Answer;
  };
  const { album_id: album } = await json<{ readonly album_id: string }>('POST', '/albums', { title: 'Lisbon' });
  const link = await json<AlbumLinkJson>('POST', `/albums/${album}/links`, { ...BOTH, approve: true });
  await using files = await filesOf(await pictures('good.jpg', 'bad.jpg'));
  const { page, complaints } = await openLink(gallery, link);
  await page.getByText('The owner looks at each picture before it appears.').waitFor();
  await add(page, files.paths);
  await says(page, '2 wait for the owner');
  await heard(page, '2 pictures are sent, and not yet decided.');
  assert.deepEqual(await barriersOf(page), []);
  const { images } = await json<{ readonly images: readonly Added[] }>('GET', `/albums/${album}/contributions`);
  for (const { image_id, filename } of images) {
    const verdict = filename === 'good.jpg' ? 'pass' : 'refuse';
    await json('PUT', `/albums/${album}/contributions/${image_id}`, { verdict });
  }
  await comeBack(page);
  await row(page, 'good.jpg').getByText('Added').waitFor();
  await row(page, 'bad.jpg').getByText('It was not accepted.').waitFor();
  await page.getByRole('link', { name: 'good.jpg' }).waitFor();
  assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
});
