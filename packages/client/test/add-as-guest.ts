import assert from 'node:assert/strict';

interface ContributingLink {
  /** As `AlbumLink` has it. */
  readonly url: string;
}

export interface GuestPicture {
  readonly bytes: Uint8Array;
  readonly filename: string;
  readonly name?: string;
}

/** 43 characters of base64url. */
export const guestSecret = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');

/** The answer to a guest who asks to add a picture by a link, without a credential. */
export function askAsGuest({ url }: ContributingLink, secret: string, picture: GuestPicture): Promise<Response> {
  const { bytes, filename, name } = picture;
  return fetch(below(url, '/uploads'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'guest-secret': secret },
    body: JSON.stringify({ content_type: 'image/jpeg', filename, size: bytes.byteLength, name }),
  });
}

/** Adds a JPEG by a link of an album, and returns its id and what became of it. */
export async function addAsGuest(
  link: ContributingLink,
  secret: string,
  picture: GuestPicture,
): Promise<{ readonly image_id: string; readonly status: string }> {
  const asked = await askAsGuest(link, secret, picture);
  assert.equal(asked.status, 201);
  const { image_id, upload_url, method, headers } = (await asked.json()) as {
    readonly image_id: string;
    readonly upload_url: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  const sent = await fetch(upload_url, { method, headers, body: new Uint8Array(picture.bytes) });
  assert.ok(sent.ok, `${sent.status} ${await sent.text()}`);
  const completed = await fetch(below(link.url, `/uploads/${image_id}/complete`), {
    method: 'POST',
    headers: { 'guest-secret': secret },
  });
  assert.equal(completed.status, 200);
  return (await completed.json()) as { readonly image_id: string; readonly status: string };
}

function below(url: string, part: string): URL {
  const made = new URL(url);
  made.pathname += part;
  return made;
}
