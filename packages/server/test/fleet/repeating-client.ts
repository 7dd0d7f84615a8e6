import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../chance/random.ts';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import {
  DIRECT_FORMS,
  directRequest,
  type GrantJson,
  jsonRequest,
  objectRequest,
  type Picture,
  type Sent,
} from '../uploads/upload-requests.ts';

/** What a client needs of a service. */
type Asked = Pick<MortalService, 'send'>;

export interface Limits {
  readonly bytes: number;
  readonly images: number;
  readonly pending: number;
}

/** An image of an acknowledged upload, or of a grant that nobody uses. */
export interface AckedImage {
  readonly id: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  status: 'pending' | 'ready' | 'deleted';
  /** The types of its acknowledged events, in their order. */
  readonly acked: string[];
}

/** A user whose limits are met by several clients at once. */
export interface Owner {
  readonly userId: string;
  readonly limits: Limits;
  /** Those that no client changes right now. */
  readonly free: AckedImage[];
  readonly all: AckedImage[];
}

interface Upload {
  readonly key: string;
  readonly body: Picture;
  readonly form: (typeof DIRECT_FORMS)[number] | 'grant' | 'abandoned';
  /** Once it is granted. */
  grant?: GrantJson;
}

/** A client that repeats what has no answer, as docs/postgres.md asks, so that it knows the state of each image. */
export interface RepeatingClient {
  /** Uploads a new image, and perhaps changes or deletes one. */
  uploadOne(service: Asked): Promise<void>;
  /** Ends the uploads that a dead process held. */
  uploadHeld(service: Asked): Promise<void>;
  readonly counted: {
    readonly acked: number;
    readonly held: number;
    readonly repeated: number;
    readonly refused: number;
  };
}

const FORMS = [...DIRECT_FORMS, ...DIRECT_FORMS, 'grant', 'grant', 'grant', 'grant', 'grant', 'abandoned'] as const;

/** No decision: the same request may succeed later. */
const BUSY = [429, 503];
const PAUSE_MS = 100;
/** How long a repeated request may wait for what a dead process holds, for half a minute or a whole one. */
const PATIENCE_MS = 2_000;
/** When a held upload is tried again. */
const HELD_MS = 40_000;
/** How long a service without other clients may be overloaded. */
const SEND_AGAIN_MS = 90_000;
/** Refusals because of pending uploads that dead processes hold. */
const MAX_REFUSALS = 30;

