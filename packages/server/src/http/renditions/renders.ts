import { signedUrlOf } from '../../domain/access/access.ts';
import { AppError, invalidFields } from '../../domain/errors.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import { parseTransform } from '../../domain/rendition/transform-parameters.ts';
import { readImageByRenderUrl } from '../../operations/images/read-shared-image.ts';
import { findRendition } from '../../operations/renditions/find-rendition.ts';
import { type LinkToRenderInput, linkToRender, type RenderLink } from '../../operations/renditions/link-to-render.ts';
import { type LinkRequest, type LinkResult, linkToRenders } from '../../operations/renditions/link-to-renders.ts';
import type { RenditionPlans } from '../../operations/renditions/rendition-plans.ts';
import type { Services } from '../../services.ts';
import { preview } from '../../text/preview.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute } from '../admission/naming-route.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { formatsFor, nameOf, renditionAnswer } from '../answers/rendition-answer.ts';
import { allowAnyPage, type Keeping, sharedKeeping } from '../answers/shared-picture.ts';
import { within } from '../answers/within-batch.ts';
import { readLargeJson } from '../bodies/large-json.ts';
import { readJson } from '../bodies/request-body.ts';
import { toProblem } from '../problem.ts';
import { clientOf } from '../request/client.ts';
import { searchOf } from '../request/query.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import * as operations from './renders.openapi.ts';
import { renderLinkBody, renderLinksBody, renderOfBatch } from './rendition-schemas.ts';

/** Ten times all parameters at their longest. */
const MAX_LINK_BYTES = 16_384;
const BATCH_LIMITS = { maxBytes: 1_048_576, maxValues: 50_000 };

export const renderRoutes: readonly Route<Services & RenditionPlans & BodyChecks>[] = [
  {
    method: 'GET',
    path: '/images/:id/render',
    operation: operations.render,
    async handle(c, services) {
      const { imageId } = signedUrlOf(c.get('access'));
      const url = services.renderLinks.read(imageId, searchOf(c), services.clock.now());
      const { transform, expiresAt } = url;
      allowAnyPage(c); // anyone with the URL may show it
      const client = clientOf(c);
      const image = await readImageByRenderUrl(services, url, client);
      const asked = { image, kind: 'free', transform, accepted: formatsFor(c, transform) } as const;
      const { rendition, tookLong } = await findRendition(services, asked, client);
      if (tookLong) await readImageByRenderUrl(services, url, client);
      const keeping = renderKeeping(transform, sharedKeeping(expiresAt, services.clock.now()));
      return renditionAnswer(c, services, { image, rendition }, { name: nameOf(image), keeping });
    },
  },
  {
    method: 'POST',
    path: '/images/:id/render-url',
    operation: operations.link,
    async handle(c, services) {
      const asked = linkInput(c.req.param('id') ?? '', await readJson(c, { maxBytes: MAX_LINK_BYTES }));
      const link = await linkToRender(services, c.get('access'), asked).catch(pointToBody);
      return jsonAnswer(c, linkJson(c, link));
    },
  },
  namingRoute({
    method: 'POST',
    path: '/render-urls',
    operation: operations.linkMany,
    async receive(c, services, held) {
      const read = held.use(await readLargeJson(c, services, BATCH_LIMITS));
      const batch = parse(renderLinksBody, read.value, 'body');
      c.set('concerns', { count: batch.renders.length });
      return {
        claims: [claimInBody(batch)],
        members: batch.renders.length,
        async answer(access) {
          return linksAnswer(c, await linkToRenders(services, access, batch.renders.map(requestOf)));
        },
      };
    },
  }),
];

/** The URL of each success, or the problem of each failure. */
function linksAnswer(c: RouteContext, results: readonly LinkResult[]): Response {
  return jsonAnswer(c, {
    count: results.filter((result) => 'target' in result).length,
    results: results.map((result, index) =>
      'target' in result
        ? { index, ...linkJson(c, result) }
        : { index, error: toProblem(within(`/renders/${index}`, inBody(result.error)), c.get('requestId')) },
    ),
  });
}

/** The picture around a focal point changes with it, and its URL doesn't. */
const renderKeeping = ({ position }: Transform, untilExpiry: Keeping): Keeping =>
  position === 'focal' ? { ...untilExpiry, maxAgeSeconds: 0 } : untilExpiry;

/** The body of a link, with its transform in the form of a query. */
function linkInput(id: string, body: unknown): LinkToRenderInput {
  const { expires_in, ...given } = parse(renderLinkBody, body, 'body');
  return { id, transform: parseTransform(textsOf(given), (name) => `/${name}`), expiresInSeconds: expires_in ?? null };
}

function requestOf(render: unknown): LinkRequest {
  try {
    const { image_id, ...rest } = parse(renderOfBatch, render, 'body');
    return linkInput(image_id, rest);
  } catch (error) {
    if (error instanceof AppError) return { error };
    throw error;
  }
}

/** A body's field whose error shows only together with the image. */
function inBody(error: AppError): AppError {
  if (error.errors.length === 0) return error;
  const errors = error.errors.map((one) => ({ ...one, pointer: one.pointer.replace(/^\?/, '/') }));
  return invalidFields(errors, error.code, { cause: error, params: error.params });
}

const pointToBody = (error: unknown): never => {
  throw error instanceof AppError ? inBody(error) : error;
};

/** Other values than text and numbers are invalid; null counts as absent. */
const textsOf = (given: { readonly [name: string]: unknown }): [string, string][] =>
  Object.entries(given)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, typeof value === 'string' ? value : preview(value)]);

const linkJson = (c: RouteContext, { imageId, target, expiresAt }: RenderLink) => ({
  image_id: imageId,
  url: `${c.get('publicOrigin')}${target}`,
  expires_at: expiresAt?.toISOString() ?? null,
});
