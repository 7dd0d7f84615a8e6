import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { decompressionBomb, paddedPng, testImage, truncated } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import {
  choose,
  chooserBy,
  dragOver,
  faultsAmong,
  filesOf,
  focusIn,
  heard,
  hintOf,
  listed,
  reasonsIn,
  saying,
  trayOf,
  untilKept,
  untilReady,
} from './uploads.fixture.ts';
import { until } from './viewer.fixture.ts';

const MB = 1_048_576;
const ALWAYS = 'image/jpeg,image/png,image/webp,image/gif,image/avif';
/** Those that a service may not take. */
const NEWER = /heic|tiff/;
const HEIC = '\0\0\0\x18ftypheic\0\0\0\0mif1heic';
const IMAGES_ALLOWED = 12;

/** Tiny, and another one for each seed. */
const picture = (seed: number, type: 'image/jpeg' | 'image/png' = 'image/jpeg'): Promise<Buffer> =>
  testImage({ type, width: 48, height: 32, seed });

describe('uploads', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({
      LOG_LEVEL: 'silent',
      MAX_UPLOAD_BYTES: String(20 * MB),
      USAGE: 'on',
      QUOTA_IMAGES: String(IMAGES_ALLOWED),
    });
  });
  after(() => gallery?.[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const context of gallery.browser.contexts()) await context.close();
    await clean();
  });

  const clean = async (): Promise<void> => {
    for (const { image_id } of await listed(gallery.service.origin))
      await fetch(`${gallery.service.origin}/images/${image_id}?user_id=me&permanent=true`, { method: 'DELETE' });
  };

  it('are asked for before the part of the page that takes them is there', async () => {
    const { page, context } = await gallery.open({ path: 'about:blank' });
    const held = Promise.withResolvers<void>();
    await context.route('**/assets/uploads-*.js', async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.goto(gallery.service.origin);
    const chooser = page.waitForEvent('filechooser');
    await page.locator('#upload').click();
    held.resolve();
    await untilReady(page); // Playwright's looks count as acts of the person: Chromium opens no dialog 5 s after the last one
    assert.equal(await (await chooser).element().getAttribute('data-chooser'), 'files');
  });

  it('start, are followed and become pictures by keyboard alone', async () => {
    await using files = await filesOf({ 'a.jpg': await picture(1), 'b.jpg': await picture(2) });
    const { page, complaints } = await gallery.open();
    await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
    await untilReady(page);
    const chooser = await chooserBy(page, 'Enter', () => page.locator('#upload').press('Enter'));
    assert.equal(chooser.isMultiple(), true);
    assert.equal(
      await chooser.element().getAttribute('accept'),
      `${ALWAYS},image/heic,image/tiff,.heic,.heif,.hif,.tif,.tiff`,
    );
    await chooser.setFiles([...files.paths]);
    await trayOf(page).getByRole('button', { name: 'Show the list' }).press('Enter');
    await heard(page, '2 pictures uploaded.');
    await page.locator('[data-image]').nth(1).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape');
    assert.equal(await focusIn(page), 'Show the list');
    await trayOf(page).getByRole('button', { name: 'Clear' }).press('Enter');
    await trayOf(page).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.activeElement.id'), 'upload');
    assert.deepEqual((await listed(gallery.service.origin)).map(({ filename }) => filename).toSorted(), [
      'a.jpg',
      'b.jpg',
    ]);
    assert.deepEqual(faultsAmong(complaints), []);
  });

  it('are chosen and looked at by the types that the service names', async () => {
    await using files = await filesOf({ 'IMG_1.HEIC': HEIC, 'scan.tif': 'II*\0' });
    const { page, context } = await gallery.open({ path: 'about:blank' });
    await context.route('**/app.json', async (route) => {
      const answer = await route.fetch();
      const info = (await answer.json()) as { image_types: { content_type: string }[] };
      const image_types = info.image_types.filter(({ content_type }) => !NEWER.test(content_type));
      await route.fulfill({ response: answer, json: { ...info, image_types } });
    });
    const asked: string[] = [];
    page.on('request', (one) => asked.push(`${one.method()} ${new URL(one.url()).pathname} ${one.resourceType()}`));
    await page.goto(gallery.service.origin);
    await untilReady(page);
    const chooser = await chooserBy(page, 'a click', () => page.locator('#upload').click());
    assert.equal(await chooser.element().getAttribute('accept'), ALWAYS);
    await chooser.setFiles([...files.paths]);
    await saying(page, '2 not uploaded');
    assert.deepEqual(await reasonsIn(page), {
      'IMG_1.HEIC':
        "HEIC files aren't supported here. On the iPhone choose Settings > Camera > Formats > Most Compatible, or export this one as JPEG.",
      'scan.tif': "TIFF files aren't supported here. Export this one as JPEG.",
    });
    assert.ok(!asked.some((one) => one.startsWith('POST /uploads ')), 'nothing was sent');
    assert.ok(!asked.includes('GET / fetch'), 'the page knows the types');
  });

  it('that are refused say why, in words for people, and their names stay text', async () => {
    const jpeg = await testImage({ type: 'image/jpeg', width: 200, height: 150 });
    const png = await testImage({ type: 'image/png', width: 200, height: 150 });
    const hostile = '<img src=x onerror=alert(1)>.jpg';
    const UNKNOWN = "This file isn't a picture that we support. Choose a JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF.";
    const EARLY = 'This file is damaged: the picture ends too early. Try exporting it again.';
    const cases: Readonly<Record<string, readonly [string | Uint8Array, string]>> = {
      'text.jpg': ['hello', UNKNOWN],
      [hostile]: ['hello', UNKNOWN],
      'notes.pdf': ['%PDF-1.7', "PDF files aren't supported here. Export its pages as JPEG."],
      'empty.png': ['', 'This file is empty. Choose another one.'],
      'film.mov': ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', "This is a video, which isn't supported. Choose a picture."],
      'large.png': [paddedPng(png, 21 * MB), '21 MB is over the limit of 20 MB.'],
      'bomb.png': [
        decompressionBomb(),
        'This file says it is 65,536 × 65,536 pixels, far over the limit of 52.4 megapixels. Export a smaller copy.',
      ],
      'cut.jpg': [truncated(jpeg), EARLY],
      'cut.png': [truncated(png), EARLY],
    };
    await using files = await filesOf(
      Object.fromEntries(Object.entries(cases).map(([name, [bytes]]) => [name, bytes])),
    );
    const { page } = await gallery.open();
    await choose(page, files.paths);
    await saying(page, `${files.paths.length} not uploaded`);
    await heard(page, `${files.paths.length} files weren't uploaded.`);
    const expected = Object.fromEntries(Object.entries(cases).map(([name, [, words]]) => [name, words]));
    assert.deepEqual(await reasonsIn(page), expected);
    assert.equal(await page.locator('img[src=x]').count(), 0);
    assert.deepEqual(await barriersOf(page), []);

    const remove = trayOf(page).getByRole('button', { name: /^Remove/ });
    const groups = await remove.count();
    await remove.first().press('Enter');
    await remove.nth(groups - 1).waitFor({ state: 'detached' });
    assert.match(await focusIn(page), /^(?:Remove|Try|\d+ files)/, 'the neighbour has the focus');
    await trayOf(page).getByRole('button', { name: 'Hide the list' }).click();
    assert.deepEqual(await barriersOf(page), []);
    assert.deepEqual(await listed(gallery.service.origin), []);
  });

  it('take one line beside a single picture, and its details can be read to their end', async () => {
    await using files = await filesOf({ 'a.jpg': await picture(8), 'b.jpg': 'no picture' });
    const { page } = await gallery.open();
    await page.setViewportSize({ width: 1_000, height: 400 });
    await choose(page, files.paths);
    await saying(page, '1 uploaded · 1 not uploaded');
    await trayOf(page).getByRole('button', { name: 'Hide the list' }).waitFor();
    await page.locator('[data-image]').first().focus();
    await page.keyboard.press('Enter');
    const show = trayOf(page).getByRole('button', { name: 'Show the list' });
    await show.waitFor();
    await page.getByRole('button', { name: 'Details' }).click();
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText('SHA-256').waitFor();
    const last = details.locator('dl > div').last();
    await details.evaluate((one: { scrollTo(x: number, y: number): void }) => one.scrollTo(0, 9_999));
    const [end, tray] = [await last.boundingBox(), await trayOf(page).boundingBox()];
    assert.ok(end && tray && end.y + end.height <= tray.y, `${JSON.stringify({ end, tray })}`);
    await show.click();
    assert.deepEqual(Object.keys(await reasonsIn(page)), ['b.jpg']);
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape'); // hides the list
    await page.keyboard.press('Escape'); // and leaves the details
    await details.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await trayOf(page).getByRole('button', { name: 'Hide the list' }).waitFor();
  });

  it('of a folder wait while offline, whatever else is in it, and can be canceled', async () => {
    const bytes = await picture(3);
    const pictures = Array.from(
      { length: 230 },
      (_, index) => [`trip/day ${index % 2}/p ${index}.jpg`, bytes] as const,
    );
    const others = ['trip/.DS_Store', 'trip/day 1/notes.txt', 'trip/day 1/._p 1.jpg'].map(
      (name) => [name, 'x'] as const,
    );
    await using files = await filesOf(Object.fromEntries([...pictures, ...others]));
    const { page, context } = await gallery.open();
    await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor(); // nothing below the pointer changes any more
    const first = await dragOver(page, [`${files.folder}/trip`]);
    assert.deepEqual(await barriersOf(page), []);
    await first.leave();
    await hintOf(page).waitFor({ state: 'detached' });

    await context.setOffline(true);
    const second = await dragOver(page, [`${files.folder}/trip`]);
    await second.drop();
    await hintOf(page).waitFor({ state: 'detached' });
    await saying(page, "You're offline. 230 uploads continue when you're back.");
    await heard(page, "You're offline.");
    await trayOf(page).getByRole('button', { name: 'Show the list' }).click();
    await trayOf(page).getByText('and 30 more').waitFor();
    await trayOf(page).getByText('3 other files were skipped.').waitFor();
    const rows = trayOf(page).getByRole('list', { name: 'In progress' }).getByRole('listitem');
    assert.equal(await rows.count(), 200);
    assert.match(await rows.first().innerText(), /^p 0\.jpg/);
    await page.getByRole('button', { name: 'Cancel p 0.jpg' }).press('Enter');
    await saying(page, '229 uploads continue');
    assert.equal(await focusIn(page), 'Cancel p 2.jpg', 'the neighbour has the focus');
    await trayOf(page).getByRole('button', { name: 'Cancel all' }).click();
    await saying(page, 'Nothing uploaded');
  });

  it('pause, resume, fail when the space is full, and are tried again', async () => {
    const names = Array.from({ length: IMAGES_ALLOWED + 1 }, (_, index) => `p ${index}.jpg`);
    const contents = await Promise.all(names.map(async (name, index) => [name, await picture(20 + index)] as const));
    await using files = await filesOf(Object.fromEntries(contents));
    const { page, context } = await gallery.open();
    await untilReady(page);
    await context.setOffline(true);
    await choose(page, files.paths);
    await saying(page, `${names.length} uploads continue`);
    await trayOf(page).getByRole('button', { name: 'Pause uploads' }).press('Enter');
    await saying(page, `0 of ${names.length} · Paused`);
    assert.equal(await focusIn(page), 'Resume uploads');
    await context.setOffline(false);
    assert.deepEqual(await listed(gallery.service.origin), []);
    await page.keyboard.press('Enter');
    await saying(page, `${IMAGES_ALLOWED} uploaded · 1 not uploaded`);
    const [words] = Object.values(await reasonsIn(page));
    assert.match(
      words ?? '',
      /^Your space is full: \d+ of 12 pictures used\. Delete something, or ask an administrator for more\.$/,
    );
    await clean();
    await trayOf(page)
      .getByRole('button', { name: /^Try .* again$/ })
      .press('Enter');
    await saying(page, `${IMAGES_ALLOWED + 1} uploaded`);
    assert.equal((await listed(gallery.service.origin)).length, 1);
  });

  it('survive a reload, and so do the reasons; a file that the browser kept no copy of is asked for', async () => {
    const large = paddedPng(await picture(1, 'image/png'), 16 * MB);
    await using files = await filesOf({ 'a.jpg': await picture(41), 'text.jpg': 'hello', 'large.png': large });
    const { page, context } = await gallery.open({ path: 'about:blank' });
    const session = await context.newCDPSession(page);
    // Before the page opens its database: Chromium goes on using the room that it found then.
    await session.send('Storage.overrideQuotaForOrigin', { origin: gallery.service.origin, quotaSize: 8 * MB });
    await page.goto(gallery.service.origin);
    await untilReady(page);
    const cut = /\/uploads$/;
    await context.route(cut, (route) => route.abort());
    await choose(page, files.paths);
    await saying(page, 'The connection is gone. 2 uploads continue when it is back.');
    await untilKept(page, 2);
    await page.reload();
    await saying(page, /0 of 3|The connection is gone/);
    await context.unroute(cut);
    await saying(page, '1 uploaded · 2 not uploaded');
    assert.deepEqual(Object.keys(await reasonsIn(page)), ['text.jpg']);
    const again = trayOf(page).getByRole('button', { name: 'Choose this file again' });
    await (await chooserBy(page, 'Enter', () => again.press('Enter'))).setFiles([...files.paths]);
    await saying(page, '2 uploaded · 1 not uploaded');
    assert.deepEqual((await listed(gallery.service.origin)).map(({ filename }) => filename).toSorted(), [
      'a.jpg',
      'large.png',
    ]);
  });

  it('warn before the page is left only if something would be lost', async () => {
    await using files = await filesOf({ 'a.jpg': await picture(51) });
    for (const keepsFiles of [true, false]) {
      const { page, context } = await gallery.open({ path: 'about:blank' });
      if (!keepsFiles) await page.addInitScript('delete globalThis.indexedDB');
      await page.goto(gallery.service.origin);
      await untilReady(page);
      await context.setOffline(true);
      await choose(page, files.paths);
      await saying(page, '1 upload continues');
      if (keepsFiles) await untilKept(page, 1);
      const asked: string[] = [];
      page.on('dialog', async (dialog) => {
        asked.push(dialog.type());
        await dialog.dismiss();
      });
      // By another page: Chromium may end with a tab that closes by itself.
      const left = await page.goto('about:blank').then(
        () => true,
        () => false,
      );
      assert.deepEqual([asked, left], keepsFiles ? [[], true] : [['beforeunload'], false]);
      if (!keepsFiles) await saying(page, '1 upload continues');
      await context.close();
    }
  });

  it('go on when another user’s pictures are shown', async () => {
    const many = 8; // an upload of an earlier test may still hold its place in the quota
    const pictures = Array.from({ length: many }, (_, seed) =>
      testImage({ type: 'image/jpeg', width: 32, height: 24, seed: 500 + seed }),
    );
    const bytes = await Promise.all(pictures);
    await using files = await filesOf(Object.fromEntries(bytes.map((one, index) => [`many-${index}.jpg`, one])));
    const { page, context } = await gallery.open();
    await choose(page, files.paths);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByLabel('Whose pictures').fill('somebody');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await saying(page, `${many} uploaded`);
    const mine = (await listed(gallery.service.origin)).filter(({ filename }) => filename.startsWith('many-'));
    assert.equal(mine.length, many);
    await context.close();
  });

  it('go on when another user is chosen to upload as', async () => {
    await using files = await filesOf({ 'a.jpg': await picture(61), 'b.jpg': await picture(62) });
    const { page } = await gallery.open();
    await untilReady(page);
    const held = Promise.withResolvers<void>();
    await page.route('**/uploads', async (route) => {
      await held.promise;
      await route.continue();
    });
    await choose(page, files.paths);
    await saying(page, '0 of 2');
    const uploadAs = async (user: string): Promise<void> => {
      await page.getByRole('button', { name: 'Account' }).click();
      await page.getByLabel('Upload as').fill(user);
      await page.getByRole('button', { name: 'Set' }).click();
      await page.keyboard.press('Escape');
    };
    await uploadAs('somebody');
    await page.getByText('The uploads for').waitFor();
    await trayOf(page).waitFor({ state: 'detached' });
    await uploadAs('me');
    await saying(page, '0 of 2');
    await uploadAs('somebody');
    held.resolve();
    await page.locator('[data-image]').nth(1).waitFor();
    assert.equal((await listed(gallery.service.origin)).length, 2);
    assert.deepEqual(await listed(gallery.service.origin, 'user_id=somebody'), []);
  });

  it('stay paused when the last tab is closed, and the title counts them beside the name of the open picture', async () => {
    await using files = await filesOf({ 'a.jpg': await picture(73), 'b.jpg': await picture(74) });
    const { page, context } = await gallery.open();
    await untilReady(page);
    assert.equal(await page.title(), 'Safelight');
    await context.route(/\/uploads$/, (route) => route.abort());
    await choose(page, files.paths);
    await saying(page, '2 uploads continue');
    assert.equal(await page.title(), '0 of 2 · Safelight');
    await untilKept(page, 2);
    await trayOf(page).getByRole('button', { name: 'Pause uploads' }).click();
    await saying(page, '0 of 2 · Paused');
    await page.close();
    await context.unroute(/\/uploads$/);

    const later = await context.newPage();
    await later.goto(gallery.service.origin);
    await saying(later, '0 of 2 · Paused');
    await trayOf(later).getByRole('button', { name: 'Resume uploads' }).click();
    await saying(later, '2 uploaded');
    assert.equal(await later.title(), 'Safelight');
    await later.getByRole('link', { name: 'b.jpg' }).click();
    await until(later, `document.title === 'b.jpg · Safelight'`);
    await later.keyboard.press('Escape');
    await until(later, `document.title === 'Safelight'`);

    // A pause whose uploads were all canceled isn't one of later uploads.
    await context.route(/\/uploads$/, (route) => route.abort());
    await using more = await filesOf({ 'c.jpg': await picture(75) });
    await choose(later, more.paths);
    await trayOf(later).getByRole('button', { name: 'Pause uploads' }).click();
    await saying(later, '2 of 3 · Paused');
    await trayOf(later).getByRole('button', { name: 'Show the list' }).click();
    await trayOf(later).getByRole('button', { name: 'Cancel c.jpg' }).click();
    await until(later, `Object.keys(localStorage).every((key) => !key.startsWith('safelight-paused'))`);
  });

  it('are paused in every tab of the browser', async () => {
    await using files = await filesOf({ 'a.jpg': await picture(71), 'b.jpg': await picture(72) });
    const { page, context } = await gallery.open();
    await untilReady(page);
    await context.route(/\/uploads$/, (route) => route.abort());
    await choose(page, files.paths);
    await saying(page, '2 uploads continue');
    await untilKept(page, 2);
    const another = async () => {
      const tab = await context.newPage();
      await tab.goto(gallery.service.origin);
      return tab;
    };
    const second = await another();
    await saying(second, '2 uploads continue');
    await trayOf(page).getByRole('button', { name: 'Pause uploads' }).click();
    await saying(second, '0 of 2 · Paused');
    const third = await another();
    await saying(third, '0 of 2 · Paused');
    await context.unroute(/\/uploads$/);
    await trayOf(third).getByRole('button', { name: 'Resume uploads' }).click();
    while ((await listed(gallery.service.origin)).length < 2) await page.waitForTimeout(50);
    await trayOf(page).getByRole('button', { name: 'Resume uploads' }).waitFor({ state: 'detached' });
    assert.equal((await listed(gallery.service.origin)).length, 2);
  });

  it('come from the clipboard, with the date as their name', async () => {
    const { page } = await gallery.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await untilReady(page);
    await page.evaluate(`(async () => {
      const canvas = new OffscreenCanvas(40, 30);
      canvas.getContext('2d').fillRect(5, 5, 20, 10);
      const blob = await canvas.convertToBlob({ type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
    })()`);
    await page.keyboard.press('ControlOrMeta+v');
    await heard(page, '1 picture uploaded.');
    const [image] = await listed(gallery.service.origin);
    assert.match(image?.filename ?? '', /^Pasted \d{4}-\d\d-\d\d at \d\d\.\d\d\.\d\d\.png$/);
  });
});
