import { Readable } from 'node:stream';
import type * as z from 'zod';
import type { Access } from '../../domain/access/policy.ts';
import { typeBySignature } from '../../domain/image/file-signature.ts';
import type { Image, ReadyImage } from '../../domain/image/image.ts';
import { acceptedType, isImageType, type MediaType } from '../../domain/image/media-type.ts';
import { createDownload } from '../../operations/images/create-download.ts';
import { readReadyImage } from '../../operations/images/read-image.ts';
import { requireTokenUse } from '../../operations/uploads/require-token-use.ts';
import { maxDirectBytes, stageDirectUpload } from '../../operations/uploads/stage-direct-upload.ts';
import { namingRoute, type Received } from '../admission/naming-route.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { originalAnswer } from '../answers/original-answer.ts';
import { longestLife } from '../answers/presigned-life.ts';
import { base64Length, decodeBase64 } from '../bodies/base64.ts';
import { firstBytesOfBase64, firstBytesOfBody, firstBytesOfFile } from '../bodies/first-bytes.ts';
import { readLargeJson } from '../bodies/large-json.ts';
import { refusedBodyOrImage } from '../bodies/refused-body.ts';
import { tellingBytes } from '../bodies/refused-type.ts';
import { requestBody, requireLength } from '../bodies/request-body.ts';
import { imageJson, uploadJson } from '../images/image-json.ts';
import { bytesQuery, changeQuery } from '../images/image-schemas.ts';
import { declaredLength, hasEmptyBody } from '../request/body-length.ts';
import { clientOf, payerFor } from '../request/client.ts';
import { contentTypeOf, FORM, isJson, UNTYPED } from '../request/content-type.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { parametersOf, requireParameters } from '../request/query.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { owned, requireType } from '../uploads/upload-fields.ts';
import { grantJson } from '../uploads/upload-json.ts';
import {
  base64Body,
  directQuery,
  earlierBase64Body,
  earlierGrantBody,
  type GrantFields,
  grantQuery,
  ownMetadata,
  requestGrantBody,
} from '../uploads/upload-schemas.ts';
import {
  grantUpload,
  MAX_UPLOAD_JSON_BYTES,
  receiveForm,
  storeUpload,
  type UploadServices,
} from '../uploads/uploads.ts';
import * as operations from './compatibility.openapi.ts';

const EXPECTED_BODY = 'multipart/form-data, image/*, application/json, or an empty body with a query';

/** Routes of the earlier clients, with several forms of body or answer. */
export const compatibilityRoutes: readonly Route<UploadServices>[] = [
  namingRoute({
    method: 'POST',
    path: '/images/upload',
    operation: operations.upload,
    async receive(c, services, held) {
      const type = contentTypeOf(c);
      if (type === FORM) return formUpload(c, services, held);
      if (isImageType(type)) return rawUpload(c, services, type);
      if (isJson(type)) return jsonUpload(c, services, held);
      if (hasEmptyBody(c) && (type === '' || type === 'application/x-www-form-urlencoded')) {
        return queryGrant(c, services);
      }
      if (UNTYPED.includes(type)) return rawUpload(c, services, undefined);
      throw refusedBodyOrImage(c, EXPECTED_BODY, await firstBytesOfBody(c));
    },
  }),
  {
    method: 'GET',
    path: '/images/:id',
    operation: operations.read,
    async handle(c, services) {
      const { download } = parse(bytesQuery, parametersOf(c), 'query');
      const image = await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      return download ? downloadAnswer(c, services, image) : originalAnswer(c, services, image);
    },
  },
];

/** The operation has the parameters of all its forms; each form reads some. */
function readsOnly(c: RouteContext, { shape }: z.ZodObject): void {
  if (c.get('unknownNames') === 'refused') requireParameters(c, Object.keys(shape));
}

async function formUpload(c: RouteContext, services: UploadServices, held: AsyncDisposableStack): Promise<Received> {
  const { claims, ...upload } = await receiveForm(c, services, held);
  return {
    claims,
    answer: async (access) => storedAnswer(c, services, await storeUpload(c, services, access, upload)),
  };
}

/** The body names nobody, so it is received after admission. `type` undefined: that of the bytes. */
async function rawUpload(c: RouteContext, services: UploadServices, type: string | undefined): Promise<Received> {
  readsOnly(c, directQuery);
  const declared = await tellingBytes(
    () => (type === undefined ? undefined : requireType(type, 'Content-Type')),
    () => firstBytesOfBody(c),
  );
  const fields = parse(directQuery, parametersOf(c), 'query');
  return {
    claims: [],
    async answer(given) {
      const access = owned(given);
      const maxBytes = maxDirectBytes(services, access);
      requireLength(c, maxBytes);
      await requireTokenUse(services, access, idempotencyKeyOf(c));
      await using file = await stageDirectUpload(services, access, {
        body: requestBody(c, maxBytes),
        payer: payerFor(c),
        announcedBytes: declaredLength(c),
      });
      const contentType = declared ?? typeOfBytes(c, await firstBytesOfFile(file.path));
      return storedAnswer(c, services, await storeUpload(c, services, access, { fields, contentType, file }));
    },
  };
}

