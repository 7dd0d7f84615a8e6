import assert from 'node:assert/strict';
import type { ActorId } from '../../src/domain/access/actor-id.ts';
import {
  type Image,
  type PendingImage,
  pendingImage,
  type ReadyImage,
  reject,
  tombstone,
  trash,
} from '../../src/domain/image/image.ts';
import { type ImageId, parseImageId } from '../../src/domain/image/image-id.ts';
import { originalKey } from '../../src/domain/image/object-key.ts';
import type { TestService } from '../services/service.ts';
import { post } from '../services/service.ts';
import type { State } from './truth-table.ts';

/** An image that requests ask for. */
export interface ImageCase {
  readonly name: string;
  readonly owner: 'ada' | 'bob';
  readonly state: State;
  /** Uploaded by the key that has `images:upload` only. */
  readonly isByUploader: boolean;
}

const STATES: readonly State[] = ['ready', 'pending', 'rejected', 'trashed', 'deleted'];

export const IMAGE_CASES: readonly ImageCase[] = [
  ...(['ada', 'bob'] as const).flatMap((owner) =>
    STATES.map((state) => ({ name: `${owner}'s ${state}`, owner, state, isByUploader: false })),
  ),
  { name: "ada's ready, by the uploader", owner: 'ada', state: 'ready', isByUploader: true },
  { name: "ada's pending, by the uploader", owner: 'ada', state: 'pending', isByUploader: true },
];

const DAY_MS = 86_400_000;

export interface Gallery {
  /** The same image each time, which has bytes if it is ready. */
  shared(image: ImageCase): string;
  /** A record of its own, without bytes, for a request that changes its status. */
  fresh(image: ImageCase): Promise<string>;
}

/** One image of each case. */
export async function createGallery(
  service: Pick<TestService, 'services' | 'request'>,
  picture: Uint8Array<ArrayBuffer>,
  keys: { readonly ada: string; readonly bob: string; readonly uploader: string; readonly uploaderId: ActorId },
): Promise<Gallery> {
  const { images, newId, clock } = service.services;

  async function upload(key: string): Promise<ReadyImage> {
    const answer = await service.request(
      '/images/upload?filename=my.jpg',
      post(picture, 'image/jpeg', { Authorization: `Bearer ${key}` }),
    );
    const { image_id } = (await answer.json()) as { image_id: string };
    const image = await images.get(parseImageId(image_id) ?? assert.fail());
    return image?.status === 'ready' ? image : assert.fail(`expected a ready image; got ${image?.status}`);
  }

  async function write(from: Image, to: Image): Promise<void> {
    assert.equal(await images.replace(from, to), true);
  }

  /** Its ready state has the bytes' properties of `ready`, and a key of its own. */
  async function record({ owner, state, isByUploader }: ImageCase, ready: ReadyImage): Promise<string> {
    const id = newId() as ImageId;
    const now = clock.now();
    const said = {
      filename: 'my.jpg',
      tags: [],
      description: null,
      metadata: {},
      visibility: 'private',
      contentType: 'image/jpeg',
    } as const;
    const uploadedBy = isByUploader ? keys.uploaderId : ready.uploadedBy;
    const upload = { expiresAt: new Date(now.getTime() + DAY_MS), claim: null, isDirect: false, uploadedBy };
    const pending: PendingImage = pendingImage({ ...said, id, userId: owner }, now, upload);
    assert.equal(await images.create(pending), true);
    if (state === 'pending') return id;
    if (state === 'rejected') {
      await write(
        pending,
        reject(pending, { code: 'unreadable-image', detail: 'expected a whole image; got half' }, now),
      );
      return id;
    }
    const published: ReadyImage = {
      ...ready,
      id,
      userId: owner,
      uploadedBy,
      revision: 2,
      objectKey: originalKey({ ...said, id, userId: owner }, 'one'),
    };
    await write(pending, published);
    if (state === 'trashed') await write(published, trash(published, now, new Date(now.getTime() + DAY_MS)));
    if (state === 'deleted') await write(published, tombstone(published, now));
    return id;
  }

  const templates = { ada: await upload(keys.ada), bob: await upload(keys.bob) };
  const byUploader = await upload(keys.uploader);
  const ids = new Map<ImageCase, string>();
  for (const one of IMAGE_CASES) {
    const stored = one.isByUploader ? byUploader : templates[one.owner];
    ids.set(one, one.state === 'ready' ? stored.id : await record(one, stored));
  }
  return {
    shared: (image) => ids.get(image) ?? assert.fail(),
    fresh: (image) => record(image, templates[image.owner]),
  };
}
