import { caughtBy } from '../breakage.ts';

export const LINK_PAGE = caughtBy('packages/server/test/links/link-page.test.ts', [
  ['a page tells that its links were revoked', 'link-page.ts: told', "reason === 'revoked'", 'false'],
  ['a page tells a former preset from a revoked link', 'link-page.ts: told', " || code === 'unknown-preset'", ''],
  ['a page of a link is kept by caches', 'pageAnswer', '...NO_STORE,', ''],
  ['a page runs scripts', 'pageAnswer', "default-src 'none'", "default-src 'self'"],
  ['a name is HTML', 'html-text.ts: escaped', "ENTITIES[character] ?? ''", 'character'],
  ['a page shows HEIC as it is', 'link-page.ts: pictureHtml', "{ format: 'jpeg' }", '{}'],
  ['a link to a preset opens the original as a JPEG', 'linkRoutes', 'if (preset && format)', 'if (false)'],
  ['errors of pages are JSON', 'http/exchange.ts: exchange', '{ observe, refuse }', '{ observe }'],
  ['programs get the page too', 'linkRoutes', "includes('text/html')", "includes('')"],
  [
    'a page refuses parameters of messengers',
    'link-page.ts: linkPageRoutes',
    'operation: OPEN_PAGE',
    'operation: open',
  ],
]);
