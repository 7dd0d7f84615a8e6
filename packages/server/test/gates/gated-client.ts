import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Random } from '../chance/random.ts';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import {
  DIRECT_FORMS,
  directRequest,
  type GrantJson,
  jsonRequest,
  objectRequest,
  type Picture,
  type Sent,
} from '../uploads/upload-requests.ts';
import type { MoodyGate } from './moody-gate.ts';

/** An image as a client knows it: what it sent, and whether that was acknowledged. */
export interface SentImage {
  readonly id: string;
  readonly sha256: string;
  isAcknowledged: boolean;
  isDeleted: boolean;
}

/**
 * A user who uploads before a gate, and looks: no image that the gate refuses may be seen, and none without its
 * verdict.
 */
export interface GatedClient {
  readonly images: readonly SentImage[];
  workUntilGone(service: MortalService): Promise<void>;
}

const BUSY = [429, 503];

export function createGatedClient({
  gate,
  userId,
  random,
  picture,
}: {
  readonly gate: Pick<MoodyGate, 'may'>;
  readonly userId: string;
  readonly random: Random;
  readonly picture: (type?: string) => Promise<Picture>;
}): GatedClient {
  const images: SentImage[] = [];
  const urls = new Map<SentImage, { readonly grant: GrantJson; readonly body: Picture }>();
  const user = { 'X-User-Id': userId };

  /** Undefined: nothing was acknowledged. */
  async function ask(service: MortalService, target: string, sent: Sent): Promise<Answer | undefined> {
    const answer = await service.send(target, { ...sent, headers: { ...sent.headers, ...user } });
    return answer && BUSY.includes(answer.status) ? undefined : answer;
  }

  /** What an answer says about an upload. */
  function note(image: SentImage, answer: Answer): void {
    const isRefused = answer.text.includes('refused-by-gate') || answer.text.includes('one that is rejected');
    if (isRefused) assert.ok(gate.may(image.sha256, 'rejected'), answer.text);
    else if (answer.status === 404 || answer.status === 409) {
      assert.ok(image.isDeleted, answer.text);
      return;
    } else assert.ok([200, 204].includes(answer.status), `${answer.status} ${answer.text}`);
    image.isAcknowledged = true;
    if (answer.text.includes('"status":"ready"')) assert.ok(gate.may(image.sha256, 'ready'), answer.text);
  }

  async function uploadByGrant(service: MortalService): Promise<void> {
    const body = await picture();
    const granted = await ask(service, '/images/upload', jsonRequest({ content_type: body.type }));
    if (!granted) return;
    const grant = JSON.parse(granted.text) as GrantJson;
    const image = { id: grant.image_id, sha256: body.sha256, isAcknowledged: false, isDeleted: false };
    images.push(image);
    urls.set(image, { grant, body });
    await put(service, image);
  }

  async function put(service: MortalService, image: SentImage): Promise<void> {
    const { grant, body } = urls.get(image) ?? assert.fail();
    const answer = await ask(service, grant.upload_url ?? '', objectRequest(grant, body.bytes));
    if (answer) note(image, answer);
  }

  async function uploadDirectly(service: MortalService): Promise<void> {
    const body = await picture();
    const key = { 'Idempotency-Key': randomUUID() };
    const { target, ...sent } = directRequest(random.pick(DIRECT_FORMS), { filename: 'a', tags: ['sea'] }, body);
    const request = { ...sent, headers: { ...sent.headers, ...key } };
    for (let times = random.below(2); times >= 0; times -= 1) {
      const answer = await ask(service, target, request);
      if (!answer) continue;
      if (answer.status === 400)
        return assert.ok(gate.may(body.sha256, 'rejected') && answer.text.includes('refused-by-gate'));
      const { image_id: id } = JSON.parse(answer.text) as { image_id: string };
      const known = images.find((image) => image.id === id);
      const image = known ?? { id, sha256: body.sha256, isAcknowledged: false, isDeleted: false };
      if (!known) images.push(image);
      note(image, answer);
    }
  }

  /** Bytes that came once more, the same or others: they change nothing. */
  async function putAgain(service: MortalService): Promise<void> {
    const [image, known] = random.pick([...urls]);
    if (!image.isAcknowledged) return put(service, image);
    const other = random.chance(0.5) ? await picture(known.body.type) : known.body;
    const answer = await ask(service, known.grant.upload_url ?? '', objectRequest(known.grant, other.bytes));
    if (answer) assert.ok([200, 400, 404, 409, 412].includes(answer.status), `${answer.status} ${answer.text}`);
  }

  async function look(service: MortalService): Promise<void> {
    const image = random.pick(images);
    const path = `/images/${image.id}/${random.pick(['original', 'metadata', 'complete'])}`;
    const method = path.endsWith('/complete') ? 'POST' : 'GET';
    const answer = await ask(service, path, { method });
    if (answer && path.endsWith('/complete') && image.isAcknowledged) note(image, answer);
    else if (answer?.status === 200 && path.endsWith('/original')) assert.ok(gate.may(image.sha256, 'ready'), path);
    if (answer?.text.includes('"status":"ready"')) assert.ok(gate.may(image.sha256, 'ready'), answer.text);
  }

  async function remove(service: MortalService): Promise<void> {
    const image = random.pick(images);
    image.isDeleted = true;
    await ask(service, `/images/${image.id}`, { method: 'DELETE' });
  }

  return {
    images,
    async workUntilGone(service) {
      while (!service.isGone()) {
        const steps = [uploadByGrant, uploadByGrant, uploadDirectly, uploadDirectly];
        if (images.length > 0) steps.push(look, look, look);
        if (urls.size > 0) steps.push(putAgain, putAgain);
        if (images.length > 10 && random.chance(0.3)) steps.push(remove);
        await random.pick(steps)(service);
      }
    },
  };
}
