import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { typeByExtension } from '../../domain/image/media-type.ts';
import { untilLate } from '../../flow/until-late.ts';
import { type CreateFetchServices, createFetch } from '../../operations/ingest/create-fetch.ts';
import { requireFetchable } from '../../operations/ingest/require-fetchable.ts';
import type { IngestServices, Services } from '../../services.ts';
import type { Received } from '../admission/naming-route.ts';
import { acceptedAnswer, UNCACHED } from '../answers/answer.ts';
import { within } from '../answers/within-batch.ts';
import { readBatch } from '../bodies/batch.ts';
import { changeQuery } from '../images/image-schemas.ts';
import { toProblem } from '../problem.ts';
import { filename } from '../request/fields.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { requireParameters } from '../request/query.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { type FetchFields, fetchBatchBody, fetchBody, fetchItem } from './fetch-schemas.ts';
import { describedAs, owned } from './upload-fields.ts';

type FetchServices = CreateFetchServices & { readonly ingest: IngestServices } & Pick<Services, 'staging'>;

/** The records of one batch that are written at once. */
const AT_ONCE = 20;

/** One URL, or a batch of them, for one user. */
export async function receiveFetches(
  c: RouteContext,
  services: FetchServices,
  locationOf: (image: Image) => AnswerHeaders,
): Promise<Received> {
  if (c.get('unknownNames') === 'refused') requireParameters(c, Object.keys(changeQuery.shape));
  const body = await readBatch(c, services);
  const key = idempotencyKeyOf(c);
  if (!isBatch(body)) {
    const fields = parse(fetchBody, body, 'body');
    return {
      claims: [claimInBody(fields)],
      async answer(access) {
        const image = await create(services, access, { fields, idempotencyKey: key });
        c.set('concerns', { imageId: image.id });
        return acceptedAnswer(c, fetchedJson(image), { ...locationOf(image), ...UNCACHED });
      },
    };
  }
  const batch = parse(fetchBatchBody, body, 'body');
  const { images } = batch;
  c.set('concerns', { count: images.length });
  return {
    claims: [claimInBody(batch)],
    members: images.length,
    async answer(access) {
      const results = await untilLate(services, [...images.entries()], {
        width: AT_ONCE,
        work: ([index, item]) => resultOf(services, access, { item, idempotencyKey: key && `${key}\n${index}` }),
        late: (error): Result => ({ error }),
      });
      const json = {
        count: results.filter((result) => 'image' in result).length,
        results: results.map((result, index) =>
          'image' in result
            ? { index, image: fetchedJson(result.image) }
            : { index, error: toProblem(within(`/images/${index}`, result.error), c.get('requestId')) },
        ),
      };
      return acceptedAnswer(c, json, UNCACHED);
    },
  };
}

const isBatch = (body: unknown): boolean => typeof body === 'object' && body !== null && 'images' in body;

type Result = { readonly image: Image } | { readonly error: AppError };

async function resultOf(
  services: FetchServices,
  access: Access,
  { item, idempotencyKey }: { readonly item: unknown; readonly idempotencyKey: string | undefined },
): Promise<Result> {
  await nextTurn(); // normalizing the longest tags of one item takes milliseconds
  try {
    return { image: await create(services, access, { fields: parse(fetchItem, item, 'body'), idempotencyKey }) };
  } catch (error) {
    if (error instanceof AppError) return { error };
    throw error;
  }
}

function create(
  services: FetchServices,
  given: Access,
  { fields, idempotencyKey }: { readonly fields: FetchFields; readonly idempotencyKey: string | undefined },
): Promise<Image> {
  const access = owned(given);
  const url = requireFetchable(services.ingest, fields.url);
  const named = { ...fields, filename: fields.filename ?? filenameIn(url) };
  const described = describedAs(access, named, typeByExtension(named.filename ?? '') ?? 'image/jpeg');
  return createFetch(services, access, { ...described, url, idempotencyKey });
}

/** The last part of the path, if a picture would be called so: other parts may be secrets. */
function filenameIn({ pathname }: URL): string | undefined {
  const last = decoded(pathname.slice(pathname.lastIndexOf('/') + 1));
  return typeByExtension(last) && filename.safeParse(last).data;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

const fetchedJson = ({ id, userId, status, expiresAt }: Image) => ({
  image_id: id,
  user_id: userId,
  status,
  expires_at: status === 'pending' ? expiresAt.toISOString() : null,
});