export function createRepeatingClient({
  owner,
  random,
  picture,
}: {
  readonly owner: Owner;
  readonly random: Random;
  readonly picture: () => Promise<Picture>;
}): RepeatingClient {
  const { userId, free, all, limits } = owner;
  const held: { readonly upload: Upload; readonly sinceMs: number }[] = [];
  const counted = { acked: 0, held: 0, repeated: 0, refused: 0 };
  let changes = 0;

  /** The first answer to the request; `wasLost`: one that was sent before may have been performed. Undefined: none yet. */
  async function answerTo(service: Asked, target: string, { headers, ...sent }: Sent, patienceMs?: number) {
    for (let wasLost = false; ; wasLost = true) {
      const answered = service.send(target, { ...sent, headers: { ...headers, 'X-User-Id': userId } });
      answered.catch(() => undefined);
      const isImpatient = wasLost && patienceMs !== undefined;
      const answer = await (isImpatient ? Promise.race([answered, delay(patienceMs, 'late' as const)]) : answered);
      if (answer === 'late' || answer?.text.includes('"idempotency-in-progress"')) return undefined;
      if (answer && !BUSY.includes(answer.status)) return { ...answer, wasLost };
      counted.repeated += 1;
      await delay(PAUSE_MS);
    }
  }

  function add(id: string, { sha256, bytes }: Picture, status: 'pending' | 'ready'): AckedImage {
    assert.ok(!all.some((one) => one.id === id), `expected a new id; got ${id} again`);
    const image = { id, sha256, sizeBytes: bytes.length, status, acked: status === 'ready' ? ['image.ready'] : [] };
    all.push(image);
    free.push(image);
    counted.acked += 1;
    return image;
  }

  async function tryOnce(service: Asked, upload: Upload): Promise<void> {
    if (await advance(service, upload)) return;
    counted.held += 1;
    held.push({ upload, sinceMs: performance.now() });
  }

  /** Whether it has ended; otherwise a dead process holds what it needs. */
  async function advance(service: Asked, upload: Upload): Promise<boolean> {
    const { body, form } = upload;
    if (form !== 'grant' && form !== 'abandoned') {
      const { target, ...sent } = directRequest(form, { filename: `${userId}.img`, tags: ['new'] }, body);
      const answer = await admitted(service, target, sent, upload);
      if (!answer) return false;
      const { image_id: id, status, sha256 } = JSON.parse(answer.text);
      assert.deepEqual([status, sha256], ['ready', body.sha256]);
      add(id, body, 'ready');
      return true;
    }
    if (!upload.grant) {
      const asked = jsonRequest({ content_type: body.type, size: body.bytes.length });
      const answer = await admitted(service, '/images/upload', asked, upload);
      if (!answer) return false;
      upload.grant = JSON.parse(answer.text) as GrantJson;
    }
    const { image_id: id, upload_url: url = '' } = upload.grant;
    if (form === 'abandoned') {
      add(id, body, 'pending');
      return true;
    }
    const { method, headers = {}, body: bytes = null } = objectRequest(upload.grant, body.bytes);
    const stored = await fetch(url, { method, headers, body: bytes });
    assert.ok(stored.ok || stored.status === 412, await stored.text()); // 412: stored before
    const completed = await answerTo(service, `/images/${id}/complete`, { method: 'POST' }, PATIENCE_MS);
    if (!completed) return false;
    assert.equal(completed.status, 200, completed.text);
    assert.equal(JSON.parse(completed.text).sha256, body.sha256);
    add(id, body, 'ready');
    return true;
  }

  /** The answer to a request that the owner's limits admit, perhaps after other images were deleted. */
  async function admitted(service: Asked, target: string, sent: Sent, { key }: Upload): Promise<Answer | undefined> {
    const keyed = { ...sent, headers: { ...sent.headers, 'Idempotency-Key': key } };
    for (let refusals = 0; refusals < MAX_REFUSALS; refusals += 1) {
      const answer = await answerTo(service, target, keyed, PATIENCE_MS);
      if (answer?.status !== 403) {
        if (answer) assert.equal(answer.status, 200, answer.text);
        return answer;
      }
      counted.refused += 1;
      const { code, quota } = JSON.parse(answer.text);
      assert.equal(code, 'quota-exceeded', answer.text);
      assert.ok(quota.used + quota.reserved + quota.asked > quota.max, answer.text);
      const removable = (image: AckedImage) => quota.limit !== 'pending' || image.status === 'pending';
      const image = take(removable);
      await (image ? remove(service, image) : delay(PAUSE_MS));
    }
    return undefined;
  }

  /** A random free one, which no other client may change until it is given back. */
  function take(isMeant: (image: AckedImage) => boolean): AckedImage | undefined {
    const some = free.filter(isMeant);
    if (some.length === 0) return undefined;
    const image = random.pick(some);
    free.splice(free.indexOf(image), 1);
    return image;
  }

  async function remove(service: Asked, image: AckedImage): Promise<void> {
    if (image.status === 'ready') await requireBytes(service, image);
    const answer = await answerTo(service, `/images/${image.id}`, { method: 'DELETE' });
    assert.ok(answer?.status === 200 || (answer?.status === 404 && answer.wasLost), answer?.text);
    image.status = 'deleted';
    image.acked.push('image.deleted');
  }

  async function change(service: Asked, image: AckedImage): Promise<void> {
    changes += 1;
    const sent = { ...jsonRequest({ tags: [`${randomUUID()} ${changes}`] }), method: 'PATCH' };
    const answer = await answerTo(service, `/images/${image.id}`, sent);
    assert.equal(answer?.status, 200, answer?.text);
    image.acked.push('image.updated');
    free.push(image);
  }

  async function requireBytes(service: Asked, { id, sha256 }: AckedImage): Promise<void> {
    const answer = await answerTo(service, `/images/${id}/original`, { method: 'GET' });
    assert.equal(answer?.status, 200, `${id}: ${answer?.text}`);
    assert.equal(sha256Of(answer.body), sha256, `the bytes of ${id}`);
  }

  async function requireWithin(service: Asked): Promise<void> {
    const answer = await answerTo(service, `/usage?user_id=${userId}`, { method: 'GET' });
    assert.equal(answer?.status, 200, answer?.text);
    requireWithinLimits(JSON.parse(answer.text), limits);
  }

  return {
    counted,
    async uploadOne(service) {
      const upload: Upload = { key: randomUUID(), body: await picture(), form: random.pick(FORMS) };
      await tryOnce(service, upload);
      const [oldest] = held;
      if (oldest && performance.now() - oldest.sinceMs > HELD_MS) {
        held.shift();
        await tryOnce(service, oldest.upload);
      }
      await requireWithin(service);
      const kind = random.next();
      if (kind > 0.5) return;
      const image = take(({ status }) => status === 'ready');
      if (image) await (kind < 0.1 ? remove(service, image) : change(service, image));
    },
    async uploadHeld(service) {
      const endMs = performance.now() + SEND_AGAIN_MS;
      for (const { upload } of held.splice(0))
        while (!(await advance(service, upload)))
          assert.ok(performance.now() < endMs, `expected nobody to hold the upload with the key ${upload.key}`);
    },
  };
}

/** Of an answer of `GET /usage`. */
export function requireWithinLimits(
  usage: { readonly [name in 'bytes' | 'images' | 'pending' | 'reserved_bytes']: number },
  limits: Limits,
): void {
  const { bytes, images, pending, reserved_bytes: reserved } = usage;
  const told = JSON.stringify(usage);
  assert.ok(Math.min(bytes, images, pending, reserved) >= 0, told);
  assert.ok(bytes + reserved <= limits.bytes && images + pending <= limits.images && pending <= limits.pending, told);
}
