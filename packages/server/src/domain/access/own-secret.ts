/** As SECRET_KEY has at least: 256 bits. */
export const MIN_SECRET_BYTES = 32;
/** Larger than any number of keys needs. */
export const MAX_SECRET_BYTES = 65_536;

/** Whether a service may take the text for its secret. */
export const isSecret = (text: string): boolean => {
  const bytes = Buffer.byteLength(text);
  return bytes >= MIN_SECRET_BYTES && bytes <= MAX_SECRET_BYTES;
};
