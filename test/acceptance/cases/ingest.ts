import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type PictureHost, redirectsTo, says, sends, startPictureHost } from '../../servers/picture-host.ts';
import type { Image, Problem } from '../answers.ts';
import { type Api, json, newUser } from '../api.ts';
import { eventually } from '../eventually.ts';
import { type Bytes, picture } from '../pictures.ts';

interface Fetched {
  readonly image_id: string;
  readonly user_id: string;
  readonly status: string;
  readonly expires_at: string | null;
}

interface Batch {
  readonly count: number;
  readonly results: readonly { readonly index: number; readonly image?: Fetched; readonly error?: Problem }[];
}

const sha256Of = (bytes: Bytes): string => createHash('sha256').update(bytes).digest('hex');

/** Uploads by URL: bytes that the service fetches itself. */
export const describeIngest = (api: Api): void => {
  describe('An upload by URL', () => {
    if (!api.ingests) {
      it('is refused where INGEST_HOSTS is not set', async () => {
        const body = { url: 'https://images.example.org/a.jpg', user_id: newUser() };
        const { detail } = await api.refused('unsupported-body', '/images', json(body));
        assert.match(detail, /INGEST_HOSTS/);
      });
      return;
    }
    let host: PictureHost;
    before(async () => {
      host = await startPictureHost({
        '/missing.jpg': says(404),
        '/private.jpg': says(403),
        '/circle': redirectsTo('/circle'),
        '/away': redirectsTo('https://elsewhere.example.org/a.jpg'),
        '/page.jpg': sends(Buffer.from('<!doctype html><title>hunter2</title>'), { 'Content-Type': 'image/jpeg' }),
      });
    });
    after(() => host[Symbol.asyncDispose]());

    const ask = (body: unknown, headers?: Record<string, string>) => api.send('/images', json(body, headers));
    const asked = async <Answer = Fetched>(body: unknown, headers?: Record<string, string>): Promise<Answer> => {
      const answer = await ask(body, headers);
      const text = await answer.text();
      assert.equal(answer.status, 202, text);
      return JSON.parse(text) as Answer;
    };
    const decided = (id: string): Promise<Image> =>
      eventually(async () => {
        const image = await api.metadata(id);
        assert.notEqual(image.status, 'pending');
        return image;
      });
    const served = async (path: string, bytes?: Bytes): Promise<Bytes> => {
      const all = bytes ?? (await picture());
      host.answers.set(path, sends(all));
      return all;
    };

    it('is pending at once, and ready once its bytes have been fetched and verified', async () => {
      const bytes = await served('/albums/sunset.png');
      const user = newUser();
      const url = `${host.at('/albums/sunset.png')}?key=hunter2#top`;
      const answer = await ask({ url, user_id: user, tags: ['evening'], visibility: 'public' });
      const { image_id: id, ...fetched } = (await answer.json()) as Fetched;
      assert.deepEqual([answer.status, answer.headers.get('location')], [202, `/images/${id}/metadata`]);
      assert.deepEqual([fetched.user_id, fetched.status], [user, 'pending']);
      assert.ok(Date.parse(fetched.expires_at ?? '') > Date.now());
      const image = await decided(id);
      assert.deepEqual(
        [image.status, image.sha256, image.filename, image.tags, image.visibility],
        ['ready', sha256Of(bytes), 'sunset.png', ['evening'], 'public'],
      );
      assert.doesNotMatch(JSON.stringify(image), /hunter2|albums/);
      assert.deepEqual(await api.read(`/images/${id}?user_id=${user}`), bytes);
    });

    it('follows redirects to hosts that may be asked, and counts to the usage of its owner', async () => {
      const bytes = await served('/moved/here.png');
      host.answers.set('/moved', redirectsTo('/moved/here.png'));
      const user = newUser();
      const { image_id: id } = await asked({ url: host.at('/moved'), user_id: user });
      const image = await decided(id);
      assert.deepEqual([image.sha256, image.filename], [sha256Of(bytes), 'image.jpg']);
      if (!api.countsUsage) return;
      await eventually(async () => {
        const { bytes: used } = await api.ask<{ bytes: number }>(`/usage?user_id=${user}`);
        assert.equal(used, bytes.length);
      });
    });

    for (const [path, code, reason] of [
      ['/missing.jpg', 'fetch-failed', 'not-found'],
      ['/private.jpg', 'fetch-failed', 'bad-status'],
      ['/circle', 'fetch-failed', 'too-many-redirects'],
      ['/away', 'fetch-failed', 'refused-host'],
      ['/page.jpg', 'unsupported-type', undefined],
    ] as const)
      it(`of ${path} is rejected with its reason, and keeps its filename`, async () => {
        const { image_id: id } = await asked({ url: host.at(path), user_id: newUser(), filename: 'mine.jpg' });
        const image = await decided(id);
        assert.deepEqual([image.status, image.filename], ['rejected', 'mine.jpg']);
        assert.deepEqual([image.rejection?.code, image.rejection?.params?.reason], [code, reason]);
        assert.doesNotMatch(JSON.stringify(image), /127\.0\.0\.1:|hunter2/);
      });

    it('of more bytes than an upload may have is rejected', async () => {
      const { max_upload_bytes: most } = api.limits;
      host.answers.set('/huge.jpg', (response) => {
        response.writeHead(200, { 'Content-Length': most + 1 }).write('x');
      });
      const { image_id: id } = await asked({ url: host.at('/huge.jpg'), user_id: newUser() });
      const { rejection } = await decided(id);
      assert.deepEqual([rejection?.code, rejection?.params?.limit_bytes], ['upload-too-large', most]);
    });

    it('is refused at once for what may not be asked, and no answer repeats the URL', async () => {
      const user = newUser();
      for (const [url, reason] of [
        ['hunter2', 'refused-url'],
        ['file:///hunter2', 'refused-url'],
        ['https://hunter2:hunter2@127.0.0.1/', 'refused-url'],
        ['https://hunter2.example.org/', 'refused-host'],
      ]) {
        const problem = await api.refused('invalid-request', '/images', json({ url, user_id: user }), '/url');
        assert.equal(problem.params?.reason, reason);
        assert.doesNotMatch(JSON.stringify(problem), /hunter2/);
      }
      const long = `https://127.0.0.1/${'a'.repeat(2_048)}`;
      await api.refused('invalid-request', '/images', json({ url: long, user_id: user }), '/url');
      await api.refused('invalid-request', '/images', json({ url: host.at('/a'), user_id: user, size: 1 }), '/size');
    });

    it('is one of up to 100, and an item that is refused leaves the others', async () => {
      await served('/batch.png');
      const url = host.at('/batch.png');
      const user = newUser();
      const images = [{ url }, { url: 'nowhere' }, { url, external_id: 'two' }];
      const { count, results } = await asked<Batch>({ user_id: user, images });
      assert.equal(count, 2);
      assert.deepEqual(
        results.map(({ index, image, error }) => [index, image?.user_id ?? error?.errors?.[0]?.pointer]),
        [
          [0, user],
          [1, '/images/1/url'],
          [2, user],
        ],
      );
      for (const { image } of results) if (image) assert.equal((await decided(image.image_id)).status, 'ready');
      const many = { user_id: user, images: Array.from({ length: 101 }, () => ({ url })) };
      await api.refused('invalid-request', '/images', json(many), '/images');
      await api.refused('invalid-request', '/images', json({ user_id: user, images: [] }), '/images');
    });

    it('is the same for the same Idempotency-Key, of which another request is a conflict', async () => {
      await served('/key.png');
      const user = newUser();
      const headers = { 'Idempotency-Key': user };
      const body = { url: host.at('/key.png'), user_id: user };
      const { image_id: id } = await asked(body, headers);
      await decided(id);
      const again = await asked(body, headers);
      assert.deepEqual([again.image_id, again.status, again.expires_at], [id, 'ready', null]);
      const other = json({ ...body, tags: ['other'] }, headers);
      await api.refused('idempotency-conflict', '/images', other);
      assert.equal(host.asked.filter((path) => path === '/key.png').length, 1);
    });

    it('ends with its image, if that is deleted while it is fetched', async () => {
      const gone = Promise.withResolvers<void>();
      host.answers.set('/slow.png', (response) => {
        response.on('close', () => gone.resolve());
        response.writeHead(200).write('x');
      });
      const { image_id: id } = await asked({ url: host.at('/slow.png'), user_id: newUser() });
      await eventually(async () => assert.ok(host.asked.includes('/slow.png')));
      await api.ask(`/images/${id}`, { method: 'DELETE' });
      await gone.promise;
      await api.refused('image-not-found', `/images/${id}/metadata`);
    });
  });
};
