import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { gifOf } from '../../pictures/gif-bytes.ts';
import { EOI, flatJpeg, jpegOfScans } from '../../pictures/jpeg-bytes.ts';
import { bigText, chunk, blackPng as pngByHand } from '../../pictures/png-bytes.ts';
import { decompressionBomb, truncated } from '../../pictures/test-images.ts';
import type { Code, Image } from '../answers.ts';
import { type Api, json, newUser, put, search } from '../api.ts';
import { DIRECT_FORMS, type DirectUpload, FORMS } from '../forms.ts';
import { type Bytes, bytesOf, HTML, picture } from '../pictures.ts';

/** 52,428,800 pixels, and a side of 16,384: the largest accepted image; a JPEG may have 201,326,592. */
const MOST_PIXELS = { width: 8_192, height: 6_400 };
const MOST_JPEG_PIXELS = { width: 16_384, height: 12_288 };
const LONGEST_SIDE = 16_384;

const blackPng = async (width: number, height: number): Promise<Bytes> => {
  const create = { width, height, channels: 3 as const, background: 'black' };
  return bytesOf(await sharp({ create }).toColorspace('b-w').png({ compressionLevel: 1 }).toBuffer());
};

const SVG = bytesOf('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
const WAVE = bytesOf(Buffer.concat([Buffer.from('RIFF\x40\0\0\0WAVEfmt '), Buffer.alloc(64)]));

/** Files that users mistake for accepted images: the bytes, the type that clients send, and the advice. */
const OTHER_FORMATS: Readonly<Record<string, readonly [Bytes, string, RegExp]>> = {
  SVG: [SVG, 'image/svg+xml', /SVG.*: export it as PNG/],
  PDF: [bytesOf('%PDF-1.7\n%\n1 0 obj\n'), 'application/pdf', /PDF: export its pages as JPEG/],
  'an MP4': [bytesOf('\0\0\0\x14ftypisom\0\0\x02\0mp41\0\0\0\x08free'), 'video/mp4', /video: send a frame of it/],
  'a WebM': [
    bytesOf(Buffer.from('1a45dfa39f4286810142f7810142f2810442f381', 'hex')),
    'video/webm',
    /video: send a frame of it/,
  ],
};

/** Sends a raw target: fetch would normalize it. */
async function statusOfTarget(base: string, path: string): Promise<number | undefined> {
  const { protocol, hostname, port } = new URL(base);
  const ask = protocol === 'https:' ? https.get : http.get;
  const [response] = (await once(ask({ hostname, port, path }), 'response')) as [http.IncomingMessage];
  response.resume();
  return response.statusCode;
}
const SMALL = { width: 40, height: 30 };

/** A JPEG without its last rows that ends with an EOI marker. */
const endedJpeg = async (): Promise<Bytes> => {
  const whole = Buffer.from(await picture({ type: 'image/jpeg', width: 200, height: 200 }));
  return bytesOf(Buffer.concat([whole.subarray(0, -20), EOI]));
};

const wrongCrc = (): Bytes => {
  const png = pngByHand(SMALL);
  const crc = png.length - 16; // the last chunk takes 12 bytes
  png.writeUInt32BE((png.readUInt32BE(crc) ^ 1) >>> 0, crc);
  return bytesOf(png);
};

const animatedPng = (): Bytes => bytesOf(pngByHand(SMALL, [chunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]))]));

const shortGif = (): Bytes => bytesOf(gifOf({ ...SMALL, frames: [SMALL, { ...SMALL, pixels: 600 }] }));

const outsideGif = (): Bytes => bytesOf(gifOf({ ...SMALL, frames: [{ ...SMALL, left: 1 }] }));
/** A picture and a fragment of a video: only the picture would be verified. */
const sequence = async (): Promise<Bytes> => {
  const film = Buffer.concat([Buffer.from([0, 0, 0, 64]), Buffer.from('moof'), Buffer.alloc(56)]);
  return bytesOf(Buffer.concat([Buffer.from(await picture({ type: 'image/avif' })), film]));
};
const stowaway = async (): Promise<Bytes> =>
  bytesOf(Buffer.concat([Buffer.from(await picture({ type: 'image/webp' })), Buffer.alloc(65_537)]));

