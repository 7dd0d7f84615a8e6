import assert from 'node:assert/strict';
import { type Image, isPublished } from '../../src/domain/image/image.ts';
import { NO_USAGE, plus, type Usage, usageOf } from '../../src/domain/usage/usage.ts';
import type { OwnerUsage } from '../../src/records/usage/usage-repository.ts';
import type { Random } from '../chance/random.ts';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import type { movingClock } from '../services/moving-clock.ts';
import { json, post, type TestService } from '../services/service.ts';
import {
  createPictures,
  type GrantJson,
  jsonRequest,
  objectRequest,
  type Picture,
  type Sent,
} from '../uploads/upload-requests.ts';

export const OWNER = 'ada';

/** Reached by a few clients: at any time most grants are refused. */
const LIMITS = { bytes: 200_000, images: 14, pending: 7 };

/** A grant without `size` reserves half of the quota. */
export const LIMITED = {
  USAGE: 'on',
  QUOTA_BYTES: String(LIMITS.bytes),
  QUOTA_IMAGES: String(LIMITS.images),
  QUOTA_PENDING: String(LIMITS.pending),
  MAX_UPLOAD_BYTES: '100000',
};

/** Answers of an overloaded service. */
const BUSY = [429, 503];
/** The statuses of a change: it is done, or the image is pending, expired or deleted, or has lost its bytes. */
const CHANGED = [200, 204, 404, 409, 410, 412];

const PICTURES = 24;
/** Several of them fit into the quota. */
const SMALL_BYTES = 20_000;

/** Images that no client deletes. Fewer than the limit, so that others come and go. */
const KEPT = 4;
/** Few, so that images share a month. null: the month of the upload. */
const DATES = ['2019-05-04', '2019-05-31T23:59:59.999', '2019-06-01', '1969-12-31', null];

export async function smallPictures(random: Random): Promise<Picture[]> {
  const picture = createPictures(random);
  const pictures = await Promise.all(Array.from({ length: PICTURES }, () => picture('image/png')));
  return pictures.filter(({ bytes }) => bytes.length <= SMALL_BYTES);
}

const DAY_MS = 24 * 3_600_000;

/** Grants of eight days ago, if they fit: their URLs have ended, and the next sweep expires them. */
export async function grantInThePast(
  { request }: Pick<TestService, 'request'>,
  clock: ReturnType<typeof movingClock>,
): Promise<string[]> {
  clock.offsetMs = -8 * DAY_MS;
  const asked = json({ user_id: OWNER, content_type: 'image/png', size: 1_000 });
  const answers = await Promise.all(Array.from({ length: 3 }, () => request('/uploads', asked)));
  clock.offsetMs = 0;
  return Promise.all(
    answers
      .filter(({ status }) => status === 201)
      .map(async (answer) => ((await answer.json()) as { image_id: string }).image_id),
  );
}

/** Stores the images that stay. Answers their ids. */
export async function storeKept(
  { request }: Pick<TestService, 'request'>,
  pictures: readonly Picture[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const { bytes, type } of pictures.toSorted((a, b) => a.bytes.length - b.bytes.length).slice(0, KEPT)) {
    const answer = await request('/images/upload', post(bytes, type, { 'X-User-Id': OWNER }));
    assert.equal(answer.status, 200);
    ids.push(((await answer.json()) as { image_id: string }).image_id);
  }
  return ids;
}

/**
 * A client of the one owner that grants, uploads, completes, abandons, trashes and deletes, also trashes, restores and
 * dates what all clients keep, and looks at the usage after each step.
 */
