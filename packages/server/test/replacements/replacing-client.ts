import assert from 'node:assert/strict';
import type { Random } from '../chance/random.ts';
import type { MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import { createPictures, jsonRequest } from '../uploads/upload-requests.ts';

const OWNER = 'ada';

interface Granted {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

/** A picture whose bytes clients replace and read. */
export interface ReplacedPicture {
  readonly id: string;
  /** The hashes of all bytes that were ever sent for it. */
  readonly sent: Set<string>;
  /** The hashes that it may have now, if one client alone replaces it. */
  readonly now: Set<string>;
}

export interface ReplacingClient {
  /** Works until the service is gone. */
  workUntilGone(service: MortalService): Promise<void>;
  readonly replaced: number;
  /** Answers that another replacement had come first. */
  readonly refused: number;
}

/** Uploads a picture, whose bytes nobody has replaced yet. */
export async function addPicture(service: MortalService, random: Random): Promise<ReplacedPicture> {
  const { type, bytes, sha256 } = await createPictures(random)();
  const data = new FormData();
  data.set('user_id', OWNER);
  data.append('tags', 'replaced');
  data.set('file', new File([bytes], 'first', { type }));
  const answer = await service.send('/images', { method: 'POST', body: data });
  assert.equal(answer?.status, 201, answer?.text);
  const { image_id: id } = JSON.parse(answer?.text ?? '') as { image_id: string };
  return { id, sent: new Set([sha256]), now: new Set([sha256]) };
}

/** `isAlone`: nobody else replaces these pictures, so that each read tells which bytes they have. */
export function createReplacer(
  random: Random,
  pictures: readonly ReplacedPicture[],
  { isAlone }: { readonly isAlone: boolean },
): ReplacingClient {
  const newPicture = createPictures(random);
  const counts = { replaced: 0, refused: 0 };

  async function replaceOne(service: MortalService, picture: ReplacedPicture): Promise<void> {
    const { type, bytes, sha256 } = await newPicture();
    const asked = { user_id: OWNER, content_type: type, replaces: picture.id };
    const grant = await service.send('/uploads', jsonRequest(asked));
    if (!grant) return;
    assert.equal(grant.status, 201, grant.text);
    const { image_id: upload, upload_url, headers } = JSON.parse(grant.text) as Granted;
    picture.sent.add(sha256);
    picture.now.add(sha256);
    const put = await service.send(upload_url, { method: 'PUT', headers, body: bytes });
    if (!put) return;
    const completed = await service.send(`/images/${upload}/complete`, { method: 'POST' });
    if (!completed) return;
    if (completed.status === 412)
      counts.refused += 1; // also one whose answer a kill had lost comes first
    else if (completed.status === 200 && JSON.parse(completed.text).image_id === picture.id) {
      counts.replaced += 1;
      if (isAlone) for (const other of picture.now) if (other !== sha256) picture.now.delete(other);
    } else if (completed.status !== 503 && completed.status !== 404) assert.fail(completed.text);
  }

  return {
    get replaced() {
      return counts.replaced;
    },
    get refused() {
      return counts.refused;
    },
    async workUntilGone(service) {
      while (!service.isGone()) {
        const picture = random.pick(pictures);
        await replaceOne(service, picture);
        if (isAlone) await readOne(service, picture, picture.now);
      }
    },
  };
}

/** Reads pictures in every way while others replace them. */
export function createReader(random: Random, pictures: readonly ReplacedPicture[]) {
  let reads = 0;
  return {
    get reads() {
      return reads;
    },
    async workUntilGone(service: MortalService): Promise<void> {
      while (!service.isGone()) {
        const picture = random.pick(pictures);
        reads += 1;
        await (random.chance(0.7) ? readOne(service, picture, picture.sent) : readRendition(service, picture));
      }
    },
  };
}

/** The bytes are whole, and are some that were sent for this picture. */
export async function readOne(service: MortalService, { id }: ReplacedPicture, allowed: ReadonlySet<string>) {
  const answer = await service.send(`/images/${id}/original`, { method: 'GET' });
  if (!answer || answer.status === 503) return undefined;
  assert.equal(answer.status, 200, answer.text);
  const sha256 = sha256Of(answer.body);
  assert.ok(allowed.has(sha256), `the bytes of ${id}: ${sha256}`);
  return sha256;
}

async function readRendition(service: MortalService, { id }: ReplacedPicture): Promise<void> {
  const answer = await service.send(`/images/${id}/renditions/thumb`, { method: 'GET' });
  if (!answer || answer.status === 503) return;
  assert.equal(answer.status, 200, answer.text);
  assert.ok(answer.body.length > 0);
}
