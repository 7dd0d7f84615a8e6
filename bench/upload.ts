import { IMAGE_BYTES, largeImage, requireLargeImages, sendLargeImage } from './large-image.ts';
import { judge, type Measurement, megabytes } from './measurement.ts';
import { growthWhile, ownNode } from './memory.ts';
import { startService } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 3;
const UPLOADS = 20;

/** Growth of the API process while 20 concurrent images of 50 MB arrive and are verified. */
export async function upload(): Promise<readonly Measurement[]> {
  const image = await largeImage();
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await uploadAll(image));
  return [
    judge(
      `upload, ${UPLOADS} of 50 MB at once: growth of the API process`,
      rounds.map(({ growth }) => growth),
      {
        unit: megabytes,
        goal: { atMost: 100 * 1_048_576 },
      },
    ),
    judge(
      'upload, received and verified a second',
      rounds.map(({ bytesPerSecond }) => bytesPerSecond),
      { unit: megabytes },
    ),
  ];
}

interface Round {
  readonly growth: number;
  readonly bytesPerSecond: number;
}

async function uploadAll(image: Buffer): Promise<Round> {
  await using folder = await temporaryFolder();
  await using service = await startService({ folder: folder.path, command: ownNode(folder.path) });
  const { growth, seconds } = await growthWhile(service.id, async () => {
    await Promise.all(Array.from({ length: UPLOADS }, () => sendLargeImage(service.origin, image)));
  });
  await requireLargeImages(service.origin, UPLOADS);
  return { growth, bytesPerSecond: (UPLOADS * IMAGE_BYTES) / seconds };
}
