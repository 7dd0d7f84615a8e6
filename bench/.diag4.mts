import { testImage } from '../packages/server/test/test-images.ts';
import { shareOut } from './clients.ts';
import { startService } from './program.ts';
import { createPictureClient, signedRenders, uploadPicture } from './render-client.ts';
import { temporaryFolder } from './temporary-folder.ts';

await using sf = await temporaryFolder();
await using service = await startService({
  folder: sf.path,
  environment: { LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY_MS: '20000', NODE_OPTIONS: process.env['PROF'] ?? '' },
});
const bytes = await testImage({ type: 'image/jpeg', width: 300, height: 200 });
const ids: string[] = [];
await shareOut(Array(100).keys(), 2, async () => {
  ids.push(await uploadPicture(service.origin, bytes, 'image/jpeg'));
});
const paths = await signedRenders(
  service.origin,
  Array.from({ length: 2000 }, (_, i) => ({ image_id: ids[i % 100]!, w: 50 + Math.floor(i / 100), format: 'jpeg' })),
);
using client = createPictureClient(service.origin);
const t = performance.now();
await shareOut(paths, 2, async (p) => {
  const a = await client.get(p);
  if (a.status !== 200) throw new Error(String(a.bytes));
});
console.log('ms each', (performance.now() - t) / 2000);
