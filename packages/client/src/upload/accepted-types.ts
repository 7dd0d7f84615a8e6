import { SafelightError } from '../errors.ts';
import { isTemporary } from '../http/retry.ts';
import { recognizedType } from './recognized-type.ts';

/** Every version of the service accepts these: the types of one that names none. */
export const ALWAYS_ACCEPTED: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'];

/** As many as the service names in a problem. */
const MOST = 10;

/** Whether it has the form of an image's type, and can be shown. */
export const isImageType = (given: unknown): given is string =>
  typeof given === 'string' && /^image\/[a-z\d.+-]{1,20}$/.test(given);

/** The types in `image_types` of `GET /`, or of the gallery's `/app.json`, in whatever form it came. */
export function acceptedTypes(told: unknown): readonly string[] {
  const types = [told].flat().map((one) => Object(one).content_type);
  const sound = types.filter(isImageType).slice(0, MOST);
  return sound[0] ? sound : ALWAYS_ACCEPTED;
}

export interface AcceptedTypes {
  /**
   * The type by the first bytes: names and browsers are often wrong. Asks the service about an image of a type that it
   * may have begun to accept. Errors: `unsupported-type`, `empty-upload`, `aborted`, and the temporary ones of that
   * request.
   */
  typeOf(file: Blob, signal?: AbortSignal): Promise<string>;
  learn(told: unknown): void;
}

/** `given`: the `image_types`, if they are known. `ask` ends with `learn`. */
export function createAcceptedTypes(
  given: unknown,
  ask: (request: { readonly signal: AbortSignal | undefined }) => Promise<unknown>,
): AcceptedTypes {
  let types = given ? acceptedTypes(given) : undefined;
  return {
    learn(told) {
      types = acceptedTypes(told);
    },
    async typeOf(file, signal) {
      const found = await recognizedType(file);
      if (!types && isImageType(found) && !ALWAYS_ACCEPTED.includes(found))
        await ask({ signal }).catch((error: unknown) => {
          // Otherwise another program answers there: a proxy may pass on nothing but uploads.
          if (signal?.aborted || isTemporary(error)) throw error;
        });
      const formats = types ?? ALWAYS_ACCEPTED;
      if (found && formats.includes(found)) return found;
      throw new SafelightError(
        'unsupported-type',
        `expected one of ${formats.join(', ')}; got ${found ?? 'another file'}`,
        { params: { formats: [...formats], ...(found && { got: found }) } },
      );
    },
  };
}
