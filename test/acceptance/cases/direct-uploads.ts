import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Image } from '../answers.ts';
import { type Api, bodyOf, json, newUser, search } from '../api.ts';
import { DIRECT_FORMS, type DirectUpload, FORMS } from '../forms.ts';
import { picture, pictureOfSize, TYPES } from '../pictures.ts';

const createdAt = (id: string): string =>
  new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString();

/** Every field of a ready image's JSON. */
function requireReady(image: Image, upload: DirectUpload): void {
  const { user, type = 'image/png', filename, tags = [], description = null, metadata = {}, bytes } = upload;
  assert.match(image.image_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const told = { user_id: user, content_type: type, tags, description, metadata };
  const seen = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), status: 'ready' };
  for (const [name, value] of Object.entries({ ...told, ...seen, ...(filename && { filename }) })) {
    assert.deepEqual(image[name as keyof Image], value, name);
  }
  assert.equal(image.created_at, createdAt(image.image_id));
  for (const time of [image.upload_time, image.updated_at]) {
    assert.ok(time !== null && new Date(time).toISOString() === time && time >= image.created_at, `${time}`);
  }
  assert.match(image.s3_url ?? '', /^s3:\/\/[^/]+\/./);
  assert.ok(image.s3_key !== null && image.s3_url?.endsWith(`/${image.s3_key}`), `${image.s3_url}`);
  const placeholder = Buffer.from(image.placeholder ?? '', 'base64');
  assert.ok(placeholder.length > 4 && placeholder.length < 40, 'expected a ThumbHash as the placeholder');
}