/** After any refusal the user has no image, in any status. */
async function requireNothing(api: Api, user: string): Promise<void> {
  for (const status of ['ready', 'pending', 'rejected', 'expired']) {
    assert.equal((await api.list({ user_id: user, status })).count, 0, status);
  }
}

export const describeRefusals = (api: Api): void => {
  describe('The service refuses with 400', () => {
    it('an upload without a user', async () => {
      for (const sending of Object.values(FORMS)) {
        await api.refused('invalid-request', ...sending({ bytes: await picture() }), 'user_id');
      }
    });

    it('an upload with two different users', async () => {
      const [one, other] = [newUser(), newUser()];
      const headers = { 'X-User-Id': one };
      const body = await picture();
      const raw = { method: 'POST', body, headers: { ...headers, 'Content-Type': 'image/png' } };
      await api.refused('invalid-request', `/images/upload?user_id=${other}`, raw, 'user_id');
      const grant = json({ user_id: other, content_type: 'image/png' }, headers);
      await api.refused('invalid-request', '/images/upload', grant, 'user_id');
      const both = { ...raw, headers: { ...raw.headers, 'user-id': other } };
      await api.refused('invalid-request', '/images/upload', both, 'user-id');
      const form = new FormData();
      form.set('user_id', other);
      form.set('file', new File([body], 'a.png', { type: 'image/png' }));
      await api.refused('invalid-request', '/images/upload', { method: 'POST', headers, body: form }, 'user_id');
      for (const user of [one, other]) await requireNothing(api, user);
    });

    it('a user_id with control characters', async () => {
      const fields = { user_id: 'a\u0007b', content_type: 'image/png' };
      await api.refused('invalid-request', '/images/upload', json(fields), 'user_id');
      await api.refused('invalid-request', `/images/upload?${search(fields)}`, { method: 'POST' }, 'user_id');
    });

    it('a filename or a tag with control characters', async () => {
      for (const control of ['\0', '\n', '\u007f', '\u0085']) {
        const [filename, tag] = [`photo${control}.png`, `se${control}a`];
        const named = { user_id: newUser(), filename, content_type: 'image/png' };
        await api.refused('invalid-request', '/images/upload', json(named), 'filename');
        await api.refused('invalid-request', `/images/upload?${search(named)}`, { method: 'POST' }, 'filename');
        const tagged = { user_id: newUser(), tags: [tag], content_type: 'image/png' };
        await api.refused('invalid-request', '/images/upload', json(tagged), 'tags');
        const query = search({ ...tagged, tags: tag });
        await api.refused('invalid-request', `/images/upload?${query}`, { method: 'POST' }, 'tags');
      }
    });

    it('a filename with bidirectional control characters', async () => {
      for (const control of ['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069']) {
        const fields = { user_id: newUser(), filename: `photo${control}gpj.exe`, content_type: 'image/png' };
        await api.refused('invalid-request', '/images/upload', json(fields), 'filename');
        await api.refused('invalid-request', `/images/upload?${search(fields)}`, { method: 'POST' }, 'filename');
      }
    });

    it('a tag over 256 code points before normalization', async () => {
      const composed = '\u1f82'.repeat(64);
      const sent = composed.normalize('NFD');
      assert.equal([...sent].length, 256);
      const grant = (tag: string) => json({ user_id: newUser(), content_type: 'image/png', tags: [tag] });
      const { image_id } = await api.ask<{ image_id: string }>('/images/upload', grant(sent));
      assert.deepEqual((await api.metadata(image_id)).tags, [composed]);
      await api.refused('invalid-request', '/images/upload', grant(`${sent} `), 'tags');
    });

    it('a request target with # or a segment . or .., percent-encoded or not', async () => {
      for (const target of [
        '/health#x',
        '/images/x#/render',
        '/images/../health',
        '/./health',
        '/images/%2E%2e/health',
      ]) {
        assert.equal(await statusOfTarget(api.base, target), 400, target);
      }
      assert.equal(await statusOfTarget(api.base, '/health?a=/../b'), 200);
    });

    it('a body of another type, malformed JSON, and JSON that is not an object', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', 'video/mp4']) {
        const init = { method: 'POST', headers: { 'Content-Type': type, 'X-User-Id': newUser() }, body: 'user_id=x' };
        await api.refused('unsupported-body', '/images/upload', init);
      }
      for (const body of ['', '{"user_id":', 'null null']) {
        await api.refused('malformed-body', '/images/upload', { ...json({}), body });
      }
      for (const body of ['[]', 'null', '7']) {
        await api.refused('invalid-request', '/images/upload', { ...json({}), body });
      }
    });

    it('a JSON object with a name twice, in any spelling and at any depth', async () => {
      const { image_id, revision } = await api.upload(newUser(), await picture());
      const other = newUser();
      const users = (first: string) => `"user_id":"${first}","user\\u005fid":"${other}"`;
      for (const [path, body, method] of [
        ['/uploads', '{"user_id":"ada","user_id":"carol","content_type":"image/png"}'],
        ['/images/upload', `{${users(other)},"content_type":"image/png"}`],
        ['/images/uploads', `{"uploads":[{${users('ada')},"content_type":"image/png"}]}`],
        ['/images/delete', `{${users('ada')},"image_ids":["${image_id}"]}`],
        ['/render-urls', `{${users('ada')},"renders":[{"image_id":"${image_id}","w":8}]}`],
        [`/images/${image_id}`, '{"description":"x","description":"x"}', 'PATCH'],
        [`/images/${image_id}`, '{"metadata":{"a":{"b":1,"b":1}}}', 'PATCH'],
      ] as const)
        await api.refused('malformed-body', path, { ...json({}, {}, method), body });
      assert.equal((await api.metadata(image_id)).revision, revision);
      await requireNothing(api, other);
      const once = json({ metadata: { a: { b: 'a:"b":', c: [{ b: 1 }, { b: 2 }] } } }, {}, 'PATCH');
      await api.ask(`/images/${image_id}`, once);
    });

    it('an image type that is not accepted', async () => {
      for (const type of ['image/svg+xml', 'image/bmp', 'image/x-icon']) {
        const user = newUser();
        for (const sending of Object.values(FORMS)) {
          await api.refused('unsupported-type', ...sending({ user, type, bytes: await picture() }));
        }
        await requireNothing(api, user);
      }
      const pdf = json({ user_id: newUser(), content_type: 'application/pdf' });
      await api.refused('unsupported-type', '/images/upload', pdf, 'content_type');
    });

    it('invalid base64, and metadata that is not a JSON object', async () => {
      const user = newUser();
      const file = Buffer.from(await picture()).toString('base64');
      const metadata = { content_type: 'image/png' };
      for (const bad of ['%%%', `${file.slice(0, -1)}*`, `data:image/png;base64,${file}!`, `${file} ${file}`]) {
        const init = json({ user_id: user, file: bad, metadata });
        await api.refused('invalid-request', '/images/upload', init, 'file');
      }
      for (const bad of ['x', '{"a":', '7', '[]', 'null']) {
        const init = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: await picture() };
        const path = `/images/upload?${search({ user_id: user, metadata: bad })}`;
        await api.refused('invalid-request', path, init, 'metadata');
      }
      for (const bad of [[1], 'x', 7]) {
        const grant = json({ user_id: user, content_type: 'image/png', metadata: bad });
        await api.refused('invalid-request', '/images/upload', grant, 'metadata');
      }
      await requireNothing(api, user);
    });
  });

  describe('Direct uploads', () => {
    const refusals: Record<string, readonly [Code, () => Promise<Omit<DirectUpload, 'user'>>]> = {
      'bytes with the signature of another type than declared': [
        'type-mismatch',
        async () => ({ type: 'image/jpeg', bytes: await picture({ type: 'image/png' }) }),
      ],
      'an empty body': ['empty-upload', async () => ({ bytes: bytesOf('') })],
      'a truncated image': [
        'unreadable-image',
        async () => ({
          type: 'image/jpeg',
          bytes: bytesOf(truncated(Buffer.from(await picture({ type: 'image/jpeg', width: 200, height: 200 })))),
        }),
      ],
      'an unreadable image': [
        'unreadable-image',
        async () => ({
          bytes: bytesOf(Buffer.concat([Buffer.from(await picture()).subarray(0, 60), Buffer.alloc(200)])),
        }),
      ],
      SVG: ['unsupported-type', async () => ({ bytes: SVG })],
      HTML: ['unsupported-type', async () => ({ bytes: HTML, type: 'image/jpeg' })],
      'HEIC that claims to be AVIF': [
        'type-mismatch',
        async () => ({ type: 'image/avif', bytes: await picture({ type: 'image/heic' }) }),
      ],
      'RIFF other than WebP': ['unsupported-type', async () => ({ bytes: WAVE, type: 'image/webp' })],
      'a JPEG without its last rows that ends with EOI': [
        'unreadable-image',
        async () => ({ type: 'image/jpeg', bytes: await endedJpeg() }),
      ],
      'a PNG with a wrong CRC': ['unreadable-image', async () => ({ bytes: wrongCrc() })],
      'an animated PNG': ['unreadable-image', async () => ({ bytes: animatedPng() })],
      'a GIF whose second frame ends early': [
        'unreadable-image',
        async () => ({ type: 'image/gif', bytes: shortGif() }),
      ],
      'a GIF with a frame outside its canvas': [
        'unreadable-image',
        async () => ({ type: 'image/gif', bytes: outsideGif() }),
      ],
      'a JPEG with 700 scans of 52 MP': [
        'too-many-pixels',
        async () => ({ type: 'image/jpeg', bytes: bytesOf(jpegOfScans(700, MOST_PIXELS)) }),
      ],
      'a PNG with text chunks that inflate to 24 MB': [
        'too-many-pixels',
        async () => ({
          bytes: bytesOf(
            pngByHand(
              SMALL,
              Array.from({ length: 3 }, () => bigText(8 * 1_048_576)),
            ),
          ),
        }),
      ],
      'an AVIF image sequence': ['unreadable-image', async () => ({ bytes: await sequence(), type: 'image/avif' })],
      'a WebP with 64 KB after its end': [
        'unreadable-image',
        async () => ({ bytes: await stowaway(), type: 'image/webp' }),
      ],
      'a decompression bomb': ['too-many-pixels', async () => ({ bytes: bytesOf(decompressionBomb()) })],
    };
    for (const [what, [code, build]] of Object.entries(refusals)) {
      it(`of ${what} are ${code} and leave no image`, async () => {
        const user = newUser();
        for (const sending of Object.values(DIRECT_FORMS)) {
          await api.refused(code, ...sending({ user, ...(await build()) }));
        }
        await requireNothing(api, user);
      });
    }

    for (const [what, [bytes, type, advice]] of Object.entries(OTHER_FORMATS)) {
      it(`recognize ${what} by its content in every form, and say in the detail what to do`, async () => {
        const user = newUser();
        for (const [form, sending] of Object.entries(DIRECT_FORMS)) {
          for (const declared of ['image/png', 'image/x-icon', 'application/octet-stream']) {
            const isNoForm = form === 'a raw body' && !declared.startsWith('image/');
            const code = isNoForm ? 'unsupported-body' : 'unsupported-type';
            const { detail } = await api.refused(code, ...sending({ user, bytes, type: declared }));
            assert.match(detail, advice, `${form}, ${declared}`);
          }
          const code = form === 'a raw body' && !type.startsWith('image/') ? 'unsupported-body' : 'unsupported-type';
          const { detail } = await api.refused(code, ...sending({ user, bytes, type }));
          assert.match(detail, new RegExp(advice.source.replace(/^.*: /, ': ')), `${form}, ${type}`);
        }
        await requireNothing(api, user);

        const grant = await api.grant({ user_id: user });
        await put(grant, bytes);
        const path = `/images/${grant.image_id}/complete`;
        assert.match((await api.refused('unsupported-type', path, { method: 'POST' })).detail, advice);
      });
    }

    it('accept 52,428,800 pixels, and refuse one more row with too-many-pixels', async () => {
      const user = newUser();
      const { width, height } = MOST_PIXELS;
      const image = await api.upload(user, await blackPng(width, height));
      assert.deepEqual([image.width, image.height], [width, height]);
      const past = DIRECT_FORMS['a raw body']({ user, bytes: bytesOf(decompressionBomb(width, height + 1)) });
      await api.refused('too-many-pixels', ...past);
    });

    it('accept a JPEG of 201,326,592 pixels, and refuse one more row, or several scans, with too-many-pixels', async () => {
      const user = newUser();
      const gray = (height: number) => flatJpeg({ ...MOST_JPEG_PIXELS, height, sampling: [[1, 1]] });
      const { width, height } = MOST_JPEG_PIXELS;
      const image = await api.upload(user, bytesOf(gray(height)));
      assert.deepEqual([image.width, image.height], [width, height]);
      const sampling = [0, 1, 2].map(() => [1, 1] as const);
      const apart = flatJpeg({ width: 9_200, height: 9_200, sampling, isApart: true });
      for (const bytes of [gray(height + 1), apart])
        await api.refused(
          'too-many-pixels',
          ...DIRECT_FORMS['a raw body']({ user, bytes: bytesOf(bytes), type: 'image/jpeg' }),
        );
    });

    it('accept a side of 16,384 pixels, and refuse 16,385 with too-many-pixels', async () => {
      const user = newUser();
      assert.equal((await api.upload(user, await blackPng(LONGEST_SIDE, 1))).width, LONGEST_SIDE);
      const past = DIRECT_FORMS['a raw body']({ user, bytes: await blackPng(LONGEST_SIDE + 1, 1) });
      await api.refused('too-many-pixels', ...past);
    });
  });
};

