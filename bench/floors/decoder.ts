/**
 * A floor's process: decodes the file of each message once, as strictly as the service does, to a preview. Returns its
 * size.
 */
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../packages/server/src/imaging/limits.ts';
import { openPicture } from '../../packages/server/src/imaging/open-picture.ts';

sharp.concurrency(1);
sharp.cache(false);

process.on('message', async (path: string) => {
  const image = openPicture(path, { limits: DEFAULT_LIMITS }).autoOrient();
  const preview = image.resize({ width: 100, height: 100, fit: 'inside' }).toColorspace('srgb').ensureAlpha();
  const { info } = await preview.raw().toBuffer({ resolveWithObject: true });
  process.send?.({ width: info.width, height: info.height });
});
