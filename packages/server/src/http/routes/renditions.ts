import { andThen, orElse } from '../../domain/awaitable.ts';
import { AppError } from '../../domain/errors.ts';
import { presetNamed } from '../../domain/presets.ts';
import { type Principal, speakingAs } from '../../domain/principal.ts';
import { rememberFew } from '../../domain/remember.ts';
import { createRenditionDownload } from '../../operations/create-rendition-download.ts';
import { purgeRenditions } from '../../operations/purge-renditions.ts';
import { readReadyImage } from '../../operations/read-image.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer, UNCACHED } from '../answer.ts';
import { clientOf } from '../client.ts';
import { presetVersions } from '../image-view.ts';
import { parametersOf, searchOf } from '../query.ts';
import {
  type AskedRendition,
  findRendition,
  type Keeping,
  renditionAnswer,
  renditionFilename,
} from '../rendition-answer.ts';
import type { Route, RouteContext } from '../route.ts';
import { changeQuery } from '../schemas/images.ts';
import { presetQuery } from '../schemas/renditions.ts';
import { parameters, parse, requireKnown } from '../validation.ts';
import * as operations from './renditions.openapi.ts';

/** A URL with the current version is immutable; without it, it is revalidated. */
const VERSIONED: Keeping = { by: 'private', maxAgeSeconds: 31_536_000 };
const UNVERSIONED: Keeping = { by: 'private', maxAgeSeconds: null };

/** Few exist: a version per preset. */
const MAX_QUERIES = 64;

/** Errors: `invalid-request` also for unknown parameters, because the image would look as if they had been applied. */
const presetQueryOf = rememberFew(MAX_QUERIES, (search: string) =>
  parse(presetQuery, requireKnown(parameters(new URLSearchParams(search)), presetQuery), 'query'),
);

export const renditionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/images/:id/renditions/:preset',
    operation: operations.readPreset,
    handle(c, services) {
      const { download, v } = presetQueryOf(searchOf(c));
      const preset = c.req.param('preset') ?? '';
      const transform = presetNamed(services.settings.presets, preset);
      return andThen(readReadyImage(services, c.get('principal'), c.req.param('id') ?? '', clientOf(c)), (image) => {
        const asked: AskedRendition = { image, kind: 'preset', transform, suffix: `-${preset}` };
        const isCurrent = presetVersions(services).some(({ name, version }) => name === preset && version === v);
        const keeping = isCurrent ? VERSIONED : UNVERSIONED;
        return orElse(
          () =>
            download === 'true'
              ? downloadAnswer(c, services, { ...asked, preset })
              : renditionAnswer(c, services, { ...asked, keeping }),
          (error) => blamePreset(preset, error),
        );
      });
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
  services: Services,
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
  const principal: Principal = speakingAs(c.get('principal'), user_id, '?user_id');
  const [id, preset] = [c.req.param('id') ?? '', c.req.param('preset')];
  const which = { id, ...(preset !== undefined && { preset }) };
  const removed = await purgeRenditions(services, principal, which, clientOf(c));
  return jsonAnswer(c, { image_id: id.toLowerCase(), removed });
}
