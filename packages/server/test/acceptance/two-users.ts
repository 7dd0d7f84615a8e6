import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Api, type Caller, connect } from '../../../../test/acceptance/api.ts';
import { patientFetch } from '../../../../test/acceptance/patience.ts';
import { picture } from '../../../../test/acceptance/pictures.ts';
import { describeSafelight } from '../../../../test/acceptance/suite.ts';

type User = Required<Pick<Caller, 'token' | 'asUser'>> & { readonly asUser: string };

const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;
const ID_OF_IMAGE_OR_USER = new RegExp(`(?<="(?:image_id|user_id)":"(?:acceptance-)?)${ID.source}`, 'gi');

interface Run {
  readonly api: Api;
  readonly first: string;
  /** Every id anywhere in any answer, also in headers and URLs. */
  readonly heard: ReadonlySet<string>;
  /** Those of images and users; the bucket's name has one too. */
  readonly named: ReadonlySet<string>;
}

/** The run of a user that has an image already. */
async function startRun(base: string, user: User): Promise<Run> {
  const [heard, named] = [new Set<string>(), new Set<string>()];
  const fetch: typeof patientFetch = async (url, init) => {
    const response = await patientFetch(url, init);
    const body = await response.clone().text();
    for (const [id] of `${JSON.stringify([...response.headers])}${body}`.matchAll(ID)) heard.add(id);
    for (const [id] of body.matchAll(ID_OF_IMAGE_OR_USER)) named.add(id);
    return response;
  };
  const api = await connect(base, { ...user, fetch });
  const { image_id } = await api.upload(user.asUser, await picture());
  return { api, first: image_id, heard, named };
}

/** What `--as-user` runs, as two users at the same time. */
export async function describeTwoUsers(base: string, users: readonly [User, User]): Promise<void> {
  const [one, other] = [await startRun(base, users[0]), await startRun(base, users[1])];
  describe('Two users at once', { concurrency: 1 }, () => {
    describe('their own images', { concurrency: 2 }, () => {
      for (const { api } of [one, other]) describeSafelight(api, ['own']);
    });

    it('never see an id of the other', () => {
      for (const [{ heard }, { api, first, named }] of [
        [one, other],
        [other, one],
      ] as const) {
        assert.ok(named.has(first) && named.has(String(api.asUser).replace('acceptance-', '')));
        assert.ok(named.size > 10, `expected the ids of a whole run; got ${named.size}`);
        assert.deepEqual([...named.intersection(heard)], []);
      }
    });
  });
}
