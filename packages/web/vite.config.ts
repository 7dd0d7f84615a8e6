import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type HtmlTagDescriptor, minifySync, type Plugin } from 'vite';
import { FIRST_PAGE, QUERIES } from './src/library/library.ts';

/** As src/library/read-page.ts asks for it. */
const firstList = (query: Readonly<Record<string, string>>): string =>
  String(new URLSearchParams({ ...query, limit: String(FIRST_PAGE) }));
const FIRST_LISTS = {
  'data-upload': firstList(QUERIES.upload),
  'data-capture': firstList(QUERIES.capture),
};
/** The script waits for this answer. Behind the script, the link would load it once more. */
const APP_INFO: HtmlTagDescriptor = {
  tag: 'link',
  attrs: { rel: 'preload', href: '/app.json', as: 'fetch', crossorigin: true },
  injectTo: 'head-prepend',
};

/** The pages: each is a build of its own (`--mode`), so that neither loads what only the other one needs. */
const PAGES = {
  gallery: {
    html: 'index.html',
    plugins: () => [blockingScript('src/session/first-requests.js', FIRST_LISTS, [APP_INFO])],
    conditions: [],
  },
  guests: { html: 'guests.html', plugins: () => [], conditions: ['safelight-guests'] },
} as const;

/** Modules that dialogs and views share: the first load names each file that is loaded later, and these are one. */
const SMALL =
  /lucide-react|link-durations|page-title|copy-button|use-one-owner|album-changed|album-list|guest-|select.words|title-problem|use-suggested/;

const isPage = (mode: string): mode is keyof typeof PAGES => Object.hasOwn(PAGES, mode);

/**
 * `npm run build:web`: the gallery, and the page for guests of links, as files that the service serves. The same
 * sources give the same bytes, without times and paths.
 */
export default defineConfig(({ mode }) => {
  const page = isPage(mode) ? mode : 'gallery';
  const { html, plugins, conditions } = PAGES[page];
  return {
    root: import.meta.dirname,
    plugins: [react(), blockingScript('src/ui/chosen-looks.js'), ...plugins()],
    resolve: { conditions: ['safelight-source', ...conditions, ...defaultClientConditions] },
    css: { modules: { generateScopedName: '[local]_[hash:base64:6]' } },
    build: {
      target: 'es2024',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // The first with light-dark(): its replacement knows no theme of a part of the page.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0, // The policy allows no scripts or styles from data: URLs.
      reportCompressedSize: false, // scripts/build-web.ts prints what the first load needs.
      manifest: true,
      // What the first load needs is one file: parts that it shares with what is loaded later would compress worse by
      // themselves.
      rolldownOptions: {
        input: html,
        output: {
          codeSplitting: {
            groups: [
              { name: page === 'gallery' ? 'index' : page, tags: ['$initial'], priority: 1 },
              { name: 'shared', test: SMALL, minShareCount: 2 },
            ],
          },
          sanitizeFileName: (name) => name.replace('.module', ''), // The service serves names with one dot.
        },
      },
    },
  };
});

/** A file of its own that runs before the page is painted: Vite bundles only modules, which run later. */
function blockingScript(
  path: string,
  attributes: Readonly<Record<string, string>> = {},
  before: readonly HtmlTagDescriptor[] = [],
): Plugin {
  const name = basename(path);
  const { code } = minifySync(name, readFileSync(join(import.meta.dirname, path), 'utf8'));
  const fileName = `assets/${name.replace('.js', `-${hash('sha256', code).slice(0, 8)}.js`)}`;
  return {
    name: `blocking-script ${name}`,
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'asset', fileName, source: code });
    },
    transformIndexHtml: () => [
      ...before,
      { tag: 'script', attrs: { src: `/${fileName}`, ...attributes }, injectTo: 'head-prepend' },
    ],
  };
}