/** Fields at a limit, and one past it; lengths of texts are in code points. */
export const FIELD_LIMITS: Record<
  string,
  { field: string; at: (character: string) => object; past: (character: string) => object }
> = {
  'a filename over 255 code points': {
    field: 'filename',
    at: (character) => ({ filename: character.repeat(255) }),
    past: (character) => ({ filename: character.repeat(256) }),
  },
  'a list of over 20 tags': {
    field: 'tags',
    at: () => ({ tags: Array.from({ length: 20 }, (_, index) => `tag${index}`) }),
    past: () => ({ tags: Array.from({ length: 21 }, (_, index) => `tag${index}`) }),
  },
  'a tag over 64 code points': {
    field: 'tags',
    at: (character) => ({ tags: ['short', character.repeat(64)] }),
    past: (character) => ({ tags: ['short', character.repeat(65)] }),
  },
  'a description over 2,000 code points': {
    field: 'description',
    at: (character) => ({ description: character.repeat(2_000) }),
    past: (character) => ({ description: character.repeat(2_001) }),
  },
  'metadata over 4 KB': {
    field: 'metadata',
    at: () => ({ metadata: { a: 'x'.repeat(4_096 - 8) } }),
    past: () => ({ metadata: { a: 'x'.repeat(4_097 - 8) } }),
  },
};

