import assert from 'node:assert/strict';

/** A link of an album that takes uploads, and the guest who sends them. */
export interface Guest {
  /** The URL of the link. */
  readonly url: string;
  readonly secret: string;
}

interface Granted {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

export const below = (url: string, path: string): string => url.replace('?', `${path}?`);

/** An upload without its bytes, of that size. */
export async function grantUpload({ url, secret }: Guest, size = 1): Promise<Granted> {
  const response = await fetch(below(url, '/uploads'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Guest-Secret': secret },
    body: JSON.stringify({ content_type: 'image/jpeg', size }),
  });
  const text = await response.text();
  assert.equal(response.status, 201, text);
  return JSON.parse(text) as Granted;
}

/** An upload with its bytes, whose verification nobody has asked for. Returns its id. */
export async function sendUpload(guest: Guest, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const { image_id: id, upload_url: target, headers } = await grantUpload(guest, body.length);
  const sent = await fetch(target, { method: 'PUT', headers, body });
  assert.ok(sent.ok, await sent.text());
  return id;
}

/** A verified upload: ready, or held if the link asks its owner. Returns its id. */
export async function completeUpload(guest: Guest, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const id = await sendUpload(guest, body);
  const headers = { 'Guest-Secret': guest.secret };
  const done = await fetch(below(guest.url, `/uploads/${id}/complete`), { method: 'POST', headers });
  assert.equal(done.status, 200, await done.text());
  return id;
}
