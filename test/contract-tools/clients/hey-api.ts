import { createUpload, deleteImage, describeImage, listImages, readOriginal, uploadImage } from './generated';
import { client } from './generated/client.gen';
import type { Given, Journey } from './journey';

export async function journey({ origin, photograph, send }: Given): Promise<Journey> {
  client.setConfig({ baseUrl: origin, throwOnError: true });
  const user_id = 'hey-api';
  const metadata = { camera: 'x' };
  const tags = ['sunset', 'beach'];

  const { data: grant } = await createUpload({ body: { user_id, content_type: 'image/jpeg', metadata } });
  if (!grant?.upload_url) throw new Error(`expected a grant; got ${JSON.stringify(grant)}`);
  const { method, headers } = grant;
  const { status: sent } = await send(grant.upload_url, { method, headers, body: photograph });
  const path = { id: grant.image_id };

  const file = new File([photograph], 'direct.jpg', { type: 'image/jpeg' });
  const { data: direct } = await uploadImage({ body: { user_id, tags, file } });

  const { data: list } = await listImages({ query: { user_id, limit: 10 } });
  const { data: image } = await describeImage({ path });
  const { data: bytes } = await readOriginal({ path });
  const { data: deletion } = await deleteImage({ path, query: { user_id } });
  const { error } = await describeImage({ path, throwOnError: false });
  if (!direct || !list || !image || !(bytes instanceof Blob) || !deletion || !error) {
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
    bytes: new Uint8Array(await bytes.arrayBuffer()),
    deletion: deletion.status,
    afterwards: error.code,
  };
}
