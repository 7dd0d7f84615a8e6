import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { canonicalTransform } from '../../domain/rendition/transform-parameters.ts';
import { truncated } from '../../text/preview.ts';
import { addHeaders, jsonAnswer } from '../answers/answer.ts';
import { type Asset, assetAnswer, createAsset } from '../answers/asset.ts';
import type { Route } from '../route.ts';

/** As `npm run build:web` writes it. */
const DIST = new URL('../../../../web/dist/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Vite's names: letters, digits, `-`, `_` and an extension; so no name leaves the folder. */
const ASSET_NAME = /^[\w-]{1,100}\.(?:js|css|svg)$/;

/** The gallery's files, each read once, on its first request. */
const assets = new Map<string, Promise<Asset>>();

export function galleryFile(path: string): Promise<Asset> {
  const known = assets.get(path);
  if (known) return known;
  const asset = readFile(new URL(path, DIST)).then((content) =>
    createAsset(content, TYPES[extname(path)] ?? 'application/octet-stream'),
  );
  assets.set(path, asset);
  asset.catch(() => assets.delete(path)); // the next request retries
  return asset;
}

/** The gallery's files and what it must know before anybody signs in. */
export const galleryRoutes = ({ auth }: { readonly auth: readonly string[] }): readonly Route[] => [
  {
    method: 'GET',
    path: '/assets/:name',
    async handle(c) {
      const name = c.req.param('name') ?? '';
      const asset = ASSET_NAME.test(name) ? await galleryFile(`assets/${name}`).catch(() => undefined) : undefined;
      if (!asset) throw new AppError('route-not-found', `expected a file of the gallery; got ${truncated(name)}`);
      return assetAnswer(c, asset);
    },
  },
  { method: 'GET', path: '/lamp.svg', handle: async (c) => assetAnswer(c, await galleryFile('lamp.svg')) },
  {
    method: 'GET',
    path: '/app.json',
    handle(c, { settings, images }) {
      addHeaders(c, { 'cache-control': 'no-store' });
      return jsonAnswer(c, {
        auth,
        oidc: null,
        search: images.searches,
        trash_days: settings.trashDays,
        limits: {
          max_upload_bytes: settings.maxUploadBytes,
          max_direct_upload_bytes: settings.maxDirectUploadBytes,
        },
        presets: Object.fromEntries([...settings.presets].map(([name, one]) => [name, canonicalTransform(one)])),
      });
    },
  },
];
