import assert from 'node:assert/strict';
import type { Random } from '../chance/random.ts';
import type { MoodyGate } from '../gates/moody-gate.ts';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import { jsonRequest } from '../uploads/upload-requests.ts';
import { createNumberedPictures, type NumberedPicture } from './numbered-picture.ts';
import { OWNER, type ReplacedPicture } from './replaced-picture.ts';
import { readOne } from './replacing-reader.ts';

interface Granted {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

export interface ReplacingClient {
  /** Works until the service is gone. */
  workUntilGone(service: MortalService): Promise<void>;
  readonly replaced: number;
  /** Answers that another replacement had come first. */
  readonly refused: number;
}

type Gate = Pick<MoodyGate, 'may'>;

/** Uploads a picture that the gate passes, and whose bytes nobody has replaced yet. */
export async function addPicture(service: MortalService, random: Random, gate: Gate): Promise<ReplacedPicture> {
  const newPicture = createNumberedPictures(random);
  for (;;) {
    const picture = await newPicture();
    if (!gate.may(picture.sha256, 'ready')) continue;
    const data = new FormData();
    data.set('user_id', OWNER);
    data.append('tags', 'replaced');
    data.set('file', new File([picture.bytes], 'first', { type: picture.type }));
    const answer = await service.send('/images', { method: 'POST', body: data });
    if (answer?.status === 400 && gate.may(picture.sha256, 'rejected')) continue;
    assert.equal(answer?.status, 201, answer?.text);
    const { image_id: id, status } = JSON.parse(answer?.text ?? '') as { image_id: string; status: string };
    if (status === 'ready') return { id, sent: new Map([[picture.sha256, picture]]), now: new Set([picture.sha256]) };
    const removing = { method: 'DELETE', headers: { 'X-User-Id': OWNER } };
    const removed = await service.send(`/images/${id}`, removing); // the gate hasn't decided
    assert.equal(removed?.status, 200, removed?.text);
  }
}

/** So much of a picture is none. */
const BROKEN_BYTES = 60;

/**
 * `isAlone`: nobody else replaces these pictures, so that each read tells which bytes they have. `onEnd`: a replacement
 * was answered, or lost.
 */
export function createReplacer(
  random: Random,
  pictures: readonly ReplacedPicture[],
  { isAlone, gate, onEnd }: { readonly isAlone: boolean; readonly gate: Gate; readonly onEnd: () => void },
): ReplacingClient {
  const newPicture = createNumberedPictures(random);
  const counts = { replaced: 0, refused: 0 };

  async function replaceOne(service: MortalService, picture: ReplacedPicture): Promise<void> {
    const body = await newPicture();
    const isBroken = random.chance(0.1);
    const offer = { ...body, bytes: isBroken ? body.bytes.slice(0, BROKEN_BYTES) : body.bytes };
    const begin = (): void => {
      if (isBroken || !gate.may(body.sha256, 'ready')) return;
      picture.sent.set(body.sha256, body);
      picture.now.add(body.sha256);
    };
    const send = random.chance(0.3) ? sendDirectly : sendByGrant;
    const answer = await send(service, picture, { ...offer, begin });
    if (answer) note(picture, body, { answer, isBroken });
  }

  function note(
    picture: ReplacedPicture,
    { sha256 }: NumberedPicture,
    { answer: { status, text }, isBroken }: { readonly answer: Answer; readonly isBroken: boolean },
  ): void {
    if (status === 412)
      counts.refused += 1; // also one whose answer a kill had lost comes first
    else if (status === 400) {
      assert.ok(isBroken || (text.includes('refused-by-gate') && gate.may(sha256, 'rejected')), text);
      for (const allowed of [picture.sent, picture.now]) allowed.delete(sha256);
    } else if (status === 200 && JSON.parse(text).image_id === picture.id) {
      counts.replaced += 1;
      assert.ok(picture.sent.has(sha256), text);
      if (isAlone) for (const other of picture.now) if (other !== sha256) picture.now.delete(other);
    } else if (status === 200) assert.equal(JSON.parse(text).status, 'held');
    else assert.ok([404, 503].includes(status), `${status} ${text}`);
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
        onEnd();
        if (isAlone) await readOne(service, picture, random.pick(['original', 'rendition']));
      }
    },
  };
}

interface Offer extends Pick<NumberedPicture, 'type' | 'bytes'> {
  /** Before the bytes are sent. */
  readonly begin: () => void;
}

/** The answer to the last request; undefined: it was lost, or nothing was begun. */
async function sendByGrant(
  service: MortalService,
  { id }: ReplacedPicture,
  { type, bytes, begin }: Offer,
): Promise<Answer | undefined> {
  const asked = { user_id: OWNER, content_type: type, replaces: id };
  const grant = await service.send('/uploads', jsonRequest(asked));
  if (!grant || grant.status === 503) return undefined;
  assert.equal(grant.status, 201, grant.text);
  const { image_id: upload, upload_url, headers } = JSON.parse(grant.text) as Granted;
  begin();
  const put = await service.send(upload_url, { method: 'PUT', headers, body: bytes });
  return put && service.send(`/images/${upload}/complete`, { method: 'POST' });
}

function sendDirectly(
  service: MortalService,
  { id }: ReplacedPicture,
  { type, bytes, begin }: Offer,
): Promise<Answer | undefined> {
  begin();
  const headers = { 'Content-Type': type };
  return service.send(`/images/${id}/content?user_id=${OWNER}`, { method: 'PUT', headers, body: bytes });
}
