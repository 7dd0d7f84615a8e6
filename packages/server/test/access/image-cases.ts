import assert from 'node:assert/strict';
import { guestActor } from '../../src/domain/access/guest-actor.ts';
import type { AlbumMember } from '../../src/domain/album/album-member.ts';
import { hold } from '../../src/domain/image/hold.ts';
import {
  type Image,
  type PendingImage,
  pendingImage,
  type ReadyImage,
  reject,
  tombstone,
  trash,
  type Verified,
} from '../../src/domain/image/image.ts';
import { type ImageId, parseImageId } from '../../src/domain/image/image-id.ts';
import { originalKey } from '../../src/domain/image/object-key.ts';
import { OWNER_GATE, type Screening } from '../../src/domain/image/screening.ts';
import type { LinkId, ShareLink } from '../../src/domain/image/share-link.ts';
import type { Visibility } from '../../src/domain/image/visibility.ts';
import type { TestService } from '../services/service.ts';
import { post } from '../services/service.ts';
import { type By, GUEST_SECRET, isByGuest, type State } from './truth-table.ts';

/** An image that requests ask for. */
export interface ImageCase {
  readonly name: string;
  readonly owner: 'ada' | 'bob';
  readonly state: State;
  readonly by: By;
  readonly visibility: Visibility;
  readonly tags: readonly string[];
}

const STATES: readonly State[] = ['ready', 'held', 'pending', 'rejected', 'trashed', 'deleted'];

const nameOf = ({ owner, state, visibility, by, tags }: Omit<ImageCase, 'name'>): string =>
  `${owner}'s ${state}${visibility === 'public' ? ' and public' : ''}${by === 'user' ? '' : `, by her ${by}`}${tags.map((tag) => `, ${tag}`).join('')}`;

function casesOf(states: readonly State[], rest: Omit<ImageCase, 'name' | 'state' | 'tags'>, tags: string[] = []) {
  return states.map((state): ImageCase => ({ ...rest, tags, state, name: nameOf({ ...rest, tags, state }) }));
}

export const IMAGE_CASES: readonly ImageCase[] = [
  ...casesOf(STATES, { owner: 'ada', visibility: 'private', by: 'user' }),
  ...casesOf(STATES, { owner: 'bob', visibility: 'private', by: 'user' }),
  ...casesOf(STATES, { owner: 'ada', visibility: 'public', by: 'user' }),
  ...casesOf(['ready', 'held', 'pending'], { owner: 'bob', visibility: 'public', by: 'user' }),
  ...casesOf(['ready', 'held', 'pending'], { owner: 'ada', visibility: 'private', by: 'key' }),
  ...casesOf(['ready', 'held', 'pending', 'rejected'], { owner: 'ada', visibility: 'private', by: 'token' }),
  ...casesOf(['ready', 'held', 'trashed'], { owner: 'ada', visibility: 'private', by: 'user' }, ['sea']),
  ...casesOf(['held', 'pending', 'rejected'], { owner: 'ada', visibility: 'private', by: 'view token' }),
  ...casesOf(['ready', 'held'], { owner: 'ada', visibility: 'private', by: 'view token' }, ['sea', 'sun']),
  ...casesOf(['ready'], { owner: 'bob', visibility: 'private', by: 'user' }, ['sea']),
  ...casesOf(STATES, { owner: 'ada', visibility: 'private', by: 'guest' }),
  ...casesOf(['ready', 'held', 'pending'], { owner: 'ada', visibility: 'private', by: 'other guest' }),
];

/** The id of the link that every ready and every trashed image has, and of that of the album which guests add to. */
export const LINK = 'A'.repeat(22) as LinkId;

const DAY_MS = 86_400_000;

const linksFrom = (createdAt: Date): readonly ShareLink[] => [
  { id: LINK, preset: null, createdAt, expiresAt: new Date(createdAt.getTime() + DAY_MS) },
];

/** For a gate that no process here has, or for the owner of the album that a guest added to. */
const waitingAt = (now: Date, by: By): Screening => ({
  gates: [isByGuest(by) ? OWNER_GATE : 'scan'],
  passed: [],
  failures: 0,
  askAt: new Date(now.getTime() + DAY_MS),
  deadline: new Date(now.getTime() + DAY_MS),
  atDeadline: 'refuse',
});

