/** Packages of which the service reads only these files, for the pages of its documentation. */
export const PAGE_PACKAGES = {
  'swagger-ui-dist': ['package.json', 'LICENSE', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
  redoc: ['package.json', 'LICENSE', 'bundles/redoc.standalone.js'],
} as const satisfies Record<string, readonly string[]>;

/** Files of the repository that the service's pages and routes read; `npm run build:web` writes the gallery. */
export const PAGE_FILES = ['openapi.json', 'docs/problems.md', 'packages/web/dist'] as const;
