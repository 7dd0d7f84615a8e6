/** Where the reader's own programs would upload to. */
export interface Place {
  readonly origin: string;
  readonly user: string;
  readonly needsCredential: boolean;
}

/** Uploads a photo from a terminal. With authentication, `$TOKEN` is an API key or a token of the issuer. */
export function curlLine({ origin, user, needsCredential }: Place): string {
  const credential = needsCredential ? '-H "Authorization: Bearer $TOKEN" ' : '';
  return `curl ${credential}${userField(user)} -F file=@photo.jpg ${origin}/images`;
}

/** Uploads a photo from Node: with the same six lines a page does it, which has files already. */
export function codeLines({ origin, user, needsCredential }: Place): string {
  const token = needsCredential ? ', token: process.env.TOKEN' : '';
  return [
    "import { createClient, openFile } from '@safelight/client';",
    '',
    `const safelight = createClient({ baseUrl: ${text(origin)}, userId: ${text(user)}${token} });`,
    "const file = await openFile('photo.jpg');",
    'const image = await safelight.upload(file);',
    'console.log(image.image_id);',
  ].join('\n');
}

/** A value that begins with `@` or `<` is a file to `-F`, and a `;` ends it. */
const userField = (user: string): string =>
  /^[\w.-]+$/.test(user) ? `-F user_id=${user}` : `--form-string ${shellQuoted(`user_id=${user}`)}`;

const shellQuoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** A literal of JavaScript, in single quotes where that needs no escapes. */
const text = (value: string): string => (/^[^'\\\p{Cc}]*$/u.test(value) ? `'${value}'` : JSON.stringify(value));
