import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { presetNamed } from '../../domain/rendition/presets.ts';
import { readReadyImage } from '../../operations/images/read-image.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { purgeRenditions } from '../../operations/renditions/purge-renditions.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import {
  type AskedRendition,
  findRendition,
  type Keeping,
  renditionAnswer,
  renditionFilename,
} from '../answers/rendition-answer.ts';
import type { AppServices } from '../app-services.ts';
import { actFor } from '../request/access.ts';
import { clientOf } from '../request/client.ts';
import { parametersOf } from '../request/query.ts';
import { parse, requireKnown } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { changeQuery, downloadQuery } from '../schemas/images.ts';
import { presetQuery } from '../schemas/renditions.ts';
import * as operations from './renditions.openapi.ts';

/** A URL with the current version is immutable; without it, it is revalidated. */
const VERSIONED: Keeping = { by: 'private', maxAgeSeconds: 31_536_000 };
const UNVERSIONED: Keeping = { by: 'private', maxAgeSeconds: null };

export const renditionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset',
    operation: operations.readPreset,
    async handle(c, services) {
      // Unknown parameters are refused: the picture would look as if they had been obeyed.
      const { v } = parse(presetQuery, requireKnown(parametersOf(c), presetQuery), 'query');
      const { preset, asked } = await askedByPreset(c, services);
      const isCurrent = services.presetVersions.some(
        ({ name, versionFor }) => name === preset && versionFor(asked.image) === v,
      );
      const keeping = isCurrent ? VERSIONED : UNVERSIONED;
      return renditionAnswer(c, services, { ...asked, keeping }).catch((error: unknown) => blamePreset(preset, error));
    },
  },
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset/download',
    operation: operations.downloadPreset,
    async handle(c, services) {
      const { disposition } = parse(downloadQuery, requireKnown(parametersOf(c), downloadQuery), 'query');
      const { preset, asked } = await askedByPreset(c, services);
      const rendition = await findRendition(c, services, asked).catch((error: unknown) => blamePreset(preset, error));
      const { url, expiresAt } = await createRenditionDownload(services, rendition, {
        disposition,
        filename: renditionFilename(asked.image, rendition, asked.suffix),
        publicOrigin: c.get('publicOrigin'),
      });
      const { contentType, sizeBytes } = rendition;
      const json = {
        download_url: url,
        expires_at: expiresAt.toISOString(),
        content_type: contentType,
        size: sizeBytes,
      };
      return jsonAnswer(c, json, UNCACHED);
    },
  },
  {
    method: 'DELETE',
    path: '/images/:id/renditions/:preset',
    operation: operations.purgePreset,
    handle: purge,
  },
  {
    method: 'DELETE',
    path: '/images/:id/renditions',
    operation: operations.purgeAll,
    handle: purge,
  },
];

async function askedByPreset(
  c: RouteContext,
  services: AppServices,
): Promise<{ readonly preset: string; readonly asked: AskedRendition }> {
  const preset = c.req.param('preset') ?? '';
  const transform = presetNamed(services.settings.presets, preset);
  const image = await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
  return { preset, asked: { image, kind: 'preset', transform, suffix: `-${preset}` } };
}

/** The configuration doesn't fit this image: no other request could succeed. */
export function blamePreset(preset: string, error: unknown): never {
  if (error instanceof AppError && error.code === 'invalid-request')
    throw new AppError('rendition-failed', `preset ${preset}: ${error.detail}`, { cause: error });
  throw error;
}

async function purge(c: RouteContext, services: Services): Promise<Response> {
  const { user_id } = parse(changeQuery, parametersOf(c), 'query');
  const access: Access = actFor(c, user_id, '?user_id');
  const [id, preset] = [c.req.param('id') ?? '', c.req.param('preset')];
  const which = { id, ...(preset !== undefined && { preset }) };
  const removed = await purgeRenditions(services, access, which, clientOf(c));
  return jsonAnswer(c, { image_id: id.toLowerCase(), removed });
}
