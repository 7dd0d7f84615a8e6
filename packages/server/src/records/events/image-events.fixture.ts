import type { ImageEvent } from '../../domain/event/image-event.ts';
import { parseImageId } from '../../domain/image/image-id.ts';

const START_MS = Date.UTC(2026, 10, 26);

/** Makes events of new images, a second apart. */
export function createImageEvents(): () => ImageEvent {
  let count = 0;
  return () => {
    count += 1;
    const imageId = parseImageId(`01939b00-0000-7000-8000-${String(count).padStart(12, '0')}`);
    if (!imageId) throw new Error('expected an image id');
    return {
      type: 'image.ready',
      imageId,
      userId: 'ada',
      revision: 2,
      status: 'ready',
      code: null,
      changed: [],
      at: new Date(START_MS + count * 1_000),
    };
  };
}
