import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Image, RenderLinks } from '../answers.ts';
import { type Api, bodyOf, json, newUser, putGood } from '../api.ts';
import { picture } from '../pictures.ts';
import { see } from '../seen.ts';

type Wrong = readonly [asked: object, parameter: string];

/** Requests by their error. */
const REFUSED: Readonly<Record<string, readonly Wrong[]>> = {
  'an unknown parameter': [
    [{ colour: 'red' }, 'colour'],
    [{ W: 100 }, 'W'],
    [{ w: 10, user_id: 'x' }, 'user_id'],
    [{ constructor: 1 }, 'constructor'],
  ],
  'an empty parameter': [
    [{ w: '' }, 'w'],
    [{ format: '' }, 'format'],
    [{ background: '' }, 'background'],
  ],
  'an invalid value': [
    [{ w: 'x' }, 'w'],
    [{ w: 1.5 }, 'w'],
    [{ w: true }, 'w'],
    [{ h: [5] }, 'h'],
    [{ h: -1 }, 'h'],
    [{ fit: 'fill', w: 5, h: 5 }, 'fit'],
    [{ position: '0.5', w: 5, h: 5, fit: 'cover' }, 'position'],
    [{ position: 'left', w: 5, h: 5, fit: 'cover' }, 'position'],
    [{ crop: '1,2,3' }, 'crop'],
    [{ crop: '-1,0,5,5' }, 'crop'],
    [{ rotate: 45 }, 'rotate'],
    [{ flip: 'x' }, 'flip'],
    [{ format: 'tiff' }, 'format'],
    [{ format: 'svg' }, 'format'],
    [{ background: 'red' }, 'background'],
    [{ background: '#fff' }, 'background'],
    [{ page: 'x' }, 'page'],
    [{ w: 10, dpr: 1.005 }, 'dpr'],
  ],
  'a value out of range': [
    [{ w: 0 }, 'w'],
    [{ w: 4_097 }, 'w'],
    [{ h: 4_097 }, 'h'],
    [{ position: '0,1.1', w: 5, h: 5, fit: 'cover' }, 'position'],
    [{ crop: '0,0,0,5' }, 'crop'],
    [{ q: 0 }, 'q'],
    [{ q: 101 }, 'q'],
    [{ w: 10, dpr: 0.5 }, 'dpr'],
    [{ w: 10, dpr: 4.01 }, 'dpr'],
    [{ blur: 0.2 }, 'blur'],
    [{ blur: 101 }, 'blur'],
    [{ sharpen: 0 }, 'sharpen'],
    [{ sharpen: 11 }, 'sharpen'],
    [{ trim: 0 }, 'trim'],
    [{ trim: 256 }, 'trim'],
    [{ max_bytes: 999 }, 'max_bytes'],
    [{ max_bytes: 10_485_761 }, 'max_bytes'],
    [{ page: 5_000 }, 'page'],
    [{ expires_in: 0 }, 'expires_in'],
    [{ expires_in: 31_536_001 }, 'expires_in'],
    [{ expires_in: 1.5 }, 'expires_in'],
    [{ expires_in: 'soon' }, 'expires_in'],
  ],
  'a parameter that contradicts another': [
    [{ fit: 'cover', w: 10 }, 'fit'],
    [{ fit: 'pad', h: 10 }, 'fit'],
    [{ fit: 'pad' }, 'fit'],
    [{ w: 10, position: '0,0' }, 'position'],
    [{ w: 10, h: 10, fit: 'pad', position: 'attention' }, 'position'],
    [{ format: 'png', q: 50 }, 'q'],
    [{ format: 'png', max_bytes: 5_000 }, 'max_bytes'],
    [{ crop: '0,0,5,5', trim: 10 }, 'trim'],
    [{ dpr: 2 }, 'dpr'],
    [{ blur: 1, sharpen: 1 }, 'sharpen'],
  ],
  'a result over 4,096 pixels a side': [
    [{ w: 2_049, dpr: 2 }, 'w'],
    [{ w: 10, h: 4_096, dpr: 1.01 }, 'h'],
  ],
  'a crop outside the image': [
    [{ crop: '200,0,101,10' }, 'crop'],
    [{ crop: '0,150,10,51' }, 'crop'],
    [{ crop: '300,200,1,1' }, 'crop'],
  ],
};

