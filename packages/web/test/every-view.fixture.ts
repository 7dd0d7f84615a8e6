import type { Page } from 'playwright-core';
import { type ClosedGallery, signIn } from './closed-gallery.fixture.ts';
import type { Gallery, OpenGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { choose, saying, trayOf } from './uploads.fixture.ts';

/** Called while the view or dialog is open. */
export type Look = (page: Page, view: string) => Promise<void>;

export interface Galleries {
  /** The gallery of a service without authentication; it has pictures. */
  readonly open: Gallery;
  readonly closed: ClosedGallery;
  /** Files that are no pictures. */
  readonly broken: readonly string[];
}

interface Browsing extends NonNullable<Parameters<Gallery['open']>[0]> {
  /** Runs in each page before its own scripts. */
  readonly script?: string;
}

async function openAt(gallery: Gallery, path: string, { script = '', ...options }: Browsing): Promise<OpenGallery> {
  const opened = await gallery.open({ ...options, path: 'about:blank' });
  await opened.context.addInitScript(script);
  await opened.page.goto(new URL(path, gallery.service.origin).href);
  return opened;
}

const LONG = 'a picture with a name that is far longer than any screen of a phone is wide.jpg';
const NEWEST = 'the newest one.jpg';

export async function fill(open: Gallery): Promise<void> {
  const made = await call(open, 'POST', '/albums', { user_id: 'me', title: LONG });
  const { album_id: album } = made as { readonly album_id: string };
  for (const [index, filename] of ['trashed.jpg', 'oldest.jpg', LONG, NEWEST].entries()) {
    const id = await addPicture(open, { seed: index + 1, filename, tags: ['sea', 'light'] });
    if (index === 0) await call(open, 'POST', `/images/${id}/trash`);
    else await call(open, 'POST', `/albums/${album}/images`, { add: [id] });
  }
}

/** Opens every view and dialog, one after the other. */
export async function lookAtEveryView(galleries: Galleries, options: Browsing, look: Look): Promise<void> {
  await lookAtPictures(galleries, options, look);
  await lookAtFirstRun(galleries, options, look);
  await lookAtDoors(galleries, options, look);
}

async function lookAtPictures({ open, broken }: Galleries, options: Browsing, look: Look): Promise<void> {
  const { page, context } = await openAt(open, '/', options);
  const { keyboard } = page;
  const dialog = (name: string) => page.getByRole('dialog', { name, exact: true });
  const lookIn = async (name: string, key: string, view: string): Promise<void> => {
    await keyboard.press(key);
    await dialog(name).waitFor();
    await look(page, view);
    await keyboard.press('Escape');
    await dialog(name).waitFor({ state: 'detached' });
  };
  await page.getByRole('link', { name: NEWEST }).waitFor();
  await look(page, 'grid');
  await lookIn('Keyboard shortcuts', '?', 'shortcuts');

  const ways = page.getByRole('button', { name: 'Choose pictures' });
  await page.getByRole('button', { name: 'More ways to upload' }).press('Enter');
  await ways.waitFor();
  await look(page, 'ways to upload');
  await keyboard.press('Escape');
  await ways.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Account' }).press('Enter');
  await dialog('Account').getByRole('link', { name: 'API documentation' }).waitFor();
  await look(page, 'account');
  await keyboard.press('Escape');
  await page.getByRole('button', { name: 'Account', expanded: false }).waitFor(); // until then keys are the menu's

  await choose(page, broken);
  await saying(page, `${broken.length} not uploaded`);
  await trayOf(page).getByRole('button', { expanded: false }).press('Enter');
  await look(page, 'tray');
  await trayOf(page).getByRole('button', { name: 'Clear' }).press('Enter');
  await trayOf(page).waitFor({ state: 'detached' });

  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['text'], 'text.jpg'));
    document.body.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true, cancelable: true }));
  }`);
  await page.getByText('Drop to upload').waitFor();
  await look(page, 'drop hint');
  await page.evaluate(`document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))`);
  await page.getByText('Drop to upload').waitFor({ state: 'hidden' });

  await page.getByRole('link', { name: NEWEST }).press('Delete');
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  await look(page, 'toast');
  await page.getByRole('button', { name: 'Undo' }).press('Enter');
  await page.getByRole('link', { name: NEWEST }).waitFor();

  await lookAtSelection(page, look);

  await page.getByRole('link', { name: LONG }).press('Enter');
  await dialog(LONG).and(page.locator('[data-is-ready=true]')).waitFor();
  await look(page, 'viewer');
  await keyboard.press('z');
  await keyboard.press('z');
  await keyboard.press('ArrowLeft');
  await dialog(NEWEST).waitFor();
  await keyboard.press('ArrowRight');
  await dialog(LONG).waitFor();
  await lookIn('Keyboard shortcuts', '?', 'shortcuts of the viewer');
  await lookIn('Download', 'd', 'download');
  await keyboard.press('c');
  await dialog('Use').getByText('800 ×').or(dialog('Use').getByText('480 ×')).waitFor();
  await dialog('Use').locator('summary').press('Enter');
  await look(page, 'use');
  await keyboard.press('Escape');
  await keyboard.press('s');
  await dialog('Share').getByRole('button', { name: 'Create link' }).press('Enter');
  await dialog('Share').getByLabel('The new link').waitFor();
  await look(page, 'share');
  await keyboard.press('Escape');
  await keyboard.press('i');
  await page.getByRole('complementary', { name: 'Details' }).getByText('SHA-256').waitFor();
  for (const part of ['Focal point', 'Metadata', 'History'])
    await page.getByRole('complementary').locator('summary', { hasText: part }).press('Enter');
  await page.getByRole('list', { name: 'History' }).getByRole('button').first().waitFor();
  await look(page, 'details');
  const path = `/images/${new URL(page.url()).searchParams.get('image')}`;
  await page.getByLabel('Description').fill('mine');
  await call(open, 'PATCH', path, { description: 'theirs' });
  await page.getByRole('button', { name: 'Close details' }).focus();
  await page.getByText('Somebody else changed the description meanwhile.').waitFor();
  await look(page, 'conflict');
  await page.getByRole('button', { name: 'Take theirs' }).press('Enter');
  await page.getByText('Somebody else changed the description meanwhile.').waitFor({ state: 'detached' });
  await call(open, 'PATCH', path, { description: null });
  await keyboard.press('Escape');
  await keyboard.press('Escape');
  await dialog(LONG).waitFor({ state: 'detached' });

  await context.setOffline(true);
  await page.getByText("You're offline.").waitFor();
  await look(page, 'offline');
  await context.setOffline(false);
  await page.getByText("You're offline.").waitFor({ state: 'detached' });

  await lookAtAlbums(page, look);
  const trash = page.getByRole('link', { name: 'Trash', exact: true });
  if (!(await trash.isVisible())) await page.getByRole('button', { name: 'Account' }).press('Enter'); // as on a phone
  await trash.press('Enter');
  await page.getByRole('button', { name: 'Restore trashed.jpg' }).waitFor();
  await look(page, 'trash');
  await page.getByRole('checkbox', { name: 'Select trashed.jpg' }).waitFor({ state: 'attached' });
  await page.getByRole('link', { name: 'trashed.jpg' }).press('x');
  await page.getByRole('region', { name: 'Selection' }).waitFor();
  await look(page, 'selection in the trash');
  await keyboard.press('Escape');
  await page.getByRole('region', { name: 'Selection' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Delete trashed.jpg forever' }).press('Enter');
  await dialog('Delete forever?').waitFor();
  await look(page, 'question');
  await context.close();
}

async function lookAtAlbums(page: Page, look: Look): Promise<void> {
  const dialog = (name: string) => page.getByRole('dialog', { name, exact: true });
  await page.getByRole('link', { name: 'Albums', exact: true }).press('Enter');
  const album = page.getByRole('link', { name: `${LONG} 3 pictures` });
  await album.waitFor();
  await look(page, 'albums');
  await page.getByRole('button', { name: 'New album' }).press('Enter');
  await dialog('New album').waitFor();
  await look(page, 'new album');
  await page.keyboard.press('Escape');
  await album.press('Enter');
  await page.getByRole('link', { name: NEWEST }).waitFor();
  await look(page, 'album');
  await page.getByRole('checkbox', { name: `Select ${NEWEST}` }).waitFor({ state: 'attached' });
  await page.getByRole('link', { name: NEWEST }).press('x');
  await page.getByRole('button', { name: 'Use as cover' }).waitFor();
  await look(page, 'selection in an album');
  await page.getByRole('button', { name: 'End the selection' }).press('Enter');
  await page.getByRole('button', { name: 'Delete album' }).press('Enter');
  await dialog('Delete album?').waitFor();
  await look(page, 'question about an album');
  await page.keyboard.press('Escape');
}

/** The dialogs of what can be done to selected pictures, by their titles. */
const SELECTION_DIALOGS = {
  'Add to album': 'Add 2 pictures to an album',
  Tag: 'Tag 2 pictures',
  'Remove tag': 'Remove a tag from 2 pictures',
  Visibility: 'Visibility of 2 pictures',
  Dates: 'Dates of 2 pictures',
  Share: 'Share 2 pictures',
  Download: 'Download 2 pictures',
};

async function lookAtSelection(page: Page, look: Look): Promise<void> {
  const bar = page.getByRole('region', { name: 'Selection' });
  await page.getByRole('checkbox', { name: `Select ${NEWEST}` }).waitFor({ state: 'attached' });
  await page.getByRole('link', { name: NEWEST }).press('x');
  await page.getByRole('link', { name: NEWEST }).press('Shift+ArrowRight');
  await bar.getByText('2 pictures, ').waitFor();
  await look(page, 'selection');
  for (const [action, title] of Object.entries(SELECTION_DIALOGS)) {
    await bar.getByRole('button', { name: action, exact: true }).press('Enter');
    const dialog = page.getByRole('dialog', { name: title });
    await dialog.waitFor();
    if (action === 'Add to album') await dialog.getByRole('button', { name: LONG }).waitFor();
    await look(page, title);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  const json = { results: [], code: 'forbidden', detail: 'no' };
  const answer = Promise.withResolvers<void>();
  await page.route('**/images/change', async (route) => {
    await answer.promise;
    await route.fulfill({ status: 403, contentType: 'application/problem+json', json });
  });
  await page.keyboard.press('t');
  await page.getByRole('textbox', { name: 'Tag' }).fill('sea');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Tagging' }).waitFor();
  await look(page, 'progress');
  answer.resolve();
  const failures = page.getByRole('alert', { name: 'What failed' });
  await failures.waitFor();
  await look(page, 'what failed');
  await failures.getByRole('button', { name: 'Close' }).press('Enter');
  await page.unroute('**/images/change');
  await bar.getByRole('button', { name: 'End the selection' }).press('Enter');
  await bar.waitFor({ state: 'detached' });
}

async function lookAtFirstRun({ open }: Galleries, options: Browsing, look: Look): Promise<void> {
  const { page, context } = await openAt(open, '/docs', options);
  await page.evaluate(`sessionStorage.setItem('safelight-own-user', 'a-user-with-a-long-name')`);
  await page.goto(`${open.service.origin}/?user=a-user-with-a-long-name`);
  await page.getByRole('heading', { name: /Drop photographs here|Your photographs go here/ }).waitFor();
  await look(page, 'first run');
  await context.close();
}

async function lookAtDoors({ closed }: Galleries, options: Browsing, look: Look): Promise<void> {
  const { page, context } = await openAt(closed, '/', options);
  await signIn(page, 'wrong');
  await page.getByText("This sign-in isn't accepted.").waitFor();
  await look(page, 'sign-in');
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"user_id":"ada"}' };
  const { token } = (await (await closed.as(closed.admin, '/upload-tokens', init)).json()) as { token: string };
  await signIn(page, token);
  await page.getByRole('heading', { name: 'You can add pictures here' }).waitFor();
  await look(page, 'upload only');
  await page.route('**/app.json', (route) => route.abort());
  await page.reload();
  await page.getByText("The pictures can't be reached.").waitFor();
  await look(page, 'unreachable');
  await context.close();
}
