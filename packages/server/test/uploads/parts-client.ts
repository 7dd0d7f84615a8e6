import assert from 'node:assert/strict';
import { type Bytes, pictureOfSize } from '../../../../test/acceptance/pictures.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { Random } from '../chance/random.ts';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import { type GrantOfParts, PART, type PartUrl } from './in-parts.ts';
import { jsonRequest } from './upload-requests.ts';

/** Large, so that a kill is likely in the middle of one. */
export const PART_SIZE = 4 * PART;
/** Parts of one upload that are sent at the same time. */
export const AT_ONCE = 2;

/** An upload in parts, and what its client knows of it. */
export interface InParts {
  readonly key: string;
  readonly bytes: Bytes;
  id: ImageId | undefined;
  /** The parts that were answered with 200. */
  readonly acknowledged: Set<number>;
  /** The requests of parts, answered or not. */
  sent: number;
  isReady: boolean;
}

const jsonOf = <T>({ text }: Answer): T => JSON.parse(text) as T;

/** A client that goes on after each restart of the service, by what the service says has arrived. */
export function createPartsClient(random: Random, name: string, onSend: () => void) {
  const uploads: InParts[] = [];

  async function next(): Promise<InParts> {
    const bytes = await pictureOfSize(2 * PART_SIZE + random.below(2 * PART_SIZE));
    const key = `${name}-${uploads.length}`;
    const upload = { key, bytes, id: undefined, acknowledged: new Set<number>(), sent: 0, isReady: false };
    uploads.push(upload);
    return upload;
  }

  /** False: the service is gone. */
  async function granted(service: MortalService, upload: InParts): Promise<boolean> {
    const fields = {
      user_id: 'ada',
      content_type: 'image/png',
      size: upload.bytes.length,
      parts: true,
      part_size: PART_SIZE,
    };
    const answer = await service.send('/uploads', jsonRequest(fields, { 'Idempotency-Key': upload.key }));
    if (!answer) return false;
    assert.equal(answer.status, 201, answer.text);
    upload.id = jsonOf<GrantOfParts>(answer).image_id;
    return true;
  }

  async function sendPart(service: MortalService, upload: InParts, { number, size, url, headers }: PartUrl) {
    upload.sent += 1;
    onSend();
    const start = (number - 1) * PART_SIZE;
    const body = upload.bytes.subarray(start, start + size);
    const answer = await service.send(url, { method: 'PUT', headers, body, pieces: 8 });
    if (!answer) return;
    assert.equal(answer.status, 200, answer.text);
    upload.acknowledged.add(number);
  }

  /** Goes on with the upload; false: the service is gone, or somebody still verifies the bytes. */
  async function goOn(service: MortalService, upload: InParts): Promise<boolean> {
    if (upload.id === undefined && !(await granted(service, upload))) return false;
    while (!service.isGone()) {
      const told = await service.send(`/uploads/${upload.id}/parts`, jsonRequest({}));
      if (!told) return false;
      assert.equal(told.status, 200, told.text);
      const { parts, status } = jsonOf<Pick<GrantOfParts, 'status'> & Partial<GrantOfParts>>(told);
      if (status === 'pending' && parts && parts.received.length < parts.count) {
        for (const number of upload.acknowledged) assert.ok(parts.received.includes(number), `part ${number} is lost`);
        // The last ones first: then the file has its length, and only the marks tell which parts are whole.
        const urls = parts.urls.filter(({ number }) => !upload.acknowledged.has(number)).slice(-AT_ONCE);
        await Promise.all(urls.toReversed().map((url) => sendPart(service, upload, url)));
        continue;
      }
      const answer = await service.send(`/images/${upload.id}/complete`, { method: 'POST' });
      if (!answer || answer.status === 503) return false;
      assert.equal(answer.status, 200, answer.text);
      assert.equal(jsonOf<{ sha256: string }>(answer).sha256, sha256Of(upload.bytes));
      upload.isReady = true;
      return true;
    }
    return false;
  }

  return {
    uploads: uploads as readonly InParts[],
    /** Ends the unfinished uploads one after another, and begins new ones. */
    async workUntilGone(service: MortalService): Promise<void> {
      for (const upload of uploads.filter(({ isReady }) => !isReady)) await goOn(service, upload);
      while (!service.isGone()) await goOn(service, await next());
    },
    async finish(service: MortalService): Promise<void> {
      for (const upload of uploads.filter(({ isReady }) => !isReady))
        assert.ok(await goOn(service, upload), `${upload.key} can't be finished`);
    },
  };
}
