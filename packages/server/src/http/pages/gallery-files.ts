import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Asset, createAsset } from './asset.ts';

/** As `npm run build:web` writes it. */
const DIST = new URL('../../../../web/dist/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Vite's names: letters, digits, `-`, `_` and an extension, so no name leads out of the folder. */
const ASSET_NAME = /^[\w-]{1,100}\.(?:js|css|svg)$/;

/** No page of another origin may load the gallery's files. */
const OWN_PAGES = { 'cross-origin-resource-policy': 'same-origin' } as const;
/** The name of the file contains a hash of its content. */
const IMMUTABLE = { ...OWN_PAGES, 'cache-control': 'public, max-age=31536000, immutable' } as const;

/** The gallery as it is built; undefined for a file that isn't there. */
export interface GalleryFiles {
  /** A file at the root, revalidated by browsers. */
  page(name: 'index.html' | 'guests.html' | 'lamp.svg'): Promise<Asset | undefined>;
  /** A file with its hash in its name, as it is or compressed. */
  hashed(name: string, encoding: 'identity' | 'gzip'): Promise<Asset | undefined>;
}

const gzipped = promisify(gzip);
/** Once for each file. */
const compress = (content: Buffer) => gzipped(content, { level: 9 });

/**
 * Reads, and compresses, each file with its first request. It keeps only files that exist, so clients can't fill it.
 */
export function createGalleryFiles(): GalleryFiles {
  const assets = new Map<string, Promise<Asset | undefined>>();

  function read(path: string, headers: Asset['shared'], isCompressed = false): Promise<Asset | undefined> {
    const key = isCompressed ? `${path} compressed` : path;
    const known = assets.get(key);
    if (known) return known;
    const asset = readFile(new URL(path, DIST)).then(
      async (content) => {
        const type = TYPES[extname(path)] ?? 'application/octet-stream';
        if (!isCompressed) return createAsset(content, type, headers);
        return createAsset(await compress(content), type, { ...headers, 'content-encoding': 'gzip' });
      },
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      },
    );
    assets.set(key, asset);
    const forget = () => assets.delete(key);
    asset.then((found) => found ?? forget(), forget);
    return asset;
  }

  return {
    page: (name) => read(name, OWN_PAGES),
    hashed: async (name, encoding) =>
      ASSET_NAME.test(name) ? read(`assets/${name}`, IMMUTABLE, encoding === 'gzip') : undefined,
  };
}
