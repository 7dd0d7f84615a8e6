import * as z from 'zod';
import { decodedTypes, IMAGE_FORMATS } from '../../domain/image/media-type.ts';
import type { Services } from '../../services.ts';

/**
 * The formats that the service accepts, for choosers of files and for programs that look at files before they send
 * them.
 */
export const imageTypes = z
  .array(
    z.object({
      content_type: z.string(),
      extensions: z.array(z.string()).meta({ description: 'Of file names, without the dot; the usual one first.' }),
      max_pixels: z.int().meta({ description: 'Width times height, of each frame.' }),
    }),
  )
  .meta({ description: 'The formats that uploads may have.' });

export const imageTypesJson = ({ maxPixels }: Pick<Services['settings'], 'maxPixels'>): z.input<typeof imageTypes> =>
  decodedTypes(maxPixels).map((type) => ({
    content_type: type,
    extensions: [...IMAGE_FORMATS[type].extensions],
    max_pixels: maxPixels[type],
  }));
