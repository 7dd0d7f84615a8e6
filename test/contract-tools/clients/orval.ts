import { createUpload, deleteImage, describeImage, listImages, readOriginal, uploadImage } from './generated/api';
import type { Given, Journey } from './journey';

/** The generated code contains the origin. */
export async function journey({ photograph, send }: Given): Promise<Journey> {
  const user_id = 'orval';
  const metadata = { camera: 'x' };
  const tags = ['sunset', 'beach'];

  const grant = await createUpload({ user_id, content_type: 'image/jpeg', metadata });
  if (grant.status !== 201 || !grant.data.upload_url) throw new Error(`expected a grant; got ${JSON.stringify(grant)}`);
  const { method, headers } = grant.data;
  const { status: sent } = await send(grant.data.upload_url, { method, headers, body: photograph });
  const id = grant.data.image_id;

  const file = new File([photograph], 'direct.jpg', { type: 'image/jpeg' });
  const direct = await uploadImage({ user_id, tags, file });

  const list = await listImages({ user_id, limit: 10 });
  const image = await describeImage(id);
  const original = await readOriginal(id);
  const deletion = await deleteImage(id, { user_id });
  const afterwards = await describeImage(id);
  if (direct.status !== 201) throw new Error(`expected an image; got ${JSON.stringify(direct)}`);
  if (list.status !== 200 || image.status !== 200 || deletion.status !== 200 || afterwards.status !== 404) {
    throw new Error('expected an answer of each request; got another');
  }
  if (original.status !== 200) throw new Error(`expected bytes; got ${JSON.stringify(original)}`);
  return {
    imageId: id,
    sent,
    directId: direct.data.image_id,
    directTags: direct.data.tags,
    listed: list.data.images.map(({ image_id }) => image_id),
    filenames: list.data.images.map(({ filename }) => filename),
    metadata: image.data.metadata,
    width: image.data.width,
    bytes: new Uint8Array(await original.data.arrayBuffer()),
    deletion: deletion.data.status,
    afterwards: afterwards.data.code,
  };
}
