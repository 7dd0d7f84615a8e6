import { isFormerId } from '../../domain/former-id.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';

/** The image's own id in place of its id in an earlier service. Other texts aren't looked up. */
export async function ownId({ images }: Pick<Services, 'images'>, text: string): Promise<string> {
  const id = parseImageId(text);
  const image = id && isFormerId(id) ? await images.get(id) : undefined;
  return image?.id ?? text.toLowerCase();
}
