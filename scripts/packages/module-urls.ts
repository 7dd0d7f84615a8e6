/**
 * Modules that code names by URL, as `new URL('decode-child.ts', import.meta.url)`, with the extension that they have
 * once built.
 */
export const withBuiltModules = (source: string, extension: '.js' | '.mjs'): string =>
  source.replaceAll(/'([^']+)\.ts', import\.meta\.url/g, `'$1${extension}', import.meta.url`);
