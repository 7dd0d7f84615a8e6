import assert from 'node:assert/strict';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import { directRequest, jsonRequest, type Picture } from '../uploads/upload-requests.ts';
import type { Random } from './random.ts';

type State = 'ready' | 'trashed' | 'deleted';

/** An image as its client knows it. */
interface OwnImage {
  readonly id: string;
  readonly sha256: string;
  /** One state, or several after a request without an answer. */
  states: readonly State[];
}

/** One user who trashes, restores, changes and deletes its own images. */
export interface TrashClient {
  /** One action after the other, until the service has ended. */
  workUntilGone(service: MortalService): Promise<void>;
  /**
   * Asserts that each image is in an acknowledged state, with its bytes and in the right list, and remembers that
   * state.
   */
  lookAtAll(service: MortalService): Promise<void>;
  ids(state: State): readonly string[];
}

const TAGS = ['sea', 'sun'];
const MOST_IMAGES = 4;
/** Answers of an overloaded service: nothing was acknowledged. */
const BUSY = [429, 503];

export function createTrashClient({
  userId,
  random,
  picture,
}: {
  readonly userId: string;
  readonly random: Random;
  readonly picture: (type?: string) => Promise<Picture>;
}): TrashClient {
  const images: OwnImage[] = [];

  const ask = async (service: MortalService, path: string, sent: Parameters<MortalService['send']>[1]) => {
    const answer = await service.send(path, { ...sent, headers: { ...sent.headers, 'X-User-Id': userId } });
    return answer && BUSY.includes(answer.status) ? undefined : answer;
  };

  async function upload(service: MortalService): Promise<void> {
    const body = await picture('image/png');
    const { target, ...sent } = directRequest('raw', { filename: 'a.png', tags: TAGS }, body);
    const answer = await ask(service, target, sent);
    if (!answer) return; // without an acknowledgement the client forgets it
    assert.equal(answer.status, 200, answer.text);
    const { image_id: id } = JSON.parse(answer.text) as { image_id: string };
    images.push({ id, sha256: body.sha256, states: ['ready'] });
  }

  /**
   * Performs the transition; without an answer it may have been made. `expected`: the answer's status in each state.
   */
  async function transition(
    service: MortalService,
    image: OwnImage,
    { method, verb, to, expected }: Transition,
  ): Promise<void> {
    const before = image.states;
    const made = before.map((state) => (expected[state] === 200 ? to : state));
    image.states = [...new Set([...before, ...made])];
    const answer = await ask(service, `/images/${image.id}${verb}`, { method });
    if (!answer) return;
    const possible = before.filter((state) => expected[state] === answer.status);
    assert.ok(possible.length > 0, `${method} ${verb} of ${before}: ${answer.status} ${answer.text}`);
    image.states = [...new Set(possible.map((state) => (answer.status === 200 ? to : state)))];
  }

  async function change(service: MortalService, image: OwnImage): Promise<void> {
    if (image.states.length !== 1 || image.states[0] !== 'ready') return;
    const description = `change ${random.below(1_000)}`;
    const answer = await ask(service, `/images/${image.id}`, { ...jsonRequest({ description }), method: 'PATCH' });
    if (!answer) return;
    assert.equal(answer.status, 200, answer.text);
  }

  async function workOnce(service: MortalService): Promise<void> {
    const own = images.filter(({ states }) => !states.every((state) => state === 'deleted'));
    if (own.length < MOST_IMAGES && random.chance(0.3)) return upload(service);
    if (own.length === 0) return;
    const image = random.pick(own);
    const kind = random.next();
    if (kind < 0.15) return change(service, image);
    if (kind < 0.25) return transition(service, image, DELETE);
    return transition(service, image, kind < 0.7 ? TRASH : RESTORE);
  }

  async function stateOf(service: MortalService, image: OwnImage): Promise<State> {
    const told = await ask(service, `/images/${image.id}/metadata`, { method: 'GET' });
    const list = await ask(service, `/images?user_id=${userId}&tag=sea&tag=sun&limit=1000`, { method: 'GET' });
    const trash = await ask(service, `/images?user_id=${userId}&status=trashed&limit=1000`, { method: 'GET' });
    assert.ok(told && list?.status === 200 && trash?.status === 200);
    const isTrashed = trash.text.includes(image.id);
    assert.equal(list.text.includes(image.id), told.status === 200, `${image.id} in the list of ready images`);
    if (told.status !== 200) {
      assert.equal(told.status, 404, told.text);
      return isTrashed ? 'trashed' : 'deleted';
    }
    assert.equal(isTrashed, false, `${image.id} is ready, and listed as trashed`);
    await requireWhole(service, image, told);
    return 'ready';
  }

  async function requireWhole(service: MortalService, image: OwnImage, { text }: Answer): Promise<void> {
    const { status, tags } = JSON.parse(text) as { status: string; tags: string[] };
    assert.deepEqual([status, tags], ['ready', TAGS]);
    const bytes = await ask(service, `/images/${image.id}`, { method: 'GET' });
    assert.ok(bytes?.status === 200, bytes?.text);
    assert.equal(sha256Of(bytes.body), image.sha256);
  }

  return {
    async workUntilGone(service) {
      while (!service.isGone()) await workOnce(service);
    },
    async lookAtAll(service) {
      for (const image of images) {
        const state = await stateOf(service, image);
        assert.ok(image.states.includes(state), `${image.id} is ${state}; it was ${image.states.join(' or ')}`);
        image.states = [state];
      }
    },
    ids: (state) => images.filter(({ states }) => states.includes(state)).map(({ id }) => id),
  };
}

interface Transition {
  readonly method: 'POST' | 'DELETE';
  readonly verb: string;
  readonly to: State;
  readonly expected: Readonly<Record<State, number>>;
}

const TRASH: Transition = {
  method: 'POST',
  verb: '/trash',
  to: 'trashed',
  expected: { ready: 200, trashed: 200, deleted: 404 },
};
const RESTORE: Transition = {
  method: 'POST',
  verb: '/restore',
  to: 'ready',
  expected: { ready: 404, trashed: 200, deleted: 404 },
};
const DELETE: Transition = {
  method: 'DELETE',
  verb: '',
  to: 'deleted',
  expected: { ready: 200, trashed: 200, deleted: 404 },
};
