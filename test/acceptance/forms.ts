import { json, type Query, search } from './api.ts';
import type { Bytes } from './pictures.ts';

/** An upload in any form. */
export interface Upload {
  readonly user?: string;
  readonly type?: string;
  readonly filename?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly metadata?: object;
  readonly visibility?: string;
  readonly externalId?: string;
}

export interface DirectUpload extends Upload {
  readonly bytes: Bytes;
}

/** A path and the request to send. */
export type Sending = readonly [path: string, init: RequestInit];

type DirectForm = 'POST /images' | 'a raw body' | 'multipart/form-data' | 'base64 in JSON' | 'a data: URL in JSON';
type GrantForm = 'POST /uploads' | 'a grant by JSON' | 'a grant by query';

/** How one form of an upload is sent: to its canonical route, or to POST /images/upload. */
type Form<Sent extends Upload> = (upload: Sent) => Sending;

const PATH = '/images/upload';

/** Omits absent fields. */
const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** In the form of a query or an HTML form. */
const inText = ({ filename, tags, description, metadata, visibility, externalId }: Upload): Record<string, string> =>
  given({
    filename,
    tags: tags?.join(','),
    description,
    metadata: metadata && JSON.stringify(metadata),
    visibility,
    external_id: externalId,
  }) as Record<string, string>;

const at = (query: Query): string => (Object.keys(query).length > 0 ? `${PATH}?${search(query)}` : PATH);
const user = (upload: Upload, name: string): Record<string, string> =>
  upload.user === undefined ? {} : { [name]: upload.user };

const encoded = (upload: DirectUpload, prefix = ''): Sending => {
  const { filename, tags, description, visibility, externalId: external_id } = upload;
  const metadata = given({ filename, tags, description, ...upload.metadata });
  if (prefix === '') metadata['content_type'] = upload.type ?? 'image/png';
  const file = `${prefix}${Buffer.from(upload.bytes).toString('base64')}`;
  return [PATH, json(given({ file, visibility, external_id, metadata }), user(upload, 'user-id'))];
};

const inForm = (path: string, upload: DirectUpload): Sending => {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...user(upload, 'user_id'), ...inText(upload) })) body.set(name, value);
  body.set('file', new File([upload.bytes], 'picture', { type: upload.type ?? 'image/png' }));
  return [path, { method: 'POST', body }];
};

const grantInJson = (path: string, upload: Upload): Sending => {
  const { user: user_id, type: content_type = 'image/png', externalId: external_id, ...others } = upload;
  const { filename, tags, description, metadata, visibility } = others;
  const described = { filename, tags, description, metadata, visibility, external_id };
  return [path, json(given({ user_id, content_type, ...described }))];
};

export const DIRECT_FORMS: Readonly<Record<DirectForm, Form<DirectUpload>>> = {
  'POST /images': (upload) => inForm('/images', upload),
  'a raw body': (upload) => [
    at(inText(upload)),
    {
      method: 'POST',
      headers: { 'Content-Type': upload.type ?? 'image/png', ...user(upload, 'X-User-Id') },
      body: upload.bytes,
    },
  ],
  'multipart/form-data': (upload) => inForm(PATH, upload),
  'base64 in JSON': (upload) => encoded(upload),
  'a data: URL in JSON': (upload) => encoded(upload, `data:${upload.type ?? 'image/png'};base64,`),
};

export const GRANT_FORMS: Readonly<Record<GrantForm, Form<Upload>>> = {
  'POST /uploads': (upload) => grantInJson('/uploads', upload),
  'a grant by JSON': (upload) => grantInJson(PATH, upload),
  'a grant by query': (upload) => [
    at({ ...user(upload, 'user_id'), ...inText(upload), content_type: upload.type ?? 'image/png' }),
    { method: 'POST' },
  ],
};

/** Every form of an upload; grants omit the bytes. */
export const FORMS: Readonly<Record<DirectForm | GrantForm, Form<DirectUpload>>> = { ...GRANT_FORMS, ...DIRECT_FORMS };