export const describeDirectUploads = (api: Api): void => {
  describe('Direct uploads', () => {
    for (const [form, sending] of Object.entries(DIRECT_FORMS)) {
      it(`${form}: the response is the verified image, and its bytes are served`, async () => {
        const upload = {
          user: newUser(),
          bytes: await picture({ width: 40, height: 30 }),
          filename: 'sünset at "sea".png',
          tags: ['sea', 'sun'],
          description: 'What it shows',
          metadata: { camera: 'x', settings: { iso: 100, flash: null } },
        };
        const image = await api.ask<Image>(...sending(upload));
        requireReady(image, upload);
        assert.deepEqual([image.width, image.height], [40, 30]);
        assert.deepEqual(await bodyOf(await api.send(`/images/${image.image_id}`)), upload.bytes);
        assert.deepEqual(await api.metadata(image.image_id), image);
      });

      it(`${form}: max_direct_upload_bytes are accepted, and one byte more is refused`, async () => {
        const { max_direct_upload_bytes } = api.limits;
        const user = newUser();
        const image = await api.ask<Image>(...sending({ user, bytes: await pictureOfSize(max_direct_upload_bytes) }));
        assert.equal(image.size, max_direct_upload_bytes);
        const past = sending({ user, bytes: await pictureOfSize(max_direct_upload_bytes + 1) });
        await api.refused('upload-too-large', ...past);
        await api.listOf({ user_id: user }, [image.image_id]);
      });
    }

    for (const [form, sending] of Object.entries(FORMS)) {
      const skip = (!api.isOpen || form.startsWith('POST')) && 'they are refused';
      it(`${form}: unknown query parameters are ignored`, { skip }, async () => {
        const [path, init] = sending({ user: newUser(), bytes: await picture() });
        const unknown = `${path.includes('?') ? '&' : '?'}user=x&Tags=y&_=1`;
        const { status } = await api.ask<{ status: string }>(`${path}${unknown}`, init);
        assert.ok(['pending', 'ready'].includes(status), status);
      });
    }

    for (const type of TYPES) {
      it(`${type} is accepted, and served with its type`, async () => {
        const upload = { user: newUser(), bytes: await picture({ type }), type };
        const image = await api.ask<Image>(...DIRECT_FORMS['a raw body'](upload));
        requireReady(image, upload);
        const served = await api.send(`/images/${image.image_id}`);
        assert.equal(served.headers.get('content-type'), type);
        assert.deepEqual(await bodyOf(served), upload.bytes);
      });
    }

    it('image/jpg counts as JPEG', async () => {
      const bytes = await picture({ type: 'image/jpeg' });
      for (const sending of Object.values(DIRECT_FORMS)) {
        const image = await api.ask<Image>(...sending({ user: newUser(), bytes, type: 'image/jpg' }));
        assert.equal(image.content_type, 'image/jpeg');
      }
    });

    it('an upload without a filename is named "image" with the extension of its type', async () => {
      const [path, init] = DIRECT_FORMS['a raw body']({ user: newUser(), bytes: await picture() });
      assert.equal((await api.ask<Image>(path, init)).filename, 'image.png');
      const jpeg = { user: newUser(), bytes: await picture({ type: 'image/jpeg' }), type: 'image/jpeg' };
      assert.equal((await api.ask<Image>(...DIRECT_FORMS['base64 in JSON'](jpeg))).filename, 'image.jpg');
    });

    it('width and height are those after EXIF orientation', async () => {
      const bytes = await picture({ type: 'image/jpeg', width: 40, height: 30, orientation: 6 });
      const image = await api.ask<Image>(...DIRECT_FORMS['a raw body']({ user: newUser(), bytes, type: 'image/jpeg' }));
      assert.deepEqual([image.width, image.height], [30, 40]);
    });

    it('tags are normalized to NFC, trimmed, deduplicated and case-sensitive', async () => {
      const user = newUser();
      const tags = ['cafe\u0301', ' sea ', 'sea', 'Sea', 'caf\u00e9'];
      const expected = ['caf\u00e9', 'sea', 'Sea'];
      const bytes = await picture();
      for (const sending of Object.values(DIRECT_FORMS)) {
        assert.deepEqual((await api.ask<Image>(...sending({ user, bytes, tags }))).tags, expected);
      }
      const repeated = `/images/upload?${search({ user_id: user, content_type: 'image/png', tags })}`;
      const { image_id } = await api.ask<Image>(repeated, { method: 'POST' });
      assert.deepEqual((await api.metadata(image_id)).tags, expected);
    });

    it('multipart/form-data: other fields may be in the query, and the field content_type overrides the type of the part', async () => {
      const user = newUser();
      const form = new FormData();
      form.set('content_type', 'image/png');
      form.set('file', new File([await picture()], 'of-the-part.png', { type: 'application/octet-stream' }));
      const query = search({ user_id: user, tags: 'a,b', description: 'd', metadata: '{"a":1}' });
      const image = await api.ask<Image>(`/images/upload?${query}`, { method: 'POST', body: form });
      const { filename, content_type, tags, description, metadata } = image;
      assert.deepEqual([filename, content_type], ['of-the-part.png', 'image/png']);
      assert.deepEqual([tags, description, metadata], [['a', 'b'], 'd', { a: 1 }]);
    });

    it('a body over the limit without Content-Length is 400 upload-too-large', async () => {
      const bytes = await pictureOfSize(api.limits.max_direct_upload_bytes + 1);
      const init: RequestInit = {
        method: 'POST',
        headers: { 'Content-Type': 'image/png', 'X-User-Id': newUser() },
        body: new Blob([bytes]).stream(),
        duplex: 'half',
      };
      await api.refused('upload-too-large', '/images/upload', init);
    });

    it('the user may be in X-User-Id, user-id, or user_id of the query or the JSON body', async () => {
      const bytes = await picture();
      const user = newUser();
      const file = Buffer.from(bytes).toString('base64');
      const metadata = { content_type: 'image/png' };
      const form = new FormData();
      form.set('file', new File([bytes], 'a.png', { type: 'image/png' }));
      const raw = (headers: Record<string, string>): RequestInit => ({
        method: 'POST',
        headers: { 'Content-Type': 'image/png', ...headers },
        body: bytes,
      });
      for (const [path, init] of [
        ['/images/upload', raw({ 'X-User-Id': user })],
        ['/images/upload', raw({ 'user-id': user })],
        [`/images/upload?user_id=${user}`, raw({})],
        ['/images/upload', json({ file, metadata }, { 'X-User-Id': user })],
        ['/images/upload', json({ file, metadata, user_id: user })],
        [`/images/upload?user_id=${user}`, { method: 'POST', body: form }],
      ] as const) {
        assert.equal((await api.ask<Image>(path, init)).user_id, user);
      }
    });
  });
};
