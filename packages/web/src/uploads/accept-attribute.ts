import { acceptedTypes, type Service } from '@safelight/client';

/** Browsers know the file names of these types. */
const KNOWN: readonly string[] = acceptedTypes(undefined);

/**
 * Types instead of `image/*`: iPhones then convert HEIC to JPEG, unless the service accepts it. On a desktop the dialog
 * may know no file names for HEIC, so they follow. On a phone they would be harm: Android offers no photo picker beside
 * a name that it doesn't know.
 */
export function acceptAttribute(types: Service['image_types'], { isPhone }: { readonly isPhone: boolean }): string {
  const accepted = acceptedTypes(types);
  const names = (types ?? [])
    .filter(({ content_type }) => accepted.includes(content_type) && !KNOWN.includes(content_type))
    .flatMap(({ extensions }) => extensions.map((extension) => `.${extension}`));
  return [...accepted, ...(isPhone ? [] : names)].join();
}
