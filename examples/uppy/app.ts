/** Uppy sends the files, with its AwsS3 plugin. Safelight grants the URLs, then verifies the bytes. */
import { type components, createClient, explain } from '@safelight/client';
import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';

const client = createClient({ userId: 'me', baseUrl: import.meta.env['VITE_SAFELIGHT_URL'] });
const uppy = new Uppy<{ imageId?: string }, Record<string, never>>({ restrictions: { allowedFileTypes: ['image/*'] } });

uppy.use(Dashboard, {
  target: '#uppy',
  inline: true,
  width: '100%',
  theme: 'auto',
  proudlyDisplayPoweredByUppy: false,
});

uppy.use(AwsS3, {
  shouldUseMultipart: false,
  // The service chooses keys of its own: Uppy's only says which file a URL is for.
  generateObjectKey: ({ id }) => id,
  async signRequest({ key: id }) {
    const { type, size, name: filename } = uppy.getFile(id);
    const body = { content_type: type, size, filename, tags: ['uppy'] };
    const grant = (await client
      .request('/uploads', { method: 'POST', body, isOnce: true })
      .catch(inWords)) as components['schemas']['Upload'];
    uppy.setFileMeta(id, { imageId: grant.image_id });
    const { 'Content-Length': _, ...headers } = grant.headers as Record<string, string>; // which browsers set
    return { url: grant.upload_url ?? '', headers };
  },
});

/** The last step of each file: the service says whether its bytes are a sound image, and why not. */
async function verify(id: string): Promise<void> {
  const { name, meta } = uppy.getFile(id);
  if (meta.imageId === undefined) return;
  await client.request(`/images/${meta.imageId}/complete`, { method: 'POST' }).catch((error: unknown) => {
    uppy.setFileState(id, { error: explain(error) });
    uppy.info(`${name}: ${explain(error)}`, 'error', 10_000);
  });
}
uppy.addPostProcessor(async (ids) => {
  await Promise.all(ids.filter((id) => !uppy.getFile(id).error).map(verify));
});
uppy.on('upload-error', (file) => file && verify(file.id)); // some stores refuse bad bytes at once

/** Uppy shows the message of an error. */
function inWords(error: unknown): never {
  throw new Error(explain(error), { cause: error });
}
