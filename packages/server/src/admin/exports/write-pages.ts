import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MonthFiles, Shelf, ShownPicture } from './month-files.ts';
import {
  counted,
  namesHtml,
  type PageLink,
  picturesHtml,
  type ShelfCard,
  shelfName,
  shelvesHtml,
} from './pages-html.ts';

/** So few that a browser shows the originals of a page. */
const PAGE_PICTURES = 200;

interface PagesOf {
  readonly months: MonthFiles;
  /** User ids by their folders. */
  readonly users: ReadonlyMap<string, string>;
  readonly at: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes `index.html` into `dir`, and below `pages/` of it the pages of users and months, which show the originals of
 * the export without a server.
 */
export async function writePages(dir: string, { months, users, at, signal }: PagesOf): Promise<void> {
  const page = (path: string, html: string): Promise<void> => writeFile(join(dir, path), html, { mode: 0o600 });
  const when = `exported on ${at.toISOString().slice(0, 10)}`;
  await mkdir(join(dir, 'pages'), { recursive: true, mode: 0o700 });
  const links: PageLink[] = [];
  let all = 0;
  for (const [folder, userId] of [...users].toSorted(([, one], [, other]) => (one < other ? -1 : 1))) {
    await mkdir(join(dir, 'pages', folder), { recursive: true, mode: 0o700 });
    const home = users.size === 1 ? '../../index.html' : 'index.html';
    const cards: ShelfCard[] = [];
    for (const shelf of await months.shelves(folder))
      cards.push(await writeShelf({ months, folder, shelf, home: { href: home, text: 'All months' }, page, signal }));
    const images = cards.reduce((sum, card) => sum + card.images, 0);
    all += images;
    const about = `${counted(images, 'picture')}, ${when}`;
    const ofFolder = encodeURIComponent(folder);
    if (users.size === 1) {
      const below = cards.map((card) => ({ ...card, href: `pages/${ofFolder}/${card.href}` }));
      await page('index.html', shelvesHtml({ title: userId, about, links: [] }, below, ''));
    } else {
      const links = [{ href: '../../index.html', text: 'All users' }];
      await page(`pages/${folder}/index.html`, shelvesHtml({ title: userId, about, links }, cards, '../../'));
    }
    links.push({ href: `pages/${ofFolder}/index.html`, text: `${userId} (${images.toLocaleString('en')})` });
  }
  if (users.size === 1) return;
  const about = `${counted(all, 'picture')} of ${counted(users.size, 'user')}, ${when}`;
  await page('index.html', namesHtml({ title: 'Pictures', about, links: [] }, links));
}

interface ShelfOf {
  readonly months: MonthFiles;
  readonly folder: string;
  readonly shelf: Shelf;
  readonly home: PageLink;
  readonly page: (path: string, html: string) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

async function writeShelf({ months, folder, shelf, home, page, signal }: ShelfOf): Promise<ShelfCard> {
  const name = shelfName(shelf);
  const nameOf = (number: number): string => (number === 1 ? `${shelf}.html` : `${shelf}-${number}.html`);
  let [number, images] = [0, 0];
  let cover: ShownPicture | undefined;
  const write = (pictures: readonly ShownPicture[], isLast: boolean): Promise<void> => {
    number += 1;
    images += pictures.length;
    cover ??= pictures.find(({ isOpaque }) => !isOpaque);
    const links = [
      home,
      ...(number > 1 ? [{ href: nameOf(number - 1), text: 'Previous page' }] : []),
      ...(isLast ? [] : [{ href: nameOf(number + 1), text: 'Next page' }]),
    ];
    const title = number === 1 && isLast ? name : `${name}, page ${number}`;
    const about = counted(pictures.length, 'picture');
    return page(
      `pages/${folder}/${nameOf(number)}`,
      picturesHtml({ title, about, links }, { pictures, root: '../../' }),
    );
  };
  let held: readonly ShownPicture[] | undefined;
  for await (const pictures of months.pages(folder, shelf, PAGE_PICTURES)) {
    signal?.throwIfAborted();
    if (held) await write(held, false);
    held = pictures;
  }
  if (held) await write(held, true);
  return { href: nameOf(1), text: name, images, cover };
}