export function createQuotaClient({
  random,
  pictures,
  kept,
  ending,
}: {
  readonly random: Random;
  readonly pictures: readonly Picture[];
  /** The images that stay, for all clients. */
  readonly kept: readonly string[];
  /** Grants that expire meanwhile, which it tries to complete. */
  readonly ending: readonly string[];
}) {
  const ids: string[] = [];
  const counted = { granted: 0, refused: 0, dated: 0, trashed: 0, restored: 0 };

  async function upload(service: MortalService): Promise<void> {
    const picture = random.pick(pictures);
    const size = random.chance(0.8) ? { size: picture.bytes.length } : {};
    const asked = jsonRequest({ user_id: OWNER, content_type: picture.type, ...size });
    const answer = await answerOf(service.send('/images/upload', asked));
    if (!answer || BUSY.includes(answer.status)) return;
    if (answer.status === 403) {
      requireQuota(answer);
      counted.refused += 1;
      return;
    }
    assert.equal(answer.status, 200, answer.text);
    counted.granted += 1;
    const grant: GrantJson & { image_id: string } = JSON.parse(answer.text);
    ids.push(grant.image_id);
    if (random.chance(0.2)) return; // abandoned: it expires
    const stored = await answerOf(service.send(grant.upload_url ?? '', objectRequest(grant, picture.bytes)));
    if (stored?.status !== 200) return;
    await change(service, `/images/${grant.image_id}/complete`, { method: 'POST' });
  }

  /**
   * Requires that a change is answered by one of `CHANGED`: none is refused for a quota. Answers the text of a 200.
   */
  async function change(service: MortalService, path: string, sent: Sent): Promise<string | undefined> {
    const answer = await answerOf(service.send(path, sent));
    if (answer && !BUSY.includes(answer.status)) assert.ok(CHANGED.includes(answer.status), answer.text);
    return answer?.status === 200 ? answer.text : undefined;
  }

  async function remove(service: MortalService): Promise<void> {
    const index = random.below(ids.length);
    const id = ids[index];
    if (id === undefined) return changeKept(service);
    if (random.chance(0.2)) {
      await change(service, `/images/${id}/trash?user_id=${OWNER}`, { method: 'POST' });
      return;
    }
    ids.splice(index, 1);
    await change(service, `/images/${id}?user_id=${OWNER}`, { method: 'DELETE' });
  }

  async function changeKept(service: MortalService): Promise<void> {
    const id = random.pick(kept);
    const step = random.pick(['dated', 'trashed', 'restored', 'restored'] as const);
    const sent = step === 'dated' ? jsonRequest({ image_ids: kept, taken_at: random.pick(DATES) }) : { method: 'POST' };
    const path = { dated: 'change', trashed: `${id}/trash`, restored: `${id}/restore` }[step];
    const text = await change(service, `/images/${path}`, sent);
    if (step === 'dated' ? text?.includes('"former_taken_at"') : text) counted[step] += 1;
  }

  async function completeLate(service: MortalService): Promise<void> {
    if (ending.length > 0) await change(service, `/images/${random.pick(ending)}/complete`, { method: 'POST' });
  }

  async function requireWithin(service: MortalService): Promise<void> {
    const answer = await answerOf(service.send(`/usage?user_id=${OWNER}`, { method: 'GET' }));
    if (!answer || BUSY.includes(answer.status)) return;
    assert.equal(answer.status, 200, answer.text);
    const { bytes, images, pending, reserved_bytes, trashed_bytes } = JSON.parse(answer.text);
    requireWithinLimits({ bytes, images, pending, reservedBytes: reserved_bytes, trashedBytes: trashed_bytes });
  }

  return {
    counted,
    async workUntilGone(service: MortalService): Promise<void> {
      while (!service.isGone()) {
        await (random.chance(0.35) ? remove(service) : upload(service));
        if (random.chance(0.1)) await completeLate(service);
        await requireWithin(service);
      }
    },
  };
}

/**
 * Undefined if the server closed the idle connection just when it was used again: the request may have been performed.
 */
async function answerOf(answered: Promise<Answer | undefined>): Promise<Answer | undefined> {
  try {
    return await answered;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return;
    throw error;
  }
}

function requireQuota({ text }: Answer): void {
  const { code, quota } = JSON.parse(text);
  assert.equal(code, 'quota-exceeded', text);
  assert.ok(quota.used + quota.reserved + quota.asked > quota.max, text);
}

export function requireWithinLimits(usage: Usage): void {
  const { bytes, images, pending, reservedBytes } = usage;
  const told = JSON.stringify(usage);
  assert.ok(
    Object.values(usage).every((value) => value >= 0),
    told,
  );
  assert.ok(bytes + reservedBytes <= LIMITS.bytes, told);
  assert.ok(images + pending <= LIMITS.images, told);
  assert.ok(pending <= LIMITS.pending, told);
}

/** Asserts that usage and counts are what the records add up to, and that these are within the limits. */
export function requireSum({ usage, byStatus }: OwnerUsage, records: readonly Image[]): void {
  const own = records.filter(({ userId }) => userId === OWNER);
  assert.ok(byStatus);
  for (const [status, count] of Object.entries(byStatus))
    assert.equal(count, own.filter((image) => image.status === status).length, status);
  assert.deepEqual(usage, own.map(usageOf).reduce(plus, NO_USAGE));
  assert.equal(
    usage.bytes,
    own.filter(isPublished).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  requireWithinLimits(usage);
}

/** Asserts that the clients did each of their steps, and came up against the limits. */
export function requireWorked(clients: readonly ReturnType<typeof createQuotaClient>[]): void {
  for (const step of ['granted', 'refused', 'dated', 'trashed', 'restored'] as const)
    assert.notEqual(
      clients.reduce((sum, { counted }) => sum + counted[step], 0),
      0,
      step,
    );
}

/** Asserts that some grants expired while their owner was at its limits. */
export function requireExpired(records: readonly Image[], ending: readonly string[]): void {
  assert.ok(ending.length > 0);
  const statuses = records.filter(({ id }) => ending.includes(id)).map(({ status }) => status);
  assert.deepEqual(statuses, Array(ending.length).fill('expired'));
}
