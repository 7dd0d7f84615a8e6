import type { LiveImage } from '../../domain/image/image.ts';
import { jsonTextAnswer } from '../answers/answer.ts';
import type { RouteContext } from '../route.ts';
import { imageTag, imageText } from './image-json.ts';
import type { ImageViews } from './image-view.ts';

/** The image in JSON, with its ETag. */
export function imageAnswer(c: RouteContext, services: ImageViews, image: LiveImage): Response {
  const { text, entityTag } = representation(c, services, image);
  return jsonTextAnswer(c, text, { etag: entityTag });
}

export function representation(c: RouteContext, services: ImageViews, image: LiveImage) {
  const text = imageText(image, services.viewFor(c));
  return { text, entityTag: imageTag(image, text) };
}
