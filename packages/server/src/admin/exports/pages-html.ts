import { escaped } from '../../http/answers/html-text.ts';
import type { ExportPath } from './export-lines.ts';
import type { Shelf, ShownPicture } from './month-files.ts';

/** A link of a page, relative to it. */
export interface PageLink {
  readonly href: string;
  readonly text: string;
}

export interface ShelfCard extends PageLink {
  readonly images: number;
  /** Its first picture that browsers show. */
  readonly cover: ShownPicture | undefined;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 24px clamp(16px, 4vw, 48px) 64px; background: light-dark(#faf9f8, #111); color: light-dark(#1a1a1a, #eee); }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 32px 0 0; overflow-wrap: anywhere; }
p, nav { margin: 4px 0 20px; color: light-dark(#555, #aaa); }
a { color: inherit; }
a:focus-visible { outline: 3px solid #d0402a; outline-offset: 2px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; }
nav a { display: inline-grid; align-items: center; min-height: 44px; }
ul { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 160px), 1fr)); gap: 20px 12px; }
ul.names { grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); gap: 4px 12px; }
ul.names a { display: grid; align-items: center; min-height: 44px; overflow-wrap: anywhere; }
li > a { display: block; text-decoration: none; }
.picture { display: grid; place-items: center; aspect-ratio: 4 / 3; overflow: hidden; border-radius: 8px; background: light-dark(#e6e3e0, #262626); color: light-dark(#555, #aaa); font-size: .875rem; }
.picture img { width: 100%; height: 100%; object-fit: cover; }
.name { display: block; margin-top: 6px; font-size: .875rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.said { display: block; font-size: .8125rem; color: light-dark(#555, #aaa); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
`;

/** Nothing but pictures and the style is loaded, whatever a name says: the pages have no script. */
const CONTENT_POLICY = "default-src 'none'; img-src file: 'self'; style-src 'unsafe-inline'";

interface PageOf {
  readonly title: string;
  readonly about: string;
  readonly links: readonly PageLink[];
}

const documentHtml = ({ title, about, links }: PageOf, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1><bdi>${escaped(title)}</bdi></h1>
<p>${escaped(about)}</p>
${links.length > 0 ? `<nav>${links.map(({ href, text }) => `<a href="${escaped(href)}"><bdi>${escaped(text)}</bdi></a>`).join('')}</nav>\n` : ''}${body}
</body>
</html>
`;

/** The pictures of a part of a month. `root`: from the page to the folder of the export, as `../../`. */
export const picturesHtml = (
  page: PageOf,
  { pictures, root }: { readonly pictures: readonly ShownPicture[]; readonly root: string },
): string =>
  documentHtml(page, `<ul>\n${pictures.map((picture) => `<li>${pictureHtml(picture, root)}</li>`).join('\n')}\n</ul>`);

/** The months of a user. */
export const shelvesHtml = (page: PageOf, cards: readonly ShelfCard[], root: string): string =>
  documentHtml(page, `<ul>\n${cards.map((card) => `<li>${cardHtml(card, root)}</li>`).join('\n')}\n</ul>`);

/** Lists of links, as of users and albums. */
export const namesHtml = (page: PageOf, names: readonly PageLink[]): string =>
  documentHtml(
    page,
    `<ul class="names">\n${names.map(({ href, text }) => `<li><a href="${escaped(href)}"><bdi>${escaped(text)}</bdi></a></li>`).join('\n')}\n</ul>`,
  );

function pictureHtml(picture: ShownPicture, root: string): string {
  const { path, at, filename, description } = picture;
  const said = description === null ? '' : `<span class="said"><bdi>${escaped(description)}</bdi></span>`;
  return `<a href="${hrefOf(path, root)}" title="${escaped(filename)}">${tileHtml(picture, root)}<span class="name"><bdi>${escaped(filename)}</bdi></span><span class="said"><time>${escaped(at.slice(0, 16).replace('T', ' '))}</time></span>${said}</a>`;
}

const cardHtml = ({ href, text, images, cover }: ShelfCard, root: string): string =>
  `<a href="${escaped(href)}">${cover ? tileHtml(cover, root) : '<span class="picture">No preview</span>'}<span class="name">${escaped(text)}</span><span class="said">${counted(images, 'picture')}</span></a>`;

/** The original is its own thumbnail: it is loaded once somebody scrolls near it. */
function tileHtml({ path, filename, width, height, color, isOpaque }: ShownPicture, root: string): string {
  if (isOpaque) return `<span class="picture">${escaped(path.slice(path.lastIndexOf('.') + 1).toUpperCase())}</span>`;
  const style = color !== null && COLOR.test(color) ? ` style="background:${color}"` : '';
  return `<span class="picture"${style}><img src="${hrefOf(path, root)}" alt="${escaped(filename)}" width="${width}" height="${height}" loading="lazy" decoding="async"></span>`;
}

const COLOR = /^#[0-9a-f]{6}$/;

const hrefOf = (path: ExportPath, root: string): string => root + path.split('/').map(encodeURIComponent).join('/');

export const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;

const MONTH = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });

export const shelfName = (shelf: Shelf): string =>
  shelf === 'trash' ? 'Trash' : MONTH.format(new Date(`${shelf}-01T00:00:00Z`));
