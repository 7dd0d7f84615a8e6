import { setImmediate as nextTurn } from 'node:timers/promises';
import { actingFor, ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { createUploads, type UploadRequest } from '../../operations/uploads/create-uploads.ts';
import type { Services } from '../../services.ts';
import { actForMembers, type BodyChecks } from '../admission/access.ts';
import { countMembers } from '../admission/request-rates.ts';
import { type BlockChecks, requireUnblocked } from '../admission/unblocked.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { within } from '../answers/within-batch.ts';
import { readBatch } from '../bodies/batch.ts';
import { toProblem } from '../problem.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import * as operations from './upload-batches.openapi.ts';
import { grantInput, owned } from './upload-fields.ts';
import { uploadStateJson } from './upload-json.ts';
import { batchGrantBody, grantBody } from './upload-schemas.ts';

export const uploadBatchRoutes: readonly Route<Services & BodyChecks>[] = [
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
];

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
