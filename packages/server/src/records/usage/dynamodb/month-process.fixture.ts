import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Image, restore, tombstone, trash } from '../../../domain/image/image.ts';
import type { ImageRepository } from '../../images/image-repository.ts';
import { taken } from '../../images/months.fixture.ts';
import { NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { createMonthProcess } from './months.fixture.ts';
import type { RecountedTable } from './recount-process.fixture.ts';

/** A process in which 50 images at once are uploaded and changed, until a test kills it. Its argument is the table. */
const AT_ONCE = 50;
const CHANGES = 6;

const { name, ...options } = JSON.parse(process.argv[2] ?? '') as RecountedTable;
const { images } = createMonthProcess({ client: new DynamoDBClient(options), name });

const random = (below: number): number => Math.floor(Math.random() * below);

/** Another month, the trash or its end, a deletion. */
function changed(image: Image): Image {
  if (image.status === 'trashed') return random(2) === 0 ? restore(image, NOW, []) : tombstone(image, NOW);
  if (image.status !== 'ready') return image;
  const kind = random(10);
  if (kind === 0) return tombstone(image, NOW);
  return kind < 4 ? trash(image, NOW, NOW) : taken(image, `20${10 + random(5)}-0${1 + random(3)}-01T00:00:00.000`);
}

async function live(repository: ImageRepository): Promise<never> {
  for (;;) {
    const pending = samplePending();
    await repository.create(pending);
    let image: Image = samplePublished(pending);
    await repository.replace(pending, image);
    for (let change = random(CHANGES); change > 0; change -= 1) {
      const next = changed(image);
      if (next === image) break;
      await repository.replace(image, next);
      image = next;
    }
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, () => live(images)));
