import { createUpload, deleteImage, describeImage, listImages, readOriginal } from './generated/api';
import type { Given, Journey } from './journey';

/** The generated code contains the origin. */
export async function journey({ photograph, send }: Given): Promise<Journey> {
  const user_id = 'orval';
  const metadata = { camera: 'x' };

  const { data: grant } = await createUpload({ user_id, content_type: 'image/jpeg', metadata });
  if (!('upload_url' in grant) || !grant.upload_url) throw new Error(`expected a grant; got ${JSON.stringify(grant)}`);
  const { method, headers } = grant;
  const { status: sent } = await send(grant.upload_url, { method, headers, body: photograph });
  const id = grant.image_id;

  const list = await listImages({ user_id, limit: 10 });
  const image = await describeImage(id);
  const original = await readOriginal(id);
  const deletion = await deleteImage(id, { user_id });
  const afterwards = await describeImage(id);
  if (list.status !== 200 || image.status !== 200 || deletion.status !== 200 || afterwards.status !== 404) {
    throw new Error('expected an answer of each request; got another');
  }
  if (!(original.data instanceof Blob)) throw new Error(`expected bytes; got ${JSON.stringify(original)}`);
  return {
    imageId: id,
    sent,
    listed: list.data.images.map(({ image_id }) => image_id),
    metadata: image.data.metadata,
    width: image.data.width,
    bytes: new Uint8Array(await original.data.arrayBuffer()),
    deletion: deletion.data.status,
    afterwards: afterwards.data.code,
  };
}
