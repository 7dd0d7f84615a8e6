import { randomBytes } from 'node:crypto';
import type { Principal } from './principal.ts';
import type { UploadToken } from './upload-token.ts';

export const EXPIRES = new Date('2026-11-22T13:00:00Z');

/** Ada's token, which fixes nothing and permits any number of uploads. */
export const sampleToken = (fields: Partial<UploadToken> = {}): UploadToken => ({
  id: randomBytes(16).toString('base64url'),
  userId: 'ada',
  mintedBy: { kind: 'jwt', actor: 'issuer|ada' },
  expiresAt: EXPIRES,
  maxBytes: null,
  contentTypes: null,
  maxImages: null,
  fixed: {},
  ...fields,
});

export const uploaderWith = (terms: Partial<UploadToken> = {}): Principal => ({
  kind: 'uploader',
  token: sampleToken(terms),
});
