/**
 * Identifies a credential: the id of an API key, or a fingerprint of a token's issuer and subject. Records name their
 * uploader by it.
 */
export type ActorId = string;
