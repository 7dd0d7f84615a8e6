import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant, Image, ShareLink, UploadToken } from '../answers.ts';
import { type Api, json, newUser, requireProblem } from '../api.ts';
import { FORMS } from '../forms.ts';
import { picture } from '../pictures.ts';
import { allTold, type Told, tellsNothing, told } from '../rate-limit-headers.ts';

/** Allowed by default (CORS_ORIGINS unset). */
const PAGE = 'http://localhost:5173';
/** Credentials of an address that are refused with a 401 in a minute. */
const FAILURES = 20;
/** More than `FAILURES`. */
const MANY = 25;

const grantOf = (): RequestInit => json({ content_type: 'image/png' });

/**
 * Rate limits. The cases use up limits, so they need windows that outlast them (`RATE_LIMITS=grant=12/h ...`), and run
 * one after another. Holders of upload tokens are the callers with a limit of their own.
 */
export const describeRateLimits = (api: Api): void => {
  const { anonymously } = api;
  const upload = async (): Promise<Image> => api.upload(newUser(), await picture());
  const linkTo = async ({ image_id }: Image): Promise<string> => (await api.link(image_id, { w: 10 })).url;
  const shareOf = async ({ image_id, user_id }: Image): Promise<string> =>
    (await api.ask<ShareLink>(`/images/${image_id}/links?user_id=${user_id}`, json({ what: 'original' }))).url;
  const mint = (user_id: string): Promise<UploadToken> => api.ask('/upload-tokens', json({ user_id }));
  /** A request with another credential. Nobody waits for a limit. */
  const by = (credential: string, path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${credential}`);
    return fetch(`${api.base}${path}`, { ...init, headers });
  };
  /** The headers of an answer whose body doesn't matter. */
  async function answered(response: Promise<Response>): Promise<Response> {
    const answer = await response;
    await answer.arrayBuffer();
    return answer;
  }
  const times = (count: number, request: () => Promise<Response>): Promise<Response[]> =>
    Promise.all(Array.from({ length: count }, () => answered(request())));
  /** What one more read tells. */
  const read = async (): Promise<Told> => told(await answered(api.send(`/images/${crypto.randomUUID()}/metadata`)));

  describe('A service without rate limits', { skip: api.isRateLimited && 'the service has rate limits' }, () => {
    it('says nothing of limits', async () => {
      const image = await upload();
      for (const path of ['/images?limit=1', `/images/${image.image_id}/metadata`, `/images/${image.image_id}`])
        assert.ok(tellsNothing(await answered(api.send(path))), path);
    });

    it('answers every missing credential with a 401', async (test) => {
      if (api.isOpen) return test.skip('the service is open');
      for (const { status } of await times(MANY, () => anonymously('/images'))) assert.equal(status, 401);
    });
  });

  const skip = api.isOpen ? 'the service is open' : !api.isRateLimited && 'the service has no rate limits';
  describe('A service with rate limits', { skip, concurrency: 1 }, () => {
    it('says to which policy a request counted, what is left of it, and when its window ends', async () => {
      const [first, second] = [await read(), await read()];
      assert.equal(first.policy, 'read');
      assert.ok(first.left < first.limit);
      assert.deepEqual(second, { ...first, left: first.left - 1, resetSeconds: second.resetSeconds });
      assert.ok(second.resetSeconds >= 1 && second.resetSeconds <= first.windowSeconds, `${second.resetSeconds}`);
    });

    it('counts grants, uploads, calls about images, signed renders and lists apart', async () => {
      const image = await upload();
      const uploaded = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: await picture() };
      for (const [policy, path, init] of [
        ['grant', '/uploads', json({ user_id: newUser(), content_type: 'image/png' })],
        ['upload', ...FORMS['POST /images']({ user: newUser(), bytes: await picture() })],
        ['upload', `/images/upload?user_id=${newUser()}`, uploaded],
        ['read', `/images/${image.image_id}`, {}],
        ['read', `/images/${image.image_id}/renditions/thumb`, {}],
        ['read', `/images/${image.image_id}?user_id=${image.user_id}`, json({ description: 'x' }, {}, 'PATCH')],
        ['render', await linkTo(image), {}],
        ['list', '/images?limit=1', {}],
      ] as const) {
        const answer = await answered(api.send(path, { ...init, redirect: 'manual' }));
        assert.ok(answer.status < 400, `${path} was answered ${answer.status}`);
        assert.equal(told(answer).policy, policy, path);
      }
    });

    it('counts requests that it refuses for other reasons', async () => {
      const before = await read();
      const invalid = await answered(api.send(`/images/${crypto.randomUUID()}`, json({ tags: 7 }, {}, 'PATCH')));
      assert.ok([400, 404].includes(invalid.status), `${invalid.status}`);
      assert.equal(allTold(invalid).at(-1)?.left, before.left - 1, 'of the key');
    });

    it('lets web pages read RateLimit, RateLimit-Policy and Retry-After', async (test) => {
      const { headers } = await answered(api.send('/images?limit=1', { headers: { Origin: PAGE } }));
      if (headers.get('access-control-allow-origin') !== PAGE)
        return test.skip(`CORS_ORIGINS of this service does not allow ${PAGE}`);
      const exposed = headers.get('access-control-expose-headers')?.split(', ') ?? [];
      for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After']) assert.ok(exposed.includes(name), name);
    });

    it('admits as many requests of a user as its limit says, then answers 429 rate-limited with the policy and Retry-After; all its tokens count together, and other users apart', async () => {
      const user = newUser();
      const [one, other, stranger] = [await mint(user), await mint(user), await mint(newUser())];
      const grantBy = ({ token }: UploadToken) => by(token, '/uploads', grantOf());
      const { limit, windowSeconds } = told(await answered(grantBy(one)));
      const answers = await times(limit, () => grantBy(one));
      assert.equal(answers.filter(({ status }) => status === 201).length, limit - 1);
      assert.equal(answers.filter(({ status }) => status === 429).length, 1);

      const refused = await grantBy(other);
      const { policy, detail } = await requireProblem(refused, 'rate-limited');
      assert.equal(policy, 'grant');
      const seconds = Number(refused.headers.get('retry-after'));
      assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= windowSeconds, `Retry-After: ${seconds}`);
      assert.deepEqual(told(refused), { policy, isOfKey: false, limit, windowSeconds, left: 0, resetSeconds: seconds });
      assert.ok(detail.includes(`${limit} requests`) && detail.includes(`${seconds} s`), detail);

      const next = await grantBy(stranger);
      assert.equal(next.status, 201);
      assert.equal(told(next).left, limit - 1);
      assert.equal(((await next.json()) as Grant).status, 'pending');
    });

    it('counts each grant of a batch, and admits all of them or none; a refused batch counts as one', async () => {
      const { token } = await mint(newUser());
      const batchOf = (members: number) =>
        by(token, '/images/uploads', json({ uploads: Array(members).fill({ content_type: 'image/png' }) }));
      const passed = await answered(batchOf(3));
      const { limit, left } = told(passed);
      assert.deepEqual([passed.status, left], [200, limit - 3]);
      assert.equal((await requireProblem(await batchOf(left + 1), 'rate-limited')).policy, 'grant');
      const single = await answered(by(token, '/uploads', grantOf()));
      assert.deepEqual([single.status, told(single).left], [201, left - 2]);
    });

    it("counts each user that a service names apart, wherever it names it, and tells the user's limit and the key's; a user at its limit uses up nothing of the others", async () => {
      const [one, other] = [newUser(), newUser()];
      const [shared, ...others] = allTold(
        await answered(api.send('/uploads', json({ user_id: one, content_type: 'image/png' }))),
      );
      const [key] = others;
      assert.ok(shared && key && !shared.isOfKey && key.isOfKey, 'expected the limits of a user and of a key');
      assert.deepEqual([shared.left, key.limit], [shared.limit - 1, 50 * shared.limit]);
      const wherever: readonly RequestInit[] = [
        json({ content_type: 'image/png' }, { 'X-User-Id': one }),
        json({ user_id: one, content_type: 'image/png' }),
      ];
      for (const [index, init] of wherever.entries())
        assert.equal(told(await answered(api.send('/uploads', init))).left, shared.left - 1 - index);
      const member = json({
        uploads: [
          { user_id: one, content_type: 'image/png' },
          { user_id: other, content_type: 'image/png' },
        ],
      });
      assert.equal(told(await answered(api.send('/images/uploads', member))).left, shared.left - 3);
      for (let left = shared.left - 3; left > 0; left -= 1)
        await answered(api.send(`/uploads?user_id=${one}`, grantOf()));

      const before = allTold(await answered(api.send(`/uploads?user_id=${other}`, grantOf())));
      for (const init of [...wherever, ...wherever]) {
        const refused = await api.send('/uploads', init);
        assert.deepEqual([told(refused).left, told(refused).isOfKey], [0, false]);
        assert.equal((await requireProblem(refused, 'rate-limited')).policy, 'grant');
      }
      const after = allTold(await answered(api.send(`/uploads?user_id=${other}`, grantOf())));
      assert.deepEqual(
        after.map(({ left }) => left),
        before.map(({ left }) => left - 1),
      );
    });

    it('admits an upload of each of thirty-one users of a service', async () => {
      const bytes = await picture();
      for (let user = 0; user < 31; user += 1) {
        const uploaded = await answered(api.send(...FORMS['POST /images']({ user: newUser(), bytes })));
        assert.equal(uploaded.status, 201, `upload ${user}`);
      }
    });

    it('has fifty times the limit for all users of a service, and names it', async () => {
      const grants = () => ({
        uploads: Array.from({ length: 100 }, () => ({ user_id: newUser(), content_type: 'image/png' })),
      });
      const first = await answered(api.send('/images/uploads', json(grants())));
      const { left, limit } = allTold(first)[1] ?? assert.fail('expected the limit of a key');
      assert.ok(left < limit);
      for (let batch = 0; batch < Math.floor(left / 100); batch += 1)
        assert.equal((await answered(api.send('/images/uploads', json(grants())))).status, 200);
      const refused = await api.send('/images/uploads', json(grants()));
      assert.equal((await requireProblem(refused, 'rate-limited')).policy, 'grant-of-key');
    });

    it('counts nothing for the end of an upload, whose grant was counted', async () => {
      const { image_id } = await upload();
      const ended = await answered(api.send(`/images/${image_id}/complete`, { method: 'POST' }));
      assert.ok(tellsNothing(ended), `${ended.status}`);
    });

    it('counts each member of every other batch', async () => {
      const image_ids = Array.from({ length: 5 }, () => crypto.randomUUID());
      const renders = image_ids.map((image_id) => ({ image_id, w: 10 }));
      const trash = api.trashDays > 0 ? (['/images/trash', '/images/restore'] as const) : [];
      for (const path of ['/images/delete', '/images/change', ...trash, '/render-urls']) {
        const before = await read();
        const members = path === '/render-urls' ? { renders } : { image_ids };
        const change = path === '/images/change' ? { taken_at: null } : {};
        const answer = await answered(api.send(path, json({ user_id: newUser(), ...members, ...change })));
        const [ofUser, ofKey] = allTold(answer);
        assert.deepEqual([answer.status, ofKey?.left], [200, before.left - 5], path);
        assert.equal(ofUser?.left, ofUser && ofUser.limit - 5, path);
      }
    });

    it('counts a signed URL for its image and the address, whatever the credential, and never as a read', async () => {
      const [image, second] = [await upload(), await upload()];
      const [one, other] = [await linkTo(image), await linkTo(second)];
      const reads = await read();
      const before = told(await answered(anonymously(one)));
      assert.equal(told(await answered(api.send(one))).left, before.left - 1);
      for (const { status } of await times(before.left - 1, () => fetch(one))) assert.equal(status, 200);
      assert.equal((await requireProblem(await fetch(one), 'rate-limited')).policy, 'render');
      assert.equal(told(await answered(fetch(other))).left, before.left);

      const shared = await shareOf(image);
      const pictures = [image.renditions?.['thumb'] ?? '', image.renditions?.['medium'] ?? '', shared];
      const pictured = [];
      for (const url of pictures) pictured.push(told(await answered(anonymously(url, { redirect: 'manual' }))));
      assert.deepEqual(
        pictured.map(({ policy, limit, left }) => [policy, limit - left]),
        [
          ['picture', 1],
          ['picture', 2],
          ['picture', 3],
        ],
      );
      const rest = pictured.at(-1)?.left ?? 0;
      await times(rest, () => anonymously(shared, { redirect: 'manual' }));
      assert.equal((await requireProblem(await anonymously(pictures[0] ?? ''), 'rate-limited')).policy, 'picture');
      const thumb = second.renditions?.['thumb'] ?? '';
      assert.equal(told(await answered(anonymously(thumb, { redirect: 'manual' }))).policy, 'picture');
      assert.equal((await read()).left, reads.left - 2, 'the new link, and the read itself');
    });

    it('counts URLs without a valid signature apart, so that they take nothing from valid ones', async () => {
      const image = await upload();
      const shared = await shareOf(image);
      const reads = await read();
      for (const valid of [image.renditions?.['thumb'] ?? '', shared, await linkTo(image)]) {
        const wrong = valid.replace(/sig=.{8}/, 'sig=AAAAAAAA');
        for (const answer of await times(MANY, () => anonymously(wrong)))
          assert.deepEqual([answer.status, told(answer).policy], [403, 'signatures']);
        assert.ok([200, 302].includes((await answered(anonymously(valid, { redirect: 'manual' }))).status), valid);
      }
      assert.equal((await read()).left, reads.left - 2, 'the signed render, and the read itself');
    });

    it('counts neither its health, its documentation nor the URLs of the store', async () => {
      for (const path of ['/', '/health', '/livez', '/readyz', '/docs', '/openapi.json', '/nowhere'])
        assert.ok(tellsNothing(await answered(api.send(path))), path);
      const bytes = await picture();
      const granted = await api.ask<Grant>('/uploads', json({ user_id: newUser(), content_type: 'image/png' }));
      const { upload_url, method, headers } = granted;
      assert.ok(tellsNothing(await answered(fetch(upload_url, { method, headers, body: bytes }))));
    });

    it('takes a request for a preset without a credential for none that fails', async () => {
      const { image_id, user_id } = await upload();
      const publish = json({ visibility: 'public' }, {}, 'PATCH');
      const shown = await api.ask<Image>(`/images/${image_id}?user_id=${user_id}`, publish);
      const hidden = await upload();
      for (const [{ image_id }, status] of [
        [shown, 200],
        [hidden, 401],
      ] as const)
        for (const answer of await times(MANY, () => anonymously(`/images/${image_id}/renditions/thumb`)))
          assert.deepEqual([answer.status, told(answer).policy], [status, 'read']);
    });

    it('answers 401 to twenty missing or invalid credentials of an address in a minute, then 429; valid ones pass', async () => {
      const fail = (index: number): Promise<Response> => {
        const unknown = `safelight_${'0'.repeat(16)}_${'0'.repeat(49)}`;
        return index % 2 === 0 ? fetch(`${api.base}/images`) : by(index % 3 === 0 ? 'junk' : unknown, '/images', {});
      };
      const statuses = [];
      for (let index = 0; index < FAILURES; index += 1) statuses.push((await answered(fail(index))).status);
      assert.deepEqual(new Set(statuses), new Set([401]));
      for (let index = 0; index < 6; index += 1) {
        const refused = await fail(index);
        const { policy, isOfKey: _, resetSeconds, ...rest } = told(refused);
        assert.deepEqual([policy, rest], ['credentials', { limit: FAILURES, windowSeconds: 60, left: 0 }]);
        assert.equal(refused.headers.get('retry-after'), String(resetSeconds));
        assert.equal(refused.headers.get('www-authenticate'), null);
        assert.equal((await requireProblem(refused, 'rate-limited')).policy, 'credentials');
      }
      assert.equal((await read()).policy, 'read');
    });
  });
};