const verifiedOf = ({
  contentType,
  sizeBytes,
  sha256,
  width,
  height,
  placeholder,
  dominantColor,
}: Verified): Verified => ({
  contentType,
  sizeBytes,
  sha256,
  width,
  height,
  placeholder,
  dominantColor,
});

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

export interface Gallery {
  /** One image for all calls, which has bytes if it is ready, trashed or held. */
  shared(image: ImageCase): string;
  /** A record of its own, without bytes, for a request that changes its status. */
  fresh(image: ImageCase): Promise<string>;
}

/** Who uploads the images of each case. */
export interface UploadCredentials {
  readonly ada: string;
  readonly bob: string;
  /** Ada's, with `images:upload` only. */
  readonly key: string;
  /** Minted by that key, as the next one. */
  readonly token: string;
  readonly 'view token': string;
}

/** The guest as whom an upload is made by the link of that album. */
const guestOf = (by: By, { albumId }: AlbumMember) => ({
  uploadedBy: guestActor(albumId, LINK, by === 'guest' ? GUEST_SECRET : 'b'.repeat(32)),
  token: { id: LINK, maxBytes: null },
});

/** One image of each case. `member`: the place of what guests add, in their album. */
export async function createGallery(
  service: Pick<TestService, 'services' | 'request'>,
  picture: Uint8Array<ArrayBuffer>,
  { credentials, member }: { readonly credentials: UploadCredentials; readonly member: AlbumMember },
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

  /** The upload as its case has it, with a link. */
  async function share(image: ReadyImage, { visibility, state, tags, by }: ImageCase): Promise<string> {
    const said = { visibility, tags, ...(isByGuest(by) && guestOf(by, member)) };
    const shared = { ...image, ...said, links: linksFrom(image.uploadedAt), revision: image.revision + 1 };
    await write(image, shared);
    if (state === 'trashed') await write(shared, trash(shared, clock.now(), new Date(clock.now().getTime() + DAY_MS)));
    return image.id;
  }

  /** Its ready state has the bytes' properties and the uploader of `ready`, and a key of its own. */
  async function record({ owner, state, visibility, tags, by }: ImageCase, ready: ReadyImage): Promise<string> {
    const id = newId() as ImageId;
    const now = clock.now();
    const { uploadedBy, token } = isByGuest(by) ? guestOf(by, member) : ready;
    const albums = isByGuest(by) ? [member] : [];
    const said = {
      filename: 'my.jpg',
      tags,
      description: null,
      metadata: {},
      visibility,
      externalId: null,
      contentType: 'image/jpeg',
    } as const;
    const expiresAt = new Date(now.getTime() + DAY_MS);
    const upload = { expiresAt, claim: null, isDirect: false, uploadedBy, token, albums };
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
    const objectKey = originalKey({ ...said, id, userId: owner }, 'one');
    if (state === 'held') {
      await using file = await service.services.staging.stage(chunksOf(picture), { maxBytes: picture.length });
      await service.services.objects.put(objectKey, file, said);
      const waits = {
        objectKey,
        objectTag: null,
        facts: null,
        hasDetails: false,
        screening: waitingAt(now, by),
        decisions: [],
        at: now,
      };
      await write(pending, hold(pending, verifiedOf(ready), waits));
      return id;
    }
    const published: ReadyImage = {
      ...ready,
      id,
      userId: owner,
      uploadedBy,
      token,
      albums,
      visibility,
      tags,
      links: linksFrom(now),
      revision: 2,
      objectKey,
    };
    await write(pending, published);
    if (state === 'trashed') await write(published, trash(published, now, new Date(now.getTime() + DAY_MS)));
    if (state === 'deleted') await write(published, tombstone(published, now));
    return id;
  }

  const uploaderOf = ({ owner, by }: ImageCase): keyof UploadCredentials =>
    by === 'user' || isByGuest(by) ? owner : by;
  const templates = {
    ada: await upload(credentials.ada),
    bob: await upload(credentials.bob),
    key: await upload(credentials.key),
    token: await upload(credentials.token),
    'view token': await upload(credentials['view token']),
  };
  const ids = new Map<ImageCase, string>();
  for (const one of IMAGE_CASES) {
    const by = uploaderOf(one);
    const isStored = one.state === 'ready' || one.state === 'trashed';
    ids.set(one, isStored ? await share(await upload(credentials[by]), one) : await record(one, templates[by]));
  }
  return {
    shared: (image) => ids.get(image) ?? assert.fail(),
    fresh: (image) => record(image, templates[uploaderOf(image)]),
  };
}
