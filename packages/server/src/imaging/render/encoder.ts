/** Names the encoder: the library's version, and that of our pipeline, which changes with its output. */
export const ENCODER = 'sharp-0.35.5/3';