export const describeFieldLimits = (api: Api): void => {
  describe('Field limits', () => {
    for (const [form, sending] of Object.entries(FORMS)) {
      // A header or URL has room for the longest text only at one byte a character.
      const character = form.includes('JSON') ? '🌅' : 'x';
      for (const [limit, { field, at, past }] of Object.entries(FIELD_LIMITS)) {
        it(`${form}: a field at its limit is accepted, and ${limit} is refused`, async () => {
          const user = newUser();
          const bytes = await picture();
          const taken = await api.ask<Image>(...sending({ user, bytes, ...at(character) }));
          const { [field as keyof Image]: kept } = await api.metadata(taken.image_id);
          assert.deepEqual(kept, Object.values(at(character))[0]);
          await api.refused('invalid-request', ...sending({ user, bytes, ...past(character) }), field);
        });
      }

      it(`${form}: a user_id of 128 characters is accepted, and a longer one is refused`, async () => {
        // fetch allows only Latin-1 in headers.
        const longest = newUser().padEnd(128, 'x');
        const bytes = await picture();
        const { image_id } = await api.ask<Image>(...sending({ user: longest, bytes }));
        assert.equal((await api.metadata(image_id)).user_id, longest);
        await api.refused('invalid-request', ...sending({ user: `${longest}x`, bytes }));
      });
    }
  });
};
