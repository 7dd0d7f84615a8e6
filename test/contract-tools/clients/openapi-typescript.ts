import createClient from 'openapi-fetch';
import type { paths } from './generated/api';
import type { Given, Journey } from './journey';

export async function journey({ origin, photograph, send }: Given): Promise<Journey> {
  const client = createClient<paths>({ baseUrl: origin });
  const user_id = 'openapi-typescript';
  const metadata = { camera: 'x' };
  const tags = ['sunset', 'beach'];

  const { data: grant } = await client.POST('/uploads', { body: { user_id, content_type: 'image/jpeg', metadata } });
  if (!grant?.upload_url) throw new Error(`expected a grant; got ${JSON.stringify(grant)}`);
  const { method, headers } = grant;
  const { status: sent } = await send(grant.upload_url, { method, headers, body: photograph });
  const path = { id: grant.image_id };

  const { data: direct } = await client.POST('/images', {
    body: { user_id, tags, file: '' }, // its types have text for a file
    bodySerializer(fields) {
      const form = new FormData();
      form.set('user_id', fields.user_id ?? '');
      for (const tag of fields.tags ?? []) form.append('tags', tag);
      form.set('file', new Blob([photograph], { type: 'image/jpeg' }), 'direct.jpg');
      return form;
    },
  });

  const { data: list } = await client.GET('/images', { params: { query: { user_id, limit: 10 } } });
  const { data: image } = await client.GET('/images/{id}/metadata', { params: { path } });
  const { data: bytes } = await client.GET('/images/{id}/original', { params: { path }, parseAs: 'arrayBuffer' });
  const { data: deletion } = await client.DELETE('/images/{id}', { params: { path, query: { user_id } } });
  const { error } = await client.GET('/images/{id}/metadata', { params: { path } });
  if (!direct || !list || !image || !bytes || !deletion || !error) {
    throw new Error('expected an answer of each request; got none');
  }
  return {
    imageId: path.id,
    sent,
    directId: direct.image_id,
    directTags: direct.tags,
    listed: list.images.map(({ image_id }) => image_id),
    filenames: list.images.map(({ filename }) => filename),
    metadata: image.metadata,
    width: image.width,
    bytes: new Uint8Array(bytes),
    deletion: deletion.status,
    afterwards: error.code,
  };
}
