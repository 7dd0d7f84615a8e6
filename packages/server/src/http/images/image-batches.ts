import type * as z from 'zod';
import type { Access } from '../../domain/access/policy.ts';
import { takenAt } from '../../domain/facts/taken-at.ts';
import { type LiveImage, linksOf } from '../../domain/image/image.ts';
import { liveLinks } from '../../domain/image/share-link.ts';
import { changedTags, formerMembers, MAX_METADATA_BYTES } from '../../domain/metadata/edits.ts';
import { changeImages, deleteImages, restoreImages, trashImages } from '../../operations/images/many-images.ts';
import { requireTrash } from '../../operations/images/trash-image.ts';
import type { Update } from '../../operations/images/update-image.ts';
import type { Services } from '../../services.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute, type Received } from '../admission/naming-route.ts';
import { isoTime } from '../answers/iso-time.ts';
import { readBatch } from '../bodies/batch.ts';
import { payerFor } from '../request/client.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { imagesAnswer } from './batch-answer.ts';
import { batchOfImagesBody, changeImagesBody } from './batch-schemas.ts';
import * as operations from './image-batches.openapi.ts';

export const imageBatchRoutes: readonly Route<Services & BodyChecks>[] = [
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
    path: '/images/change',
    operation: operations.changeMany,
    async receive(c, services) {
      const batch = parse(changeImagesBody, await readBatch(c, services), 'body');
      const { visibility, metadata, revisions, add_tags: addTags, remove_tags: removeTags } = batch;
      const change = {
        edits: { addTags, removeTags, metadata, visibility },
        corrections: { takenAt: batch.taken_at, shiftTakenSeconds: batch.shift_taken_seconds },
        revisions,
        answer: {
          bytes: MAX_ANSWER_BYTES,
          mostOfOne:
            REST_OF_RESULT_BYTES + sizeOf([addTags, removeTags, metadata]) + (metadata ? MAX_METADATA_BYTES : 0),
          bytesOf: (update: Update | undefined) =>
            REST_OF_RESULT_BYTES + (update ? sizeOf(changeJson(update, services.clock.now())) : 0),
        },
      };
      return received(c, batch, async (access, ids) =>
        imagesAnswer(
          c,
          await changeImages(services, access, { ...change, payer: payerFor(c, access), ids }),
          (update) => changeJson(update, services.clock.now()),
        ),
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

type Answer = (access: Access, ids: readonly string[]) => Promise<Response>;

const readImages = async (c: RouteContext, services: Services, answer: Answer): Promise<Received> =>
  received(c, parse(batchOfImagesBody, await readBatch(c, services), 'body'), answer);

/** A batch of images: each counts as a request. */
function received(c: RouteContext, batch: z.output<typeof batchOfImagesBody>, answer: Answer): Received {
  const ids = batch.image_ids;
  c.set('concerns', { count: ids.length });
  return { claims: [claimInBody(batch)], members: ids.length, answer: (access) => answer(access, ids) };
}

/** Lambda limits an answer to 6 MB; this leaves room for problems. */
const MAX_ANSWER_BYTES = 4 * 1_048_576;
/** The id, status, revision, date and names of a result; a problem. */
const REST_OF_RESULT_BYTES = 400;

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** What the request has changed of an image, and what it was before: absent where nothing has changed. */
function changeJson({ before, after }: Update, now: Date) {
  const { gained, lost } = changedTags(before.tags, after.tags);
  const former = formerMembers(before.metadata, after.metadata);
  return {
    status: after.status,
    revision: after.revision,
    ...(gained.length > 0 && { added_tags: gained }),
    ...(lost.length > 0 && { removed_tags: lost }),
    ...(Object.keys(former).length > 0 && { former_metadata: former }),
    ...(before.visibility !== after.visibility && {
      former_visibility: before.visibility,
      ended_links: liveLinks(linksOf(before), now).length,
    }),
    ...(takenIn(before) !== takenIn(after) && { former_taken_at: takenIn(before) }),
  };
}

const takenIn = (image: LiveImage): string | null =>
  ('facts' in image && image.facts ? takenAt(image.facts)?.at : undefined) ?? null;
