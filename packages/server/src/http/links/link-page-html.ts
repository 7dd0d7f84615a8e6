import { hash } from 'node:crypto';
import { escaped } from '../answers/html-text.ts';

export interface PicturePage {
  /** The name of the file. */
  readonly name: string;
  /** URLs of the same origin. */
  readonly picture: string;
  readonly download: string;
  /** In pixels; null: unknown. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** null: never. */
  readonly expiresAt: Date | null;
}

/** A page without a picture, which says why. */
export interface SentencePage {
  readonly sentence: string;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100svh; display: grid; grid-template-rows: 1fr auto; background: light-dark(#faf9f8, #111); color: light-dark(#1a1a1a, #eee); }
main { display: grid; place-items: center; min-height: 0; padding: 12px; }
img { max-width: 100%; max-height: calc(100svh - 96px); width: auto; height: auto; object-fit: contain; background: repeating-conic-gradient(#999 0 25%, #bbb 0 50%) 0 0 / 16px 16px; }
footer { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: center; justify-content: space-between; padding: 12px 20px; }
h1 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0; }
footer p { color: light-dark(#555, #aaa); font-size: .875rem; }
a { display: inline-grid; place-items: center; min-height: 44px; padding: 0 20px; border-radius: 22px; background: light-dark(#1a1a1a, #eee); color: light-dark(#fff, #111); text-decoration: none; font-weight: 600; }
a:focus-visible { outline: 3px solid #d0402a; outline-offset: 2px; }
`;

/** For the page's Content-Security-Policy. */
export const LINK_PAGE_STYLE_HASH = `sha256-${hash('sha256', STYLE, 'base64')}`;

export const linkPageHtml = (page: PicturePage | SentencePage): string =>
  'sentence' in page
    ? documentHtml(page.sentence, `<main><p>${escaped(page.sentence)}</p></main>`)
    : documentHtml(page.name, pictureHtml(page));

function pictureHtml({ name, picture, download, size, expiresAt }: PicturePage): string {
  const dimensions = size === null ? '' : ` width="${size.width}" height="${size.height}"`;
  const until = expiresAt === null ? '' : `<p>Shared until ${timeHtml(expiresAt)}</p>`;
  return `<main><img src="${escaped(picture)}" alt="${escaped(name)}"${dimensions}></main>
    <footer>
      <div><h1><bdi>${escaped(name)}</bdi></h1>${until}</div>
      <a href="${escaped(download)}" download>Download</a>
    </footer>`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

const timeHtml = (at: Date): string => `<time datetime="${at.toISOString()}">${TIME.format(at)} UTC</time>`;

const documentHtml = (title: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${escaped(title)}</title>
    <style>${STYLE}</style>
  </head>
  <body>
    ${body}
  </body>
</html>
`;
