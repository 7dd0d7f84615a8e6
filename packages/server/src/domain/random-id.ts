const ID_BYTES = 16;

/** 22 characters of base64url: 128 random bits, which nobody guesses. */
export const randomId = (randomBytes: (size: number) => Uint8Array): string =>
  Buffer.from(randomBytes(ID_BYTES)).toString('base64url');
