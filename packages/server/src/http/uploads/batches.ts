import { setImmediate as nextTurn } from 'node:timers/promises';
import { actingFor, ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { deleteImages, type ImageResult, restoreImages, trashImages } from '../../operations/images/many-images.ts';
import { requireTrash } from '../../operations/images/trash-image.ts';
import { createUploads, type UploadRequest } from '../../operations/uploads/create-uploads.ts';
import type { Services } from '../../services.ts';
import { actForMembers, type BodyChecks } from '../admission/access.ts';
import { namingRoute, type Received } from '../admission/naming-route.ts';
import { countMembers } from '../admission/request-rates.ts';
import { type BlockChecks, requireUnblocked } from '../admission/unblocked.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { isoTime } from '../answers/iso-time.ts';
import { within } from '../answers/within-batch.ts';
import { readLargeJson } from '../bodies/large-json.ts';
import { batchOfImagesBody } from '../images/image-schemas.ts';
import { toProblem } from '../problem.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import * as operations from './batches.openapi.ts';
import { grantInput, owned } from './upload-fields.ts';
import { uploadStateJson } from './upload-json.ts';
import { batchGrantBody, grantBody } from './upload-schemas.ts';

/** A hundred grants with the longest fields; a thousand ids take a fiftieth of it. */
const LIMITS = { maxBytes: 4 * 1_048_576, maxValues: 250_000 };

export const batchRoutes: readonly Route<Services & BodyChecks>[] = [
  {
    method: 'POST',
    path: '/images/uploads',
    operation: operations.grantMany,
    async handle(c, services) {
      const batch = parse(batchGrantBody, await readBatch(c, services), 'body');
      const { uploads } = batch;
      c.set('concerns', { count: uploads.length });
      const access = actForMembers(c, [claimInBody(batch)]);
      await countMembers(
        c,
        services,
        uploads.map((upload) => countedFor(access, upload)),
      );
      const key = idempotencyKeyOf(c);
      // A header can't contain a line break, so no key of a single upload equals one of these.
      const requests: UploadRequest[] = [];
      for (const [index, upload] of uploads.entries()) {
        const batch = { access, idempotencyKey: key && `${key}\n${index}` };
        requests.push(await requestOf(c, services, upload, batch));
        await nextTurn(); // normalizing the longest tags of one upload takes milliseconds
      }
      const results = await createUploads(services, requests);
      const json = {
        count: results.filter((result) => 'grant' in result).length,
        results: results.map((result, index) =>
          'grant' in result
            ? { index, grant: uploadStateJson(result.grant, services.settings) }
            : { index, error: toProblem(within(`/uploads/${index}`, result.error), c.get('requestId')) },
        ),
      };
      return jsonAnswer(c, json, UNCACHED);
    },
  },
  namingRoute({
    method: 'POST',
    path: '/images/delete',
    operation: operations.deleteMany,
    async receive(c, services) {
      return readImages(c, services, async (access, ids) =>
        imagesAnswer(c, await deleteImages(services, access, ids), () => ({ status: 'deleted' })),
      );
    },
  }),
  namingRoute({
    method: 'POST',
    path: '/images/trash',
    operation: operations.trashMany,
    async receive(c, services) {
      requireTrash(services);
      return readImages(c, services, async (access, ids) =>
        imagesAnswer(c, await trashImages(services, access, ids), ({ status, purgeAt }) => ({
          status,
          purge_at: isoTime(purgeAt),
        })),
      );
    },
  }),
  namingRoute({
    method: 'POST',
    path: '/images/restore',
    operation: operations.restoreMany,
    async receive(c, services) {
      requireTrash(services);
      return readImages(c, services, async (access, ids) =>
        imagesAnswer(c, await restoreImages(services, access, ids), ({ status }) => ({ status })),
      );
    },
  }),
];

/** A batch of images: each counts as a request. */
async function readImages(
  c: RouteContext,
  services: Services,
  answer: (access: Access, ids: readonly string[]) => Promise<Response>,
): Promise<Received> {
  const batch = parse(batchOfImagesBody, await readBatch(c, services), 'body');
  const ids = batch.image_ids;
  c.set('concerns', { count: ids.length });
  return { claims: [claimInBody(batch)], members: ids.length, answer: (access) => answer(access, ids) };
}

/** The fields of each success, or the problem of each failure. */
function imagesAnswer<Done>(
  c: RouteContext,
  results: readonly ImageResult<Done>[],
  fieldsOf: (done: Done) => { readonly status: string; readonly purge_at?: string },
): Response {
  return jsonAnswer(c, {
    count: results.filter((result) => 'done' in result).length,
    results: results.map((result) =>
      'error' in result
        ? { image_id: result.id, error: toProblem(result.error, c.get('requestId')) }
        : { image_id: result.id, ...fieldsOf(result.done) },
    ),
  });
}

async function readBatch(c: RouteContext, services: Services): Promise<unknown> {
  using read = await readLargeJson(c, services, LIMITS);
  return read.value;
}

/** Whom an upload counts for, before it is parsed: the user that it names, if the request may act for that one. */
function countedFor(access: Access, upload: unknown): Access {
  const { user_id: userId }: { readonly user_id?: unknown } = Object(upload);
  try {
    return typeof userId === 'string' ? actingFor(access, [claimInBody({ user_id: userId })]) : access;
  } catch (error) {
    if (error instanceof AppError) return access;
    throw error;
  }
}

/** The user of each upload: its own, the batch's, or the header's. */
async function requestOf(
  c: RouteContext,
  checks: BlockChecks,
  upload: unknown,
  batch: { access: Access; idempotencyKey: string | undefined },
): Promise<UploadRequest> {
  try {
    const fields = parse(grantBody, upload, 'body');
    const access = owned(actingFor(batch.access, [claimInBody(fields)]));
    const input = grantInput(c, access, fields, batch.idempotencyKey);
    await requireUnblocked(c, checks, ownerOf(access));
    return { access, input };
  } catch (error) {
    // A user for whom the caller may not act concerns the whole request.
    if (error instanceof AppError && error.code !== 'forbidden') return { error };
    throw error;
  }
}
