import { tokenOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { invalidField } from '../../domain/errors.ts';
import { type Image, isLive } from '../../domain/image/image.ts';
import { typeByExtension } from '../../domain/image/media-type.ts';
import { createUpload, type Grant } from '../../operations/uploads/create-upload.ts';
import { grantMoreParts } from '../../operations/uploads/grant-parts.ts';
import { replaceDirectly } from '../../operations/uploads/replace-directly.ts';
import { requireTokenUse } from '../../operations/uploads/require-token-use.ts';
import { maxDirectBytes, namingGrants, stageDirectUpload } from '../../operations/uploads/stage-direct-upload.ts';
import { type StoreDirectUploadInput, storeDirectUpload } from '../../operations/uploads/store-direct-upload.ts';
import type { Services } from '../../services.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute, type Received } from '../admission/naming-route.ts';
import { createdAnswer, jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { firstBytesOfFile } from '../bodies/first-bytes.ts';
import { readLargeJson } from '../bodies/large-json.ts';
import { refuseBody } from '../bodies/refused-body.ts';
import { tellingBytes } from '../bodies/refused-type.ts';
import { readJson } from '../bodies/request-body.ts';
import { readUploadForm } from '../bodies/upload-form.ts';
import { storedJson } from '../images/image-json.ts';
import type { ImageViews } from '../images/image-view.ts';
import { declaredLength } from '../request/body-length.ts';
import { clientOf, payerFor } from '../request/client.ts';
import { contentTypeOf, FORM, isJson } from '../request/content-type.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { parametersOf } from '../request/query.ts';
import { claimInBody, claimsIn } from '../request/user-claims.ts';
import { parameters, parse, requireKnown } from '../request/validation.ts';
import type { AnswerHeaders, Route, RouteContext } from '../route.ts';
import { receiveFetches } from './fetches.ts';
import { partsBody } from './parts-schemas.ts';
import { describedAs, grantInput, ifExistsFor, owned, requireType } from './upload-fields.ts';
import { uploadPartsJson, uploadStateJson } from './upload-json.ts';
import { type Described, directForm, formQuery, type GrantFields, grantBody } from './upload-schemas.ts';
import * as operations from './uploads.openapi.ts';

export type UploadServices = Services & ImageViews & BodyChecks;

/** The JSON of an upload, without the image's bytes. */
export const MAX_UPLOAD_JSON_BYTES = 524_288;

/** A hundred parts with their hashes, in any escaping. */
const MAX_PARTS_BYTES = 65_536;

/**
 * Each has one form of body and one form of answer, but for a picture, which may be sent or named by a URL. The routes
 * of earlier clients are in `compatibility.ts`.
 */
export const uploadRoutes: readonly Route<UploadServices>[] = [
  namingRoute({
    method: 'POST',
    path: '/uploads',
    operation: operations.create,
    async receive(c, services) {
      if (!isJson(contentTypeOf(c))) return refuseBody(c, operations.GRANT_BODY);
      const fields = parse(grantBody, withoutFile(await readUploadJson(c, services)), 'body');
      return {
        claims: [claimInBody(fields)],
        async answer(access) {
          const grant = await grantUpload(c, services, access, fields);
          const json = uploadStateJson(grant, services.settings);
          return createdAnswer(c, json, { ...locationOf(grant.image), ...UNCACHED });
        },
      };
    },
  }),
  {
    method: 'POST',
    path: '/uploads/:id/parts',
    operation: operations.parts,
    async handle(c, services) {
      const given = parse(partsBody, await readJson(c, { maxBytes: MAX_PARTS_BYTES }), 'body');
      const asked = given.parts?.map(({ number, sha256 }) => ({ number, sha256: sha256 ?? undefined }));
      const id = c.req.param('id') ?? '';
      const request = { id, asked, publicOrigin: c.get('publicOrigin') };
      const { image, parts } = await grantMoreParts(services, c.get('access'), request);
      return jsonAnswer(c, uploadPartsJson(image, parts), UNCACHED);
    },
  },
  namingRoute({
    method: 'POST',
    path: '/images',
    operation: operations.store,
    async receive(c, services, held) {
      const { ingest } = services;
      if (ingest && isJson(contentTypeOf(c))) return receiveFetches(c, { ...services, ingest }, locationOf);
      if (contentTypeOf(c) !== FORM) return refuseBody(c, operations.FORM_BODY);
      const { claims, ...upload } = await receiveForm(c, services, held);
      return {
        claims,
        async answer(access) {
          const image = await storeUpload(c, services, access, upload);
          return createdAnswer(c, storedJson(image, services.viewFor(c)), locationOf(image));
        },
      };
    },
  }),
];

/** The path of the image's JSON. A repeated upload may find its image trashed or deleted, where that path is a 404. */
const locationOf = (image: Image): AnswerHeaders => (isLive(image) ? { location: `/images/${image.id}/metadata` } : {});

async function readUploadJson(c: RouteContext, services: UploadServices): Promise<unknown> {
  using read = await readLargeJson(c, services, { maxBytes: MAX_UPLOAD_JSON_BYTES });
  return read.value;
}

/** An ignored `file` would look uploaded. */
function withoutFile(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('file' in body)) return body;
  throw invalidField('/file', 'expected a grant without bytes; got a file: send it to POST /images, in a form');
}

/** Errors: those of `createUpload`, `invalid-request` if nobody owns the upload. */
export async function grantUpload(
  c: RouteContext,
  services: UploadServices,
  access: Access,
  fields: GrantFields,
): Promise<Grant> {
  const input = grantInput(c, owned(access), fields, idempotencyKeyOf(c));
  const grant = await createUpload(services, access, input);
  c.set('concerns', { imageId: grant.image.id });
  return grant;
}

export interface DirectUpload extends Pick<StoreDirectUploadInput, 'contentType' | 'file'> {
  readonly fields: Described;
}

/** `held` gets the file. */
export async function receiveForm(
  c: RouteContext,
  services: UploadServices,
  held: AsyncDisposableStack,
): Promise<DirectUpload & Pick<Received, 'claims'>> {
  const query = parse(formQuery, parametersOf(c), 'query');
  const caller = c.get('access');
  await requireTokenUse(services, caller, idempotencyKeyOf(c));
  const payer = payerFor(c);
  const receive = (body: AsyncIterable<Uint8Array>) =>
    stageDirectUpload(services, caller, { body, payer, announcedBytes: declaredLength(c) });
  const form = held.use(
    await readUploadForm(c, maxDirectBytes(services, caller), receive).catch((error: unknown) => {
      throw namingGrants(error, services, caller);
    }),
  );
  if (c.get('unknownNames') === 'refused')
    requireKnown(
      form.fields.map(([name]) => name),
      Object.keys(directForm.shape),
      'form',
    );
  const named = parse(directForm, { filename: form.filename }, 'form');
  const { fields, contentType } = await tellingBytes(
    () => {
      const fields = parse(directForm, parameters(form.fields), 'form');
      const declared = fields.content_type ?? query.content_type ?? form.contentType;
      return { fields, contentType: requireType(declared ?? typeByExtension(form.filename ?? ''), 'file') };
    },
    () => firstBytesOfFile(form.file.path),
  );
  const claims = claimsIn(form.fields, 'user_id');
  return { claims, fields: { ...named, ...query, ...fields }, contentType, file: form.file };
}

export async function storeUpload(
  c: RouteContext,
  services: UploadServices,
  access: Access,
  { fields, contentType, file }: DirectUpload,
): Promise<Image> {
  const described = describedAs(access, fields, contentType);
  const sent = { contentType, file, idempotencyKey: idempotencyKeyOf(c), client: clientOf(c, access) };
  const id = tokenOf(access)?.fixed.replaces;
  const image = await (id === undefined
    ? storeDirectUpload(services, access, { ...described, ...sent, ifExists: ifExistsFor(access, fields) })
    : replaceDirectly(services, access, { ...sent, id, expectedRevisions: undefined }));
  c.set('concerns', { imageId: image.id });
  return image;
}