export const describeRenderLinks = (api: Api): void => {
  describe('Signed renders', () => {
    const user = newUser();
    let image: Image;
    before(async () => {
      image = await uploaded();
    });
    const uploaded = async (width = 300, height = 200): Promise<Image> =>
      api.upload(user, await picture({ type: 'image/jpeg', width, height }));
    const linkPath = (id: string): string => `/images/${id}/render-url`;
    /** The URL with another query. */
    const changed = (url: string, change: (query: URLSearchParams) => void): string => {
      const other = new URL(url);
      change(other.searchParams);
      return other.href;
    };
    const requireRead = async (url: string, size: readonly [number, number]): Promise<void> => {
      const { width, height } = await see(await api.read(url));
      assert.deepEqual([width, height], size);
    };

    describe('POST /images/{id}/render-url', () => {
      it('answers {image_id, url, expires_at: null}, and the URL works for any user', async () => {
        const { image_id, url, expires_at } = await api.link(image.image_id, { w: 150, format: 'png' });
        assert.deepEqual([image_id, expires_at], [image.image_id, null]);
        assert.ok(new URL(url).pathname.endsWith(`/images/${image_id}/render`), url);
        const response = await api.send(url, { headers: { 'X-User-Id': newUser() } });
        assert.equal(response.status, 200);
        assert.equal((await see(await bodyOf(response))).width, 150);
      });

      it('answers the same URL for equivalent parameters, and another URL for others', async () => {
        const { url } = await api.link(image.image_id, { w: 80, h: 60, format: 'jpeg', background: 'ffcc00' });
        for (const same of [
          { background: 'fc0', format: 'jpg', h: '60', w: '80' },
          { w: 80, h: 60, format: 'jpeg', background: 'FFCC00', dpr: 1, rotate: 0, fit: 'inside', q: null },
        ]) {
          assert.equal((await api.link(image.image_id, same)).url, url);
        }
        for (const other of [{ w: 81 }, { h: 60, w: 80, format: 'png', background: 'fc0' }]) {
          assert.notEqual((await api.link(image.image_id, other)).url, url);
        }
        assert.notEqual((await api.link((await uploaded()).image_id, { w: 80 })).url, url);
      });

      it('rounds expires_at up, so that requests with the same expires_in share one URL', async () => {
        const start = Date.now();
        for (const [seconds, window] of [
          [5, 10],
          [600, 60],
          [7_200, 3_600],
          [604_800, 86_400],
        ] as const) {
          const asked = { w: 60, expires_in: seconds };
          const { url, expires_at } = await api.link(image.image_id, asked);
          const leftMs = Date.parse(expires_at ?? '') - start;
          // the service's clock may differ
          assert.ok(
            leftMs > (seconds - 5) * 1_000 && leftMs < (seconds + window + 60) * 1_000,
            `${seconds}: ${expires_at}`,
          );
          assert.equal(Date.parse(expires_at ?? '') % (window * 1_000), 0, expires_at ?? '');
          await requireRead(url, [60, 40]);
          const again = [await api.link(image.image_id, asked), await api.link(image.image_id, asked)];
          assert.ok(again[0]?.url === url || again[0]?.url === again[1]?.url, again.map((one) => one.url).join(' '));
        }
      });

      for (const [what, all] of Object.entries(REFUSED)) {
        it(`refuses ${what} with 400 and names the parameter`, async () => {
          for (const [asked, parameter] of all) {
            const { errors } = await api.refused('invalid-request', linkPath(image.image_id), json(asked), parameter);
            assert.deepEqual(
              errors?.map(({ pointer }) => pointer),
              [`/${parameter}`],
              JSON.stringify(asked),
            );
          }
        });
      }

      it('refuses a result over 4,096 pixels a side if w and h are absent', async () => {
        const wide = await uploaded(4_200, 16);
        await api.refused('invalid-request', linkPath(wide.image_id), json({ format: 'png' }), 'w');
        await requireRead((await api.link(wide.image_id, { w: 4_096, format: 'png' })).url, [4_096, 16]);
      });

      it('refuses AVIF over 8,388,608 pixels, AVIF with q over 60 over 4,194,304, and sharpening over 4,194,304', async () => {
        const large = { w: 4_096, h: 2_048, fit: 'pad' };
        const refused = [
          { ...large, h: 2_049, format: 'avif' },
          { ...large, format: 'avif', q: 61 },
          { w: 1_024, h: 1_024, dpr: 4, fit: 'pad', format: 'avif' },
        ];
        for (const asked of refused) {
          await api.refused('invalid-request', linkPath(image.image_id), json(asked), 'format');
          await api.link(image.image_id, { ...asked, format: 'webp' });
        }
        await api.link(image.image_id, { ...large, format: 'avif', q: 60 });
        await api.link(image.image_id, { ...large, h: 1_024, sharpen: 10 });
        await api.refused(
          'invalid-request',
          linkPath(image.image_id),
          json({ ...large, h: 1_025, sharpen: 1 }),
          'sharpen',
        );
      });

      it('refuses a body that is not a JSON object with 400', async () => {
        await api.refused('invalid-request', linkPath(image.image_id), json([]));
        await api.refused('malformed-body', linkPath(image.image_id), { ...json({}), body: '{' });
      });

      it('answers a URL for a pending image; the URL is 409 until the image is ready, and 404 after it is deleted', async () => {
        const grant = await api.grant({ user_id: newUser() });
        const { url } = await api.link(grant.image_id, { w: 12 });
        await api.refused('image-not-ready', url);
        await putGood(grant, await picture());
        await requireRead(url, [12, 8]);
        await api.ask(`/images/${grant.image_id}`, { method: 'DELETE' });
        await api.refused('image-not-found', url);
        for (const id of [grant.image_id, crypto.randomUUID(), 'no-id']) {
          await api.refused('image-not-found', linkPath(id), json({ w: 12 }));
        }
      });
    });

    describe('GET /images/{id}/render', () => {
      it('accepts its parameters in any order', async () => {
        const { url } = await api.link(image.image_id, {
          w: 90,
          h: 50,
          fit: 'cover',
          format: 'png',
          expires_in: 3_600,
        });
        const backwards = new URL(url);
        backwards.search = String(new URLSearchParams([...backwards.searchParams].toReversed()));
        await requireRead(url, [90, 50]);
        await requireRead(backwards.href, [90, 50]);
      });

      it('refuses a missing or foreign signature, or changed parameters, with 403', async () => {
        const { url } = await api.link(image.image_id, { w: 90, expires_in: 3_600 });
        const { url: other } = await api.link((await uploaded()).image_id, { w: 90, expires_in: 3_600 });
        const sig = new URL(url).searchParams.get('sig') ?? '';
        const changes: readonly ((query: URLSearchParams) => void)[] = [
          (query) => query.delete('sig'),
          (query) => query.delete('kid'),
          (query) => query.delete('exp'),
          (query) => query.delete('w'),
          (query) => query.set('sig', new URL(other).searchParams.get('sig') ?? ''),
          (query) => query.set('sig', sig.slice(0, -1)),
          (query) => query.set('sig', `${sig}A`),
          (query) => query.set('sig', `${sig}=`),
          (query) => query.set('sig', sig.toUpperCase()),
          (query) => query.set('kid', 'ffffffff'),
          (query) => query.set('exp', '4000000000'),
          (query) => query.set('w', '91'),
          (query) => query.set('h', '90'),
          (query) => query.set('format', 'png'),
        ];
        for (const change of changes) await api.refused('signature-invalid', changed(url, change));
        await api.refused('signature-invalid', `/images/${image.image_id}/render?w=90`);
        await api.refused('signature-invalid', `/images/${image.image_id}/render`);
        await api.refused(
          'signature-invalid',
          url.replace(image.image_id, new URL(other).pathname.split('/')[2] ?? ''),
        );
        await requireRead(url, [90, 60]);
      });

      it('refuses an unknown, repeated, empty or invalid parameter with 400 before it checks the signature', async () => {
        const { url } = await api.link(image.image_id, { w: 90, expires_in: 3_600 });
        for (const [name, change] of [
          ['colour', (query) => query.set('colour', 'red')],
          ['w', (query) => query.append('w', '90')],
          ['w', (query) => query.set('w', '')],
          ['w', (query) => query.set('w', '4097')],
          ['fit', (query) => query.set('fit', 'cover')],
          ['sig', (query) => query.append('sig', 'x')],
          ['kid', (query) => query.append('kid', 'x')],
          ['exp', (query) => query.append('exp', '4000000000')],
          ['exp', (query) => query.set('exp', 'never')],
          ['sig', (query) => query.set('sig', '')],
        ] as const satisfies readonly (readonly [string, (query: URLSearchParams) => void])[]) {
          await api.refused('invalid-request', changed(url, change), {}, name);
        }
      });

      it('answers 403 for an unknown image without a signature, and 404 for a malformed id', async () => {
        await api.refused('signature-invalid', `/images/${crypto.randomUUID()}/render?w=5`);
        await api.refused('image-not-found', '/images/no-id/render?w=5');
      });
    });

    describe('POST /render-urls', () => {
      const links = (body: object) => api.ask<RenderLinks>('/render-urls', json(body));

      it('answers the same links as single requests, in their order', async () => {
        const other = await uploaded();
        const renders = [
          { image_id: other.image_id, w: 20 },
          { image_id: image.image_id, w: 30, h: 30, fit: 'cover' },
          { image_id: image.image_id },
        ];
        const { count, results } = await links({ user_id: user, renders });
        assert.equal(count, 3);
        for (const [index, { image_id, ...asked }] of renders.entries()) {
          assert.deepEqual(results[index], { index, ...(await api.link(image_id, asked)) });
        }
        await requireRead(results[1]?.url ?? '', [30, 30]);
      });

      it('reports an invalid item in its own result, and links the others', async () => {
        const deleted = await uploaded();
        await api.ask(`/images/${deleted.image_id}`, { method: 'DELETE' });
        const { image_id } = image;
        const { count, results } = await links({
          renders: [
            { image_id, w: 5 },
            { image_id: crypto.randomUUID(), w: 5 },
            { image_id, w: 'x' },
            { image_id: deleted.image_id },
            7,
            { w: 5 },
            { image_id, crop: '0,0,301,1' },
            { image_id, expires_in: -1 },
            { image_id, w: 6 },
          ],
        });
        assert.equal(count, 2);
        assert.deepEqual(
          results.map(({ index, url, error }) => [
            index,
            url === undefined ? error?.code : 'linked',
            error?.errors?.[0]?.pointer,
          ]),
          [
            [0, 'linked', undefined],
            [1, 'image-not-found', undefined],
            [2, 'invalid-request', '/renders/2/w'],
            [3, 'image-not-found', undefined],
            [4, 'invalid-request', '/renders/4'],
            [5, 'invalid-request', '/renders/5/image_id'],
            [6, 'invalid-request', '/renders/6/crop'],
            [7, 'invalid-request', '/renders/7/expires_in'],
            [8, 'linked', undefined],
          ],
        );
      });

      it('accepts 1 to 1,000 items; an empty batch or 1,001 items are 400', async () => {
        const { image_id } = image;
        const many = Array.from({ length: 1_000 }, (_, index) => ({ image_id, w: index + 1 }));
        const { count, results } = await links({ renders: many });
        assert.deepEqual([count, results.length], [1_000, 1_000]);
        assert.equal(new Set(results.map(({ url }) => url)).size, 1_000);
        assert.equal((await links({ renders: many.slice(0, 1) })).count, 1);
        for (const renders of [[], [...many, { image_id }], 'x', undefined]) {
          await api.refused('invalid-request', '/render-urls', json({ renders }), 'renders');
        }
      });
    });
  });
};
