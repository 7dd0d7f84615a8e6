/** Limit of the service, in code points. */
const MAX_LENGTH = 255;

/**
 * The name of a file as the service accepts it: without control characters, those of text direction included, and cut
 * before its extension. Undefined if nothing is left.
 */
export function acceptableName(name: string): string | undefined {
  const points = Array.from(name.toWellFormed()).filter((point) => !/\p{Cc}|\p{Bidi_Control}/u.test(point));
  if (points.length <= MAX_LENGTH) return points.join('') || undefined;
  const [extension = ''] = /\.\w{1,16}$/.exec(points.join('')) ?? [];
  return points.slice(0, MAX_LENGTH - extension.length).join('') + extension;
}
