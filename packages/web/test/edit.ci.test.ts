import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Image } from '@safelight/client';
import type { Locator } from 'playwright-core';
import { eventually } from '../../../test/acceptance/eventually.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { type OpenViewer, openAt } from './viewer.fixture.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;
const HOSTILE = '"><img src=x onerror=globalThis.ran=1>\u05e9\u05dc\u05d5\u05dd';

describe('editing a picture in its details', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let seed = 0;
  before(async () => {
    gallery = await startGallery();
    await addPicture(gallery, { seed: 90, filename: 'other.jpg', tags: ['seaside', 'seagull', 'wind'] });
  });
  after(() => gallery[Symbol.asyncDispose]());

  const imageOf = async (id: string) => (await call(gallery, 'GET', `/images/${id}/metadata`)) as Image;

  interface Editing extends OpenViewer {
    readonly id: string;
    readonly details: Locator;
    /** Opens it once more, in a new page. */
    again(): Promise<void>;
    /** What another client writes. */
    change(changes: object): Promise<unknown>;
    /** Waits until the service has it. */
    stored(is: (image: Image) => unknown): Promise<void>;
  }

  /** A picture of its own, with its details open. */
  async function edit(about: Parameters<typeof addPicture>[1] = {}, options: Parameters<typeof openAt>[2] = {}) {
    seed += 1;
    const filename = `edited-${seed}.jpg`;
    const id = await addPicture(gallery, { seed, filename, ...about });
    const opened = await openAt(gallery, `/?user=me&image=${id}`, options);
    const details = opened.page.getByRole('complementary', { name: 'Details' });
    const openDetails = async (): Promise<void> => {
      await opened.page.locator('[data-is-ready=true]').waitFor();
      await opened.page.getByRole('button', { name: 'Details' }).click();
      await details.getByLabel('Description').waitFor();
    };
    await openDetails();
    const editing: Editing = {
      ...opened,
      id,
      details,
      async again() {
        await opened.page.goto(new URL(`/?user=me&image=${id}`, gallery.service.origin).href);
        await openDetails();
      },
      change: (changes) => call(gallery, 'PATCH', `/images/${id}`, changes),
      stored: (is) => eventually(async () => assert.ok(is(await imageOf(id)), JSON.stringify(await imageOf(id)))),
    };
    return editing;
  }

  const assertQuiet = async ({ page, complaints }: OpenViewer): Promise<void> => {
    assert.equal(await page.evaluate('globalThis.ran'), undefined);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  };

  const saved = (details: Locator): Promise<void> =>
    details.getByRole('status').filter({ hasText: 'Saved' }).first().waitFor();
  const open = (details: Locator, part: string): Promise<void> => details.locator('summary', { hasText: part }).click();

  it('changes the description when the focus leaves it, and its tile has it', async () => {
    const editing = await edit();
    const { details, stored, page } = editing;
    await details.getByLabel('Description').fill(`By the sea\n${HOSTILE}`);
    await details.getByText('Not saved yet').waitFor();
    await page.keyboard.press('Tab');
    await saved(details);
    await stored(({ description }) => description === `By the sea\n${HOSTILE}`);
    await details.getByLabel('Description').fill('');
    await page.keyboard.press('Control+Enter');
    await stored(({ description }) => description === null);
    await details.getByLabel('Description').fill('seen in the grid');
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('link', { name: /^seen in the grid/ }).waitFor();
    await stored(({ description }) => description === 'seen in the grid');
    await assertQuiet(editing);
  });

  it('takes back by Escape what was typed, then leaves the field, then closes the details', async () => {
    const editing = await edit({ description: 'before' });
    const { details, page, id } = editing;
    await details.getByLabel('Description').fill('wrong');
    await page.keyboard.press('Escape');
    assert.equal(await details.getByLabel('Description').inputValue(), 'before');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    assert.equal((await imageOf(id)).description, 'before');
    await assertQuiet(editing);
  });

  it('adds tags by keyboard from those in use, and removes them', async () => {
    const editing = await edit({ tags: ['sea'] });
    const { details, page, stored } = editing;
    const field = details.getByRole('combobox', { name: 'Tags' });
    await field.focus();
    await page.keyboard.type('seag');
    await details.getByRole('option', { name: 'seagull' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await stored(({ tags }) => tags.join() === 'sea,seagull');
    await page.keyboard.type(`${HOSTILE},`);
    await stored(({ tags }) => tags.at(-1) === HOSTILE);
    await page.keyboard.type('left behind');
    await page.keyboard.press('Tab');
    await stored(({ tags }) => tags.at(-1) === 'left behind');
    await details.getByRole('button', { name: 'Remove the tag \u2068sea\u2069' }).press('Enter');
    await stored(({ tags }) => tags.join() === `seagull,${HOSTILE},left behind`);
    await page.keyboard.press('Enter'); // the focus is on the next one
    await stored(({ tags }) => tags.join() === `${HOSTILE},left behind`);
    await assertQuiet(editing);
  });

  it('by a tag that it loses leaves the filtered grid at once, and by one that it gains comes into its place', async () => {
    const old = await addPicture(gallery, { seed: 91, filename: 'old.jpg' });
    for (const seed of [92, 93]) await addPicture(gallery, { seed, filename: `kite-${seed}.jpg`, tags: ['kite'] });
    const { page, complaints } = await openAt(gallery, '/?user=me&tag=kite');
    const names = () =>
      page.locator('[data-image]').evaluateAll((all) => all.map((one) => one.ariaLabel?.split(',')[0]));
    const details = page.getByRole('complementary', { name: 'Details' });
    const openDetails = async (name: string): Promise<void> => {
      await page.getByRole('dialog', { name }).and(page.locator('[data-is-ready=true]')).waitFor();
      await page.keyboard.press('i');
      await details.getByRole('combobox', { name: 'Tags' }).waitFor();
    };
    const close = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Back' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await page.getByRole('link', { name: 'kite-93.jpg' }).click();
    await openDetails('kite-93.jpg');
    await details.getByRole('button', { name: 'Remove the tag \u2068kite\u2069' }).click();
    await saved(details);
    await close();
    assert.deepEqual(await names(), ['kite-92.jpg'], 'and no place of one that others have taken');
    await page.keyboard.press('/');
    await page.keyboard.type(old);
    await page.keyboard.press('Enter');
    await openDetails('old.jpg');
    await details.getByRole('combobox', { name: 'Tags' }).pressSequentially('kite,');
    await saved(details);
    await close();
    await page.getByRole('link', { name: 'old.jpg' }).waitFor();
    assert.deepEqual(await names(), ['kite-92.jpg', 'old.jpg']);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('tells limits while one types, and saves nothing beyond them', async () => {
    const tags = Array.from({ length: 20 }, (_, n) => `t${n}`);
    const editing = await edit({ tags });
    const { details, page, id } = editing;
    const field = details.getByRole('combobox', { name: 'Tags' });
    await details.getByText('That is all 20 that a picture can have.').waitFor();
    await field.fill('one more');
    await details.getByText('A picture has at most 20 tags: these are 21.').waitFor();
    await field.fill('x'.repeat(65));
    await details.getByText('A tag has at most 64 characters: this one has 65.').waitFor();
    await page.keyboard.press('Enter');
    await field.fill('');
    await details.getByLabel('Description').fill('y'.repeat(1_900));
    await details.getByText('1,900 of 2,000 characters').waitFor();
    await details.getByLabel('Description').fill('y'.repeat(2_001));
    await details.getByText('A description has at most 2,000 characters: this one has 2,001.').waitFor();
    await page.keyboard.press('Tab');
    const { description, tags: kept } = await imageOf(id);
    assert.deepEqual([description, kept], [null, tags]);
    await assertQuiet(editing);
  });

  it('corrects the date, hides it, and sets the former one again', async () => {
    const editing = await edit();
    const { details, stored, change, page, again } = editing;
    await details.getByLabel('Date taken').fill('2019-05-04');
    await page.keyboard.press('Tab');
    await details.getByLabel('Time taken').fill('10:30:15');
    await details.getByLabel('Description').focus();
    await stored(({ facts }) => facts?.taken_at === '2019-05-04T10:30:15.000');
    await details.getByRole('button', { name: 'Back to no date' }).click();
    await stored(({ facts }) => facts?.taken_at === null);
    await details.getByText('It stands under its upload.').waitFor();
    await change({ taken_at: '2020-01-01T00:00:00.120' });
    await again();
    await details.getByLabel('Date taken').waitFor();
    assert.equal(await details.getByLabel('Date taken').inputValue(), '2020-01-01');
    await details.getByRole('button', { name: 'No date' }).click();
    await stored(({ facts }) => facts?.taken_at === null);
    await details.getByRole('button', { name: /^Back to 1 Jan 2020/ }).click();
    await stored(({ facts }) => facts?.taken_at === '2020-01-01T00:00:00.120');
    await details.getByLabel('Date taken').fill('');
    await details.getByText('Type a whole date, or choose “No date”.').waitFor();
    await page.keyboard.press('Escape');
    await assertQuiet(editing);
  });

  it('marks the focal point by a press, by arrow keys and by numbers', async () => {
    const editing = await edit({ width: 900, height: 600 });
    const { details, page, stored } = editing;
    await open(details, 'Focal point');
    const picture = details.getByRole('button', { name: /^Focal point: none/ });
    await picture.scrollIntoViewIfNeeded();
    const { width = 0, height = 0 } = (await picture.boundingBox()) ?? {};
    await picture.click({ position: { x: width / 4, y: height / 2 } });
    await stored(
      ({ focal_point: point }) => Math.abs((point?.x ?? 0) - 0.25) < 0.01 && Math.abs((point?.y ?? 0) - 0.5) < 0.01,
    );
    const x = details.getByLabel('From the left, in percent');
    const y = details.getByLabel('From the top, in percent');
    const at = Number(await x.inputValue());
    await details.getByRole('button', { name: /^Focal point: \d/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await stored(({ focal_point: point }) => Math.abs((point?.x ?? 0) - (at + 11) / 100) < 0.001);
    await x.fill('33,5');
    await y.fill('7');
    await page.keyboard.press('Tab');
    await stored(({ focal_point: point }) => point?.x === 0.335 && point.y === 0.07);
    await x.fill('101');
    await details.getByText('Type numbers from 0 to 100.').waitFor();
    await page.keyboard.press('Escape');
    await details.getByRole('button', { name: 'No focal point' }).click();
    await stored(({ focal_point: point }) => point === null);
    await assertQuiet(editing);
  });

  it('asks before a change of visibility ends links, and says how many', async () => {
    const editing = await edit();
    const { details, page, stored, id } = editing;
    for (const expires_in of [3_600, 7_200])
      await call(gallery, 'POST', `/images/${id}/links`, { what: 'original', expires_in });
    const question = page.getByRole('dialog', { name: 'Make it public?' });
    await details.getByLabel('Visibility').selectOption('public');
    await question.getByText('Its 2 links and its signed addresses in pages end now, for good.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await question.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await details.getByLabel('Visibility').inputValue(), 'private');
    assert.equal((await imageOf(id)).visibility, 'private');
    await details.getByLabel('Visibility').selectOption('public');
    await question.getByRole('button', { name: 'Make public' }).click();
    await stored(({ visibility }) => visibility === 'public');
    assert.deepEqual(((await call(gallery, 'GET', `/images/${id}/links`)) as { count: number }).count, 0);
    await assertQuiet(editing);
  });

  it('keeps the kinds of values of metadata', async () => {
    const editing = await edit();
    const { change, page, stored, details, again } = editing;
    await change({ metadata: { order: 'A17', count: 12, sizes: [1, 'x'], ok: true, none: null } });
    await again();
    await open(details, 'Metadata');
    const row = (number: number) => details.getByRole('group', { name: `Row ${number}`, exact: true });
    await row(2).getByLabel('Value', { exact: true }).fill('13.5');
    await details.getByRole('button', { name: 'Add a row' }).click();
    await page.keyboard.type('code');
    await row(6).getByLabel('Value', { exact: true }).fill('0042');
    await details.getByLabel('Description').focus();
    await stored(
      ({ metadata }) =>
        JSON.stringify(metadata) === '{"order":"A17","count":13.5,"sizes":[1,"x"],"ok":true,"none":null,"code":"0042"}',
    );
    await row(2).getByLabel('Value', { exact: true }).fill('twelve');
    await details.getByText(/isn't a number yet/).waitFor();
    await page.keyboard.press('Escape');
    await row(1).getByLabel('Name').fill('count');
    await details.getByText(/Two rows are called/).waitFor();
    await page.keyboard.press('Escape');
    await row(5).getByRole('button', { name: 'Remove row 5' }).click();
    await row(4).getByLabel('Value', { exact: true }).selectOption('No');
    await details.getByLabel('Description').focus();
    await stored(({ metadata }) => !('none' in metadata) && metadata['ok'] === false && metadata['code'] === '0042');
    await assertQuiet(editing);
  });

  it("shows another client's change beside one's own, and the person chooses", async () => {
    const editing = await edit({ description: 'before', tags: ['a'] });
    const { details, page, change, stored } = editing;
    await details.getByLabel('Description').fill('mine');
    await change({ description: 'theirs', tags: ['a', 'b'] });
    await page.keyboard.press('Tab');
    const trouble = details.getByRole('alert').locator('..');
    await trouble.getByText('Somebody else changed the description meanwhile.').waitFor();
    assert.deepEqual(await trouble.getByRole('definition').allTextContents(), ['theirs', 'mine']);
    assert.deepEqual(await barriersOf(page), []);
    await stored(({ description }) => description === 'theirs'); // nothing was overwritten
    await trouble.getByRole('button', { name: 'Keep mine' }).click();
    await stored(({ description }) => description === 'mine');

    const field = details.getByRole('combobox', { name: 'Tags' });
    await field.fill('mine');
    await change({ tags: ['a', 'theirs'] });
    await page.keyboard.press('Enter');
    await trouble.getByText('Somebody else changed the tags meanwhile.').waitFor();
    assert.equal(await details.getByRole('listbox').isVisible(), false); // a press would miss what moves as it closes
    await trouble.getByRole('button', { name: 'Keep both' }).click();
    await stored(({ tags }) => ['a', 'theirs', 'mine'].every((tag) => tags.includes(tag)));

    await details.getByLabel('Description').fill('mine again');
    await change({ description: 'newest' });
    await page.keyboard.press('Tab');
    await trouble.getByRole('button', { name: 'Take theirs' }).click();
    assert.equal(await details.getByLabel('Description').inputValue(), 'newest');
    await stored(({ description }) => description === 'newest');
    await assertQuiet(editing);
  });

  it('passes changes of other fields by another client without a word', async () => {
    const editing = await edit();
    const { details, page, change, stored } = editing;
    await change({ tags: ['theirs'], metadata: { a: 1 } });
    await details.getByLabel('Description').fill('mine');
    await page.keyboard.press('Tab');
    await stored(({ description, tags }) => description === 'mine' && tags.join() === 'theirs');
    await details.getByRole('listitem').filter({ hasText: 'theirs' }).waitFor(); // it is shown
    await assertQuiet(editing);
  });

  it('loses nothing that is typed: it saves when one leaves, or asks', async () => {
    const editing = await edit();
    const { details, page, stored, again } = editing;
    const field = details.getByLabel('Description');
    await field.fill('left by the arrow');
    await page.getByRole('button', { name: 'Next picture' }).click();
    await stored(({ description }) => description === 'left by the arrow');
    await again();
    await field.fill('left by Back');
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await stored(({ description }) => description === 'left by Back');

    await again();
    await field.fill('too long '.repeat(300));
    await page.getByRole('button', { name: 'Close details' }).click();
    await page.getByText(/^Not saved yet: the description of/).waitFor();
    const asked = page.waitForEvent('dialog');
    const leaving = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), 'beforeunload');
    await dialog.dismiss();
    await leaving;
    await page.getByRole('button', { name: 'Show' }).click();
    assert.equal(await field.inputValue(), 'too long '.repeat(300));
    await field.fill('short');
    await page.keyboard.press('Tab');
    await stored(({ description }) => description === 'short');
    await assertQuiet(editing);
  });

  it('says in a sentence that it was not saved, and saves it once the connection is back', async () => {
    const editing = await edit();
    const { details, page, stored, id } = editing;
    const isChange = new RegExp(`/images/${id}$`);
    await page.route(isChange, (route) => route.abort());
    await details.getByLabel('Description').fill('kept');
    await page.keyboard.press('Tab');
    await details.getByRole('alert').filter({ hasText: "We can't be reached." }).waitFor();
    await page.unroute(isChange);
    await details.getByRole('button', { name: 'Try again' }).click();
    await stored(({ description }) => description === 'kept');
    await page.context().close();
  });

  it('works by touch at 390 pixels, with nothing too small or too wide', async () => {
    const editing = await edit({ tags: ['sea', 'W'.repeat(64)], width: 900, height: 600 }, PHONE);
    const { details, page, stored } = editing;
    await details.getByRole('button', { name: 'Remove the tag \u2068sea\u2069' }).tap();
    await stored(({ tags }) => tags.length === 1);
    await open(details, 'Focal point');
    await open(details, 'Metadata');
    const picture = details.getByRole('button', { name: /^Focal point/ });
    await picture.scrollIntoViewIfNeeded();
    const box = (await picture.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.touchscreen.tap(box.x + box.width * 0.75, box.y + box.height * 0.5);
    await stored(({ focal_point: point }) => Math.abs((point?.x ?? 0) - 0.75) < 0.02);
    const targets = await page.evaluate<
      readonly string[]
    >(`[...document.querySelectorAll('aside :is(button, input, select, textarea, summary)')]
      .map((one) => [one.ariaLabel ?? one.textContent, one.getBoundingClientRect()])
      .filter(([, { height }]) => height > 0 && height < 43.5).map(([name]) => name)`);
    assert.deepEqual(targets, []);
    const width = await page.evaluate(
      'Math.max(...[...document.querySelectorAll("aside *")].map((one) => one.getBoundingClientRect().right))',
    );
    assert.ok(Number(width) <= 391, String(width));
    await assertQuiet(editing);
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const viewport of [PHONE.viewport, { width: 1_440, height: 900 }])
      it(`has no barriers, ${colorScheme}, ${viewport.width} pixels wide`, async () => {
        const editing = await edit({ tags: ['sea'] }, { colorScheme, viewport });
        const { details, page } = editing;
        await open(details, 'Focal point');
        await open(details, 'Metadata');
        await details.getByRole('button', { name: 'Add a row' }).click();
        await details.getByRole('combobox', { name: 'Tags' }).fill('sea');
        await details.getByRole('option').first().waitFor();
        assert.deepEqual(await barriersOf(page), []);
        await details.getByRole('combobox', { name: 'Tags' }).fill('');
        await assertQuiet(editing);
      });
});
