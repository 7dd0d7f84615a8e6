/**
 * An API key, whole or not, as `domain/access/api-key-text.ts` writes it; a client may send one where it doesn't
 * belong.
 */
const API_KEY = /safelight_([0-9a-z]{16})_[0-9a-z]+/gi;

/** A token of uploads or views, or a guest's pass, whole or not, as `domain/access/sealed-claims.ts` writes it. */
const SEALED_TOKEN = /(sl[uvg]_)[\w.-]{20,}/gi;

/** A JWT or a JWE may be in these characters (RFC 7519). Its header is base64url of `{"`, or of `{` and white space. */
const MAYBE_JWT = /[\w.-]{20,}/g;
const HEADER = /(?<![a-z0-9])(?:eyJ|eyA|ewk|ewo|ew0)/i;
/** `{"alg":""}` in base64url. */
const SHORTEST_HEADER = 15;

/** Between these a text is decoded; no credential contains one. */
const BETWEEN_WORDS = /([\s"'<>/?&=,;]+)/;

/** Percent-encoded ASCII, however often its percent sign was encoded. */
const ENCODED = /%(?:25)*([2-7][0-9a-f])/gi;
/** A client that encodes what is encoded encodes twice, rarely thrice. */
const MAX_ENCODINGS = 4;

/**
 * The one place that recognizes credentials, also percent-encoded ones. Leaves the id of an API key, by which an
 * operator revokes it.
 */
export const withoutCredentials = (text: string): string =>
  text.includes('%') ? text.split(BETWEEN_WORDS).map(withoutEncoded).join('') : withoutPlain(text);

function withoutEncoded(word: string): string {
  const plain = decoded(word);
  const rest = withoutPlain(plain);
  return rest === plain ? word : rest;
}

const withoutPlain = (text: string): string =>
  text.replaceAll(API_KEY, 'safelight_$1_…').replaceAll(SEALED_TOKEN, '$1…').replaceAll(MAYBE_JWT, withoutJwt);

function withoutJwt(run: string): string {
  const start = run.search(HEADER);
  return start >= 0 && run.lastIndexOf('.') - start >= SHORTEST_HEADER ? `${run.slice(0, start)}eyJ…` : run;
}

function decoded(word: string): string {
  let text = word;
  for (let time = 0; time < MAX_ENCODINGS && text.includes('%'); time++)
    text = text.replaceAll(ENCODED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return text;
}
