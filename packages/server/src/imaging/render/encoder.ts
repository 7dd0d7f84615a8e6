/** Names what encodes: the library, and how often our own pipeline changed what it makes of a recipe. */
export const ENCODER = 'sharp-0.35.5/3';
