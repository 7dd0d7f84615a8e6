import type { ImageDescription } from '../../domain/image/image.ts';
import { judgePreconditions } from '../../http-semantics/preconditions.ts';
import { awaitImage } from '../../operations/images/read-image.ts';
import { updateImage } from '../../operations/images/update-image.ts';
import { finalizeOnRequest } from '../../operations/uploads/finalize-on-request.ts';
import type { Services } from '../../services.ts';
import type { Readmission } from '../admission/access.ts';
import { answer, jsonTextAnswer, OWN } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { clientOf, payerFor } from '../request/client.ts';
import { header } from '../request/header.ts';
import { expectedRevisions } from '../request/if-match.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { imageAnswer, representation } from './image-answer.ts';
import { changeBody, metadataQuery } from './image-schemas.ts';
import type { ImageViews } from './image-view.ts';
import * as operations from './metadata.openapi.ts';

/** The longest description, metadata and tags, in any escaping. */
const MAX_CHANGE_BYTES = 131_072;

export const metadataRoutes: readonly Route<Services & ImageViews & Readmission>[] = [
  {
    method: 'GET',
    path: '/images/:id/metadata',
    operation: operations.describe,
    async handle(c, services) {
      const { wait } = parse(metadataQuery, parametersOf(c), 'query');
      const asked = { id: c.req.param('id') ?? '', waitSeconds: wait };
      const image = await awaitImage(services, c.get('access'), asked, clientOf(c));
      if (wait > 0) await services.readmit(c);
      const { text, entityTag } = representation(c, services, image);
      const ifNoneMatch = (name: Lowercase<string>) => (name === 'if-none-match' ? header(c, name) : undefined);
      const verdict = judgePreconditions(ifNoneMatch, { entityTag, lastModified: null });
      if (verdict === 'not-modified') return answer(c, null, 304, { etag: entityTag, ...OWN });
      return jsonTextAnswer(c, text, { etag: entityTag });
    },
  },
  { method: 'PATCH', path: '/images/:id/metadata', operation: operations.change('changeMetadata'), handle: change },
  { method: 'PATCH', path: '/images/:id', operation: operations.change('changeImage'), handle: change },
  {
    method: 'POST',
    path: '/images/:id/complete',
    operation: operations.complete,
    async handle(c, services) {
      return imageAnswer(
        c,
        services,
        await finalizeOnRequest(services, c.get('access'), c.req.param('id') ?? '', clientOf(c)),
      );
    },
  },
];

async function change(c: RouteContext, services: Services & ImageViews): Promise<Response> {
  const revisions = expectedRevisions(header(c, 'if-match'));
  const given = parse(changeBody, await readJson(c, { maxBytes: MAX_CHANGE_BYTES }), 'body');
  const { after } = await updateImage(services, c.get('access'), {
    id: c.req.param('id') ?? '',
    changes: changesOf(given),
    corrections: { takenAt: given.taken_at, position: given.position },
    expectedRevisions: revisions,
    payer: payerFor(c),
  });
  return imageAnswer(c, services, after);
}

type Given = ReturnType<typeof parse<typeof changeBody>>;

/** Changes only the given fields; null clears. */
const changesOf = ({
  filename,
  description,
  tags,
  metadata,
  external_id,
  focal_point,
  visibility,
}: Given): Partial<ImageDescription> => ({
  ...(filename !== undefined && { filename }),
  ...(description !== undefined && { description }),
  ...(tags !== undefined && { tags: tags ?? [] }),
  ...(metadata !== undefined && { metadata: metadata ?? {} }),
  ...(external_id !== undefined && { externalId: external_id }),
  ...(visibility !== undefined && { visibility }),
  ...(focal_point !== undefined && { focalPoint: focal_point }),
});
