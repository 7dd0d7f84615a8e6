import { actingFor } from '../../domain/access/access.ts';
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
import { clientOf } from '../request/client.ts';
import { parametersOf } from '../request/query.ts';
import { parse, requireKnown } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { changeQuery } from '../schemas/images.ts';
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
      const { download, v } = parse(presetQuery, requireKnown(parametersOf(c), presetQuery), 'query');
      const preset = c.req.param('preset') ?? '';
      const transform = presetNamed(services.settings.presets, preset);
      const image = await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      const asked: AskedRendition = { image, kind: 'preset', transform, suffix: `-${preset}` };
      const isCurrent = services.presetVersions.some(
        ({ name, versionFor }) => name === preset && versionFor(image) === v,
      );
      const keeping = isCurrent ? VERSIONED : UNVERSIONED;
      const answered = download
        ? downloadAnswer(c, services, { ...asked, preset })
        : renditionAnswer(c, services, { ...asked, keeping });
      return answered.catch((error: unknown) => blamePreset(preset, error));
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

async function downloadAnswer(
  c: RouteContext,
  services: AppServices,
  asked: AskedRendition & { readonly preset: string },
): Promise<Response> {
  const rendition = await findRendition(c, services, asked);
  const request = await createRenditionDownload(services, rendition, {
    disposition: 'attachment',
    filename: renditionFilename(asked.image, rendition, asked.suffix),
    publicOrigin: c.get('publicOrigin'),
  });
  const json = {
    image_id: asked.image.id,
    preset: asked.preset,
    content_type: rendition.contentType,
    size: rendition.sizeBytes,
    presigned_url: request.url,
    expires_at: request.expiresAt.toISOString(),
  };
  return jsonAnswer(c, json, UNCACHED);
}

/** The configuration doesn't fit this image: no other request could succeed. */
function blamePreset(preset: string, error: unknown): never {
  if (error instanceof AppError && error.code === 'invalid-request')
    throw new AppError('rendition-failed', `preset ${preset}: ${error.detail}`, { cause: error });
  throw error;
}

async function purge(c: RouteContext, services: Services): Promise<Response> {
  const { user_id } = parse(changeQuery, parametersOf(c), 'query');
  const access: Access = actingFor(c.get('access'), user_id, '?user_id');
  const [id, preset] = [c.req.param('id') ?? '', c.req.param('preset')];
  const which = { id, ...(preset !== undefined && { preset }) };
  const removed = await purgeRenditions(services, access, which, clientOf(c));
  return jsonAnswer(c, { image_id: id.toLowerCase(), removed });
}
