import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { openAt, until } from './viewer.fixture.ts';

interface AlbumJson {
  readonly album_id: string;
  readonly title: string;
  readonly images: number;
  readonly order: string;
  readonly cover_id: string | null;
}

const HOSTILE = '<img src=x onerror=globalThis.ran=1>\u202egpj';

describe('albums', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  /** One, two, three, in the order of their uploads. */
  const ids: string[] = [];
  before(async () => {
    gallery = await startGallery({ RATE_LIMITS: 'off' });
    for (const [seed, name] of ['one', 'two', 'three'].entries())
      ids.push(await addPicture(gallery, { seed, filename: `${name}.jpg` }));
  });
  after(() => gallery[Symbol.asyncDispose]());

  const callAs = async (user: string, path: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', 'x-user-id': user };
    const answer = await fetch(`${gallery.service.origin}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, String(answer.status));
    return answer.json();
  };
  const create = async (title: string, fields: object = {}, pictures: readonly string[] = []): Promise<string> => {
    const made = await call(gallery, 'POST', '/albums', { user_id: 'me', title, ...fields });
    const { album_id: id } = made as AlbumJson;
    if (pictures.length > 0) await call(gallery, 'POST', `/albums/${id}/images`, { add: pictures });
    return id;
  };
  const read = async (id: string): Promise<AlbumJson> => (await call(gallery, 'GET', `/albums/${id}`)) as AlbumJson;
  const albumsCalled = async (title: string): Promise<readonly AlbumJson[]> => {
    const { albums } = (await call(gallery, 'GET', '/albums?limit=100')) as { readonly albums: readonly AlbumJson[] };
    return albums.filter((album) => album.title === title);
  };
  const listed = async (album: string, order: string): Promise<readonly string[]> => {
    const list = await call(gallery, 'GET', `/images?album=${album}&order=${order}`);
    return (list as { readonly images: readonly { readonly image_id: string }[] }).images.map((one) => one.image_id);
  };
  const openAlbum = (id: string, options: Parameters<Gallery['open']>[0] = {}) =>
    openAt(gallery, `/?view=albums&album=${id}&user=me`, options);

  /** Names of the pictures on the page, in their order. */
  const untilNames = (page: Page, names: readonly string[]): Promise<void> =>
    until(
      page,
      `String([...document.querySelectorAll('main [data-image]')]
        .map((one) => ({ one, box: one.getBoundingClientRect() }))
        .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
        .map(({ one }) => one.ariaLabel?.split('.')[0])) === '${names}'`,
    );
  const toast = (page: Page, text: string) => page.locator('[data-toast]').filter({ hasText: text });
  const select = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('checkbox', { name: `Select ${name}` }).waitFor({ state: 'attached' });
    await page.getByRole('link', { name }).press('x');
    await page.getByRole('region', { name: 'Selection' }).waitFor();
  };

  it('are made by keyboard alone, each once, and stand with the newest first', async () => {
    const { page, complaints } = await openAt(gallery, '/?user=me');
    await page.getByRole('link', { name: 'Albums' }).press('Enter');
    await page.getByText('There are no albums yet.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    for (const title of ['Lisbon', 'Porto']) {
      await page.getByRole('button', { name: 'New album' }).press('Enter');
      const dialog = page.getByRole('dialog', { name: 'New album' });
      await dialog.getByLabel('Title').press('Enter');
      await dialog.getByText('An album needs a title.').waitFor();
      await dialog.getByLabel('Title').fill('x'.repeat(201));
      await page.keyboard.press('Enter');
      await dialog.getByText('A title has at most 200 characters.').waitFor();
      await dialog.getByLabel('Title').fill(` ${title} `);
      await page.evaluate(`{
        const { form } = document.querySelector('dialog input');
        for (let time = 0; time < 2; time += 1) form.requestSubmit();
      }`);
      await page.getByText('This album has no pictures yet.').waitFor();
      await page.getByRole('heading', { name: title }).waitFor();
      assert.equal((await albumsCalled(title)).length, 1);
      await page.getByRole('link', { name: 'All albums' }).press('Enter');
      await until(page, `document.activeElement?.textContent.startsWith('${title}')`);
    }
    const titles = await page.locator('[data-album] bdi').allTextContents();
    assert.deepEqual(titles, ['Porto', 'Lisbon']);
    assert.deepEqual([complaints, await barriersOf(page)], [[], []]);
    await page.context().close();
  });

  it('are loaded page by page as the list is scrolled, each once', async () => {
    await Promise.all(Array.from({ length: 70 }, (_, index) => callAs('eve', '/albums', { title: `${index}` })));
    const { page } = await openAt(gallery, '/?view=albums&user=eve', { viewport: { width: 390, height: 844 } });
    await until(page, `document.querySelectorAll('[data-album]').length === 60`);
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await until(page, `document.querySelectorAll('[data-album]').length === 70`);
    const shown = await page.evaluate(
      `new Set([...document.querySelectorAll('[data-album]')].map((one) => one.dataset.album)).size`,
    );
    assert.equal(shown, 70);
    await page.context().close();
  });

  it("are one user's where everybody's pictures are shown", async () => {
    await callAs('bob', '/albums', { title: 'Of bob' });
    const { page } = await openAt(gallery, '/?view=albums');
    await page.getByLabel('Whose albums').fill('bob');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /Of bob/ }).press('Enter');
    await page.getByRole('heading', { name: 'Of bob' }).waitFor();
    await page.context().close();
  });

  it('have a title that is edited in place, and say that somebody else has changed it', async () => {
    const id = await create('Before');
    const { page, complaints } = await openAlbum(id);
    const title = page.getByRole('button', { name: 'Before' });
    const field = page.getByRole('textbox', { name: 'Title' });
    await title.press('Enter');
    await field.fill('Not this');
    await field.press('Escape');
    await until(page, `document.activeElement?.textContent === 'Before'`);
    assert.equal((await read(id)).title, 'Before');
    await title.press('Enter');
    await field.fill('');
    await field.press('Enter');
    await page.getByText('An album needs a title.').waitFor();
    await call(gallery, 'PATCH', `/albums/${id}`, { title: 'Theirs' });
    await field.fill('Mine');
    await field.press('Enter');
    await page.getByText('Somebody else changed the album meanwhile.').waitFor();
    await page.getByText('The title is “Theirs” now.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    assert.equal((await read(id)).title, 'Theirs');
    await field.press('Enter');
    await until(page, `document.activeElement?.textContent === 'Mine'`);
    assert.equal((await read(id)).title, 'Mine');
    await page.getByRole('button', { name: 'Mine' }).press('Enter');
    await field.fill('Left');
    await page.getByRole('combobox', { name: 'Order of the pictures' }).focus();
    await page.getByRole('button', { name: 'Left' }).waitFor();
    assert.equal((await read(id)).title, 'Left');
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('get selected pictures, which Undo takes out, and a new album from what is typed', async () => {
    const id = await create('Holiday');
    const { page, complaints } = await openAt(gallery, '/?user=me');
    await select(page, 'two.jpg');
    await page.keyboard.press('b');
    const dialog = page.getByRole('dialog', { name: 'Add 1 picture to an album' });
    await dialog.getByRole('button', { name: /Holiday/ }).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.type('hólid');
    await page.keyboard.press('Enter');
    await toast(page, 'Added 1 picture to “\u2068Holiday\u2069”').waitFor();
    assert.deepEqual(await listed(id, 'added'), [ids[1]]);
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await toast(page, 'Undone for 1 picture').waitFor();
    assert.deepEqual(await listed(id, 'added'), []);
    for (const said of ['Added 1 picture', 'Already in']) {
      await page.keyboard.press('b');
      await dialog.getByRole('button', { name: /Holiday/ }).press('Enter');
      await toast(page, said).waitFor();
    }
    await page.keyboard.press('b');
    await dialog.getByLabel('Album', { exact: true }).fill(HOSTILE);
    await dialog.getByRole('button', { name: 'New album' }).press('Enter');
    await toast(page, 'Added 1 picture to').waitFor();
    const [made] = await albumsCalled(HOSTILE);
    assert.equal(made?.images, 1);
    assert.deepEqual([complaints, await page.evaluate('globalThis.ran'), await refusedIn(page)], [[], undefined, []]);
    await page.context().close();
  });

  it('get and lose a picture in the viewer, and Undo brings it back to its place', async () => {
    const [id, other] = [await create('Viewed', {}, ids), await create('Other')];
    const { page, shows, complaints } = await openAlbum(id);
    await untilNames(page, ['one', 'two', 'three']);
    await page.getByRole('link', { name: 'two.jpg, 2 of 3' }).press('Enter');
    await shows('two.jpg');
    await page.keyboard.press('b');
    await page.getByRole('dialog', { name: 'Add 1 picture' }).getByRole('button', { name: /Other/ }).press('Enter');
    await toast(page, 'Added to').waitFor();
    assert.deepEqual(await listed(other, 'added'), [ids[1]]);
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await toast(page, 'Removed from').waitFor();
    await page.keyboard.press('r');
    await shows('three.jpg');
    await toast(page, 'Removed from the album').waitFor();
    assert.deepEqual(await listed(id, 'added'), [ids[0], ids[2]]);
    await page.keyboard.press('Control+z');
    await shows('two.jpg');
    await page.keyboard.press('Escape');
    await untilNames(page, ['one', 'two', 'three']);
    assert.deepEqual(await listed(id, 'added'), ids);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('lose selected pictures, which Undo brings back to their places, and have one as cover', async () => {
    const id = await create('Lost and found', {}, ids);
    const { page, complaints } = await openAlbum(id);
    await select(page, 'two.jpg');
    await page.getByRole('button', { name: 'Use as cover' }).press('Enter');
    await toast(page, 'The album has a new cover').waitFor();
    assert.equal((await read(id)).cover_id, ids[1]);
    await page.keyboard.press('r');
    await toast(page, 'Removed 1 picture from the album').waitFor();
    await untilNames(page, ['one', 'three']);
    await page.getByText('2 pictures', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await untilNames(page, ['one', 'two', 'three']);
    await page.getByText('3 pictures', { exact: true }).waitFor();
    assert.deepEqual(await listed(id, 'added'), ids);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('have an order: by dates with days, by addition without', async () => {
    const id = await create(
      'Ordered',
      {},
      [2, 0, 1].map((index) => ids[index] ?? ''),
    );
    const { page } = await openAlbum(id);
    await untilNames(page, ['three', 'one', 'two']);
    assert.equal(await page.getByRole('heading', { name: 'Today' }).count(), 0);
    const order = page.getByRole('combobox', { name: 'Order of the pictures' });
    await order.selectOption('newest');
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    await untilNames(page, ['three', 'two', 'one']);
    await order.selectOption('oldest');
    await untilNames(page, ['one', 'two', 'three']);
    assert.equal((await read(id)).order, 'oldest');
    await page.reload();
    await untilNames(page, ['one', 'two', 'three']);
    await page.context().close();
  });

  it('are ordered by hand: by keys, a drag and buttons', async () => {
    const id = await create('By hand', { order: 'manual' }, ids);
    const untilKept = async (names: readonly string[]): Promise<void> => {
      const kept = names.map((name) => ids[['one', 'two', 'three'].indexOf(name)]);
      while (`${await listed(id, 'manual')}` !== `${kept}`);
    };
    const { page, complaints } = await openAlbum(id);
    await untilNames(page, ['one', 'two', 'three']);
    await page.getByRole('link', { name: 'three.jpg' }).press('Alt+ArrowLeft');
    await toast(page, 'Moved to place 2').waitFor();
    await untilNames(page, ['one', 'three', 'two']);
    await until(page, `document.activeElement?.ariaLabel?.startsWith('three.jpg, 2 of 3')`);
    assert.equal(await page.getByRole('region', { name: 'Selection' }).count(), 0);
    await page.keyboard.press('Alt+ArrowLeft');
    await untilNames(page, ['three', 'one', 'two']);
    await untilKept(['three', 'one', 'two']);
    await page.keyboard.press('Alt+ArrowLeft');
    await toast(page, 'It stands first already.').waitFor();
    await page.keyboard.press('Control+z');
    await untilNames(page, ['one', 'three', 'two']);
    await untilKept(['one', 'three', 'two']);

    const centerOf = async (name: string): Promise<readonly [number, number]> => {
      const { x, y, width, height } = (await page.getByRole('link', { name }).boundingBox()) ?? assert.fail(name);
      return [x + width / 2, y + height / 2];
    };
    const drag = async (name: string, to: string, by: number): Promise<void> => {
      await page.mouse.move(...(await centerOf(name)));
      await page.mouse.down();
      const [x, y] = await centerOf(to);
      await page.mouse.move(x + by, y, { steps: 4 });
      await page.locator('body > div[style*="visible"]').waitFor();
    };
    await drag('two.jpg', 'one.jpg', -20);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await untilNames(page, ['one', 'three', 'two']);
    await drag('two.jpg', 'one.jpg', -20);
    await page.mouse.up();
    await untilNames(page, ['two', 'one', 'three']);
    await untilKept(['two', 'one', 'three']);
    assert.equal(await page.getByRole('dialog').count(), 0, 'the drag opens nothing');

    await select(page, 'two.jpg');
    for (const names of [
      ['one', 'two', 'three'],
      ['one', 'three', 'two'],
    ]) {
      await page.getByRole('button', { name: 'Move later' }).press('Enter');
      await untilNames(page, names);
      await until(page, `document.activeElement?.ariaLabel === 'Move later'`);
      await page.getByRole('region', { name: 'Selection' }).getByText('1 picture,').waitFor();
      await page.getByRole('checkbox', { name: 'Select two.jpg', checked: true }).waitFor();
    }
    await untilKept(['one', 'three', 'two']);
    assert.deepEqual([complaints, await barriersOf(page)], [[], []]);
    await page.context().close();
  });

  it('are read on beyond the first page, and selected as a whole', async () => {
    const adam = { userId: 'adam' };
    const many = await Promise.all(
      Array.from({ length: 105 }, (_, seed) => addPicture(gallery, { ...adam, width: 30, height: 20, seed })),
    );
    const made = await callAs('adam', '/albums', { title: 'Many' });
    const { album_id: id } = made as AlbumJson;
    await callAs('adam', `/albums/${id}/images`, { add: many });
    const { page } = await openAt(gallery, `/?view=albums&album=${id}&user=adam&image=${many[101]}`);
    await page.getByRole('dialog', { name: 'picture-101.jpg' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('dialog', { name: 'picture-102.jpg' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' }); // it takes Ctrl+A as long as it is there
    await page.getByRole('link', { name: 'picture-102.jpg, 103 of 105' }).waitFor();
    // What selects is loaded once the page is quiet.
    await page.getByRole('checkbox', { name: 'Select picture-102.jpg' }).waitFor({ state: 'attached' });
    await page.keyboard.press('Control+a');
    await page.getByRole('region', { name: 'Selection' }).getByText('105 pictures').waitFor();
    await page.context().close();
  });

  it('are deleted, with their pictures if that is chosen, after a question', async () => {
    const doomed = await addPicture(gallery, { seed: 9, filename: 'doomed.jpg' });
    const id = await create('Doomed', {}, [doomed]);
    const { page, complaints } = await openAlbum(id);
    await page.getByRole('button', { name: 'Delete album' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete album?' });
    await dialog.getByRole('checkbox').press('Space');
    assert.deepEqual(await barriersOf(page), []);
    await dialog.getByRole('button', { name: 'Delete album' }).press('Enter');
    await toast(page, 'Album deleted').waitFor();
    await page.getByRole('heading', { name: 'Albums' }).waitFor();
    assert.equal((await albumsCalled('Doomed')).length, 0);
    assert.equal(await page.getByRole('link', { name: /Doomed/ }).count(), 0);
    await page.goto(`${gallery.service.origin}/?view=albums&album=${id}&user=me`);
    await page.getByText('There is no such album.').waitFor();
    await page.getByRole('button', { name: 'Show all albums' }).press('Enter');
    await page.getByRole('heading', { name: 'Albums' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('show no title as anything but text, within a phone', async () => {
    const id = await create(`${HOSTILE} ${'W'.repeat(150)}`, {}, ids);
    const opened = await openAt(gallery, '/?view=albums&user=me', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    });
    const { page, complaints } = opened;
    const isWithin = 'document.documentElement.scrollWidth <= innerWidth';
    await page.locator(`[data-album="${id}"]`).tap();
    await untilNames(page, ['one', 'two', 'three']);
    assert.equal(await page.evaluate(isWithin), true);
    assert.deepEqual(await barriersOf(page), []);
    await page.getByRole('button', { name: /onerror/ }).tap();
    await page.getByRole('textbox', { name: 'Title' }).press('Escape');
    await page.getByRole('button', { name: 'Delete album' }).tap();
    await page.getByRole('dialog', { name: 'Delete album?' }).waitFor();
    assert.equal(await page.evaluate(isWithin), true);
    assert.deepEqual([complaints, await page.evaluate('globalThis.ran'), await refusedIn(page)], [[], undefined, []]);
    await page.context().close();
  });
});