function typeOfBytes(c: RouteContext, head: Uint8Array): MediaType {
  const type = acceptedType(typeBySignature(head) ?? '');
  if (type === undefined) throw refusedBodyOrImage(c, EXPECTED_BODY, head);
  return type;
}

/** A base64 body takes several times its bytes in memory until it is a file, so few are decoded at a time. */
async function jsonUpload(c: RouteContext, services: UploadServices, held: AsyncDisposableStack): Promise<Received> {
  readsOnly(c, changeQuery);
  await requireTokenUse(services, c.get('access'), idempotencyKeyOf(c));
  const inMemory = held.use(new DisposableStack());
  const { grant, direct } = await readUpload(c, services, inMemory);
  if (!direct) {
    inMemory.dispose();
    return { claims: [claimInBody(grant)], answer: (access) => grantAnswer(c, services, access, grant) };
  }
  const { claims, fields, own, contentType, body, announcedBytes } = direct;
  return {
    claims,
    async answer(given) {
      const access = owned(given);
      const { metadata } = own === null ? {} : parse(ownMetadata, { metadata: own }, 'body');
      await using file = await stageDirectUpload(services, access, {
        body,
        payer: payerFor(c, access),
        announcedBytes,
      });
      inMemory.dispose();
      const upload = { fields: { ...fields, metadata }, contentType, file };
      return storedAnswer(c, services, await storeUpload(c, services, access, upload));
    },
  };
}

/** A grant, or an upload whose bytes are in memory until its `body` has been read. */
async function readUpload(c: RouteContext, services: UploadServices, inMemory: DisposableStack) {
  const maxBytes = base64Length(maxDirectBytes(services, c.get('access'))) + MAX_UPLOAD_JSON_BYTES;
  const read = inMemory.use(await readLargeJson(c, services, { maxBytes, leaving: 'reserve' }));
  const body = read.value;
  const holdsFile = typeof body === 'object' && body !== null && 'file' in body;
  const isStrict = c.get('unknownNames') === 'refused';
  if (!holdsFile) return { grant: parse(isStrict ? requestGrantBody : earlierGrantBody, body, 'body') };

  const parsed = await tellingBytes(
    () => parse(isStrict ? base64Body : earlierBase64Body, body, 'body'),
    () => firstBytesOfBase64(body),
  );
  const { file: encoded, visibility, external_id, metadata } = parsed;
  const { content_type, filename, tags, description, ...rest } = metadata;
  const { bytes, declaredType } = decodeBase64(encoded);
  const contentType = await tellingBytes(
    () => requireType(content_type ?? declaredType, '/metadata/content_type'),
    () => bytes,
  );
  const direct = {
    claims: [claimInBody(parsed)],
    fields: { filename, tags, description, visibility, external_id },
    own: Object.keys(rest).length > 0 ? rest : null, // null, not empty, so that a token may fix it
    contentType,
    body: Readable.from([bytes]),
    announcedBytes: bytes.length,
  };
  return { direct };
}

async function queryGrant(c: RouteContext, services: UploadServices): Promise<Received> {
  const fields = parse(grantQuery, parametersOf(c), 'query');
  const content_type = fields.content_type ?? 'image/jpeg';
  return { claims: [], answer: (access) => grantAnswer(c, services, access, { ...fields, content_type }) };
}

const storedAnswer = (c: RouteContext, services: UploadServices, image: Image): Response =>
  jsonAnswer(c, uploadJson(image, services.viewFor(c)));

async function grantAnswer(
  c: RouteContext,
  services: UploadServices,
  access: Access,
  fields: GrantFields,
): Promise<Response> {
  const grant = await grantUpload(c, services, access, fields);
  const { maxUploadBytes } = services.settings;
  const json = grantJson(grant, { view: services.viewFor(c), maxUploadBytes });
  return jsonAnswer(c, json, UNCACHED);
}

async function downloadAnswer(c: RouteContext, services: UploadServices, image: ReadyImage): Promise<Response> {
  const publicOrigin = c.get('publicOrigin');
  const request = await createDownload(services, image, {
    disposition: 'attachment',
    publicOrigin,
    maxSeconds: longestLife(c),
  });
  const json = {
    image_id: image.id,
    presigned_url: request.url,
    expires_at: request.expiresAt.toISOString(),
    metadata: imageJson(image, services.viewFor(c)),
  };
  return jsonAnswer(c, json, UNCACHED);
}
