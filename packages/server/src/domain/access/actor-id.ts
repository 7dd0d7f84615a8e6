/** Whose credential it is: the id of an API key, or a fingerprint of a token's issuer and subject. Stored with what it uploads. */
export type ActorId = string;
